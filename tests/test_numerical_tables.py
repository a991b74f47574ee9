"""gradcheck/numerical.py by hand: tables, stairs, rungs and plans, every number and threshold."""

import itertools
import math
import types

import numpy as np
import pytest

from gradcheck import numerical
from gradcheck.numerical import (
    EPS32,
    EPS64,
    ODD,
    Noise,
    Plan,
    Probe,
    Rung,
    along,
    best_of,
    climb,
    ladder,
    measure_noise,
    plan_steps,
    rung_of,
    rungs_of,
)

LESS, MORE = 1 - 1e-9, 1 + 1e-9


def about(value):
    return pytest.approx(value, rel=1e-12, abs=1e-300)


# --- Noise ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noise", "forward", "backward", "sigma"),
    [
        (Noise(2.0, 0.5, 0.25, 3.0), 4.0, -6.0, 1.5),  # grows with the loss
        (Noise(2.0, 0.5, 0.25, 3.0), 1.0, -0.5, 0.5),  # and never falls
        (Noise(-2.0, 0.5, 0.0, 3.0), 1e9, 0.0, 500.0),  # by a factor 1,000 at most
        (Noise(-2.0, 0.5, 0.25, 3.0), 0.0, -1e9, 0.075e9),  # but no less than rounding
        (Noise(0.0, 0.5, 0.25, 3.0), 4.0, 1.0, 0.5),
        (Noise(0.0, 0.5, 0.25, 3.0), 1.0, 40.0, 3.0),
    ],
)
def test_noise_of_a_difference(noise, forward, backward, sigma):
    assert noise.at(forward, backward) == about(sigma)


@pytest.mark.parametrize(
    ("noise", "loss", "sigma", "scale"),
    [
        (Noise(2.0, 0.5, 0.25, 3.0), -6.0, 1.5, 6.0),
        (Noise(2.0, 0.5, 0.25, 3.0), 1.0, 0.5, 3.0),
        (Noise(-2.0, 0.5, 0.0, 3.0), 1e9, 0.25e9, 1e9),
        (Noise(2.0, 0.0, 0.25, 3.0), -40.0, 3.0, 40.0),
        (Noise(0.0, 0.5, 0.25, 3.0), 4.0, 0.5, 4.0),
        (Noise(0.0, 0.5, 0.25, 3.0), 40.0, 3.0, 40.0),
    ],
)
def test_noise_elsewhere(noise, loss, sigma, scale):
    found = noise.elsewhere(loss)
    assert (found.loss, found.eps) == (loss, noise.eps)
    assert (found.sigma, found.scale) == (about(sigma), about(scale))


def test_a_line_at_several_steps():
    line = lambda t: (2 * t, t)
    assert along(line, [1.0, 3.0]) == [(2.0, 1.0), (6.0, 3.0)]
    many = types.SimpleNamespace(many=lambda steps: [("at once", t) for t in steps])
    assert along(many, [1.0, 3.0]) == [("at once", 1.0), ("at once", 3.0)]


# --- Tables ---------------------------------------------------------------------------------------


def test_levels_of_a_table_of_pure_noise():
    """Differences of 0, 1, 0, 1, ... are of size 2^(j - 1)."""
    levels = numerical._difference_levels([0.0, 1.0] * 4)
    assert levels == {
        j: about(2 ** (j - 1) / math.sqrt(math.comb(2 * j, j))) for j in (1, 2, 3, 4, 5)
    }
    cubes = numerical._difference_levels([float(k**3) for k in range(8)])
    assert (cubes[3], cubes[4]) == (about(6 / math.sqrt(20)), 0.0)
    assert cubes[1] == about(math.sqrt(sum((3 * k * k + 3 * k + 1) ** 2 for k in range(7)) / 14))


@pytest.mark.parametrize(("lowest", "level"), [(1, 10.0), (2, 10.0), (3, 10.0), (4, 0.1), (5, 0.1)])
def test_noise_is_the_level_that_has_stopped_falling(monkeypatch, lowest, level):
    levels = {1: 100.0, 2: 40.0, 3: 10.0, 4: 5.0, 5: 1.0, 6: 0.1}
    monkeypatch.setattr(numerical, "_difference_levels", lambda values: levels)
    assert numerical._table_noise([], lowest) == level


@pytest.mark.parametrize(
    ("loss", "values", "fourth", "unresolved"),
    [
        (1.0, [1.2, 1.0], 0.031, True),
        (1.0, [1.2, 1.0], 0.03, False),  # smooth
        (1.0, [1.1, 1.0], 0.031, False),  # varies little
        (1.2, [1.0, 1.05], 0.031, True),
        (0.5, [1.0, 1.02], 0.031, True),
        (-1.0, [-1.2, -1.05], 0.031, True),
        (-1.0, [-1.1, -1.05], 0.031, False),
        (1.0, [0.9, 1.0], 0.031, False),  # by a tenth, not by more
        (9.0, [9.0, 10.0], 0.031, False),
    ],
)
def test_values_too_far_apart(monkeypatch, loss, values, fourth, unresolved):
    monkeypatch.setattr(numerical, "_difference_levels", lambda values: {1: 1.0, 4: fourth})
    assert numerical._unresolved(loss, values) is unresolved


@pytest.mark.parametrize(
    ("values", "quantum"),
    [
        ([k * 2.0**-10 for k in range(1, 9)], 2.0**-10),
        ([k * 2.0**-10 for k in range(1, 8)], 0.0),  # too few
        ([0.0, *(k * 2.0**-10 for k in range(1, 8))], 0.0),
        ([-k * 2.0**-10 * s for k in range(1, 8) for s in (1, -1)], 0.0),
        ([3.0 + k * 2.0**-20 for k in range(8)], 2.0**-20),
        ([1e300 * (1 + k * 2.0**-52) for k in range(8)], 2.0 ** (math.frexp(1e300)[1] - 53)),
        ([k * 8.0 for k in range(1, 9)], 8.0),
    ],
)
def test_what_all_values_are_multiples_of(values, quantum):
    assert numerical._quantum(values) == quantum


def test_values_of_a_table():
    found = numerical._values(lambda t: (t, -t), 2.0)
    assert found == [i * ODD * 2.0 for i in range(1, 9)]
    assert numerical._values(lambda t: (t, -t), 2.0, 7.0) == [7.0, *found]


class Tables:
    """Noise of tables as written down, by the logarithm of their spacing; and what was asked."""

    def __init__(self, monkeypatch, levels, *, flat=(), absent=(), **others):
        self.levels, self.flat, self.absent, self.asked = levels, flat, absent, []
        monkeypatch.setattr(numerical, "_values", self.values)
        monkeypatch.setattr(numerical, "_table_noise", self.noise)
        rows = {"_quantum": lambda values: 0.0, "_unresolved": lambda *_: False}
        rows |= dict.fromkeys(("_staircase", "_stairs", "_without_kinks"), self.refuse)
        for name, function in (rows | {f"_{name}": f for name, f in others.items()}).items():
            monkeypatch.setattr(numerical, name, function)

    def values(self, line, spacing):
        assert line(0.3) == LINE(0.3)
        power = math.log2(spacing)
        if power in self.absent:
            return [math.nan] * 8
        return [power] * 5 + ([power] * 3 if power in self.flat else [9.0, 8.0, 7.0])

    def noise(self, found, lowest):
        self.asked.append((found[0], lowest))
        return self.levels.get(found[0], 0.0)

    def refuse(self, *_):
        raise AssertionError("not asked for")


FAR = {0.3: -3.0, 1.0: math.inf, -1.0: 2.5}
LINE = lambda t: (FAR.get(t, 2.0), t)


def test_two_tables_and_the_scale(monkeypatch):
    tables = Tables(monkeypatch, {-36.0: 1e-15, -18.0: 3.9e-15})
    noise = measure_noise(LINE, 2.0)
    assert noise == Noise(2.0, 3.9e-15, EPS64, 3.0)
    assert tables.asked == [(-36.0, 2), (-18.0, 4)]
    assert measure_noise(LINE, -5.0).scale == 5.0
    tables.levels[-36.0] = 4e-15
    assert measure_noise(LINE, 2.0).sigma == 4e-15


def test_a_loss_in_float32_has_coarser_tables(monkeypatch):
    tables = Tables(monkeypatch, {-18.0: 1e-9})
    assert measure_noise(LINE, 2.0, eps=EPS32) == Noise(2.0, about(0.3 * EPS32 * 2), EPS32, 3.0)
    assert tables.asked == [(-18.0, 2), (-8.0, 4)]


def test_noise_is_no_less_than_rounding(monkeypatch):
    Tables(monkeypatch, {})
    assert measure_noise(LINE, -2.0).sigma == about(0.3 * EPS64 * 2)
    Tables(monkeypatch, {}, quantum=lambda values: 1e-12)
    assert measure_noise(LINE, -2.0).sigma == about(0.3e-12)


def test_tables_where_the_loss_is_not_finite_are_made_smaller(monkeypatch):
    tables = Tables(monkeypatch, {-42.0: 1e-15, -30.0: 2e-15}, absent=[-36.0, -18.0, -24.0])
    assert measure_noise(LINE, 2.0).sigma == 2e-15
    assert tables.asked == [(-42.0, 2), (-30.0, 4)]
    nowhere = [-36.0 - 6 * k for k in range(4)]
    tables = Tables(monkeypatch, {-31.0: 1e-15, -18.0: 2e-15}, absent=nowhere)
    assert measure_noise(LINE, 2.0).sigma == 2e-15
    assert tables.asked == [(-31.0, 3), (-18.0, 4)]


def test_a_table_that_rests_is_made_wider(monkeypatch):
    tables = Tables(monkeypatch, {-26.0: 5e-15, -18.0: 2e-15}, flat=[-36.0, -31.0])
    assert measure_noise(LINE, 2.0) == Noise(2.0, 5e-15, EPS64, 3.0)
    assert tables.asked == [(-36.0, 2), (-31.0, 3), (-26.0, 3), (-18.0, 4)]


def test_a_loss_that_rests_in_all_small_tables_may_be_a_sum_of_stairs(monkeypatch):
    asked = []
    stairs = lambda line, spacing: asked.append((line(0.3), spacing)) or 7e-15
    small = [-36.0, -31.0, -26.0, -21.0]
    Tables(monkeypatch, {-21.0: 1e-15, -18.0: 5e-15}, flat=small, stairs=stairs)
    assert measure_noise(LINE, 2.0).sigma == 7e-15
    assert asked == [((-3.0, 0.3), 2.0**-18)]
    Tables(monkeypatch, {-18.0: 9e-15}, flat=small, stairs=stairs)
    assert measure_noise(LINE, 2.0).sigma == 9e-15  # no kinks are looked for


def test_a_loss_that_rests_in_the_coarse_table_may_be_a_staircase(monkeypatch):
    asked = []
    stair = lambda line, loss, spacing: asked.append((line(0.3), loss, spacing)) or 7e-15
    Tables(monkeypatch, {-18.0: 5e-15}, flat=[-18.0], staircase=stair, without_kinks=max)
    monkeypatch.setattr(numerical, "_without_kinks", lambda table, large, *_: large)
    assert measure_noise(LINE, 2.0).sigma == 7e-15
    assert asked == [((-3.0, 0.3), 2.0, 2.0**-18)]
    Tables(monkeypatch, {-36.0: 9e-15, -18.0: 5e-15}, flat=[-18.0], staircase=stair)
    assert measure_noise(LINE, 2.0).sigma == 9e-15


def test_a_loss_of_zero_that_rests_is_a_plateau(monkeypatch):
    Tables(monkeypatch, {}, flat=[-18.0], staircase=lambda *_: 0.5)
    assert measure_noise(LINE, 3e-9).sigma == about(3e-8 * 3e-9)
    assert measure_noise(LINE, -3e-9).sigma == about(3e-8 * 3e-9)
    assert measure_noise(LINE, 3.001e-9).sigma == 0.5
    tables = Tables(monkeypatch, {-36.0: 1e-15}, flat=[-18.0])
    assert measure_noise(LINE, 3e-9).sigma == 1e-15
    tables.flat = []
    assert measure_noise(LINE, 3e-9).sigma == 1e-15


@pytest.mark.parametrize(
    ("small", "large", "loss", "asked"),
    [
        (1e-15, 4.001e-15, 2.0, (1e-15,)),
        (1e-15, 3.999e-15, 2.0, ()),
        (0.0, 1.201 * EPS64 * 2, -2.0, (0.3 * EPS64 * 2,)),  # against rounding
        (0.0, 1.199 * EPS64 * 2, -2.0, ()),
    ],
)
def test_a_coarse_table_that_sees_more_may_see_kinks(monkeypatch, small, large, loss, asked):
    seen = []

    def without_kinks(table, level, coarse, fine, least):
        seen.append(least)
        assert (level, coarse, fine) == (large, 2.0**-18, 2.0**-36)
        assert table(2.0**-20) == (8e-15, False)
        return 6e-15

    levels = {-36.0: small, -18.0: large, -20.0: 8e-15}
    tables = Tables(monkeypatch, levels, without_kinks=without_kinks)
    sigma = measure_noise(LINE, loss).sigma
    assert seen == [about(least) for least in asked]
    assert sigma == (6e-15 if asked else about(max(large, 0.3 * EPS64 * 2)))
    assert not asked or tables.asked[-1] == (-20.0, 4)


def test_a_loss_that_wiggles_within_the_coarse_table_gets_a_finer_one(monkeypatch):
    seen = []
    unresolved = lambda loss, values: seen.append((loss, values)) or len(seen) < 9
    tables = Tables(monkeypatch, {-36.0: 1e-15, -18.0: 1.0, -30.0: 2e-15}, unresolved=unresolved)
    assert measure_noise(LINE, 2.0).sigma == 2e-15
    assert tables.asked == [(-36.0, 2), (-18.0, 4), (-24.0, 4), (-30.0, 4)]
    assert [(loss, values[0], len(values)) for loss, values in seen] == [
        (2.0, -18.0, 8),
        (2.0, -24.0, 8),
        (2.0, -30.0, 8),
    ]
    monkeypatch.setattr(numerical, "_unresolved", lambda loss, values: values[0] > -20)
    assert measure_noise(LINE, 2.0).sigma == 1e-15


def test_the_finer_table_stays_four_times_as_wide_as_the_fine_one(monkeypatch):
    """From 2^-31, where the loss first moves: 2^-30 is too near."""
    flat = [-36.0]
    tables = Tables(monkeypatch, {}, flat=flat, unresolved=lambda *_: True)
    measure_noise(LINE, 2.0)
    assert tables.asked == [(-36.0, 2), (-31.0, 3), (-18.0, 4), (-24.0, 4)]
    tables = Tables(monkeypatch, {}, flat=[-36.0, -31.0], unresolved=lambda *_: True)
    measure_noise(LINE, 2.0)  # four times 2^-26 is 2^-24 itself
    assert tables.asked == [(-36.0, 2), (-31.0, 3), (-26.0, 3), (-18.0, 4)]


@pytest.mark.parametrize(
    ("sigma", "swallowed", "quantum", "single"),
    [
        (1.001e3 * EPS64 * 3, True, 0.0, True),
        (0.999e3 * EPS64 * 3, True, 0.0, False),  # no more than float64 does itself
        (0.999e3 * EPS32 * 3, True, 0.0, True),
        (1.001e3 * EPS32 * 3, True, 0.0, False),
        (1.001e3 * EPS64 * 3, False, 0.0, False),  # small steps do change it
        (0.0, False, EPS32 / 2, True),
        (0.0, False, EPS32 / 2.01, False),
    ],
)
def test_float32_on_the_way_is_seen(monkeypatch, sigma, swallowed, quantum, single):
    flat = [-36.0] if swallowed else []
    rows = {"quantum": lambda values: quantum, "without_kinks": lambda t, large, *_: large}
    Tables(monkeypatch, {-18.0: sigma}, flat=flat, **rows)
    noise = measure_noise(LINE, -2.0)
    assert noise.eps == (EPS32 if single else EPS64)
    assert noise.sigma == about(max(sigma, 0.3 * max(quantum, 2 * noise.eps)))


def test_no_quantum_of_a_loss_of_zero(monkeypatch):
    Tables(monkeypatch, {-18.0: 1e-15}, without_kinks=lambda t, large, *_: large)
    assert measure_noise(LINE, 0.0).eps == EPS64


# --- Kinks and stairs -----------------------------------------------------------------------------


def without_kinks(levels, large, small, fine=2.0**-40, flat=()):
    asked = []

    def table(spacing):
        asked.append(math.copysign(math.log2(abs(spacing)), spacing))
        return levels[asked[-1]], asked[-1] in flat

    return numerical._without_kinks(table, large, 2.0**18, fine, small), asked


@pytest.mark.parametrize(
    ("levels", "large", "level", "asked"),
    [
        ({-18.0: 3.0}, 100.0, 3.0, [-18.0]),  # a kink on this side only
        ({-18.0: 100.0}, 4.0, 4.0, [-18.0]),  # on the other
        ({-18.0: 50.0, -14.0: 6.25}, 100.0, 50.0, [-18.0, -14.0]),  # does not shrink
        ({-18.0: 50.0, -14.0: 6.2, -10.0: 2.0}, 100.0, 6.2, [-18.0, -14.0, -10.0]),
        ({-18.0: 50.0, -14.0: 4.0}, 100.0, 4.0, [-18.0, -14.0]),  # shrinks to the noise
        ({-18.0: 200.0, 14.0: 4.0}, 100.0, 4.0, [-18.0, 14.0]),
        ({-18.0: 100.0, 14.0: 4.0}, 100.0, 4.0, [-18.0, 14.0]),
    ],
)
def test_what_shrinks_with_the_spacing_is_a_kink(levels, large, level, asked):
    assert without_kinks(levels, large, 1.0) == (level, asked)


def test_stairs_rest_and_do_not_shrink():
    assert without_kinks({-18.0: 50.0, -14.0: 1.0}, 100.0, 1.0, flat=[-14.0]) == (
        50.0,
        [-18.0, -14.0],
    )


@pytest.mark.parametrize(("fine", "level"), [(2.0**12, 4.0), (2.0**12 * MORE, 1.0)])
def test_kinks_are_followed_down_to_the_fine_table(fine, level):
    assert without_kinks({-18.0: 50.0, -14.0: 4.0}, 100.0, 1.0, fine)[0] == level


@pytest.mark.parametrize(
    ("start", "asked"),
    [(0.01 / 64, [0.01 / 8]), (0.0099 / 64, [0.0099 / 8, 0.0099]), (0.01, [])],
)
def test_sums_of_stairs_are_looked_at_up_to_a_hundredth(monkeypatch, start, asked):
    seen = []
    monkeypatch.setattr(numerical, "_values", lambda line, s: seen.append(s) or [s])
    monkeypatch.setattr(numerical, "_table_noise", lambda found, lowest: found[0] * lowest)
    assert numerical._stairs(LINE, start) == about(4 * max(asked, default=0.0))
    assert seen == [about(spacing) for spacing in asked]
    monkeypatch.setattr(numerical, "_values", lambda line, s: [math.nan, s])
    assert numerical._stairs(LINE, start) == 0.0


def stair(t):
    return 1.0 + 0.125 * math.floor(t / ODD)


def test_a_staircase_by_hand(monkeypatch):
    """Stairs of 1/8, each as long as two and a half values: their error is uniform."""
    seen = []

    def line(t):
        seen.append(t / ODD)
        return 1.0 + 0.125 * math.floor(t / ODD * 25), t

    monkeypatch.setattr(numerical, "_stairs", lambda *_: 0.0)
    found = numerical._staircase(line, 1.0, 0.001)
    assert found == about(0.125 / math.sqrt(12))
    assert seen == [about(i * s) for s in (0.004, 0.016) for i in range(1, 9)]
    asked = []
    monkeypatch.setattr(numerical, "_stairs", lambda *given: asked.append(given) or 0.5)
    assert numerical._staircase(line, 1.0, 0.001) == 0.5
    assert asked == [(line, 0.016)]


def test_of_uneven_stairs_the_middle_one_counts(monkeypatch):
    monkeypatch.setattr(numerical, "_stairs", lambda *_: 0.0)
    values = [1.0, 1.0, 1.25, 1.25, 1.25, 6.25, 6.25, 6.75, 6.75]
    monkeypatch.setattr(numerical, "_values", lambda line, spacing, first: values)
    assert numerical._staircase(LINE, 1.0, 0.01) == about(0.5 / math.sqrt(12))


def staircase(monkeypatch, tables):
    """What becomes of these rests (0) and moves (1), table after table; and the spacings."""
    asked = []

    def values(line, spacing, first):
        asked.append(spacing / 0.001)
        assert (line, first) == (LINE, 1.0)
        moves = tables[len(asked) - 1]
        return [1.0, *(1.0 + k for k in itertools.accumulate(moves))] if moves else [math.nan] * 9

    monkeypatch.setattr(numerical, "_values", values)
    monkeypatch.setattr(numerical, "_stairs", lambda *_: 0.0)
    return numerical._staircase(LINE, 1.0, 0.001) > 0, [about(a) for a in asked]


REST, MOVES = [0] * 8, [1] * 8
KINK = [0, 0, 1, 1, 1, 1, 1, 1]
HALF = [0, 0, 0, 0, 1, 1, 1, 1]
STAIRS = [0, 0, 0, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("tables", "found", "asked"),
    [
        ([REST] * 4, False, [4, 16, 64, 256]),
        ([STAIRS], True, [4]),
        ([REST, STAIRS], True, [4, 16]),
        ([MOVES, STAIRS], True, [4, 2]),  # a step too far
        ([MOVES, REST], False, [4, 2]),  # a kink ahead
        ([KINK, HALF, STAIRS], True, [4, 2, 1]),
        ([MOVES, MOVES], False, [4, 2]),
        ([HALF, STAIRS], True, [4, 16]),  # half of the table moves: too little to be too much
        ([None], False, [4]),
        ([REST, None], False, [4, 16]),
    ],
)
def test_where_stairs_are_looked_for(monkeypatch, tables, found, asked):
    assert staircase(monkeypatch, tables) == (found, asked)


def test_stairs_longer_than_a_tenth_are_none(monkeypatch):
    asked = []
    values = lambda line, spacing, first: asked.append(spacing) or [1.0] * 9
    monkeypatch.setattr(numerical, "_values", values)
    assert numerical._staircase(LINE, 1.0, 0.025) == 0.0
    assert asked == [0.1]  # a tenth itself is the last
    assert numerical._staircase(LINE, 1.0, 0.0249) == 0.0
    assert len(asked) == 3


# --- Rungs ----------------------------------------------------------------------------------------

NOISE = Noise(3.0, 0.5, 0.25, 3.0)


def test_a_rung_of_uneven_steps():
    found = rung_of(9.0, 3.0, 2.0, -1.0, NOISE)
    assert found == Rung(2.0, 7 / 4, about(1.5 / (math.sqrt(2) * 2)), 2.0, 1.0, False)
    assert (found.gap, found.bound) == (1.0, about(6 * found.noise))
    assert found.gap_noise == about(math.sqrt(12) * found.noise)
    assert rung_of(3.0, 1.0, 3.0, -1.0, NOISE).still
    assert not rung_of(3.0, 1.0, 3.5, -1.0, NOISE).still
    assert not rung_of(3.5, 1.0, 3.0, -1.0, NOISE).still
    for plus, minus in [(math.nan, 1.0), (1.0, math.inf)]:
        assert rung_of(plus, 1.0, minus, -1.0, NOISE) is None
    assert rung_of(1.0, 2.0, 1.0, 2.0, NOISE) is None
    one_sided = rung_of(9.0, 0.0, 2.0, -1.0, NOISE)
    assert (one_sided.forward, one_sided.backward) == (0.0, 1.0)
    one_sided = rung_of(9.0, 1.0, 2.0, 0.0, NOISE)
    assert (one_sided.forward, one_sided.backward) == (6.0, 0.0)


@pytest.mark.parametrize("noise", [NOISE, Noise(0.0, 0.5, 0.25, 3.0), Noise(-1e-3, 1e-9, 0.0, 1.0)])
def test_many_rungs_are_as_each_by_itself(noise):
    rng = np.random.default_rng(5)
    plus, minus = rng.normal(size=(2, 40)) * 10 ** rng.uniform(-2, 6, size=(2, 40))
    right, left = rng.uniform(0.1, 2, 40), -rng.uniform(0.1, 2, 40)
    plus[:2], minus[2:4] = (math.nan, math.inf), (math.nan, -math.inf)
    plus[4:7] = minus[5:8] = noise.loss
    with np.errstate(all="ignore"):
        every = rungs_of(plus, right, minus, left, noise)
    rows = list(zip(plus, right, minus, left, strict=True))
    for found, row in zip(every, rows, strict=True):
        alone = rung_of(*map(float, row), noise)
        assert (found is None) is (alone is None)
        assert found is None or found == Rung(*map(about, alone))
    assert [found is None for found in every[:5]] == [True] * 4 + [False]
    assert [found.still for found in every[4:8]] == [False, True, True, False]
    right, left = np.array([[1.0, 0.0, 1.0, -1.0, 1.0], [-1.0, -1.0, 0.0, -1.0, 1.0]])
    with np.errstate(all="ignore"):
        both = rungs_of(np.ones(5), right, np.ones(5), left, noise)
    assert [found is None for found in both] == [False, True, True, True, True]


# --- Plans ----------------------------------------------------------------------------------------


class Ladder:
    """Slopes cubic h^2 / 6 with a bound of 6 noise / h, where they are finite; each asked once."""

    def __init__(self, cubic=0.0, noise=0.0, finite=math.inf):
        self.cubic, self.level, self.finite, self.asked = cubic, noise, finite, []

    def measure(self, *steps):
        for step in steps:
            self.rung(step)

    def rung(self, step):
        if step not in self.asked:
            self.asked.append(step)
        if step > self.finite:
            return None
        return Rung(step, self.cubic * step**2 / 6, self.level / step, 0.0, 0.0, False)


def planned(monkeypatch, probe, size=1.0, **options):
    monkeypatch.setattr(numerical, "_balance", lambda probe, *given: given)
    return plan_steps(probe, size, **options), probe.asked


FIRST = 1.5e-6


def test_without_truncation_the_ladder_ends_after_six_steps(monkeypatch):
    (third, step, shortest, longest), asked = planned(monkeypatch, Ladder(noise=1.0))
    assert asked == [about(FIRST * 8**k) for k in range(7)]
    assert third == about(6 * 6 / 63 / (FIRST * 8**5) ** 3)  # as much as noise may hide
    assert (step, shortest, longest) == (about(FIRST * 8**6), about(1e-9), 0.5)


@pytest.mark.parametrize(
    ("noise", "third", "step", "asked"),
    [
        (63 / 36 * 0.99, 1.0, 1, [1, 8]),  # truncation is just visible at 8 steps
        (63 / 36 * 1.01, 1.0, 1, [1, 8, 64]),  # not there, and too much at 64: up and down
        (1.01 / 12, 1.0, 1, [1, 8]),  # it is a third of the bound
        (0.99 / 12, 6 * 6 / 63 * 0.99 / 12 * 8**3, 1, [1, 8, 1 / 8]),  # too much, then invisible
        (0.0, 1.0, 1 / 512, [1, 8, 1 / 8, 1 / 64, 1 / 512]),  # but not below 1e-9
    ],
)
def test_the_ladder_ends_where_truncation_is_just_visible(monkeypatch, noise, third, step, asked):
    """Noise in units of step^3, for a third derivative of 1."""
    found, steps = planned(monkeypatch, Ladder(1.0, noise * FIRST**3))
    assert found[:2] == (about(third), about(step * FIRST))
    assert steps == [about(FIRST * k) for k in asked]


@pytest.mark.parametrize(
    ("size", "first", "shortest", "longest"),
    [
        (0.0, FIRST, 1e-9, 0.5),
        (0.25, FIRST, 0.25e-9, 0.5),
        (4.0, 4 * FIRST, 1e-9, 2.0),
        (0.99e-5, FIRST * 0.99e-5, 0.99e-14, 0.99e-5 / 2),
        (1e-5, FIRST, 1e-14, 0.5),
        (1e-200, FIRST * 1e-100, 1e-109, 0.5e-100),
        (1e200, FIRST * 1e100, 1e-9, 0.5e100),
    ],
)
def test_units_of_a_plan(monkeypatch, size, first, shortest, longest):
    (_, _, least, most), asked = planned(monkeypatch, Ladder(1.0, 1e300), size)
    assert (asked[0], least, most) == (about(first), about(shortest), about(longest))


@pytest.mark.parametrize(
    ("start", "first"),
    [(1e-7, 1e-7), (0.99e-7, 3e-6), (2e-2, 2e-2), (2.01e-2, 3e-6), (2e-7, 2e-7), (None, 3e-6)],
)
def test_a_plan_may_begin_elsewhere(monkeypatch, start, first):
    given = start if start is None or start > 1e-7 else start * 2  # in units of 2
    first = first if start is None or start > 1e-7 or first > 1e-6 else first * 2
    asked = planned(monkeypatch, Ladder(1.0, 1e300), 2.0, start=given)[1]
    assert asked[0] == about(first)


def test_a_plan_near_values_that_are_not_finite(monkeypatch):
    (_, step, _, _), asked = planned(monkeypatch, Ladder(0.0, 1.0, finite=FIRST / 60))
    assert asked == [about(FIRST), about(8 * FIRST), about(FIRST / 64), about(FIRST / 8)]
    assert step == about(FIRST / 64)
    found, asked = planned(monkeypatch, Ladder(finite=0.0), 4.0)
    assert found == Plan(about(4 * FIRST), about(4 * FIRST), 2.0, about(4 * FIRST))
    assert asked == [about(4 * FIRST * factor) for factor in (1, 8, 1 / 64, 1 / 64**2, 1 / 64**3)]


def test_no_step_is_longer_than_the_longest(monkeypatch):
    """From 0.01 in units of 1: 0.08, then 0.64 is more than half."""
    (_, step, _, _), asked = planned(monkeypatch, Ladder(0.0, 1.0), start=0.01)
    assert (step, asked) == (about(0.08), [about(0.01), about(0.08)])
    (_, step, _, _), asked = planned(monkeypatch, Ladder(0.0, 1.0), 16.0, start=0.125)
    assert asked == [0.125, 1.0, 8.0]  # half of 16 is allowed


def balanced(sigma, third, rungs=(), *, step=1.0, shortest=0.0, longest=1e9):
    known = {k: Rung(at, slope, 0.0, gap, 0.0, False) for k, (at, slope, gap) in enumerate(rungs)}
    probe = types.SimpleNamespace(noise=Noise(1.0, sigma, EPS64, 1.0), rungs=known | {-1: None})
    return numerical._balance(probe, third, step, shortest, longest)


def test_a_balance_by_hand():
    """Truncation third h^2 / 6 is a tenth of the noise bound; the pair is 6.25 times as wide."""
    best = (0.42 * 6 * 1e-3 / 8) ** (1 / 3)
    found = balanced(1e-3, 8.0, [(0.5, -50.0, 0.0), (0.5, 2.0, 0.0)])
    length = math.sqrt(50 / 8)
    wide = (60 * 1e-3 * length**2 / 8) ** 0.2
    assert wide > 0.1 * length
    assert found == Plan(about(best), about(0.1 * length), 1e9, 1.0)
    long = balanced(1e-3, 8.0, [(0.5, -5e6, 0.0)])
    assert long.wide == about((60 * 1e-3 * 5e6 / 8 / 8) ** 0.2)
    bent = balanced(1e-3, 8.0, [(0.5, 1.0, -160.0), (2.0, 1.0, 3.0)])  # second derivative 320
    assert bent.wide == about(min((60 * 1e-3 * 40**2 / 8) ** 0.2, 4.0))
    assert balanced(1e-3, 8.0, [(0.5, 1.0, 0.0)]).wide == about(max(0.1 * 4 * best, best))


def test_a_balance_within_its_limits():
    rungs = [(0.5, 5e6, 0.0)]
    best = (0.42 * 6 * 1e-3 / 8) ** (1 / 3)
    assert balanced(1e-3, 8.0, rungs, shortest=0.25).step == 0.25
    assert balanced(1e-3, 8.0, rungs, step=0.01).step == 0.04
    assert balanced(1e-3, 8.0, rungs, step=best).step == about(best)
    short = balanced(1e-3, 8.0, rungs, longest=0.03)
    assert (short.step, short.wide, short.longest) == (0.03, 0.03, 0.03)
    wide = balanced(1e-3, 8.0, rungs, longest=0.5)
    length = 4 * 0.5
    assert wide.wide == about(min((60 * 1e-3 * length**2 / 8) ** 0.2, 0.1 * length, 0.25))
    assert wide.wide == about(0.2)
    half = balanced(1e3, 8.0, rungs, step=0.001, longest=0.5)
    assert half.wide == about(0.2)
    still = balanced(0.0, 0.0, rungs)  # no noise and no curvature: in proportion
    assert still == Plan(about((0.42 * 6) ** (1 / 3)), about((60 * (4e9) ** 2) ** 0.2), 1e9, 1.0)


@pytest.mark.parametrize(("share", "last"), [(0.99, 4), (1.01, 3)])
def test_how_far_down_the_ladder_goes(monkeypatch, share, last):
    """The shortest step is a billionth of the parameters: here about the fourth rung below."""
    size = 1e9 * FIRST / 8**4 * share
    found, _ = planned(monkeypatch, Ladder(1.0, 0.0), size)
    assert found[1] == about(FIRST / 8**last)


# --- The slope at many steps ----------------------------------------------------------------------


def test_the_ladder_s_steps():
    probe = Ladder()
    climb(probe, Plan(1.0, 1.0, 8.0**3, 1.0))
    assert probe.asked == [8.0**k for k in range(-4, 4)]
    probe = Ladder()
    climb(probe, Plan(2.0, 2.0, 1e9, 2.0))
    assert probe.asked == [2 * 8.0**k for k in range(-4, 6)]


def rungs(*steps, quartic=0.0):
    """Slopes 5 + 3 h^2 + quartic h^4."""
    return {s: Rung(s, 5 + 3 * s**2 + quartic * s**4, s / 6, 0.0, 0.0, False) for s in steps}


def test_each_rung_is_extrapolated_by_one_at_least_four_times_as_long():
    probe = Probe(LINE, NOISE)
    probe.rungs = rungs(8.0, 0.5, 1.0, 2.0, 3.99) | {9.0: None}
    found = ladder(probe)
    assert [rung.step for rung, _ in found] == [0.5, 1.0, 2.0, 3.99, 8.0]
    assert [value for _, value in found] == [about(5.0), about(5.0), about(5.0), None, None]
    probe.rungs = rungs(1.0, 4.0, 8.0, quartic=1.0)
    (_, first), *others = ladder(probe)  # by 4, though 8 is there: 5 - 16 quartic
    assert first == about((16 * 9 - (5 + 48 + 256)) / 15)
    assert [value for _, value in others] == [None, None]


def test_the_best_extrapolation_and_its_error():
    """Errors: 1.1 times the bound of the rung, and a fifteenth of what the next one differs by."""
    one, two, four = (Rung(s, 0.0, s / 6, 0.0, 0.0, False) for s in (1.0, 2.0, 4.0))
    assert best_of([(one, 5.0), (two, 20.0), (four, None)]) == (5.0, about(1.1 + 1))
    assert best_of([(one, 5.0), (two, 65.0), (four, 65.0), (four, None)]) == (65.0, about(2.2))
    assert best_of([(one, 5.0), (two, None), (four, 3.0)]) is None
    assert best_of([(one, None), (two, 5.0)]) is None
    assert best_of([]) is None
