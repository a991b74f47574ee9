"""gradcheck/numerical.py: noise, steps and slopes, each against functions whose truth is known."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck import check_gradients
from gradcheck.direction import random_direction
from gradcheck.numerical import (
    EPS32,
    EPS64,
    Plan,
    Probe,
    _staircase,
    measure_noise,
    plan_steps,
)


class Counter:
    """t -> (loss, t), counted."""

    def __init__(self, function):
        self.function, self.calls = function, 0

    def __call__(self, t):
        self.calls += 1
        return float(self.function(t)), t


# Smooth losses of one variable, with their slope at 0.
SMOOTH = {
    "exp": (np.exp, 1.0),
    "sin 3t": (lambda t: math.sin(3 * t), 3.0),
    "cubic": (lambda t: (1 + t) ** 3, 3.0),
    "log": (lambda t: math.log(2 + t), 0.5),
    "tanh": (lambda t: math.tanh(0.3 + 2 * t), 2 * (1 - math.tanh(0.3) ** 2)),
    "wide": (lambda t: math.cos(1 + t / 1e3), -math.sin(1) / 1e3),
    "narrow": (lambda t: math.sin(0.5 + 200 * t), 200 * math.cos(0.5)),
    "huge": (lambda t: 1e12 * math.exp(-t), -1e12),
    "tiny": (lambda t: 1e-12 * math.exp(-t), -1e-12),
    "offset": (lambda t: 1e6 + math.exp(t), 1.0),
    "linear": (lambda t: 4 - 7 * t, -7.0),
}
EACH = pytest.mark.parametrize("name", SMOOTH)


def probe_of(function, size=1.0) -> tuple[Probe, Plan, Counter]:
    line = Counter(function)
    noise = measure_noise(line, float(function(0.0)))
    probe = Probe(line, noise)
    return probe, plan_steps(probe, size), line


@EACH
def test_the_error_of_a_slope_is_honest_and_small(name):
    function, truth = SMOOTH[name]
    probe, plan, _ = probe_of(function)
    rung = probe.rung(plan.step)
    assert abs(rung.slope - truth) <= 1.5 * rung.bound
    assert rung.bound <= 1e-5 * abs(truth) * max(1.0, abs(function(0.0) / truth))


@given(
    st.floats(0.1, 30),
    st.floats(-3, 3),
    st.floats(-6, 6).map(lambda p: 10**p),
    st.sampled_from([0.0, 1.0, 100.0]),
)
@settings(max_examples=150)
def test_slopes_of_random_waves(frequency, phase, size, offset):
    truth = size * frequency * math.cos(phase)
    function = lambda t: size * (offset + math.sin(phase + frequency * t))
    probe, plan, _ = probe_of(function)
    rung = probe.rung(plan.step)
    curvature = size * frequency**3  # where the slope itself nearly vanishes, truncation counts
    assert abs(rung.slope - truth) <= 1.5 * rung.bound + curvature * plan.step**2


@EACH
def test_cost_of_noise_and_plan(name):
    function, _ = SMOOTH[name]
    line = Counter(function)
    noise = measure_noise(line, float(function(0.0)))
    assert line.calls <= 64
    if name not in ("narrow", "tiny", "huge", "offset", "linear", "wide", "sin 3t"):
        assert line.calls <= 20
    before = line.calls
    plan_steps(Probe(line, noise), 1.0)
    assert line.calls - before <= 14


@EACH
def test_noise_of_rounding(name):
    function, _ = SMOOTH[name]
    noise = measure_noise(Counter(function), float(function(0.0)))
    ulp = EPS64 * abs(function(0.0))
    assert 0.05 * ulp <= noise.sigma <= 30 * ulp + 1e-20
    assert noise.loss == function(0.0)
    assert noise.eps == EPS64
    assert not noise.single_precision


@pytest.mark.parametrize("level", [1e-12, 1e-9, 1e-6, 1e-3])
def test_noise_that_is_really_there(level):
    rng = np.random.default_rng(0)
    found = [
        measure_noise(Counter(lambda t: 1 + math.exp(t) + level * rng.normal()), 2.0).sigma
        for _ in range(30)
    ]
    assert 0.5 * level <= np.median(found) <= 2.5 * level
    assert min(found) >= 0.1 * level


@pytest.mark.parametrize("seed", range(8))
def test_a_kink_is_no_noise(seed):
    where = [0.0, 1e-12, -1e-7, 1e-5, -1e-4, 3e-6, 1e-3, -1e-9][seed]
    noise = measure_noise(Counter(lambda t: 1 + math.sin(t) + max(0.0, t - where)), 1.0)
    assert noise.sigma <= 1e-13


def test_a_hidden_cast_to_float32_is_noise():
    for function in (
        lambda t: np.float32(math.exp(t) / 3),
        lambda t: float(np.float32(1 + t) ** 2),
        lambda t: 1 + math.log1p(float(np.float32(0.1) * np.float32(1 + t))),
    ):
        noise = measure_noise(Counter(function), float(function(0.0)))
        assert noise.sigma >= 1e-9
        assert noise.single_precision
        assert noise.single_precision
    whole = lambda t: np.float32(math.exp(t) / 3)
    assert measure_noise(Counter(whole), float(whole(0.0))).eps == EPS32


def test_short_numbers_are_no_float32():
    """0.5 and 2.0 are exact in float32, too: that says nothing about the loss."""
    assert measure_noise(Counter(lambda t: 2.0), 2.0).eps == EPS64


def test_a_loss_that_is_not_finite_nearby():
    def log(t):
        return math.log(1e-3 - t) if t < 1e-3 else math.nan

    noise = measure_noise(Counter(log), log(0.0))
    assert math.isfinite(noise.sigma)
    probe = Probe(Counter(log), noise)
    assert probe.rung(1.0) is None
    plan = plan_steps(probe, 1.0)
    rung = probe.rung(plan.step)
    assert abs(rung.slope + 1000) <= 1.5 * rung.bound + 1


def test_nothing_is_finite():
    line = Counter(lambda t: math.nan)
    noise = measure_noise(line, 1.0)
    assert math.isfinite(noise.sigma)
    assert Probe(line, noise).rung(1e-6) is None
    assert plan_steps(Probe(line, noise), 1.0).step > 0


def test_noise_grows_with_the_loss():
    noise = measure_noise(Counter(lambda t: math.exp(t)), 1.0)
    assert noise.at(1e4, 1.0) > 100 * noise.at(1.0, 1.0)
    assert noise.elsewhere(1e4).sigma > 100 * noise.sigma
    assert noise.elsewhere(1e-4).sigma >= noise.sigma


def test_a_loss_that_is_zero_but_for_rounding():
    plateau = lambda t: math.log(1 + 1e-13 * math.exp(t)) + (t > 0.1) + (t < -0.1)
    assert measure_noise(Counter(plateau), plateau(0.0)).near_zero
    small = lambda t: 1e-3 + t * t
    assert not measure_noise(Counter(small), small(0.0)).near_zero


# --- Rungs --------------------------------------------------------------------------------------


def test_a_rung_by_hand():
    line = Counter(lambda t: 5 + 2 * t + t * t)
    noise = measure_noise(line, 5.0)
    probe, before = Probe(line, noise), line.calls
    rung = probe.rung(0.5)
    assert (rung.step, rung.slope, rung.forward, rung.backward) == (0.5, 2.0, 2.5, 1.5)
    assert rung.gap == 1.0
    assert not rung.still
    assert rung.bound == 6 * rung.noise
    assert rung.noise == pytest.approx(noise.at(6.25, 4.25) / (math.sqrt(2) * 0.5))
    assert line.calls - before == 2
    assert probe.rung(0.5) is rung  # measured once
    assert line.calls - before == 2


def test_a_rung_uses_the_step_that_was_applied():
    """In float32 the step taken is not the step asked for."""

    def line(t):
        moved = float(np.float32(1.1) + np.float32(t)) - float(np.float32(1.1))
        return 1.0 + 3 * moved, moved

    noise = measure_noise(line, 1.0)
    rung = Probe(line, noise).rung(1e-6)
    assert rung.slope == pytest.approx(3, abs=1e-9)
    assert Probe(line, noise).rung(1e-12) is None  # it did not move at all


def test_a_loss_that_stands_still():
    line = Counter(lambda t: 2.0)
    probe = Probe(line, measure_noise(line, 2.0))
    assert probe.rung(1e-3).still
    assert probe.rung(1e-3).slope == 0


# --- Steps --------------------------------------------------------------------------------------


@EACH
def test_a_plan_is_in_order(name):
    function, _ = SMOOTH[name]
    for size in (1e-6, 1.0, 1e3):
        _, plan, _ = probe_of(function, size)
        assert 0 < plan.step <= plan.wide <= plan.longest


def test_the_step_comes_from_the_function():
    """A loss that turns 100 times faster wants steps about 100 times shorter."""
    steps = [probe_of(lambda t, f=f: math.sin(0.7 + f * t))[1].step for f in (1.0, 100.0)]
    assert 20 < steps[0] / steps[1] < 500


# --- Directions -----------------------------------------------------------------------------------


def test_random_directions():
    direction = random_direction(np.random.default_rng(0), (50, 40))
    assert direction.shape == (50, 40)
    assert np.abs(direction).min() >= 0.5  # no entry is nearly invisible
    assert np.abs(direction).max() <= 1.5
    assert abs(np.sign(direction).mean()) < 0.1
    assert len(np.unique(np.abs(direction))) == direction.size  # two equal errors do not cancel
    again = random_direction(np.random.default_rng(0), (50, 40))
    np.testing.assert_array_equal(direction, again)
    assert random_direction(np.random.default_rng(0), ()).shape == ()


def test_parameters_of_any_size_come_to_an_end():
    for size in (1e-120, 1e12, 1e120, 1e300):
        p = np.array([size, 2 * size])
        right = np.full(2, 1 / size)
        report = check_gradients(lambda q, s=size: float(np.sum(q / s)), p, right)
        assert report.verdict != "disagrees"


@pytest.mark.parametrize("kink", [3e-4, 1e-3, 3e-3, 1e-2])
def test_the_search_for_stairs_ends_where_a_dead_unit_wakes_up(kink: float) -> None:
    """Nothing moves up to a kink: shorter and shorter steps show no more than that."""
    calls = []

    def line(t: float) -> tuple[float, float]:
        calls.append(t)
        assert len(calls) < 1000
        return 1.0 + max(0.0, t - kink), t

    assert _staircase(line, 1.0, 4e-6) == 0.0
