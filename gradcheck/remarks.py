"""Right gradients, and the loss is bad all the same: what is visible of the reasons from here."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .gradients import Analytic
from .numerical import Noise
from .objective import Line, Objective
from .tree import Parameter

SHORTER = (0.1, 0.01, 0.001)  # of the learning rate: is one of these short enough?
LONGER = 1000.0  # a step so many times as long, and still no curve: the rate is far too small
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
        and bool(np.all(np.ptp(block.values, axis=axis) == 0))
        and bool(np.all(np.ptp(gradient.values, axis=axis) <= 1e-12 * gradient.largest))
        for axis, n in enumerate(block.shape)
    )


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
