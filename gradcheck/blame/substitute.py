"""Conviction without an edit: the right value put in at one expression mends every parameter."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..pieces import squeezed
from .carriers import carriers, siblings
from .conviction import SLOPE, Conviction, Place, Put, Truth, conviction_of, times
from .places import root_of
from .site import harmless
from .source import Unit
from .survey import Survey
from .syntax import unparsed
from .values import Values, is_floating

MOST = 800  # replays
LIKELY, OTHERS = slice(0, 8), slice(8, 24)  # of the truths that may be meant at one expression
ENOUGH = 0.45  # share of the budget


def convictions(survey: Survey) -> Iterator[Conviction]:
    """Expressions where true adjoints of the same shapes mend all that is wrong.

    Whole expressions (assigned, returned, passed on) first, then what they are made of. In a loop
    every turn has a truth of its own: the adjoints of an expression of a loop of the forward pass
    with as many turns, in its order or in the opposite one. One point is tried, since the truths
    were measured there.
    """
    replay = survey.replay
    numbers = _suspicious(survey)
    roots = [i for i in numbers if is_whole(replay.nodes[i], replay.unit_of[i])]
    rest = [i for i in numbers if i not in set(roots)]
    found: set[int] = set()
    likely, tries = Likely(survey), itertools.count()
    for some, part in ((roots, LIKELY), (roots, OTHERS), (rest, LIKELY), (rest, OTHERS)):
        if some is rest and found:
            return
        for number in some:
            here = [] if number in found else _at(likely, number, part, tries)
            if here:
                found.add(number)
            yield from here


def _at(likely: Likely, number: int, part: slice, tries: Iterator[int]) -> list[Conviction]:
    """The conviction of an expression, or those of the lines that it points to."""
    survey = likely.survey
    survey.replay.watch(number)
    for place in places(survey, number):
        for put, truth, factor in _mending(survey, place, likely.at(place)[part], tries):
            if factor != 1.0 and survey.known(number) == "adjoint":
                continue  # right as it is, and only too much or too little of it further on
            handed_on = list(carriers(survey, put)) if survey.recurs and factor == 1.0 else []
            own = [conviction_of(survey, put, truth, factor)]
            return handed_on or [*own, *(siblings(survey, put, truth) if place.sign else ())]
    return []


def _mending(
    survey: Survey, place: Place, truths: Sequence[Truth], tries: Iterator[int]
) -> Iterator[tuple[Put, Truth, float]]:
    """Truths that mend everything there, and by what they must be multiplied to do so."""
    replay = survey.replay
    nothing: Values | None = None
    for truth in truths:
        if next(tries) > MOST or survey.spent(ENOUGH):
            return
        put = Put(place, truth.values)
        gradient = replay.run_grads(put)
        if gradient is None:
            continue
        if not replay.wrong(gradient).any():
            yield put, truth, 1.0
        elif truth.name != SLOPE:
            if nothing is None:
                nothing = replay.run_grads(Put(place, times(0.0, truth.values)))
            factor = _factor(survey, nothing, gradient)
            if factor is not None:
                yield put, truth, factor


def _factor(survey: Survey, nothing: Values | None, gradient: Values) -> float | None:
    """By what the truth must be multiplied to mend everything: a mean may be taken later on.

    Gradients are linear in the cotangents: two of them, for nothing and for the truth, tell.
    """
    here = survey.point
    if nothing is None:
        return None
    unit, wanted = (gradient - nothing)[here.known], here.values - nothing[here.known]
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
            and computed(survey.replay.nodes[number], survey.replay.unit_of[number])
            and all(map(is_floating, survey.trace.values[number]))
        ),
        key=lambda number: survey.trace.places[number][0],
    )


def is_whole(node: ast.expr, unit: Unit) -> bool:
    """Is it assigned, returned, or passed on to a function of the user?"""
    above = unit.parents.get(node)
    passed = isinstance(above, ast.Call) and node in above.args and not harmless(above)
    return passed or root_of(node, unit) is node


def computed(node: ast.expr, unit: Unit) -> bool:
    """Something is computed here, or should be: d = da."""
    if isinstance(node, ast.Name | ast.Attribute):
        above = unit.parents.get(node)
        while isinstance(above, ast.Tuple | ast.List | ast.Dict):  # one of several results
            above = unit.parents.get(above)
        return isinstance(above, ast.Assign | ast.Return | ast.Yield | ast.Lambda | ast.NamedExpr)
    return not isinstance(node, ast.Constant)


def places(survey: Survey, number: int) -> Iterator[Place]:
    """The expression itself; with x += e also x afterwards."""
    yield Place(number, tuple(survey.trace.values[number]))
    node, unit = survey.replay.nodes[number], survey.replay.unit_of[number]
    above = unit.parents.get(node)
    if isinstance(above, ast.AugAssign) and isinstance(above.op, ast.Add | ast.Sub):
        sign = 1 if isinstance(above.op, ast.Add) else -1
        held = compile(unparsed(above.target), "<held>", "eval")
        look = Put(Place(number, (), sign, held))
        survey.replay.run_grads(look)
        if all(map(is_floating, look.met)):
            yield Place(number, tuple(look.met), sign, held)


class Likely:
    """What the values at a place may be meant to be: the likest first, and each but once."""

    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self._at: dict[tuple[int, int], list[Truth]] = {}
        steps: dict[tuple[int, int], list[Values]] = {}
        for step in survey.steps:
            steps.setdefault((step.start, step.end), []).append(step.values)
        self._whole = _distinct(
            Truth(item.name, (item.value,), item.node)
            for item in survey.library.items
            if item.role == "adjoint"
        )
        self._turns = _distinct(
            Truth(one.name, tuple(one.turns.get(k) for k in range(one.count)), one.node)
            for one in survey.adjoints.values()
        )
        self._slopes = _distinct(Truth(SLOPE, tuple(values), None) for values in steps.values())

    def at(self, place: Place) -> list[Truth]:
        key = place.number, place.sign
        if key not in self._at:
            found = _distinct(self._possible(place.before))
            found.sort(key=lambda truth: -_likeness(place.before, truth.values))
            self._at[key] = found
        return self._at[key]

    def _possible(self, before: Sequence[Any]) -> Iterator[Truth]:
        shapes = [np.shape(value) for value in before]
        if before and all(np.array_equal(v, before[0]) for v in before):  # once, or again
            for one in self._whole:
                value = one.values[0]
                # a column beside a vector: the same numbers
                if value is not None and squeezed(value.shape) == squeezed(shapes[0]):
                    again = (value.reshape(shapes[0]),) * len(before)
                    yield replace(one, values=again)
        for slope in self._slopes:
            for order in (slope.values, slope.values[::-1]):
                if [v.shape for v in order if v is not None] == shapes and np.prod(shapes[0]) > 1:
                    yield replace(slope, values=order)
        for adjoint in self._turns if len(before) > 1 else ():
            known = tuple(value for value in adjoint.values if value is not None)
            every = adjoint.values
            for values in (every, known) if len(known) < len(every) else (known,):
                # three gates of a cell in one comprehension
                times = max(1, len(values) // len(before))
                for start in range(times):
                    for order in (values[start::times], values[start::times][::-1]):
                        if _fit(order, shapes):
                            yield replace(adjoint, values=order)


def _distinct(truths: Iterable[Truth]) -> list[Truth]:
    found: dict[tuple[bytes, ...], Truth] = {}
    for truth in truths:
        found.setdefault(_digits(truth.values), truth)
    return list(found.values())


def _digits(values: Sequence[Values | None]) -> tuple[Any, ...]:
    """The same for truths that differ by how they were measured only."""
    size = max((float(np.max(np.abs(v))) for v in values if v is not None), default=0.0) or 1.0
    size = float(f"{size:.5g}")
    return tuple(v if v is None else (v.shape, np.rint(v / size * 1e5).tobytes()) for v in values)


def _fit(values: Sequence[Values | None], shapes: Sequence[Any]) -> bool:
    """One value a turn, whole and of its shape; of a few turns there may be none."""
    known = [(v, s) for v, s in zip(values, shapes, strict=False) if v is not None]
    same = len(values) == len(shapes) and 2 * len(known) >= len(shapes)
    return same and all(v.shape == s and bool(np.all(np.isfinite(v))) for v, s in known)


def _likeness(before: Sequence[Any], truth: Sequence[Values | None]) -> float:
    pairs = [(b, t) for b, t in zip(before, truth, strict=True) if t is not None]
    a = np.concatenate([np.ravel(np.asarray(v, dtype=float)) for v, _ in pairs])
    b = np.concatenate([np.ravel(v) for _, v in pairs])
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return abs(float(a @ b)) / sizes if sizes > 0 else 0.0
