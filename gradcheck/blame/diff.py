"""An edit as lines: what goes, what comes, and what stands beside it."""

from __future__ import annotations

import ast
import linecache
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from .hooks import shallow
from .site import Edit
from .source import Unit
from .trees import rebuilt

Row = tuple[str, str]  # a mark and the text of a line


def diff_of(statement: ast.AST, edit: Edit, unit: Unit) -> tuple[str, ...]:
    """ "- as it is", "+ as it should be", and "  a line that stays" where lines come or go."""
    if isinstance(statement, ast.Lambda):
        statement = unit.parents.get(statement, statement)
    lists = [(old, new) for old, new in edit.changes.items() if isinstance(new, list)]
    if lists and isinstance(statement, ast.stmt):
        rows = _of_lines(statement, lists, unit)
    else:
        before, after = _of_expression(statement, edit, unit)
        rows = [("-", before), ("+", after)]
    return tuple(f"{mark} {text}" for mark, text in rows)


def _of_lines(
    statement: ast.stmt, lists: Sequence[tuple[ast.AST, Sequence[ast.stmt]]], unit: Unit
) -> list[Row]:
    moved = len(lists) == 2 and not all(lines for _, lines in lists)
    if len(lists) > 1 and not moved:
        ordered = sorted(lists, key=lambda pair: getattr(pair[0], "lineno", 1))
        return [row for old, lines in ordered for row in _of_place(old, lines, unit)]
    gone = ("-", _text(statement, unit))
    (place, lines) = next((pair for pair in lists if pair[1]), (statement, ()))
    if place is statement or (place in lines and statement not in lines):
        rows = [_row(line, place, unit) for line in lines]
        return rows if place in lines else [*_whole(statement, unit), *rows]
    inside = place in _above(statement, unit)  # out of a loop
    came = ("+", _text(statement, unit))
    beside = (" ", _text(place, unit))
    stood = [beside, ("-", f"    {gone[1]}")] if inside else [beside]
    rows = [came, *stood] if lines[0] is statement else [*stood, came]
    if inside:
        return rows
    return [*rows, gone] if lines[0] is statement else [gone, *rows]


def _whole(statement: ast.stmt, unit: Unit) -> list[Row]:
    """A statement that goes with all that stands in it, as deep as it stands there."""
    first, last = statement.lineno, statement.end_lineno or statement.lineno
    if not getattr(statement, "body", None) or first == last:
        return [("-", _text(statement, unit))]
    lines = [linecache.getline(unit.file, number) for number in range(first, last + 1)]
    return [("-", line) for line in textwrap.dedent("".join(lines)).splitlines()]


def _of_place(old: ast.AST, lines: Sequence[ast.stmt], unit: Unit) -> list[Row]:
    """One of several places: lines that come or go there, or come from another."""
    gone = [] if old in lines else [("-", _of_written(old, unit))]
    return gone + [(" " if line is old else "+", _of_written(line, unit)) for line in lines]


def _of_written(line: ast.AST, unit: Unit) -> str:
    """As it is written, if it is; a new line has the place of another."""
    return _text(line, unit) if line in unit.parents else _unparsed(line)


def _above(node: ast.AST, unit: Unit) -> list[ast.AST]:
    above = []
    while (parent := unit.parents.get(node)) is not None:
        above.append(node := parent)
    return above


def _row(line: ast.stmt, statement: ast.AST, unit: Unit) -> Row:
    return (" ", _text(line, unit)) if line is statement else ("+", _unparsed(line))


def _unparsed(node: Any) -> str:
    return ast.unparse(ast.fix_missing_locations(node)).splitlines()[0]


def _text(statement: ast.AST, unit: Unit) -> str:
    """As it is written, where it stands on one line."""
    number = int(getattr(statement, "lineno", 1))
    if getattr(statement, "end_lineno", number) != number or not isinstance(statement, ast.stmt):
        return _unparsed(statement)
    return linecache.getline(unit.file, number).strip()


def _of_expression(statement: ast.AST, edit: Edit, unit: Unit) -> Row:
    """The statement before and after, each on one line, and in the user's own spelling."""
    after: Any = rebuilt(statement, edit.changes, unit.parents)
    before, told, anchor = _text(statement, unit), _unparsed(after), edit.anchor
    number = int(getattr(statement, "lineno", 1))
    single = getattr(statement, "end_lineno", number) == number
    if len(edit.changes) == 1 and isinstance(anchor, ast.expr) and single:
        raw = linecache.getline(unit.file, number).encode()
        new = edit.changes.get(anchor)
        start, end = anchor.col_offset, anchor.end_col_offset or 0
        wider = raw[start - 1 : start] == b"(" and raw[end : end + 1] == b")"
        for text in _spelt(new, unit) if isinstance(new, ast.AST) else ():
            places = [(text, start - 1, end + 1)] if wider else []  # (n - 0) becomes n
            for written, a, b in (*places, (text, start, end), (f"({text})", start, end)):
                line = (raw[:a] + written.encode() + raw[b:]).decode(errors="replace").strip()
                if {told, told.removeprefix("return ")} & set(_statements_of(line)):
                    return before, line
    texts = _spelt(after, unit) if isinstance(statement, ast.stmt) else ()
    return before, next((text for text in texts if told in _statements_of(text)), told)


def _spelt(new: ast.AST, unit: Unit) -> Iterator[str]:
    """The new text, with what the user wrote in it as it is written; and else in plain spelling."""
    users: list[ast.AST] = []

    def kept(node: ast.AST) -> ast.AST:
        if isinstance(node, ast.expr) and node in unit.parents and _is_users(node, unit):
            users.append(node)
            return ast.Name(f"_user_{len(users) - 1}_", ast.Load())
        copy: ast.AST = shallow(node)
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                setattr(copy, name, kept(value))
            elif isinstance(value, list):
                setattr(copy, name, [kept(v) if isinstance(v, ast.AST) else v for v in value])
        return copy

    form = ast.unparse(ast.fix_missing_locations(kept(new)))
    written = [_written(node, unit) for node in users]
    for open_, close in (("", ""), ("(", ")")):
        text = form
        for k, own in enumerate(written):
            atom = isinstance(users[k], ast.Name | ast.Attribute | ast.Subscript | ast.Call)
            text = text.replace(f"_user_{k}_", own if atom else f"{open_}{own}{close}")
        yield text
    yield ast.unparse(new)


def _is_users(node: ast.expr, unit: Unit) -> bool:
    """Does it stand in the file as it is, on one line?"""
    if node.end_lineno != node.lineno or isinstance(getattr(node, "ctx", None), ast.Store):
        return False
    try:
        there = ast.parse(_written(node, unit).strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return ast.unparse(there) == ast.unparse(node)


def _written(node: ast.AST, unit: Unit) -> str:
    """An expression as it is written in the file."""
    raw = linecache.getline(unit.file, node.lineno).encode()  # type: ignore[attr-defined]
    return raw[node.col_offset : node.end_col_offset].decode(errors="replace")  # type: ignore[attr-defined]


def _statements_of(line: str) -> Iterator[str]:
    """What stands on a line: also behind a `;`, or behind the `def f():` that it begins with."""
    try:
        found = ast.parse(line).body
    except SyntaxError:
        return
    for statement in found:
        yield ast.unparse(statement)
        yield from map(ast.unparse, getattr(statement, "body", ()))
