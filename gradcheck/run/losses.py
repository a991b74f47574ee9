"""What may be the loss of a training loop: computed, returned, printed, or only meant."""

from __future__ import annotations

import ast
import itertools
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..descent import is_rate
from .contents import (
    GAIN,
    LOSS,
    is_average,
    is_gradient,
    is_gradient_of,
    is_of,
    same_arguments,
)
from .loop import NONE, assigned, inlined, named, parted, read_by, stored
from .meant import before_update, makes_gradients, only_meant, over_pairs
from .rates import base, moved
from .turn import Turn, is_gain, is_loss
from .upto import called

PRINTS = frozenset({"print", "info", "debug", "write", "log", "set_postfix", "set_description"})
_SIGN = re.compile(  # what a derivative of an absolute value is made with; a relu has no -1
    r"sign|/\s*(\w+\.)?f?abs|[<>]=?\s*0\b.*-\s*(1|\w+\.ones)|-\s*(1|\w+\.ones).*[<>]=?\s*0\b"
    r"|^\s*(el)?if\b.*[<>]=?\s*0\b",
    re.MULTILINE,
)
_SHAPED = frozenset({"where", "log", "log1p", "logaddexp", "exp", "sqrt", "square", "power"})
_PLAIN = frozenset({"loss", "cost", "j", "l", "total_loss"})


class Found(NamedTuple):
    """An option that computes the loss, and the names that it responds to.

    Where there is none, an option that ends in "...", and no names.

    others   names of what another loss trains, later in the turn
    beside   other losses before the update, each with names of what it alone trains
    """

    loss: str
    names: list[str]
    others: Sequence[str] = ()
    beside: Sequence[tuple[str, list[str]]] = ()


def found_in(turn: Turn) -> Found:
    """The loss that is computed before an update."""
    every = list(_told(turn))
    for end, told in every:
        if _is_trial(turn, end, told):
            continue
        text, before = _number(turn, end, told)
        if before is None or before != turn.value(end, text):
            continue
        names = turn.responding(end, text, before)
        early = [name for name in names if turn.changes_before(name, end, text, before)]
        if turn.updated(early):
            continue  # it comes after an update
        names = [name for name in names if name not in early]  # without a state that is handed on
        names = [name for name in names if name not in turn.velocities] or names
        later = [(i, other) for i, other in every if _follows(turn, end, i)]
        others = [
            name
            for name in names
            if is_average(name) or any(_trains(turn, name, *one) for one in later)
        ]
        if text != _falling(text) and not turn.updated(names):
            continue  # a reward of what is handed on, as the state of a game
        if names:
            mine = [name for name in names if name not in others] or names
            return _parted(turn, end, text, mine, others, every)
    first = min(turn.changes)
    return Found(turn.loop.then(first - 1, "..."), [])


def _parted(
    turn: Turn,
    end: int,
    text: str,
    names: list[str],
    others: Sequence[str],
    every: Sequence[tuple[int, str]],
) -> Found:
    """The loss with what it trains, and those beside it that are no part of it, with theirs.

    As a critic descends its own, and an actor one in which the critic's judgement is given.
    """
    body, beside, known = turn.loop.body, list[tuple[str, list[str]]](), {text}
    for i, other in every:
        before = turn.value(i, other) if other.isidentifier() and other not in known else None
        known.add(other)
        if before is None or i >= min(turn.changes):
            continue
        parts = read_by(body[: end + 1], text), read_by(body[: i + 1], other)
        if other in parts[0] or text in parts[1] or not _reads_data(turn, parts[1]):
            continue
        theirs = [n for n in turn.responding(i, other, before) if n not in others]
        alone = theirs if {*theirs} < {*names} else [n for n in theirs if n not in names]
        if alone and turn.updated(alone):
            names = [name for name in names if name not in alone]
            others = [*others, *alone]
            beside.append((turn.loop.then(i, _falling(other)), alone))
    return Found(turn.loop.then(end, _falling(text)), names, others, beside)


def _reads_data(turn: Turn, names: set[str]) -> bool:
    """Is one of these an array that is not trained? A penalty is of parameters alone."""
    held = turn.namespace
    arrays = (n for n in names if isinstance(held.get(n), np.ndarray | list | tuple))
    return any(name not in turn.changed for name in arrays)


def _is_trial(turn: Turn, end: int, text: str) -> bool:
    """Is it of a parameter less its gradient: the loss of what it may become?"""
    read = read_by(turn.loop.body[: end + 1], text)
    makes = (s for s in turn.loop.body[: end + 1] if stored(s) & read)
    nodes = (node for tree in (ast.parse(text), *makes) for node in ast.walk(tree))
    moves = (n for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub))
    if read & turn.candidates():
        return True
    return any(
        is_gradient(other) or is_of(other, name)
        for move in moves
        for name in named(move.left) & {*turn.changed}
        for other in named(move) - {name}
    )


def _is_of_gradients(turn: Turn, text: str) -> bool:
    """Is it computed of gradients, as the squares that are added up for a rate are?"""
    nodes = [*ast.walk(ast.parse(text))]
    functions = [node.func for node in nodes if isinstance(node, ast.Call)]
    values = {n.id for n in nodes if isinstance(n, ast.Name) and n not in functions}
    return any(
        is_gradient(value) or any(is_of(value, name) for name in turn.changed) for value in values
    )


def _follows(turn: Turn, end: int, later: int) -> bool:
    """Is there an update between these statements?"""
    return any(end < i < later for i in turn.changes)


def _trains(turn: Turn, name: str, end: int, told: str) -> bool:
    """Is this updated after the loss that is told there, and does that respond to it?"""
    text, before = _number(turn, end, told)
    late = before is not None and turn.first([name]) > end
    return late and turn.responds(name, end, text, before or 0.0)


class Assumed(NamedTuple):
    """An option that may compute the loss, and the names that it responds to.

    meant    no statement computes it: only its gradient is there
    grads    what computes the gradient beside it, where that is known
    counts   what it may be divided by, and how that is typed, where only a sum was tried
    """

    loss: str
    names: list[str]
    meant: bool = False
    grads: str = ""
    counts: Mapping[int, str] | None = None


def assumed(turn: Turn) -> list[Assumed]:
    """As `found_in`: what is computed after the update, kept under another name, or meant."""
    computed = [*_told_later(turn), *_afterwards(turn), *_printed(turn)]
    texts = dict.fromkeys(computed, False)
    for end, text, known in _kept(turn):
        texts.setdefault((end, text), not known)
    texts = dict.fromkeys(_of_the_batch(turn), False) | texts
    texts |= dict.fromkeys(_appended(turn), False)
    texts |= dict.fromkeys(((NONE, text) for text in over_pairs(turn)), True)
    found = [*_at_once_with_gradients(turn), *_beside_gradients(turn)]
    for (end, told), is_meant in texts.items():
        if _is_trial(turn, end, told) or _is_of_gradients(turn, told):
            continue
        made = (s for s in turn.loop.body[: end + 1] if stored(s) & named(ast.parse(told)))
        if any(_is_metric(turn, one) for one in (ast.parse(told), *made)):
            continue
        text, before = _number(turn, end, told)
        names = [] if before is None else turn.responding(end, text, before)
        if names:
            found.append(Assumed(turn.loop.then(end, _falling(text)), names, is_meant))
    return [*found, *meant(turn)]


def meant(turn: Turn) -> list[Assumed]:
    """The losses that no statement computes."""
    return [
        Assumed(turn.loop.then(one.end, one.loss), one.names, meant=True, counts=one.counts)
        for one in only_meant(turn)
    ]


def _at_once_with_gradients(turn: Turn) -> Iterator[Assumed]:
    """What a call before the loop computes: one number, and what has the shape of a parameter."""
    for statement in turn.loop.before:
        if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
            continue
        text = ast.unparse(statement.value)
        result = turn.result(NONE, text)
        if not isinstance(result, tuple):
            continue
        shapes = [np.shape(value) if isinstance(value, np.ndarray) else () for value in result]
        numbers = [i for i, value in enumerate(result) if isinstance(value, float)]
        for i, name in itertools.product(numbers[:1], turn.changed):
            held = turn.bound[name]
            shape = held.shape if isinstance(held, np.ndarray) and held.ndim else None
            loss, fits = f"{text}[{i}]", [k for k, s in enumerate(shapes) if s == shape]
            if len(fits) == 1 and turn.responds(name, NONE, loss, result[i]):
                yield Assumed(_falling(loss), [name], grads=f"{text}[{fits[0]}]")


def _beside_gradients(turn: Turn) -> Iterator[Assumed]:
    """Calls with the same arguments, of which one is called as the gradient of the other is."""
    statements = (*turn.loop.before, *turn.loop.body, *turn.loop.yields, *turn.loop.after)
    nodes = (node for statement in statements for node in ast.walk(statement))
    calls = {ast.unparse(n): n for n in nodes if isinstance(n, ast.Call) and n.args}
    for (text, call), (slope, other) in itertools.permutations(calls.items(), 2):
        same = [*map(ast.unparse, call.args)] == [*map(ast.unparse, other.args)]
        if same and "jac" in _known_as(other, turn).lower():
            yield from _of_residuals(turn, text, slope, named(call))
        if not (same and is_gradient_of(_known_as(other, turn), _known_as(call, turn))):
            continue
        for end, told in before_update(turn, text):
            before, gradient = turn.value(end, told), turn.result(end, slope)
            names = [name for name in turn.changed if name in named(call)]
            if before is None or not turn.fits(names, gradient):
                continue
            if all(turn.responds(name, end, told, before) for name in names):
                loss = told if turn.climbs(names, gradient) else _falling(told)
                grads = turn.loop.then(end, slope)
                yield Assumed(turn.loop.then(end, loss), names, grads=grads)


def _of_residuals(turn: Turn, text: str, slope: str, read: set[str]) -> Iterator[Assumed]:
    """Half the squares of what has a Jacobian: its gradient is the product of both.

    With a minus where what is squared is the target less the output.
    """
    for end, told in before_update(turn, text):
        value, jacobian = np.asarray(turn.result(end, told)), turn.result(end, slope)
        for name in (n for n in turn.changed if n in read):
            shape = (np.size(value), np.size(turn.bound[name]))
            if value.ndim != 1 or np.shape(jacobian) != shape:
                continue
            loss, grads = f"0.5 * np.sum({told} ** 2)", f"({slope}).T @ {told}"
            for text in (grads, f"-{grads}"):
                then = turn.loop.then(end, loss), [name], True, turn.loop.then(end, text)
                yield Assumed(*then)


def _known_as(call: ast.Call, turn: Turn) -> str:
    """The name of the function that is called, where it has another one here."""
    held = turn.bound.get(called(call))
    return held.__name__ if isinstance(held, types.FunctionType) else called(call)


def _of_the_batch(turn: Turn) -> Iterator[tuple[int, str]]:
    """A loss by its name, of what a call that trains is given, or one that makes gradients."""
    for call in (*turn.training(), *makes_gradients(turn)):
        for text in same_arguments(call, turn.owner(call), turn.bound, (*LOSS, *GAIN)):
            yield from before_update(turn, text)


def _falling(text: str) -> str:
    """What is to be maximised, with a minus."""
    tree = outer = ast.parse(text, mode="eval").body
    while not isinstance(outer, ast.Name | ast.Attribute):
        if isinstance(outer, ast.Call):
            outer = outer.func
        elif isinstance(outer, ast.Subscript):
            outer = outer.value
        elif isinstance(outer, ast.BinOp) and isinstance(outer.op, ast.Div):
            outer = outer.left
        else:
            return text
    gains = is_gain(outer.id if isinstance(outer, ast.Name) else outer.attr)
    return ast.unparse(ast.UnaryOp(ast.USub(), tree)) if gains else text


def risen(option: str) -> str:
    """The option without a minus: a gain, as its own gradient has it."""
    lines, text = parted(option)
    tree = ast.parse(text, mode="eval").body
    is_turned = isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub)
    return f"{lines}{ast.unparse(tree.operand)}" if is_turned else option  # type: ignore[attr-defined]


def _number(turn: Turn, end: int, text: str) -> tuple[str, float | None]:
    """What is told, or of a graph its data, of a record what is called a loss in it; its value."""
    value = turn.value(end, text)
    if value is not None:
        return text, value
    held = turn.result(end, text)
    if type(held) is tuple and _is_call_of_loss(text):
        first = f"{text}[0]"  # loss, cache = loss(W, x, t)
        return first, turn.value(end, first)
    members = getattr(held, "_fields", getattr(held, "__dict__", ()))
    names = [name for name in members if name == "data" or is_loss(name)]
    keys = [key for key in held if isinstance(key, str)] if isinstance(held, dict) else []
    within = [f"{text}.{name}" for name in names]
    within += [f"{text}[{key!r}]" for key in keys if is_loss(key)]
    values = ((one, turn.value(end, one)) for one in within)
    return next(((one, value) for one, value in values if value is not None), (text, None))


def _is_call_of_loss(text: str) -> bool:
    call = ast.parse(text, mode="eval").body
    return isinstance(call, ast.Call) and is_loss(called(call))


def _kept(turn: Turn) -> Iterator[tuple[int, str, bool]]:
    """Values that are kept: total += EXPRESSION, history.append(EXPRESSION), J, grads = CALL.

    And is it likely to be a loss? A product without a call may be anything.
    """
    updates = [turn.loop.body[i] for i in turn.changes]
    updates = [node for node in updates if _added(node) is None]  # as losses are added up
    updating = {name for update in updates for name in named(update) - stored(update)}
    training = [*turn.training()]
    for statement in turn.loop.body:
        for node in at_once(statement):
            values: list[ast.expr] = []
            if (part := _added(node)) is not None:
                values = [] if _is_update(node, part) else [part]
            elif (part := _taken_off(node, turn)) is not None:
                values = [] if _is_update(node, part) else [ast.UnaryOp(ast.USub(), part)]
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
                target = node.targets[0]
                if node.value in training:
                    values = [node.value]
                if isinstance(target, ast.Tuple) and not stored(target.elts[0]) & updating:
                    values = [ast.Subscript(node.value, ast.Constant(0), ast.Load())]
            elif isinstance(node, ast.Call) and called(node) == "append":
                values = node.args
            for value in values:
                parts = {type(part) for part in ast.walk(value)}
                if parts & {ast.Call, ast.BinOp}:
                    for end, text in before_update(turn, ast.unparse(value)):
                        yield end, text, ast.Call in parts


def _appended(turn: Turn) -> Iterator[tuple[int, str]]:
    """What a call that trains appends to a list of numbers: self.history.append(loss)."""
    for i in turn.changes:
        statement = turn.loop.body[i]
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
            continue
        turn.run(i)
        before = _lengths(turn.namespace)
        turn.run(i + 1)
        for text, n in _lengths(turn.namespace).items():
            if n == before.get(text, -1) + 1:
                yield i - 1, f"({ast.unparse(statement.value)}, {text}[-1])[1]"


def _lengths(held: Mapping[str, Any]) -> dict[str, int]:
    """Of lists of numbers in names and in attributes of objects, or of empty ones."""
    things = {name: value for name, value in held.items() if not name.startswith("_")}
    for name, value in [*things.items()]:
        if not isinstance(value, type | types.ModuleType):
            things |= {f"{name}.{key}": one for key, one in getattr(value, "__dict__", {}).items()}
    lists = {text: value for text, value in things.items() if isinstance(value, list)}
    return {
        text: len(value)
        for text, value in lists.items()
        if all(isinstance(one, float | np.floating) for one in value)
    }


def _is_update(node: ast.AST, part: ast.expr) -> bool:
    """Is a step added, as rate * (goal - value), and no loss?"""
    sides = (part.left, part.right) if isinstance(part, ast.BinOp) else ()
    names = {getattr(side, "attr", getattr(side, "id", "")) for side in sides}
    target, _ = moved(node)
    itself = target is not None and base(target) in named(part)
    return any(map(is_rate, names - {""})) or itself


def _added(node: ast.AST) -> ast.expr | None:
    """What is added to something: total += e, total = total + e."""
    _, by = moved(node)
    op = node.op if isinstance(node, ast.AugAssign) else getattr(getattr(node, "value", 0), "op", 0)
    return by if isinstance(op, ast.Add) else None


def _taken_off(node: ast.AST, turn: Turn) -> ast.expr | None:
    """What is subtracted from a number: total -= np.log(p)."""
    if not (isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Sub)):
        return None
    name = node.target.id if isinstance(node.target, ast.Name) else ""
    return node.value if isinstance(turn.bound.get(name), float) else None


def at_once(statement: ast.AST) -> Iterator[ast.AST]:
    """What runs once a turn: nothing in loops inside."""
    yield statement
    for node in ast.iter_child_nodes(statement):
        if not isinstance(node, ast.For | ast.While | ast.FunctionDef | ast.Lambda):
            yield from at_once(node)


class _Set(NamedTuple):
    """A statement, in one of the body, that sets a name that is a loss's.

    added   does it add to what was begun in this turn?
    """

    i: int
    node: ast.Assign | ast.AugAssign | ast.NamedExpr
    name: str
    added: bool


def _sets(turn: Turn) -> Iterator[_Set]:
    begun: set[str] = set()  # in this turn: else it is a running average
    for i, statement in enumerate(turn.loop.body):
        for node in ast.walk(statement):
            if not isinstance(node, ast.Assign | ast.AugAssign | ast.NamedExpr):
                continue
            names = stored(_target(node))
            old = names if isinstance(node, ast.AugAssign) else names & named(node.value)
            for name in filter(is_loss, (names - old) | (old & begun)):
                if not (_is_residual(name, node.value) or _is_slope(node.value)):
                    yield _Set(i, node, name, name in old)
            begun |= names - old


def _is_gain(one: _Set) -> bool:
    """J = expected_reward(theta): its name leaves open what the call tells."""
    if any(word in one.name.lower() for word in LOSS) or isinstance(one.node, ast.AugAssign):
        return False
    pairs = assigned(one.node) if isinstance(one.node, ast.Assign) else [(one.name, one.node.value)]
    values = [ast.unparse(value) for name, value in pairs if name == one.name]
    return any(_falling(value) != value for value in values)


def added_up(turn: Turn) -> set[str]:
    """The names of losses that are added up in a turn, sample by sample."""
    return {one.name for one in _sets(turn) if one.added}


def _told(turn: Turn) -> Iterator[tuple[int, str]]:
    """Expressions that are the loss, by their names, each after the statement that it needs."""
    body, first = turn.loop.body, min(turn.changes)
    direct = [
        (one.name.lower() in _PLAIN, one.i, f"-{one.name}" if _is_gain(one) else one.name)
        for one in _sets(turn)
        if (one.added or one.node in at_once(body[one.i])) and not _is_metric(turn, one.node.value)
    ]
    for _, i, told in sorted(direct, reverse=True):  # the sum of several parts comes last
        yield i, told
    for i, call in _called_so(turn):
        if i < first:
            yield from before_update(turn, ast.unparse(call))
            yield i - 1, ast.unparse(call)  # where it stands, for calls may have made what it reads


def _is_metric(turn: Turn, value: ast.AST) -> bool:
    """Is it of absolute values, of which the file has no derivative? It is only looked at.

    Or does it call what computes them; or counts what is equal. Absolute values that are squared,
    compared, or under a logarithm are those of Huber's loss and its like.
    """
    names = {called(node) for node in ast.walk(value) if isinstance(node, ast.Call)}
    nodes = ast.walk(ast.parse(turn.source)) if names else ()
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name in names]
    inner = [node for part in (value, *functions) for node in ast.walk(part)]
    names |= {called(node) for node in inner if isinstance(node, ast.Call)}
    equal = (op for n in ast.walk(value) if isinstance(n, ast.Compare) for op in n.ops)
    counts = any(isinstance(op, ast.Eq) for op in equal)  # an accuracy
    shaped = any(isinstance(node, ast.Pow | ast.Compare) for node in inner) or names & _SHAPED
    plain = names & {"abs", "absolute", "fabs"} and not shaped
    return counts or (bool(plain) and not _SIGN.search(turn.source))


def _packed(turn: Turn) -> dict[str, ast.expr]:
    """What is put together of names after an update: model = {"W": W, "b": b}."""
    made = (s for s in turn.loop.body[min(turn.changes) :] if isinstance(s, ast.Assign))
    return {
        s.targets[0].id: s.value
        for s in made
        if isinstance(s.targets[0], ast.Name)
        and isinstance(s.value, ast.Dict | ast.Tuple | ast.List)
    }


def _told_later(turn: Turn) -> Iterator[tuple[int, str]]:
    """The same after the update: perhaps of all the data, and not of those that it was made for."""
    first = min(turn.changes)
    sets = ((one.i, one.node.value) for one in _sets(turn) if not one.added)
    for i, node in sorted([*sets, *_called_so(turn)], key=lambda one: one[0]):
        if i >= first:
            yield from before_update(turn, ast.unparse(inlined(node, _packed(turn))))


def _afterwards(turn: Turn) -> Iterator[tuple[int, str]]:
    """What is computed when the loop is done, in one expression of what it trains."""
    values: dict[str, ast.expr] = {}
    for statement in turn.loop.after:
        for node in at_once(statement):
            if isinstance(node, ast.Call) and is_loss(called(node)):
                yield from before_update(turn, ast.unparse(inlined(node, values)))
        if not isinstance(statement, ast.Assign):
            continue
        value, (target, *_) = inlined(statement.value, values), statement.targets
        names = target.elts if isinstance(target, ast.Tuple) else [target]
        for i, name in enumerate(names):
            if isinstance(name, ast.Name):
                item = ast.Subscript(value, ast.Constant(i), ast.Load())
                values[name.id] = item if isinstance(target, ast.Tuple) else value
                if is_loss(name.id):
                    yield from before_update(turn, ast.unparse(values[name.id]))


def _called_so(turn: Turn) -> Iterator[tuple[int, ast.expr]]:
    """Calls of what has the name of a loss, with the statements that they stand in."""
    for i, statement in enumerate(turn.loop.body):
        for node in ast.walk(statement):
            if isinstance(node, ast.Call) and is_loss(called(node)) and not _is_slope(node):
                yield i, node


def _target(node: ast.Assign | ast.AugAssign | ast.NamedExpr) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def _printed(turn: Turn) -> Iterator[tuple[int, str]]:
    """What the loop prints, logs or yields: names, and what is computed for it."""
    nodes = (n for s in turn.loop.body for n in ast.walk(s) if isinstance(n, ast.Call))
    given = [*turn.loop.yields]
    for call in (node for node in nodes if called(node) in PRINTS):
        given += [*call.args, *(keyword.value for keyword in call.keywords)]
    values = itertools.chain.from_iterable(map(_parts, given))
    packed = _packed(turn)
    shown = dict.fromkeys(ast.unparse(inlined(value, packed)) for value in values)
    for text in shown:
        yield from before_update(turn, text)


def _parts(value: ast.expr) -> Iterator[ast.expr]:
    """The expressions in what is printed: in f"{x:.3f}", "%d" % (i, x), round(float(x), 3)."""
    if isinstance(value, ast.JoinedStr):
        for part in value.values:
            if isinstance(part, ast.FormattedValue):
                yield from _parts(part.value)
    elif isinstance(value, ast.BinOp) and isinstance(value.left, ast.Constant):
        yield from _parts(value.right)
    elif isinstance(value, ast.Tuple | ast.List):
        for part in value.elts:
            yield from _parts(part)
    elif isinstance(value, ast.Call) and called(value) in ("format", "round", "float", "str"):
        for part in value.args:
            yield from _parts(part)
    elif not isinstance(value, ast.Constant):
        yield value


def _is_slope(value: ast.expr) -> bool:
    """error = mse_prime(y, out), error = layer.backward(error): no loss, but its gradient."""
    name = called(value).lower() if isinstance(value, ast.Call) else ""
    return is_gradient(name) or any(word in name for word in ("back", "prime", "deriv"))


def _is_residual(name: str, value: ast.expr) -> bool:
    """error = y - t: no loss yet."""
    return "err" in name.lower() and isinstance(value, ast.BinOp) and isinstance(value.op, ast.Sub)
