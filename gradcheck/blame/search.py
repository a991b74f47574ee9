"""The search: which expression, edited how, mends the gradients?

Influence first (which wrong entries does an expression reach?), then edits in the order of their
cost, each tried by running the user's edited code; one that mends everything is tried again at a
second point. What mends only a part is kept, and the search goes on with what is still wrong.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .carriers import summands
from .conviction import CARRIED, Conviction
from .describe import describe
from .edits import expressed
from .gather import TIERS, Gather
from .instead import run_instead
from .places import loop_of, scope_of
from .ranking import DESCRIBED, by_truth, handed_on, rank, rank_parts
from .readings import Reading, convicted, read, suspects
from .repair import Mask, Repair
from .replay import Replay, Values
from .sight import Sight
from .site import Edit
from .source import Unit
from .substitute import convictions
from .syntax import unparsed

SLACK = 0.6  # how much dearer than the best repair another one may be, to be looked at
DEAR = 1.5  # cost of an edit from which on those of less suspicious lines come first
FACTOR = 0.3  # for a second change on the same line, when the first leaves one common factor
SUSPECTS = 3  # lines that are told where nothing is known of any
CONVICTED = 4  # lines that are told where no edit mends
RIVALS = 1.0  # times as long as the search for the first repair took, the one for others
FEW = 0.03  # share of the budget that the search for others may take at least
MOST_FAULTS = 8


class Search(Gather):
    """Faults found one after the other: self.repairs holds the ranked repairs of each."""

    def __init__(
        self,
        replay: Replay,
        seconds: float,
        seed: int,
        progress: Callable[[str, int], None] | None = None,
    ) -> None:
        super().__init__(replay, seconds, seed, progress)
        self.tried = 0
        self.repairs: list[list[Repair]] = []
        self.readings: list[Reading] = []
        self.convictions: list[Conviction] = []
        self.right: dict[ast.expr, Any] = {}
        self.convicted_at: set[ast.AST] = set()  # their statements
        self.convicted: list[Reading] = []  # the same, in words
        self.suspects: list[Reading] = []
        self.sights: dict[Edit, Sight] = {}
        self.full: list[Repair] = []  # of the fault at hand: what mends everything
        self.part: list[Repair] = []  # or a part
        self.began, self.enough = 0.0, np.inf  # when edits were first thought of, and no more are

    def run(self) -> None:
        """Find the faults one after the other; self.repairs holds the ranked repairs of each."""
        self.arrive()
        self.survey_loss()
        self.search()
        if not (self.repairs and self.repairs[-1][0].full):
            ordered = sorted(self.convictions, key=lambda one: handed_on(one, self))
            self.convicted = [convicted(self, one) for one in ordered[:CONVICTED]]
            found = [] if self.replay.twice else list(read(self))
            # one average that reaches one block is how a bias's gradient is made
            if any(reading.blocks > 1 for reading in found if reading.kind != "sign"):
                self.readings = found
            else:
                self.readings = [r for r in found if r.kind == "sign"]
            self.suspects = list(itertools.islice(suspects(self), SUSPECTS))

    def search(self) -> None:
        for _ in range(MOST_FAULTS):
            self.survey_grads()
            if not self.wrong.any():
                return
            # truths are of one call, and not of two
            self.convictions = [] if self.replay.twice else list(convictions(self))
            for one in tuple(self.convictions):
                self.convictions += summands(self, one)
            self.right = {c.node: c.right[0] for c in self.convictions}
            self.convicted_at = {scope_of(c.node, c.unit) for c in self.convictions}
            self.carriers = {c.node for c in self.convictions if c.name == CARRIED}
            self.convicted_at |= set(filter(None, map(self.end_of_turn, self.convictions)))
            self.convicted_at |= set(self.unpacked())
            found = self.look_for_repairs()
            if not found or (self.convictions and not found[0].full):
                return  # one right value mends everything: there are not several faults
            for repair in found[:DESCRIBED]:
                describe(self, repair, self.sights[repair.edit])
            self.repairs.append(by_truth(found, self, self.convictions))
            found = self.repairs[-1]
            if found[0].full or self.spent():
                return
            self.replay.commit(found[0].edit.changes)

    def end_of_turn(self, one: Conviction) -> ast.stmt | None:
        """Where a line that prepares the next turn of the loop would stand."""
        loop = loop_of(one.node, one.unit.parents) if one.name == CARRIED else None
        return None if loop is None else loop.body[-1]

    def unpacked(self) -> Iterator[ast.stmt]:
        """Lines after one that takes such a value out of several results: it may lack a term."""
        wrong = [one.before[0] for one in self.convictions if np.size(one.before[0]) > 1]
        for unit in self.replay.units:
            for block in (getattr(node, "body", None) for node in ast.walk(unit.tree)):
                for line, after in itertools.pairwise(block if isinstance(block, list) else ()):
                    targets = line.targets[0] if isinstance(line, ast.Assign) else None
                    if not isinstance(targets, ast.Tuple):
                        continue
                    names = {part.id for part in targets.elts if isinstance(part, ast.Name)}
                    reads = [n for n in ast.walk(after) if getattr(n, "id", "") in names]
                    values = [self.first_value(n) for n in reads]
                    if any(np.array_equal(v, w) for v in values if v is not None for w in wrong):
                        yield after

    def look_for_repairs(self) -> list[Repair]:
        """Try edits in the order of their cost; the ranked repairs, or what mends a part."""
        self.full, self.part, self.enough, self.began = [], [], np.inf, self.clock()
        ratios = self.ratios()
        self.missing = tuple(self.discrepancies())
        self.replay.index(capture=True)
        rest: list[tuple[float, int, Edit, Unit]] = []
        for k, tier in enumerate(self.tiers(), 1):
            pool = sorted([*rest, *self.gather(tier, ratios)], key=lambda row: row[:2])
            # what is far-fetched there waits for what is likely on the other lines
            rest = self.try_in_order(pool, DEAR if 1 < k < len(TIERS) else np.inf)
        self.replay.install(hooked=True)
        if self.full or self.replay.twice:  # the double of a right value is no part of a fault
            return rank(self.full)
        return rank_parts(self.part)

    def try_in_order(
        self, pool: list[tuple[float, int, Edit, Unit]], dearest: float
    ) -> list[tuple[float, int, Edit, Unit]]:
        """Try the edits up to this cost; those that are left."""
        best = min((repair.score for repair in self.full), default=np.inf)
        mended = {(repair.unit, repair.line) for repair in self.full}
        for k, (cost, order, edit, unit) in enumerate(pool):
            if cost > dearest:
                return pool[k:]
            # what assumes less than the best repair is tried in any case
            if cost > best + SLACK or self.spent(0.9) or (cost >= best and self.over()):
                return []
            if (unit, getattr(edit.anchor, "lineno", 0)) in mended:
                continue  # of one line the cheapest is told
            if self.tried % 50 == 0:
                self.tell("trying edits")
            left, gradient = self.attempt(edit)
            if left is None or gradient is None:
                continue
            if not left.any():
                if self.holds_elsewhere(edit):
                    repair = Repair(edit, unit, left, cost, order, verified=True)
                    self.full.append(repair)
                    mended.add((unit, repair.line))
                    best, now = min(best, cost), self.clock()
                    longer = max(RIVALS * (now - self.began), FEW * self.seconds)
                    self.enough = min(self.enough, now + longer)
            elif factor := self.factor_left(left, gradient):
                tree = expressed(factor, self.sights[edit])
                anchor = edit.anchor
                new = edit.changes.get(anchor)
                if tree is None or not isinstance(new, ast.expr):
                    continue
                both = ast.copy_location(ast.BinOp(new, ast.Mult(), tree), anchor)
                what = f"{edit.advice}, and times {unparsed(tree)}"
                second = replace(edit, changes={**edit.changes, anchor: both}, advice=what)
                left, gradient = self.attempt(second)
                if left is not None and not left.any() and self.holds_elsewhere(second):
                    self.sights[second] = self.sights[edit]
                    dearer = Repair(second, unit, left, cost + FACTOR, order, verified=True)
                    self.full.append(dearer)
                    best = min(best, cost + FACTOR)
            elif not self.full:
                gain = self.gain(left, gradient)
                if gain > 0:
                    self.part.append(Repair(edit, unit, left, cost, order, gain))
        return []

    def over(self) -> bool:
        """Time is up; or a repair is known, and time enough went into looking for others."""
        return super().over() or self.clock() > self.enough

    def attempt(self, edit: Edit) -> tuple[Mask | None, Values | None]:
        """Entries still wrong when the edited code is run."""
        told, gradient = run_instead(self.replay, edit.changes)
        if told and (gradient is None or self.replay.wrong(gradient).any()):
            self.tried += 1
            return None if gradient is None else self.replay.wrong(gradient), gradient
        try:
            self.replay.install(hooked=False, changes=edit.changes)
        except (SyntaxError, ValueError, TypeError, RecursionError, IndexError):
            return None, None
        self.tried += 1
        gradient = self.replay.run_grads()
        if gradient is None:
            return None, None
        return self.replay.wrong(gradient), gradient

    def holds_elsewhere(self, edit: Edit) -> bool:
        """Does the edit leave the loss alone, and mend the gradients at a second point too?

        There they are called twice, where that makes no difference to the code as it is: an edit
        that adds to what an earlier call left behind mends nothing.
        """
        replay = self.replay
        first = replay.truth
        assert first is not None
        loss = replay.run_loss()
        if loss is None or abs(loss - first.loss) > 1e-12 * max(1, abs(first.loss)):
            return False
        if replay.twice:  # the first call must stay right
            replay.twice = False
            once = replay.run_grads()
            replay.twice = True
            if once is None or replay.wrong(once).any():
                return False
        if self.second is None:
            self.go_elsewhere()
            if self.second is None:
                return True
            replay.install(hooked=False, changes=edit.changes)
        try:
            replay.truth = self.second
            gradient = replay.run_grads(again=self.repeats)
            return gradient is not None and not replay.wrong(gradient).any()
        finally:
            replay.truth = first
