"""Right gradients, bad training: what is said, and that nothing is said of a healthy step."""

import numpy as np
import pytest

from gradcheck import check_gradients


def regression(seed: int, rate: float):
    """Least squares and its training step at some learning rate."""
    rng = np.random.default_rng(seed)
    X, T = rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    p = {"W": rng.normal(size=(3, 2)), "b": np.zeros(2)}

    def loss():
        return float(np.mean((X @ p["W"] + p["b"] - T) ** 2))

    def step():
        d = 2 * (X @ p["W"] + p["b"] - T) / T.size
        p["W"] -= rate * X.T @ d
        p["b"] -= rate * d.sum(axis=0)

    return loss, p, step


@pytest.mark.parametrize(
    ("rate", "says"),
    [(3000.0, "uphill"), (1e-6, "learning rate is far too small")],
)
def test_a_learning_rate_far_off_is_remarked_on(rate: float, says: str) -> None:
    for seed in range(5):
        loss, p, step = regression(seed, rate)
        before = {name: values.copy() for name, values in p.items()}
        report = check_gradients(loss, p, step=step, lr=rate)
        assert report.verdict == "agrees"
        assert any(says in note for note in report.notes), report
        assert all(np.array_equal(p[name], before[name]) for name in p)


def test_a_healthy_step_gets_no_remark() -> None:
    for seed in range(20):
        loss, p, step = regression(seed, 0.1)
        report = check_gradients(loss, p, step=step, lr=0.1)
        assert report
        assert not any("learning rate" in note for note in report.notes), report


def test_a_spent_budget_leaves_the_verdict_and_no_remark() -> None:
    loss, p, step = regression(0, 3000.0)
    full = check_gradients(loss, p, step=step, lr=3000.0)
    assert any("uphill" in note for note in full.notes)
    spare = check_gradients(loss, p, step=step, lr=3000.0, max_evaluations=full.evaluations - 1)
    assert spare.verdict == "agrees"
