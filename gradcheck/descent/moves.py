"""A training step as an instrument: run, read as (before - after) / rate, and put back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from .. import match, tree
from ..gradients import Analytic, Gradients, bindings, grown, shaped
from ..influence import as_array, held_now, present, value
from ..objective import Objective, standing
from ..report import Finding
from ..state import Snapshot
from ..tree import Array, Nest, Parameter
from .rate import Rate

EPS = 2.0**-53  # rounding of one update, relative to the parameter
NUDGE = 1e-4  # of the parameters, for a slope of the moves
SAME = 1e-7  # relative difference of readings that is no rounding


@dataclass
class Way:
    """What a step does beside subtracting rate * gradient, as far as its reading takes that back.

    driven           indices of the blocks that have momentum
    factor           that of their gradient, where momentum is an average
    decay            of a block: weight decay, and its error
    accumulates      is the gradient added to that of the steps before?
    afresh           does it begin where the loss began?
    stored_are_read  are the gradients taken that it leaves beside the parameters?
    """

    momentum: float | None = None
    driven: set[int] = field(default_factory=set)
    factor: float = 1.0
    decay: dict[int, tuple[float, float]] = field(default_factory=dict)
    accumulates: bool = False
    afresh: bool = False
    stored_are_read: bool = False


class Moves(Gradients):
    """The moves that one step makes of the parameters, and the gradients that they show.

    by_loss    is it the training that returns the loss?
    beside     parameters that are trained by the step, and not asked for
    drew       did the step draw random numbers?
    opaque     why the step cannot be turned back into a gradient everywhere, if it cannot
    """

    def __init__(self, step: Callable[..., Any], lr: Any, nest: Nest, snapshot: Snapshot) -> None:
        super().__init__(None, nest, partial=True)
        self.rate, self.way = Rate(step, lr, nest), Way()
        self.snapshot = snapshot
        self.blocks = nest.blocks
        self._reached |= bindings(step)
        self.beside: list[Parameter] = []
        self.by_loss = self.drew = False
        self._look = False  # at the gradients that the step leaves beside the parameters?
        self._left: dict[int, Array] = {}
        self._turned: dict[int, tuple[int, ...] | None] = {}  # shapes of what were whole numbers
        self._returns = False

    def moves(
        self,
        rate: float,
        *,
        restore: bool = True,
        put_back_random: bool = True,
        first: bool = False,
    ) -> list[Array]:
        """before - after of one step. The parameters are put back, and with `restore` all else."""
        self.calls += 1
        blocks = [*self.blocks, *self.beside]
        before = [block.values.copy() for block in blocks]
        bound = [block.bound() for block in blocks]
        try:
            returned = self.rate.run(rate)
            for block, values in zip(blocks, before, strict=True):
                if block.shape != values.shape:
                    raise ValueError(
                        f"step: expected an update that keeps the shape {values.shape} of "
                        f"{block.name}, got one that makes the very array {block.shape}. Put a new "
                        "array in its place where it is to grow."
                    )
            after = [as_array(present(slots)) for slots in bound]
            moves = [b - a for b, a in zip(before, after, strict=True)][: len(self.blocks)]
            if first:
                self.drew = bool(self.snapshot.changed(only_random=True))
                self._turned = self._turned_to_floats()
            if self._look:
                self._left = self._beside_the_parameters()
            if first and returned is not None and not any(np.any(m) for m in moves):
                self._returns = True
            if self._returns:
                moves = self._returned_moves(before, returned)
        finally:
            if restore:
                mine = frozenset(id(block.values) for block in blocks)
                self.snapshot.restore(keep=mine, but_random=not put_back_random)
            else:
                self.snapshot.restore(only_random=True)
                self.rate.reset()
            for block, values, slots in zip(blocks, before, bound, strict=True):
                for slot, held in slots:
                    with contextlib.suppress(LookupError, AttributeError):  # a name it made itself
                        if slot.get() is not held:
                            slot.set(held)
                if block.shape == values.shape:  # else the snapshot has its contents
                    block.values[...] = values
                    block.publish()
        return moves

    def _returned_moves(self, before: list[Array], returned: Any) -> list[Array]:
        """A step that returns the new parameters and changes nothing: params = step(params)."""
        leaves = list(tree.leaves(returned))
        pairs = match.by_path(self._nest.blocks, leaves) or match.by_name(self._nest.blocks, leaves)
        after = {id(self._nest.blocks[i]): as_array(leaves[j].value) for i, j in pairs.items()}
        return [
            values - after.get(id(block), values)
            for block, values in zip(self.blocks, before, strict=False)
        ]

    def _turned_to_floats(self) -> dict[int, tuple[int, ...] | None]:
        """The shapes, by block, of the floats that a step has put in place of whole numbers.

        None for what is not called as a parameter: a temperature is lowered by a step, too.
        """
        now = ((block, held_now(block)) for block in self._nest.whole)
        return {
            id(block): match.shape_of(held) if match.names_parameter(block) else None
            for block, held in now
            if tree.is_leaf(held) and not tree.is_whole(held)
        }

    def readings(
        self, objective: Objective, times: int, rate: float | None = None
    ) -> list[list[Array]]:
        """Readings of some steps in a row, the parameters put back before each."""
        rate = rate or self.rate.value
        found = []
        for k in range(times):
            if not self.by_loss:  # it may keep what the step needs
                value(objective)
            objective.redraw()  # the loss may have drawn, too
            moves = self.moves(rate, restore=k == times - 1)
            found.append([move / rate for move in moves])
        return found

    def left_by_step(self) -> list[Analytic] | None:
        """The gradients that a step leaves stored; None unless there is one for each block."""
        self._look = True
        self.moves(self.rate.value)
        self._look = False
        try:
            return [shaped(block, self._left[id(block)]) for block in self.blocks]
        except (KeyError, TypeError, ValueError):
            return None

    def _beside_the_parameters(self) -> dict[int, Array]:
        """The stored gradients by block, copied; a step may have given names to new arrays."""
        self._reached |= bindings(self.rate.step)
        found = self._find_stored()
        if found is None:
            return {}
        leaves, pairs = found
        everything = self._nest.blocks
        return {id(everything[i]): np.array(leaves[j].value) for i, j in pairs.items()}

    def guard(self) -> Callable[[], None]:
        """What puts the blocks back where they stand, and all else as it was at the beginning."""
        mine = frozenset(id(block.values) for block in self.blocks)
        put_back = standing(self.blocks, lambda: self.snapshot.restore(keep=mine))
        self.rate.rest()
        return put_back

    def analytic(self, moves: list[Array]) -> list[Analytic]:
        """The gradients that moves show, what else the step does taken off, with their rounding."""
        rate = self.rate.value
        self.raw = [None] * len(moves)
        found = []
        for i, (block, move) in enumerate(zip(self.blocks, moves, strict=True)):
            eps = _eps(block)
            decay, doubt = self.way.decay.get(i, (0.0, 0.0))
            factor = self.way.factor if i in self.way.driven else 1.0
            gradient = move / (rate * factor)
            if move.shape == block.shape:  # what rests does not decay: rows of other words
                gradient = gradient - decay * np.where(move, block.values, 0.0)
            if gradient.shape == block.shape:
                analytic = Analytic(gradient, eps, block.shape)
            else:
                values, misfit = grown(gradient, block.shape)
                analytic = Analytic(values, 0.0, gradient.shape, misfit)
            floor = self.floor(block, rate) / factor
            floor += doubt * float(np.max(np.abs(block.values), initial=0.0))
            floor += eps * float(np.max(np.abs(gradient), initial=0.0))  # of the rate, in float32
            found.append(replace(analytic, floor=2 * floor if i in self.way.driven else floor))
        return found

    def same(self, one: Sequence[Array], other: Sequence[Array]) -> bool:
        """Are two readings the same, but for their rounding?"""
        return not self.differing(one, other)

    def differing(self, one: Sequence[Array], other: Sequence[Array]) -> set[int]:
        """Indices of the blocks of which two readings are not the same."""
        return {
            i
            for i, (block, a, b) in enumerate(zip(self.blocks, one, other, strict=True))
            if np.max(np.abs(a - b), initial=0.0) > self.doubt(block, a, self.rate.value / 4)
        }

    def doubt(self, block: Parameter, reading: Array, rate: float) -> float:
        """By how much may two readings of a block at this rate and above differ?"""
        largest = float(np.max(np.abs(reading), initial=0.0))
        return SAME * largest + 4 * self.floor(block, rate)

    def floor(self, block: Parameter, rate: float) -> float:
        """The rounding of the update, in the unit of the gradient."""
        eps = EPS * max(1.0, float(np.finfo(block.values.dtype).eps) * 2.0**52)
        return eps * float(np.max(np.abs(block.values), initial=0.0)) / rate

    def not_plain(self, what: str, evidence: str, advice: str) -> None:
        self.findings.append(
            Finding("not-plain-sgd", f"The step is not plain SGD: {what}.", "", evidence, advice)
        )


def _eps(block: Parameter) -> float:
    """Of what the user holds: the copy that is checked may have more digits, not so their rate."""
    kind = getattr(block.held, "dtype", block.values.dtype)
    return float(np.finfo(kind if kind.kind == "f" else block.values.dtype).eps)
