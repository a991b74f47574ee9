"""Lines that were written alike: where one differs from the others of its form, it has the slip.

dW1 = delta1 / m beside dW2 = delta2: the form is the text with every name, number and key of it
left out, but for the functions that are called.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Any

from .places import root_of, statement_of
from .remembered import remembered
from .site import Edit
from .source import Unit
from .syntax import unparsed
from .trees import rebuilt

_EMPTY = re.compile(r"\b(zeros|empty|ones)")


def parallel(edit: Edit, unit: Unit) -> int:
    """1 where the edit makes a line like another one, -1 where it was and is no more; else 0."""
    lines = edit.changes.get(edit.anchor)
    one = isinstance(lines, list) and len(lines) == 1  # another line in its place
    if not one and (isinstance(lines, list) or not isinstance(edit.anchor, ast.expr)):
        return 0
    for piece, others in _rows(edit.anchor, unit):
        forms = {form(other) for other in others if other is not piece}
        changed = lines[0] if one else rebuilt(piece, edit.changes, unit.parents)  # type: ignore[index]
        before, after = form(piece), form(changed)
        if before != after:
            gain = (_tells(after) and after in forms) - (_tells(before) and before in forms)
            if gain:
                return 0 if gain < 0 and takes_up(edit, unit) else gain
    return 0


def takes_up(edit: Edit, unit: Unit) -> bool:
    """Is a variable read now that was computed, and read nowhere?"""
    names = [n for n in ast.walk(unit.tree) if isinstance(n, ast.Name)]
    read, set_ = ({n.id for n in names if isinstance(n.ctx, c)} for c in (ast.Load, ast.Store))
    parts = itertools.chain(*(p if isinstance(p, list) else [p] for p in edit.changes.values()))
    new = {n.id for part in parts for n in ast.walk(part) if type(n) is ast.Name}
    return bool(new & set_ - read)


def _rows(node: ast.AST, unit: Unit) -> Iterator[tuple[Any, list[Any]]]:
    """The element of a tuple or dict, and the statement; each with those that it stands among."""
    root = root_of(node, unit)
    above = unit.parents.get(root) if root is not None else None
    if isinstance(above, ast.Tuple | ast.List) and not isinstance(
        unit.parents.get(above), ast.Subscript
    ):
        yield root, above.elts
    elif isinstance(above, ast.Dict):
        yield root, above.values
    statement = statement_of(node, unit)
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr):
        plain = ast.Assign | ast.AugAssign | ast.Expr
        yield statement, [n for n in ast.walk(unit.tree) if isinstance(n, plain)]


def _tells(text: str) -> bool:
    """Is there something in a form besides the names, and more than room for a sum?"""
    return any(sign in text for sign in "+-*/@(") and not _EMPTY.search(text)


@remembered(5000)
def form(node: Any) -> str:
    return unparsed(_Form().visit(ast.parse(unparsed(node)).body[0]))


class _Form(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name("_", node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if node.attr == "T":
            return ast.Attribute(self.visit(node.value), "T", node.ctx)
        return ast.Name("_", node.ctx)

    def visit_Constant(self, _: ast.Constant) -> ast.expr:
        return ast.Name("_", ast.Load())

    def visit_JoinedStr(self, _: ast.JoinedStr) -> ast.expr:
        return ast.Name("_", ast.Load())

    def visit_Call(self, node: ast.Call) -> ast.expr:
        func = node.func
        if isinstance(func, ast.Attribute):
            func = ast.Attribute(self.visit(func.value), func.attr, ast.Load())
        keywords = [ast.keyword(k.arg, self.visit(k.value)) for k in node.keywords]
        return ast.Call(func, [self.visit(a) for a in node.args], keywords)
