"""The search: which expression, edited how, mends the gradients?

Influence first (which wrong entries does an expression reach?), then edits in the order of their
cost, each tried by running the user's edited code; one that mends everything is tried again at a
second point. What mends only a part is kept, and the search goes on with what is still wrong.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from . import truths
from .edits import ROWS, Edit, Site, expressed, is_array, named, statements
from .kinds import kind_of
from .replay import Behaviour, Replay, Truth, Unable, Values, frame_of_hook
from .sight import LARGEST, Sight, is_floating, is_number, look
from .source import COMPREHENSIONS, Unit

Mask = npt.NDArray[np.bool_]

SLACK = 0.6  # how much dearer than the best repair another one may be, to be looked at
BROKEN = 0.4  # an expression that right gradients depend on too is less suspect
AHEAD = 0.15  # so is one that is computed in the forward pass, and kept for later
IDLE = 0.1  # a line that only copies lacks something more likely than one that computes
FACTOR = 0.3  # for a second change on the same line, when the first leaves one common factor
TRUTH = 0.02  # for each adjoint more that stands in the mended backward pass
DESCRIBED = 5  # repairs of one fault that are looked at closely
MOST_FAULTS = 8


@dataclass
class Repair:
    """An edit that was tried.

    left    entries still wrong after it
    score   less is better; see Search.rank
    """

    edit: Edit
    unit: Unit
    left: Mask
    score: float
    order: int
    gain: float = 0.0
    verified: bool = False
    # told about it, once it is chosen: see Search.describe
    kind: str = ""
    function: str = ""
    what: str = ""
    mended: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    # of the edited expression and of those around it: before and after
    values: list[tuple[Any, Any]] = field(default_factory=list)
    at_head: bool = False
    right: int = 0  # values of the mended backward pass that are adjoints of the forward one

    @property
    def full(self) -> bool:
        return not self.left.any()

    @property
    def line(self) -> int:
        return int(getattr(self.edit.anchor, "lineno", 0))


@dataclass(frozen=True)
class Reading:
    """A line whose value gives it away, though no small edit of it mends the gradients."""

    kind: str
    node: ast.expr
    unit: Unit
    function: str
    sentence: str
    blocks: int  # that the expression reaches


@dataclass
class Trace:
    """What each expression was: all its values, and where each came in the run."""

    values: dict[int, list[Any]] = field(default_factory=dict)
    places: dict[int, list[int]] = field(default_factory=dict)
    count: int = 0


class Search:
    def __init__(
        self,
        replay: Replay,
        seconds: float,
        seed: int,
        progress: Callable[[str, int], None] | None = None,
    ) -> None:
        self.replay, self.seconds, self.progress = replay, seconds, progress
        self.rng = np.random.default_rng(seed)
        self.begin = time.perf_counter()
        self.tried = 0
        self.second: Truth | None = None
        self.library = truths.Library()
        self.repairs: list[list[Repair]] = []
        self.readings: list[Reading] = []

    def spent(self, share: float = 1.0) -> bool:
        return time.perf_counter() - self.begin > share * self.seconds

    def tell(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what, self.replay.runs)

    # -- the steps ---------------------------------------------------------------------------------

    def run(self) -> None:
        """Find the faults one after the other; self.repairs holds the ranked repairs of each."""
        self.arrive()
        self.survey_loss()
        self.search()
        if not (self.repairs and self.repairs[-1][0].full):
            found = list(self.read())
            # one average that reaches one block is how a bias's gradient is made
            if any(reading.blocks > 1 for reading in found if reading.kind != "sign"):
                self.readings = found
            else:
                self.readings = [r for r in found if r.kind == "sign"]

    def search(self) -> None:
        for _ in range(MOST_FAULTS):
            self.survey_grads()
            if not self.wrong.any():
                return
            found = self.look_for_repairs()
            if not found:
                return
            for repair in found[:DESCRIBED]:
                self.describe(repair)
            self.repairs.append(self.by_truth(found))
            found = self.repairs[-1]
            if found[0].full or self.spent():
                return
            self.replay.commit(found[0].edit.changes)

    def arrive(self) -> None:
        """Go to a point near the user's, and measure the gradient there."""
        replay = self.replay
        self.tell("instrumenting")
        replay.find()
        start = time.perf_counter()
        replay.install(hooked=False)
        plain_loss, plain = replay.run_loss(), replay.run_grads()
        if plain_loss is None or plain is None:
            raise Unable("loss and gradients cannot be run again from here")
        if replay.run_loss() != plain_loss:
            raise Unable("two runs of the loss differ: nothing can be learned from a replay")
        cost = (time.perf_counter() - start) / 3
        replay.install(hooked=True)
        hooked = replay.run_grads()
        replay.limit(replay.steps)
        if hooked is None or not np.array_equal(plain, hooked):
            raise Unable("the instrumented code does not repeat the plain one")
        self.limit = int(np.clip(0.1 * self.seconds / max(4 * cost, 1e-6), 4, 5000))
        for distance in (0.15, 0.03, 0.0):
            truth = replay.measure(replay.move(distance, self.rng), self.limit, self.rng)
            if truth is None:
                continue
            replay.truth = truth
            here = replay.run_grads()
            if here is not None and replay.wrong(here).any():
                break
        else:
            raise Unable("near the given parameters the gradients agree")
        replay.needs_loss = False
        alone = replay.run_grads()
        replay.needs_loss = alone is None or not np.array_equal(alone, here)

    def survey_loss(self) -> None:
        """The forward pass: its values, which of them the loss depends on, and their adjoints."""
        replay = self.replay
        self.tell("true adjoints")
        replay.install(hooked=True)
        trace = Trace()
        base = replay.run_loss(self.recorder(trace))
        self.active: set[ast.expr] = set()
        self.forward: set[ast.expr] = set()
        for number in trace.values:
            if self.spent(0.25):
                break
            moved = replay.run_loss(self.disturber(number))
            if moved is None or base is None or abs(moved - base) > 1e-10 * max(1, abs(base)):
                self.active.add(replay.nodes[number])
        ends = [trace.places[i][-1] for i in trace.values if replay.nodes[i] in self.active]
        for number, places in trace.places.items():
            if places[0] < max(ends, default=0):
                self.forward.add(replay.nodes[number])
        numbers = {
            node.value
            for unit in replay.units
            for node in ast.walk(unit.tree)
            if isinstance(node, ast.Constant) and type(node.value) is float
        }
        self.literals = tuple(sorted(n for n in numbers if n not in (0.0, 0.5, 1.0, 2.0)))[:8]
        self.build_library(trace)

    def build_library(self, trace: Trace) -> None:
        replay = self.replay
        occurrences = []
        known = replay.truth.place if replay.truth else []
        seen = {(values.shape, values.tobytes()) for values in known}
        for number, values in trace.values.items():
            node = replay.nodes[number]
            if node not in self.active:
                continue
            for turn, value in enumerate(values):
                if not is_floating(value) or np.size(value) > 400:
                    continue
                key = (np.shape(value), np.asarray(value).tobytes())
                # a variable that is read is a value of its own where it is new: a part of another
                reads = isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
                if key in seen or (reads and np.size(value) == 1):
                    continue
                seen.add(key)
                name = _name_of(node, replay.unit_of[number].parents)
                occurrences.append(truths.Occurrence(number, turn, name, value))

        def loss_with(number: int, turn: int, move: Callable[[Any], Any]) -> float | None:
            turns = iter(range(10**9))

            def behaviour(i: int, value: Any) -> Any:
                return move(value) if i == number and next(turns) == turn else value

            return replay.run_loss(behaviour)

        data = self.data(trace)  # the cotangent of y - t would be that of t, with the sign flipped
        moving = [o for o in occurrences if (o.number, o.turn) not in data]
        found = truths.adjoints(moving, loss_with, lambda: self.spent(0.3))
        truth = replay.truth
        assert truth is not None
        parameters = []
        start = 0
        for block, place in zip(replay.blocks, truth.place, strict=True):
            mine = (truth.known >= start) & (truth.known < start + block.size)
            if mine.sum() == block.size:
                gradient = truth.values[mine].reshape(block.shape)
                parameters.append((block.name, place, gradient))
            start += block.size
        occurrences.sort(key=lambda o: trace.places[o.number][o.turn])
        self.library = truths.library(occurrences, found, parameters)

    def data(self, here: Trace) -> set[tuple[int, int]]:
        """Which values are the same at other parameters: inputs, targets and what follows."""
        replay, truth = self.replay, self.replay.truth
        assert truth is not None
        there = Trace()
        replay.truth = replace(truth, place=replay.move(0.15, self.rng))
        replay.run_loss(self.recorder(there))
        replay.truth = truth
        return {
            (number, turn)
            for number, values in here.values.items()
            for turn, pair in enumerate(zip(values, there.values.get(number, ()), strict=False))
            if np.array_equal(*pair)
        }

    def survey_grads(self) -> None:
        """The backward pass: its values, and which wrong entries each expression reaches."""
        replay = self.replay
        self.tell("which expressions matter")
        replay.install(hooked=True)
        self.trace = Trace()
        base = replay.run_grads(self.recorder(self.trace))
        self.wrong = replay.wrong(base)
        self.base = base
        self.reach: dict[int, Mask] = {}
        assert replay.truth is not None
        known, scale = replay.truth.known, replay.truth.scale
        for number in self.trace.values:
            if replay.nodes[number] in self.active:
                continue
            if self.spent(0.5):
                self.reach[number] = np.ones(len(known), dtype=bool)
                continue
            for strong in (False, True):  # a step function does not feel a small disturbance
                moved = replay.run_grads(self.disturber(number, strong))
                if moved is None or base is None:
                    self.reach[number] = np.ones(len(known), dtype=bool)
                else:
                    self.reach[number] = np.abs(moved - base)[known] > 1e-9 * scale
                if self.reach[number].any() or not is_floating(self.trace.values[number][0]):
                    break

    def recorder(self, trace: Trace) -> Behaviour:
        def record(number: int, value: Any) -> Any:
            if is_array(value) or is_number(value) or isinstance(value, np.bool_):
                values = trace.values.setdefault(number, [])
                trace.count += 1
                if len(values) < 2000:
                    trace.places.setdefault(number, []).append(trace.count)
                    small = isinstance(value, np.ndarray) and value.size <= LARGEST
                    values.append(value.copy() if small else value)
            return value

        return record

    def disturber(self, number: int, strong: bool = False) -> Behaviour:
        rng = np.random.default_rng(1)
        by, noise = (-1.5, 0.5) if strong else (1.0, 0.02)

        def disturb(i: int, value: Any) -> Any:
            if i != number:
                return value
            if isinstance(value, np.ndarray):
                if value.dtype.kind == "b":
                    return ~value
                if value.dtype.kind in "iu":
                    return value + 1
                if value.dtype.kind == "f":
                    moved = np.array(value, dtype=float, subok=True)
                    factor = by + 0.03 * rng.standard_normal(value.shape)
                    shift = noise * rng.standard_normal(value.shape)
                    moved[...] = np.asarray(value) * factor + shift
                    return moved
                return value
            if isinstance(value, bool | np.bool_):
                return not value
            if isinstance(value, int | np.integer):
                return value + 1
            return value * (by + 0.03) + noise if isinstance(value, float | np.floating) else value

        return disturb

    # -- edits -------------------------------------------------------------------------------------

    def look_for_repairs(self) -> list[Repair]:
        """Try edits in the order of their cost; the ranked repairs, or what mends a part."""
        pool = self.gather()
        full: list[Repair] = []
        part: list[Repair] = []
        best = np.inf
        for cost, order, edit, unit in pool:
            if cost > best + SLACK or self.spent(0.9):
                break
            if self.tried % 50 == 0:
                self.tell("trying edits")
            left, gradient = self.attempt(edit)
            if left is None or gradient is None:
                continue
            if not left.any():
                if self.holds_elsewhere(edit):
                    repair = Repair(edit, unit, left, cost, order, verified=True)
                    full.append(repair)
                    best = min(best, cost)
            elif factor := self.factor_left(left, gradient):
                tree = expressed(factor, self.sights[edit])
                anchor = edit.anchor
                new = edit.changes.get(anchor)
                if tree is None or not isinstance(new, ast.expr):
                    continue
                both = ast.copy_location(ast.BinOp(new, ast.Mult(), tree), anchor)
                what = f"{edit.advice}, and times {ast.unparse(tree)}"
                second = replace(edit, changes={**edit.changes, anchor: both}, advice=what)
                left, gradient = self.attempt(second)
                if left is not None and not left.any() and self.holds_elsewhere(second):
                    full.append(Repair(second, unit, left, cost + FACTOR, order, verified=True))
                    best = min(best, cost + FACTOR)
            elif not full:
                gain = self.gain(left, gradient)
                if gain > 0:
                    part.append(Repair(edit, unit, left, cost, order, gain))
        self.replay.install(hooked=True)
        return self.rank(full) if full else self.rank_parts(part)

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
        """Does the edit leave the loss alone, and mend the gradients at a second point too?"""
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
            gradient = replay.run_grads()
            return gradient is not None and not replay.wrong(gradient).any()
        finally:
            replay.truth = first

    def factor_left(self, left: Mask, gradient: Values) -> float | None:
        """The one factor by which everything wrong is off now, and was not before."""
        truth, start = self.replay.truth, 0
        assert truth is not None
        assert self.base is not None
        factors, before = [], True
        if (left & ~self.wrong).any():
            return None
        for size in self.replay.sizes:
            mine = (truth.known >= start) & (truth.known < start + size)
            start += size
            if not left[mine].any():
                continue
            true, got = truth.values[mine], gradient[truth.known[mine]]
            if len(got) > 1:
                if not _proportional(got, true):
                    return None
                factors.append(float(got @ true) / float(got @ got))
                before = before and _proportional(self.base[truth.known[mine]], true)
        if not factors or before or np.ptp(factors) > 1e-4 * abs(factors[0]):
            return None
        return factors[0]

    def gain(self, left: Mask, gradient: Values) -> float:
        """How much of what was wrong is mended; 0 where anything else is broken."""
        if (left & ~self.wrong).any():
            return 0.0
        gain, start = 0.0, 0
        truth = self.replay.truth
        assert truth is not None
        assert self.base is not None
        for size in self.replay.sizes:
            mine = (truth.known >= start) & (truth.known < start + size)
            start += size
            before, after = int(self.wrong[mine].sum()), int(left[mine].sum())
            if before and not after:
                gain += 1.0
            elif before - after >= max(3, 0.3 * before):
                gain += 0.3
            elif after:
                old = _proportional(self.base[truth.known[mine]], truth.values[mine])
                new = _proportional(gradient[truth.known[mine]], truth.values[mine])
                gain += 0.2 * (new - old)
        return max(gain, 0.0)

    def gather(self) -> list[tuple[float, int, Edit, Unit]]:
        """All edits of the expressions that reach what is wrong, cheapest first."""
        replay = self.replay
        pool: list[tuple[float, int, Edit, Unit]] = []
        by_statement: dict[Any, list[int]] = {}
        for number in range(len(replay.nodes)):
            node = replay.nodes[number]
            if node in self.active:
                continue
            statement = _statement(node, replay.unit_of[number])
            by_statement.setdefault(statement, []).append(number)
        done: set[Any] = set()
        ratios = self.ratios()
        self.missing = tuple(self.discrepancies())
        failures: list[Exception] = []
        self.sights: dict[Edit, Sight] = {}

        def behaviour(number: int, value: Any) -> Any:
            unit = replay.unit_of[number]
            node = replay.nodes[number]
            statement = _statement(node, unit)
            if statement in done or node in self.active:
                return value
            done.add(statement)
            frame, numbers = frame_of_hook(), by_statement.get(statement, [])

            def collect() -> None:
                sight = self.sight(frame, unit)
                for cost, order, edit in self.edits_of(statement, numbers, unit, sight, ratios):
                    pool.append((cost + _length(edit), order, edit, unit))
                    self.sights[edit] = sight

            try:
                replay.quiet(collect)
            except Exception as error:  # noqa: BLE001  ours, not the user's: not to be swallowed
                failures.append(error)
            return value

        replay.index(capture=True)
        replay.install(hooked=True)
        replay.run_grads(behaviour)
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
        used = [n for n in unit.code.co_names if n in chain[-1].f_globals]
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
            extra = 0.0
            if mine is not None:
                extra = 0.0 if not (self.wrong & ~mine).any() else 1.0
                extra += BROKEN if (mine & ~self.wrong).any() else 0.0
            node = self.replay.nodes[number]
            extra += AHEAD if node in self.forward else 0.0
            site = Site(
                node,
                unit.parents,
                statement,
                sight,
                value,
                len(values or ()),
                self.library.is_derivative,
                ratios,
                self.missing,
            )
            whole = isinstance(statement, ast.Assign | ast.Return) and statement.value is node
            if whole and _copies(node):
                extra -= IDLE
            for row in ROWS:
                for edit in row(site):
                    yield edit.cost + extra, order, edit
        if isinstance(statement, ast.stmt):
            extra = 0.0 if not (self.wrong & ~reach).any() or not reach.any() else 1.0
            for edit in statements(statement, unit.parents, sight):
                yield edit.cost + extra, first, edit

    def ratios(self) -> tuple[float, ...]:
        """Factors by which whole blocks are off."""
        truth = self.replay.truth
        assert truth is not None
        if self.base is None:
            return ()
        found, start = [], 0
        for size in self.replay.sizes:
            mine = (truth.known >= start) & (truth.known < start + size)
            start += size
            mine &= np.isin(np.arange(len(truth.known)), np.flatnonzero(self.wrong))
            got, true = self.base[truth.known[mine]], truth.values[mine]
            if len(got) > 1 and _proportional(got, true):
                found.append(float(f"{(true @ got) / (got @ got):.6g}"))
        return tuple(dict.fromkeys(found))[:3]

    def discrepancies(self) -> Iterator[Values]:
        """What each wrong block lacks, where it was measured whole."""
        truth, start = self.replay.truth, 0
        assert truth is not None
        for block in self.replay.blocks:
            mine = (truth.known >= start) & (truth.known < start + block.size)
            if self.base is not None and self.wrong[mine].any() and mine.sum() == block.size:
                yield (truth.values[mine] - self.base[truth.known[mine]]).reshape(block.shape)
            start += block.size

    # -- in words ----------------------------------------------------------------------------------

    def describe(self, repair: Repair) -> None:
        """Values and labels before and after, and the diff."""
        edit, unit, replay = repair.edit, repair.unit, self.replay
        statement = _statement_of(edit.anchor, unit)
        repair.function = _function_of(edit.anchor, unit)
        root = _root_of(edit.anchor, unit)
        for old, new in edit.changes.items():
            if old is edit.anchor and isinstance(new, ast.AST):
                new.role = "new"  # type: ignore[attr-defined]
        above = _expressions_above(edit.anchor, unit)
        for k, node in enumerate(above):
            node.role = f"above {k}"  # type: ignore[attr-defined]
        replay.index()
        replay.install(hooked=True)
        nodes = replay.trial(edit.changes)
        firsts: dict[str, Any] = {}

        right: set[int] = set()

        def see(number: int, value: Any) -> Any:
            if is_floating(value) and np.size(value) > 1 and number < len(nodes):
                known = self.library.match(value)
                right.update(id(i) for i, c in known if i.role == "adjoint" and abs(c - 1) < 1e-4)
            role = getattr(nodes[number], "role", "") if number < len(nodes) else ""
            if role and role not in firsts and is_numeric(value):
                firsts[role] = np.array(value, dtype=float)
            return value

        for other in replay.units:
            if other is not unit:
                other.put(
                    other.code if other not in replay.edited else other.plain({}, replay.hook)
                )
        replay.run_grads(see)
        repair.right = len(right)
        before, after = self.first_value(edit.anchor), firsts.get("new")
        repair.values = [(before, after)]
        for k, node in enumerate(above):
            repair.values.append((self.first_value(node), firsts.get(f"above {k}")))
            del node.role  # type: ignore[attr-defined]
        repair.mended = tuple(self.mended(repair.left))
        repair.before, repair.after = _diff(statement, edit, unit)
        repair.at_head = self.at_head(statement, unit)
        repair.what = self.sentence(repair, root)
        repair.kind = kind_of(repair, self)
        replay.install(hooked=True)

    def first_value(self, node: ast.AST | None) -> Any:
        number = self.replay.number.get(node) if node is not None else None  # type: ignore[call-overload]
        values = self.trace.values.get(number) if number is not None else None
        return values[0] if values else None

    def mended(self, left: Mask) -> Iterator[str]:
        truth, start = self.replay.truth, 0
        assert truth is not None
        for block in self.replay.blocks:
            mine = (truth.known >= start) & (truth.known < start + block.size)
            start += block.size
            if self.wrong[mine].any() and not left[mine].any():
                yield block.name

    def at_head(self, statement: ast.AST, unit: Unit) -> bool:
        """Does the statement reach every gradient: is it where the loss is differentiated?"""
        truth = self.replay.truth
        assert truth is not None
        reach = np.zeros_like(self.wrong)
        for number, mine in self.reach.items():
            inside = _statement_of(self.replay.nodes[number], unit) is statement
            if inside and is_floating(self.trace.values[number][0]):
                reach |= mine
        return bool(reach[np.abs(truth.values) > 1e-6 * truth.scale].all())

    def is_head_value(self, value: Any) -> bool:
        """Is this value one of the first cotangents, where nothing has been propagated yet?"""
        return any(
            np.array_equal(value, self.first_value(self.replay.nodes[number]))
            and bool(mine.any())
            and self.at_head(_statement_of(self.replay.nodes[number], unit), unit)
            for number, mine in self.reach.items()
            for unit in (self.replay.unit_of[number],)
            if np.shape(self.first_value(self.replay.nodes[number])) == np.shape(value)
            and isinstance(self.replay.nodes[number], ast.BinOp | ast.Call)
        )

    def is_factor(self, before: Any, after: Any) -> bool:
        """Is after = before times a true local derivative?"""
        if np.shape(before) != np.shape(after) or not np.size(before):
            return False
        with np.errstate(all="ignore"):
            ratio = np.asarray(after, dtype=float) / np.asarray(before, dtype=float)
        return bool(np.all(np.isfinite(ratio))) and self.library.is_derivative(ratio)

    def sentence(self, repair: Repair, root: ast.AST | None) -> str:
        """What the expression is, and what it should be."""
        from .tell import scaled

        before, after = repair.values[-1]
        text = ast.unparse(root) if root is not None else ast.unparse(repair.edit.anchor)
        text = text.splitlines()[0]
        text = text if len(text) <= 50 else text[:47] + "..."
        is_, should = self.label(before), self.label(after)
        if not should or should[1] != 1.0:
            return ""
        if is_ and is_[0] == should[0] and is_[1] != 1.0:
            return f"{text}: is {scaled(is_[1])} x {should[0]}; should be {should[0]}"
        if is_ and is_[0] != should[0]:
            times = "" if is_[1] == 1.0 else f"{scaled(is_[1])} x "
            return f"{text}: is {times}{is_[0]}; should be {should[0]}"
        return f"{text}: should be {should[0]}"

    def label(self, value: Any) -> tuple[str, float] | None:
        if value is None or not is_array(np.asarray(value)) or np.size(value) < 2:
            return None
        for item, factor in self.library.match(value):
            return item.name, 1.0 if abs(factor - 1) < 1e-4 else factor
        return None

    def read(self) -> Iterator[Reading]:
        """Without a repair: cotangents of the opposite sign, averages taken before a product."""
        from .tell import scaled

        truth = self.replay.truth
        assert truth is not None
        uphill = self.base is not None and float(
            (self.base[truth.known] * truth.values)[self.wrong].sum()
        )
        flipped = False
        results = {f"dL/d{block.name}" for block in self.replay.blocks}
        for number in sorted(self.reach, key=lambda i: self.trace.places[i][0]):
            node, unit = self.replay.nodes[number], self.replay.unit_of[number]
            value = self.first_value(node)
            if not (self.reach[number] & self.wrong).any() or not is_numeric(value):
                continue
            function, text = _function_of(node, unit), ast.unparse(node)
            label = self.label(value)
            whole = _root_of(node, unit) is node and not isinstance(node, ast.Name)
            cotangent = label and label[0].startswith("dL/d") and label[0] not in results
            if whole and label and cotangent and label[1] < 0 and uphill < 0:
                if not flipped:
                    what = f"{text}: is {scaled(label[1])} x {label[0]}: the sign is flipped"
                    yield Reading("sign", node, unit, function, what, self.touched(number))
                flipped = True
            elif isinstance(node, ast.Call) and named(node) in ("sum", "mean"):
                reduced = self.reduced_early(node, value)
                if reduced is not None:
                    what = f"{text}: reduces {reduced} over the batch before it is multiplied"
                    blocks = self.touched(number)
                    yield Reading("early-reduction", node, unit, function, what, blocks)

    def touched(self, number: int) -> int:
        """How many blocks an expression reaches."""
        truth = self.replay.truth
        assert truth is not None
        starts = np.cumsum(self.replay.sizes)
        reached = truth.known[self.reach[number]]
        return len(set(np.searchsorted(starts, reached, side="right").tolist()))

    def reduced_early(self, node: ast.Call, value: Any) -> str | None:
        """What a reduction reduces, where that is no gradient of a parameter yet."""
        parts = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        for part in (*node.args, *parts):
            inner = self.first_value(part)
            if inner is None or np.ndim(inner) != 2 or np.size(value) >= np.size(inner):
                continue
            rows = np.shape(value)[:1] != np.shape(inner)[:1]
            label = self.label(inner)
            if not rows or self.label(value) is not None:
                return None
            if label is not None:
                return label[0]
            if self.library.is_derivative(inner):
                return "the activation's derivative"
            return ast.unparse(part) if isinstance(part, ast.Name) else None
        return None

    def suspects(self) -> list[tuple[ast.AST, Unit, str, bool]]:
        """Expressions that reach all that is wrong, those first that reach little else."""
        found: list[tuple[Any, Any, Unit, bool]] = []
        for number, mine in self.reach.items():
            node, unit = self.replay.nodes[number], self.replay.unit_of[number]
            if _root_of(node, unit) is not node or not (mine & self.wrong).any():
                continue
            broken = int((mine & ~self.wrong).sum())
            left = int((self.wrong & ~mine).sum())
            known = self.label(self.first_value(node)) is not None
            rank = (left, broken, known, node in self.forward, self.trace.places[number][0])
            found.append((rank, node, unit, not broken))
        found.sort(key=lambda row: row[0])
        lines, kept = set(), []
        for _, node, unit, alone in found:
            if (unit, node.lineno) not in lines:
                lines.add((unit, node.lineno))
                kept.append((node, unit, _function_of(node, unit), alone))
        return kept

    # -- ranking -----------------------------------------------------------------------------------

    def rank(self, repairs: list[Repair]) -> list[Repair]:
        repairs.sort(key=lambda r: (round(r.score, 3), r.order))
        return _one_a_line(repairs)

    def by_truth(self, repairs: list[Repair]) -> list[Repair]:
        """Among equals the repair behind which more values are true adjoints."""
        near, rest = repairs[:DESCRIBED], repairs[DESCRIBED:]
        if not near[0].full:
            return repairs
        most = max(repair.right for repair in near)
        near.sort(key=lambda r: r.score + TRUTH * min(2, most - r.right))
        return near + rest

    def rank_parts(self, repairs: list[Repair]) -> list[Repair]:
        repairs.sort(key=lambda r: (r.score - 0.5 * r.gain, r.order))
        return _one_a_line(repairs)


def _one_a_line(repairs: list[Repair]) -> list[Repair]:
    best: dict[tuple[str, int], Repair] = {}
    for repair in repairs:
        best.setdefault((repair.unit.file, repair.line), repair)
    return list(best.values())


def is_numeric(value: Any) -> bool:
    return is_array(value) or is_number(value)


def _statement_of(node: ast.AST, unit: Unit) -> ast.AST:
    while not isinstance(node, ast.stmt | ast.Lambda) and node in unit.parents:
        node = unit.parents[node]
    return node


def _function_of(node: ast.AST, unit: Unit) -> str:
    while node in unit.parents:
        node = unit.parents[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node.name
    return unit.name


def _root_of(node: ast.AST, unit: Unit) -> ast.AST | None:
    """The whole expression that is assigned, returned or passed on."""
    if isinstance(node, ast.stmt):
        value = getattr(node, "value", None)
        return value if isinstance(value, ast.expr) else None
    top = node
    while isinstance(unit.parents.get(node), ast.expr | ast.keyword) and not isinstance(
        unit.parents[node], ast.Lambda | ast.Tuple | ast.Dict | ast.List
    ):
        node = unit.parents[node]
        top = node if isinstance(node, ast.expr) else top
    return top


def _expressions_above(node: ast.AST, unit: Unit) -> list[ast.AST]:
    """The expressions around one, up to what is assigned, returned or passed on."""
    root = _root_of(node, unit)
    found: list[ast.AST] = []
    while node is not root and isinstance(unit.parents.get(node), ast.expr | ast.keyword):
        node = unit.parents[node]
        if isinstance(node, ast.expr):
            found.append(node)
    return found


def _diff(statement: ast.AST, edit: Edit, unit: Unit) -> tuple[str, str]:
    """The statement before and after, each on one line."""
    import linecache

    from .source import rebuilt

    if isinstance(statement, ast.Lambda):
        statement = unit.parents.get(statement, statement)
    after: Any = rebuilt(statement, edit.changes, unit.parents)
    after = after if isinstance(after, list) else [after]
    for new in after:
        ast.fix_missing_locations(new)
    number = int(getattr(statement, "lineno", 1))
    before = linecache.getline(unit.file, number).strip()
    single = getattr(statement, "end_lineno", number) == number
    if not single or not isinstance(statement, ast.stmt):
        before = ast.unparse(statement).splitlines()[0]
    told = "; ".join(ast.unparse(new).splitlines()[0] for new in after) or "(nothing)"
    anchor = edit.anchor
    if len(edit.changes) == 1 and isinstance(anchor, ast.expr) and single:
        raw = linecache.getline(unit.file, number).encode()
        new_node = edit.changes.get(anchor)
        new_text = ast.unparse(new_node) if isinstance(new_node, ast.AST) else ""
        for text in (new_text, f"({new_text})"):
            start, end = anchor.col_offset, anchor.end_col_offset or 0
            line = (raw[:start] + text.encode() + raw[end:]).decode(errors="replace").strip()
            try:
                same = ast.unparse(ast.parse(line)) == told
            except SyntaxError:
                same = False
            if same:
                return before, line
    return before, told


def _proportional(got: Values, true: Values) -> bool:
    size = float(got @ got)
    if size < 1e-30 or got.size < 2:
        return False
    factor = float(got @ true) / size
    return bool(
        factor != 0
        and np.max(np.abs(true - factor * got)) <= 1e-5 * max(float(np.max(np.abs(true))), 1e-12)
    )


def _copies(node: ast.expr) -> bool:
    """Is this only another name for a value: x, x.copy(), np.array(x)?"""
    if isinstance(node, ast.Call) and not node.keywords:
        parts = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        plain = [p for p in (*parts, *node.args) if isinstance(p, ast.Name | ast.Attribute)]
        return named(node) in ("copy", "array", "asarray") and len(plain) == 1 + len(node.args)
    return isinstance(node, ast.Name | ast.Attribute | ast.Subscript)


def _length(edit: Edit) -> float:
    """Of two edits that do the same, the one that writes less."""
    length = 0
    for old, new in edit.changes.items():
        if isinstance(old, ast.expr) and isinstance(new, ast.expr):
            length += len(ast.unparse(new)) - len(ast.unparse(old))
    return 0.003 * max(0, length)


def _statement(node: ast.AST, unit: Unit) -> Any:
    """The statement, lambda or comprehension whose variables this expression sees."""
    while not isinstance(node, ast.stmt | ast.Lambda) and node in unit.parents:
        inside, node = node, unit.parents[node]
        if isinstance(node, COMPREHENSIONS) and not isinstance(inside, ast.comprehension):
            return node
    return node


def _name_of(node: ast.expr, parents: Any) -> str:
    """The variable that this value is given to, or the expression itself."""
    above = parents.get(node)
    if isinstance(above, ast.Assign) and above.value is node and len(above.targets) == 1:
        return ast.unparse(above.targets[0])
    text = ast.unparse(node)
    return text if text.isidentifier() else f"({text})"
