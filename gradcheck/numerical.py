"""The slope of the loss along a direction by finite differences: noise, step, value with its error.

Three measurements, each made as rarely as it can be:

    measure_noise   once a check: how far the loss is off by rounding (More & Wild 2011)
    plan_steps      once a block: where truncation and noise balance along it
    Probe.rung      two evaluations: a central difference with its noise and its one-sided slopes

and one that is made only to be looked at: climb, a ladder of rungs around the planned step.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from .tree import Array

SIGMAS = 6.0  # a bound is this many standard deviations of the noise
EPS64 = 2.0**-52
EPS32 = 2.0**-23
NEAR_ZERO = 1e-9  # a loss smaller than this part of its scale may be nothing but rounding ...
TINY_UNITS = 1e-5  # parameters below this are measured in small units; a step of 1e-6 is vast there
PLATEAU = 3e-8  # ... and is, when its noise is at least this part of it

Line1D = Callable[[float], tuple[float, float]]  # t -> (loss, t as it was applied)


def along(line: Line1D, steps: list[float]) -> list[tuple[float, float]]:
    """A line at several steps: in one go where it can."""
    many = getattr(line, "many", None)
    return [line(t) for t in steps] if many is None else many(steps)


class _Ahead:
    """A line at steps that are known to be needed, which it takes in one go, and at any other."""

    def __init__(self, line: Line1D, steps: list[float]) -> None:
        self._line, self._known = line, dict(zip(steps, along(line, steps), strict=True))

    def __call__(self, t: float) -> tuple[float, float]:
        return self.many([t])[0]

    def many(self, steps: list[float]) -> list[tuple[float, float]]:
        if self._known.keys() >= set(steps):
            return [self._known[t] for t in steps]
        return along(self._line, steps)


# -- noise -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Noise:
    """Computational noise of the loss at the point.

    loss      value at the point
    sigma     standard deviation of its error by rounding, or by anything that acts like it
    eps       machine epsilon in which the loss computes, as far as can be seen
    scale     size of the loss a whole parameter's length away: |loss| is judged against it
    """

    loss: float
    sigma: float
    eps: float
    scale: float

    def at(self, forward: float, backward: float) -> float:
        """Standard deviation of a difference of two values: noise grows with the value."""
        size = max(abs(forward), abs(backward))
        growth = min(size / abs(self.loss), 1e3) if self.loss else 1.0
        return max(self.sigma * max(1.0, growth), 0.3 * self.eps * size)

    def elsewhere(self, loss: float) -> Noise:
        """The noise at a nearby point, where the loss has another value."""
        growth = abs(loss / self.loss) if self.loss else 1.0
        sigma = max(self.sigma * max(1.0, growth), 0.3 * self.eps * abs(loss))
        return replace(self, loss=loss, sigma=sigma, scale=max(self.scale, abs(loss)))

    @property
    def near_zero(self) -> bool:
        """Is the loss zero but for rounding, as log(1 + 1e-13) is? Its slope is unreliable then."""
        size = abs(self.loss)
        return size <= NEAR_ZERO * self.scale and self.sigma >= PLATEAU * size

    @property
    def single_precision(self) -> bool:
        """Does the loss compute in float32 somewhere?"""
        return self.eps >= EPS32


_TABLE = 8  # values of a difference table
FAR = (0.3, 1.0, -1.0)  # parameters' lengths at which the loss shows its scale
MOST_STAIRS = 0.01  # of the parameters' length a table of stairs is apart: wider ones see curvature
ODD = (math.sqrt(5) + 1) / 2  # steps of many digits: short ones would make short values of the loss


def _difference_levels(values: list[float]) -> dict[int, float]:
    """Noise as each order of differences sees it: rms of the j-th differences / sqrt(C(2j, j))."""
    levels, differences = {}, values
    for order in range(1, len(values) - 2):
        differences = [b - a for a, b in itertools.pairwise(differences)]
        square = sum([d * d for d in differences]) / len(differences)
        levels[order] = math.sqrt(square / math.comb(2 * order, order))
    return levels


def _table_noise(values: list[float], lowest: int) -> float:
    """The first level of the table that has stopped falling: all smooth parts are gone there."""
    levels = _difference_levels(values)
    for order in range(lowest, max(levels)):
        if levels[order] <= 2 * levels[order + 1]:
            return levels[order]
    return levels[max(levels)]


def noise_within(line: Line1D, spacing: float) -> float:
    """Noise over eight places of this spacing, at which a shorter wave shows."""
    return _table_noise(_values(line, spacing), 2)


def _unresolved(loss: float, values: list[float]) -> bool:
    """Does the loss vary as a whole, and roughly, between the values, which are too far apart?"""
    levels = _difference_levels(values)
    low, high = min(loss, *values), max(loss, *values)
    varies = high - low > 0.1 * max(abs(low), abs(high))
    return varies and levels[4] > 0.03 * levels[1]


def measure_noise(line: Line1D, loss: float | None = None, *, eps: float = EPS64) -> Noise:
    """Noise of the loss along one line whose unit is the size of the parameters.

    Tables of equally spaced values on one side of the point (a kink exactly at it must not pass
    for noise): one with steps near rounding, one with steps of a real difference, which sees
    quantisation that tiny steps do not (a loss of log(1 + 1e-9), or float32 inside). Where they
    differ, tables in between tell quantisation, which stays, from kinks and curvature, which
    shrink with the step.

    loss    at the point itself, where it is known

    Cost    16 evaluations for an ordinary loss, at most about 60, and 3 for its scale, all of an
            ordinary one at once; up to 64 more for one that does not move at all over the coarse
            table: it may be rounded
    """
    fine, coarse = (2.0**-36, 2.0**-18) if eps < EPS32 else (2.0**-18, 2.0**-8)
    here = [0.0] if loss is None else []
    line = _Ahead(line, [*here, *_places(fine), *_places(coarse), *FAR])
    if loss is None:
        loss, _ = line(0.0)
    values: list[float] = [loss]

    def table(spacing: float, lowest: int) -> tuple[float, bool]:
        for _ in range(4):
            found = _values(line, spacing)
            if all(map(math.isfinite, found)):
                values.extend(found)
                flat = sum(a == b for a, b in itertools.pairwise(found)) > _TABLE // 2
                return _table_noise(found, lowest), flat
            spacing /= 64
        return 0.0, True

    floor = 0.3 * eps * abs(loss)
    small, flat = table(fine, 2)
    swallowed = flat
    while flat and fine * 32 < coarse:  # a table that does not move says nothing about noise
        fine *= 32
        level, flat = table(fine, 3)
        small = max(small, level)
    large, quantised = table(coarse, 4)
    while _unresolved(loss, values[-_TABLE:]) and coarse / 64 > 4 * fine:
        coarse /= 64
        large, quantised = table(coarse, 4)
    if not flat and large > 4 * max(small, floor):
        large = _without_kinks(lambda s: table(s, 4), large, coarse, fine, max(small, floor))
    far = [abs(v) for v, _ in along(line, list(FAR)) if math.isfinite(v)]
    scale = max([*far, abs(loss)])
    sigma, quantum = max(small, large), _quantum(values)
    suspect = 1e3 * EPS64 * scale < sigma < 1e3 * EPS32 * scale
    # rounding to float32 on the way swallows small steps (of up to about 2000 values at once)
    if (suspect and swallowed) or quantum >= EPS32 / 4 * abs(loss) > 0:
        eps = max(eps, EPS32)
    floor = 0.3 * max(quantum, eps * abs(loss))
    if quantised and abs(loss) <= NEAR_ZERO * scale:  # a plateau of log(1 + tiny)
        sigma = max(sigma, PLATEAU * abs(loss))
    elif quantised:
        sigma = max(sigma, _staircase(line, loss, coarse))
    elif flat:  # rests and moves by turns, in tables that float32 would fill
        sigma = max(sigma, _stairs(line, coarse))
    return Noise(loss, max(sigma, floor), eps, scale)


def _without_kinks(
    table: Callable[[float], tuple[float, bool]],
    large: float,
    coarse: float,
    fine: float,
    small: float,
) -> float:
    """The part of a coarse table's level that does not shrink with the spacing."""
    other, _ = table(-coarse)  # a kink sits on one side only, rounding on both
    side = -1.0 if other < large else 1.0
    large, spacing = min(large, other), coarse
    while large > 4 * small:
        if spacing / 16 < 4 * fine:
            return small
        spacing /= 16
        finer, flat = table(side * spacing)
        if flat or finer >= large / 8:  # the stairs of a rounded loss rest, they do not shrink
            return large
        large = finer
    return large


def _staircase(line: Line1D, loss: float, spacing: float) -> float:
    """Noise of a loss that moves in steps, as one rounded to some digits does; 0 for any other.

    Longer and longer tables, until the loss moves. A stair moves and rests in turn. A dead unit
    that wakes up, or a unit that saturates, rests on one side of its kink only.
    """
    factor = 4.0
    while spacing < 0.1:
        spacing *= factor
        found = _values(line, spacing, loss)
        if not all(map(math.isfinite, found)):
            return 0.0
        rises = np.abs(np.diff(found))
        moves = rises > 0
        if np.count_nonzero(np.diff(moves)) >= 2:
            one = float(np.median(rises[moves])) / math.sqrt(12)  # an error uniform over a stair
            return max(one, _stairs(line, spacing))
        if np.count_nonzero(moves) > _TABLE // 2:
            if factor < 1:
                return 0.0
            factor = 0.5  # a step too far: a stair for each value leaves no rest to be seen
        elif factor < 1 and not np.any(moves):
            return 0.0  # a kink that lies ahead, and no stair before it
    return 0.0


def _stairs(line: Line1D, spacing: float) -> float:
    """Noise of a sum of stairs, as of outputs rounded one by one: seen where each takes stairs."""
    levels = [0.0]
    while (spacing := 8 * spacing) < MOST_STAIRS:
        found = _values(line, spacing)
        if all(map(math.isfinite, found)):
            levels.append(_table_noise(found, 4))
    return max(levels)


def _values(line: Line1D, spacing: float, *first: float) -> list[float]:
    return [*first, *(loss for loss, _ in along(line, _places(spacing)))]


def _places(spacing: float) -> list[float]:
    return [i * ODD * spacing for i in range(1, _TABLE + 1)]


def _quantum(values: list[float]) -> float:
    """The largest power of two that all the values are multiples of, if they are many.

    It is the last place of the loss for an ordinary loss, and larger where the loss was rounded on
    the way: to float32, or in log(1 + 1e-9). Tables of differences can miss that by resonance.
    """
    distinct = np.array(sorted({abs(value) for value in values} - {0.0}))
    if len(distinct) < _TABLE:
        return 0.0
    mantissa, exponent = np.frexp(distinct)
    whole = (mantissa * 2.0**53).astype(np.int64)
    lowest_bit = np.log2((whole & -whole).astype(float)) + exponent - 53
    return float(np.exp2(np.min(lowest_bit)))


# -- rungs -----------------------------------------------------------------------------------------


class Rung(NamedTuple):
    """Central difference at one step, with what it says about the shape of the loss.

    slope     (f(h) - f(-h)) / 2h
    noise     standard deviation of the slope
    forward   (f(h) - f(0)) / h;  backward likewise
    gap       forward - backward: falls like h where the loss is smooth, stays at a kink,
              grows like 1/h at a jump
    still     the loss did not change at all
    """

    step: float
    slope: float
    noise: float
    forward: float
    backward: float
    still: bool

    @property
    def gap(self) -> float:
        return self.forward - self.backward

    @property
    def gap_noise(self) -> float:
        return 2 * math.sqrt(3) * self.noise  # sqrt(6) sigma / h against sigma / (sqrt(2) h)

    @property
    def bound(self) -> float:
        """What noise can have done to the slope."""
        return SIGMAS * self.noise


class Probe:
    """The loss along one direction: rungs at any step, each measured once."""

    def __init__(self, line: Line1D, noise: Noise) -> None:
        self.line = line
        self.noise = noise
        self.rungs: dict[float, Rung | None] = {}

    def rung(self, step: float) -> Rung | None:
        """The central difference at this step, None where the loss is not finite: 2 evaluations."""
        if step not in self.rungs:
            self.measure(step)
        return self.rungs[step]

    def measure(self, *steps: float) -> None:
        """The rungs at some steps, at once."""
        new = [step for step in steps if step not in self.rungs]
        losses = along(self.line, [side for step in new for side in (step, -step)])
        for step, above, below in zip(new, losses[::2], losses[1::2], strict=True):
            self.rungs[step] = rung_of(*above, *below, self.noise)


def rung_of(plus: float, right: float, minus: float, left: float, noise: Noise) -> Rung | None:
    """The rung of two losses, at right > 0 and at left < 0; None where one is not finite."""
    if not (math.isfinite(plus) and math.isfinite(minus)) or right == left:
        return None
    f0, half = noise.loss, (right - left) / 2
    sigma = noise.at(plus, minus) / (math.sqrt(2) * half)
    forward = (plus - f0) / right if right else 0.0
    backward = (f0 - minus) / -left if left else 0.0
    slope = (plus - minus) / (right - left)
    return Rung(half, slope, sigma, forward, backward, plus == f0 == minus)


def rungs_of(
    plus: Array, right: Array, minus: Array, left: Array, noise: Noise
) -> list[Rung | None]:
    """As rung_of, for many."""
    f0, half = noise.loss, (right - left) / 2
    size = np.maximum(np.abs(plus), np.abs(minus))
    growth = np.minimum(size / abs(f0), 1e3) if f0 else np.ones_like(size)
    sigma = np.maximum(noise.sigma * np.maximum(1.0, growth), 0.3 * noise.eps * size)
    columns = (
        half,
        (plus - minus) / (right - left),
        sigma / (math.sqrt(2) * half),
        (plus - f0) / right,
        (f0 - minus) / -left,
        (plus == f0) & (minus == f0),
    )
    good = (np.isfinite(plus) & np.isfinite(minus) & (right > 0) & (left < 0)).tolist()
    rungs = map(Rung, *(column.tolist() for column in columns))
    return [rung if fine else None for rung, fine in zip(rungs, good, strict=True)]


# -- steps -----------------------------------------------------------------------------------------


_LOWEST_START, _HIGHEST_START = 1e-7, 1e-2  # of a ladder, in units of the parameters


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps for one block.

    step      of one central difference: truncation stays a tenth of the noise bound
    wide      of a Richardson pair (wide, 2 wide), for slopes that need less noise
    longest   no step may exceed it: the size of the parameters
    rung      where the ladder that found them ended
    """

    step: float
    wide: float
    longest: float
    rung: float

    @property
    def leads(self) -> bool:
        """May the ladder of a similar block begin where this one ended?"""
        return _LOWEST_START <= self.rung / (2 * self.longest) <= _HIGHEST_START


def plan_steps(probe: Probe, size: float, *, start: float | None = None) -> Plan:
    """Where truncation and noise balance along a representative direction of the block.

    Climbs a ladder of steps, ratio 8, until truncation is just visible: the step comes from the
    function, never from the size of the parameters.

    size    root mean square of the block's values
    start   where the ladder begins: near its end for a similar block, if one is known
    Cost    6 to 9 evaluations, mostly 4 with a good start
    """
    size = min(max(size, 1e-100), 1e100) if size else 0.0  # its powers must stay finite
    unit = size if 0 < size < TINY_UNITS else max(1.0, size)
    longest, shortest = 0.5 * unit, 1e-9 * min(1.0, size or 1.0)
    step = 1.5e-6 * unit
    if start is not None and _LOWEST_START <= start / unit <= _HIGHEST_START:
        step = start
    if 8 * step <= longest:
        probe.measure(step, 8 * step)  # where all is finite, both are needed
    while probe.rung(step) is None and step > shortest:
        step /= 64
    low = probe.rung(step)
    if low is None:
        return Plan(1.5e-6 * unit, 1.5e-6 * unit, longest, 1.5e-6 * unit)
    third = 0.0  # third derivative, or the bound on it where noise hides it
    for _ in range(6):
        high = probe.rung(8 * step) if 8 * step <= longest else None
        if high is None:
            break
        difference = abs(high.slope - low.slope)
        truncation = difference / 63
        if difference > low.bound:
            third = 6 * truncation / step**2
            if truncation <= low.bound / 3 or step / 8 < shortest:
                break
            step /= 8
        else:
            third = 6 * low.bound / 63 / step**2
            step *= 8
        following = probe.rung(step)
        if following is None:
            break
        low = following
    return _balance(probe, third, step, shortest, longest)


def _balance(probe: Probe, third: float, step: float, shortest: float, longest: float) -> Plan:
    tiny = 1e-300
    sigma = max(probe.noise.sigma, tiny)
    third = max(third, tiny)
    best = (0.42 * SIGMAS * sigma / third) ** (1 / 3)
    best = min(max(best, shortest), 4 * step, longest)
    rungs = [rung for rung in probe.rungs.values() if rung is not None]
    first = max(max(abs(rung.slope) for rung in rungs), tiny)
    second = max(max(abs(rung.gap) / rung.step for rung in rungs), tiny)
    length = max(math.sqrt(first / third), second / third)
    length = min(max(length, 4 * best), 4 * longest)
    wide = (10 * SIGMAS * sigma * length**2 / third) ** 0.2
    wide = min(max(wide, best), 0.1 * length)  # of four times the longest at most
    return Plan(best, max(wide, best), longest, step)


# -- the slope at many steps, to be looked at ------------------------------------------------------

RATIO = 8.0  # of one step of the ladder to the next
BELOW, ABOVE = 4, 5  # rungs on each side of the planned step: nine decades in all


def climb(probe: Probe, plan: Plan) -> None:
    """Measure the slope at steps far below and above the planned one: at most 20 evaluations."""
    for k in range(-BELOW, ABOVE + 1):
        if plan.step * RATIO**k <= plan.longest:
            probe.rung(plan.step * RATIO**k)


def ladder(probe: Probe) -> list[tuple[Rung, float | None]]:
    """The rungs measured so far, shortest first, each with its extrapolation by a longer one.

    Of the slopes at h and at r h, (r**2 D(h) - D(r h)) / (r**2 - 1) has no truncation of order
    h**2 (Richardson 1911); steps closer than r = 4 would only add to the noise.
    """
    rungs = sorted((rung for rung in probe.rungs.values() if rung), key=lambda rung: rung.step)
    found: list[tuple[Rung, float | None]] = []
    for rung in rungs:
        longer = next((other for other in rungs if other.step >= 4 * rung.step), None)
        if longer is None:
            found.append((rung, None))
        else:
            square = (longer.step / rung.step) ** 2
            found.append((rung, (square * rung.slope - longer.slope) / (square - 1)))
    return found


def best_of(rungs: list[tuple[Rung, float | None]]) -> tuple[float, float] | None:
    """The extrapolation with the smallest error, and that error.

    Error   the noise of its rung, and the truncation that is left: what the next longer
            extrapolation differs by, which is some thousand times as much where the loss is smooth
    """
    found = []
    for (rung, value), (_, longer) in itertools.pairwise(rungs):
        if value is not None and longer is not None:
            found.append((1.1 * rung.bound + abs(value - longer) / 15, value))
    if not found:
        return None
    error, value = min(found)
    return value, error
