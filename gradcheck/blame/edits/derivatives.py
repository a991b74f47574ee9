"""The derivative of an activation, missing or another one, made of what is in sight."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..sight import Sight
from ..site import HANDED, Edit, Site
from ..syntax import binary, chain, named, parse, product, short, unparsed
from ..truths import Library
from ..values import is_array, is_floating

NUMBERS = 24  # factors that are tried of a single number

# what an activation's derivative can look like, with x one of the quantities in sight
_DERIVATIVES = (
    "x",
    "x * (1 - x)",
    "np.multiply(x, 1 - x)",
    "1 - x ** 2",
    "1 - np.square(x)",
    "x > 0",
    "1 - np.tanh(x) ** 2",
    "np.exp(-x) / (1 + np.exp(-x)) ** 2",
    "1 / (1 + np.exp(-x))",
    "np.where(x > 0, 1.0, s )",
    "np.where(x > 0, 1.0, x + s )",
    "np.where(x > 0, 1.0, s * np.exp(x))",
    "np.cos(x)",
    "-np.sin(x)",
    "np.exp(x)",
    "2 * x",
    "2 * np.maximum(x, 0)",
    "1 / x",
    "1 - np.exp(-x)",
    "np.sign(x)",
    "1 / np.cosh(x) ** 2",
    "1 / (1 + x ** 2)",
    "1 / (1 + np.abs(x)) ** 2",
    "(1 + np.exp(-x) * (1 + x)) / (1 + np.exp(-x)) ** 2",
)
# and what stands there instead of the derivative of a function: that function, of m
_OF_FUNCTION = {
    "abs": "m.sign(x)",
    "absolute": "m.sign(x)",
    "sin": "m.cos(x)",
    "cos": "-m.sin(x)",
    "log": "1 / x",
    "log1p": "1 / (1 + x)",
    "sqrt": "1 / (2 * m.sqrt(x))",
    "square": "2 * x",
    "tanh": "(1 - m.tanh(x) ** 2)",
}
_SIGN = "(x > 0) * 1.0 - (x < 0)"  # where there is no numpy
_COMPILED = {template: compile(template, "<formula>", "eval") for template in _DERIVATIVES}


def derivatives(site: Site) -> Iterator[Edit]:
    """The missing factor of the chain rule: a true local derivative, made of what is in sight."""
    # for the slope of a leaky unit
    mask = isinstance(site.node, ast.Compare) and is_array(site.value)
    if not (site.term or site.factor) or not (mask or is_floating(site.value)):
        return
    if site.sight.derivatives is None:
        site.sight.derivatives = list(_derivatives_in(site.sight, site.library))
    fitting = [d for d in site.sight.derivatives if np.shape(d[1]) == site.shape]
    if not site.shape:  # a number is many a quantity's derivative, by chance or by another name
        fitting = sorted(fitting, key=lambda one: len(unparsed(one[0])))[:NUMBERS]
    parts = chain(site.node)
    for factor, _ in fitting:
        if mask:
            what = f"{short(factor)} instead"
            yield site.edit(factor, "wrong-activation-derivative", 1.4, what)
            continue
        what = f"times {short(factor)}"
        cost = (1.2 if site.root else 1.4) + HANDED * site.handed
        new = site.times_each(factor)
        yield site.edit(new, "missing-activation-derivative", cost, what)
        if site.library.is_derivative(site.value) and site.right is None:
            continue
        # instead of what is there: another activation's derivative, or at another value
        what = f"{short(factor)} instead"
        if site.root or isinstance(site.parent, ast.BinOp):
            yield site.edit(factor, "wrong-activation-derivative", 1.4 + HANDED * site.handed, what)
        for count in range(1, min(len(parts), 6) - 1):
            for kept in itertools.combinations(parts, count):
                new = binary(product(kept), ast.Mult(), factor)
                yield site.edit(new, "wrong-activation-derivative", 1.4, what)


def differentiated(site: Site) -> Iterator[Edit]:
    """Its derivative, where a function itself stands: 2 * w for w ** 2, the sign for the size."""
    node = site.node
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
        power = node.right.value if isinstance(node.right, ast.Constant) else None
        if not isinstance(power, int) or power < 2:
            return
        lower = node.left if power == 2 else binary(node.left, ast.Pow(), ast.Constant(power - 1))
        new: ast.expr = binary(ast.Constant(power), ast.Mult(), lower)
    elif named(node) in _OF_FUNCTION and isinstance(node, ast.Call) and len(node.args) == 1:
        module = node.func.value if isinstance(node.func, ast.Attribute) else None
        text = _OF_FUNCTION[named(node)] if module or named(node) != "abs" else _SIGN
        text = text.replace("m.", f"{unparsed(module)}." if module else "")
        new = parse(filled(text, {"x": unparsed(node.args[0])}))
    else:
        return
    yield site.edit(new, "wrong-activation-derivative", 1.35, f"its derivative, {short(new)}")


def filled(template: str, words: Mapping[str, str]) -> str:
    letters = "".join(words)  # x, and s where that is no variable of the user's
    return re.sub(rf"\b[{letters}]\b", lambda found: f"({words[found[0]]})", template)


def _derivatives_in(sight: Sight, library: Library) -> Iterator[tuple[ast.expr, Any]]:
    """Expressions that are a derivative, with their value."""
    module = sight.numeric_module()
    small = [a for a in sight.floats if a.text.replace(".", "").isidentifier()][:4]
    named = [(a.text, float(a.value)) for a in small]  # an array of no dimension is no key
    written = [(a.text, float(a.value)) for a in sight.floats if a.text[0].isdigit()][:4]
    plain = [(str(n), n) for n in (0.01, 0.1, 0.2, 1.0) if n not in dict(written).values()]
    slopes = (*named, *written, *plain)
    for atom in sight.arrays + sight.floats:
        for function in sight.functions:
            call = ast.Call(parse(function), [atom.tree], [])
            value = sight.value(call)
            if (is_array(value) or is_floating(value)) and _is_slope(value, library):
                yield call, np.asarray(value, dtype=float)
        # most lines see the same values under the same names
        x = np.asarray(atom.value)
        key = (type(atom.value), module, slopes, x.shape, x.dtype, x.tobytes())
        if key not in library.formulae:
            names = {"np": sight.names.get(module), "x": atom.value}
            library.formulae[key] = list(_fitting(names, slopes, library))
        for template, s, value in library.formulae[key]:
            text = filled(template.replace("np.", f"{module}."), {"x": atom.text, "s": s})
            yield parse(text), value


def _is_slope(value: Any, library: Library) -> bool:
    return library.is_derivative(value) or (np.ndim(value) == 0 and library.is_entry(value))


def _fitting(
    names: dict[str, Any], slopes: Sequence[tuple[str, Any]], library: Library
) -> Iterator[tuple[str, str, Any]]:
    """Formulae that are a derivative with these names, and the slope in it; with the value."""
    for template, code in _COMPILED.items():
        for text, number in slopes if "s" in template.split() else slopes[-1:]:
            try:
                value = eval(code, {**names, "s": number})  # noqa: S307  ours
            except Exception:  # noqa: BLE001  no numpy here, or other shapes
                continue
            if np.size(value) and _is_slope(value, library):
                yield template, text, np.asarray(value, dtype=float)
