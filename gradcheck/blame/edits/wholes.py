"""Where the right value is known, but no slip gives it: a formula of what is in sight that does."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...pieces import spreads
from ..sight import Sight
from ..site import Edit, Site
from ..syntax import binary, parse, summands, transposed, unparsed
from ..values import is_floating
from .derivatives import filled
from .operators import is_one
from .scales import columns, expressed

Values = npt.NDArray[np.float64]

FEWEST = 3  # entries: fewer are met by chance
FEW = 24  # arrays, of which differences are made
MOST = 6  # formulae told of one place
NEAR = 1e-5  # of the largest entry: the right value was measured by differences

# what a quantity x may stand in a product as
_FORMS = ("x", "1 - x", "x - 1", "1 + x", "x ** 2", "1 - x ** 2", "1 / x", "x > 0")
_CALLS = ("exp(x)", "exp(x) - 1", "exp(-x)", "sqrt(x)", "log(x)", "tanh(x)", "sign(x)", "cos(x)")


@dataclass(frozen=True)
class _Quantities:
    """Quantities in sight, one row each, and the same of length 1."""

    trees: list[ast.expr]
    rows: Values
    units: Values

    def along(self, target: Values) -> Iterator[tuple[int, float]]:
        """Rows q and numbers c with target = c * q."""
        size = float(np.linalg.norm(target))
        if not np.isfinite(size) or size == 0:
            return
        along = self.units @ (target / size)
        for i in np.flatnonzero(np.abs(np.abs(along) - 1) < 1e-8):
            factor = float(along[i]) * size / float(np.linalg.norm(self.rows[i]))
            if np.max(np.abs(factor * self.rows[i] - target)) <= NEAR * np.max(np.abs(target)):
                yield int(i), factor


def wholes(site: Site) -> Iterator[Edit]:
    """What is there plus or times something, or all of it anew: products of what is in sight."""
    if site.right is None or site.right.size < FEWEST or not is_floating(site.value):
        return
    want, have = np.asarray(site.right, float), np.asarray(site.value, float)
    if want.shape != have.shape:
        return
    sight = site.sight
    seen = _quantities(sight, want.shape)
    with np.errstate(all="ignore"):
        lacks, ratio = want - have, want / have
    n = site.node
    found: list[tuple[ast.expr, str]] = [
        *((binary(n, ast.Add(), e), "missing-term") for e in _fresh(n, lacks, seen, sight)),
        *((binary(n, ast.Mult(), e), "wrong-operand") for e, _ in _products(ratio, seen, sight)),
        *((binary(n, ast.Add(), e), "missing-term") for e in _matrix_products(lacks, sight)),
        *((e, "wrong-operand") for e in _matrix_products(want, sight)),
        *((e, "wrong-operand") for e in _differences(want, sight)),
    ]
    for tree, factors in _products(want, seen, sight):
        slopes = any(site.library.is_derivative(factor.reshape(want.shape)) for factor in factors)
        found.append((tree, "wrong-activation-derivative" if slopes else "wrong-operand"))
    found.sort(key=lambda one: len(unparsed(one[0])))
    for tree, kind in found[:MOST]:
        yield site.edit(tree, kind, 1.8, f"{unparsed(tree)} instead")


def _quantities(sight: Sight, shape: tuple[int, ...]) -> _Quantities:
    """Arrays in sight that spread onto the shape, and simple functions of them."""
    module = sight.numeric_module()
    forms = [*_FORMS, *(f"{module}.{call}" for call in _CALLS if module)]
    trees, rows = [], []
    for atom in (*sight.arrays, *columns(sight, shape)):
        if atom.value.size < 2 or not spreads(atom.shape, shape):
            continue
        for form in forms if atom.value.dtype.kind == "f" else ("x",):
            value = sight.value_with(form, x=atom.value)
            if value is None or not spreads(np.shape(value), shape):
                continue
            row = np.array(np.broadcast_to(np.asarray(value, dtype=float), shape)).ravel()
            if np.all(np.isfinite(row)) and row.any():
                trees.append(parse(filled(form, {"x": atom.text})))
                rows.append(row)
    table = np.array(rows).reshape(len(rows), int(np.prod(shape)))
    return _Quantities(trees, table, table / np.linalg.norm(table, axis=1, keepdims=True))


def _fresh(node: ast.expr, lacks: Values, seen: _Quantities, sight: Sight) -> Iterator[ast.expr]:
    """Terms that lack: but more of what is added here already is a matter of scale."""
    whole = {unparsed(part) for part in summands(node)}
    for tree, _ in _products(lacks, seen, sight):
        if whole.isdisjoint(unparsed(n) for n in ast.walk(tree) if isinstance(n, ast.expr)):
            yield tree


def _products(
    target: Values, seen: _Quantities, sight: Sight
) -> Iterator[tuple[ast.expr, tuple[Values, ...]]]:
    """c * q and c * q * q', for numbers c that can be written; with the values of q and q'."""
    target = target.ravel()
    if not seen.trees or not np.all(np.isfinite(target)):
        return
    single = list(seen.along(target))
    for i, factor in single:
        for product in _times(factor, seen.trees[i], sight):
            yield product, (seen.rows[i],)
    if single:
        return
    for j, tree in enumerate(seen.trees):
        row = seen.rows[j]
        if not row.all():
            continue
        for i, factor in seen.along(target / row):
            pair = binary(seen.trees[i], ast.Mult(), tree)
            for product in _times(factor, pair, sight) if i <= j else ():
                yield product, (seen.rows[i], row)


def _times(factor: float, tree: ast.expr, sight: Sight) -> Iterator[ast.expr]:
    if abs(factor - 1) < NEAR:
        yield tree
        return
    number = expressed(factor, sight)
    if isinstance(number, ast.BinOp) and isinstance(number.op, ast.Div) and is_one(number.left):
        yield binary(tree, ast.Div(), number.right)
    elif number is not None:
        yield binary(tree, ast.Mult(), number)


def _differences(want: Values, sight: Sight) -> Iterator[ast.expr]:
    """c * (a - b), as (p - y) / n where a loss is differentiated."""
    alike = [atom for atom in sight.arrays if atom.shape == want.shape][:FEW]
    size = float(np.max(np.abs(want), initial=0.0))
    for a, b in itertools.combinations(alike, 2):
        apart = np.asarray(a.value, dtype=float) - np.asarray(b.value, dtype=float)
        norm = float(np.sum(apart**2))
        factor = float(np.sum(apart * want)) / norm if norm and size else 0.0
        if factor and np.max(np.abs(factor * apart - want)) <= NEAR * size:
            first, second = (a, b) if factor > 0 else (b, a)
            pair = binary(first.tree, ast.Sub(), second.tree)
            yield from _times(abs(factor), pair, sight)


def _matrix_products(want: Values, sight: Sight) -> Iterator[ast.expr]:
    """c * a @ b for the matrices and vectors in sight, a matrix as it is or transposed."""
    sides = [
        (tree, value)
        for atom in sight.arrays
        if np.ndim(atom.value) in (1, 2) and atom.value.dtype.kind == "f"
        for tree, value in (
            (atom.tree, np.asarray(atom.value)),
            (transposed(atom.tree), np.asarray(atom.value).T),
        )[: np.ndim(atom.value)]
    ]
    size = float(np.sum(want**2))
    for (a, x), (b, y) in itertools.product(sides, sides):
        fits = x.ndim + y.ndim - 2 == want.ndim > 0 and x.shape[-1] == y.shape[0]
        if not fits or (*x.shape[:-1], *y.shape[1:]) != want.shape or not size:
            continue
        found = x @ y
        factor = float(np.sum(found * want)) / max(float(np.sum(found**2)), 1e-300)
        if np.max(np.abs(factor * found - want)) <= NEAR * np.max(np.abs(want)):
            yield from _times(factor, binary(a, ast.MatMult(), b), sight)
