"""Which kind of mistake was it? From the edit that mends it, and from what the values were.

An edit names a kind by itself (a transpose is a transpose). The rules below make it more precise
by where the edit stands: in an activation's derivative, where the loss is differentiated, in an
index, in the formula of a normalisation, in a loop through time.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from .clues import (
    TELLING,
    VARIABLE,
    adds_parameter,
    at_another_value,
    drops,
    follows,
    is_cotangent,
    is_slope,
    joined,
    penalises,
    ratio,
    through_softmax,
)
from .conviction import CARRIED, SLOPE, Conviction
from .edits import carried
from .jacobians import of_normalisation, of_softmax
from .places import function_of, loop_of, root_of, statement_of
from .repair import Repair
from .sight import Sight
from .site import DROPOUT, PRODUCTS, REDUCTIONS
from .survey import Survey
from .syntax import chain, named, reading, steps, unparsed
from .values import is_array, is_floating

_NORMS = re.compile(
    r"(?<!linalg\.)norm|\bd?[xzu]_?hat|istd|ivar|inv_?(std|var)|(\b|_)d?(bn|ln)", re.IGNORECASE
)
_CARRIED = re.compile(r"prev|next|carr", re.IGNORECASE)  # what another turn of a loop reads
ALIKE = 0.3  # cosine of a value and the right one, from which on the one is a part of the other
_BIAS = re.compile(r"bias|(^|[^a-z])b(?![a-z])", re.IGNORECASE)
# kinds that say only that something else should stand there
_VAGUE = {"wrong-operand", "scale", "sign", "missing-term", "bias-reduction", "indexing"}
# of what a loop carries to its next turn, these leave out a path through time
_CUT_SHORT = {"missing-term", "wrong-operand", "missing-activation-derivative", "accumulation"}
_NAMED = {"sign", "scale", "swapped-gradients"}  # whatever stands around
# where the loss is differentiated, a change of these makes another formula of it
_FORMULAE = (_VAGUE - {"sign", "scale"}) | {
    "activation-derivative-at-wrong-value",
    "missing-activation-derivative",
    "softmax-jacobian",
    "wrong-activation-derivative",
}


def kind_of(repair: Repair, survey: Survey, sight: Sight) -> str:
    """The slug of the kind."""
    edit, parents = repair.edit, repair.unit.parents
    kind, anchor = edit.kind, edit.anchor
    if penalises(repair.mended, survey):
        return "regulariser"
    if isinstance(anchor, ast.stmt):
        return _of_statement(kind, edit.changes.get(anchor), anchor, parents, sight)
    root = root_of(anchor, repair.unit)
    new = edit.changes.get(anchor)
    some = kind == "missing-term" and np.any(repair.values[-1][0])  # of several ways back one
    cut = kind in _CUT_SHORT and not (some and not _adds_carry(anchor, new, parents))
    if root in survey.carriers and cut:
        return "recurrence"
    swap = isinstance(anchor, VARIABLE) and isinstance(new, VARIABLE)
    was, wanted = repair.values[-1]
    before = survey.first_value(anchor)
    whole = ratio(was, wanted)
    derivative = _which_derivative(repair, root, survey, sight)
    if is_slope(was, wanted, survey):  # all of it, as in a function for the derivative
        return "sign" if whole == -1 else derivative
    if kind == "scale" and _chains(new, sight, survey):
        return "missing-activation-derivative"
    slope = not repair.at_head and survey.library.is_derivative(wanted)
    if kind == "scale" and whole is not None and slope:
        return derivative  # a part of it was a derivative, too: of selu but for its scale
    compares = isinstance(anchor, ast.Compare) or _within(anchor, parents, ast.Compare)
    line = unparsed(root) if root is not None else ""
    exchanged = swap and np.ndim(repair.values[0][0]) > 0
    place = f"{repair.unit.scope} {repair.function}"
    label = survey.label(wanted)
    gradients = {f"dL/d{block.name}" for block in survey.replay.blocks}
    alone = kind == "wrong-operand" and label and label[0] in gradients  # of its scale, dgamma
    if kind != "swapped-gradients" and whole is None and not exchanged and not alone:
        if kind not in _NAMED and _NORMS.search(place):
            return "normalisation"
        centres = survey.normalises(root) and not _multiplies_matrices(root)
        if kind in _VAGUE and (_NORMS.search(line) or centres):
            return "normalisation"
    if not np.any(was) and np.size(was) > 1 and np.any(wanted):
        if _CARRIED.search(_target(anchor, parents)):
            return "recurrence"
        return "missing-gradient" if len(repair.mended) == 1 else "missing-term"
    if isinstance(anchor, ast.Subscript) and unparsed(new) == unparsed(anchor.value):  # type: ignore[arg-type]
        return "indexing"  # k for k[::-1]
    if len(edit.changes) > 1 and all(_other_index(old, to) for old, to in edit.changes.items()):
        return "indexing"  # v[i] for v[i + 1], twice
    if isinstance(new, ast.Subscript) and unparsed(new.value) == unparsed(anchor):
        return "indexing"  # k[order] for k
    if isinstance(anchor, ast.Subscript) and isinstance(new, ast.Subscript):
        # x[i] for x[j], of an array; of a list of arrays they are different variables
        same = unparsed(anchor.value) == unparsed(new.value)
        if same and is_array(sight.value(anchor.value)):
            return "indexing"
    whole_numbers = np.ndim(before) > 0 and np.asarray(before).dtype.kind in "iu"
    if whole_numbers and (kind == "swapped-gradients" or (swap and not repair.at_head)):
        return "indexing"
    if kind not in _NAMED and drops(was, wanted) and is_cotangent(was, survey):
        return "dropout-mask"
    stored = isinstance(getattr(anchor, "ctx", None), ast.Store)
    if stored or (_in_index(anchor, parents, survey) and not compares):
        return "bias-reduction" if not stored and _only_biases(repair, survey) else "indexing"
    changed = " ".join(_names(anchor) ^ _names(new))
    masked = any("mask" in name for name in _names(anchor) | _names(new)) and DROPOUT.search(line)
    if kind not in _NAMED and (masked or DROPOUT.search(changed)):
        return "dropout-mask"
    if repair.at_head and kind in _FORMULAE and whole is None and not swap:
        return "loss-gradient"
    # not only multiplied into one gradient
    passed_on = swap and (len(repair.mended) > 1 or (label and label[0] not in gradients))
    multiplies = _products(new) > _products(anchor) and survey.is_factor(was, wanted)
    if kind in _VAGUE and (multiplies or (passed_on and _lacks_factor(repair, survey))):
        down = passed_on and not (label and label[0] in gradients)  # to the layer below
        raw = down and not _in_time(anchor, parents)
        if not raw and (_holds_factor(anchor, parents, survey) or _makes_slope(repair, survey)):
            return derivative
        return "raw-error-propagated" if raw else "missing-activation-derivative"
    if not (repair.at_head and kind in ("sign", "scale")) and _in_derivative(repair, survey):
        if kind == "sign" and _turns_derivative(repair, survey):
            return kind
        return derivative
    if swap and compares:
        return derivative
    if kind == "bias-reduction" and _only_biases(repair, survey):
        return kind
    if kind in _VAGUE - {"missing-term"} and not swap and _of_step(root, was, wanted, survey):
        if kind == "scale" and whole is not None:
            return kind
        return "sign" if whole == -1 else derivative
    if kind in _VAGUE and through_softmax(was, wanted, survey) and not repair.at_head:
        return "softmax-jacobian"
    before, after = repair.values[0]
    cotangents = [is_cotangent(value, survey) for value in (before, after)]
    if exchanged and not any(cotangents) and _of_step(root, was, wanted, survey):
        return derivative
    beside = follows(before, after) or survey.is_step(before, after)
    if kind == "wrong-operand" and swap and repair.makes_slope and beside:
        return "activation-derivative-at-wrong-value"
    if kind == "wrong-operand" and swap:
        if _passed_on_raw(before, after, survey) and survey.is_head_value(before):
            return "raw-error-propagated"
    elif kind == "wrong-operand":
        factor = ratio(before, after)
        if factor is not None:
            return "sign" if factor == -1 else "scale"
        if survey.is_factor(after, before) and not repair.at_head:
            return "wrong-activation-derivative"
    if kind == "bias-reduction" and not _only_biases(repair, survey) and whole is not None:
        return "scale"
    other = isinstance(new, ast.Call) or derivative == "wrong-operand"
    if kind == "activation-derivative-at-wrong-value" and other:
        return "wrong-operand"  # a function of it, but in no derivative; of another layer
    if kind in ("early-reduction", "transpose") and _only_biases(repair, survey):
        return "bias-reduction" if kind == "early-reduction" else kind
    if kind == "indexing" and _only_biases(repair, survey):
        return "bias-reduction"
    if kind == "missing-term" and _adds_itself(anchor, new, parents):
        return "accumulation"
    if kind == "missing-term" and _adds_carry(anchor, new, parents):
        return "recurrence"
    if kind == "wrong-operand" and _assigns_carry(anchor, parents):
        return "recurrence"
    if kind == "missing-activation-derivative" and _holds_factor(anchor, parents, survey):
        return derivative
    return kind


def _target(node: ast.AST, parents: Any) -> str:
    """The name of what the statement around this sets."""
    while not isinstance(node, ast.stmt) and node in parents:
        node = parents[node]
    return unparsed(node.targets[0]) if isinstance(node, ast.Assign) else ""


def _chains(new: Any, sight: Sight, survey: Survey) -> bool:
    """Is a number multiplied in that is the derivative of a step of the forward pass?"""
    if not isinstance(new, ast.BinOp) or not isinstance(new.op, ast.Mult):
        return False
    value = sight.value(new.right)
    return (
        isinstance(new.right, VARIABLE)
        and is_floating(value)
        and (np.size(value) == 1 and survey.library.is_derivative(value))
    )


def _other_index(old: Any, new: Any) -> bool:
    both = isinstance(old, ast.Subscript) and isinstance(new, ast.Subscript)
    number = both and not isinstance(getattr(old.slice, "value", 0), str)
    return number and unparsed(old.value) == unparsed(new.value)


def _holds_factor(node: Any, parents: Any, survey: Survey) -> bool:
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


def _which_derivative(repair: Repair, root: Any, survey: Survey, sight: Sight) -> str:
    """The right formula at a wrong quantity of its layer, or another formula?"""
    anchor, new, was, wanted = _exchanged(repair, survey, sight)
    argument = isinstance(repair.unit.parents.get(anchor), ast.Call)
    results = any(isinstance(n, ast.Call) for n in ast.walk(anchor))  # f(z)[0] for f(z)[1]
    if isinstance(new, VARIABLE) and (argument or isinstance(anchor, VARIABLE)):
        # z1 for a1 is at a wrong value; z1 for z2 is the variable of another layer
        told = is_floating(was) and np.size(was) >= TELLING and not results
        near = follows(was, wanted) or survey.is_step(was, wanted) or not _forward(was, survey)
        alike = not near if told else _family(anchor) == _family(new)
        if isinstance(anchor, VARIABLE) or not alike:
            other = alike and not results
            return "wrong-operand" if other else "activation-derivative-at-wrong-value"
    if isinstance(new, VARIABLE) and unparsed(new) in _arguments(anchor):
        return "activation-derivative-at-wrong-value"  # activated twice
    if isinstance(anchor, VARIABLE) and isinstance(new, ast.Call):
        return "activation-derivative-at-wrong-value"
    if argument and isinstance(anchor, ast.Call) and isinstance(new, VARIABLE):
        return "activation-derivative-at-wrong-value"  # of a function that is the derivative
    at_value = repair.edit.kind == "activation-derivative-at-wrong-value" or (
        isinstance(root, ast.expr) and at_another_value(root, repair.values[-1][1], sight, survey)
    )
    return "activation-derivative-at-wrong-value" if at_value else "wrong-activation-derivative"


def _arguments(node: Any) -> list[str]:
    return [unparsed(part) for part in getattr(node, "args", ())]


def _forward(value: Any, survey: Survey) -> bool:
    found = survey.library.match(value)
    return any(item.role == "forward" and abs(factor - 1) < 1e-6 for item, factor in found)


def _exchanged(repair: Repair, survey: Survey, sight: Sight) -> tuple[Any, Any, Any, Any]:
    """What an edit puts in the place of what, the same everywhere, and both values."""
    changes = list(repair.edit.changes.items())
    if len(changes) > 1 and len({(unparsed(a), unparsed(b)) for a, b in changes}) == 1:  # type: ignore[arg-type]
        old, new = changes[0]
        return old, new, survey.first_value(old), sight.value(new)  # type: ignore[arg-type]
    return repair.edit.anchor, repair.edit.changes.get(repair.edit.anchor), *repair.values[0]


def _family(node: Any) -> str:
    """The name without its number or index."""
    while isinstance(node, ast.Subscript) and not (
        isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
    ):
        node = node.value
    return re.sub(r"\d+", "", unparsed(node))


def _of_step(root: Any, was: Any, wanted: Any, survey: Survey) -> bool:
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


def kind_of_values(conviction: Conviction, survey: Survey) -> str:
    """The slug, where no edit is known: from what the values are and what they should be."""
    node, before, right = conviction.node, conviction.before[0], conviction.right[0]
    head = survey.at_head(statement_of(node, conviction.unit), conviction.unit)
    factor = ratio(joined(conviction.before), joined(conviction.right))
    if factor is not None:
        return "sign" if factor == -1 else "scale"
    if conviction.name == CARRIED:
        return "recurrence"
    if not np.any(before):
        return "missing-gradient" if conviction.definition is None else "missing-term"
    if conviction.name == SLOPE:
        return "wrong-activation-derivative"
    if head:
        return "loss-gradient"
    if survey.is_factor(before, right):
        return "missing-activation-derivative"
    root = root_of(node, conviction.unit)
    inside = f"{conviction.unit.scope} {function_of(node, conviction.unit)}"
    if _NORMS.search(inside) or survey.normalises(root):
        return "normalisation"
    nodes = ast.walk(root) if root is not None else ()
    reads = [survey.first_value(n) for n in nodes if isinstance(n, ast.expr)]
    if through_softmax(before, right, survey) or of_softmax(right, reads):
        return "softmax-jacobian"
    if of_normalisation(right, reads, survey.normal):
        return "normalisation"
    if named(node) in REDUCTIONS and _is_bias(conviction.name, survey):
        return "bias-reduction"
    if adds_parameter(before, right, survey):
        return "regulariser"
    if survey.is_factor(right, before) or _replaces_derivative(conviction, survey):
        return "wrong-activation-derivative"
    values, wanted = np.asarray(before, dtype=float), np.asarray(right, dtype=float)
    if values.ndim == 2 and values.shape == wanted.T.shape and np.allclose(values.T, wanted):
        return "transpose"
    if values.size > 2 and np.allclose(np.sort(values, axis=None), np.sort(wanted, axis=None)):
        return "indexing"
    together = float(np.sum(values * wanted)) if values.shape == wanted.shape else 0.0
    if together > ALIKE * float(np.linalg.norm(values) * np.linalg.norm(wanted)):
        return "missing-term"  # other variables have been tried in vain
    is_ = survey.label(before)
    multiplies = named(node) in PRODUCTS or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult | ast.Mult)
    )
    return "wrong-operand" if multiplies or (is_ and is_[0] != conviction.name) else "unknown"


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
    return "updated-weights-used" if steps(statement) else kind


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
    loop = loop_of(statement, parents)
    target = getattr(statement, "target", None) or getattr(statement, "targets", [None])[0]
    if loop is None or not isinstance(target, ast.Name) or statement not in loop.body:
        return False
    later = loop.body[loop.body.index(statement) + 1 :]
    names = [n for s in later for n in ast.walk(s) if isinstance(n, ast.Name)]
    return any(n.id == target.id and isinstance(n.ctx, ast.Store) for n in names)


def _makes_slope(repair: Repair, survey: Survey) -> bool:
    """Is an expression around the edit a local derivative now?"""
    return any(is_slope(before, after, survey) for before, after in repair.values[1:])


def _in_derivative(repair: Repair, survey: Survey) -> bool:
    """Does the edit turn an expression into a true local derivative?"""
    own, *around = repair.values
    pairs = around if repair.edit.kind == "missing-activation-derivative" else [own, *around]
    return any(is_slope(before, after, survey) for before, after in pairs)


def _names(tree: Any) -> set[str]:
    nodes = ast.walk(tree) if isinstance(tree, ast.AST) else ()
    return {n.id if isinstance(n, ast.Name) else n.attr for n in nodes if isinstance(n, _WORDS)}


_WORDS = ast.Name | ast.Attribute


def _products(tree: Any) -> int:
    nodes = ast.walk(tree) if isinstance(tree, ast.AST) else ()
    return sum(isinstance(n, ast.Mult) or named(n) == "multiply" for n in nodes)


def _multiplies_matrices(root: Any) -> bool:
    nodes = ast.walk(root) if root is not None else ()
    return any(isinstance(n, ast.MatMult) or named(n) in ("dot", "matmul") for n in nodes)


def _lacks_factor(repair: Repair, survey: Survey) -> bool:
    """A local derivative, or what it is multiplied with in the forward pass, as by a gate."""
    before, after = repair.values[0]
    if before is None or after is None or np.shape(before) != np.shape(after):
        return False
    if survey.is_factor(before, after):
        return True
    with np.errstate(all="ignore"):
        gate = np.divide(after, before)
    through = is_cotangent(before, survey) and is_cotangent(after, survey)
    return through and _forward(gate, survey)


def _turns_derivative(repair: Repair, survey: Survey) -> bool:
    """Was the local derivative right but for its sign?"""
    return any(
        after is not None and survey.library.is_derivative(after) and ratio(before, after) == -1
        for before, after in repair.values
    )


def _passed_on_raw(before: Any, after: Any, survey: Survey) -> bool:
    return ratio(before, after) is not None or (
        before is not None and after is not None and survey.is_factor(before, after)
    )


def _is_bias(name: str, survey: Survey) -> bool:
    """Is this the gradient of a vector, beside matrices?"""
    sizes = {f"dL/d{block.name}": np.shape(block.values) for block in survey.replay.blocks}
    return len(sizes.get(name, (0, 0))) == 1 and any(len(shape) > 1 for shape in sizes.values())


def _only_biases(repair: Repair, survey: Survey) -> bool:
    wrong = [b for b in survey.replay.blocks if b.name in repair.mended]
    if all(b.values.ndim < 2 for b in survey.replay.blocks):  # numbers: only their names tell
        return bool(wrong) and all(_BIAS.search(b.name) for b in wrong)
    vectors = (b.values.ndim < 2 or (b.values.ndim == 2 and min(b.shape) == 1) for b in wrong)
    return bool(wrong) and all(vectors)


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


def _in_time(node: ast.AST, parents: Any) -> bool:
    """In a loop that accumulates parameters' gradients and carries one cotangent on?"""
    loop = loop_of(node, parents)
    if loop is None:
        return False
    gathers = any(isinstance(n, ast.AugAssign) for n in ast.walk(loop))
    return gathers and bool(carried(loop))


def _adds_itself(node: ast.AST, new: Any, parents: Any) -> bool:
    """Is a part of what the statement sets added: [n + d for n, d in zip(sums, more)] to sums?"""
    while not isinstance(node, ast.stmt) and node in parents:
        node = parents[node]
    target = getattr(node, "targets", [None])[0]
    added = {n.id for n in ast.walk(new) if isinstance(n, ast.Name)}
    for loop in (n for n in ast.walk(node) if isinstance(n, ast.comprehension)):
        bound = loop.target.elts if isinstance(loop.target, ast.Tuple) else [loop.target]
        over = loop.iter.args if named(loop.iter) == "zip" else [loop.iter]  # type: ignore[attr-defined]
        for name, each in zip(bound, over, strict=False):
            itself = target is not None and ast.unparse(each) == ast.unparse(target)
            if itself and isinstance(name, ast.Name) and name.id in added:
                return True
    return False


def _adds_carry(node: ast.AST, new: Any, parents: Any) -> bool:
    """Is a variable added that the loop sets here or further down, for its next turn?"""
    loop = loop_of(node, parents)
    if any(map(_CARRIED.search, _names(new) - _names(node))):
        return True
    if loop is None:
        return False
    while not isinstance(node, ast.stmt):
        node = parents[node]
    later = loop.body[loop.body.index(node) :] if node in loop.body else []
    names = [n for s in later for n in ast.walk(s) if isinstance(n, ast.Name)]
    stores = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    return bool(stores & {n.id for n in ast.walk(new) if isinstance(n, ast.Name)})


def _assigns_carry(node: ast.AST, parents: Any) -> bool:
    loop = loop_of(node, parents)
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
