"""Which kind of mistake was it? From the edit that mends it, and from what the values were.

An edit names a kind by itself (a transpose is a transpose). The rules below make it more precise
by where the edit stands: in an activation's derivative, where the loss is differentiated, in an
index, in the formula of a normalisation, in a loop through time.
"""

from __future__ import annotations

import ast
import itertools
import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from .carried import (
    CARRIED_ON,
    adds_carry,
    adds_itself,
    assigns_carry,
    in_time,
    is_carry,
    is_handed_in,
    target_of,
)
from .chain_rule import (
    chains,
    holds_factor,
    in_derivative,
    lacks_factor,
    makes_slope,
    of_step,
    passed_on_raw,
    replaces_derivative,
    turns_derivative,
    which_derivative,
)
from .clues import (
    VARIABLE,
    adds_parameter,
    drops,
    follows,
    in_index,
    is_bias,
    is_cotangent,
    is_slope,
    joined,
    only_biases,
    penalises,
    ratio,
    through_softmax,
)
from .conviction import CARRIED, SLOPE, Conviction
from .jacobians import alike, is_softmax, of_class_alone, of_normalisation, of_softmax, turned_round
from .places import around, function_of, root_of, statement_of
from .repair import Repair
from .sight import Sight
from .site import DROPOUT, PRODUCTS, REDUCTIONS
from .source import rebuilt
from .surroundings import (
    adds_idle,
    adds_penalty,
    averages,
    completes_norm,
    counts_power,
    gets_mask,
    got_nothing,
    in_branch,
    in_call,
    in_formula,
    keeps,
    keeps_share,
    multiplied,
    other_factor,
    rewrites,
    scatters,
    set_later,
    shifts_turn,
    sums,
    takes_in,
    through_mask,
    varies,
)
from .survey import Survey
from .syntax import (
    multiplications,
    multiplies_matrices,
    named,
    other_index,
    reductions,
    steps,
    summands,
    unparsed,
    words,
)
from .values import is_array, is_number

_NORMS = re.compile(
    r"(?<!linalg\.)norm|\bd?[xzu]_?hat|istd|ivar|inv_?(std|var)|\brms|(\b|_)d?(bn|ln)",
    re.IGNORECASE,
)
ALIKE = 0.3  # cosine of a value and the right one, from which on the one is a part of the other
MEASURED = 1e-5  # part of the largest entry, by which right values may be off
# kinds that say only that something else should stand there
_VAGUE = {"wrong-operand", "scale", "sign", "missing-term", "bias-reduction", "indexing"}
# of what a loop carries to its next turn, these leave out a path through time
_CUT_SHORT = {"missing-term", "wrong-operand", "missing-activation-derivative", "accumulation"}
_TOLD = {"aliasing", "stale-buffer"}  # by the edit alone
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
    if survey.replay.misfits and set(repair.mended) <= set(survey.replay.misfits):
        return kind if kind == "transpose" else "shape"
    if penalises(repair.mended, survey):
        return "regulariser"
    if isinstance(anchor, ast.stmt):
        if kind == "accumulation" and survey.recurs and is_handed_in(anchor, parents):
            return "recurrence"
        new = edit.changes.get(anchor)
        if kind == "missing-term" and adds_penalty(anchor, new, survey, sight):
            return "regulariser"
        if kind == "missing-term" and rewrites(anchor, new):
            return _of_rewritten(repair, survey, sight)
        if kind == "missing-term" and got_nothing(repair, survey):
            return "missing-gradient"
        return _of_statement(kind, new, anchor, parents, sight)
    counts = "range" in (named(anchor), named(parents.get(anchor)))
    if kind == "indexing" and survey.recurs and named(parents.get(anchor)) == "pop":
        return "recurrence"  # the order of the turns
    if kind in _TOLD or (kind == "indexing" and counts):
        return kind
    root = root_of(anchor, repair.unit)
    new = edit.changes.get(anchor) or rebuilt(anchor, edit.changes, parents)
    swap = isinstance(anchor, VARIABLE) and isinstance(new, VARIABLE)
    some = kind == "missing-term" and np.any(repair.values[-1][0])  # of several ways back one
    cut = kind in _CUT_SHORT and not swap and not (some and not adds_carry(anchor, new, parents))
    if root in survey.carriers and cut:
        return "recurrence"
    was, wanted = repair.values[-1]
    before = survey.first_value(anchor)
    whole = ratio(was, wanted)
    number = isinstance(anchor, ast.expr) and is_number(sight.value(anchor))
    number = number and not in_index(anchor, parents, survey)
    if kind == "indexing" and number and (whole is not None or multiplied(anchor, parents)):
        kind = "scale"  # 1 / x.shape[0] for 1 / x.shape[1]
    if kind == "scale" and averages(root, was, whole, sight) and only_biases(repair, survey):
        return "bias-reduction"
    derivative = which_derivative(repair, root, survey, sight)
    if is_slope(was, wanted, survey):  # all of it, as in a function for the derivative
        return "sign" if whole == -1 else derivative
    if kind == "scale" and (missing := chains(anchor, new, sight, survey)):
        return missing
    place = f"{repair.unit.scope} {repair.function}"
    if kind == "scale" and DROPOUT.search(place) and keeps_share(whole, survey):
        return "dropout-mask"
    if kind == "scale" and not repair.at_head and keeps(root, whole, sight, survey):
        return "dropout-mask"  # what is kept is made larger
    swapped = isinstance(anchor, ast.BinOp) and isinstance(new, ast.BinOp)
    if kind == "sign" and swapped and repair.at_head and in_call(anchor, parents):
        return "loss-gradient"  # exp(t - s) for exp(s - t)
    partly = in_branch(anchor, parents) or varies(new, survey, sight)
    if kind == "scale" and repair.at_head and partly:
        return "loss-gradient"  # of a part of its entries, or what is no constant
    fewer = reductions(anchor) - reductions(new)
    if kind == "wrong-operand" and (fewer > 1 or (fewer and multiplies_matrices(new))):
        return "early-reduction"  # of each operand, where the product is to be summed
    slope = not repair.at_head and survey.library.is_derivative(wanted)
    if kind == "scale" and whole is not None and slope:
        return derivative  # a part of it was a derivative, too: of selu but for its scale
    compares = any(isinstance(n, ast.Compare) for n in (anchor, *around(anchor, parents)))
    line = unparsed(root) if root is not None else ""
    exchanged = swap and np.ndim(repair.values[0][0]) > 0
    label = survey.label(wanted)
    gradients = {f"dL/d{block.name}" for block in survey.replay.blocks}
    alone = kind == "wrong-operand" and label and label[0] in gradients  # of its scale, dgamma
    if kind != "swapped-gradients" and whole is None and not exchanged and not alone:
        if kind not in _NAMED and _NORMS.search(place):
            return "normalisation"
        completes = kind in _VAGUE and completes_norm(wanted, root, survey)
        centres = completes or (survey.normalises(root) and not multiplies_matrices(root))
        told = kind != "missing-term" or completes
        if kind in _VAGUE and told and (_NORMS.search(line) or centres):
            return "normalisation"
    if named(anchor) == "zeros_like" and kind == "missing-term":  # where a sum begins
        if got_nothing(repair, survey):
            return "missing-gradient"
        return "softmax-jacobian" if is_softmax(wanted) else kind
    if not np.any(was) and np.size(was) > 1 and np.any(wanted):
        if CARRIED_ON.search(target_of(anchor, parents)):
            return "recurrence"
        return "missing-gradient" if len(repair.mended) == 1 else "missing-term"
    if isinstance(anchor, ast.Subscript) and unparsed(new) == unparsed(anchor.value):  # type: ignore[arg-type]
        return "indexing"  # k for k[::-1]
    if len(edit.changes) > 1 and all(other_index(old, to) for old, to in edit.changes.items()):
        return "indexing"  # v[i] for v[i + 1], twice
    if isinstance(new, ast.Subscript) and unparsed(new.value) == unparsed(anchor):
        return "indexing"  # k[order] for k
    if isinstance(anchor, ast.Subscript) and isinstance(new, ast.Subscript):
        # x[i] for x[j], of an array; of a list of arrays they are different variables
        same = unparsed(anchor.value) == unparsed(new.value)
        if same and is_array(sight.value(anchor.value)):
            return "indexing"
    if isinstance(parents.get(anchor), ast.BinOp) and counts_power(anchor, parents, survey):
        return "scale"
    if shifts_turn(anchor, new, parents, sight):
        return "indexing"
    whole_numbers = np.ndim(before) > 0 and np.asarray(before).dtype.kind in "iu"
    if whole_numbers and (kind == "swapped-gradients" or (swap and not repair.at_head)):
        return "indexing"
    if kind not in _NAMED and drops(was, wanted) and is_cotangent(was, survey):
        return "dropout-mask"
    stored = isinstance(getattr(anchor, "ctx", None), ast.Store)
    stored = stored and kind != "swapped-gradients"
    if stored or (in_index(anchor, parents, survey) and not compares):
        return "bias-reduction" if not stored and only_biases(repair, survey) else "indexing"
    changed = " ".join(words(anchor) ^ words(new))
    fresh = words(anchor) ^ words(new) if kind == "missing-activation-derivative" else set()
    called = any("mask" in name for name in fresh or words(anchor) | words(new))
    called = called and bool(DROPOUT.search(line))
    masked = called or (not repair.at_head and through_mask(anchor, new, sight, survey))
    if (kind not in _NAMED and masked) or (kind != "sign" and DROPOUT.search(changed)):
        return "dropout-mask"
    operators = [getattr(n, "op", None) for n in around(anchor, parents)]
    inside = any(isinstance(op, ast.Mult) for op in operators)  # (y - t) * f'(z)
    inside = inside and any(is_slope(*pair, survey) for pair in repair.values[:-1])
    handed = kind == "missing-activation-derivative" and isinstance(root, VARIABLE)  # dz = da
    another = whole is None and not swap and not inside and not handed
    name, off = survey.label(was) or ("", 0.0)
    units = (1.0, -1.0, repair.unit_of_adjoints)
    exact = name.startswith("dL/d") and any(math.isclose(off, c, rel_tol=1e-3) for c in units)
    if repair.at_head and kind == "missing-activation-derivative" and exact:
        return kind  # the derivative of the loss is right
    if repair.at_head and adds_idle(edit, repair.unit):
        return "missing-term"
    if repair.at_head and kind in _FORMULAE and another:
        return "softmax-jacobian" if of_class_alone(was, wanted) else "loss-gradient"
    if isinstance(anchor, ast.Name) and set_later(repair, survey):
        return "raw-error-propagated"
    # not only multiplied into one gradient
    passed_on = swap and (len(repair.mended) > 1 or (label and label[0] not in gradients))
    multiplies = multiplications(new) > multiplications(anchor) and survey.is_factor(was, wanted)
    if kind in _VAGUE and (multiplies or (passed_on and lacks_factor(repair, survey))):
        own = len(repair.mended) == 1 and label and label[0] in gradients  # of one sample, dz is db
        down = passed_on and not own  # to the layer below
        known = all(is_cotangent(value, survey) for value in repair.values[0])
        raw = down and (known or not in_time(anchor, parents))
        if not raw and (holds_factor(anchor, parents, survey) or makes_slope(repair, survey)):
            return derivative
        return "raw-error-propagated" if raw else "missing-activation-derivative"
    if not (repair.at_head and kind in ("sign", "scale")) and in_derivative(repair, survey):
        if kind == "sign" and turns_derivative(repair, survey):
            return kind
        return derivative
    if swap and compares:
        return derivative
    if kind == "bias-reduction" and only_biases(repair, survey):
        return kind
    if kind in _VAGUE - {"missing-term"} and not swap and of_step(root, was, wanted, survey):
        if kind == "scale" and whole is not None:
            return kind
        return "sign" if whole == -1 else derivative
    if kind in _VAGUE and through_softmax(was, wanted, survey) and not repair.at_head:
        return "softmax-jacobian"
    before, after = repair.values[0]
    cotangents = [is_cotangent(value, survey) for value in (before, after)]
    if exchanged and not any(cotangents) and of_step(root, was, wanted, survey):
        return derivative
    beside = follows(before, after) or survey.is_step(before, after)
    formula = repair.makes_slope or in_formula(anchor, parents)
    if kind == "wrong-operand" and swap and formula and beside:
        return "activation-derivative-at-wrong-value"
    if kind == "wrong-operand" and swap:
        if passed_on_raw(before, after, survey) and survey.is_head_value(before):
            return "raw-error-propagated"
    elif kind == "wrong-operand":
        factor = ratio(before, after)
        if factor is not None:
            return "sign" if factor == -1 else "scale"
        if survey.is_factor(after, before) and not repair.at_head:
            return "wrong-activation-derivative"
    if kind == "bias-reduction" and not only_biases(repair, survey) and whole is not None:
        return "scale"
    if kind == "wrong-activation-derivative" and isinstance(anchor, ast.Call) and before is None:
        return "wrong-operand"  # another function, that gives back several things
    if kind == "wrong-operand" and takes_in(anchor, new, survey):
        return "missing-activation-derivative"
    other = isinstance(new, ast.Call) or derivative == "wrong-operand" or sums(anchor)
    if kind == "activation-derivative-at-wrong-value" and other:
        return "wrong-operand"  # a function of it, but in no derivative; of another layer
    if kind in ("early-reduction", "transpose") and only_biases(repair, survey):
        return "bias-reduction" if kind == "early-reduction" else kind
    if kind == "indexing" and only_biases(repair, survey):
        return "bias-reduction"
    if kind == "missing-term" and adds_itself(anchor, new, parents):
        return "accumulation"
    if kind == "missing-term" and adds_carry(anchor, new, parents):
        return "recurrence"
    gates = swap and survey.library.is_forward(before)  # f for i, of what is carried on
    if kind == "wrong-operand" and survey.recurs and assigns_carry(anchor, parents) and not gates:
        return "recurrence"
    if kind == "missing-activation-derivative" and holds_factor(anchor, parents, survey):
        return derivative
    return kind


def _replaced(repair: Repair) -> set[tuple[str, str]]:
    """Which expressions stand for which."""
    pairs = repair.edit.changes.items()
    return {(unparsed(a), unparsed(b)) for a, b in pairs if isinstance(b, ast.expr)}


def exchanged(found: Sequence[Repair]) -> None:
    """Two variables in each other's place, in two lines: mended one after the other."""
    for one, other in itertools.combinations(found, 2):
        there, here = _replaced(one), _replaced(other)
        if there and there == {(b, a) for a, b in here}:
            one.kind = other.kind = "swapped-gradients"


def kind_of_values(conviction: Conviction, survey: Survey) -> str:
    """The slug, where no edit is known: from what the values are and what they should be."""
    node, before, right = conviction.node, conviction.before[0], conviction.right[0]
    head = survey.at_head(statement_of(node, conviction.unit), conviction.unit, right)
    factor = ratio(joined(conviction.before), joined(conviction.right), MEASURED)
    if factor is not None and named(node) == "mean" and is_bias(conviction.name, survey):
        return "bias-reduction"
    if factor is not None:
        return "sign" if factor == -1 else "scale"
    if not survey.spent(0.9):
        survey.go_elsewhere()
    if penalises([b.name for b, mine, _, _ in survey.each() if survey.wrong[mine].any()], survey):
        return "regulariser"
    if conviction.name == CARRIED:
        return "recurrence"
    if not np.any(before):
        return "missing-gradient" if conviction.definition is None else "missing-term"
    if conviction.name == SLOPE:
        return "wrong-activation-derivative"
    if head:
        return "softmax-jacobian" if of_class_alone(before, right) else "loss-gradient"
    if drops(before, right) or gets_mask(before, right, survey):
        return "dropout-mask"
    if survey.is_factor(before, right):
        return "missing-activation-derivative"
    root = root_of(node, conviction.unit)
    inside = f"{conviction.unit.scope} {function_of(node, conviction.unit)}"
    line = unparsed(root) if root is not None else ""
    if _NORMS.search(f"{inside} {line}") or survey.normalises(root):
        return "normalisation"
    nodes = ast.walk(root) if root is not None else ()
    reads = [survey.first_value(n) for n in nodes if isinstance(n, ast.expr)]
    if through_softmax(before, right, survey) or of_softmax(right, reads):
        return "softmax-jacobian"
    if of_normalisation(right, reads, survey.normal):
        return "normalisation"
    if reductions(node) > 1 and not isinstance(node, ast.Call):
        return "early-reduction"
    if named(node) in REDUCTIONS and is_bias(conviction.name, survey):
        return "bias-reduction"
    if adds_parameter(before, right, survey):
        return "regulariser"
    if survey.is_factor(right, before) or replaces_derivative(conviction, survey):
        return "wrong-activation-derivative"
    values, wanted = np.asarray(before, dtype=float), np.asarray(right, dtype=float)
    if turned_round(values, wanted):
        return "transpose"
    if values.size > 2 and alike(np.sort(values, axis=None), np.sort(wanted, axis=None)):
        return "indexing"
    if other_factor(node, wanted, survey):
        return "wrong-operand"
    together = float(np.sum(values * wanted)) if values.shape == wanted.shape else 0.0
    if together > ALIKE * float(np.linalg.norm(values) * np.linalg.norm(wanted)):
        return "missing-term"  # other variables have been tried in vain
    is_ = survey.label(before)
    multiplies = named(node) in PRODUCTS or (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult | ast.Mult)
    )
    return "wrong-operand" if multiplies or (is_ and is_[0] != conviction.name) else "unknown"


def _of_statement(kind: str, new: Any, statement: ast.stmt, parents: Any, sight: Sight) -> str:
    if kind == "accumulation" and scatters(statement, sight):
        return "scatter"
    if kind == "accumulation" and is_carry(statement, parents):
        return "recurrence"
    last = new[-1] if isinstance(new, list) and new else None
    if kind == "missing-term" and isinstance(getattr(last, "op", None), ast.Mult | ast.Div):
        return "scale"
    if kind != "wrong-operand" or new:
        return kind
    # a line too many: one that steps along the gradient changes weights that are still needed
    return "updated-weights-used" if steps(statement) else kind


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
    reads = [sight.value(n) for n in ast.walk(old) if isinstance(n, VARIABLE)]
    if any(survey.is_factor(value, wanted) for value in reads if is_cotangent(value, survey)):
        return "wrong-activation-derivative"
    return "transpose" if np.array_equal(was.T, wanted) else "wrong-operand"
