"""The training loop of a script: what it trains, the loss that it computes, its learning rate.

Nobody is asked. The script runs up to its loop, one turn of which is made statement by statement:
what was there before and has changed may be a parameter, and is one if the loss responds to it.
"""

from __future__ import annotations

import ast
import copy
import itertools
import types
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..direction import random_direction
from ..state import Snapshot
from ..tree import is_leaf, leaves
from .contents import LOSS, WEIGHT, forwards
from .rates import NO_RATE, moved, rate_of, sets, written_rate
from .upto import called, calls, one_turn, statements
from .wanted import Wanted

if TYPE_CHECKING:
    from ..report import Report
    from .script import Script

MUCH = 100_000  # entries of an array of which no copies are made
NONE = -1  # of the statements
NUDGE = 1e-3  # by how much arrays are changed to see whether the loss responds
ROUNDING = 1e-12  # what a probe of the user's own leaves behind is no change
TURNS = 4  # of a loop that are looked at, where one leaves some parameters as they are
QUICK = 1.0  # seconds that a file may take, to be run once more for the next turn
_SHORT = frozenset({"J", "L", "E", "C", "l", "err"})  # what a loss is called, too
_PLAIN = frozenset({"loss", "cost", "j", "l", "total_loss"})

_CODE = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)

# what the difference of an output and a target may be the gradient of
SUMS = (
    "0.5 * np.sum(({out} - {target}) ** 2)",
    "np.sum(({out} - {target}) ** 2)",
    "-np.sum({target} * np.log({out}) + (1 - {target}) * np.log(1 - {out}))",
    "-np.sum({target} * np.log({out}))",
)
LOSSES = tuple(
    f"{loss}{mean}" for loss in SUMS for mean in ("", " / len({target})", " / {target}.size")
)

Trail = tuple[str, ...]  # a name, and what leads from there to a value
State = dict[Trail, Any]


@dataclass(frozen=True)
class Loop:
    """A loop of a module, or of a function that it calls; guarded as in `Call`."""

    node: ast.For | ast.While
    guarded: bool

    @property
    def body(self) -> list[ast.stmt]:
        return self.node.body

    def then(self, end: int, text: str) -> str:
        """An option: the statements of the body up to one of them, and what is typed after."""
        return text if end == NONE else f"{self.lines(end)}; {text}"

    def lines(self, end: int) -> str:
        """The statements of the body up to one of them."""
        return _lines(self.body[0], self.body[end])

    def step(self, end: int, lr: str) -> str:
        """As `lines`, without those that set nothing but the rate: it is read before."""
        kept = (s for s in self.body[: end + 1] if not sets(s, lr))
        groups: list[list[ast.stmt]] = []
        for statement in kept:
            i = self.body.index(statement)
            if groups and i and groups[-1][-1] is self.body[i - 1]:
                groups[-1].append(statement)
            else:
                groups.append([statement])
        return "; ".join(_lines(group[0], group[-1]) for group in groups)

    def rates(self, end: int, lr: str) -> list[str]:
        """The statements up to one of them that do set it, one by one."""
        return [_lines(s, s) for s in self.body[: end + 1] if sets(s, lr)]


class Plans(NamedTuple):
    """The checks that a training loop suggests, the best one first; perhaps none.

    By its step, and by the gradients before it: Adam's step is no gradient. Where no loop computes
    a loss, it is "...", or one for each of those that may be meant.

    assumed   is the loss one of LOSSES, and nowhere in the file?
    resting   names of parameters, it seems, that the loss depends on and the loop does not change
    summed    is the loss added up in the loop, sample by sample?
    """

    checks: Sequence[Wanted] = ()
    assumed: bool = False
    resting: Sequence[str] = ()
    summed: bool = False


def planned(wanted: Wanted, script: type[Script]) -> Plans:
    """What the loops of the file suggest. It runs up to each of them."""
    try:
        tree = ast.parse(wanted.file.read_bytes())
    except (SyntaxError, ValueError):
        return Plans()
    best = Plans()
    for loop in _loops(tree):
        found = _look(replace(wanted, until=loop.node.lineno, main=loop.guarded), loop, script)
        if found.checks and is_whole(found.checks[0]) and not found.assumed:
            return found
        best = found if found.checks else best
    return best


def halved(plan: Wanted, report: Report, *, summed: bool = False) -> Wanted | None:
    """The same check with the loss that has a half more or less; None where that is not all.

    Who writes y - t for the derivative of the squared error means half of it, whatever is printed.
    Where parameters are updated too early, all but the last layer are off by something more.

    summed   the loss was added up, sample by sample: an update by the mean is one of its mean
    """
    ratios = [block.ratio for block in report.blocks if block.verdict == "disagrees"]
    if len(ratios) < sum(block.verdict != "inconclusive" for block in report.blocks):
        return None
    early = any(finding.kind == "updated-weights-used" for finding in report.findings)
    known = {0.5: "0.5", 2.0: "2"}
    if summed and ratios and (first := ratios[0] or 0.0) > 0:
        count = round(1 / first)
        known |= {1 / count: f"1 / {count}"} if count > 2 else {}
    for ratio, text in known.items():
        off = [np.inf if r is None else abs(r / ratio - 1) for r in ratios]
        if ratios and (min(off) if early else max(off)) < 1e-6:
            *lines, loss = plan.loss.rpartition("; ")
            return replace(plan, loss=f"{''.join(lines)}{text} * ({loss})")
    return None


def rated(plan: Wanted, report: Report) -> Wanted | None:
    """The same check with another rate, where none was seen and one factor is all that is wrong."""
    ratios = [block.ratio for block in report.blocks]
    if plan.lr != NO_RATE or any(block.verdict != "disagrees" for block in report.blocks):
        return None
    known = [ratio for ratio in ratios if ratio is not None and ratio > 0]
    if len(known) < len(ratios) or max(known) / min(known) > 1 + 1e-6:
        return None
    return replace(plan, lr=repr(float(np.median(known))))


def is_whole(plan: Wanted) -> bool:
    """Does it say all that a check needs?"""
    return not plan.loss.endswith("...")


def _loops(tree: ast.Module) -> Iterator[Loop]:
    """The loops at the top level, and in what is called from there."""
    inside = {id(call.statement): call.function.body for call in calls(tree)}
    for statement, guarded in statements(tree.body):
        if isinstance(statement, ast.For | ast.While):
            yield Loop(statement, guarded)
        for inner, _ in statements(inside.get(id(statement), [])):
            if isinstance(inner, ast.For | ast.While):
                yield Loop(inner, guarded)


def _look(wanted: Wanted, loop: Loop, script: type[Script]) -> Plans:
    """What one turn of the loop tells: the first in which all moves that it trains, or most."""
    if loop.body[0].lineno <= loop.node.lineno:
        return Plans()
    best, most = 0, -1
    born: Collection[Trail] | None = None  # what an earlier turn has left behind is no parameter
    try:
        for turns in range(TURNS):
            with _before(wanted, turns, script) as running:
                running.run()
                turn = Turn(loop, running, born)
                born = born or turn.paths
                if turn.moves > most:
                    best, most = turns, turn.moves
                if not turn.rests or running.seconds > QUICK:
                    if best == turns:
                        return _told_by(turn, replace(wanted, turns=turns), loop, script)
                    break
    except Exception:  # noqa: BLE001  there are no more turns
        if most < 0:
            return Plans()
    try:
        with _before(wanted, best, script) as running:
            running.run()
            return _told_by(Turn(loop, running, born), replace(wanted, turns=best), loop, script)
    except Exception:  # noqa: BLE001  what the file does is unknown: then nothing is guessed
        return Plans()


def _before(wanted: Wanted, turns: int, script: type[Script]) -> Script:
    """The file up to so many turns of the loop."""
    until = wanted.until
    return script(wanted.file, main=wanted.main, seed=wanted.seed, until=until, turns=turns)


def _told_by(turn: Turn, wanted: Wanted, loop: Loop, script: type[Script]) -> Plans:
    """The checks that a turn suggests."""
    if not turn.changed:
        return Plans()
    loss, names = turn.loss()
    inner, found = turn.inner, Plans()
    if inner is not None and not names:
        within = Loop(inner, loop.guarded)
        found = _look(replace(wanted, until=inner.lineno, turns=0), within, script)
        if found.checks and is_whole(found.checks[0]):
            return found
    trained = {*(names or turn.changed)}
    ends = [i for i, changed in turn.changes.items() if changed & trained]
    updates = ([loop.body[i] for i in some] for some in (turn.changes, ends))
    rates = [rate_of(some, turn.namespace) for some in updates]
    lr = next(filter(None, rates), written_rate(wanted.file))
    whole = [as_number(place) for place, name in turn.whole.items() if name in trained]
    setup = (*wanted.setup, *whole, *loop.rates(max(ends), lr))
    plan = replace(wanted, step=loop.step(max(ends), lr), lr=lr, setup=setup)
    if not names and (assumed := turn.assumed()):
        plans = [_with_copy(plan, text, some) for text, some in assumed]
        return Plans([way for p in plans for way in _ways(p, turn)], True)
    if found.checks:
        return found
    plan = _with_copy(plan, loss, names or turn.changed)
    checks = list(_ways(plan, turn))
    summed = loss.rpartition("; ")[2] in turn.sums
    return Plans(checks, resting=turn.resting(loss) if names else (), summed=summed)


def _with_copy(plan: Wanted, loss: str, names: Sequence[str]) -> Wanted:
    """The plan with this loss; what trains in it trains a copy."""
    setup = (*plan.setup, "from copy import deepcopy") if "deepcopy(" in loss else plan.setup
    return replace(plan, loss=loss, params=", ".join(names), setup=setup)


def _ways(plan: Wanted, turn: Turn) -> Iterator[Wanted]:
    """By the step, and by the gradients that it is made with, where these show."""
    yield plan
    if grads := turn.gradients(plan.params.split(", ")):
        yield replace(plan, step="", lr="", grads=grads)


class Turn:
    """One turn of a loop.

    changes   which of its statements changed what was there before: under which names
    changed   the names under which that is found
    whole     what holds a whole number before that, as b = 0: expressions, and their names
    moves     how many arrays and numbers changed
    rests     did something not change that seems to be trained?
    sums      names of losses that are added up in it
    """

    def __init__(self, loop: Loop, script: Script, born: Collection[Trail] | None = None) -> None:
        self._loop, self._script = loop, script
        held = script.namespace
        held.setdefault("deepcopy", copy.deepcopy)
        tops = {path[0] for path in born or ()}
        self._names = [name for name in _things(held) if born is None or name in tops]
        self._bound = dict(held)
        self._snapshot = Snapshot({"names": {name: held[name] for name in self._names}})
        self.sums: set[str] = set()
        first = self._state(born)
        self.paths = frozenset(first)
        self.changes, last = self._play(first)
        changed = {name for names in self.changes.values() for name in names}
        self.changed = [name for name in self._names if name in changed]
        counts = {name for name in self._names if type(held.get(name)) is int}
        mine = [path for path in first if path[0] in changed and path in last]
        still = [path for path in mine if _equal(first[path], last[path])]
        self.moves = len(mine) - len(still)
        arrays = [path for path in still if first[path].size > 1]
        self.rests = bool(arrays or self._updated() - changed - counts)
        self.whole = dict(self._whole())
        update = loop.body[min(self.changes)] if self.changes else None
        self.inner = update if isinstance(update, ast.For | ast.While) else None

    def _play(self, first: State) -> tuple[dict[int, set[str]], State]:
        """Run the turn: what each statement changes of what stays changed; the state at its end."""
        now, seen = first, {}
        for i, statement in enumerate(self._loop.body):
            self._execute([statement])
            before, now = now, self._state()
            differ = {name for name in self._names if _differ(name, first, before, now)}
            seen[i] = differ - _overwritten(statement)
        held = self._script.namespace
        left = {name for name in self._names if _differ(name, first, first, now)}
        left -= {name for name in left if type(held.get(name)) is int}  # what is counted
        return {i: names & left for i, names in seen.items() if names & left}, now

    @property
    def namespace(self) -> dict[str, Any]:
        return self._script.namespace

    def _updated(self) -> set[str]:
        """The names that its statements update, by what is written."""
        nodes = (node for statement in self._loop.body for node in ast.walk(statement))
        targets = (target for target, _ in map(moved, nodes) if target is not None)
        return {name for target in targets for name in _named(target)} & {*self._names}

    def _state(self, born: Collection[Trail] | None = None) -> State:
        found: State = {}
        for name in self._names:
            value = self._script.namespace.get(name)
            for leaf in leaves(value, numbers=True):
                array = np.asarray(leaf.value)
                path = (name, *leaf.path)
                if born is not None and path not in born:
                    continue
                if array.dtype.kind == "f" or type(leaf.value) is int:
                    found[path] = _seen(array)
        return found

    def _whole(self) -> list[tuple[str, str]]:
        """Expressions for the whole numbers that became others, which are no counts."""
        held, trained = self._script.namespace, self.changed
        after = {(n, *leaf.path): leaf.value for n in trained for leaf in leaves(held.get(n))}
        self._snapshot.restore()
        return [
            (name + leaf.slot.text, name)
            for name in trained
            for leaf in leaves(self._bound[name], numbers=True)
            if type(leaf.value) is int and isinstance(after.get((name, *leaf.path)), float)
        ]

    def _execute(self, statements: Sequence[ast.stmt]) -> None:
        """The statements, in a loop of their own: they may break or continue."""
        module = ast.fix_missing_locations(ast.Module([one_turn(statements)], []))
        code = compile(module, str(self._script.file), "exec")
        self._script.guarded(lambda: exec(code, self._script.namespace))  # noqa: S102

    def _run(self, number: int, nudged: str = "") -> None:
        """So many statements, from where the turn began; what has a name perhaps nudged."""
        self._snapshot.restore()
        self._script.namespace.clear()
        self._script.namespace.update(self._bound)
        for place in self.whole:
            exec(as_number(place), self._script.namespace)  # noqa: S102  names of the file
        if nudged:
            self._nudge(nudged)
        if number:
            self._execute(self._loop.body[:number])

    def first(self, names: Sequence[str]) -> int:
        """The first statement that changes what has one of these names."""
        return min((i for i, changed in self.changes.items() if changed & {*names}), default=0)

    def loss(self) -> tuple[str, list[str]]:
        """An option that computes the loss, and the names that it responds to.

        Where there is none, an option that ends in "...", and no names.
        """
        for end, told in self._told():
            # of a graph of operations, its data
            texts = [t for t in (told, f"{told}.data") if self._value(end, t) is not None]
            text, before = (texts[0], self._value(end, texts[0])) if texts else (told, None)
            if before is None or before != self._value(end, text):
                continue
            names = [name for name in self.changed if self._responds(name, end, text, before)]
            if names and self.first(names) > end:  # it comes before the update
                return self._loop.then(end, text), names
        first = min(self.changes)
        return self._loop.then(first - 1, "..."), []

    def gradients(self, names: Sequence[str]) -> str:
        """An option that computes the gradients of what has these names; "" where none shows."""
        update = first = self.first(names)
        while first and _clips(self._loop.body[first - 1]):
            first -= 1
        self._run(first)
        lines, held = self._loop.lines(first - 1) if first else "", self._script.namespace
        begin = f"{lines}; " if lines else ""
        made = sorted({n for statement in self._loop.body[:first] for n in _stored(statement)})
        computed = self._computed(self._loop.body[update])
        for text in itertools.chain((name for name in made if name in held), computed):
            if self._is_gradient(text, names):
                return begin + text
        if not first:
            return ""
        if not all(isinstance(held[name], np.ndarray) for name in names):
            return lines  # stored in a net, perhaps
        found = []
        for name in names:
            fits = [n for n in made if n in held and np.shape(held[n]) == held[name].shape]
            ends = [n for n in fits if n.lower().endswith(name.lower())]
            found += ends if len(ends) == 1 else []
        return f"{lines}; {', '.join(found)}" if names and len(found) == len(names) else ""

    def _computed(self, update: ast.stmt) -> Iterator[str]:
        """The calls inside an update, which are no update themselves: opt.step(p, gradients(p))."""
        whole = getattr(update, "value", None)
        calls = (n for n in ast.walk(update) if isinstance(n, ast.Call) and n is not whole)
        return map(ast.unparse, calls)

    def _is_gradient(self, text: str, names: Sequence[str]) -> bool:
        """Is it a nest of other arrays, of the shapes of what has these names?"""
        held = self._script.namespace
        mine = [np.asarray(leaf.value) for name in names for leaf in leaves(held[name])]
        try:
            value = eval(text, held)  # noqa: S307  text of the user's file
        except Exception:  # noqa: BLE001  the user's code
            return False
        if not isinstance(value, dict | list | tuple):
            return False
        theirs = [np.asarray(leaf.value) for leaf in leaves(value)]
        shapes = [sorted(a.shape for a in arrays) for arrays in (mine, theirs)]
        return shapes[0] == shapes[1] and not all(map(np.array_equal, mine, theirs))

    def resting(self, loss: str) -> list[str]:
        """Names of parameters, it seems, that it does not change though the loss responds."""
        end = next(
            (i for i, _ in enumerate(self._loop.body) if self._loop.then(i, "") in loss), NONE
        )
        text = loss.rpartition("; ")[2]
        held, before = self._bound, self._value(end, text)
        weights = [n for n in self._names if WEIGHT.fullmatch(n) and n not in self.changed]
        weights = [n for n in weights if isinstance(held[n], np.ndarray) and before is not None]
        return [n for n in weights if before is not None and self._responds(n, end, text, before)]

    def assumed(self) -> list[tuple[str, list[str]]]:
        """As `loss`: what the call that trains returns, what is printed, and LOSSES."""
        found: list[tuple[str, list[str]]] = []
        texts = [(NONE, text) for text in self._returned()]
        for end, out, target in self._differences():
            texts += [(end, loss.format(out=out, target=target)) for loss in LOSSES]
        texts += [*((NONE, text) for text in self._over_pairs()), *self._printed()]
        for end, text in texts:
            before = self._value(end, text)
            if before is None:
                continue
            names = [n for n in self.changed if self._responds(n, end, text, before)]
            if names:
                found.append((self._loop.then(end, text), names))
        return found

    def _over_pairs(self) -> Iterator[str]:
        """The mean of each of SUMS over a list of pairs, of which a method takes the first."""
        held = self._bound
        batches = [name for name, value in held.items() if _is_pairs(value)]
        outs = [f"{net}.{name}(x)" for net in self.changed for name in forwards(held[net])]
        for batch, out, loss in itertools.product(batches, outs, SUMS):
            yield f"sum({loss.format(out=out, target='y')} for x, y in {batch}) / len({batch})"

    def _returned(self) -> Iterator[str]:
        """The calls that train, where what they return is kept; let them train a copy."""
        for node in ast.walk(self._loop.body[min(self.changes)]):
            kept = []
            if isinstance(node, ast.Assign | ast.AugAssign):
                kept = [node.value]
            elif isinstance(node, ast.Call) and called(node) == "append":
                kept = node.args
            for call in kept:
                if isinstance(call, ast.Call):
                    yield self._on_copies(call)

    def _on_copies(self, call: ast.expr) -> str:
        """The call, which trains copies."""
        return ast.unparse(_Copied({*self.changed}).visit(copy.deepcopy(call)))

    def _differences(self) -> list[tuple[int, str, str]]:
        """The outputs and targets that are subtracted, after the statements that make them."""
        body, first, held = self._loop.body, min(self.changes), self._script.namespace
        self._run(first)
        found: list[tuple[int, str, str]] = []
        nodes = [(i, node) for i in range(first) for node in ast.walk(body[i])]
        for i, node in nodes:
            if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)):
                continue
            pair = [n.id for n in (node.left, node.right) if isinstance(n, ast.Name)]
            for out, target in itertools.permutations(pair, 2):
                made = [k for k in range(i + 1) if out in _stored(body[k])]
                given = target in self._names and target not in self.changed
                if made and given and np.shape(held[out]) == np.shape(held[target]):
                    found.append((made[-1], out, target))
        return found

    def _told(self) -> Iterator[tuple[int, str]]:
        """Expressions that may be the loss, each after the statement that it needs."""
        body, first = self._loop.body, min(self.changes)
        texts: list[tuple[int, str]] = []
        direct: list[tuple[bool, int, str]] = []
        begun: set[str] = set()  # in this turn: else it is a running average
        for i, statement in enumerate(body):
            for node in ast.walk(statement):
                if isinstance(node, ast.Assign | ast.AugAssign):
                    target = node.targets[0] if isinstance(node, ast.Assign) else node.target
                    stored, reads = _stored(target), _named(node.value)
                    old = stored & reads if isinstance(node, ast.Assign) else stored
                    added = old & begun
                    begun |= stored - old
                    self.sums |= set(filter(_is_loss, added))
                    for name in filter(_is_loss, (stored - old) | added):
                        if _is_residual(name, node.value):
                            continue
                        if node is statement or name in added:
                            direct.append((name.lower() in _PLAIN, i, name))
                        if i >= first and isinstance(target, ast.Name) and name not in added:
                            trains = i in self.changes
                            write = self._on_copies if trains else ast.unparse
                            texts.append((i, write(node.value)))
                elif isinstance(node, ast.Call) and _is_loss(called(node)):
                    texts.append((i, ast.unparse(node)))
        for _, i, name in sorted(direct, reverse=True):  # the sum of several parts comes last
            yield i, name
        for _, text in texts:  # told after the update: computed before it
            yield from self._before_update(text)

    def _before_update(self, text: str) -> Iterator[tuple[int, str]]:
        """The expression after the last statement before the update that it needs, if so it can."""
        body, first = self._loop.body, min(self.changes)
        used = _named(ast.parse(text))
        needed = [i for i, s in enumerate(body) if used & _stored(s)]
        if not needed or min(needed) < first:
            yield max((i for i in needed if i < first), default=NONE), text

    def _printed(self) -> Iterator[tuple[int, str]]:
        """What the loop prints, and computes for it by a call."""
        nodes = (n for s in self._loop.body for n in ast.walk(s) if isinstance(n, ast.Call))
        shown: dict[str, None] = {}
        for node in (n for call in nodes if called(call) == "print" for n in ast.walk(call)):
            value = node.value if isinstance(node, ast.FormattedValue) else node
            if isinstance(value, ast.Call) and called(value) not in ("print", "format", "round"):
                shown[ast.unparse(value)] = None
        for text in shown:
            yield from self._before_update(text)

    def _value(self, end: int, text: str, *, nudged: str = "") -> float | None:
        """The loss as the statements up to one compute it; None where it is no finite number."""
        self._run(end + 1, nudged)
        try:
            value = eval(text, self._script.namespace)  # noqa: S307  text of the user's file
            number = np.asarray(value, dtype=float)
        except Exception:  # noqa: BLE001  the user's code
            return None
        whole = isinstance(value, int) or number.size != 1
        return None if whole or not np.isfinite(number).all() else float(number.reshape(()))

    def _responds(self, name: str, end: int, text: str, before: float) -> bool:
        """Does the loss change when what the name holds does?"""
        after = self._value(end, text, nudged=name)
        return after is not None and after != before

    def _nudge(self, name: str) -> None:
        """Each entry by a length of its own: some losses do not feel what all of them share."""
        held, rng = self._script.namespace[name], np.random.default_rng(0)

        def nudged(values: Any) -> Any:
            array = np.asarray(values, dtype=float)
            return array + NUDGE * (1 + np.abs(array)) * random_direction(rng, array.shape)

        if isinstance(held, float | np.ndarray | list) and is_leaf(held):
            other = nudged(held)
            self._script.namespace[name] = other if isinstance(held, np.ndarray) else other.tolist()
            return
        for leaf in list(leaves(held)):
            if isinstance(leaf.value, np.ndarray) and leaf.value.dtype.kind == "f":
                leaf.slot.set(nudged(leaf.value).astype(leaf.value.dtype))
            elif isinstance(leaf.value, list | float):
                leaf.slot.set(nudged(leaf.value).tolist())


def _things(held: dict[str, Any]) -> Iterator[str]:
    """Names of what may be trained: no code, no loss; of two for one thing the first."""
    once = {id(value): name for name, value in reversed(held.items())}
    for name, value in held.items():  # net, and not self, by which a method of it knows it
        is_number = isinstance(value, float | int)
        if not is_number and once[id(value)] != name:
            continue
        if name.startswith("_") or isinstance(value, (bool, *_CODE)):
            continue
        if not (_is_loss(name) and np.size(value) == 1):
            yield name


def as_number(place: str) -> str:
    """What makes a float of a whole number, which a gradient is taken by."""
    return f"{place} = float({place})"


def _is_pairs(value: Any) -> bool:
    """Samples, each an input and a target."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, tuple) and len(one) == 2 for one in value)
        and all(isinstance(part, np.ndarray) for part in value[0])
    )


class _Copied(ast.NodeTransformer):
    """A copy wherever one of these names stands."""

    def __init__(self, names: Collection[str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self._names:
            return node
        return ast.Call(ast.Name("deepcopy", ast.Load()), [node], [])


def _is_loss(name: str) -> bool:
    return name in _SHORT or any(word in name.lower() for word in LOSS)


def _is_residual(name: str, value: ast.expr) -> bool:
    """error = y - t: no loss yet."""
    return "err" in name.lower() and isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub)


def _seen(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy; of much only what changes with it, and not with the order: data are large."""
    if values.size <= MUCH:
        return np.array(values, dtype=float)
    return np.array([values.min(), values.max(), float(f"{values.sum():.10g}")], dtype=float)


def _differ(name: str, first: State, one: State, other: State) -> bool:
    """Do the numbers change that a name held from the first? In another order they are the same."""
    paths = [path for path in first if path[0] == name and path in one and path in other]
    pairs = [(one[path], other[path]) for path in paths]
    if any(a.shape != b.shape for a, b in pairs) or all(_equal(a, b) for a, b in pairs):
        return False
    before, after = (
        np.sort(np.concatenate([a.ravel() for a in side])) for side in zip(*pairs, strict=True)
    )
    return not _equal(before, after)


def _equal(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """But for rounding, and for nan in both."""
    if one.shape != other.shape:
        return False
    size = np.max(np.abs(one[np.isfinite(one)]), initial=0.0)
    return np.allclose(one, other, 0.0, ROUNDING * size, equal_nan=True)


def _lines(first: ast.stmt, last: ast.stmt) -> str:
    """What stands for these lines of the file in an option."""
    begin, end = first.lineno, last.end_lineno
    return f"@{begin}" if begin == end else f"@{begin}-{end}"


def _named(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def _stored(statement: ast.AST) -> set[str]:
    nodes = (n for n in ast.walk(statement) if isinstance(n, ast.Name))
    return {n.id for n in nodes if isinstance(n.ctx, ast.Store)}


def _overwritten(statement: ast.stmt) -> set[str]:
    """Names that it makes anew, without what they held before: no update of parameters."""
    if not isinstance(statement, ast.Assign):
        return set()
    return _stored(statement) - _named(statement.value)


def _clips(statement: ast.stmt) -> bool:
    """Does it make something smaller under a condition, as gradients of a large norm are made?"""
    nodes = list(ast.walk(statement))
    if any(isinstance(node, ast.Call) and called(node) == "clip" for node in nodes):
        return all(called(node) == "clip" for node in nodes if isinstance(node, ast.Call))
    changes = [node for node in nodes if isinstance(node, ast.Assign | ast.AugAssign)]
    scaled = [
        isinstance(change.value, ast.BinOp)
        and isinstance(change.value.op, ast.Mult | ast.Div)
        and bool(_stored(change.targets[0]) & _named(change.value))
        if isinstance(change, ast.Assign)
        else isinstance(change.op, ast.Mult | ast.Div)
        for change in changes
    ]
    return isinstance(statement, ast.If) and bool(scaled) and all(scaled)
