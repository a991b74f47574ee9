"""Every entry of a block at once: its two losses from a stacked call, or from part of a net.

A source of entry losses answers: what is the loss when the entry at this position has this value?
It answers for many entries in one go. The entries are then judged by the rule that judges them one
by one (verdict.judge), which asks for steps; what it asks for is measured for all entries together,
and it is asked again. So the verdicts are those of the plain loop, whatever the source.

    Stacked   the loss takes parameters with a leading axis (`vectorized`, as in SciPy)
    Partial   the loss is that of a plain stack of layers, recognised by its numbers (chain.py):
              W[i, j] of layer l moves one unit of it by delta * input i, which adds one row of the
              next weights to the layer above; the layers below are not run again
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .numerical import Noise, Plan, Probe, Rung, rungs_of
from .objective import Objective
from .tree import Array, Parameter
from .verdict import Judgement, Scale, first_step, judge

if TYPE_CHECKING:
    from .recognition.chain import Net

WORK = 2**20  # numbers in the largest array of one go


class Source(Protocol):
    """Losses with one entry moved, one for each position; nan where there is none.

    itself   these are calls of the loss as it is, and need no proof
    """

    itself: bool

    def __call__(self, positions: Array, moved: Array) -> Array: ...


class _NotMeasured(Exception):
    """The judge asks for a step that is not measured yet."""

    def __init__(self, step: float) -> None:
        self.step = step


def _ask(step: float) -> tuple[float, float]:
    raise _NotMeasured(step)


def judge_entries(
    source: Source,
    block: Parameter,
    analytic: Array,
    positions: Array,
    plan: Plan,
    scale: Scale,
    noise: Noise,
) -> list[Judgement]:
    """The judgement of each entry at some positions, in C order.

    Raises BudgetSpent   as the source does
    """
    values, claimed = block.values.ravel(), analytic.ravel()[positions].tolist()
    probes = [Probe(_ask, noise) for _ in claimed]
    found: list[Judgement | None] = [None] * len(claimed)
    asked: dict[float, list[int]] = {}
    for k, value in enumerate(claimed):
        asked.setdefault(first_step(value, plan, scale, noise), []).append(k)
    while asked:
        for step, group in asked.items():
            rungs = _rungs(source, values, positions[group], step, noise)
            for k, rung in zip(group, rungs, strict=True):
                probes[k].rungs[step] = rung
        again, asked = sorted(k for group in asked.values() for k in group), {}
        for k in again:
            try:
                found[k] = judge(probes[k], claimed[k], plan, scale)
            except _NotMeasured as missing:
                asked.setdefault(missing.step, []).append(k)
    return [judgement for judgement in found if judgement is not None]


def _rungs(
    source: Source, values: Array, positions: Array, step: float, noise: Noise
) -> list[Rung | None]:
    origin, kind = values[positions], values.dtype.type
    plus, minus = origin + kind(step), origin + kind(-step)
    losses = source(np.concatenate([positions, positions]), np.concatenate([plus, minus]))
    ups, downs = losses[: len(positions)], losses[len(positions) :]
    right, left = (np.asarray(a - origin, dtype=float) for a in (plus, minus))
    with np.errstate(all="ignore"):
        return rungs_of(ups, right, downs, left, noise)


# -- the loss, stacked -----------------------------------------------------------------------------


class Stacked:
    """The user's own loss, called with copies of the block on a leading axis.

    All other blocks get a leading axis too, as views of themselves. A call with n copies counts
    as n evaluations.
    """

    itself = False

    def __init__(self, objective: Objective, blocks: Sequence[Parameter], i: int) -> None:
        self._objective, self._blocks, self._i = objective, blocks, i

    def __call__(self, positions: Array, moved: Array) -> Array:
        size = max(self._blocks[self._i].size, 1)
        parts = range(0, len(positions), max(1, WORK // size))
        width = max(1, WORK // size)
        return np.concatenate(
            [self._part(positions[at : at + width], moved[at : at + width]) for at in parts]
        )

    def _part(self, positions: Array, moved: Array) -> Array:
        n = len(positions)
        bound = [block.slot.get() for block in self._blocks]
        try:
            for k, block in enumerate(self._blocks):
                stack = np.broadcast_to(block.values, (n, *block.shape))
                if k == self._i:
                    stack = stack.copy()
                    stack.reshape(n, -1)[np.arange(n), positions] = moved
                block.slot.set(stack)
            return self._objective.stacked(n)
        finally:
            for block, value in zip(self._blocks, bound, strict=True):
                block.slot.set(value)


class Remote:
    """The user's own loss, by workers."""

    itself = True

    def __init__(self, objective: Objective, i: int) -> None:
        self._objective, self._i = objective, i

    def __call__(self, positions: Array, moved: Array) -> Array:
        return np.array(self._objective.at_entries(self._i, positions, moved))


# -- part of a recognised net ----------------------------------------------------------------------


class Partial:
    """The loss of a recognised net, from the layer of the entry on.

    home   the user's own loss at the point: only differences come from the recognised net
    """

    itself = False

    def __init__(self, net: Net, blocks: Sequence[Parameter], i: int, home: float) -> None:
        self._net, self._home = net, home
        arrays = [np.array(block.values, dtype=float) for block in blocks]
        self._values = arrays[i].ravel()
        with np.errstate(all="ignore"):
            parts = net.layout.open(arrays)
            done = net.forward(parts)
        self._Z, self._A = done.Z, done.A
        self._weights = [parts[j] for j in net.W]
        (part,) = (j for j, part in enumerate(net.layout.parts) if part.block == i)
        at = net.layout.parts[part].at
        self._shape, self._entry = (
            at.shape,
            np.argsort(at, axis=None),
        )  # in the part, of each of the block
        self._is_weight = part in net.W
        self._layer = (net.W if self._is_weight else net.b).index(part)
        self._start = float(net.loss.value(self._A[-1], net.T))

    def __call__(self, positions: Array, moved: Array) -> Array:
        largest = max(self._Z[k].size for k in range(self._layer, self._net.depth))
        width = max(1, WORK // 4 // largest)
        parts = range(0, len(positions), width)
        with np.errstate(all="ignore"):
            return np.concatenate(
                [self._part(positions[at : at + width], moved[at : at + width]) for at in parts]
            )

    def _part(self, positions: Array, moved: Array) -> Array:
        net, k = self._net, self._layer
        origin = self._values[positions]
        shift = (moved - origin)[:, np.newaxis]
        if self._is_weight:
            i, j = np.unravel_index(self._entry[positions], self._shape)
            shift = shift * self._A[k].T[i]  # (entries, samples)
        else:
            j = positions
        unit = self._Z[k].T[j] + shift
        if k == net.depth - 1:
            Z = self._whole(self._Z[k], j, unit)
        else:
            change = net.activation(k).function(unit) - self._A[k + 1].T[j]
            k += 1
            Z = self._Z[k] + change[:, :, np.newaxis] * self._weights[k][j][:, np.newaxis, :]
        while k < net.depth - 1:
            A = net.activation(k).function(Z)
            k += 1
            Z = A @ self._weights[k] + (self._Z[k] - self._A[k] @ self._weights[k])
        sums = net.loss.value(net.output.function(Z), net.T)
        losses: Array = self._home + net.factor * (sums - self._start)
        if net.decay and self._is_weight:
            losses = losses + net.decay / 2 * (moved - origin) * (moved + origin)
        return losses

    def _whole(self, Z: Array, j: Array, unit: Array) -> Array:
        """Z of all units, one of them replaced, for each entry."""
        stack = np.repeat(Z[np.newaxis], len(j), axis=0)
        stack[np.arange(len(j)), :, j] = unit
        return stack
