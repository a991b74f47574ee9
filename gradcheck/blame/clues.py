"""What the values of a mended expression give away, whatever its text is."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Collection
from typing import Any

import numpy as np

from .repair import Repair
from .sight import Sight
from .site import harmless
from .survey import Survey
from .syntax import VARIABLE, named, substituted, unparsed
from .values import is_floating

_BIAS = re.compile(r"bias|(^|[^a-z])b(?![a-z])", re.IGNORECASE)
TELLING = 5  # elements, of which the order hardly agrees by chance


def is_slope(before: Any, after: Any, survey: Survey) -> bool:
    """Is this a true local derivative now, and was none?"""
    return (
        after is not None
        and survey.library.is_derivative(after)
        and not _is_known(after, survey)
        and (before is None or not survey.library.is_derivative(before))
    )


def at_another_value(node: ast.expr, wanted: Any, sight: Sight, survey: Survey) -> bool:
    """Is the expression right as a formula, with another quantity of the forward pass in it?"""
    calls = [n for n in ast.walk(node) if isinstance(n, ast.Call)]
    known = all(harmless(c) or unparsed(c.func) in sight.functions for c in calls)
    if wanted is None or np.size(wanted) < 2 or not known:
        return False
    taken = [a for c in calls if not harmless(c) for a in c.args if not isinstance(a, VARIABLE)]
    parts = [*(n for n in ast.walk(node) if isinstance(n, VARIABLE)), *taken]
    used = {unparsed(n) for n in parts}
    for text in used:
        value = sight.value_of(text)
        if not is_floating(value) or np.shape(value) != np.shape(wanted):
            continue
        uses = [n for n in parts if unparsed(n) == text]
        compared = [n for c in ast.walk(node) if isinstance(c, ast.Compare) for n in ast.walk(c)]
        places = [uses, *([use] for use in uses if len(uses) > 1 and use in compared)]  # dp > 0
        trees = [
            functools.reduce(lambda t, n: substituted(t, n, ast.Name("_q")), some, node)
            for some in places
        ]
        for item in survey.library.items:
            other = item.role != "forward" or item.value.shape != np.shape(wanted)
            nameless = item.name.startswith("(") and not isinstance(item.node, ast.Call)
            if other or nameless or np.allclose(item.value, value):
                continue  # what has no name is not taken for another by mistake
            for tree in trees:
                found = sight.value_with(unparsed(tree), _q=item.value)
                same = is_floating(found) and np.shape(found) == np.shape(wanted)
                if same and np.allclose(found, wanted, rtol=1e-5, atol=1e-9, equal_nan=True):
                    return True
    return False


def follows(one: Any, other: Any) -> bool:
    """Does one rise, or fall, wherever the other rises, as a = f(z) does with z?"""
    if not is_floating(one) or not is_floating(other) or np.shape(one) != np.shape(other):
        return False
    a, b = np.ravel(one), np.ravel(other)
    if a.size < TELLING or ratio(a, b) is not None:
        return False
    for x, y in ((a, b), (b, a)):
        steps = np.diff(y[np.argsort(x, kind="stable")])
        small = 1e-12 * float(np.max(np.abs(y)))
        if np.any(steps) and (np.all(steps >= -small) or np.all(steps <= small)):
            return True
    return False


def _is_known(value: Any, survey: Survey) -> bool:
    """A cotangent, or a quantity of the forward pass: the other factor of a product in there."""
    switch = set(np.unique(np.asarray(value))) <= {0.0, 1.0}  # the derivative of a ReLU is one too
    return any(
        item.role == "adjoint" or (abs(factor - 1) < 1e-9 and not switch)
        for item, factor in survey.library.match(value)
    )


def is_cotangent(value: Any, survey: Survey) -> bool:
    """Exactly, and no single number."""
    label = survey.label(value)
    return label is not None and label[0].startswith("dL/d") and label[1] == 1.0


def drops(before: Any, after: Any) -> bool:
    """Is some of it set to nothing, and the rest made more of, as by a dropout?"""
    if before is None or np.shape(before) != np.shape(after) or np.ndim(before) == 0:
        return False
    a, b = np.ravel(np.asarray(before, dtype=float)), np.ravel(np.asarray(after, dtype=float))
    kept = b != 0
    if not np.all(a[kept]) or not kept.any() or not np.any(a[~kept]):
        return False
    factors = b[kept] / a[kept]
    return bool(np.ptp(factors) < 1e-9 * factors[0]) and factors[0] > 1 + 1e-6


def ratio(before: Any, after: Any, near: float = 1e-9) -> float | None:
    """c where after = c * before."""
    if before is None or after is None:
        return None
    a, b = np.ravel(np.asarray(before, dtype=float)), np.ravel(np.asarray(after, dtype=float))
    if a.size != b.size or a.size < 2 or not a.any():
        return None
    factor = float(a @ b) / float(a @ a)
    if np.max(np.abs(b - factor * a)) > near * np.max(np.abs(b), initial=1e-12):
        return None
    return -1.0 if abs(factor + 1) < near else factor


def joined(values: Any) -> Any:
    return np.concatenate([np.ravel(np.asarray(v, dtype=float)) for v in values])


def penalises(mended: Collection[str], survey: Survey) -> bool:
    """Does the gradient of each of these lack a multiple of its own parameter, as of a regulariser?

    Or of the parameter's signs, and ones beside it; at both points, where there are two. A gradient
    that is a multiple of what it lacks has a wrong factor.
    """
    wrong = [block.name in mended for block in survey.replay.blocks]
    owner = np.repeat(np.arange(len(wrong)), survey.replay.sizes)
    points = list(survey.lacking())
    found = False
    for i in np.flatnonzero(wrong):
        mine = [owner[known] == i for _, known, _, _ in points]
        weights, given, lacks = (
            np.concatenate([part[one] for part, one in zip(parts, mine, strict=True)])
            for parts in zip(*((w[k], g, lack) for w, k, g, lack in points), strict=True)
        )
        if ratio(given, lacks) is not None or not _of_parameter(weights, lacks):
            return False
        found = True
    return found


def adds_parameter(before: Any, after: Any, survey: Survey) -> bool:
    """The same of one expression: is it off by a multiple of a parameter of its size?"""
    if before is None or after is None or np.shape(before) != np.shape(after):
        return False
    lacks = np.ravel(np.asarray(after, dtype=float) - np.asarray(before, dtype=float))
    return any(
        place.size == lacks.size > 1 and _of_parameter(place.ravel(), lacks)
        for place in survey.replay.place
    )


def _of_parameter(weights: Any, lacks: Any) -> bool:
    size = float(np.max(np.abs(lacks), initial=0.0))
    some = np.abs(lacks) > 1e-6 * size  # of a bias in the matrix, none
    weights, lacks = weights[some], lacks[some]
    signs, ones, sizes = np.sign(weights), np.ones_like(weights), np.abs(weights)
    of_penalty = (weights, weights**2), (signs, sizes)  # which stands where its derivative belongs
    for parts in ((weights,), (signs, weights), (ones, weights), *of_penalty):
        table = np.stack(parts, axis=1)
        if len(lacks) > 2 * len(parts) - 1 and np.linalg.matrix_rank(table) == len(parts):
            c = np.linalg.lstsq(table, lacks, rcond=None)[0]
            if np.max(np.abs(table @ c - lacks)) < 1e-4 * size and np.ptp(np.abs(weights)) > 0:
                return True
    return False


def through_softmax(before: Any, after: Any, survey: Survey) -> bool:
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


def in_index(node: ast.AST, parents: Any, survey: Survey) -> bool:
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


def is_bias(name: str, survey: Survey) -> bool:
    """Is this the gradient of a vector, beside matrices?"""
    sizes = {f"dL/d{block.name}": np.shape(block.values) for block in survey.replay.blocks}
    return len(sizes.get(name, (0, 0))) == 1 and any(len(shape) > 1 for shape in sizes.values())


def only_biases(repair: Repair, survey: Survey) -> bool:
    wrong = [b for b in survey.replay.blocks if b.name in repair.mended]
    if len(survey.replay.blocks) == 1:  # all parameters in one vector: what is summed tells
        shape = np.shape(repair.values[0][1])
        return len(shape) == 1 or (len(shape) == 2 and 1 in shape)
    if all(b.values.ndim < 2 for b in survey.replay.blocks):  # numbers: only their names tell
        return bool(wrong) and all(_BIAS.search(b.name) for b in wrong)
    vectors = (
        b.values.ndim == 1 or (b.values.ndim == 2 and min(b.shape) == 1) or _BIAS.search(b.name)
        for b in wrong
    )
    return bool(wrong) and all(vectors)


def tells(name: str, cotangent: str) -> bool:
    """Does a name say which cotangent it holds: dz or z_grad for dL/dz?"""
    name, value = bare(name), bare(cotangent.removeprefix("dL/d"))
    said = value and name != value and (name.endswith(value) or name.startswith(value))
    return cotangent.startswith("dL/d") and bool(said)


def bare(text: str) -> str:
    """The letters of a name: without what it is an attribute or item of."""
    return text.rpartition(".")[2].partition("[")[0].replace("_", "").lower()
