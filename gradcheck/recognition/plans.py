"""How blocks and data may be put together as a net, judged by their sizes alone.

A plan is a net without its activations, and the arrays that may be its targets. Most families of
plans are empty for the shapes at hand. What takes more for granted comes later, in every family.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..tree import Array
from . import additions, data
from .chain import Net
from .context import Context
from .layout import Layout, Part
from .orders import NOTHING, Groups, Shapes, is_vector, stackings
from .stages import Carry, Pick, Table

UNUSUAL = 1  # a rank beyond which nothing is put beside the weights
MOST_UNITS = 12  # sizes tried for the hidden layers of one flat vector


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A net without activations; rank: how much it takes for granted."""

    net: Net
    targets: list[Array]
    rank: int = 0

    def but(self, **changes: Any) -> Plan:
        return replace(self, net=replace(self.net, **changes))


# data in rows with weights (in, out), in columns with (out, in); then the other two ways
WAYS = ((False, False), (True, True), (True, False), (False, True))


def plans(shapes: Shapes, layers: Groups, context: Context) -> list[Plan]:
    """Every plan, the likeliest first."""
    stacks = list(_stacked(shapes, layers, context))
    plain = [plan for plan in stacks if not any(plan.net.norms)]
    tied = list(_tied(shapes, context))
    found = [*plain, *_to_one(shapes, layers, context), *_looked_up(shapes, layers, context), *tied]
    for family in (_recurrent, _folded, _flat, _windows):
        found += family(shapes, context)
    for plan in (plan for plan in (*plain, *tied) if plan.rank <= UNUSUAL):
        found += [plan.but(behind=masks) for masks in additions.masks(plan.net, context)]
    for plan in (plan for plan in plain if plan.rank <= UNUSUAL):
        found += [plan.but(skips=skips) for skips in additions.skips(plan.net)]
    for plan in stacks:
        if any(plan.net.norms) and plan.rank <= UNUSUAL:
            found += [plan.but(norms=norms) for norms in additions.norms(plan.net, context)]
    return sorted(found, key=lambda plan: plan.rank)


def _filled(nets: Iterable[Net], context: Context, columns: bool, rank: int = 0) -> Iterator[Plan]:
    """The nets, with all inputs and targets in reach that have their sizes."""
    for order, net in enumerate(nets, start=rank):
        n_in = net.layout.parts[net.W[0]].shape[0]
        for X in data.inputs(context, n_in, columns):
            targets = data.targets(context, len(X), net.units[-1], columns)
            others = [T for T in targets if not np.array_equal(T, X)]
            if others:
                yield Plan(replace(net, X=X), others, order)
            if len(others) < len(targets):
                yield Plan(replace(net, X=X), [X], order + 1)


def _stacked(shapes: Shapes, layers: Groups, context: Context) -> Iterator[Plan]:
    """Every block a weight or a vector."""
    for rank, (turned, columns) in enumerate(WAYS):
        layout = _whole(shapes, turned=turned)
        yield from _filled(stackings(layout, layers), context, columns, rank // 3)


def _to_one(shapes: Shapes, layers: Groups, context: Context) -> Iterator[Plan]:
    """A vector is the weights of the last layer, which has one unit."""
    for i, shape in enumerate(shapes):
        if len(shape) == 1 and shape[0] > 1:
            for rank, (turned, columns) in enumerate(WAYS):
                parts = list(_whole(shapes, turned=turned).parts)
                parts[i] = Part(i, parts[i].at[:, np.newaxis])
                layout = Layout(tuple(shapes), tuple(parts))
                nets = (net for net in stackings(layout, layers) if net.W[-1] == i)
                yield from _filled(nets, context, columns, rank // 3)


def _whole(shapes: Shapes, *, turned: bool) -> Layout:
    parts = (
        Part.whole(i, shape, turned=turned and len(shape) > 1) for i, shape in enumerate(shapes)
    )
    return Layout(tuple(shapes), tuple(parts))


# -- inputs that are looked up ---------------------------------------------------------------------


def _looked_up(shapes: Shapes, layers: Groups, context: Context) -> Iterator[Plan]:
    for i, shape in enumerate(shapes):
        for rows in data.indices_into(context, shape):
            rest = [[j for j in layer if j != i] for layer in layers or ()]
            joins = ("beside", "mean", "sum") if rows.ndim == 2 else ("beside",)
            for join, turned in itertools.product(joins, (False, True)):
                width = shape[1] * (rows.shape[1] if rows.ndim == 2 and join == "beside" else 1)
                parts = list(_whole(shapes, turned=turned).parts)
                parts[i] = Part.whole(i, shape)
                layout = Layout(tuple(shapes), tuple(parts))
                for net in stackings(layout, rest, without=(i,)):
                    if layout.parts[net.W[0]].shape[0] != width:
                        continue
                    targets = data.targets(context, len(rows), net.units[-1], turned)
                    if targets:
                        X = np.zeros((len(rows), width))
                        yield Plan(replace(net, X=X, table=Table(i, rows, join)), targets)


# -- layers in time --------------------------------------------------------------------------------


def _recurrent(shapes: Shapes, context: Context) -> Iterator[Plan]:
    """One layer is recurrent: it has a square matrix more, or one for inputs and states together"""
    for turned in (False, True):
        layout = _whole(shapes, turned=turned)
        square = any(len(set(part.shape)) == 1 < len(part.shape) for part in layout.parts)
        for i, part in enumerate(layout.parts):
            if len(part.shape) != 2:
                continue
            n_in, n_out = part.shape
            if n_in == n_out:
                yield from _in_time(layout, i, context, 0)
            elif n_in > n_out:
                for cut in (slice(n_out, None), slice(n_in - n_out)):  # states first, or inputs
                    rest = np.ones(n_in, dtype=bool)
                    rest[cut] = False
                    parts = list(layout.parts)
                    parts[i] = Part(part.block, part.at[cut])
                    parts.append(Part(part.block, part.at[rest]))
                    joined = Layout(layout.shapes, tuple(parts))
                    yield from _in_time(joined, len(parts) - 1, context, int(square))


def _in_time(layout: Layout, R: int, context: Context, rank: int) -> Iterator[Plan]:
    units = layout.parts[R].shape[0]
    for order, net in enumerate(stackings(layout, None, without=(R,)), start=rank):
        where = [k for k, n in enumerate(net.units[:-1]) if n == units]
        if any(net.norms) or not where:
            continue
        n_in, n_out = layout.parts[net.W[0]].shape[0], net.units[-1]
        for series in data.series(context, n_in):
            for start, k in itertools.product(data.starts(context, series.samples, units), where):
                carry = Carry(R, series.steps, start)
                carries = [carry if j == k else None for j in range(net.depth)]
                timed = replace(net, X=series.rows, carries=tuple(carries))
                every = data.series_targets(context, series, n_out)
                if every:
                    yield Plan(timed, every, order)
                last = data.targets(context, series.samples, n_out, False)
                last += data.targets(context, series.samples, n_out, True)
                if last and series.steps > 1:
                    at = np.arange(len(series.rows) * units).reshape(-1, units)
                    pick = Pick(at[-series.samples :], "the last step in time")
                    behind = [pick if j == k else None for j in range(net.depth)]
                    yield Plan(replace(timed, behind=tuple(behind)), last, order)


# -- parts of blocks -------------------------------------------------------------------------------


def _folded(shapes: Shapes, context: Context) -> Iterator[Plan]:
    """Biases are the first or the last row of each matrix."""
    if all(len(shape) == 2 for shape in shapes):
        for turned, columns in WAYS:
            whole = _whole(shapes, turned=turned)
            for first in (True, False):
                yield from _filled(_split(whole, whole.parts, first), context, columns)


def _split(layout: Layout, matrices: Sequence[Part], first: bool) -> Iterator[Net]:
    """A net of matrices of which a row is the bias."""
    if any(len(part.at) < 2 for part in matrices):
        return
    weights = [Part(p.block, p.at[1:] if first else p.at[:-1]) for p in matrices]
    biases = [Part(p.block, p.at[0] if first else p.at[-1]) for p in matrices]
    if all(a.shape[1] == b.shape[0] for a, b in itertools.pairwise(weights)):
        depth = len(weights)
        split = Layout(layout.shapes, (*weights, *biases))
        yield Net(split, tuple(range(depth)), tuple(range(depth, 2 * depth)), NOTHING, NOTHING)


def _flat(shapes: Shapes, context: Context) -> Iterator[Plan]:
    """All parameters in one vector: W, b, W, b; all W, all b; or matrices with a row of biases."""
    if len(shapes) != 1 or len(shapes[0]) != 1:
        return
    (size,) = shapes[0]
    for turned, columns in ((False, False), (True, False), (False, True), (True, True)):
        for units in _sizes(context, size, columns):
            nets = itertools.chain(
                _laid_out(units, size, turned, pairs=True),
                _laid_out(units, size, turned, pairs=False),
            )
            yield from _filled(nets, context, columns)


def _sizes(context: Context, size: int, columns: bool) -> Iterator[tuple[int, ...]]:
    """Units from the inputs to the outputs, of nets with so many parameters in all."""
    ends = data.widths(context, columns)
    inside = [n for n in data.whole_numbers(context) if n < size][:MOST_UNITS]
    for n_in, n_out in itertools.product(ends, ends):
        if (n_in + 1) * n_out == size:
            yield n_in, n_out
        for extra in (1, 0):  # with biases, and without
            hidden, rest = divmod(size - extra * n_out, n_in + extra + n_out)
            if hidden > 0 and not rest:
                yield n_in, hidden, n_out
        for depth in (2, 3):
            for hidden_sizes in itertools.product(inside, repeat=depth):
                units = (n_in, *hidden_sizes, n_out)
                if sum((a + 1) * b for a, b in itertools.pairwise(units)) == size:
                    yield units


def _laid_out(units: tuple[int, ...], size: int, turned: bool, *, pairs: bool) -> Iterator[Net]:
    """W and b of each layer side by side, or all W and then all b; W whole or with a row more."""
    steps = list(itertools.pairwise(units))

    def matrix(at: int, n_in: int, n_out: int) -> Part:
        flat = np.arange(at, at + n_in * n_out)
        return Part(0, flat.reshape(n_out, n_in).T if turned else flat.reshape(n_in, n_out))

    depth, shapes = len(steps), ((size,),)
    with_biases = sum((a + 1) * b for a, b in steps) == size
    at, weights, biases = 0, [], []
    for n_in, n_out in steps:
        weights.append(matrix(at, n_in, n_out))
        at += n_in * n_out
        if pairs and with_biases:
            biases.append(Part(0, np.arange(at, at + n_out)))
            at += n_out
    if with_biases and not pairs:
        for _, n_out in steps:
            biases.append(Part(0, np.arange(at, at + n_out)))
            at += n_out
    b = tuple(range(depth, 2 * depth)) if biases else (None,) * depth
    layout = Layout(shapes, (*weights, *biases))
    yield Net(layout, tuple(range(depth)), b, NOTHING, NOTHING)
    if pairs and with_biases:
        at, wide = 0, []
        for n_in, n_out in steps:
            wide.append(matrix(at, n_in + 1, n_out))
            at += (n_in + 1) * n_out
        for first in (True, False):
            yield from _split(layout, wide, first)


def _tied(shapes: Shapes, context: Context) -> Iterator[Plan]:
    """An autoencoder whose decoder uses the weights of the encoder again, turned over."""
    for turned, columns in WAYS:
        whole = _whole(shapes, turned=turned).parts
        matrices = [
            i for i, part in enumerate(whole) if len(part.shape) == 2 and min(part.shape) > 1
        ]
        again = tuple(Part(whole[i].block, whole[i].at.T) for i in reversed(matrices))
        layout = Layout(tuple(shapes), (*whole, *again))
        depth = 2 * len(matrices)
        fits = matrices and len(whole) - len(matrices) in (0, depth)
        nets = (
            net
            for net in (stackings(layout, None) if fits else ())
            if not any(net.norms) and net.b.count(None) in (0, depth)
        )
        for plan in _filled(nets, context, columns):
            same = np.array_equal(plan.targets[0], plan.net.X)
            yield replace(plan, rank=0 if same else UNUSUAL + 1)


# -- windows of images -----------------------------------------------------------------------------


def _windows(shapes: Shapes, context: Context) -> Iterator[Plan]:
    """The first layer is a valid convolution of stride 1, with a pooling by 2 behind or without."""
    kernels = [i for i, shape in enumerate(shapes) if len(shape) > 2]
    if len(kernels) != 1:
        return
    (i,) = kernels
    filters = shapes[i][0]
    for columns in (False, True):
        parts = list(_whole(shapes, turned=columns).parts)
        parts[i] = Part.whole(i, shapes[i], turned=True)
        layout = Layout(tuple(shapes), tuple(parts))
        vectors = [j for j, part in enumerate(parts) if j != i and is_vector(part.shape, filters)]
        for images, bias in itertools.product(
            data.windows(context, shapes[i][1:]), (*vectors, None)
        ):
            without = (i,) if bias is None else (i, bias)
            for picks in images.picks(filters):
                for net in stackings(layout, None, without=without):
                    if layout.parts[net.W[0]].shape[0] != picks.at.shape[1] or any(net.norms):
                        continue
                    found = data.targets(context, images.samples, net.units[-1], columns)
                    if found:
                        W, b = (i, *net.W), (bias, *net.b)
                        filled = replace(net, W=W, b=b, X=images.rows, behind=(picks,))
                        yield Plan(filled, found)
