"""The kinds of mistake, a row each: what it looks like, why it happens, code, how it is recognised.

Rows stand in the order in which they are believed, where several explain the same numbers. A new
kind is a row in the file that it is akin to, and its name below.
"""

from __future__ import annotations

from . import activation, factor, indexing, layers, loss, missing, operand, reduction, time
from .row import Kind, Line, Shown

__all__ = ["KINDS", "LINES", "Kind", "Line", "Shown", "to_markdown"]

_ROWS = (
    factor.SIGN,
    factor.SCALE,
    activation.MISSING_ACTIVATION_DERIVATIVE,
    loss.SOFTMAX_JACOBIAN,
    activation.ACTIVATION_DERIVATIVE_AT_WRONG_VALUE,
    loss.LOSS_GRADIENT,
    activation.WRONG_ACTIVATION_DERIVATIVE,
    missing.MISSING_GRADIENT,
    operand.RAW_ERROR_PROPAGATED,
    operand.TRANSPOSE,
    missing.MISSING_TERM,
    missing.REGULARISER,
    operand.WRONG_OPERAND,
    operand.UPDATED_WEIGHTS_USED,
    operand.SWAPPED_GRADIENTS,
    operand.ALIASING,
    reduction.BIAS_REDUCTION,
    reduction.EARLY_REDUCTION,
    missing.ACCUMULATION,
    indexing.INDEXING,
    missing.STALE_BUFFER,
    layers.DROPOUT_MASK,
    time.RECURRENCE,
    layers.SCATTER,
    layers.NORMALISATION,
    layers.SHAPE,
    layers.UNKNOWN,
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ROWS}

_RIGHT = (
    Line("start", "", "", lambda s, k: s.net.factor * s.net.loss.cotangent(s.A[-1], s.T)),
    Line("skip", "", "", missing.with_skip),
    Line("behind", "", "", layers.behind),
    Line("carry", "", "", time.carried),
    Line("through", "", "", lambda s, k: s.f(k).pull_back(s.dF[k], s.Z[k], s.F[k])),
    Line("norm", "", "", layers.normalised),
    Line("down", "", "", lambda s, k: s.dZ[k] @ s.W[k].T),
    Line("weight", "", "", lambda s, k: s.A[k].T @ s.dZ[k] + s.decay(k)),
    Line("bias", "", "", lambda s, k: s.dZ[k].sum(axis=0)),
    Line("gain", "", "", layers.gain),
    Line("shift", "", "", lambda s, k: s.dN[k].sum(axis=0)),
    Line("recurrent", "", "", time.recurrent),
    Line("scatter", "", "", layers.scattered),
)

# What each step of a backward pass may compute: the right line first, then the wrong ones.
LINES: dict[str, list[Line]] = {
    right.step: [right, *(x for kind in _ROWS for x in kind.lines if x.step == right.step)]
    for right in _RIGHT
}


def to_markdown() -> str:
    """docs/kinds.md: every kind under the same headings."""
    page = ["# Kinds of mistake", ""]
    page += ["Written by `python -m gradcheck.kinds`; the table is gradcheck/kinds/.", ""]
    for kind in KINDS.values():
        page += [f"## {kind.name}", "", f"**What it looks like.** {kind.looks}", ""]
        page += [f"**Why it happens.** {kind.why}", ""]
        for title, code in (("Wrong", kind.wrong), ("Right", kind.right)):
            if code:
                page += [f"**{title}**", "", "```python", *code.split(";  "), "```", ""]
        page += [f"**What to do.** {kind.advice}", ""]
    return "\n".join(page)
