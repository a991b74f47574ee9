"""What the operands of an expression should be, where it is known what it should be itself.

In d = a - u * b each of a, u and b could mend it; where u is no value that is known to be right,
the line that makes u is looked at, too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .conviction import Conviction, Place, Put
from .places import root_of
from .survey import Survey
from .syntax import named, only_target, unparsed
from .values import Values, is_floating

SAME = frozenset({"copy", "reshape", "ravel", "flatten", "squeeze"})  # the same entries
Turns = tuple[Values, ...]


def operands(survey: Survey, one: Conviction) -> Iterator[tuple[ast.expr, Turns]]:
    """Each operand inside of a convicted expression, and what it should be at each turn."""
    todo: list[tuple[ast.expr, Turns]] = [(one.node, one.right)]
    for node, wanted in todo:
        todo += _inside(survey, node, wanted)
    yield from todo[1:]


def _inside(survey: Survey, node: ast.expr, wanted: Turns) -> Iterator[tuple[ast.expr, Turns]]:
    if isinstance(node, ast.BinOp):
        pairs = ((node.left, node.right, True), (node.right, node.left, False))
        for part, other, first in pairs:
            here = _solved(survey, part, wanted, other, _SOLVED.get((type(node.op), first)))
            yield from ((part, here),) if here else ()
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield node.operand, tuple(-w for w in wanted)
    elif isinstance(node, ast.Attribute) and node.attr == "T":
        yield node.value, tuple(w.T for w in wanted)
    elif (
        isinstance(node, ast.Call) and named(node) in SAME and isinstance(node.func, ast.Attribute)
    ):
        inner = node.func.value
        values = _values(survey, inner, len(wanted))
        if values and all(np.size(v) == w.size for v, w in zip(values, wanted, strict=True)):
            yield inner, tuple(w.reshape(np.shape(v)) for v, w in zip(values, wanted, strict=True))


# by the operator, and whether it is the first operand: from what it should make, and the other one
_SOLVED: dict[tuple[type[ast.operator], bool], Any] = {
    (ast.Add, True): np.subtract,
    (ast.Add, False): np.subtract,
    (ast.Sub, True): np.add,
    (ast.Sub, False): lambda wanted, other: other - wanted,
    (ast.Mult, True): np.divide,
    (ast.Mult, False): np.divide,
    (ast.Div, True): np.multiply,
    (ast.Div, False): lambda wanted, other: other / wanted,
}


def _solved(survey: Survey, part: ast.expr, wanted: Turns, other: ast.expr, solve: Any) -> Turns:
    """What an operand should be beside the other one; () where that does not tell."""
    here, beside = (_values(survey, node, len(wanted)) for node in (part, other))
    if solve is None or not here or not beside:
        return ()
    with np.errstate(all="ignore"):
        found = tuple(np.asarray(solve(w, b)) for w, b in zip(wanted, beside, strict=True))
    alike = (np.shape(v) == f.shape for v, f in zip(here, found, strict=True))
    return found if all(alike) and all(np.all(np.isfinite(f)) for f in found) else ()


def _values(survey: Survey, node: ast.expr, turns: int) -> Sequence[Any]:
    """Those at each turn; () where it is reached more or less often."""
    if isinstance(node, ast.Constant):
        return [node.value] * turns if isinstance(node.value, int | float) else ()
    found = survey.trace.values.get(survey.replay.number.get(node, -1), ())
    return found if len(found) == turns and all(map(_is_number, found)) else ()


def _is_number(value: Any) -> bool:
    plain = is_floating(value) or isinstance(value, int | np.integer)
    return plain and not isinstance(value, np.matrix)  # whose * is no elementwise product


def makers(survey: Survey, one: Conviction) -> Iterator[Conviction]:
    """Where an operand is made that is not known to be right, if the value that is needed mends."""
    replay, unit = survey.replay, one.unit
    if len(one.right) < len(survey.trace.values[one.number]):
        return
    made = {
        unparsed(target): node.value
        for node in ast.walk(unit.tree)
        if isinstance(node, ast.Assign) and (target := only_target(node)) is not None
    }
    for node, wanted in operands(survey, one):
        maker = made.get(unparsed(node)) if isinstance(node, ast.Name) else None
        number = replay.number.get(maker, -1) if maker is not None else -1
        values = survey.trace.values.get(number, ())
        if not values or len(values) != len(wanted) or root_of(node, unit) is node:
            continue
        same = map(np.array_equal, values, _values(survey, node, len(wanted)))
        if survey.known(replay.number[node]) or not all(same):
            continue
        replay.watch(number)
        gradient = replay.run_grads(Put(Place(number, tuple(values)), wanted))
        if gradient is not None and not replay.wrong(gradient).any():
            name = f"what line {one.node.lineno} needs"
            yield replace(
                one,
                number=number,
                node=replay.nodes[number],
                before=tuple(values),
                right=wanted,
                name=name,
                told=name if one.told else "",
                definition=None,
                made=True,
            )
