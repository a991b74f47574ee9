"""Run a user's file quietly, and check the gradients that it computes.

The file is executed as a module: from its own folder, without arguments, its prints kept back, its
plots closed, its questions refused. Afterwards the process is as it was.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import linecache
import random
import re
import sys
import time
import traceback
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..users import is_option
from .draws import repeatable
from .expression import (
    Misuse,
    Namespace,
    Part,
    caret,
    did_you_mean,
    line_begin,
    nearest,
)
from .makers import opened
from .plain import plain, training
from .quiet import Tail, installed, process_put_back, quiet_plots
from .upto import up_to
from .wanted import Wanted

SLOW = 3.0  # seconds that running a file may take before it is worth a word
SHOWN = 8  # lines of its output that are shown when it fails

_PACKAGE = Path(__file__).parent.parent


class Script:
    """A user's file and the process it sees, put back at the end.

    namespace   the names of its module, once it ran; np is always among them
    seconds     how long it ran
    """

    def __init__(
        self, file: Path, *, main: bool = False, seed: int = 0, until: int = 0, turns: int = 0
    ) -> None:
        self.file, self._main, self._seed = file, main, seed
        self._typed = str(file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file)
        self._until, self._turns = until, turns
        self.namespace: Namespace = {}
        self.seconds = 0.0
        self._output = Tail()
        self.source = b""

    @classmethod
    def of(cls, wanted: Wanted) -> Self:
        """The file of a check, as far as it is to run."""
        until, turns = wanted.until, wanted.turns
        return cls(wanted.file, main=wanted.main, seed=wanted.seed, until=until, turns=turns)

    @property
    def hints(self) -> list[str]:
        """What the user should know about how the file ran."""
        told = []
        if self.seconds >= SLOW:
            way = 'put its training under `if __name__ == "__main__":`'
            way = "without --main it would not" if self._main else way
            told.append(f"{self.file.name} ran for {self.seconds:.0f} s before the check; {way}.")
        if self._plots.missing:
            told.append("matplotlib is not installed: what the file plots was left out.")
        return told

    def __enter__(self) -> Self:
        expect_python(self.file)
        self._stack = contextlib.ExitStack()
        with contextlib.ExitStack() as stack:
            self._module = _module(self.file, self._main)
            stack.enter_context(process_put_back(self.file.parent.resolve()))
            self._plots = stack.enter_context(quiet_plots())
            stream = self._output.stream()
            stack.enter_context(contextlib.redirect_stdout(stream))
            stack.enter_context(contextlib.redirect_stderr(stream))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self) -> None:
        """Execute the file; Misuse shows where it fails."""
        random.seed(self._seed)
        np.random.seed(self._seed % 2**32)  # noqa: NPY002  the user's generator
        sys.argv = [self._typed]
        module, begin = self._module, time.perf_counter()
        self.namespace = module.__dict__
        sys.modules[module.__name__] = module
        if module.__package__:
            self.guarded(lambda: importlib.import_module(module.__package__ or ""))
        self.source = self.file.read_bytes()
        path = str(self.file.resolve())

        def execute() -> None:
            code: Any = self.source
            if self._until:
                tree = plain(ast.parse(self.source, path))
                code = up_to(opened(tree), self._until, self._turns)
            code = compile(code, path, "exec", dont_inherit=True)
            exec(code, self.namespace)  # noqa: S102  what this is for
            if self._until:
                repeatable(self.namespace, training(tree))

        self.guarded(execute, who=self.file.name)
        self.seconds = time.perf_counter() - begin
        self.namespace.setdefault("np", np)

    def evaluate(self, part: Part) -> Any:
        return self.guarded(part.function(self.namespace))

    def guarded(self, call: Callable[[], Any], who: str = "") -> Any:
        """The value of a call into the user's code; Misuse tells of what it raised, and where."""
        try:
            return call()
        except (Misuse, KeyboardInterrupt):
            raise
        except SystemExit as error:
            if who and error.code in (None, 0):
                return None
            raise self._failure(error, who, f"exit status {error.code!r}") from error
        except Exception as error:
            if not who and not _frames(error, self.file.parent) and type(error) in _REFUSALS:
                raise Misuse(_with_dashes(str(error))) from error
            what = f"{type(error).__name__}" + (f": {error}" if str(error) else "")
            if isinstance(error, SyntaxError):
                what = f"a syntax error: {error.msg}"
            raise self._failure(error, who, what) from error

    def _failure(self, error: BaseException, who: str, what: str) -> Misuse:
        frames = _frames(error, self.file.parent)
        option = next((f.filename[1:-1] for f in frames if is_option(f.filename)), "")
        expected = (
            "code that runs" if option == "--setup" else "an expression that can be evaluated"
        )
        expected = "a file that runs" if who else expected
        what = what if len(what) < 300 else what[:300] + "..."
        told = self._elsewhere(error) or nearest(error, self.namespace)
        end = "" if what.endswith((".", "!", "?")) else "."
        message = f"{who or option or self.file.name}: expected {expected}, got {what}{end}{told}"
        detail = _traceback(error, frames)
        lines = self._output.text().strip().splitlines()
        if lines:
            detail += f"\nThe last lines that {self.file.name} printed:\n"
            detail += "\n".join(f"  {line}" for line in lines[-SHOWN:])
        return Misuse(message, detail)

    def _elsewhere(self, error: BaseException) -> str:
        """Where the file assigns a name that is missing: under the guard, or inside a function."""
        name = getattr(error, "name", None)
        if not isinstance(error, NameError) or name is None:
            return ""
        if name == "lr":
            return " Give the learning rate with --lr."
        for node in ast.walk(ast.parse(self.source)):
            guard = isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)
            if not guard and not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            lines = [
                inner.lineno
                for inner in ast.walk(node)
                if isinstance(inner, ast.Name)
                and inner.id == name
                and isinstance(inner.ctx, ast.Store)
            ]
            if lines and guard and not self._main:
                return (
                    f' It is assigned under `if __name__ == "__main__":` (line {lines[0]}), which '
                    "does not run here: add --main, or make it with --setup."
                )
            if lines and not guard:
                where = getattr(node, "name", "")
                return f" It is known inside {where} only (line {lines[0]}): make it with --setup."
        return ""


_REFUSALS = (ValueError, TypeError)  # of check_gradients: misuse, told in its own words


def _with_dashes(text: str) -> str:
    """A message of check_gradients, in the words of the command."""
    options = "loss|params|grads|step|lr|select|seed"
    who, colon, rest = text.partition(":")
    if colon and all(re.fullmatch(options, name.strip()) for name in who.split(",")):
        who = ", ".join(f"--{name.strip()}" for name in who.split(","))
    return re.sub(rf"\b({options})=", r"--\1 ", who + colon + rest)


def expect_python(file: Path) -> None:
    if file.is_file() and file.suffix in (".py", ".pyw", ""):
        return
    if file.is_file():
        way = "Give the .py file."
        if file.suffix == ".ipynb":
            way = f"Make a script of the notebook: jupyter nbconvert --to script {file.name}"
        raise Misuse(f"FILE: expected a Python file, got {str(file)!r}. {way}")
    what = "a folder" if file.is_dir() else "no such file"
    folder = file if file.is_dir() else file.parent
    known = sorted(path.name for path in folder.glob("*.py") if path.is_file())
    close = did_you_mean(file.name, known)
    if not close and known:
        close = f" There are {', '.join(known[:6])}{', ...' if len(known) > 6 else '.'}"
    raise Misuse(f"FILE: expected a Python file, got {str(file)!r}, {what}.{close}")


def _module(file: Path, main: bool) -> types.ModuleType:
    """An empty module for the file: of its package, if its folder is one."""
    path = file.resolve()
    above: list[str] = []
    folder = path.parent
    while (folder / "__init__.py").is_file():
        above.insert(0, folder.name)
        folder = folder.parent
    name = "__main__" if main else ".".join([*above, path.stem])
    while not main and name in sys.modules:  # a file may be called numpy.py, or cli.py
        name += "_"
    module = types.ModuleType(name)
    module.__file__ = str(path)
    module.__package__ = ".".join(above)
    module.__builtins__ = builtins  # type: ignore[attr-defined]
    return module


# -- errors, as the user should see them -----------------------------------------------------------


def _frames(error: BaseException, folder: Path) -> list[traceback.FrameSummary]:
    """The frames of the user's file, of its neighbours and of the options."""
    kept = []
    for frame in traceback.extract_tb(error.__traceback__):
        file = frame.filename
        if is_option(file):
            kept.append(frame)
        elif file.startswith("<") or Path(file).is_relative_to(_PACKAGE):
            continue
        elif not installed(file) or Path(file).parent == folder.resolve():
            kept.append(frame)
    return kept


def _traceback(error: BaseException, frames: list[traceback.FrameSummary]) -> str:
    """Where it was raised: the place in the option, or the calls that led there, innermost last."""
    last = frames[-1] if frames else None
    if last is not None and is_option(last.filename) and last.colno is not None:
        text = "".join(linecache.getlines(last.filename))
        begin = line_begin(text, last.lineno or 1)
        width = (last.end_colno or 0) - last.colno
        return caret(last.filename[1:-1], text, begin + last.colno, width)
    told = traceback.TracebackException(type(error), error, None)
    for frame in frames:
        _ = frame.line  # read it before the name is changed
        if is_option(frame.filename):
            frame.filename = frame.filename[1:-1]
        else:
            with contextlib.suppress(ValueError):
                frame.filename = str(Path(frame.filename).relative_to(Path.cwd()))
    told.stack = traceback.StackSummary.from_list(frames)
    lines = "".join(told.format(chain=False)).splitlines()
    # the message begins with what the first and the last line say
    return "\n".join(line for line in lines[:-1] if not line.startswith("Traceback"))
