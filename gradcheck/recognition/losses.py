"""Losses of hand-written nets, with their derivatives, and the outputs that they are used with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..tree import Array
from .activations import ACTIVATIONS, EXP, IDENTITY, SIGMOID, SOFTMAX, Activation, sigmoid, softmax


@dataclass(frozen=True, slots=True)
class Loss:
    """A sum over samples and outputs, and its derivative by the outputs.

    `each` gives the terms of the sum; it and `cotangent` take Y of shape (..., samples, outputs).
    `takes` tells targets that it is used with from others.
    """

    name: str
    each: Callable[[Array, Array], Array]
    cotangent: Callable[[Array, Array], Array]
    takes: Callable[[Array], bool] = lambda T: True

    def value(self, Y: Array, T: Array) -> Array:
        """The sum; one for each net where Y stacks the outputs of several."""
        total: Array = self.each(Y, T).sum(axis=(-2, -1))
        return total


def _shares(T: Array) -> bool:
    return bool(np.all((T >= 0) & (T <= 1)))


def _several(T: Array) -> bool:
    return bool(T.shape[1] > 1)


def _classes(T: Array) -> bool:
    one = np.all(T.sum(axis=1) == 1) and np.all((T == 0) | (T == 1))
    return _several(T) and bool(one)


def _counts(T: Array) -> bool:
    return bool(np.all(T >= 0))


def _signs(T: Array) -> bool:
    return bool(np.all(np.abs(T) == 1))


def _logs(z: Array) -> Array:
    """Logarithms of a softmax."""
    shifted = z - z.max(axis=-1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return logs


def _entropies(T: Array) -> Array:
    return np.where(T > 0, T * np.log(np.where(T > 0, T, 1.0)), 0.0)


def _margins(Y: Array, T: Array) -> Array:
    """How far each other class comes within 1 of the right one (Weston & Watkins 1999)."""
    right = (Y * T).sum(axis=-1, keepdims=True)
    margins: Array = np.where(T > 0, 0.0, np.maximum(0.0, Y - right + 1.0))
    return margins


def _margin_slopes(Y: Array, T: Array) -> Array:
    over = (_margins(Y, T) > 0) * 1.0
    slopes: Array = over - T * over.sum(axis=-1, keepdims=True)
    return slopes


def _lengths(Y: Array, T: Array) -> tuple[Array, Array, Array]:
    """Of outputs and targets, and the cosine between them, a sample each."""
    y, t = (np.linalg.norm(v, axis=-1, keepdims=True) for v in (Y, T))
    return y, t, (Y * T).sum(axis=-1, keepdims=True) / (y * t)


def _turn(Y: Array, T: Array) -> Array:
    y, t, cosine = _lengths(Y, T)
    turn: Array = cosine * Y / (y * y) - T / (y * t)
    return turn


SQUARED = Loss("squared error", lambda Y, T: (Y - T) ** 2, lambda Y, T: 2 * (Y - T))
ABSOLUTE = Loss("absolute error", lambda Y, T: np.abs(Y - T), lambda Y, T: np.sign(Y - T))
HUBER = Loss(  # Huber (1964), with the usual width
    "Huber loss of width 1",
    lambda Y, T: np.where(np.abs(Y - T) <= 1, 0.5 * (Y - T) ** 2, np.abs(Y - T) - 0.5),
    lambda Y, T: np.clip(Y - T, -1, 1),
)
BINARY = Loss(
    "binary cross-entropy",
    lambda Y, T: -(T * np.log(Y) + (1 - T) * np.log(1 - Y)),
    lambda Y, T: (1 - T) / (1 - Y) - T / Y,
    _shares,
)
BINARY_LOGITS = Loss(
    "binary cross-entropy of logits",
    lambda Y, T: T * np.logaddexp(0, -Y) + (1 - T) * np.logaddexp(0, Y),
    lambda Y, T: sigmoid(Y) - T,
    _shares,
)
CATEGORICAL = Loss("cross-entropy", lambda Y, T: -T * np.log(Y), lambda Y, T: -T / Y, _counts)
CATEGORICAL_LOGITS = Loss(
    "cross-entropy of logits",
    lambda Y, T: -T * _logs(Y),
    lambda Y, T: softmax(Y) * T.sum(axis=-1, keepdims=True) - T,
    _counts,
)
DIVERGENCE = Loss(
    "Kullback-Leibler divergence",
    lambda Y, T: _entropies(T) - T * np.log(Y),
    CATEGORICAL.cotangent,
    _shares,
)
DIVERGENCE_LOGITS = Loss(
    "Kullback-Leibler divergence of logits",
    lambda Y, T: _entropies(T) - T * _logs(Y),
    CATEGORICAL_LOGITS.cotangent,
    _shares,
)
POISSON = Loss(
    "Poisson likelihood", lambda Y, T: Y - T * np.log(Y), lambda Y, T: 1 - T / Y, _counts
)
POISSON_LOGS = Loss(
    "Poisson likelihood of logarithms",
    lambda Y, T: np.exp(Y) - T * Y,
    lambda Y, T: np.exp(Y) - T,
    _counts,
)
HINGE = Loss("hinge loss", _margins, _margin_slopes, _classes)
SIGNED_HINGE = Loss(
    "hinge loss of signs",
    lambda Y, T: np.maximum(0.0, 1 - T * Y),
    lambda Y, T: np.where(T * Y < 1, -T, 0.0),
    _signs,
)
COSINE = Loss("cosine distance", lambda Y, T: 1 - _lengths(Y, T)[2], _turn, _several)

# Often computed as log(y + 1e-9), while the gradient is that of log(y).
WITH_LOGARITHM = (BINARY_LOGITS, CATEGORICAL_LOGITS)

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
    ((IDENTITY, DIVERGENCE_LOGITS), (SOFTMAX, DIVERGENCE)),
    ((IDENTITY, POISSON_LOGS), (EXP, POISSON)),
    *(((activation, HUBER),) for activation in LIKELY[:3]),
    ((IDENTITY, HINGE),),
    ((IDENTITY, SIGNED_HINGE),),
    ((IDENTITY, COSINE),),
)
