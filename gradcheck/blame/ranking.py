"""Of repairs that all mend, which is the slip? Of right values that all mend, which tells most?"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from .clues import VARIABLE
from .conviction import SLOPE, Conviction
from .parallel import parallel
from .places import copies, root_of, statement_of
from .repair import Repair, discarded, one_a_line
from .site import harmless
from .survey import Survey
from .syntax import named, targets_of, unparsed

EARLY = 0.15  # an edit of what is handed on as it is, and mended further on as well
LATE = 0.5  # an edit that takes back a factor which was there before
SPOILT = 0.3  # an edit that makes another value of what was right rather spoils it
KEPT = 0.15  # a value of the forward pass may be the beginning of one of the backward pass
AFTER = 0.15  # an edit of what is made of a value that is wrong already
INSIDE = 0.5  # an edit of a call, where one inside the function would do
ELSEWHERE = 0.5  # a path that is added in one class, where the forward pass has it in another
STEP = 0.1  # an edit that makes one true cotangent of another: exactly one step was lacking
STRAY = 0.35  # an edit of a sign where no cotangent turns round, and another one turns one
ALIKE = 0.25  # an edit that makes a line like others, or less like them
INNER = 0.2  # an edit in a loop, where the same one after it would do
MASKED = 0.25  # what a dropout keeps is made larger on the line that drops the rest
TRUTH = 0.02  # for each adjoint more that stands in the mended backward pass
PART = 0.1  # the same, where only a part is mended
UNIT = 1.0  # the same, where all cotangents before it are off by one factor
DESCRIBED = 5  # repairs of one fault that are looked at closely


def rank(repairs: list[Repair]) -> list[Repair]:
    repairs.sort(key=lambda r: (round(r.score, 3), r.order))
    return one_a_line(repairs)


def by_truth(
    repairs: list[Repair], survey: Survey, convictions: Sequence[Conviction]
) -> list[Repair]:
    """Among those that mend as much the likeliest slip first: what speaks against each is added."""
    near, rest = repairs[:DESCRIBED], repairs[DESCRIBED:]
    part = not near[0].full
    each, at_most = (PART, 10) if part else (TRUTH, 2)
    most = max(repair.right for repair in near)
    turned = any(turns(repair, survey) and not spoils(repair, survey) for repair in near)
    for repair in near:
        repair.score += sum(
            (
                each * min(at_most, most - repair.right),
                spoils(repair, survey),
                LATE * late(repair, near, survey),
                EARLY * early(repair, near),
                KEPT * (not _keeps(repair)),
                INNER * inner(repair, near, survey),
                AFTER * after(repair, near, survey, convictions),
                INSIDE * inside(repair, near, survey),
                ELSEWHERE * elsewhere(repair, survey),
                UNIT * (part and late_by_all(repair, near)),
                -STEP * steps(repair, survey),
                STRAY * (turned and strays(repair, survey)),
                -ALIKE * parallel(repair.edit, repair.unit),
                -MASKED * beside_mask(repair, survey),
            )
        )
    near.sort(key=by_gain if part else lambda r: r.score)
    return near + rest


def steps(repair: Repair, survey: Survey) -> bool:
    """Is it a true cotangent before, and another one once it is mended?"""
    was, is_ = (survey.label(value) for value in repair.values[-1])
    if was is None or is_ is None or was[0] == is_[0]:
        return False
    return all(name.startswith("dL/d") and factor == 1.0 for name, factor in (was, is_))


def beside_mask(repair: Repair, survey: Survey) -> bool:
    """Is it a number that a dropout's mask goes with, and is the mask on this line?"""
    if repair.kind != "dropout-mask" or repair.edit.kind != "scale":
        return False
    root = root_of(repair.edit.anchor, repair.unit)
    nodes = [n for n in ast.walk(root) if isinstance(n, VARIABLE)] if root is not None else []
    return any(survey.is_mask(unparsed(n), survey.first_value(n)) for n in nodes)


def inner(repair: Repair, others: Sequence[Repair], survey: Survey) -> bool:
    """Is the same done by the same edit of a line that runs less often?"""
    mine = _times(repair, survey)
    same = [o for o in others if o.unit is repair.unit and o.edit.advice == repair.edit.advice]
    return any(_times(other, survey) < mine for other in same)


def _times(repair: Repair, survey: Survey) -> int:
    root = root_of(repair.edit.anchor, repair.unit)
    number = survey.replay.number.get(root, -1) if isinstance(root, ast.expr) else -1
    return len(survey.trace.values.get(number, ()))


def strays(repair: Repair, survey: Survey) -> bool:
    """Is it a sign that turns no cotangent round, and makes no line like its siblings?"""
    alike = parallel(repair.edit, repair.unit) > 0
    return repair.edit.kind == "sign" and not turns(repair, survey) and not alike


def turns(repair: Repair, survey: Survey) -> bool:
    """Is the value -dL/dz, and dL/dz once it is mended?"""
    was = survey.label(repair.values[-1][0])
    return repair.edit.kind == "sign" and was is not None and math.isclose(was[1], -1, rel_tol=1e-4)


def spoils(repair: Repair, survey: Survey) -> float:
    """What was right before, and is not after: a cotangent, a derivative, a forward value."""
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


def _handed_back(repair: Repair, survey: Survey) -> bool:
    """Are they variables that a function returns, each of which holds what its name says?"""
    statement = statement_of(repair.edit.anchor, repair.unit)
    values = getattr(getattr(statement, "value", None), "elts", [])
    names = [n for n in values if isinstance(n, ast.Name)]
    labels = [(n.id, survey.label(survey.first_value(n))) for n in names]
    told = [
        _bare(label[0][4:]).rstrip("0123456789") in _bare(name) for name, label in labels if label
    ]
    return isinstance(statement, ast.Return) and len(told) > 1 and all(told)


def _told(repair: Repair, cotangent: str) -> bool:
    """Does the name of a variable say which cotangent it holds: dz or z_grad for dL/dz?"""
    root = root_of(repair.edit.anchor, repair.unit)
    above = repair.unit.parents.get(root) if root is not None else None
    targets = above.targets if isinstance(above, ast.Assign) else []
    return any(tells(unparsed(target), cotangent) for target in targets)


def tells(name: str, cotangent: str) -> bool:
    """Does a name say which cotangent it holds: dz or z_grad for dL/dz?"""
    name, value = _bare(name), _bare(cotangent.removeprefix("dL/d"))
    said = value and name != value and (name.endswith(value) or name.startswith(value))
    return cotangent.startswith("dL/d") and bool(said)


def _bare(text: str) -> str:
    """The letters of a name: without what it is an attribute or item of."""
    return text.rpartition(".")[2].partition("[")[0].replace("_", "").lower()


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


def after(
    repair: Repair, others: Sequence[Repair], survey: Survey, convictions: Sequence[Conviction]
) -> bool:
    """Is it made of a value that is wrong already, and should have been a true cotangent?"""
    root = root_of(repair.edit.anchor, repair.unit)
    units = (1.0, repair.unit_of_adjoints)
    if root is None or isinstance(repair.edit.anchor, ast.stmt):
        return False
    if isinstance(root, ast.Name | ast.Attribute):  # which another one mends where it is made
        if isinstance(repair.unit.parents.get(root), ast.Assign):
            return False  # dz = da: the step from the one to the other is lacking
        made = any(unparsed(root) in _set_by(other) for other in others)
        return made and survey.label(survey.first_value(root)) is None
    parts = set(ast.walk(root))
    wrong = [c.before[0] for c in convictions if c.name.startswith("dL/d") and c.node not in parts]
    wrong = [value for value in wrong if np.size(value) > 1 and not right(value, survey, units)]
    reads = [survey.first_value(node) for node in parts if node is not root]
    reads = [value for value in reads if not np.array_equal(value, survey.first_value(root))]
    return any(
        value is not None and np.shape(value) == np.shape(one) and np.array_equal(value, one)
        for one in wrong
        for value in reads
    )


def _set_by(repair: Repair) -> set[str]:
    """The variables that the edited statement sets, whole or in part."""
    statement = statement_of(repair.edit.anchor, repair.unit)
    parts = [part for target in targets_of(statement) for part in getattr(target, "elts", [target])]
    return {unparsed(getattr(part, "value", part)) for part in parts}


def elsewhere(repair: Repair, survey: Survey) -> bool:
    """Is the cotangent of a sum added, that the forward pass adds up in another class?"""
    was, is_ = repair.values[0]
    if was is None or np.shape(was) != np.shape(is_) or np.size(was) < 2:
        return False
    added = np.asarray(is_, dtype=float) - np.asarray(was, dtype=float)
    found = (item.node for item, factor in survey.library.match(added) if factor > 0)
    sums = [node for node in found if _joins(node, np.shape(added), survey)]
    replay = survey.replay
    scopes = {replay.unit_of[replay.number[n]].scope for n in sums if n in replay.number}
    return bool(scopes) and repair.unit.scope not in scopes


def _joins(node: ast.expr | None, shape: tuple[int, ...], survey: Survey) -> bool:
    """Are two values of one shape added here, and no bias?"""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return False
    return all(np.shape(survey.first_value(side)) == shape for side in (node.left, node.right))


def inside(repair: Repair, others: Sequence[Repair], survey: Survey) -> bool:
    """Does it go round a function of the user that can be mended itself?"""
    if not discarded(repair.edit) and repair.edit.kind not in ("accumulation", "sign"):
        return False
    value = survey.first_value(root_of(repair.edit.anchor, repair.unit))
    if np.ndim(value) and any(
        _hands_back(other, value, survey) for other in others if other is not repair
    ):
        return True
    called = _called(repair)
    return any(other.unit.name in called for other in others if other is not repair)


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


def late(repair: Repair, others: Sequence[Repair], survey: Survey) -> bool:
    """Was the value a cotangent but for a factor that what it is made of had already?

    Of a variable it had so where another edit mends the line that makes it.
    """
    root = root_of(repair.edit.anchor, repair.unit)
    was = survey.label(repair.values[-1][0]) or survey.label(repair.values[0][0])
    if was is None or root is None or abs(was[1] - 1) < 1e-4:
        return False
    if math.isclose(was[1], repair.unit_of_adjoints, rel_tol=1e-3):
        return False  # as all of them are
    if isinstance(repair.edit.anchor, ast.Name | ast.Attribute | ast.Subscript):
        if isinstance(root, ast.Name) and isinstance(repair.unit.parents.get(root), ast.Return):
            return any(root.id in _set_by(other) for other in others if other is not repair)
        return isinstance(root, ast.Name | ast.Attribute | ast.Subscript | ast.DictComp)
    reads = [n for n in ast.walk(root) if isinstance(n, ast.Name | ast.Attribute)]
    labels = [survey.label(survey.first_value(n)) for n in reads if n is not root]
    known = [one[1] for one in labels if one is not None and one[0].startswith("dL/d")]
    return any(math.isclose(factor, was[1], rel_tol=1e-4) for factor in known)


def rank_parts(repairs: list[Repair]) -> list[Repair]:
    repairs.sort(key=lambda r: (by_gain(r), r.order))
    return one_a_line(repairs)


def by_gain(repair: Repair) -> float:
    return repair.score - 0.5 * repair.gain


def late_by_all(repair: Repair, others: Sequence[Repair]) -> bool:
    """Are all cotangents off by one factor still, and right where another edit mends as much?

    One gradient alone may be the only one that is not divided by the number of samples at last.
    """
    return (
        not _in_unit(repair)
        and len(repair.mended) > 1
        and any(_in_unit(other) and other.gain >= repair.gain for other in others)
    )


def _in_unit(repair: Repair) -> bool:
    return math.isclose(repair.unit_of_adjoints, 1.0, rel_tol=1e-3)


def early(repair: Repair, others: Sequence[Repair]) -> bool:
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
        for other in others
    )


def _moves_on(repair: Repair) -> bool:
    """Is it more than one of several results that is edited only where it is handed back?"""
    anchor = repair.edit.anchor
    above = repair.unit.parents.get(anchor)
    results = isinstance(above, ast.Tuple | ast.List | ast.Dict)
    return not (isinstance(anchor, ast.Name) and results) and _keeps(repair)


def _keeps(repair: Repair) -> bool:
    """Is what stood there still in the new text? A formula instead belongs where it was made."""
    anchor, new = repair.edit.anchor, repair.edit.changes.get(repair.edit.anchor)
    formula = isinstance(new, ast.BinOp | ast.Call)
    if not isinstance(anchor, ast.Name | ast.Attribute) or not formula:
        return True
    parts = ast.walk(new)  # type: ignore[arg-type]
    return unparsed(anchor) in {unparsed(n) for n in parts if isinstance(n, ast.expr)}


def _sums(node: Any) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add)


def handed_on(one: Conviction, survey: Survey) -> tuple[bool, bool, int]:
    """A value that is a true cotangent lacks a step where it was handed on last: dz = da.

    A local derivative says most. A quantity of the forward pass is rather right, and made too
    little of further on; what a function of the user returns is rather wrong inside it.
    """
    is_, place = survey.label(one.before[0]), survey.trace.places[one.number][0]
    exact = is_ is not None and is_[1] == 1.0 and is_[0].startswith("dL/d")
    forward = survey.known(one.number) == "forward"
    place = -place if forward or exact else place
    outside = isinstance(one.node, ast.Call) and not harmless(one.node)
    # right at first, and wrong only for what comes back from other turns
    later = np.allclose(one.before[0], one.right[0], rtol=1e-4, atol=1e-12)
    less = later or outside or forward
    return one.name != SLOPE, less, place
