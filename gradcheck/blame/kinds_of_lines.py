"""The kind of an edit that changes a line as a whole, adds one, or takes one out."""

from __future__ import annotations

import ast
from typing import Any

import numpy as np

from .carried import is_carry, is_handed_in
from .clues import is_cotangent, only_biases, ratio
from .repair import Repair
from .sight import Sight
from .surroundings import adds_penalty, got_nothing, rewrites, scatters
from .survey import Survey
from .syntax import VARIABLE, reductions, steps, summands, unparsed
from .values import is_array


def of_line(repair: Repair, survey: Survey, sight: Sight) -> str:
    """Of a line that is changed as a whole, or added, or taken out."""
    statement: Any = repair.edit.anchor
    kind, parents, new = repair.edit.kind, repair.unit.parents, repair.edit.changes.get(statement)
    if kind == "accumulation" and survey.recurs and is_handed_in(statement, parents):
        return "recurrence"
    if kind == "accumulation" and scatters(statement, sight):
        return "scatter"
    if kind == "accumulation" and is_carry(statement, parents):
        return "recurrence"
    if kind == "missing-term":
        return _of_missing_line(repair, new, survey, sight)
    if kind != "wrong-operand" or new:
        return kind
    # a line too many: one that steps along the gradient changes weights that are still needed
    return "updated-weights-used" if steps(statement) else kind


def _of_missing_line(repair: Repair, new: Any, survey: Survey, sight: Sight) -> str:
    statement: Any = repair.edit.anchor
    if adds_penalty(statement, new, survey, sight):
        return "regulariser"
    if rewrites(statement, new):
        return _of_rewritten(repair, survey, sight)
    if got_nothing(repair, survey):
        return "missing-gradient"
    last = new[-1] if isinstance(new, list) and new else None
    divides = isinstance(getattr(last, "op", None), ast.Mult | ast.Div)
    return "scale" if divides else "missing-term"


def _of_rewritten(repair: Repair, survey: Survey, sight: Sight) -> str:
    """Of a line that was not written as its siblings are: from its values."""
    statement: Any = repair.edit.anchor
    lines: Any = repair.edit.changes[statement]
    old, new = statement.value, lines[0].value
    if len(summands(new)) > len(summands(old)):
        return "missing-term"
    if only_biases(repair, survey) and (reductions(old) or reductions(new)):
        return "bias-reduction"
    was, wanted = survey.first_value(old), sight.value(new)
    if not is_array(was) or np.shape(was) != np.shape(wanted):
        return "wrong-operand"
    factor = ratio(was, wanted)
    if factor is not None:
        return "sign" if factor == -1 else "scale"
    if survey.is_factor(was, wanted):
        return "missing-activation-derivative"
    if isinstance(new, ast.Call) and unparsed(old) in map(unparsed, new.args):
        return "missing-term"  # a step back that is left out
    reads = [sight.value(n) for n in ast.walk(old) if isinstance(n, VARIABLE)]
    if any(survey.is_factor(value, wanted) for value in reads if is_cotangent(value, survey)):
        return "wrong-activation-derivative"
    return "transpose" if np.array_equal(was.T, wanted) else "wrong-operand"
