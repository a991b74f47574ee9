"""What is known before anything is edited: what is wrong, what is true, and what reaches what."""

from __future__ import annotations

import ast
import functools
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from . import truths
from .adjoints import Adjoint, Loss, Occurrence, adjoints
from .balance import proportional
from .clock import Clock
from .guesses import Guesses
from .meaning import Meaning
from .measured import in_units, measure, near, noise_of, sharpen
from .places import name_of, root_of, statement_of
from .repair import Mask
from .replay import Replay, Unable
from .sight import LARGEST
from .slopes import Following, Slope, slopes
from .syntax import VARIABLE, targets_of, unparsed
from .trace import Trace, disturber, recorder
from .values import Values, content, is_floating, moved_by

FEWEST = 20  # runs, without which nothing can be said
ARRIVED = 0.4  # of the time, at which the gradient must be known
NOISE_SHARE = 0.1  # of the time, for the noise of the loss
_NOISY = "the loss is too noisy, or rounded to too few digits, to tell right edits from wrong ones"
_SMALLER = "give it fewer samples, narrower layers or more seconds"
SMALL = 1e-3  # of the largest entry of a block: a mistake of that size is looked at closely
LITERALS = 8  # numbers of the program that are kept
LAST_DIGITS = 1e-12  # by which two runs of the same code may differ


class Survey(Meaning):
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
        self.clock, self.since, self.until = Clock(), 0.0, seconds
        self.library = truths.Library()
        self.fixed = {}
        self.constants = set()
        self.reach: dict[int, Mask] = {}
        self.adjoints: dict[ast.expr, Adjoint] = {}  # by where the forward pass defines it
        self.measured = 0  # entries of which the slope of the loss is known, at most
        self.reserve = 0.0  # seconds that a second point may take
        self.assumed: set[int] = set()  # numbers of which the reach was not looked at
        self.repeats = False  # does a second call of the gradients give the same?

    def spent(self, share: float = 1.0) -> bool:
        """Is this share of the time gone that there was for the mistake at hand?"""
        return self.clock() > self.since + share * (self.until - self.since)

    def late(self) -> bool:
        """Is there no time for more than to see at a second point whether an edit holds?"""
        needed = self.seconds - self.reserve if self.second is None else np.inf
        return self.spent(0.9) or self.clock() > needed

    def tell(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what, self.replay.runs)

    def arrive(self) -> None:
        """Go to a point near the user's, and measure the gradient there."""
        replay = self.replay
        self.tell("instrumenting")
        replay.longest = self.seconds
        replay.find()
        replay.widen()
        clock = Clock()
        replay.install(hooked=False)
        plain_loss, plain = replay.run_loss(), replay.run_grads()
        if (plain_loss is None or plain is None) and self.spent():
            raise Unable(f"one run takes longer than the {self.seconds:g} s there are: {_SMALLER}")
        if plain_loss is None or plain is None:
            raise Unable("loss and gradients cannot be run again from here")
        loss_again = replay.run_loss()
        if loss_again is None or not _alike(loss_again, plain_loss):
            raise Unable("two runs of the loss differ: nothing can be learned from a replay")
        cost = clock() / 3
        if (FEWEST + 2 * len(replay.blocks)) * cost > self.seconds:
            raise Unable(f"a run takes {cost:.1g} s, too much for {self.seconds:g} s: {_SMALLER}")
        replay.install(hooked=True)
        hooked = replay.run_grads()
        replay.limit(cost)
        replay.left = lambda: self.seconds - self.clock()
        if hooked is None or not _alike(hooked, plain):
            raise Unable("the instrumented code does not repeat the plain one")
        again = replay.run_grads(again=True)
        self.repeats = again is not None and _alike(again, plain)
        self.limit = int(np.clip(0.1 * self.seconds / max(4 * cost, 1e-6), 1, 5000))
        if replay.noise is None and FEWEST * cost < NOISE_SHARE * self.seconds:
            replay.noise = noise_of(replay)
        in_units(replay)
        here = self.gone_astray()
        if here is None:
            raise Unable(self.agree if self.measured else self.unmeasured)
        replay.needs_loss = False
        alone = replay.run_grads()
        replay.needs_loss = alone is None or not np.array_equal(alone, here)

    @property
    def agree(self) -> str:
        """How much is right."""
        total = sum(self.replay.sizes)
        some = f" at {self.measured:,} of {total:,} entries, and no more were compared"
        some = some if self.measured < total else ""
        return f"no error shows near the given parameters, or none so large as to be traced{some}"

    @property
    def unmeasured(self) -> str:
        """Why no slope is known."""
        noise = self.replay.noise
        if noise is not None and noise.sigma > LAST_DIGITS * abs(noise.loss):
            return _NOISY
        return "near the given parameters no slope of the loss could be measured"

    def gone_astray(self) -> Values | None:
        """Go where the gradients are wrong, and see a small mistake as closely as a verdict."""
        here = self.astray(twice=False)
        if here is None and self.measured:
            here = self.astray(twice=True)  # what an earlier call left behind
        if here is None:
            self.replay.fine = self.measured > 0
            here = self.astray(twice=False) if self.replay.fine else None
        elif not self.replay.twice and self.is_small(here):
            begin = self.clock()
            self.replay.fine = True
            self.replay.install(hooked=False)
            sharpen(self.replay, self.point, lambda: self.spent(ARRIVED))
            self.reserve += self.clock() - begin
            if not self.replay.wrong(here).any():
                return None
        return here

    def is_small(self, gradient: Values) -> bool:
        """Is all that is wrong so small that an edit may seem to mend it, and does not?"""
        here = self.point
        away = np.abs(gradient[here.known] - here.values)
        return not here.rough and bool(np.all(away <= SMALL * here.scale))

    def astray(self, *, twice: bool) -> Values | None:
        """Go to a point near the user's where the gradients are wrong; None where they are not."""
        replay = self.replay
        replay.twice = twice
        for distance in (0.15, 0.03, 0.0):
            if self.spent(ARRIVED):
                break
            place, begin = near(replay, distance, self.rng), self.clock()
            point = measure(replay, place, self.limit, self.rng, lambda: self.spent(ARRIVED))
            self.reserve = self.clock() - begin
            if point is not None:
                replay.point = point
                self.measured = max(self.measured, len(point.known))
                here = replay.run_grads()
                if here is not None and replay.wrong(here).any():
                    return here
        return None

    def go_elsewhere(self) -> None:
        """Measure the gradient at a second point, where there is none yet."""
        replay, here = self.replay, self.point
        for distance in (0.4, 0.1):
            if self.second is None and not self.spent():
                place, limit = near(replay, distance, self.rng), min(self.limit, 400)
                self.second = measure(replay, place, limit, self.rng, lambda: self.spent(0.9))
        replay.point = here

    def survey_loss(self) -> None:
        """The forward pass: its values, which of them the loss depends on, and their adjoints."""
        replay = self.replay
        self.tell("true adjoints")
        replay.install(hooked=True)
        trace = Trace()
        base = replay.run_loss(recorder(trace))
        self.active: set[ast.expr] = set()  # what the loss depends on
        for number in trace.values:
            if self.spent(0.25):
                break
            moved = replay.run_loss(disturber(number))
            if moved is None or base is None or abs(moved - base) > 1e-10 * abs(base):
                self.active.add(replay.nodes[number])
        end = self.end_of_forward(trace, base)
        self.forward = {
            replay.nodes[number] for number, places in trace.places.items() if places[-1] < end
        }
        self.literals = _literals(unit.tree for unit in replay.units)
        self.build_library(trace)

    def end_of_forward(self, trace: Trace, loss: float | None) -> int:
        """Where the last value is computed of which the loss is made.

        A backward pass may stand between that and a penalty, or the line that returns the loss.
        """
        units, ends = self.replay.unit_of, [0]
        known = [i for i in trace.values if self.replay.nodes[i] in self.active]
        known = [i for i in known if is_floating(trace.values[i][-1])]  # an index may only fail
        whole = {i for i in known if loss is not None and np.array_equal(trace.values[i][-1], loss)}
        names = {unparsed(self.replay.nodes[i]) for i in whole}
        for i in known:
            statement = statement_of(self.replay.nodes[i], units[i])
            sums = any(unparsed(target) in names for target in targets_of(statement))
            if i not in whole and not sums:
                ends.append(trace.places[i][-1])
        return max(ends)

    def build_library(self, trace: Trace) -> None:
        """True cotangents, local derivatives and values of the forward pass, to look things up."""
        replay = self.replay
        occurrences, given = self.occurrences(trace)
        data = self.data(trace)  # the cotangent of y - t would be that of t, with the sign flipped
        numbers = [trace.values[number][turn] for number, turn in data]
        self.constants = {float(np.reshape(v, ())) for v in numbers if np.size(v) == 1}
        self.fixed = {content(v): v for v in numbers if np.ndim(v)}
        self.recurs = self.reads_again(trace)
        moving = [o for o in occurrences if (o.number, o.turn) not in data]
        # where time is short: what has a name, then the values that such an expression is made of,
        # and first of all what is seldom computed, and not at each pixel
        inner = {o.node for o in moving if root_of(o.node, replay.unit_of[o.number]) is not o.node}
        times = Counter(o.node for o in moving)
        self.normal = [o.value for o in moving if truths.normal(o.value)]
        moving.sort(key=lambda o: (o.node in inner, times[o.node]))
        self.steps = slopes(
            [*given, *moving], trace, inner, self.follow, self.literals, lambda: self.spent(0.15)
        )
        moving.sort(
            key=lambda o: (
                o.node in inner,
                times[o.node] * np.size(o.value),
                -trace.places[o.number][0],  # of a chain the last: the others follow from it
            )
        )
        # along a rough loss small steps tell nothing
        found = self.find_adjoints([] if self.point.rough else moving, trace)
        self.steps = [
            step
            for step in self.steps
            if not self.is_summand(step, found) and not self.is_given(step.values)
        ]
        parameters = [(block.name, place, slope) for block, place, slope in self.whole(self.point)]
        replay.install(hooked=True)
        # of equal values the one that has a name of its own is told
        occurrences.sort(key=lambda o: (o.name.startswith("("), trace.places[o.number][o.turn]))
        self.library = truths.library(
            occurrences, found, parameters, [step.values for step in self.steps]
        )

    def occurrences(self, trace: Trace) -> tuple[list[Occurrence], list[Occurrence]]:
        """Values that the loss depends on, each but once; and where each parameter is read first.

        Its logarithm, say, may be what is learned.
        """
        found, given = [], []
        unread = {content(place) for place in self.replay.place if place.size > 1}
        seen = set(map(content, self.replay.place))
        for number, values in trace.values.items():
            node, unit = self.replay.nodes[number], self.replay.unit_of[number]
            if node not in self.active:
                continue
            # a variable that is read is a value of its own where it is new: a part of another
            reads = isinstance(node, VARIABLE)
            assigned = not reads and root_of(node, unit) is node
            taken = isinstance(unit.parents.get(node), ast.Call)  # as s in math.atan(s)
            for turn, value in enumerate(values):
                if not is_floating(value) or np.size(value) > LARGEST:
                    continue
                key = content(value)
                occurrence = Occurrence(node, number, turn, name_of(node, unit.parents), value)
                if key in unread and reads:
                    unread.discard(key)
                    given.append(occurrence)
                alone = reads and np.size(value) == 1 and not taken
                if not alone and (assigned or key not in seen):
                    seen.add(key)
                    found.append(occurrence)
        return found, given

    def find_adjoints(
        self, moving: Sequence[Occurrence], trace: Trace
    ) -> dict[tuple[int, int], Values]:
        """True cotangents by number and turn, as long as there is time: the first ones first."""
        strands = trace.strands()
        guesses = Guesses(self.factors(trace, strands))
        found = adjoints(
            moving, self.watching, self.point.loss, lambda: self.spent(0.3), guesses, strands
        )
        for one in moving:
            if (one.number, one.turn) in found:
                new = Adjoint(f"dL/d{one.name}", one.node, len(trace.values[one.number]))
                adjoint = self.adjoints.setdefault(one.node, new)
                adjoint.turns[one.turn] = found[one.number, one.turn]
        return found

    def reads_again(self, trace: Trace) -> bool:
        """Is a part of the parameters read twice in a run, as in a loop through time?"""
        every = np.concatenate([place.ravel() for place in self.replay.place])
        return any(
            len(values) > 1
            and np.size(values[0]) > 1
            and np.array_equal(values[0], values[1])
            and bool(np.isin(values[0], every).all())
            for number, values in trace.values.items()
            if self.replay.nodes[number] in self.active
        )

    def is_given(self, slope: Values) -> bool:
        """Is it but a factor that the parameters do not change, as a target of 1 or -1?"""
        alike = [v for (shape, _), v in self.fixed.items() if shape == slope.shape]
        return any(np.allclose(np.abs(v), np.abs(slope), atol=1e-6) for v in alike) and bool(
            np.any(slope < 0)
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

    def factors(self, trace: Trace, strands: Mapping[int, list[list[int]]]) -> Iterator[Values]:
        """What steps of the forward pass may multiply with: its values, and local derivatives.

        Stacked, the turns along the first axis.
        """
        steps: dict[tuple[int, int], dict[int, Values]] = {}
        for step in self.steps:
            steps.setdefault((step.start, step.end), {})[step.turn] = step.values
        series = [(start, turns) for (start, _), turns in steps.items()]
        series += [(number, dict(enumerate(values))) for number, values in trace.values.items()]
        for number, values in series:
            for strand in strands[number]:
                some = [values[turn] for turn in strand if turn in values]
                shapes = {np.shape(value) for value in some}
                if len(shapes) == 1 and len(strand) * np.size(some[0]) <= LARGEST:
                    rest = np.zeros(np.shape(some[0]))  # a guess made of it is found wrong
                    yield np.array([values.get(turn, rest) for turn in strand], dtype=float)

    def watching(self, number: int) -> Loss:
        """The loss by how the values of an expression are moved, with no other one hooked."""
        self.replay.watch(number)
        return functools.partial(self.loss_with, number)

    def loss_with(self, number: int, moves: Mapping[int, Values]) -> float | None:
        """The loss where values of one expression are moved, by the turn.

        And each one after it that is the same value computed again, as properties and twins are.
        """
        turns = itertools.count()
        moved: dict[bytes, Values] = {}
        twins = self.replay.twins.get(number, ())

        def behaviour(i: int, value: Any) -> Any:
            if i != number and i not in twins:
                return value
            by = moves.get(next(turns)) if i == number else None
            if np.size(value) > 1 and (moved or by is not None) and not truths.trivial(value):
                key = np.asarray(value).tobytes()
                if by is not None:
                    moved[key] = by + moved.get(key, 0.0)
                by = moved.get(key)
            return value if by is None else moved_by(value, by)

        return self.replay.run_loss(behaviour)

    def follow(self, one: Occurrence, by: Values) -> Any:
        """The values computed after one that is moved; None where the loss fails."""
        behaviour = Following(one, by, self.replay.twins.get(one.number, (one.number,)))
        done = self.replay.run_loss(behaviour) is not None
        return behaviour.seen if done or behaviour.full else None

    def data(self, here: Trace) -> set[tuple[int, int]]:
        """Which values are the same at other parameters: inputs, targets and what follows."""
        replay, point, there = self.replay, self.point, Trace()
        replay.point = replace(point, place=near(replay, 0.15, self.rng))
        replay.run_loss(recorder(there))
        replay.point = point
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
        self.weigh(base)
        self.reach, self.assumed = {}, set()
        for number in self.trace.values:
            if replay.nodes[number] in self.active:
                continue
            if self.spent(0.5):
                self.assumed.add(number)
                self.reach[number] = np.ones(len(self.point.known), dtype=bool)
            else:
                self.reach[number] = self.reached(number, base)

    def reached(self, number: int, base: Values) -> Mask:
        """Which entries change where an expression is disturbed; all where that always fails."""
        known, scale = self.point.known, self.point.scale
        reach = np.ones(len(known), dtype=bool)
        for strong in (False, True):  # a step function does not feel a small disturbance
            moved = self.replay.run_grads(disturber(number, strong))
            if moved is not None:
                reach = np.abs(moved - base)[known] > 1e-9 * scale
                if reach.any():
                    break
        if not is_floating(self.trace.values[number][0]):
            # an index that is off by more reaches other entries of the same gradients
            reach |= np.isin(self.owner, self.owner[reach]) & self.wrong
        return reach


def _literals(trees: Iterable[ast.AST]) -> tuple[float, ...]:
    """Numbers that are written in the program, such as the slope of a leaky unit."""
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    numbers = {node.value for node in nodes if type(node.value) is float}
    return tuple(sorted(numbers - {0.0, 0.5, 1.0, 2.0}))[:LITERALS]


def _alike(one: Any, other: Any) -> bool:
    """Equal but for rounding: what goes through a set of objects adds up in another order."""
    size = float(np.max(np.abs(other), initial=0.0))
    return np.shape(one) == np.shape(other) and bool(
        np.all(np.abs(np.subtract(one, other)) <= LAST_DIGITS * size)
    )
