"""Which arrays does the loss depend on? Told by experiment: move them, and look.

Caches, gradients, momentum and running means lie beside the parameters, under any name. A cache
is overwritten by the next call of the loss; the rest of them does not move it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from .objective import BudgetSpent, Objective
from .pieces import kept, pieces, rms, same_bits, spreads
from .tree import Array, Parameter, Slot, detached

NUDGE = 0.01  # relative change: far above rounding, small enough to stay in the domain of the loss


@contextmanager
def nudged(blocks: Sequence[Parameter]) -> Iterator[list[Array]]:
    """All blocks moved a little; yields the values they then have, and puts them back."""
    rng = np.random.default_rng(1)
    home = [kept(block.values) for block in blocks]
    try:
        for block in blocks:
            size = rms(block.values) or 1.0
            for at in pieces(block.shape):
                part = np.asarray(block.values[at])  # a 0-d array must stay one
                step = NUDGE * (np.abs(part) + size) * rng.uniform(0.5, 1.5, part.shape)
                block.values[at] = part + step
            block.publish()
        yield [kept(block.values) for block in blocks]
    finally:
        for block, origin in zip(blocks, home, strict=True):
            block.values[...] = origin
            block.publish()


def overwritten(objective: Objective, blocks: Sequence[Parameter]) -> set[int]:
    """Indices of what the loss itself computes anew: caches.

    Each slot is bound to a moved copy, so that an input kept in a layer is told from the data.
    What the loss changes by as much as in its first call is none: that is trained.

    Cost    1 evaluation
    """
    bound = [block.slot.get() for block in blocks]
    home = [kept(block.values) for block in blocks]
    with nudged(blocks) as moved:
        copies = [values.copy() for values in moved]
    try:
        held = [_bind(block, copy) for block, copy in zip(blocks, copies, strict=True)]
        value(objective)
        rows = zip(blocks, held, home, moved, strict=True)
        updates = [objective.updates.get(id(block)) for block in blocks]
        return {i for i, row in enumerate(rows) if not _stayed(*row, updates[i])}
    finally:
        for block, was, values in zip(blocks, bound, home, strict=True):
            block.values[...] = values
            block.publish()
            if block.slot.get() is not was:
                block.slot.set(was)


def updates(blocks: Sequence[Parameter]) -> dict[int, Array]:
    """By what user code has just changed blocks (by id) that stood at home.

    One that has grown, for a gradient of each sample was taken off, by what makes all of it.
    """
    found: dict[int, Array] = {}
    for block in blocks:
        home, held = block.home, held_now(block)
        if home is None or (
            held is block.held and block.in_place and same_bits(block.values, home)
        ):
            continue
        now = as_array(held)
        if spreads(home.shape, now.shape) and np.any(now != home):
            found[id(block)] = now - home
    return found


def held_now(block: Parameter) -> Any:
    """What its slots hold now: something new in one of them, or else what they held."""
    return present([(slot, block.held) for slot, _ in block.bound()])


def present(slots: Sequence[tuple[Slot, Any]]) -> Any:
    """What stands in these slots now: something new in one of them, or else what they held."""
    now = [(slot.get(), held) for slot, held in slots]
    return next((new for new, held in now if new is not held), now[0][0])


def as_array(held: Any) -> Array:
    """The numbers; nan where it holds none."""
    try:
        return np.array(detached(held), dtype=np.float64)
    except (TypeError, ValueError):
        return np.array(np.nan)


def _bind(block: Parameter, copy: Array) -> Any:
    """Let the slot hold the copy, or else the values of it; return what it holds."""
    if isinstance(block.held, np.ndarray):
        try:
            block.slot.set(copy)
        except (AttributeError, TypeError):  # a slot that cannot be set
            block.values[...] = copy
            return block.slot.get()
        if block.slot.get() is copy:
            return copy
    block.values[...] = copy
    block.publish()
    return block.slot.get()


def _stayed(block: Parameter, held: Any, origin: Array, moved: Array, update: Array | None) -> bool:
    """Is it about where it was moved to? (A loss may write a little into a parameter.)"""
    now = block.slot.get()
    if update is None and now is not held:
        return isinstance(now, float) and now == held
    try:
        values = np.array(detached(now), dtype=float)
    except (TypeError, ValueError):
        return False
    there = moved if update is None else moved + update
    if values.shape != there.shape:
        return False
    return bool(np.linalg.norm(values - there) <= 0.3 * np.linalg.norm(moved - origin))


def live(objective: Objective, blocks: Sequence[Parameter]) -> list[Parameter]:
    """The blocks that stand in a group that the loss depends on: W of all layers, b of all layers.

    Cost    1 evaluation a group, and 2
    """
    groups: dict[tuple[str, str], list[Parameter]] = {}
    for block in blocks:
        parts = [part.strip("0123456789_") for part in block.name.split(".")]
        groups.setdefault((parts[0], parts[-1]), []).append(block)
    home = value(objective)
    if home != value(objective):
        return list(blocks)
    found: set[int] = set()
    for group in groups.values():
        with nudged(group):
            if value(objective) != home:
                found |= {id(block) for block in group}
    return [block for block in blocks if id(block) in found]


def moves(objective: Objective, block: Parameter) -> bool:
    """Does this block move the loss, from one finite value to another? Cost: 2 evaluations."""
    home = value(objective)
    with nudged([block]):
        there = value(objective)
    return bool(np.isfinite(home) and np.isfinite(there) and there != home)


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
    """The loss, with the random numbers of the first call; nan where moved arrays make it raise."""
    objective.redraw()
    try:
        return objective()
    except BudgetSpent:
        raise
    except Exception:  # noqa: BLE001  a moved size or rate may break anything
        return float("nan")
