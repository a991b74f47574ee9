"""Which kind of mistake was it? From the edit that mends it, and from what the values were.

An edit names a kind by itself (a transpose is a transpose). The rules below make it more precise
by where the edit stands: in an activation's derivative, where the loss is differentiated, in an
index, in the formula of a normalisation, in a loop through time.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .carried import CARRIED_ON, adds_carry, adds_itself, assigns_carry, in_time, target_of
from .chain_rule import (
    chains,
    holds_factor,
    in_derivative,
    lacks_factor,
    makes_slope,
    of_step,
    passed_on_raw,
    turns_derivative,
)
from .change import Change
from .clues import (
    drops,
    follows,
    in_index,
    is_cotangent,
    is_slope,
    penalises,
    ratio,
    through_softmax,
)
from .jacobians import is_softmax, of_class_alone
from .kinds_of_lines import of_line
from .places import around
from .repair import Repair
from .sight import Sight
from .site import DROPOUT
from .surroundings import (
    NORMS,
    adds_idle,
    averages,
    completes_norm,
    counts_power,
    drops_nothing,
    got_nothing,
    in_branch,
    in_call,
    in_formula,
    keeps,
    keeps_share,
    set_later,
    shifts_turn,
    sums,
    takes_in,
    through_mask,
    varies,
)
from .survey import Survey
from .syntax import (
    VARIABLE,
    multiplications,
    multiplies_matrices,
    named,
    other_index,
    reductions,
    unparsed,
    words,
)
from .values import is_array

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
    """The slug of the kind: what the first rule says that has something to say."""
    edit, misfits = repair.edit, set(survey.replay.misfits)
    if misfits and set(repair.mended) <= misfits:
        return edit.kind if edit.kind == "transpose" else "shape"
    if penalises(repair.mended, survey):
        return "regulariser"
    if isinstance(edit.anchor, ast.stmt):
        return of_line(repair, survey, sight)
    change = Change(repair, survey, sight)
    return next(filter(None, (rule(change) for rule in RULES)), change.kind)


def _told_by_edit(c: Change) -> str:
    above, kind = named(c.parents.get(c.anchor)), c.repair.edit.kind
    if kind == "indexing" and c.survey.recurs and above == "pop":
        return "recurrence"  # the order of the turns
    counts = "range" in (named(c.anchor), above)
    return kind if kind in _TOLD or (kind == "indexing" and counts) else ""


def _handed_to_next_turn(c: Change) -> str:
    some = c.repair.edit.kind == "missing-term" and np.any(c.was)  # of several ways back one
    short = c.repair.edit.kind in _CUT_SHORT and not c.swap
    short = short and not (some and not adds_carry(c.anchor, c.new, c.parents))
    return "recurrence" if c.root in c.survey.carriers and short else ""


def _averaged_bias(c: Change) -> str:
    averaged = c.kind == "scale" and averages(c.root, c.was, c.whole, c.sight) and c.biases
    return "bias-reduction" if averaged else ""


def _scale(c: Change) -> str:
    """A factor: of a dropout, of a derivative, of a part of a loss."""
    if c.kind != "scale":
        return ""
    if missing := chains(c.anchor, c.new, c.sight, c.survey):
        return missing
    if DROPOUT.search(c.place) and keeps_share(c.whole, c.survey):
        return "dropout-mask"
    if not c.at_head and keeps(c.root, c.whole, c.sight, c.survey):
        return "dropout-mask"  # what is kept is made larger
    if c.at_head and (in_branch(c.anchor, c.parents) or varies(c.new, c.survey, c.sight)):
        return "loss-gradient"  # of a part of its entries, or what is no constant
    slope = not c.at_head and c.survey.library.is_derivative(c.wanted)
    return c.derivative if c.whole is not None and slope else ""  # of selu but for its scale


def _whole_slope(c: Change) -> str:
    """All of it a derivative, as in a function for the derivative."""
    if not is_slope(c.was, c.wanted, c.survey):
        return ""
    return "sign" if c.whole == -1 else c.derivative


def _turned_in_function(c: Change) -> str:
    swapped = isinstance(c.anchor, ast.BinOp) and isinstance(c.new, ast.BinOp)
    turned = c.kind == "sign" and swapped and c.at_head
    return "loss-gradient" if turned and in_call(c.anchor, c.parents) else ""  # exp(t - s)


def _reduced_early(c: Change) -> str:
    """Of each operand, where the product is to be summed."""
    fewer = reductions(c.anchor) - reductions(c.new)
    early = fewer > 1 or (fewer and multiplies_matrices(c.new))
    return "early-reduction" if c.kind == "wrong-operand" and early else ""


def _normalisation(c: Change) -> str:
    alone = c.kind == "wrong-operand" and c.gradient  # of its scale, dgamma
    if c.kind == "swapped-gradients" or c.whole is not None or c.exchanged or alone:
        return ""
    if c.kind not in _NAMED and NORMS.search(c.place):
        return "normalisation"
    completes = c.kind in _VAGUE and completes_norm(c.wanted, c.root, c.survey)
    centres = completes or (c.survey.normalises(c.root) and not multiplies_matrices(c.root))
    told = c.kind in _VAGUE and (c.kind != "missing-term" or completes)
    return "normalisation" if told and (NORMS.search(c.line) or centres) else ""


def _nothing(c: Change) -> str:
    """Where nothing stood."""
    if named(c.anchor) == "zeros_like" and c.kind == "missing-term":  # where a sum begins
        if got_nothing(c.repair, c.survey):
            return "missing-gradient"
        return "softmax-jacobian" if is_softmax(c.wanted) else c.kind
    if np.any(c.was) or np.size(c.was) < 2 or not np.any(c.wanted):
        return ""
    if CARRIED_ON.search(target_of(c.anchor, c.parents)):
        return "recurrence"
    return "missing-gradient" if len(c.repair.mended) == 1 else "missing-term"


def _index(c: Change) -> str:
    """Another item, order or turn of the same array."""
    old, new, changes = c.anchor, c.new, c.repair.edit.changes
    if isinstance(old, ast.Subscript) and unparsed(new) == unparsed(old.value):
        return "indexing"  # k for k[::-1]
    if len(changes) > 1 and all(other_index(a, b) for a, b in changes.items()):
        return "indexing"  # v[i] for v[i + 1], twice
    if isinstance(new, ast.Subscript) and unparsed(new.value) == unparsed(old):
        return "indexing"  # k[order] for k
    if c.kind in ("indexing", "transpose") and _in_other_order(c.was, c.wanted):
        return c.kind
    if isinstance(old, ast.Subscript) and isinstance(new, ast.Subscript):
        # x[i] for x[j], of an array; of a list of arrays they are different variables
        same = unparsed(old.value) == unparsed(new.value)
        if same and is_array(c.sight.value(old.value)):
            return "indexing"
    if isinstance(c.parents.get(old), ast.BinOp) and counts_power(old, c.parents, c.survey):
        return "scale"
    if shifts_turn(old, new, c.parents, c.sight):
        return "indexing"
    value = c.survey.first_value(old)
    whole_numbers = np.ndim(value) > 0 and np.asarray(value).dtype.kind in "iu"
    moved = c.kind == "swapped-gradients" or (c.swap and not c.at_head)
    return "indexing" if whole_numbers and moved else ""


def _in_other_order(was: Any, wanted: Any) -> bool:
    """Are they the same entries?"""
    same = is_array(was) and is_array(wanted) and was.size == wanted.size > 1
    return same and np.array_equal(np.sort(was, axis=None), np.sort(wanted, axis=None))


def _dropped(c: Change) -> str:
    drop = c.kind not in _NAMED and drops(c.was, c.wanted) and is_cotangent(c.was, c.survey)
    return "dropout-mask" if drop else ""


def _inside_index(c: Change) -> str:
    stored = isinstance(getattr(c.anchor, "ctx", None), ast.Store)
    if stored and c.kind != "swapped-gradients":
        return "indexing"
    if not in_index(c.anchor, c.parents, c.survey) or c.compares:
        return ""
    return "bias-reduction" if c.biases else "indexing"


def _mask(c: Change) -> str:
    changed, both = words(c.anchor) ^ words(c.new), words(c.anchor) | words(c.new)
    told = changed if changed and c.kind == "missing-activation-derivative" else both
    masked = any("mask" in name for name in told) and bool(DROPOUT.search(c.line))
    masked = masked or (not c.at_head and through_mask(c.anchor, c.new, c.sight, c.survey))
    by_name = c.kind != "sign" and bool(DROPOUT.search(" ".join(changed)))
    by_name = by_name and not (c.swap and drops_nothing(c.before) and drops_nothing(c.after))
    return "dropout-mask" if (c.kind not in _NAMED and masked) or by_name else ""


def _head(c: Change) -> str:
    """Where the loss is differentiated."""
    if not c.at_head:
        return ""
    if c.kind == "missing-activation-derivative" and c.exact:
        return c.kind  # the derivative of the loss is right
    if adds_idle(c.repair.edit, c.repair.unit):
        return "missing-term"
    operators = [getattr(node, "op", None) for node in around(c.anchor, c.parents)]
    inside = any(isinstance(op, ast.Mult) for op in operators)  # (y - t) * f'(z)
    inside = inside and any(is_slope(*pair, c.survey) for pair in c.repair.values[:-1])
    handed = c.kind == "missing-activation-derivative" and isinstance(c.root, VARIABLE)  # dz = da
    if c.kind not in _FORMULAE or c.whole is not None or c.swap or inside or handed:
        return ""
    return "softmax-jacobian" if of_class_alone(c.was, c.wanted) else "loss-gradient"


def _factor_missing(c: Change) -> str:
    """A local derivative: in its own place, or on the way to the layer below."""
    if isinstance(c.anchor, ast.Name) and set_later(c.repair, c.survey):
        return "raw-error-propagated"
    # not only multiplied into one gradient
    several = len(c.repair.mended) > 1
    named_otherwise = c.survey.label(c.wanted) is not None and not c.gradient
    passed_on = c.swap and (several or named_otherwise)
    more = multiplications(c.new) > multiplications(c.anchor)
    multiplies = more and c.survey.is_factor(c.was, c.wanted)
    lacks = multiplies or (passed_on and lacks_factor(c.repair, c.survey))
    if c.kind not in _VAGUE or not lacks:
        return ""
    down = passed_on and (several or not c.gradient)  # to the layer below; of one sample dz is db
    known = all(is_cotangent(value, c.survey) for value in (c.before, c.after))
    if down and (known or not in_time(c.anchor, c.parents)):
        return "raw-error-propagated"
    formula = holds_factor(c.anchor, c.parents, c.survey) or makes_slope(c.repair, c.survey)
    return c.derivative if formula else "missing-activation-derivative"


def _derivative(c: Change) -> str:
    """Inside the formula of a derivative."""
    named_at_head = c.at_head and c.kind in ("sign", "scale")
    if not named_at_head and in_derivative(c.repair, c.survey):
        turned = c.kind == "sign" and turns_derivative(c.repair, c.survey)
        return c.kind if turned else c.derivative
    return c.derivative if c.swap and c.compares else ""


def _step(c: Change) -> str:
    """A cotangent times the derivative of a step, or through a softmax, now."""
    if c.kind == "bias-reduction" and c.biases:
        return c.kind
    plain = c.kind in _VAGUE - {"missing-term"} and not c.swap
    if plain and of_step(c.root, c.was, c.wanted, c.survey):
        if c.kind == "scale" and c.whole is not None:
            return c.kind
        return "sign" if c.whole == -1 else c.derivative
    if c.kind in _VAGUE and through_softmax(c.was, c.wanted, c.survey) and not c.at_head:
        return "softmax-jacobian"
    cotangents = any(is_cotangent(value, c.survey) for value in (c.before, c.after))
    steps_on = c.exchanged and not cotangents and of_step(c.root, c.was, c.wanted, c.survey)
    return c.derivative if steps_on else ""


def _operand(c: Change) -> str:
    """Another value in its place: of the same layer, off by a number, or with a factor too many."""
    if c.kind != "wrong-operand":
        return ""
    if c.swap:
        beside = follows(c.before, c.after) or c.survey.is_step(c.before, c.after)
        inside = c.repair.makes_slope or in_formula(c.anchor, c.parents) or _is_taken_at(c)
        if beside and inside:
            return "activation-derivative-at-wrong-value"
        raw = passed_on_raw(c.before, c.after, c.survey) and c.survey.is_head_value(c.before)
        return "raw-error-propagated" if raw else ""
    factor = ratio(c.before, c.after)
    if factor is not None:
        return "sign" if factor == -1 else "scale"
    if c.survey.is_factor(c.after, c.before) and not c.at_head:
        return "wrong-activation-derivative"
    return "missing-activation-derivative" if takes_in(c.anchor, c.new, c.survey) else ""


def _is_taken_at(c: Change) -> bool:
    """Is it handed to a function, that makes the cotangent of just this value of it?"""
    called = isinstance(c.parents.get(c.anchor), ast.Call)
    label = c.survey.label(c.wanted) if called else None
    names = {item.name for item, _ in c.survey.library.match(c.after)} if label else ()
    return label is not None and label[0] in {f"dL/d{name}" for name in names}


def _less_than_it_says(c: Change) -> str:
    """What the edit would be elsewhere, and is not here."""
    kind = c.kind
    if kind == "bias-reduction" and not c.biases and c.whole is not None:
        return "scale"
    if kind == "wrong-activation-derivative" and isinstance(c.anchor, ast.Call):
        return "wrong-operand" if c.before is None else ""  # it gives back several things
    if kind == "activation-derivative-at-wrong-value":
        # a function of it, but in no derivative; of another layer
        if isinstance(c.new, ast.Call) and unparsed(c.anchor) in map(unparsed, c.new.args):
            return "missing-term" if len(c.repair.mended) > 1 else "wrong-operand"
        other = isinstance(c.new, ast.Call) or c.derivative == "wrong-operand" or sums(c.anchor)
        return "wrong-operand" if other else ""
    if kind in ("early-reduction", "indexing") and c.biases:
        return "bias-reduction"
    if kind == "missing-activation-derivative" and holds_factor(c.anchor, c.parents, c.survey):
        return c.derivative
    return ""


def _through_time(c: Change) -> str:
    if c.kind == "missing-term" and adds_itself(c.anchor, c.new, c.parents):
        return "accumulation"
    if c.kind == "missing-term" and adds_carry(c.anchor, c.new, c.parents):
        return "recurrence"
    gates = c.swap and c.survey.library.is_forward(c.before)  # f for i, of what is carried on
    carried = c.survey.recurs and assigns_carry(c.anchor, c.parents) and not gates
    return "recurrence" if c.kind == "wrong-operand" and carried else ""


RULES: tuple[Callable[[Change], str], ...] = (
    _told_by_edit,
    _handed_to_next_turn,
    _averaged_bias,
    _whole_slope,
    _scale,
    _turned_in_function,
    _reduced_early,
    _normalisation,
    _nothing,
    _index,
    _dropped,
    _inside_index,
    _mask,
    _head,
    _factor_missing,
    _derivative,
    _step,
    _operand,
    _less_than_it_says,
    _through_time,
)


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
