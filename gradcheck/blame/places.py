"""Where an expression stands: its statement, its function, what is around it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from ..users import DEFINITIONS
from .hooks import COMPREHENSIONS
from .source import Unit
from .syntax import VARIABLE, named, unparsed

_HOLDERS = ast.Lambda | ast.Tuple | ast.Dict | ast.List | ast.Yield | ast.Await | ast.NamedExpr


def statement_of(node: ast.AST, unit: Unit) -> ast.AST:
    while not isinstance(node, ast.stmt | ast.Lambda) and node in unit.parents:
        node = unit.parents[node]
    return node


def scope_of(node: ast.AST, unit: Unit) -> Any:
    """The statement, lambda or comprehension whose variables this expression sees."""
    while not isinstance(node, ast.stmt | ast.Lambda) and node in unit.parents:
        inside, node = node, unit.parents[node]
        if isinstance(node, COMPREHENSIONS) and not isinstance(inside, ast.comprehension):
            return node
    return node


def function_of(node: ast.AST, unit: Unit) -> str:
    while node in unit.parents:
        node = unit.parents[node]
        if node is unit.tree and unit.code in DEFINITIONS:
            return ""  # lines that stand in no function
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            return node.name
    return unit.name


def in_loop(node: ast.AST, unit: Unit) -> bool:
    while node in unit.parents:
        node = unit.parents[node]
        if isinstance(node, ast.For | ast.While | COMPREHENSIONS):
            return True
    return False


def loop_of(node: ast.AST, parents: Any) -> ast.For | None:
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.For):
            return node
    return None


def root_of(node: ast.AST, unit: Unit) -> ast.AST | None:
    """The whole expression that is assigned, returned, yielded or passed on."""
    if isinstance(node, ast.stmt):
        value = getattr(node, "value", None)
        return value if isinstance(value, ast.expr) else None
    top = node
    while isinstance(unit.parents.get(node), ast.expr | ast.keyword) and not isinstance(
        unit.parents[node], _HOLDERS
    ):
        node = unit.parents[node]
        top = node if isinstance(node, ast.expr) else top
    return top


def expressions_above(node: ast.AST, unit: Unit) -> list[ast.AST]:
    """The expressions around one, up to what is assigned, returned or passed on."""
    root = root_of(node, unit)
    found: list[ast.AST] = []
    while node is not root and isinstance(unit.parents.get(node), ast.expr | ast.keyword):
        node = unit.parents[node]
        if isinstance(node, ast.expr):
            found.append(node)
    return found


def name_of(node: ast.expr, parents: Any) -> str:
    """The variable that this value is given to, or the expression itself."""
    above = parents.get(node)
    if isinstance(above, ast.Assign) and above.value is node and len(above.targets) == 1:
        return unparsed(above.targets[0])
    text = unparsed(node)
    return text if text.isidentifier() else f"({text})"


def copies(node: ast.expr) -> bool:
    """Is this only another name for a value: x, x.copy(), np.array(x)?"""
    if isinstance(node, ast.Call) and not node.keywords:
        parts = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        plain = [p for p in (*parts, *node.args) if isinstance(p, ast.Name | ast.Attribute)]
        return named(node) in ("copy", "array", "asarray") and len(plain) == 1 + len(node.args)
    return isinstance(node, VARIABLE)


def around(node: ast.AST, parents: Any) -> Iterator[ast.expr]:
    """The expressions that this is a part of, from the inside out."""
    while isinstance(above := parents.get(node), ast.expr):
        yield (node := above)
