"""What a loop through time hands on to its next turn, as the source tells it."""

from __future__ import annotations

import ast
import re
from typing import Any

from .edits import carried
from .places import loop_of
from .syntax import first_target, named, unparsed, words

CARRIED_ON = re.compile(r"prev|next|carr", re.IGNORECASE)  # what another turn of a loop reads


def target_of(node: ast.AST, parents: Any) -> str:
    """The name of what the statement around this sets."""
    node = _statement(node, parents)
    return unparsed(node.targets[0]) if isinstance(node, ast.Assign) else ""


def _statement(node: ast.AST, parents: Any) -> ast.AST:
    while not isinstance(node, ast.stmt) and node in parents:
        node = parents[node]
    return node


def is_carry(statement: ast.stmt, parents: Any) -> bool:
    """Does the loop set the target of this statement once more, for its next turn?"""
    loop = loop_of(statement, parents)
    target = first_target(statement)
    if loop is None or not isinstance(target, ast.Name) or statement not in loop.body:
        return False
    later = loop.body[loop.body.index(statement) + 1 :]
    names = [n for s in later for n in ast.walk(s) if isinstance(n, ast.Name)]
    return any(n.id == target.id and isinstance(n.ctx, ast.Store) for n in names)


def is_handed_in(statement: ast.stmt, parents: Any) -> bool:
    """Does it set anew what the function is given, as one step back through time its cotangent?"""
    target = getattr(statement, "targets", [None])[0]
    node: Any = statement
    while node in parents and not isinstance(node, ast.FunctionDef):
        node = parents[node]
    given = node.args.args if isinstance(node, ast.FunctionDef) else []
    return isinstance(target, ast.Name) and target.id in {argument.arg for argument in given}


def in_time(node: ast.AST, parents: Any) -> bool:
    """In a loop that accumulates parameters' gradients and carries one cotangent on?"""
    loop = loop_of(node, parents)
    if loop is None:
        return False
    gathers = any(isinstance(n, ast.AugAssign) for n in ast.walk(loop))
    return gathers and bool(carried(loop))


def adds_itself(node: ast.AST, new: Any, parents: Any) -> bool:
    """Is a part of what the statement sets added: [n + d for n, d in zip(sums, more)] to sums?"""
    node = _statement(node, parents)
    target = getattr(node, "targets", [None])[0]
    added = {n.id for n in ast.walk(new) if isinstance(n, ast.Name)}
    for loop in (n for n in ast.walk(node) if isinstance(n, ast.comprehension)):
        bound = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
        over = loop.iter.args if named(loop.iter) == "zip" else [loop.iter]  # type: ignore[attr-defined]
        for name, each in zip(bound, over, strict=False):
            itself = target is not None and ast.unparse(each) == ast.unparse(target)
            if itself and isinstance(name, ast.Name) and name.id in added:
                return True
    return False


def adds_carry(node: ast.AST, new: Any, parents: Any) -> bool:
    """Is a variable added that the loop sets here or further down, for its next turn?"""
    loop = loop_of(node, parents)
    if any(map(CARRIED_ON.search, words(new) - words(node))):
        return True
    if loop is None:
        return False
    node = _statement(node, parents)
    later = loop.body[loop.body.index(node) :] if node in loop.body else []
    names = [n for s in later for n in ast.walk(s) if isinstance(n, ast.Name)]
    stores = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return bool(stores & {n.id for n in ast.walk(new) if isinstance(n, ast.Name)})


def assigns_carry(node: ast.AST, parents: Any) -> bool:
    loop = loop_of(node, parents)
    if loop is None or not in_time(node, parents):
        return False
    node = _statement(node, parents)
    targets = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    later = loop.body[loop.body.index(node) + 1 :] if node in loop.body else []
    used = {n.id for s in later for n in ast.walk(s) if isinstance(n, ast.Name)}
    return bool(targets & carried(loop)) and not targets & used
