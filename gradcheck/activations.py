"""Activations and losses of hand-written nets, with their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .tree import Array

Unary = Callable[[Array], Array]


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation; `derivative` takes z and a = f(z), and uses what it is written for."""

    name: str
    function: Unary
    derivative: Callable[[Array, Array], Array]

    def slope(self, z: Array) -> Array:
        return self.derivative(z, self.function(z))

    def pull_back(self, dA: Array, z: Array, a: Array) -> Array:
        """The cotangent through the activation."""
        if self.name != "softmax":
            return dA * self.derivative(z, a)
        pulled: Array = a * (dA - (dA * a).sum(axis=1, keepdims=True))
        return pulled


def _sigmoid(z: Array) -> Array:
    values: Array = np.exp(-np.logaddexp(0.0, -z))
    return values


def _softmax(z: Array) -> Array:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _gelu(z: Array) -> Array:  # Hendrycks & Gimpel (2016), the form with tanh
    values: Array = 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
    return values


def _gelu_slope(z: Array) -> Array:
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    slope: Array = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * c * (1 + 3 * 0.044715 * z * z)
    return slope


def _leaky(leak: float) -> Activation:
    return Activation(
        f"leaky relu of slope {leak:g}",
        lambda z: np.where(z > 0, z, leak * z),
        lambda z, a: np.where(z > 0, 1.0, leak),
    )


ACTIVATIONS = (
    Activation("sigmoid", _sigmoid, lambda z, a: a * (1 - a)),
    Activation("tanh", np.tanh, lambda z, a: 1 - a * a),
    Activation("relu", lambda z: np.maximum(z, 0.0), lambda z, a: np.where(z > 0, 1.0, 0.0)),
    Activation("identity", lambda z: z, lambda z, a: np.ones_like(z)),
    _leaky(0.01),
    _leaky(0.1),
    _leaky(0.2),
    Activation("softplus", lambda z: np.logaddexp(0.0, z), lambda z, a: _sigmoid(z)),
    Activation("gelu", _gelu, lambda z, a: _gelu_slope(z)),
    Activation("sine", np.sin, lambda z, a: np.cos(z)),
    Activation(
        "silu", lambda z: z * _sigmoid(z), lambda z, a: _sigmoid(z) * (1 + z * (1 - _sigmoid(z)))
    ),
    Activation(
        "elu",
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z, a: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
    ),
)
IDENTITY, SIGMOID = ACTIVATIONS[3], ACTIVATIONS[0]
SOFTMAX = Activation("softmax", _softmax, lambda z, a: a * (1 - a))  # the diagonal only


@dataclass(frozen=True, slots=True)
class Loss:
    """A sum over samples and outputs, and its derivative by the outputs.

    `each` gives the terms of the sum; it and `cotangent` take Y of shape (..., samples, outputs).
    """

    name: str
    each: Callable[[Array, Array], Array]
    cotangent: Callable[[Array, Array], Array]

    def value(self, Y: Array, T: Array) -> Array:
        """The sum; one for each net where Y stacks the outputs of several."""
        total: Array = self.each(Y, T).sum(axis=(-2, -1))
        return total


SQUARED = Loss("squared error", lambda Y, T: (Y - T) ** 2, lambda Y, T: 2 * (Y - T))
ABSOLUTE = Loss("absolute error", lambda Y, T: np.abs(Y - T), lambda Y, T: np.sign(Y - T))
BINARY = Loss(
    "binary cross-entropy",
    lambda Y, T: -(T * np.log(Y) + (1 - T) * np.log(1 - Y)),
    lambda Y, T: (1 - T) / (1 - Y) - T / Y,
)
BINARY_LOGITS = Loss(
    "binary cross-entropy of logits",
    lambda Y, T: T * np.logaddexp(0, -Y) + (1 - T) * np.logaddexp(0, Y),
    lambda Y, T: _sigmoid(Y) - T,
)
CATEGORICAL = Loss("cross-entropy", lambda Y, T: -T * np.log(Y), lambda Y, T: -T / Y)
CATEGORICAL_LOGITS = Loss(
    "cross-entropy of logits",
    lambda Y, T: -T * np.log(_softmax(Y)),
    lambda Y, T: _softmax(Y) * T.sum(axis=-1, keepdims=True) - T,
)

# The plainest first: where all outputs are positive, a relu computes what none does.
LIKELY = (IDENTITY, *(activation for activation in ACTIVATIONS if activation is not IDENTITY))
# Output and loss that are computed; views of the same function that a backward pass may take.
Pair = tuple[Activation, Loss]
OUTPUTS: tuple[tuple[Pair, ...], ...] = (
    *(((activation, SQUARED),) for activation in LIKELY),
    ((IDENTITY, BINARY_LOGITS), (SIGMOID, BINARY)),
    ((IDENTITY, CATEGORICAL_LOGITS), (SOFTMAX, CATEGORICAL)),
    ((SOFTMAX, SQUARED),),
    ((SIGMOID, CATEGORICAL),),
    *(((activation, ABSOLUTE),) for activation in LIKELY[:4]),
)
