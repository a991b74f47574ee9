"""Where a statement writes to: another index of the array, or of the list, that it fills."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..indices import index_variants
from ..sight import Sight
from ..site import Edit
from ..syntax import VARIABLE, only_target, parse, placed, reading, substituted, unparsed
from ..values import is_array, is_number, shape_of
from .lines import instead
from .names import other_indices


def targets(statement: ast.stmt, sight: Sight) -> Iterator[Edit]:
    """dx[j, i] += for dx[i, j] +=, and the neighbours of each index."""
    target = only_target(statement)
    if not isinstance(target, ast.Subscript):
        return
    written = reading(target)
    here, seen = shape_of(sight.value(written)), {unparsed(written)}
    for variant in (
        *index_variants(written, sight.value),
        *other_indices(written, sight),
        *_crossed(written),
        *_looked_up(written, sight),
    ):
        text, value = unparsed(variant), sight.value(variant)
        if text in seen or value is None or shape_of(value) != here:
            continue
        seen.add(text)
        new = ast.copy_location(writable(variant), target)
        yield Edit({target: new}, target, "indexing", 1.1, f"into {text}")
    yield from _slid(statement, target)
    for variant in _paired(written, sight):
        new = ast.copy_location(writable(variant), target)
        yield Edit({target: new}, target, "indexing", 1.1, f"into {unparsed(variant)}")


def _slid(statement: ast.stmt, target: ast.Subscript) -> Iterator[Edit]:
    """d[:-1] += e[1:] for d[1:] += e[:-1]: shifted the other way, on both sides."""
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.expr):
        return
    sides: list[ast.expr] = [target, value]
    halves = [[n for n in ast.walk(side) if _other_half(n) is not None] for side in sides]
    begin = [{isinstance(half.upper, ast.expr) for half in some} for some in halves]  # type: ignore[attr-defined]
    if sorted(map(len, begin)) != [1, 1] or begin[0] == begin[1]:
        return
    for i, some in enumerate(halves):
        for half in some:
            sides[i] = substituted(sides[i], half, _other_half(half) or half)
    into = ast.copy_location(writable(sides[0]), target)
    what = f"shifted the other way, {unparsed(sides[0])} and {unparsed(sides[1])}"
    yield Edit({target: into, value: placed(sides[1], value)}, target, "indexing", 1.2, what)


def narrowed(statement: ast.stmt, sight: Sight) -> Iterator[Edit]:
    """d[1:] += lam * w[1:] for d += lam * w: without the biases that are the first, or the last."""
    target = only_target(statement)
    if not isinstance(statement, ast.AugAssign) or target is None:
        return
    into = reading(target)
    held = sight.value(into)
    here = np.shape(held) if is_array(held) else ()
    alike = {
        unparsed(n): n
        for n in ast.walk(statement.value)
        if isinstance(n, VARIABLE) and is_array(value := sight.value(n)) and np.shape(value) == here
    }
    if len(alike) != 1 or not here or min(here) < 2:
        return
    (weights,) = alike.values()
    for part in ("[1:]", "[:-1]", "[:, 1:]", "[:, :-1]")[: 2 * len(here)]:
        rest = substituted(statement.value, weights, parse(f"{unparsed(weights)}{part}"))
        place = parse(f"{unparsed(into)}{part}")
        new = ast.AugAssign(writable(place), statement.op, rest)
        yield instead(statement, new, "regulariser", 1.25, f"only {unparsed(place)}")


def _other_half(node: ast.AST) -> ast.Slice | None:
    """:-k for k:, and the other way round."""
    if not isinstance(node, ast.Slice) or node.step is not None:
        return None
    if node.upper is None and isinstance(node.lower, ast.Constant):
        return ast.Slice(None, ast.UnaryOp(ast.USub(), node.lower))
    if node.lower is None and isinstance(node.upper, ast.UnaryOp):
        return ast.Slice(node.upper.operand)
    return None


def _looked_up(node: ast.Subscript, sight: Sight) -> Iterator[ast.Subscript]:
    """dE[ids[n, k]] for dE[n]: where a table of indices says, at what the loops count."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    turning = [atom.text for atom in sight.counts if atom.text in sight.loops]
    for table in [atom for atom in sight.arrays if atom.value.dtype.kind in "iu"]:
        for place in itertools.permutations(turning, len(table.shape)):
            index = parse(f"{table.text}[{', '.join(place)}]")
            for part in parts if is_number(sight.value(index)) else ():
                if is_number(sight.value(part)):
                    yield substituted(node, part, index)


def _paired(node: ast.Subscript, sight: Sight) -> Iterator[ast.Subscript]:
    """d[np.arange(n), t] for d[:, t]: of each row the entry that an index tells."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
    module, held = sight.numeric_module(), shape_of(sight.value(node.value)) or ()
    indices = [sight.value(part) for part in parts]
    long = [len(i) for i in indices if isinstance(i, np.ndarray) and i.ndim == 1]
    for axis, part in enumerate(parts):
        whole = isinstance(part, ast.Slice) and part.lower is part.upper is part.step is None
        if whole and module and held[axis : axis + 1] == tuple(long):
            rows = parse(f"{module}.arange(len({unparsed(node.value)}))")
            if axis:
                rows = parse(f"{module}.arange({unparsed(node.value)}.shape[{axis}])")
            yield substituted(node, part, rows)


def _crossed(node: ast.Subscript) -> Iterator[ast.Subscript]:
    """dx[i + c, j + r] for dx[i + r, j + c]: two variables of an index exchanged."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else []
    uses = [{n.id: n for n in ast.walk(p) if isinstance(n, ast.Name)} for p in parts]
    for one, other in itertools.combinations(uses, 2):
        for a, b in itertools.product(one.values(), other.values()):
            if a.id not in other and b.id not in one:
                here = substituted(node, a, placed(b, a))
                yield substituted(here, b, placed(a, b))


def writable(tree: ast.expr) -> Any:
    """A copy of an expression as something that can be written to."""
    return ast.parse(f"{unparsed(tree)} = 0").body[0].targets[0]  # type: ignore[attr-defined]
