"""An expression whose right value mends everything; and how right values are put in there."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .behaviours import Behaviour, frame_of_hook
from .source import Unit
from .survey import Survey
from .values import Values, multiple, scaled

SLOPE = "the local derivative"  # what is no cotangent, but a factor of one
CARRIED = "what the next turn needs"


@dataclass(frozen=True)
class Conviction:
    """An expression whose right values mend all that is wrong.

    before, right   one value for each time that the expression is reached in a run and one is known
    name            of what it should be: dL/dz1
    definition      the expression of the forward pass whose adjoint that is; None of a parameter
    made            is it what another convicted line is made of?
    """

    number: int
    node: ast.expr
    unit: Unit
    before: tuple[Any, ...]
    right: tuple[Values, ...]
    name: str
    definition: ast.expr | None
    made: bool = False
    told: str = ""  # the same in words, with "" for what no plain number leads to


@dataclass(frozen=True)
class Truth:
    """One value for each turn; None where none is known."""

    name: str
    values: tuple[Values | None, ...]
    definition: ast.expr | None


@dataclass(frozen=True)
class Place:
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
class Put:
    """A behaviour that puts truths in at a place, one a turn.

    then   another behaviour, that sees what is put in
    met    what stood there, given the truths of the turns before
    put    the new values of the expression
    """

    place: Place
    truths: Sequence[Values | None] = ()
    then: Behaviour | None = None
    met: list[Any] = field(default_factory=list)
    put: list[Any] = field(default_factory=list)

    @property
    def lacks(self) -> list[Any]:
        """What was met lacks of each truth; None where none is known."""
        pairs = zip(self.truths, self.met, strict=False)
        return [None if wanted is None else wanted - met for wanted, met in pairs]

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


def conviction_of(survey: Survey, put: Put, truth: Truth, factor: float) -> Conviction:
    number = put.place.number
    name = truth.name if factor == 1.0 else f"{scaled(factor)} x {truth.name}"
    told = [k for k, value in enumerate(truth.values) if value is not None and k < len(put.put)]
    before = survey.trace.values[number]
    right = [put.put[k] for k in told] if put.place.sign else times(factor, truth.values)
    return Conviction(
        number,
        survey.replay.nodes[number],
        survey.replay.unit_of[number],
        tuple(before[k] for k in told),
        tuple(np.asarray(value, dtype=float) for value in right if value is not None),
        name,
        truth.definition,
        told=multiple(factor, truth.name),
    )


def times(factor: float, values: Sequence[Values | None]) -> tuple[Values | None, ...]:
    return tuple(v if v is None or factor == 1.0 else factor * v for v in values)
