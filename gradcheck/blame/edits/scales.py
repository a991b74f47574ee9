"""A missing factor: the batch size, the number of outputs, 2, the rate of a dropout."""

from __future__ import annotations

import ast
import itertools
import math
from collections.abc import Iterator

import numpy as np

from ..sight import Atom, Sight, counts
from ..site import HANDED, Edit, Site
from ..syntax import binary, parse, unparsed, words
from ..values import is_array, is_floating

STRANGE = 0.35  # what it costs to count an array that the line does not name
_PLAIN = frozenset({0.0, 1.0})


def scales(site: Site) -> Iterator[Edit]:
    """A missing count: the batch size, the number of outputs, 2, the rate of dropout."""
    if not site.term or not is_floating(site.value) or isinstance(site.node, ast.Constant):
        return
    seen: set[float] = set()
    # a rate handed on to a function is rather right
    rate = isinstance(site.parent, ast.Call | ast.keyword) and not site.shape
    base = 1.3 if site.root and not rate else 1.5
    base += HANDED * (site.handed and not rate)
    for atom in site.sight.scalars:
        size = float(np.asarray(atom.value).reshape(-1)[0])
        turns = not site.sight.turning.isdisjoint(words(atom.tree))  # another one next time
        if (size in seen and not turns) or size in _PLAIN or atom.text in site.sight.loops:
            continue
        seen |= set() if turns else {size}
        plain = isinstance(atom.tree, ast.Name | ast.Attribute)
        kept = -0.25 if 0 < size < 1 and site.masked else 0.0  # what a dropout keeps
        for op, cost, word in ((ast.Div(), 0.0, "divided by"), (ast.Mult(), 0.1, "times")):
            new = binary(site.node, op, atom.tree)
            what = f"{word} {atom.text}"
            strange = STRANGE * (site.sight.strange(atom) == 2)
            if not strange and size == 2 and counts(atom.tree):  # rather 2 itself, or a half
                strange = 0.2
            yield site.edit(new, "scale", base + cost + 0.1 * (not plain) + kept + strange, what)
    for number in (2, 0.5):
        new = binary(site.node, ast.Mult(), ast.Constant(number))
        yield site.edit(new, "scale", base + 0.2, f"times {number}")
    if site.root:
        for ratio in site.ratios:
            tree = expressed(ratio, site.sight)
            new = binary(site.node, ast.Mult(), tree or ast.Constant(ratio))
            names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)] if tree else []
            cost = 1.6 + 0.2 * (len(names) > 1) if tree is not None else 2.0
            yield site.edit(new, "scale", cost, f"times {unparsed(tree) if tree else ratio}")


def lists(site: Site) -> Iterator[Edit]:
    """A list of gradients that lacks a factor, as after a loop over samples."""
    held = site.sight.value(site.node) if isinstance(site.node, ast.Name | ast.Attribute) else None
    whole = isinstance(site.parent, ast.Assign | ast.Return | ast.Tuple | ast.Dict | ast.List)
    if whole and isinstance(held, list) and len(held) > 1:
        yield site.edit(parse(f"{site.text}[::-1]"), "swapped-gradients", 1.3, "in reverse")
    items = list(held.values()) if isinstance(held, dict) else held
    if not whole or not isinstance(items, list) or not items or not all(map(is_array, items)):
        return
    for atom in site.sight.counts + site.sight.floats:
        for op, word in (("/", "divided by"), ("*", "times")):
            text = f"[each {op} {atom.text} for each in {site.text}]"
            if isinstance(held, dict):
                text = f"{{k: each {op} {atom.text} for k, each in {site.text}.items()}}"
            yield site.edit(parse(text), "scale", 1.4, f"each {word} {atom.text}")


def columns(sight: Sight, shape: tuple[int, ...]) -> Iterator[Atom]:
    """One number a row, as a column beside a matrix."""
    for atom in sight.arrays if len(shape) == 2 else ():
        if atom.shape == shape[:1] != shape[1:] and atom.value.dtype.kind == "f":
            text = f"{atom.text}[:, None]"
            yield Atom(text, parse(text), atom.value[:, None])


def expressed(number: float, sight: Sight) -> ast.expr | None:
    """The number as a product or quotient of 1, 2, 1/2 and two counts or rates in sight.

    Or as the root of one.
    """
    module = sight.numeric_module()
    scalars: dict[float, str] = {1.0: ""}
    if module:
        scalars[math.pi] = f"{module}.pi"
    for atom in sight.scalars:
        size = float(np.asarray(atom.value).reshape(-1)[0])
        if size and atom.text not in sight.loops and len(scalars) < 24:
            formula = isinstance(atom.tree, ast.BinOp)
            scalars.setdefault(size, f"({atom.text})" if formula else atom.text)
            if 0 < size < 1:  # the rate of a dropout, a momentum
                scalars.setdefault(1 - size, f"(1 - {scalars[size]})")
    found: list[str] = []
    strange = {a.text for a in sight.scalars if sight.strange(a) == 2}
    for front, text in (
        (1.0, ""),
        (2.0, "2"),
        (0.5, "0.5"),
        (-1.0, "-1"),
        (-2.0, "-2"),
        (3.0, "3"),
    ):
        for (x, over), (y, under) in itertools.product(scalars.items(), repeat=2):
            for value, sign in ((front * x / y, "/"), (front * x * y, "*")):
                if abs(value - number) <= 3e-5 * abs(number):
                    top = " * ".join(t for t in (text, over) if t) or "1"
                    found.append(f"{top} {sign} {under}" if under else top)
    roots = {2.0: "2", **scalars} if module and not found and number > 0 else {}
    for size, text in roots.items():
        for form, value in (("{}", size), ("1 / {}", 1 / size)):
            if text and abs(value - number**2) <= 6e-5 * number**2:
                found.append(form.format(f"{module}.sqrt({text})"))
    named = [(any(one in text for one in strange), len(text), text) for text in found]
    return parse(min(named)[-1]) if named else None
