"""What a step trains, and its gradients at every point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from .. import match, tree
from ..gradients import Analytic
from ..influence import as_array, held_now, live, nudged, overwritten, value
from ..objective import Objective, standing
from ..pieces import rms
from ..tree import Array, Parameter
from .experiment import experiment
from .following import Shifted, followers, may_follow
from .moves import NUDGE, SAME, Moves
from .readings import listed

_BUFFER = {
    "v", "m", "mom", "momentum", "moment", "velocity", "vel", "cache", "s", "sq", "running",
    "moving", "mean", "var", "std", "ema", "avg", "average", "hist", "history", "loss",
    "losses", "cost", "error", "errors", "count", "t", "epoch", "epochs", "iteration", "lr",
    "rate",
}  # fmt: skip


class Step(Moves):
    """The gradients as one training step shows them."""

    lacking = "the step does not change {}"

    @property
    def callable(self) -> bool:
        return True

    # -- once: what the step trains, and how -------------------------------------------------------

    def settle(self, objective: Objective) -> list[Parameter]:
        """Choose the blocks that the step changes and the loss depends on.

        Cost    6 to 15 evaluations, 3 to 7 steps
        """
        everything = self._nest.blocks
        updates = {
            i: objective.updates[id(block)]
            for i, block in enumerate(everything)
            if id(block) in objective.updates
        }
        if updates:
            self.snapshot.restore()
            for block in everything:
                block.publish()
        caches = overwritten(objective, everything)
        caches |= {
            i
            for i, update in updates.items()
            if i not in caches and not self._builds_on(objective, everything[i], update)
        }
        self.blocks = [b for i, b in enumerate(everything) if i not in caches]
        if self._also_made(updates) or all(block.values.size == 1 for block in self.blocks):
            caches = {
                i
                for i in caches
                if i not in updates or not self._builds_on(objective, everything[i], updates[i])
            }
            self.blocks = [b for i, b in enumerate(everything) if i not in caches]
        if self._also_made(updates):
            self.by_loss, objective.guard = True, self.guard
            note = "The loss trains as the step does: all was put back after each call"
            self.rate.rests = self.rate.moves(objective)
            at_rest = ", and the rate was 0, for it comes after the update" * self.rate.rests
            self.notes.append(f"{note}{at_rest}.")
        if not self.blocks and not self._nest.whole:
            raise ValueError(
                "loss: expected one that reads the parameters, got one that makes all of them "
                "anew. Initialise the net before the check, not in the loss."
            )
        self.rate.prove(objective)
        value(objective)
        self.snapshot.restore(only_random=True)
        moves = self.moves(self.rate.value, first=True)
        if taken := self._take_whole(objective, self._turned):
            self.blocks = self._nest.sorted([*self.blocks, *taken])
            moves = self.moves(self.rate.value, first=True)
        changed = [np.any(m) for m in moves]
        if not any(changed) and self._moves_at_all():
            raise ValueError(
                f"lr: expected a rate that changes the parameters, got {self.rate.value:g}: the "
                "update is lost in their rounding. Pass a larger one, such as 0.1."
            )
        if not any(changed):
            names = ", ".join(block.name for block in self.blocks[:8])
            raise ValueError(
                f"step: expected a callable that updates the parameters, got one that changes "
                f"none of {names}. Pass what holds them, or the function that does the update; "
                "inside a function, W = W - lr * dW changes a local name and no weight."
            )
        moved = [b for b, c in zip(self.blocks, changed, strict=True) if c]
        doubtful = [b for b in moved if not b.given or self._buffer_like(b)]
        kept = {id(b) for b in (*moved, *self.blocks) if b.given} - {id(b) for b in doubtful}
        kept |= {id(b) for b in live(objective, doubtful)} | {id(b) for b in self.blocks if b.named}
        known = {id(b): move for b, move in zip(self.blocks, moves, strict=True)}
        self.blocks = [b for b in self.blocks if id(b) in kept]
        if not self.blocks:
            raise ValueError(
                "step: expected a callable that updates what the loss depends on, got one that "
                "changes other arrays only. Pass the loss of the same parameters."
            )
        self._leave_followers(objective, [known[id(block)] for block in self.blocks])
        experiment(self, objective)
        return self.blocks

    def _moves_at_all(self) -> bool:
        """Does a step at a large rate change the parameters? Cost: 1 step, if it takes a rate."""
        if not self.rate.free:
            return False
        try:
            return any(np.any(move) for move in self.moves(max(1.0, self.rate.value)))
        except Exception:  # noqa: BLE001  the user's code never promised to take it
            return False

    def _leave_followers(self, objective: Objective, moves: Sequence[Array]) -> None:
        """Leave out what only follows something else. Cost: 3 evaluations and steps, or none."""
        homes = [block.values.copy() for block in self.blocks]
        candidates = may_follow(homes, moves) if len(homes) > 1 else []
        if not candidates:
            return
        here, rng, seen = self._moved_at(objective, homes), np.random.default_rng(0), []
        for _ in range(2):
            shifts = [NUDGE * (rms(h) or 1.0) * rng.normal(size=h.shape) for h in homes]
            there = self._moved_at(objective, [h + s for h, s in zip(homes, shifts, strict=True)])
            seen.append(Shifted(shifts, [b - a for a, b in zip(here, there, strict=True)]))
        found = followers(candidates, seen)
        if found and len(found) < len(self.blocks):
            self._followers = [self.blocks[i] for i in sorted(found)]
            names = listed([block.name for block in self._followers])
            self.blocks = [b for i, b in enumerate(self.blocks) if i not in found]
            self.notes.append(
                f"Not checked: {names}. A step moves it a fixed part of the way to another value, "
                "as a target network or a running average, and not by a gradient."
            )

    def _moved_at(self, objective: Objective, places: Sequence[Array]) -> list[Array]:
        """before - after of a step from there; the parameters are put back."""
        put_back = standing(self.blocks)
        try:
            for block, place in zip(self.blocks, places, strict=True):
                block.values[...] = place
                block.publish()
            (reading,) = self.readings(objective, 1)
        finally:
            put_back()
        return [move * self.rate.value for move in reading]

    def _also_made(self, updates: Mapping[int, Array]) -> bool:
        """Does the step make these updates, too? Then the loss is what the training returns.

        Cost    1 step where there are some of parameters
        """
        everything = self._nest.blocks
        kept = {id(block) for block in self.blocks}
        mine = [(everything[i], update) for i, update in updates.items()]
        mine = [(block, update) for block, update in mine if id(block) in kept]
        if not mine:
            return False
        self.snapshot.restore()
        by_step = dict(zip(map(id, self.blocks), self.moves(self.rate.value), strict=True))
        return all(
            np.allclose(-by_step[id(block)], update, 1e-6, SAME * np.max(np.abs(update)))
            for block, update in mine
        )

    def _builds_on(self, objective: Objective, block: Parameter, update: Array) -> bool:
        """Does what the loss makes of the block depend on what it was? That of a cache does not.

        Of inputs with a one for the bias that one stays: only entries that change tell it.

        Cost    1 evaluation
        """
        self.snapshot.restore()
        with nudged([block]):
            value(objective)
            now = as_array(held_now(block))
        changed, made = update != 0, block.home + update
        if now.shape != made.shape:
            return False
        return not np.allclose(now[changed], made[changed], SAME, SAME * np.max(np.abs(update)))

    def _buffer_like(self, block: Parameter) -> bool:
        """Does its name say gradient, momentum or statistics?"""
        words = [w.lower() for part in block.name.split(".") for w in match.words(part)]
        if any(word in _BUFFER for word in words):
            return True
        leaf = tree.Leaf(tuple(block.name.split(".")), block.slot, block.values)
        others = [b for b in self.blocks if b is not block]
        return bool(match.by_name(others, [leaf], stored=True))

    # -- at every point ----------------------------------------------------------------------------

    def read(self) -> list[Analytic]:
        """The gradients at the present values of the parameters, by one step, or two."""
        if self.way.afresh:
            self.guard()()
        if self.way.stored_are_read and (stored := self.left_by_step()) is not None:
            self.raw = [None] * len(stored)
            return stored
        first = self.moves(self.rate.value, restore=self.way.momentum is None)
        if self.way.momentum is not None:
            second = self.moves(self.rate.value)
            for i in self.way.driven:
                first[i] = second[i] - self.way.momentum * first[i]
        return self.analytic(first)

    def again(self, _: Sequence[Analytic]) -> list[Analytic]:
        """The gradients of a second step, as it follows upon the first."""
        if not self.way.accumulates:
            return self.read()
        self.moves(self.rate.value, restore=False)
        return self.analytic(self.moves(self.rate.value))
