"""The options of a check as what check_gradients is called with: expressions in a file's names."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..check import Progress
from ..descent import is_rate
from ..sizes import read
from ..smallest import Smallest, smallest_failing
from ..tree import is_leaf
from .contents import contents, defined, guess, required, suggestion
from .expression import (
    Fixed,
    Held,
    Misuse,
    Part,
    Place,
    Written,
    computes,
    gathered,
    has_statements,
    parts,
    short_names,
    whole,
    with_lines,
)
from .script import Script
from .wanted import Wanted


def prepared(wanted: Wanted, script: Script, plan: Wanted | None = None) -> dict[str, Any]:
    """After the setup, what check_gradients is called with."""
    set_up(wanted, script)
    _expect_all_needed(wanted, script, plan)
    return _arguments(wanted, script) | {
        "select": list(wanted.select) or None,
        "entries": wanted.entries,
        "max_evaluations": wanted.max_evaluations,
        "details": wanted.verbose,
    }


def set_up(wanted: Wanted, script: Script) -> None:
    for text in wanted.setup:
        script.evaluate(whole("--setup", text))


def smallest(wanted: Wanted, script: Script, progress: Progress | None) -> Smallest:
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
        return prepared(replace(wanted, verbose=False), script)  # details of no net but the last

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


def with_its_lines(wanted: Wanted) -> Wanted:
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


def expect_used(wanted: Wanted, *, alone: bool) -> None:
    """No option is given that would mean nothing; alone: the file is to tell what is checked."""
    idle = next((name for name in ("until", "lr") if getattr(wanted, name)), "")
    if alone and idle:
        raise Misuse(
            f"--{idle}: expected --loss, --params, and --grads or --step beside it, got none. "
            "Leave it out: of FILE alone the training loop is looked for."
        )
    if wanted.turns and not wanted.until:
        raise Misuse("--turns: expected --until beside it, got none. Say the line of the loop.")
    lines = len(wanted.file.read_bytes().splitlines())
    if wanted.until > lines:
        raise Misuse(
            f"--until: expected a line of {wanted.file.name}, 1 to {lines}, got {wanted.until}. "
            "Say the line of the loop."
        )


def expect_python_in(wanted: Wanted) -> None:
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


def _expect_all_needed(wanted: Wanted, script: Script, plan: Wanted | None) -> None:
    missing = [o for o, text in (("--loss", wanted.loss), ("--params", wanted.params)) if not text]
    if not missing:
        return
    name, names, source = script.file.name, script.namespace, script.source
    if not defined(names, source):
        raise Misuse(
            f"{name}: expected a net and its gradients, got a file that defines no function, "
            "class, object or array. Give the file that does."
        )
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
