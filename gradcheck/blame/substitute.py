"""Conviction without an edit: the right value put in at one expression mends every parameter."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .places import root_of
from .replay import Behaviour, Values, frame_of_hook
from .source import Unit
from .survey import Survey
from .syntax import unparsed
from .trace import Trace, recorder
from .values import is_floating, scaled

MOST = 800  # replays
LIKELY, OTHERS = slice(0, 8), slice(8, 40)  # of the truths that may be meant at one expression
ENOUGH = 0.45  # share of the budget
CARRIERS = 8  # expressions that may hand a value on to the next turn, tried for each conviction
NEAR = 1e-5  # of the largest entry: truths are measured by differences
SLOPE = "the local derivative"  # what is no cotangent, but a factor of one
CARRIED = "what the next turn needs"


@dataclass(frozen=True)
class Conviction:
    """An expression whose right values mend all that is wrong.

    before, right   one value for each time that the expression is reached in a run and one is known
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
    """One value for each turn; None where none is known."""

    name: str
    values: tuple[Values | None, ...]
    definition: ast.expr | None


@dataclass(frozen=True)
class _Place:
    """Where a value can be put in: an expression, or with x += e what x becomes by it.

    sign     of e in what x becomes; 0 where the expression itself is meant
    held     the code that reads x
    before   the values there in the run as it is
    """

    number: int
    before: tuple[Any, ...] = ()
    sign: int = 0
    held: Any = None


@dataclass
class _Put:
    """A behaviour that puts truths in at a place, one a turn.

    then   another behaviour, that sees what is put in
    met    what stood there, given the truths of the turns before
    put    the new values of the expression
    """

    place: _Place
    truths: Sequence[Values | None] = ()
    then: Behaviour | None = None
    met: list[Any] = field(default_factory=list)
    put: list[Any] = field(default_factory=list)

    def __call__(self, number: int, value: Any) -> Any:
        if number == self.place.number:
            value = self._new(value, frame_of_hook())
        return value if self.then is None else self.then(number, value)

    def _new(self, value: Any, frame: Any) -> Any:
        held, sign = 0.0, self.place.sign
        if sign:
            held = eval(self.place.held, frame.f_globals, frame.f_locals)  # noqa: S307  their x
        turn = len(self.met)
        self.met.append(held + sign * value if sign else value)
        truth = self.truths[turn] if turn < len(self.truths) else None
        if truth is not None and np.shape(truth) == np.shape(self.met[-1]) == np.shape(value):
            truth = sign * (truth - held) if sign else truth
            if isinstance(value, np.ndarray):
                value = np.array(value, dtype=float, subok=True)
                value[...] = truth
            else:
                value = float(np.reshape(truth, ()))
        self.put.append(value)
        return value


def convictions(survey: Survey) -> Iterator[Conviction]:
    """Expressions where true adjoints of the same shapes mend all that is wrong.

    Whole expressions (assigned, returned, passed on) first, then what they are made of. In a loop
    every turn has a truth of its own: the adjoints of an expression of a loop of the forward pass
    with as many turns, in its order or in the opposite one. One point is tried, since the truths
    were measured there.
    """
    replay = survey.replay
    numbers = _suspicious(survey)
    roots = [i for i in numbers if root_of(replay.nodes[i], replay.unit_of[i]) is replay.nodes[i]]
    rest = [i for i in numbers if i not in set(roots)]
    found: set[int] = set()
    tries = itertools.count()
    for some, part in ((roots, LIKELY), (roots, OTHERS), (rest, LIKELY), (rest, OTHERS)):
        if some is rest and found:
            return
        for number in some:
            if number in found:
                continue
            replay.watch(number)
            for place in _places(survey, number):
                for put, truth, factor in _mending(survey, place, part, tries):
                    if factor != 1.0 and survey.known(number) == "adjoint":
                        continue  # right as it is, and only too much or too little further on
                    found.add(number)
                    handed_on = survey.recurs and factor == 1.0
                    carriers = list(_carriers(survey, put)) if handed_on else []
                    yield from carriers or [_conviction(survey, put, truth, factor)]
                    yield from _siblings(survey, put, truth) if place.sign and not carriers else ()
                    break
                if number in found:
                    break


def _mending(
    survey: Survey, place: _Place, part: slice, tries: Iterator[int]
) -> Iterator[tuple[_Put, _Truth, float]]:
    """Truths that mend everything there, and by what they must be multiplied to do so."""
    replay = survey.replay
    nothing: Values | None = None
    for truth in _truths(survey, place.before)[part]:
        if next(tries) > MOST or survey.spent(ENOUGH):
            return
        put = _Put(place, truth.values)
        gradient = replay.run_grads(put)
        if gradient is None:
            continue
        if not replay.wrong(gradient).any():
            yield put, truth, 1.0
        elif truth.name != SLOPE:
            if nothing is None:
                nothing = replay.run_grads(_Put(place, _times(0.0, truth.values)))
            factor = _factor(survey, nothing, gradient)
            if factor is not None:
                yield put, truth, factor


def _conviction(survey: Survey, put: _Put, truth: _Truth, factor: float) -> Conviction:
    number = put.place.number
    name = truth.name if factor == 1.0 else f"{scaled(factor)} x {truth.name}"
    told = [k for k, value in enumerate(truth.values) if value is not None and k < len(put.put)]
    before = survey.trace.values[number]
    right = [put.put[k] for k in told] if put.place.sign else _times(factor, truth.values)
    return Conviction(
        number,
        survey.replay.nodes[number],
        survey.replay.unit_of[number],
        tuple(before[k] for k in told),
        tuple(np.asarray(value, dtype=float) for value in right if value is not None),
        name,
        truth.definition,
    )


def _carriers(survey: Survey, put: _Put) -> Iterator[Conviction]:
    """What hands too little on to the next turn, where the first turn is right and others are not.

    put   has mended everything: what it met lacks, from the second turn on, what was handed on
    """
    replay, here = survey.replay, put.place.number
    lacks = [None if w is None else w - m for w, m in zip(put.truths, put.met, strict=False)]
    known = [w for w in put.truths if w is not None]
    size = max(float(np.max(np.abs(w))) for w in known)
    if len(lacks) < 2 or lacks[0] is None or np.max(np.abs(lacks[0])) > NEAR * size:
        return
    trace = Trace()
    replay.install(hooked=True)
    replay.run_grads(_Put(put.place, put.truths, recorder(trace)))
    turns = trace.places.get(here, [])
    found = []
    for number, places in trace.places.items():
        node, values = replay.nodes[number], trace.values[number]
        between = [
            [j for j, p in enumerate(places) if a < p < b] for a, b in itertools.pairwise(turns)
        ]
        whole = root_of(node, replay.unit_of[number]) is node and node not in survey.active
        if not whole or places[0] < turns[0] or any(len(one) != 1 for one in between):
            continue  # computed before, or not once a turn
        truths: list[Values | None] = [None] * len(values)
        for (j,), lack in zip(between, lacks[1:], strict=False):
            if lack is not None and np.shape(values[j]) == lack.shape:
                truths[j] = values[j] + lack
        if truths[0] is not None and number != here:
            found.append((places[0], number, tuple(truths)))
    nothing = True
    for _, number, wanted in sorted(found, key=lambda one: -one[0])[:CARRIERS]:
        replay.watch(number)
        other = _Put(_Place(number, tuple(survey.trace.values[number])), wanted)
        gradient = replay.run_grads(other)
        if gradient is not None and not replay.wrong(gradient).any():
            nothing = False
            yield _conviction(survey, other, _Truth(CARRIED, wanted, None), 1.0)
    replay.watch(here)
    if nothing:  # the value itself is what the next turn goes on with
        yield _conviction(survey, put, _Truth(CARRIED, tuple(put.truths), None), 1.0)


def _siblings(survey: Survey, put: _Put, truth: _Truth) -> Iterator[Conviction]:
    """Other lines that set the x of x += e, where they would mend as much."""
    replay, here = survey.replay, put.place.number
    unit = replay.unit_of[here]
    target = _target(unit.parents[replay.nodes[here]])
    lacks = [None if w is None else w - m for w, m in zip(put.truths, put.met, strict=False)]
    for number, values in survey.trace.values.items():
        above = unit.parents.get(replay.nodes[number])
        alike = number != here and len(values) == len(lacks) and _target(above) == target
        if not alike or getattr(above, "value", None) is not replay.nodes[number]:
            continue
        sign = -1 if isinstance(getattr(above, "op", None), ast.Sub) else 1
        wanted = tuple(
            v + sign * lack if lack is not None and np.shape(v) == lack.shape else None
            for v, lack in zip(values, lacks, strict=True)
        )
        replay.watch(number)
        other = _Put(_Place(number, tuple(values)), wanted)
        gradient = replay.run_grads(other)
        if wanted[0] is not None and gradient is not None and not replay.wrong(gradient).any():
            yield _conviction(survey, other, _Truth(truth.name, wanted, truth.definition), 1.0)


def _target(statement: Any) -> str:
    """What a statement sets, if that is one thing."""
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    one = len(targets) == 1 and isinstance(statement, ast.Assign | ast.AugAssign)
    return unparsed(targets[0]) if one and targets[0] is not None else ""


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


def _places(survey: Survey, number: int) -> Iterator[_Place]:
    """The expression itself; with x += e also x afterwards."""
    yield _Place(number, tuple(survey.trace.values[number]))
    node, unit = survey.replay.nodes[number], survey.replay.unit_of[number]
    above = unit.parents.get(node)
    if isinstance(above, ast.AugAssign) and isinstance(above.op, ast.Add | ast.Sub):
        sign = 1 if isinstance(above.op, ast.Add) else -1
        held = compile(unparsed(above.target), "<held>", "eval")
        look = _Put(_Place(number, (), sign, held))
        survey.replay.run_grads(look)
        if all(map(is_floating, look.met)):
            yield _Place(number, tuple(look.met), sign, held)


def _truths(survey: Survey, before: Sequence[Any]) -> list[_Truth]:
    """What these values may be meant to be: the likest first."""
    shapes = [np.shape(value) for value in before]
    # a column beside a vector: the same numbers
    sizes = [tuple(n for n in shape if n != 1) for shape in shapes]
    found = [
        _Truth(item.name, (item.value.reshape(shapes[0]),), item.node)
        for item in survey.library.items
        if item.role == "adjoint" and [tuple(n for n in item.value.shape if n != 1)] == sizes
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
        every = [adjoint.turns.get(k) for k in range(adjoint.count)]
        known = [value for value in every if value is not None]
        for values in (every, known) if len(known) < len(every) else (known,):
            times = max(1, len(values) // len(before))  # three gates of a cell in one comprehension
            found += [
                _Truth(adjoint.name, tuple(order), adjoint.node)
                for start in range(times)
                for order in (values[start::times], values[start::times][::-1])
                if _fit(order, shapes)
            ]
    found.sort(key=lambda truth: -_likeness(before, truth.values))
    return found


def _fit(values: Sequence[Values | None], shapes: Sequence[Any]) -> bool:
    """One value a turn, whole and of its shape; of a few turns there may be none."""
    known = [(v, s) for v, s in zip(values, shapes, strict=False) if v is not None]
    same = len(values) == len(shapes) and 2 * len(known) >= len(shapes)
    return same and all(v.shape == s and bool(np.all(np.isfinite(v))) for v, s in known)


def _times(factor: float, values: Sequence[Values | None]) -> tuple[Values | None, ...]:
    return tuple(v if v is None or factor == 1.0 else factor * v for v in values)


def _likeness(before: Sequence[Any], truth: Sequence[Values | None]) -> float:
    pairs = [(b, t) for b, t in zip(before, truth, strict=True) if t is not None]
    a = np.concatenate([np.ravel(np.asarray(v, dtype=float)) for v, _ in pairs])
    b = np.concatenate([np.ravel(v) for _, v in pairs])
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return abs(float(a @ b)) / sizes if sizes > 0 else 0.0
