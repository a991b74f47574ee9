"""Something is not there: a gradient, a term, a penalty; or it is there too often."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from ..suspect import Repair, Scene, Suspect
from .row import Kind, Line, Shown, square


def all_zeros(_: Scene, s: Suspect) -> Iterator[Shown]:
    if not np.any(s.g) and np.any(np.abs(s.t) > s.error):
        says = "is zero everywhere; the loss does depend on it"
        yield Shown("missing-gradient", says, s.largest(), lambda there: not np.any(there.g))


def _missing_gradient_lines() -> Iterator[Line]:
    yield Line(
        "down",
        "missing-gradient",
        "nothing is passed down",
        lambda s, k: np.zeros_like(s.A[k]),
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


def _missing_term_lines() -> Iterator[Line]:
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
    """Right but for a multiple of the parameter itself."""
    if not np.any(s.W):
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
    if s.size < 3 and not named:
        return
    told_c = f"{abs(c):.6g}" + (f" ({named.lstrip('-')})" if named else "")
    what = f"lacks {told_c} times {s.name}" if c > 0 else f"has {told_c} times {s.name} too much"
    yield Repair(
        "regulariser",
        f"{what}, as of a penalty on the squares of the parameters",
        lambda grads, params: grads[s.i] + c * params[s.i],
        assumes=1,
    )


REGULARISER = Kind(
    "regulariser",
    "The error is a multiple of the parameter itself.",
    "The penalty stands in the loss or in the gradient only, or with another constant.",
    "loss += l2 / 2 * (W**2).sum();  dW = A.T @ dZ",
    "loss += l2 / 2 * (W**2).sum();  dW = A.T @ dZ + l2 * W",
    "Put the penalty into the loss, its derivative into the gradient, for the same parameters.",
    repairs=(regulariser,),
)


ACCUMULATION = Kind(
    "accumulation",
    "A second call gives twice the gradient.",
    "+= into an array that is not cleared between calls.",
    "self.dW += A.T @ dZ",
    "self.dW = A.T @ dZ",
    "Clear the gradient before each backward pass (= instead of +=).",
)


STALE_BUFFER = Kind(
    "stale-buffer",
    "Right in the first call, wrong in the next at other parameters.",
    "A cache, a buffer or a counter of an earlier call is read again.",
    "if self.A is None: self.A = A",
    "self.A = A",
    "Refresh every cache in the forward pass.",
)
