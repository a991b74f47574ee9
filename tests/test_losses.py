"""nets/losses.py: every cotangent is the derivative of its value, also where rounding bites."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nets.layers import sigmoid
from nets.losses import FLOOR, LOSSES, Loss, log_softmax, softmax

ROWS = pytest.mark.parametrize("row", LOSSES.values(), ids=LOSSES)


def sample(row: Loss, n: int, k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    Y = rng.uniform(0.05, 0.95, (n, k)) if row.outputs == ("sigmoid",) else rng.normal(size=(n, k))
    return Y, rng.uniform(0, 1, (n, k))


def differences(row: Loss, Y: np.ndarray, T: np.ndarray, h: float) -> np.ndarray:
    """dL/dY entry by entry, central, fourth order."""
    slopes = np.empty_like(Y)
    for i in np.ndindex(Y.shape):
        E = np.zeros_like(Y)
        E[i] = h
        near = row.value(Y + E, T) - row.value(Y - E, T)
        far = row.value(Y + 2 * E, T) - row.value(Y - 2 * E, T)
        slopes[i] = (8 * near - far) / (12 * h)
    return slopes


@pytest.mark.parametrize("name", LOSSES)
@given(st.integers(1, 5), st.integers(1, 4), st.integers(0, 99))
def test_cotangent_is_the_derivative(name: str, n: int, k: int, seed: int) -> None:
    row = LOSSES[name]
    Y, T = sample(row, n, k, seed)
    np.testing.assert_allclose(
        row.cotangent(Y, T), differences(row, Y, T, 1e-4), rtol=1e-8, atol=1e-9
    )


@ROWS
def test_mean_over_samples_and_sum_over_outputs(row: Loss) -> None:
    Y, T = sample(row, 3, 2, seed=0)
    twice = np.vstack([Y, Y]), np.vstack([T, T])
    assert row.value(*twice) == pytest.approx(row.value(Y, T))
    np.testing.assert_allclose(row.cotangent(*twice)[:3], row.cotangent(Y, T) / 2)


def test_values_by_hand() -> None:
    Y, T = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[0.0, 2.0], [1.0, 1.0]])
    assert LOSSES["mse"].value(Y, T) == (1 + 0 + 4 + 9) / 2
    half, one = np.full((4, 1), 0.5), np.ones((4, 1))
    assert LOSSES["binary_cross_entropy"].value(half, one) == pytest.approx(math.log(2))
    zeros, onehot = np.zeros((2, 3)), np.eye(3)[:2]
    assert LOSSES["softmax_cross_entropy"].value(zeros, onehot) == pytest.approx(math.log(3))
    np.testing.assert_allclose(softmax(zeros), 1 / 3)


@pytest.mark.parametrize("name", [n for n, row in LOSSES.items() if row.outputs != ("sigmoid",)])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_far_logits(name: str, label: float) -> None:
    row = LOSSES[name]
    Y, T = np.array([[-1e4, 1e4], [1e4, -1e4]]), np.array([[label, 1 - label], [1 - label, label]])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, cotangent = row.value(Y, T), row.cotangent(Y, T)
    assert math.isfinite(value)
    np.testing.assert_allclose(cotangent, differences(row, Y, T, 1e-2), rtol=1e-6, atol=1e-8)


@given(st.floats(-1e4, 1e4), st.sampled_from([0.0, 1.0]))
def test_logits_and_probabilities_tell_the_same_where_both_can(z: float, t: float) -> None:
    Y, T = np.array([[z]]), np.array([[t]])
    logits = LOSSES["binary_cross_entropy_logits"].value(Y, T)
    probabilities = LOSSES["binary_cross_entropy"].value(sigmoid(Y), T)
    # FLOOR caps what a sample may cost; near it 1 - p has half of its digits
    assert probabilities == pytest.approx(min(logits, -math.log(FLOOR)), rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("p", [0.0, 1.0])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_certain_probabilities_are_finite(p: float, t: float) -> None:
    row = LOSSES["binary_cross_entropy"]
    Y, T = np.array([[p]]), np.array([[t]])
    right, wrong = (t, 1 - t) if p == 1 else (1 - t, t)
    assert row.value(Y, T) == pytest.approx(-wrong * math.log(FLOOR))
    # only the logarithm of the certain side still moves; the other one is held
    np.testing.assert_allclose(row.cotangent(Y, T), [[right * (1 - 2 * p)]])
    inwards = 1e-10 * (1 - 2 * p)
    slope = (row.value(Y + inwards, T) - row.value(Y, T)) / inwards
    assert slope == pytest.approx(row.cotangent(Y, T)[0, 0], abs=1e-4)


@pytest.mark.parametrize("z", [-50.0, -25.0, 25.0, 50.0, 1e4, -1e4])
@pytest.mark.parametrize("t", [0.0, 1.0])
def test_through_a_saturated_sigmoid_value_and_gradient_agree(z: float, t: float) -> None:
    row, T, h = LOSSES["binary_cross_entropy"], np.array([[t]]), 1e-3

    def loss(z: float) -> float:
        return row.value(sigmoid(np.array([[z]])), T)

    a = sigmoid(np.array([[z]]))
    gradient = float((row.cotangent(a, T) * a * (1 - a))[0, 0])
    assert gradient == pytest.approx((loss(z + h) - loss(z - h)) / (2 * h), rel=1e-6, abs=1e-12)


@given(st.floats(-1e3, 1e3), st.integers(0, 99))
def test_softmax_does_not_feel_a_shift(shift: float, seed: int) -> None:
    Y = np.random.default_rng(seed).normal(size=(3, 4))
    np.testing.assert_allclose(softmax(Y + shift), softmax(Y), rtol=1e-9)
    np.testing.assert_allclose(np.exp(log_softmax(Y)).sum(axis=1), 1)
