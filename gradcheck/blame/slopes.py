"""Local derivatives of the elementwise steps of the forward pass: activations, and the like.

All elements of one value are moved at once, each by its own distance, and the values computed next
are looked at. One that moves element by element in proportion, by whatever distances, is an
elementwise function of the first, and the proportion is its derivative. A product with a gate or a
mask is elementwise, too, but linear: what it is multiplied with is no derivative of an activation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .replay import Values
from .truths import Occurrence
from .values import is_floating

NEAR = 12  # an elementwise step lies within so many values of like shape
DISTANCE = 1e-4
ENOUGH = 8  # elements more than two a column, from which on no mask does so by chance
PIECES = 3  # of a function that is linear in pieces
Move = Callable[[Any], Any]
Follow = Callable[[Occurrence, Move], "list[tuple[int, Values]] | None"]


@dataclass(frozen=True)
class Slope:
    """A derivative that was found: from which expression to which, and at which turn of it."""

    start: int
    end: int
    turn: int
    values: Values


def slopes(
    occurrences: Sequence[Occurrence],
    follow: Follow,
    literals: Sequence[float],
    enough: Callable[[], bool],
) -> list[Slope]:
    """Derivatives of nonlinear elementwise steps, one array for each step that was found.

    follow     runs the loss with an occurrence moved; the next NEAR values of like shape
    literals   numbers of the program: slopes of a leaky unit that may be met with a single number
    Cost       four runs for each occurrence
    """
    rng = np.random.default_rng(2)
    found: list[Slope] = []
    for occurrence in occurrences:
        if enough():
            break
        shape = np.shape(occurrence.value)
        by, again = (
            DISTANCE * rng.uniform(0.5, 1.5, shape) * rng.choice((-1.0, 1.0), shape)
            for _ in range(2)
        )
        runs = [follow(occurrence, _mover(move)) for move in (by * 0, by, -by, again)]
        if any(run is None for run in runs):
            continue
        for (end, here), (_, up), (_, down), (_, other) in zip(*runs, strict=False):
            slope, bend = (up - down) / (2 * by), (up + down - 2 * here) / by**2
            size = float(np.max(np.abs(slope)))
            if not 1e-9 < size < np.inf or (slope.size > 1 and np.ptp(slope) < 1e-6):
                continue
            # where elements are mixed, the proportion is another for other distances
            if np.max(np.abs((other - here) / again - slope)) > 1e-2 * size:
                continue
            bent = np.max(np.abs(bend)) > 1e-3 * size + 1e-5 * np.max(np.abs(here))
            value = np.asarray(occurrence.value, dtype=float)
            pieces = _in_pieces(value, slope) or _by_sign(value, slope)
            if bent or pieces or _is_literal(slope, literals):
                found.append(Slope(occurrence.number, end, occurrence.turn, slope))
    return found


def _mover(by: Values) -> Move:
    def move(value: Any) -> Any:
        if not isinstance(value, np.ndarray):
            return value + float(by)
        moved = np.array(value, dtype=float, subok=True)
        moved[...] = np.asarray(value) + by
        return moved

    return move


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


def following(
    number: int, turn: int, shape: tuple[int, ...], move: Move
) -> tuple[Callable[[int, Any], Any], list[tuple[int, Values]]]:
    """A behaviour that moves one occurrence, and the values of that shape that come next.

    Other than itself: it may be read many times, and computed again, as properties are.
    """
    seen: list[tuple[int, Values]] = []
    turns = iter(range(10**9))
    origin: Any = None
    moved: Any = None

    def behaviour(i: int, value: Any) -> Any:
        nonlocal origin, moved
        if moved is None and i == number and next(turns) == turn:
            origin, moved = value, move(value)
            return moved
        if i == number and np.size(value) > 1 and np.array_equal(value, origin):
            return move(value)
        alike = moved is not None and is_floating(value) and np.shape(value) == shape
        if alike and len(seen) < NEAR and not np.array_equal(value, moved):
            seen.append((i, np.array(value, dtype=float)))
        return value

    return behaviour, seen
