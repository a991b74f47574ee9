"""gradcheck/locate.py: the wrong entries, all of them, no right one, in few evaluations."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import check_gradients
from gradcheck.direction import random_direction
from gradcheck.locate import Location, Residual, Search, clopper_pearson
from gradcheck.numerical import Probe, measure_noise, plan_steps
from gradcheck.objective import Line, Objective
from gradcheck.tree import collect
from gradcheck.verdict import Scale


class Case:
    """A block with a smooth loss, its right gradient, and what a search for errors needs."""

    def __init__(self, shape, seed=0):
        rng = np.random.default_rng(seed)
        self.W = rng.normal(size=shape)
        self.A = rng.normal(size=shape)
        self.right = self.A / np.cosh(self.W) ** 2
        self.rng = np.random.default_rng(seed + 1)

    def loss(self):
        return float(np.sum(self.A * np.tanh(self.W))) / 10 + 1.0

    def search(self, analytic, max_evaluations=None) -> tuple[Location, int]:
        """Where it is wrong, and the evaluations that this took after the probe of the block."""
        _, (block,) = collect(self.W)
        objective = Objective(self.loss, _, max_evaluations=None)
        direction = random_direction(self.rng, self.W.shape)
        line = Line(objective, [(block, direction)])
        noise = measure_noise(line, self.loss())
        probe = Probe(line, noise)
        plan = plan_steps(probe, 1.0)
        rung = probe.rung(plan.step)
        scale = Scale(float(np.linalg.norm(analytic)), 1.0)
        before = objective.evaluations
        if max_evaluations is not None:
            objective = Objective(self.loss, _, max_evaluations=max_evaluations)
            before = 0
        search = Search(objective, block, analytic, direction, plan, noise, scale, self.rng)
        predicted = float(np.sum(analytic * direction))
        found = search.locate(Residual(predicted - rung.slope, 1.33 * rung.bound))
        return found, objective.evaluations - before

    @property
    def gradient(self):
        return self.right / 10


def with_errors(case, indices, relative=0.1):
    wrong = case.gradient.copy()
    size = np.sqrt(np.mean(wrong**2))
    for i, index in enumerate(indices):
        wrong[index] += relative * size * (1 + 0.1 * i)
    return wrong


@pytest.mark.parametrize("relative", [1.0, 0.1, 0.01])
@pytest.mark.parametrize("shape", [(100,), (50, 20), (100, 100), (10, 20, 50), (10_000,)], ids=str)
def test_one_wrong_entry_in_at_most_12_evaluations(shape, relative):
    costs = []
    for seed in range(40):
        case = Case(shape, seed)
        index = tuple(int(i) for i in np.random.default_rng(seed).integers(shape))
        found, cost = case.search(with_errors(case, [index], relative))
        assert found.wrong == [index]
        assert found.pattern == "entries"
        assert found.complete
        costs.append(cost)
    assert sorted(costs)[-4] <= 12  # one in ten may take longer: when a bound was a bad guess
    assert max(costs) <= 60


def test_one_wrong_entry_among_a_million():
    case = Case((1000, 1000))
    found, cost = case.search(with_errors(case, [(371, 925)]))
    assert found.wrong == [(371, 925)]
    assert found.complete
    assert cost <= 34


@given(st.integers(2, 6), st.integers(0, 999), st.sampled_from([(100, 100), (400,)]))
@settings(max_examples=25)
def test_a_few_wrong_entries(n, seed, shape):
    case = Case(shape, seed)
    rng = np.random.default_rng(seed)
    flat = rng.choice(math.prod(shape), n, replace=False)
    indices = sorted(tuple(int(i) for i in np.unravel_index(p, shape)) for p in flat)
    found, cost = case.search(with_errors(case, indices))
    assert found.wrong == indices
    assert found.complete
    assert cost <= 40 + 30 * n


def test_equal_errors_do_not_cancel():
    case = Case((60, 60), 5)
    wrong = case.gradient.copy()
    wrong[3, 4] += 0.5
    wrong[50, 7] -= 0.5
    found, _ = case.search(wrong)
    assert found.wrong == [(3, 4), (50, 7)]


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize("factor", [0.0, -1.0, 2.0, 1.1])
def test_a_wrong_row_or_column(axis, factor):
    for seed in range(4):
        case = Case((80, 120), seed)
        wrong = case.gradient.copy()
        at = (17, 93)[axis]
        wrong[(at, slice(None)) if axis == 0 else (slice(None), at)] *= factor
        found, cost = case.search(wrong)
        assert found.pattern == f"{('row', 'column')[axis]} {at}"
        assert all(index[axis] == at for index in found.wrong)
        low, high = found.fraction[1:]
        assert low <= 1 / wrong.shape[axis] <= high * 1.0001
        assert cost <= 100


def test_a_wrong_slice_of_a_kernel():
    case = Case((6, 20, 30), 1)
    wrong = case.gradient.copy()
    wrong[:, 11, :] = 0
    found, _ = case.search(wrong)
    assert found.pattern == "slice 11 of axis 1"


@pytest.mark.parametrize("share", [0.5, 1.0])
def test_dense_errors_are_sampled_not_listed(share):
    for seed in range(4):
        case = Case((100, 100), seed)
        mask = np.random.default_rng(seed).random((100, 100)) < share
        wrong = case.gradient * np.where(mask, 1.0 + np.cos(case.W), 1.0)
        found, cost = case.search(wrong)
        assert found.pattern == "dense"
        assert not found.complete
        assert found.fraction[1] <= share <= found.fraction[2]
        assert all(mask[index] for index in found.wrong)
        assert cost <= 140


@given(st.integers(0, 999), st.sampled_from([1e-1, 1e-3, 1e-5]), st.integers(1, 40))
@settings(max_examples=40)
def test_no_right_entry_is_ever_listed(seed, relative, n):
    case = Case((40, 50), seed)
    flat = np.random.default_rng(seed).choice(2000, n, replace=False)
    indices = {tuple(int(i) for i in np.unravel_index(p, (40, 50))) for p in flat}
    found, cost = case.search(with_errors(case, indices, relative))
    assert set(found.wrong) <= indices
    assert cost <= 700


@given(st.integers(0, 999), st.integers(1, 32), st.data())
@settings(max_examples=40)
def test_small_blocks_are_judged_entry_by_entry(seed, size, data):
    case = Case((size,), seed)
    chosen = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
    wrong = with_errors(case, [(i,) for i in chosen])
    found, cost = case.search(wrong)
    assert found.wrong == sorted((i,) for i in chosen)
    assert found.complete
    assert len(found.judged) == size
    assert cost <= 6 * size


def test_a_search_out_of_budget_keeps_what_it_found():
    case = Case((100, 100))
    wrong = with_errors(case, [(i, (7 * i) % 100) for i in range(10)])
    for budget in (1, 5, 30):
        found, cost = case.search(wrong, max_evaluations=budget)
        assert cost <= budget
        assert not found.complete


def test_the_names_of_patterns_in_small_blocks():
    W = np.arange(1.0, 13.0).reshape(3, 4)
    loss = lambda: float((W**2).sum())
    for wrong, pattern, entries in [
        (np.s_[1, :], "row 1", 4),
        (np.s_[:, 2], "column 2", 3),
        (np.s_[2, 3], "entries", 1),
        (np.s_[[0, 1], [0, 2]], "entries", 2),
        (np.s_[...], "dense", 12),
    ]:
        grads = 2 * W
        grads[wrong] *= 1.5 + np.cos(np.arange(grads[wrong].size)).reshape(grads[wrong].shape) / 5
        report = check_gradients(loss, {"W": W}, {"W": grads})
        assert report["W"].pattern == pattern
        assert len(report["W"].wrong_entries) == entries


def test_residuals():
    a, b = Residual(3.0, 0.5), Residual(2.8, 0.1)
    assert a.visible
    assert (a - b).value == pytest.approx(0.2)
    assert (a - b).error == pytest.approx(0.6)
    assert not (a - b).visible


def test_clopper_pearson():
    """The exact interval of a share, against published values, and its limits."""
    share, low, high = clopper_pearson(8, 10)
    assert (share, round(low, 4), round(high, 4)) == (0.8, 0.4439, 0.9748)
    assert clopper_pearson(0, 20)[:2] == (0.0, 0.0)
    assert clopper_pearson(20, 20)[2] == 1.0
    assert clopper_pearson(0, 0) is None
