"""Does the loss hold a penalty on the squares of a block: lam / 2 * |block|**2?

A step that shrinks its parameters may do so by itself (weight decay), or for a penalty of the loss.
Told by experiment. With all other blocks zero, nothing that a block computes reaches the data, and
the loss is a parabola along the block, the same one in every direction. Far away from zero that is
what remains of most other losses as well: they grow more slowly than a square.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .influence import value
from .objective import Objective
from .pieces import kept
from .tree import Array, Parameter

NEAR, FAR = 10.0, 1e6  # times the size of the block
ROUNDING = 1e-12  # of a loss
SLOWER = 1e-3  # of the penalty, by which a loss grows that is no square


def penalty(objective: Objective, blocks: Sequence[Parameter], i: int) -> float | None:
    """lam; 0.0 where there is none, None where that is unknown.

    Far away a quadratic loss of the data grows as a penalty does: then it must be seen to grow more
    slowly along another block.

    Blind spot   a linear model with a quadratic loss: unknown
    Cost         at most 9 evaluations, and 4 for each other block
    """
    home = [kept(block.values) for block in blocks]
    sizes = [max(1.0, float(np.linalg.norm(values))) for values in home]
    try:
        _set(blocks, [0.0] * len(blocks))
        origin = value(objective)

        def bends(j: int, times: float) -> Array:
            """Along two directions, of one both ways and twice as far: alike for a penalty."""
            rng, length, found = np.random.default_rng(7), times * sizes[j], []
            first, second = (rng.standard_normal(blocks[j].shape) for _ in range(2))
            for direction, by in ((first, 1), (first, -1), (first, 2), (second, 1)):
                _set([blocks[j]], [by * length / np.linalg.norm(direction) * direction])
                found.append(2 * (value(objective) - origin) / (by * length) ** 2)
            _set([blocks[j]], [0.0])
            return np.array(found)

        near = bends(i, NEAR)
        doubt = ROUNDING * abs(origin) / (NEAR * sizes[i]) ** 2
        if np.max(np.abs(near)) <= doubt:
            return 0.0
        if near.min() > 0 and np.ptp(near) <= 1e-6 * near.max() + doubt:
            return float(np.median(near))
        far = bends(i, FAR)
        if far.min() > 0 and np.ptp(far) <= SLOWER * far.max():
            others = (bends(j, FAR) for j in range(len(blocks)) if j != i)
            if any(0 < np.max(np.abs(other)) <= SLOWER * far.max() for other in others):
                return float(np.median(far))
        return None
    finally:
        _set(blocks, home)


def _set(blocks: Sequence[Parameter], values: Sequence[Any]) -> None:
    for block, these in zip(blocks, values, strict=True):
        block.values[...] = these
        block.publish()
