"""What stands around an edit, and what it changes there: questions that decide its kind."""

from __future__ import annotations

import ast
import functools
import operator
import re
from typing import Any

import numpy as np

from .jacobians import of_normalisation
from .parallel import takes_up
from .places import around, statement_of
from .repair import Repair
from .sight import Sight
from .site import ELEMENTWISE, PRODUCTS, REDUCTIONS, Edit, harmless
from .source import Unit
from .survey import Survey
from .syntax import (
    VARIABLE,
    chain,
    first_target,
    multiplies_matrices,
    named,
    reading,
    summands,
    targets_of,
    unparsed,
)
from .values import is_array, is_number, is_numeric, kept_level

NORMS = re.compile(
    r"(?<!linalg\.)norm|\bd?[xzu]_?hat|istd|ivar|inv_?(std|var)|\brms|(\b|_)d?(bn|ln)",
    re.IGNORECASE,
)
RATE = 0.2  # by which the share of a mask that is kept may differ from the rate


def in_branch(node: ast.AST, parents: Any) -> bool:
    """In one of two formulae, of which each holds for a part of the entries."""
    return any(isinstance(n, ast.IfExp) or named(n) == "where" for n in around(node, parents))


def got_nothing(repair: Repair, survey: Survey) -> bool:
    """Were the gradients that it mends zero, all of them?"""
    mine = [got for block, _, _, got in survey.each() if block.name in repair.mended]
    return bool(mine) and not any(got.any() for got in mine)


def multiplied(node: ast.AST, parents: Any) -> bool:
    """Is it by this that something is multiplied, or divided?"""
    return isinstance(getattr(parents.get(node), "op", None), ast.Mult | ast.Div)


def other_factor(node: ast.expr, wanted: Any, survey: Survey) -> bool:
    """Is it right but for one factor, that should be another value of the forward pass?"""
    values = [survey.first_value(part) for part in chain(node)]
    if len(values) < 2 or not np.any(wanted) or any(value is None for value in values):
        return False
    for k in range(len(values)):
        with np.errstate(all="ignore"):
            rest = np.asarray(functools.reduce(operator.mul, (*values[:k], *values[k + 1 :])))
            needed = np.divide(wanted, rest)
        if np.all(np.isfinite(needed)) and survey.library.is_forward(needed):
            return True
    return False


def in_call(node: ast.AST, parents: Any) -> bool:
    return any(named(n) in ELEMENTWISE for n in around(node, parents))


def in_formula(node: ast.AST, parents: Any) -> bool:
    """As x in 1 - x, in x ** 2, in exp(-x): no factor, and nothing that is handed on as it is."""
    above = parents.get(node)
    if isinstance(above, ast.Call):
        return harmless(above) and named(above) not in PRODUCTS | REDUCTIONS
    if isinstance(above, ast.UnaryOp):
        return True
    return isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub | ast.Pow)


def sums(node: Any) -> bool:
    """Is it a sum of products: a x - b x, where no formula of x alone stands?"""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add | ast.Sub):
        return False
    old = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return len(old) > 2


def shifts_turn(node: Any, new: Any, parents: Any, sight: Sight) -> bool:
    """Is it the number in i + 1, where a loop counts i?"""
    above = parents.get(node)
    if not isinstance(node, ast.Constant) or not isinstance(new, ast.Constant):
        return False
    if not isinstance(above, ast.BinOp) or not isinstance(above.op, ast.Add | ast.Sub):
        return False
    other = above.left if above.right is node else above.right
    return isinstance(other, ast.Name) and other.id in sight.loops


def counts_power(node: Any, parents: Any, survey: Survey) -> bool:
    """Is it the number in t ** 2, where t is a number, too?"""
    above = parents[node]
    if not isinstance(above.op, ast.Pow) or above.right is not node:
        return False
    return np.size(survey.first_value(above.left)) == 1 and isinstance(parents[above], ast.BinOp)


def set_later(repair: Repair, survey: Survey) -> bool:
    """Is what should stand here given to the same variable further down?"""
    statement = statement_of(repair.edit.anchor, repair.unit)
    block = getattr(repair.unit.parents.get(statement), "body", [])
    wanted = repair.values[0][1]
    if statement not in block or wanted is None:
        return False
    name = unparsed(repair.edit.anchor)
    for later in block[block.index(statement) + 1 :]:
        if isinstance(later, ast.Assign) and unparsed(later.targets[0]) == name:
            value = survey.first_value(later.value)
            return np.shape(value) == np.shape(wanted) and bool(np.allclose(value, wanted))
    return False


def takes_in(node: Any, new: Any, survey: Survey) -> bool:
    """Are parentheses moved, so that a summand is multiplied with the local derivative too?"""
    sums = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    factors = chain(new) if sums and isinstance(new, ast.BinOp) else []
    values = [survey.first_value(factor) for factor in factors[1:]]
    if not values or any(value is None for value in values):
        return False
    return survey.library.is_derivative(functools.reduce(operator.mul, values))


def varies(new: Any, survey: Survey, sight: Sight) -> bool:
    """Is it multiplied with, or divided by, a number that the parameters change?"""
    value = sight.value(new.right) if isinstance(new, ast.BinOp) else None
    if not isinstance(getattr(new, "right", None), VARIABLE) or not isinstance(value, float):
        return False
    return survey.library.is_forward(value) and value not in survey.constants


def keeps(root: Any, factor: float | None, sight: Sight, survey: Survey) -> bool:
    """Is the factor about the share of a mask that is beside it?"""
    if root is None or not factor:
        return False
    pairs = [(unparsed(n), sight.value(n)) for n in ast.walk(root) if isinstance(n, VARIABLE)]
    masks = [value for text, value in pairs if survey.is_mask(text, value)]
    return any(_is_share(factor, mask) for mask in masks)


def keeps_share(factor: float | None, survey: Survey) -> bool:
    """The same of any mask; where none is known, any factor will do."""
    masks = [v for v in survey.fixed.values() if kept_level(v) is not None]
    return factor is None or not masks or any(_is_share(factor, mask) for mask in masks)


def _is_share(factor: float, mask: Any) -> bool:
    rate = min(abs(factor), 1 / abs(factor)) if factor else 0.0
    return abs(float(np.mean(np.asarray(mask) != 0)) - rate) < RATE


def gets_mask(before: Any, right: Any, survey: Survey) -> bool:
    """Is it zero just where a given mask is, of numbers that are not, or are zero elsewhere?"""
    if np.shape(before) != np.shape(right) or np.ndim(right) == 0:
        return False
    nothing = np.asarray(right) == 0
    if not nothing.any() or np.array_equal(nothing, np.asarray(before) == 0):
        return False
    alike = [v for v in survey.fixed.values() if np.shape(v) == np.shape(right)]
    masks = [mask for mask in alike if np.array_equal(nothing, np.asarray(mask) == 0)]
    # where a unit is dead is zero and one as well
    return any(not survey.library.is_derivative(mask) for mask in masks)


def drops_nothing(value: Any) -> bool:
    """Is it an array, and no mask: what was dropped, and not what drops it?"""
    return np.ndim(value) > 0 and kept_level(value) is None


def through_mask(node: Any, new: Any, sight: Sight, survey: Survey) -> bool:
    """Is what is multiplied in, or was, a mask: zeros and one other number, whatever the place?"""
    parts = [node, new, getattr(new, "right", None), getattr(node, "left", None)]
    parts += new.args if isinstance(new, ast.Call) else ()
    variables = [n for n in parts if isinstance(n, VARIABLE)]
    return any(survey.is_mask(unparsed(n), sight.value(n)) for n in variables)


def adds_idle(edit: Edit, unit: Unit) -> bool:
    """Is a summand added with a variable that was computed, and read nowhere?"""
    old, new = edit.anchor, edit.changes.get(edit.anchor)
    if not isinstance(old, ast.expr) or not isinstance(new, ast.expr) or not takes_up(edit, unit):
        return False
    return unparsed(old) in {unparsed(term) for term in summands(new)} - {unparsed(new)}


def rewrites(statement: ast.stmt, new: Any) -> bool:
    """Does another assignment to the same target stand in its place?"""
    line = new[0] if isinstance(new, list) and len(new) == 1 else None
    targets = [unparsed(x) for x in (*targets_of(statement), *targets_of(line))]
    return type(line) is type(statement) and len(targets) == 2 and targets[0] == targets[1]


def averages(root: Any, was: Any, factor: float | None, sight: Sight) -> bool:
    """Is it a sum over so many that was divided by their number?"""
    if root is None or factor is None or factor < 2 or abs(factor - round(factor)) > 1e-6:
        return False
    if multiplies_matrices(root):
        return False
    sizes = {np.size(v) for n in ast.walk(root) if is_array(v := _seen(n, sight))}
    return round(factor) * np.size(was) in sizes


def _seen(node: ast.AST, sight: Sight) -> Any:
    value = sight.value(node) if isinstance(node, VARIABLE) else None
    return np.array(value) if isinstance(value, list) and all(map(is_number, value)) else value


def completes_norm(wanted: Any, root: Any, survey: Survey) -> bool:
    """Is the value now what a normalisation hands back, and not just beside one?"""
    nodes = [n for n in ast.walk(root) if isinstance(n, ast.expr)] if root is not None else []
    reads = list(map(survey.first_value, nodes))
    return np.ndim(wanted) > 0 and of_normalisation(wanted, reads, survey.normal)


def adds_penalty(statement: ast.stmt, new: Any, survey: Survey, sight: Sight) -> bool:
    """Is a part of a parameter added, times constants, as in g[i] += d + lam * b[i]?"""
    line = new[0] if isinstance(new, list) and len(new) == 1 else None
    values = [getattr(each, "value", None) for each in (statement, line)]
    if not all(isinstance(value, ast.expr) for value in values):
        return False
    before = {unparsed(term) for term in summands(values[0])}  # type: ignore[arg-type]
    added = [t for t in summands(values[1]) if unparsed(t) not in before]  # type: ignore[arg-type]
    factors = [sight.value(factor) for term in added for factor in chain(term)]
    if len(added) != 1 or not all(map(is_numeric, factors)):
        return False
    every = np.concatenate([place.ravel() for place in survey.replay.place])
    rest = [f for f in factors if not np.isin(f, every).all()]
    return len(rest) < len(factors) and all(
        np.size(f) == 1 and float(f) in survey.constants for f in rest
    )


def scatters(statement: ast.stmt, sight: Sight) -> bool:
    """Is it written to places that are looked up, some of them more than once?"""
    target = first_target(statement)
    if not isinstance(target, ast.Subscript):
        return False
    looked_up = any(isinstance(n, ast.Subscript) for n in ast.walk(target.slice))
    parts = target.slice.elts if isinstance(target.slice, ast.Tuple) else [target.slice]
    plain = [reading(part) for part in parts if not isinstance(part, ast.Slice)]
    return looked_up or any(np.ndim(i) > 0 for i in map(sight.value, plain) if is_array(i))
