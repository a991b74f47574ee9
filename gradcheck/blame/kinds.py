"""Which kind of mistake was it? From the edit that mends it, and from what the values were.

An edit names a kind by itself (a transpose is a transpose). The rules below make it more precise
by where the edit stands: in an activation's derivative, where the loss is differentiated, in an
index, in the formula of a normalisation, in a loop through time.
"""

from __future__ import annotations

import ast
import functools
import re
from typing import Any

import numpy as np

from .edits import carried
from .places import function_of, root_of, statement_of
from .repair import Repair
from .sight import Sight
from .site import PRODUCTS, harmless
from .substitute import SLOPE, Conviction
from .survey import Survey
from .syntax import chain, named, reading, substituted
from .values import is_array, is_floating

_NORMS = re.compile(
    r"(?<!linalg\.)norm|\bd?[xzu]_?hat|istd|ivar|inv_?(std|var)|(\b|_)d?(bn|ln)", re.IGNORECASE
)
_DROPOUT = re.compile(r"drop|keep(?!dim)", re.IGNORECASE)
_VARIABLE = ast.Name | ast.Attribute | ast.Subscript

# kinds that say only that something else should stand there
_VAGUE = {"wrong-operand", "scale", "sign", "missing-term", "bias-reduction", "indexing"}
_NAMED = {"sign", "scale", "swapped-gradients"}  # whatever stands around


def kind_of(repair: Repair, survey: Survey, sight: Sight) -> str:
    """The slug of the kind."""
    edit, parents = repair.edit, repair.unit.parents
    kind, anchor = edit.kind, edit.anchor
    if isinstance(anchor, ast.stmt):
        return _of_statement(kind, edit.changes.get(anchor), anchor, parents, sight)
    new = edit.changes.get(anchor)
    swap = isinstance(anchor, _VARIABLE) and isinstance(new, _VARIABLE)
    applied = isinstance(new, ast.Call) and isinstance(anchor, _VARIABLE)
    was, wanted = repair.values[-1]
    root = root_of(anchor, repair.unit)
    elsewhere = isinstance(root, ast.expr) and _at_another_value(root, wanted, sight, survey)
    at_value = swap or applied or elsewhere or kind == "activation-derivative-at-wrong-value"
    derivative = (
        "activation-derivative-at-wrong-value" if at_value else "wrong-activation-derivative"
    )
    if _is_slope(was, wanted, survey):  # all of it, as in a function for the derivative
        return kind if kind == "sign" and _ratio(was, wanted) == -1 else derivative
    inside = f"{repair.unit.scope} {repair.function}"
    line = ast.unparse(root) if root is not None else ""
    if kind not in _NAMED and (_NORMS.search(inside) or (kind in _VAGUE and _NORMS.search(line))):
        return "normalisation"
    compares = isinstance(anchor, ast.Compare) or _within(anchor, parents, ast.Compare)
    if _in_index(anchor, parents, survey) and not compares:
        return "bias-reduction" if _only_biases(repair, survey) else "indexing"
    changed = " ".join(_names(anchor) ^ _names(new))
    masked = any("mask" in name for name in _names(anchor) | _names(new)) and _DROPOUT.search(line)
    if kind not in _NAMED and (masked or _DROPOUT.search(changed)):
        return "dropout-mask"
    passed_on = swap and len(repair.mended) > 1  # not only multiplied into one gradient
    multiplies = _products(new) > _products(anchor) and survey.is_factor(was, wanted)
    if kind in _VAGUE and (multiplies or (passed_on and _lacks_factor(repair, survey))):
        raw = swap and survey.is_head_value(repair.values[0][0])
        return "raw-error-propagated" if raw else "missing-activation-derivative"
    if not (repair.at_head and kind in ("sign", "scale")) and _in_derivative(repair, survey):
        if kind == "missing-activation-derivative":
            return kind
        if kind == "sign" and _turns_derivative(repair, survey):
            return kind
        return derivative
    if swap and compares:
        return "activation-derivative-at-wrong-value"
    if kind in _VAGUE and _through_softmax(*repair.values[-1], survey) and not repair.at_head:
        return "softmax-jacobian"
    before, after = repair.values[0]
    if kind == "wrong-operand" and swap:
        if _passed_on_raw(before, after, survey) and survey.is_head_value(before):
            return "raw-error-propagated"
    elif kind == "wrong-operand":
        ratio = _ratio(before, after)
        if ratio is not None:
            return "sign" if ratio == -1 else "scale"
        if survey.is_factor(after, before) and not repair.at_head:
            return "wrong-activation-derivative"
    if kind in _VAGUE and _adds_parameter(*repair.values[-1], survey):
        return "regulariser"
    if kind in ("early-reduction", "transpose") and _only_biases(repair, survey):
        return "bias-reduction" if kind == "early-reduction" else kind
    if kind == "indexing" and _only_biases(repair, survey):
        return "bias-reduction"
    if kind == "missing-term" and _adds_carry(anchor, new, parents):
        return "recurrence"
    if kind in ("wrong-operand", "wrong-activation-derivative") and repair.at_head and not swap:
        return "loss-gradient"
    if kind == "wrong-operand" and _assigns_carry(anchor, parents):
        return "recurrence"
    return kind


def kind_of_values(conviction: Conviction, survey: Survey) -> str:
    """The slug, where no edit is known: from what the values are and what they should be."""
    node, before, right = conviction.node, conviction.before[0], conviction.right[0]
    head = survey.at_head(statement_of(node, conviction.unit), conviction.unit)
    ratio = _ratio(_joined(conviction.before), _joined(conviction.right))
    if ratio is not None:
        return "sign" if ratio == -1 else "scale"
    if not np.any(before) and conviction.definition is None:
        return "missing-gradient"
    if conviction.name == SLOPE:
        return "wrong-activation-derivative"
    if survey.is_factor(before, right):
        return "missing-activation-derivative"
    if _NORMS.search(f"{conviction.unit.scope} {function_of(node, conviction.unit)}"):
        return "normalisation"
    if _through_softmax(before, right, survey) and not head:
        return "softmax-jacobian"
    if _adds_parameter(before, right, survey):
        return "regulariser"
    if not head and (survey.is_factor(right, before) or _replaces_derivative(conviction, survey)):
        return "wrong-activation-derivative"
    values, wanted = np.asarray(before, dtype=float), np.asarray(right, dtype=float)
    if values.ndim == 2 and values.shape == wanted.T.shape and np.allclose(values.T, wanted):
        return "transpose"
    if values.size > 2 and np.allclose(np.sort(values, axis=None), np.sort(wanted, axis=None)):
        return "indexing"
    if head:
        return "loss-gradient"
    is_ = survey.label(before)
    multiplies = named(node) in PRODUCTS or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult | ast.Mult)
    )
    return "wrong-operand" if multiplies or (is_ and is_[0] != conviction.name) else "unknown"


def _joined(values: Any) -> Any:
    return np.concatenate([np.ravel(np.asarray(v, dtype=float)) for v in values])


def _replaces_derivative(conviction: Conviction, survey: Survey) -> bool:
    """Is this a known cotangent times something, where its activation's derivative should be?"""
    node = conviction.node
    multiplies = isinstance(node, ast.Call) and named(node) == "multiply"
    parts = node.args if multiplies and isinstance(node, ast.Call) else chain(node)
    return len(parts) > 1 and any(
        survey.label(value) is not None and survey.is_factor(value, conviction.right[0])
        for value in map(survey.first_value, parts)
        if np.shape(value) == np.shape(conviction.right[0])
    )


def _of_statement(kind: str, new: Any, statement: ast.stmt, parents: Any, sight: Sight) -> str:
    if kind == "accumulation" and _scatters(statement, sight):
        return "scatter"
    if kind == "accumulation" and _is_carry(statement, parents):
        return "recurrence"
    if kind != "wrong-operand" or new:
        return kind
    # a line too many: one that steps along the gradient changes weights that are still needed
    steps = isinstance(statement, ast.AugAssign) and isinstance(statement.op, ast.Sub)
    if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.BinOp):
        target = ast.unparse(statement.targets[0])
        steps = ast.unparse(statement.value.left) == target
    return "updated-weights-used" if steps else kind


def _scatters(statement: ast.stmt, sight: Sight) -> bool:
    """Is it written to places that are looked up, some of them more than once?"""
    target = getattr(statement, "target", None) or getattr(statement, "targets", [None])[0]
    if not isinstance(target, ast.Subscript):
        return False
    looked_up = any(isinstance(n, ast.Subscript) for n in ast.walk(target.slice))
    parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
    plain = [reading(part) for part in parts if not isinstance(part, ast.Slice)]
    return looked_up or any(np.ndim(i) > 0 for i in map(sight.value, plain) if is_array(i))


def _is_carry(statement: ast.stmt, parents: Any) -> bool:
    """Does the loop set the target of this statement once more, for its next turn?"""
    loop = _loop_of(statement, parents)
    target = getattr(statement, "target", None) or getattr(statement, "targets", [None])[0]
    if loop is None or not isinstance(target, ast.Name) or statement not in loop.body:
        return False
    later = loop.body[loop.body.index(statement) + 1 :]
    names = [n for s in later for n in ast.walk(s) if isinstance(n, ast.Name)]
    return any(n.id == target.id and isinstance(n.ctx, ast.Store) for n in names)


def _in_derivative(repair: Repair, survey: Survey) -> bool:
    """Does the edit turn an expression into a true local derivative?"""
    own, *around = repair.values
    pairs = around if repair.edit.kind == "missing-activation-derivative" else [own, *around]
    return any(_is_slope(before, after, survey) for before, after in pairs)


def _names(tree: Any) -> set[str]:
    nodes = ast.walk(tree) if isinstance(tree, ast.AST) else ()
    return {n.id if isinstance(n, ast.Name) else n.attr for n in nodes if isinstance(n, _WORDS)}


_WORDS = ast.Name | ast.Attribute


def _products(tree: Any) -> int:
    nodes = ast.walk(tree) if isinstance(tree, ast.AST) else ()
    return sum(isinstance(n, ast.Mult) or named(n) == "multiply" for n in nodes)


def _lacks_factor(repair: Repair, survey: Survey) -> bool:
    before, after = repair.values[0]
    return before is not None and after is not None and survey.is_factor(before, after)


def _is_slope(before: Any, after: Any, survey: Survey) -> bool:
    """Is this a true local derivative now, and was none?"""
    return (
        after is not None
        and survey.library.is_derivative(after)
        and not _is_known(after, survey)
        and (before is None or not survey.library.is_derivative(before))
    )


def _at_another_value(node: ast.expr, wanted: Any, sight: Sight, survey: Survey) -> bool:
    """Is the expression right as a formula, with another quantity of the forward pass in it?"""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    known = all(harmless(c) or ast.unparse(c.func) in sight.functions for c in calls)
    if wanted is None or np.size(wanted) < 2 or not known:
        return False
    used = {ast.unparse(n) for n in ast.walk(node) if isinstance(n, _VARIABLE)}
    for text in used:
        value = sight.value_of(text)
        if not is_floating(value) or np.shape(value) != np.shape(wanted):
            continue
        uses = [n for n in ast.walk(node) if isinstance(n, _VARIABLE) and ast.unparse(n) == text]
        tree = functools.reduce(lambda t, n: substituted(t, n, ast.Name("_q")), uses, node)
        for item in survey.library.items:
            if item.role != "forward" or item.value.shape != np.shape(wanted):
                continue
            if np.allclose(item.value, value):
                continue
            found = sight.value_with(ast.unparse(tree), _q=item.value)
            same = is_floating(found) and np.shape(found) == np.shape(wanted)
            if same and np.allclose(found, wanted, rtol=1e-5, atol=1e-9, equal_nan=True):
                return True
    return False


def _is_known(value: Any, survey: Survey) -> bool:
    """A cotangent, or a quantity of the forward pass: the other factor of a product in there."""
    switch = set(np.unique(np.asarray(value))) <= {0.0, 1.0}  # the derivative of a ReLU is one too
    return any(
        item.role == "adjoint" or (abs(factor - 1) < 1e-9 and not switch)
        for item, factor in survey.library.match(value)
    )


def _turns_derivative(repair: Repair, survey: Survey) -> bool:
    """Was the local derivative right but for its sign?"""
    return any(
        after is not None and survey.library.is_derivative(after) and _ratio(before, after) == -1
        for before, after in repair.values
    )


def _ratio(before: Any, after: Any) -> float | None:
    """c where after = c * before."""
    if before is None or after is None:
        return None
    a, b = np.ravel(np.asarray(before, dtype=float)), np.ravel(np.asarray(after, dtype=float))
    if a.size != b.size or a.size < 2 or not a.any():
        return None
    factor = float(a @ b) / float(a @ a)
    if np.max(np.abs(b - factor * a)) > 1e-9 * np.max(np.abs(b), initial=1e-12):
        return None
    return -1.0 if abs(factor + 1) < 1e-9 else factor


def _passed_on_raw(before: Any, after: Any, survey: Survey) -> bool:
    return _ratio(before, after) is not None or (
        before is not None and after is not None and survey.is_factor(before, after)
    )


def _adds_parameter(before: Any, after: Any, survey: Survey) -> bool:
    """Is the whole expression off by a multiple of a parameter, as of a regulariser's gradient?"""
    if before is None or after is None or np.shape(before) != np.shape(after):
        return False
    lacks = np.asarray(after, dtype=float) - np.asarray(before, dtype=float)
    if lacks.size < 2 or not lacks.any():
        return False
    some = np.abs(lacks) > 1e-6 * np.max(np.abs(lacks))  # of a bias in the matrix, none
    truth = survey.replay.truth
    assert truth is not None
    for place in truth.place:
        if place.size == lacks.size and some.sum() > 1:
            values = place.reshape(lacks.shape)[some]
            factor = float(values @ lacks[some]) / max(float(values @ values), 1e-300)
            if np.max(np.abs(factor * values - lacks[some])) < 1e-5 * np.max(np.abs(lacks)):
                return True
    return False


def _through_softmax(before: Any, after: Any, survey: Survey) -> bool:
    """Do rows that should sum to zero, as behind a softmax, do so only now?"""
    if before is None or after is None or np.ndim(after) < 1 or np.shape(before) != np.shape(after):
        return False
    for item in survey.library.items:
        if item.role != "forward" or item.value.shape != np.shape(after):
            continue
        for axis in range(item.value.ndim):
            sums = item.value.sum(axis=axis)
            if item.value.shape[axis] < 2 or np.min(item.value) < 0 or not np.allclose(sums, 1):
                continue
            small = 1e-9 * max(1.0, float(np.max(np.abs(before))))
            if np.max(np.abs(np.sum(after, axis=axis))) < small:
                return bool(np.max(np.abs(np.sum(before, axis=axis))) > 1e3 * small)
    return False


def _only_biases(repair: Repair, survey: Survey) -> bool:
    wrong = [b for b in survey.replay.blocks if b.name in repair.mended]
    return bool(wrong) and all(b.values.ndim < 2 or min(b.shape) == 1 for b in wrong)


def _in_index(node: ast.AST, parents: Any, survey: Survey) -> bool:
    """In the index of an array (not in a list of arrays), or in the range of a loop."""
    while isinstance(parents.get(node), ast.expr | ast.keyword):
        above = parents[node]
        if isinstance(above, ast.Subscript) and above.slice is node:
            # what was recorded is an array; a list or dict of arrays is not
            return survey.first_value(above.value) is not None or not _is_array(above, survey)
        if named(above) == "range":
            return True
        node = above
    return False


def _is_array(node: ast.AST, survey: Survey) -> bool:
    return np.ndim(survey.first_value(node)) > 0


def _within(node: ast.AST, parents: Any, kind: type[ast.AST]) -> bool:
    while isinstance(parents.get(node), ast.expr):
        node = parents[node]
        if isinstance(node, kind):
            return True
    return False


def _loop_of(node: ast.AST, parents: Any) -> ast.For | None:
    while node in parents:
        node = parents[node]
        if isinstance(node, ast.For):
            return node
    return None


def _in_time(node: ast.AST, parents: Any) -> bool:
    """In a loop that accumulates parameters' gradients and carries one cotangent on?"""
    loop = _loop_of(node, parents)
    if loop is None:
        return False
    gathers = any(isinstance(n, ast.AugAssign) for n in ast.walk(loop))
    return gathers and bool(carried(loop))


def _adds_carry(node: ast.AST, new: Any, parents: Any) -> bool:
    """Is a variable added that the loop sets here or further down, for its next turn?"""
    loop = _loop_of(node, parents)
    if loop is None:
        return False
    while not isinstance(node, ast.stmt):
        node = parents[node]
    later = loop.body[loop.body.index(node) :] if node in loop.body else []
    names = [n for s in later for n in ast.walk(s) if isinstance(n, ast.Name)]
    stores = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return bool(stores & {n.id for n in ast.walk(new) if isinstance(n, ast.Name)})


def _assigns_carry(node: ast.AST, parents: Any) -> bool:
    loop = _loop_of(node, parents)
    if loop is None or not _in_time(node, parents):
        return False
    while not isinstance(node, ast.stmt):
        node = parents[node]
    targets = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)
    }
    later = loop.body[loop.body.index(node) + 1 :] if node in loop.body else []
    used = {n.id for s in later for n in ast.walk(s) if isinstance(n, ast.Name)}
    return bool(targets & carried(loop)) and not targets & used
