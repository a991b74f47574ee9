"""Which kind of mistake was it, where no edit mends it: from what a value is, and should be."""

from __future__ import annotations

import ast

import numpy as np

from .chain_rule import replaces_derivative
from .clues import adds_parameter, drops, is_bias, joined, penalises, ratio, through_softmax
from .conviction import CARRIED, SLOPE, Conviction
from .jacobians import alike, of_class_alone, of_normalisation, of_softmax, turned_round
from .places import function_of, root_of, statement_of
from .site import PRODUCTS, REDUCTIONS
from .surroundings import NORMS, gets_mask, other_factor
from .survey import Survey
from .syntax import named, reductions, unparsed

ALIKE = 0.3  # cosine of a value and the right one, from which on the one is a part of the other
MEASURED = 1e-5  # part of the largest entry, by which right values may be off


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
    if NORMS.search(f"{inside} {line}") or survey.normalises(root):
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
