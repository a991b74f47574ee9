"""gradcheck/verdict.py on rungs written by hand: every threshold from both sides, every number."""

import math

import numpy as np
import pytest

from gradcheck.numerical import EPS64, Noise, Plan, Rung
from gradcheck.verdict import Judgement, Scale, _Case, judge

INF = math.inf
LESS, MORE = 1 - 1e-6, 1 + 1e-6


def rung(step, slope, bound=0.0, gap=0.0, *, still=False):
    return Rung(step, slope, bound / 6, slope + gap / 2, slope - gap / 2, still)


def gap_noise(size):
    """The bound of a rung whose gap is known to six times this."""
    return size * 6 / (2 * math.sqrt(3))


class Written:
    """A probe whose rungs are written down; another step than these is an error."""

    def __init__(self, rungs, noise, line=None):
        self.rungs, self.noise, self.asked, self.line = rungs, noise, [], line

    def rung(self, step):
        self.asked.append(step)
        (found,) = (r for at, r in self.rungs.items() if math.isclose(at, step, rel_tol=1e-9))
        return found


def case(analytic, *rungs, step=1.0, wide=None, longest=0.0, scale=None, sigma=0.0, absent=()):
    noise = Noise(1.0, sigma, EPS64, 1.0)
    known = {r.step: r for r in rungs} | dict.fromkeys(absent)
    plan = Plan(step, step if wide is None else wide, longest, step)
    return _Case(Written(known, noise), analytic, plan, scale or Scale(0.0, 1e9))


def close(found, verdict, reason, numerical, error, resolution, step, sides=None):
    told = (found.verdict, found.reason, found.numerical, found.error, found.resolution, found.step)
    assert told[:2] == (verdict, reason)
    assert told[2:] == pytest.approx((numerical, error, resolution, step), rel=1e-12, abs=1e-300)
    assert found.one_sided == sides


# --- What counts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("analytic", "scale", "material", "needed"),
    [
        (-2.0, Scale(0.0, 1.0), 2e-8, 2e-3),
        (1.0, Scale(2000.0, 1.0), 2e-6, 2e-3),
        (1.0, Scale(0.5, 1.0), 1e-8, 1e-3),
        (0.0, Scale(0.0, 1.0, 5.0), 5.0, 0.0),
    ],
)
def test_what_is_material_and_what_must_be_excluded(analytic, scale, material, needed):
    found = case(analytic, scale=scale)
    assert found.material == pytest.approx(material, rel=1e-12)
    assert found.needed == pytest.approx(needed, rel=1e-12)


def test_the_scale_of_an_entry_of_blocks_of_no_and_of_one_value():
    for values in (np.zeros(0), np.array([-3.0])):
        assert Scale(8.0, 2.0, 4.0).of_entry(values) == Scale(8.0, 2.0, 4.0)
    assert Scale(2.0, 2.0).of_entry(np.array([-3.0])).gradient == 3.0
    assert Scale(0.1, 2.0).of_entry(np.array([-0.3])).gradient == 0.3


def test_a_slope_fits_within_its_bound_or_what_is_immaterial():
    found = case(0.0, scale=Scale(0.0, 1.0, rounding=3.0))
    assert found.fits(6.0, 6.0)
    assert not found.fits(6.001, 6.0)
    assert found.fits(-3.0, 0.0)
    assert not found.fits(-3.001, 0.0)


def test_agreement_states_what_would_have_passed():
    for enough, verdict, reason in [(0.96, "agrees", ""), (0.957, "inconclusive", "noise")]:
        found = case(1.0, scale=Scale(enough * 1e6, 1.0, rounding=0.5))
        told = found.agrees(1.5, 0.25, rung(2.0, 1.5), 0.125)
        close(told, verdict, reason, 1.5, 0.375, 0.5 + 0.5 + 0.125, 2.0)
    told = found.agrees(0.5, 1.0, rung(2.0, 0.5))
    close(told, "inconclusive", "noise", 0.5, 1.0, 0.5 + 1.33, 2.0)
    assert case(0.0).agrees(0.0, 0.0, rung(1.0, 0.0)).verdict == "agrees"
    assert case(0.0).agrees(0.0, 1.0, rung(1.0, 0.0, still=True)).verdict == "agrees"
    assert case(0.0).agrees(0.0, 1.0, rung(1.0, 0.0)).verdict == "inconclusive"
    assert case(1.0).agrees(1.0, 1.0, rung(1.0, 1.0, still=True)).verdict == "inconclusive"


def test_only_noise_leaves_a_resolution():
    close(case(1.0).inconclusive("noise", 3.0, 2.0, 4.0), "inconclusive", "noise", 3, 2, 4.66, 4)
    close(case(1.0).inconclusive("jump", 3.0, 2.0, 4.0), "inconclusive", "jump", 3, 2, INF, 4)


# --- The first look -------------------------------------------------------------------------------

ENOUGH = 1e-3 * math.sqrt(2) * 2 / (1.33 * 6)  # noise at which a step of 2 is just precise enough


@pytest.mark.parametrize(
    ("sigma", "wide", "asked"),
    [
        (ENOUGH * LESS, 3.0, [2.0]),
        (ENOUGH * MORE, 3.0, [3.0, 6.0]),
        (ENOUGH * MORE, 2.999, [2.0]),
    ],
)
def test_a_slope_too_small_for_its_noise_is_extrapolated(sigma, wide, asked):
    found = case(1.0, *(rung(s, 1.0) for s in (2.0, 3.0, 6.0)), step=2.0, wide=wide, sigma=sigma)
    assert found.settle().verdict == "agrees"
    assert found.probe.asked == asked


def test_no_noise_needs_no_extrapolation():
    found = case(0.0, rung(2.0, 0.0), step=2.0, wide=3.0)
    assert found.settle().verdict == "agrees"
    assert judge(found.probe, 0.0, found.plan, found.scale) == found.settle()


@pytest.mark.parametrize(("noise", "step"), [(6.99, 1.0), (7.0, 4.0), (7.01, 4.0)])
def test_of_two_answers_in_doubt_the_sharper_is_given(noise, step):
    plain, narrow, wide = rung(1.0, 1.0, 6 * noise), rung(4.0, 1.0, 30.0), rung(8.0, 1.0)
    found = case(1.0, plain, narrow, wide, wide=4.0, longest=8.0, sigma=1.0).settle()
    bound = min(6 * noise, 42.0)  # 1.4 times 30
    close(found, "inconclusive", "noise", 1.0, bound, 1.33 * bound, step)


def test_where_the_loss_is_not_finite_smaller_steps_are_taken():
    found = case(1.0, rung(1 / 16, 1.0), absent=[1.0])
    close(found.settle(), "agrees", "", 1.0, 0.0, 1e-8, 1 / 16)
    assert found.probe.asked == [1.0, 1 / 16]
    never = case(1.0, absent=[16.0**-k for k in range(12)])
    told = never.settle()
    assert (told.verdict, told.reason) == ("inconclusive", "non-finite")
    assert math.isnan(told.numerical)
    assert (told.error, told.resolution, told.step) == (INF, INF, 1.0)
    assert len(never.probe.asked) == 12
    smallest = case(1.0, step=1e-13, absent=[1e-13])
    smallest.settle()
    assert smallest.probe.asked == [1e-13]


@pytest.mark.parametrize(
    ("longest", "others", "asked"),
    [
        (256.0, {16.0: True, 256.0: True}, [1.0, 16.0, 256.0]),
        (255.0, {16.0: True}, [1.0, 16.0]),
        (256.0, {16.0: True, 256.0: False}, [1.0, 16.0, 256.0]),
        (256.0, {16.0: False}, [1.0, 16.0]),
        (256.0, {16.0: None}, [1.0, 16.0]),
        (15.0, {}, [1.0]),
    ],
)
def test_zero_against_zero_is_looked_at_as_widely_as_possible(longest, others, asked):
    wider = [rung(at, 0.0, 1 / at, still=s) for at, s in others.items() if s is not None]
    absent = [at for at, still in others.items() if still is None]
    first = rung(1.0, 0.0, 1.0, still=True)
    found = case(0.0, first, *wider, longest=longest, absent=absent, scale=Scale(1.0, 1.0))
    told = found.settle()
    widest = max([1.0, *(at for at, still in others.items() if still)])
    close(told, "agrees", "", 0.0, 1 / widest, 1.33 / widest, widest)
    assert found.probe.asked == asked


def test_zero_that_is_sharp_enough_or_not_still_is_not_looked_at_again():
    for first, analytic in [
        (rung(1.0, 0.0, 6.0, still=True), 0.0),
        (rung(1.0, 0.0, 60.0), 0.0),
        (rung(1.0, 0.0, 60.0, still=True), 1e-9),
    ]:
        found = case(analytic, first, longest=1e9, scale=Scale(6e6, 1.0))
        found.settle()
        assert found.probe.asked == [1.0]


# --- Extrapolation --------------------------------------------------------------------------------


def extrapolated(analytic, narrow, wide, bound=0.0, **options):
    found = case(analytic, rung(1.0, narrow, bound), rung(2.0, wide), wide=1.0, **options)
    return found.by_extrapolation()


def test_an_extrapolation_by_hand():
    """Slopes 1.25 and 2 at steps 1 and 2: truncation 0.25 h^2, and 1 without it."""
    found = extrapolated(1.0, 1.25, 2.0, 0.05, scale=Scale(1e6, 1.0))
    doubt = 0.25 * (0.25 - 0.07)
    close(found, "agrees", "", 1.0, 0.07 + doubt, 1.33 * 0.07 + doubt, 1.0)
    sharp = extrapolated(1.0, 1.25, 2.0, 0.5, scale=Scale(2e6, 1.0))
    close(sharp, "agrees", "", 1.0, 0.7, 1.33 * 0.7, 1.0)


@pytest.mark.parametrize(
    ("analytic", "correction", "bound", "believed"),
    [
        (1.0, -0.5, 0.0, True),
        (1.0, 0.5, 0.0, True),
        (-1.0, 0.5, 0.0, True),
        (1.0, -0.501, 0.0, False),
        (0.0, 59.9, 1 / 1.4, True),
        (0.0, -60.1, 1 / 1.4, False),
        (1.0, 2.0, 1 / 1.4, True),  # of the two limits the larger
    ],
)
def test_a_large_correction_is_not_believed(analytic, correction, bound, believed):
    narrow = analytic - correction
    found = extrapolated(analytic, narrow, narrow - 3 * correction, bound)
    assert (found is not None) is believed


def test_an_extrapolation_must_fit():
    assert extrapolated(1.0, 2.0, 2.0, 0.99 / 1.4) is None
    assert extrapolated(1.0, 2.0, 2.0, 1.01 / 1.4) is not None
    for absent in (1.0, 2.0):
        other = rung(3 - absent, 1.0)
        assert case(1.0, other, wide=1.0, absent=[absent]).by_extrapolation() is None


@pytest.mark.parametrize(
    ("longest", "correction", "asked"),
    [
        (7.99, 0.0, 2),
        (8.0, 0.0, 4),
        (31.99, 0.0, 4),
        (32.0, 0.0, 6),
        (1e9, 0.0, 6),
        (1e9, 0.419, 6),
        (1e9, -0.421, 2),
    ],
)
def test_wider_pairs_are_taken_while_they_may_help(longest, correction, asked):
    steps = [2.0**k for k in range(6)]
    slope = [1.0 - correction, 1.0 - 4 * correction] * 3
    rungs = [rung(s, v, 0.1) for s, v in zip(steps, slope, strict=True)]
    found = case(1.0, *rungs, wide=1.0, longest=longest)
    last = found.by_extrapolation()
    assert found.probe.asked == steps[:asked]
    assert last.step == steps[asked - 2]
    assert last.verdict == "inconclusive"


def test_what_agrees_is_not_extrapolated_further_and_what_fits_no_more_is_dropped():
    found = case(1.0, rung(1.0, 1.0), rung(2.0, 1.0), wide=1.0, longest=1e9)
    assert found.by_extrapolation().verdict == "agrees"
    rungs = [rung(1.0, 1.0, 0.1), rung(2.0, 1.0), rung(4.0, 2.0, 0.1), rung(8.0, 2.0)]
    last = case(1.0, *rungs, wide=1.0, longest=1e9).by_extrapolation()
    close(last, "inconclusive", "noise", 1.0, 0.14, 1.33 * 0.14, 1.0)


def test_what_was_found_before_the_loss_ceased_to_be_finite_counts():
    first = rung(1.0, 1.0, 0.1), rung(2.0, 1.0)
    found = case(1.0, *first, rung(8.0, 1.0), wide=1.0, longest=1e9, absent=[4.0])
    close(found.by_extrapolation(), "inconclusive", "noise", 1.0, 0.14, 1.33 * 0.14, 1.0)


# --- A dispute ------------------------------------------------------------------------------------


def test_truncation_near_the_noise_is_taken_out_at_a_quarter_of_the_step():
    """Slopes 10 + 3 h^2: 13 at step 1, 10.1875 at 1/4; extrapolated 10."""
    rungs = rung(1.0, 13.0, 1.0), rung(0.25, 10.1875, 0.05)
    found = case(10.0, *rungs, longest=1.0, scale=Scale(1e6, 1.0))
    close(found.settle(), "agrees", "", 10.0, 0.05, 1.33 * 0.05, 0.25)
    assert found.probe.asked == [1.0, 0.25]


def test_of_a_slope_and_its_extrapolation_the_nearer_counts():
    found = case(10.0, rung(1.0, 13.0, 1.0), rung(0.25, 10.01, 0.05), scale=Scale(1e6, 1.0))
    close(found.settle(), "agrees", "", 10.01, 0.05, 0.01 + 1.33 * 0.05, 0.25)


@pytest.mark.parametrize(
    ("slope", "bound", "asked"),
    [
        (11.999, 1.0, [1.0, 2.0, 0.25]),  # near: a wider pair first
        (12.0, 1.0, [1.0, 3.5 / 12]),
        (350.0, 1.0, [1.0, 0.01]),
        (3500.0, 1.0, [1.0, 1 / 512]),
        (5.0, 0.0, [1.0, 1 / 512]),
    ],
)
def test_the_next_step_is_the_smallest_that_can_tell(slope, bound, asked):
    found = case(0.0, rung(1.0, slope, bound), rung(2.0, 1e6), longest=2.0, absent=asked[-1:])
    close(found.settle(), "inconclusive", "unstable", slope, INF, INF, 1.0)
    assert found.probe.asked == pytest.approx(asked, rel=1e-12)


def test_a_step_that_agrees_coarsely_is_sharpened():
    low, middle = 3.5 / 120, math.sqrt(3.5 / 120)
    rungs = rung(1.0, 130.0, 1.0), rung(low, 10.0, 1.0), rung(middle, 10.0, 1e-4)
    found = case(10.0, *rungs)
    close(found.settle(), "agrees", "", 10.0, 1e-4, 1.33e-4, middle)
    assert found.probe.asked == pytest.approx([1.0, low, middle])


def test_slopes_that_never_settle_are_unstable_after_five_steps():
    found = case(0.0, *(rung(512.0**-k, 100.0 * 2**k) for k in range(6)))
    close(found.settle(), "inconclusive", "unstable", 3200.0, INF, INF, 512.0**-5)
    assert len(found.probe.asked) == 6


def test_a_loss_that_rests_at_the_smaller_step_ends_the_dispute():
    found = case(0.5, rung(1.0, 9.0), rung(1 / 512, 0.0, still=True), sigma=1e-15, longest=0.01)
    close(found.settle(), "disagrees", "", 0.0, 0.0, 0.0, 1 / 512)


# --- No response ----------------------------------------------------------------------------------

QUIET = 1e-13


def test_a_loss_that_moves_at_wider_steps_only_is_quantised():
    found = case(3.0, rung(1.0, 0.0, still=True), rung(16.0, 5.0, 0.5), longest=16.0, sigma=QUIET)
    close(found.no_response(found.probe.rung(1.0)), "inconclusive", "quantised", 5, 2.5, INF, 16)
    found = case(3.0, rung(1.0, 0.0, still=True), longest=15.99, sigma=QUIET)
    assert found.no_response(found.probe.rung(1.0)).verdict == "disagrees"
    found = case(3.0, rung(256.0, 5.0), longest=256.0, absent=[16.0], sigma=QUIET)
    told = found.no_response(rung(1.0, 0.0, still=True))
    close(told, "inconclusive", "quantised", 5.0, 2.0, INF, 256.0)


def test_four_wider_steps_are_looked_at():
    wider = [16.0**k for k in range(1, 5)]
    found = case(3.0, *(rung(s, 0.0, still=True) for s in wider), longest=1e9, sigma=QUIET)
    close(found.no_response(rung(1.0, 0.0, 0.5, still=True)), "disagrees", "", 0, 0.5, 0.5, 1.0)
    assert found.probe.asked == wider


@pytest.mark.parametrize(
    ("longest", "limit"),
    [
        (2.0, 50 * 6 / 2 / 2),  # at the step itself 50 times the noise
        (512.0, 1e3 * 6 / 2 / 512),  # at the widest that was looked at 1,000 times
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_no_response_is_wrong_where_one_was_bound_to_be_seen(longest, limit, sign):
    for beyond, verdict in [(LESS, "inconclusive"), (MORE, "disagrees")]:
        wider = [rung(s, 0.0, still=True) for s in (32.0, 512.0)]
        found = case(sign * limit * beyond * QUIET, *wider, longest=longest, sigma=QUIET)
        told = found.no_response(rung(2.0, 0.0, 1e-15, still=True))
        assert told.verdict == verdict
        assert (told.numerical, told.error, told.step) == (0.0, pytest.approx(1e-15), 2.0)
        assert told.reason == ("no signal" if verdict == "inconclusive" else "")


# --- A wider pair, and a middle step --------------------------------------------------------------


def paired(analytic, slope, wide, bound=0.0, longest=4.0, **options):
    found = case(analytic, rung(4.0, wide), longest=longest, **options)
    return found.by_wider_pair(rung(2.0, slope, bound))


def test_a_wider_pair_by_hand():
    found = paired(1.0, 1.25, 2.0, 0.1, scale=Scale(1e6, 1.0))
    doubt = 0.25 * (0.25 - 0.135)
    close(found, "agrees", "", 1.0, 0.135 + doubt, 1.33 * 0.135 + doubt, 2.0)
    assert paired(1.0, 1.25, 2.0, 0.1, longest=3.99) is None
    assert case(1.0, longest=4.0, absent=[4.0]).by_wider_pair(rung(2.0, 1.0)) is None
    sharp = paired(1.0, 1.25, 2.0, 1.0, scale=Scale(2e6, 1.0))
    close(sharp, "agrees", "", 1.0, 1.35, 1.33 * 1.35, 2.0)


@pytest.mark.parametrize(
    ("analytic", "correction", "bound", "believed"),
    [
        (1.0, -0.5, 0.0, True),
        (-1.0, -0.5, 0.0, True),
        (1.0, 0.501, 0.0, False),
        (0.0, 19.9, 1 / 1.35, True),
        (0.0, -20.1, 1 / 1.35, False),
    ],
)
def test_a_wide_pair_s_correction_must_be_small(analytic, correction, bound, believed):
    slope = analytic - correction
    found = paired(analytic, slope, slope - 3 * correction, bound)
    assert (found is not None) is believed
    assert paired(analytic, slope + 1 + 2 * bound, slope - 3 * correction, bound) is None


def sharpened(*rungs, scale=None, absent=()):
    found = case(10.0, *rungs, scale=scale, absent=absent)
    low, high = rung(1.0, 10.0, 1.0), rung(16.0, 40.0)
    start = found.agrees(10.0, 1.0, low)
    return found.sharpen(start, low, high), found.probe.asked


def test_between_two_steps_the_middle_is_tried_twice():
    told, asked = sharpened(scale=Scale(2e6, 1.0))
    assert (told.verdict, asked) == ("agrees", [])
    told, asked = sharpened(absent=[4.0])
    assert (told.step, asked) == (1.0, [4.0])
    told, asked = sharpened(rung(4.0, 10.0, 0.5), rung(8.0, 10.0, 0.001))
    close(told, "agrees", "", 10.0, 0.001, 0.00133, 8.0)
    told, asked = sharpened(rung(4.0, 10.0, 0.5), rung(8.0, 10.0, 0.3))
    close(told, "inconclusive", "noise", 10.0, 0.3, 0.399, 8.0)
    assert asked == [4.0, 8.0]
    told, asked = sharpened(rung(4.0, 30.0, 0.5), rung(2.0, 10.25, 0.5))
    close(told, "inconclusive", "noise", 10.25, 0.5, 0.25 + 0.665, 2.0)
    assert asked == [4.0, 2.0]


def test_a_middle_step_may_be_extrapolated_by_the_larger_one():
    """Slopes 10 + 2 (h / 4)^2: 12 at 4, and 42 would be at 16; 40 gives 12 - 28 / 15."""
    value, correction = 12 - 28 / 15, 28 / 15
    bound = correction / 19.9
    told, asked = sharpened(rung(4.0, 12.0, 0.14), scale=Scale(1e6, 1.0))
    close(told, "agrees", "", value, 0.14 + 7 / 15, 4 / 30 + 1.33 * 0.14 + 7 / 15, 4.0)
    assert asked == [4.0]
    coarse = rung(4.0, 12.0, 0.14), rung(8.0, 10.0, 0.5)  # not enough: between it and the larger
    told, asked = sharpened(*coarse)
    assert (told.step, asked) == (8.0, [4.0, 8.0])
    exact = rung(4.0, 10.0 + 2.0, bound)  # of high a slope that extrapolates to 10
    for size, believed in [(19.9, True), (20.1, False)]:
        found = case(10.0, exact._replace(noise=2 / size / 6), absent=[2.0], scale=Scale(1e6, 1.0))
        low, high = rung(1.0, 10.0, 1.0), rung(16.0, 42.0)
        told = found.sharpen(found.agrees(10.0, 1.0, low), low, high)
        assert (told.step == 4.0) is believed


# --- Kinks ----------------------------------------------------------------------------------------


def at_kink(first, distance, *rungs):
    found = case(0.0, *rungs)
    return found.at_kink(first, distance), found.probe.asked


@pytest.mark.parametrize(
    ("gap", "noise", "distance", "asked"),
    [
        (1.0, 0.0, 1000.0, []),  # a thousandth of the disagreement explains nothing
        (1.001, 0.0, 1000.0, [2 / 64]),
        (-1.001, 0.0, 1000.0, [2 / 64]),
        (10.0, 0.3 / 6, 0.0, [2 * 0.1]),
        (4.001, 0.3 / 6, 0.0, [2 * 0.3 / (0.3 * 4.001)]),
        (3.999, 0.3 / 6, 0.0, []),  # noise hides such a gap at every smaller step
        (0.299, 0.3 / 6, 0.0, []),
    ],
)
def test_a_gap_is_looked_at_closer_where_that_can_tell(gap, noise, distance, asked):
    first = rung(2.0, 5.0, gap_noise(noise), gap)
    closer = [rung(at, 5.0, 0.0, 0.0) for at in asked]
    told, steps = at_kink(first, distance, *closer)
    assert told is None
    assert steps == pytest.approx(asked)


@pytest.mark.parametrize(
    ("gap", "reason"), [(4.999, None), (5.0, "kink"), (25.0, "kink"), (25.001, "jump")]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_gap_that_stays_is_a_kink_and_one_that_grows_a_jump(gap, reason, sign):
    first = Rung(2.0, 5.0, 0.0, 5.0 + 5.0 * sign, 5.0 - 5.0 * sign, False)
    closer = Rung(2 / 64, 5.0, 0.0, sign * gap, 0.0, False)
    told, _ = at_kink(first, 0.0, closer)
    assert (told and told.reason) == reason
    if reason == "jump":
        close(told, "inconclusive", "jump", 5.0, INF, INF, 2 / 64)
    assert at_kink(first, 0.0, closer._replace(forward=0.0))[0] is None


def test_a_gap_that_cannot_be_measured_closer_tells_nothing():
    found = case(0.0, absent=[2 / 64])
    assert found.at_kink(rung(2.0, 5.0, 0.0, 10.0), 0.0) is None


@pytest.mark.parametrize(("forward", "backward"), [(3.0, 1.0), (1.0, 3.0)])
@pytest.mark.parametrize(
    ("analytic", "inside"),
    [(3.625, True), (3.626, False), (0.375, True), (0.374, False), (2.0, True)],
)
def test_between_one_sided_slopes(forward, backward, analytic, inside):
    """Slack is twice the bound, 0.5, and what is immaterial, 0.125."""
    found = case(analytic, scale=Scale(0.0, 1.0, rounding=0.125))
    told = found.between_one_sided(Rung(0.5, 2.0, 0.25 / 6, forward, backward, False))
    verdict, passes = ("agrees", 2.5) if inside else ("inconclusive", INF)
    close(told, verdict, "kink", 2.0, 0.5, passes, 0.5, (1.0, 3.0))
    assert told.subgradient is inside


# --- Two steps that find the same -----------------------------------------------------------------


def compared(larger, smaller, *, distance=10.0, correction=0.0, parameter=1e9) -> Judgement | None:
    """An analytic slope of 0 against two rungs at steps 4 and 1; those beside are as smooth."""
    slope, bound, gap = (*larger, 0.0)[:3]
    beside = [rung(4.0 * k, slope, bound, k * gap) for k in (2.0, 0.5)]
    found = case(0.0, *beside, scale=Scale(0.0, parameter))
    return found.compare(rung(4.0, *larger), rung(1.0, *smaller), correction, distance)


def test_the_slope_with_the_smaller_error_is_told():
    found = compared((10.0, 0.1), (10.0, 0.5))
    close(found, "disagrees", "", 10.0, 0.35, 0.35, 4.0)
    found = compared((10.0, 0.3), (10.0, 0.1), correction=-0.05)
    close(found, "disagrees", "", 10.0, 0.15, 0.15, 1.0)
    found = compared((9.5, 0.25), (10.0, 0.5))  # 0.25 + 0.5 + 0.25 against 0.5
    close(found, "disagrees", "", 10.0, 0.5, 0.5, 1.0)
    found = compared((10.0, 0.25), (10.0, 0.5))  # as large: the smaller step
    close(found, "disagrees", "", 10.0, 0.5, 0.5, 1.0)


@pytest.mark.parametrize(
    ("slope", "bound", "same"),
    [
        (11.0, 0.1, True),  # a tenth of the disagreement
        (11.001, 0.1, False),
        (9.0, 0.1, True),
        (8.0, 2.0, True),  # or the noise
        (7.999, 2.0, False),
        (13.0, 3.5, True),  # but no more than three tenths
        (13.001, 3.5, False),
        (10.0, 3.63, True),  # the disagreement stands well above the noise
        (10.0, 3.64, False),
    ],
)
def test_how_far_two_slopes_may_lie_apart(slope, bound, same):
    found = compared((10.0, 0.0), (slope, bound))
    assert (found is not None) is same
    assert found is None or found.verdict == "disagrees"


@pytest.mark.parametrize(
    ("gap", "bound", "smooth"),
    [
        (2.5, 0.0, True),  # a quarter of what is expected, 2, may be missing or too much
        (1.5, 0.0, True),
        (2.501, 0.0, False),
        (1.499, 0.0, False),
        (3.49, gap_noise(1 / 6), True),
        (3.51, gap_noise(1 / 6), False),
        (0.0099, 0.0, True),  # or it is too small to matter
        (-0.0099, 0.0, True),
        (0.0101, 0.0, False),
        (-2.0, 0.0, False),
    ],
)
@pytest.mark.parametrize("sign", [1, -1])
def test_the_gap_must_fall_like_the_step(gap, bound, smooth, sign):
    found = compared((10.0, 0.0, 8.0 * sign), (10.0, bound, gap * sign))
    assert (found is not None) is smooth


@pytest.mark.parametrize(
    ("above", "below", "gaps", "bound", "sure"),
    [
        (10.0, 10.0, (16.0, 4.0), 0.0, True),
        (11.0, 10.0, (16.0, 4.0), 0.0, True),  # a tenth of the disagreement
        (11.01, 10.0, (16.0, 4.0), 0.0, False),
        (11.01, 10.0, (16.0, 4.0), 0.05, True),  # or the noise
        (10.0, 11.01, (16.0, 4.0), 0.0, False),
        (12.8, 9.3, (16.0, 4.0), 0.0, True),  # or all truncation: four times as much above
        (12.8, 9.3, (16.0, 4.0), 0.21, False),  # if that is known so well
        (10.0, 10.0, (17.01, 4.0), 0.0, False),
        (10.0, 10.0, (16.0, 2.99), 0.0, False),
    ],
)
def test_many_kinks_betray_themselves_beside_the_step(above, below, gaps, bound, sure):
    beside = rung(8.0, above, bound, gaps[0]), rung(2.0, below, bound, gaps[1])
    found = case(0.0, *beside).compare(rung(4.0, 10.0, 0.0, 8.0), rung(1.0, 10.0, 0.0, 2.0), 0, 10)
    assert (
        (found.verdict, found.reason) == ("disagrees", "") if sure else ("inconclusive", "unstable")
    )


def test_slopes_beside_the_step_are_asked_for_where_the_gap_is_no_small_part_of_the_distance():
    found = case(0.0)
    found.compare(rung(4.0, 10.0, 0.0, 0.99), rung(1.0, 10.0, 0.0, 0.2475), 0.0, 10.0)
    assert found.probe.asked == []
    found = case(0.0, absent=[8.0, 2.0])
    told = found.compare(rung(4.0, 10.0, 0.0, 1.01), rung(1.0, 10.0, 0.0, 0.2525), 0.0, 10.0)
    assert (told.reason, found.probe.asked) == ("unstable", [8.0, 2.0])


def test_a_slope_that_grows_as_the_step_shrinks_has_not_arrived():
    assert compared((1.0, 0.0), (2.0, 0.0), distance=1e9).verdict == "disagrees"
    assert compared((1.0, 0.0), (2.01, 0.0), distance=1e9) is None
    assert compared((1.0, 0.1), (2.01, 0.0), distance=1e9).verdict == "disagrees"


def test_a_step_larger_than_the_parameters_accuses_nobody():
    assert compared((10.0, 0.1), (10.0, 0.1), parameter=4.0).verdict == "disagrees"
    found = compared((10.0, 0.1), (11.0, 0.1), parameter=3.99)
    close(found, "inconclusive", "step", 11.0, 10.0, INF, 1.0)


def test_noise_as_large_as_the_disagreement_ends_it():
    found = compared((10.0, 0.0), (3.0, 7.01))
    close(found, "inconclusive", "noise", 3.0, 17.01, 3.0 + 1.33 * 17.01, 1.0)
    assert compared((10.0, 0.0), (3.0, 7.0)) is None


# --- Before an accusation -------------------------------------------------------------------------


def accused(
    slope, error=0.0, *, sigma=0.0, parameter=2.0, loss=2.0**48, rungs=(), absent=(), line=None
):
    """The rounding of a loss of 2**48 moves slopes by 2 where parameters are about 2."""
    noise = Noise(loss, sigma, EPS64, 2.0**48)
    known = {r.step: r for r in rungs} | dict.fromkeys(absent)
    probe = Written(known, noise, line)
    found = _Case(probe, 0.0, Plan(1.0, 1.0, 1.0, 1.0), Scale(0.0, parameter))
    return found.disagrees(slope, error, 0.5), probe.asked


def test_rounding_inside_the_loss_is_no_bug():
    close(accused(2.0)[0], "inconclusive", "noise", 2.0, 0.0, 2.0, 0.5)
    close(accused(-2.001)[0], "disagrees", "", -2.001, 0.0, 0.0, 0.5)
    close(accused(-3.0, 3.0)[0], "inconclusive", "noise", -3.0, 3.0, 3 + 3.99, 0.5)
    close(accused(3.001, 3.0)[0], "disagrees", "", 3.001, 3.0, 3.0, 0.5)
    assert accused(1e9, parameter=0.0)[0].verdict == "inconclusive"
    close(accused(1.001, parameter=4.0)[0], "disagrees", "", 1.001, 0.0, 0.0, 0.5)


def test_a_loss_that_is_nothing_but_rounding_accuses_nobody():
    found, _ = accused(5.0, 0.5, loss=1e-9 * 2.0**48, sigma=3.1e-8 * 1e-9 * 2.0**48)
    close(found, "inconclusive", "loss near zero", 5.0, 0.5, INF, 0.5)


LOUD = 1e4 * EPS64 * 2.0**48  # above this noise is no rounding: 625


def waves(*lengths):
    """Steps at which a wave of the noise LOUD * MORE is looked at, for a distance of 10."""
    return [part * length * LOUD * MORE / 10 for length in lengths for part in (0.03, 0.009)]


def test_noise_may_be_the_loss_itself():
    first, second = waves(1.0)
    fine = rung(first, 3.0), rung(second, -3.0)
    found, asked = accused(10.0, sigma=LOUD * MORE, rungs=fine)
    close(found, "inconclusive", "noise", 10.0, 0.0, 10.0, 0.5)
    assert asked == pytest.approx([first, second])
    assert accused(10.0, sigma=LOUD, rungs=fine) == (accused(10.0)[0], [])
    later = waves(0.1, 0.01)
    for coarse in [
        (rung(first, 3.001), fine[1]),
        (fine[0], rung(second, -3.001)),
        (rung(first, 3.0, still=True), fine[1]),
        (fine[0], rung(second, 3.0, still=True)),
    ]:
        found, _ = accused(10.0, sigma=LOUD * MORE, rungs=coarse, absent=later)
        assert found.verdict == "disagrees"
        straight = [rung(step, 3.0) for step in later[2:]]  # of a wave of many lengths
        found, _ = accused(10.0, sigma=LOUD * MORE, rungs=[*coarse, *straight], absent=later[:2])
        assert found.verdict == "inconclusive"


def test_where_floating_point_does_not_reach_nothing_is_told():
    step, *more = waves(1.0, 0.1, 0.01)
    parameter = step / (30 * EPS64)
    out_of_reach = {"sigma": LOUD * MORE, "parameter": parameter * MORE}
    rough = lambda t: (LOUD * math.sin(1e3 * t / step), t)
    found, asked = accused(10.0, **out_of_reach, line=rough)
    assert (found.verdict, found.reason, asked) == ("inconclusive", "noise", [])
    near = [step * MORE, 3 * step * MORE]
    for slopes, verdict, times in [
        ((9.0, 9.0), "disagrees", 1),
        ((3.0, 9.0), "disagrees", 2),
        ((3.0, -3.0), "inconclusive", 2),  # a longer wave, whose slope is the analytic one
    ]:
        rungs = [rung(at, slope) for at, slope in zip(near, slopes, strict=True)]
        found, asked = accused(10.0, **out_of_reach, line=lambda t: (10 * t, t), rungs=rungs)
        assert (found.verdict, len(asked)) == (verdict, times)
    rungs = [rung(one, 9.0) for one in (step, *more)]
    found, asked = accused(10.0, sigma=LOUD * MORE, parameter=parameter * LESS, rungs=rungs)
    assert (found.verdict, len(asked)) == ("disagrees", 3)
