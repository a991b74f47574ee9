"""The numerical gradient at a point of the search: central differences, and none across a kink.

Where the loss is rough, as one rounded to few digits is, the steps are wide: what is not known to
a thousandth even so is not known at all.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..numerical import EPS32, EPS64, SIGMAS, Noise, measure_noise
from .replay import RELATIVE, Point, Replay
from .values import Values

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
    overall = max(np.max(scale, initial=0.0), 1e-8)
    if replay.noise and replay.noise.elsewhere(at).sigma > ROUGH * max(abs(at), overall):
        return _rough(replay, place, known, owner, entries, at)
    for b in (b for b in set(owner[scale < FAINT * overall]) if replay.entry_units[b] is None):
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
    return Point(place, at, known[fine], values[fine], scale[fine])


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


def _length(replay: Replay, place: list[Values], b: int, entry: Any) -> float:
    """What a step along one entry is a part of."""
    units = replay.entry_units[b]
    return max(1.0, abs(float(place[b][entry]))) if units is None else float(units[entry])


def _scale(
    replay: Replay, values: Values, owner: npt.NDArray[np.intp], known: npt.NDArray[np.intp]
) -> Values:
    """The largest entry of each block, in its units; not below what rounding of a step makes."""
    starts = np.cumsum([0, *replay.sizes])
    largest, floor = np.zeros(len(values)), np.zeros(len(values))
    for b in range(len(replay.blocks)):
        mine = owner == b
        units = replay.entry_units[b]
        unit = 1.0 if units is None else units[known[mine] - starts[b]]
        largest[mine] = np.nanmax(np.abs(values[mine] * unit), initial=0.0) / unit
        if replay.floors:
            floor[mine] = 8 * replay.floors[b] / RELATIVE
    return np.maximum(largest, floor)


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
