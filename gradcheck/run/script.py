"""Run a user's file quietly, and check the gradients that it computes.

The file is executed as a module: from its own folder, without arguments, its prints kept back, its
plots closed, its questions refused. Afterwards the process is as it was.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import importlib
import inspect
import json
import linecache
import random
import re
import sys
import time
import traceback
import types
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from ..check import Progress, check_gradients
from ..descent import LATER, is_rate
from ..evidence import AT_FIRST
from ..gradients import LEFT_OUT
from ..preflight import REPEATABLE
from ..report import Interrupted, Report, Verdict
from ..sizes import read
from ..smallest import Smallest, smallest_failing
from ..tree import is_leaf
from ..users import is_option
from .audit import audit
from .contents import SQUARES, UNKNOWN, contents, guess, required, suggestion
from .draws import repeatable
from .expression import (
    Fixed,
    Held,
    Misuse,
    Namespace,
    Part,
    Place,
    Written,
    caret,
    computes,
    did_you_mean,
    gathered,
    has_statements,
    line_begin,
    nearest,
    parts,
    short_names,
    whole,
    with_lines,
)
from .makers import opened
from .plain import plain, training
from .quiet import Tail, installed, process_put_back, quiet_plots
from .training import (
    Plans,
    by_entry,
    does_more,
    halved,
    is_whole,
    of_one_call,
    planned,
    rated,
    scaled,
    some_right,
    turned,
)
from .turn import is_gain
from .upto import up_to
from .wanted import Wanted

SLOW = 3.0  # seconds that running a file may take before it is worth a word
BELIEVED = 2  # losses that may be meant, of which what is wrong is looked for
WHOLE = 2  # of a check that leaves nothing open
MORE = " The step does more than to subtract a multiple of the gradient."
SHOWN = 8  # lines of its output that are shown when it fails

_PACKAGE = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Done:
    """A check that was made: its report, how long the file ran, and what else should be known."""

    wanted: Wanted
    report: Report
    seconds: float = 0.0
    hints: tuple[str, ...] = ()
    smallest: Smallest | None = None
    interrupted: bool = False

    @property
    def verdict(self) -> Verdict:
        return self.report.verdict

    @property
    def facts(self) -> dict[str, Any]:
        """For a program: which check, its report, and the hints."""
        told: dict[str, Any] = json.loads(self.report.to_json())
        shrunk = {} if self.smallest is None else {"shrink": self.smallest.to_dict()}
        return _which(self.wanted) | told | {"hints": list(self.hints)} | shrunk


@dataclass(frozen=True, slots=True)
class Refused:
    """A check that could not be made."""

    wanted: Wanted
    problem: Misuse

    @property
    def verdict(self) -> None:
        return None

    @property
    def facts(self) -> dict[str, Any]:
        return _which(self.wanted) | {"verdict": None, "refused": str(self.problem)}


def _which(wanted: Wanted) -> dict[str, Any]:
    return {"name": wanted.name, "file": wanted.path, "command": wanted.command}


def attempt(wanted: Wanted, progress: Progress | None = None) -> Done | Refused:
    """perform, where one of several checks must not end the others."""
    try:
        return perform(wanted, progress)
    except Misuse as problem:
        return Refused(wanted, problem)
    except Interrupted as stop:
        return Done(wanted, stop.report, interrupted=True)


def perform(
    wanted: Wanted, progress: Progress | None = None, *, explain: bool | None = None
) -> Done:
    """Run the file, then check its gradients. Raises Misuse, with a text for the user."""
    _expect_python(wanted.file)
    wanted = replace(wanted, file=wanted.file.absolute())  # the file may change the folder
    plans = Plans()
    if not (wanted.loss or wanted.params or wanted.grads or wanted.step or wanted.shrink):
        plans = planned(wanted, Script)
        doubted: list[Done] = []
        guessed = _guessed(plans, doubted, progress)
        if guessed is None:
            guessed = _by_names(wanted, progress)
        if guessed is not None:
            return guessed
        if doubted:
            raise _in_doubt(doubted[0])
    asked, wanted = wanted, _with_lines(wanted)
    _expect_python_in(wanted)
    with Script.of(wanted) as script:
        script.run()
        if wanted.shrink:
            found = _smallest(wanted, script, progress)
            return Done(asked, found.report, script.seconds, tuple(script.hints), found)
        arguments = _prepared(wanted, script, next(iter(plans.checks), None))
        hints = list(script.hints)
        report = script.guarded(
            lambda: check_gradients(
                **arguments, seed=wanted.seed, explain=explain, progress=progress
            )
        )
        if report.verdict == "disagrees" and wanted.grads and not callable(arguments["grads"]):
            hints.append(
                "--grads reads gradients that are stored and computes none: if the parameters were "
                "updated after that, they are old. Put the backward call in front: "
                f'--grads "backward(...); {wanted.grads}"'
            )
    return Done(asked, report, script.seconds, tuple(hints))


def _guessed(plans: Plans, doubted: list[Done], progress: Progress | None) -> Done | None:
    """The check of a training loop that nobody described; None where that cannot be made.

    doubted   takes what disagrees with a loss that may be another
    """
    whole = list(filter(is_whole, plans.checks))
    best: tuple[Done, Wanted] | None = None
    first: Wanted | None = None  # of which what is wrong is looked for at once
    more = ""
    later = ""  # a loss of what the parameters become: no gradient of the loop is its own
    for one in _believed(whole, plans.meant, doubted, progress) if plans.assumed else whole:
        if one.loss == later:
            continue
        with contextlib.suppress(Misuse):  # in one way it cannot be done, perhaps in another
            done = perform(one, progress, explain=None if best is None else False)
            first = first or one
            if best is None or _rank(done) > _rank(best[0]):
                best = done, one
            if best[1].step and not one.step:
                fewer = _wrong(done) < _wrong(best[0]) and done.verdict != "inconclusive"
                if fewer and one.params == best[1].params:  # what else it does is no gradient
                    best = done, one
                    more = MORE
                    break
            elif _rank(done) == WHOLE and not (one.step and does_more(done.report)):
                break
            later = one.loss if any(LATER in f.sentence for f in done.report.findings) else ""
    if best is None:
        return None
    done, plan = best
    if plan is not first:
        done = perform(plan, progress)
    if done.verdict == "disagrees" and (single := by_entry(plan, plans.entry)):
        done, plan = perform(single, progress), single
        more = " A turn updates one number of it, which is checked."
    if other := rated(plan, done.report):
        done, plan = perform(other, progress), other
        more = f" All updates are {float(plan.lr):.6g} times the gradient: taken for the rate."
    if half := halved(plan, done.report, summed=plans.summed, batches=plans.batches):
        found = perform(half, progress)
        if _some_agree(found.report):
            done, plan = found, half
            more = " A half more or less in all gradients is no mistake: it is now in the loss."
            if plans.summed or plans.batches:
                more = " A factor of all gradients is no mistake here: it is now in the loss."
    if plans.bound and _are_bound(done.report, plans.bound):
        if (smooth := _agreeing(plans.smooth)) is None:
            raise _not_told(done)
        done, plan = perform(smooth, progress), smooth
        more = " A threshold after the step stands for the rest of the loss."
    if not more and plans.assumed:
        more = f" It was taken for the loss because {_why(plan, done.report)}."
        if plan not in whole:
            more = (
                " The factor in front is that of all gradients; if it is not meant so, a mean or a "
                "sum is missing."
            )
    told = next((one.loss for one in whole if one.loss not in plans.meant), "")
    if plan.loss in plans.meant and told:
        more += f" What the file computes, {told}, has another gradient."
    if plans.resting:
        more += (
            f" Not checked, because the loop does not change it: {', '.join(plans.resting)}. "
            "Was its update forgotten?"
        )
    checked = plan.params.split(", ")
    rest = [name for name in whole[0].params.split(", ") if name not in checked]
    if rest and whole[0].until == plan.until:
        more += f" Not checked, though the loop changes it: {', '.join(rest)}."
    by_step = (one for one in whole if one.step and one.until == plan.until)
    sure = plan.loss not in plans.meant and not is_gain(plan.loss)  # that it should go down
    if odd := _odd(plan, next(by_step, whole[0]), done.report) if sure else ():
        more = more.replace(MORE, "")
    if plans.others:
        more += f" Not checked, because another loss trains it: {', '.join(plans.others)}."
    hint = (
        f"No options were given: the loop in line {plan.until} was checked, with "
        f'--loss "{plan.loss}" --params "{plan.params}".{more}'
    )
    # a turn of a loop draws its batch: that is no news, and was put back
    findings = tuple(f for f in done.report.findings if f.evidence != REPEATABLE)
    report = replace(done.report, findings=findings)
    return replace(done, report=report, hints=(*odd, hint, *done.hints))


def _odd(plan: Wanted, by_step: Wanted, report: Report) -> tuple[str, ...]:
    """What is odd about the updates, where the gradients that they are made with are right."""
    if not plan.grads or plan.turns or report.verdict != "agrees" or not by_step.step:
        return ()
    both = _with_lines(replace(by_step, params=plan.params, grads=plan.grads))
    with contextlib.suppress(Exception), Script.of(both) as script:
        script.run()
        held = script.namespace.get(plan.params)
        if isinstance(held, dict) and all(isinstance(key, str) for key in held):
            # p = update(p, g) makes another dict: its items are looked up by the name
            items = ", ".join(f"{plan.params}[{key!r}]" for key in held)
            both = replace(both, params=items)
        given = _prepared(both, script)
        names = ("loss", "params", "grads", "step", "lr")
        return audit(**{name: given[name] for name in names if name in given})
    return ()


def _rank(done: Done) -> int:
    """How much of it says something: nothing, parameters that were left out, all."""
    left_out = any(note.startswith(LEFT_OUT) for note in done.report.notes)
    return WHOLE - (left_out and done.verdict == "agrees") - 2 * (done.verdict == "inconclusive")


def _why(plan: Wanted, report: Report) -> str:
    """What a loss was believed for that may be another."""
    if _some_agree(report) or _agreed_first(report):
        return "gradients belong to it"
    if of_one_call(plan):
        return "it is computed beside the gradients, of the same arguments"
    if turned(report):
        return "all gradients are its own but for the sign"
    return "one correction makes all gradients its own"


def _are_bound(report: Report, bound: Collection[str]) -> bool:
    """Is only wrong what the file puts on a set after each step?"""
    wrong = [block.name for block in report.blocks if block.verdict == "disagrees"]
    return bool(wrong) and all(name.rpartition(".")[2] in bound for name in wrong)


def _agreeing(plans: Sequence[Wanted]) -> Wanted | None:
    """The first of which all gradients agree."""
    for plan in plans:
        with contextlib.suppress(Misuse):
            if perform(plan, explain=False).report:
                return plan
    return None


def _not_told(done: Done) -> Misuse:
    names = ", ".join(b.name for b in done.report.blocks if b.verdict == "disagrees")
    return Misuse(
        f"The gradient of {names} is not that of {done.wanted.loss}, and need not be: the file "
        "thresholds it after the step, or makes it symmetric. Give the loss without what that "
        "stands for, such as the term of a penalty.",
        f"  To see what differs, type\n    {done.wanted.command}",
    )


def _in_doubt(done: Done) -> Misuse:
    """What to type where the loss may be another."""
    wrong = next(block for block in done.report.blocks if block.verdict == "disagrees")
    loss, line = done.wanted.loss, done.wanted.until
    return Misuse(
        f"No gradient of the loop in line {line} belongs to {loss}: that of {wrong.name} is "
        f"{wrong.analytic:.6g} along a direction, numerical {wrong.numerical:.6g}. If this is the "
        "loss, the gradients are wrong.",
        f"  To see where, type\n    {done.wanted.command}",
    )


def _wrong(done: Done) -> int:
    return sum(block.verdict == "disagrees" for block in done.report.blocks)


def _believed(
    plans: Sequence[Wanted],
    meant: Collection[str],
    doubted: list[Done],
    progress: Progress | None,
) -> Iterator[Wanted]:
    """Those of the plans of which the loss is borne out, as it may be another.

    A loss is meant if at least one gradient is its own, or a part of it, or if all are but for
    one factor: then the factor is part of it. Where there is none such, if it can be told what
    is wrong.
    """
    off: list[Wanted] = []
    others: list[Wanted] = []
    borne_out = False
    for plan in plans:
        with contextlib.suppress(Misuse):
            done = perform(plan, progress, explain=False)
            quick = done.report
            other = halved(plan, quick, assumed=True)
            if _some_agree(quick) or some_right(quick) or of_one_call(plan):
                borne_out = True
                yield plan
            elif other is not None:
                others.append(other)
            if quick.verdict == "disagrees":
                off.append(plan)
                doubted += [] if plan.loss in meant else [done]
    for plan in others:
        quick = perform(plan, progress, explain=False).report
        if _some_agree(quick) or some_right(quick):
            borne_out = True
            yield plan
    for plan in () if borne_out else off[:BELIEVED]:
        for one in (plan, *_half(plan)):
            report = perform(one, progress).report
            told = turned(report) or any(f.verified and f.lines for f in report.findings)
            if told or _agreed_first(report):
                yield one
                break


def _half(plan: Wanted) -> Iterator[Wanted]:
    """The same with half of a squared error, as its gradient is written by many."""
    loss = _with_lines(plan).loss
    if "** 2" in loss or "**2" in loss or "square" in loss:
        yield scaled(plan, "0.5")


def _some_agree(report: Report) -> bool:
    """Does a gradient agree that is not zero, as those of a dead unit are for any loss?"""
    return any(block.verdict == "agrees" and block.analytic for block in report.blocks)


def _agreed_first(report: Report) -> bool:
    """Were the gradients right until they were computed once more?"""
    return any(AT_FIRST in note for block in report.blocks for note in block.notes)


def _by_names(wanted: Wanted, progress: Progress | None) -> Done | None:
    """The check that the names of a file suggest; None where they do not say enough.

    What they suggest may not belong together: then no gradient is right, and nothing explains it.
    Or it leaves parameters out.
    """
    with contextlib.suppress(Misuse):
        with Script(wanted.file, main=wanted.main, seed=wanted.seed) as script:
            script.run()
            plan = guess(wanted, script.namespace, script.source)
        if UNKNOWN in (plan.loss, plan.params, plan.grads, plan.lr):
            return None
        quick = perform(plan, progress, explain=False).report
        if any(note.startswith(LEFT_OUT) for note in quick.notes):
            return None
        some = _some_agree(quick)
        if quick.verdict == "inconclusive" or (not some and plan.loss.startswith(SQUARES[:9])):
            return None
        done = perform(plan, progress)
        if some or any(finding.verified for finding in done.report.findings):
            hint = (
                "No options were given: what the names of the file suggest was checked, with "
                f'--loss "{plan.loss}" --params "{plan.params}".'
            )
            return replace(done, hints=(hint, *done.hints))
    return None


def _prepared(wanted: Wanted, script: Script, plan: Wanted | None = None) -> dict[str, Any]:
    """After the setup, what check_gradients is called with."""
    for text in wanted.setup:
        script.evaluate(whole("--setup", text))
    _expect_all_needed(wanted, script, plan)
    return _arguments(wanted, script) | {
        "select": list(wanted.select) or None,
        "entries": wanted.entries,
        "max_evaluations": wanted.max_evaluations,
        "details": wanted.verbose,
    }


def _smallest(wanted: Wanted, script: Script, progress: Progress | None) -> Smallest:
    """The setup once for each net, with the sizes among its names."""
    ranges = _ranges(wanted.shrink)
    texts = " ".join((*wanted.setup, wanted.loss, wanted.params, wanted.grads, wanted.step))
    used = {*re.findall(r"\w+", texts), *script.namespace}
    for name in ranges:
        if name not in used:
            raise Misuse(
                f"--shrink: expected names that --setup uses, got {name!r}. Write the net and its "
                f'data with them, such as --setup "net = Net(2, {name}, 1)".'
            )

    def build(**sizes: Any) -> dict[str, Any]:
        script.namespace.update(sizes)
        return _prepared(replace(wanted, verbose=False), script)  # details of no net but the last

    return script.guarded(  # type: ignore[no-any-return]
        lambda: smallest_failing(build, ranges, seed=wanted.seed, progress=progress)
    )


def _ranges(text: str) -> dict[str, Any]:
    """The sizes of --shrink by name: n_in=1..5, sizes=[1..4]*2..4, batch=1..8."""
    found: dict[str, Any] = {}
    for piece in text.split(","):
        name, _, range_ = (part.strip() for part in piece.partition("="))
        try:
            found[name] = read(name, range_ if name.isidentifier() else "")
        except ValueError:
            raise Misuse(
                f"--shrink: expected sizes and their ranges, got {piece.strip()!r}. Write "
                '"n_in=1..5, batch=1..8", or "sizes=[1..5]*2..4, batch=1..8" for two to four '
                "widths."
            ) from None
    return found


def _with_lines(wanted: Wanted) -> Wanted:
    """@12-17 stands for lines of the file: a script may hold its training in no function."""
    source = wanted.file.read_text(encoding="utf-8", errors="replace").splitlines()

    def expanded(option: str, text: str) -> str:
        return with_lines(f"--{option}", text, wanted.file, source) if text else text

    return replace(
        wanted,
        setup=tuple(expanded("setup", text) for text in wanted.setup),
        loss=expanded("loss", wanted.loss),
        grads=expanded("grads", wanted.grads),
        step=expanded("step", wanted.step),
    )


def _expect_python_in(wanted: Wanted) -> None:
    """Every option can be parsed: told before the file runs, which may take long."""
    for text in wanted.setup:
        whole("--setup", text)
    for option in ("loss", "params", "grads", "step", "lr"):
        text = getattr(wanted, option)
        several = option == "params" or (option == "grads" and not has_statements(text))
        if text:
            _ = (parts if several else whole)(f"--{option}", text)


def _arguments(wanted: Wanted, script: Script) -> dict[str, Any]:
    """What check_gradients is called with."""
    params = parts("--params", wanted.params)
    root = _parameters(params, script)
    given: dict[str, Any] = {"params": root, "loss": _callable("--loss", wanted.loss, script)}
    if wanted.grads:
        given["grads"] = _gradients(wanted.grads, script, params)
    if wanted.step:
        # in --step, lr means --lr: the step can then be run at other rates, too
        given["step"] = _callable("--step", wanted.step, script, "lr" if wanted.lr else "")
    if wanted.lr:
        if not wanted.step:
            raise Misuse("--lr: expected a rate together with --step, got it alone. Add --step.")
        given["lr"] = script.evaluate(whole("--lr", wanted.lr))
    elif wanted.step and not whole("--step", wanted.step).path:
        named = {v for name, v in script.namespace.items() if is_rate(name) and type(v) is float}
        if len(named) == 1:  # learning_rate = 0.1, at the top of the file
            given["lr"] = named.pop()
    return given


def _parameters(found: Sequence[Part], script: Script) -> Any:
    """What to differentiate by: the object itself, or each expression in its place."""
    values = [script.evaluate(part) for part in found]
    (first, *more), value = found, values[0]
    alone = not more and not first.name
    if alone and not is_leaf(value):
        return value
    names = [name or str(i) for i, name in enumerate(_names(found))]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise Misuse(
            f"--params: expected a name for each parameter, got {twice!r} twice. "
            f"Name them, such as first.{twice}=..., second.{twice}=..."
        )
    places: dict[Any, Place] = {}
    for name, part, value in zip(names, found, values, strict=True):
        places[name] = Written(part, script.namespace) if part.path else Fixed(value)
    return Held(places)


def _callable(option: str, text: str, script: Script, argument: str = "") -> Callable[..., Any]:
    """The option as a function: the one it names, or one that evaluates it."""
    part = whole(option, text)
    if part.path or isinstance(part.single, ast.Lambda):
        value = script.evaluate(part)
        if callable(value) and not isinstance(value, np.ndarray):
            return _named(option, text, value)
        if option == "--loss" and isinstance(part.single, ast.Name):
            raise Misuse(
                f"--loss: expected an expression that computes the loss, got {text!r}, a "
                f"{type(value).__name__} that is computed already. Write the call, such as "
                "loss(x, y)."
            )
        if option == "--step":
            raise Misuse(
                f"--step: expected a call that updates the parameters, got {text!r}, a "
                f"{type(value).__name__}. Write the call, such as train_step(x, y)."
            )
    return part.function(script.namespace, argument if _mentions(part, argument) else "")


def _mentions(part: Part, name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(part.tree))


def _named(option: str, text: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that was named without a call: it must do without arguments, but for params."""
    needed = required(function)
    known = {"params", "parameters", "p", "theta", "weights", "w", "net", "model"}
    if option == "--step":
        known |= {"lr", "learning_rate", "eta", "alpha", "rate"}
    short = getattr(function, "__name__", "") == "<lambda>" and len(needed) == 1
    if not short and (len(needed) > 2 or any(name.lower() not in known for name in needed)):
        raise Misuse(
            f"{option}: expected an expression that can be evaluated, got the function {text}, "
            f'which needs arguments. Write the call: {option} "{text}({", ".join(needed)})"'
        )
    return function


def _gradients(text: str, script: Script, params: Sequence[Part]) -> Any:
    """A nest of gradients, or a callable that returns it, named where the text names them."""
    if has_statements(text):
        part = whole("--grads", text)
        return part.function(script.namespace, names=short_names(part.last_paths))
    found, held = parts("--grads", text), [part.path for part in params if part.path]
    fresh = any(computes(part, script.namespace, held) for part in found)
    if len(found) == 1 and not found[0].name:
        part = found[0]
        if fresh and not isinstance(part.single, ast.Lambda):
            return part.function(script.namespace)
        value = script.evaluate(part)
        return _named("--grads", text, value) if inspect.isroutine(value) else value
    gradients = gathered(found, _names(found), script.namespace)
    return gradients if fresh else script.guarded(gradients)


def _names(found: Sequence[Part]) -> list[str]:
    """As given, or by what the expression names."""
    names = short_names([part.path for part in found])
    return [part.name or name for part, name in zip(found, names, strict=True)]


# -- the file ----------------------------------------------------------------------------------


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
        _expect_python(self.file)
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
        expected = "a file that runs" if who else "an expression that can be evaluated"
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


def _expect_python(file: Path) -> None:
    if file.is_file() and file.suffix in (".py", ".pyw", ""):
        return
    if file.is_file():
        raise Misuse(f"FILE: expected a Python file, got {str(file)!r}. Give the .py file.")
    what = "a folder" if file.is_dir() else "no such file"
    folder = file if file.is_dir() else file.parent
    known = sorted(path.name for path in folder.glob("*.py")) if folder.is_dir() else []
    close = did_you_mean(file.name, known)
    if not close and known:
        close = f" There are {', '.join(known[:6])}{', ...' * (len(known) > 6)}."
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


# -- what a file holds -----------------------------------------------------------------------------


def _expect_all_needed(wanted: Wanted, script: Script, plan: Wanted | None) -> None:
    missing = [o for o, text in (("--loss", wanted.loss), ("--params", wanted.params)) if not text]
    if not missing:
        return
    name, names, source = script.file.name, script.namespace, script.source
    guessed = guess(wanted, names, source, plan)
    what = f"{' and '.join(missing)}: expected an expression, got none. Say it in the names of"
    if not (wanted.loss or wanted.params or wanted.grads or wanted.step):
        seen = "no loop that trains was recognised"
        if plan is not None:
            seen = f"which loss the loop in line {plan.until} is for was not recognised"
        what = f"{name}: {seen}. Say with --loss, --params and --grads, or --step, in the names of"
    raise Misuse(
        f"{what} {name}.",
        f"{contents(names, name, source)}\n{suggestion(guessed)}",
    )
