"""gradcheck/verdict.py: a slope is right, wrong or untold; kinks, jumps, noise, silence."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gradcheck import check_gradients
from gradcheck.direction import units_of
from gradcheck.numerical import Plan, Probe, measure_noise, plan_steps
from gradcheck.verdict import Judgement, Scale, judge


class Counter:
    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, t):
        self.calls += 1
        return float(self.function(t)), t


def judged(function, analytic, scale=None) -> tuple[Judgement, int]:
    """The judgement, and what it cost after noise and plan were known."""
    line = Counter(function)
    noise = measure_noise(line, float(function(0.0)))
    probe = Probe(line, noise)
    plan = plan_steps(probe, 1.0)
    before = line.calls
    found = judge(probe, analytic, plan, scale or Scale(abs(analytic) or 1.0, 1.0))
    return found, line.calls - before


waves = st.tuples(st.floats(0.2, 20), st.floats(-3, 3), st.floats(-6, 6).map(lambda p: 10**p))


def wave(parts):
    frequency, phase, size = parts
    function = lambda t: size * (2 + math.sin(phase + frequency * t))
    return function, size * frequency * math.cos(phase)


@given(waves)
@settings(max_examples=150)
def test_right_slopes_agree_at_the_first_look(parts):
    function, truth = wave(parts)
    assume(abs(math.cos(parts[1])) > 1e-3)
    found, cost = judged(function, truth)
    assert found.verdict == "agrees"
    assert found.reason == ""
    assert abs(found.numerical - truth) <= 1.5 * found.resolution
    assert found.resolution <= 1e-3 * abs(truth)
    assert cost <= 6


@given(waves, st.sampled_from([-1.0, 0.0, 0.5, 2.0, 1.1, 0.99, 1.001]))
@settings(max_examples=150)
def test_wrong_slopes_disagree(parts, factor):
    function, truth = wave(parts)
    assume(abs(math.cos(parts[1])) > 1e-2)
    found, cost = judged(function, factor * truth, Scale(abs(truth), 1.0))
    assert found.verdict == "disagrees"
    assert abs(found.numerical - truth) <= 3 * found.error
    assert found.error < abs(factor - 1) * abs(truth)
    assert cost <= 12


@given(waves, st.floats(0, 8).map(lambda p: 10**-p), st.sampled_from([1, -1]))
@settings(max_examples=200)
def test_an_answer_agrees_only_within_its_resolution(parts, error, sign):
    function, truth = wave(parts)
    assume(abs(math.cos(parts[1])) > 1e-3)
    found, _ = judged(function, truth * (1 + sign * error))
    if found.verdict == "agrees":
        assert abs(truth) * error <= 1.5 * found.resolution


@given(waves, st.floats(-4, 4))
@settings(max_examples=100)
def test_the_verdict_is_symmetric_under_negation(parts, factor):
    """-loss with -analytic is the same question; so is the mirrored line."""
    function, truth = wave(parts)
    scale = Scale(abs(truth) or 1.0, 1.0)
    plain, _ = judged(function, factor * truth, scale)
    negated, _ = judged(lambda t: -function(t), -factor * truth, scale)
    assert (plain.verdict, plain.reason) == (negated.verdict, negated.reason)
    assert plain.numerical == -negated.numerical
    assert plain.resolution == negated.resolution


@given(waves, st.floats(-2, 2), st.integers(-200, 200))
@settings(max_examples=100)
def test_the_verdict_is_blind_to_units(parts, factor, power):
    """Loss and slope in other units (an exact power of two): to the bit the same answer."""
    function, truth = wave(parts)
    unit, scale = 2.0**power, abs(truth) or 1.0
    plain, _ = judged(function, factor * truth, Scale(scale, 1.0))
    other, _ = judged(lambda t: unit * function(t), unit * factor * truth, Scale(unit * scale, 1.0))
    assert (plain.verdict, plain.reason) == (other.verdict, other.reason)
    assert unit * plain.numerical == other.numerical


# --- Kinks ----------------------------------------------------------------------------------------

KINKS = {
    "abs": (abs, -1.0, 1.0),
    "relu": (lambda t: max(t, 0.0), 0.0, 1.0),
    "leaky": (lambda t: max(t, 0.01 * t), 0.01, 1.0),
    "concave": (lambda t: -abs(t), -1.0, 1.0),
    "bent": (lambda t: math.sin(t) + 3 * max(t, 0.0), 1.0, 4.0),
}


@pytest.mark.parametrize("kink", KINKS)
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_every_subgradient_at_a_kink_agrees(kink, share):
    function, low, high = KINKS[kink]
    found, _ = judged(lambda t: 3 + function(t), low + share * (high - low))
    assert found.verdict == "agrees"
    if found.one_sided is not None:
        assert found.subgradient
        assert found.reason == "kink"
        assert sorted(found.one_sided) == pytest.approx([low, high], abs=1e-5)


@pytest.mark.parametrize("kink", KINKS)
@pytest.mark.parametrize("beyond", [-9.0, -0.3, 0.3, 9.0])
def test_beyond_a_kink_s_slopes_nothing_agrees(kink, beyond):
    function, low, high = KINKS[kink]
    found, _ = judged(lambda t: 3 + function(t), beyond + (high if beyond > 0 else low))
    assert found.verdict != "agrees"


@given(
    st.sampled_from(sorted(KINKS)),
    st.floats(-12, -3).map(lambda p: 10**p),
    st.sampled_from([1, -1]),
)
@settings(max_examples=120)
def test_a_kink_nearby_makes_no_accusation(kink, distance, side):
    function, low, high = KINKS[kink]
    where = side * distance
    slope = {"abs": side, "concave": -side}.get(kink, high if side > 0 else low)
    if kink == "bent":
        slope = math.cos(where) + (3 if side > 0 else 0)
    found, cost = judged(lambda t: 3 + function(t + where), slope)
    assert found.verdict != "disagrees"
    assert cost <= 24
    if distance > 1e-7 and slope:
        assert found.verdict == "agrees"


@given(st.floats(-6.5, -3).map(lambda p: 10**p), st.sampled_from([1, -1]))
@settings(max_examples=60)
def test_a_wrong_slope_near_a_kink_is_still_wrong(distance, side):
    found, _ = judged(lambda t: 3 + abs(t + side * distance), -side)
    assert found.verdict == "disagrees"
    found, _ = judged(lambda t: 3 + abs(t + side * distance), 1.1 * side)
    assert found.verdict == "disagrees"


# --- Jumps, noise, silence ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1e-6, 1e-3, 1.0])
@pytest.mark.parametrize("where", [0.0, 1e-10, -1e-8, 1e-5, -1e-3])
def test_a_jump_makes_no_accusation(size, where):
    found, _ = judged(lambda t: 1 + math.sin(t) + size * (t > where), 1.0)
    assert found.verdict != "disagrees"


@pytest.mark.parametrize("size", [1e-15, 1e-12, 1e-9, 1e-6, 1e-3])
def test_noise_makes_no_accusation(size):
    rng = np.random.default_rng(1)
    for seed in range(20):
        noisy = lambda t, s=seed: 1 + math.sin(0.1 * s + t) + size * rng.normal()
        truth = math.cos(0.1 * seed)
        found, _ = judged(noisy, truth)
        assert found.verdict != "disagrees"
        if found.verdict == "agrees":  # only a slope that is known well enough
            assert found.resolution <= 1.1e-3 * max(abs(truth), 1e-3)


@pytest.mark.parametrize("size", [1e-15, 1e-12, 1e-9])
def test_a_wrong_slope_is_seen_through_noise(size):
    rng = np.random.default_rng(2)
    found = [
        judged(lambda t: 1 + math.sin(t) + size * rng.normal(), -1.0)[0].verdict for _ in range(20)
    ]
    assert found.count("disagrees") >= 18
    assert "agrees" not in found


def test_no_response():
    found, _ = judged(lambda t: 2.0, 0.0)
    assert found.verdict == "agrees"
    found, _ = judged(lambda t: 2.0, 0.5)
    assert found.verdict == "disagrees"
    assert found.numerical == 0
    found, _ = judged(lambda t: 2.0, 1e-13)
    assert found.verdict == "inconclusive"
    assert found.reason == "no signal"


@pytest.mark.parametrize("grain", [1e-3, 1e-6])
def test_a_loss_in_coarse_steps_makes_no_accusation(grain):
    """Rounded for a log, say: a step of the loss is coarser than a difference."""
    for slope in (1.0, 0.3, -2.0):
        found, _ = judged(lambda t, s=slope: round((5 + s * t) / grain) * grain, slope)
        assert found.verdict != "disagrees"


def test_not_finite_on_one_side_only():
    found, _ = judged(lambda t: math.sqrt(1e-30 + t) if t > -1e-30 else math.nan, 5e14)
    assert found.verdict != "disagrees"
    never, _ = judged(lambda t: 1.0 if t == 0 else math.nan, 1.0)
    assert (never.verdict, never.reason) == ("inconclusive", "non-finite")


def test_a_slope_of_zero():
    found, _ = judged(lambda t: 1 + t * t, 0.0)
    assert found.verdict == "agrees"
    found, _ = judged(lambda t: 1 + t * t, 0.1)
    assert found.verdict == "disagrees"
    found, _ = judged(lambda t: 1 + t, 0.0)
    assert found.verdict == "disagrees"


def test_the_scale_of_an_entry():
    values = np.array([1.0, -4.0, 0.0, 2.0])
    scale = Scale(gradient=40.0, parameter=3.0, rounding=8.0).of_entry(values)
    assert scale == Scale(gradient=10.0, parameter=3.0, rounding=4.0)
    assert Scale(4.0, 1.0).of_entry(values).gradient == 4.0


# --- The same through the front door ------------------------------------------------------


def test_relu_at_its_kink():
    """Zero weights: every unit sits at its kink. Right code is not accused, wrong code is seen."""
    X = np.random.default_rng(0).normal(size=(8, 3))
    params = {"W": np.zeros((3, 4)), "V": np.ones((4, 1))}

    def loss():
        return float((np.maximum(X @ params["W"], 0) @ params["V"]).mean())

    def grads():
        Z = X @ params["W"]
        ones = np.ones((8, 1)) / 8
        dZ = (ones @ params["V"].T) * (Z > 0)
        return {"W": X.T @ dZ, "V": np.maximum(Z, 0).T @ ones}

    assert check_gradients(loss, params, grads()).verdict != "disagrees"
    report = check_gradients(loss, params, grads)
    assert report.verdict == "agrees"
    wrong = check_gradients(loss, params, lambda: {"W": -grads()["W"], "V": grads()["V"]})
    assert [block.name for block in wrong.wrong] == ["W"]


def test_dead_units_are_told_not_accused():
    X = np.abs(np.random.default_rng(0).normal(size=(8, 3)))
    params = {"W": -np.ones((3, 4)), "V": np.ones((4, 1)), "c": np.zeros(1)}

    def loss():
        return float(((np.maximum(X @ params["W"], 0) @ params["V"] + params["c"] - 1) ** 2).mean())

    grads = {"W": np.zeros((3, 4)), "V": np.zeros((4, 1)), "c": np.array([-2.0])}
    report = check_gradients(loss, params, grads)
    assert report.verdict == "agrees"
    assert any("nothing but that was tested" in note for note in report["W"].notes)


def test_zero_by_construction():
    """A bias before a batch norm: its true gradient is zero, what is computed is rounding."""
    rng = np.random.default_rng(3)
    X, T = rng.normal(size=(16, 3)), rng.normal(size=(16, 4))
    params = {"W": rng.normal(size=(3, 4)), "b": rng.normal(size=4)}

    def forward():
        Z = X @ params["W"] + params["b"]
        centred = Z - Z.mean(axis=0)
        spread = np.sqrt((centred**2).mean(axis=0) + 1e-5)
        return centred / spread, spread

    def loss():
        return float(((forward()[0] - T) ** 2).sum())

    def grads():
        N, spread = forward()
        dN = 2 * (N - T)
        dZ = (dN - dN.mean(axis=0) - N * (dN * N).mean(axis=0)) / spread
        return {"W": X.T @ dZ, "b": dZ.sum(axis=0)}

    assert 0 < np.abs(grads()["b"]).max() < 1e-12
    for given_as in (grads(), grads):
        assert check_gradients(loss, params, given_as).verdict == "agrees"
    wrong = {**grads(), "b": grads()["b"] + 0.01 * np.abs(grads()["W"]).max()}
    assert [b.name for b in check_gradients(loss, params, wrong).wrong] == ["b"]


def test_a_minimum_with_a_loss_of_zero_makes_no_accusation():
    w = np.zeros(3)
    for grads in (2 * w, lambda: 2 * w):
        report = check_gradients(lambda: float(w @ w), w, grads)
        assert report.verdict != "disagrees"
    assert check_gradients(lambda: float(w @ w), w, lambda: 2 * w).verdict == "agrees"
    assert check_gradients(lambda: float(w @ w), w, lambda: 3 * w).verdict == "disagrees"


def test_a_subgradient_in_every_entry_agrees():
    w = np.zeros(3)
    loss = lambda: 1 + float(np.abs(w).sum())
    for grads in (np.array([1.0, -1.0, 0.5]), lambda: np.sign(w)):
        assert check_gradients(loss, w, grads).verdict == "agrees"


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_no_subgradient_in_any_entry_does_not_agree(seed):
    w = np.zeros(3)
    loss = lambda: float(np.abs(w).sum())
    report = check_gradients(loss, w, np.full(3, 3.0), seed=seed)
    assert report.verdict != "agrees"


def test_the_hidden_cast_to_float32_is_named():
    w = np.random.default_rng(0).normal(size=50)
    for loss in (
        lambda: float(np.float32(w @ w)),
        lambda: float((w.astype(np.float32) ** 2).sum()),
        lambda: np.float32(w @ w),
    ):
        report = check_gradients(loss, w, 2 * w)
        assert report.verdict != "disagrees"
        assert [finding.kind for finding in report.findings] == ["float32"]
        assert check_gradients(loss, w, -2 * w).verdict == "disagrees"


def test_float32_parameters_that_the_loss_reads_are_checked_in_float64():
    rng = np.random.default_rng(0)
    params = {"W": rng.normal(size=(4, 3)).astype(np.float32), "b": np.zeros(3, np.float32)}
    X = rng.normal(size=(8, 4)).astype(np.float32)

    def grads(p):
        A = np.tanh(X @ p["W"] + p["b"])
        dZ = 2 * A * (1 - A * A)
        return {"W": X.T @ dZ, "b": dZ.sum(axis=0)}

    def loss(p):
        return float((np.tanh(X @ p["W"] + p["b"]) ** 2).sum())

    for given_as in (grads, grads(params), lambda: grads(params)):
        report = check_gradients(loss, params, given_as)
        assert report.verdict == "agrees"
        assert not report.findings
    tilted = lambda p: {"W": 1.01 * grads(p)["W"], "b": grads(p)["b"]}
    assert [b.name for b in check_gradients(loss, params, tilted).wrong] == ["W"]


def test_a_loss_that_returns_what_its_float32_parameters_give_casts_nothing():
    params = {"w": np.array([1.0, 2.0, 3.0], np.float32)}
    report = check_gradients(lambda p: (p["w"] ** 2).sum(), params, {"w": 2 * params["w"]})
    assert report.verdict == "agrees"
    assert not report.findings


def test_a_symmetric_kink_does_not_hide_a_wrong_gradient_when_it_can_be_called():
    """At |x| = 0 the central difference is 0, and so is a gradient that was forgotten."""
    w = np.zeros(4)
    report = check_gradients(lambda: 1 + float(np.abs(w).sum()), w, lambda: np.zeros(4))
    assert report.verdict == "disagrees"


def chaotic(w):
    """A logistic map iterated until it is chaos, and its slope."""
    v, slope = float(np.mean(w)), 1 / w.size
    for _ in range(60):
        v, slope = 3.99 * v * (1 - v), 3.99 * slope * (1 - 2 * v)
    return v, np.full(w.size, slope)


SCALES = 10.0 ** np.arange(-10, 10)
FINE = {
    "chaos": (np.full(3, 0.3), lambda w: chaotic(w)[0], lambda w: chaotic(w)[1]),
    "units": (
        np.linspace(0.5, 2.0, 20) * SCALES,
        lambda w: np.sum(np.sin(w / SCALES)),
        lambda w: np.cos(w / SCALES) / SCALES,
    ),
    "wave": (
        np.linspace(0.1, 1, 5),
        lambda w: np.sum(np.sin(1e9 * w)),
        lambda w: 1e9 * np.cos(1e9 * w),
    ),
}


@pytest.mark.parametrize("name", FINE)
def test_what_is_finer_than_the_steps_is_no_bug(name):
    w, loss, gradient = FINE[name]
    for seed in range(6):
        report = check_gradients(lambda: loss(w), w, lambda: gradient(w), seed=seed)
        assert report.verdict != "disagrees"


def kinked(seed, told):
    """A right net of 64 relu units, started as is usual; what its loss is told as."""
    rng = np.random.default_rng(seed)
    X, T = rng.normal(size=(200, 10)), rng.normal(size=(200, 3))
    p = {"W1": rng.normal(size=(10, 64)) * np.sqrt(2 / 10), "b1": np.zeros(64)}
    p |= {"W2": rng.normal(size=(64, 3)) * np.sqrt(2 / 64), "b2": np.zeros(3)}

    def loss():
        a = np.maximum(X @ p["W1"] + p["b1"], 0)
        return told(np.mean((a @ p["W2"] + p["b2"] - T) ** 2))

    def backward():
        z = X @ p["W1"] + p["b1"]
        a = np.maximum(z, 0)
        d = 2 * (a @ p["W2"] + p["b2"] - T) / T.size
        dz = d @ p["W2"].T * (z > 0)
        return {"W1": X.T @ dz, "b1": dz.sum(axis=0), "W2": a.T @ d, "b2": d.sum(axis=0)}

    return loss, p, backward


NOISY = {
    "six digits": (lambda value: round(float(value), 6), (21, 22, 73, 140, 192)),
    "float32": (np.float32, (7, 45, 140)),
    "a large offset": (lambda value: value + 1e8, (49, 111)),
}


@pytest.mark.parametrize("name", NOISY)
def test_many_kinks_within_the_steps_of_a_noisy_loss_accuse_nobody(name):
    told, seeds = NOISY[name]
    for seed in seeds:
        assert check_gradients(*kinked(seed, told), explain=False).verdict != "disagrees"


@pytest.mark.parametrize("name", NOISY)
def test_a_gradient_of_twice_the_size_is_seen_among_many_kinks(name):
    loss, p, backward = kinked(3, NOISY[name][0])
    report = check_gradients(
        loss, p, lambda: {k: (1 + (k == "W1")) * g for k, g in backward().items()}
    )
    assert report["W1"].verdict == "disagrees"


@pytest.mark.parametrize("seed", [0, 6])
def test_a_recurrent_net_that_explodes_is_no_mistake(seed):
    rng = np.random.default_rng(seed)
    X, v = 0.3 * rng.normal(size=(400, 3)), rng.normal(size=8)
    p = {
        "U": 3 * rng.normal(size=(8, 8)) / np.sqrt(8),
        "W": rng.normal(size=(3, 8)),
        "b": np.zeros(8),
    }

    def states():
        h = [np.zeros(8)]
        for x in X:
            h.append(np.tanh(h[-1] @ p["U"] + x @ p["W"] + p["b"]))
        return h

    def backward():
        h, g = states(), {name: np.zeros_like(block) for name, block in p.items()}
        d = 2 * (h[-1] @ v) * v
        for t in reversed(range(len(X))):
            dz = d * (1 - h[t + 1] ** 2)
            g["U"] += np.outer(h[t], dz)
            g["W"] += np.outer(X[t], dz)
            g["b"] += dz
            d = p["U"] @ dz
        return g

    for probes in range(3):
        report = check_gradients(lambda: float((states()[-1] @ v) ** 2), p, backward, seed=probes)
        assert report.verdict != "disagrees"


# --- Steps that were planned badly ----------------------------------------------------------------


def judged_at(function, analytic, step, wide) -> tuple[Judgement, int]:
    """With these steps, though others would be better: a block's plan serves all its entries."""
    line = Counter(function)
    probe = Probe(line, measure_noise(line, float(function(0.0))))
    before = line.calls
    plan = Plan(step, max(step, wide), 4 * max(step, wide), step)
    size = abs(analytic) or abs(float(function(0.0)))
    return judge(probe, analytic, plan, Scale(size, 1.0)), line.calls - before


@given(waves, st.floats(-7, -0.5).map(lambda p: 10**p), st.floats(0, 2).map(lambda p: 10**p))
@settings(max_examples=200, derandomize=True)
def test_no_step_makes_a_right_slope_wrong(parts, share, wider):
    frequency, phase, _ = parts
    assume(abs(math.cos(phase)) > 0.2)
    function, truth = wave(parts)
    step = share / frequency  # at a third of a radian, truncation is 2 % of the slope
    found, cost = judged_at(function, truth, step, min(step * wider, 0.3 / frequency))
    assert found.verdict == "agrees"
    assert abs(found.numerical - truth) <= max(1.5 * found.error, 1e-8 * abs(truth))
    assert found.error <= found.resolution <= 1e-3 * abs(truth)
    assert cost <= 14


@given(
    waves,
    st.floats(-7, -0.5).map(lambda p: 10**p),
    st.floats(0, 2).map(lambda p: 10**p),
    st.floats(-2, 1).map(lambda p: 10**p),
    st.sampled_from([1, -1]),
)
@settings(max_examples=200, derandomize=True)
def test_no_step_makes_a_wrong_slope_right(parts, share, wider, off, sign):
    frequency, phase, _ = parts
    assume(abs(math.cos(phase)) > 0.2)
    function, truth = wave(parts)
    step = share / frequency
    wrong = truth * (1 + sign * off)
    found, cost = judged_at(function, wrong, step, min(step * wider, 0.3 / frequency))
    assert found.verdict == "disagrees"
    assert abs(found.numerical - truth) <= 1.5 * found.error
    assert found.error < abs(found.numerical - wrong)
    assert cost <= 20


@given(
    waves,
    st.floats(-7, -0.5).map(lambda p: 10**p),
    st.floats(0, 2).map(lambda p: 10**p),
    st.floats(-14, -7).map(lambda p: 10**p),
    st.sampled_from([1.0, -1.0, 0.0, 0.5, 1.1, 2.0]),
)
@settings(max_examples=250, derandomize=True)
def test_no_step_tells_more_than_noise_allows(parts, share, wider, loud, factor):
    frequency, phase, size = parts
    assume(abs(math.cos(phase)) > 0.2)
    smooth, truth = wave(parts)
    seed = np.float64(phase).view(np.uint64)

    def function(t):
        rng = np.random.default_rng([seed, np.float64(t).view(np.uint64)])
        return smooth(t) + loud * size * rng.normal()

    step = share / frequency
    found, cost = judged_at(function, factor * truth, step, min(step * wider, 0.3 / frequency))
    assert found.verdict != ("disagrees" if factor == 1 else "agrees")
    if found.verdict == "agrees":
        assert abs(found.numerical - truth) <= found.resolution <= 1.1e-3 * abs(truth)
    if found.verdict == "disagrees":
        assert abs(found.numerical - truth) <= 1.5 * found.error
    if factor != 1 and loud < 1e-4 * share:  # of a slope of about one per step
        assert found.verdict == "disagrees"
    assert cost <= 26


@pytest.mark.parametrize("scale", [4, 8, 12])
def test_one_vector_of_many_units_is_judged_entry_by_entry_in_its_own(scale):
    """As of masses, lengths and rates in a fit: each small against another, and none negligible."""
    for seed in range(12):
        rng = np.random.default_rng([scale, seed])
        n = int(rng.integers(2, 7))
        units = 10 ** rng.uniform(-scale, scale, size=n)
        units[:2] = 10.0**-scale, 10.0**scale
        p = units * rng.uniform(0.5, 2, size=n) * rng.choice([-1, 1], size=n)
        A, y = rng.normal(size=(15, n)), rng.normal(size=15)
        wrong, entry = np.ones(n), int(rng.integers(n))

        def loss(p, A=A, y=y, units=units):
            return 0.5 * np.sum((A @ np.sin(p / units) - y) ** 2)

        def grads(p, A=A, y=y, units=units, wrong=wrong):
            return wrong * (A.T @ (A @ np.sin(p / units) - y)) * np.cos(p / units) / units

        for entries in ("auto", "all"):
            wrong[:] = 1
            assert check_gradients(loss, p, grads, seed=seed, entries=entries).verdict == "agrees"
            wrong[entry] = 0.99
            (block,) = check_gradients(
                loss, p, grads, seed=seed, entries=entries, explain=False
            ).blocks
            assert block.wrong_entries == ((entry,),)
            assert block.worst.numerical == pytest.approx(grads(p)[entry] / 0.99, rel=1e-4)


def test_weights_that_are_far_apart_by_chance_have_no_units():
    rng = np.random.default_rng(0)
    for n in (4, 9, 40):
        for _ in range(200):
            values = rng.normal(size=n)
            values[0] *= 1e-5
            gradient = rng.normal(size=n)
            assert units_of(values, gradient) is None
            assert units_of(values, 1 / values) is not None
