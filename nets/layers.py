"""What a layer computes, forward and backward side by side.

One layer takes the activations A of the layer below, one row a sample, and computes

    Z = A W + b                (linear)
    A' = f(Z)                  (activation, entry by entry)

Backward it receives the cotangent dA' = dL/dA' and owes dL/dW, dL/db and dL/dA.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

# --- Linear ---------------------------------------------------------------------------------
#
#     Z[n,j] = sum_i A[n,i] W[i,j] + b[j]
#
# The chain rule sums over every path from a variable to the loss:
#
#     dL/dW[i,j] = sum_n  dL/dZ[n,j] A[n,i]      each sample n uses W:       dW = A^T dZ
#     dL/db[j]   = sum_n  dL/dZ[n,j]             each sample n uses b:       db = column sums
#     dL/dA[n,i] = sum_j  dL/dZ[n,j] W[i,j]      each unit j sees A[n,i]:    dA = dZ W^T


def linear(A: Array, W: Array, b: Array) -> Array:
    """Z = A W + b.   A (samples, n_in), W (n_in, n_out), b (n_out,) -> (samples, n_out)"""
    Z: Array = A @ W + b
    return Z


def linear_dW(A: Array, dZ: Array) -> Array:
    """Gradient of the weights.   (samples, n_in), (samples, n_out) -> (n_in, n_out)"""
    return A.T @ dZ


def linear_db(dZ: Array) -> Array:
    """Gradient of the bias.   (samples, n_out) -> (n_out,)"""
    db: Array = np.add.reduce(dZ, axis=0)  # dZ.sum(axis=0) without its detour through Python
    return db


def linear_dA(dZ: Array, W: Array) -> Array:
    """Cotangent for the layer below.   (samples, n_out), (n_in, n_out) -> (samples, n_in)"""
    return dZ @ W.T


# --- Activations ----------------------------------------------------------------------------
#
# A[n,j] depends on Z[n,j] alone, so the Jacobian is diagonal and the cotangent is multiplied
# entry by entry: dZ = dA * f'(Z). Several derivatives are shortest in terms of a = f(z), which
# the forward pass has kept; so each derivative receives both, and uses what it needs.


@dataclass(frozen=True)
class Activation:
    """One row of ACTIVATIONS. Both functions act entry by entry on arrays of any shape."""

    name: str
    function: Callable[[Array], Array]  # z -> a
    derivative: Callable[[Array, Array], Array]  # z, a -> df/dz, with a = function(z)

    def slope(self, z: Array) -> Array:
        """df/dz at z."""
        return self.derivative(z, self.function(z))


def softplus(z: Array) -> Array:
    """log(1 + exp(z)): a smooth relu, whose derivative is the sigmoid."""
    return np.logaddexp(0.0, z)


def sigmoid(z: Array) -> Array:
    """1 / (1 + exp(-z)).

    Written as exp(-log(1 + exp(-z))), because exp(-z) by itself overflows for z below -709.
    Exact to a few digits of the last place down to z = -700; it rounds to 1 above z = 37.
    """
    return np.exp(-softplus(-z))


LEAK = 0.01  # slope of the leaky relu below zero (Maas, Hannun & Ng 2013)


def leaky_relu(z: Array) -> Array:
    return np.where(z > 0, z, LEAK * z)


# gelu: z times the probability that a standard normal variable is below z, in the tanh form of
# Hendrycks & Gimpel (2016):  a = z (1 + t) / 2  with  t = tanh(u),  u = c (z + k z^3),  so
#
#     da/dz = (1 + t) / 2 + z (1 - t^2) / 2 * du/dz,      du/dz = c (1 + 3 k z^2)

GELU_C, GELU_K = np.sqrt(2 / np.pi), 0.044715


def _gelu_t(z: Array) -> Array:
    t: Array = np.tanh(GELU_C * (z + GELU_K * z * z * z))
    return t


def gelu(z: Array) -> Array:
    a: Array = 0.5 * z * (1 + _gelu_t(z))
    return a


def gelu_derivative(z: Array) -> Array:
    t = _gelu_t(z)
    du_dz = GELU_C * (1 + 3 * GELU_K * z * z)
    slope: Array = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * du_dz
    return slope


# relu and leaky relu have a kink at 0; the slope given there is that of the left side.
ACTIVATIONS: dict[str, Activation] = {
    row.name: row
    for row in (
        Activation("sigmoid", sigmoid, lambda z, a: a * (1 - a)),
        Activation("tanh", np.tanh, lambda z, a: 1 - a * a),
        Activation("relu", lambda z: np.maximum(z, 0.0), lambda z, a: np.where(z > 0, 1.0, 0.0)),
        Activation("leaky_relu", leaky_relu, lambda z, a: np.where(z > 0, 1.0, LEAK)),
        Activation("softplus", softplus, lambda z, a: sigmoid(z)),
        Activation("gelu", gelu, lambda z, a: gelu_derivative(z)),
        Activation("identity", lambda z: z, lambda z, a: np.ones_like(z)),
    )
}
