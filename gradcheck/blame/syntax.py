"""Small pieces of syntax, made and taken apart."""

from __future__ import annotations

import ast
import functools
from typing import Any


@functools.lru_cache(maxsize=5000)
def unparsed(node: ast.AST) -> str:
    """The text of a node of the user's program, which does not change."""
    return ast.unparse(node)


def named(call: ast.AST | None) -> str:
    """The last name of the function called: np.sum and x.sum are "sum"."""
    if not isinstance(call, ast.Call):
        return ""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def binary(left: ast.expr, op: ast.operator, right: ast.expr) -> ast.BinOp:
    return ast.BinOp(left, op, right)


def transposed(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.Attribute) and node.attr == "T":
        return node.value
    return ast.Attribute(node, "T", ast.Load())


def parse(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def chain(node: ast.expr) -> list[ast.expr]:
    """The factors of a * b * c."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*chain(node.left), *chain(node.right)]
    return [node]


def product(parts: tuple[ast.expr, ...]) -> ast.expr:
    return functools.reduce(lambda a, b: binary(a, ast.Mult(), b), parts)


def short(node: ast.AST, width: int = 40) -> str:
    text = ast.unparse(node)
    return text if len(text) <= width else text[: width - 3] + "..."


def substituted(tree: Any, old: ast.AST, new: ast.AST) -> Any:
    """The expression with one node replaced; what does not hold it is shared."""
    if tree is old:
        return new
    if isinstance(tree, list):
        items = [substituted(item, old, new) for item in tree]
        return items if any(a is not b for a, b in zip(items, tree, strict=True)) else tree
    if not isinstance(tree, ast.AST):
        return tree
    fields = {name: substituted(value, old, new) for name, value in ast.iter_fields(tree)}
    if all(fields[name] is value for name, value in ast.iter_fields(tree)):
        return tree
    return ast.copy_location(type(tree)(**fields), tree)


def reading(node: Any) -> Any:
    """A copy of a target (ctx Store) as an expression that reads it."""
    text = ast.unparse(node)
    return ast.copy_location(ast.parse(text, mode="eval").body, node)


def opposite(op: ast.operator) -> ast.operator:
    return ast.Sub() if isinstance(op, ast.Add) else ast.Add()
