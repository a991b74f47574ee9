"""The derivative of the activation: left out, of another function, at another value."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..recognition.activations import ACTIVATIONS, IDENTITY, SOFTMAX, inside_gelu, sigmoid
from ..recognition.chain import State
from ..tree import Array
from .row import Kind, Line


def _missing_activation_derivative_lines() -> Iterator[Line]:
    yield Line(
        "through",
        "missing-activation-derivative",
        "the derivative of the activation is left out",
        lambda s, k: s.dF[k],
    )
    yield Line(
        "weight",
        "missing-activation-derivative",
        "uses the cotangent before the derivative of the activation",
        lambda s, k: s.A[k].T @ s.dF[k] + s.decay(k),
    )
    yield Line(
        "bias",
        "missing-activation-derivative",
        "uses the cotangent before the derivative of the activation",
        lambda s, k: s.dF[k].sum(axis=0),
    )


MISSING_ACTIVATION_DERIVATIVE = Kind(
    "missing-activation-derivative",
    "Wrong from this layer down; each unit and sample by a factor of its own.",
    "The cotangent is passed through the layer as if its activation were the identity.",
    "dZ = dA",
    "dZ = dA * A * (1 - A)",
    "Multiply the cotangent by the derivative of the activation, entry by entry.",
    lines=tuple(_missing_activation_derivative_lines()),
)


def _activation_derivative_at_wrong_value_lines() -> Iterator[Line]:
    yield Line(
        "through",
        "activation-derivative-at-wrong-value",
        "the derivative is taken at the activation, not at the pre-activation: activated twice",
        lambda s, k: s.dF[k] * s.f(k).slope(s.F[k]),
    )
    yield Line(
        "through",
        "activation-derivative-at-wrong-value",
        "the formula for activations is given the pre-activation",
        lambda s, k: s.dF[k] * s.f(k).derivative(s.Z[k], s.Z[k]),
    )
    yield Line(
        "through",
        "activation-derivative-at-wrong-value",
        "the derivative is taken at the cotangent",
        lambda s, k: s.dF[k] * s.f(k).slope(s.dF[k]),
    )


ACTIVATION_DERIVATIVE_AT_WRONG_VALUE = Kind(
    "activation-derivative-at-wrong-value",
    "Wrong from this layer down; right only where activation and pre-activation are alike.",
    "A derivative that expects z is given a (activated twice), or the other way round.",
    "dZ = dA * sigmoid_derivative(A)   # which computes sigmoid(A) * (1 - sigmoid(A))",
    "dZ = dA * sigmoid_derivative(Z)",
    "Give the derivative what its formula is written for: z, or a = f(z).",
    lines=tuple(_activation_derivative_at_wrong_value_lines()),
)


# formulas in terms of a, with a slip of the pen
MISWRITTEN: tuple[tuple[str, Callable[[Array], Array]], ...] = (
    ("1 - a where 1 - a**2", lambda a: 1 - a),
    ("(1 - a)**2 where 1 - a**2", lambda a: (1 - a) ** 2),
    ("1 + a**2 where 1 - a**2", lambda a: 1 + a**2),
    ("a where a (1 - a)", lambda a: a),
    ("a (1 + a) where a (1 - a)", lambda a: a * (1 + a)),
    ("a where a + 1, for negative z,", lambda a: np.where(a > 0, 1.0, a)),
)


# formulas in terms of z, of one activation: what is written, with s for its sigmoid or tanh
SLIPS: tuple[tuple[str, str, Callable[[Array], Array]], ...] = (
    ("silu", "s + z (1 - s) where s + z s (1 - s)", lambda z: sigmoid(z) + z * sigmoid(-z)),
    (
        "silu",
        "s - z s (1 - s) where s + z s (1 - s)",
        lambda z: sigmoid(z) - z * sigmoid(z) * sigmoid(-z),
    ),
    ("silu", "z s (1 - s) where s + z s (1 - s)", lambda z: z * sigmoid(z) * sigmoid(-z)),
    (
        "gelu",
        "(1 + s) / 2 where a second term, of the slope of s,",
        lambda z: 0.5 * (1 + np.tanh(inside_gelu(z))),
    ),
)


def _slip(s: State, k: int, name: str, slope: Callable[[Array], Array]) -> Array | None:
    return _times(s, k, slope(s.Z[k])) if s.f(k).name == name else None


def _times(s: State, k: int, slope: Array) -> Array | None:
    if s.f(k) is SOFTMAX or np.all(slope == 1):  # the latter is the derivative left out
        return None
    return s.dF[k] * slope


def _wrong_activation_derivative_lines() -> Iterator[Line]:
    yield Line(
        "through",
        "wrong-activation-derivative",
        "the derivative is applied twice",
        lambda s, k: s.dF[k] * s.slope(k) ** 2,
    )
    for words, slope in MISWRITTEN:
        yield Line(
            "through",
            "wrong-activation-derivative",
            f"the derivative is {words} is due",
            lambda s, k, f=slope: _times(s, k, f(s.F[k])),  # type: ignore[misc]
        )
    for name, words, slope in SLIPS:
        yield Line(
            "through",
            "wrong-activation-derivative",
            f"the derivative is {words} is due",
            lambda s, k, n=name, f=slope: _slip(s, k, n, f),  # type: ignore[misc]
        )
    yield Line(
        "through",
        "wrong-activation-derivative",
        "the branches of the derivative are exchanged: it is taken at -z",
        lambda s, k: _times(s, k, s.f(k).slope(-s.Z[k])),
    )
    for other in ACTIVATIONS:
        if other is IDENTITY:  # the same as none
            continue
        yield Line(
            "through",
            "wrong-activation-derivative",
            f"the derivative is that of {other.name}; the activation is {{activation}}",
            lambda s, k, f=other: _times(s, k, f.derivative(s.Z[k], s.F[k])),  # type: ignore[misc]
        )
        yield Line(
            "through",
            "wrong-activation-derivative",
            f"the derivative is that of {other.name}; the activation is {{activation}}",
            lambda s, k, f=other: _times(s, k, f.slope(s.Z[k])),  # type: ignore[misc]
        )


WRONG_ACTIVATION_DERIVATIVE = Kind(
    "wrong-activation-derivative",
    "Wrong from this layer down; each unit and sample by a factor of its own.",
    "The formula belongs to another activation, or has lost a square.",
    "dZ = dA * (1 - A)        # tanh",
    "dZ = dA * (1 - A**2)",
    "Use the derivative of the activation that the forward pass applies.",
    lines=tuple(_wrong_activation_derivative_lines()),
)
