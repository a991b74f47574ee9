"""Lines whose values give them away, where no small edit mends everything."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..users import is_option
from .clues import penalises
from .conviction import Conviction
from .kinds_of_values import kind_of_values
from .paths import left_out
from .places import function_of, root_of, statement_of
from .site import REDUCTIONS, harmless
from .source import Unit
from .survey import Survey
from .syntax import VARIABLE, named, short, steps, targets_of, unparsed
from .values import is_floating, is_numeric, multiple


@dataclass(frozen=True)
class Reading:
    """A line whose value gives it away, though no small edit of it mends the gradients."""

    kind: str
    node: ast.expr
    unit: Unit
    function: str
    sentence: str
    blocks: int  # that the expression reaches


def convicted(survey: Survey, conviction: Conviction, given: str = "with that value") -> Reading:
    """What an expression is and what it should be, where the right value mends everything."""
    node, unit = conviction.node, conviction.unit
    is_ = survey.label(conviction.before[0])
    now, told = "should be", conviction.told or "another value"
    if is_ and is_[0] != conviction.name and not _is_itself(node, unit, *is_):
        what_it_is = multiple(is_[1], is_[0])
        now = f"is {what_it_is}; should be" if what_it_is else now
    missing, tail = left_out(survey, conviction), ""
    kind = kind_of_values(conviction, survey)
    if missing and kind not in _EXPLAINED:
        kind = "recurrence" if any(later for _, later in missing) else "missing-term"
        lines = " and ".join(str(n) for n in sorted({use.lineno for use, _ in missing}))
        tail = (
            f"; left out is what comes back from the use of {short(missing[0][0])} in line {lines}"
        )
    what = f"{short(node)}: {now} {told}{tail}; "
    what += f"{given} every parameter is mended"
    blocks = survey.touched(conviction.number)
    return Reading(kind, node, unit, function_of(node, unit), what, blocks)


def _is_itself(node: ast.expr, unit: Unit, name: str, factor: float) -> bool:
    """Is this the name of the expression itself, or of the variable that it is assigned to?"""
    above = unit.parents.get(node)
    targets = above.targets if isinstance(above, ast.Assign) else []
    own = {unparsed(one).strip("()") for one in (node, *targets)}
    return factor == 1.0 and name.strip("()") in own


_EXPLAINED = frozenset(
    {
        "sign",
        "scale",
        "loss-gradient",
        "regulariser",
        "softmax-jacobian",
        "normalisation",
        "missing-activation-derivative",
        "wrong-activation-derivative",
    }
)


def read(survey: Survey) -> Iterator[Reading]:
    """Without a repair: cotangents of the opposite sign, averages taken before a product."""
    here = survey.point
    uphill = survey.base is not None and float(
        (survey.base[here.known] * here.values)[survey.wrong].sum()
    )
    flipped = False
    results = {f"dL/d{block.name}" for block in survey.replay.blocks}
    for number in sorted(survey.reach, key=lambda i: survey.trace.places[i][0]):
        node, unit = survey.replay.nodes[number], survey.replay.unit_of[number]
        value = survey.first_value(node)
        if not (survey.reach[number] & survey.wrong).any() or not is_numeric(value):
            continue
        function, text = function_of(node, unit), unparsed(node)
        matches = survey.library.match(value) if np.size(value) > 1 else []
        cotangents = (
            (i.name, c) for i, c in matches if i.role == "adjoint" and i.name not in results
        )
        name, factor = next(cotangents, ("", 0.0))
        whole = root_of(node, unit) is node or _is_reduced(node, unit)
        whole = whole and not isinstance(node, ast.Name)
        if whole and factor < 0 and uphill < 0:
            if not flipped:
                found = multiple(factor, name)
                now = f"is {found}: the sign is flipped" if found else "has the opposite sign"
                what = f"{text}: {now}"
                yield Reading("sign", node, unit, function, what, survey.touched(number))
            flipped = True
        elif isinstance(node, ast.Call) and named(node) in ("sum", "mean"):
            multiplied = _is_multiplied(node, unit)
            reduced = reduced_early(survey, node, value) if multiplied else None
            if reduced is not None:
                what = f"{text}: reduces {reduced} over the batch before it is multiplied"
                blocks = survey.touched(number)
                yield Reading("early-reduction", node, unit, function, what, blocks)


def _is_reduced(node: ast.expr, unit: Unit) -> bool:
    """As y - t in (y - t).mean(axis=0)."""
    above = unit.parents.get(node)
    return isinstance(above, ast.Attribute) and above.attr in REDUCTIONS


def _is_multiplied(node: ast.expr, unit: Unit) -> bool:
    """Is it a factor, where it stands or by the name that it is given?

    x.mean() in x - x.mean() is none, nor d.sum(axis=0) in b.grad += d.sum(axis=0).
    """
    if _is_factor(node, unit):
        return True
    statement = statement_of(node, unit)
    names = {t.id for t in targets_of(statement) if isinstance(t, ast.Name)}
    read = (n for n in ast.walk(unit.tree) if isinstance(n, ast.Name) and n.id in names)
    return any(_is_factor(n, unit) for n in read if isinstance(n.ctx, ast.Load))


def _is_factor(node: ast.AST, unit: Unit) -> bool:
    """In a product, or handed to a function, of NumPy or not."""
    above = unit.parents.get(node)
    while isinstance(above, ast.Attribute | ast.Subscript | ast.UnaryOp):
        node, above = above, unit.parents.get(above)
        if isinstance(above, ast.Call) and above.func is node:  # x.sum().reshape(1, -1)
            node, above = above, unit.parents.get(above)
    if isinstance(above, ast.BinOp):
        return isinstance(above.op, ast.Mult | ast.MatMult)
    return isinstance(above, ast.Call)


def reduced_early(survey: Survey, node: ast.Call, value: Any) -> str | None:
    """What a reduction reduces, where that is no gradient of a parameter yet."""
    parts = [node.func.value] if isinstance(node.func, ast.Attribute) else []
    for part in (*node.args, *parts):
        inner = survey.first_value(part)
        if inner is None or np.ndim(inner) != 2 or np.size(value) >= np.size(inner):
            continue
        rows = np.shape(value)[:1] != np.shape(inner)[:1]
        label = survey.label(inner)
        if not rows or survey.label(value) is not None:
            return None
        if label is not None:
            return label[0]
        if survey.library.is_derivative(inner):
            return "the activation's derivative"
        return unparsed(part) if isinstance(part, ast.Name) else None
    return None


def computes(node: ast.expr) -> bool:
    """Is something made here of values, and not only read, counted or laid out?"""
    calls = [named(n) for n in ast.walk(node) if isinstance(n, ast.Call)]
    empty = any(name in ("zeros", "zeros_like", "empty", "empty_like", "len") for name in calls)
    return not empty and any(isinstance(n, ast.BinOp | ast.Call) for n in ast.walk(node))


def repeats_verdict(conviction: Conviction) -> bool:
    """Is it but said that the gradient of a parameter, where it is handed on, should be right?"""
    node = conviction.node
    made_elsewhere = isinstance(node, ast.Call) and not harmless(node)
    used = steps(statement_of(node, conviction.unit))  # times a rate
    read = isinstance(node, VARIABLE)
    return conviction.definition is None and (made_elsewhere or used or read)


def suspects(survey: Survey) -> Iterator[Reading]:
    """Expressions that reach all that is wrong, those first that reach little else."""
    found: list[tuple[Any, int]] = []
    for number, mine in survey.reach.items():
        node, unit = survey.replay.nodes[number], survey.replay.unit_of[number]
        if root_of(node, unit) is not node or not (mine & survey.wrong).any():
            continue
        if number in survey.assumed:
            continue
        if is_option(unit.file):  # of what it is made stands in the file
            continue
        broken = int((mine & ~survey.wrong).sum())
        left = int((survey.wrong & ~mine).sum())
        value = survey.first_value(node)
        known = survey.label(value) is not None or not is_floating(value)
        idle = not computes(node) and not survey.prime(node)
        rank = (left, idle, broken, known, node in survey.forward, survey.trace.places[number][0])
        found.append((rank, number))
    wrong = [block.name for block, mine, _, _ in survey.each() if survey.wrong[mine].any()]
    kind, lacks = "unknown", ""
    if penalises(wrong, survey):
        kind, lacks = "regulariser", f"; what {' and '.join(wrong)} lacks is a multiple of itself"
    lines = set()
    least = min((rank[0] for rank, _ in found), default=0)
    # where some reach all that is wrong and nothing else, others are not told beside them
    exact = any(rank[0] == least and not rank[2] and not rank[1] for rank, _ in found)
    for rank, number in sorted(found):
        if exact and (rank[0] > least or rank[2] or rank[1]):
            continue
        node, unit = survey.replay.nodes[number], survey.replay.unit_of[number]
        if (unit, node.lineno) in lines:
            continue
        lines.add((unit, node.lineno))
        alone = ", and no right one" if not rank[2] else ""
        what = f"{short(node, 60)} reaches every wrong entry{alone}{lacks}"
        yield Reading(kind, node, unit, function_of(node, unit), what, survey.touched(number))
