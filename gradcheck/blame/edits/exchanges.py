"""Two things in each other's place: results, targets, entries, two variables of one statement."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..sight import Sight
from ..site import Edit
from ..syntax import VARIABLE, first_target, named, placed, unparsed
from ..values import is_array, is_floating

AS_PACKED = 0.5  # costs the exchange of targets that stand as the values do where they are packed
MOST = 6  # variables of one statement, pairs of which are exchanged


def exchanges(statement: ast.stmt, sight: Sight) -> Iterator[Edit]:
    """Two of them swapped, where each may have been meant for the other."""
    places: list[tuple[Any, float, str]] = []
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]  # as it was packed: rather right
        packed = isinstance(target, ast.Tuple) and unparsed(target) in sight.packed
        places.append((target, 1.2 + AS_PACKED * packed, "swap the targets"))
    if isinstance(statement, ast.Assign | ast.Return):
        places.append((statement.value, 1.1, "swap the results"))
    places += [(pair, 1.2, "swap two of them") for pair in _pairs(statement)]
    for place, cost, words in places:
        for first, swapped in _swapped(place):
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                place: ast.copy_location(swapped, place)
            }
            yield Edit(changes, first, "swapped-gradients", cost, words)
    yield from _variables(statement, sight)
    yield from _counters(statement, sight)


def _counters(statement: ast.stmt, sight: Sight) -> Iterator[Edit]:
    """d[u] += e[v] for d[v] += e[u]: two that loops count, wherever the statement has them."""
    if not isinstance(statement, ast.Assign | ast.AugAssign):
        return
    uses: dict[str, list[ast.expr]] = {}
    for node in ast.walk(statement):
        if not isinstance(node, ast.Name) or node.id not in sight.loops:
            continue
        if isinstance(sight.value_of(node.id), int | np.integer):
            uses.setdefault(node.id, []).append(node)
    target = first_target(statement)
    for one, other in itertools.combinations(uses, 2):
        changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
            node: placed(uses[there][0], node)
            for here, there in ((one, other), (other, one))
            for node in uses[here]
        }
        yield Edit(changes, target, "indexing", 1.2, f"{one} and {other} exchanged")


def _variables(statement: ast.stmt, sight: Sight) -> Iterator[Edit]:
    """Two variables of like shape exchanged, wherever they are read in the statement."""
    value = getattr(statement, "value", None)
    if not isinstance(value, ast.expr) or isinstance(statement, ast.Expr):
        return
    uses: dict[str, list[ast.expr]] = {}
    for node in ast.walk(value):
        if isinstance(node, VARIABLE):
            uses.setdefault(unparsed(node), []).append(node)
    values = {text: sight.value_of(text) for text in uses}
    arrays = [t for t, v in values.items() if is_floating(v) and (is_array(v) or np.ndim(v) == 0)]
    for a, b in itertools.combinations(arrays[:MOST], 2):
        if np.shape(values[a]) == np.shape(values[b]) and a not in b and b not in a:
            changes: dict[ast.AST, ast.AST | list[ast.stmt]] = {
                node: placed(uses[other][0], node)
                for mine, other in ((a, b), (b, a))
                for node in uses[mine]
            }
            words = f"{a} and {b} exchanged"
            yield Edit(changes, value, "swapped-gradients", 1.45, words)


def _pairs(statement: ast.stmt) -> Iterator[ast.AST]:
    """Tuples, lists and dicts that stand inside an expression of the statement."""
    value = getattr(statement, "iter", None) or getattr(statement, "value", None)
    inner = ast.walk(value) if isinstance(value, ast.expr) else ()
    for node in inner:
        shown = isinstance(node, ast.Tuple | ast.List) and isinstance(node.ctx, ast.Load)
        if node is not value and (shown or isinstance(node, ast.Dict)):
            yield node


def _swapped(node: Any) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Two elements of a tuple, or two values of a dict, swapped; the first of them before it."""
    if isinstance(node, ast.Tuple | ast.List):
        for i, j in itertools.combinations(range(len(node.elts)), 2):
            items = list(node.elts)
            items[i], items[j] = items[j], items[i]
            yield node.elts[i], type(node)(items, node.ctx)
    elif isinstance(node, ast.Dict):
        for i, j in itertools.combinations(range(len(node.values)), 2):
            values = list(node.values)
            values[i], values[j] = values[j], values[i]
            yield node.values[i], ast.Dict(node.keys, values)
    elif isinstance(node, ast.Call) and named(node) == "dict" and not node.args:
        for i, j in itertools.combinations(range(len(node.keywords)), 2):
            words = list(node.keywords)
            a, b = words[i], words[j]
            words[i], words[j] = ast.keyword(a.arg, b.value), ast.keyword(b.arg, a.value)
            yield a.value, ast.Call(node.func, [], words)
