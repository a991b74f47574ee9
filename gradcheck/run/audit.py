"""Right gradients, wrong update: does the step of the loop go down along them?

What Adam or momentum make of a gradient is no multiple of it, but their first step goes down the
loss as well. What climbs, or stays where it is, is told; no verdict rests on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..descent import Moves
from ..gradients import Gradients
from ..objective import Objective
from ..state import Snapshot
from ..tree import Array, survey

UPHILL = -0.1  # cosine of gradient and descent
EXACT = 1e-6  # of a move, by which a multiple of the gradient may be off
SOME = 0.5  # of the entries that are moved as those of others: the rest may be cut


def audit(
    loss: Callable[..., Any],
    params: Any,
    grads: Any,
    step: Callable[..., Any],
    lr: Any = 1.0,
) -> tuple[str, ...]:
    """Sentences about blocks that a first step moves otherwise than down along their gradients.

    Cost    1 to 3 evaluations, 2 gradients, 1 step
    """
    snapshot = Snapshot({"params": params, "loss": loss, "grads": grads, "step": step})
    try:
        nest = survey(params, None)
        gradients = Gradients(grads, nest, partial=False)
        blocks = gradients.settle(Objective(loss, nest.box))
        snapshot.restore()
        right = [analytic.values for analytic in gradients.read()]
        snapshot.restore()
        mover = Moves(step, lr, nest, snapshot)
        mover.blocks = blocks
        moves = mover.moves(mover.rate.value)
    finally:
        snapshot.restore()
    pairs = zip(blocks, moves, right, strict=True)
    known = [(b.name, b.values, m, g) for b, m, g in pairs if m.shape == g.shape and np.any(g)]
    still = [name for name, _, move, _ in known if not np.any(move)]
    if len(still) == len(known):  # what it changes is another object
        return ()
    climbing = [name for name, _, move, gradient in known if _cosine(move, gradient) < UPHILL]
    rates = [rate for _, _, m, g in known if g.size > 1 and (rate := _rate(m, g)) is not None]
    other = [
        name
        for name, values, move, gradient in known
        if rates and name not in (*still, *climbing) and _is_other(values, move, gradient, rates)
    ]
    return tuple(_sentences(still, climbing, other, every=len(known)))


def _sentences(
    still: Sequence[str], climbing: Sequence[str], other: Sequence[str], every: int
) -> list[str]:
    told = []
    if climbing:
        whose = "Every update" if len(climbing) == every else f"The update of {', '.join(climbing)}"
        told.append(f"{whose} goes up the loss: along the gradient, not against it.")
    if still:
        told.append(f"The gradient of {', '.join(still)} is right and no update uses it.")
    if other:
        told.append(
            f"The update of {', '.join(other)} is no multiple of the gradient, as the others are."
        )
    return told


def _cosine(move: Array, gradient: Array) -> float:
    norms = float(np.linalg.norm(move) * np.linalg.norm(gradient))
    return float(np.sum(move * gradient)) / norms if norms else 0.0


def _rate(move: Array, gradient: Array) -> float | None:
    """The number by which the gradient is multiplied, if it is one and positive."""
    rate = float(np.sum(move * gradient) / np.sum(gradient**2))
    rest = float(np.max(np.abs(move - rate * gradient)))
    return rate if rate > 0 and rest <= EXACT * float(np.max(np.abs(move))) else None


def _is_other(values: Array, move: Array, gradient: Array, rates: Sequence[float]) -> bool:
    """Is it no multiple of the gradient, not even in part, nor with weight decay?"""
    if gradient.size < 2 or _rate(move, gradient) is not None:
        return False
    size = EXACT * float(np.max(np.abs(move)))
    if any(np.mean(np.abs(move - rate * gradient) <= size) >= SOME for rate in rates):
        return False
    table = np.stack([gradient.ravel(), values.ravel()], axis=1)
    c = np.linalg.lstsq(table, move.ravel(), rcond=None)[0]
    return bool(np.max(np.abs(table @ c - move.ravel())) > size)
