"""The right operation on the wrong array: transposed, of a neighbour, or out of date."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..diagnosis.suspect import Repair, Scene, Suspect
from ..recognition.chain import State
from ..tree import Array
from .row import Kind, Line, Shown, square


def transposed(_: Scene, s: Suspect) -> Iterator[Repair]:
    """Transposed on a square layer, or transposed and reshaped to fit; the penalty may not be."""
    if s.g.ndim != 2 or 1 in s.shape:
        return

    def turned(values: Array) -> Array:
        return values.reshape(s.shape[::-1]).T

    says = "is the transpose of the right gradient"
    says += "" if s.shape[0] == s.shape[1] else ", reshaped to fit"
    yield Repair("transpose", says, lambda grads, params: turned(grads[s.i]))
    own = s.W - turned(s.W)
    c = s.multiple(s.measure(turned(s.g)), own)
    if c is not None and s.size > 3:
        yield Repair(
            "transpose",
            says,
            lambda grads, params: turned(grads[s.i]) + c * (params[s.i] - turned(params[s.i])),
            assumes=2,
        )


def turned_over(s: Suspect) -> str:
    turned = s.point.analytic[s.i].misfit == "transposed" and min(s.shape) > 1
    return "is the transpose of the right gradient" if turned else ""


def _transpose_lines() -> Iterator[Line]:
    yield Line(
        "down",
        "transpose",
        "the cotangent is passed down through the weights, not through their transpose",
        lambda s, k: s.dZ[k] @ s.W[k] if square(s.W[k]) else None,
    )
    yield Line(
        "down",
        "transpose",
        "the cotangent is passed down through the weights reshaped, not transposed",
        lambda s, k: s.dZ[k] @ s.W[k].reshape(s.W[k].shape[::-1]),
    )
    yield Line(
        "weight",
        "transpose",
        "is the transpose of the right gradient",
        lambda s, k: s.dZ[k].T @ s.A[k] + s.decay(k) if square(s.W[k]) else None,
    )
    yield Line(
        "weight",
        "transpose",
        "is the transpose of the right gradient, reshaped to fit",
        lambda s, k: (s.dZ[k].T @ s.A[k]).reshape(s.W[k].shape) + s.decay(k),
    )


TRANSPOSE = Kind(
    "transpose",
    "A weight gradient equals the numerical one read the other way round; or all layers below "
    "one are wrong.",
    "On a square layer the wrong order of factors raises no error; a reshape hides it.",
    "dW = dZ.T @ A;  dA = dZ @ W",
    "dW = A.T @ dZ;  dA = dZ @ W.T",
    "Swap the factors: with Z = A W, dW = A^T dZ and dA = dZ W^T.",
    repairs=(transposed,),
    misfit=turned_over,
    lines=tuple(_transpose_lines()),
)


def overwritten(scene: Scene, s: Suspect) -> Iterator[Shown]:
    """The numbers of a right block whose gradient stands in the same memory."""
    for other in scene.suspects.values():
        shared = {s.name, other.name} in scene.context.shared
        if shared and scene.states[other.i] == "right" and np.array_equal(other.g, s.g):
            yield Shown(
                "aliasing",
                f"is the gradient of {other.name}, number by number: two gradients in one array",
                f"np.shares_memory is true for them. For {other.name} these numbers are right.",
                lambda there: True,  # memory that is shared at one point is shared
            )


def _product(A: Array | None, dZ: Array, s: State, k: int) -> Array | None:
    if A is None or A.shape[1] != s.W[k].shape[0] or dZ.shape[1] != s.W[k].shape[1]:
        return None
    product: Array = A.T @ dZ + s.decay(k)
    return product


def _wrong_operand_lines() -> Iterator[Line]:
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
    for away in (1, 2, 3):
        yield Line(
            "bias",
            "wrong-operand",
            "uses the cotangent of a layer above",
            lambda s, k, d=away: s.dZ[k + d].sum(axis=0) if k + d <= s.top else None,  # type: ignore[misc]
        )


WRONG_OPERAND = Kind(
    "wrong-operand",
    "One block is wrong, or all below one layer, while the factors around it are right.",
    "The line uses the array of a neighbouring layer, or z where a is due: copied and not "
    "changed, or an index off by one.",
    "dW2 = A2.T @ dZ2",
    "dW2 = A1.T @ dZ2",
    "Use the input of the layer with the cotangent of the same layer.",
    lines=tuple(_wrong_operand_lines()),
)


def _raw_error_propagated_lines() -> Iterator[Line]:
    yield Line(
        "down",
        "raw-error-propagated",
        "the error is passed down before the derivative of the activation is applied",
        lambda s, k: s.dF[k] @ s.W[k].T,
    )


RAW_ERROR_PROPAGATED = Kind(
    "raw-error-propagated",
    "The layer is right, all layers below it are wrong.",
    "The derivative of the activation enters the layer's own gradient, but the error is passed "
    "down without it.",
    "dW2 = A1.T @ (error * f_prime(Z2));  dA1 = error @ W2.T",
    "delta = error * f_prime(Z2);  dW2 = A1.T @ delta;  dA1 = delta @ W2.T",
    "Pass down the delta, not the error.",
    lines=tuple(_raw_error_propagated_lines()),
)


def _updated_weights_used_lines() -> Iterator[Line]:
    yield Line(
        "down",
        "updated-weights-used",
        "the cotangent is passed down through weights that are updated already",
        lambda s, k: s.dZ[k] @ (s.W[k] - s.rate * s.given[k]).T if s.rate else None,
    )


UPDATED_WEIGHTS_USED = Kind(
    "updated-weights-used",
    "The layer is right, those below are wrong a little, in proportion to the learning rate.",
    "The weights are updated before the cotangent has been passed through them.",
    "W2 -= lr * dW2;  dA1 = dZ2 @ W2.T",
    "dA1 = dZ2 @ W2.T;  W2 -= lr * dW2",
    "Compute all gradients first, then update.",
    lines=tuple(_updated_weights_used_lines()),
)


SWAPPED_GRADIENTS = Kind(
    "swapped-gradients",
    "Two blocks hold each other's gradient.",
    "Returned, stored or popped in another order than the parameters.",
    "return {'W1': dW2, 'W2': dW1}",
    "return {'W1': dW1, 'W2': dW2}",
    "Exchange them.",
)


ALIASING = Kind(
    "aliasing",
    "Two blocks hold the same numbers; the one written later is right.",
    "Two names of one array: what is written to one changes the other.",
    "grads = [np.zeros_like(W)] * 2",
    "grads = [np.zeros_like(W) for W in weights]",
    "Give each gradient its own array.",
    marks=(overwritten,),
)
