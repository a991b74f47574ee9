"""The line that updates a parameter, where only its sibling's is there."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import numpy as np

from ..sight import Atom, Sight
from ..syntax import (
    VARIABLE,
    first_target,
    parse,
    placed,
    reading,
    steps,
    substituted,
    targets_of,
    unparsed,
)
from ..values import is_floating, shape_of
from .targets import writable

MOST = 3  # parameters that nothing is taken from


def updates(statement: ast.stmt, function: ast.AST, sight: Sight) -> Iterator[tuple[str, ast.stmt]]:
    """self.b -= rate * delta beside self.W -= rate * gradient; with the text of the gradient.

    For parameters that stand where they stood, and that no line of the function sets.
    """
    if not steps(statement) or not isinstance(statement, ast.Assign | ast.AugAssign):
        return
    target = first_target(statement)
    here = unparsed(reading(target))
    gradient = _gradient(statement.value, np.shape(sight.value_of(here)), here, sight)
    if gradient is None:
        return
    written = {unparsed(reading(part)) for part in _written(function)}
    for parameter in [a for a in sight.weights if a.text != here and a.text not in written][:MOST]:
        for rest in sight.arrays:
            if (
                not is_floating(rest.value)
                or not np.any(rest.value)
                or rest.text in (here, parameter.text)
            ):
                continue
            for tree in _shaped_as(rest, parameter):
                yield rest.text, _line(statement, target, gradient, parameter, tree)


def _line(
    statement: ast.Assign | ast.AugAssign,
    target: ast.expr,
    gradient: ast.expr,
    parameter: Atom,
    tree: ast.expr,
) -> ast.stmt:
    value = substituted(statement.value, gradient, placed(tree, gradient))
    into = writable(parameter.tree)
    if isinstance(statement, ast.AugAssign):
        return ast.AugAssign(into, statement.op, value)
    for node in [n for n in ast.walk(value) if unparsed(n) == unparsed(reading(target))]:
        value = substituted(value, node, placed(parameter.tree, node))
    return ast.Assign([into], value)


def _written(function: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AugAssign):
            yield from (t for t in targets_of(node) if not isinstance(t, ast.Tuple | ast.List))


def _gradient(value: ast.expr, shape: tuple[int, ...], here: str, sight: Sight) -> ast.expr | None:
    """The part of an update that has the shape of the parameter, and is not a sum or product."""
    for node in ast.walk(value):
        plain = isinstance(node, VARIABLE | ast.Call)
        held = sight.value(node) if plain and unparsed(node) != here else None  # type: ignore[arg-type]
        if is_floating(held) and shape_of(held) == shape:
            return node  # type: ignore[return-value]
    return None


def _shaped_as(rest: Atom, parameter: Atom) -> Iterator[ast.expr]:
    if rest.shape == parameter.shape:
        yield rest.tree
    elif rest.shape[1:] == parameter.shape:
        yield parse(f"({rest.text}).sum(axis=0)")
    elif len(rest.shape) == len(parameter.shape) == 2 and 1 in parameter.shape:
        axis = parameter.shape.index(1)
        if rest.shape[1 - axis] == parameter.shape[1 - axis]:
            yield parse(f"({rest.text}).sum(axis={axis}, keepdims=True)")
