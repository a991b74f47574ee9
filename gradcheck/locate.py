"""Which entries of a block disagree? By decoding, in few probes.

A probe measures the residual s = sum over the entries of v[i] * (analytic - numerical)[i]. Measured
again with the directions weighted by c[i] = 1/2 + i / (n - 1), the ratio of the two residuals is
the c of the wrong entry, if there is only one: its index is read off, not searched for. A ratio
that is no integer index means several: halve and decode again. A probe yields about log2 of its
signal-to-noise ratio in bits, where a test of group testing (Dorfman 1943) yields one.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from .direction import Direction
from .entries import Source, judge_entries
from .numerical import SIGMAS, Noise, Plan, Probe
from .objective import BudgetSpent, EntryLine, Line, Objective
from .tree import Array, Parameter
from .verdict import Judgement, Scale, judge

EXHAUSTIVE = 32  # blocks up to this size are judged entry by entry
BUDGET = 600  # evaluations; beyond it the rest is sampled
SAMPLE = 24

Index = tuple[int, ...]


@dataclass(slots=True)
class Location:
    """Where a block is wrong.

    judged     every entry that was judged by itself
    pattern    "entries", "row 3", "column 2", "slice 1 of axis 2", "dense" or ""
    fraction   estimated share of wrong entries in the block, with its 95 % interval; None where
               all that were judged are all that are wrong
    complete   the wrong entries listed are all of them
    """

    judged: dict[Index, Judgement] = field(default_factory=dict)
    pattern: str = ""
    fraction: tuple[float, float, float] | None = None
    complete: bool = False

    @property
    def wrong(self) -> list[Index]:
        return sorted(i for i, found in self.judged.items() if found.verdict == "disagrees")


@dataclass(frozen=True, slots=True)
class Residual:
    """Analytic minus numerical slope along a direction, and the bound on its error."""

    value: float
    error: float

    @property
    def visible(self) -> bool:
        return abs(self.value) > self.error

    def __sub__(self, other: Residual) -> Residual:
        return Residual(self.value - other.value, self.error + other.error)


class Search:
    """Looks for the wrong entries of one block.

    direction   a direction along which the block was seen to be wrong
    remote      gives the losses of single entries where workers compute them
    units       of the entries, where they have some of their own
    Blind       to entries whose errors are below the noise, or cancel in the direction
    """

    def __init__(
        self,
        objective: Objective,
        block: Parameter,
        analytic: Array,
        direction: Array | Direction,
        plan: Plan,
        noise: Noise,
        scale: Scale,
        rng: np.random.Generator,
        remote: Source | None = None,
        units: Array | None = None,
    ) -> None:
        self.objective, self.block, self.plan, self.noise = objective, block, plan, noise
        self.analytic, self.rng, self.remote, self.units = analytic, rng, remote, units
        self._direction = direction
        self.scale = scale.of_entry(analytic if units is None else analytic * units)
        self.location = Location()
        self.begin = objective.evaluations

    @functools.cached_property
    def direction(self) -> Array:
        return np.asarray(self._direction)

    # -- measurements ------------------------------------------------------------------------------

    def entry(self, position: int) -> Judgement:
        """Judge one entry by itself."""
        index, judged = self.index(position), self.location.judged
        if index not in judged and self.remote is not None:
            judged[index] = self.judged_by(self.remote, np.array([position]))[0]
        elif index not in judged:
            unit = 1.0 if self.units is None else float(self.units[index])
            probe = Probe(EntryLine(self.objective, self.block, index, unit), self.noise)
            found = judge(probe, float(self.analytic[index]) * unit, self.plan, self.scale)
            judged[index] = found if unit == 1.0 else found.in_units(unit)
        return judged[index]

    def entries(self, positions: Iterable[int]) -> list[Judgement]:
        """Judge some entries, each by itself; all at once where workers compute the loss."""
        places, judged = [int(position) for position in positions], self.location.judged
        new = [position for position in places if self.index(position) not in judged]
        if self.remote is not None and new:
            found = self.judged_by(self.remote, np.array(new))
            judged.update(zip(map(self.index, new), found, strict=True))
        return [self.entry(position) for position in places]

    def index(self, position: int) -> Index:
        return tuple(int(i) for i in np.unravel_index(position, self.block.shape))

    def judged_by(self, source: Source, positions: Array) -> list[Judgement]:
        return judge_entries(
            source, self.block, self.analytic, positions, self.plan, self.scale, self.noise
        )

    def count_wrong(self, positions: Iterable[int]) -> int:
        return sum(found.verdict == "disagrees" for found in self.entries(positions))

    def residual(self, group: Array, weights: Array | None = None) -> Residual | None:
        """The residual of the entries at some flat positions, each direction weighted."""
        part = self.direction.ravel()[group]
        if weights is not None:
            part = part * weights
        full = np.zeros(self.block.size)
        full[group] = part
        line = Line(self.objective, [(self.block, full.reshape(self.block.shape))])
        rung = Probe(line, self.noise).rung(self.plan.step)
        if rung is None:
            return None
        predicted = float(np.dot(self.analytic.ravel()[group], part))
        return Residual(predicted - rung.slope, 1.33 * rung.bound)

    def decode(self, group: Array, known: Residual, code: Array, n: int) -> tuple[float, float]:
        """Place of the only wrong one among n, read off the ratio of two residuals; its error."""
        weighted = self.residual(group, 0.5 + code / (n - 1))
        if weighted is None or known.value == 0:
            return math.nan, math.inf
        ratio = weighted.value / known.value
        error = (weighted.error + abs(ratio) * known.error) / abs(known.value)
        return (ratio - 0.5) * (n - 1), error * (n - 1)

    # -- the search --------------------------------------------------------------------------------

    def locate(self, known: Residual) -> Location:
        """The wrong entries, given the residual along the direction.

        Cost    about 6 evaluations for one wrong entry, 10 to 20 for each further one, 40 for a
                wrong row or column; 2 to 4 an entry up to 32 entries; at most about 650
        """
        everything = np.arange(self.block.size)
        try:
            if self.block.size <= EXHAUSTIVE:
                return self.every_entry()
            for explains in (self.one_entry, self.one_slice, self.dense):
                if explains(everything, known):
                    return self.location
            self.sparse([(everything, known, True)])
        except BudgetSpent:
            self.location.complete = False
        return self.location

    def every_entry(self, source: Source | None = None) -> Location:
        """Each entry by itself. Cost: 2 evaluations a right one, 4 a wrong one.

        source   gives the losses of many entries at once; without it each is a call of the loss
        """
        try:
            if source is not None and (source.itself or self.bears_out(source)):
                judged = self.judged_by(source, np.arange(self.block.size))
                self.location.judged = dict(zip(np.ndindex(self.block.shape), judged, strict=True))
            else:
                self.entries(range(self.block.size))
            self.location.complete = True
        except BudgetSpent:
            self.location.complete = False
        self.name_pattern()
        return self.location

    def bears_out(self, source: Source) -> bool:
        """Does the source give what the loss itself gives, at a few entries? 4 evaluations."""
        flat = self.block.values.ravel()
        positions = np.unique(np.linspace(0, flat.size - 1, 4).astype(int))
        moved = flat[positions] + flat.dtype.type(self.plan.step)
        there = []
        for position in positions:
            line = EntryLine(self.objective, self.block, self.index(position))
            there.append(line(self.plan.step)[0])
        bound = [SIGMAS * self.noise.at(loss, self.noise.loss) for loss in there]
        return bool(np.all(np.abs(source(positions, moved) - there) <= bound))

    def some_entries(self) -> Location:
        """A sample of entries, each by itself; about 2 evaluations for each of 24."""
        everything = np.arange(self.block.size)
        try:
            self.entries(self.sample(everything, SAMPLE))
        except BudgetSpent:
            return self.location
        if self.location.wrong:
            self.location.pattern = "dense"
            self.fraction_of(everything)
        return self.location

    def one_entry(self, group: Array, known: Residual) -> bool:
        place, doubt = self.decode(group, known, np.arange(len(group)), len(group))
        sharp = _near(place, doubt, len(group)) if doubt < 0.25 else []
        return bool(sharp) and self.explains(sharp[0], known)

    def explains(self, position: int, known: Residual) -> bool:
        """Is this entry wrong, and by all that was seen?"""
        found = self.entry(position)
        if found.verdict != "disagrees":
            return False
        weight = float(self.direction.flat[position])
        alone = weight * (float(self.analytic.flat[position]) - found.numerical)
        if abs(known.value - alone) > known.error + 1.5 * abs(weight) * found.error:
            return False
        self.location.pattern, self.location.complete = "entries", True
        return True

    def one_slice(self, group: Array, known: Residual) -> bool:
        """A whole row, column or other slice along one axis?"""
        shape = self.block.shape
        places = np.unravel_index(group, shape)
        candidates: list[list[int]] = []
        for axis, n in enumerate(shape):
            found: list[int] = []
            if n > 1 and len(shape) > 1:
                place, doubt = self.decode(group, known, places[axis], n)
                found = _near(place, doubt, n)
            candidates.append(found)
        if all(len(found) == 1 for found in candidates) and len(shape) > 1:
            position = int(np.ravel_multi_index([found[0] for found in candidates], shape))
            if self.explains(position, known):
                return True
        slices = [(axis, at) for axis, found in enumerate(candidates) for at in found]
        for axis, at in slices:
            inside = group[places[axis] == at]
            part = self.residual(inside)
            if part is not None and not (known - part).visible:
                if self.count_wrong(self.sample(inside, 8)) >= 3:
                    self.location.pattern = _slice_name(axis, at, len(shape))
                    self.fraction_of(inside)
                else:
                    self.sparse([(inside, part, True)])
                return True
        return False

    def in_one_slice(self) -> bool:
        """Do the wrong entries that were found lie in one row or column, and others in it too?

        Where noise or kinks hide what a slice adds to a residual.
        """
        wrong, shape = self.location.wrong, self.block.shape
        places = np.unravel_index(np.arange(self.block.size), shape)
        for axis, n in enumerate(shape):
            at = {index[axis] for index in wrong}
            if len(shape) > 1 and n > 1 and len(at) == 1:
                inside = np.flatnonzero(places[axis] == min(at))
                if self.count_wrong(self.sample(inside, 8)) >= 3:
                    self.location.pattern = _slice_name(axis, min(at), len(shape))
                    self.fraction_of(inside)
                    return True
        return False

    def dense(self, group: Array, _: Residual) -> bool:
        """Are so many entries wrong that a sample finds several?"""
        if self.count_wrong(self.sample(group, 6)) < 2:
            return False
        self.entries(self.sample(group, 14))
        self.location.pattern = "dense"
        self.fraction_of(group)
        return True

    def sparse(self, groups: list[tuple[Array, Residual, bool]]) -> None:
        """Decode, and split where decoding says that there are several."""
        self.location.pattern = "entries"
        while groups:
            if self.objective.evaluations - self.begin > BUDGET:
                rest = np.concatenate([group for group, _, _ in groups])
                self.entries(self.sample(rest, SAMPLE))
                if not self.in_one_slice():
                    self.fraction_of(rest)
                return
            group, known, may_decode = groups.pop()
            if len(group) == 1:
                self.entry(int(group[0]))
            elif not (may_decode and self.decoded(group, known, groups)):
                self.split(group, known, groups)
        self.location.complete = True

    def decoded(
        self, group: Array, known: Residual, groups: list[tuple[Array, Residual, bool]]
    ) -> bool:
        """Take the wrong entry, or the window it must be in, out of the group."""
        n = len(group)
        place, doubt = self.decode(group, known, np.arange(n), n)
        if not -doubt - 0.01 <= place <= n - 1 + doubt + 0.01:
            return False
        low, high = round(max(0.0, place - doubt)), round(min(n - 1.0, place + doubt))
        if doubt <= 0.25 and abs(place - round(place)) > doubt + 1e-6:
            return False
        others = np.delete(group, np.arange(low, high + 1))
        if low == high:
            position = int(group[low])
            found = self.entry(position)
            if found.verdict != "disagrees":
                return False
            weight = float(self.direction.flat[position])
            alone = weight * (float(self.analytic.flat[position]) - found.numerical)
            rest = known - Residual(alone, 1.5 * abs(weight) * found.error)
            if rest.visible and len(others):
                groups.append((others, rest, False))
            return True
        if high - low + 1 > n // 4:
            return False
        window = group[low : high + 1]
        inside = self.residual(window)
        if inside is None or not inside.visible:
            return False
        if (known - inside).visible:
            groups.append((others, known - inside, True))
        groups.append((window, inside, True))
        return True

    def split(
        self, group: Array, known: Residual, groups: list[tuple[Array, Residual, bool]]
    ) -> None:
        """Halve; measure one half and get the other by subtraction: probes are linear."""
        half = len(group) // 2
        left, right = group[:half], group[half:]
        in_left = self.residual(left)
        if in_left is None:
            return
        in_right = known - in_left
        if not in_left.visible and not in_right.visible:
            in_right = self.residual(right) or in_right
        if in_left.visible:
            groups.append((left, in_left, True))
        if in_right.visible:
            groups.append((right, in_right, True))

    # -- samples -----------------------------------------------------------------------------------

    def sample(self, group: Array, n: int) -> Array:
        return self.rng.choice(group, min(n, len(group)), replace=False)

    def fraction_of(self, group: Array) -> None:
        """How much is wrong, if outside of this group no more is than what was judged."""
        shape, judged = self.block.shape, self.location.judged
        places = [int(np.ravel_multi_index(index, shape)) if shape else 0 for index in judged]
        inside = np.isin(np.array(places, dtype=int), group)
        found = [j.verdict for j, within in zip(judged.values(), inside, strict=True) if within]
        decided = [verdict for verdict in found if verdict != "inconclusive"]
        share = clopper_pearson(decided.count("disagrees"), len(decided))
        beyond = len(self.location.wrong) - decided.count("disagrees")
        part, more = len(group) / self.block.size, beyond / self.block.size
        middle, low, high = (part * value + more for value in share or (math.nan,) * 3)
        self.location.fraction = share and (middle, low, high)

    def name_pattern(self) -> None:
        """Row, column or dense, when every entry is known."""
        wrong, shape = self.location.wrong, self.block.shape
        decided = [j for j in self.location.judged.values() if j.verdict != "inconclusive"]
        self.location.pattern = "entries" if wrong else ""
        if len(wrong) > 1 and len(wrong) == len(decided):
            self.location.pattern = "dense"
            return
        for axis, n in enumerate(shape):
            at = {index[axis] for index in wrong}
            if len(shape) > 1 and n > 1 and len(at) == 1 and len(wrong) > 1:
                self.location.pattern = _slice_name(axis, at.pop(), len(shape))


def _near(place: float, doubt: float, n: int) -> list[int]:
    """The integers that a decoded place may stand for, nearest first; none when they are many."""
    if not doubt < 1.5:
        return []
    low, high = math.ceil(place - doubt - 1e-6), math.floor(place + doubt + 1e-6)
    return sorted(range(max(low, 0), min(high, n - 1) + 1), key=lambda at: abs(at - place))


def _slice_name(axis: int, at: int, ndim: int) -> str:
    if ndim == 2:
        return f"{('row', 'column')[axis]} {at}"
    return f"slice {at} of axis {axis}"


def clopper_pearson(k: int, n: int, alpha: float = 0.05) -> tuple[float, float, float] | None:
    """Share k / n with its exact 95 % interval (Clopper & Pearson 1934)."""
    if n == 0:
        return None

    def at_least(j: int, p: float) -> float:
        return sum(math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(j, n + 1))

    def solve(j: int, level: float) -> float:
        low, high = 0.0, 1.0
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if at_least(j, middle) < level else (low, middle)
        return middle

    lower = solve(k, alpha / 2) if k else 0.0
    upper = solve(k + 1, 1 - alpha / 2) if k < n else 1.0
    return k / n, lower, upper
