"""Layers of their own: dropout, recurrence, embedding, normalisation; and the rest."""

from __future__ import annotations

from ..suspect import Suspect
from .row import Kind

DROPOUT_MASK = Kind(
    "dropout-mask",
    "Wrong from the dropped layer down; right with dropout off.",
    "The backward pass lacks the mask, draws another, or forgets the division by the keep "
    "probability.",
    "A = A * mask / keep;  dA = dA * mask",
    "A = A * mask / keep;  dA = dA * mask / keep",
    "Do to the cotangent what the forward pass did to the activation.",
)


RECURRENCE = Kind(
    "recurrence",
    "A recurrent net is right for one time step and wrong for several.",
    "The cotangent from the next time step is dropped, overwritten or misplaced.",
    "dh = dy[t] @ Why.T",
    "dh = dy[t] @ Why.T + dh_next",
    "Add what comes from the output and what comes from the next step.",
)


SCATTER = Kind(
    "scatter",
    "Wrong only where an index occurs several times.",
    "dE[idx] += d adds once for each different index.",
    "dE[idx] += d",
    "np.add.at(dE, idx, d)",
    "Use np.add.at.",
)


NORMALISATION = Kind(
    "normalisation",
    "Wrong below a normalisation layer, right above it.",
    "Mean and variance depend on the input too, and those terms are missing.",
    "dx = dxhat / std",
    "dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std",
    "Differentiate through the mean and through the variance.",
)


def reshaped(s: Suspect) -> str:
    misfit = s.point.analytic[s.i].misfit
    other = misfit not in ("", "broadcast", "batch")
    turned = misfit == "transposed" and min(s.shape) > 1
    return "has the right numbers in the wrong shape" if other and not turned else ""


SHAPE = Kind(
    "shape",
    "The gradient does not have the shape of its parameter.",
    "A sum without keepdims, a missing transpose, a batch axis left over.",
    "db = dZ.sum(axis=0, keepdims=True)   # b has shape (n,)",
    "db = dZ.sum(axis=0)",
    "Return gradients in the shape of their parameters: an update would broadcast silently.",
    misfit=reshaped,
)


UNKNOWN = Kind(
    "unknown",
    "The gradient is wrong, and no correction that could be tried makes it right.",
    "A mistake that is not in this table, or several at once in one block.",
    "",
    "",
    "The origin is where to look; the evidence says what the error looks like.",
)
