"""A small number that the loss adds and its gradient leaves out: log(y + 1e-7).

Who writes y - t for the gradient of the cross-entropy means that of log(y); the number only keeps
log(0) away. Such a gradient is off by some millionths, and right for the loss without the number.
"""

from __future__ import annotations

import ast
import contextlib
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

import numpy as np

from .blame.owners import executed, units
from .blame.source import Unit

SMALL = 1e-3  # no number above this is left out
LEFT_OUT = ContextVar("LEFT_OUT", default=False)  # is a loss without some checked just now?


class Added(NamedTuple):
    """A small number that is added in a line of a function, under whatever name."""

    node: ast.expr
    unit: Unit
    number: float

    @property
    def place(self) -> str:
        return f"{self.number:g} in line {self.node.lineno}"


class Sums:
    """What the user's functions add on a run of the loss.

    without_source   those that take part and cannot be looked into

    Cost    2 runs, and 1 at the other point where some are small
    """

    def __init__(self, run: Callable[[], Any]) -> None:
        self._run = run
        self._units, missing = units(executed(run))
        self.without_source = sorted({code.co_name for code in missing})
        # a function inside another one stands in both, and may live on without the outer one
        self._summands = {node: unit for unit in self._units for node in _summands(unit.tree)}
        self._here = self._small()

    def constants(self) -> list[list[Added]]:
        """The small numbers that are the same at the point where a run is now, by their function.

        A penalty may be small, but it changes with the parameters.
        """
        found: dict[Unit, list[Added]] = {}
        there = self._small() if self._here else {}
        for node, numbers in self._here.items():
            if there.get(node) == numbers:
                unit = self._summands[node]
                found.setdefault(unit, []).extend(Added(node, unit, n) for n in sorted(numbers))
        return list(found.values())

    @contextlib.contextmanager
    def without(self, numbers: Iterable[Added]) -> Iterator[None]:
        """Zero in their place, until the end."""
        zeros: dict[ast.AST, ast.AST | list[ast.stmt]]  # that are of its type, and read it still
        zeros = {n.node: ast.BinOp(ast.Constant(0.0), ast.Mult(), n.node) for n in numbers}
        changed = [(unit, unit.own(zeros)) for unit in self._units]
        keep = lambda _, value: value  # noqa: E731
        token = LEFT_OUT.set(True)
        try:
            with _put([(unit, unit.plain(own, keep)) for unit, own in changed if own]):
                yield
        finally:
            LEFT_OUT.reset(token)

    def _small(self) -> dict[ast.expr, set[float]]:
        """Those summands that are small numbers all through a run."""
        nodes = list(self._summands)
        seen: dict[ast.expr, set[float]] = {}
        large: set[ast.expr] = set()

        def hook(i: int, value: Any) -> Any:
            if i >= 0 and _is_small(value):  # below that are the ticks of loops
                seen.setdefault(nodes[i], set()).add(float(value))
            elif i >= 0:
                large.add(nodes[i])
            return value

        codes = []
        for unit in self._units:
            held: dict[ast.AST, int]
            held = {node: i for i, node in enumerate(nodes) if node in unit.parents}
            codes.append((unit, unit.plain({}, hook, held)))
        with _put(codes):
            self._run()
        return {node: numbers for node, numbers in seen.items() if node not in large}


def told(numbers: Sequence[Added], *, whole: bool) -> str:
    """That gradients are meant for a loss without the numbers: all of them, or the right ones."""
    which = "The gradients" if whole else "Right gradients"
    return (
        f"{which} are those of the loss without the {_places(numbers)}, which is added there and "
        "left out of the gradient, and were checked so. What that makes of them is too little "
        "to matter."
    )


def doubt(numbers: Sequence[Added] = (), without_source: Sequence[str] = ()) -> list[str]:
    """What slopes that are off by very little may come from all the same."""
    told = "Slopes are off by very little"
    if numbers:
        told += f", and the loss adds the {_places(numbers)}, which a gradient may leave out. "
        return [f"{told}Without it they disagree as well."]
    told += ", as of a loss that adds a small number, log(y + 1e-7), and its gradient does not. "
    if without_source:
        names = f"{', '.join(without_source):.80}"
        return [f"{told}To try needs the source of {names}: there is none."]
    return [f"{told}max_evaluations forbids to try."]


def _places(numbers: Sequence[Added]) -> str:
    return ", ".join(dict.fromkeys(one.place for one in numbers))


@contextlib.contextmanager
def _put(codes: Iterable[tuple[Unit, types.CodeType]]) -> Iterator[None]:
    with contextlib.ExitStack() as stack:
        for unit, code in codes:
            stack.callback(unit.put, unit.code)
            unit.put(code)
        yield


def _summands(tree: ast.AST) -> Iterator[ast.expr]:
    """Of sums that must not be zero: under a logarithm or a root, in a divisor; also by a name."""
    guarded = {node for place in _guarded(tree) for node in ast.walk(place)}
    names = {node.id for node in guarded if isinstance(node, ast.Name)}
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            guarded |= {statement.value} if statement.targets[0].id in names else set()
        adds = isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Add)
        if adds and getattr(statement.target, "id", "") in names:  # type: ignore[attr-defined]
            yield statement.value  # type: ignore[attr-defined]
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add) and node in guarded:
            yield from (node.left, node.right)


def _guarded(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            yield from node.args if name.startswith("log") or name == "sqrt" else ()
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.Pow):
            root = isinstance(node.op, ast.Pow) and not isinstance(node.right, ast.Constant)
            fraction = isinstance(getattr(node.right, "value", 0), float)
            if isinstance(node.op, ast.Div):
                yield node.right
            elif root or fraction:
                yield node.left


def _is_small(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(0 < value <= SMALL)
