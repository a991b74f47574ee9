"""Two edits of which the second one only mends the first: one mistake, and one edit."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from .repair import Repair
from .site import Edit
from .syntax import short
from .trees import rebuilt


def merged(repairs: Sequence[list[Repair]]) -> list[list[Repair]]:
    """The repairs of each mistake, where what an edit has written itself is none of the user's."""
    found: list[list[Repair]] = []
    for each in repairs:
        both = _both(found[-1][0], each[0]) if found else None
        if both is None:
            found.append(each)
        else:
            found[-1] = [both]
    return found


def _both(first: Repair, second: Repair) -> Repair | None:
    """One repair for two; None where the second one mends something that the user wrote."""
    old = first.edit.anchor
    new = first.edit.changes.get(old)
    if not isinstance(new, ast.expr) or len(first.edit.changes) > 1:
        return None
    users, written = set(ast.walk(old)), set(ast.walk(new))
    if not all(node in written and node not in users for node in second.edit.changes):
        return None
    parents = {child: node for node in written for child in ast.iter_child_nodes(node)}
    tree = rebuilt(new, second.edit.changes, parents)
    edit = Edit({old: tree}, old, first.edit.kind, first.edit.cost, f"{short(tree)} instead")
    diff = first.diff
    if len(first.diff) == len(second.diff) == 2:
        diff = (first.diff[0], second.diff[1])
    return replace(
        first,
        edit=edit,
        told=edit,
        diff=diff,
        what="",
        given="",
        left=second.left,
        near=second.near,
        verified=second.verified,
        mended=tuple(dict.fromkeys([*first.mended, *second.mended])),
    )
