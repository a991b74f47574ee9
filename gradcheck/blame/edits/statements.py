"""Whole statements: = for +=, a line too many or in the wrong place, results swapped."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..places import copies
from ..sight import Sight
from ..site import Edit, harmless, pure
from ..syntax import (
    VARIABLE,
    binary,
    doing,
    first_target,
    named,
    only_target,
    opposite,
    parse,
    reading,
    steps,
    unparsed,
)
from ..values import is_floating, is_numeric
from .exchanges import exchanges
from .forgotten import forgotten, left_over, unpacked
from .lines import after, at, before, instead
from .loops import loops, rebuilt_without
from .targets import narrowed, targets, writable
from .updates import updates

BEFORE = "input_gradient"  # the name of what is computed before an update, to be returned after it
MOST = 12  # arrays that are cleared at once


def statements(
    statement: ast.stmt, parents: Mapping[ast.AST, ast.AST], sight: Sight, value: Any = None
) -> Iterator[Edit]:
    """= for +=, a statement too many, in the wrong place, or with its results swapped.

    value   of its expression, where that is known
    """
    if isinstance(statement, ast.Assign):
        yield from _assigned(statement, sight)
    if isinstance(statement, ast.AugAssign):
        yield from _added(statement)
    for new in _masked(statement, sight):
        what = f"{unparsed(new)} instead"
        yield instead(statement, new, "wrong-activation-derivative", 1.2, what)
    for new in _thrown_away(statement, value, sight):
        what = f"{unparsed(new)[:40]}: its value is lost"
        yield instead(statement, new, "missing-term", 1.2, what)
    yield from _buffers(statement, parents, sight)
    for new in _other_end(statement):
        what = f"{unparsed(new)[:40]}: the other end"
        yield instead(statement, new, "swapped-gradients", 1.2, what)
    yield from exchanges(statement, sight)
    yield from targets(statement, sight)
    yield from narrowed(statement, sight)
    for new in _scattered(statement, sight):
        what = "np.add.at, which counts repeated indices"
        yield instead(statement, new, "scatter", 1.1, what)
    block = doing(_block(statement, parents))
    yield from _missing(statement, block, sight)
    yield from forgotten(statement, block, sight)
    for rest, new in updates(statement, root_above(statement, parents), sight):
        yield after(statement, new, "missing-gradient", 1.3 if rest in sight.idle else 1.5)
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
        yield Edit({statement: []}, statement, "wrong-operand", 1.5, "does not belong here")
        yield from _moves(statement, parents)
        yield from _together(statement, block)
    yield from _returned(statement, block)
    yield from loops(statement, parents, sight)


def _assigned(statement: ast.Assign, sight: Sight) -> Iterator[Edit]:
    """Another line for x = e: x += e, or x = e.copy()."""
    target, value = only_target(statement), statement.value
    if isinstance(target, VARIABLE):
        nothing = isinstance(value, ast.Constant) and value.value == 0  # to add it is to do nothing
        if sight.value(reading(target)) is not None and not nothing:
            added = ast.AugAssign(target, ast.Add(), value)
            yield instead(statement, added, "accumulation", 1.1, "+= instead of =")
        for new in _summed(target, value, sight):
            yield instead(statement, new, "accumulation", 1.15, f"{unparsed(new)} instead")
    if target is not None and isinstance(value, VARIABLE):
        fresh = ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])
        yield instead(statement, ast.Assign([target], fresh), "aliasing", 1.1, "a copy")


def _added(statement: ast.AugAssign) -> Iterator[Edit]:
    """Another line for x += e: x = e, x -= e, x = x + e."""
    target, op, value = statement.target, statement.op, statement.value
    plain = ast.Assign([target], value)
    other_sign = isinstance(op, ast.Sub)  # that is two changes at once
    yield instead(statement, plain, "accumulation", 1.1 + 0.3 * other_sign, "= instead of +=")
    if isinstance(op, ast.Add | ast.Sub):
        turned = ast.AugAssign(target, opposite(op), value)
        yield instead(statement, turned, "sign", 1.1, "the opposite sign of the update")
    if isinstance(target, ast.Name):
        apart = ast.Assign([target], binary(reading(target), op, value))
        what = "a new array instead of a change in place"
        yield instead(statement, apart, "aliasing", 1.2, what)


def _buffers(
    statement: ast.stmt, parents: Mapping[ast.AST, ast.AST], sight: Sight
) -> Iterator[Edit]:
    """What is kept from an earlier call: refreshed in any case, or cleared at the beginning."""
    if isinstance(statement, ast.If) and _keeps_the_first(statement):
        yield Edit({statement: statement.body}, statement, "stale-buffer", 1.2, "in any case")
    above = parents.get(statement)
    if isinstance(above, ast.FunctionDef) and statement in _first(above):
        for lines in _cleared(sight):
            what = f"{'; '.join(map(unparsed, lines))} is missing before it"
            new = [*(at(line, statement) for line in lines), statement]
            yield Edit({statement: new}, statement, "accumulation", 1.2, what)
    for line in _kept(statement):
        what = f"{unparsed(line)[:40]} in any case"
        yield instead(statement, line, "stale-buffer", 1.1, what)


def _missing(statement: ast.stmt, block: Sequence[ast.stmt], sight: Sight) -> Iterator[Edit]:
    """A line that is missing before this one, which reads what it would set."""
    for new in _rebound(statement, block, sight):
        yield before(statement, new, "missing-activation-derivative", 1.45)
    for new in _averaged(statement, block, sight):
        yield before(statement, new, "scale", 1.4)
    for new in unpacked(statement, block, sight):
        yield before(statement, new, "missing-term", 1.45)
    for rest, new in left_over(statement, sight):
        made = [s for s in block if isinstance(s, ast.Assign) and unparsed(s.targets[0]) == rest]
        if made and made[-1] is not statement:  # where it was just computed
            yield after(made[-1], new, "missing-term", 1.35)
        yield before(statement, new, "missing-term", 1.4)


def root_above(node: ast.AST, parents: Mapping[ast.AST, ast.AST]) -> ast.AST:
    """The function, or the lines of a script, in which this stands."""
    while node in parents and not isinstance(node, ast.FunctionDef):
        node = parents[node]
    return node


def _summed(target: ast.expr, value: ast.expr, sight: Sight) -> Iterator[ast.stmt]:
    """x = e added to what is there, where there may be nothing yet, or a list of arrays."""
    here = unparsed(reading(target))
    held, added = sight.value_of(here), f"({unparsed(value)})"
    two = value.args if isinstance(value, ast.Call) and not harmless(value) else []
    if len(two) == 2 and held is not None and unparsed(two[0]) != here:  # plus(x, plus(a, b))
        yield ast.parse(f"{here} = {unparsed(value.func)}({here}, {added})").body[0]  # type: ignore[attr-defined]
    if isinstance(target, ast.Name) and sight.value_of(unparsed(value)) is not None:
        for function in sight.joining:  # x = g if x is None else merge(x, g)
            more = f"{function}({here}, {added})"
            yield ast.parse(f"{here} = {added} if {here} is None else {more}").body[0]
    if isinstance(held, list | tuple) and len(held) and all(map(is_numeric, held)):
        yield ast.parse(f"{here} = [a + b for a, b in zip({here}, {added})]").body[0]
    elif isinstance(target, ast.Attribute | ast.Name) and held is None:
        yield ast.parse(f"{here} = {added} if {here} is None else {here} + {added}").body[0]
    elif isinstance(target, ast.Subscript):
        table = unparsed(target.value)
        if isinstance(sight.value_of(table), dict) and held is None:
            so_far = f"{table}.get({unparsed(target.slice)}, 0)"
            yield ast.parse(f"{here} = {so_far} + {added}").body[0]


def _first(function: ast.FunctionDef) -> list[ast.stmt]:
    """The first line of a function, after what it says of itself."""
    says = ast.get_docstring(function, clean=False) is not None
    return function.body[says : says + 1]


def _cleared(sight: Sight) -> Iterator[list[ast.stmt]]:
    """Zeros for the arrays that are added to in place: all of them, and each alone."""
    sums = [
        atom.text
        for atom in sight.arrays
        if isinstance(atom.tree, ast.Name | ast.Attribute)
        and is_floating(atom.value)
        and atom.text.rpartition(".")[2] in sight.grown
    ][:MOST]
    lines = [ast.parse(f"{text}[...] = 0").body[0] for text in sums]
    if lines:
        yield lines
    yield from ([line] for line in lines if len(lines) > 1)


def _keeps_the_first(guard: ast.If) -> bool:
    """Does it set something only where there is nothing: if not hasattr(self, "x"): self.x = x?

    Nothing else is done in any case: who knows what it writes, or raises.
    """
    tests = [n for n in ast.walk(guard.test) if isinstance(n, ast.Compare | ast.Call)]
    asks = any(
        named(n) == "hasattr" or isinstance(getattr(n, "ops", [None])[0], ast.Is | ast.NotIn)
        for n in tests
    )
    sets = all(isinstance(line, ast.Assign) and pure(line) for line in guard.body)
    return asks and sets and not guard.orelse


def _kept(statement: ast.stmt) -> Iterator[ast.stmt]:
    """x[key] = value for x.setdefault(key, value)."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if named(call) == "setdefault" and len(call.args) == 2:  # type: ignore[union-attr]
        held, (key, value) = unparsed(call.func.value), map(unparsed, call.args)  # type: ignore[union-attr]
        yield ast.parse(f"{held}[{key}] = {value}").body[0]


def _other_end(statement: ast.stmt) -> Iterator[ast.stmt]:
    """A list that is filled from its other end."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return
    held = unparsed(call.func.value)
    if call.func.attr == "append" and len(call.args) == 1:
        yield ast.parse(f"{held}.insert(0, {unparsed(call.args[0])})").body[0]
    elif call.func.attr == "insert" and len(call.args) == 2:
        yield ast.parse(f"{held}.append({unparsed(call.args[1])})").body[0]


def _rebound(statement: ast.stmt, block: Sequence[ast.stmt], sight: Sight) -> Iterator[ast.stmt]:
    """d = d * f'(z) before this line, where d is read here and further down."""
    if statement not in block or not isinstance(sight.derivatives, list):
        return
    at = block.index(statement)
    here, below, made = _read([statement]), _read(block[at + 1 :]), block[at - 1 : at]
    if made and isinstance(made[0], ast.Assign) and not copies(made[0].value):
        here -= {unparsed(target) for target in made[0].targets}  # its own line is edited, then
    for text in sorted(here & below):
        value = sight.value_of(text)
        for factor, slope in sight.derivatives if is_floating(value) else ():
            if np.shape(slope) == np.shape(value):
                new = binary(parse(text), ast.Mult(), factor)
                yield ast.Assign([writable(parse(text))], new)


def _averaged(statement: ast.stmt, block: Sequence[ast.stmt], sight: Sight) -> Iterator[ast.stmt]:
    """d /= n before this line, where the line before it has changed d in place."""
    at = block.index(statement) if statement in block else 0
    text = _changed_in_place(block[at - 1]) if at else ""
    if not is_floating(sight.value_of(text)) or text not in _read([statement]):
        return
    for atom in sight.counts:
        learned = sight.is_learned(sight.value_of(atom.text.partition(".shape[")[0]))
        if atom.value > 2 and not learned:  # the number of samples is no size of a parameter
            yield ast.parse(f"{text} /= {atom.text}").body[0]


def _changed_in_place(statement: ast.stmt) -> str:
    """d of d[i] -= 1, and of np.subtract(y, t, out=d)."""
    target = first_target(statement)
    if isinstance(target, ast.Subscript):
        return unparsed(reading(target.value))
    call = statement.value if isinstance(statement, ast.Expr) else None
    words = call.keywords if isinstance(call, ast.Call) else ()
    return next((unparsed(word.value) for word in words if word.arg == "out"), "")


def _read(statements: Sequence[ast.stmt]) -> set[str]:
    nodes = [n for s in statements for n in ast.walk(s) if isinstance(n, VARIABLE)]
    return {unparsed(n) for n in nodes if isinstance(n.ctx, ast.Load)}


def _masked(statement: ast.stmt, sight: Sight) -> Iterator[ast.stmt]:
    """d[z < 0] *= 0.1 for d[z < 0] = 0, and the other way round."""
    target = first_target(statement)
    value = getattr(statement, "value", None)
    index = sight.value(target.slice) if isinstance(target, ast.Subscript) else None
    masks = isinstance(index, np.ndarray) and index.dtype.kind == "b"
    if not masks or not isinstance(value, ast.Constant | ast.Name):
        return
    place = unparsed(reading(target))
    if isinstance(statement, ast.Assign):
        for atom in sight.floats:
            if 0 < float(atom.value) < 1:
                yield ast.parse(f"{place} *= {atom.text}").body[0]
    elif isinstance(statement, ast.AugAssign):
        yield ast.parse(f"{place} = 0").body[0]


def _thrown_away(statement: ast.stmt, value: Any, sight: Sight) -> Iterator[ast.stmt]:
    """x += f(y) and x = f(y) for f(y), whose value is a cotangent that goes nowhere."""
    if not isinstance(statement, ast.Expr) or not is_floating(value):
        return
    for atom in sight.like(np.shape(value)):
        if isinstance(atom.tree, ast.Name | ast.Attribute):
            for sign in ("+=", "="):
                yield ast.parse(f"{atom.text} {sign} {unparsed(statement.value)}").body[0]


def _scattered(statement: ast.stmt, sight: Sight) -> Iterator[ast.stmt]:
    """x[i] += e and x[i] = e as np.add.at, where i is an array of indices."""
    target = first_target(statement)
    module, value = sight.numeric_module(), getattr(statement, "value", None)
    plain = not isinstance(statement, ast.AugAssign) or isinstance(statement.op, ast.Add)
    if not isinstance(target, ast.Subscript) or value is None or not plain or not module:
        return
    parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
    indices = [sight.value(part) for part in parts if not isinstance(part, ast.Slice)]
    each = [i for index in indices for i in (index if isinstance(index, tuple) else (index,))]
    if any(np.ndim(i) > 0 for i in each):
        whole: ast.expr = target.slice
        if isinstance(whole, ast.Tuple):
            whole = ast.Tuple([_called(part) for part in parts], ast.Load())
        base = reading(target.value)
        yield ast.Expr(ast.Call(parse(f"{module}.add.at"), [base, _called(whole), value], []))


def _called(part: ast.expr) -> ast.expr:
    """A slice as it is written in a call: slice(1, None) for 1:."""
    if not isinstance(part, ast.Slice):
        return part
    low, high, step = (end or ast.Constant(None) for end in (part.lower, part.upper, part.step))
    ends = [low, high, step] if part.step else [low, high] if part.lower else [high]
    return ast.Call(ast.Name("slice", ast.Load()), ends, [])


def _block(statement: ast.stmt, parents: Mapping[ast.AST, ast.AST]) -> list[ast.stmt]:
    above = parents[statement]
    for name in ("body", "orelse", "finalbody"):
        block = getattr(above, name, None)
        if isinstance(block, list) and statement in block:
            return block
    return []


def _moves(statement: ast.stmt, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Edit]:
    """Later in its block: what is changed here is still needed below."""
    block = _block(statement, parents)
    here = block.index(statement) if statement in block else len(block)
    for there in range(here + 1, len(block)):
        if isinstance(block[there], ast.Return):
            break
        last = there == len(block) - 1 or isinstance(block[there + 1], ast.Return)
        if there - here <= 3 or last:
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                statement: [],
                block[there]: [block[there], statement],
            }
            what = f"belongs after line {block[there].lineno}"
            yield Edit(changes, statement, "updated-weights-used", 1.2, what)
    for there in range(here - 1, max(-1, here - 4), -1):
        changes = {statement: [], block[there]: [statement, block[there]]}
        what = f"belongs before line {block[there].lineno}"
        kind = "updated-weights-used" if steps(block[there]) else "stale-buffer"
        yield Edit(changes, statement, kind, 1.3, what)
    # out of the loop, to its beginning or its end
    above = parents[statement]
    if isinstance(above, ast.For | ast.While):
        out: dict[ast.AST, ast.AST | list[ast.stmt]] = {
            above: [statement, rebuilt_without(above, statement)]
        }
        yield Edit(out, statement, "accumulation", 1.3, "belongs before the loop")
        out = {above: [rebuilt_without(above, statement), statement]}
        yield Edit(out, statement, "updated-weights-used", 1.3, "belongs after the loop")


def _together(statement: ast.stmt, block: Sequence[ast.stmt]) -> Iterator[Edit]:
    """All updates that stand together, to the end."""
    here = block.index(statement) if statement in block else len(block)
    several = [*itertools.takewhile(steps, block[here:])]
    rest = block[here + len(several) :]
    if len(several) < 2 or not rest or (here and steps(block[here - 1])):
        return
    last = rest[-2] if isinstance(rest[-1], ast.Return) and len(rest) > 1 else rest[-1]
    if not isinstance(last, ast.Return):
        changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {line: [] for line in several}
        changes[last] = [last, *several]
        what = f"lines {statement.lineno} to {several[-1].lineno} belong after all gradients"
        yield Edit(changes, statement, "updated-weights-used", 1.2, what)


def _returned(statement: ast.stmt, block: Sequence[ast.stmt]) -> Iterator[Edit]:
    """What is computed and returned after an update, before it."""
    result = statement.value if isinstance(statement, ast.Return) else None
    first = next(filter(steps, block), None)
    if first is None or result is None or isinstance(result, ast.Name | ast.Constant):
        return
    line = ast.Assign([ast.Name(BEFORE, ast.Store())], result)
    changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
        first: [at(line, first), first],
        statement: [at(ast.Return(ast.Name(BEFORE, ast.Load())), statement)],
    }
    what = f"what is returned belongs before line {first.lineno}, which updates"
    yield Edit(changes, statement, "updated-weights-used", 1.1, what)
