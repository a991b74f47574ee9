"""The derivative of an activation, missing or another one, made of what is in sight."""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..sight import Sight
from ..site import Edit, Site
from ..syntax import binary, chain, parse, product, short
from ..values import is_array, is_floating

# what an activation's derivative can look like, with x one of the quantities in sight
_DERIVATIVES = (
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


def derivatives(site: Site) -> Iterator[Edit]:
    """The missing factor of the chain rule: a true local derivative, made of what is in sight."""
    if not (site.root or site.factor) or not is_floating(site.value):
        return
    if site.sight.derivatives is None:
        site.sight.derivatives = list(_derivatives_in(site.sight, site.is_derivative))
    fitting = [d for d in site.sight.derivatives if np.shape(d[1]) == site.shape]
    parts = chain(site.node)
    for factor, _ in fitting:
        what = f"times {short(factor)}"
        cost = 1.2 if site.root else 1.4
        new = site.times_each(factor)
        yield site.edit(new, "missing-activation-derivative", cost, what)
        if site.is_derivative(site.value):
            continue
        # instead of what is there: another activation's derivative, or at another value
        what = f"{short(factor)} instead"
        if site.root or isinstance(site.parent, ast.BinOp):
            yield site.edit(factor, "wrong-activation-derivative", 1.4, what)
        for count in range(1, min(len(parts), 6) - 1):
            for kept in itertools.combinations(parts, count):
                new = binary(product(kept), ast.Mult(), factor)
                yield site.edit(new, "wrong-activation-derivative", 1.4, what)


def filled(template: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\b[xs]\b", lambda found: f"({words[found[0]]})", template)


def _derivatives_in(
    sight: Sight, is_derivative: Callable[[Any], bool]
) -> Iterator[tuple[ast.expr, Any]]:
    """Expressions that are a derivative, with their value."""
    small = [a.text for a in sight.floats if a.text.replace(".", "").isidentifier()][:4]
    library = sight.numeric_module()
    for atom in sight.arrays + sight.floats:
        for function in sight.functions:
            call = ast.Call(parse(function), [atom.tree], [])
            value = sight.value(call)
            if (is_array(value) or is_floating(value)) and is_derivative(value):
                yield call, np.asarray(value, dtype=float)
        for template in _DERIVATIVES:
            if "np." in template and not library:
                continue
            for s in [*small, "0.01", "0.1", "0.2", "1.0"] if "s" in template.split() else ["1.0"]:
                text = template.replace("np.", f"{library}.")
                text = filled(text, {"x": atom.text, "s": s})
                value = sight.value_of(text)
                if value is not None and np.size(value) and is_derivative(value):
                    yield parse(text), np.asarray(value, dtype=float)
