"""Where a statement writes to: another index of the array, or of the list, that it fills."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

from ..indices import index_variants
from ..sight import Sight
from ..site import Edit
from ..syntax import only_target, placed, reading, substituted, unparsed
from ..values import shape_of
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
    ):
        text, value = unparsed(variant), sight.value(variant)
        if text in seen or value is None or shape_of(value) != here:
            continue
        seen.add(text)
        new = ast.copy_location(writable(variant), target)
        yield Edit({target: new}, target, "indexing", 1.1, f"into {text}")


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
