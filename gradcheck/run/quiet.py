"""The process as a user's file sees it: quiet, no windows, no questions; put back at the end."""

from __future__ import annotations

import builtins
import contextlib
import importlib.abc
import importlib.machinery
import io
import os
import random
import sys
import sysconfig
import types
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

KEPT = 20_000  # bytes of output kept


@contextlib.contextmanager
def process_put_back(folder: Path) -> Iterator[None]:
    """The folder is on the path, input() refuses; random states, modules and more are put back."""
    root = folder
    while (root / "__init__.py").is_file():
        root = root.parent
    modules, main = set(sys.modules), sys.modules.get("__main__")
    before = sys.path[:], sys.argv, sys.stdin, sys.dont_write_bytecode, sys.getrecursionlimit()
    states = random.getstate(), np.random.get_state(legacy=False)  # noqa: NPY002
    directory, asked = Path.cwd(), builtins.input
    notebook = not hasattr(builtins, "get_ipython")  # it is there within one
    try:
        sys.path[:0] = dict.fromkeys((str(folder), str(root)))
        sys.stdin, sys.dont_write_bytecode = io.StringIO(), True
        builtins.input = _no_answer
        if notebook:
            builtins.get_ipython = _Shell  # type: ignore[attr-defined]
        with warnings.catch_warnings(), np.errstate():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.path[:], sys.argv, sys.stdin, sys.dont_write_bytecode, depth = before
        sys.setrecursionlimit(depth)
        builtins.input = asked
        if notebook:
            del builtins.get_ipython  # type: ignore[attr-defined]
        random.setstate(states[0])
        np.random.set_state(states[1])  # noqa: NPY002
        os.chdir(directory)
        if main is not None:
            sys.modules["__main__"] = main
        for name in set(sys.modules) - modules:  # the next file may have another `layers`
            file = getattr(sys.modules[name], "__file__", None) or ""
            ours = name.partition(".")[0] == __package__.partition(".")[0]
            if file.startswith(f"{root}{os.sep}") and not ours and not installed(file):
                del sys.modules[name]


class _Shell:
    """The shell that a notebook made into a script asks for its magic: nothing happens."""

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_, **__: None


def _no_answer(prompt: object = "") -> str:
    asked = f" to {str(prompt).strip()!r}" if str(prompt).strip() else ""
    raise EOFError(f"input() gets no answer{asked} while gradients are checked")


@contextlib.contextmanager
def quiet_plots() -> Iterator[Plots]:
    """Figures are drawn to memory, windows are never opened; matplotlib need not be there."""
    plots = Plots()
    backend = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "Agg"
    sys.meta_path.insert(0, plots)
    for name in Plots.CLOSED:
        if name in sys.modules:
            plots.close_windows(sys.modules[name])
    try:
        yield plots
    finally:
        sys.meta_path.remove(plots)
        del os.environ["MPLBACKEND"]
        if backend is not None:
            os.environ["MPLBACKEND"] = backend
        plots.put_back()


class Plots(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds matplotlib as usual and takes its windows away; where there is none, stands for it.

    missing   the file imports matplotlib, and it is not installed
    """

    CLOSED = ("matplotlib", "matplotlib.pyplot")
    WINDOWS = ("show", "pause", "ginput", "waitforbuttonpress", "use")

    def __init__(self) -> None:
        self._changed: list[tuple[types.ModuleType, str, Any]] = []
        self.missing = False

    def close_windows(self, module: types.ModuleType) -> None:
        for name in self.WINDOWS:
            self._replace(module, name, lambda *_, **__: None)
        switch = getattr(module, "switch_backend", None)
        self._replace(module, "switch_backend", lambda *_: switch and switch("Agg"))

    def _replace(self, module: types.ModuleType, name: str, value: Any) -> None:
        if name in vars(module):
            self._changed.append((module, name, getattr(module, name)))
            setattr(module, name, value)

    def put_back(self) -> None:
        for module, name, value in reversed(self._changed):
            setattr(module, name, value)
        if self.missing:
            for name in [name for name in sys.modules if self._is_ours(name)]:
                del sys.modules[name]

    @staticmethod
    def _is_ours(name: str) -> bool:
        return name.partition(".")[0] in ("matplotlib", "mpl_toolkits")

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not self._is_ours(name):
            return None
        spec = None
        if not self.missing:
            spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None and (self.missing or "." not in name):
            self.missing = True
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if spec is not None and spec.loader is not None and name in self.CLOSED:
            load = spec.loader.exec_module

            def load_and_close(module: types.ModuleType) -> None:
                load(module)
                self.close_windows(module)

            spec.loader.exec_module = load_and_close  # type: ignore[method-assign]
        return spec

    def exec_module(self, module: types.ModuleType) -> None:
        """A module in which every name is Nothing."""

        def nothing(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return Nothing(name)

        module.__getattr__ = nothing  # type: ignore[method-assign]


class Nothing:
    """Takes every call, item and attribute: a plot that nobody will see."""

    RETURNS: ClassVar[dict[str, int]] = {"subplots": 2, "hist": 3}

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Nothing(name)

    def __call__(self, *_: Any, **__: Any) -> Any:
        several = self.RETURNS.get(self._name)
        return tuple(Nothing() for _ in range(several)) if several else Nothing()

    def __getitem__(self, _: Any) -> Any:
        return Nothing()

    def __setitem__(self, _: Any, __: Any) -> None: ...

    def __iter__(self) -> Iterator[Any]:
        return iter([Nothing()])  # line, = plt.plot(x, y)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


class Tail(io.RawIOBase):
    """What was printed last."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._bytes += bytes(data)
        if len(self._bytes) > 2 * KEPT:
            del self._bytes[:-KEPT]
        return len(data)

    def stream(self) -> io.TextIOWrapper:
        buffer: Any = self
        return io.TextIOWrapper(
            buffer, encoding="utf-8", errors="backslashreplace", write_through=True
        )

    def text(self) -> str:
        return self._bytes[-KEPT:].decode("utf-8", "replace")


def installed(file: str) -> bool:
    """Is this file part of Python or of an installed package?"""
    paths = sysconfig.get_paths()
    return file.startswith(tuple(paths[k] for k in ("stdlib", "platstdlib", "purelib", "platlib")))
