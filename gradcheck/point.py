"""The loss and the analytic gradients at one point: where blocks are examined."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import cast

import numpy as np

from .complex_step import ComplexStep, error_bound
from .direction import Direction, units_of
from .entries import Remote, Source
from .evidence import LISTED, SURE, Evidence, Slope
from .gradients import Analytic
from .locate import EXHAUSTIVE, Location, Residual, Search
from .numerical import EPS32, EPS64, Noise, Plan, Probe, climb, measure_noise, plan_steps
from .objective import Line, Move, NotMeasured, Objective
from .pieces import largest, norm, products, rms
from .tree import Array, Parameter
from .verdict import Judgement, Scale, judge

DIRECTIONS = 2  # random directions for a block that agrees
MORE_DIRECTIONS = 3  # for one that does not
ZERO = 1e-15  # a gradient smaller than this part of the whole is zero but for rounding ...
CLEAR = 10.0  # ... unless the loss shows a slope of so many times its error


@dataclass
class Look:
    """One block on the way to its verdict: what was drawn, planned and judged so far.

    ahead   evaluations that workers made for it before its turn came
    """

    i: int
    pairs: list[tuple[Direction, Probe]]
    plan: Plan | None = None
    slopes: list[Slope] = field(default_factory=list)
    ahead: int = 0


class Point:
    """The parameters as they stand now, with the noise of the loss there.

    Cost    20 evaluations to measure the noise, or 1 when it is known from another point
    """

    def __init__(
        self,
        objective: Objective,
        blocks: Sequence[Parameter],
        analytic: list[Analytic],
        rng: np.random.Generator,
        noise: Noise | None = None,
    ) -> None:
        self.objective, self.blocks, self.analytic, self.rng = objective, blocks, analytic, rng
        self._summed: list[Analytic | None] = [None] * len(blocks)
        self._gradient_size = 0.0
        self._home = [block.make_home() for block in blocks]
        gradients = (a.values for a in analytic) if analytic else itertools.repeat(None)
        pairs = zip(blocks, gradients, strict=False)
        self.units = [units_of(block.values, gradient) for block, gradient in pairs]
        self.sizes = [
            rms(block.values) if units is None else 1.0
            for block, units in zip(blocks, self.units, strict=True)
        ]
        total = sum(block.size for block in blocks)
        parts = [s * math.sqrt(b.size / total) for s, b in zip(self.sizes, blocks, strict=True)]
        self.size = math.hypot(*parts)
        self.noise = noise or self.measure()
        self.sources: Callable[[int], Source | None] = lambda i: None
        self.rung: float | None = None
        self.examined: dict[int, tuple[Plan, list[tuple[Direction, Probe]]]] = {}
        self.looks: dict[int, Look] = {}
        self._own: dict[int, np.random.Generator] = {}
        self.rounding_known = False  # of the gradients themselves
        self._apart: set[int] = set()  # blocks with a small gradient that is no rounding

    def measure(self) -> Noise:
        single = any(block.values.dtype.itemsize < 8 for block in self.blocks)
        line = Line(self.objective, self.everywhere(self.rng))
        with line:
            noise = measure_noise(line, eps=EPS32 if single else EPS64)
        line.rest()
        return noise

    def plan(self, i: int, probe: Probe) -> Plan:
        """The steps of one block; the ladder begins where that of the first block ended."""
        with cast(Line, probe.line):
            plan = plan_steps(probe, self.sizes[i], start=self.rung)
        if self.rung is None and plan.leads:
            self.rung = plan.rung
        return plan

    def own(self, i: int) -> np.random.Generator:
        """Random numbers for what only some blocks need: the same in whatever order it is drawn."""
        if i not in self._own:
            seeds = cast(np.random.SeedSequence, self.rng.bit_generator.seed_seq)
            self._own[i] = np.random.default_rng([*seeds.generate_state(2), i])
        return self._own[i]

    def everywhere(self, rng: np.random.Generator) -> list[Move]:
        """One direction through all blocks, each entry in units of its own size."""
        moves: list[Move] = []
        for block, size, units in zip(self.blocks, self.sizes, self.units, strict=True):
            direction = Direction(rng, block.shape).in_units(units)
            if units is None:
                direction.in_units_of_entries(size or self.size or 1.0)
            moves.append((block, direction))
        return moves

    # -- scales --------------------------------------------------------------------------------

    @property
    def gradient_size(self) -> float:
        """Norm of the analytic gradient of all blocks."""
        if self._summed != self.analytic:  # other objects: asked often, of many blocks
            self._summed = list(self.analytic)
            self._gradient_size = math.hypot(*map(self.norm, range(len(self.blocks))))
        return self._gradient_size

    def in_units(self, i: int) -> Array:
        """The analytic gradient of a block, by the units of its entries where they have some."""
        values, units = self.analytic[i].values, self.units[i]
        return values if units is None or values.shape != units.shape else values * units

    def norm(self, i: int) -> float:
        """The norm of the analytic gradient of a block, in units."""
        return self.analytic[i].norm if self.units[i] is None else norm(self.in_units(i))

    def along(self, i: int, direction: Array) -> tuple[float, Scale]:
        """The analytic slope along a direction, and the scale that it is judged on."""
        analytic = self.analytic[i]
        slope, spread = products(analytic.values, direction)
        size = self.norm(i)
        if size < ZERO * self.gradient_size:  # zero by construction, but for rounding
            size = self.gradient_size
        parameter = max(self.sizes[i], self.size) or 1.0
        if size == 0:  # a stationary point: the slope that the loss has a parameter's length away
            size = self.noise.scale / parameter
        eps = analytic.rounding
        rounding = 8 * eps * spread
        if analytic.floor:
            rounding += 4 * analytic.floor * norm(direction)
        if eps > EPS64:
            # a float32 backward pass loses digits to cancellation as well
            far = self.noise.scale / parameter
            top = analytic.largest if self.units[i] is None else largest(self.in_units(i))
            rounding += eps * (8 * top * math.sqrt(analytic.values.size) + 4 * far)
        return slope, Scale(size, parameter, rounding)

    def typical(self, i: int) -> float:
        """Root mean square entry that errors of this block are compared with."""
        values = self.analytic[i].values
        own = self.norm(i) / math.sqrt(values.size)
        if i not in self._apart and own * math.sqrt(values.size) < ZERO * self.gradient_size:
            return self.gradient_size / math.sqrt(sum(a.values.size for a in self.analytic))
        return own

    # -- one block -----------------------------------------------------------------------------

    def look_ahead(self, blocks: Sequence[int]) -> None:
        """Let workers measure what `examine` will need of these blocks, of all of them at once.

        What a block asks for next follows from what it has. So each round of evaluations takes
        one step of every block, until no block asks for more.
        """
        if self.objective.workers is None or self.objective.bounded:
            return
        looks = [self.look(i) for i in blocks]
        while asked := self.asked(looks):
            lines = [(missing.line.moves, missing.steps) for _, missing in asked]
            found = self.objective.elsewhere(lines)
            if found is None:
                break
            for (look, missing), losses in zip(asked, found, strict=True):
                missing.line.known |= zip(missing.steps, losses, strict=True)
                look.ahead += len(losses)
        self.looks = {look.i: look for look in looks}

    def asked(self, looks: Sequence[Look]) -> list[tuple[Look, NotMeasured]]:
        """What each block asks for next, as far as that does not hang on the others."""
        asked = []
        self.objective.asking = True
        try:
            for look in looks:
                try:
                    self.slopes(look)
                except NotMeasured as missing:
                    asked.append((look, missing))
                if look.plan is None and self.rung is None:
                    break  # the ladders of the others begin where this one ends
        finally:
            self.objective.asking = False
        return asked

    def look(self, i: int) -> Look:
        """A block with its first directions."""
        return Look(i, [self.pair(i, self.rng) for _ in range(DIRECTIONS)])

    def pair(self, i: int, rng: np.random.Generator) -> tuple[Direction, Probe]:
        direction = Direction(rng, self.blocks[i].shape).in_units(self.units[i])
        return direction, self.probe(i, direction)

    def examine(self, i: int, *, every_entry: bool = False) -> Evidence:
        """Judge one block along random directions, and find its wrong entries."""
        look = self.looks.pop(i, None) or self.look(i)
        begin = self.objective.evaluations - look.ahead
        plan, slopes = self.slopes(look)
        self.examined[i] = (plan, look.pairs[: len(slopes)])
        spent = self.objective.evaluations - begin
        evidence = self.evidence(i, plan, slopes, every_entry=every_entry, evaluations=spent)
        if evidence.verdict == "inconclusive":
            evidence = self.confirmed(i, evidence)
        spent = self.objective.evaluations - begin
        return evidence if spent == evidence.evaluations else replace(evidence, evaluations=spent)

    def slopes(self, look: Look) -> tuple[Plan, list[Slope]]:
        """The slopes along as many directions as the verdicts on them ask for.

        Goes on where it was left by NotMeasured.
        """
        i, found = look.i, look.slopes
        if look.plan is None:
            look.plan = self.plan(i, look.pairs[0][1])
        while len(found) < self.directions_for(i, found):
            k = len(found)
            if k == len(look.pairs):
                look.pairs.append(self.pair(i, self.own(i)))
            found.append(self.judged(i, look.plan, *look.pairs[k]))
        return look.plan, found

    def evidence(
        self,
        i: int,
        plan: Plan,
        slopes: Sequence[Slope],
        *,
        every_entry: bool = False,
        evaluations: int = 0,
    ) -> Evidence:
        """What the slopes say of a block; where they disagree, which entries do."""
        evidence = Evidence(
            self.blocks[i],
            self.analytic[i],
            tuple(slopes),
            self.typical(i),
            planned=plan.step,
            evaluations=evaluations,
            units=self.units[i],
        )
        location = self.located(i, plan, evidence, every_entry)
        return evidence if location is None else replace(evidence, location=location)

    def confirmed(self, i: int, evidence: Evidence) -> Evidence:
        """What differences leave open, a complex step may still confirm; it never accuses."""
        if evidence.analytic.misfit or not self.complex_step_valid:
            return evidence
        direction, values = evidence.slopes[0].direction.values, self.analytic[i].values
        slope = ComplexStep(self.objective).slope([(self.blocks[i], direction)])
        if slope is None:
            return evidence
        analytic, scale = self.along(i, direction)
        distance = abs(analytic - slope)
        bound = 2 * error_bound(values, direction) + scale.rounding
        if distance > bound:
            return evidence
        return replace(evidence, confirmed=2 * (distance + bound))

    @cached_property
    def complex_step_valid(self) -> bool:
        moves = self.everywhere(self.own(len(self.blocks)))
        probe = Probe(Line(self.objective, moves), self.noise)
        return ComplexStep(self.objective).proves_valid(moves, probe, self.size or 1.0)

    def directions_for(self, i: int, slopes: list[Slope]) -> int:
        verdicts = {slope.judgement.verdict for slope in slopes}
        if verdicts == {"agrees"}:
            return DIRECTIONS
        if "disagrees" in verdicts and self.blocks[i].size <= EXHAUSTIVE:
            return 1  # every entry is judged anyway
        return MORE_DIRECTIONS

    def probe(self, i: int, direction: Array | Direction) -> Probe:
        return Probe(Line(self.objective, [(self.blocks[i], direction)]), self.noise)

    def judged(self, i: int, plan: Plan, direction: Direction, probe: Probe) -> Slope:
        line = cast(Line, probe.line)
        (along,) = line.directions
        predicted, scale = self.along(i, along)
        try:
            with line:
                judgement = judge(probe, predicted, plan, scale)
                if self.is_apart(i, scale, judgement):
                    self._apart.add(i)
                    own = replace(scale, gradient=self.norm(i))
                    judgement = judge(probe, predicted, plan, own)
        finally:
            line.rest()
        return Slope(direction, predicted, probe, judgement)

    def is_apart(self, i: int, scale: Scale, judgement: Judgement) -> bool:
        """Was a gradient taken for zero but for rounding, though the loss does show a slope?

        So it is where parameters have units of their own: one of 1e-9 beside one of 1e6.
        """
        taken_for_zero = 0 < self.norm(i) < ZERO * scale.gradient
        return taken_for_zero and abs(judgement.numerical) > CLEAR * judgement.error

    def located(self, i: int, plan: Plan, evidence: Evidence, every_entry: bool) -> Location | None:
        """Which entries are wrong, if that is worth a search."""
        wrong = next((s for s in evidence.slopes if s.judgement.verdict == "disagrees"), None)
        small = self.blocks[i].size <= EXHAUSTIVE
        if not self.rounding_known and self.may_be_rounding(i, evidence):
            return None  # that comes first: see rounding.py
        if not every_entry and evidence.verdict == "agrees" and not evidence.at_kink:
            return None
        direction = (wrong or evidence.slopes[0]).direction
        search = self.search(i, plan, direction, self.analytic[i])
        if every_entry:
            return search.every_entry(self.sources(i) if self.units[i] is None else None)
        if small and evidence.verdict != "agrees":
            return search.every_entry()
        if wrong is None and evidence.at_kink:
            # between one-sided slopes much may hide; entries whose units are not at a kink tell
            return search.every_entry() if small else search.some_entries()
        if wrong is None or evidence.ratio_of_slopes is not None:
            return None
        error = wrong.judgement.error
        return search.locate(Residual(wrong.analytic - wrong.judgement.numerical, 1.33 * error))

    def remote(self, i: int) -> Remote | None:
        """The losses of single entries by workers, where there are any."""
        there = self.objective.workers is not None and not self.objective.bounded
        there = there and self.units[i] is None
        return Remote(self.objective, i) if there else None

    def search(self, i: int, plan: Plan, direction: Direction, analytic: Analytic) -> Search:
        return Search(
            self.objective,
            self.blocks[i],
            analytic.values,
            direction,
            plan,
            self.noise,
            self.along(i, direction.values)[1],
            self.own(i),
            self.remote(i),
            self.units[i],
        )

    def closer(self, i: int, evidence: Evidence) -> Evidence:
        """The same evidence with more to look at: slopes at many steps; if wrong, every entry.

        Cost    at most 20 evaluations, and 2 to 4 an entry of a wrong block of up to LISTED entries
        """
        if i not in self.examined or evidence.where or evidence.shared is not None:
            return evidence  # measured elsewhere
        begin = self.objective.evaluations
        slope, (plan, _) = evidence.telling_slope(), self.examined[i]
        climb(slope.probe, plan)
        cast(Line, slope.probe.line).rest()
        few = len(evidence.location.judged) < self.blocks[i].size <= LISTED
        if few and evidence.verdict == "disagrees" and not evidence.analytic.misfit:
            found = self.search(i, plan, slope.direction, evidence.analytic).every_entry()
            if found.complete and found.wrong:
                evidence = replace(evidence, location=found)
        spent = self.objective.evaluations - begin
        return replace(evidence, close=True, evaluations=evidence.evaluations + spent)

    def with_analytic(self, i: int, analytic: Analytic, *, every_entry: bool = False) -> Evidence:
        """Judge another gradient of the same block on the probes that are there already."""
        first, self.analytic[i] = self.analytic[i], analytic
        try:
            plan, probes = self.examined[i]
            slopes = [self.judged(i, plan, *pair) for pair in probes]
            return self.evidence(i, plan, slopes, every_entry=every_entry)
        finally:
            self.analytic[i] = first

    def may_be_rounding(self, i: int, evidence: Evidence) -> bool:
        """Is a block disputed by no more than float32 may round its gradient?"""
        if not (evidence.disputed and evidence.analytic.fits):
            return False
        first, self.analytic[i] = self.analytic[i], evidence.analytic.single
        try:
            return all(
                abs(slope.analytic - slope.judgement.numerical)
                <= self.along(i, slope.direction.values)[1].rounding + slope.judgement.error
                for slope in evidence.slopes
            )
        finally:
            self.analytic[i] = first

    # -- all blocks together -------------------------------------------------------------------

    def together(self, plans: Sequence[Plan] = ()) -> Iterator[Evidence] | None:
        """One direction through all blocks, in which each weighs the same; None unless it agrees.

        plans   the steps of each block by itself, where they are known already
        Returns what it says of each block, made as it is asked for: often that it agrees is enough
        Cost    8 to 12 evaluations, whatever the number of blocks; mostly 2 with plans
        Blind   to errors that one block by itself would show 4 to 40 times smaller
        """
        typical = [self.typical(i) for i in range(len(self.blocks))]
        most = max(typical)
        weights = [min(most / t, 1e6) if t else 1.0 for t in typical]
        if any(a.misfit for a in self.analytic):
            return None
        directions = [
            Direction(self.rng, block.shape, weight).in_units(units)
            for weight, block, units in zip(weights, self.blocks, self.units, strict=True)
        ]
        line = Line(self.objective, list(zip(self.blocks, directions, strict=True)))
        probe = Probe(line, self.noise)
        parts, scales = [], []
        for i, along in enumerate(line.directions):
            part, scale = self.along(i, along)
            parts.append(part)
            scales.append(scale)
        norms = [w * s.gradient for w, s in zip(weights, scales, strict=True)]
        scale = Scale(
            gradient=math.hypot(*norms),
            parameter=max(self.size, 1e-300) / max(weights),
            rounding=math.hypot(*(s.rounding for s in scales)),
        )
        judgement = None
        if plans:  # the steps known of each block first: 2 evaluations
            judgement = judge(probe, math.fsum(parts), joint_plan(plans, weights), scale)
        if judgement is None or judgement.verdict != "agrees":
            judgement = judge(probe, math.fsum(parts), plan_steps(probe, self.size), scale)
        line.rest()
        if judgement.verdict != "agrees":
            return None
        return (
            self.part_of(judgement, i, directions[i], parts[i], weights[i], probe)
            for i in range(len(self.blocks))
        )

    def part_of(
        self,
        judgement: Judgement,
        i: int,
        direction: Direction,
        analytic: float,
        weight: float,
        probe: Probe,
    ) -> Evidence:
        """What one direction through all blocks says about one of them."""
        part = replace(judgement, numerical=analytic)
        return Evidence(
            self.blocks[i],
            self.analytic[i],
            (Slope(direction, analytic, probe, part),),
            self.typical(i),
            shared=2 * SURE * judgement.resolution / weight,
            units=self.units[i],
        )

    # -- another point -------------------------------------------------------------------------

    @contextmanager
    def moved(self, distance: float) -> Iterator[Point | None]:
        """A point at this distance, in units of the parameters; None where the loss is not finite.

        The analytic gradients there are the caller's to read.
        """
        try:
            for block, size, units in zip(self.blocks, self.sizes, self.units, strict=True):
                length = distance * (max(size, 0.1 * self.size) or 1.0)
                direction = Direction(self.rng, block.shape).in_units(units)
                if units is not None:
                    length = distance
                line = Line(self.objective, [(block, direction)])
                line.place(length)
                line.rest()
            self.objective.stands_elsewhere()
            loss = self.objective()
            if not math.isfinite(loss):
                yield None
            else:
                noise = self.noise.elsewhere(loss)
                yield Point(self.objective, self.blocks, list(self.analytic), self.rng, noise)
        finally:
            for block, block.home in zip(self.blocks, self._home, strict=True):
                block.go_home()
            self.objective.stands_elsewhere()


def joint_plan(plans: Sequence[Plan], weights: Sequence[float]) -> Plan:
    """Steps that no block finds too long, for a direction through all of them."""
    step = min(plan.step / weight for plan, weight in zip(plans, weights, strict=True))
    wide = min(plan.wide / weight for plan, weight in zip(plans, weights, strict=True))
    longest = min(plan.longest / weight for plan, weight in zip(plans, weights, strict=True))
    return Plan(step, max(wide, step), longest, step)
