"""Losses that no statement computes: they are meant by the difference of an output and a target."""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from .contents import BACKWARD, FORWARD, forwards, is_average, is_gradient, same_arguments
from .loop import NONE, called_upon, named, stored, touched
from .rates import base
from .turn import Turn
from .upto import called

# what the difference of an output and a target may be the gradient of
SUMS = (
    "np.sum(({out} - {target}) ** 2)",
    "-np.sum({target} * np.log({out}) + (1 - {target}) * np.log(1 - {out}))",
    "-np.sum({target} * np.log({out}))",
)
# and what it is that of where it alone is there; the second for targets of 0 and 1
DIFFERENCES = ("np.sum({out} ** 2)", "-np.sum(np.log(1 - np.abs({out})))")
PAIRS = 6  # of an output and a target that lie anywhere


class Pair(NamedTuple):
    """An output, and what it should be, as they are typed after a statement of the loop.

    target   "" where the output is less it already
    labels   the whole numbers of which the target is made, where it has a one for each
    """

    end: int
    out: str
    target: str
    labels: str = ""

    def losses(self, turn: Turn, weights: Iterable[Weight]) -> Iterator[tuple[int, str]]:
        """Each of SUMS that has a value, and after which statement: as it is, and weighed."""
        forms = SUMS if self.target else DIFFERENCES[:1]
        for loss in forms:
            yield self.end, loss.format(out=self.out, target=self.target)
        for weight in weights:
            end = max(self.end, weight.end)
            out = turn.result(self.end, self.out)
            if not weight.fits(out) or not np.array_equal(out, turn.result(end, self.out)):
                continue
            for loss in SUMS if self.target else DIFFERENCES:
                front, _, terms = loss.format(out=self.out, target=self.target).partition("np.sum(")
                each = f"({terms}" if " + " in terms else terms.removesuffix(")")
                yield end, f"{front}np.sum({weight.text} * {each})"

    def counts(self, turn: Turn) -> dict[int, str]:
        """What they may be a mean over: how many there are, and how that is typed."""
        like = self.target or self.out
        texts = [f"len({self.labels or like})", f"{like}.size", f"{like}.shape[-1]"]
        found = {turn.result(self.end, text): text for text in reversed(texts)}
        return {n: text for n, text in found.items() if type(n) is int and n > 1}


class Weight(NamedTuple):
    """What each sample counts, as an advantage or the weight of a class: it stays, and varies.

    end     the statement after which it is there
    of      what the loop multiplies by it
    begin   the statement after which that is as it is multiplied
    """

    end: int
    text: str
    shape: tuple[int, ...]
    of: str
    begin: int

    def fits(self, out: Any) -> bool:
        """Can each number of an output be multiplied by one of it?"""
        try:
            return bool(np.broadcast_shapes(self.shape, np.shape(out)) == np.shape(out))
        except ValueError:
            return False


class Meant(NamedTuple):
    """A loss that may be meant, the statement that it is computed after, what it responds to.

    counts   what it may be divided by, and how that is typed
    """

    end: int
    loss: str
    names: list[str]
    counts: dict[int, str]


def only_meant(turn: Turn) -> Iterator[Meant]:
    """The losses that may be meant.

    First of what the loop itself subtracts, then of what it calls a net with, then of what lies in
    its names and objects when an output was made.
    """
    known: set[tuple[str, str]] = set()
    weights = list(_weights(turn))
    alone = [Pair(w.begin, w.of, "") for w in weights if not isinstance(_parsed(w.of), ast.BinOp)]
    yield from _summed(turn, alone, weights, known)
    answered = False
    for found in (_subtracted, _of_calls, _anywhere):
        for meant in _summed(turn, found(turn), weights, known):
            answered = True
            yield meant
        if answered and found is not _subtracted:
            return


def _summed(
    turn: Turn, pairs: Iterable[Pair], weights: Sequence[Weight], known: set[tuple[str, str]]
) -> Iterator[Meant]:
    """The losses of pairs that are not known yet, where something trained makes a difference."""
    for pair in pairs:
        if (pair.out, pair.target) in known:
            continue
        known.add((pair.out, pair.target))
        names: list[str] = []
        for end, loss in pair.losses(turn, weights):
            before = turn.value(end, loss)
            if before is None:
                continue
            if not names:
                names = turn.responding(end, loss, before)
                names = [name for name in names if not is_average(name)]
                counts = pair.counts(turn)
            if names:
                yield Meant(end, loss, names, counts)


def _weights(turn: Turn) -> Iterator[Weight]:
    """What the loop multiplies by, before the update, of what its parameters change."""
    for k, statement in enumerate(turn.loop.body[: min(turn.changes)]):
        for node in ast.walk(statement):
            i, sides = k, list[tuple[ast.expr, ast.expr]]()
            if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Mult):
                sides.append((node.target, node.value))
                i -= node is statement  # before it is multiplied
            elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
                sides += [(node.left, node.right), (node.right, node.left)]
            for multiplied, factor in sides:
                text = _in_brackets(ast.unparse(factor).removeprefix("-"))
                of = ast.unparse(multiplied)
                value = turn.result(i, text)
                varies = _is_numeric(value) and np.unique(value).size > 1
                if varies and not turn.depends(i, text) and turn.depends(i, of):
                    yield Weight(_made(turn, i, text), text, np.shape(value), of, i)


def _made(turn: Turn, last: int, text: str) -> int:
    """The statement up to the last one after which the text has its value."""
    names = named(_parsed(text))
    ends = (n for n in range(last + 1) if touched(turn.loop.body[n]) & names)
    return max(ends, default=NONE)


def _subtracted(turn: Turn) -> Iterator[Pair]:
    """The outputs and targets that are subtracted, or given to one call, before the update.

    And what is the difference of an output and something else.
    """
    body, first = turn.loop.body, min(turn.changes)
    for k, node in [(k, node) for k, line in enumerate(body) for node in ast.walk(line)]:
        i, sides = min(k, first - 1), []  # an update may subtract them itself
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
            sides = [node.left, node.right]
        elif isinstance(node, ast.Call) and len(node.args) == 2 and all(map(base, node.args)):
            sides = [] if hasattr(builtins, called(node)) else node.args  # getattr(net, name)
        if i < 0:
            continue
        for out, target in itertools.permutations(map(ast.unparse, sides), 2):
            made, given = turn.result(i, out), turn.result(i, target)
            fits = _is_numeric(made) and _is_numeric(given) and np.shape(made) == np.shape(given)
            if not fits or np.asarray(made).dtype.kind != "f":
                continue
            if turn.depends(i, out) and not turn.depends(i, target):
                end = max(_made(turn, i, out), _made(turn, i, target))
                yield Pair(end, _in_brackets(out), _in_brackets(target))
        line = body[k]
        if i == k and sides and isinstance(line, ast.Assign) and node is line.value:
            yield from (Pair(i, name, "") for name in sorted(stored(line)))


def _is_numeric(value: Any) -> bool:
    return isinstance(value, np.ndarray | float | int | np.number) and np.size(value) > 0


def _in_brackets(text: str) -> str:
    return text if base(_parsed(text)) or isinstance(_parsed(text), ast.Call) else f"({text})"


def _shape(text: str, held: dict[str, Any]) -> tuple[int, ...] | None:
    try:
        shape: tuple[int, ...] = np.shape(eval(text, held))  # noqa: S307  text of the user's file
    except Exception:  # noqa: BLE001  the user's code
        return None
    return shape


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _of_calls(turn: Turn) -> Iterator[Pair]:
    """The output for what a training is given, and the target: query(x) and t of train(x, t)."""
    for call in (*turn.training(), *makes_gradients(turn)):
        for out in same_arguments(call, turn.owner(call), turn.bound, FORWARD):
            if any(word in out.lower() for word in BACKWARD):
                continue
            inputs = {ast.unparse(one) for one in _parsed(out).args}  # type: ignore[attr-defined]
            others = {ast.unparse(one): None for one in call.args}.keys() - inputs
            for target in sorted(o for o in others if base(_parsed(o)) not in turn.changed):
                for end, _ in before_update(turn, f"{out}, {target}"):
                    result, given = turn.result(end, out), turn.result(end, target)
                    many = isinstance(result, tuple)
                    made = {f"{out}[{i}]": one for i, one in enumerate(result if many else ())}
                    for text, one in (made or {out: result}).items():
                        arrays = isinstance(one, np.ndarray) and isinstance(given, np.ndarray)
                        if arrays and one.size == given.size and one.dtype.kind == "f":
                            yield Pair(end, text, target)


def makes_gradients(turn: Turn) -> Iterator[ast.Call]:
    """The calls in statements that set what is called a gradient, or call what makes it."""
    for statement in turn.loop.body:
        calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
        if isinstance(statement, ast.Assign):
            named_so = any(map(is_gradient, stored(statement)))
            yield from (
                c for c in calls if named_so or any(w in called(c).lower() for w in BACKWARD)
            )


def _anywhere(turn: Turn) -> Iterator[Pair]:
    """The outputs, made in the turn of what it trains, and what has their shape and stays.

    Whole numbers stand for their classes where they are as many as the output has samples. Before
    the update, or by it.
    """
    found: list[Pair] = []
    start, first = turn.values(NONE), min(turn.changes)
    for end in (first - 1, first):
        now = turn.values(end)
        moved = [turn.values(end, name) for name in turn.changed]
        out = [
            text
            for text, value in now.items()
            if text not in start or not value.equals(start[text])
            if any(text in other and not value.equals(other[text]) for other in moved)
            if text not in start or turn.is_anew(value.path, 0, end)  # no parameter
        ]
        still = [text for text in now if all(now[text].equals(o.get(text)) for o in moved)]
        for made, given in itertools.product(out, sorted(still, key=len)):
            shape, other = now[made].shape, now[given].shape
            if shape == other and len(shape):
                found.append(Pair(end, _as_array(made, turn), _as_array(given, turn)))
            elif len(shape) == 2 and now[given].is_whole and other in [(n,) for n in shape]:
                classes = shape[1] if other[0] == shape[0] else shape[0]
                coded = f"np.eye({classes})[{given}]" + ".T" * (other[0] != shape[0])
                if _shape(coded, turn.namespace) == shape:
                    found.append(Pair(end, made, coded, given))
        if found:
            break
    yield from found[:PAIRS]


def _as_array(text: str, turn: Turn) -> str:
    is_list = isinstance(eval(text, turn.namespace), list)  # noqa: S307  text of the user's file
    return f"np.array({text})" if is_list else text


def over_pairs(turn: Turn) -> Iterator[str]:
    """The mean of each of SUMS, or a half, over a list of pairs: a method takes the first ones."""
    held = turn.bound
    batches = [name for name, value in held.items() if _is_pairs(value)]
    outs = [f"{net}.{name}(x)" for net in turn.changed for name in forwards(held[net])]
    for batch, out, loss in itertools.product(batches, outs, (f"0.5 * {SUMS[0]}", *SUMS)):
        one = loss.format(out=out, target="y")
        yield f"sum({one} for x, y in {batch}) / len({batch})"


def _is_pairs(value: Any) -> bool:
    """Samples, each an input and a target."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, tuple) and len(one) == 2 for one in value)
        and all(isinstance(part, np.ndarray) for part in value[0])
    )


def before_update(turn: Turn, text: str) -> Iterator[tuple[int, str]]:
    """The expression after the last statement before the update that it needs, if so it can.

    Else after those that update, too: they may return what the loss is computed from.
    """
    body, first = turn.loop.body, min(turn.changes)
    used = named(ast.parse(text))
    told = [touched(s) | called_upon(s) | turn.fills(i) for i, s in enumerate(body)]
    needed = [i for i, names in enumerate(told) if used & names]
    made = {name for statement in body[:first] for name in stored(statement)}
    later = {name for statement in body[first:] for name in stored(statement)}
    if (used & later) - made - turn.bound.keys():
        yield max(needed), text
    else:
        yield max((i for i in needed if i < first), default=NONE), text
