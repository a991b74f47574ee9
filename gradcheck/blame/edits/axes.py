"""Over which axes, and in which order: reductions, transposes, subscripts of einsum."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from ...pieces import squeezed
from ..site import HANDED, PRODUCTS, REDUCTIONS, Edit, Site, pure
from ..syntax import VARIABLE, named, parse, placed, short, substituted, transposed, unparsed
from ..values import is_array, is_floating, shape_of

_RESULTS = ast.Return | ast.Tuple | ast.List | ast.Dict


def reductions(site: Site) -> Iterator[Edit]:
    """sum for mean, another axis, a reduction too early or missing."""
    n = site.node
    if isinstance(n, ast.Call) and named(n) in REDUCTIONS:
        method = not any(named(n) == "sum" and isinstance(n.func, ast.Name) for _ in (0,)) and not (
            len(n.args) and is_array(site.sight.value(n.args[0]))
        )
        if isinstance(n.func, ast.Attribute):
            other = "sum" if named(n) != "sum" else "mean"
            swapped = ast.Attribute(n.func.value, other, ast.Load())
            new = ast.Call(swapped, n.args, n.keywords)
            yield site.edit(new, "bias-reduction", 1.1, f"{other} instead of {named(n)}")
            inner = n.func.value if method else n.args[0]
            if is_array(site.sight.value(inner)) or not pure(inner):
                yield site.edit(inner, "early-reduction", 1.3, f"without the {named(n)}")
            others = [k for k in n.keywords if k.arg not in ("axis", "keepdims")]
            before = {k.arg: unparsed(k.value) for k in n.keywords}
            rank = np.ndim(site.sight.value(inner)) or 2
            some = [itertools.combinations(range(rank), k) for k in range(2, rank)]
            for axis in [None, *range(rank), *itertools.chain(*some)]:
                for keep in (False, True):
                    axes = [] if axis is None else [ast.keyword("axis", ast.Constant(axis))]
                    if keep:
                        axes.append(ast.keyword("keepdims", ast.Constant(True)))
                    args = [] if method else n.args[:1]
                    call = ast.Call(n.func, args, [*axes, *others])
                    same = before.get("axis", "None") == repr(axis)
                    if site.fits(call, same_shape=False):
                        what = "over everything" if axis is None else f"over axis {axis}"
                        several = isinstance(axis, tuple) and "," not in before.get("axis", "")
                        cost = 1.2 + 0.1 * (same and not site.due) + 0.1 * several
                        yield site.edit(call, "bias-reduction", cost, f"reduce {what}")
    elif isinstance(n, ast.Subscript):
        yield from _part_for_sum(site, n)
    reduces = isinstance(n, ast.Call) and named(n) in REDUCTIONS
    alone = site.root or (bool(site.due) and _is_taken_off(site))
    if alone and len(site.shape) >= 2 and not reduces and not isinstance(n, ast.Constant):
        for axis in range(len(site.shape)):
            for keep in (False, True):
                words = [ast.keyword("axis", ast.Constant(axis))]
                if keep:
                    words.append(ast.keyword("keepdims", ast.Constant(True)))
                call = ast.Call(ast.Attribute(n, "sum", ast.Load()), [], words)
                yield site.edit(call, "bias-reduction", 1.4, f"sum over axis {axis}")
        if site.root:
            for inner in (x for x in ast.walk(n) if isinstance(x, ast.Call)):
                if inner is not n and named(inner) in REDUCTIONS:
                    kept: ast.expr = (
                        inner.func.value if isinstance(inner.func, ast.Attribute) else inner
                    )
                    if inner.args and is_array(site.sight.value(inner.args[0])):
                        kept = inner.args[0]
                    new_tree = substituted(n, inner, kept)
                    yield site.edit(new_tree, "early-reduction", 1.4, "without the early reduction")


def _is_taken_off(site: Site) -> bool:
    """As dz in b - lr * dz, where b has the shape of a parameter: what an update subtracts."""
    node: ast.AST = site.node
    above = site.parent
    while isinstance(above, ast.BinOp) and isinstance(above.op, ast.Mult | ast.Div):
        node, above = above, site.parents[above]
    if not isinstance(above, ast.BinOp) or not isinstance(above.op, ast.Add | ast.Sub):
        return False
    return above.right is node and shape_of(site.sight.value(above.left)) in site.due


def _part_for_sum(site: Site, n: ast.Subscript) -> Iterator[Edit]:
    """x.sum(axis=0) for x[0], and with keepdims for x[:1]."""
    whole = site.sight.value(n.value)
    if not is_array(whole) or not is_array(site.value) or whole.shape == site.shape:
        return
    for axis in range(whole.ndim):
        for keep in (False, True):
            words = [ast.keyword("axis", ast.Constant(axis))]
            words += [ast.keyword("keepdims", ast.Constant(True))] if keep else []
            new = ast.Call(ast.Attribute(n.value, "sum", ast.Load()), [], words)
            if np.shape(site.sight.value(new)) == site.shape:
                yield site.edit(new, "bias-reduction", 1.2, f"the sum over axis {axis} instead")


def shapes(site: Site) -> Iterator[Edit]:
    """The shape of a parameter, for a value that has it but for axes of length one."""
    n, above = site.node, site.parent
    if not site.root or not site.shape:
        return
    if isinstance(above, ast.Tuple | ast.List | ast.Dict) and site.due:
        yield from _each_in_shape(site, above)
    for due in sorted(site.due - {site.shape}):
        if squeezed(due) == squeezed(site.shape):
            cost = 1.2 + HANDED * isinstance(n, ast.Name | ast.Attribute)
            yield site.edit(_shaped(n, due), "shape", cost, f"the shape {due} of its parameter")


def _each_in_shape(site: Site, n: ast.Tuple | ast.List | ast.Dict) -> Iterator[Edit]:
    """The same for several gradients that are handed back together."""
    changes: dict[ast.AST, ast.expr] = {}
    for one in n.values if isinstance(n, ast.Dict) else n.elts:
        here = shape_of(site.sight.value(one))
        fits = [due for due in sorted(site.due) if here and squeezed(due) == squeezed(here)]
        if len(fits) == 1 and fits[0] != here:
            changes[one] = placed(_shaped(one, fits[0]), one)
    if len(changes) > 1 and site.node is next(iter(changes)):
        shapes = ", ".join(map(str, (site.sight.value(new).shape for new in changes.values())))
        yield Edit(changes, n, "shape", 1.2, f"the shapes {shapes} of the parameters")


def _shaped(tree: ast.expr, shape: Sequence[int]) -> ast.expr:
    """x.ravel(), x.reshape(-1, 1), or x.reshape(3, 1, 4)."""
    if len(shape) == 1:
        return ast.Call(ast.Attribute(tree, "ravel", ast.Load()), [], [])
    lengths = [-1 if n > 1 else 1 for n in shape]
    if lengths.count(-1) > 1:  # nothing but whole lengths would tell them apart
        lengths = list(shape)
    args: list[ast.expr] = [parse(str(n)) for n in lengths]
    return ast.Call(ast.Attribute(tree, "reshape", ast.Load()), args, [])


def orders(trees: Iterable[ast.AST]) -> frozenset[tuple[int, ...]]:
    """In which orders axes are put by the program, and the way back from each."""
    calls = (n for tree in trees for n in ast.walk(tree) if named(n) == "transpose")
    found = {order for call in calls if len(order := _order(call)) > 2}
    return frozenset(found | {tuple(map(int, np.argsort(order))) for order in found})


def _order(call: Any) -> tuple[int, ...]:
    """Of x.transpose(1, 0, 2), np.transpose(x, (1, 0, 2)); () where it is not written there."""
    args = call.args[-1].elts if call.args and isinstance(call.args[-1], ast.Tuple) else call.args
    numbers = [a.value for a in args if isinstance(a, ast.Constant)]
    order = tuple(n for n in numbers if isinstance(n, int))
    return order if sorted(order) == list(range(len(order))) else ()


def _put_in_order(tree: ast.expr, order: Sequence[int]) -> ast.expr:
    args: list[ast.expr] = [ast.Constant(axis) for axis in order]
    return ast.Call(ast.Attribute(tree, "transpose", ast.Load()), args, [])


def stacks(site: Site) -> Iterator[Edit]:
    """Matrices in a stack, each transposed; axes in an order that the program knows."""
    n, rank = site.node, len(site.shape)
    if rank < 3 or not is_floating(site.value):
        return
    rows = (*range(rank - 2), rank - 1, rank - 2)
    above, reshaped = site.parent, named(site.parents.get(site.parent)) == "reshape"
    for order in sorted({rows} | {order for order in site.sight.orders if len(order) == rank}):
        new = _put_in_order(n, order)
        what = f"the axes in the order {order}"
        if isinstance(above, ast.BinOp) and isinstance(above.op, ast.MatMult):
            product = site.sight.value(substituted(above, n, new))
            if shape_of(product) == shape_of(site.sight.value(above)):
                yield site.edit(new, "transpose", 1.1, what)
        elif reshaped or (site.root and site.fits(new)):
            yield site.edit(new, "transpose", 1.3, what)
        if isinstance(n, ast.Call) and named(n) == "reshape" and len(n.args) == rank:
            # its axes were those of the result
            args = [n.args[axis] for axis in np.argsort(order)]
            parted = _put_in_order(ast.Call(n.func, args, []), order)
            yield site.edit(parted, "indexing", 1.2, f"{short(parted)} instead")


def transposes(site: Site) -> Iterator[Edit]:
    n = site.node
    if isinstance(n, ast.Attribute) and n.attr == "T":
        yield site.edit(n.value, "transpose", 1.0, "without the transpose")
    elif isinstance(n, ast.Call) and named(n) in ("transpose", "swapaxes"):
        inner = n.args[0] if n.args and is_array(site.sight.value(n.args[0])) else None
        if inner is None and isinstance(n.func, ast.Attribute):
            inner = n.func.value
        if inner is not None:
            yield site.edit(inner, "transpose", 1.1, "without the transpose")
        if inner is not None and named(n) == "transpose" and len(_order(n)) == len(site.shape) > 2:
            for axes in itertools.permutations(range(len(site.shape))):
                new = _put_in_order(inner, axes)
                if site.fits(new):
                    yield site.edit(new, "transpose", 1.2, f"the axes in the order {axes}")
    elif len(site.shape) == 2 and not (
        isinstance(site.parent, ast.Attribute) and site.parent.attr == "T"
    ):
        simple = isinstance(n, VARIABLE)
        kept = isinstance(site.parent, _RESULTS) or named(site.parent) in ("append", "insert")
        back = site.root and isinstance(n, ast.Name) and kept
        cost = (1.1 if simple else 1.4) + HANDED * (
            back or (site.handed and named(site.parent) not in PRODUCTS)
        )
        yield site.edit(transposed(n), "transpose", cost, f"{short(n)} transposed")
    if isinstance(n, ast.Call) and named(n) == "reshape" and isinstance(n.func, ast.Attribute):
        flipped = ast.Call(
            ast.Attribute(transposed(n.func.value), "reshape", ast.Load()), n.args, []
        )
        yield site.edit(flipped, "transpose", 1.3, "transpose before the reshape")
        if len(n.args) > 1:
            for order_ in itertools.permutations(n.args):
                if list(order_) != n.args:
                    new = ast.Call(n.func, list(order_), n.keywords)
                    yield site.edit(new, "shape", 1.3, "another order of the axes")
    if isinstance(n, ast.Call) and named(n) == "einsum" and n.args:
        subscripts = n.args[0]
        if isinstance(subscripts, ast.Constant) and isinstance(subscripts.value, str):
            for text in _einsums(subscripts.value):
                new = ast.Call(n.func, [ast.Constant(text), *n.args[1:]], n.keywords)
                if site.fits(new):
                    yield site.edit(new, "transpose", 1.2, f"the subscripts {text}")


def _einsums(subscripts: str) -> Iterator[str]:
    """Two letters of one operand, or of the result, swapped; one letter replaced."""
    if "->" not in subscripts:
        return
    parts = subscripts.replace(" ", "").replace("->", ",").split(",")
    letters = sorted(set("".join(parts)) - {"."})

    def joined(i: int, part: str) -> str:
        new = [part if j == i else p for j, p in enumerate(parts)]
        return ",".join(new[:-1]) + "->" + new[-1]

    for i, part in enumerate(parts):
        for a, b in itertools.combinations(range(len(part)), 2):
            swapped = list(part)
            swapped[a], swapped[b] = swapped[b], swapped[a]
            yield joined(i, "".join(swapped))
        for a, letter in itertools.product(range(len(part)), letters):
            if letter not in part:
                yield joined(i, part[:a] + letter + part[a + 1 :])
