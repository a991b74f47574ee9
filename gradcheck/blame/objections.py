"""What speaks against a repair, beside others that mend as much: each objection in a function.

The likeliest slip is not the one whose edit is shortest. Is what was right spoilt, is the mistake
made good where it was made, is a line written like its neighbours?
"""

from __future__ import annotations

import ast
import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .clues import bare, tells
from .conviction import Conviction
from .parallel import parallel
from .places import copies, root_of, statement_of
from .repair import Repair, discarded
from .survey import Survey
from .syntax import VARIABLE, named, targets_of, unparsed

SPOILT = 0.3  # an edit that makes another value of what was right rather spoils it
KEPT = 0.15  # a value of the forward pass may be the beginning of one of the backward pass
TRUTH = 0.02  # for each adjoint more that stands in the mended backward pass
PART = 0.1  # the same, where only a part is mended


@dataclass(frozen=True)
class Rivals:
    """Repairs that mend as much, of which one is the slip; all of it, or all of them a part."""

    repairs: Sequence[Repair]
    survey: Survey
    convictions: Sequence[Conviction]

    @property
    def part(self) -> bool:
        return not self.repairs[0].full

    @functools.cached_property
    def turned(self) -> bool:
        """Does one of them turn a cotangent round, and spoil nothing?"""
        return any(turns(r, self.survey) and not spoils(r, self) for r in self.repairs)


def score(repair: Repair, rivals: Rivals) -> float:
    """All that speaks against a repair."""
    return sum(weight * objection(repair, rivals) for weight, objection in OBJECTIONS)


def rights_less(repair: Repair, rivals: Rivals) -> float:
    """Do more values of the backward pass become true cotangents by others?"""
    each, at_most = (PART, 10) if rivals.part else (TRUTH, 2)
    return each * min(at_most, max(other.right for other in rivals.repairs) - repair.right)


def spoils(repair: Repair, rivals: Rivals) -> float:
    """What was right before, and is not after: a cotangent, a derivative, a forward value."""
    survey = rivals.survey
    if repair.edit.kind == "swapped-gradients":  # each was right in its place
        return SPOILT * _handed_back(repair, survey)
    known = [pair for pair in repair.values if pair[0] is not None and pair[1] is not None]
    if not known:
        return 0.0
    was, is_ = known[-1]
    if repair.kind == "shape" or np.array_equal(was, is_):  # right numbers; a turn that was right
        return 0.0
    if repair.kind == "transpose" and np.array_equal(np.transpose(was), is_):
        return 0.0  # what is known is known either way round
    found = survey.library.match(was)
    exact = [item for item, factor in found if math.isclose(factor, 1.0, rel_tol=1e-4)]
    derivative = np.size(was) > 1 and survey.library.is_derivative(was)
    if any(_flips(*pair, survey) for pair in known) or any(
        _told(repair, item.name) for item in exact
    ):
        return SPOILT  # as its name says
    anchor = repair.edit.anchor
    if anchor in survey.forward and any(item.name == unparsed(anchor) for item in exact):
        return KEPT  # kept for later under the name of what it is
    if right(is_, survey, (1.0, repair.unit_of_adjoints)):
        return 0.0
    if derivative or any(item.role == "adjoint" for item in exact):
        return SPOILT
    return KEPT if exact else 0.0


def _flips(before: Any, after: Any, survey: Survey) -> bool:
    """Does a local derivative get the opposite sign?"""
    same = np.size(before) > 1 and np.shape(before) == np.shape(after)
    flipped = same and np.array_equal(before, -np.asarray(after))
    return flipped and survey.library.is_derivative(before)


def _told(repair: Repair, cotangent: str) -> bool:
    """Does the name of a variable say which cotangent it holds: dz or z_grad for dL/dz?"""
    root = root_of(repair.edit.anchor, repair.unit)
    above = repair.unit.parents.get(root) if root is not None else None
    targets = above.targets if isinstance(above, ast.Assign) else []
    return any(tells(unparsed(target), cotangent) for target in targets)


def right(value: Any, survey: Survey, units: Sequence[float]) -> bool:
    """Is it a cotangent in one of these units, a derivative, or a forward value?"""
    if value is None:
        return False
    for item, factor in survey.library.match(value):
        if item.role == "forward" and math.isclose(factor, 1.0, rel_tol=1e-4):
            return True
        if item.role == "adjoint" and any(
            math.isclose(abs(factor), abs(unit), rel_tol=1e-3) for unit in units
        ):
            return True
    return np.size(value) > 1 and survey.library.is_derivative(value)


def _handed_back(repair: Repair, survey: Survey) -> bool:
    """Are they variables that a function returns, each of which holds what its name says?"""
    statement = statement_of(repair.edit.anchor, repair.unit)
    values = getattr(getattr(statement, "value", None), "elts", [])
    names = [n for n in values if isinstance(n, ast.Name)]
    labels = [(n.id, survey.label(survey.first_value(n))) for n in names]
    told = [
        bare(label[0][4:]).rstrip("0123456789") in bare(name) for name, label in labels if label
    ]
    return isinstance(statement, ast.Return) and len(told) > 1 and all(told)


def late(repair: Repair, rivals: Rivals) -> bool:
    """Was the value a cotangent but for a factor that what it is made of had already?

    Of a variable it had so where another edit mends the line that makes it.
    """
    survey = rivals.survey
    root = root_of(repair.edit.anchor, repair.unit)
    was = survey.label(repair.values[-1][0]) or survey.label(repair.values[0][0])
    if was is None or root is None or abs(was[1] - 1) < 1e-4:
        return False
    is_ = survey.label(repair.values[-1][1])
    if is_ is not None and is_[0] != was[0] and math.isclose(was[1] * is_[1], -1, rel_tol=1e-4):
        return False  # of a - b the cotangent, by the name of b: one step further
    if math.isclose(was[1], repair.unit_of_adjoints, rel_tol=1e-3):
        return False  # as all of them are
    if isinstance(repair.edit.anchor, VARIABLE):
        if isinstance(root, ast.Name) and isinstance(repair.unit.parents.get(root), ast.Return):
            return any(root.id in _set_by(o) for o in rivals.repairs if o is not repair)
        return isinstance(root, VARIABLE | ast.DictComp)
    reads = [n for n in ast.walk(root) if isinstance(n, ast.Name | ast.Attribute)]
    labels = [survey.label(survey.first_value(n)) for n in reads if n is not root]
    known = [one[1] for one in labels if one is not None and one[0].startswith("dL/d")]
    return any(math.isclose(factor, was[1], rel_tol=1e-4) for factor in known)


def _set_by(repair: Repair) -> set[str]:
    """The variables that the edited statement sets, whole or in part."""
    statement = statement_of(repair.edit.anchor, repair.unit)
    parts = [part for target in targets_of(statement) for part in getattr(target, "elts", [target])]
    return {unparsed(getattr(part, "value", part)) for part in parts}


def early(repair: Repair, rivals: Rivals) -> bool:
    """Does another one mend the same value further on: dz = da, where da is right?

    But a term that lacks is added where the others are.
    """
    was, anchor = repair.values[-1][0], repair.edit.anchor
    if (
        isinstance(anchor, ast.expr)
        and copies(anchor)
        and isinstance(repair.unit.parents.get(anchor), ast.Assign | ast.Yield)
    ):
        return False  # dx = dc, beside return dx: that line does nothing else
    return not (_sums(anchor) and _sums(repair.edit.changes.get(anchor))) and any(
        other.order > repair.order
        and np.ndim(was) > 0
        and _moves_on(other)
        and not (repair.edit.kind == "sign" and repair.unit.name in _called(other))
        and any(
            np.array_equal(was, value) and np.array_equal(repair.values[-1][1], new)
            for value, new in (other.values[0], other.values[-1])  # handed to a function: itself
        )
        for other in rivals.repairs
    )


def _moves_on(repair: Repair) -> bool:
    """Is it more than one of several results that is edited only where it is handed back?"""
    anchor = repair.edit.anchor
    above = repair.unit.parents.get(anchor)
    results = isinstance(above, ast.Tuple | ast.List | ast.Dict)
    return not (isinstance(anchor, ast.Name) and results) and _keeps(repair)


def _sums(node: Any) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)


def replaces(repair: Repair, _: Rivals) -> bool:
    """Is a formula put in place of a name, which belongs where that is made?"""
    return not _keeps(repair)


def _keeps(repair: Repair) -> bool:
    """Is what stood there still in the new text? A formula instead belongs where it was made."""
    anchor, new = repair.edit.anchor, repair.edit.changes.get(repair.edit.anchor)
    formula = isinstance(new, ast.BinOp | ast.Call)
    if not isinstance(anchor, ast.Name | ast.Attribute) or not formula:
        return True
    parts = ast.walk(new)  # type: ignore[arg-type]
    return unparsed(anchor) in {unparsed(n) for n in parts if isinstance(n, ast.expr)}


def inner(repair: Repair, rivals: Rivals) -> bool:
    """Is the same done by the same edit of a line that runs less often?"""
    mine, kind = _times(repair, rivals.survey), repair.edit.kind
    return any(
        other.edit.advice == repair.edit.advice
        and other.unit is repair.unit
        and _times(other, rivals.survey) < mine
        for other in rivals.repairs
    ) or any(  # or in a function that others call, too
        other.unit is not repair.unit
        and other.edit.kind == kind in ("sign", "scale")
        and 0 < _times(other, rivals.survey) < mine
        for other in rivals.repairs
    )


def _times(repair: Repair, survey: Survey) -> int:
    """How often the edited line runs."""
    root = root_of(repair.edit.anchor, repair.unit)
    number = survey.replay.number.get(root, -1) if isinstance(root, ast.expr) else -1
    return len(survey.trace.values.get(number, ()))


def after(repair: Repair, rivals: Rivals) -> bool:
    """Is it made of a value that is wrong already, and should have been a true cotangent?"""
    survey = rivals.survey
    root = root_of(repair.edit.anchor, repair.unit)
    units = (1.0, repair.unit_of_adjoints)
    if root is None or isinstance(repair.edit.anchor, ast.stmt):
        return False
    if isinstance(root, ast.Name | ast.Attribute):  # which another one mends where it is made
        if isinstance(repair.unit.parents.get(root), ast.Assign):
            return False  # dz = da: the step from the one to the other is lacking
        made = any(unparsed(root) in _set_by(other) for other in rivals.repairs)
        return made and survey.label(survey.first_value(root)) is None
    parts = set(ast.walk(root))
    apart = [one for one in rivals.convictions if one.node not in parts]
    wrong = [one.before[0] for one in apart if one.name.startswith("dL/d")]
    wrong = [value for value in wrong if np.size(value) > 1 and not right(value, survey, units)]
    reads = [survey.first_value(node) for node in parts if node is not root]
    reads = [value for value in reads if not np.array_equal(value, survey.first_value(root))]
    return any(
        value is not None and np.shape(value) == np.shape(one) and np.array_equal(value, one)
        for one in wrong
        for value in reads
    )


def inside(repair: Repair, rivals: Rivals) -> bool:
    """Does it go round a function of the user that can be mended itself?"""
    survey, others = rivals.survey, [o for o in rivals.repairs if o is not repair]
    if repair.edit.kind == "scale":  # of what that alone is called for
        others = [o for o in others if _times(o, survey) == _times(repair, survey)]
    elif not discarded(repair.edit) and repair.edit.kind not in ("accumulation", "sign"):
        return False
    value = survey.first_value(root_of(repair.edit.anchor, repair.unit))
    if np.ndim(value) and any(_hands_back(other, value, survey) for other in others):
        return True
    called = _called(repair)
    return any(other.unit.name in called for other in others)


def _called(repair: Repair) -> set[str]:
    """Functions that an edit goes round: those whose call it turns round, or drops."""
    dropped = discarded(repair.edit)
    whole = [getattr(old, "value", old) for old in repair.edit.changes]  # of x = f(y) the call
    parts = [n for old in whole for n in (ast.walk(old) if dropped else (old,))]
    return {named(part) for part in parts if isinstance(part, ast.Call)}


def _hands_back(repair: Repair, value: Any, survey: Survey) -> bool:
    """Is this the value that a line with another edit yields?"""
    root = root_of(repair.edit.anchor, repair.unit)
    yields = root is not None and isinstance(repair.unit.parents.get(root), ast.Yield)
    return yields and np.array_equal(value, survey.first_value(root))


def in_another_class(repair: Repair, rivals: Rivals) -> bool:
    """Is a path added in one class, where the forward pass adds it up in another?"""
    survey, replay = rivals.survey, rivals.survey.replay
    was, is_ = repair.values[0]
    if was is None or np.shape(was) != np.shape(is_) or np.size(was) < 2:
        return False
    added = np.asarray(is_, dtype=float) - np.asarray(was, dtype=float)
    found = (item.node for item, factor in survey.library.match(added) if factor > 0)
    sums = [node for node in found if _joins(node, np.shape(added), survey)]
    scopes = {replay.unit_of[replay.number[n]].scope for n in sums if n in replay.number}
    return bool(scopes) and repair.unit.scope not in scopes


def _joins(node: ast.expr | None, shape: tuple[int, ...], survey: Survey) -> bool:
    """Are two values of one shape added here, and no bias?"""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return False
    return all(np.shape(survey.first_value(side)) == shape for side in (node.left, node.right))


def late_by_all(repair: Repair, rivals: Rivals) -> bool:
    """Are all cotangents off by one factor still, and right where another edit mends as much?

    One gradient alone may be the only one that is not divided by the number of samples at last.
    """
    return (
        rivals.part
        and not _in_unit(repair)
        and len(repair.mended) > 1
        and any(_in_unit(other) and other.gain >= repair.gain for other in rivals.repairs)
    )


def _in_unit(repair: Repair) -> bool:
    return math.isclose(repair.unit_of_adjoints, 1.0, rel_tol=1e-3)


def steps(repair: Repair, rivals: Rivals) -> bool:
    """Is it a true cotangent before, and another one once it is mended?"""
    survey = rivals.survey
    was, is_ = (survey.label(value) for value in repair.values[-1])
    if was is None or is_ is None or was[0] == is_[0]:
        return False
    return all(name.startswith("dL/d") and factor == 1.0 for name, factor in (was, is_))


def strays(repair: Repair, rivals: Rivals) -> bool:
    """Is it a sign that turns no cotangent round, and makes no line like its siblings?"""
    if not rivals.turned or repair.edit.kind != "sign" or turns(repair, rivals.survey):
        return False
    return parallel(repair.edit, repair.unit) <= 0


def turns(repair: Repair, survey: Survey) -> bool:
    """Is the value -dL/dz, and dL/dz once it is mended?"""
    was = survey.label(repair.values[-1][0])
    return repair.edit.kind == "sign" and was is not None and math.isclose(was[1], -1, rel_tol=1e-4)


def joins_its_like(repair: Repair, _: Rivals) -> int:
    """1 where it makes a line like others, -1 where it makes it less like them."""
    return parallel(repair.edit, repair.unit)


def beside_mask(repair: Repair, rivals: Rivals) -> bool:
    """Is it a number that a dropout's mask goes with, and is the mask on this line?"""
    survey = rivals.survey
    if repair.kind != "dropout-mask" or repair.edit.kind != "scale":
        return False
    root = root_of(repair.edit.anchor, repair.unit)
    nodes = [n for n in ast.walk(root) if isinstance(n, VARIABLE)] if root is not None else []
    return any(survey.is_mask(unparsed(n), survey.first_value(n)) for n in nodes)


# added to the score of a repair, times the weight; less than 0 is what speaks for it
OBJECTIONS: tuple[tuple[float, Callable[[Repair, Rivals], float]], ...] = (
    (1.0, rights_less),
    (1.0, spoils),
    (0.5, late),  # it takes back a factor which was there before
    (0.15, early),  # what is handed on as it is, and mended further on as well
    (KEPT, replaces),
    (0.2, inner),  # in a loop, where the same one after it would do
    (0.15, after),  # of what is made of a value that is wrong already
    (0.5, inside),  # of a call, where one inside the function would do
    (0.5, in_another_class),
    (1.0, late_by_all),
    (-0.1, steps),  # one true cotangent made of another: exactly one step was lacking
    (0.35, strays),  # a sign where no cotangent turns round, and another one turns one
    (-0.25, joins_its_like),
    (-0.25, beside_mask),  # what a dropout keeps is made larger on the line that drops the rest
)
