"""Right gradients, bad training: what is said, and that nothing is said of a healthy step."""

import numpy as np
import pytest

from gradcheck import Report, check_gradients
from nets.faults import generic_point
from nets.mlp import MLP


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


def training(report: Report) -> list[str]:
    """What is remarked on, but for the places at which the gradients are right."""
    return [note for note in report.notes if "look elsewhere" not in note]


def report_on(net: MLP, params, X, T, **options: object) -> Report:
    return check_gradients(
        lambda: net.loss(params, X, T), params, lambda: net.gradients(params, X, T), **options
    )


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "softplus"])
def test_healthy_nets_get_no_remark_even_when_asked_for(activation: str) -> None:
    for seed in range(12):
        net = MLP((3, 6, 5, 2), activation, "identity" if seed % 2 else "sigmoid")
        params, X, T = generic_point(net, 16, seed)
        report = report_on(net, params, X, T, explain=True, seed=seed)
        assert report.verdict == "agrees"
        assert training(report) == [], report
        assert "The gradients are right at 2 points" in report.notes[-1]
        assert not report_on(net, params, X, T, seed=seed).notes


def test_dead_units_are_counted() -> None:
    net = MLP((3, 6, 2), "relu", "identity")
    params, X, T = generic_point(net, 16, 1)
    params["layer1"]["b"][:] = [-1000.0] * 4 + [10.0] * 2
    report = report_on(net, params, X, T)
    assert report
    (told,) = training(report)
    assert told.startswith("layer1.b: 4 of 6 units get a gradient of exactly zero")
    assert (
        "right at 2 points: where training fails all the same, look elsewhere" in report.notes[-1]
    )


def test_a_layer_that_is_dead_as_a_whole_is_told() -> None:
    net = MLP((3, 6, 1), "relu", "identity")
    params, X, T = generic_point(net, 16, 1)
    params["layer1"]["b"][:] = -1000.0
    (told,) = training(report_on(net, params, X, T))
    assert told.startswith("layer1.b: every gradient is exactly zero, from all samples")


def test_dead_units_are_told_once() -> None:
    """The weights of the one unit above have the same zeros."""
    net = MLP((3, 6, 1), "relu", "identity")
    params, X, T = generic_point(net, 16, 1)
    params["layer1"]["b"][:] = [-1000.0] * 4 + [10.0] * 2
    (told,) = training(report_on(net, params, X, T))
    assert told.startswith("layer1.b: 4 of 6 units")


def test_outputs_that_are_flat_and_far_from_their_targets_are_told() -> None:
    net = MLP((3, 4, 2), "tanh", "sigmoid")
    params, X, T = generic_point(net, 16, 1)
    params["layer2"]["b"][:] = 15.0
    for target, says in ((0.0, True), (1.0, False)):
        T[:] = target
        notes = training(report_on(net, params, X, T, explain=True))
        saturated = [note for note in notes if note.startswith("The outputs are saturated")]
        assert bool(saturated) == says, notes


def test_saturated_layers_and_unscaled_inputs_are_told() -> None:
    net = MLP((3, 6, 2), "tanh", "identity")
    params, X, T = generic_point(net, 16, 1)
    X[:, 1] *= 1000.0
    told = " ".join(training(report_on(net, params, X, T, explain=True)))
    assert "The inputs are not scaled: the columns are of size" in told
    assert "Layer 1 is saturated" in told
    params["layer1"]["W"][1] /= 1000.0
    told = " ".join(training(report_on(net, params, X, T, explain=True)))
    assert "The inputs are not scaled" in told
    assert "saturated" not in told


def test_equal_units_are_told_with_where_to_look() -> None:
    net = MLP((3, 4, 2), "tanh", "identity")
    params, X, T = generic_point(net, 8, 1)
    params["layer1"]["W"][...] = params["layer1"]["b"][...] = params["layer2"]["W"][...] = 0.0
    report = report_on(net, params, X, T)
    assert any("all units of the layer are equal" in note for note in report.notes), report


def test_rows_of_a_table_that_no_sample_needs_are_no_dead_units() -> None:
    """One rating touches one user, and one film."""
    rng = np.random.default_rng(4)
    p = {"U": rng.normal(size=(6, 3)), "V": rng.normal(size=(8, 3)), "b": np.zeros(8)}
    user, film, rating = 2, 5, 0.7

    def loss():
        return float((p["U"][user] @ p["V"][film] + p["b"][film] - rating) ** 2) / 2

    def grads():
        g = {name: np.zeros_like(values) for name, values in p.items()}
        d = p["U"][user] @ p["V"][film] + p["b"][film] - rating
        g["U"][user], g["V"][film], g["b"][film] = d * p["V"][film], d * p["U"][user], d
        return g

    report = check_gradients(loss, p, grads, explain=True)
    assert report.verdict == "agrees"
    assert not any("dead" in note for note in report.notes)
