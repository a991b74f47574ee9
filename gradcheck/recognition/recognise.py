"""The net behind the loss, recognised by its numbers.

Where inputs and targets are in reach, the loss of a stack of layers can be computed anew from them
and the parameters, for every usual activation, output and loss. One that gives the user's loss to
the last digits at the given parameters and at moved ones *is* the user's net: then activations and
cotangents of each sample are known, and with them what each line of a backward pass should compute.

Many guesses are made at once, at few points; the few that may fit are held against all.

Cost    4 evaluations of the loss when data of fitting shapes is in reach, else none
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..point import Point
from ..tree import Array
from .activations import ACTIVATIONS, IDENTITY, Activation
from .chain import Net, Pass
from .context import Context
from .layout import Layout
from .losses import OUTPUTS, WITH_LOGARITHM, Loss
from .plans import Plan, plans

POINTS = 4  # moved points at which the loss must be met
FEW = 3  # points at which guesses are sorted out
DISTANCE = 0.4  # how far they lie, in units of the size of a block
NEARLY = 1e-6  # the same, where a small number may stand in a logarithm
EXACT = 1e-9  # relative: rounding of a sum, far below any other loss
ALL_WORK = 2e8  # nanoseconds or so, for guesses with equal hidden layers and as many for mixed
OVERHEAD = 2e6  # for each array of targets, however small
PER_STACK = 1.5e5
MOST_WORK = 2e8  # multiplications that one guess may cost: samples times weights
MOST_AT_ONCE = 2e7  # of one go
MOST_MIXED = 150  # ways to give the hidden layers different activations

Stack = tuple[Activation, ...]  # of the hidden layers
USED = tuple(dict.fromkeys(output for (output, _), *_ in OUTPUTS))


def recognise(point: Point, layers: Sequence[Sequence[int]] | None, context: Context) -> Net | None:
    """The net behind the loss, if it is a stack of layers and its data is in reach.

    layers   of the blocks, as their names tell; other orders are tried where the sizes chain
    """
    shapes = [block.shape for block in point.blocks]
    every = plans(shapes, layers, context)
    if not every:
        return None
    losses, places = _sampled(point)
    if len(losses) < 4:
        return None
    exact = max(EXACT, 100 * point.noise.sigma / max(abs(point.noise.loss), 1e-300))
    judge = _Judge(losses, places, exact)
    most = max(ALL_WORK, 4 * _work(every[0]))  # in a large net, one plan with usual activations
    with np.errstate(all="ignore"):
        for stacks in (_equal, _mixed):
            work = 0.0
            for plan, some in _goes(every, stacks):
                work += OVERHEAD * len(plan.targets) + len(some) * _work(plan)
                found = judge.first(plan.net, plan.targets, some)
                if found is not None:
                    return found
                if work > most:
                    break
    return None


def _goes(
    every: Sequence[Plan], stacks: Callable[[int], Iterator[Stack]]
) -> Iterator[tuple[Plan, list[Stack]]]:
    """Plans with as many stacks of activations as are tried in one go."""
    for plan in every:
        if len(plan.net.X) * plan.net.layout.size > MOST_WORK:
            continue
        several = list(stacks(plan.net.depth - 1))
        width = max(1, int(MOST_AT_ONCE / _work(plan)))
        for at in range(0, len(several), width):
            yield plan, several[at : at + width]


def _work(plan: Plan) -> float:
    """Nanoseconds for one stack of activations, or so."""
    net = plan.net
    products, units = 0.5 * net.layout.size, 10 * sum(net.units)
    outputs = 10 * len(OUTPUTS) * sum(T.size for T in plan.targets)
    return PER_STACK + FEW * (len(net.X) * (products + units) + outputs)


def _equal(hidden: int) -> Iterator[Stack]:
    for activation in ACTIVATIONS[: 99 if hidden else 1]:
        yield (activation,) * hidden


def _mixed(hidden: int) -> Iterator[Stack]:
    if 1 < hidden <= 3:
        several = int(MOST_MIXED ** (1 / hidden))
        for mixed in itertools.product(ACTIVATIONS[:several], repeat=hidden):
            if len(set(mixed)) > 1:
                yield mixed


def _sampled(point: Point) -> tuple[Array, list[Array]]:
    """The loss at the given parameters and at some moved ones; each block's values there."""
    losses = [point.noise.loss]
    places = [[np.array(block.values, dtype=float) for block in point.blocks]]
    for _ in range(POINTS):
        with point.moved(DISTANCE) as there:
            if there is not None:
                losses.append(there.noise.loss)
                places.append([np.array(block.values, dtype=float) for block in point.blocks])
    return np.array(losses), [np.stack(block) for block in zip(*places, strict=True)]


class _Judge:
    """Does a guess give the user's loss at every place, but for a factor and an l2 term?"""

    def __init__(self, losses: Array, places: list[Array], exact: float) -> None:
        self.losses, self.places, self.exact = losses, places, exact
        self.bounds = np.array([self.bound(loss) for (_, loss), *_ in OUTPUTS])
        self.opened: dict[Layout, list[Array]] = {}

    def bound(self, loss: Loss) -> float:
        return max(self.exact, NEARLY) if loss in WITH_LOGARITHM else self.exact

    def first(self, net: Net, targets: Sequence[Array], stacks: Sequence[Stack]) -> Net | None:
        """The first of several guesses that does."""
        if net.layout not in self.opened:
            self.opened = {net.layout: net.layout.open(self.places)}
        arrays = self.opened[net.layout]
        squares = np.sum([(arrays[i] ** 2).sum(axis=(-2, -1)) for i in net.matrices()], axis=0)
        logits = _logits(net, [array[:FEW] for array in arrays], stacks)
        outputs = np.stack([output.function(logits) for output in USED])
        for T in targets:
            rows = [k for k in range(len(OUTPUTS)) if OUTPUTS[k][0][1].takes(T)]
            sums = np.full((len(OUTPUTS), *logits.shape[:2]), np.nan)
            for loss in dict.fromkeys(OUTPUTS[k][0][1] for k in rows):
                mine = [k for k in rows if OUTPUTS[k][0][1] is loss]
                by = [USED.index(OUTPUTS[k][0][0]) for k in mine]
                sums[mine] = loss.value(outputs[by], T)
            likely = self.likely(np.moveaxis(sums, 0, 1), squares)
            for g, k in np.argwhere(likely[0] | likely[1]):
                (output, loss), *others = OUTPUTS[k]
                guess = replace(net, T=T, hidden=stacks[g], output=output, loss=loss)
                for with_squares in (False, True):
                    if likely[int(with_squares)][g, k]:
                        found = self.exactly(guess, arrays, squares if with_squares else None)
                        if found is not None:
                            return replace(found, others=tuple(others))
        return None

    def likely(self, sums: Array, squares: Array) -> list[Array]:
        """Could the losses be a multiple of the sums, (guesses, outputs, places)? With squares?"""
        losses, squares = self.losses[:FEW], squares[:FEW]
        bound = 10 * self.bounds * np.max(np.abs(losses))
        alone = np.max(np.abs(_without(losses, sums)), axis=-1) <= bound
        rest, own = _without(losses, squares), _without(sums, squares)
        both = np.max(np.abs(_without(rest, own)), axis=-1) <= bound
        return [alone, both]

    def exactly(self, net: Net, arrays: list[Array], squares: Array | None) -> Net | None:
        sums = net.loss.value(net.forward(arrays).A[-1], net.T)
        A = np.stack([sums] if squares is None else [sums, squares], axis=1)
        if not np.all(np.isfinite(A)):
            return None
        found, _, rank, _ = np.linalg.lstsq(A, self.losses, rcond=1e-12)
        off = np.max(np.abs(A @ found - self.losses)) / np.max(np.abs(self.losses))
        if rank < A.shape[1] or off > self.bound(net.loss) or found[0] <= 0:
            return None
        nearly = bool(off > self.exact)
        digits = max(1e-5 if nearly else 1e-7, min(self.exact, 1e-3))  # a rounded loss has fewer
        decay = 2 * _short(float(found[1]), digits) if rank > 1 else 0.0
        factor = _whole(float(found[0]), net.T.size, digits)
        return replace(net, factor=factor, decay=decay, nearly=nearly)


def _logits(net: Net, arrays: Sequence[Array], stacks: Sequence[Stack]) -> Array:
    """What meets the output activation, for each stack: layers that they share are run once."""
    known: dict[Stack, Pass] = {(): net.enter(arrays)}
    tops = []
    for stack in stacks:
        for k in range(len(stack)):
            if stack[: k + 1] not in known:
                known[stack[: k + 1]] = net.grow(known[stack[:k]], arrays, stack[k])
        tops.append(net.grow(known[stack], arrays, IDENTITY).Z[-1])
    return np.stack(tops)


def _without(values: Array, part: Array) -> Array:
    """What is left of values, (..., places), when the best multiple of a part is taken off."""
    share = np.sum(values * part, axis=-1, keepdims=True)
    left: Array = values - share / np.sum(part * part, axis=-1, keepdims=True) * part
    return left


def _short(value: float, digits: float) -> float:
    """The short decimal meant, if there is one."""
    short = float(f"{value:.4g}") if digits > 1e-6 else float(f"{value:.5g}")
    return short if abs(short - value) <= 10 * digits * abs(value) else value


def _whole(value: float, size: int, digits: float) -> float:
    """1 / 12 rather than 0.08333333333: the constants of a loss are ratios of small numbers."""
    for unit in (value, 2 * value, value * size, 2 * value * size):
        scale = unit / value
        if round(unit) and abs(unit - round(unit)) <= digits * unit:
            return round(unit) / scale
    inverse = 1 / value
    if round(inverse) and abs(inverse - round(inverse)) <= digits * inverse:
        return 1 / round(inverse)
    return _short(value, digits)
