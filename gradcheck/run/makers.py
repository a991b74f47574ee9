"""Functions that make functions: learn, run = make_net(2, 3). What these share has no name outside.

Their bodies are put in the place of their calls, where what they share has names of the module.
"""

from __future__ import annotations

import ast
import copy
import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from ..users import of_the_module
from .upto import handed

Node = TypeVar("Node", bound=ast.AST)


def opened(tree: ast.Module) -> ast.Module:
    """The file with such functions opened that it calls at its top level.

    What has the name of something else, as where one is called twice, gets another.
    """
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    taken = {name for node in tree.body for name in _names(node)}
    body: list[ast.stmt] = []
    for statement in tree.body:
        call = statement.value if isinstance(statement, ast.Assign) else None
        inside = None
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            function = functions.get(call.func.id)
            if function is not None:
                inside = _inside(function, call, statement, taken - {*_names(statement)})
        taken |= {name for one in inside or () for name in _names(one)}
        body += inside or [statement]
    return ast.Module(body, tree.type_ignores)


def _inside(
    function: ast.FunctionDef, call: ast.Call, at: ast.stmt, taken: Collection[str]
) -> list[ast.stmt] | None:
    """What stands for a call in this statement; None where that is not plain.

    taken   names that mean something else
    """
    *body, end = function.body
    given = handed(function, call.args, call.keywords, at)
    makes = any(isinstance(node, ast.FunctionDef) for node in body)
    if not makes or given is None or not isinstance(end, ast.Return) or end.value is None:
        return None
    if any(isinstance(node, ast.Return) for statement in body for node in _here(statement)):
        return None
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    passed = {name for one in given for name in _names(one)}
    same = {argument.arg for argument in arguments} - passed  # as outside
    if same & {name for statement in body for name in _names(statement)}:
        return None
    taken = {*taken} - same
    own = {name for statement in (*given, *body) for name in _names(statement)}
    others = {name: _free(name, {*taken, *own}) for name in own & taken}
    inner = [_renamed(statement, others) for statement in body]
    for one in given:
        for target in one.targets if isinstance(one, ast.Assign) else ():
            _renamed_here(target, others)
    result = copy.copy(at)
    result.value = _renamed(end, others).value  # type: ignore[attr-defined]
    return [*given, *map(of_the_module, inner), result]


def _free(name: str, taken: Collection[str]) -> str:
    return next(other for k in itertools.count(2) if (other := f"{name}_{k}") not in taken)


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    """A copy with other names for these, where they are not those of a function inside."""
    renamed = copy.deepcopy(node) if names else node
    if names:
        _renamed_here(renamed, names)
    return renamed


def _renamed_here(node: ast.AST, names: Mapping[str, str]) -> None:
    if isinstance(node, ast.Name):
        node.id = names.get(node.id, node.id)
    elif isinstance(node, ast.Nonlocal | ast.Global):
        node.names = [names.get(name, name) for name in node.names]
    elif isinstance(node, ast.FunctionDef | ast.ClassDef):
        node.name = names.get(node.name, node.name)
    inside = names
    if isinstance(node, ast.FunctionDef | ast.Lambda):
        shared = {
            n for part in ast.walk(node) if isinstance(part, ast.Nonlocal) for n in part.names
        }
        own = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
        parts = node.body if isinstance(node, ast.FunctionDef) else []
        own |= {name for part in parts for name in _names(part)} - shared
        inside = {name: other for name, other in names.items() if name not in own}
    for field, value in ast.iter_fields(node):
        outer = isinstance(node, ast.FunctionDef) and field in ("decorator_list", "returns")
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                _renamed_here(child, names if outer else inside)


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
