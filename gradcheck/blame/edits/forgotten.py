"""A line that was forgotten, and is much like one that is there."""

from __future__ import annotations

import ast
import itertools
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...pieces import spreads
from ..sight import Atom, Sight
from ..site import Edit
from ..syntax import first_target, named, opposite, parse, reading, substituted, unparsed, words
from ..values import is_floating, is_number, is_numeric, shape_of
from .lines import after, instead
from .starved import is_starved
from .targets import writable

_WORD = re.compile(r"(?<!\w)[A-Za-z_]\w*|(?<=\[)-?\d+(?=\])")
_NUMBER = re.compile(r"\d*$")
MOST = 3  # letters by which the names of siblings differ


def forgotten(statement: ast.stmt, block: Sequence[ast.stmt], sight: Sight) -> Iterator[Edit]:
    """After this line another one: for a sibling, for what is zero, into another place."""
    beside = set(map(_words, block))
    below = block[block.index(statement) + 1 :][:1] if statement in block else []
    last = not any(unparsed(s).split("(")[0] == unparsed(statement).split("(")[0] for s in below)
    for name, new in _for_idle(statement, sight):
        why = f"{name} is used nowhere"
        yield after(statement, new, "missing-term", 1.4 - 0.1 * last, why)
    for new in _to_clear(statement, sight):
        if _words(new) not in beside:
            yield after(statement, new, "accumulation", 1.0)
    if isinstance(statement, ast.AugAssign) or _adds(statement):
        for new in _for_siblings(statement, sight):  # hardly mends by chance
            if _words(new) not in beside and not _repeats(statement, new, sight):
                into = reading(first_target(new))
                nothing = is_starved(Atom(unparsed(into), into, sight.value(into)), sight)
                kind = "missing-gradient" if nothing else "missing-term"
                yield after(statement, new, kind, 1.0 - 0.1 * last)
                other = _made_alike(new, statement, block)
                if other is not None:  # beside the other line that is about the same
                    yield after(other, new, kind, 0.8)
    for new in _called_beside(statement, block, sight):
        yield instead(statement, new, "missing-term", 1.1, f"{unparsed(new)} instead")
    for new in _like_siblings(statement, block, sight):
        yield instead(statement, new, "missing-term", 1.2, f"{unparsed(new)} instead")
    for new in _uses(statement, sight):
        yield after(statement, new, "missing-term", 1.75)
    if not isinstance(statement, ast.AugAssign):
        return
    for new in _elsewhere(statement, sight):
        yield after(statement, new, "missing-term", 1.6)
    parts = {unparsed(n) for n in ast.walk(statement.value) if isinstance(n, ast.expr)}
    for made_of, new in _for_zeros(sight):
        # beside another gradient that is made of the same
        fits = isinstance(statement.op, ast.Add) and made_of in parts
        yield after(statement, new, "missing-gradient", 1.6 - 0.1 * fits)


def _repeats(statement: Any, new: Any, sight: Sight) -> bool:
    """Is it the line itself in other words, x.dot(d) for d.dot(x)?"""
    if unparsed(first_target(new)) != unparsed(first_target(statement)):
        return False
    one, other = sight.value(statement.value), sight.value(new.value)
    return np.shape(one) == np.shape(other) and is_numeric(one) and np.allclose(one, other)


def _uses(statement: ast.stmt, sight: Sight) -> Iterator[ast.stmt]:
    """dE += d.T @ h after a line with d: of a parameter's gradient what comes from another use."""
    module, here = sight.numeric_module(), words(statement)
    if not module or isinstance(statement, ast.Return):
        return
    sums = [
        a
        for a in sight.arrays
        if a.shape in sight.lacking and is_floating(a.value) and a not in sight.weights
    ]
    errors = [a for a in sight.arrays if a.text in here and sight.is_cotangent(a.value)]
    for error in errors if sums else ():
        for other in sight.arrays:
            if other is error or other in sight.weights or len(other.shape) != len(error.shape):
                continue
            for one, two in ((error, other), (other, error)):
                text = f"{module}.outer({one.text}, {two.text})"
                if len(one.shape) > 1:
                    text = f"{one.text}.T @ {two.text}"
                shape = shape_of(sight.value_of(text))
                for into in sums:
                    if into.shape == shape and into is not other:
                        yield ast.parse(f"{into.text} += {text}").body[0]


def _words(statement: ast.stmt) -> tuple[str, ...]:
    """In any order: b -= rate * db is there already where b -= db * rate is."""
    return tuple(sorted(re.findall(r"\w+|\S", unparsed(statement))))


def _to_clear(statement: ast.stmt, sight: Sight) -> Iterator[ast.stmt]:
    """layer.b.grad[:] = 0 beside layer.w.grad[:] = 0."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Constant):
        return
    target = statement.targets[0]
    if not isinstance(target, ast.Subscript) or statement.value.value != 0:
        return
    parts = unparsed(target.value).split(".")
    for atom in sight.arrays:
        others = atom.text.split(".")
        if len(others) == len(parts) and sum(map(str.__ne__, others, parts)) == 1:
            whole = ast.Subscript(atom.tree, target.slice, ast.Load())
            yield ast.parse(f"{unparsed(whole)} = 0").body[0]


def _made_alike(new: ast.stmt, sibling: ast.stmt, block: Sequence[ast.stmt]) -> ast.stmt | None:
    """The last line of the block that reads what is new here, beside its sibling."""
    fresh = set(_WORD.findall(unparsed(new))) - set(_WORD.findall(unparsed(sibling)))
    fresh = {word for word in fresh if not word.isdigit()}
    adds = [s for s in block if s is not sibling and isinstance(s, ast.AugAssign)]
    alike = [s for s in adds if fresh & set(_WORD.findall(unparsed(s)))]
    if not alike:  # self.b2 beside self.W2
        numbers = {_number(word) for word in fresh} - {""}
        alike = [
            s for s in adds if numbers & {_number(w) for w in _WORD.findall(unparsed(s.target))}
        ]
    return alike[-1] if alike else None


def unpacked(statement: ast.stmt, block: Sequence[ast.stmt], sight: Sight) -> Iterator[ast.stmt]:
    """dx = dx + dy before this line, where the line before made dx, among others."""
    at = block.index(statement) if statement in block else 0
    before = block[at - 1] if at else None
    target = before.targets[0] if isinstance(before, ast.Assign) else None
    for part in target.elts if isinstance(target, ast.Tuple) else ():
        if not isinstance(part, ast.Name):
            continue
        value: Any = sight.value_of(part.id)
        for atom in sight.like(np.shape(value)) if is_floating(value) else ():
            if atom.text != part.id:
                yield ast.parse(f"{part.id} = {part.id} + {atom.text}").body[0]


def left_over(statement: ast.stmt, sight: Sight) -> Iterator[tuple[str, ast.stmt]]:
    """x += rest / n before this line that reads x, for a rest that is computed and used nowhere.

    With the text of the rest.
    """
    if isinstance(statement, ast.FunctionDef | ast.For | ast.While | ast.If):
        return
    rests = [a for a in (*sight.arrays, *sight.floats) if a.text in sight.idle and np.any(a.value)]
    read = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)} if rests else set()
    named = sorted(sight.counts, key=lambda count: len(count.text))
    counts = {count.value: f" / {count.text}" for count in reversed(named) if count.value > 1}
    for rest in rests:
        for atom in sight.arrays if is_floating(rest.value) else ():
            if _base(atom.tree) not in read or not is_floating(atom.value):
                continue
            for text in _fitting(rest, atom):
                for scale in ("", *counts.values()):
                    line = f"{atom.text} = {atom.text} + {text}{scale}"
                    yield rest.text, ast.parse(line).body[0]


def _base(tree: ast.AST) -> str:
    """The list, or the variable, that this is an item of."""
    while isinstance(tree, ast.Subscript):
        tree = tree.value
    return unparsed(tree)


def _fitting(rest: Atom, atom: Atom) -> Iterator[str]:
    """Forms of the one that spread onto the other: x, and x[:, None] that was summed over."""
    if spreads(rest.shape, atom.shape):
        yield rest.text
    for axis in range(len(rest.shape)):
        if rest.shape == (*atom.shape[:axis], *atom.shape[axis + 1 :]):
            yield f"{rest.text}[{':, ' * axis}None]"


def _for_idle(statement: ast.stmt, sight: Sight) -> Iterator[tuple[str, ast.stmt]]:
    """The same line once more, for a variable that is computed and never used.

    back(dep, mp) is followed by back(den, mn), dvar = dvar + kvar by dmean = dmean + kmean: the
    letters that tell one name from the other tell the other names apart, too.
    """
    if not isinstance(statement, ast.Expr | ast.AugAssign | ast.Assign):
        return
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    for used in sorted(names):
        for idle in sorted(sight.idle & set(sight.names)):
            old, new = _apart(used, idle)
            if not old or not new or len(old) == len(used):
                continue
            known = {name: name.replace(old, new) for name in names}
            line = _renamed(statement, {a: b for a, b in known.items() if b in sight.names})
            if line is None:
                continue
            if isinstance(line, ast.Expr) or unparsed(first_target(line)) != unparsed(
                first_target(statement)
            ):
                yield idle, line
            for argument in reversed(line.value.args) if _calls(line) else ():
                if is_floating(sight.value(argument)):  # what one gains the other loses
                    less = ast.UnaryOp(ast.USub(), argument)
                    yield idle, substituted(line, argument, less)


def _calls(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Call)


def _apart(one: str, other: str) -> tuple[str, str]:
    """What is different in two names: without the letters that both begin and end with."""
    start = _alike(one, other)
    one, other = one[start:], other[start:]
    end = _alike(one[::-1], other[::-1])
    return one[: len(one) - end], other[: len(other) - end]


def _alike(one: str, other: str) -> int:
    """How many letters both begin with."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _adds(statement: ast.stmt) -> bool:
    """Is more added to what is there: x = x + e?"""
    value = statement.value if isinstance(statement, ast.Assign) else None
    sums = isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub)
    return sums and unparsed(value.left) == unparsed(first_target(statement))  # type: ignore[union-attr]


def _for_siblings(statement: ast.stmt, sight: Sight) -> Iterator[ast.stmt]:
    """dW1 += reg * W1 beside dW2 += reg * W2: other numbers in the names, or other letters.

    Of what is added to the same sum two names must differ: dh += dr @ Ur.T beside dz @ Uz.T.
    """
    text = unparsed(statement)
    words = dict.fromkeys(_WORD.findall(text))
    known = dict.fromkeys(w for atom in sight.texts for w in _WORD.findall(atom))
    here = reading(first_target(statement))
    seen, held = {text}, sight.value(here)
    goal = set(_WORD.findall(unparsed(here)))
    for others in (*_numbered(words, known), *_lettered(words, known), *_exchanged(words)):
        changed = {a: b for a, b in others.items() if b in known and a != b}
        if len(changed) < 2 and goal.isdisjoint(changed):
            continue
        line = _renamed(statement, changed)
        told = unparsed(line) if line is not None else ""
        if told and told not in seen:
            seen.add(told)
            into, added = sight.value(reading(first_target(line))), sight.value(line.value)
            if into is not None and added is not None and type(into) is type(held):
                yield line


def _called_beside(
    statement: ast.stmt, block: Sequence[ast.stmt], sight: Sight
) -> Iterator[ast.stmt]:
    """da = f.back(dy) for da = dy, beside db = g.back(dz)."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Name):
        return
    calls = [s.value for s in block if isinstance(s, ast.Assign) and isinstance(s.value, ast.Call)]
    for call in calls:
        argument = call.args[0] if len(call.args) == 1 else None
        functions = [f for f in sight.functions if f.rpartition(".")[2] == named(call)]
        for function in functions if isinstance(argument, ast.Name) else ():
            made = f"{function}({unparsed(statement.value)})"
            yield ast.parse(f"{unparsed(statement.targets[0])} = {made}").body[0]


def _like_siblings(
    statement: ast.stmt, block: Sequence[ast.stmt], sight: Sight
) -> Iterator[ast.stmt]:
    """This line as another one of the block is written, with other numbers or letters."""
    if not isinstance(statement, ast.Assign | ast.AugAssign):
        return
    here, told = unparsed(first_target(statement)), {unparsed(statement)}
    mine = dict.fromkeys(_WORD.findall(unparsed(statement)))
    known = {w for atom in sight.texts for w in _WORD.findall(atom)} | set(mine)
    for other in block:
        if other is statement or type(other) is not type(statement):
            continue
        words = dict.fromkeys(_WORD.findall(unparsed(other)))
        for names in (*_numbered(words, mine), *_lettered(words, mine)):
            changed = {
                a: b
                for a, b in names.items()
                if b in known and not keyword.iskeyword(a) and a.isidentifier() == b.isidentifier()
            }
            line = _renamed(other, changed)
            if (
                line is not None
                and unparsed(first_target(line)) == here
                and unparsed(line) not in told
            ):
                told.add(unparsed(line))
                if sight.value(line.value) is not None:
                    yield line


def _numbered(words: Iterable[str], known: Iterable[str]) -> Iterator[dict[str, str]]:
    numbers = {_number(word) for word in known}
    for old in dict.fromkeys(_number(word) for word in words):
        for new in sorted(numbers - {old}):
            yield {word: word.removesuffix(old) + new for word in words if _number(word) == old}


def _lettered(words: Iterable[str], known: Iterable[str]) -> Iterator[dict[str, str]]:
    """Another word for one of them, and in the others the letters that differ."""
    for word in words:
        for other in known if word.isidentifier() else ():
            old, new = _apart(word, other)
            spelt = other.isidentifier() and not keyword.iskeyword(other)
            # pre is no sibling of dpre
            if spelt and word != other and new and max(len(old), len(new)) <= MOST:
                yield {each: each.replace(old, new) if old else each for each in words} | {
                    word: other
                }


def _exchanged(words: Iterable[str]) -> Iterator[dict[str, str]]:
    """b.grad += a.data * d beside a.grad += b.data * d."""
    for one, other in itertools.combinations([w for w in words if w.isidentifier()], 2):
        yield {one: other, other: one}


def _number(word: str) -> str:
    """The digits that a name ends in, or an index."""
    return word if word.lstrip("-").isdigit() else _NUMBER.search(word)[0]  # type: ignore[index]


def _renamed(statement: ast.stmt, names: Mapping[str, str]) -> Any:
    """The line with other words; None where that makes no line, as of the f of an f-string."""
    new = _WORD.sub(lambda word: names.get(word[0], word[0]), unparsed(statement))
    try:
        return ast.parse(new).body[0]
    except SyntaxError:
        return None


def _elsewhere(statement: ast.AugAssign, sight: Sight) -> Iterator[ast.stmt]:
    """dW[:, y[i]] -= x beside dW[:, j] += x: what one place gets another one gives."""
    target = reading(statement.target)
    if not isinstance(target, ast.Subscript) or not isinstance(statement.op, ast.Add | ast.Sub):
        return
    parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
    turning = [a for a in sight.counts if {n.id for n in _names(a.tree)} & sight.loops]
    for part in parts:
        if not _names(part) or not is_number(sight.value(part)):
            continue
        for atom in turning:
            if atom.text != unparsed(part):
                into = writable(substituted(target, part, atom.tree))
                for op in (opposite(statement.op), statement.op):
                    yield ast.AugAssign(into, op, statement.value)


def _names(tree: ast.AST) -> list[ast.Name]:
    return [n for n in ast.walk(tree) if isinstance(n, ast.Name)]


def _for_zeros(sight: Sight) -> Iterator[tuple[str, ast.stmt]]:
    """What adds to a gradient that is still zero everywhere; and the text of what it adds."""
    for zero in sight.arrays:
        if zero.value.any() or not zero.value.size or zero.value.dtype.kind != "f":
            continue
        for atom in sight.arrays:
            same = zero.shape == atom.shape and bool(np.any(atom.value))
            summed = atom.shape[1:] == zero.shape and len(zero.shape) == 1
            if same or summed:
                added = atom.tree if same else parse(f"({atom.text}).sum(axis=0)")
                yield atom.text, ast.AugAssign(writable(zero.tree), ast.Add(), added)
