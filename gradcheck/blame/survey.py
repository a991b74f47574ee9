"""What is known before anything is edited: what is wrong, what is true, and what reaches what."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from . import truths
from .places import name_of, root_of, statement_of
from .repair import Mask
from .replay import Replay, Truth, Unable, Values
from .sight import LARGEST
from .slopes import Slope, following, slopes
from .source import Unit
from .trace import Trace, disturber, recorder
from .values import is_array, is_floating

FEWEST = 20  # runs, without which nothing can be said
_SMALLER = "give it fewer samples, narrower layers or more seconds"


class Clock:
    """Seconds since it was made, of this thread's processor; at least half of those that passed.

    So a machine that is busy with something else costs few findings, and a loss that waits is
    still given up.
    """

    __slots__ = ("_begin", "_worked")

    def __init__(self) -> None:
        self._begin, self._worked = time.perf_counter(), time.thread_time()

    def __call__(self) -> float:
        passed, worked = time.perf_counter() - self._begin, time.thread_time() - self._worked
        return max(worked, 0.5 * passed)


class Survey:
    """What was measured in the user's program, and what can be asked about it."""

    def __init__(
        self,
        replay: Replay,
        seconds: float,
        seed: int,
        progress: Callable[[str, int], None] | None = None,
    ) -> None:
        self.replay, self.seconds, self.progress = replay, seconds, progress
        self.rng = np.random.default_rng(seed)
        self.clock = Clock()
        self.second: Truth | None = None
        self.base_there: Values | None = None  # the gradients at the second point
        self.library = truths.Library()
        self.reach: dict[int, Mask] = {}
        self.adjoints: dict[ast.expr, truths.Adjoint] = {}  # by where the forward pass defines it

    def spent(self, share: float = 1.0) -> bool:
        return self.clock() > share * self.seconds

    def tell(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what, self.replay.runs)

    def arrive(self) -> None:
        """Go to a point near the user's, and measure the gradient there."""
        replay = self.replay
        self.tell("instrumenting")
        replay.longest = self.seconds
        replay.find()
        clock = Clock()
        replay.install(hooked=False)
        plain_loss, plain = replay.run_loss(), replay.run_grads()
        if (plain_loss is None or plain is None) and self.spent():
            raise Unable(f"one run takes longer than the {self.seconds:g} s there are: {_SMALLER}")
        if plain_loss is None or plain is None:
            raise Unable("loss and gradients cannot be run again from here")
        if replay.run_loss() != plain_loss:
            raise Unable("two runs of the loss differ: nothing can be learned from a replay")
        cost = clock() / 3
        if FEWEST * cost > self.seconds:
            raise Unable(f"a run takes {cost:.1g} s, too much for {self.seconds:g} s: {_SMALLER}")
        replay.install(hooked=True)
        hooked = replay.run_grads()
        replay.limit(replay.steps, cost)
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
        base = replay.run_loss(recorder(trace))
        self.active: set[ast.expr] = set()
        self.forward: set[ast.expr] = set()
        for number in trace.values:
            if self.spent(0.25):
                break
            moved = replay.run_loss(disturber(number))
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
                if not is_floating(value) or np.size(value) > LARGEST:
                    continue
                key = (np.shape(value), np.asarray(value).tobytes())
                # a variable that is read is a value of its own where it is new: a part of another
                reads = isinstance(node, ast.Name | ast.Attribute | ast.Subscript)
                assigned = not reads and root_of(node, replay.unit_of[number]) is node
                if (key in seen and not assigned) or (reads and np.size(value) == 1):
                    continue
                seen.add(key)
                name = name_of(node, replay.unit_of[number].parents)
                occurrences.append(truths.Occurrence(node, number, turn, name, value))

        data = self.data(trace)  # the cotangent of y - t would be that of t, with the sign flipped
        moving = [o for o in occurrences if (o.number, o.turn) not in data]
        # where time is short: what has a name, then the values that such an expression is made of
        moving.sort(key=lambda o: root_of(o.node, replay.unit_of[o.number]) is not o.node)
        self.normal = [o.value for o in moving if truths.normal(o.value)]
        self.steps = slopes(moving, self.follow, self.literals, lambda: self.spent(0.15))
        found = truths.adjoints(moving, self.loss_with, lambda: self.spent(0.3))
        for o in moving:
            if (o.number, o.turn) in found:
                named = truths.Adjoint(f"dL/d{o.name}", o.node)
                adjoint = self.adjoints.setdefault(o.node, named)
                adjoint.turns[o.turn] = found[o.number, o.turn]
        self.steps = [step for step in self.steps if not self.is_summand(step, found)]
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
        self.library = truths.library(
            occurrences, found, parameters, [step.values for step in self.steps]
        )

    def is_summand(self, step: Slope, found: dict[tuple[int, int], Values]) -> bool:
        """Does a step end in a summand of the loss? Its derivative is a cotangent, then."""
        alike = [s for s in self.steps if (s.start, s.end) == (step.start, step.end)]
        pairs = [(s.values, found.get((s.start, s.turn), s.values * np.nan)) for s in alike]
        slopes, adjoints = (
            np.concatenate([np.ravel(x) for x in part]) for part in zip(*pairs, strict=True)
        )
        told = np.isfinite(adjoints)
        return bool(told.sum() > 1 and proportional(slopes[told], adjoints[told]))

    def loss_with(self, number: int, turn: int, move: Callable[[Any], Any]) -> float | None:
        """The loss where one occurrence of one expression is moved."""
        turns = iter(range(10**9))

        def behaviour(i: int, value: Any) -> Any:
            return move(value) if i == number and next(turns) == turn else value

        return self.replay.run_loss(behaviour)

    def follow(self, one: truths.Occurrence, move: Callable[[Any], Any]) -> Any:
        """The values computed after one that is moved; None where the loss fails."""
        behaviour, seen = following(one.number, one.turn, np.shape(one.value), move)
        return None if self.replay.run_loss(behaviour) is None else seen

    def data(self, here: Trace) -> set[tuple[int, int]]:
        """Which values are the same at other parameters: inputs, targets and what follows."""
        replay, truth = self.replay, self.replay.truth
        assert truth is not None
        there = Trace()
        replay.truth = replace(truth, place=replay.move(0.15, self.rng))
        replay.run_loss(recorder(there))
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
        base = replay.run_grads(recorder(self.trace))
        if base is None:
            raise Unable("loss and gradients cannot be run again from here")
        self.wrong = replay.wrong(base)
        self.base, self.base_there = base, None
        self.reach = {}
        assert replay.truth is not None
        known, scale = replay.truth.known, replay.truth.scale
        self.owner = np.repeat(np.arange(len(replay.sizes)), replay.sizes)[known]
        for number in self.trace.values:
            if replay.nodes[number] in self.active:
                continue
            if self.spent(0.5):
                self.reach[number] = np.ones(len(known), dtype=bool)
                continue
            self.reach[number] = np.ones(len(known), dtype=bool)
            for strong in (False, True):  # a step function does not feel a small disturbance
                moved = replay.run_grads(disturber(number, strong))
                if moved is not None:
                    self.reach[number] = np.abs(moved - base)[known] > 1e-9 * scale
                    if self.reach[number].any():
                        break
            if not is_floating(self.trace.values[number][0]):
                # an index that is off by more reaches other entries of the same gradients
                touched = np.isin(self.owner, self.owner[self.reach[number]])
                self.reach[number] |= touched & self.wrong

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

    def touched(self, number: int) -> int:
        """How many blocks an expression reaches."""
        truth = self.replay.truth
        assert truth is not None
        starts = np.cumsum(self.replay.sizes)
        reached = truth.known[self.reach[number]]
        return len(set(np.searchsorted(starts, reached, side="right").tolist()))

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
                old = proportional(self.base[truth.known[mine]], truth.values[mine])
                new = proportional(gradient[truth.known[mine]], truth.values[mine])
                gain += 0.2 * (new - old)
        return max(gain, 0.0)

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
                if not proportional(got, true):
                    return None
                factors.append(float(got @ true) / float(got @ got))
                before = before and proportional(self.base[truth.known[mine]], true)
        if not factors or before or np.ptp(factors) > 1e-4 * abs(factors[0]):
            return None
        return factors[0]

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
            if len(got) > 1 and proportional(got, true):
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

    def at_head(self, statement: ast.AST, unit: Unit, right: Any = None) -> bool:
        """Is this where the loss is differentiated: a cotangent, made from no other?

        It reaches every gradient, or is one of several such places: its right value is a cotangent.
        """
        truth = self.replay.truth
        assert truth is not None
        real = np.abs(truth.values) > 1e-6 * truth.scale
        everything, blocks, forward = False, 0, False
        for number, mine in self.reach.items():
            node, value = self.replay.nodes[number], self.trace.values[number][0]
            if statement_of(node, unit) is statement and is_floating(value):
                everything = everything or bool(mine[real].all())
                blocks = max(blocks, self.touched(number))
                if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
                    continue
                known = self.known(number)
                if known == "adjoint":
                    return False  # the cotangent was there before
                forward = forward or known == "forward"
        if everything:
            return True
        label = self.label(right)
        adjoint = label is not None and label[0].startswith("dL/d")
        added = isinstance(statement, ast.AugAssign) and np.size(right) > 1
        return blocks > 1 and forward and (adjoint or added)

    def is_head_value(self, value: Any) -> bool:
        """Is this value one of the first cotangents, where nothing has been propagated yet?"""
        return any(
            np.array_equal(value, self.first_value(self.replay.nodes[number]))
            and bool(mine.any())
            and self.at_head(statement_of(self.replay.nodes[number], unit), unit)
            for number, mine in self.reach.items()
            for unit in (self.replay.unit_of[number],)
            if np.shape(self.first_value(self.replay.nodes[number])) == np.shape(value)
            and isinstance(self.replay.nodes[number], ast.BinOp | ast.Call)
        )

    def normalises(self, root: Any) -> bool:
        """Does an expression contain what the forward pass centres, or scales to one length?"""
        nodes = ast.walk(root) if isinstance(root, ast.AST) else ()
        values = [self.first_value(n) for n in nodes if isinstance(n, ast.expr)]
        return any(
            np.shape(value) == known.shape and np.array_equal(value, known)
            for value in values
            for known in self.normal
        )

    def lacking(self) -> Iterator[tuple[Values, Values, Values]]:
        """At each point: the parameters, which entries were measured, and what these lack."""
        replay, here = self.replay, self.replay.truth
        assert here is not None
        if self.second is not None and self.base_there is None:
            replay.install(hooked=True)
            replay.truth = self.second
            self.base_there = replay.run_grads()
            replay.truth = here
        for truth, base in ((here, self.base), (self.second, self.base_there)):
            if truth is not None and base is not None:
                place = np.concatenate([values.ravel() for values in truth.place])
                yield place, truth.known, truth.values - base[truth.known]

    def is_factor(self, before: Any, after: Any) -> bool:
        """Is after = before times a true local derivative?"""
        if np.shape(before) != np.shape(after) or not np.size(before):
            return False
        before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
        told = (before != 0) | (after != 0)  # nothing times anything is nothing
        with np.errstate(all="ignore"):
            ratio = np.where(told, after / before, np.nan)
        return bool(np.all(np.isfinite(ratio[told]))) and self.library.is_derivative(ratio)

    def known(self, number: int) -> str:
        """Is a value exactly an "adjoint", or of the "forward" pass? Else "" is returned."""
        for value in self.trace.values[number][:6]:
            for item, factor in self.library.match(value):
                if abs(factor - 1) < 1e-4:
                    return item.role
        return ""

    def prime(self, node: ast.expr) -> bool:
        """Is something unknown made here, of nothing but what is known to be right?"""
        number = self.replay.number.get(node)
        if number is None or number not in self.trace.values:
            return False
        value = self.trace.values[number][0]
        if not is_array(value) or np.size(value) < 2 or self.known(number):
            return False
        reads = [
            i
            for n in ast.walk(node)
            if isinstance(n, ast.Name | ast.Attribute | ast.Subscript)
            for i in (self.replay.number.get(n),)
            if n is not node and i is not None and np.ndim(self.first_value(n)) > 0
        ]
        known = [self.known(i) for i in reads]
        return "adjoint" in known and all(known)

    def label(self, value: Any) -> tuple[str, float] | None:
        if value is None or not is_array(np.asarray(value)) or np.size(value) < 2:
            return None
        for item, factor in self.library.match(value):
            return item.name, 1.0 if abs(factor - 1) < 1e-4 else factor
        return None


def proportional(got: Values, true: Values) -> bool:
    size = float(got @ got)
    if size < 1e-30 or got.size < 2:
        return False
    factor = float(got @ true) / size
    return bool(
        factor != 0
        and np.max(np.abs(true - factor * got)) <= 1e-5 * max(float(np.max(np.abs(true))), 1e-12)
    )
