"""Which kind of mistake was it? From the edit that mends it, and from what the values were."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .search import Repair, Search

_NORMS = re.compile(r"norm|batch_?n|layer_?n|\bbn|\bln", re.IGNORECASE)
_TIMES = frozenset({"t", "step", "time", "ts", "timestep"})


def kind_of(repair: Repair, search: Search) -> str:
    """The slug of the kind: what the edit says, made more precise by where it stands."""
    edit = repair.edit
    kind, anchor = edit.kind, edit.anchor
    before, after = repair.values
    if kind == "wrong-operand" and before is not None and after is not None:
        ratio = _ratio(before, after)
        if ratio is not None:
            kind = "sign" if ratio == -1 else "scale"
        elif search.is_factor(before, after):
            kind = "missing-activation-derivative"
        elif search.is_factor(after, before):
            kind = "wrong-activation-derivative"
        elif search.library.is_derivative(after):
            kind = "wrong-activation-derivative"
    if kind in ("wrong-operand", "wrong-activation-derivative") and _is_argument(repair, search):
        kind = "activation-derivative-at-wrong-value"
    head = repair.at_head
    if head and kind in (
        "wrong-operand",
        "wrong-activation-derivative",
        "missing-activation-derivative",
    ):
        kind = "loss-gradient"
    if kind == "wrong-operand" and _names(anchor) & _TIMES:
        kind = "recurrence"
    if _NORMS.search(repair.function) and kind in ("wrong-operand", "missing-term"):
        kind = "normalisation"
    if kind == "wrong-operand" and isinstance(anchor, ast.Subscript | ast.Compare):
        kind = "wrong-operand"
    return kind


def _ratio(before: Any, after: Any) -> float | None:
    a, b = np.ravel(np.asarray(before, dtype=float)), np.ravel(np.asarray(after, dtype=float))
    if a.size != b.size or a.size < 2 or not a.any():
        return None
    factor = float(a @ b) / float(a @ a)
    if np.max(np.abs(b - factor * a)) > 1e-9 * np.max(np.abs(b), initial=1e-12):
        return None
    return -1.0 if abs(factor + 1) < 1e-9 else factor


def _is_argument(repair: Repair, search: Search) -> bool:
    """Was only the argument of a derivative mended: f'(a) for f'(z), a * (1 - a) for z * (1 - z)?"""
    node: ast.AST = repair.edit.anchor
    if not isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        return False
    above = repair.unit.parents.get(node)
    names = {ast.unparse(f) for f in (getattr(above, "func", None),) if f is not None}
    return bool(names & set(search.derivative_calls(repair.unit)))


def _names(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
