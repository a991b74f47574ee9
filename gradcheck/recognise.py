"""The net behind the loss, recognised by its numbers.

Where inputs and targets are in reach, the loss of a stack of layers can be computed anew from them
and the parameters, for every usual activation, output and loss. One that gives the user's loss to
the last digits at the given parameters and at moved ones *is* the user's net: then activations and
cotangents of each sample are known, and with them what each line of a backward pass should compute.

Cost    4 evaluations of the loss when data of fitting shapes is in reach, else none
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from .activations import ACTIVATIONS, OUTPUTS, Activation
from .chain import Net, Norm, Table
from .context import Context
from .point import Point
from .tree import Array

POINTS = 4  # moved points at which the loss must be met
DISTANCE = 0.4  # how far they lie, in units of the size of a block
EXACT = 1e-9  # relative: rounding of a sum, far below any other loss
MOST_WORK = 2e8  # multiplications that one guess may cost: samples times weights
ALL_WORK = 2e10  # and all guesses together, about a second or two
MOST_GUESSES = 600  # plain ones, and as many with masks or norms: half a second each
MOST_DATA = 8  # arrays tried as inputs, or as targets
MOST_STACKS = 8  # orders of the layers tried, where names do not tell
MOST_MIXED = 150  # ways to give the hidden layers different activations
MOST_MASKS = 24
SMALL = (1e-5, 1e-8, 1e-6, 1e-7, 1e-3, 1e-12, 0.0)  # what is added to a variance, or to its root


def recognise(point: Point, layers: Sequence[Sequence[int]] | None, context: Context) -> Net | None:
    """The net behind the loss, if it is a stack of layers and its data is in reach.

    layers   of the blocks, as their names tell; other orders are tried where the sizes chain
    """
    plans = list(_plans([block.shape for block in point.blocks], layers, context))
    if not plans:
        return None
    losses, places = _sampled(point)
    if len(losses) < 4:
        return None
    exact = max(EXACT, 100 * point.noise.sigma / max(abs(point.noise.loss), 1e-300))
    squares = {
        W: sum((places[i] ** 2).sum(axis=(-2, -1)) for i in W)
        for W in {plan.W for plan, _ in plans}
    }
    work = 0
    with np.errstate(all="ignore"):
        for net, targets in _guesses(plans, context):
            work += len(losses) * len(net.X) * sum(block.size for block in point.blocks)
            if work > ALL_WORK:
                return None
            logits = net.forward(places).Z[-1]
            if not np.all(np.isfinite(logits)):
                continue
            for T in targets:
                found = _fitted(replace(net, T=T), logits, squares[net.W], losses, exact)
                if found is not None:
                    return found
    return None


# -- guesses ---------------------------------------------------------------------------------------

Plan = tuple[Net, list[Array]]  # and what its targets may be


def _guesses(plans: Sequence[Plan], context: Context) -> Iterator[Plan]:
    """Every plan with all activations, the likeliest first; then with masks between its layers."""
    plain = [(plan, targets) for plan, targets in plans if not any(plan.norms)]
    yield from itertools.islice(_activated(plain), MOST_GUESSES)
    masked = [
        (replace(plan, masks=masks), targets)
        for plan, targets in plain
        for masks in itertools.islice(_masks(plan, context), MOST_MASKS)
    ]
    yield from itertools.islice(_activated(masked), MOST_GUESSES)
    normal = [
        (replace(plan, norms=norms), targets)
        for plan, targets in plans
        if any(plan.norms)
        for norms in _norms(plan, context)
    ]
    yield from itertools.islice(_activated(normal), MOST_GUESSES)


def _activated(plans: Sequence[Plan]) -> Iterator[Plan]:
    for depth in dict.fromkeys(plan.depth for plan, _ in plans):
        for hidden in _stacks(depth - 1):
            for plan, targets in plans:
                if plan.depth == depth:
                    yield replace(plan, hidden=hidden), targets


def _stacks(hidden: int) -> Iterator[tuple[Activation, ...]]:
    """Activations of the hidden layers: first the same in all, in small nets also mixed."""
    for activation in ACTIVATIONS[: 99 if hidden else 1]:
        yield (activation,) * hidden
    if 1 < hidden <= 3:
        several = int(MOST_MIXED ** (1 / hidden))
        for mixed in itertools.product(ACTIVATIONS[:several], repeat=hidden):
            if len(set(mixed)) > 1:
                yield mixed


def _masks(plan: Net, context: Context) -> Iterator[tuple[Array | None, ...]]:
    """Dropout masks in reach, as they are or divided by a keep probability, in some layers."""
    keep = {1.0}
    for _, number in context.numbers:
        if 0 < number < 1:
            keep |= {number, 1 - number}
    found: list[list[Array | None]] = []
    for units in plan.units[:-1]:
        fitting = [
            array if array.shape[-1] == units else array.T
            for _, array in context.arrays
            if array.shape in ((len(plan.X), units), (units, len(plan.X)), (1, units), (units,))
            and len(np.unique(array)) == 2
            and not np.all(array)
        ]
        masks = _distinct([mask / p for mask in fitting for p in sorted(keep)])
        found.append([None, *masks[:MOST_MASKS]])
    for chosen in itertools.product(*found):
        if any(mask is not None for mask in chosen):
            yield chosen


def _norms(plan: Net, context: Context) -> Iterator[tuple[Norm | None, ...]]:
    """The norms of a plan over either axis, with every small number; gain and shift both ways."""
    small = dict.fromkeys([x for _, x in context.numbers if 0 < x <= 0.01] + list(SMALL))
    for axis, eps, inside, turned in itertools.product(
        (-2, -1), small, (True, False), (False, True)
    ):
        yield tuple(
            norm
            and Norm(
                axis, eps, inside, *((norm.shift, norm.gain) if turned else (norm.gain, norm.shift))
            )
            for norm in plan.norms
        )


# -- plans: how blocks and data may be put together ------------------------------------------------


def _plans(
    shapes: Sequence[tuple[int, ...]], layers: Sequence[Sequence[int]] | None, context: Context
) -> Iterator[Plan]:
    """Ways to read blocks and inputs as a stack, by their shapes alone, each with its targets."""
    yield from _stacked(shapes, layers, context, None)
    for i, shape in enumerate(shapes):  # inputs that are looked up in one of the blocks
        rows = [array for _, array in context.arrays if _points_into(array, shape)]
        for array in _distinct(rows)[:MOST_DATA]:
            rest = [[j for j in layer if j != i] for layer in layers or ()]
            joins = ("beside", "mean", "sum") if array.ndim == 2 else ("beside",)
            for join in joins:
                yield from _stacked(shapes, rest, context, Table(i, array, join))


def _points_into(array: Array, shape: tuple[int, ...]) -> bool:
    whole = array.dtype.kind in "iu" and array.ndim in (1, 2) and len(shape) == 2
    return bool(whole and array.min() >= 0 and array.max() < shape[0])


def _stacked(
    shapes: Sequence[tuple[int, ...]],
    layers: Sequence[Sequence[int]] | None,
    context: Context,
    table: Table | None,
) -> Iterator[Plan]:
    weights = sum(math.prod(shape) for shape in shapes)
    ways = [(False, False), (True, True), (True, False), (False, True)]
    width = 0
    if table is not None:
        joined = table.rows.ndim == 2 and table.join == "beside"
        width = shapes[table.block][1] * (table.rows.shape[1] if joined else 1)
    # data in rows with weights (in, out), in columns with (out, in); then the other two ways
    for turned, columns in ways:
        for plan in _stackings(shapes, layers, turned, table):
            n_in = shapes[plan.W[0]][1 if turned else 0]
            if table is not None:
                inputs = [np.zeros((len(table.rows), n_in))] if n_in == width else []
            else:
                inputs = _inputs(context, n_in, columns)
            for X in inputs:
                if len(X) * weights > MOST_WORK:
                    continue
                targets = _targets(context, len(X), plan.units[-1], columns)
                if targets:
                    yield replace(plan, X=X, table=table), targets


def _stackings(
    shapes: Sequence[tuple[int, ...]],
    layers: Sequence[Sequence[int]] | None,
    turned: bool,
    table: Table | None,
) -> Iterator[Net]:
    """Weights and vectors of each layer, without data; the order of the names first.

    Where these do not tell it, orders in which the sizes chain, the first that appear first.
    """
    every = [i for i in range(len(shapes)) if table is None or i != table.block]
    named = _chains(shapes, [layer for layer in layers if layer], turned) if layers else ()
    free = itertools.islice(_chains(shapes, [every], turned), MOST_STACKS)
    nothing = np.zeros((0, 0))
    for chain in dict.fromkeys(itertools.chain(named, free)):
        W, own = zip(*chain, strict=True)
        # a bias; gain and shift; or all three
        b = [vectors[0] if len(vectors) in (1, 3) else None for vectors in own]
        norms = [
            Norm(-2, 0.0, True, *vectors[-2:]) if len(vectors) > 1 else None for vectors in own
        ]
        if not any(norms):
            norms = []
        units = tuple(_units(shapes[i], turned)[1] for i in W)
        yield Net(W, tuple(b), turned, nothing, nothing, units=units, norms=tuple(norms))


Layer = tuple[int, tuple[int, ...]]  # a weight and the vectors of its layer


def _chains(
    shapes: Sequence[tuple[int, ...]], groups: Sequence[Sequence[int]], turned: bool
) -> Iterator[tuple[Layer, ...]]:
    """Layers of which the sizes chain, that use up every block of each group, in their order."""
    steps = 0
    todo: list[tuple[tuple[Layer, ...], tuple[int, ...], int]] = [((), (), 0)]
    while todo and steps < 5_000:
        steps += 1
        chain, used, at = todo.pop()
        left = [i for i in groups[at] if i not in used] if at < len(groups) else []
        if not left:
            if at < len(groups):
                todo.append((chain, (), at + 1))
            elif chain:
                yield chain
            continue
        further = []
        for i in left:
            if len(shapes[i]) != 2:
                continue
            n_in, n_out = _units(shapes[i], turned)
            if chain and n_in != _units(shapes[chain[-1][0]], turned)[1]:
                continue
            own = [j for j in left if j != i and _is_vector(shapes[j], n_out)]
            for many in (1, 3, 2, 0):
                further += [
                    ((*chain, (i, vectors)), (*used, i, *vectors), at)
                    for vectors in itertools.combinations(own, many)
                ]
        todo += reversed(further)


def _units(shape: tuple[int, ...], turned: bool) -> tuple[int, int]:
    """Those that go into a layer, and those that come out."""
    n_in, n_out = shape[::-1] if turned else shape
    return n_in, n_out


def _is_vector(shape: tuple[int, ...], units: int) -> bool:
    return math.prod(shape) == units == max(shape, default=1)


def _inputs(context: Context, n_in: int, columns: bool) -> list[Array]:
    """Arrays that may be the inputs, a row for each sample."""
    found = []
    for _, array in context.arrays:
        rows = _in_rows(array, columns)
        if rows.ndim == 1 and (n_in == 1 or rows.size == n_in):
            rows = rows.reshape(-1, n_in)
        if rows.ndim == 2 and rows.shape[1] == n_in:
            found.append(rows.astype(float))
    return _distinct(found)[:MOST_DATA]


def other_data(net: Net, context: Context) -> Iterator[tuple[str, Net]]:
    """The same net over other inputs and targets in reach, with the name of the inputs."""
    if net.table is not None or any(mask is not None for mask in net.masks):
        return
    for columns in (False, True):
        for X in _inputs(context, net.first, columns):
            same = (
                path
                for path, a in context.arrays
                if np.array_equal(np.sort(a, None), np.sort(X, None))
            )
            name = next(same, "other data")
            for T in _targets(context, len(X), net.units[-1], columns):
                if not (np.array_equal(X, net.X) and np.array_equal(T, net.T)):
                    yield name, replace(net, X=X, T=T)


def _in_rows(array: Array, columns: bool) -> Array:
    """Samples in rows: of column vectors, of images, of the transpose."""
    if array.ndim > 2:
        return array.reshape(len(array), -1)
    return array.T if columns else array


def _targets(context: Context, samples: int, n_out: int, columns: bool) -> list[Array]:
    found = []
    for _, array in context.arrays:
        if array.size == samples * n_out:
            rows = _in_rows(array, columns and array.ndim == 2)
            if array.ndim == 1 or rows.shape in ((samples, n_out), (n_out, samples)):
                found.append(rows.reshape(samples, n_out).astype(float))
        whole = array.dtype.kind in "iu" and array.size == samples and n_out > 1
        if whole and array.min() >= 0 and array.max() < n_out:
            found.append(np.eye(n_out)[array.ravel()])
    return _distinct(found)[:MOST_DATA]


def _distinct(arrays: Sequence[Array]) -> list[Array]:
    """Each array once: caches and attributes often hold the same data under several names."""
    return list({(a.shape, a.tobytes()): a for a in reversed(arrays)}.values())[::-1]


# -- the loss --------------------------------------------------------------------------------------


def _sampled(point: Point) -> tuple[Array, list[Array]]:
    """The loss at the given parameters and at some moved ones; each block's values there."""
    losses = [point.noise.loss]
    places = [[np.array(block.values, dtype=float) for block in point.blocks]]
    for _ in range(POINTS):
        with point.moved(DISTANCE) as there:
            if there is not None:
                losses.append(there.noise.loss)
                places.append([np.array(block.values, dtype=float) for block in point.blocks])
    return np.array(losses), [np.stack(block) for block in zip(*places, strict=True)]


def _fitted(net: Net, logits: Array, squares: Array, losses: Array, exact: float) -> Net | None:
    """The output and loss whose sum, with an l2 term or without, is the user's loss everywhere."""
    pairs = [pair for pair, *_ in OUTPUTS]
    sums = np.stack([loss.value(output.function(logits), net.T) for output, loss in pairs])
    likely = [_may_span(parts, losses, exact) for parts in ((sums,), (sums, squares))]
    for k in np.flatnonzero(likely[0] | likely[1]):
        for parts in [((sums[k],), (sums[k], squares))[j] for j in (0, 1) if likely[j][k]]:
            A = np.stack(parts, axis=1)
            found, _, rank, _ = np.linalg.lstsq(A, losses, rcond=1e-12)
            off = np.max(np.abs(A @ found - losses))
            if rank == len(parts) and off <= exact * np.max(np.abs(losses)) and found[0] > 0:
                (output, loss), *others = OUTPUTS[k]
                return replace(
                    net,
                    output=output,
                    loss=loss,
                    factor=_whole(float(found[0]), net.T.size),
                    decay=2 * _short(float(found[1])) if len(parts) > 1 else 0.0,
                    others=tuple(others),
                )
    return None


def _may_span(parts: Sequence[Array], losses: Array, exact: float) -> Array:
    """Could a combination of the parts be the losses? A quick look, at many sums at once."""
    every = np.stack(np.broadcast_arrays(*parts, losses), axis=-1)
    finite = np.all(np.isfinite(every), axis=(1, 2))
    rows = np.where(finite[:, np.newaxis, np.newaxis], every, 0.0)[:, : len(parts) + 1]
    size = np.prod(np.linalg.norm(rows, axis=2), axis=1)
    likely: Array = finite & (np.abs(np.linalg.det(rows)) <= max(1e-5, 10 * exact) * size)
    return likely


def _short(value: float) -> float:
    """The short decimal meant, if there is one."""
    short = float(f"{value:.5g}")
    return short if abs(short - value) <= 1e-6 * abs(value) else value


def _whole(value: float, size: int) -> float:
    """1 / 12 rather than 0.08333333333: the constants of a loss are ratios of small numbers."""
    for unit in (value, 2 * value, value * size, 2 * value * size):
        scale = unit / value
        if round(unit) and abs(unit - round(unit)) <= 1e-7 * unit:
            return round(unit) / scale
    inverse = 1 / value
    if round(inverse) and abs(inverse - round(inverse)) <= 1e-7 * inverse:
        return 1 / round(inverse)
    return _short(value)
