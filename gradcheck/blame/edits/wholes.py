"""Where the right value is known, but no slip gives it: a formula of what is in sight that does."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...pieces import spreads
from ..sight import Sight
from ..site import HANDED, Edit, Site
from ..syntax import binary, parse, summands, transposed, unparsed
from ..values import content, is_floating
from .derivatives import filled
from .operators import is_one
from .scales import columns, expressed

Values = npt.NDArray[np.float64]

FEWEST = 3  # entries: fewer are met by chance
ENOUGH = 4  # entries, from which on two free numbers are met by no chance
FEW = 24  # arrays, of which differences are made, or products beside one with a matrix
SOME = 40  # arrays, of which products are added
MOST = 6  # formulae told of one place
FAR = 2.7  # what one costs with a part that is written elsewhere: two mistakes are likelier
CLOSE = 1e-8  # of the square of a length, that rounding and such a measurement may make
NEAR = 1e-5  # of the largest entry: the right value was measured by differences

# what a quantity x may stand in a product as
_FORMS = ("x", "1 - x", "x - 1", "1 + x", "x ** 2", "1 - x ** 2", "1 / x", "x > 0")
_CALLS = ("exp(x)", "exp(x) - 1", "exp(-x)", "sqrt(x)", "log(x)", "tanh(x)", "sign(x)", "cos(x)")


@dataclass(frozen=True)
class _Quantities:
    """Quantities in sight, one row each, and the same of length 1.

    plain   how many of them, the first ones, are what they are and no function of it
    """

    trees: list[ast.expr]
    rows: Values
    units: Values
    plain: int

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
    if want.shape != have.shape or np.array_equal(want, have):
        return
    sight = site.sight
    seen = _quantities(sight, want.shape)
    with np.errstate(all="ignore"):
        lacks, ratio = want - have, want / have
    n = site.node
    single = [tree for tree, _ in _products(lacks, seen, sight)]
    terms = _fresh(n, [*single, *_matrix_products(lacks, sight)], sight)
    if not single and not terms:
        two = [*_sums_of_two(lacks, seen), *_beside_matrix_products(lacks, seen, sight)]
        terms = _fresh(n, two, sight)
    factors = [e for e, _ in _products(ratio, seen, sight)]
    found: list[tuple[ast.expr, str]] = [
        *((_plus(n, e), "missing-term") for e in terms),
        *((binary(n, ast.Mult(), e), "wrong-operand") for e in factors),
        *((e, "wrong-operand") for e in _matrix_products(want, sight)),
        *((e, "wrong-operand") for e in _differences(want, sight)),
    ]
    if not factors:
        found += [
            (binary(n, ast.Mult(), e), "wrong-activation-derivative")
            for e in _affine(ratio, seen, sight)
        ]
    for tree, values in _products(want, seen, sight):
        slopes = any(site.library.is_derivative(value.reshape(want.shape)) for value in values)
        found.append((tree, "wrong-activation-derivative" if slopes else "wrong-operand"))
    found.sort(key=lambda one: len(unparsed(one[0])))
    elsewhere = {atom.text for atom in sight.formulae} - _texts(n)
    for tree, kind in found[:MOST]:
        taken = not elsewhere.isdisjoint(_texts(tree))
        cost = (FAR if taken else 1.8) + HANDED * isinstance(n, ast.Name)  # it is made elsewhere
        yield site.edit(tree, kind, cost, f"{unparsed(tree)} instead")


def _plus(node: ast.expr, term: ast.expr) -> ast.expr:
    if isinstance(term, ast.UnaryOp):
        return binary(node, ast.Sub(), term.operand)
    if isinstance(term, ast.BinOp) and isinstance(term.op, ast.Add | ast.Sub):
        return binary(_plus(node, term.left), term.op, term.right)
    return binary(node, ast.Add(), term)


def _quantities(sight: Sight, shape: tuple[int, ...]) -> _Quantities:
    """Arrays in sight that spread onto the shape, and simple functions of them."""
    module = sight.numeric_module()
    forms = [*_FORMS, *(f"{module}.{call}" for call in _CALLS if module)]
    trees, rows, plain = [], [], 0
    atoms = [
        atom
        for atom in (*sight.arrays, *columns(sight, shape), *sight.formulae)
        if atom.value.size > 1 and spreads(atom.shape, shape)
    ]
    for form in forms:
        for atom in atoms:
            if form != "x" and atom.value.dtype.kind != "f":
                continue
            value = sight.value_with(form, x=atom.value)
            if value is None or not spreads(np.shape(value), shape):
                continue
            row = np.array(np.broadcast_to(np.asarray(value, dtype=float), shape)).ravel()
            if np.all(np.isfinite(row)) and row.any():
                trees.append(parse(filled(form, {"x": atom.text})))
                rows.append(row)
        plain = plain or len(rows)
    table = np.array(rows).reshape(len(rows), int(np.prod(shape)))
    units = table / np.linalg.norm(table, axis=1, keepdims=True)
    return _Quantities(trees, table, units, plain)


def _fresh(node: ast.expr, terms: Sequence[ast.expr], sight: Sight) -> list[ast.expr]:
    """Terms that lack: but more of what is added here, by any name, is a matter of scale."""
    parts = summands(node)
    whole = set(map(unparsed, parts))
    values = [sight.value(part) for part in parts]
    known = {content(value) for value in values if np.size(value) > 1}

    def new(text: str) -> bool:
        value = sight.value_of(text)
        return not (is_floating(value) and np.size(value) > 1 and content(value) in known)

    terms = [term for term in terms if whole.isdisjoint(_texts(term))]
    return [term for term in terms if all(map(new, _texts(term)))]


def _texts(tree: ast.expr) -> set[str]:
    return {unparsed(node) for node in ast.walk(tree) if isinstance(node, ast.expr)}


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
    if factor < 0:
        yield from (ast.UnaryOp(ast.USub(), product) for product in _times(-factor, tree, sight))
        return
    if abs(factor - 1) < NEAR:
        yield tree
        return
    number = expressed(factor, sight)
    if isinstance(number, ast.BinOp) and isinstance(number.op, ast.Div) and is_one(number.left):
        yield binary(tree, ast.Div(), number.right)
    elif number is not None:
        yield binary(tree, ast.Mult(), number)


def _sums_of_two(target: Values, seen: _Quantities) -> Iterator[ast.expr]:
    """a * b + c * d, and with the opposite signs."""
    raw, target = seen.rows[: min(seen.plain, SOME)], target.ravel()
    if not len(raw) or not np.all(np.isfinite(target)):
        return
    first, second = np.triu_indices(len(raw))
    rows = np.concatenate([raw, raw[first] * raw[second]])
    trees = [*seen.trees[: len(raw)]]
    trees += [
        binary(seen.trees[i], ast.Mult(), seen.trees[j]) for i, j in zip(first, second, strict=True)
    ]
    size = float(target @ target)
    along, norms, pairs = rows @ target, np.sum(rows**2, axis=1), rows @ rows.T
    for signs in itertools.product((1, -1), repeat=2):
        s, t = signs
        away = size - 2 * (s * along[:, None] + t * along) + 2 * s * t * pairs
        away += norms[:, None] + norms
        for i, j in np.argwhere(np.triu(away <= CLOSE * size, 1))[:SOME]:
            left = target - s * rows[i] - t * rows[j]
            if np.max(np.abs(left)) <= NEAR * np.max(np.abs(target)):
                one = trees[i] if s > 0 else ast.UnaryOp(ast.USub(), trees[i])
                yield binary(one, ast.Add() if t > 0 else ast.Sub(), trees[j])


def _affine(target: Values, seen: _Quantities, sight: Sight) -> Iterator[ast.expr]:
    """a + b * q, such as the 1 + 3 * c * x ** 2 of an inner derivative."""
    target = target.ravel()
    if not seen.trees or target.size < ENOUGH or not np.all(np.isfinite(target)):
        return
    apart = target - target.mean()
    rows = seen.rows - seen.rows.mean(axis=1, keepdims=True)
    sizes = np.linalg.norm(rows, axis=1) * np.linalg.norm(apart)
    with np.errstate(all="ignore"):
        along = (rows @ apart) / sizes
    for i in np.flatnonzero(np.abs(np.abs(along) - 1) < 1e-8):
        slope = float(rows[i] @ apart / (rows[i] @ rows[i]))
        start = float(np.mean(target - slope * seen.rows[i]))
        number = expressed(start, sight)
        if number is not None and np.max(np.abs(start)) > NEAR:
            for product in _times(slope, seen.trees[i], sight):
                yield _plus(number, product)


def _beside_matrix_products(target: Values, seen: _Quantities, sight: Sight) -> Iterator[ast.expr]:
    """(a @ b) * q."""
    for tree, row in zip(seen.trees[: min(seen.plain, FEW)], seen.rows, strict=False):
        if row.all():
            for product in _matrix_products(target / row.reshape(target.shape), sight):
                yield binary(product, ast.Mult(), tree)


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
    """c * a @ b for the arrays in sight, as they are or transposed, and c * np.outer(a, b)."""
    size, module = float(np.sum(want**2)), sight.numeric_module()
    if not np.isfinite(size) or not size:
        return
    sides = [
        (tree, value)
        for atom in sight.arrays
        if np.ndim(atom.value) in (1, 2) and atom.value.dtype.kind == "f"
        for tree, value in (
            (atom.tree, np.asarray(atom.value)),
            (transposed(atom.tree), np.asarray(atom.value).T),
        )[: np.ndim(atom.value)]
    ]
    for (a, x), (b, y) in itertools.product(sides, sides):
        outer = x.ndim == y.ndim == 1 and x.shape + y.shape == want.shape and bool(module)
        fits = x.ndim + y.ndim - 2 == want.ndim > 0 and x.shape[-1] == y.shape[0]
        if not outer and (not fits or (*x.shape[:-1], *y.shape[1:]) != want.shape):
            continue
        found = np.outer(x, y) if outer else x @ y
        factor = float(np.sum(found * want)) / max(float(np.sum(found**2)), 1e-300)
        if np.max(np.abs(factor * found - want)) <= NEAR * np.max(np.abs(want)):
            product = binary(a, ast.MatMult(), b)
            whole = ast.Call(parse(f"{module}.outer"), [a, b], []) if outer else product
            yield from _times(factor, whole, sight)
