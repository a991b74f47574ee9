"""Two mistakes that hide each other: for one of them the right value is put in."""

from __future__ import annotations

import ast
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from .adjoints import Adjoint, Occurrence, adjoints
from .clues import tells
from .conviction import Conviction, Place, Put, Truth, times
from .places import around, name_of
from .replay import Point
from .source import Unit
from .substitute import Likely, computed, is_whole, places
from .survey import Survey
from .syntax import VARIABLE, short, unparsed
from .trace import Trace, recorder
from .values import Values, is_floating, multiple, scaled

TRUTHS = 3  # that may be meant at one expression
NEAR = 1e-4  # of the largest entry, within which a value counts as right
SHARE = 0.3  # of the time that there is, for looking what may be put in


class Signs(NamedTuple):
    """What tells that a value is wrong which is not the only one.

    mended    the share of the wrong entries that its right value mends
    righted   how many more values of the backward pass are right then
    prime     is something unknown made there of what is known?
    """

    mended: float
    righted: float
    prime: bool


LAST = Signs(-1.0, 0.0, False)  # of a value that is handed out, and nothing made of it


@dataclass(frozen=True)
class Given:
    """An expression whose right value is put in, while another mistake is looked for.

    factor   of the truth, in the values that are put in
    named    is it what the name of the variable says: dz for dL/dz?
    """

    place: Place
    truth: Truth
    factor: float
    node: ast.expr
    unit: Unit
    signs: Signs
    named: bool

    @property
    def text(self) -> str:
        return f"{short(self.node)} in line {self.node.lineno}"

    @property
    def evident(self) -> bool:
        """Does it mend something?"""
        return max(self.signs.mended, self.signs.righted) > 0

    @property
    def variable(self) -> dict[str, Any]:
        """The variable that has the right value where it is read, if it is one."""
        first = times(self.factor, self.truth.values)[0]
        return {self.node.id: first} if isinstance(self.node, ast.Name) else {}

    def is_of(self, node: ast.AST) -> bool:
        """Is a part of the same value edited, which is replaced as a whole?"""
        return any(above is self.node for above in (node, *around(node, self.unit.parents)))

    def conviction(self) -> Conviction:
        """The same, as what is told of a right value that mends everything."""
        factor = "" if self.factor == 1.0 else f"{scaled(self.factor)} x "
        name = f"{factor}{self.truth.name}"
        pairs = zip(self.place.before, times(self.factor, self.truth.values), strict=False)
        told = [(before, right) for before, right in pairs if right is not None]
        before, right = zip(*told, strict=True)
        definition = self.truth.definition
        number, text = self.place.number, multiple(self.factor, self.truth.name)
        return Conviction(number, self.node, self.unit, before, right, name, definition, told=text)

    def put(self, truth: Truth | None) -> Put:
        """What puts the right values in, in one run."""
        return Put(self.place, () if truth is None else times(self.factor, truth.values))


def elsewhere(survey: Survey, truth: Truth) -> Truth | None:
    """The same truth at the second point; None where it cannot be told."""
    there = survey.second
    if there is None:
        return None
    adjoint = survey.adjoints.get(truth.definition) if truth.definition is not None else None
    if adjoint is None:
        return _of_parameter(survey, truth, there)
    turns = _turns(survey, adjoint, there)
    if turns is None:
        return None
    values: list[Values | None] = []
    for value in truth.values:
        same = (turn for turn, known in adjoint.turns.items() if _equal(value, known))
        known = turns.get(next(same, -1))
        if known is None and value is None:
            values.append(None)
        elif known is None or value is None or known.size != np.size(value):
            return None  # as of an episode that is longer there
        else:
            values.append(known.reshape(np.shape(value)))
    return replace(truth, values=tuple(values))


def _turns(survey: Survey, adjoint: Adjoint, there: Point) -> dict[int, Values] | None:
    """The same adjoint at another point, by the turn; None where the loss fails there."""
    replay, here, trace = survey.replay, survey.point, Trace()
    number = replay.number.get(adjoint.node, -1)
    replay.point = there
    try:
        replay.install(hooked=True)
        if number < 0 or replay.run_loss(recorder(trace)) is None:
            return None
        occurrences = [
            Occurrence(adjoint.node, number, turn, adjoint.name, value)
            for turn, value in enumerate(trace.values.get(number, []))
            if turn in adjoint.turns
        ]
        found = adjoints(occurrences, survey.watching, there.loss, survey.spent)
        return {turn: values for (_, turn), values in found.items()}
    finally:
        replay.point = here


def _of_parameter(survey: Survey, truth: Truth, there: Point) -> Truth | None:
    """The gradient of a parameter at another point, where it was measured whole there."""
    for block, _, gradient in survey.whole(there):
        if truth.name == f"dL/d{block.name}":
            shapes = [np.shape(value) for value in truth.values if value is not None]
            return replace(truth, values=tuple(gradient.reshape(shape) for shape in shapes))
    return None


def _equal(one: Values | None, other: Values) -> bool:
    return one is not None and np.array_equal(np.ravel(one), np.ravel(other))


def given(survey: Survey, convictions: Sequence[Conviction]) -> list[Given]:
    """What may be wrong, with what it may be meant to be: the likest first."""
    found = list(_given(survey, {one.number: one.right for one in convictions}))
    found.sort(key=lambda one: (one.signs, one.named, one.factor > 0), reverse=True)
    distinct: dict[Any, Given] = {}
    for one in found:
        distinct.setdefault((one.node, one.truth.name, one.signs), one)
    return list(distinct.values())


def _given(survey: Survey, known: Mapping[int, Sequence[Values]]) -> Iterator[Given]:
    replay, likely, factors = survey.replay, Likely(survey), _factors(survey)
    before = _right(survey, survey.trace, known)
    handed_out = {f"dL/d{block.name}" for block in replay.blocks}
    for number in (*_wholes(survey), *_read(survey, known)):
        node, unit = replay.nodes[number], replay.unit_of[number]
        if survey.known(number) == "forward":
            continue
        reads = not computed(node, unit)
        name = unparsed(node) if reads else name_of(node, unit.parents)
        for place in places(survey, number):
            for truth, factor in itertools.product(_meant(likely.at(place), name), factors):
                if survey.spent(SHARE):
                    return
                values, trace = times(factor, truth.values), Trace()
                if _same(place.before, values) or (reads and _is_told(values, known)):
                    continue
                mended = _mended(survey, Put(place, values, recorder(trace)))
                if mended is None:
                    continue
                righted = _right(survey, trace, known, number) - before
                signs = Signs(mended, righted, survey.prime(node) or reads)
                signs = LAST if truth.name in handed_out else signs
                named = factor == 1.0 and tells(name, truth.name)
                yield Given(place, truth, factor, node, unit, signs, named)


def _meant(truths: Sequence[Truth], name: str) -> list[Truth]:
    """The first of the truths that the variable's name tells, and the first of all."""
    told = [truth for truth in truths if tells(name, truth.name)][:TRUTHS]
    return [*told, *(one for one in truths[:TRUTHS] if all(one is not other for other in told))]


def _mended(survey: Survey, put: Put) -> float | None:
    """The share of the wrong entries that is right where a value is put in.

    None where that spoils what was right, and where it mends everything: then it is no more than a
    place after both mistakes.
    """
    survey.replay.install(hooked=True)
    gradient = survey.replay.run_grads(put)
    left = survey.replay.wrong(gradient)
    if gradient is None or (left & ~survey.wrong).any() or not left.any():
        return None
    return float((survey.wrong & ~left).sum()) / float(survey.wrong.sum())


def _wholes(survey: Survey) -> list[int]:
    """What is assigned, returned or passed on, and may be wrong; in the order of a run."""
    nodes, units = survey.replay.nodes, survey.replay.unit_of
    found = (
        number
        for number, mine in survey.reach.items()
        if ((mine & survey.wrong).any() or not mine.any())  # it may be forgotten further on
        and is_whole(nodes[number], units[number])
        and computed(nodes[number], units[number])
        and all(map(is_floating, survey.trace.values[number]))
    )
    return sorted(found, key=lambda number: survey.trace.places[number][0])


def _read(survey: Survey, convicted: Iterable[int]) -> Iterator[int]:
    """The variables that are read where a right value mends everything: they may be wrong."""
    replay = survey.replay
    for number in convicted:
        for node in ast.walk(replay.nodes[number]):
            here = replay.number.get(node, -1)  # type: ignore[call-overload]
            values = survey.trace.values.get(here, [])
            reads = isinstance(node, VARIABLE)
            if reads and values and all(np.ndim(v) > 0 and is_floating(v) for v in values):
                yield here


def _factors(survey: Survey) -> list[float]:
    """1, what most cotangents are off by, as the last step may take the mean, and -1."""
    count: Counter[float] = Counter()
    for number in survey.reach:
        label = survey.label(survey.trace.values[number][0])
        if label is not None and label[0].startswith("dL/d"):
            count[float(f"{label[1]:.5g}")] += 1
    most = [factor for factor, _ in count.most_common(1)]
    return list(dict.fromkeys([1.0, *most, -1.0]))


def _is_told(values: Sequence[Any], known: Mapping[int, Sequence[Values]]) -> bool:
    """Is it the right value of what is made of it, where nothing would be left to do?"""
    return any(len(values) == len(one) and _same(one, values) for one in known.values())


def _same(values: Sequence[Any], others: Sequence[Any]) -> bool:
    pairs = zip(values, others, strict=False)
    return all(other is None or _near(value, other).all() for value, other in pairs)


def _near(value: Any, other: Any) -> Any:
    if np.shape(value) != np.shape(other):
        return np.zeros(np.shape(value), dtype=bool)
    size = float(np.max(np.abs(other), initial=0.0))
    return np.abs(np.subtract(value, other)) <= NEAR * size


def _right(
    survey: Survey, trace: Trace, known: Mapping[int, Sequence[Values]], but: int = -1
) -> float:
    """How much of a run of the gradients is right: whole cotangents, and parts of what is known.

    known   right values, by the number of the expression
    but     the expression that a value was put in at, which does not count
    """
    count = 0.0
    nodes, units = survey.replay.nodes, survey.replay.unit_of
    for number, values in trace.values.items():
        if number not in survey.reach or number == but:
            continue
        if number in known:
            pairs = zip(values, known[number], strict=False)
            shares = [float(_near(value, right).mean()) for value, right in pairs]
            count += sum(shares) / max(1, len(shares))
        elif is_whole(nodes[number], units[number]) and is_floating(values[0]):
            found = survey.library.match(values[0])
            exact = (item for item, factor in found if abs(factor - 1) < NEAR)
            count += any(item.role == "adjoint" for item in exact)
    return count
