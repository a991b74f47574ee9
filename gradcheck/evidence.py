"""What was measured about one block, and what follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from .direction import Direction
from .gradients import Analytic
from .locate import Location
from .match import Measured
from .numerical import Probe, best_of, ladder
from .pieces import dot, norm, rms
from .report import Block, Difference, Entry, Verdict
from .tree import Array, Parameter
from .verdict import Judgement

LISTED = 1000  # entries that a report lists at most
SURE = 4.0  # times what a slope resolves: an error so large passes once in a hundred times

REASONS = {
    "kink": "the loss has a kink at this point",
    "jump": "the loss jumps at this point",
    "noise": "the loss is too noisy here to tell",
    "non-finite": "the loss is not finite next to this point",
    "quantised": "the loss moves in steps coarser than a difference",
    "no signal": "the loss does not respond to this parameter here",
    "step": "no step shorter than the parameters themselves shows the slope",
    "loss near zero": "the loss is zero here but for rounding",
    "unstable": "no two steps agree on a slope",
    "budget": "the budget of evaluations was spent",
    "interrupted": "the check was interrupted",
    "unread": "no change of these parameters reaches the loss",
    "draws": "the loss draws random numbers that the gradient does not follow; from draw to draw "
    "its slope differs by more",
    "step not plain": "the step does more than subtract lr times the gradient",
}

AT_KINK = "The point is at a kink; the gradient is a legitimate subgradient."
AT_FIRST = "the first look agreed"  # though gradients are wrong later


@dataclass(frozen=True, slots=True)
class Slope:
    """The analytic slope along one direction, and the judgement on it."""

    direction: Direction
    analytic: float
    probe: Probe
    judgement: Judgement

    @property
    def measured(self) -> Measured:
        return Measured(self.direction, self.judgement.numerical, 3 * self.judgement.error)


@dataclass(frozen=True)
class Evidence:
    """Everything measured about one block.

    size        root mean square entry of the gradient that errors are compared with
    planned     the step at which noise and truncation of the slopes balance
    close       was it looked at more closely, at steps all over the ladder?
    where       where else than at the given point in the first call this was found
    """

    parameter: Parameter
    analytic: Analytic
    slopes: tuple[Slope, ...]
    size: float
    location: Location = field(default_factory=Location)
    planned: float = math.nan
    close: bool = False
    where: str = ""
    instead: str = ""
    evaluations: int = 0
    shared: float | None = None  # resolution, when one direction judged several blocks
    confirmed: float | None = None  # resolution, when a complex step confirmed the gradient
    opaque: str = ""  # the reason why nothing here is ground for an accusation
    units: Array | None = None  # of entries, where they have some of their own: see direction.py

    @property
    def judgements(self) -> list[Judgement]:
        return [slope.judgement for slope in self.slopes]

    @cached_property
    def at_kink(self) -> bool:
        judged = [*self.judgements, *self.location.judged.values()]
        return any(judgement.one_sided is not None for judgement in judged)

    @cached_property
    def verdict(self) -> Verdict:
        if self.opaque:
            return "inconclusive"
        if not self.analytic.fits:
            return "disagrees"
        verdicts = {judgement.verdict for judgement in self.judgements}
        if self.location.wrong:
            return "disagrees"
        # several kinks at once can look like a wrong slope, and so can a slope at the limit of
        # the noise, which another direction and the entries themselves do not bear out
        alone = "inconclusive" in verdicts and bool(self.location.judged)
        if "disagrees" in verdicts:
            return "inconclusive" if self.at_kink or alone else "disagrees"
        open_entries = [j for j in self.location.judged.values() if j.verdict == "inconclusive"]
        if self.at_kink and open_entries:
            return "inconclusive"
        if "agrees" in verdicts or self.confirmed is not None:
            return "agrees"
        entries = {judgement.verdict for judgement in self.location.judged.values()}
        if self.location.complete and entries == {"agrees"}:
            return "agrees"
        return "inconclusive"

    @property
    def reason(self) -> str:
        if self.opaque:
            return self.opaque
        if self.verdict == "inconclusive":
            reasons = [j.reason for j in self.judgements if j.verdict == "inconclusive"]
            return reasons[0] if reasons else "kink"
        if self.verdict == "disagrees" and not self.analytic.fits:
            return "shape"
        return ""

    def because(self, where: str, *, instead: str = "") -> Evidence:
        return replace(self, where=where, instead=instead)

    def undecidable(self, why: str = "step not plain") -> Evidence:
        return replace(self, opaque=why)

    def nearly(self, part: float) -> bool:
        """Are all slopes off by no more than this part of them, beyond their errors?"""
        return self.analytic.fits and all(
            abs(s.analytic - s.judgement.numerical)
            <= part * abs(s.judgement.numerical) + s.judgement.error
            for s in self.slopes
        )

    @property
    def disputed(self) -> bool:
        """Does a slope or an entry disagree, whatever the others make of it?"""
        judged = (*self.judgements, *self.location.judged.values())
        return any(judgement.verdict == "disagrees" for judgement in judged)

    @property
    def unmoved(self) -> bool:
        """Did the loss not respond to this block at all, along any direction?"""
        rungs = [rung for s in self.slopes for rung in s.probe.rungs.values()]
        return all(rung is None or rung.still for rung in rungs)

    @property
    def resolution(self) -> float | None:
        """An error of one entry larger than this would not have passed."""
        if self.verdict != "agrees":
            return None
        if self.shared is not None or self.confirmed is not None:
            return self.shared if self.confirmed is None else self.confirmed
        judged = self.location.judged
        if self.location.complete and all(j.verdict == "agrees" for j in judged.values()):
            return SURE * max(j.resolution * self.unit(index) for index, j in judged.items())
        # the coarsest of the directions: the others may agree by coincidence
        seen = [2 * SURE * j.resolution for j in self.judgements if math.isfinite(j.resolution)]
        return max(seen, default=None)

    def clears(self, elsewhere: Evidence) -> bool:
        """Does it agree here, and say something of a gradient that is not zero elsewhere?

        A map that contracts here has no slope left, whatever was forgotten on the way.
        """
        seen = self.resolution
        if self.verdict != "agrees" or seen is None:
            return False
        return self.rms >= seen or elsewhere.rms <= seen

    @property
    def rms(self) -> float:
        """Root mean square entry of the analytic gradient, in units as the resolution is."""
        if self.units is None:
            return self.analytic.rms
        return rms(self.analytic.values * self.units)

    def unit(self, index: tuple[int, ...]) -> float:
        return 1.0 if self.units is None else float(self.units[index])

    # -- the gradient as far as it is known ----------------------------------------------------

    def known(self) -> tuple[Array, Array]:
        """Analytic and numerical values of what was measured: entries, else slopes."""
        judged = {i: j for i, j in self.location.judged.items() if math.isfinite(j.numerical)}
        if self.location.complete and len(judged) < self.parameter.size:
            numerical = self.analytic.values.copy()
            for index in self.location.wrong:
                numerical[index] = judged[index].numerical
            return self.analytic.values.ravel(), numerical.ravel()
        if len(judged) >= min(self.parameter.size, 6):
            analytic = np.array([self.analytic.values[index] for index in judged])
            return analytic, np.array([j.numerical for j in judged.values()])
        slopes = [s for s in self.slopes if math.isfinite(s.judgement.numerical)]
        analytic = np.array([s.analytic for s in slopes])
        return analytic, np.array([s.judgement.numerical for s in slopes])

    @property
    def ratio_of_slopes(self) -> float | None:
        """The one ratio that all slopes share, if they do."""
        pairs = [(s.analytic, s.judgement) for s in self.slopes]
        pairs = [(a, j) for a, j in pairs if math.isfinite(j.numerical) and j.numerical]
        if len(pairs) < 2:
            return None
        ratios = [a / j.numerical for a, j in pairs]
        doubt = max(3 * j.error / abs(j.numerical) for _, j in pairs)
        middle = sum(ratios) / len(ratios)
        close = max(ratios) - min(ratios) <= max(doubt, 1e-9) * max(abs(middle), 1.0)
        return middle if close else None

    # -- the facts -----------------------------------------------------------------------------

    def block(self, facts: dict[str, Any]) -> Block:
        slope = self.telling_slope()
        analytic, numerical = self.known()
        between = slope.judgement.one_sided is not None  # no slope there to compare with
        numbers = (slope.analytic, slope.judgement.numerical) if slope.judgement.numerical else ()
        resolution = self.resolution
        detectable = resolution / self.size if resolution is not None and self.size else None
        wrong = self.location.wrong if self.location.complete else []
        best = self.best(slope)
        pattern = self.location.pattern if self.verdict == "disagrees" else ""
        if self.verdict == "disagrees" and not pattern:
            pattern = "dense"
        return Block(
            **facts,
            verdict=self.verdict,
            reason=self.told_reason(),
            analytic=slope.analytic,
            numerical=slope.judgement.numerical,
            error=slope.judgement.error,
            step=slope.judgement.step,
            planned=self.planned,
            ladder=self.ladder(slope),
            best=best and best[0],
            best_error=best and best[1],
            ratio=None if between or not numbers else numbers[0] / numbers[1],
            cosine=None if between else _cosine(analytic, numerical),
            resolution=resolution,
            detectable=detectable,
            worst=self.worst(),
            entries=tuple(map(self.entry, self.listed())),
            wrong_entries=tuple(wrong[:LISTED]),
            wrong_fraction=self.location.fraction,
            pattern=pattern,
            notes=tuple(self.notes()),
            evaluations=self.evaluations,
        )

    def telling_slope(self) -> Slope:
        """The slope that stands for the verdict in a table."""
        for slope in self.slopes:
            if slope.judgement.verdict == self.verdict:
                return slope
        return self.slopes[0]

    def ladder(self, slope: Slope) -> tuple[Difference, ...]:
        """The slope at every step that was tried; none where one direction judged several blocks"""
        if self.shared is not None:
            return ()
        return tuple(
            Difference(rung.step, rung.slope, rung.bound, extrapolated)
            for rung, extrapolated in ladder(slope.probe)
        )

    def best(self, slope: Slope) -> tuple[float, float] | None:
        """The numerical slope as well as a closer look knows it, and its error."""
        if not self.close:
            return None
        known = slope.judgement.numerical, slope.judgement.error
        extrapolated = best_of(ladder(slope.probe))
        return extrapolated if extrapolated and not known[1] <= extrapolated[1] else known

    def listed(self) -> list[tuple[int, ...]]:
        """Entries that were judged, in order; if they are too many, the wrong ones, and others."""
        wrong = self.location.wrong
        right = sorted(self.location.judged.keys() - set(wrong))
        return sorted([*wrong, *right][:LISTED])

    def told_reason(self) -> str:
        if not self.reason:
            return ""
        if self.reason == "shape":
            return f"shape: the gradient has the shape {self.analytic.given}"
        return f"{self.reason}: {REASONS[self.reason]}"

    def worst(self) -> Entry | None:
        """The wrong entry with the largest discrepancy."""
        entries = map(self.entry, self.location.wrong)
        size = lambda entry: abs(entry.discrepancy) * self.unit(entry.index)  # noqa: E731
        return max(entries, key=size, default=None)

    def entry(self, index: tuple[int, ...]) -> Entry:
        judged = self.location.judged[index]
        return Entry(index, float(self.analytic.values[index]), judged.numerical, judged.error)

    def notes(self) -> list[str]:
        notes = []
        if self.where and self.instead:
            notes.append(f"Judged at {self.where}: {REASONS[self.instead].split(',')[0]}.")
        elif self.where:
            notes.append(f"Found at {self.where}; {AT_FIRST}.")
        if self.units is not None:
            notes.append("Its entries have units of their own: each was moved by a part of itself.")
        if self.confirmed is not None:
            notes.append("Confirmed by the complex step: differences could not resolve it.")
        if self.verdict == "agrees" and self.at_kink:
            notes.append(AT_KINK)
        if self.verdict == "agrees" and not self.analytic.norm:
            notes.append(
                "The loss does not respond to this parameter here; nothing but that was tested."
                if self.unmoved
                else "The gradient is zero here, on both sides."
            )
        return notes


def _cosine(analytic: Array, numerical: Array) -> float | None:
    if not len(numerical):
        return None
    size = norm(analytic) * norm(numerical)
    return max(-1.0, min(1.0, dot(analytic, numerical) / size)) if size else None
