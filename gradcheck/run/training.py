"""The training loop of a script: what it trains, the loss that it computes, its learning rate.

Nobody is asked. The script runs up to its loop, one turn of which is made statement by statement:
what was there before and has changed may be a parameter, and is one if the loss responds to it.
"""

from __future__ import annotations

import ast
import itertools
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..state import Snapshot
from ..tree import leaves
from .contents import LOSS
from .rates import rate_of, written_rate
from .upto import called, calls, one_turn, statements
from .wanted import Wanted

if TYPE_CHECKING:
    from ..report import Report
    from .script import Script

MUCH = 100_000  # entries of an array of which no copies are made
NONE = -1  # of the statements
NUDGE = 1e-3  # by how much arrays are changed to see whether the loss responds
_SHORT = frozenset({"J", "L", "E", "C", "l", "err"})  # what a loss is called, too
_PLAIN = frozenset({"loss", "cost", "j", "l", "total_loss"})

_CODE = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType, np.ufunc)

# what the difference of an output and a target may be the gradient of
LOSSES = tuple(
    f"{loss}{mean}"
    for loss in (
        "0.5 * np.sum(({out} - {target}) ** 2)",
        "np.sum(({out} - {target}) ** 2)",
        "-np.sum({target} * np.log({out}) + (1 - {target}) * np.log(1 - {out}))",
        "-np.sum({target} * np.log({out}))",
    )
    for mean in ("", " / len({target})", " / {target}.size")
)

State = dict[tuple[str, ...], Any]  # values by the name and path they are found at


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
        first, last = self.body[0].lineno, self.body[end].end_lineno
        return f"@{first}" if first == last else f"@{first}-{last}"


class Plans(NamedTuple):
    """The checks that a training loop suggests, the best one first; perhaps none.

    By its step, and by the gradients before it: Adam's step is no gradient. Where no loop computes
    a loss, it is "...", or one for each of those that may be meant.

    assumed   is the loss one of LOSSES, and nowhere in the file?
    """

    checks: Sequence[Wanted] = ()
    assumed: bool = False


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


def halved(plan: Wanted, report: Report) -> Wanted | None:
    """The same check with the loss that has a half more or less; None where that is not all.

    Who writes y - t for the derivative of the squared error means half of it, whatever is printed.
    Where parameters are updated too early, all but the last layer are off by something more.
    """
    ratios = [block.ratio for block in report.blocks if block.verdict == "disagrees"]
    if len(ratios) < sum(block.verdict != "inconclusive" for block in report.blocks):
        return None
    early = any(finding.kind == "updated-weights-used" for finding in report.findings)
    for ratio, text in ((0.5, "0.5"), (2.0, "2")):
        off = [np.inf if r is None else abs(r / ratio - 1) for r in ratios]
        if ratios and (min(off) if early else max(off)) < 1e-6:
            *lines, loss = plan.loss.rpartition("; ")
            return replace(plan, loss=f"{''.join(lines)}{text} * ({loss})")
    return None


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
    """What one turn of the loop tells."""
    if loop.body[0].lineno <= loop.node.lineno:
        return Plans()
    try:
        with script(wanted.file, main=wanted.main, seed=wanted.seed, until=wanted.until) as running:
            running.run()
            turn = Turn(loop, running)
            if not turn.changed:
                return Plans()
            loss, names = turn.loss()
            inner = turn.inner
            if inner is not None and not names:
                within = Loop(inner, loop.guarded)
                found = _look(replace(wanted, until=inner.lineno), within, script)
                if found.checks:
                    return found
            trained = {*(names or turn.changed)}
            ends = [i for i, changed in turn.changes.items() if changed & trained]
            rates = [
                rate_of([loop.body[i] for i in some], running.namespace)
                for some in (turn.changes, ends)
            ]
            lr = next(filter(None, rates), written_rate(wanted.file))
            plan = replace(wanted, step=loop.lines(max(ends)), lr=lr)
            if not names and (assumed := turn.assumed()):
                return Plans([replace(plan, loss=t, params=", ".join(n)) for t, n in assumed], True)
            plan = replace(plan, loss=loss, params=", ".join(names or turn.changed))
            grads = turn.gradients(names)
            return Plans([plan, replace(plan, step="", lr="", grads=grads)] if grads else [plan])
    except Exception:  # noqa: BLE001  what the file does is unknown: then nothing is guessed
        return Plans()


class Turn:
    """One turn of a loop.

    changes   which of its statements changed what was there before: under which names
    changed   the names under which that is found
    """

    def __init__(self, loop: Loop, script: Script) -> None:
        self._loop, self._script = loop, script
        once = {id(value): name for name, value in reversed(script.namespace.items())}
        self._names = [  # net, and not self, by which a method of it knows it
            name
            for name, value in script.namespace.items()
            if (isinstance(value, float) or once[id(value)] == name)
            and not (name.startswith("_") or isinstance(value, _CODE) or _is_loss(name))
        ]
        held = script.namespace
        self._bound = dict(held)
        self._snapshot = Snapshot({"names": {name: held[name] for name in self._names}})
        first = now = self._state()
        self.changes: dict[int, set[str]] = {}
        changed: set[str] = set()
        for i, statement in enumerate(loop.body):
            self._execute([statement])
            before, now = now, self._state()
            names = {name for name in self._names if _differ(name, first, before, now)}
            names -= _overwritten(statement)
            if names:
                self.changes[i] = names
                changed |= names
        self.changed = [name for name in self._names if name in changed]
        update = loop.body[min(self.changes)] if self.changes else None
        self.inner = update if isinstance(update, ast.For | ast.While) else None

    def _state(self) -> State:
        found: State = {}
        for name in self._names:
            value = self._script.namespace.get(name)
            for leaf in leaves(value):
                if np.asarray(leaf.value).dtype.kind == "f":
                    found[name, *leaf.path] = _seen(np.asarray(leaf.value))
        return found

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
        for end, text in self._told():
            before = self._value(end, text)
            if before is None or before != self._value(end, text):
                continue
            names = [name for name in self.changed if self._responds(name, end, text, before)]
            if names and self.first(names) > end:  # it comes before the update
                return self._loop.then(end, text), names
        first = min(self.changes)
        return self._loop.then(first - 1, "..."), []

    def gradients(self, names: Sequence[str]) -> str:
        """An option that computes the gradients of what has these names; "" where none shows."""
        first = self.first(names)
        if not first:
            return ""
        self._run(first)
        lines, held = self._loop.lines(first - 1), self._script.namespace
        made = sorted({n for statement in self._loop.body[:first] for n in _stored(statement)})
        if not all(isinstance(held[name], np.ndarray) for name in names):
            return lines  # stored in a net, perhaps
        shapes = sorted(held[name].shape for name in names)
        for name in made:
            if isinstance(held.get(name), dict | list | tuple):
                arrays = [np.shape(leaf.value) for leaf in leaves(held[name])]
                if len(arrays) == len(shapes) and sorted(arrays) == shapes:
                    return f"{lines}; {name}"
        found = []
        for name in names:
            fits = [n for n in made if n in held and np.shape(held[n]) == held[name].shape]
            ends = [n for n in fits if n.lower().endswith(name.lower())]
            found += ends if len(ends) == 1 else []
        return f"{lines}; {', '.join(found)}" if names and len(found) == len(names) else ""

    def assumed(self) -> list[tuple[str, list[str]]]:
        """As `loss`, each of LOSSES of an output and a target whose difference is taken."""
        found: list[tuple[str, list[str]]] = []
        for end, out, target in self._differences():
            for loss in LOSSES:
                text = loss.format(out=out, target=target)
                before = self._value(end, text)
                if before is None:
                    continue
                names = [n for n in self.changed if self._responds(n, end, text, before)]
                if names:
                    found.append((self._loop.then(end, text), names))
        return found

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
        for i, statement in enumerate(body):
            for node in ast.walk(statement):
                if isinstance(node, ast.Assign):
                    fresh = _stored(node) - _named(node.value)  # no running average
                    for name in filter(_is_loss, fresh):
                        if _is_residual(name, node.value):
                            continue
                        if node is statement:
                            direct.append((name.lower() in _PLAIN, i, name))
                        if i >= first and isinstance(node.targets[0], ast.Name):
                            texts.append((i, ast.unparse(node.value)))
                elif isinstance(node, ast.Call) and _is_loss(called(node)):
                    texts.append((i, ast.unparse(node)))
        for _, i, name in sorted(direct, reverse=True):  # the sum of several parts comes last
            yield i, name
        for _, text in texts:  # told after the update: computed before it
            used = _named(ast.parse(text))
            needed = [i for i, s in enumerate(body) if used & _stored(s)]
            if not needed or min(needed) < first:
                yield max((i for i in needed if i < first), default=NONE), text

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
        held = self._script.namespace[name]
        if isinstance(held, float | np.ndarray):
            self._script.namespace[name] = held * (1 + NUDGE) + NUDGE
            return
        for leaf in list(leaves(held)):
            if isinstance(leaf.value, np.ndarray) and leaf.value.dtype.kind == "f":
                leaf.slot.set(leaf.value * (1 + NUDGE) + NUDGE)
            elif isinstance(leaf.value, list):
                leaf.slot.set((np.array(leaf.value) * (1 + NUDGE) + NUDGE).tolist())


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
    if all(np.array_equal(a, b, equal_nan=True) for a, b in pairs) or any(
        a.shape != b.shape for a, b in pairs
    ):
        return False
    before, after = (
        np.sort(np.concatenate([a.ravel() for a in side])) for side in zip(*pairs, strict=True)
    )
    return not np.array_equal(before, after)


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
