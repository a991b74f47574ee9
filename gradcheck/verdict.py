"""Is the analytic slope the slope of the loss? Three answers, each with what it rests on.

The analytic value is used as a prediction. Two evaluations that confirm it end the matter. Only a
disagreement is looked into, at a second and smaller step, because truncation, kinks and jumps all
pass for a wrong gradient at one step and betray themselves at two:

    gap of the one-sided slopes    falls like h: smooth; stays: a kink at the point;
                                   falls to nothing: a kink nearby; grows like 1/h: a jump

A slope is called wrong only when two steps find the same other value, or when it lies outside both
one-sided slopes; it is called right only together with the error that would have passed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from .numerical import Noise, Plan, Probe, Rung, noise_within
from .report import Verdict
from .tree import Array

RELATIVE = 1e-3  # a verdict "agrees" must exclude errors larger than this part of the slope ...
OF_SCALE = 1e-6  # ... or than this part of the gradient of the whole block
MATERIAL = 1e-8  # a relative difference smaller than this is no bug, whatever the noise
COARSE = 1e4  # noise above this multiple of rounding is no rounding
WIDE = 10.0  # times the change of the slope over a step: a distance that many kinks do not explain
LARGE_INSIDE = 10.0  # times its noise over rounding, what a loss may compute with at most
BLURRED = 30.0  # roundings of a parameter: shorter steps tell nothing of a wave
STEADY = 0.1  # of the noise, what is left of it over the shortest steps where it was a bend
KINK = 1e-3  # one-sided slopes closer than this part of a disagreement cannot explain it


@dataclass(frozen=True, slots=True)
class Judgement:
    """One analytic slope against the loss.

    numerical, error   the slope by finite differences and the bound on its error
    resolution         an error larger than this would not have passed
    one_sided          the two one-sided slopes, where there is a kink at the point
    """

    verdict: Verdict
    reason: str
    numerical: float
    error: float
    resolution: float
    step: float
    one_sided: tuple[float, float] | None = None

    def in_units(self, unit: float) -> Judgement:
        """Of an entry that was moved in units of its own: a slope by the entry itself."""
        sides = self.one_sided and (self.one_sided[0] / unit, self.one_sided[1] / unit)
        return replace(
            self,
            numerical=self.numerical / unit,
            error=self.error / unit,
            resolution=self.resolution / unit,
            step=self.step * unit,
            one_sided=sides,
        )

    @property
    def subgradient(self) -> bool:
        return self.one_sided is not None and self.verdict == "agrees"


@dataclass(frozen=True, slots=True)
class Scale:
    """What is large and what is small for one block.

    gradient    size of the gradient that a slope belongs to
    parameter   size of the parameters
    rounding    rounding of the analytic slope itself
    """

    gradient: float
    parameter: float
    rounding: float = 0.0

    def of_entry(self, values: Array) -> Scale:
        """The scale of a single entry of a block with these gradient values."""
        n = max(values.size, 1)
        largest = float(np.max(np.abs(values), initial=0.0))
        return Scale(max(largest, self.gradient / n), self.parameter, self.rounding / math.sqrt(n))


def judge(probe: Probe, analytic: float, plan: Plan, scale: Scale) -> Judgement:
    """Does the analytic slope agree with the loss along this probe?

    Cost    2 evaluations when it agrees at once, 4 when it is plainly wrong, at most about 20
    Blind   to errors below `resolution`, which an answer "agrees" states
    """
    return _Case(probe, analytic, plan, scale).settle()


def first_step(analytic: float, plan: Plan, scale: Scale, noise: Noise) -> float:
    """The step that `judge` asks for first: a wide one where the planned one is too noisy."""
    bound = 1.33 * 6 * noise.sigma / (math.sqrt(2) * plan.step)
    precise = bound <= _needed(analytic, scale) or plan.wide < 1.5 * plan.step
    return plan.step if precise else plan.wide


def _needed(analytic: float, scale: Scale) -> float:
    return max(RELATIVE * abs(analytic), OF_SCALE * scale.gradient)


class _Case:
    def __init__(self, probe: Probe, analytic: float, plan: Plan, scale: Scale) -> None:
        self.probe, self.analytic, self.plan, self.scale = probe, analytic, plan, scale
        self.noise = probe.noise
        self.material = max(
            MATERIAL * abs(analytic), 1e-3 * OF_SCALE * scale.gradient, scale.rounding
        )
        self.needed = _needed(analytic, scale)

    # -- the story ---------------------------------------------------------------------------------

    def settle(self) -> Judgement:
        plan = self.plan
        first = first_step(self.analytic, plan, self.scale, self.noise)
        doubtful = None if first == plan.step else self.by_extrapolation()
        if doubtful is not None and doubtful.verdict == "agrees":
            return doubtful
        rung = self.finite_rung(plan.step)
        if rung is None:
            return self.inconclusive("non-finite", math.nan, math.inf, plan.step)
        if rung.still and self.analytic == 0:
            rung = self.widest_still(rung)
        if self.fits(rung.slope, rung.bound):
            found = self.agrees(rung.slope, rung.bound, rung)
            if doubtful is None or found.resolution < doubtful.resolution:
                return found
            return doubtful
        return self.dispute(rung)

    def dispute(self, rung: Rung) -> Judgement:
        """The slope at this step differs from the analytic one: why?"""
        for _ in range(5):
            if rung.still:
                return self.no_response(rung)
            distance = abs(rung.slope - self.analytic)
            near = distance < 12 * rung.bound
            if near:
                settled = self.by_wider_pair(rung)
                if settled is not None:
                    return settled
                step = rung.step / 4
            else:  # the smallest step at which noise cannot hide the disagreement
                step = rung.step * max(3.5 * rung.bound / distance, 1 / 512)
            smaller = self.probe.rung(step)
            if smaller is None:
                break
            correction = (smaller.slope - rung.slope) / ((rung.step / smaller.step) ** 2 - 1)
            value = min(
                (smaller.slope, smaller.slope + correction),
                key=lambda slope: abs(slope - self.analytic),
            )
            if self.fits(value, smaller.bound):  # truncation or a kink had spoilt the larger step
                found = self.agrees(value, smaller.bound, smaller)
                return found if near else self.sharpen(found, smaller, rung)
            distance = abs(value - self.analytic)
            settled = self.at_kink(rung, distance)
            if settled is not None:
                return settled
            settled = self.compare(rung, smaller, correction, distance)
            if settled is not None:
                return settled
            rung = smaller
        return self.inconclusive("unstable", rung.slope, math.inf, rung.step)

    # -- first look --------------------------------------------------------------------------------

    def finite_rung(self, step: float) -> Rung | None:
        rung = self.probe.rung(step)
        while rung is None and step > 1e-13:
            step /= 16
            rung = self.probe.rung(step)
        return rung

    def by_extrapolation(self) -> Judgement | None:
        """Richardson pairs at wide steps: less noise, for slopes small against the loss."""
        step, best = self.plan.wide, None
        for attempt in range(3):
            narrow, wide = self.probe.rung(step), self.probe.rung(2 * step)
            if narrow is None or wide is None:
                break
            correction = (narrow.slope - wide.slope) / 3
            slope, bound = narrow.slope + correction, 1.4 * narrow.bound
            believable = abs(correction) <= max(0.5 * abs(self.analytic), 60 * bound)
            if not (self.fits(slope, bound) and believable):
                break
            doubt = 0.25 * max(0.0, abs(correction) - bound)
            best = self.agrees(slope, bound, narrow, doubt)
            if (
                best.verdict == "agrees"
                or attempt == 2
                or 8 * step > self.plan.longest
                or abs(correction) > 3 * bound
            ):
                break
            step *= 4
        return best

    # -- why a step may disagree with a right slope ------------------------------------------------

    def no_response(self, rung: Rung) -> Judgement:
        """The loss did not move at all: dead, quantised, or the slope is really zero."""
        step, sigma = rung.step, self.noise.sigma
        for _ in range(4):
            if step * 16 > self.plan.longest:
                break
            step *= 16
            wider = self.probe.rung(step)
            if wider is not None and not wider.still:
                error = wider.bound + abs(wider.slope - self.analytic)
                return self.inconclusive("quantised", wider.slope, error, step)
        predicted = 2 * abs(self.analytic)
        if predicted * rung.step > 50 * 6 * sigma or predicted * step > 1e3 * 6 * sigma:
            return self.disagrees(0.0, rung.bound, rung.step)
        return self.inconclusive("no signal", 0.0, rung.bound, rung.step)

    def widest_still(self, rung: Rung) -> Rung:
        """Zero against zero: the widest step at which the loss still does not move says most."""
        while rung.bound > self.needed and 16 * rung.step <= self.plan.longest:
            wider = self.probe.rung(16 * rung.step)
            if wider is None or not wider.still:
                break
            rung = wider
        return rung

    def by_wider_pair(self, rung: Rung) -> Judgement | None:
        """A disagreement close to the noise: is it truncation, seen by twice the step?"""
        if 2 * rung.step > self.plan.longest:
            return None
        wide = self.probe.rung(2 * rung.step)
        if wide is None:
            return None
        correction = (rung.slope - wide.slope) / 3
        slope, bound = rung.slope + correction, 1.35 * rung.bound
        if self.fits(slope, bound) and abs(correction) <= max(0.5 * abs(self.analytic), 20 * bound):
            return self.agrees(slope, bound, rung, 0.25 * max(0.0, abs(correction) - bound))
        return None

    def sharpen(self, found: Judgement, low: Rung, high: Rung) -> Judgement:
        """Between a step that agrees coarsely and one that is spoilt: a better one, if any."""
        for _ in range(2):
            if found.verdict == "agrees":
                break
            middle = self.probe.rung(math.sqrt(low.step * high.step))
            if middle is None:
                break
            correction = (middle.slope - high.slope) / ((high.step / middle.step) ** 2 - 1)
            slope = middle.slope + correction
            if self.fits(middle.slope, middle.bound):
                low = middle
                found = self.agrees(middle.slope, middle.bound, middle)
            elif self.fits(slope, middle.bound) and abs(correction) < 20 * middle.bound:
                low = middle
                found = self.agrees(slope, middle.bound, middle, 0.25 * abs(correction))
            else:
                high = middle
        return found

    def at_kink(self, rung: Rung, distance: float) -> Judgement | None:
        """Does the gap of the one-sided slopes stay when the step shrinks? Then it explains all."""
        gap = abs(rung.gap)
        if gap <= max(KINK * distance, 6 * rung.gap_noise):
            return None
        # the smallest step at which noise cannot hide a gap that stays
        step = rung.step * max(6 * rung.gap_noise / (0.3 * gap), 1 / 64)
        closer = self.probe.rung(step) if step <= rung.step / 4 else None
        if closer is None or abs(closer.gap) < 0.5 * gap:
            return None
        if abs(closer.gap) > 2.5 * gap:
            return self.inconclusive("jump", closer.slope, math.inf, closer.step)
        return self.between_one_sided(closer)

    def between_one_sided(self, rung: Rung) -> Judgement:
        """At a kink every value between the one-sided slopes is a subgradient.

        A value outside is no proof of a bug: where several units sit at their kinks at once, the
        convention of automatic differentiation may lie outside too.
        """
        low, high = sorted((rung.forward, rung.backward))
        error = 2 * rung.bound
        slack = error + self.material
        inside = low - slack <= self.analytic <= high + slack
        verdict: Verdict = "agrees" if inside else "inconclusive"
        passes = high - low + error if inside else math.inf
        return Judgement(verdict, "kink", rung.slope, error, passes, rung.step, (low, high))

    def compare(
        self, rung: Rung, smaller: Rung, correction: float, distance: float
    ) -> Judgement | None:
        """Two steps, no kink in sight: do they find the same other value?"""
        ratio = smaller.step / rung.step
        expected = rung.gap * ratio
        smooth = abs(smaller.gap - expected) <= 6 * smaller.gap_noise + 0.25 * abs(expected)
        # a kink hidden below the noise of the gap can displace the slope by half of that noise
        sure = distance > 2.75 * smaller.bound and (smooth or abs(smaller.gap) <= KINK * distance)
        moved = abs(smaller.slope - rung.slope)
        steep = max(abs(smaller.slope), abs(rung.slope))  # what grows so may reach any value
        sure = sure and moved <= 0.5 * steep + smaller.bound + rung.bound
        if sure and moved <= max(0.1 * distance, min(smaller.bound, 0.3 * distance)):
            if smaller.step > 0.25 * self.scale.parameter:
                return self.inconclusive("step", smaller.slope, distance, smaller.step)
            if self.wanders(rung, distance):
                return self.inconclusive("unstable", smaller.slope, distance, smaller.step)
            at_larger = rung.bound + moved + 0.5 * smaller.bound  # which noise may have hidden
            at_smaller = smaller.bound + abs(correction)
            if at_larger < at_smaller:
                return self.disagrees(rung.slope, at_larger, rung.step)
            return self.disagrees(smaller.slope, at_smaller, smaller.step)
        if smaller.bound > 0.7 * distance:
            return self.inconclusive("noise", smaller.slope, distance + smaller.bound, smaller.step)
        return None

    def wanders(self, rung: Rung, distance: float) -> bool:
        """Do slopes at steps beside this one differ as if there were many kinks within each?

        Among many kinks the slope over a step is that at its middle but for what the kinks that
        happen to lie within add: two steps may find the same other value by chance, four hardly.
        Cost    4 evaluations where the change of the slope is no small part of the distance
        """
        if distance > WIDE * (abs(rung.gap) + rung.gap_noise):
            return False
        longer, shorter = self.probe.rung(2 * rung.step), self.probe.rung(rung.step / 2)
        if longer is None or shorter is None:
            return True
        slack = 0.1 * distance
        above, below = longer.slope - rung.slope, rung.slope - shorter.slope
        truncation = abs(above - 4 * below) <= slack and 5 * shorter.bound <= slack  # c h**2
        bent = max(abs(longer.gap - 2 * rung.gap), abs(shorter.gap - rung.gap / 2))
        return (
            (abs(above) > slack + 0.4 * (longer.bound + rung.bound) and not truncation)
            or abs(below) > slack + 0.4 * (shorter.bound + rung.bound)
            or bent > slack + 0.4 * (shorter.bound + rung.bound)
        )

    def finer_structure(self, slope: float) -> bool:
        """May what was taken for noise be the loss itself: chaos, a fast oscillation, a solver?

        Then its slope at far smaller steps, where that wave is straight, is the analytic one; and
        where floating point does not reach so far down, nothing can be told.
        Cost    none where the noise is that of rounding, else at most 12 evaluations
        Blind   to waves that are not there over the shortest steps that can be resolved
        """
        sigma = self.noise.sigma
        if sigma <= COARSE * self.noise.eps * self.noise.scale:
            return False
        distance = abs(slope - self.analytic)
        step = 0.03 * sigma / distance
        blurred = BLURRED * self.noise.eps * self.scale.parameter  # as the slopes of all blur it
        shortest = blurred * max(1.0, self.scale.gradient / distance)
        if step < shortest:
            if noise_within(self.probe.line, shortest) > STEADY * sigma:
                return True
            return all(self.reaches(k * shortest, 0.3 * distance) for k in (1, 3))
        for _ in range(3):  # a wave of many lengths is straight later
            if all(self.reaches(smaller, 0.3 * distance) for smaller in (step, 0.3 * step)):
                return True
            step /= 10
        return False

    def reaches(self, step: float, distance: float) -> bool:
        """Is the slope over this step the analytic one, but for a distance?"""
        rung = self.probe.rung(step)
        moves = rung is not None and not rung.still
        return moves and abs(rung.slope - self.analytic) <= distance  # type: ignore[union-attr]

    # -- the three answers -------------------------------------------------------------------------

    def fits(self, slope: float, bound: float) -> bool:
        return abs(slope - self.analytic) <= max(bound, self.material)

    def agrees(self, slope: float, bound: float, rung: Rung, doubt: float = 0.0) -> Judgement:
        distance = abs(slope - self.analytic)
        resolution = distance + max(1.33 * bound, self.material) + doubt
        enough = distance + 1.33 * bound + doubt <= self.needed
        if enough or (self.analytic == 0 and rung.still):
            return Judgement("agrees", "", slope, bound + doubt, resolution, rung.step)
        return Judgement("inconclusive", "noise", slope, bound + doubt, resolution, rung.step)

    def inconclusive(self, reason: str, slope: float, error: float, step: float) -> Judgement:
        resolution = abs(slope - self.analytic) + 1.33 * error if reason == "noise" else math.inf
        return Judgement("inconclusive", reason, slope, error, resolution, step)

    def disagrees(self, slope: float, error: float, step: float) -> Judgement:
        # rounding inside the loss moves its slope by about this much, whatever the step; what is
        # large inside, and cancels, is large a parameter's length away, and shows in the noise
        noise = self.noise
        size = min(noise.scale, max(abs(noise.loss), LARGE_INSIDE * noise.sigma / noise.eps))
        hidden = 64 * noise.eps * size / max(self.scale.parameter, 1e-300)
        if abs(slope - self.analytic) <= max(hidden, error) or self.finer_structure(slope):
            return self.inconclusive("noise", slope, error, step)
        if self.noise.near_zero:
            return self.inconclusive("loss near zero", slope, error, step)
        return Judgement("disagrees", "", slope, error, error, step)
