"""Is it the local derivative that is wrong, or left out, and how?"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from .clues import TELLING, at_another_value, follows, is_cotangent, is_slope, ratio
from .conviction import Conviction
from .places import around
from .repair import Repair
from .sight import Sight
from .site import harmless
from .survey import Survey
from .syntax import VARIABLE, chain, named, unparsed
from .values import is_floating


def which_derivative(repair: Repair, root: Any, survey: Survey, sight: Sight) -> str:
    """The right formula at a wrong quantity of its layer, or another formula?"""
    anchor, new, was, wanted = _exchanged(repair, survey, sight)
    argument = isinstance(repair.unit.parents.get(anchor), ast.Call)
    results = any(isinstance(n, ast.Call) for n in ast.walk(anchor))  # f(z)[0] for f(z)[1]
    if isinstance(new, VARIABLE) and (argument or isinstance(anchor, VARIABLE)):
        # z1 for a1 is at a wrong value; z1 for z2 is the variable of another layer
        told = is_floating(was) and np.size(was) >= TELLING and not results
        near = (
            follows(was, wanted)
            or survey.is_step(was, wanted)
            or not survey.library.is_forward(was)
        )
        alike = not near if told else _family(anchor) == _family(new)
        if isinstance(anchor, VARIABLE) or not alike:
            other = alike and not results
            return "wrong-operand" if other else "activation-derivative-at-wrong-value"
    stacked = isinstance(anchor, ast.Call) and harmless(anchor) and not isinstance(was, tuple)
    if isinstance(new, VARIABLE) and stacked and survey.library.is_forward(was):
        return "activation-derivative-at-wrong-value"
    if isinstance(new, VARIABLE) and unparsed(new) in _arguments(anchor):
        return "activation-derivative-at-wrong-value"  # activated twice
    if isinstance(new, ast.Call) and (
        isinstance(anchor, VARIABLE) or unparsed(anchor) in _arguments(new)
    ):
        return "activation-derivative-at-wrong-value"
    applied = isinstance(new, ast.expr) and unparsed(anchor) in unparsed(new)
    if argument and isinstance(anchor, ast.Call) and (isinstance(new, VARIABLE) or applied):
        return "activation-derivative-at-wrong-value"  # of a function that is the derivative
    at_value = repair.edit.kind == "activation-derivative-at-wrong-value" or (
        isinstance(root, ast.expr) and at_another_value(root, repair.values[-1][1], sight, survey)
    )
    return "activation-derivative-at-wrong-value" if at_value else "wrong-activation-derivative"


def _exchanged(repair: Repair, survey: Survey, sight: Sight) -> tuple[Any, Any, Any, Any]:
    """What an edit puts in the place of what, the same everywhere, and both values."""
    changes = list(repair.edit.changes.items())
    if len(changes) > 1 and len({(unparsed(a), unparsed(b)) for a, b in changes}) == 1:  # type: ignore[arg-type]
        old, new = changes[0]
        return old, new, survey.first_value(old), sight.value(new)  # type: ignore[arg-type]
    return repair.edit.anchor, repair.edit.changes.get(repair.edit.anchor), *repair.values[0]


def _arguments(node: Any) -> list[str]:
    return [unparsed(part) for part in node.args] if isinstance(node, ast.Call) else []


def _family(node: Any) -> str:
    """The name without its number or index."""
    while isinstance(node, ast.Subscript) and not (
        isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    ):
        node = node.value
    return re.sub(r"\d+", "", unparsed(node))


def of_step(root: Any, was: Any, wanted: Any, survey: Survey) -> bool:
    """Is this, once right, a cotangent that is read here times a derivative?"""
    reads = [n for n in ast.walk(root) if isinstance(n, VARIABLE)] if root is not None else []
    for value in map(survey.first_value, reads):
        if (
            is_cotangent(value, survey)
            and survey.is_factor(value, wanted)
            and ratio(value, was) is None
        ):
            return True
    return False


def holds_factor(node: Any, parents: Any, survey: Survey) -> bool:
    """Is this in a cotangent times something, of which it makes no other cotangent?"""
    while isinstance(parents.get(node), ast.BinOp) and isinstance(parents[node].op, ast.Mult):
        node = parents[node]
    parts = node.args if named(node) == "multiply" else chain(node)
    known = survey.label(survey.first_value(node)) is not None
    return (
        len(parts) > 1
        and not known
        and any(is_cotangent(survey.first_value(part), survey) for part in parts)
    )


def makes_slope(repair: Repair, survey: Survey) -> bool:
    """Is an expression around the edit a local derivative now?"""
    return any(is_slope(before, after, survey) for before, after in repair.values[1:])


def in_derivative(repair: Repair, survey: Survey) -> bool:
    """Does the edit turn an expression into a true local derivative?"""
    own, *outer = repair.values
    pairs = outer if repair.edit.kind == "missing-activation-derivative" else [own, *outer]
    if any(is_slope(before, after, survey) for before, after in pairs):
        return True
    parents = repair.unit.parents
    nodes = (repair.edit.anchor, *around(repair.edit.anchor, parents))
    for node, (before, after) in zip(nodes, repair.values, strict=False):
        above = parents.get(node)
        under = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Div)
        if under and above.right is node and is_floating(before) and is_floating(after):  # type: ignore[union-attr]
            with np.errstate(all="ignore"):  # divided by 1 + x ** 2
                if is_slope(1 / np.asarray(before), 1 / np.asarray(after), survey):
                    return True
    return False


def turns_derivative(repair: Repair, survey: Survey) -> bool:
    """Was the local derivative right but for its sign?"""
    return any(
        after is not None and survey.library.is_derivative(after) and ratio(before, after) == -1
        for before, after in repair.values
    )


def replaces_derivative(conviction: Conviction, survey: Survey) -> bool:
    """Is this a known cotangent times something, where its activation's derivative should be?"""
    node = conviction.node
    multiplies = isinstance(node, ast.Call) and named(node) == "multiply"
    parts = node.args if multiplies and isinstance(node, ast.Call) else chain(node)
    return len(parts) > 1 and any(
        survey.label(value) is not None and survey.is_factor(value, conviction.right[0])
        for value in map(survey.first_value, parts)
        if np.shape(value) == np.shape(conviction.right[0])
    )


def lacks_factor(repair: Repair, survey: Survey) -> bool:
    """A local derivative, or what it is multiplied with in the forward pass, as by a gate."""
    before, after = repair.values[0]
    if before is None or after is None or np.shape(before) != np.shape(after):
        return False
    if survey.is_factor(before, after):
        return True
    with np.errstate(all="ignore"):
        gate = np.divide(after, before)
    through = is_cotangent(before, survey) and is_cotangent(after, survey)
    return through and survey.library.is_forward(gate)


def chains(anchor: Any, new: Any, sight: Sight, survey: Survey) -> str:
    """Of a number that is multiplied in, and comes from the forward pass: the slug; or ""."""
    if not isinstance(new, ast.BinOp) or not isinstance(new.op, ast.Mult):
        return ""
    value = sight.value(new.right)
    if not isinstance(new.right, VARIABLE) or not is_floating(value) or np.size(value) > 1:
        return ""
    if float(np.reshape(value, ())) in survey.constants:
        return ""  # the same wherever the parameters stand: 1 / sqrt(d) of an attention
    if not survey.library.is_derivative(value) and not survey.library.is_forward(value):
        return ""
    formula = any(isinstance(part, ast.BinOp) for part in chain(anchor)[1:])  # a (1 - a) lacks a
    return "wrong-activation-derivative" if formula else "missing-activation-derivative"


def passed_on_raw(before: Any, after: Any, survey: Survey) -> bool:
    return ratio(before, after) is not None or (
        before is not None and after is not None and survey.is_factor(before, after)
    )
