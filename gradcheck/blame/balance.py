"""Gradients beside the truth, block by block: what is wrong, and what an edit makes of it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..tree import Parameter
from .repair import Mask
from .replay import RELATIVE, Point, Replay
from .values import Values

KEPT = 1e-4  # of one another, by which factors may differ that count as one


class Balance:
    """The gradients as they are now, at one point or at two.

    base    of all blocks, one after the other; wrong: which of the measured entries are not right
    owner   the block of each measured entry
    """

    replay: Replay
    base: Values
    wrong: Mask
    owner: npt.NDArray[np.intp]
    second: Point | None = None
    base_there: Values | None = None

    def at_one_point(self) -> bool:
        """Is what is at hand told at the first point only?"""
        return False

    @property
    def point(self) -> Point:
        assert self.replay.point is not None
        return self.replay.point

    def weigh(self, base: Values) -> None:
        self.base, self.base_there, self.wrong = base, None, self.replay.wrong(base)
        sizes = self.replay.sizes
        self.owner = np.repeat(np.arange(len(sizes)), sizes)[self.point.known]

    def each(self) -> Iterator[tuple[Parameter, Mask, Values, Values]]:
        """Block, its measured entries, the true gradient there and the one at hand."""
        got = self.base[self.point.known]
        for i, block in enumerate(self.replay.blocks):
            mine = self.owner == i
            yield block, mine, self.point.values[mine], got[mine]

    def mended(self, left: Mask) -> Iterator[str]:
        for block, mine, _, _ in self.each():
            if self.wrong[mine].any() and not left[mine].any():
                yield block.name

    def gain(self, left: Mask, gradient: Values) -> float:
        """How much of what was wrong is mended; 0 where anything else is broken."""
        if (left & ~self.wrong).any():
            return 0.0
        gain, now = 0.0, gradient[self.point.known]
        moved = set(self.owner[now != self.base[self.point.known]])
        for block, (_, mine, true, got) in enumerate(self.each()):
            if block not in moved:
                continue
            before, after = int(self.wrong[mine].sum()), int(left[mine].sum())
            if before and not after:
                gain += 1.0
            elif before - after >= max(3, 0.3 * before):
                gain += 0.3
            elif after:
                gain += 0.2 * (proportional(now[mine], true) - proportional(got, true))
        return max(gain, 0.0)

    def factor_left(self, left: Mask, gradient: Values) -> float | None:
        """The one factor by which everything wrong is off now, and was not before."""
        factors, before = [], True
        if (left & ~self.wrong).any():
            return None
        now = gradient[self.point.known]
        for _, mine, true, got in self.each():
            if not left[mine].any() or mine.sum() < 2:
                continue
            if not proportional(now[mine], true):
                return None
            factors.append(float(now[mine] @ true) / float(now[mine] @ now[mine]))
            before = before and proportional(got, true)
        if not factors or before or np.ptp(factors) > KEPT * abs(factors[0]):
            return None
        return factors[0]

    def ratios(self) -> tuple[float, ...]:
        """Factors by which whole blocks are off."""
        found = []
        for _, mine, true, got in self.each():
            wrong = self.wrong[mine]
            if proportional(got[wrong], true[wrong]):
                found.append(float(f"{(true[wrong] @ got[wrong]) / (got[wrong] @ got[wrong]):.6g}"))
        return tuple(dict.fromkeys(found))[:3]

    def discrepancies(self) -> Iterator[Values]:
        """What each wrong block lacks, where it was measured whole."""
        for block, mine, true, got in self.each():
            if self.wrong[mine].any() and mine.sum() == block.size:
                yield (true - got).reshape(block.shape)

    def lacking(self) -> Iterator[tuple[Values, Values, Values, Values]]:
        """At each point: the parameters, which entries were measured, these, what they lack."""
        replay, here = self.replay, self.point
        if self.second is not None and self.base_there is None and not self.at_one_point():
            replay.install(hooked=True)
            replay.point = self.second
            self.base_there = replay.run_grads()
            replay.point = here
        points = [(here, self.base), (self.second, self.base_there)]
        for point, base in points[:1] if self.at_one_point() else points:
            if point is not None and base is not None:
                place = np.concatenate([values.ravel() for values in point.place])
                lack = point.values - base[point.known]
                wrong = np.abs(lack) > RELATIVE * point.scale
                yield place, point.known, base[point.known], np.where(wrong, lack, 0.0)

    def whole(self, point: Point) -> Iterator[tuple[Parameter, Values, Values]]:
        """Blocks that were measured whole at a point: where they stand, and their gradients."""
        start = 0
        for block, place in zip(self.replay.blocks, point.place, strict=True):
            mine = (point.known >= start) & (point.known < start + block.size)
            if mine.sum() == block.size:
                yield block, place, point.values[mine].reshape(block.shape)
            start += block.size


def proportional(got: Values, true: Values) -> bool:
    size = float(got @ got)
    if not size or got.size < 2:
        return False
    factor = float(got @ true) / size
    return bool(
        factor != 0 and np.max(np.abs(true - factor * got)) <= 1e-5 * float(np.max(np.abs(true)))
    )
