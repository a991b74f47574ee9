"""Activations of hand-written nets, with their derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..tree import Array

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


def sigmoid(z: Array) -> Array:
    values: Array = np.exp(-np.logaddexp(0.0, -z))
    return values


def softmax(z: Array) -> Array:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def inside_gelu(z: Array) -> Array:
    """What the tanh of a gelu takes (Hendrycks & Gimpel 2016)."""
    inside: Array = math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)
    return inside


def _gelu(z: Array) -> Array:
    values: Array = 0.5 * z * (1 + np.tanh(inside_gelu(z)))
    return values


def _gelu_slope(z: Array) -> Array:
    t = np.tanh(inside_gelu(z))
    inner = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * z * z)
    slope: Array = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * inner
    return slope


def _leaky(leak: float) -> Activation:
    return Activation(
        f"leaky relu of slope {leak:g}",
        lambda z: np.where(z > 0, z, leak * z),
        lambda z, a: np.where(z > 0, 1.0, leak),
    )


ACTIVATIONS = (
    Activation("sigmoid", sigmoid, lambda z, a: a * (1 - a)),
    Activation("tanh", np.tanh, lambda z, a: 1 - a * a),
    Activation("relu", lambda z: np.maximum(z, 0.0), lambda z, a: np.where(z > 0, 1.0, 0.0)),
    Activation("identity", lambda z: z, lambda z, a: np.ones_like(z)),
    _leaky(0.01),
    _leaky(0.1),
    _leaky(0.2),
    Activation("softplus", lambda z: np.logaddexp(0.0, z), lambda z, a: sigmoid(z)),
    Activation("gelu", _gelu, lambda z, a: _gelu_slope(z)),
    Activation("sine", np.sin, lambda z, a: np.cos(z)),
    Activation(
        "silu", lambda z: z * sigmoid(z), lambda z, a: sigmoid(z) * (1 + z * (1 - sigmoid(z)))
    ),
    Activation(
        "elu",
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z, a: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
    ),
)
IDENTITY, SIGMOID = ACTIVATIONS[3], ACTIVATIONS[0]
EXP = Activation("exp", np.exp, lambda z, a: a)  # of outputs: rates and variances
SOFTMAX = Activation("softmax", softmax, lambda z, a: a * (1 - a))  # the diagonal only
