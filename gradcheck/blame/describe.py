"""A repair in words: its kind, its text before and after, what the expression is and should be."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import Any

import numpy as np

from . import gather
from .clues import is_slope
from .diff import diff_of
from .kinds import kind_of
from .places import expressions_above, function_of, name_of, root_of, statement_of
from .plainly import plainly
from .repair import Repair
from .sight import Sight, equal_counts
from .survey import Survey
from .syntax import named, unparsed
from .values import is_floating, is_numeric, multiple, negative, scaled


def describe(survey: Survey, repair: Repair, sight: Sight) -> None:
    """Values and labels before and after, and the diff."""
    edit, unit, replay = repair.edit, repair.unit, survey.replay
    statement = statement_of(edit.anchor, unit)
    repair.function = function_of(edit.anchor, unit)
    root = root_of(edit.anchor, unit)
    # of several changes in one expression: it is copied with its role
    told = edit.changes.get(edit.anchor, edit.anchor)
    if isinstance(told, ast.expr):
        told.role = "new"  # type: ignore[attr-defined]
    above = expressions_above(edit.anchor, unit)
    for k, node in enumerate(above):
        node.role = f"above {k}"  # type: ignore[attr-defined]
    replay.index()
    replay.install(hooked=True)
    same = {_place(node): node for node in replay.number}
    nodes = replay.trial(edit.changes)
    firsts: dict[str, Any] = {}

    turns: dict[int, int] = defaultdict(int)
    adjoints: dict[float, set[int]] = defaultdict(set)  # by the factor that they are off by

    def see(number: int, value: Any) -> Any:
        if is_floating(value) and np.size(value) > 1:
            for item, factor in survey.library.match(value):
                if item.role == "adjoint":
                    adjoints[float(f"{factor:.4g}")].add(id(item))
            node = nodes[number]
            turns[number] += 1
            before = survey.value_at(same.get(_place(node)), turns[number] - 1)
            if isinstance(node, ast.BinOp) and is_slope(before, value, survey):
                repair.makes_slope = True
        role = getattr(nodes[number], "role", "")
        if role and role not in firsts and is_numeric(value):
            firsts[role] = np.array(value, dtype=float)
        return value

    replay.run_grads(see)
    if adjoints:
        repair.unit_of_adjoints = max(adjoints, key=lambda c: (len(adjoints[c]), c == 1.0))
        repair.right = len(adjoints[repair.unit_of_adjoints])
    if isinstance(told, ast.expr):
        del told.role  # type: ignore[attr-defined]  # parts of it are shared with other edits
    before, after = survey.first_value(edit.anchor), firsts.get("new")
    repair.values = [(before, after)]
    for k, node in enumerate(above):
        repair.values.append((survey.first_value(node), firsts.get(f"above {k}")))
        del node.role  # type: ignore[attr-defined]
    repair.mended = tuple(survey.mended(repair.left))
    repair.told = plainly(edit, unit, sight.value)
    new = edit.changes.get(edit.anchor)
    before = set() if new is None else set(equal_counts(edit.anchor, sight))
    repair.equal = (
        ()
        if not isinstance(new, ast.expr)
        else tuple(text for text in dict.fromkeys(equal_counts(new, sight)) if text not in before)
    )
    repair.diff = diff_of(statement, repair.told, unit)
    repair.at_head = survey.at_head(statement, unit, repair.values[-1][1])
    try:
        repair.kind = kind_of(repair, survey, sight)
    except Exception:  # ours: the line and the fix are known all the same
        if gather.RAISE:
            raise
        repair.kind = edit.kind
    repair.what = sentence(survey, repair, root)
    replay.install(hooked=True)


def _place(node: ast.expr) -> tuple[int, int, str]:
    """Where an expression stands, and its text: the same in an edited copy of its function."""
    return node.lineno, node.col_offset, unparsed(node)


def sentence(survey: Survey, repair: Repair, root: ast.AST | None) -> str:
    """What the expression is, and what it should be."""
    before, after = repair.values[-1]
    text = unparsed(root) if root is not None else unparsed(repair.edit.anchor)
    text = text.splitlines()[0]
    text = text if len(text) <= 50 else text[:47] + "..."
    if repair.kind == "shape" and np.shape(before) != np.shape(after):
        return f"{text}: has the shape {np.shape(before)}; should have {np.shape(after)}"
    is_, should = survey.label(before), survey.label(after)
    if not should or should[1] != 1.0:
        return ""
    if is_ and is_[0] == should[0] and scaled(is_[1]) == "-1":
        return f"{text}: is {negative(should[0])}; the sign is flipped"
    now = multiple(*is_[::-1]) if is_ else ""
    if is_ and now and is_[0] == should[0] and is_[1] != 1.0:
        return f"{text}: is {now}; should be {should[0]}"
    if is_ and now and is_[0] != should[0]:
        tail = _lacks(survey, repair, is_[0].removeprefix("dL/d"))
        return f"{text}: is {now}; should be {should[0]}{tail}"
    return f"{text}: should be {should[0]}"


def _lacks(survey: Survey, repair: Repair, name: str) -> str:
    """The activation whose derivative is missing, by the name of the function that makes `name`."""
    if repair.edit.kind != "missing-activation-derivative":
        return ""
    for node in survey.active:
        number = survey.replay.number.get(node)
        if number is None:  # edited away
            continue
        unit = survey.replay.unit_of[number]
        call = isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords
        if call and name == name_of(node, unit.parents) and named(node) not in _NO_ACTIVATIONS:
            return f": the derivative of {named(node)} is missing"
    return ": the derivative of the activation is missing"


_NO_ACTIVATIONS = frozenset({"array", "asarray", "copy", "float", "sum", "mean"})
