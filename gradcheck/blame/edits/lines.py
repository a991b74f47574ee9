"""Edits of whole lines: another one instead, or one more before or after."""

from __future__ import annotations

import ast
from typing import Any

from ..site import Edit
from ..syntax import unparsed


def instead(statement: ast.stmt, new: Any, kind: str, cost: float, advice: str) -> Edit:
    return Edit({statement: [at(new, statement)]}, statement, kind, cost, advice)


def before(statement: ast.stmt, new: Any, kind: str, cost: float) -> Edit:
    lines = [at(new, statement), statement]
    return Edit({statement: lines}, statement, kind, cost, f"{unparsed(new)} is missing before it")


def after(statement: ast.stmt, new: Any, kind: str, cost: float, why: str = "") -> Edit:
    lines = [statement, at(new, statement)]
    what = f"then {unparsed(new)} is missing"
    return Edit({statement: lines}, statement, kind, cost, f"{what}: {why}" if why else what)


def at(new: Any, statement: ast.stmt) -> ast.stmt:
    """A new line, with the place of the one that it stands at."""
    line: ast.stmt = ast.fix_missing_locations(ast.copy_location(new, statement))
    return line
