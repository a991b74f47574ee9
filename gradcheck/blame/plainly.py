"""An edit as it is told: without the zeros, ones and double signs that it leaves behind."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .site import Edit
from .source import Unit
from .syntax import binary, named, opposite, short, substituted, unparsed
from .trees import rebuilt

ValueOf = Callable[[ast.expr], Any]


def plainly(edit: Edit, unit: Unit, value: ValueOf) -> Edit:
    """The same edit in fewer words: n for n - 0, a + b for a - -b, |x| for the root of x ** 2.

    value   of an expression where the line stands; None where it has none
    """
    new = edit.changes.get(edit.anchor)
    if len(edit.changes) != 1 or not isinstance(edit.anchor, ast.expr):
        return edit
    if not isinstance(new, ast.expr):
        return edit
    anchor: ast.expr = edit.anchor
    simple = simpler(new, value)
    told = simple if unparsed(simple) != unparsed(new) else new
    top = anchor
    while isinstance(above := unit.parents.get(top), ast.expr):
        whole = rebuilt(above, {anchor: told}, unit.parents)
        shorter = _one_step(whole, value)
        if shorter is not None:
            anchor, told = above, simpler(shorter, value)
        elif not _is_zero(whole):  # 0 * x goes where it is added
            break
        top = above
    if told is new:
        return edit
    advice = edit.advice if anchor is edit.anchor else f"{short(told)} instead"
    return replace(edit, changes={anchor: told}, anchor=anchor, advice=advice)


def simpler(tree: ast.expr, value: ValueOf) -> ast.expr:
    """The expression without what makes no difference, in all its parts."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.expr) and (part := simpler(child, value)) is not child:
            tree = substituted(tree, child, part)
    step = _one_step(tree, value)
    return tree if step is None else simpler(step, value)


def _one_step(tree: ast.AST, value: ValueOf) -> ast.expr | None:
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        inner = tree.operand
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            return inner.operand
        return inner if _number(inner) == 0 else None
    if isinstance(tree, ast.BinOp):
        return _of_two(tree)
    if named(tree) == "sqrt" and isinstance(tree, ast.Call) and len(tree.args) == 1:
        return _of_root(tree, value)
    return None


def _of_two(tree: ast.BinOp) -> ast.expr | None:
    left, op, right = tree.left, tree.op, tree.right
    a, b = _number(left), _number(right)
    if isinstance(op, ast.Add | ast.Sub):
        if b == 0:
            return left
        if a == 0:
            return right if isinstance(op, ast.Add) else ast.UnaryOp(ast.USub(), right)
        if _is_zero(right):
            return left
        if b is not None and b < 0:  # a - -1
            return binary(left, opposite(op), ast.Constant(-b))
        if isinstance(right, ast.UnaryOp) and isinstance(right.op, ast.USub):
            return binary(left, opposite(op), right.operand)
    if isinstance(op, ast.Mult):
        if b == 1:
            return left
        if a == 1:
            return right
        if isinstance(right, ast.BinOp) and isinstance(right.op, ast.Div):  # a * b * (1 / b)
            rest = without(left, right.right) if _number(right.left) == 1 else None
            if rest is not None:
                return rest
    return left if isinstance(op, ast.Div | ast.Pow) and b == 1 else None


def without(tree: ast.expr, factor: ast.expr) -> ast.expr | None:
    """A product without its last factor, if it is this one."""
    product = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult)
    return tree.left if product and unparsed(tree.right) == unparsed(factor) else None  # type: ignore[attr-defined]


def _is_zero(tree: ast.AST) -> bool:
    """Is it 0 * x?"""
    product = isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Mult)
    return product and 0 in (_number(tree.left), _number(tree.right))  # type: ignore[attr-defined]


def _of_root(tree: ast.Call, value: ValueOf) -> ast.expr | None:
    """The root of a square: what is squared, where that is no less than zero."""
    (square,) = tree.args
    if not isinstance(square, ast.BinOp) or not isinstance(square.op, ast.Pow):
        return None
    if _number(square.right) != 2:
        return None
    squared = value(square.left)
    known = squared is not None and not np.iscomplexobj(squared)
    if known and bool(np.all(np.asarray(squared) >= 0)):
        return square.left
    module = tree.func.value if isinstance(tree.func, ast.Attribute) else None
    absolute: ast.expr = ast.Name("abs", ast.Load())
    if isinstance(module, ast.Name) and module.id != "math":
        absolute = ast.Attribute(module, "abs", ast.Load())
    return ast.Call(absolute, [square.left], [])


def _number(node: ast.AST) -> float | None:
    """The number that is written here, with its sign."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand)
        return None if inner is None else -inner
    plain = isinstance(node, ast.Constant) and type(node.value) in (int, float)
    return node.value if plain else None  # type: ignore[attr-defined]
