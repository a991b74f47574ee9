"""check_gradients(details=True): more to look at, the same verdicts, all of it counted."""

import itertools

import numpy as np
import pytest

from gradcheck import check_gradients
from nets.mlp import MLP

NET = MLP((4, 9, 3), "tanh", "identity", "mse")


def problem(seed, fault=True):
    rng = np.random.default_rng(seed)
    X, T = rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    params = NET.init(seed)

    def grads(p):
        found = NET.gradients(p, X, T)
        if fault:
            found["layer1"]["W"] = 1.5 * found["layer1"]["W"] + 0.1
        return found

    return (lambda p: NET.loss(p, X, T)), params, grads


def checked(seed=0, fault=True, **options):
    loss, params, grads = problem(seed, fault)
    return check_gradients(loss, params, grads, seed=seed, explain=False, **options)


@pytest.mark.parametrize("fault", [True, False])
def test_details_change_no_verdict(fault):
    plain, close = checked(fault=fault), checked(fault=fault, details=True)
    for a, b in zip(plain, close, strict=True):
        assert (a.verdict, a.analytic, a.numerical, a.error, a.step, a.planned, a.resolution) == (
            b.verdict, b.analytic, b.numerical, b.error, b.step, b.planned, b.resolution
        )  # fmt: skip
        assert {rung.step for rung in a.ladder} < {rung.step for rung in b.ladder}
        assert a.best is None
        assert b.best is not None
    assert close.findings == plain.findings


def test_what_is_measured_more_is_counted():
    loss, params, grads = problem(0)
    calls = itertools.count()

    def counted(p):
        next(calls)
        return loss(p)

    before = {layer: {k: v.copy() for k, v in row.items()} for layer, row in params.items()}
    report = check_gradients(counted, params, grads, explain=False, details=True)
    assert report.evaluations == next(calls)
    assert sum(block.evaluations for block in report) <= report.evaluations
    for layer, row in before.items():
        for name, values in row.items():
            np.testing.assert_array_equal(params[layer][name], values)


@pytest.mark.parametrize("seed", range(5))
def test_the_best_slope_is_within_its_error_of_the_true_one(seed):
    report = checked(seed, fault=False, details=True)
    for block in report:
        distance = abs(block.best - block.analytic)  # the analytic one is right here
        assert distance <= block.best_error + 1e-14 * abs(block.analytic)
        assert block.best_error <= block.error


def test_truncation_grows_with_the_square_of_the_step():
    x = np.array([1.0])
    report = check_gradients(lambda: float(x[0] ** 3), x, 3 * x**2, details=True)
    (block,) = report
    long = [rung for rung in block.ladder if rung.step > 1e-3]
    assert len(long) >= 3
    direction = block.analytic / 3  # the slope is 3 d, and at a step h it is 3 d + d**3 h**2
    for rung in long:
        expected = block.analytic + direction**3 * rung.step**2
        assert rung.numerical == pytest.approx(expected, abs=2 * rung.error)
        if rung.extrapolated is not None:  # a cubic has no other truncation
            assert rung.extrapolated == pytest.approx(block.analytic, abs=3 * rung.error)


def test_every_entry_of_a_wrong_block_is_measured():
    plain, close = checked()["layer1.W"], checked(details=True)["layer1.W"]
    assert len(plain.entries) < plain.size == len(close.entries)
    assert len(close.wrong_entries) == close.size
    assert checked(details=True)["layer2.W"].entries == ()  # it agrees


def test_a_spent_budget_leaves_the_check_as_it_was():
    plain = checked()
    close = checked(details=True, max_evaluations=plain.evaluations + 10)
    assert close.evaluations == plain.evaluations + 10
    assert [block.verdict for block in close] == [block.verdict for block in plain]
    assert "The budget was spent before all details were measured." in close.notes
    assert "before the check was complete" not in " ".join(close.notes)


def test_one_direction_for_all_has_no_ladder_of_a_block():
    report = checked(fault=False, overall=True, details=True)
    assert all(block.ladder == () and block.best is None for block in report)


def test_of_too_many_entries_the_wrong_ones_are_listed_first():
    W = np.random.default_rng(0).normal(size=(40, 50))
    gradient = 2 * W
    gradient[-1, -1] += 1
    report = check_gradients(lambda: float((W**2).sum()), W, gradient, entries="all")
    (block,) = report
    assert len(block.entries) == 1000
    assert block.wrong_entries == ((39, 49),)
    assert block.entries[-1].index == (39, 49)
