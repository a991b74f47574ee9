"""The search: which expression, edited how, mends the gradients?

Influence first (which wrong entries does an expression reach?), then edits in the order of their
cost, each tried by running the user's edited code; one that mends everything is tried again at a
second point. What mends only a part is kept for what comes after: see several.py.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from .apart import elsewhere
from .carriers import summands
from .conviction import CARRIED, Conviction, Truth
from .describe import describe
from .edits import expressed
from .gather import TIERS, Gather, Pool
from .instead import run_instead
from .measured import left_over, measure
from .needed import makers, operands
from .places import loop_of, scope_of
from .ranking import DESCRIBED, by_truth, rank, rank_parts
from .readings import repeats_verdict
from .repair import Mask, Repair
from .replay import RELATIVE, Replay
from .sight import Sight
from .site import Edit
from .substitute import convictions
from .syntax import doing, unparsed
from .values import Values

SLACK = 0.6  # how much dearer than the best repair another one may be, to be looked at
DEAR = 1.5  # cost of an edit from which on those of less suspicious lines come first
CHANGED = 3  # entries of each block that grow or shrink, at which an edit must do so rightly
FACTOR = 0.3  # for a second change on the same line, when the first leaves one common factor
RIVALS = 1.0  # times as long as the search for the first repair took, the one for others
FEW = 0.03  # share of the budget that the search for others may take at least
HASTE = 1.0  # by how much dearer a repair may be than one of a part, where there may be two
SURE = 0.2  # the same, where the one of a part makes a true cotangent
HURRY = 0.15  # share of the time, before which nothing is passed over
HASTY = 2.6  # cost of an edit from which on it is thought of two mistakes first
NEAR = 1e-5  # of what was wrong: what may be left by an edit that is told, though it is seen
ENOUGH_TIERS = 3  # tiers, after which that is done if one right value would mend everything


class Search(Gather):
    """The repairs of what is wrong now; self.repairs holds those of the faults before."""

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
        self.convictions: list[Conviction] = []
        self.right: dict[ast.expr, tuple[Any, ...]] = {}
        self.convicted_at: set[ast.AST] = set()  # their statements
        self.made_at: set[ast.AST] = set()  # those that only make what another one needs
        self.there: Truth | None = None  # what is put in, at the second point
        self.sights: dict[Edit, Sight] = {}
        # over: tier, edits, what mends a part, or nearly all
        self.passed: tuple[int, Pool, list[Repair], list[Repair]] = (1, [], [], [])
        self.most = np.inf  # that is paid for one repair of all, in haste
        self.stop = False  # was it not looked for here?
        self.full: list[Repair] = []  # of the fault at hand: what mends everything
        self.nearly: list[Repair] = []  # or everything, but for what a verdict sees all the same
        self.part: list[Repair] = []  # or a part
        self.tried_at: set[tuple[str, int]] = set()  # file and line of what was edited
        self.short = False  # was the time over before all edits were tried, for what is wrong now?
        self.held = False  # does the edit that was tried last hold, but for such a rest?
        self.began, self.enough = 0.0, np.inf  # when edits were first thought of, and no more are

    def look(self) -> list[Repair]:
        """The repairs of what is wrong now, or those of a part; the likest slip first."""
        self.survey_grads()
        if not self.wrong.any():
            return []
        # truths are of one call, and not of two
        self.convictions = [] if self.replay.twice else list(convictions(self))
        for one in tuple(self.convictions):
            self.convictions += summands(self, one)
        known = {one.number for one in self.convictions}
        for one in tuple(self.convictions):
            self.convictions += (made for made in makers(self, one) if made.number not in known)
        # a value that no plain number leads to may mend one sum, as many others would
        sure = [one for one in self.convictions if one.told]
        self.right = {c.node: c.right for c in reversed(sure)}
        for one in sure:
            for node, wanted in operands(self, one):
                self.right.setdefault(node, wanted)
        self.convicted_at = {scope_of(c.node, c.unit) for c in self.convictions}
        self.carriers = {c.node for c in self.convictions if c.name == CARRIED}
        self.convicted_at |= set(filter(None, map(self.end_of_turn, self.convictions)))
        self.convicted_at |= set(self.unpacked())
        apart = {scope_of(c.node, c.unit) for c in self.convictions if not c.made}
        self.made_at = {scope_of(c.node, c.unit) for c in self.convictions} - apart
        self.convictions = [one for one in self.convictions if not repeats_verdict(one)]
        found = self.look_for_repairs()
        for repair in found[:DESCRIBED]:
            describe(self, repair, self.sights[repair.edit])
        return by_truth(found, self, self.convictions) if found else []

    def end_of_turn(self, one: Conviction) -> ast.stmt | None:
        """Where a line that prepares the next turn of the loop would stand."""
        loop = loop_of(one.node, one.unit.parents) if one.name == CARRIED else None
        body = [] if loop is None else doing(loop.body)
        return body[-1] if body else None

    def unpacked(self) -> Iterator[ast.stmt]:
        """Lines after one that takes such a value out of several results: it may lack a term."""
        wrong = [one.before[0] for one in self.convictions if np.size(one.before[0]) > 1]
        for unit in self.replay.units:
            for block in (getattr(node, "body", None) for node in ast.walk(unit.tree)):
                for line, after in itertools.pairwise(block if isinstance(block, list) else ()):
                    results = line.targets[0] if isinstance(line, ast.Assign) else None
                    if not isinstance(results, ast.Tuple):
                        continue
                    names = {part.id for part in results.elts if isinstance(part, ast.Name)}
                    reads = [n for n in ast.walk(after) if getattr(n, "id", "") in names]
                    values = [self.first_value(n) for n in reads]
                    if any(np.array_equal(v, w) for v in values if v is not None for w in wrong):
                        yield after

    def look_for_repairs(self) -> list[Repair]:
        """Try edits in the order of their cost; the ranked repairs, or what mends a part."""
        self.full, self.enough, self.began = [], np.inf, self.clock()
        self.stop, self.most = False, np.inf
        ratios = self.ratios()
        self.missing = tuple(self.discrepancies())
        self.replay.index(capture=True)
        passed = self.passed if self.resumes() else (1, [], [], [])
        first, rest, self.part, self.nearly = passed
        for k, tier in enumerate(self.tiers(), 1):
            if k < first:
                continue
            new = [] if k == first and rest else self.gather(tier, ratios)
            pool = sorted([*rest, *new], key=lambda row: row[:2])
            # what is far-fetched there waits for what is likely on the other lines
            if k == len(TIERS):
                self.most = min(self.most, HASTY)
            rest = self.try_in_order(pool, DEAR if 1 < k < len(TIERS) else np.inf)
            if self.hasty and self.convictions and k == ENOUGH_TIERS and not self.full:
                self.stop = True
            self.cut = self.cut or self.stop
            if self.stop and not self.repairs and self.putting is None:
                self.passed = k if rest else k + 1, rest, list(self.part), list(self.nearly)
            if self.stop or (self.putting is not None and not self.putting.evident):
                break
        self.replay.install(hooked=True)
        if self.putting is None and not self.full:
            self.short = self.late() or self.over()
        if not self.full and (self.late() or not (self.hasty and self.cut)):
            self.full = self.nearly
        if self.full or self.replay.twice:  # the double of a right value is no part of a fault
            return rank(self.full)
        return rank_parts(self.part)

    def resumes(self) -> bool:
        """Is it what was wrong at first, of which the likely edits have been tried in haste?"""
        return not self.hasty and not self.repairs and self.putting is None

    def try_in_order(self, pool: Pool, dearest: float) -> Pool:
        """Try the edits up to this cost; those that are left."""
        mended = {(repair.unit, repair.line) for repair in self.full}
        for k, (cost, order, edit, unit) in enumerate(pool):
            if cost > dearest:
                return pool[k:]
            if self.hasty and cost > self.most and not self.full and self.spent(HURRY):
                self.stop = True
                return pool[k:]
            best = min((repair.score for repair in self.full), default=np.inf)
            # what assumes less than the best repair is tried in any case
            if cost > best + SLACK or self.late() or (cost >= best and self.over()):
                return []
            if (unit, getattr(edit.anchor, "lineno", 0)) in mended:
                continue  # of one line the cheapest is told
            if self.tried % 50 == 0:
                self.tell("trying edits")
            left, gradient = self.attempt(edit)
            if left is None or gradient is None:
                continue
            repair = Repair(edit, unit, left, cost, order)
            if repair.full:
                if self.holds_elsewhere(edit, gradient):
                    self.mends_all(repair)
                    mended.add((unit, repair.line))
                elif self.putting is None and self.held and self.comes_near(gradient):
                    repair.near = True
                    self.nearly.append(repair)
            elif factor := self.factor_left(left, gradient):
                self.try_with_factor(repair, factor)
            elif not self.full:
                self.mends_part(repair, gradient)
        return []

    def mends_all(self, repair: Repair) -> None:
        """From the first one on, others are looked for about as long as that took."""
        repair.verified = True
        self.full.append(repair)
        now = self.clock()
        longer = max(RIVALS * (now - self.began), FEW * self.seconds)
        self.enough = min(self.enough, now + longer)

    def mends_part(self, repair: Repair, gradient: Values) -> None:
        """Where it may be one of two mistakes, no dear repair of all is looked for in haste."""
        repair.gain = self.gain(repair.left, gradient)
        if repair.gain <= 0:
            return
        if self.leaves_some(gradient, self.wrong & ~repair.left):
            return
        self.part.append(repair)
        if repair.gain >= 1 and self.hasty and repair.score + SURE < self.most:
            sure = self.is_confirmed(repair)
            self.most = min(self.most, repair.score + (SURE if sure else HASTE))

    def try_with_factor(self, repair: Repair, factor: float) -> None:
        """Try an edit that leaves one common factor once more, with a second change for that."""
        edit, anchor = repair.edit, repair.edit.anchor
        tree, new = expressed(factor, self.sights[edit]), edit.changes.get(anchor)
        if tree is None or not isinstance(new, ast.expr):
            return
        parts, what = (new, tree), f"{edit.advice}, and times {unparsed(tree)}"
        if isinstance(anchor, ast.expr) and unparsed(tree) == unparsed(anchor):
            parts, what = (anchor, new), f"times {unparsed(new)}"  # what stood there is right
        both = ast.copy_location(ast.BinOp(parts[0], ast.Mult(), parts[1]), anchor)
        second = replace(edit, changes={**edit.changes, anchor: both}, advice=what)
        left, gradient = self.attempt(second)
        if left is None or gradient is None or left.any():
            return
        if self.holds_elsewhere(second, gradient):
            self.sights[second] = self.sights[edit]
            cost = repair.score + FACTOR
            dearer = Repair(second, repair.unit, left, cost, repair.order, verified=True)
            self.full.append(dearer)

    def is_confirmed(self, repair: Repair) -> bool:
        """Is a value a true cotangent once the edit is made, and was it not that one before?"""
        describe(self, repair, self.sights[repair.edit])
        self.replay.index(capture=True)
        was, is_ = map(self.label, repair.values[-1])
        if is_ is None or was == is_ or is_[1] != 1.0 or not is_[0].startswith("dL/d"):
            return False
        # what is handed out in the end may be made good there only
        return all(item.node is not None for item, _ in self.library.match(repair.values[-1][1]))

    def over(self) -> bool:
        """Time is up; or a repair is known, and time enough went into looking for others."""
        return super().over() or self.clock() > self.enough

    def attempt(self, edit: Edit) -> tuple[Mask | None, Values | None]:
        """Entries still wrong when the edited code is run."""
        for node in edit.changes:
            unit = next((u for u in self.replay.units if node in u.parents), None)
            if unit is not None:
                self.tried_at.add((unit.file, int(getattr(node, "lineno", 0))))
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

    def leaves_some(self, gradient: Values, among: Mask | None = None) -> bool:
        """Would a verdict still see something in what counts as right here?

        A right value that is put in was measured itself, and not as well.
        """
        return self.putting is None and left_over(self.replay, gradient, among)

    def comes_near(self, gradient: Values) -> bool:
        """Is next to nothing left of what was wrong?"""
        here = self.point
        before, after = (
            float(np.max(np.abs(g[here.known] - here.values) / here.scale, initial=0.0))
            for g in (self.base, gradient)
        )
        return after <= NEAR * before

    def changes_rightly(self, edit: Edit) -> bool:
        """Where not all entries are known: are some of those right, too, that the edit changes?"""
        replay, here, sizes = self.replay, self.point, self.replay.sizes
        if len(here.known) == sum(sizes):
            return True
        gradient, owner = replay.run_grads(), np.repeat(np.arange(len(sizes)), sizes)
        scale = np.zeros(len(sizes))
        np.maximum.at(scale, self.owner, here.scale)
        if gradient is None:
            return False
        moved = np.abs(gradient - self.base) > RELATIVE * scale[owner]
        moved[here.known] = False
        grown = np.abs(gradient) > np.abs(self.base)  # what is mended may shrink, the rest grow
        groups = [
            m & (owner == b) for b in range(len(sizes)) for m in (moved & grown, moved & ~grown)
        ]
        some = [self.rng.permutation(np.flatnonzero(group))[:CHANGED] for group in groups]
        few = np.sort(np.concatenate(some))
        if not len(few):
            return True
        there = measure(replay, here.place, 0, self.rng, self.spent, few)
        replay.point = here
        replay.install(hooked=False, changes=edit.changes)
        if there is None:
            return True
        away = np.abs(gradient[there.known] - there.values)
        return not np.any(away > RELATIVE * np.maximum(there.scale, scale[owner[there.known]]))

    def holds_elsewhere(self, edit: Edit, here: Values) -> bool:
        """Does the edit leave the loss alone, and mend the gradients at a second point too?

        There they are called twice, where that makes no difference to the code as it is: an edit
        that adds to what an earlier call left behind mends nothing.

        here   the gradient at the first point

        It must be as right as a verdict can tell; self.held says whether it is but for that.
        """
        replay, self.held = self.replay, False
        first = replay.point
        assert first is not None
        loss = replay.run_loss()
        if loss is None or abs(loss - first.loss) > 1e-12 * abs(first.loss):
            return False
        if not self.changes_rightly(edit):
            return False
        exact = not self.leaves_some(here)
        replay.install(hooked=False, changes=edit.changes)
        if replay.twice:  # the first call must stay right
            replay.twice = False
            once = replay.run_grads()
            replay.twice = True
            if once is None or replay.wrong(once).any():
                return False
        if self.second is None:
            self.go_elsewhere()
            if self.second is None:
                self.held = True
                return exact
            replay.install(hooked=False, changes=edit.changes)
        if self.putting is not None and self.there is None:
            self.there = elsewhere(self, self.putting.truth)
            if self.there is None:
                self.held = True
                return exact  # what is put in is not known there
            replay.install(hooked=False, changes=edit.changes)
        try:
            replay.point = self.second
            gradient = replay.run_grads(again=self.repeats and self.putting is None)
            if gradient is None or replay.wrong(gradient).any():
                return False
            self.held = True
            return exact and not self.leaves_some(gradient)
        finally:
            replay.point = first
