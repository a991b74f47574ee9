"""The numerical gradient at a point of the search: central differences, and none across a kink."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .replay import RELATIVE, Point, Replay
from .values import Values

STEP = 1e-5  # of central differences: near eps**(1/3)
NEARER = 0.3  # times that, where there may be a kink
KINK = 0.5  # of what counts as equal, that a kink may make
NOISE = 3e-14  # of a loss, by its rounding


def near(replay: Replay, distance: float, rng: np.random.Generator) -> list[Values]:
    """A place near the user's: parameters that are equal or zero there hide mistakes."""
    everything = np.sqrt(np.mean(np.concatenate([h.ravel() for h in replay.home]) ** 2)) or 1.0
    place = []
    for home in replay.home:
        size = max(float(np.sqrt(np.mean(home**2))), 0.3 * everything)
        place.append(np.array(home + distance * size * rng.uniform(-1, 1, home.shape)))
    return place


def measure(
    replay: Replay, place: list[Values], limit: int, rng: np.random.Generator
) -> Point | None:
    """The numerical gradient at a place: every entry, or a sample of at most `limit`.

    The replay then stands there. None where the loss fails.
    """
    replay.point = Point(place, np.nan, np.zeros(0, dtype=int), np.zeros(0), np.zeros(0))
    replay.install(hooked=False)
    at = replay.run_loss()
    if at is None:
        return None
    known = _sample(replay.sizes, limit, rng)
    starts = np.cumsum([0, *replay.sizes])
    owner = np.searchsorted(starts, known, side="right") - 1
    entries = [
        np.unravel_index(i - starts[b], replay.blocks[b].shape)
        for i, b in zip(known, owner, strict=True)
    ]
    steps = [
        STEP * max(1.0, abs(float(place[b][entry])))
        for b, entry in zip(owner, entries, strict=True)
    ]
    slopes = [
        _slope(replay, place[b], entry, h, at)
        for b, entry, h in zip(owner, entries, steps, strict=True)
    ]
    values, bends = np.array(slopes, dtype=float).reshape(-1, 2).T
    scale = _scale(replay, values, owner)
    allowed = KINK * RELATIVE * scale + NOISE * max(abs(at), 1e-6) / STEP
    fine = np.isfinite(values)
    for k in np.flatnonzero(fine & (np.abs(bends) > allowed)):
        slope, bend = _slope(replay, place[owner[k]], entries[k], NEARER * steps[k], at)
        kinked = max(abs(slope - values[k]), abs(bend - NEARER * bends[k]))
        fine[k] = kinked <= allowed[k]
    return Point(place, at, known[fine], values[fine], scale[fine])


def _sample(sizes: list[int], limit: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Indices into the concatenated gradient: all of them, or some of each block."""
    share = max(2, limit // len(sizes))
    known: list[int] = []
    offset = 0
    for size in sizes:
        chosen = rng.permutation(size)[: size if sum(sizes) <= limit else share]
        known += [offset + int(i) for i in np.sort(chosen)]
        offset += size
    return np.array(known, dtype=int)


def _scale(replay: Replay, values: Values, owner: npt.NDArray[np.intp]) -> Values:
    """The largest entry of each block; not below what rounding makes, nor far below all others."""
    largest, floor = np.zeros(len(values)), np.zeros(len(values))
    for b in range(len(replay.blocks)):
        mine = owner == b
        largest[mine] = np.nanmax(np.abs(values[mine]), initial=0.0)
        if replay.floors:
            floor[mine] = 8 * replay.floors[b] / RELATIVE
    scale = np.maximum(largest, 1e-4 * max(np.max(largest, initial=0.0), 1e-8))
    return np.maximum(scale, floor)


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
