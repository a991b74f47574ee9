"""What a step does is told by experiment, before anything is judged."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import tree
from ..gradients import bindings
from ..influence import live, value
from ..objective import Objective
from ..report import Finding
from ..tree import Array, Parameter
from .moves import Moves
from .readings import common_ratio, factor, is_multiple, listed, one_size

MOST = 0.75  # of the entries, for they move less where the gradient is about an epsilon
SIGNS = 0.99  # of the moves that are those of the gradients
FEW = 16  # entries: signs of fewer may be equal by chance
SPREAD = 2.0  # between factors of entries: momentum and decay do not spread so far, signs kept
NEAR = 0.01
STATE = "keeps a state from step to step"


def experiment(step: Moves, objective: Objective) -> None:
    """Is it plain descent? A second step that keeps its state, a third at another rate."""
    first, second = step.readings(objective, 2)
    adapts = one_size(first, MOST)
    if (adapts or not step.same(first, second)) and _takes_stored(step, objective, first, adapts):
        return
    if _draws(step, objective, first):
        return
    if step.rate.free:
        _other_rate(step, objective, first)
    if not step.same(first, second):
        step.beside = _others(step, objective)
        first, second = step.readings(objective, 2) if step.beside else (first, second)
    if step.same(first, second) or one_size(first):
        return
    if _scheduled(step, objective, first, second):
        return
    first, second, third, fourth = step.readings(objective, 4)
    ratio = common_ratio(first, second, third)
    again = common_ratio(second, third, fourth)
    if ratio is not None and (again is None or abs(ratio - again) > 1e-4):
        ratio = None  # momentum shrinks them by one factor, the steps of Adagrad by another
    if ratio is not None and abs(ratio - 1) < 1e-6:
        step.way.accumulates = True
        step.findings.append(
            Finding(
                kind="accumulation",
                sentence="Each step adds its gradient to that of the steps before.",
                evidence="Three steps from the same parameters move them by g, g + d, g + 2 d.",
                advice="Clear the gradient before each backward pass (= instead of +=).",
            )
        )
    elif ratio is not None and 0 < ratio < 1:
        step.way.momentum = ratio
        step.way.driven = step.differing(first, second)
        step.not_plain(
            f"momentum {ratio:.4g}",
            "Four steps from the same parameters, its state kept, move them by amounts "
            "whose differences shrink by that factor.",
            "The gradient was read from two steps: the second, less that factor of the first.",
        )
    else:
        step.opaque = STATE
        step.not_plain(
            "it keeps a state that changes the next step",
            "Two steps from the same parameters and random numbers move them differently.",
            "Pass a step of plain gradient descent on one fixed batch, or grads=... .",
        )


def _takes_stored(step: Moves, objective: Objective, first: list[Array], adapts: bool) -> bool:
    """Do gradients lie beside the parameters that have the signs of all moves, not their size?

    As a first step of Adam or RMSprop leaves them, or a later one of Adagrad, which divides each
    entry by a number of its own. Cost: 1 evaluation and step

    adapts  are most moves of one size?
    """
    if not step.by_loss:
        value(objective)
    objective.redraw()
    stored = step.left_by_step()
    if stored is None or step.same(first, [a.values for a in stored]):
        return False
    pairs = zip(first, (a.values for a in stored), strict=True)
    a, b = (np.concatenate([x.ravel() for x in side]) for side in zip(*pairs, strict=True))
    both = (a != 0) & (b != 0)
    if not both.any() or np.mean(np.sign(a[both]) == np.sign(b[both])) < SIGNS:
        return False
    low, high = np.quantile(a[both] / b[both], (0.1, 0.9))
    if not (adapts or (np.count_nonzero(both) >= FEW and high > SPREAD * low > 0)):
        return False
    step.way.stored_are_read = True
    how = "moves entries by one amount, as Adam does" if adapts else "scales each entry by its own"
    step.notes.append(
        f"The step does not show its gradients, but {how}; those that it leaves stored beside the "
        "parameters were checked instead."
    )
    return True


def _draws(step: Moves, objective: Objective, first: list[Array]) -> bool:
    """Do other random numbers give another reading, and the same loss?"""
    if not step.drew or step.by_loss or objective() != objective():
        return False
    step.snapshot.restore(only_random=True)
    step.moves(step.rate.value, put_back_random=False)
    second = [move / step.rate.value for move in step.moves(step.rate.value)]
    if step.same(first, second):
        return False
    step.opaque = "draws random numbers that the loss does not draw"
    step.not_plain(
        "it draws random numbers that the loss does not draw (a random minibatch, dropout)",
        "Two steps from the same parameters, with other draws, move them differently; the "
        "loss stays the same.",
        "Let the step train on one fixed batch, and the loss be of that batch.",
    )
    return True


def _scheduled(step: Moves, objective: Objective, first: list[Array], second: list[Array]) -> bool:
    """Does the rate change from step to step? Then so does the length of the reading alone.

    A step that follows one from other parameters tells: a schedule knows nothing of those,
    momentum and gradients that are added up remember them.
    Cost    3 evaluations and steps
    """
    ratio = factor(first, second)
    if not ratio:
        return False
    homes = [block.values.copy() for block in step.blocks]
    _shift(step, homes, NEAR)
    (alone,) = step.readings(objective, 1)
    _shift(step, homes, 0.0)
    value(objective)
    step.moves(step.rate.value, restore=False)
    _shift(step, homes, NEAR)
    (after,) = step.readings(objective, 1)
    _shift(step, homes, 0.0)
    if not step.same([ratio * a for a in alone], after) or step.same(after, second):
        return False
    step.notes.append(
        f"The rate of the step changes from step to step (the second has {ratio:.6g} times "
        "that of the first): lr is taken for that of the first."
    )
    return True


def _shift(step: Moves, homes: Sequence[Array], by: float) -> None:
    """Move the parameters from where they were, by this part of their size."""
    for block, home in zip(step.blocks, homes, strict=True):
        block.values[...] = home + by * np.sqrt(np.mean(home**2) or 1.0)
        block.publish()


def _others(step: Moves, objective: Objective) -> list[Parameter]:
    """Parameters that were not asked for, and that the step trains as well.

    Cost    1 evaluation, and 1 a group of them where there are any; 1 step
    """
    mine = {id(block.held) for block in step.blocks}
    places = {slot.path for block in step.blocks for slot, _ in block.bound()}
    found: dict[Any, Parameter] = {}
    for name, slot in bindings(step.rate.step).items():
        for part in tree.leaves(slot, whole=True):
            leaf = part._replace(path=part.path or (name,))  # `live` tells groups by names
            is_number = isinstance(leaf.value, (float, int))  # two names may hold one number
            thing = leaf.slot.path if is_number else id(leaf.value)
            if id(leaf.value) in mine or leaf.slot.path in places or thing in found:
                continue
            with contextlib.suppress(TypeError, ValueError):
                take = tree.whole_block if tree.is_whole(leaf.value) else tree.parameter
                found[thing] = take(leaf)
    blocks, asked = list(found.values()), step.blocks
    step.blocks = [*asked, *blocks]
    try:
        value(objective)
        moves = step.moves(step.rate.value)[len(asked) :]
    finally:
        step.blocks = asked
    trained = [b for b, move in zip(blocks, moves, strict=True) if np.any(move)]
    whole = [block for block in trained if tree.is_whole(block.held)]
    for block in whole:
        block.turn_to_floats()
    alive = live(objective, trained)
    for block in whole:
        if block not in alive:
            block.release()
    return alive


def _other_rate(step: Moves, objective: Objective, first: list[Array]) -> None:
    """Does the reading depend on the rate? Then weights are changed before they are used."""
    rate = step.rate.value
    half = step.readings(objective, 1, rate / 2)[0]
    if all(np.allclose(h, 2 * f, rtol=1e-9, atol=0) for h, f in zip(half, first, strict=True)):
        step.rate.fix()  # the step has a rate of its own
        return
    if step.same(first, half):
        return
    quarter = step.readings(objective, 1, rate / 4)[0]
    changed, decayed = [], []
    for block, a, b, c in zip(step.blocks, first, half, quarter, strict=True):
        near, far = a - b, b - c
        size = float(np.linalg.norm(near))
        if size <= step.doubt(block, a, rate / 4) * math.sqrt(a.size):
            continue
        if np.linalg.norm(near - 2 * far) < 0.35 * size:
            changed.append(block.name)
        elif np.linalg.norm(far - 2 * near) < 0.1 * np.linalg.norm(far) and is_multiple(
            near, block.values
        ):
            decayed.append(block.name)
    if decayed:
        step.opaque = "shrinks the parameters as well"
        step.not_plain(
            "it shrinks the parameters by a part that does not depend on the rate",
            f"At half the rate the reading of {listed(decayed)} moves by a multiple of the "
            "parameters.",
            "Switch the weight decay off while checking.",
        )
    elif changed:
        step.findings.append(
            Finding(
                kind="updated-weights-used",
                sentence=f"The gradient of {listed(changed)} depends on the learning rate: "
                "some parameter is updated before it is used, or more than once in a step.",
                block=changed[0],
                evidence=f"Half the rate halves the difference (rates {rate:g}, {rate / 2:g}, "
                f"{rate / 4:g} compared).",
                advice="Compute all gradients first, then update all parameters.",
            )
        )
