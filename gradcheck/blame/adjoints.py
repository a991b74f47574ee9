"""dL/d(value) at each expression of the forward pass: guessed and checked, or measured.

The adjoint of an intermediate value is found by moving its elements where it arises, and looking at
the loss: no rule of differentiation for any function is needed.
"""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .guesses import LARGEST, SINGLE, Guesses, Question
from .values import Values, unit_of, units_of

WHOLE, SAMPLE = 400, 24  # elements
WORTH = 6  # elements, of which it is worth to guess
STEP = 1e-5  # to both sides
ASIDE = 3e-7  # to one side
NOISE = 1e-15  # of a loss, by its rounding
FAINT = 1e-5  # of a slope, that may be noise
NEARLY = 3e-6  # of a slope, that a difference to one side may be off

Loss = Callable[[Mapping[int, Values]], float | None]  # by what is added to a value, at its turns


@dataclass(frozen=True)
class Occurrence:
    """A value of the forward pass: at which expression, and at which time it was computed."""

    node: ast.expr
    number: int
    turn: int
    name: str
    value: Any


@dataclass
class Adjoint:
    """dL/d(value) at an expression of the forward pass, of the `count` times it was computed."""

    name: str
    node: ast.expr
    count: int
    turns: dict[int, Values] = field(default_factory=dict)


@dataclass(eq=False)
class Series:
    """The values of an expression that have one shape, of those turns in which they are asked for.

    strand   all turns of it that are alike, asked for or not; () where nothing is to be guessed
    """

    number: int
    shape: tuple[int, ...]
    strand: Sequence[int]
    values: dict[int, Any] = field(default_factory=dict)  # by the turn
    question: Question | None = None
    unit: float = 1.0  # what a step is a part of

    @property
    def size(self) -> int:
        return len(self.values) * math.prod(self.shape)

    @property
    def whole(self) -> tuple[int, ...]:
        """The shape of a stack of all turns."""
        return len(self.strand), *self.shape

    @property
    def rows(self) -> dict[int, int]:
        """Where the turns that are asked for stand in it."""
        return {self.strand.index(turn): turn for turn in self.values}


def adjoints(
    occurrences: Sequence[Occurrence],
    watching: Callable[[int], Loss],
    at: float,
    enough: Callable[[], bool],
    guesses: Guesses | None = None,
    strands: Mapping[int, list[list[int]]] | None = None,
) -> dict[tuple[int, int], Values]:
    """dL/d(value) of each occurrence, until `enough`.

    watching   of an expression: the loss as a function of how its values are moved
    at         the loss where none is moved
    strands    the turns of each expression that are alike

    Of a value of more than WHOLE elements that is not guessed only SAMPLE, the same ones in values
    of one shape; the rest is nan.
    Cost       4 losses for each expression, and 1 or 2 for each element that is not guessed
    """
    found: dict[tuple[int, int], Values] = {}
    series: dict[Any, Series] = {}
    for o in occurrences:
        shape, all_of_it = np.shape(o.value), (strands or {}).get(o.number, ())
        strand = next((turns for turns in all_of_it if o.turn in turns), [])
        key = o.number, shape, tuple(strand)
        series.setdefault(key, Series(o.number, shape, strand)).values[o.turn] = o.value
    left, guesses = list(series.values()), guesses or Guesses(())
    for one in left:
        one.unit = _unit(one, watching)
        if one.size >= WORTH and 0 < math.prod(one.whole) <= LARGEST and not enough():
            one.question = _asked(one, watching(one.number), at, guesses)

    def learn(one: Series, slopes: Mapping[int, Values]) -> None:
        found.update({(one.number, turn): values for turn, values in slopes.items()})
        if 0 < math.prod(one.whole) <= LARGEST:
            stacked = np.zeros(one.whole)  # a guess made of what is not known is found wrong
            for row, turn in one.rows.items():
                stacked[row] = slopes.get(turn, 0.0)
            guesses.learn(stacked)

    def infer() -> None:
        """All that follows from what is known."""
        before = -1
        while before < len(found):
            before = len(found)
            for one in list(left):
                guess = None if one.question is None else guesses.answer(one.question)
                if guess is not None:
                    left.remove(one)
                    learn(one, {turn: guess[row] for row, turn in one.rows.items()})

    infer()
    while left and not enough():
        one = left.pop(0)
        loss, guess = watching(one.number), None
        if one.question is not None:
            third = functools.partial(_slope, one, one.question.group.directions[SINGLE], loss)
            guess = guesses.answer_in_two(one.question, third)
        if guess is not None:
            learn(one, {turn: guess[row] for row, turn in one.rows.items()})
        else:
            learn(one, _measured(one, loss, at, enough))
        infer()
    return found


def _asked(one: Series, loss: Loss, at: float, guesses: Guesses) -> Question | None:
    """The slopes along the first directions; None where they are lost in rounding."""
    group = guesses.group(one.whole, tuple(one.rows))
    slopes = [_slope(one, direction, loss) for direction in group.directions[:SINGLE]]
    noise = NOISE * abs(at) / _step(one)
    known = [slope for slope in slopes if slope is not None]
    if len(known) < SINGLE or noise > FAINT * math.hypot(*known):
        return None
    return Question(group, known, noise)


def _step(one: Series) -> float:
    """When all elements are moved at once."""
    return STEP * one.unit / float(np.sqrt(np.sqrt(one.size)))


def _unit(one: Series, watching: Callable[[int], Loss]) -> float:
    values = list(one.values.values())
    if len(units_of(values)) == 1:
        return 1.0
    direction, loss = np.ones((len(values), *one.shape)), watching(one.number)
    rows = dict(enumerate(one.values))
    return unit_of(values, lambda h: _slope_by(h, direction, rows, loss), STEP)


def _slope(one: Series, direction: Values, loss: Loss) -> float | None:
    return _slope_by(_step(one), direction, one.rows, loss)


def _slope_by(h: float, direction: Values, rows: Mapping[int, int], loss: Loss) -> float | None:
    ends = [loss({turn: s * direction[row] for row, turn in rows.items()}) for s in (h, -h)]
    return None if ends[0] is None or ends[1] is None else (ends[0] - ends[1]) / (2 * h)


def _measured(one: Series, loss: Loss, at: float, enough: Callable[[], bool]) -> dict[int, Values]:
    """By differences: to one side only, where the slopes along the directions tell that it does."""
    if one.question is None or math.prod(one.shape) > WHOLE:
        return _differences(one, loss, at, (STEP, -STEP), enough)
    ahead = _differences(one, loss, at, (ASIDE,), enough)
    if enough() or _is_confirmed(one, ahead, one.question):
        return ahead
    behind = _differences(one, loss, at, (-ASIDE,), enough)
    return {turn: (ahead[turn] + values) / 2 for turn, values in behind.items()}


def _differences(
    one: Series, loss: Loss, at: float, steps: Sequence[float], enough: Callable[[], bool]
) -> dict[int, Values]:
    """The mean of the difference quotients of these steps, of as many turns as there is time for.

    (h, -h) makes a central difference.
    """
    found: dict[int, Values] = {}
    for turn, value in one.values.items():
        slopes = np.full(one.shape, np.nan)
        flat, values = slopes.reshape(-1), np.asarray(value, dtype=float).reshape(-1)
        sizes = np.maximum(min(1.0, one.unit), np.abs(values))
        chosen = np.arange(flat.size)
        if flat.size > WHOLE:
            chosen = np.random.default_rng(flat.size).permutation(flat.size)[:SAMPLE]
        for i in map(int, chosen):
            if enough():
                return found
            quotients = []
            for step in steps:
                by = np.zeros(one.shape)
                by.reshape(-1)[i] = step * sizes[i]
                moved = loss({turn: by})
                quotients.append(np.nan if moved is None else (moved - at) / (step * sizes[i]))
            flat[i] = sum(quotients) / len(quotients)
        found[turn] = slopes
    return found


def _is_confirmed(one: Series, found: Mapping[int, Values], question: Question) -> bool:
    """Do these have the slopes along the directions that were measured?"""
    directions, wanted = question.group.directions, question.slopes
    rows = one.rows.items()
    got = [sum(float(np.sum(d[k] * found[t])) for k, t in rows) for d in directions[:SINGLE]]
    return math.dist(got, wanted) <= NEARLY * math.hypot(*wanted) + question.noise
