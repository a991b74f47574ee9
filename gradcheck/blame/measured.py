"""The numerical gradient at a point of the search: central differences, and none across a kink.

Where the loss is rough, as one rounded to few digits is, the steps are wide: what is not known to
a thousandth even so is not known at all.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..numerical import EPS32, EPS64, SIGMAS, Noise, measure_noise
from .replay import RELATIVE, Point, Replay
from .values import APART, Values, unit_of

STEP = 1e-5  # of central differences: near eps**(1/3)
NEARER = 0.3  # times that, where there may be a kink
KINK = 0.5  # of what counts as equal, that a kink may make
NOISE = 3e-14  # of a loss, by its rounding
ROUGH = 1e-12  # of its size: from this noise on a loss is rough
WIDEST = 0.03  # step along a rough loss
SHARP = 1e-3  # of the largest entry of a block: as well a slope of a rough loss must be known
BENT = 0.25  # of a bend, that is no kink
FAINT = 1e-4  # of the largest entry of all: blocks below this are measured twice
ZERO = 1e-14  # of that entry: below this is rounding of the user's own gradient
STRICT = 3e-8  # of the largest entry of a block: about what a verdict resolves
WIDE = 30  # times STEP: of the two steps whose slopes are extrapolated
LEFT = 0.05  # of what the slopes at them differ by, that an extrapolation may be off by
LOOKED_AT = 6  # entries that are measured so for one edit


_NOTHING = np.zeros(0, dtype=int), np.zeros(0), np.zeros(0)


def near(replay: Replay, distance: float, rng: np.random.Generator) -> list[Values]:
    """A place near the user's: parameters that are equal or zero there hide mistakes."""
    everything = np.sqrt(np.mean(np.concatenate([h.ravel() for h in replay.home]) ** 2)) or 1.0
    place = []
    for home, units in zip(replay.home, replay.entry_units, strict=True):
        if units is not None:
            place.append(np.array(home + distance * units * rng.uniform(-1, 1, home.shape)))
            continue
        size = float(np.sqrt(np.mean(home**2)))
        if not 0 < size < FAINT * everything:  # in other units than the others
            size = max(size, 0.3 * everything)
        place.append(np.array(home + distance * size * rng.uniform(-1, 1, home.shape)))
    return place


def measure(
    replay: Replay,
    place: list[Values],
    limit: int,
    rng: np.random.Generator,
    enough: Callable[[], bool] = bool,
    among: npt.NDArray[np.intp] | None = None,
) -> Point | None:
    """The numerical gradient at a place: every entry, or a sample of at most `limit`, or of some.

    At least one of each block; no more once there is `enough`.
    The replay then stands there. None where the loss fails, or no slope is known.
    """
    replay.point = Point(place, np.nan, *_NOTHING)
    replay.install(hooked=False)
    at = replay.run_loss()
    if at is None:
        return None
    known = _sample(replay.sizes, limit, rng, replay.astray) if among is None else among
    starts = np.cumsum([0, *replay.sizes])
    owner = np.searchsorted(starts, known, side="right") - 1
    entries = [
        np.unravel_index(i - starts[b], replay.blocks[b].shape)
        for i, b in zip(known, owner, strict=True)
    ]
    steps = [
        STEP * _length(replay, place, b, entry) for b, entry in zip(owner, entries, strict=True)
    ]
    slopes = np.full((len(known), 2), np.nan)
    turn = np.arange(len(known)) - np.searchsorted(owner, owner)  # in its block
    for k in np.argsort(turn, kind="stable"):
        if turn[k] and enough():
            break
        slopes[k] = _slope(replay, place[owner[k]], entries[k], steps[k], at)
    values, bends = slopes.T
    scale = _scale(replay, values, owner, known)
    sizes = scale * _sizes(replay, known)  # by which blocks are compared
    overall = max(np.max(sizes, initial=0.0), 1e-8 * min(1.0, abs(at) or 1.0))
    if replay.noise and replay.noise.elsewhere(at).sigma > ROUGH * max(abs(at), overall):
        return _rough(replay, place, known, owner, entries, at)
    for b in (b for b in set(owner[sizes < FAINT * overall]) if replay.entry_units[b] is None):
        faint = np.flatnonzero(owner == b)
        again = [_slope(replay, place[b], entries[k], NEARER * steps[k], at)[0] for k in faint]
        off = np.abs(again - values[faint])
        rounding = NOISE * abs(at) / min(steps[k] for k in faint)
        least = 8 * max(np.max(off[np.isfinite(off)], initial=rounding), ZERO * overall)
        scale[faint] = np.clip(least / RELATIVE, scale[faint], FAINT * overall)
    allowed = KINK * RELATIVE * scale + NOISE * max(abs(at), 1e-6) / np.minimum(steps, STEP)
    fine = np.isfinite(values)
    for k in np.flatnonzero(fine & (np.abs(bends) > allowed)):
        slope, bend = _slope(replay, place[owner[k]], entries[k], NEARER * steps[k], at)
        kinked = max(abs(slope - values[k]), abs(bend - NEARER * bends[k]))
        fine[k] = kinked <= allowed[k]
    if not fine.any():
        return None
    point = Point(place, at, known[fine], values[fine], scale[fine])
    if replay.fine:
        sharpen(replay, point, enough)
    return point


def sharpen(replay: Replay, point: Point, enough: Callable[[], bool] = bool) -> None:
    """Judge a point's entries as strictly as a verdict does, for a mistake that is so small."""
    floors = _floors(replay, point.known)
    for k in range(len(point.known)):
        if enough():
            break
        value, error = _sharp(replay, point, k)
        if error <= RELATIVE * point.scale[k]:
            point.values[k] = value
            least = max(STRICT / RELATIVE * point.scale[k], error / RELATIVE)
            point.scale[k] = max(least, floors[k])


def left_over(replay: Replay, gradient: Values, among: npt.NDArray[np.bool_] | None = None) -> bool:
    """Is what counts as right here off all the same, by more than a verdict resolves?

    Those entries are measured better that are off the most. It is the loss of the program as it is
    that counts, so an edit on trial is to be put in place again afterwards.

    among   of the known entries, those that are asked about
    """
    point = replay.point
    assert point is not None
    if point.rough:
        return False
    floors = RELATIVE * _floors(replay, point.known)
    allowed = np.maximum(STRICT * point.scale, floors)
    ratio = np.abs(gradient[point.known] - point.values) / np.maximum(allowed, 1e-300)
    if among is not None:
        ratio = np.where(among, ratio, 0.0)
    suspects = [int(k) for k in np.argsort(-ratio)[:LOOKED_AT] if ratio[k] > 1]
    if any(k not in point.sharp for k in suspects):
        replay.install(hooked=False)
    for k in suspects:
        if k not in point.sharp:
            point.sharp[k] = _sharp(replay, point, k)
        value, error = point.sharp[k]
        off = abs(float(gradient[point.known[k]]) - value)
        if off > max(float(allowed[k]), error):
            return True
    return False


def _sharp(replay: Replay, point: Point, k: int) -> tuple[float, float]:
    """The slope along an entry by two wide steps, and its error: infinite where the loss fails."""
    b = int(np.searchsorted(np.cumsum(replay.sizes), point.known[k], side="right"))
    values = point.place[b]
    flat = int(point.known[k]) - sum(replay.sizes[:b])
    entry = np.unravel_index(flat, values.shape)
    h = WIDE * STEP * _length(replay, point.place, b, entry)
    there, replay.point = replay.point, point
    try:
        pairs = [_slope(replay, values, entry, s * h, point.loss) for s in (1, 2)]
    finally:
        replay.point = there
    (one, bend), (two, other) = pairs
    noise = replay.noise.elsewhere(point.loss).sigma if replay.noise else NOISE * abs(point.loss)
    error = SIGMAS * noise / h + LEFT * abs(one - two) + abs(other - 2 * bend)  # a kink bends
    return (4 * one - two) / 3, error if math.isfinite(error) else math.inf


def in_units(replay: Replay) -> None:
    """Give blocks of tiny numbers, such as lengths in metres, the unit that the loss tells."""

    def slope(b: int, h: float) -> float | None:
        ends = []
        for side in (h, -h):
            place = [np.array(home) for home in replay.home]
            place[b] += side * along[b]
            replay.point = Point(place, np.nan, *_NOTHING)
            ends.append(replay.run_loss())
        up, down = ends
        return None if up is None or down is None else (up - down) / (2 * h)

    rng, there = np.random.default_rng(0), replay.point
    along = [rng.choice((-1.0, 1.0), home.shape) for home in replay.home]
    for b, home in enumerate(replay.home):
        if replay.entry_units[b] is None and np.max(np.abs(home), initial=0.0) < 1 / APART:
            unit = unit_of(home, functools.partial(slope, b), STEP)
            if unit != 1.0:
                replay.entry_units[b] = np.full(home.shape, unit)
    replay.point = there


def noise_of(replay: Replay) -> Noise | None:
    """Noise of the loss where the user called, along a line; None where it fails there."""
    rng = np.random.default_rng(0)
    sizes = [float(np.sqrt(np.mean(home**2))) or 1.0 for home in replay.home]
    along = [
        size * rng.standard_normal(h.shape) for h, size in zip(replay.home, sizes, strict=True)
    ]
    there = replay.point

    def line(t: float) -> tuple[float, float]:
        place = [home + t * v for home, v in zip(replay.home, along, strict=True)]
        replay.point = Point(place, np.nan, *_NOTHING)
        loss = replay.run_loss()
        return (np.nan if loss is None else loss), t

    try:
        at, _ = line(0.0)
        single = any(block.values.dtype.itemsize < 8 for block in replay.blocks)
        single = single and not replay.double
        eps = EPS32 if single else EPS64
        return None if math.isnan(at) else measure_noise(line, at, eps=eps)
    finally:
        replay.point = there


def _rough(
    replay: Replay,
    place: list[Values],
    known: npt.NDArray[np.intp],
    owner: npt.NDArray[np.intp],
    entries: Sequence[Any],
    at: float,
) -> Point | None:
    """The same along a rough loss: by two wide steps, if that tells something of each block."""
    noise = replay.noise
    assert noise is not None
    sigma = noise.elsewhere(at).sigma
    step = float(np.clip(np.cbrt(sigma / max(noise.scale, abs(at))), STEP, WIDEST))
    rows = []
    for b, entry in zip(owner, entries, strict=True):
        h = step * _length(replay, place, b, entry)
        (one, bend), (two, other) = (_slope(replay, place[b], entry, k * h, at) for k in (1, 2))
        error = SIGMAS * sigma / h + BENT * abs(one - two)
        kinked = abs(bend - other / 2) > 2 * SIGMAS * sigma / h + BENT * abs(other)
        rows.append(((4 * one - two) / 3, np.inf if kinked else error))
    values, errors = np.array(rows, dtype=float).reshape(-1, 2).T
    scale = np.maximum(
        _scale(replay, values, owner, known), FAINT * np.nanmax(np.abs(values), initial=0)
    )
    fine = errors <= SHARP * scale  # nan is not
    if set(owner[fine]) != set(owner):
        return None
    scale = np.maximum(scale, errors / RELATIVE)
    return Point(place, at, known[fine], values[fine], scale[fine], rough=True)


def _sample(
    sizes: list[int], limit: int, rng: np.random.Generator, astray: Sequence[Sequence[int]]
) -> npt.NDArray[np.intp]:
    """Indices into the concatenated gradient: all of them, or some of each block.

    Of those, up to a half, or the only one, are known to be wrong.
    """
    share = max(2 if limit >= len(sizes) else 1, limit // len(sizes))
    known: list[int] = []
    offset = 0
    for b, size in enumerate(sizes):
        chosen = rng.permutation(size)[: size if sum(sizes) <= limit else share]
        if len(chosen) < size and astray:
            wrong = np.array(astray[b][: max(1, share // 2)], dtype=int)
            chosen = np.concatenate([wrong, chosen[~np.isin(chosen, wrong)]])[:share]
        known += [offset + int(i) for i in np.sort(chosen)]
        offset += size
    return np.array(known, dtype=int)


def _length(replay: Replay, place: Sequence[Values], b: int, entry: Any) -> float:
    """What a step along one entry is a part of."""
    units = replay.entry_units[b]
    return max(1.0, abs(float(place[b][entry]))) if units is None else float(units[entry])


def _sizes(replay: Replay, known: npt.NDArray[np.intp]) -> Values:
    """The unit of each of these entries; one where it has none of its own."""
    pairs = zip(replay.entry_units, replay.sizes, strict=True)
    every = [np.ones(n) if units is None else units.ravel() for units, n in pairs]
    return np.concatenate(every)[known]


def _scale(
    replay: Replay, values: Values, owner: npt.NDArray[np.intp], known: npt.NDArray[np.intp]
) -> Values:
    """The largest entry of each block, in its units; not below what rounding of a step makes."""
    starts, largest = np.cumsum([0, *replay.sizes]), np.zeros(len(values))
    for b, units in enumerate(replay.entry_units):
        mine = owner == b
        unit = 1.0 if units is None else units.ravel()[known[mine] - starts[b]]
        largest[mine] = np.nanmax(np.abs(values[mine] * unit), initial=0.0) / unit
    return np.maximum(largest, _floors_of(replay, owner))


def _floors(replay: Replay, known: npt.NDArray[np.intp]) -> Values:
    """Of entries of the concatenated gradient: what rounding of a step makes, as a scale."""
    return _floors_of(replay, np.searchsorted(np.cumsum(replay.sizes), known, side="right"))


def _floors_of(replay: Replay, owner: npt.NDArray[np.intp]) -> Values:
    if not replay.floors:
        return np.zeros(len(owner))
    return 8 * np.asarray(replay.floors, dtype=float)[owner] / RELATIVE


def _slope(replay: Replay, values: Values, entry: Any, h: float, at: float) -> tuple[float, float]:
    """The slope along one entry, and by how much the slopes to both sides differ.

    A bend shrinks with the step, and leaves the slope alone; a kink does not, wherever it is.
    """
    origin = values[entry]
    ends = []
    for side in (h, -h):
        values[entry] = origin + side
        ends.append(replay.run_loss())
    values[entry] = origin
    up, down = ends
    if up is None or down is None:
        return np.nan, np.nan
    return (up - down) / (2 * h), (up + down - 2 * at) / h
