"""Which arrays does the loss depend on? Told by experiment: move them, and look.

Caches, gradients, momentum and running means lie beside the parameters, under any name. A cache
is overwritten by the next call of the loss; the rest of them does not move it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from .objective import BudgetSpent, Objective
from .tree import Array, Parameter

NUDGE = 0.01  # relative change: far above rounding, small enough to stay in the domain of the loss


@contextmanager
def nudged(blocks: Sequence[Parameter]) -> Iterator[list[Array]]:
    """All blocks moved a little; yields the values they then have, and puts them back."""
    rng = np.random.default_rng(1)
    home = [block.values.copy() for block in blocks]
    try:
        for block, origin in zip(blocks, home, strict=True):
            size = np.abs(origin) + (np.sqrt(np.mean(np.square(origin))) or 1.0)
            block.values[...] = origin + NUDGE * size * rng.uniform(0.5, 1.5, block.shape)
            block.publish()
        yield [block.values.copy() for block in blocks]
    finally:
        for block, origin in zip(blocks, home, strict=True):
            block.values[...] = origin
            block.publish()


def overwritten(objective: Objective, blocks: Sequence[Parameter]) -> set[int]:
    """Indices of what the loss itself computes anew: caches.

    Cost    1 evaluation
    """
    home = [block.values.copy() for block in blocks]
    with nudged(blocks) as moved:
        value(objective)
        rows = enumerate(zip(blocks, home, moved, strict=True))
        return {i for i, (block, origin, there) in rows if not _stayed(block, origin, there)}


def _stayed(block: Parameter, origin: Array, moved: Array) -> bool:
    """Is the slot still about where it was moved to? (A loss may write a little into it.)"""
    held = block.slot.get()
    try:
        now = np.array(held.detach() if hasattr(held, "detach") else held, dtype=float)
    except (TypeError, ValueError):
        return False
    if now.shape != moved.shape:
        return False
    return bool(np.linalg.norm(now - moved) <= 0.3 * np.linalg.norm(moved - origin))


def responding(
    objective: Objective, blocks: Sequence[Parameter], *, most: int = 12
) -> list[Parameter]:
    """The blocks that the loss depends on, as far as `most` of them.

    Cost    3 evaluations when there is none; a bisection for each one that there is
    """
    if not blocks:
        return []
    home = value(objective)
    if home != value(objective):  # every array would seem to move a loss that is never the same
        return []

    def moves(group: Sequence[Parameter]) -> bool:
        with nudged(group):
            there = value(objective)
        return not (there == home or (np.isnan(there) and np.isnan(home)))

    found: list[Parameter] = []
    groups = [list(blocks)] if moves(blocks) else []
    while groups and len(found) < most:
        group = groups.pop()
        if len(group) == 1:
            found += group
            continue
        left, right = group[: len(group) // 2], group[len(group) // 2 :]
        in_left = moves(left)
        groups += [right] if not in_left or moves(right) else []
        groups += [left] if in_left else []
    return found


def value(objective: Objective) -> float:
    """The loss; nan where the moved arrays make it raise."""
    try:
        return objective()
    except BudgetSpent:
        raise
    except Exception:  # noqa: BLE001  a moved size or rate may break anything
        return float("nan")
