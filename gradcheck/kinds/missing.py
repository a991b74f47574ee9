"""Something is not there: a gradient, a term, a penalty; or it is there too often."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..diagnosis.suspect import Repair, Scene, Suspect
from ..recognition.chain import State
from ..recognition.same import proportion
from ..tree import Array
from .row import Kind, Line, Shown, square
from .time import OVERWRITTEN


def all_zeros(_: Scene, s: Suspect) -> Iterator[Shown]:
    if not np.any(s.g) and np.any(np.abs(s.t) > s.error):
        says = "is zero everywhere; the loss does depend on it"
        yield Shown("missing-gradient", says, s.largest(), lambda there: not np.any(there.g))


def _missing_gradient_lines() -> Iterator[Line]:
    yield Line(
        "down",
        "missing-gradient",
        "nothing is passed down",
        lambda s, k: None if _skips_to(s, k) else np.zeros_like(s.A[k]),
    )


MISSING_GRADIENT = Kind(
    "missing-gradient",
    "The gradient is exactly zero, the loss depends on the parameter.",
    "A line is missing, an early return, an array of zeros never filled.",
    "db = np.zeros_like(b)",
    "db = dZ.sum(axis=0)",
    "Compute it, or find out where the zeros come from.",
    marks=(all_zeros,),
    lines=tuple(_missing_gradient_lines()),
)


def with_skip(s: State, k: int) -> Array:
    """The cotangent of what comes out of layer k, with what skip connections bring to it."""
    total: Array = s.dA[k] + s.skipped(k + 1)
    return total


def _skips_to(s: State, k: int) -> bool:
    """Does a skip connection start from what goes into layer k?"""
    return any(skip is not None and skip.source == k for skip in s.net.skips)


def _shared(s: State, k: int) -> bool:
    return len(s.net.layout.uses[s.net.W[k]]) > 1


def _missing_term_lines() -> Iterator[Line]:
    yield Line(
        "skip",
        "missing-term",
        "what comes by the skip connection is left out",
        lambda s, k: s.dA[k] if _skips_to(s, k + 1) else None,
    )
    yield Line(
        "down",
        "missing-term",
        "only the skip connection passes the cotangent down",
        lambda s, k: np.zeros_like(s.A[k]) if _skips_to(s, k) else None,
    )
    yield Line(
        "weight",
        "missing-term",
        "lacks the share of this use",
        lambda s, k: s.decay(k) if _shared(s, k) else None,
    )
    yield Line(
        "start",
        "missing-term",
        "starts with -t / y: the term of 1 - t is missing",
        lambda s, k: (
            -s.net.factor * s.T / s.A[-1] if s.net.loss.name == "binary cross-entropy" else None
        ),
    )
    yield Line(
        "start",
        "missing-term",
        "starts with (1 - t) / (1 - y): the term of t is missing",
        lambda s, k: (
            s.net.factor * (1 - s.T) / (1 - s.A[-1])
            if s.net.loss.name == "binary cross-entropy"
            else None
        ),
    )
    yield Line(
        "down",
        "missing-term",
        "the cotangent is passed down without the weights",
        lambda s, k: s.dZ[k] if square(s.W[k]) else None,
    )


MISSING_TERM = Kind(
    "missing-term",
    "Wrong from one layer down, or in a parameter that is used twice.",
    "A parameter or a layer acts on the loss by several ways, and only one is counted.",
    "dA = dZ_next",
    "dA = dZ_next @ W.T + dZ_skip",
    "Add the contributions of all uses.",
    lines=tuple(_missing_term_lines()),
)


def regulariser(scene: Scene, s: Suspect) -> Iterator[Repair]:
    """Right but for a multiple of the parameter itself; where all is one, a factor is wrong."""
    if not np.any(s.W) or (s.size > 1 and proportion(s.g, s.W)):
        return
    told, own = s.measure(s.g), s.measure(s.W)
    weight = s.weights
    square = float(np.sum((own * weight) ** 2))
    if not square:
        return
    c = float(np.sum((s.t - told) * own * weight**2)) / square
    error = float(np.min(s.error + 1e-10 * np.max(np.abs(s.t)))) / math.sqrt(square)
    if abs(c) <= 6 * error:
        return
    known = [(path, x) for path, x in scene.context.numbers if x and abs(c) > 3 * error]
    named = next(
        (
            f"{m}{path}"
            for path, x in known
            for m, f in (("", 1), ("2 ", 2), ("1/2 ", 0.5), ("-", -1), ("-2 ", -2), ("-1/2 ", -0.5))
            if abs(c - f * x) <= 3 * error + 1e-7 * abs(x)
        ),
        "",
    )
    off = np.abs(s.t - told) > 6 * s.error + 1e-9 * np.abs(s.t)
    if (s.size < 3 or np.count_nonzero(off) < 2) and not named:
        return
    told_c = f"{abs(c):.6g}" + (f" ({named.lstrip('-')})" if named else "")
    what = f"lacks {told_c} times {s.name}" if c > 0 else f"has {told_c} times {s.name} too much"
    yield Repair(
        "regulariser",
        f"{what}, as of a penalty on the squares of the parameters",
        lambda grads, params: grads[s.i] + c * params[s.i],
        assumes=1,
    )


def _with_penalty(s: State, k: int) -> Array | None:
    b = s.b[k]
    total: Array | None = None if b is None else s.dZ[k].sum(axis=0) + s.net.decay * b
    return total


def _penalised(s: State, k: int, times: float) -> Array | None:
    value: Array = s.A[k].T @ s.dZ[k] + times * s.decay(k)
    return value if s.net.decay else None


def _regulariser_lines() -> Iterator[Line]:
    yield Line(
        "weight",
        "regulariser",
        "lacks the derivative of the penalty on its squares",
        lambda s, k: s.A[k].T @ s.dZ[k] if s.net.decay else None,
    )
    for times, kind, words in (
        (0.5, "scale", "at half its size"),
        (2.0, "scale", "at twice its size"),
        (-1.0, "sign", "with the opposite sign"),
    ):
        for name, says in (
            ("regulariser", f"has its penalty {words}, unlike the loss"),
            (kind, f"adds the derivative of its penalty {words}"),
        ):
            yield Line("weight", name, says, lambda s, k, c=times: _penalised(s, k, c))  # type: ignore[misc]
    yield Line(
        "bias",
        "regulariser",
        "has the derivative of a penalty that the loss has on weights alone",
        lambda s, k: _with_penalty(s, k) if s.net.decay else None,
    )


REGULARISER = Kind(
    "regulariser",
    "The error is a multiple of the parameter itself.",
    "The penalty stands in the loss or in the gradient only, or with another constant.",
    "loss += l2 / 2 * (W**2).sum();  dW = A.T @ dZ",
    "loss += l2 / 2 * (W**2).sum();  dW = A.T @ dZ + l2 * W",
    "Put the penalty into the loss, its derivative into the gradient, for the same parameters.",
    repairs=(regulariser,),
    lines=tuple(_regulariser_lines()),
)


def _last_sample_lines() -> Iterator[Line]:
    says = "is that of the last sample alone: = where += is due, in a loop over the samples"
    yield Line(
        "weight",
        "accumulation",
        says,
        lambda s, k: s.A[k][-1:].T @ s.dZ[k][-1:] + s.decay(k) if s.net.steps == 1 else None,
    )
    yield Line(
        "bias",
        "accumulation",
        says,
        lambda s, k: s.dZ[k][-1] if s.net.steps == 1 else None,
    )


ACCUMULATION = Kind(
    "accumulation",
    "A second call gives twice the gradient; or the gradient is that of the last sample.",
    "+= into an array that is not cleared between calls; or = in a loop, where += is due.",
    "self.dW += A.T @ dZ",
    "self.dW = A.T @ dZ",
    "Clear the gradient before each backward pass, and add within it: = once, then +=.",
    lines=(*OVERWRITTEN, *_last_sample_lines()),
)


STALE_BUFFER = Kind(
    "stale-buffer",
    "Right in the first call, wrong in the next at other parameters.",
    "A cache, a buffer or a counter of an earlier call is read again.",
    "if self.A is None: self.A = A",
    "self.A = A",
    "Refresh every cache in the forward pass.",
)
