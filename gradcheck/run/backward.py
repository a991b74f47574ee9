"""The gradients that a training loop computes before it updates with them."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Sequence

import numpy as np

from ..tree import leaves
from .loop import named, stored
from .turn import Turn
from .upto import called


def gradients(turn: Turn, names: Sequence[str]) -> str:
    """An option that computes the gradients of what has these names; "" where none shows."""
    update = first = turn.first(names)
    while first and _clips(turn.loop.body[first - 1]):
        first -= 1
    turn.run(first)
    lines, held = turn.loop.lines(first - 1) if first else "", turn.namespace
    begin = f"{lines}; " if lines else ""
    made = sorted({n for statement in turn.loop.body[:first] for n in stored(statement)})
    computed = _computed(turn.loop.body[update])
    for text in itertools.chain((name for name in made if name in held), computed):
        if _is_gradient(turn, text, names):
            return begin + text
    if not first:
        return ""
    if not all(isinstance(held[name], np.ndarray) for name in names):
        return lines  # stored in a net, perhaps
    found = []
    for name in names:
        fits = [n for n in made if n in held and np.shape(held[n]) == held[name].shape]
        ends = [n for n in fits if n.lower().endswith(name.lower())]
        found += ends if len(ends) == 1 else []
    return f"{lines}; {', '.join(found)}" if names and len(found) == len(names) else ""


def _computed(update: ast.stmt) -> Iterator[str]:
    """The calls inside an update, which are no update themselves: opt.step(p, gradients(p))."""
    whole = getattr(update, "value", None)
    calls = (n for n in ast.walk(update) if isinstance(n, ast.Call) and n is not whole)
    return map(ast.unparse, calls)


def _is_gradient(turn: Turn, text: str, names: Sequence[str]) -> bool:
    """Is it a nest of other arrays, of the shapes of what has these names?"""
    held = turn.namespace
    mine = [np.asarray(leaf.value) for name in names for leaf in leaves(held[name])]
    try:
        value = eval(text, held)  # noqa: S307  text of the user's file
    except Exception:  # noqa: BLE001  the user's code
        return False
    if not isinstance(value, dict | list | tuple):
        return False
    theirs = [np.asarray(leaf.value) for leaf in leaves(value)]
    shapes = [sorted(a.shape for a in arrays) for arrays in (mine, theirs)]
    return shapes[0] == shapes[1] and not all(map(np.array_equal, mine, theirs))


def _clips(statement: ast.stmt) -> bool:
    """Does it make something smaller under a condition, as gradients of a large norm are made?"""
    nodes = list(ast.walk(statement))
    if any(isinstance(node, ast.Call) and called(node) == "clip" for node in nodes):
        return all(called(node) == "clip" for node in nodes if isinstance(node, ast.Call))
    changes = [node for node in nodes if isinstance(node, ast.Assign | ast.AugAssign)]
    scaled = [
        isinstance(change.value, ast.BinOp)
        and isinstance(change.value.op, ast.Mult | ast.Div)
        and bool(stored(change.targets[0]) & named(change.value))
        if isinstance(change, ast.Assign)
        else isinstance(change.op, ast.Mult | ast.Div)
        for change in changes
    ]
    return isinstance(statement, ast.If) and bool(scaled) and all(scaled)
