"""A gradient may be less exact than the array it lies in: that is no mistake of it."""

import types

import numpy as np
import pytest

from gradcheck import check_gradients
from gradcheck.rounding import is_single

SINGLE = np.float32
NETS = range(12)


def net(seed):
    """A small net of float32, with its data."""
    rng = np.random.default_rng(seed)
    i, h, o, n = rng.integers(2, 9, size=4)
    params = {
        "W1": rng.normal(size=(i, h)),
        "b1": 0.1 * rng.normal(size=h),
        "W2": rng.normal(size=(h, o)) / np.sqrt(h),
        "b2": np.zeros(o),
    }
    params = {name: values.astype(SINGLE) for name, values in params.items()}
    return params, rng.normal(size=(n, i)).astype(SINGLE), rng.normal(size=(n, o)).astype(SINGLE)


def loss(p, X, T):
    a = np.tanh(X @ p["W1"] + p["b1"])
    return np.mean((a @ p["W2"] + p["b2"] - T) ** 2)


def plain(p, X, T):
    a = np.tanh(X @ p["W1"] + p["b1"])
    dy = 2 * (a @ p["W2"] + p["b2"] - T) / T.size
    dz = dy @ p["W2"].T * (1 - a**2)
    return {"W1": X.T @ dz, "b1": dz.sum(0), "W2": a.T @ dy, "b2": dy.sum(0)}


def accumulated(p, X, T):
    """As most write it: sums of float32 in arrays of float64."""
    sums = {name: np.zeros(values.shape) for name, values in p.items()}
    a = np.tanh(X @ p["W1"] + p["b1"])
    dy = 2 * (a @ p["W2"] + p["b2"] - T) / T.size
    dz = dy @ p["W2"].T * (1 - a**2)
    for k in range(len(X)):
        sums["W1"] += np.outer(X[k], dz[k])
        sums["b1"] += dz[k]
        sums["W2"] += np.outer(a[k], dy[k])
        sums["b2"] += dy[k]
    return sums


def as_type(nest, dtype):
    return {name: np.asarray(values, dtype) for name, values in nest.items()}


def given_in_float64(p, X, T, change):
    return lambda p: loss(p, X, T), p, change(as_type(plain(p, X, T), float))


def given_in_lists(p, X, T, change):
    nest = change(as_type(plain(p, X, T), float))
    return lambda p: loss(p, X, T), p, {name: values.tolist() for name, values in nest.items()}


def all_read_from_json(p, X, T, change):
    nest = change(as_type(plain(p, X, T), float))
    X, T = X.astype(float), T.astype(float)
    return lambda p: loss(p, X, T), as_type(p, float), nest


def given_as_sums(p, X, T, change):
    return lambda p: loss(p, X, T), p, change(accumulated(p, X, T))


def stored_in_buffers(p, X, T, change):
    net = types.SimpleNamespace(**p)
    for name, values in change(accumulated(p, X, T)).items():
        setattr(net, f"d{name}", values)
    return lambda: loss(vars(net), X, T), net, None


def cast_inside(p, X, T, change):
    def grads(p):
        return change(as_type(plain(as_type(p, SINGLE), X, T), float))

    return lambda p: loss(p, X, T), p, grads


def cast_and_summed(p, X, T, change):
    exact = {name: values * (1 + 1e-9) for name, values in as_type(p, float).items()}
    data = X.astype(float), T.astype(float)
    return lambda p: loss(p, *data), exact, lambda p: change(accumulated(as_type(p, SINGLE), X, T))


def first_cotangent_cast(p, X, T, change):
    """A factor of float32 in products that are float64 otherwise."""
    p = {name: values * (1 + 1e-9) for name, values in as_type(p, float).items()}
    X, T = X.astype(float), T.astype(float)

    def grads(p):
        a = np.tanh(X @ p["W1"] + p["b1"])
        dy = (2 * (a @ p["W2"] + p["b2"] - T) / T.size).astype(SINGLE)
        dz = dy @ p["W2"].T * (1 - a**2)
        return change({"W1": X.T @ dz, "b1": dz.sum(0), "W2": a.T @ dy, "b2": dy.sum(0)})

    return lambda p: loss(p, X, T), p, grads


STYLES = [
    given_in_float64,
    given_in_lists,
    all_read_from_json,
    given_as_sums,
    stored_in_buffers,
    cast_inside,
    cast_and_summed,
    first_cotangent_cast,
]


@pytest.mark.parametrize("style", STYLES)
def test_right_gradients_in_float32_agree_wherever_they_lie(style):
    for seed in NETS:
        report = check_gradients(*style(*net(seed), dict))
        assert report.verdict == "agrees", report
        assert any("its own rounding" in note for note in report.notes), report


@pytest.mark.parametrize("style", STYLES)
def test_what_is_wrong_by_more_than_that_is_found(style):
    for seed in NETS:
        for name in ("W1", "W2"):
            report = check_gradients(
                *style(*net(seed), lambda nest, name=name: {**nest, name: 1.0003 * nest[name]}),
                explain=False,
            )
            wrong = [block.name for block in report.blocks if block.verdict == "disagrees"]
            assert wrong == [name], report


def test_a_gradient_of_float64_is_held_to_its_own_digits():
    """A millionth is no rounding of code that computes in float64."""
    p, X, T = net(0)
    p = {name: values + 1e-9 for name, values in as_type(p, float).items()}
    right = plain(p, X, T)
    for grads in (dict(right), lambda p: plain(p, X, T)):
        assert check_gradients(lambda p: loss(p, X, T), p, grads)
    wrong = {**right, "W1": right["W1"] * (1 + 1e-6)}
    for grads in (wrong, lambda p: {**plain(p, X, T), "W1": plain(p, X, T)["W1"] * (1 + 1e-6)}):
        report = check_gradients(lambda p: loss(p, X, T), p, grads, explain=False)
        assert report["W1"].verdict == "disagrees"


def test_a_budget_that_ends_before_the_rounding_is_known_accuses_nobody():
    p, X, T = net(0)
    wrong = accumulated(p, X, T)
    verdicts = set()
    for most in range(20, 140, 3):
        report = check_gradients(lambda p: loss(p, X, T), p, wrong, max_evaluations=most)
        verdicts |= {block.verdict for block in report.blocks}
    assert verdicts == {"agrees", "inconclusive"}


def test_steps_of_training_that_cast_agree_as_well():
    for seed in NETS:
        p, X, T = net(seed)
        p = as_type(p, float)

        def step(lr, p=p, X=X, T=T):
            for name, values in plain(as_type(p, SINGLE), X, T).items():
                p[name] -= lr * values.astype(float)

        data = X.astype(float), T.astype(float)
        report = check_gradients(lambda: loss(p, *data), p, step=step, lr=0.1, explain=False)  # noqa: B023
        assert report.verdict == "agrees", report


def test_every_entry_is_judged_by_that_rounding_as_well():
    p, X, T = net(3)
    report = check_gradients(lambda p: loss(p, X, T), p, accumulated(p, X, T), entries="all")
    assert report.verdict == "agrees"
    assert all(len(block.entries) == p[block.name].size for block in report.blocks)


def normalised(seed, offset):
    """A batch norm of values that differ little from one another: most digits cancel."""
    rng = np.random.default_rng(seed)
    X, T = rng.normal(size=(9, 3)) + offset, rng.normal(size=(9, 4))
    p = {"W": rng.normal(size=(3, 4)), "g": rng.normal(size=4)}

    def forward():
        z = X @ p["W"]
        centred = z - z.mean(axis=0)
        deviation = np.sqrt(centred.var(axis=0) + 1e-9)
        return centred / deviation, deviation

    def grads(factor=1.0):
        z, deviation = forward()
        d = 2 * (z * p["g"] - T) / T.size
        dz = d * p["g"]
        dz = (dz - dz.mean(axis=0) - z * (dz * z).mean(axis=0)) / deviation
        return {"W": factor * X.T @ dz, "g": (d * z).sum(axis=0)}

    return lambda: float(np.mean((forward()[0] * p["g"] - T) ** 2)), p, grads


def test_digits_that_cancel_in_the_gradient_are_no_mistake():
    for seed in range(20):
        loss, p, grads = normalised(seed, 3e6)
        assert check_gradients(loss, p, grads, explain=False).verdict != "disagrees"
        wrong = check_gradients(loss, p, lambda: grads(1.3), explain=False)  # noqa: B023
        assert wrong["W"].verdict == "disagrees"
    loss, p, grads = normalised(0, 1.0)
    assert check_gradients(loss, p, lambda: grads(1 + 1e-6), explain=False)["W"].verdict != "agrees"


@pytest.mark.parametrize(
    ("values", "single"),
    [
        (np.array([0.1, 0.2]), False),
        (np.array([0.1, 0.2], np.float32), True),
        (np.float32(np.pi) * np.ones(()), True),
        (np.float32(np.pi) * np.ones((300, 300)), True),
        (np.array([0.0, 1.0, -2.5, 1024.0]), False),
        (np.array([float(np.float32(0.1)), 0.1]), False),
        (np.array([1e300, float(np.float32(0.1))]), False),
        (np.zeros(3), False),
    ],
)
def test_values_of_float32_are_told_from_short_ones(values, single):
    assert is_single(values.astype(float)) == single


@pytest.mark.parametrize("spread", [300, 3000])
@pytest.mark.parametrize("factors", [(2, 1, 1), (1, 1.001, 1), (1, -1, 1), (1, 1, 1)])
@pytest.mark.parametrize("apart", [False, True])
def test_a_gradient_that_changes_quickly_is_not_taken_for_a_rounded_one(spread, factors, apart):
    rng = np.random.default_rng(0)
    t = np.sort(rng.uniform(0, spread, 60))
    y = np.sin(2 * np.pi * 0.7123 * t + 0.3) + 0.3 * rng.normal(size=60)
    given = np.array([0.8, 0.7123, 0.2])

    def loss(p):
        a, f, phase = (p[k] for k in "afp") if apart else p
        return float(np.sum((a * np.sin(2 * np.pi * f * t + phase) - y) ** 2))

    def grads(p):
        a, f, phase = (p[k] for k in "afp") if apart else p
        angle = 2 * np.pi * f * t + phase
        d = 2 * (a * np.sin(angle) - y)
        slope = d * a * np.cos(angle)
        found = [np.sum(d * np.sin(angle)), np.sum(slope * 2 * np.pi * t), np.sum(slope)]
        found = np.array(found) * factors
        return dict(zip("afp", found, strict=True)) if apart else found

    params = dict(zip("afp", given.tolist(), strict=True)) if apart else given
    report = check_gradients(loss, params, grads)
    right = factors == (1, 1, 1)
    assert report.verdict == ("agrees" if right else "disagrees")
    assert not any("rounding" in note for note in report.notes)
