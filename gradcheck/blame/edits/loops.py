"""What a loop does in the wrong order, at the wrong place, or not at all for its next turn."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping
from typing import Any, TypeGuard

import numpy as np

from ..sight import Sight
from ..site import Edit
from ..syntax import binary, doing, named, parse
from ..values import is_floating, shape_of
from .lines import after, before


def loops(statement: ast.stmt, parents: Mapping[ast.AST, ast.AST], sight: Sight) -> Iterator[Edit]:
    """What is not handed on to the next turn, a return inside, and the opposite order."""
    loop = parents.get(statement)
    body = doing(loop.body) if _is_for(loop) else []
    if _is_for(loop) and body[-1:] == [statement]:
        for name in sorted(_never_set(loop)):
            yield from _set_at_last(name, statement, sight)
        for name in sorted(carried(loop)):
            value = sight.value(ast.Name(name, ast.Load()))
            for atom in sight.like(np.shape(value)) if is_floating(value) else ():
                product = binary(ast.Name(name, ast.Load()), ast.Mult(), atom.tree)
                yield after(statement, _assigned(name, product), "recurrence", 1.5)
    if _is_for(loop) and body and statement in (body[0], body[-1]):
        beside = before if statement is body[0] else after
        for new in _coupled(loop, sight):
            yield beside(statement, new, "missing-term", 1.75)
    if isinstance(statement, ast.Return):
        yield from _dedents(statement, parents)
    if isinstance(statement, ast.For):
        order, backwards = statement.iter, _backwards(statement.iter)
        yield Edit({order: backwards}, order, "recurrence", 1.3, "in the opposite order")


def _set_at_last(name: str, statement: ast.stmt, sight: Sight) -> Iterator[Edit]:
    """A variable that was set to nothing before the loop, set by its last line to something."""
    value = sight.value(ast.Name(name, ast.Load()))
    for atom in sight.like(np.shape(value)) if is_floating(value) else ():
        if atom.text != name and not np.any(value) and np.any(atom.value):
            yield after(statement, _assigned(name, atom.tree), "recurrence", 1.4)
    for tree in _passed_back(value, sight):
        yield after(statement, _assigned(name, tree), "recurrence", 1.5)


def _assigned(name: str, value: ast.expr) -> ast.Assign:
    return ast.Assign([ast.Name(name, ast.Store())], value)


def _backwards(order: ast.expr) -> ast.expr:
    if isinstance(order, ast.Call) and named(order) == "reversed":
        return order.args[0]
    listed = ast.Call(ast.Name("list", ast.Load()), [order], [])
    return ast.copy_location(ast.Call(ast.Name("reversed", ast.Load()), [listed], []), order)


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


def _is_for(node: ast.AST | None) -> TypeGuard[ast.For]:
    return isinstance(node, ast.For)


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


def rebuilt_without(loop: Any, statement: ast.stmt) -> ast.stmt:
    body = [s for s in loop.body if s is not statement] or [ast.Pass()]
    fields = dict(ast.iter_fields(loop))
    fields["body"] = body
    shorter: ast.stmt = type(loop)(**fields)
    return ast.fix_missing_locations(ast.copy_location(shorter, loop))
