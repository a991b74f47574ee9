"""One turn of a training loop, made statement by statement, and made again with changes.

What was there before and has changed may be a parameter, and is one if the loss responds to it.
"""

from __future__ import annotations

import ast
import copy
import math
import types
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..descent import is_rate
from ..direction import random_direction
from ..drawn import Drawn
from ..pieces import spreads
from ..state import Snapshot
from ..tree import is_leaf, leaves
from .contents import GAIN, LOSS, STEP, WEIGHT
from .expression import Namespace
from .loop import Loop, handed_on, named, overwritten, scaled, stored, updated_in_any_case
from .rates import moved
from .upto import called, leaves_loop, one_turn

if TYPE_CHECKING:
    from .script import Script

MUCH = 100_000  # entries of an array of which no copies are made
NUDGE = 1e-3  # by how much arrays are changed to see whether the loss responds
ROUNDING = 1e-12  # what a probe of the user's own leaves behind is no change
# what a loss is called, too
_SHORT = frozenset({"J", "L", "E", "C", "l", "err", "obj", "sse", "SSE", "rss", "RSS"})

END = "_reached"  # the name that is set where a turn is made to its end

_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, np.ufunc)

Trail = tuple[str, ...]  # a name, and what leads from there to a value
State = dict[Trail, Any]


class Nudge(NamedTuple):
    """What is changed a little before the statements run: what has this name.

    but    ids of arrays that are not
    only   the trails that are
    """

    name: str
    but: Collection[int]
    only: Collection[Trail]


class Value(NamedTuple):
    """An array of the file: what leads to it, its id and shape, are its numbers whole, and these.

    seen   a digest of many
    """

    path: Trail
    id: int
    shape: tuple[int, ...]
    is_whole: bool
    seen: np.ndarray[Any, Any]

    def equals(self, other: Value | None) -> bool:
        return other is not None and self.shape == other.shape and _equal(self.seen, other.seen)


def trails(namespace: Namespace) -> frozenset[Trail]:
    """Where arrays and numbers lie that may be trained."""
    return frozenset(
        (name, *leaf.path)
        for name in _things(namespace)
        for leaf in leaves(namespace[name], numbers=True)
    )


class Turn:
    """One turn of a loop.

    changes   which of its statements changed what was there before: under which names
    changed   the names under which that is found
    whole     what holds a whole number before that, as b = 0: expressions, and their names
    velocities  names of what others moved by, as momentum is
    moves     how many arrays and numbers changed
    rests     did something not change that seems to be trained?
    waits     did it leave out a training that has a condition: enough samples, say?
    names     of all that might
    bound     all names, as they were at its beginning
    """

    def __init__(self, loop: Loop, script: Script, born: Collection[Trail] | None = None) -> None:
        self.loop, self._script = loop, script
        held = script.namespace
        tops = {path[0] for path in born or ()}
        every = list(_things(held))
        self.names = [name for name in every if born is None or name in tops]
        self.bound = dict(held)
        hold = [name for name, value in held.items() if _holds(value)]
        self._snapshot = Snapshot({"names": {name: held[name] for name in (*every, *hold)}})
        self._shapes: dict[Trail, tuple[int, ...]] = {}
        first = self._state(born)
        self.paths = frozenset(first)
        self.whole: dict[str, str] = {}
        self.waits = False
        self._trails: list[set[Trail]] = []
        self.changes, last = self._play(first) if self._is_whole() else ({}, first)
        changed = {name for names in self.changes.values() for name in names}
        self.changed = [name for name in self.names if name in changed]
        mine = [path for path in first if path[0] in changed and path in last]
        still = [path for path in mine if _equal(first[path], last[path])]
        self._moving = {*mine} - {*still}
        self._movable = self._moving | {p for p in first if p[0] not in changed}
        self._moves = [
            (path[0], last[path] - first[path])
            for path in self._moving
            if first[path].shape == last[path].shape == self._shapes[path]  # not of many a few
        ]
        self.velocities = self._velocities(first, last)
        self.moves = len(mine) - len(still)
        arrays = [path for path in still if first[path].size > 1]
        self.rests = bool(not changed or arrays or self._updated() - changed - self._counted())
        self.whole = dict(self._whole())
        idle = updated_in_any_case(loop.body) | self._beside(changed)
        idle -= changed | self._counted()  # by nothing, here
        idle = {name for name in idle if is_leaf(self.bound.get(name)) and not is_rate(name)}
        self.changed = [name for name in self.names if changed and name in changed | idle]
        self._leave_out_anew()
        update = loop.body[min(self.changes)] if self.changes else None
        self.inner = update if isinstance(update, ast.For | ast.While) else None

    def _play(self, first: State) -> tuple[dict[int, set[str]], State]:
        """Run the turn: what each statement changes of what stays changed; the state at its end."""
        now, seen, updated = first, {}, self._updated()
        for i, statement in enumerate(self.loop.body):
            if isinstance(statement, ast.If) and trains(statement):
                self._execute([entered(statement)])
                self.waits |= not self.namespace.pop(END, False)
            else:
                self._execute([statement])
            before, now = now, self._state()
            differ = {name for name in self.names if _differ(name, first, before, now)}
            differ |= _growing(updated, before, now)
            both = (path for path in before if path in now)
            self._trails.append({path for path in both if not _equal(before[path], now[path])})
            seen[i] = differ - overwritten(statement, self.loop.body[:i])
        left = {name for name in self.names if _differ(name, first, first, now)}
        left |= _growing(updated, first, now)
        left -= self._counted() | scaled(self.loop.body)
        left -= {name for name in left if is_rate(name)} - self._updated()
        return {i: names & left for i, names in seen.items() if names & left}, now

    def _leave_out_anew(self) -> None:
        """Leave out of the changes what is only made anew, as outputs are, before an update.

        Where all that follows is made anew as well, blocks may be solved for in turn.
        """
        later: set[str] = set()
        moves = False  # does something go on from where it was, later?
        for i, names in sorted(self.changes.items(), reverse=True):
            mine = [path for path in self._trails[i] if path[0] in names]
            anew = all(self.is_anew(path, i, i) for path in mine)
            if anew and (names <= later or (moves and mine)):
                del self.changes[i]
            moves, later = moves or not anew, later | names
        made = later.difference(*self.changes.values())
        self.changed = [name for name in self.changed if name not in made]

    def _velocities(self, first: State, last: State) -> set[str]:
        """The names of what others have moved by: of v in v = mu * v - lr * g; w += v.

        From zero both are the same: with w elsewhere only v is how far it goes.
        """
        found = {path[0] for path in self._moving}
        found -= {path[0] for path in self._moving if WEIGHT.fullmatch(path[-1])}
        found = {name for name in found if self._is_move(name, first, last)}
        try:
            for other in {path[0] for path in self._moving} if found else ():
                nudge = Nudge(other, (), self._movable)
                self.run(0, nudge)
                here = self._state()
                self.run(len(self.loop.body), nudge)
                there = self._state()
                found = {n for n in found if n == other or self._is_move(n, here, there)}
        except Exception:  # noqa: BLE001  the user's code
            return set()
        return found

    def _is_move(self, name: str, first: State, last: State) -> bool:
        """Is all that has this name a multiple of what others have moved by?"""
        mine = [path for path in self._moving if path[0] == name and path in last]
        moves = [last[p] - first[p] for p in self._moving if p[0] != name and _kept(p, first, last)]
        return bool(mine) and all(any(_is_multiple(last[p], m) for m in moves) for p in mine)

    def is_anew(self, path: Trail, first: int, last: int) -> bool:
        """Do these statements make what they change there without what was there before?

        Of an array some entries may stay, as the one of a bias does among the inputs.
        """
        try:
            self.run(first)
            before = self._state().get(path)
            self.run(last + 1)
            after = self._state()[path]
            self.run(last + 1, Nudge(path[0], (), {path}))
            nudged = self._state()[path]
        except Exception:  # noqa: BLE001  the user's code
            return False
        kept = before is not None and before.shape == after.shape
        changed = before != after if kept else np.full(after.shape, True)
        return nudged.shape == after.shape and _equal(after[changed], nudged[changed])

    def _beside(self, changed: set[str]) -> set[str]:
        """The names that are set at once with those of others that change: W, b = update(W, b)."""
        found: set[str] = set()
        for update in (self.loop.body[i] for i in self.changes):
            if isinstance(update, ast.Assign) and len(stored(update) & changed) > 1:
                found |= stored(update) & named(update.value)
        return found

    def _is_whole(self) -> bool:
        """Does it reach the end of the body, where it may be left before?"""
        if not leaves_loop(self.loop.body):
            return True
        end = ast.parse(f"{END} = True").body
        self._execute([*self.loop.body, *end])
        whole = bool(self.namespace.pop(END, False))
        self.run(0)
        return whole

    def _counted(self) -> set[str]:
        """The names that hold whole numbers at the end, too."""
        return {name for name in self.names if type(self.namespace.get(name)) is int}

    @property
    def source(self) -> str:
        """The text of the file."""
        return self._script.file.read_text(encoding="utf-8", errors="replace")

    @property
    def namespace(self) -> dict[str, Any]:
        return self._script.namespace

    def updated(self, names: Collection[str]) -> bool:
        """Is something of it updated, and not only handed on, as the state of a recurrent net?"""
        is_state = (n for n in names if isinstance(self.bound[n], np.ndarray | float | list))
        return bool({*names} - {*is_state} or {*names} & self._updated())

    def _updated(self) -> set[str]:
        """The names that its statements update, by what is written."""
        nodes = (node for statement in self.loop.body for node in ast.walk(statement))
        targets = (target for target, _ in map(moved, nodes) if target is not None)
        return {name for target in targets for name in named(target)} & {*self.names}

    def candidates(self) -> set[str]:
        """The names of what parameters become if it is accepted: p = trial."""
        nodes = (node for statement in self.loop.body for node in ast.walk(statement))
        pairs = (pair for node in nodes if isinstance(node, ast.Assign) for pair in _pairs(node))
        kept = {made.id for name, made in pairs if name.id in self.changed}
        return {name for name in kept if not is_loss(name)} - {*self.names}  # best = loss

    def _state(self, born: Collection[Trail] | None = None) -> State:
        found: State = {}
        for name in self.names:
            value = self._script.namespace.get(name)
            for leaf in leaves(value, numbers=True):
                array = np.asarray(leaf.value)
                path = (name, *leaf.path)
                if born is not None and path not in born:
                    continue
                if array.dtype.kind == "f" or type(leaf.value) is int:
                    found[path], self._shapes[path] = _seen(array), array.shape
        return found

    def _whole(self) -> list[tuple[str, str]]:
        """Expressions for the whole numbers that became others, which are no counts."""
        held, trained = self._script.namespace, self.changed
        after = {(n, *leaf.path): leaf.value for n in trained for leaf in leaves(held.get(n))}
        self._snapshot.restore()
        return [
            (name + leaf.slot.text, name)
            for name in trained
            for leaf in leaves(self.bound[name], numbers=True)
            if type(leaf.value) is int and isinstance(after.get((name, *leaf.path)), float)
        ]

    def _execute(self, statements: Sequence[ast.stmt]) -> None:
        """The statements, in a loop of their own: they may break or continue."""
        module = ast.fix_missing_locations(ast.Module([one_turn(statements)], []))
        code = compile(module, str(self._script.file), "exec")
        self._script.guarded(lambda: exec(code, self._script.namespace))  # noqa: S102

    def training(self) -> Iterator[ast.Call]:
        """The calls in statements that change something."""
        for i in self.changes:
            yield from (n for n in ast.walk(self.loop.body[i]) if isinstance(n, ast.Call))

    def owner(self, call: ast.Call) -> Any:
        """Whose method is called, as it was at the beginning, if that has a name."""
        value = call.func.value if isinstance(call.func, ast.Attribute) else None
        return self.bound.get(value.id) if isinstance(value, ast.Name) else None

    def run(self, number: int, nudge: Nudge | None = None) -> None:
        """So many statements, from where the turn began; what has a name perhaps nudged."""
        self._snapshot.restore()
        self._script.namespace.clear()
        self._script.namespace.update(self.bound)
        for place in self.whole:
            exec(as_number(place), self._script.namespace)  # noqa: S102  names of the file
        if nudge is not None:
            self._nudge(*nudge)
        if number:
            self._execute(self.loop.body[:number])

    def first(self, names: Sequence[str]) -> int:
        """The first statement that changes what has one of these names; none: the end."""
        found = (i for i, changed in self.changes.items() if changed & {*names})
        return min(found, default=len(self.loop.body))

    def fills(self, i: int) -> set[str]:
        """The names of arrays whose numbers one of the statements changed, written there or not."""
        return {path[0] for path in self._trails[i]} if i < len(self._trails) else set()

    def changes_before(self, name: str, end: int, text: str, before: float) -> bool:
        """Does a statement up to one change what has this name and the loss responds to there?

        That of a cache, which the loss makes anew, is no change before it.
        """
        trails = {path for some in self._trails[: end + 1] for path in some}
        return self.first([name]) <= end and self.responds(name, end, text, before, only=trails)

    def shapes(self, names: Collection[str]) -> list[tuple[tuple[int, ...], ...]]:
        """Of the arrays and numbers with these names, sorted: of all, and of those that move."""
        mine = {path: self._shapes[path] for path in self.paths if path[0] in names}
        moving = [shape for path, shape in mine.items() if path in self._moving]
        return [tuple(sorted(mine.values())), tuple(sorted(moving))]

    def is_array(self, name: str) -> bool:
        """Has one array this name?"""
        return isinstance(self.bound.get(name), np.ndarray)

    def fits(self, names: Collection[str], gradient: Any) -> bool:
        """Has it the shapes of what has these names, or of all of that which moves?"""
        shapes = tuple(sorted(np.shape(leaf.value) for leaf in leaves(gradient)))
        return bool(shapes) and shapes in self.shapes(names)

    def boxes(self, names: Collection[str]) -> dict[str, dict[str, tuple[int, ...]]]:
        """What lies in an attribute or item of what has these names: shapes by their keys."""
        found: dict[str, dict[str, tuple[int, ...]]] = {}
        for path in sorted(self._moving):
            if path[0] in names and len(path) == len(("net", "weights", "W")):
                found.setdefault(path[1], {})[path[2]] = self._shapes[path]
        return found

    def climbs(self, names: Collection[str], gradient: Any) -> bool:
        """Does what has these names move along what is taken for its gradient? Told by shapes."""
        by_shape = {np.shape(leaf.value): np.asarray(leaf.value) for leaf in leaves(gradient)}
        moves = {move.shape: move for name, move in self._moves if name in names}
        shapes = {*moves} & {*by_shape}
        return bool(math.fsum(np.sum(moves[s] * by_shape[s]) for s in shapes) > 0)

    def value(self, end: int, text: str, nudge: Nudge | None = None) -> float | None:
        """The loss as the statements up to one compute it; None where it is no finite number."""
        value = self.result(end, text, nudge)
        try:
            number = np.asarray(value, dtype=float)
        except Exception:  # noqa: BLE001  the user's objects
            return None
        whole = isinstance(value, int) or number.size != 1
        return None if whole or not np.isfinite(number).all() else float(number.reshape(()))

    def result(self, end: int, text: str, nudge: Nudge | None = None) -> Any:
        """What the text is worth after the statements up to one; None where that fails."""
        try:
            self.run(end + 1, nudge)
            return eval(text, self._script.namespace)  # noqa: S307  text of the user's file
        except Exception:  # noqa: BLE001  the user's code
            return None

    def depends(self, end: int, text: str) -> bool:
        """Does what the text is worth change with what the turn changes?"""
        here = np.asarray(self.result(end, text))
        nudges = (Nudge(name, (), self._movable) for name in self.changed)
        others = (np.asarray(self.result(end, text, nudge)) for nudge in nudges)
        return any(other.shape != here.shape or np.any(other != here) for other in others)

    def values(self, end: int, name: str = "") -> dict[str, Value]:
        """The arrays in names and objects after the statements up to one, by their expressions.

        Of several for one array the shortest: y, and not net.y.

        name   what is nudged before
        """
        try:
            self.run(end + 1, Nudge(name, (), self._movable) if name else None)
        except Exception:  # noqa: BLE001  the user's code
            return {}
        found: dict[str, Value] = {}
        for top, held in self._script.namespace.items():
            if top.startswith("_") or isinstance(held, (Drawn, *_CODE)):
                continue
            for leaf in leaves(held, numbers=True):
                array = np.asarray(leaf.value)
                if array.dtype.kind in "fiub" and array.size:
                    whole = array.dtype.kind in "iub"
                    facts = (top, *leaf.path), id(leaf.value), array.shape, whole
                    found[top + leaf.slot.text] = Value(*facts, _seen(array))
        shortest = sorted(found, key=len, reverse=True)
        known = {found[text].id: text for text in shortest}
        return {text: value for text, value in found.items() if known[value.id] == text}

    def responding(self, end: int, text: str, before: float) -> list[str]:
        """The names of what has changed, and what the loss changes with.

        An optimiser that holds the arrays of a net is none: without these it does not. Nor what is
        only handed on, where there is something else.
        """
        found: list[str] = []
        known: set[int] = set()
        for name in self.changed:
            if not self.responds(name, end, text, before):
                continue
            arrays = self._arrays(name)
            if not arrays & known or self.responds(name, end, text, before, but=known):
                found.append(name)
                known |= arrays
        return [name for name in found if not handed_on(name, self.loop.body)] or found

    def _arrays(self, name: str) -> frozenset[int]:
        """The ids of those that the name holds."""
        values = (leaf.value for leaf in leaves(self.bound[name]))
        return frozenset(id(value) for value in values if isinstance(value, np.ndarray))

    def responds(
        self,
        name: str,
        end: int,
        text: str,
        before: float,
        *,
        but: Collection[int] = (),
        only: Collection[Trail] | None = None,
    ) -> bool:
        """Does the loss change when what the name holds does, but for arrays of these ids?

        only   what is found there, where not all of it is meant
        """
        after = self.value(end, text, Nudge(name, but, self._movable if only is None else only))
        return after is not None and after != before

    def _nudge(self, name: str, but: Collection[int], only: Collection[Trail]) -> None:
        """Each entry by a length of its own: some losses do not feel what all of them share."""
        held, rng = self._script.namespace[name], np.random.default_rng(0)

        def nudged(values: Any) -> Any:
            array = np.asarray(values, dtype=float)
            return array + NUDGE * (1 + np.abs(array)) * random_direction(rng, array.shape)

        if type(held) is int or (isinstance(held, float | np.ndarray | list) and is_leaf(held)):
            other = nudged(held)
            self._script.namespace[name] = other if isinstance(held, np.ndarray) else other.tolist()
            return
        for leaf in list(leaves(held, numbers=True)):
            if id(leaf.value) in but or (name, *leaf.path) not in only:
                continue
            if isinstance(leaf.value, np.ndarray) and leaf.value.dtype.kind == "f":
                if leaf.value.flags.writeable:  # in its place: no item of a tuple can be set
                    leaf.value[...] = nudged(leaf.value)
                else:
                    leaf.slot.set(nudged(leaf.value).astype(leaf.value.dtype))
            elif isinstance(leaf.value, list | float):
                leaf.slot.set(nudged(leaf.value).tolist())


def _pairs(node: ast.Assign) -> Iterator[tuple[ast.Name, ast.Name]]:
    """The names that take the value of another name: a = b, or a, c = b, d."""
    target, value = node.targets[0], node.value
    several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
    parts = zip(target.elts, value.elts, strict=False) if several else [(target, value)]  # type: ignore[attr-defined]
    for one, other in parts:
        if isinstance(one, ast.Name) and isinstance(other, ast.Name):
            yield one, other


def _things(held: dict[str, Any]) -> Iterator[str]:
    """Names of what may be trained: no code, no loss; of two for one thing the first."""
    once = {id(value): name for name, value in reversed(held.items())}
    for name, value in held.items():  # net, and not self, by which a method of it knows it
        is_number = isinstance(value, float | int)
        if not is_number and once[id(value)] != name:
            continue
        if name.startswith("_") or isinstance(value, (bool, Drawn, *_CODE)):
            continue
        if isinstance(value, type) and not any(leaves(value)):
            continue
        many = value.size > 1 if isinstance(value, np.ndarray) else hasattr(value, "__len__")
        if many or not is_loss(name):
            yield name


def _holds(value: Any) -> bool:
    """Has it a state that is no parameter: of draws, or what a function shares?"""
    shares = isinstance(value, types.FunctionType) and value.__closure__
    return isinstance(value, Drawn) or bool(shares)


def trains(statement: ast.If) -> bool:
    """Does what is done under this condition alone set a loss, or call what trains?"""
    inner = [node for part in statement.body for node in ast.walk(part)]
    calls = (called(node).lower() for node in inner if isinstance(node, ast.Call))
    sets = (name for part in statement.body for name in stored(part))
    does = any(map(is_loss, sets)) or any(word in call for call in calls for word in STEP)
    return does and not statement.orelse


def entered(statement: ast.If) -> ast.If:
    """One that tells that its condition held, by the name END."""
    told = copy.copy(statement)
    told.body = [*ast.parse(f"{END} = True").body, *statement.body]
    return told


def as_number(place: str) -> str:
    """What makes a float of a whole number, which a gradient is taken by."""
    return f"{place} = float({place})"


def is_loss(name: str) -> bool:
    """Is it what a loss is called?"""
    return name in _SHORT or any(word in name.lower() for word in (*LOSS, *GAIN))


def is_gain(name: str) -> bool:
    """Is it what is maximised? Then the loss is minus that."""
    low = name.lower()
    return any(word in low for word in GAIN) and not any(word in low for word in (*LOSS, "neg"))


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


def _growing(updated: Collection[str], one: State, other: State) -> set[str]:
    """The names of weights that take more shape: their gradient is not summed over the samples.

    What is updated elsewhere is known by what it is called.
    """
    found = set()
    for path, before in one.items():
        after = other.get(path)
        if after is None or not before.ndim or after.size <= before.size:
            continue
        weight = path[0] in updated or WEIGHT.fullmatch(path[-1])
        if weight and spreads(before.shape, after.shape):
            found.add(path[0])
    return found


def _kept(path: Trail, one: State, other: State) -> bool:
    return path in one and path in other and one[path].shape == other[path].shape


def _is_multiple(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """Of several numbers; of one it must be the number itself, or less than nothing."""
    if one.shape != other.shape or not np.any(other) or not np.any(one):
        return False
    at = np.argmax(np.abs(other))
    factor = one.flat[at] / other.flat[at]
    return (one.size > 1 or abs(factor) == 1.0) and _equal(one, factor * other)


def _equal(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> bool:
    """But for rounding, and for nan in both."""
    if one.shape != other.shape:
        return False
    size = np.max(np.abs(one[np.isfinite(one)]), initial=0.0)
    return np.allclose(one, other, 0.0, ROUNDING * size, equal_nan=True)
