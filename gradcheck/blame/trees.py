"""Syntax trees with some nodes replaced: what changes is copied, what does not is shared.

So a node that an edit leaves alone is the node that it was, and is still known by its number.
"""

from __future__ import annotations

import ast
import operator
import types
from collections.abc import Mapping
from typing import Any

from .hooks import called, shallow

Changes = Mapping[ast.AST, ast.AST | list[ast.stmt]]  # what stands instead, in a block any lines
Held = Mapping[ast.AST, int]  # expressions with a hook around them, and its number
NOTHING: Held = types.MappingProxyType({})
_MARKS = ast.expr_context | ast.operator | ast.unaryop | ast.cmpop | ast.boolop  # one for all


def rebuilt(tree: Any, changes: Changes, parents: Mapping[ast.AST, ast.AST]) -> Any:
    """The tree with some nodes replaced: the changed branches are copied, the rest is shared."""
    touched: set[ast.AST] = set()
    for node in changes:
        above: ast.AST | None = node
        while above is not None and above not in touched:
            touched.add(above)
            above = parents.get(above)

    def build(node: Any) -> Any:
        if node in changes:
            return changes[node]
        if node not in touched:
            return node
        new = shallow(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(new, name, build(value))
            elif isinstance(value, list):
                items: list[Any] = []
                for item in value:
                    part = build(item) if isinstance(item, ast.AST) else item
                    items += part if isinstance(part, list) else [part]
                if name == "body" and not items:
                    items = [ast.copy_location(ast.Pass(), node)]
                setattr(new, name, items)
        return new

    return build(tree)


def parted(node: Any, seen: set[int] | None = None) -> Any:
    """The same tree, in which a node that an edit has left in two places is copied the second time.

    What stands in one place only is the node that it was.
    """
    seen = set() if seen is None else seen
    if isinstance(node, list):
        items = [parted(item, seen) for item in node]
        return items if any(map(operator.is_not, items, node)) else node
    if not isinstance(node, ast.AST) or isinstance(node, _MARKS):
        return node
    if id(node) in seen:
        return unshared(node)
    seen.add(id(node))
    new = node
    for name, value in ast.iter_fields(node):
        part = parted(value, seen)
        if part is not value:
            new = shallow(node) if new is node else new
            setattr(new, name, part)
    return new


def unshared(node: Any) -> Any:
    """A copy in which no node stands in two places, as an edit may leave it."""
    if isinstance(node, list):
        return [unshared(item) for item in node]
    if not isinstance(node, ast.AST):
        return node
    new = shallow(node)
    for name, value in ast.iter_fields(node):
        setattr(new, name, unshared(value))
    return new


def with_hooks(tree: Any, held: Held) -> Any:
    """The tree with the hook around some of its expressions, wherever an edit has put them."""
    if not held:
        return tree
    if isinstance(tree, list):
        items = [with_hooks(item, held) for item in tree]
        return items if any(map(operator.is_not, items, tree)) else tree
    if not isinstance(tree, ast.AST) or isinstance(tree, _MARKS):
        return tree
    new = tree
    for name, value in ast.iter_fields(tree):
        part = with_hooks(value, held)
        if part is not value:
            new = shallow(tree) if new is tree else new
            setattr(new, name, part)
    return called(held[tree], new) if tree in held else new  # type: ignore[arg-type]


def bound(old: ast.AST, new: Any, held: Held) -> tuple[Any, Held]:
    """What stands there instead, with the variables in it as they are held in the old expression.

    An edit may write them anew: (lambda x: new)(hook(number, x)). Second: what is held beside.
    """
    inside = [node for node in ast.walk(old) if node in held and isinstance(node, ast.Name)]
    if not inside or not isinstance(new, ast.expr):
        return new, held
    names = [ast.arg(node.id) for node in inside]
    arguments = ast.arguments([], names, None, [], [], None, [])
    values: list[ast.expr] = [called(held[node], node) for node in inside]
    function = ast.fix_missing_locations(ast.copy_location(ast.Lambda(arguments, new), old))
    rest = {node: number for node, number in held.items() if node not in inside}
    return ast.copy_location(ast.Call(function, values, []), old), rest
