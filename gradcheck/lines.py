"""Wrong lines of a backward pass, a row each: at which step, of which kind, what they compute.

State s holds what each sample did: s.A[k] goes into layer k and s.A[k + 1] comes out of it, s.Z[k]
lies between, s.dA[k] is the cotangent that the layer received, s.dZ[k] the same through its
activation. Rows of one step stand in the order in which they are believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .chain import ACTIVATIONS, IDENTITY, SOFTMAX, State
from .tree import Array

Step = Literal["start", "down", "through", "weight", "bias"]
Formula = Callable[[State, int], "Array | None"]  # None: does not apply


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it stands in the user's code.

    step   "start": cotangent of the outputs; "down": the cotangent that layer k passes to k - 1;
           "through": dZ from dA; "weight": dW; "bias": db
    kind   "" for the right line
    says   what it does, with {k} and {below} for the layers
    """

    step: Step
    kind: str
    says: str
    formula: Formula


def _averaged(array: Array) -> Array:
    mean: Array = array.mean(axis=0, keepdims=True)
    return mean


def _error(s: State) -> Array:
    return s.A[-1] - s.T


def _square(array: Array) -> bool:
    return bool(array.shape[0] == array.shape[1])


Constant = Callable[[State], float]

# y - t as it is written for other losses, with the constants that it is given
LEFT_OUT: tuple[tuple[str, Constant], ...] = (
    ("y - t", lambda s: s.net.factor),
    ("y - t over the number of samples", lambda s: 1 / s.N),
    ("y - t", lambda s: 1.0),
    ("2 (y - t) over the number of samples", lambda s: 2 / s.N),
    ("2 (y - t)", lambda s: 2.0),
)


def _rows() -> Iterator[Line]:
    c: Constant = lambda s: s.net.factor  # noqa: E731
    yield Line("start", "", "", lambda s, k: c(s) * s.net.loss.cotangent(s.A[-1], s.T))
    for words, factor in LEFT_OUT:
        yield Line(
            "start",
            "loss-gradient",
            f"starts with {words}: the cotangent of another loss than the one computed",
            lambda s, k, f=factor: f(s) * _error(s),  # type: ignore[misc]
        )
    yield Line(
        "start",
        "loss-gradient",
        "starts with the sign of y - t, the cotangent of the absolute error",
        lambda s, k: c(s) * np.sign(_error(s)),
    )
    yield Line(
        "start",
        "missing-term",
        "starts with -t / y: the term of 1 - t is missing",
        lambda s, k: -c(s) * s.T / s.A[-1] if s.net.loss.name == "binary cross-entropy" else None,
    )
    yield Line(
        "start",
        "missing-term",
        "starts with (1 - t) / (1 - y): the term of t is missing",
        lambda s, k: (
            c(s) * (1 - s.T) / (1 - s.A[-1]) if s.net.loss.name == "binary cross-entropy" else None
        ),
    )
    yield Line(
        "start",
        "early-reduction",
        "starts with the error averaged over the samples",
        lambda s, k: _averaged(s.net.loss.cotangent(s.A[-1], s.T)) * c(s) * s.N,
    )
    yield Line("through", "", "", lambda s, k: s.f(k).pull_back(s.dA[k], s.Z[k], s.A[k + 1]))
    yield Line(
        "through",
        "missing-activation-derivative",
        "the derivative of the activation is left out",
        lambda s, k: s.dA[k],
    )
    yield Line(
        "through",
        "softmax-jacobian",
        "only the diagonal of the softmax Jacobian is used",
        lambda s, k: s.dA[k] * s.slope(k) if s.f(k) is SOFTMAX else None,
    )
    yield Line(
        "through",
        "activation-derivative-at-wrong-value",
        "the derivative is taken at the activation, not at the pre-activation: activated twice",
        lambda s, k: s.dA[k] * s.f(k).slope(s.A[k + 1]),
    )
    yield Line(
        "through",
        "activation-derivative-at-wrong-value",
        "the formula for activations is given the pre-activation",
        lambda s, k: s.dA[k] * s.f(k).derivative(s.Z[k], s.Z[k]),
    )
    yield Line(
        "through",
        "activation-derivative-at-wrong-value",
        "the derivative is taken at the cotangent",
        lambda s, k: s.dA[k] * s.f(k).slope(s.dA[k]),
    )
    yield Line(
        "through",
        "wrong-activation-derivative",
        "the derivative is applied twice",
        lambda s, k: s.dA[k] * s.slope(k) ** 2,
    )
    yield Line(
        "through",
        "wrong-activation-derivative",
        "the derivative is 1 - a where 1 - a**2 is due",
        lambda s, k: s.dA[k] * (1 - s.A[k + 1]),
    )
    yield Line(
        "through",
        "wrong-activation-derivative",
        "the derivative is a where a (1 - a) is due",
        lambda s, k: s.dA[k] * s.A[k + 1],
    )
    for words, factor in LEFT_OUT:
        yield Line(
            "through",
            "loss-gradient",
            f"{words} is taken for the cotangent behind the activation, which is right only for "
            "cross-entropy with a sigmoid or softmax",
            lambda s, k, f=factor: f(s) * _error(s) if k == s.top else None,  # type: ignore[misc]
        )
    for other in ACTIVATIONS:
        if other is IDENTITY:  # the same as none
            continue
        yield Line(
            "through",
            "wrong-activation-derivative",
            f"the derivative is that of {other.name}; the activation is {{activation}}",
            lambda s, k, f=other: _times(s, k, f.derivative(s.Z[k], s.A[k + 1])),  # type: ignore[misc]
        )
        yield Line(
            "through",
            "wrong-activation-derivative",
            f"the derivative is that of {other.name}; the activation is {{activation}}",
            lambda s, k, f=other: _times(s, k, f.slope(s.Z[k])),  # type: ignore[misc]
        )
    yield Line(
        "through",
        "early-reduction",
        "the cotangent is averaged over the samples before it meets the derivative",
        lambda s, k: s.dA[k].mean(axis=0) * s.slope(k),
    )
    yield Line(
        "through",
        "early-reduction",
        "the cotangent is summed over the samples before it meets the derivative",
        lambda s, k: s.dA[k].sum(axis=0) * s.slope(k),
    )
    yield Line(
        "through",
        "early-reduction",
        "the derivative is averaged over the samples before it meets the cotangent",
        lambda s, k: s.dA[k] * _averaged(s.slope(k)),
    )

    yield Line("down", "", "", lambda s, k: s.dZ[k] @ s.W[k].T)
    yield Line(
        "down",
        "missing-gradient",
        "nothing is passed down",
        lambda s, k: np.zeros_like(s.A[k]),
    )
    yield Line(
        "down",
        "raw-error-propagated",
        "the error is passed down before the derivative of the activation is applied",
        lambda s, k: s.dA[k] @ s.W[k].T,
    )
    yield Line(
        "down",
        "transpose",
        "the cotangent is passed down through the weights, not through their transpose",
        lambda s, k: s.dZ[k] @ s.W[k] if _square(s.W[k]) else None,
    )
    yield Line(
        "down",
        "transpose",
        "the cotangent is passed down through the weights reshaped, not transposed",
        lambda s, k: s.dZ[k] @ s.W[k].reshape(s.W[k].shape[::-1]),
    )
    yield Line(
        "down",
        "missing-term",
        "the cotangent is passed down without the weights",
        lambda s, k: s.dZ[k] if _square(s.W[k]) else None,
    )
    for away in (1, -1, 2, -2, 3, -3):
        yield Line(
            "down",
            "wrong-operand",
            "the cotangent is passed down through the weights of another layer",
            lambda s, k, d=away: (  # type: ignore[misc]
                s.dZ[k] @ s.W[k + d].T
                if 0 <= k + d <= s.top and s.W[k + d].shape == s.W[k].shape
                else None
            ),
        )
    yield Line(
        "down",
        "updated-weights-used",
        "the cotangent is passed down through weights that are updated already",
        lambda s, k: s.dZ[k] @ (s.W[k] - s.rate * s.given[k]).T if s.rate else None,
    )
    yield Line(
        "down",
        "early-reduction",
        "the cotangent is summed over the units before it is passed down",
        lambda s, k: (s.dZ[k] @ s.W[k].T).sum(axis=1, keepdims=True),
    )

    yield Line("bias", "", "", lambda s, k: s.dZ[k].sum(axis=0))

    decay: Formula = lambda s, k: s.net.decay * s.W[k]  # noqa: E731
    yield Line("weight", "", "", lambda s, k: s.A[k].T @ s.dZ[k] + decay(s, k))
    yield Line(
        "weight",
        "missing-activation-derivative",
        "uses the cotangent before the derivative of the activation",
        lambda s, k: s.A[k].T @ s.dA[k] + decay(s, k),
    )
    for words, operand in (
        ("the layer's own activation", lambda s, k: s.A[k + 1]),
        ("the pre-activation of the layer below", lambda s, k: s.Z[k - 1] if k else None),
    ):
        yield Line(
            "weight",
            "wrong-operand",
            f"uses {words} where the input of the layer is due",
            lambda s, k, of=operand: _product(of(s, k), s.dZ[k], s, k),  # type: ignore[misc]
        )
    for away in (-1, 1, -2, 2, -3, 3):
        yield Line(
            "weight",
            "wrong-operand",
            "uses the input of another layer",
            lambda s, k, d=away: (  # type: ignore[misc]
                _product(s.A[k + d], s.dZ[k], s, k) if 0 <= k + d <= s.top else None
            ),
        )
    for away in (1, 2, 3):
        yield Line(
            "weight",
            "wrong-operand",
            "uses the cotangent of a layer above",
            lambda s, k, d=away: (  # type: ignore[misc]
                _product(s.A[k], s.dZ[k + d], s, k) if k + d <= s.top else None
            ),
        )
    yield Line(
        "weight",
        "early-reduction",
        "multiplies averages over the samples, where the products should be averaged",
        lambda s, k: np.outer(s.A[k].mean(axis=0), s.dZ[k].sum(axis=0)) + decay(s, k),
    )
    yield Line(
        "weight",
        "early-reduction",
        "multiplies averages over the samples, where the products should be averaged",
        lambda s, k: np.outer(s.A[k].mean(axis=0), s.dZ[k].mean(axis=0)) + decay(s, k),
    )
    yield Line(
        "weight",
        "early-reduction",
        "multiplies sums over the samples, where the products should be summed",
        lambda s, k: np.outer(s.A[k].sum(axis=0), s.dZ[k].sum(axis=0)) + decay(s, k),
    )
    yield Line(
        "weight",
        "transpose",
        "is the transpose of the right gradient",
        lambda s, k: s.dZ[k].T @ s.A[k] + decay(s, k) if _square(s.W[k]) else None,
    )
    yield Line(
        "weight",
        "transpose",
        "is the transpose of the right gradient, reshaped to fit",
        lambda s, k: (s.dZ[k].T @ s.A[k]).reshape(s.W[k].shape) + decay(s, k),
    )
    for words, part in (
        ("leaves out the last sample", slice(None, -1)),
        ("leaves out the first sample", slice(1, None)),
        ("is that of the first sample", slice(0, 1)),
        ("is that of the last sample", slice(-1, None)),
    ):
        yield Line(
            "weight",
            "indexing",
            words,
            lambda s, k, at=part: s.A[k][at].T @ s.dZ[k][at] + decay(s, k),  # type: ignore[misc]
        )
        yield Line(
            "bias",
            "bias-reduction" if "is that" in words else "indexing",
            words,
            lambda s, k, at=part: s.dZ[k][at].sum(axis=0),  # type: ignore[misc]
        )
    yield Line(
        "weight",
        "indexing",
        "pairs inputs and cotangents in opposite order of the samples",
        lambda s, k: s.A[k][::-1].T @ s.dZ[k] + decay(s, k),
    )

    yield Line(
        "bias",
        "bias-reduction",
        "is the mean over the samples where their sum is due",
        lambda s, k: s.dZ[k].mean(axis=0),
    )
    yield Line(
        "bias",
        "bias-reduction",
        "is summed over the units, not over the samples",
        lambda s, k: s.dZ[k].sum(axis=1) if _square(s.dZ[k]) else None,
    )
    yield Line(
        "bias",
        "bias-reduction",
        "is one number for all units: the sum over samples and units",
        lambda s, k: np.full(s.dZ[k].shape[1], s.dZ[k].sum()),
    )
    yield Line(
        "bias",
        "missing-activation-derivative",
        "uses the cotangent before the derivative of the activation",
        lambda s, k: s.dA[k].sum(axis=0),
    )
    for away in (1, 2, 3):
        yield Line(
            "bias",
            "wrong-operand",
            "uses the cotangent of a layer above",
            lambda s, k, d=away: s.dZ[k + d].sum(axis=0) if k + d <= s.top else None,  # type: ignore[misc]
        )


def _times(s: State, k: int, slope: Array) -> Array | None:
    if s.f(k) is SOFTMAX or np.all(slope == 1):  # the latter is the derivative left out
        return None
    return s.dA[k] * slope


def _product(A: Array | None, dZ: Array, s: State, k: int) -> Array | None:
    if A is None or A.shape[1] != s.W[k].shape[0] or dZ.shape[1] != s.W[k].shape[1]:
        return None
    product: Array = A.T @ dZ + s.net.decay * s.W[k]
    return product


LINES: dict[str, list[Line]] = {
    step: [line for line in _rows() if line.step == step]
    for step in ("start", "through", "down", "weight", "bias")
}
