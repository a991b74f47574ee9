"""nets/layers.py: every derivative is that of its function, and nothing overflows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.layers import (
    ACTIVATIONS,
    LEAK,
    Activation,
    linear,
    linear_dA,
    linear_db,
    linear_dW,
    sigmoid,
    softplus,
)

ROWS = pytest.mark.parametrize("row", ACTIVATIONS.values(), ids=ACTIVATIONS)
FAR = np.array([-1e4, -745.2, -709.8, -40.0, 0.0, 40.0, 709.8, 745.2, 1e4])


def difference(f, z, h=1e-3):
    """df/dz by the central stencil of sixth order: error about h**6 = 1e-18, and rounding."""
    return (
        45 * (f(z + h) - f(z - h)) - 9 * (f(z + 2 * h) - f(z - 2 * h)) + f(z + 3 * h) - f(z - 3 * h)
    ) / (60 * h)


@ROWS
def test_slope_is_the_derivative(row: Activation) -> None:
    z = np.linspace(-6, 6, 120)  # even number: no point at 0, where relu has its kink
    np.testing.assert_allclose(row.slope(z), difference(row.function, z), rtol=0, atol=2e-12)


@ROWS
def test_derivative_uses_the_activation_that_it_is_given(row: Activation) -> None:
    z = np.linspace(-3, 3, 8).reshape(2, 4)
    np.testing.assert_array_equal(row.derivative(z, row.function(z)), row.slope(z))
    assert row.slope(z).shape == row.function(z).shape == z.shape
    assert row.slope(z).dtype == row.function(z).dtype == np.float64


@ROWS
def test_far_from_zero_nothing_overflows(row: Activation) -> None:
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        a, slope = row.function(FAR), row.slope(FAR)
    assert np.isfinite(a).all()
    assert np.isfinite(slope).all()
    lower, upper = {
        "sigmoid": (0, 0),
        "tanh": (0, 0),
        "relu": (0, 1),
        "leaky_relu": (LEAK, 1),
        "softplus": (0, 1),
        "gelu": (0, 1),
        "identity": (1, 1),
    }[row.name]
    assert (slope[0], slope[-1]) == (lower, upper)


@given(st.floats(-700, 36))
def test_sigmoid_keeps_its_digits_on_the_negative_side(z: float) -> None:
    expected = 1 / (1 + math.exp(-z))
    assert float(sigmoid(np.array(z))) == pytest.approx(expected, rel=1e-15 * (2 + abs(z)))


def test_values_known_by_heart() -> None:
    at = {name: row.function(np.array([0.0, 1.0])) for name, row in ACTIVATIONS.items()}
    np.testing.assert_allclose(at["sigmoid"], [0.5, 0.7310585786300049])
    np.testing.assert_allclose(at["tanh"], [0, 0.7615941559557649])
    np.testing.assert_allclose(at["softplus"], [math.log(2), 1.3132616875182228])
    np.testing.assert_allclose(at["gelu"], [0, 0.8411919906082768])  # tanh form, not the erf form
    np.testing.assert_allclose(ACTIVATIONS["leaky_relu"].function(np.array([-2.0])), [-0.02])
    np.testing.assert_allclose(softplus(np.array([1e4])), [1e4])


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 9))
def test_linear_backward_is_the_adjoint_of_forward(
    n: int, fan_in: int, out: int, seed: int
) -> None:
    """<dZ, Z(dA, W) + Z(A, dW) + db> pairs each tangent with its gradient."""
    rng = np.random.default_rng(seed)
    A, tA = rng.normal(size=(2, n, fan_in))
    W, tW = rng.normal(size=(2, fan_in, out))
    tb, dZ = rng.normal(size=out), rng.normal(size=(n, out))
    zero = np.zeros(out)
    forward = np.vdot(dZ, linear(tA, W, zero) + linear(A, tW, tb))
    backward = (
        np.vdot(linear_dA(dZ, W), tA) + np.vdot(linear_dW(A, dZ), tW) + np.vdot(linear_db(dZ), tb)
    )
    assert backward == pytest.approx(forward, rel=1e-12, abs=1e-12)
