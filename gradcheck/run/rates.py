"""The learning rate of a training loop, as its source tells it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..descent import is_rate


def rate_of(updates: Sequence[ast.stmt], namespace: Mapping[str, Any]) -> str:
    """The learning rate in the statements of an update; "" where it is not plain."""
    nodes = [node for update in updates for node in ast.walk(update)]
    named = {n.id for n in nodes if isinstance(n, ast.Name) and is_rate(n.id)}
    named |= {
        ast.unparse(n.value) for n in nodes if isinstance(n, ast.keyword) and is_rate(n.arg or "")
    }
    factors, passed = set(), set()
    for node in nodes:
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            factors |= {
                ast.unparse(s)
                for s in map(_positive, (node.left, node.right))
                if _is_number(s, namespace)
            }
        elif isinstance(node, ast.Call):
            passed |= {ast.unparse(a) for a in node.args if _is_number(a, namespace)}
    for found in (named, factors, passed):
        if len(found) == 1:
            return found.pop()
        if found:
            return ""
    return "1" if any(isinstance(n, ast.AugAssign) for n in updates) else ""


def _positive(node: ast.expr) -> ast.expr:
    return node.operand if isinstance(node, ast.UnaryOp) else node


def _is_number(node: ast.expr, namespace: Mapping[str, Any]) -> bool:
    if isinstance(node, ast.Name):
        return type(namespace.get(node.id)) is float
    return isinstance(node, ast.Constant) and type(node.value) is float


def written_rate(file: Path) -> str:
    """The one number that the file's functions multiply with, where they change what they hold.

    As in self.W -= 0.1 * dW; "" where there is none, or another, or where a rate has a name.
    """
    tree = ast.parse(file.read_bytes())
    if any(is_rate(getattr(n, "id", getattr(n, "attr", ""))) for n in ast.walk(tree)):
        return ""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    found = {rate for function in functions for rate in _rates(function)}
    return found.pop() if len(found) == 1 else ""


def _rates(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        held, moved = _moved(node)
        if not isinstance(held, ast.Attribute | ast.Subscript) or moved is None:
            continue
        for product in ast.walk(moved):
            if isinstance(product, ast.BinOp) and isinstance(product.op, ast.Mult):
                sides = map(_positive, (product.left, product.right))
                yield from (ast.unparse(side) for side in sides if _is_number(side, {}))


def _moved(node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    """What a statement changes, and by what: x -= e, x += e, x = x - e."""
    if isinstance(node, ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub):
        return node.target, node.value
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        target, value = node.targets[0], node.value
        same = ast.unparse(target) == ast.unparse(value.left)
        if same and isinstance(value.op, ast.Add | ast.Sub):
            return target, value.right
    return None, None
