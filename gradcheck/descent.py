"""The gradient read off one training step: (before - after) / rate.

Four nets in ten never hold a gradient in their hands: backward, or the training loop, updates the
weights at once. The step is run, the difference is read, and everything it changed is put back. A
step may do more than subtract rate * gradient; what it does is told by experiment:

    second step from the same parameters moves them elsewhere       momentum, or a gradient that
                                                                     is added up over steps
    the reading depends on the rate                                  weights updated before they
                                                                     are used
    every entry moves by the same amount                             Adam and its like
    one factor for all, and the norm is the same at another point    clipping
    what is left over is a multiple of the parameters                weight decay
"""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import match, tree
from .evidence import Evidence
from .gradients import Analytic, Gradients, bindings, grown_values, reach, shaped
from .influence import as_array, held_now, live, nudged, overwritten, present, value
from .objective import Objective, standing
from .penalty import penalty
from .pieces import rms
from .point import Point
from .report import Finding
from .state import Snapshot
from .tree import Array, Nest, Parameter, Slot

EPS = 2.0**-53  # rounding of one update, relative to the parameter
SAME = 1e-7  # relative difference of readings that is no rounding
NEAR = 0.01
MOST = 0.75  # of the entries, for they move less where the gradient is about an epsilon
SIGNS = 0.99  # of the moves that are those of the gradients
STATE = "keeps a state from step to step"
LATER = "the loss is that of the parameters after their update"
NUDGE = 1e-4  # of the parameters, for a slope of the moves
_RATES = frozenset({"lr", "learningrate", "learnrate", "lrate", "eta", "alpha", "rate", "stepsize"})
_PARAMS = frozenset({"params", "parameters", "p", "theta", "weights", "w", "net", "model"})
_BUFFER = frozenset(
    {
        "v",
        "m",
        "mom",
        "momentum",
        "moment",
        "velocity",
        "vel",
        "cache",
        "s",
        "sq",
        "running",
        "moving",
        "mean",
        "var",
        "std",
        "ema",
        "avg",
        "average",
        "hist",
        "history",
        "loss",
        "losses",
        "cost",
        "error",
        "errors",
        "count",
        "t",
        "epoch",
        "epochs",
        "iteration",
        "lr",
        "rate",
    }
)


def is_rate(name: str) -> bool:
    return name.lower().replace("_", "") in _RATES


def holders_of_rate(step: Callable[..., Any], root: Any) -> list[Slot]:
    """Variables with the name of a learning rate that a step can reach."""
    found: dict[tuple[int, str], Slot] = {}
    box = Slot(tree.Box(root), "root", attribute=True)
    for name, slot in ({"": box} | bindings(step)).items():
        for leaf in tree.leaves(slot):
            last = leaf.path[-1] if leaf.path else name
            if isinstance(leaf.value, float) and is_rate(last) and name != "default":
                found[id(leaf.slot.owner), last] = leaf.slot
    return list(found.values())


class Rate:
    """The learning rate of a step: its value, and whether another can be asked for.

    Given, or the default of an argument, or a variable of such a name that the step can reach.
    """

    def __init__(self, step: Callable[..., Any], lr: Any, nest: Nest) -> None:
        if not callable(step):
            raise TypeError(
                f"step: expected a callable, got {type(step).__name__}. "
                "Pass a function that performs one update, such as lambda: ..."
            )
        self.step, self._box = step, nest.box
        self._argument: inspect.Parameter | None = None
        self._takes_params = False
        self._holders: list[Slot] = []
        self.rests = False  # while the loss is computed
        self._read_signature()
        if callable(lr):
            lr = lr()
        if (
            lr is None
            and self._argument is not None
            and self._argument.default is not inspect.Parameter.empty
        ):
            lr = self._argument.default
        holders = holders_of_rate(step, nest.box)
        self._inferred = lr is None and len({slot.get() for slot in holders}) == 1
        if self._inferred:
            lr = holders[0].get()
        self.value = self._valid(lr)
        self._holders = [slot for slot in holders if slot.get() == self.value]

    def _read_signature(self) -> None:
        try:
            parameters = list(inspect.signature(self.step).parameters.values())
        except (TypeError, ValueError):  # built-in or compiled: no signature to read
            return
        bindable = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        rates = [p for p in bindable if is_rate(p.name)]
        required = [p for p in bindable if p.default is p.empty and p not in rates]
        if len(required) > 1 or any(p.kind is p.KEYWORD_ONLY for p in required):
            names = ", ".join(p.name for p in required)
            raise TypeError(
                "step: expected a function of no argument, of params or of lr, got one that needs "
                f"{names}. Bind the rest: lambda lr: step(..., lr)."
            )
        self._argument = rates[0] if rates else None
        self._takes_params = bool(required)
        if required and not rates and required[0].name.lower() not in _PARAMS:
            # an argument of any name: the params, unless they are reached without it
            self._takes_params = True

    @staticmethod
    def _valid(lr: Any) -> float:
        if lr is None:
            raise ValueError(
                "lr: expected the learning rate of the step, got None. "
                "Pass the rate that it uses, such as lr=0.1: the gradient is (before - after) / lr."
            )
        number = isinstance(lr, (int, float, np.integer, np.floating)) and not isinstance(lr, bool)
        if not number or not math.isfinite(lr) or lr <= 0:
            raise ValueError(
                f"lr: expected a positive number, got {lr!r:.40}. "
                "Pass the rate that the step multiplies the gradient with."
            )
        return float(lr)

    @property
    def free(self) -> bool:
        """Can the step be run at another rate?"""
        return self._argument is not None or bool(self._holders)

    def run(self, rate: float) -> Any:
        """One step at this rate."""
        for slot in self._holders:
            slot.set(rate)
        positional = [self._box.root] if self._takes_params else []
        with np.errstate(all="ignore"):
            if self._argument is None:
                return self.step(*positional)
            if self._argument.kind is inspect.Parameter.POSITIONAL_ONLY:
                return self.step(*positional, rate)
            return self.step(*positional, **{self._argument.name: rate})

    def reset(self) -> None:
        for slot in self._holders:
            slot.set(self.value)

    def prove(self, objective: Objective) -> None:
        """A rate does not change the loss; the slope of a leaky relu may be called alpha as well.

        Cost    2 evaluations, and 1 a variable
        """
        if not self._holders:
            return
        home = value(objective)
        if home != value(objective):
            return
        proven = []
        for slot in self._holders:
            slot.set(self.value / 2)
            if value(objective) == home:
                proven.append(slot)
            slot.set(self.value)
        self._holders = proven
        if self._inferred and not proven:
            self._valid(None)

    def moves(self, objective: Objective) -> bool:
        """Does the loss, which trains, depend on the rate? Cost: 2 evaluations."""
        if not self._holders:
            return False
        home = value(objective)
        for slot in self._holders:
            slot.set(self.value / 2)
        return value(objective) != home

    def rest(self) -> None:
        """For a loss that comes after an update: let that change nothing."""
        if self.rests:
            for slot in self._holders:
                slot.set(0.0)

    def fix(self) -> None:
        """The variables found are not what the step reads."""
        self._holders.clear()


class Step(Gradients):
    """The gradients as one training step shows them.

    calls      steps run
    opaque     why the step cannot be turned back into a gradient everywhere, if it cannot
    """

    def __init__(self, step: Callable[..., Any], lr: Any, nest: Nest, snapshot: Snapshot) -> None:
        super().__init__(None, nest, partial=True)
        self.rate = Rate(step, lr, nest)
        self._snapshot = snapshot
        self.blocks = nest.blocks
        self._reached |= reach(step)
        self._beside: list[Parameter] = []  # trained by the step, and not asked for
        self._drew = False
        self._look = False  # at the gradients that the step leaves beside the parameters?
        self._left: dict[int, Array] = {}
        self._stored_are_read = False
        self._momentum: float | None = None
        self._driven: set[int] = set()  # indices of the blocks that have it
        self._accumulates = False
        self._decay: dict[int, tuple[float, float]] = {}  # of a block: weight decay, its error
        self._factor = 1.0
        self._returns = False
        self._afresh = False  # does it begin where the loss began?
        self._by_loss = False  # is it the training that returns the loss?

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
            self._snapshot.restore()
            for block in everything:
                block.publish()
        caches = overwritten(objective, everything)
        self.blocks = [b for i, b in enumerate(everything) if i not in caches]
        if self._also_made(updates) or not self.blocks:
            caches = {
                i
                for i in caches
                if i not in updates or not self._builds_on(objective, everything[i], updates[i])
            }
            self.blocks = [b for i, b in enumerate(everything) if i not in caches]
        if self._also_made(updates):
            self._by_loss, objective.guard = True, self._guard
            note = "The loss trains as the step does: all was put back after each call"
            self.rate.rests = self.rate.moves(objective)
            at_rest = ", and the rate was 0, for it comes after the update" * self.rate.rests
            self.notes.append(f"{note}{at_rest}.")
        if not self.blocks:
            raise ValueError(
                "loss: expected one that reads the parameters, got one that makes all of them "
                "anew. Initialise the net before the check, not in the loss."
            )
        self.rate.prove(objective)
        value(objective)
        self._snapshot.restore(only_random=True)
        moves = self._moves(self.rate.value, first=True)
        changed = [np.any(m) for m in moves]
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
        self.blocks = [b for b in self.blocks if id(b) in kept]
        if not self.blocks:
            raise ValueError(
                "step: expected a callable that updates what the loss depends on, got one that "
                "changes other arrays only. Pass the loss of the same parameters."
            )
        self._experiment(objective)
        return self.blocks

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
        self._snapshot.restore()
        by_step = dict(zip(map(id, self.blocks), self._moves(self.rate.value), strict=True))
        return all(
            np.allclose(-by_step[id(block)], update, 1e-6, SAME * np.max(np.abs(update)))
            for block, update in mine
        )

    def _builds_on(self, objective: Objective, block: Parameter, update: Array) -> bool:
        """Does what the loss makes of the block depend on what it was? That of a cache does not.

        Cost    1 evaluation
        """
        self._snapshot.restore()
        with nudged([block]):
            value(objective)
            now = as_array(held_now(block))
        return bool(np.any(now != block.home + update)) if now.shape == block.shape else False

    def _guard(self) -> Callable[[], None]:
        """What puts the blocks back where they stand, and all else as it was at the beginning."""
        mine = frozenset(id(block.values) for block in self.blocks)
        put_back = standing(self.blocks, lambda: self._snapshot.restore(keep=mine))
        self.rate.rest()
        return put_back

    def _buffer_like(self, block: Parameter) -> bool:
        """Does its name say gradient, momentum or statistics?"""
        words = [w.lower() for part in block.name.split(".") for w in match.words(part)]
        if any(word in _BUFFER for word in words):
            return True
        leaf = tree.Leaf(tuple(block.name.split(".")), block.slot, block.values)
        others = [b for b in self.blocks if b is not block]
        return bool(match.by_name(others, [leaf], stored=True))

    def _experiment(self, objective: Objective) -> None:
        """Is it plain descent? A second step that keeps its state, a third at another rate."""
        first, second = self._read(objective, 2)
        if _one_size(first, MOST) and self._takes_stored(objective, first):
            return
        if self._draws(objective, first):
            return
        if self.rate.free:
            self._other_rate(objective, first)
        if not self._same(first, second):
            self._beside = self._others(objective)
            first, second = self._read(objective, 2) if self._beside else (first, second)
        if self._same(first, second) or _one_size(first):
            return
        if self._scheduled(objective, first, second):
            return
        first, second, third, fourth = self._read(objective, 4)
        ratio = _common_ratio(first, second, third)
        again = _common_ratio(second, third, fourth)
        if ratio is not None and (again is None or abs(ratio - again) > 1e-4):
            ratio = None  # momentum shrinks them by one factor, the steps of Adagrad by another
        if ratio is not None and abs(ratio - 1) < 1e-6:
            self._accumulates = True
            self.findings.append(
                Finding(
                    kind="accumulation",
                    sentence="Each step adds its gradient to that of the steps before.",
                    evidence="Three steps from the same parameters move them by g, g + d, g + 2 d.",
                    advice="Clear the gradient before each backward pass (= instead of +=).",
                )
            )
        elif ratio is not None and 0 < ratio < 1:
            self._momentum = ratio
            self._driven = self._differing(first, second)
            self._not_plain(
                f"momentum {ratio:.4g}",
                "Four steps from the same parameters, its state kept, move them by amounts "
                "whose differences shrink by that factor.",
                "The gradient was read from two steps: the second, less that factor of the first.",
            )
        else:
            self.opaque = STATE
            self._not_plain(
                "it keeps a state that changes the next step",
                "Two steps from the same parameters and random numbers move them differently.",
                "Pass a step of plain gradient descent on one fixed batch, or grads=... .",
            )

    def _takes_stored(self, objective: Objective, first: list[Array]) -> bool:
        """Do gradients lie beside the parameters that have the signs of all moves, not their size?

        As a first step of Adam or RMSprop leaves them. Cost: 1 evaluation and step
        """
        if not self._by_loss:
            value(objective)
        objective.redraw()
        stored = self._left_by_step()
        if stored is None or self._same(first, [a.values for a in stored]):
            return False
        pairs = zip(first, (a.values for a in stored), strict=True)
        a, b = (np.concatenate([x.ravel() for x in side]) for side in zip(*pairs, strict=True))
        both = (a != 0) & (b != 0)
        if not both.any() or np.mean(np.sign(a[both]) == np.sign(b[both])) < SIGNS:
            return False
        self._stored_are_read = True
        self.notes.append(
            "The step does not show its gradients, but moves entries by one amount, as Adam does; "
            "those that it leaves stored beside the parameters were checked instead."
        )
        return True

    def _left_by_step(self) -> list[Analytic] | None:
        """The gradients that a step leaves stored; None unless there is one for each block."""
        self._look = True
        self._moves(self.rate.value)
        self._look = False
        try:
            return [shaped(block, self._left[id(block)]) for block in self.blocks]
        except (KeyError, TypeError, ValueError):
            return None

    def _draws(self, objective: Objective, first: list[Array]) -> bool:
        """Do other random numbers give another reading, and the same loss?"""
        if not self._drew or self._by_loss or objective() != objective():
            return False
        self._snapshot.restore(only_random=True)
        self._moves(self.rate.value, put_back_random=False)
        second = [move / self.rate.value for move in self._moves(self.rate.value)]
        if self._same(first, second):
            return False
        self.opaque = "draws random numbers that the loss does not draw"
        self._not_plain(
            "it draws random numbers that the loss does not draw (a random minibatch, dropout)",
            "Two steps from the same parameters, with other draws, move them differently; the "
            "loss stays the same.",
            "Let the step train on one fixed batch, and the loss be of that batch.",
        )
        return True

    def _scheduled(self, objective: Objective, first: list[Array], second: list[Array]) -> bool:
        """Does the rate change from step to step? Then so does the length of the reading alone.

        A step that follows one from other parameters tells: a schedule knows nothing of those,
        momentum and gradients that are added up remember them.
        Cost    3 evaluations and steps
        """
        factor = _factor(first, second)
        if not factor:
            return False
        homes = [block.values.copy() for block in self.blocks]
        self._shift(homes, NEAR)
        (alone,) = self._read(objective, 1)
        self._shift(homes, 0.0)
        value(objective)
        self._moves(self.rate.value, restore=False)
        self._shift(homes, NEAR)
        (after,) = self._read(objective, 1)
        self._shift(homes, 0.0)
        if not self._same([factor * a for a in alone], after) or self._same(after, second):
            return False
        self.notes.append(
            f"The rate of the step changes from step to step (the second has {factor:.6g} times "
            "that of the first): lr is taken for that of the first."
        )
        return True

    def _shift(self, homes: Sequence[Array], by: float) -> None:
        """Move the parameters from where they were, by this part of their size."""
        for block, home in zip(self.blocks, homes, strict=True):
            block.values[...] = home + by * np.sqrt(np.mean(home**2) or 1.0)
            block.publish()

    def _others(self, objective: Objective) -> list[Parameter]:
        """Parameters that were not asked for, and that the step trains as well.

        Cost    1 evaluation, and 1 a group of them where there are any; 1 step
        """
        mine = {id(block.held) for block in self.blocks}
        places = {slot.path for block in self.blocks for slot, _ in block.bound()}
        found: dict[Any, Parameter] = {}
        for slot in bindings(self.rate.step).values():
            for leaf in tree.leaves(slot):
                is_number = isinstance(leaf.value, float)  # two names may hold one number
                thing = leaf.slot.path if is_number else id(leaf.value)
                if id(leaf.value) in mine or leaf.slot.path in places or thing in found:
                    continue
                with contextlib.suppress(TypeError, ValueError):
                    found[thing] = tree.parameter(leaf)
        blocks, asked = list(found.values()), self.blocks
        self.blocks = [*asked, *blocks]
        try:
            value(objective)
            moves = self._moves(self.rate.value)[len(asked) :]
        finally:
            self.blocks = asked
        trained = [b for b, move in zip(blocks, moves, strict=True) if np.any(move)]
        return live(objective, trained)

    def _other_rate(self, objective: Objective, first: list[Array]) -> None:
        """Does the reading depend on the rate? Then weights are changed before they are used."""
        rate = self.rate.value
        half = self._read(objective, 1, rate / 2)[0]
        if all(np.allclose(h, 2 * f, rtol=1e-9, atol=0) for h, f in zip(half, first, strict=True)):
            self.rate.fix()  # the step has a rate of its own
            return
        if self._same(first, half):
            return
        quarter = self._read(objective, 1, rate / 4)[0]
        changed, decayed = [], []
        for block, a, b, c in zip(self.blocks, first, half, quarter, strict=True):
            near, far = a - b, b - c
            size = float(np.linalg.norm(near))
            if size <= self._doubt(block, a, rate / 4) * math.sqrt(a.size):
                continue
            if np.linalg.norm(near - 2 * far) < 0.35 * size:
                changed.append(block.name)
            elif np.linalg.norm(far - 2 * near) < 0.1 * np.linalg.norm(far) and _is_multiple(
                near, block.values
            ):
                decayed.append(block.name)
        if decayed:
            self.opaque = "shrinks the parameters as well"
            self._not_plain(
                "it shrinks the parameters by a part that does not depend on the rate",
                f"At half the rate the reading of {_listed(decayed)} moves by a multiple of the "
                "parameters.",
                "Switch the weight decay off while checking.",
            )
        elif changed:
            self.findings.append(
                Finding(
                    kind="updated-weights-used",
                    sentence=f"The gradient of {_listed(changed)} depends on the learning rate: "
                    "some parameter is updated before it is used, or more than once in a step.",
                    block=changed[0],
                    evidence=f"Half the rate halves the difference (rates {rate:g}, {rate / 2:g}, "
                    f"{rate / 4:g} compared).",
                    advice="Compute all gradients first, then update all parameters.",
                )
            )

    def _same(self, one: Sequence[Array], other: Sequence[Array]) -> bool:
        return not self._differing(one, other)

    def _differing(self, one: Sequence[Array], other: Sequence[Array]) -> set[int]:
        """Indices of the blocks of which two readings are not the same."""
        return {
            i
            for i, (block, a, b) in enumerate(zip(self.blocks, one, other, strict=True))
            if np.max(np.abs(a - b), initial=0.0) > self._doubt(block, a, self.rate.value / 4)
        }

    def _doubt(self, block: Parameter, reading: Array, rate: float) -> float:
        largest = float(np.max(np.abs(reading), initial=0.0))
        return SAME * largest + 4 * self._floor(block, rate)

    def _floor(self, block: Parameter, rate: float) -> float:
        eps = EPS * max(1.0, float(np.finfo(block.values.dtype).eps) * 2.0**52)
        return eps * float(np.max(np.abs(block.values), initial=0.0)) / rate

    def _not_plain(self, what: str, evidence: str, advice: str) -> None:
        self.findings.append(
            Finding("not-plain-sgd", f"The step is not plain SGD: {what}.", "", evidence, advice)
        )

    # -- at every point ----------------------------------------------------------------------------

    def read(self) -> list[Analytic]:
        """The gradients at the present values of the parameters, by one step, or two."""
        if self._afresh:
            self._guard()()
        if self._stored_are_read and (stored := self._left_by_step()) is not None:
            self.raw = [None] * len(stored)
            return stored
        first = self._moves(self.rate.value, restore=self._momentum is None)
        if self._momentum is not None:
            second = self._moves(self.rate.value)
            for i in self._driven:
                first[i] = second[i] - self._momentum * first[i]
        return self._analytic(first)

    def again(self, _: Sequence[Analytic]) -> list[Analytic]:
        """The gradients of a second step, as it follows upon the first."""
        if not self._accumulates:
            return self.read()
        self._moves(self.rate.value, restore=False)
        return self._analytic(self._moves(self.rate.value))

    def _analytic(self, moves: list[Array]) -> list[Analytic]:
        rate = self.rate.value
        self.raw = [None] * len(moves)
        found = []
        for i, (block, move) in enumerate(zip(self.blocks, moves, strict=True)):
            eps = _eps(block)
            decay, doubt = self._decay.get(i, (0.0, 0.0))
            factor = self._factor if i in self._driven else 1.0
            gradient = move / (rate * factor) - decay * (
                block.values if move.shape == block.shape else 0.0
            )
            if gradient.shape == block.shape:
                analytic = Analytic(gradient, eps, block.shape)
            else:
                values = grown_values(gradient, block.shape)
                analytic = Analytic(values, 0.0, gradient.shape, "grown")
            floor = self._floor(block, rate) / factor
            floor += doubt * float(np.max(np.abs(block.values), initial=0.0))
            floor += eps * float(np.max(np.abs(gradient), initial=0.0))  # of the rate, in float32
            found.append(replace(analytic, floor=2 * floor if i in self._driven else floor))
        return found

    def _read(
        self, objective: Objective, times: int, rate: float | None = None
    ) -> list[list[Array]]:
        """Readings of some steps in a row, the parameters put back before each."""
        rate = rate or self.rate.value
        found = []
        for k in range(times):
            if not self._by_loss:  # it may keep what the step needs
                value(objective)
            objective.redraw()  # the loss may have drawn, too
            moves = self._moves(rate, restore=k == times - 1)
            found.append([move / rate for move in moves])
        return found

    def _moves(
        self,
        rate: float,
        *,
        restore: bool = True,
        put_back_random: bool = True,
        first: bool = False,
    ) -> list[Array]:
        """before - after of one step. The parameters are put back, and with `restore` all else."""
        self.calls += 1
        blocks = [*self.blocks, *self._beside]
        before = [block.values.copy() for block in blocks]
        bound = [block.bound() for block in blocks]
        try:
            returned = self.rate.run(rate)
            after = [as_array(present(slots)) for slots in bound]
            moves = [b - a for b, a in zip(before, after, strict=True)][: len(self.blocks)]
            if first:
                self._drew = bool(self._snapshot.changed(only_random=True))
            if self._look:
                self._left = self._beside_the_parameters()
            if first and returned is not None and not any(np.any(m) for m in moves):
                self._returns = True
            if self._returns:
                moves = self._returned_moves(before, returned)
        finally:
            if restore:
                mine = frozenset(id(block.values) for block in blocks)
                self._snapshot.restore(keep=mine, but_random=not put_back_random)
            else:
                self._snapshot.restore(only_random=True)
                self.rate.reset()
            for block, values, slots in zip(blocks, before, bound, strict=True):
                for slot, held in slots:
                    with contextlib.suppress(LookupError, AttributeError):  # a name it made itself
                        if slot.get() is not held:
                            slot.set(held)
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

    def _beside_the_parameters(self) -> dict[int, Array]:
        """The stored gradients by block, copied."""
        found = self._find_stored()
        if found is None:
            return {}
        leaves, pairs = found
        everything = self._nest.blocks
        return {id(everything[i]): np.array(leaves[j].value) for i, j in pairs.items()}

    # -- afterwards: what explains a disagreement --------------------------------------------------

    def explain(self, point: Point, evidence: dict[int, Evidence]) -> dict[int, Evidence]:
        """Where blocks disagree: does the step do more than subtract rate * gradient?

        Returns the evidence to put in the place of what is explained; adds findings.
        """
        wrong = [i for i, e in evidence.items() if e.verdict == "disagrees"]
        if not wrong:
            return {}
        explained = self._explained(point, evidence, wrong)
        return self._by_stored(point, wrong) or explained if self.opaque else explained

    def clips(self, point: Point, evidence: dict[int, Evidence]) -> dict[int, Evidence]:
        """As `explain`, at another point, where the gradient may be long enough to be clipped."""
        wrong = [i for i, e in evidence.items() if e.verdict == "disagrees" and not e.unmoved]
        if not wrong or self.opaque:
            return {}
        return self._clipped(point, evidence, wrong) or self._cut(point, evidence, wrong)

    def _explained(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        if self.opaque == STATE and _some_agree(evidence):  # at its beginning, the state is none
            self.opaque = ""
        if self.opaque:
            return {i: evidence[i].undecidable() for i in wrong}
        for explanation in (
            self._from_the_start,
            self._of_later,
            self._alternating,
            self._signs,
            self._averaged,
            self._decayed,
            self._clipped,
            self._cut,
            self._most_signs,
            self._factors,
        ):
            explained = explanation(point, evidence, wrong)
            if explained:
                return explained
        return {}

    def _by_stored(self, point: Point, wrong: list[int]) -> dict[int, Evidence]:
        """What hides in the step may lie open beside the parameters: their stored gradients.

        They are believed where one of them agrees.
        """
        value(point.objective)
        stored = self._left_by_step()
        if stored is None:
            return {}
        found = {i: point.with_analytic(i, stored[i]) for i in wrong}
        if not _some_agree(found):
            return {}
        for i, e in found.items():
            point.analytic[i] = e.analytic
        self.notes.append(
            "The step does not show its gradients; those that it leaves stored beside "
            f"{_listed([self.blocks[i].name for i in wrong])} were checked instead."
        )
        return found

    def _from_the_start(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Does the step need what the loss was given, and not what it leaves? Cost: 1 step, or 2.

        As a list of samples that both shuffle in its place. A step may as well need what the loss
        has left: the reading is believed that more blocks agree with.
        """
        self._afresh = True
        readings = self.read()
        found = {i: point.with_analytic(i, readings[i]) for i in wrong}
        if all(e.verdict != "agrees" for e in found.values()):
            self._afresh = False
            return {}
        point.analytic = readings
        return {i: point.with_analytic(i, readings[i]) for i in evidence}

    def _of_later(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Is the loss that of the parameters after their update?

        Then its slope is that of the loss there, along what the update makes of a direction.
        Cost    2 evaluations, 4 steps
        """
        if not all(analytic.fits for analytic in point.analytic):
            return {}
        rng, rate = np.random.default_rng(0), self.rate.value
        homes, put_back = [block.values.copy() for block in self.blocks], standing(self.blocks)
        along = [rng.normal(size=home.shape) * (rms(home) or 1.0) for home in homes]

        def stand(places: Sequence[Array]) -> list[Array]:
            for block, place in zip(self.blocks, places, strict=True):
                block.values[...] = place
                block.publish()
            return self._moves(rate)

        try:
            losses, moves = [], []
            for t in (NUDGE, -NUDGE):
                moves.append(stand([h + t * a for h, a in zip(homes, along, strict=True)]))
                losses.append(point.objective())
            here = stand(homes)
            there = stand([h - m for h, m in zip(homes, here, strict=True)])
        finally:
            put_back()
        become = [a - (m - n) / (2 * NUDGE) for a, m, n in zip(along, *moves, strict=True)]
        slope = (losses[0] - losses[1]) / (2 * NUDGE)
        terms = np.array([np.sum(m * b) for m, b in zip(there, become, strict=True)]) / rate
        plain = sum(float(np.sum(m * a)) for m, a in zip(here, along, strict=True)) / rate
        off, much = abs(slope - terms.sum()), 1e-5 * np.abs(terms).sum()
        if off > much or abs(slope - plain) < 10 * max(off, much):
            return {}
        self.opaque = "computes its loss after the update"
        self._not_plain(
            LATER,
            "Its slope along a direction is that of the gradient there, along what one update "
            "makes of the direction.",
            "Take the loss that the update is made for, which is computed before it.",
        )
        return {i: evidence[i].undecidable() for i in wrong}

    def _alternating(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Are blocks updated in turn, each by its gradient where those before it stand then?

        As in alternating least squares; not where only the backward pass sees what is updated.
        Cost    1 step, and 2 evaluations for each pair of blocks
        """
        moved = [i for i in evidence if i not in wrong]
        if not moved or not all(analytic.fits for analytic in point.analytic):
            return {}
        homes, put_back = [block.values.copy() for block in self.blocks], standing(self.blocks)
        moves = self._moves(self.rate.value)
        rng, open_still = np.random.default_rng(0), list(wrong)

        def is_gradient(i: int) -> bool:
            along = rng.normal(size=homes[i].shape) * (rms(homes[i]) or 1.0)
            losses = []
            for t in (NUDGE, -NUDGE):
                for k, block in enumerate(self.blocks):
                    block.values[...] = homes[k] - moves[k] if k in moved else homes[k]
                self.blocks[i].values[...] = homes[i] + t * along
                for block in self.blocks:
                    block.publish()
                losses.append(point.objective())
            terms = moves[i] * along / self.rate.value
            slope = (losses[0] - losses[1]) / (2 * NUDGE)
            return abs(slope - float(np.sum(terms))) <= 1e-5 * float(np.sum(np.abs(terms)))

        try:
            while found := [i for i in open_still if is_gradient(i) and is_gradient(i)]:
                moved += found[:1]
                open_still.remove(found[0])
        finally:
            put_back()
        if open_still:
            return {}
        self.findings = [f for f in self.findings if f.kind != "updated-weights-used"]
        names = _listed([self.blocks[i].name for i in wrong])
        self.opaque = "updates blocks in turn"
        self._not_plain(
            f"the blocks are updated in turn, and the gradient of {names} is that of the loss "
            "where those before stand after their update",
            "Its slope along a direction is that of the reading there.",
            "Nothing is wrong with it; pass the gradients (grads=...) to check all at one point.",
        )
        return {i: evidence[i].undecidable() for i in wrong}

    def _signs(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Adam, RMSprop, Adagrad and signs: a first step moves all entries by one amount."""
        readings = [a.values for a in point.analytic]
        return self._of_one_size(evidence, wrong, readings) if _one_size(readings) else {}

    def _most_signs(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """The same of most entries, beside weight decay perhaps, as AdamW has it."""
        readings = [a.values for a in point.analytic]
        if _one_size(readings, MOST):
            return self._of_one_size(evidence, wrong, readings)
        readings = self._undecayed(point)
        if not _one_size(readings, MOST):
            return {}
        return self._of_one_size(evidence, wrong, readings, ", and shrinks the parameters")

    def _of_one_size(
        self,
        evidence: dict[int, Evidence],
        wrong: list[int],
        readings: Sequence[Array],
        more: str = "",
    ) -> dict[int, Evidence]:
        sizes = np.concatenate([np.abs(reading).ravel() for reading in readings])
        self.opaque = "moves every entry by the same amount"
        self._not_plain(
            f"it moves every entry by the same amount, {self.rate.value * np.max(sizes):.4g}, as "
            f"a first step of Adam, RMSprop or Adagrad does{more}",
            f"The moves of {_part_of_one_size(sizes):.0%} of {len(sizes)} entries differ by less "
            "than 2 %.",
            "Pass a step of plain gradient descent, or the gradients themselves (grads=...).",
        )
        return {i: evidence[i].undecidable() for i in wrong}

    def _undecayed(self, point: Point) -> list[Array]:
        """The readings without the multiple of the parameters that they change by when these do.

        Of each block; a gradient changes otherwise.
        Cost    2 evaluations, 1 step
        """
        here = [a.values for a in point.analytic]
        homes = [block.values.copy() for block in self.blocks]
        with point.moved(NEAR) as elsewhere:
            if elsewhere is None:
                return here
            value(point.objective)
            point.objective.redraw()
            found = []
            for block, home, a, b in zip(self.blocks, homes, here, self.read(), strict=True):
                decay = float(np.median((b.values - a) / (block.values - home)))
                found.append(a - decay * home)
        return found

    def _averaged(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Momentum as an average, v = mu v + (1 - mu) g: then its readings lack 1 / (1 - mu)."""
        if self._momentum is None:
            return {}
        factor = 1 - self._momentum
        mended = [
            replace(a, values=a.values / factor) if i in self._driven else a
            for i, a in enumerate(point.analytic)
        ]
        off = self._driven.intersection(wrong)
        again = {i: point.with_analytic(i, mended[i]) for i in off}
        if not off or sum(e.verdict == "agrees" for e in again.values()) < len(off) / 2:
            return {}
        self._factor = factor
        point.analytic = mended
        return {i: point.with_analytic(i, mended[i]) for i in evidence}

    def _decayed(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Weight decay: what is left over is a multiple of the parameters."""
        found: dict[int, tuple[float, float, Evidence]] = {}
        for i in wrong:
            rows = _left_over(evidence[i], self.blocks[i].values)
            left, along, error = min(rows, key=lambda row: row[2] / abs(row[1]), default=(0, 1, 0))
            decay = left / along
            if decay < 0:  # a step that lets weights grow lacks the penalty of the loss
                continue
            # the decay was fitted to a slope that it explains, to its error
            doubt = error / abs(along)
            mended = replace(
                point.analytic[i],
                values=point.analytic[i].values - decay * self.blocks[i].values,
                floor=point.analytic[i].floor + doubt * point.sizes[i],
            )
            before, point.analytic[i] = point.analytic[i], mended
            again = point.examine(i)
            point.analytic[i] = before
            if again.verdict == "agrees":
                found[i] = decay, doubt, again
        if all(self.blocks[i].size == 1 for i in found):  # one number is a multiple of any other
            return {}
        decays = [decay for decay, _, _ in found.values()]
        if max(decays) - min(decays) > 1e-3 * max(map(abs, decays)):
            return {}
        held = {i: penalty(point.objective, self.blocks, i) for i in found}
        if in_loss := [lam for lam in held.values() if lam]:
            self._too_strong([self.blocks[i].name for i in found], in_loss[0], decays[0])
            return {}
        self._decay = {i: (decay, doubt) for i, (decay, doubt, _) in found.items()}
        for i, (_, _, e) in found.items():
            point.analytic[i] = e.analytic
        self._not_plain(
            f"it has weight decay {np.median(decays):.4g}",
            f"What the reading of {_listed([self.blocks[i].name for i in found])} is off by is "
            "that multiple of the parameters; without it they agree.",
            "If the loss should contain this penalty, add it there; else nothing is wrong."
            if 0.0 in held.values()
            else "If the loss should contain this penalty, add it there. If it does already, which "
            "cannot be told here, that of the step is too strong.",
        )
        return {i: e for i, (_, _, e) in found.items()}

    def _too_strong(self, names: Sequence[str], penalised: float, decay: float) -> None:
        self.findings.append(
            Finding(
                kind="regulariser",
                sentence=f"The step shrinks {_listed(names)} by the rate times "
                f"{penalised + decay:.4g}; the penalty of the loss makes that {penalised:.4g}.",
                block=names[0],
                evidence="The loss grows with the squares of the parameters by that factor, half "
                "of it each; what the reading is off by is a multiple of them.",
                advice="Take the same factor in both: lam / 2 * W**2 has the derivative lam * W, "
                "and what divides the one, as a number of samples, divides the other.",
            )
        )

    def _common(self, evidence: dict[int, Evidence]) -> float | None:
        """The one ratio of reading and slope that all blocks share, to what is known of each."""
        ratios, doubt = [], 1e-6
        for e in evidence.values():
            for s in e.slopes:
                if abs(s.judgement.numerical) > 100 * s.judgement.error:
                    ratios.append(s.analytic / s.judgement.numerical)
                    doubt = max(doubt, 10 * s.judgement.error / abs(s.judgement.numerical))
                elif s.judgement.verdict == "disagrees":
                    return None
            for index, j in e.location.judged.items():
                if abs(j.numerical) > 100 * j.error:
                    ratios.append(float(e.analytic.values[index]) / j.numerical)
                    doubt = max(doubt, 10 * j.error / abs(j.numerical))
        if not ratios or max(ratios) - min(ratios) > min(doubt, 1e-3) * abs(ratios[0]):
            return None
        return float(np.median(ratios))

    def _clipped(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Clipping by norm: the length of the reading stays, where that of the gradient changes."""
        ratio = self._common(evidence)
        if len(wrong) < len(evidence) or (ratio is not None and not 0 < ratio < 1):
            return {}
        with point.moved(NEAR) as elsewhere:
            if elsewhere is None:
                return {}
            value(point.objective)
            point.objective.redraw()
            both = [[a.values for a in analytic] for analytic in (point.analytic, self.read())]
        if self._same(*both):  # as that of a loss with straight pieces
            return {}
        here, there = ([float(np.linalg.norm(a)) for a in readings] for readings in both)
        together = math.isclose(math.hypot(*here), math.hypot(*there), rel_tol=1e-7)
        each = all(math.isclose(a, b, rel_tol=1e-7) for a, b in zip(here, there, strict=True))
        if not (together or each) or not any(here):
            return {}
        self.opaque = "clips the gradient"
        norm = max(here) if each else math.hypot(*here)
        self._not_plain(
            f"it clips the gradient to norm {norm:.4g}",
            "At another point the reading has the same norm.",
            "Switch the clipping off while checking; the step shows only the direction.",
        )
        if ratio is None:
            return {i: evidence[i].undecidable() for i in wrong}
        mended = {
            i: point.with_analytic(
                i, replace(point.analytic[i], values=point.analytic[i].values / ratio)
            )
            for i in wrong
        }
        return {
            i: e if e.verdict == "agrees" else evidence[i].undecidable() for i, e in mended.items()
        }

    def _cut(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """Clipping by value: several entries stand at one largest size, exactly."""
        if self._common(evidence) is not None:  # it is not all that is cut
            return {}
        sizes = np.concatenate([np.abs(a.values).ravel() for a in point.analytic])
        most = float(np.max(sizes, initial=0.0))
        floor = max(a.floor for a in point.analytic)
        least = most * (1 - 1e-9) - 4 * floor
        at_most = int(np.sum(sizes >= least))
        reach_it = [
            i for i in wrong if np.max(np.abs(point.analytic[i].values), initial=0.0) >= least
        ]
        only = [i for i in reach_it if self._only_cut_wrong(evidence[i], least)]
        # equal to the last digit in two blocks and more: no coincidence, whatever else is wrong
        cut = wrong if at_most > 2 and len(reach_it) > 1 else only
        if at_most < 2 or at_most == len(sizes) or len(cut) < len(wrong):
            return {}
        self.opaque = "clips the gradient"
        self._not_plain(
            f"it clips the entries of the gradient at {most:.4g}",
            f"{at_most} entries have exactly this size.",
            "Switch the clipping off while checking.",
        )
        return {i: evidence[i].undecidable() for i in cut}

    def _only_cut_wrong(self, evidence: Evidence, size: float) -> bool:
        wrong = [
            j
            for index, j in evidence.location.judged.items()
            if j.verdict == "disagrees" and abs(evidence.analytic.values[index]) < size
        ]
        shrunk = [
            j
            for index, j in evidence.location.judged.items()
            if j.verdict == "disagrees" and abs(j.numerical) < size
        ]
        return evidence.location.complete and not wrong and not shrunk

    def _factors(
        self, point: Point, evidence: dict[int, Evidence], wrong: list[int]
    ) -> dict[int, Evidence]:
        """One factor for all blocks: the rate that was passed is not that of the step."""
        ratio = self._common(evidence)
        if ratio is None or len(wrong) < sum(1 for a in point.analytic if np.any(a.values)):
            return {}
        rate = self.rate.value
        climbs = " It climbs the loss." if ratio < 0 else ""
        self.findings.append(
            Finding(
                kind="sign" if abs(ratio + 1) <= 1e-6 else "scale",
                sentence=f"lr: all gradients are {ratio:.6g} times the right ones; "
                f"lr={rate * ratio:.6g} would fit, got lr={rate:g}.{climbs}",
                evidence="One common factor in all blocks.",
                advice="Pass the rate that the step really uses. If it is the one you passed, the "
                "gradient lacks a factor: a mean where the loss has a sum, 1/2, 1/N, or a sign.",
            )
        )
        return {}


def _eps(block: Parameter) -> float:
    """Of what the user holds: the copy that is checked may have more digits, not so their rate."""
    kind = getattr(block.held, "dtype", block.values.dtype)
    return float(np.finfo(kind if kind.kind == "f" else block.values.dtype).eps)


def _left_over(evidence: Evidence, values: Array) -> list[tuple[float, float, float]]:
    """What a reading has more than the slopes along directions and entries, beside the parameters.

    Each with the parameters along it, and the error.
    """
    rows = [
        (s.analytic - s.judgement.numerical, np.sum(values * s.direction), s.judgement.error)
        for s in evidence.slopes
    ]
    rows += [
        (evidence.analytic.values[index] - j.numerical, values[index], j.error)
        for index, j in evidence.location.judged.items()
    ]
    told = [(float(left), float(along), float(error)) for left, along, error in rows]
    return [row for row in told if row[1] and all(map(math.isfinite, row))]


def _common_ratio(first: list[Array], second: list[Array], third: list[Array]) -> float | None:
    """The factor by which the differences of three readings shrink, if it is one for all."""
    early = np.concatenate([(b - a).ravel() for a, b in zip(first, second, strict=True)])
    late = np.concatenate([(c - b).ravel() for b, c in zip(second, third, strict=True)])
    square = float(early @ early)
    if not square:
        return None
    ratio = float(early @ late) / square
    rest = float(np.linalg.norm(late - ratio * early))
    return ratio if rest <= 1e-5 * float(np.linalg.norm(early)) else None


def _factor(one: Sequence[Array], other: Sequence[Array]) -> float | None:
    """The factor that turns one reading into the other, if it is one for all entries."""
    a, b = (np.concatenate([reading.ravel() for reading in readings]) for readings in (one, other))
    square = float(a @ a)
    if not square or not math.isfinite(square):
        return None
    factor = float(a @ b) / square
    return factor if np.linalg.norm(b - factor * a) <= 1e-6 * np.linalg.norm(b) else None


def _one_size(readings: Sequence[Array], part: float = 1.0) -> bool:
    """Are entries, all or a part, of the largest size, but for those that are zero?"""
    sizes = np.concatenate([np.abs(reading).ravel() for reading in readings])
    sizes = sizes[sizes > 0]
    return len(sizes) >= 4 and _part_of_one_size(sizes) >= part


def _some_agree(evidence: dict[int, Evidence]) -> bool:
    """Is a gradient right that is none by chance? Then it is the gradient that the step shows."""
    agreeing = (e for e in evidence.values() if e.verdict == "agrees")
    return any(e.analytic.values.size > 1 and np.any(e.analytic.values) for e in agreeing)


def _part_of_one_size(sizes: Array) -> float:
    return float(np.mean(sizes >= 0.98 * np.max(sizes)))


def _is_multiple(one: Array, other: Array) -> bool:
    a, b = one.ravel(), other.ravel()
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return bool(norms) and abs(float(a @ b)) > (1 - 1e-6) * norms


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
