"""Whole statements: = for +=, a line too many or in the wrong place, results swapped."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np

from ..places import copies
from ..sight import Sight
from ..site import Edit, harmless, pure
from ..syntax import VARIABLE, binary, first_target, named, parse, reading, steps, unparsed
from ..values import is_floating, is_numeric, shape_of
from .exchanges import exchanges
from .forgotten import forgotten, left_over, unpacked
from .targets import targets, writable
from .updates import updates

MOST = 12  # arrays that are cleared at once


def statements(
    statement: ast.stmt, parents: Mapping[ast.AST, ast.AST], sight: Sight, value: Any = None
) -> Iterator[Edit]:
    """= for +=, a statement too many, in the wrong place, or with its results swapped.

    value   of its expression, where that is known
    """

    def edit(new: list[ast.stmt], kind: str, cost: float, advice: str) -> Edit:
        return Edit({statement: new}, statement, kind, cost, advice)

    def copied(new: ast.stmt) -> list[ast.stmt]:
        return [ast.fix_missing_locations(ast.copy_location(new, statement))]

    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target, value = statement.targets[0], statement.value
        plain_target = isinstance(target, VARIABLE)
        if plain_target and sight.value(reading(target)) is not None:
            added = ast.AugAssign(target, ast.Add(), value)  # type: ignore[arg-type]
            yield edit(copied(added), "accumulation", 1.1, "+= instead of =")
        for new in _summed(target, value, sight) if plain_target else ():
            yield edit(copied(new), "accumulation", 1.15, f"{unparsed(new)} instead")
        if isinstance(value, VARIABLE):
            fresh = ast.Call(ast.Attribute(value, "copy", ast.Load()), [], [])
            yield edit(copied(ast.Assign([target], fresh)), "aliasing", 1.1, "a copy")
    if isinstance(statement, ast.AugAssign):
        plain = ast.Assign([statement.target], statement.value)
        other_sign = isinstance(statement.op, ast.Sub)  # that is two changes at once
        yield edit(copied(plain), "accumulation", 1.1 + 0.3 * other_sign, "= instead of +=")
        if isinstance(statement.op, ast.Add | ast.Sub):
            other = ast.Sub() if isinstance(statement.op, ast.Add) else ast.Add()
            turned = ast.AugAssign(statement.target, other, statement.value)
            yield edit(copied(turned), "sign", 1.1, "the opposite sign of the update")
        if isinstance(statement.target, ast.Name):
            fresh_value = binary(reading(statement.target), statement.op, statement.value)
            apart = ast.Assign([statement.target], fresh_value)
            yield edit(copied(apart), "aliasing", 1.2, "a new array instead of a change in place")
    for new in _masked(statement, sight):
        what = f"{unparsed(new)} instead"
        yield edit(copied(new), "wrong-activation-derivative", 1.2, what)
    for new in _thrown_away(statement, value, sight):
        yield edit(copied(new), "missing-term", 1.2, f"{unparsed(new)[:40]}: its value is lost")
    if isinstance(statement, ast.If) and _keeps_the_first(statement):
        yield edit(statement.body, "stale-buffer", 1.2, "in any case")
    above = parents.get(statement)
    if isinstance(above, ast.FunctionDef) and statement in _first(above):
        for lines in _cleared(sight):
            what = f"{'; '.join(map(unparsed, lines))} is missing before it"
            zeros = [line for new in lines for line in copied(new)]
            yield edit([*zeros, statement], "accumulation", 1.2, what)
    for new in _kept(statement):
        yield edit(copied(new), "stale-buffer", 1.1, f"{unparsed(new)[:40]} in any case")
    for new in _other_end(statement):
        yield edit(copied(new), "swapped-gradients", 1.2, f"{unparsed(new)[:40]}: the other end")
    yield from exchanges(statement, sight)
    yield from targets(statement, sight)
    for new in _scattered(statement, sight):
        yield edit(copied(new), "scatter", 1.1, "np.add.at, which counts repeated indices")
    block = _block(statement, parents)
    for new in _rebound(statement, block, sight):
        before = copied(new)
        what = f"{unparsed(new)} is missing before it"
        yield edit([*before, statement], "missing-activation-derivative", 1.45, what)
    for new in _averaged(statement, block, sight):
        what = f"{unparsed(new)} is missing before it"
        yield edit([*copied(new), statement], "scale", 1.4, what)
    for new in unpacked(statement, block, sight):
        what = f"{unparsed(new)} is missing before it"
        yield edit([*copied(new), statement], "missing-term", 1.45, what)
    for rest, new in left_over(statement, sight):
        made = [s for s in block if isinstance(s, ast.Assign) and unparsed(s.targets[0]) == rest]
        if made and made[-1] is not statement:  # where it was just computed
            line = ast.fix_missing_locations(ast.copy_location(new, made[-1]))
            what = f"then {unparsed(new)} is missing"
            yield Edit({made[-1]: [made[-1], line]}, made[-1], "missing-term", 1.35, what)
        what = f"{unparsed(new)} is missing before it"
        yield edit([*copied(new), statement], "missing-term", 1.4, what)
    yield from forgotten(statement, block, sight)
    for rest, new in updates(statement, root_above(statement, parents), sight):
        cost = 1.3 if rest in sight.idle else 1.5
        what = f"then {unparsed(new)} is missing"
        yield edit([statement, *copied(new)], "missing-gradient", cost, what)
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
        yield edit([], "wrong-operand", 1.5, "does not belong here")
        yield from _moves(statement, parents)
    loop = parents.get(statement)
    if isinstance(loop, ast.For) and loop.body[-1] is statement:
        for name in sorted(_never_set(loop)):
            value = sight.value(ast.Name(name, ast.Load()))
            for atom in sight.like(np.shape(value)) if is_floating(value) else ():
                if atom.text != name and not np.any(value) and np.any(atom.value):
                    step = ast.Assign([ast.Name(name, ast.Store())], atom.tree)
                    after = [statement, *copied(step)]
                    yield edit(after, "recurrence", 1.4, f"then {unparsed(step)} is missing")
            for tree in _passed_back(value, sight):
                step = ast.Assign([ast.Name(name, ast.Store())], tree)
                after = [statement, *copied(step)]
                yield edit(after, "recurrence", 1.5, f"then {unparsed(step)} is missing")
        for name in sorted(carried(loop)):
            value = sight.value(ast.Name(name, ast.Load()))
            for atom in sight.like(np.shape(value)) if is_floating(value) else ():
                product = binary(ast.Name(name, ast.Load()), ast.Mult(), atom.tree)
                step = ast.Assign([ast.Name(name, ast.Store())], product)
                after = [statement, *copied(step)]
                yield edit(after, "recurrence", 1.5, f"then {unparsed(step)} is missing")
    if isinstance(loop, ast.For) and statement in (loop.body[0], loop.body[-1]):
        for new in _coupled(loop, sight):
            what = f"{unparsed(new)} is missing"
            if statement is loop.body[0]:
                yield edit([*copied(new), statement], "missing-term", 1.75, f"{what} before it")
            else:
                yield edit([statement, *copied(new)], "missing-term", 1.75, f"then {what}")
    if isinstance(statement, ast.Return):
        yield from _dedents(statement, parents)
    if isinstance(statement, ast.For):
        backwards = ast.copy_location(
            ast.Call(
                ast.Name("reversed", ast.Load()),
                [ast.Call(ast.Name("list", ast.Load()), [statement.iter], [])],
                [],
            ),
            statement.iter,
        )
        inner = statement.iter
        if isinstance(inner, ast.Call) and named(inner) == "reversed":
            backwards = inner.args[0]  # type: ignore[assignment]
        yield Edit({inner: backwards}, inner, "recurrence", 1.3, "in the opposite order")


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


def _coupled(loop: ast.For, sight: Sight) -> Iterator[ast.stmt]:
    """x += y and x += dt * y, for two numbers that the turns of a loop hand on."""
    summed = {s.target.id for s in loop.body if isinstance(s, ast.AugAssign) and _is_name(s.target)}
    names = sorted(carried(loop) | summed | _never_set(loop))
    values = {name: sight.value_of(name) for name in names}
    numbers = {name: value for name, value in values.items() if isinstance(value, float)}
    still = _never_set(loop)  # nothing so far: it may be what is not handed on
    handed = [name for name, value in numbers.items() if name not in still or value == 0]
    factors = [a.text for a in sight.floats if isinstance(a.tree, ast.Name)]
    for one, other in itertools.permutations(handed, 2):
        for factor in ("", *(f"{text} * " for text in factors if text not in handed)):
            for sign in "+-":
                yield ast.parse(f"{one} {sign}= {factor}{other}").body[0]


def _passed_back(value: Any, sight: Sight) -> Iterator[ast.expr]:
    """W.T @ d and d @ W.T, where a value of this shape is still nothing."""
    if not is_floating(value) or np.any(value) or not np.ndim(value):
        return
    for weight in [a for a in sight.weights if len(a.shape) == 2]:
        for error in [a for a in sight.arrays if a not in sight.weights and np.any(a.value)]:
            for text in (f"{weight.text}.T @ {error.text}", f"{error.text} @ {weight.text}.T"):
                if shape_of(sight.value_of(text)) == np.shape(value):
                    yield parse(text)


def _is_name(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name)


def _never_set(loop: ast.For) -> set[str]:
    """Variables that a loop reads, and that were set to nothing before it: who sets them?"""
    names = [n for statement in loop.body for n in ast.walk(statement) if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    return read - {n.id for n in names if isinstance(n.ctx, ast.Store)}


def carried(loop: ast.For) -> set[str]:
    """Variables that a turn of the loop reads before it writes them."""
    written: set[str] = set()
    found: set[str] = set()
    for statement in loop.body:
        names = [n for n in ast.walk(statement) if isinstance(n, ast.Name)]
        found |= {n.id for n in names if isinstance(n.ctx, ast.Load)} - written
        written |= {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return found & written


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


def rebuilt_without(loop: Any, statement: ast.stmt) -> ast.stmt:
    body = [s for s in loop.body if s is not statement] or [ast.Pass()]
    fields = dict(ast.iter_fields(loop))
    fields["body"] = body
    shorter: ast.stmt = type(loop)(**fields)
    return ast.fix_missing_locations(ast.copy_location(shorter, loop))


def _dedents(statement: ast.Return, parents: Mapping[ast.AST, ast.AST]) -> Iterator[Edit]:
    """A return inside a loop, one or more levels further out."""
    above: Any = parents[statement]
    while isinstance(above, ast.For | ast.While | ast.If | ast.With):
        if isinstance(above, ast.For | ast.While):
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                above: [rebuilt_without(above, statement), statement]
            }
            yield Edit(changes, statement, "accumulation", 1.1, "belongs after the loop, not in it")
        above = parents.get(above)
