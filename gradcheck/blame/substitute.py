"""Conviction without an edit: the right value put in at one expression mends every parameter."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .places import root_of
from .replay import Values
from .source import Unit
from .survey import Survey
from .values import is_floating, scaled

MOST = 400  # replays
TRUTHS = 40  # that are tried at one expression
ENOUGH = 0.6  # share of the budget
SLOPE = "the local derivative"  # what is no cotangent, but a factor of one


@dataclass(frozen=True)
class Conviction:
    """An expression whose right values mend all that is wrong.

    before, right   one value for each time that the expression is reached in a run
    name            of what it should be: dL/dz1
    definition      the expression of the forward pass whose adjoint that is; None of a parameter
    """

    number: int
    node: ast.expr
    unit: Unit
    before: tuple[Any, ...]
    right: tuple[Values, ...]
    name: str
    definition: ast.expr | None


@dataclass(frozen=True)
class _Truth:
    name: str
    values: tuple[Values, ...]
    definition: ast.expr | None


def convictions(survey: Survey) -> Iterator[Conviction]:
    """Expressions where true adjoints of the same shapes mend all that is wrong.

    Whole expressions (assigned, returned, passed on) first, then what they are made of. In a loop
    every turn has a truth of its own: the adjoints of an expression of a loop of the forward pass
    with as many turns, in its order or in the opposite one. One point is tried, since the truths
    were measured there.
    """
    replay, tried, found = survey.replay, 0, False
    replay.install(hooked=True)
    for whole, number in itertools.product((True, False), _suspicious(survey)):
        node, unit = replay.nodes[number], replay.unit_of[number]
        if (root_of(node, unit) is node) is not whole or (found and not whole):
            continue
        before = tuple(survey.trace.values[number])
        nothing: Values | None = None
        for truth in itertools.islice(_truths(survey, before), TRUTHS):
            if tried > MOST or survey.spent(ENOUGH):
                return
            tried += 1
            gradient = replay.run_grads(_override(number, truth.values))
            factor: float | None = 1.0
            if gradient is not None and replay.wrong(gradient).any():
                if truth.name == SLOPE:
                    continue
                if nothing is None:
                    none = [np.zeros(np.shape(value)) for value in truth.values]
                    nothing = replay.run_grads(_override(number, none))
                factor = _factor(survey, nothing, gradient)
            if gradient is not None and factor is not None:
                if factor != 1.0 and survey.known(number) == "adjoint":
                    continue  # right as it is, and only too much or too little of it further on
                found = True
                name = truth.name if factor == 1.0 else f"{scaled(factor)} x {truth.name}"
                right = truth.values
                if factor != 1.0:
                    right = tuple(factor * value for value in right)
                yield Conviction(number, node, unit, before, right, name, truth.definition)
                break


def _factor(survey: Survey, nothing: Values | None, gradient: Values) -> float | None:
    """By what the truth must be multiplied to mend everything: a mean may be taken later on.

    Gradients are linear in the cotangents: two of them, for nothing and for the truth, tell.
    """
    truth = survey.replay.truth
    assert truth is not None
    if nothing is None:
        return None
    unit, wanted = (gradient - nothing)[truth.known], truth.values - nothing[truth.known]
    size = float(unit @ unit)
    factor = float(unit @ wanted) / size if size else 0.0
    if not factor or survey.replay.wrong(nothing + factor * (gradient - nothing)).any():
        return None
    return factor


def _suspicious(survey: Survey) -> list[int]:
    """Numbers of the expressions that reach all that is wrong, in the order of the run."""
    return sorted(
        (
            number
            for number, mine in survey.reach.items()
            if not (survey.wrong & ~mine).any()
            and _computed(survey.replay.nodes[number], survey.replay.unit_of[number])
            and all(map(is_floating, survey.trace.values[number]))
        ),
        key=lambda number: survey.trace.places[number][0],
    )


def _computed(node: ast.expr, unit: Unit) -> bool:
    """Something is computed here, or should be: d = da."""
    if isinstance(node, ast.Name | ast.Attribute):
        return isinstance(unit.parents.get(node), ast.Assign | ast.Return)
    return not isinstance(node, ast.Constant)


def _truths(survey: Survey, before: Sequence[Any]) -> list[_Truth]:
    """What these values may be meant to be: the likest first."""
    shapes = [np.shape(value) for value in before]
    found = [
        _Truth(item.name, (item.value,), item.node)
        for item in survey.library.items
        if item.role == "adjoint" and [item.value.shape] == shapes
    ]
    steps: dict[tuple[int, int], list[Values]] = {}
    for step in survey.steps:
        steps.setdefault((step.start, step.end), []).append(step.values)
    found += [
        _Truth(SLOPE, tuple(order), None)
        for values in steps.values()
        for order in ((values, values[::-1]) if len(values) > 1 else (values,))
        if [v.shape for v in order] == shapes and order[0].size > 1
    ]
    for adjoint in survey.adjoints.values() if len(before) > 1 else ():
        values = [adjoint.turns[k] for k in sorted(adjoint.turns)]
        times = max(1, len(values) // len(before))  # three gates of a cell in one comprehension
        found += [
            _Truth(adjoint.name, tuple(order), adjoint.node)
            for start in range(times)
            for order in (values[start::times], values[start::times][::-1])
            if [v.shape for v in order] == shapes and all(map(_whole, order))
        ]
    found.sort(key=lambda truth: -_likeness(before, truth.values))
    return found


def _whole(values: Values) -> bool:
    return bool(np.all(np.isfinite(values)))


def _likeness(before: Sequence[Any], truth: Sequence[Values]) -> float:
    a = np.concatenate([np.ravel(np.asarray(v, dtype=float)) for v in before])
    b = np.concatenate([np.ravel(v) for v in truth])
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return abs(float(a @ b)) / sizes if sizes > 0 else 0.0


def _override(number: int, truths: Sequence[Values]) -> Any:
    turns = iter(truths)

    def override(i: int, value: Any) -> Any:
        truth = next(turns, None) if i == number else None
        if truth is None or np.shape(truth) != np.shape(value):
            return value
        if isinstance(value, np.ndarray):
            new = np.array(value, dtype=float, subok=True)
            new[...] = truth
            return new
        return float(truth.reshape(()))

    return override
