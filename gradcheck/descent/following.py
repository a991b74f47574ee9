"""What a step moves and does not train: a part of the way to where something else stands.

A target network, an average of weights, a running mean of rewards: after = before + part * (goal -
before), where the goal is what another block has become, or does not depend on parameters at all.
A gradient says so at one point, perhaps, and not when all parameters are shifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from ..tree import Array

SAME = 1e-6  # relative; the shifts are small, and known to the last digit


class Follower(NamedTuple):
    """A block by its index, and that which it follows; None where its goal is no parameter."""

    block: int
    leader: int | None


class Shifted(NamedTuple):
    """By how much blocks were shifted before a step, and by how much more that moved them then."""

    shifts: Sequence[Array]
    moves: Sequence[Array]  # before - after


def may_follow(before: Sequence[Array], moves: Sequence[Array]) -> list[Follower]:
    """The pairs of which one move says so; of single numbers it always does."""
    found = []
    fit = [i for i, move in enumerate(moves) if move.shape == before[i].shape]
    for i in fit:
        alone = before[i].size == 1
        found += [Follower(i, None)] if alone else []
        for j in fit:
            if j != i and before[j].shape == before[i].shape:
                way = before[i] - (before[j] - moves[j])
                found += [Follower(i, j)] if alone or _part(moves[i], way) is not None else []
    return found


def followers(candidates: Sequence[Follower], seen: Sequence[Shifted]) -> set[int]:
    """The blocks that do follow; of two that become equal the one that its own shift moves less."""
    found = [one for one in candidates if _follows(one, seen)]

    def kept(block: int) -> float:
        pairs = [(shifts[block], moves[block]) for shifts, moves in seen]
        return sum(float(np.sum((s - m) * s)) / float(np.sum(s * s)) for s, m in pairs)

    equal = [(a, b) for a, b in found if b is not None and Follower(b, a) in found]
    leaders = {max(pair, key=kept) for pair in equal}
    return {one.block for one in found} - leaders


def _follows(one: Follower, seen: Sequence[Shifted]) -> bool:
    """Does it go the same part of the way, wherever all stand?"""
    parts = []
    for shifts, moves in seen:
        goal = 0.0 if one.leader is None else shifts[one.leader] - moves[one.leader]
        parts.append(_part(moves[one.block], shifts[one.block] - goal))
    first = parts[0]
    return first is not None and all(p is not None and abs(p / first - 1) < SAME for p in parts)


def _part(move: Array, way: Array) -> float | None:
    """How much of the way was gone, if it was a part of it."""
    square = float(np.sum(way * way))
    part = float(np.sum(move * way)) / square if square else 0.0
    rest = float(np.max(np.abs(move - part * way), initial=0.0))
    gone = 0 < part < 1 + SAME and rest <= SAME * float(np.max(np.abs(move)))
    return part if gone else None
