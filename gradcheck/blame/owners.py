"""Which functions of the user take part, and where in their files they stand."""

from __future__ import annotations

import ast
import gc
import linecache
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..users import DEFINITIONS, NAMES, entered, is_users, of_the_module
from .hooks import Definition
from .source import Unit


def executed(run: Callable[[], Any]) -> set[types.CodeType]:
    """The code of the user's own functions that a run enters.

    But for those that ask pytest, too, to be passed over: __tracebackhide__ = True; and for the
    text of an option that only says where parameters or gradients are.
    """
    return {
        code
        for code in entered(run)
        if is_users(code.co_filename)
        and "__tracebackhide__" not in code.co_varnames
        and code not in NAMES
    }


def units(codes: set[types.CodeType]) -> tuple[list[Unit], list[types.CodeType]]:
    """The living functions of these codes with their source, and the codes that have none."""
    owners: dict[types.CodeType, list[types.FunctionType]] = {}
    for referrer in gc.get_referrers(*codes) if codes else ():
        if isinstance(referrer, types.FunctionType) and referrer.__code__ in codes:
            owners.setdefault(referrer.__code__, []).append(referrer)
    found: list[Unit] = []
    files: dict[str, _File | None] = {}
    for code, functions in owners.items():
        unit = _unit(code, functions, files)
        if unit is not None:
            found.append(unit)
    covered = {c for unit in found for c in _nested(unit.code)}
    missing = [code for code in codes if code not in covered]
    found.sort(key=lambda u: (u.file, u.code.co_firstlineno))
    return found, missing


def _nested(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _nested(constant)


@dataclass(frozen=True)
class _File:
    """A source file, taken apart once for all functions that stand in it."""

    definitions: list[tuple[Definition, str | None]]  # each with the class that it stands in
    modules: frozenset[str]


def _file(lines: Sequence[str]) -> _File | None:
    try:
        module = ast.parse("".join(lines))
    except (SyntaxError, ValueError, RecursionError):
        return None
    found: list[tuple[Definition, str | None]] = []
    imported: set[str] = set()
    todo: list[tuple[ast.AST, str | None]] = [(module, None)]
    for node, scope in todo:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, Definition):
            found.append((node, scope))
        inner = node.name if isinstance(node, ast.ClassDef) else scope
        todo += [(child, inner) for child in ast.iter_child_nodes(node)]
    return _File(found, frozenset(imported))


def _unit(
    code: types.CodeType,
    functions: Sequence[types.FunctionType],
    files: dict[str, _File | None] | None = None,
) -> Unit | None:
    if code in DEFINITIONS:
        names = functions[0].__globals__.items()
        modules = frozenset(n for n, value in names if isinstance(value, types.ModuleType))
        return Unit(list(functions), code, code.co_filename, DEFINITIONS[code], None, modules)
    files = {} if files is None else files
    if code.co_filename not in files:
        lines = linecache.getlines(code.co_filename, functions[0].__globals__)
        files[code.co_filename] = _file(lines)
    file = files[code.co_filename]
    if file is None:
        return None
    for node, scope in file.definitions:
        if not _is_source_of(code, node):
            continue
        mark(node, functions[0].__globals__)
        tree = node if code.co_freevars else of_the_module(node)
        unit = Unit(list(functions), code, code.co_filename, tree, scope, file.modules)
        try:
            same = unit.plain({}, lambda _, value: value)
        except (SyntaxError, ValueError, RecursionError, IndexError):
            continue
        if set(same.co_varnames) <= set(code.co_varnames) and same.co_names:
            return unit
        if same.co_varnames == code.co_varnames:
            return unit
    return None


def mark(tree: ast.AST, names: Mapping[str, Any]) -> None:
    """What functions of NumPy that go by another name are: es = np.einsum (`syntax.named`)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            function = names.get(node.func.id)
            if (getattr(function, "__module__", None) or "").startswith("numpy"):
                node.func.meant = getattr(function, "__name__", node.func.id)  # type: ignore[attr-defined]


def _is_source_of(code: types.CodeType, node: Definition) -> bool:
    if isinstance(node, ast.Lambda):
        if code.co_name != "<lambda>" or code.co_firstlineno != node.lineno:
            return False
        spots = [(line, col) for line, _, col, end in code.co_positions() if line and end]
        body = node.body
        while isinstance(body, ast.BinOp | ast.Attribute | ast.Subscript | ast.Compare):
            body = body.left if isinstance(body, ast.BinOp | ast.Compare) else body.value
        return not spots or any(spot == (body.lineno, body.col_offset) for spot in spots)
    first = node.decorator_list[0].lineno if node.decorator_list else node.lineno
    return node.name == code.co_name and first == code.co_firstlineno
