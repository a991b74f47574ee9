"""Sums that nothing is ever added to: a gradient that was set to zero, and then forgotten."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ...pieces import spreads
from ..sight import Atom, Sight
from ..site import Edit, Site
from ..syntax import named, parse, targets_of, unparsed
from .targets import writable

_ZERO = frozenset({"zeros", "zeros_like", "empty", "empty_like"})
_MADE = frozenset({"dict", "list", "array", "tuple", *_ZERO})
MOST = 6  # sums
FEW = 16  # quantities, of which products are made


def starved(
    statement: ast.stmt, parents: Mapping[ast.AST, ast.AST], sight: Sight
) -> Iterator[Edit]:
    """What such a sum lacks, added where that was just made, after a loop, or next to a line."""
    sums = [a for a in (*sight.arrays, *sight.floats) if is_starved(a, sight)][:MOST]
    if not sums:
        return
    before, below = _beside(statement, parents)
    for one in sums:
        for term, made_of in _terms(one, sight):
            line = ast.AugAssign(writable(one.tree), ast.Add(), term)
            line = ast.copy_location(line, statement)
            what = f"{unparsed(line)} is missing"
            fresh = before is not None and bool(set(_set_by(before)) & {made_of})
            if not isinstance(statement, ast.Return | ast.If):
                last = statement
                while isinstance(last, ast.For):
                    last = last.body[-1]
                after: dict[ast.AST, ast.AST | list[ast.stmt]] = {statement: [statement, line]}
                cost = 1.3 if _also_adds(statement, made_of) else 1.4
                cost += 0.02 * _also_adds(below, made_of)  # rather after the last of them
                yield Edit(after, last, "missing-gradient", cost, f"then {what}")
            if before is not None and one.text in unparsed(before):  # where it was made nothing
                line = ast.copy_location(line, before)
                made: dict[ast.AST, ast.AST | list[ast.stmt]] = {before: [before, line]}
                yield Edit(made, before, "missing-gradient", 1.3, f"then {what}")
            first: dict[ast.AST, ast.AST | list[ast.stmt]] = {statement: [line, statement]}
            cost = 1.35 if fresh else 1.5
            yield Edit(first, statement, "missing-gradient", cost, f"{what} before it")


def unfilled(site: Site) -> Iterator[Edit]:
    """What may be due where zeros are written instead: {"b": np.zeros(3)}."""
    n = site.node
    if not site.root or not isinstance(n, ast.Call) or named(n) not in _ZERO:
        return
    if isinstance(site.value, np.ndarray) and not site.value.any():
        for term, _ in _terms(Atom(site.text, n, site.value), site.sight):
            yield site.edit(term, "missing-gradient", 1.4, f"{unparsed(term)} instead")


def _also_adds(statement: ast.stmt | None, made_of: str) -> bool:
    """Is the same added to another sum here, made into something?"""
    if not isinstance(statement, ast.AugAssign) or not isinstance(statement.op, ast.Add):
        return False
    return made_of in {unparsed(n) for n in ast.walk(statement.value) if isinstance(n, ast.expr)}


def fed(trees: Iterable[ast.AST]) -> frozenset[str]:
    """Names of variables, attributes and keys that get anything but zeros."""
    found: set[str] = set()
    for node in (n for tree in trees for n in ast.walk(tree)):
        if isinstance(node, ast.Assign):
            if not _is_zero(node.value):
                found.update(name for target in node.targets for name in _written(target))
        elif isinstance(node, ast.AugAssign | ast.For | ast.comprehension):
            found.update(_written(node.target))
        elif isinstance(node, ast.Call) and named(node) in ("at", "append") and node.args:
            held = node.func.value if named(node) == "append" else node.args[0]  # type: ignore[attr-defined]
            found.update(_written(held))
    return frozenset(found)


def grown(trees: Iterable[ast.AST]) -> frozenset[str]:
    """Names of what is added to in place."""
    nodes = (n for tree in trees for n in ast.walk(tree) if isinstance(n, ast.AugAssign))
    return frozenset(name for n in nodes for name in itertools.islice(_path(_bare(n.target)), 1))


def _bare(target: ast.AST) -> ast.AST:
    """Without the index."""
    return _bare(target.value) if isinstance(target, ast.Subscript) else target


def _is_zero(node: ast.AST) -> bool:
    """Zeros, or a structure of them."""
    if isinstance(node, ast.Constant):
        return type(node.value) in (int, float) and node.value == 0
    if isinstance(node, ast.Tuple | ast.List):
        return all(map(_is_zero, node.elts))
    if isinstance(node, ast.Dict):
        return all(map(_is_zero, node.values))
    if isinstance(node, ast.ListComp | ast.GeneratorExp):
        return _is_zero(node.elt)
    if isinstance(node, ast.DictComp):
        return _is_zero(node.value)
    if isinstance(node, ast.BinOp):
        return _is_zero(node.left) or _is_zero(node.right)
    if isinstance(node, ast.Call) and named(node) in _MADE:
        parts = [*node.args, *(k.value for k in node.keywords)]
        return named(node) in _ZERO or all(map(_is_zero, parts))
    return False


def _written(target: ast.AST) -> Iterator[str]:
    if isinstance(target, ast.Tuple | ast.List):
        for part in target.elts:
            yield from _written(part)
    elif isinstance(target, ast.Starred):
        yield from _written(target.value)
    elif isinstance(target, ast.Subscript) and _key(target) is None:
        held = next(_path(target.value), "")
        yield from (held, f"{held}[]")  # some item of it
    else:
        yield from itertools.islice(_path(target), 1)


def _path(node: ast.AST) -> Iterator[str]:
    """The names that lead to a value, the last one first."""
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.Attribute):
        yield node.attr
        yield from _path(node.value)
    elif isinstance(node, ast.Subscript):
        key = _key(node)
        yield from () if key is None else (key,)
        yield from _path(node.value)


def _key(node: ast.Subscript) -> str | None:
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    return key if isinstance(key, str) else None


def is_starved(atom: Atom, sight: Sight) -> bool:
    floats = np.asarray(atom.value).dtype.kind == "f"
    first, *around = [*_path(atom.tree), ""]
    names = {first, *(f"{name}[]" for name in around)}
    return bool(first) and floats and not np.any(atom.value) and sight.fed.isdisjoint(names)


def _terms(one: Atom, sight: Sight) -> Iterator[tuple[ast.expr, str]]:
    """What may be added to a sum; and what that is made of."""
    numbers = sight.arrays + sight.floats if one.shape else sight.floats
    for atom in numbers:
        if not np.any(atom.value) or np.asarray(atom.value).dtype.kind != "f":
            continue
        if spreads(atom.shape, one.shape):
            yield atom.tree, atom.text
        elif atom.shape[1:] == one.shape:
            yield parse(f"({atom.text}).sum(axis=0)"), atom.text
    rows = [a for a in sight.arrays if one.shape == (1,) and len(a.shape) == 1 < a.value.size][:FEW]
    for a in rows:
        yield parse(f"({a.text}).sum(keepdims=True)"), a.text
    for a, b in itertools.combinations(rows, 2):
        if a.shape == b.shape:
            yield parse(f"(({a.text}) * ({b.text})).sum(keepdims=True)"), a.text
    scalars = [a for a in sight.floats if one.shape and np.any(a.value)][:FEW]
    for a, b in itertools.product(scalars, sight.arrays):
        if b.shape == one.shape and np.any(b.value):
            yield parse(f"({a.text}) * ({b.text})"), a.text
    for a, b in itertools.combinations(numbers[:FEW], 2):
        if a.shape == b.shape and np.any(a.value) and np.any(b.value):
            if a.shape == one.shape:
                yield parse(f"({a.text}) * ({b.text})"), a.text
            elif a.shape[1:] == one.shape:
                yield parse(f"(({a.text}) * ({b.text})).sum(axis=0)"), a.text
    module = sight.numeric_module()
    if len(one.shape) != 2 or not module:
        return
    for a, b in itertools.permutations(sight.arrays, 2):
        if a.shape + b.shape == one.shape:
            yield parse(f"{module}.outer({a.text}, {b.text})"), a.text
        elif len(a.shape) == len(b.shape) == 2:
            yield from _product(a, b, one)


def _product(a: Atom, b: Atom, one: Atom) -> Iterator[tuple[ast.expr, str]]:
    (m, n), (p, q) = a.shape, b.shape
    if m == p and (n, q) == one.shape:
        yield parse(f"({a.text}).T @ ({b.text})"), a.text
    if n == q and (m, p) == one.shape:
        yield parse(f"({a.text}) @ ({b.text}).T"), a.text


def _beside(
    statement: ast.stmt, parents: Mapping[ast.AST, ast.AST]
) -> tuple[ast.stmt | None, ast.stmt | None]:
    """The statements before and after it in its block."""
    block: Sequence[Any] = getattr(parents.get(statement), "body", ())
    if not isinstance(block, list) or statement not in block:
        return None, None
    around = [None, *block, None]
    at = block.index(statement)
    return around[at], around[at + 2]


def _set_by(statement: ast.stmt) -> Iterator[str]:
    yield from map(unparsed, targets_of(statement))
