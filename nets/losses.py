"""Losses: the value, and the cotangent dL/dY with which backpropagation starts.

Every loss here is summed over the outputs of a sample and averaged over the samples, so one
factor 1/N, with N the number of samples, stands in each value and in each cotangent.
Y are the outputs of the net and T the targets, both of shape (samples, outputs).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .layers import Array, sigmoid, softplus


@dataclass(frozen=True)
class Loss:
    """One row of LOSSES."""

    name: str
    value: Callable[[Array, Array], float]  # Y, T -> L
    cotangent: Callable[[Array, Array], Array]  # Y, T -> dL/dY, of the shape of Y
    outputs: tuple[str, ...] = ()  # the output activations that it goes with; () is any
    least_outputs: int = 1


# --- Mean squared error ---------------------------------------------------------------------
#
#     L = 1/N sum_n sum_k (Y[n,k] - T[n,k])^2          dL/dY = 2 (Y - T) / N
#
# The mean is over samples only: with one output it is the mean over all entries as well.


def mse(Y: Array, T: Array) -> float:
    error = Y - T
    value: float = (error * error).sum() / len(Y)
    return value


def mse_cotangent(Y: Array, T: Array) -> Array:
    return (Y - T) * (2 / len(Y))


# --- Binary cross-entropy from probabilities ------------------------------------------------
#
#     L = -1/N sum T log(Y) + (1 - T) log(1 - Y)       dL/dY = (-T/Y + (1 - T)/(1 - Y)) / N
#
# A sigmoid rounds to exactly 1 for logits above 37, and its last digits are lost before that:
# 1 - Y has less than half of its digits below FLOOR = sqrt(machine epsilon). So each logarithm
# stops falling there: log(max(Y, FLOOR)). The derivative of a constant is zero, so the cotangent
# drops the term where its logarithm is held: value and cotangent are those of one function,
# finite everywhere, at 0 and 1 too (a missed sample costs at most 18.02). The price is that a
# sample held there teaches nothing; from logits there is no such limit.

FLOOR = float(np.sqrt(np.finfo(np.float64).eps))


def binary_cross_entropy(Y: Array, T: Array) -> float:
    terms = T * np.log(np.maximum(Y, FLOOR)) + (1 - T) * np.log(np.maximum(1 - Y, FLOOR))
    value: float = -terms.sum() / len(Y)
    return value


def binary_cross_entropy_cotangent(Y: Array, T: Array) -> Array:
    one = np.where(Y > FLOOR, T / np.maximum(Y, FLOOR), 0.0)
    zero = np.where(1 - Y > FLOOR, (1 - T) / np.maximum(1 - Y, FLOOR), 0.0)
    return (zero - one) / len(Y)


# --- Binary cross-entropy from logits -------------------------------------------------------
#
# With p = sigmoid(Y):  -log(p) = softplus(-Y),  -log(1 - p) = softplus(Y),  so
#
#     L = 1/N sum T softplus(-Y) + (1 - T) softplus(Y)
#     dL/dY = ((1 - T) sigmoid(Y) - T sigmoid(-Y)) / N  =  (p - T) / N
#
# The longer form of the cotangent keeps its digits when p rounds to 1.


def binary_cross_entropy_logits(Y: Array, T: Array) -> float:
    value: float = (T * softplus(-Y) + (1 - T) * softplus(Y)).sum() / len(Y)
    return value


def binary_cross_entropy_logits_cotangent(Y: Array, T: Array) -> Array:
    return ((1 - T) * sigmoid(Y) - T * sigmoid(-Y)) / len(Y)


# --- Softmax cross-entropy from logits ------------------------------------------------------
#
# With P[n,k] = exp(Y[n,k]) / sum_j exp(Y[n,j]), one row of probabilities a sample:
#
#     L = -1/N sum_n sum_k T[n,k] log P[n,k]
#     dlog P[n,k] / dY[n,j] = delta[j,k] - P[n,j]      every logit moves every probability
#     dL/dY[n,j] = (P[n,j] sum_k T[n,k] - T[n,j]) / N  the inner sum is 1 for targets that
#                                                      are probabilities
# Subtracting a row's largest logit changes no probability and leaves exp nothing to overflow.


def log_softmax(Y: Array) -> Array:
    shifted = Y - Y.max(axis=1, keepdims=True)
    logs: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return logs


def softmax(Y: Array) -> Array:
    return np.exp(log_softmax(Y))


def softmax_cross_entropy(Y: Array, T: Array) -> float:
    value: float = -(T * log_softmax(Y)).sum() / len(Y)
    return value


def softmax_cross_entropy_cotangent(Y: Array, T: Array) -> Array:
    cotangent: Array = (softmax(Y) * T.sum(axis=1, keepdims=True) - T) / len(Y)
    return cotangent


LOSSES: dict[str, Loss] = {
    row.name: row
    for row in (
        Loss("mse", mse, mse_cotangent),
        Loss(
            "binary_cross_entropy",
            binary_cross_entropy,
            binary_cross_entropy_cotangent,
            outputs=("sigmoid",),
        ),
        Loss(
            "binary_cross_entropy_logits",
            binary_cross_entropy_logits,
            binary_cross_entropy_logits_cotangent,
            outputs=("identity",),
        ),
        Loss(
            "softmax_cross_entropy",
            softmax_cross_entropy,
            softmax_cross_entropy_cotangent,
            outputs=("identity",),
            least_outputs=2,
        ),
    )
}
