"""The search: which expression, edited how, mends the gradients?

Influence first (which wrong entries does an expression reach?), then edits in the order of their
cost, each tried by running the user's edited code; one that mends everything is tried again at a
second point. What mends only a part is kept, and the search goes on with what is still wrong.
"""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .describe import describe
from .edits import ROWS, expressed, statements
from .places import copies, loop_of, root_of, scope_of
from .readings import Reading, convicted, read, suspects
from .repair import Mask, Repair, discarded, length, one_a_line
from .replay import Replay, Values, frame_of_hook
from .sight import Sight, look
from .site import Edit, Site, harmless, pure
from .source import Unit, rebuilt
from .substitute import CARRIED, SLOPE, Conviction, convictions
from .survey import Survey
from .syntax import unparsed
from .values import is_array

GATHER = 0.8  # share of the budget at which no more edits are thought up, only tried
SLACK = 0.6  # how much dearer than the best repair another one may be, to be looked at
BROKEN = 0.4  # an expression that right gradients depend on too is less suspect
CACHED = 0.25  # a value of the forward pass that is only kept is rather right
AHEAD = 0.15  # so is one that is computed in the forward pass, and kept for later
PRIME = 0.2  # an expression that makes something unknown of true cotangents is more suspect
TOGETHER = 0.5  # the doubt of a line whose parts reach all that is wrong together
CERTAIN = 0.15  # where the right value mends everything the mistake is rather than elsewhere
EARLY = 0.15  # an edit of what is handed on as it is, and mended further on as well
LATE = 0.5  # an edit that takes back a factor which was there before
SPOILT = 0.3  # an edit that makes another value of a true cotangent rather spoils it
CLOSE = 1e-3  # of the largest entry, by which a right value may differ where it is computed
IDLE = 0.1  # a line that only copies lacks something more likely than one that computes
FACTOR = 0.3  # for a second change on the same line, when the first leaves one common factor
TRUTH = 0.02  # for each adjoint more that stands in the mended backward pass
SUSPECTS = 3  # lines that are told where nothing is known of any
CONVICTED = 4  # lines that are told where no edit mends
RIVALS = 1.0  # times as long as the search for the first repair took, the one for others
FEW = 0.03  # share of the budget that the search for others may take at least
DESCRIBED = 5  # repairs of one fault that are looked at closely
MOST_FAULTS = 8
TIERS = (-1.0, 0.2, 0.9, np.inf)  # bounds of the doubts that are looked at one after the other


class Search(Survey):
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
            ordered = sorted(self.convictions, key=self.handed_on)
            self.convicted = [convicted(self, one) for one in ordered[:CONVICTED]]
            found = list(read(self))
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
            self.convictions = list(convictions(self))
            self.right = {c.node: c.right[0] for c in self.convictions}
            self.convicted_at = {scope_of(c.node, c.unit) for c in self.convictions}
            self.carriers = {c.node for c in self.convictions if c.name == CARRIED}
            self.convicted_at |= set(filter(None, map(self.end_of_turn, self.convictions)))
            found = self.look_for_repairs()
            if not found or (self.convictions and not found[0].full):
                return  # one right value mends everything: there are not several faults
            for repair in found[:DESCRIBED]:
                describe(self, repair, self.sights[repair.edit])
            self.repairs.append(self.by_truth(found))
            found = self.repairs[-1]
            if found[0].full or self.spent():
                return
            self.replay.commit(found[0].edit.changes)

    def end_of_turn(self, one: Conviction) -> ast.stmt | None:
        """Where a line that prepares the next turn of the loop would stand."""
        loop = loop_of(one.node, one.unit.parents) if one.name == CARRIED else None
        return None if loop is None else loop.body[-1]

    def look_for_repairs(self) -> list[Repair]:
        """Try edits in the order of their cost; the ranked repairs, or what mends a part."""
        self.full, self.part, self.enough, self.began = [], [], np.inf, self.clock()
        ratios = self.ratios()
        self.missing = tuple(self.discrepancies())
        self.replay.index(capture=True)
        for tier in self.tiers():
            self.try_in_order(self.gather(tier, ratios))
        self.replay.install(hooked=True)
        return self.rank(self.full) if self.full else self.rank_parts(self.part)

    def tiers(self) -> Iterator[dict[Any, list[int]]]:
        """Statements with the numbers of their expressions: the convicted, then by suspicion."""
        expressions: dict[Any, list[int]] = {}
        for number, node in enumerate(self.replay.nodes):
            if node not in self.active:
                statement = scope_of(node, self.replay.unit_of[number])
                expressions.setdefault(statement, []).append(number)
        doubts = {
            statement: self.doubt_of(statement, mine) for statement, mine in expressions.items()
        }
        low = -np.inf
        for high in TIERS:
            yield {s: mine for s, mine in expressions.items() if low <= doubts[s] < high}
            low = high

    def doubt_of(self, statement: Any, numbers: list[int]) -> float:
        """How little a statement is suspected; less than that of its least suspected part."""
        if statement in self.convicted_at:
            return -np.inf
        tell = [i for i in numbers if i in self.reach and (self.reach[i] & self.wrong).any()]
        together = np.any([self.reach[i] for i in tell], axis=0) if tell else ~self.wrong
        # two of its expressions in each other's place, or all of it twice, or not at all
        whole = TOGETHER if not (self.wrong & ~together).any() else 1.0
        return min(whole, *map(self.doubt, tell), 1.0)

    def doubt(self, number: int) -> float:
        """What an edit of an expression costs more, from what it reaches and is made of."""
        doubt, mine, node = 0.0, self.reach.get(number), self.replay.nodes[number]
        if mine is not None:
            doubt = 0.0 if not (self.wrong & ~mine).any() else 1.0
            doubt += BROKEN if (mine & ~self.wrong).any() else 0.0
        if node in self.forward:
            doubt += CACHED if copies(node) else AHEAD
        return doubt

    def try_in_order(self, pool: list[tuple[float, int, Edit, Unit]]) -> None:
        best = min((repair.score for repair in self.full), default=np.inf)
        mended = {(repair.unit, repair.line) for repair in self.full}
        for cost, order, edit, unit in pool:
            # what assumes less than the best repair is tried in any case
            if cost > best + SLACK or self.spent(0.9) or (cost >= best and self.over()):
                return
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

    def over(self) -> bool:
        """A repair is known, and time enough went into looking for others."""
        return self.clock() > self.enough

    def handed_on(self, one: Conviction) -> tuple[bool, bool, int]:
        """A value that is a true cotangent lacks a step where it was handed on last: dz = da.

        A local derivative says most. A quantity of the forward pass is rather right, and made too
        little of further on; what a function of the user returns is rather wrong inside it.
        """
        is_, place = self.label(one.before[0]), self.trace.places[one.number][0]
        exact = is_ is not None and is_[1] == 1.0 and is_[0].startswith("dL/d")
        place = -place if exact and is_ and is_[0] != one.name else place
        outside = isinstance(one.node, ast.Call) and not harmless(one.node)
        # right at first, and wrong only for what comes back from other turns
        later = np.allclose(one.before[0], one.right[0], rtol=1e-4, atol=1e-12)
        less = later or outside or self.known(one.number) == "forward"
        return one.name != SLOPE, less, place

    def attempt(self, edit: Edit) -> tuple[Mask | None, Values | None]:
        """Entries still wrong when the edited code is run."""
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
        if self.second is None:
            for distance in (0.4, 0.1):
                self.second = replay.measure(
                    replay.move(distance, self.rng), min(self.limit, 400), self.rng
                )
                if self.second is not None:
                    break
            replay.truth = first
            if self.second is None:
                return True
            replay.install(hooked=False, changes=edit.changes)
        try:
            replay.truth = self.second
            gradient = replay.run_grads(again=self.repeats)
            return gradient is not None and not replay.wrong(gradient).any()
        finally:
            replay.truth = first

    def gather(
        self, tier: dict[Any, list[int]], ratios: tuple[float, ...]
    ) -> list[tuple[float, int, Edit, Unit]]:
        """Edits of these statements' expressions that reach what is wrong, cheapest first."""
        replay = self.replay
        pool: list[tuple[float, int, Edit, Unit]] = []
        if not tier:
            return []
        done: set[Any] = set()
        failures: list[Exception] = []

        def behaviour(number: int, value: Any) -> Any:
            unit = replay.unit_of[number]
            node = replay.nodes[number]
            statement = scope_of(node, unit)
            if statement in done or statement not in tier:
                return value
            if node in self.active or self.spent(GATHER) or self.over():
                return value
            done.add(statement)
            frame, numbers = frame_of_hook(), tier[statement]

            def collect() -> None:
                sight = self.sight(frame, unit)
                for cost, order, edit in self.edits_of(statement, numbers, unit, sight, ratios):
                    if self.spent(GATHER):
                        return
                    if self.contradicts(edit, unit, sight):
                        continue
                    price = cost + length(edit) + discarded(edit)
                    pool.append((price, order, edit, unit))
                    self.sights[edit] = sight

            try:
                replay.quiet(collect)
            except Exception as error:  # noqa: BLE001  ours, not the user's: not to be swallowed
                failures.append(error)
            return value

        replay.install(hooked=True)
        longest, replay.longest = replay.longest, np.inf  # the time is ours, not the user's
        before = -1
        try:
            while before < len(done) < len(tier):
                # a function that was tried may have spoilt this run, not the next
                before = len(done)
                replay.run_grads(behaviour)
        finally:
            replay.longest = longest
        if failures:
            raise failures[0]
        pool.sort(key=lambda row: row[:2])
        return pool

    def sight(self, frame: Any, unit: Unit) -> Sight:
        local: dict[str, Any] = {}
        chain = [frame]
        while chain[-1].f_code.co_name.startswith("<") and chain[-1].f_back is not None:
            if chain[-1].f_code.co_name in ("<lambda>", "<module>"):
                break
            chain.append(chain[-1].f_back)
        for each in reversed(chain):
            local.update(each.f_locals)
        names = {**chain[-1].f_globals, **local}
        # a line that is missing may have been the only one here to use a name
        everywhere = {n for u in self.replay.units if u.file == unit.file for n in u.code.co_names}
        used = [n for n in sorted(everywhere) if n in chain[-1].f_globals]
        shown = frozenset(local) | frozenset(
            n for n in used if isinstance(names[n], np.ndarray | float | dict | list)
        )
        return look(names, unit.tree, shown, self.literals)

    def edits_of(
        self,
        statement: Any,
        numbers: list[int],
        unit: Unit,
        sight: Sight,
        ratios: tuple[float, ...],
    ) -> Iterator[tuple[float, int, Edit]]:
        reach = np.zeros_like(self.wrong)
        first = 10**9
        root = root_of(statement, unit) if isinstance(statement, ast.stmt) else None
        prime = isinstance(root, ast.expr) and self.prime(root)
        for number in numbers:
            values = self.trace.values.get(number)
            order = self.trace.places.get(number, [10**9])[0]
            first = min(first, order)
            mine = self.reach.get(number)
            if values is not None and mine is not None:
                reach |= mine
                if not (mine & self.wrong).any():
                    continue
            value = values[0] if values else None
            node, extra = self.replay.nodes[number], self.doubt(number)
            site = Site(
                node,
                unit.parents,
                statement,
                sight,
                value,
                len(values or ()),
                self.library,
                ratios,
                self.missing,
                self.right.get(node),
            )
            extra -= PRIME if prime else 0.0
            extra -= CERTAIN if statement in self.convicted_at else 0.0
            whole = isinstance(statement, ast.Assign | ast.Return) and statement.value is node
            if whole and copies(node) and node not in self.forward:
                extra -= IDLE
            for row in ROWS:
                for edit in row(site):
                    yield edit.cost + extra, order, edit
        if isinstance(statement, ast.stmt):
            extra = 0.0 if not (self.wrong & ~reach).any() or not reach.any() else 1.0
            for edit in statements(statement, unit.parents, sight):
                lines = edit.changes.get(statement)
                added = isinstance(lines, list) and len(lines) > 1 and statement in lines
                yield edit.cost + (0.0 if added else extra), first, edit

    def contradicts(self, edit: Edit, unit: Unit, sight: Sight) -> bool:
        """Would a convicted expression have another value than the right one after this edit?"""
        root = root_of(edit.anchor, unit)
        right = self.right.get(root) if isinstance(root, ast.expr) else None
        if right is None or not isinstance(edit.anchor, ast.expr):
            return False
        tree = rebuilt(root, edit.changes, unit.parents)
        if not isinstance(tree, ast.expr) or not pure(tree):
            return False
        value = sight.value(tree)
        if not is_array(value):
            return False
        near = CLOSE * max(float(np.max(np.abs(right), initial=0.0)), 1e-12)
        return np.shape(value) != np.shape(right) or bool(np.max(np.abs(value - right)) > near)

    def rank(self, repairs: list[Repair]) -> list[Repair]:
        repairs.sort(key=lambda r: (round(r.score, 3), r.order))
        return one_a_line(repairs)

    def by_truth(self, repairs: list[Repair]) -> list[Repair]:
        """Among equals the repair behind which more values are true adjoints."""
        near, rest = repairs[:DESCRIBED], repairs[DESCRIBED:]
        if not near[0].full:
            return repairs
        most = max(repair.right for repair in near)
        for repair in near:
            repair.score += TRUTH * min(2, most - repair.right) + SPOILT * self.spoils(repair)
            repair.score += LATE * self.late(repair) + EARLY * early(repair, near)
        near.sort(key=lambda r: r.score)
        return near + rest

    def spoils(self, repair: Repair) -> bool:
        """Was the value a true cotangent before, and is none after, in the unit of the others?"""
        if repair.edit.kind == "swapped-gradients":
            return False  # each was right in its place
        was, is_ = (self.label(value) for value in repair.values[-1])
        right = was is not None and was[1] == 1.0 and was[0].startswith("dL/d")
        units = (1.0, repair.unit_of_adjoints)
        return right and (
            is_ is None or not any(math.isclose(abs(is_[1]), abs(u), rel_tol=1e-3) for u in units)
        )

    def late(self, repair: Repair) -> bool:
        """Was the value a cotangent but for a factor that what it is made of had already?"""
        was, root = self.label(repair.values[-1][0]), root_of(repair.edit.anchor, repair.unit)
        if was is None or root is None or abs(was[1] - 1) < 1e-4:
            return False
        reads = [n for n in ast.walk(root) if isinstance(n, ast.Name | ast.Attribute)]
        labels = [self.label(self.first_value(n)) for n in reads if n is not root]
        known = [one[1] for one in labels if one is not None and one[0].startswith("dL/d")]
        return any(math.isclose(factor, was[1], rel_tol=1e-4) for factor in known)

    def rank_parts(self, repairs: list[Repair]) -> list[Repair]:
        repairs.sort(key=lambda r: (r.score - 0.5 * r.gain, r.order))
        return one_a_line(repairs)


def early(repair: Repair, others: Sequence[Repair]) -> bool:
    """Does another one mend the same value further on: dz = da, where da is right?"""
    was = repair.values[-1][0]
    return any(
        other.order > repair.order
        and np.ndim(was) > 0
        and np.array_equal(was, other.values[-1][0])
        and np.array_equal(repair.values[-1][1], other.values[-1][1])
        for other in others
    )
