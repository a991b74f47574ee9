"""The part of a file that runs before one of its lines is reached."""

from __future__ import annotations

import ast
import copy
from collections.abc import Sequence
from typing import Any


def up_to(tree: ast.Module, line: int) -> ast.Module:
    """What runs before a line is reached; of a loop that begins there its variable is set.

    Of a function without arguments, as main(), what stands before the line runs among the names of
    the module, after all else but the calls of it.
    """
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.body[0].lineno <= line <= _end(node):
            around = [s for s in tree.body if not starts(s, node.name)]
            return ast.Module([*around, *_defaults(node), *_cut(node.body, line)], [])
    return ast.Module(_cut(tree.body, line), [])


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def starts(statement: ast.stmt, name: str) -> bool:
    """Does it call this function: main(), or if __name__ == "__main__": main()?"""
    if isinstance(statement, ast.If):
        return any(starts(inner, name) for inner in statement.body)
    call = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
    return isinstance(call, ast.Call) and ast.unparse(call.func) == name


def _defaults(node: ast.FunctionDef) -> list[ast.stmt]:
    """Its arguments as variables; those without a value are not."""
    arguments = [*node.args.posonlyargs, *node.args.args][-len(node.args.defaults) :]
    pairs = [*zip(arguments, node.args.defaults, strict=False)] if node.args.defaults else []
    pairs += [(a, d) for a, d in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if d]
    return [
        ast.fix_missing_locations(
            ast.copy_location(ast.Assign([ast.Name(a.arg, ast.Store())], value), node)
        )
        for a, value in pairs
    ]


def _cut(body: Sequence[ast.stmt], line: int) -> list[ast.stmt]:
    kept: list[ast.stmt] = []
    for statement in body:
        if _end(statement) < line:
            kept.append(statement)
            continue
        if statement.lineno > line:
            break
        part = copy.copy(statement)
        loop = isinstance(part, ast.For | ast.While)
        if loop and part.lineno == line:
            kept += [_once(part, [])] if isinstance(part, ast.For) else []
            break
        for name in ("body", "orelse", "finalbody"):
            inner: list[ast.stmt] = getattr(part, name, [])
            if inner and inner[0].lineno <= line <= _end(inner[-1]):
                setattr(part, name, _cut(inner, line) or [ast.copy_location(ast.Pass(), part)])
                kept.append(_once(part, part.body) if loop else part)  # type: ignore[attr-defined]
        break
    return kept


def _once(loop: ast.stmt, body: list[ast.stmt]) -> ast.stmt:
    part: Any = copy.copy(loop)
    part.body, part.orelse = [*body, ast.copy_location(ast.Break(), loop)], []
    made: ast.stmt = part
    return made
