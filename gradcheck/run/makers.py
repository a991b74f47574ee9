"""Functions that make functions: learn, run = make_net(2, 3). What these share has no name outside.

Their bodies are put in the place of their calls, where what they share has names of the module.
"""

from __future__ import annotations

import ast
import copy
from collections import Counter
from collections.abc import Iterator

from ..users import of_the_module
from .upto import handed


def opened(tree: ast.Module) -> ast.Module:
    """The file with such functions opened that it calls once, at its top level.

    None whose names are those of others in the module.
    """
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    uses = Counter(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))
    body: list[ast.stmt] = []
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Assign) else None
        inside = None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            function = functions.get(call.func.id)
            if function is not None and uses[call.func.id] == 1:
                inside = _inside(function, call, statement, tree)
        body += inside or [statement]
    return ast.Module(body, tree.type_ignores)


def _inside(
    function: ast.FunctionDef, call: ast.Call, at: ast.stmt, tree: ast.Module
) -> list[ast.stmt] | None:
    """What stands for a call in this statement; None where that is not plain."""
    *body, end = function.body
    given = handed(function, call.args, call.keywords, at)
    makes = any(isinstance(node, ast.FunctionDef) for node in body)
    if not makes or given is None or not isinstance(end, ast.Return) or end.value is None:
        return None
    if any(isinstance(node, ast.Return) for statement in body for node in _here(statement)):
        return None
    own = {name for statement in (*given, *body) for name in _names(statement)}
    others = {name for node in tree.body if node is not function for name in _names(node)}
    if own & others - {*_names(at)}:
        return None
    taken = copy.copy(at)
    taken.value = end.value  # type: ignore[attr-defined]
    return [*given, *map(of_the_module, body), taken]


def _names(statement: ast.stmt) -> Iterator[str]:
    """The names that it binds where it stands."""
    for node in _here(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def _here(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below, but for what is inside functions and classes."""
    yield node
    if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _here(child)
