"""Local derivatives of the elementwise steps of the forward pass: activations, and the like.

All elements of one value are moved at once, each by its own distance, and the values computed next
are looked at. One that moves element by element in proportion, by whatever distances, is an
elementwise function of the first, and the proportion is its derivative. A product with a gate or a
mask is elementwise, too, but linear: what it is multiplied with is no derivative of an activation.
"""

from __future__ import annotations

import ast
import bisect
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .adjoints import Occurrence
from .behaviours import Stopped
from .trace import Trace
from .values import Values, is_floating, moved_by, units_of

NEAR = 12  # an elementwise step lies within so many values of like shape
VAIN = 6  # turns without a slope, after which an expression is not looked at any more
DISTANCE = 1e-4
ENOUGH = 8  # elements more than two a column, from which on no mask does so by chance
PIECES = 3  # of a function that is linear in pieces
Run = list[tuple[int, Any]]  # numbers and values of expressions, in the order of a run
Follow = Callable[[Occurrence, Values], "Run | None"]


@dataclass(frozen=True)
class Slope:
    """A derivative that was found: from which expression to which, and at which turn of it."""

    start: int
    end: int
    turn: int
    values: Values


def slopes(
    occurrences: Sequence[Occurrence],
    trace: Trace,
    inner: Collection[ast.expr],
    follow: Follow,
    literals: Sequence[float],
    enough: Callable[[], bool],
) -> list[Slope]:
    """Derivatives of nonlinear elementwise steps, one array for each step that was found.

    trace      of the loss
    inner      expressions that are a part of another one, and read nowhere else
    follow     runs the loss with an occurrence moved; the next NEAR values of like shape
    literals   numbers of the program: slopes of a leaky unit that may be met with a single number
    Cost       one to three runs for each occurrence, until such values are there
    """
    rng = np.random.default_rng(2)
    undisturbed = _Undisturbed(trace)
    found: list[Slope] = []
    in_vain: Counter[int] = Counter()
    for occurrence in occurrences:
        if enough():
            break
        if in_vain[occurrence.number] == VAIN:
            continue
        in_vain[occurrence.number] += 1
        shape = np.shape(occurrence.value)
        by, again = (
            DISTANCE * rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)
            for _ in range(2)
        )
        here, near, unit = undisturbed.after(occurrence), [], 1.0
        for unit in units_of(occurrence.value):
            up = _changes(here, follow(occurrence, unit * by))
            summand = any(map(functools.partial(_equal, unit * by), up))
            if not up or (occurrence.node in inner and summand):
                break  # the sum, whose summand this is, has the same slopes
            # where elements are mixed, the proportion is another for other distances
            other = _changes(here, follow(occurrence, unit * again))
            near = [
                k
                for k, (one, two) in enumerate(zip(up, other, strict=False))
                if _is_slope(one / by) and _equal(one / by, two / again, 1e-2)
            ]
            if near:
                break
        bends = [k for k in near if not _equal(up[k] / by, other[k] / again, 1e-8)]
        down = _changes(here, follow(occurrence, -unit * by)) if bends else []
        value = np.asarray(occurrence.value, dtype=float)
        for k in near:
            one, two = up[k], (down[k] if k in bends and k < len(down) else -up[k])
            slope, bend = (one - two) / (2 * by), (one + two) / by**2
            size = float(np.max(np.abs(slope)))
            bent = np.max(np.abs(bend)) > 1e-3 * size + 1e-5 * np.max(np.abs(here[k][1]))
            pieces = _in_pieces(value, slope) or _by_sign(value, slope)
            if bent or pieces or _is_literal(slope / unit, literals):
                in_vain[occurrence.number] = 0
                found.append(Slope(occurrence.number, here[k][0], occurrence.turn, slope / unit))
    return found


class _Undisturbed:
    """The values that are computed next in the run as it is."""

    def __init__(self, trace: Trace) -> None:
        self._places = trace.places
        self._runs: dict[tuple[int, ...], list[tuple[int, int, Any]]] = {}
        for number, values in trace.values.items():
            for place, value in zip(trace.places[number], values, strict=True):
                if is_floating(value):
                    self._runs.setdefault(np.shape(value), []).append((place, number, value))
        for run in self._runs.values():
            run.sort(key=lambda row: row[0])

    def after(self, one: Occurrence) -> Run:
        run = self._runs[np.shape(one.value)]
        start = bisect.bisect(run, self._places[one.number][one.turn], key=lambda row: row[0])
        others = (row[1:] for row in run[start:] if not np.array_equal(row[2], one.value))
        return list(itertools.islice(others, NEAR))


def _changes(here: Run, there: Run | None) -> list[Values]:
    """By how much values are moved, as long as it is the same expressions that come next."""
    pairs = itertools.takewhile(
        lambda pair: pair[0][0] == pair[1][0], zip(here, there or (), strict=False)
    )
    return [np.asarray(two) - np.asarray(one) for (_, one), (_, two) in pairs]


def _is_slope(slope: Values) -> bool:
    size = float(np.max(np.abs(slope)))
    return 1e-9 < size < np.inf and (slope.size == 1 or float(np.ptp(slope)) >= 1e-6)


def _equal(one: Values, other: Values, near: float = 1e-6) -> bool:
    return bool(np.max(np.abs(one - other)) <= near * np.max(np.abs(one)))


def _in_pieces(value: Values, slope: Values) -> bool:
    """Do a few slopes change at thresholds of the value, as of a ReLU or of a clip?"""
    levels = np.round(slope.ravel()[np.argsort(value.ravel(), kind="stable")], 6)
    changes = int(np.count_nonzero(np.diff(levels)))
    return 0 < changes < PIECES and slope.size > 2 * changes + 1


def _by_sign(value: Values, slope: Values) -> bool:
    """Has each column one slope where the value is positive, and another where it is negative?"""
    if value.ndim < 2 or value.size - 2 * value.shape[-1] < ENOUGH:
        return False
    bends = 0
    columns = (x.reshape(-1, value.shape[-1]).T for x in (value, slope))
    for x, y in zip(*columns, strict=True):
        sides = [y[x > 0], y[x <= 0]]
        if any(side.size and np.ptp(side) > 1e-6 for side in sides):
            return False
        bends += all(side.size for side in sides) and abs(sides[0][0] - sides[1][0]) > 1e-6
    return bends > 1


def _is_literal(slope: Values, literals: Sequence[float]) -> bool:
    return slope.size == 1 and any(abs(float(slope.reshape(())) - x) < 1e-6 for x in literals)


class Following:
    """A behaviour that moves one occurrence, and sees the values of that shape that come next.

    Other than itself: it may be read many times, and computed again, as properties are. When there
    are enough the run is ended.

    twins   numbers of the expressions that are this one, written again
    """

    def __init__(self, one: Occurrence, by: Values, twins: Collection[int]) -> None:
        self._number, self._turn, self._by, self._twins = one.number, one.turn, by, twins
        self._origin: Any = None
        self._moved: Any = None
        self.seen: Run = []

    @property
    def full(self) -> bool:
        return len(self.seen) == NEAR

    def __call__(self, number: int, value: Any) -> Any:
        if number in self._twins and self._is_it(number, value):
            self._moved = moved_by(value, self._by)
            return self._moved
        if self._moved is not None and self._is_next(value):
            self.seen.append((number, np.array(value, dtype=float)))
            if self.full:
                raise Stopped
        return value

    def _is_it(self, number: int, value: Any) -> bool:
        if self._origin is not None:
            return np.size(value) > 1 and np.array_equal(value, self._origin)
        self._turn -= number == self._number
        if self._turn < 0:
            self._origin = value
        return self._turn < 0

    def _is_next(self, value: Any) -> bool:
        alike = is_floating(value) and np.shape(value) == np.shape(self._by) and not self.full
        return alike and not np.array_equal(value, self._moved)
