"""Right gradients, and the loss is bad all the same: what is visible of the reasons from here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..gradients import Analytic
from ..numerical import Noise, along
from ..objective import Line, Objective
from ..pieces import rms
from ..tree import Array, Parameter

if TYPE_CHECKING:
    from ..recognition.chain import Net

LITTLE = 1e-3  # of the parameters' size: a unit that is dead stays so
SHORTER = (0.1, 0.01, 0.001)  # of the learning rate: is one of these short enough?
LONGER = 1000.0  # a step so many times as long, and still no curve: the rate is far too small
FLAT = 1e-4  # of the steepest slope of an activation: here nothing is learned any more
MOST_FLAT = 0.8  # of the values of a layer: fewer are no reason for a remark
MANY_OUTPUTS = 0.5  # of the outputs: these are wrong as well
FAR = 0.5  # between an output and its target
UNEVEN = 100.0  # between the largest and the smallest column of the inputs, or of all of them to 1
PROPORTIONAL = 0.9  # of what the slope promises: the loss still falls in proportion to the step


def equal_units(blocks: Sequence[Parameter], analytic: Sequence[Analytic]) -> list[str]:
    """Layers whose units are equal and will stay so."""
    matrices = [i for i, block in enumerate(blocks) if len(block.shape) == 2]
    several = len(matrices) > 1
    alike = [blocks[i].name for i in matrices if several and _units_alike(blocks[i], analytic[i])]
    if not alike:
        return []
    names = alike[0] if len(alike) == 1 else f"{', '.join(alike[:-1])} and {alike[-1]}"
    told = f"{names}: all units of the layer are equal, and so are their gradients: training keeps "
    return [told + "them equal. Start from small random weights."]


def _units_alike(block: Parameter, gradient: Analytic) -> bool:
    """Do all units have the same weights, and learn the same?"""
    return any(
        n > 1
        and np.array_equal(block.values.take(0, axis), block.values.take(-1, axis))  # mostly not
        and bool(np.all(np.ptp(block.values, axis=axis) == 0))
        and bool(np.all(np.ptp(gradient.values, axis=axis) <= 1e-12 * gradient.largest))
        for axis, n in enumerate(block.shape)
    )


def right_at(points: int) -> str:
    """To stand behind the remarks on a check where every block agrees."""
    places = "this point" if points == 1 else f"{points} points"
    return (
        f"The gradients are right at {places}: where training fails all the same, look elsewhere, "
        "at the data, the start, the learning rate, the update."
    )


def own_rounding(names: Sequence[str]) -> list[str]:
    """Blocks of which the gradient itself is known to few digits."""
    if not names:
        return []
    few = f"{', '.join(names[:6])}{', ...' * (len(names) > 6)}"
    told = "off by its own rounding, as of float32 or of digits that cancel, which is no mistake."
    return [f"{few}: the gradient is {told}"]


def dead_units(
    objective: Objective, blocks: Sequence[Parameter], analytic: Sequence[Analytic]
) -> list[str]:
    """Layers of which half the units or more get no gradient at all, from any sample.

    Told by the bias: its entries are exactly zero, and the loss does not move with them. The
    weights of one unit above, which show the same zeros, are not told beside it.

    Cost    3 evaluations for each block with such entries
    """
    told: dict[bytes, str] = {}
    for block, gradient in zip(blocks, analytic, strict=True):
        if gradient.misfit or block.size < 3 or block.size != max(block.shape, default=1):
            continue
        zero = gradient.values == 0
        dead = int(np.sum(zero))
        if dead < block.size / 2:
            continue
        if dead < block.size and _looked_up(zero.ravel(), analytic):
            continue
        line = Line(objective, [(block, zero * (rms(block.values) or 1.0))])
        if len({loss for loss, _ in along(line, [0.0, LITTLE, -LITTLE])}) > 1:
            continue  # zero is the slope here, as of a square
        if dead == block.size:
            says = (
                f"{block.name}: every gradient is exactly zero, from all samples: the loss does "
                "not use this here, or gets it times zero, as from units that are never on (dead, "
                "as of a relu)."
            )
        else:
            says = (
                f"{block.name}: {dead} of {block.size} units get a gradient of exactly zero "
                "from all samples: dead, as units of a relu that is never on. They learn nothing "
                "from these data."
            )
        pattern = zero.tobytes()
        if pattern not in told or len(block.shape) == 1:
            told[pattern] = says
    return list(told.values())


def _looked_up(zero: Array, analytic: Sequence[Analytic]) -> bool:
    """Are these rows of a table, of which few samples need few, and no units?

    A unit that is dead has no gradient in the weights below it nor in those above: one of them
    holds it in its rows, one in its columns.
    """
    matrices = [a.values for a in analytic if a.values.ndim == 2 and min(a.values.shape) > 1]
    rows, columns = (
        any(
            m.shape[axis] == zero.size and np.array_equal(np.all(m == 0, axis=1 - axis), zero)
            for m in matrices
        )
        for axis in (0, 1)
    )
    return rows and not columns


def of_net(net: Net, params: Sequence[Array]) -> list[str]:
    """What is visible of a recognised net: saturated activations, inputs of uneven size."""
    told = []
    done = net.forward(net.layout.open(params))
    for k in range(net.depth):
        activation = net.activation(k)
        if activation.name not in ("sigmoid", "tanh"):
            continue
        steepest = 0.25 if activation.name == "sigmoid" else 1.0
        flat = np.abs(activation.slope(done.Z[k])) < FLAT * steepest
        if k == net.depth - 1:  # those that are where they should be need no gradient
            flat &= np.abs(done.F[k] - net.T) > FAR
        share = float(np.mean(flat))
        if share >= (MANY_OUTPUTS if k == net.depth - 1 else MOST_FLAT):
            which = "The outputs are" if k == net.depth - 1 else f"Layer {k + 1} is"
            far = ", far from their targets" if k == net.depth - 1 else ""
            told.append(
                f"{which} saturated: {share:.0%} of the values of the {activation.name} lie where "
                f"it is flat{far}, and hardly any gradient passes. Start from smaller weights, or "
                "scale the inputs."
            )
    if net.table is None:
        sizes = np.sqrt(np.mean(net.X**2, axis=0))
        sizes = sizes[sizes > 0]
        if len(sizes) and (np.max(sizes) > UNEVEN * np.min(sizes) or np.min(sizes) > UNEVEN):
            told.append(
                f"The inputs are not scaled: the columns are of size {np.min(sizes):.3g} to "
                f"{np.max(sizes):.3g}. Subtract the mean and divide by the deviation of each."
            )
    return told


def pace(
    objective: Objective,
    blocks: Sequence[Parameter],
    analytic: Sequence[Analytic],
    noise: Noise,
    rate: float,
) -> list[str]:
    """Does a step of this learning rate lower the loss, and would a much longer one do better?

    Cost    2 evaluations; 2 to 4 where the step goes uphill
    """
    slope = sum(a.squares for a in analytic)
    if not slope or any(a.misfit for a in analytic):
        return []
    line = Line(objective, [(b, a.values) for b, a in zip(blocks, analytic, strict=True)])
    start, slack = noise.loss, 10 * noise.sigma
    after, _ = line(-rate)
    if not after <= start + slack:  # nan too
        told = f"from {start:.6g} to {after:.6g}" if math.isfinite(after) else "out of all bounds"
        what = f"A step of lr = {rate:g} takes the loss uphill, {told}, though the gradients are "
        shorter = next((f for f in SHORTER if line(-f * rate)[0] < start), None)
        if shorter is None:
            return [what + "right: the learning rate is far too large."]
        return [
            what + f"right: the learning rate is too large; {shorter * rate:g} lowers the loss."
        ]
    promised = LONGER * rate * slope
    far, _ = line(-LONGER * rate)
    if promised > 100 * slack and PROPORTIONAL * promised <= start - far <= promised / PROPORTIONAL:
        told = (
            f"A step of lr = {rate:g} lowers the loss by {rate * slope:.2g} of {start:.6g}; one "
            f"{LONGER:g} times as long still lowers it in proportion: the gradients are right, the "
            "learning rate is far too small."
        )
        return [told]
    return []
