"""The gradients that a training loop computes before it updates with them."""

from __future__ import annotations

import ast
import contextlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..tree import leaves
from .contents import BACKWARD, is_gradient, is_of, same_arguments
from .loop import named, stored, touched
from .turn import Turn
from .upto import called


class Gradients(NamedTuple):
    """An option that computes them; do the parameters move along, as where a gain is climbed?"""

    text: str
    along: bool = False


def gradients(turn: Turn, names: Sequence[str]) -> list[Gradients]:
    """What computes the gradients of what has these names, the likeliest first."""
    update = first = turn.first(names)
    if update == len(turn.loop.body):  # nothing changes it
        return []
    while first and _clips(turn.loop.body[first - 1]):
        first -= 1
    turn.run(first)
    held = dict(turn.namespace)
    made = {n: i for i, s in enumerate(turn.loop.body[:first]) for n in sorted(touched(s))}
    nests = {name: held[name] for name in made if name in held}
    asked = (same_arguments(c, turn.owner(c), turn.bound, BACKWARD) for c in turn.training())
    for text in (*_computed(turn.loop.body[update]), *itertools.chain.from_iterable(asked)):
        with contextlib.suppress(Exception):  # the user's code
            nests[text] = eval(text, turn.namespace)  # noqa: S307  text of the user's file
    shapes = turn.shapes(names)
    found = [text for text, value in nests.items() if _shapes(value) in shapes]
    mine = [np.asarray(leaf.value) for name in names for leaf in leaves(held[name])]
    found = [text for text in found if not _are(mine, nests[text])]
    called_so = [
        text
        for text in found
        if is_gradient(_last(text))
        or is_of(text, names[0])
        or _is_pulled(ast.parse(text, mode="eval").body)
    ]
    if called_so or len(shapes[-1]) == 1:  # what moves is one array, and many have its shape
        found = called_so
    lines = {name: turn.loop.lines(i) for name, i in made.items()}
    whole = turn.loop.lines(first - 1) if first else ""
    told = [
        Gradients(_after(lines.get(text, whole), text), turn.climbs(names, nests[text]))
        for text in found
    ]
    updates = [turn.loop.body[i] for i, changed in turn.changes.items() if changed & {*names}]
    read = {name for statement in updates for name in named(statement)}
    used = [n for n in made if n in read and _shapes(held.get(n))]
    several = sorted(itertools.chain.from_iterable(_shapes(held[n]) for n in used))
    if len(used) > 1 and tuple(several) in shapes:  # opt.apply(net.weights, dw); opt.apply(...)
        told.append(Gradients(_after(whole, _together(turn, names, used, held))))
    if not first:
        return told
    if not all(isinstance(held[name], np.ndarray) for name in names):
        return [*told, Gradients(whole)]  # stored in a net, perhaps
    by_name = []
    for name in names:
        fits = [n for n in nests if getattr(nests[n], "shape", None) == held[name].shape]
        ends = [n for n in fits if n.lower().endswith(name.lower())]
        by_name += ends if len(ends) == 1 else []
    if names and len(by_name) == len(names):
        told.append(Gradients(_after(whole, ", ".join(by_name))))
    return list(dict.fromkeys(told))


def _together(
    turn: Turn, names: Sequence[str], used: Sequence[str], held: Mapping[str, Any]
) -> str:
    """All that is used: each under the name of the dict that it is of, where that can be told."""
    boxes, by_box = turn.boxes(names), dict[str, str]()
    for name in used:
        items = held[name].items() if isinstance(held[name], dict) else ()
        inside = {str(key): getattr(value, "shape", ()) for key, value in items}
        fits = [box for box, shapes in boxes.items() if shapes == inside]
        by_box |= {fits[0]: name} if len(fits) == 1 else {}
    if len(by_box) == len(used):
        return f"{{{', '.join(f'{box!r}: {name}' for box, name in by_box.items())}}}"
    return ", ".join(used)


def _last(text: str) -> str:
    """A name, or that of what is called."""
    tree = ast.parse(text, mode="eval").body
    return called(tree) if isinstance(tree, ast.Call) else text


def _after(lines: str, text: str) -> str:
    return f"{lines}; {text}" if lines else text


def _computed(update: ast.stmt) -> Iterator[str]:
    """What an update is given: gradients(p) or {"W": dW} in opt.step(...), and not that itself."""
    whole = getattr(update, "value", None)
    nodes = [node for node in ast.walk(update) if node is not whole]
    given = (ast.Call, ast.Dict, ast.List, ast.DictComp, ast.ListComp)
    found = (n for n in nodes if isinstance(n, given) or _is_pulled(n))
    return (ast.unparse(node) for node in found if not _is_stored(node))


def _is_pulled(node: ast.AST) -> bool:
    """J.T @ r"""
    product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)
    return product and ast.unparse(node.left).endswith(".T")  # type: ignore[attr-defined]


def _is_stored(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Store)


def _shapes(value: Any) -> tuple[tuple[int, ...], ...]:
    """Of the arrays in a nest, or an object that holds some."""
    nest = isinstance(value, dict | list | tuple | np.ndarray) or hasattr(value, "__dict__")
    if not nest or callable(value):
        return ()
    return tuple(sorted(np.shape(leaf.value) for leaf in leaves(value)))


def _are(mine: Sequence[np.ndarray[Any, Any]], value: Any) -> bool:
    """Is it the parameters themselves, in any order?"""
    theirs = [np.asarray(leaf.value) for leaf in leaves(value)]
    among = (any(np.array_equal(one, other) for other in mine) for one in theirs)
    return len(mine) == len(theirs) and all(among)


def _clips(statement: ast.stmt) -> bool:
    """Does it make something smaller under a condition, as gradients of a large norm are made?"""
    nodes = list(ast.walk(statement))
    value = getattr(statement, "value", None)
    if isinstance(value, ast.Call) and "clip" in called(value).lower():
        return True
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
