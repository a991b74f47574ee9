"""Parameters that a file puts on a set after each step: thresholds, and symmetric matrices.

A proximal step leaves a term of the loss to the threshold, and the gradient does not have it; an
entry of a symmetric matrix stands for two. What seems wrong there may be meant so.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from .loop import assigned, inlined, parted
from .upto import called

_CUTS = frozenset({"maximum", "max", "fmax", "where", "clip"})


def constrained(tree: ast.Module) -> frozenset[str]:
    """The names, and those of attributes, of what is thresholded or made symmetric somewhere."""
    functions = {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any(map(_is_threshold, _values(node)))
    }
    pairs = [pair for node in ast.walk(tree) if isinstance(node, ast.Assign) for pair in _set(node)]
    found = {
        name
        for name, value in pairs
        if _is_threshold(value) or _is_symmetric(value) or functions & {*_calls(value)}
    }
    while more := {name for name, value in pairs if _first(value) in found} - found:
        found |= more  # x = x_new, and z = x_new + beta * (x_new - x)
    return frozenset(found)


def _values(function: ast.FunctionDef) -> Iterator[ast.expr]:
    returns = (node for node in ast.walk(function) if isinstance(node, ast.Return))
    return (node.value for node in returns if node.value is not None)


def _set(node: ast.Assign) -> Iterator[tuple[str, ast.expr]]:
    """The last name of each thing that is set, and its value."""
    if len(node.targets) == 1 and isinstance(node.targets[0], ast.Attribute):
        yield node.targets[0].attr, node.value
    else:
        yield from assigned(node)


def _calls(value: ast.AST) -> list[str]:
    return [called(node) for node in ast.walk(value) if isinstance(node, ast.Call)]


def _is_threshold(value: ast.expr) -> bool:
    """Does it take something from the size, and end at zero: sign(w) * maximum(|w| - t, 0)?"""
    calls = _calls(value)
    cuts = sum(name in _CUTS for name in calls)
    return ("sign" in calls and cuts > 0) or (cuts > 1 and calls.count("maximum") != 1)


def _is_symmetric(value: ast.expr) -> bool:
    """(J + J.T) / 2"""
    sums = (node for node in ast.walk(value) if isinstance(node, ast.BinOp))
    pairs = ({ast.unparse(n.left), ast.unparse(n.right)} for n in sums if isinstance(n.op, ast.Add))
    return any({f"{one}.T", one} == pair for pair in pairs for one in pair)


def _first(value: ast.expr) -> str:
    """The name that a sum begins with."""
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add | ast.Sub):
        value = value.left
    if isinstance(value, ast.Call) and called(value) == "copy" and value.args == []:
        value = value.func.value  # type: ignore[attr-defined]
    return value.id if isinstance(value, ast.Name) else ""


def smooth_part(option: str, tree: ast.Module) -> str:
    """The loss without the terms of absolute values that a threshold stands for; "" if it has none.

    A name, or a call of a function that only returns, is looked up in the file.
    """
    lines, text = parted(option)
    terms = list(_terms(_resolved(ast.parse(text, mode="eval").body, tree)))
    kept = [term for term in terms if not {"abs", "fabs"} & {*_calls(term)}]
    if len(kept) == len(terms) or not kept:
        return ""
    return lines + ast.unparse(
        functools.reduce(lambda one, other: ast.BinOp(one, ast.Add(), other), kept)
    )


def _resolved(value: ast.expr, tree: ast.Module) -> ast.expr:
    if isinstance(value, ast.Name):
        sets = (node for node in ast.walk(tree) if isinstance(node, ast.Assign))
        values = [held for node in sets for name, held in _set(node) if name == value.id]
        if len(values) != 1:
            return value
        return values[0] if isinstance(values[0], ast.Name) else _resolved(values[0], tree)
    if isinstance(value, ast.Call):
        functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
        for node in (function for function in functions if function.name == called(value)):
            returned, names = list(_values(node)), [argument.arg for argument in node.args.args]
            if len(node.body) == len(returned) == 1 and len(names) == len(value.args):
                return inlined(returned[0], dict(zip(names, value.args, strict=True)))
    return value


def _terms(value: ast.expr) -> Iterator[ast.expr]:
    """What a sum is made of."""
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        yield from _terms(value.left)
        yield from _terms(value.right)
    else:
        yield value
