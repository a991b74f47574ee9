"""Runs of the user's loss and gradients: hooked, edited, put back after each, ended if hanging."""

from __future__ import annotations

import ast
import contextlib
import io
import math
import sys
import types
import warnings
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..state import Snapshot
from ..tree import Parameter, detached
from .hooks import TICK, called
from .owners import executed, units
from .places import statement_of
from .source import Changes, Held, Unit, bound, hooking, parted, rebuilt, with_hooks
from .syntax import fills, unparsed
from .watch import alarm

Values = npt.NDArray[Any]
Behaviour = Callable[[int, Any], Any]

RELATIVE = 1e-5  # what counts as equal to a central difference, in units of the largest entry
FOREVER = 1e6  # seconds
STEP = 1e-5  # of central differences: near eps**(1/3)
NEARER = 0.3  # times that, where there may be a kink
KINK = 0.5  # of what counts as equal, that a kink may make
NOISE = 3e-14  # of a loss, by its rounding
ASIDE = 100  # runs, whose steps a look aside may take


class Stopped(BaseException):
    """A replay took too many steps; not an Exception, so that the user's code lets it pass."""


class Unable(Exception):
    """Why the source line cannot be searched for, in one line."""


@dataclass
class Truth:
    """Where the parameters stand, and the numerical gradient there.

    known    indices into the concatenated gradient that were measured
    values   the numerical gradient at these
    scale    size that an error is measured in, one an entry
    """

    place: list[Values]
    loss: float
    known: npt.NDArray[np.intp]
    values: Values
    scale: Values


@dataclass(repr=False)
class Replay:
    """The user's program, as edited so far.

    loss, grads   without arguments; grads returns one array a block
    hook          what the hooked code calls; its behaviour is swapped between runs
    """

    loss: Callable[[], Any]
    grads: Callable[[], Sequence[Values]]
    blocks: Sequence[Parameter]
    snapshot: Snapshot
    floors: Sequence[float] = ()
    misfits: Collection[str] = ()
    units: list[Unit] = field(default_factory=list)
    nodes: list[ast.expr] = field(default_factory=list)
    unit_of: list[Unit] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    runs: int = 0
    truth: Truth | None = None

    def __post_init__(self) -> None:
        self._behaviour: Behaviour | None = None
        self._steps, self._limit = 0, 10**9
        self.longest = math.inf  # seconds that one run may take
        self._keep = frozenset(id(block.values) for block in self.blocks)
        self._hooked: dict[Unit, Any] = {}
        self._watched: dict[tuple[tuple[ast.expr, int], ...], types.CodeType] = {}
        self._plain: dict[Unit, types.CodeType] = {}
        self.number: dict[ast.expr, int] = {}  # of the expressions of the program as it is
        self._numbers: dict[ast.expr, int] = {}  # and of those that an edit has replaced
        self.forced: dict[int, Callable[[], Behaviour]] = {}  # by the number; see force
        self._forced: dict[int, Behaviour] = {}
        self._filled: set[int] = set()  # numbers of np.multiply(a, b, out=c): c must change, too
        self.home = [np.array(block.values) for block in self.blocks]  # no np.matrix
        self.needs_loss = True
        self.twice = False  # are gradients those of a second call, that the first one spoils?
        self.random = True  # does the user's code draw random numbers?
        self.sizes = [block.size for block in self.blocks]

    # -- the program -------------------------------------------------------------------------------

    def hook(self, number: int, value: Any) -> Any:
        self._steps += 1
        if self._steps > self._limit:
            raise Stopped
        if number in self.forced:
            if number not in self._forced:
                self._forced[number] = self.forced[number]()
            value = self._forced[number](number, value)
        if number == TICK or self._behaviour is None:
            return value
        if number in self._filled and isinstance(value, np.ndarray):
            value[...] = self._behaviour(number, value.copy())
            return value
        return self._behaviour(number, value)

    def force(self, number: int, behaviour: Callable[[], Behaviour]) -> None:
        """From now on a behaviour stands at an expression in every run, before any other.

        behaviour   makes one for a run
        """
        self.forced[number] = behaviour
        self.index()

    def free(self) -> None:
        """No behaviour stands anywhere any more, but for that of a run."""
        self.forced = {}
        self.index()

    def evaluated(self, tree: ast.expr, unit: Unit) -> types.CodeType:
        """An expression of a function, to be evaluated in its frame."""
        held = self._held(unit)
        code = compile(ast.Expression(with_hooks(tree, held)), unit.file, "eval")
        return hooking(code, self.hook) if held else code

    def holds(self, node: ast.AST, unit: Unit) -> bool:
        """Does a behaviour stand at a variable in this expression?"""
        held = self._held(unit)
        return bool(held) and any(n in held and isinstance(n, ast.Name) for n in ast.walk(node))

    def _held(self, unit: Unit) -> dict[ast.AST, int]:
        """Expressions of a function at which a behaviour stands."""
        return {self.nodes[i]: i for i in self.forced if self.unit_of[i] is unit}

    def find(self) -> None:
        """The user's functions that take part, hooked."""
        codes = executed(lambda: self._run(lambda: (self.loss(), self.grads()), None))
        self.random = bool(self.snapshot.changed(only_random=True))
        self.units, missing = units(codes)
        # "<string>" is what dataclasses and the like compile: nothing that a user wrote
        written = [c for c in missing if c.co_filename != "<string>" or not self.units]
        self.missing = sorted({f"{c.co_name} ({c.co_filename})" for c in written})
        self._settle()
        if not self.units:
            raise Unable("no source of the gradients' code at hand: it is compiled or was typed in")
        self.index()

    def index(self, *, capture: bool = False) -> None:
        """Number the expressions of the program as edited so far, and hook them.

        An expression that an edit has left as it is keeps its number.
        """
        known, self.number = self._numbers, {}
        self._watched, self._plain, self._hooked = {}, {}, {}
        for unit in list(self.units):

            def number(node: ast.expr, unit: Unit = unit) -> int:
                if node not in known:
                    known[node] = len(self.nodes)
                    self.nodes.append(node)
                    self.unit_of.append(unit)
                self.number[node] = known[node]
                return known[node]

            try:
                self._hooked[unit] = unit.hooked(self.hook, number, capture=capture)
            except (SyntaxError, ValueError, RecursionError, IndexError):
                self.units.remove(unit)
                unit.put(unit.code)
        self._filled = {i for node, i in self.number.items() if fills(node)}
        self.twins = self._twins()

    def _twins(self) -> dict[int, list[int]]:
        """What stands more than once in a statement, as x @ w in np.maximum(a * (x @ w), x @ w).

        By the number of the first.
        """
        found: dict[tuple[ast.AST, str], list[int]] = {}
        for node, i in self.number.items():
            if isinstance(node, ast.BinOp | ast.Call | ast.UnaryOp):
                key = statement_of(node, self.unit_of[i]), unparsed(node)
                found.setdefault(key, []).append(i)
        return {same[0]: same for same in found.values() if len(same) > 1}

    def install(self, hooked: bool, changes: Changes | None = None) -> None:
        """Put the hooked code in place, or the edited one without hooks."""
        for unit in self.units:
            if hooked:
                unit.put(self._hooked[unit])
                continue
            own = {n: c for n, c in (changes or {}).items() if n in unit.parents}
            held: Held = self._held(unit)
            for old in own if held else ():
                own[old], held = bound(old, own[old], held)
            unit.put(unit.plain(own, self.hook, held) if own else self._unchanged(unit))

    def watch(self, number: int) -> None:
        """Put the code in place with a hook at this expression alone: its runs are the faster.

        And at its twins.
        """
        same = self.twins.get(number, [number])
        self._watch(self.unit_of[number], {self.nodes[i]: i for i in same})

    def watch_at(self, unit: Unit, node: ast.expr, number: int) -> None:
        """The same, at any expression of a function."""
        self._watch(unit, {node: number})

    def _watch(self, unit: Unit, hooks: dict[ast.expr, int]) -> None:
        key = tuple(hooks.items())
        if key not in self._watched:
            changes: Changes = {node: called(number, node) for node, number in hooks.items()}
            held = {n: i for n, i in self._held(unit).items() if i not in hooks.values()}
            self._watched[key] = unit.plain(changes, self.hook, held)
        for other in self.units:
            other.put(self._watched[key] if other is unit else self._unchanged(other))

    def _unchanged(self, unit: Unit) -> types.CodeType:
        """The program as edited so far, without hooks."""
        if unit not in self._plain:
            held = self._held(unit)
            changed = unit in self.edited or held
            self._plain[unit] = unit.plain({}, self.hook, held) if changed else unit.code
        return self._plain[unit]

    def trial(self, changes: Changes) -> list[ast.expr]:
        """Put the edited code in place, all of it hooked; the expressions by the hooks' numbers."""
        nodes = list(self.nodes)
        for unit in self.units:
            own = {n: c for n, c in changes.items() if n in unit.parents}
            if not own:
                unit.put(self._hooked[unit])
                continue
            tree = parted(ast.fix_missing_locations(rebuilt(unit.tree, own, unit.parents)))

            def number(node: ast.expr) -> int:
                if node in self.number:
                    return self.number[node]
                nodes.append(node)
                return len(nodes) - 1

            unit.put(replace(unit, tree=tree).hooked(self.hook, number))
        return nodes

    edited: set[Unit] = field(default_factory=set)

    def commit(self, changes: Changes) -> None:
        """Keep an edit: from now on it is part of the program."""
        for unit in self.units:
            own = {n: c for n, c in changes.items() if n in unit.parents}
            if own:
                for old, new in own.items():
                    unit.settle(new, old)
                tree = rebuilt(unit.tree, own, unit.parents)
                unit.tree = parted(ast.fix_missing_locations(tree))
                unit.index()
                self.edited.add(unit)
        self.index()

    def edition(self) -> dict[Unit, Any]:
        """The program as edited so far, to go back to."""
        return {unit: unit.tree for unit in self.units}

    def back(self, edition: dict[Unit, Any]) -> None:
        """Take back what was committed since."""
        for unit, tree in edition.items():
            if unit.tree is not tree:
                unit.tree = tree
                unit.index()
        self.index()

    def quiet(self, function: Callable[[], Any]) -> Any:
        """Call the user's function from inside a behaviour, unobserved.

        It has its own steps: so many as ASIDE runs.
        """
        behaviour, self._behaviour = self._behaviour, None
        steps, self._steps = self._steps, self._steps - ASIDE * self._limit
        try:
            return function()
        finally:
            self._behaviour, self._steps = behaviour, steps

    def uninstall(self) -> None:
        for unit in self.units:
            unit.put(unit.code)

    # -- runs --------------------------------------------------------------------------------------

    def run_loss(self, behaviour: Behaviour | None = None) -> float | None:
        """The loss, or None where it fails."""
        value = self._run(self.loss, behaviour)
        try:
            number = (
                None if value is None else float(np.asarray(detached(value), float).reshape(()))
            )
        except (TypeError, ValueError):
            return None
        return number if number is not None and np.isfinite(number) else None

    def run_grads(
        self, behaviour: Behaviour | None = None, *, again: bool = False
    ) -> Values | None:
        """The analytic gradients of all blocks, one after the other; None where that fails.

        again   those of a second call, right after the first
        """

        def both() -> Any:
            if self.twice:  # a call at another place before
                self._stand(self.home)
                self.loss()
                self.grads()
                self._stand(self.place)
            if self.needs_loss or self.twice:
                self.loss()
            return (self.grads(), self.grads())[1] if again else self.grads()

        return self._flat(self._run(both, behaviour))

    def _flat(self, result: Any) -> Values | None:
        if result is None:
            return None
        try:
            flat = np.concatenate([np.asarray(g, dtype=float).reshape(-1) for g in result])
        except (TypeError, ValueError):
            return None
        return flat if flat.size == sum(self.sizes) and np.all(np.isfinite(flat)) else None

    def _run(self, function: Callable[[], Any], behaviour: Behaviour | None) -> Any:
        self._settle()
        self.runs += 1
        self._behaviour, self._steps, self._forced = behaviour, 0, {}
        try:
            return self._quietly(function)
        except Exception:  # noqa: BLE001  the user's code, perturbed or edited, may raise anything
            return None
        except (Stopped, SystemExit):
            return None
        finally:
            self._behaviour = None
            self.steps = self._steps

    def _quietly(self, function: Callable[[], Any]) -> Any:
        quiet = contextlib.redirect_stdout(_Nowhere()), np.errstate(all="ignore")
        with quiet[0], quiet[1], alarm(min(self.longest, FOREVER), Stopped):
            return function()

    def _settle(self) -> None:
        """Everything as it was, but the parameters at the point of the day."""
        self.snapshot.restore(keep=self._keep, but_random=not self.random)
        self._stand(self.place)

    @property
    def place(self) -> Sequence[Values]:
        """Where the parameters stand in a run: at the point of the day."""
        return self.truth.place if self.truth else self.home

    def _stand(self, place: Sequence[Values]) -> None:
        for block, values in zip(self.blocks, place, strict=True):
            block.values[...] = values
            block.publish()

    def limit(self, steps: int, seconds: float) -> None:
        """A replay may take a good many times the steps and seconds of the undisturbed one."""
        self._limit = 20 * steps + 10_000
        self.longest = min(self.longest, 20 * seconds + 1.0)

    @contextlib.contextmanager
    def session(self) -> Iterator[None]:
        """Whatever happens inside: code, state, recursion and warnings are put back."""
        self.snapshot.undo.append(self.uninstall)  # an interrupt may hit what is below
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                yield
        finally:
            self.uninstall()
            self.truth, self.random = None, True
            self._settle()

    # -- truth -------------------------------------------------------------------------------------

    def move(self, distance: float, rng: np.random.Generator) -> list[Values]:
        """A place near the user's: parameters that are equal or zero there hide mistakes."""
        everything = np.sqrt(np.mean(np.concatenate([h.ravel() for h in self.home]) ** 2)) or 1.0
        place = []
        for home in self.home:
            size = max(float(np.sqrt(np.mean(home**2))), 0.3 * everything)
            place.append(np.array(home + distance * size * rng.uniform(-1, 1, home.shape)))
        return place

    def measure(self, place: list[Values], limit: int, rng: np.random.Generator) -> Truth | None:
        """The numerical gradient at a place: every entry, or a sample of at most `limit`."""
        self.truth = Truth(place, np.nan, np.zeros(0, dtype=int), np.zeros(0), np.zeros(0))
        self.install(hooked=False)
        at = self.run_loss()
        if at is None:
            return None
        known: list[int] = []
        offset = 0
        share = max(2, limit // len(self.blocks))
        for size in self.sizes:
            chosen = rng.permutation(size)[: size if sum(self.sizes) <= limit else share]
            known += [offset + int(i) for i in np.sort(chosen)]
            offset += size
        indices = np.array(known, dtype=int)
        starts = np.cumsum([0, *self.sizes])
        owner = np.searchsorted(starts, indices, side="right") - 1
        entries = [
            np.unravel_index(i - starts[b], self.blocks[b].shape)
            for i, b in zip(indices, owner, strict=True)
        ]
        steps = [
            STEP * max(1.0, abs(float(place[b][entry])))
            for b, entry in zip(owner, entries, strict=True)
        ]
        slopes = [
            self._slope(place, b, entry, h, at)
            for b, entry, h in zip(owner, entries, steps, strict=True)
        ]
        values, bends = np.array(slopes, dtype=float).reshape(-1, 2).T
        largest, floor = np.zeros(len(known)), np.zeros(len(known))
        for b in range(len(self.blocks)):
            mine = owner == b
            largest[mine] = np.nanmax(np.abs(values[mine]), initial=0.0)
            if self.floors:
                floor[mine] = 8 * self.floors[b] / RELATIVE
        scale = np.maximum(largest, 1e-4 * max(np.max(largest, initial=0.0), 1e-8))
        scale = np.maximum(scale, floor)
        allowed = KINK * RELATIVE * scale + NOISE * max(abs(at), 1e-6) / STEP
        fine = np.isfinite(values)
        for k in np.flatnonzero(fine & (np.abs(bends) > allowed)):
            slope, bend = self._slope(place, owner[k], entries[k], NEARER * steps[k], at)
            kinked = max(abs(slope - values[k]), abs(bend - NEARER * bends[k]))
            fine[k] = kinked <= allowed[k]
        return Truth(place, at, indices[fine], values[fine], scale[fine])

    def _slope(
        self, place: list[Values], b: int, entry: Any, h: float, at: float
    ) -> tuple[float, float]:
        """The slope along one entry, and by how much the slopes to both sides differ.

        A bend shrinks with the step, and leaves the slope alone; a kink does not, wherever it is.
        """
        ends = self._ends(place, b, entry, h)
        if ends is None:
            return np.nan, np.nan
        return (ends[0] - ends[1]) / (2 * h), (ends[0] + ends[1] - 2 * at) / h

    def _ends(
        self, place: list[Values], b: int, entry: Any, h: float
    ) -> tuple[float, float] | None:
        """The loss at both ends of a step along one entry."""
        origin = place[b][entry]
        ends = []
        for side in (h, -h):
            place[b][entry] = origin + side
            ends.append(self.run_loss())
        place[b][entry] = origin
        return None if ends[0] is None or ends[1] is None else (ends[0], ends[1])

    def wrong(self, gradient: Values | None) -> npt.NDArray[np.bool_]:
        """Which of the known entries are wrong."""
        assert self.truth is not None
        if gradient is None:
            return np.ones(len(self.truth.known), dtype=bool)
        away = np.abs(gradient[self.truth.known] - self.truth.values)
        return np.asarray(away > RELATIVE * self.truth.scale)


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


def frame_of_hook() -> Any:
    """The user's frame, seen from a behaviour: behaviour <- hook <- user."""
    return sys._getframe(3)  # noqa: SLF001  the one way to the caller's variables
