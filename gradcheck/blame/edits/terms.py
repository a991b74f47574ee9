"""A missing term: a regulariser, a second path, the rest of a softmax's or a norm's formula."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...pieces import spreads
from ..sight import TINY, Atom
from ..site import DROPOUT, HANDED, PRODUCTS, Edit, Site
from ..syntax import binary, named, parse, short, summands, transposed, unparsed
from ..values import is_floating
from .derivatives import filled
from .scales import columns, expressed


def terms(site: Site) -> Iterator[Edit]:
    """A missing factor or term: a mask, a regulariser, the second path of a skip connection."""
    n = site.node
    above = site.parent
    sums = isinstance(above, ast.Call) and named(above) in ("sum", "mean", *PRODUCTS)
    inner = sums or site.factor or site.term or site.widened or site.argument
    if not (site.root or inner) or not is_floating(site.value) or isinstance(n, ast.Constant):
        return
    if site.root or site.term:  # as of labels that are one where a sample is of the class
        for op, word in ((ast.Sub(), "minus"), (ast.Add(), "plus")):
            yield site.edit(binary(n, op, ast.Constant(1)), "missing-term", 1.7, f"{word} 1")
    whole = {unparsed(part) for part in summands(n)}
    inside = {unparsed(x) for x in ast.walk(n) if isinstance(x, ast.expr)}
    fit = 0.1 if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add | ast.Sub) else 0.0
    handed = HANDED * site.handed
    beside = list(columns(site.sight, site.shape))
    for atom in site.sight.arrays + (site.sight.floats if not site.shape else []) + beside:
        if not spreads(atom.shape, site.shape):
            continue
        tiny = not atom.shape and 0 < abs(float(np.reshape(atom.value, -1)[0])) < TINY
        if atom.text not in inside and not tiny:
            masks = "mask" in atom.text.lower() or "drop" in atom.text.lower()
            rate = not atom.shape and bool(site.sight.arrays)
            kind = "dropout-mask" if masks else "scale" if rate else "wrong-operand"
            idle = atom.text in site.sight.idle
            cost = 1.5 - 0.3 * (masks or idle) + 0.1 * (not site.root) + handed
            if masks and DROPOUT.search(site.text):
                cost -= 0.25  # where the rest of a dropout's derivative stands
            yield site.edit(site.times_each(atom.tree), kind, cost, f"times {atom.text}")
            if site.root or (site.factor and atom.shape == site.shape):
                new = binary(n, ast.Div(), atom.tree)
                cost = (1.6 if atom.shape != site.shape else 1.75) + handed
                yield site.edit(new, kind, cost, f"divided by {atom.text}")
        if (
            not site.root
            and (sums or site.factor or site.widened)
            and len(atom.shape) == len(site.shape)
            and atom.text not in whole
        ):
            new = binary(n, ast.Add(), atom.tree)
            yield site.edit(new, "missing-term", 1.7, f"plus {atom.text}")
        narrow = 0 < len(atom.shape) < len(site.shape) or atom.text in site.sight.idle
        if fit and narrow and atom.shape != site.shape and atom.text not in inside:
            yield from _added(site, atom)
        if atom.shape == site.shape and atom.text not in whole and site.root:
            for count in [c for c in site.sight.counts if c.value > 1][:4] if site.shape else ():
                new = binary(n, ast.Add(), binary(atom.tree, ast.Div(), count.tree))
                what = f"plus {atom.text} / {count.text}"
                yield site.edit(new, "missing-term", 1.7 - fit + handed, what)
            for op, cost, word in ((ast.Add(), 1.5, "plus"), (ast.Sub(), 1.7, "minus")):
                new = binary(n, op, atom.tree)
                yield site.edit(new, "missing-term", cost - fit + handed, f"{word} {atom.text}")
    for atom in site.sight.counts + site.sight.floats if site.root and site.shape else []:
        if atom.value == 0 and atom.text.isidentifier() and atom.text not in site.sight.loops:
            new = binary(n, ast.Add(), atom.tree)  # what a loop carries is nothing at first
            yield site.edit(new, "missing-term", 1.5, f"plus {atom.text}")
    if fit and site.root:
        for one, two in itertools.combinations(site.sight.like(site.shape), 2):
            pair = binary(one.tree, ast.Mult(), two.tree)
            what = f"plus {unparsed(pair)}"
            yield site.edit(binary(n, ast.Add(), pair), "missing-term", 1.8, what)
    for missing in site.missing if site.root and site.shape else ():
        if site.shape == missing.shape and missing.size > 2:
            # anything is a multiple of a single number
            yield from _penalties(site, missing, fit)


def biases_left_out(site: Site) -> Iterator[Edit]:
    """lam * w * (np.arange(len(w)) > 0) for lam * w: what is first, or last, is a bias."""
    module, shape = site.sight.numeric_module(), site.shape
    above = site.parent
    sums = isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub)
    weights = {atom.text for atom in site.sight.weights if atom.shape == shape}
    reads = {unparsed(n) for n in ast.walk(site.node) if isinstance(n, ast.Name | ast.Attribute)}
    if not sums or not module or not 0 < len(shape) < 3 or len(reads & weights) != 1:
        return
    (name,) = reads & weights
    for axis, word in enumerate(("entry",) if len(shape) == 1 else ("row", "column")):
        count = f"len({name})" if axis == 0 else f"{name}.shape[1]"
        place = "[:, None]" if axis < len(shape) - 1 else ""
        for which, kept in (("first", "> 0"), ("last", f"< {count} - 1")):
            mask = parse(f"({module}.arange({count}) {kept}){place}")
            new = site.times_each(mask)
            yield site.edit(new, "regulariser", 1.3, f"not for the {which} {word}")


def paths(site: Site) -> Iterator[Edit]:
    """Another way back, as the others in this sum are: da @ A.T + db @ B.T for da @ A.T."""
    n = site.node
    if not site.root or len(site.shape) != 2 or not is_floating(site.value):
        return
    products = [part for part in summands(n) if isinstance(part, ast.BinOp)]
    if not any(isinstance(part.op, ast.MatMult) for part in products):
        return
    inside = {unparsed(x) for x in ast.walk(n) if isinstance(x, ast.expr)}
    for error in site.sight.arrays:
        plain = len(error.shape) == 2 and error.shape[0] == site.shape[0]
        if not plain or error.text in inside or not site.cotangent(error.value):
            continue
        for weight in site.sight.weights:
            if weight.shape == (site.shape[1], error.shape[1]) and weight.text not in inside:
                way = binary(error.tree, ast.MatMult(), transposed(weight.tree))
                what = f"plus {unparsed(way)}"
                yield site.edit(binary(n, ast.Add(), way), "missing-term", 1.5, what)


def _penalties(site: Site, missing: Any, fit: float) -> Iterator[Edit]:
    """A multiple of what is in sight, or of its signs, that makes up for what is lacking."""
    have, module = np.asarray(site.value, dtype=float), site.sight.numeric_module()
    for atom in site.sight.like(missing.shape):
        values = np.asarray(atom.value, dtype=float)
        signs = parse(f"{module}.sign({atom.text})")
        for part, summand in ((values, atom.tree), (np.sign(values), signs)):
            size = float(np.sum(part**2))
            factor = float(np.sum(part * missing)) / size if size else 0.0
            if abs(abs(factor) - 1) < 1e-4 or not factor or _parallel(part, have):
                continue  # more of the same is a matter of scale
            near = 1e-4 * np.max(np.abs(missing))
            if not np.allclose(factor * part, missing, rtol=1e-4, atol=near):
                continue
            tree = expressed(factor, site.sight)
            plain = isinstance(tree, ast.Name | ast.Attribute)
            cost = (1.3 if plain else 1.5) - fit if tree is not None else 1.8
            tree = tree or ast.Constant(float(f"{factor:.6g}"))
            product = binary(tree, ast.Mult(), summand)
            if np.any(have):
                new, what = binary(site.node, ast.Add(), product), f"plus {unparsed(product)}"
            else:  # where the sum begins
                new, what, cost = product, f"{unparsed(product)} instead", cost - 0.1
            yield site.edit(new, "regulariser", cost, what)


def _added(site: Site, atom: Atom) -> Iterator[Edit]:
    """A summand that is the same for all rows."""
    if not site.root:
        return
    new, cost = binary(site.node, ast.Add(), atom.tree), 1.6
    if atom.text in site.sight.idle:
        cost -= 0.3
    yield site.edit(new, "missing-term", cost, f"plus {atom.text}")


def _parallel(a: Any, b: Any) -> bool:
    sizes = float(np.linalg.norm(a) * np.linalg.norm(b))
    return sizes > 0 and abs(abs(float(np.sum(a * b))) - sizes) <= 1e-9 * sizes


def jacobians(site: Site) -> Iterator[Edit]:
    """Whole formulae that are often cut short: through softmax, and through a normalisation."""
    if not site.root or not site.shape or not is_floating(site.value):
        return
    alike = site.sight.like(site.shape)
    numpy = site.sight.numeric_module()
    for axis in range(len(site.shape)):  # through a mean that is taken off
        form = f"x - x.mean(axis={axis}, keepdims=True)"
        if site.shape[axis] > 1 and site.known(site.sight.value_with(form, x=site.value)):
            tree = parse(filled(form, {"x": site.text}))
            cost = 1.45 + 0.3 * bool(site.sight.idle)  # what is used nowhere is the likelier rest
            yield site.edit(tree, "normalisation", cost, f"{short(tree)} instead")
    for labels in site.sight.arrays if len(site.shape) == 2 and numpy else ():
        if labels.value.dtype.kind in "iu" and labels.value.size == site.shape[0]:
            index = labels.text if labels.value.ndim == 1 else f"{labels.text}.ravel()"
            text = f"{unparsed(site.node)} - {numpy}.eye({site.shape[1]})[{index}]"
            yield site.edit(parse(text), "loss-gradient", 1.4, "minus the one-hot labels")
    for p, axis in itertools.product(alike, range(len(site.shape))):
        values = np.asarray(p.value, dtype=float)
        ends = f"axis={axis}, keepdims=True"
        if values.shape[axis] < 2:
            continue
        if np.all(values >= 0) and np.allclose(values.sum(axis=axis), 1, atol=1e-9):
            for d in alike:
                if d is not p:
                    text = f"{p.text} * ({d.text} - ({d.text} * {p.text}).sum({ends}))"
                    yield site.edit(parse(text), "softmax-jacobian", 1.4, text)
        centred = np.allclose(values.mean(axis=axis), 0, atol=1e-6)
        lengths = (values**2).sum(axis=axis)
        long = np.allclose(lengths, 1, atol=0.02)  # a vector of length 1, and else a mean square
        reduce = "sum" if long else "mean"
        if long or np.allclose(lengths / values.shape[axis], 1, atol=0.02):
            for d in alike:
                if d is p:
                    continue
                x = p.text
                middle = f" - {d.text}.mean({ends})" if centred and not long else ""
                text = f"{d.text}{middle} - {x} * ({d.text} * {x}).{reduce}({ends})"
                yield site.edit(parse(text), "normalisation", 1.5, text)
                for s in site.sight.arrays:
                    if s.shape != site.shape and spreads(s.shape, site.shape):
                        for op in "*/":
                            full = f"({text}) {op} {s.text}"
                            yield site.edit(parse(full), "normalisation", 1.4, full)
