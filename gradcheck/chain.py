"""A plain stack of layers behind the loss, recognised by its numbers.

Where inputs and targets are in reach, the loss of a multi-layer perceptron can be computed anew
from them and the parameters, for every usual activation, output and loss. One that gives the
user's loss to the last digits at the given parameters and at moved ones *is* the user's net: then
activations and cotangents of each sample are known, and with them what each line of a backward
pass should compute.

Cost    4 evaluations of the loss when data of fitting shapes is in reach, else none
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .context import Context
from .point import Point
from .tree import Array

Unary = Callable[[Array], Array]

POINTS = 4  # moved points at which the loss must be met
DISTANCE = 0.4  # how far they lie, in units of the size of a block
EXACT = 1e-9  # relative: rounding of a sum, far below any other loss
MOST_WORK = 2e8  # multiplications that one guess may cost: samples times weights
ALL_WORK = 2e10  # and all guesses together, about a second or two
MOST_GUESSES = 1_500
MOST_DATA = 8  # arrays tried as inputs, or as targets
MOST_STACKS = 8  # orders of the layers tried, where names do not tell
MOST_MIXED = 150  # ways to give the hidden layers different activations


# -- activations and losses ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Activation:
    """An activation; `derivative` takes z and a = f(z), and uses what it is written for."""

    name: str
    function: Unary
    derivative: Callable[[Array, Array], Array]

    def slope(self, z: Array) -> Array:
        return self.derivative(z, self.function(z))

    def pull_back(self, dA: Array, z: Array, a: Array) -> Array:
        """The cotangent through the activation."""
        if self.name != "softmax":
            return dA * self.derivative(z, a)
        pulled: Array = a * (dA - (dA * a).sum(axis=1, keepdims=True))
        return pulled


def _sigmoid(z: Array) -> Array:
    values: Array = np.exp(-np.logaddexp(0.0, -z))
    return values


def _softmax(z: Array) -> Array:
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    shares: Array = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def _gelu(z: Array) -> Array:  # Hendrycks & Gimpel (2016), the form with tanh
    values: Array = 0.5 * z * (1 + np.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3)))
    return values


def _gelu_slope(z: Array) -> Array:
    c = math.sqrt(2 / math.pi)
    t = np.tanh(c * (z + 0.044715 * z**3))
    slope: Array = 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * c * (1 + 3 * 0.044715 * z * z)
    return slope


def _leaky(leak: float) -> Activation:
    return Activation(
        f"leaky relu of slope {leak:g}",
        lambda z: np.where(z > 0, z, leak * z),
        lambda z, a: np.where(z > 0, 1.0, leak),
    )


ACTIVATIONS = (
    Activation("sigmoid", _sigmoid, lambda z, a: a * (1 - a)),
    Activation("tanh", np.tanh, lambda z, a: 1 - a * a),
    Activation("relu", lambda z: np.maximum(z, 0.0), lambda z, a: np.where(z > 0, 1.0, 0.0)),
    Activation("identity", lambda z: z, lambda z, a: np.ones_like(z)),
    _leaky(0.01),
    _leaky(0.1),
    _leaky(0.2),
    Activation("softplus", lambda z: np.logaddexp(0.0, z), lambda z, a: _sigmoid(z)),
    Activation("gelu", _gelu, lambda z, a: _gelu_slope(z)),
    Activation("sine", np.sin, lambda z, a: np.cos(z)),
    Activation(
        "silu", lambda z: z * _sigmoid(z), lambda z, a: _sigmoid(z) * (1 + z * (1 - _sigmoid(z)))
    ),
    Activation(
        "elu",
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z, a: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))),
    ),
)
IDENTITY, SIGMOID = ACTIVATIONS[3], ACTIVATIONS[0]
SOFTMAX = Activation("softmax", _softmax, lambda z, a: a * (1 - a))  # the diagonal only


@dataclass(frozen=True, slots=True)
class Loss:
    """A sum over samples and outputs, and its derivative by the outputs.

    `each` gives the terms of the sum; it and `cotangent` take Y of shape (..., samples, outputs).
    """

    name: str
    each: Callable[[Array, Array], Array]
    cotangent: Callable[[Array, Array], Array]

    def value(self, Y: Array, T: Array) -> Array:
        """The sum; one for each net where Y stacks the outputs of several."""
        total: Array = self.each(Y, T).sum(axis=(-2, -1))
        return total


SQUARED = Loss("squared error", lambda Y, T: (Y - T) ** 2, lambda Y, T: 2 * (Y - T))
ABSOLUTE = Loss("absolute error", lambda Y, T: np.abs(Y - T), lambda Y, T: np.sign(Y - T))
BINARY = Loss(
    "binary cross-entropy",
    lambda Y, T: -(T * np.log(Y) + (1 - T) * np.log(1 - Y)),
    lambda Y, T: (1 - T) / (1 - Y) - T / Y,
)
BINARY_LOGITS = Loss(
    "binary cross-entropy of logits",
    lambda Y, T: T * np.logaddexp(0, -Y) + (1 - T) * np.logaddexp(0, Y),
    lambda Y, T: _sigmoid(Y) - T,
)
CATEGORICAL = Loss("cross-entropy", lambda Y, T: -T * np.log(Y), lambda Y, T: -T / Y)
CATEGORICAL_LOGITS = Loss(
    "cross-entropy of logits",
    lambda Y, T: -T * np.log(_softmax(Y)),
    lambda Y, T: _softmax(Y) * T.sum(axis=-1, keepdims=True) - T,
)

# The plainest first: where all outputs are positive, a relu computes what none does.
LIKELY = (IDENTITY, *(activation for activation in ACTIVATIONS if activation is not IDENTITY))
# Output and loss that are computed; views of the same function that a backward pass may take.
Pair = tuple[Activation, Loss]
OUTPUTS: tuple[tuple[Pair, ...], ...] = (
    *(((activation, SQUARED),) for activation in LIKELY),
    ((IDENTITY, BINARY_LOGITS), (SIGMOID, BINARY)),
    ((IDENTITY, CATEGORICAL_LOGITS), (SOFTMAX, CATEGORICAL)),
    ((SOFTMAX, SQUARED),),
    ((SIGMOID, CATEGORICAL),),
    *(((activation, ABSOLUTE),) for activation in LIKELY[:4]),
)


# -- the net ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Net:
    """A recognised stack. Arrays are row-major here: one sample a row, Z = A W + b.

    W, b      index of the block in each layer, nearest the input first; b may be missing
    turned    the user's weights are the transposes of these
    units     of each layer
    factor    of the sum in the loss; decay: of the weights in their gradient (l2)
    """

    W: tuple[int, ...]
    b: tuple[int | None, ...]
    turned: bool
    X: Array
    T: Array
    hidden: tuple[Activation, ...] = ()
    output: Activation = IDENTITY
    loss: Loss = SQUARED
    factor: float = 1.0
    decay: float = 0.0
    others: tuple[Pair, ...] = ()
    units: tuple[int, ...] = ()

    @property
    def depth(self) -> int:
        return len(self.W)

    @property
    def layers(self) -> list[list[int]]:
        """Indices of the blocks of each layer."""
        pairs = zip(self.W, self.b, strict=True)
        return [[i for i in pair if i is not None] for pair in pairs]

    def weight(self, arrays: Sequence[Array], k: int) -> Array:
        """A weight, or its gradient, of layer k (from 0), in rows."""
        array = arrays[self.W[k]]
        return array.T if self.turned else array

    def bias(self, arrays: Sequence[Array], k: int) -> Array | None:
        i = self.b[k]
        return None if i is None else arrays[i].ravel()

    def activation(self, k: int) -> Activation:
        return self.output if k == self.depth - 1 else self.hidden[k]

    def forward(self, arrays: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """Z and A of each layer; A[0] is X, and A[k + 1], Z[k] belong to layer k."""
        Z: list[Array] = []
        A = [self.X]
        for k in range(self.depth):
            bias = self.bias(arrays, k)
            Z.append(A[-1] @ self.weight(arrays, k) + (0.0 if bias is None else bias))
            A.append(self.activation(k).function(Z[-1]))
        return Z, A

    def logits(self, places: Sequence[Array]) -> Array:
        """Z of the last layer at several places: each block's values, stacked on a leading axis."""
        A = self.X
        for k in range(self.depth):
            W = places[self.W[k]]
            Z: Array = A @ (W.swapaxes(-1, -2) if self.turned else W)
            i = self.b[k]
            if i is not None:
                Z = Z + places[i].reshape(len(W), 1, -1)
            A = Z if k == self.depth - 1 else self.hidden[k].function(Z)
        return A

    def views(self) -> Iterator[Net]:
        """The same function, with output activation and loss cut apart in each possible way."""
        yield self
        for output, loss in self.others:
            yield replace(self, output=output, loss=loss)


def recognise(point: Point, layers: Sequence[Sequence[int]] | None, context: Context) -> Net | None:
    """The net behind the loss, if it is a plain stack and its data is in reach.

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
        for plan, hidden, targets in itertools.islice(_guesses(plans), MOST_GUESSES):
            work += len(losses) * len(plan.X) * sum(block.size for block in point.blocks)
            if work > ALL_WORK:
                return None
            net = replace(plan, hidden=hidden)
            logits = net.logits(places)
            if not np.all(np.isfinite(logits)):
                continue
            for T in targets:
                found = _fitted(replace(net, T=T), logits, squares[net.W], losses, exact)
                if found is not None:
                    return found
    return None


Plan = tuple[Net, list[Array]]


def _guesses(plans: Sequence[Plan]) -> Iterator[tuple[Net, tuple[Activation, ...], list[Array]]]:
    """Every plan with all activations, the likeliest first."""
    for depth in dict.fromkeys(plan.depth for plan, _ in plans):
        for hidden in _stacks(depth - 1):
            for plan, targets in plans:
                if plan.depth == depth:
                    yield plan, hidden, targets


def _stacks(hidden: int) -> Iterator[tuple[Activation, ...]]:
    """Activations of the hidden layers: first the same in all, in small nets also mixed."""
    for activation in ACTIVATIONS[: 99 if hidden else 1]:
        yield (activation,) * hidden
    if 1 < hidden <= 3:
        several = int(MOST_MIXED ** (1 / hidden))
        for mixed in itertools.product(ACTIVATIONS[:several], repeat=hidden):
            if len(set(mixed)) > 1:
                yield mixed


def _plans(
    shapes: Sequence[tuple[int, ...]], layers: Sequence[Sequence[int]] | None, context: Context
) -> Iterator[Plan]:
    """Ways to read blocks and inputs as a stack, by their shapes alone, each with its targets."""
    weights = sum(math.prod(shape) for shape in shapes)
    # data in rows with weights (in, out), in columns with (out, in); then the other two ways
    for turned, columns in ((False, False), (True, True), (True, False), (False, True)):
        for W, b, n_in, units in _stackings(shapes, layers, turned):
            for X in _inputs(context, n_in, columns):
                if len(X) * weights > MOST_WORK:
                    continue
                targets = _targets(context, len(X), units[-1], columns)
                if targets:
                    yield Net(W, b, turned, X, targets[0], units=units), targets


Stacking = tuple[tuple[int, ...], tuple[int | None, ...], int, tuple[int, ...]]


def _stackings(
    shapes: Sequence[tuple[int, ...]], layers: Sequence[Sequence[int]] | None, turned: bool
) -> Iterator[Stacking]:
    """Weight and bias of each layer, units of the input and of each; the order of names first.

    Where names do not tell it, orders in which the sizes chain, the first that appear first.
    """
    named = _chains(shapes, layers, turned) if layers else ()
    free = _chains(shapes, [range(len(shapes))], turned)
    chains = dict.fromkeys(itertools.chain(named, itertools.islice(free, MOST_STACKS)))
    for chain in chains:
        W, b = zip(*chain, strict=True)
        sizes = [shapes[i][::-1] if turned else shapes[i] for i in W]
        yield W, b, sizes[0][0], tuple(n_out for _, n_out in sizes)


def _chains(
    shapes: Sequence[tuple[int, ...]], groups: Sequence[Sequence[int]], turned: bool
) -> Iterator[tuple[tuple[int, int | None], ...]]:
    """Pairs of weight and bias that use up every block of each group, in the order of groups."""
    steps = 0
    todo: list[tuple[tuple[tuple[int, int | None], ...], tuple[int, ...], int]] = [((), (), 0)]
    while todo and steps < 5_000:
        steps += 1
        chain, used, at = todo.pop()
        left = [i for i in groups[at] if i not in used] if at < len(groups) else []
        if not left:
            if at >= len(groups):
                yield chain
            else:
                todo.append((chain, (), at + 1))
            continue
        further = []
        for i in left:
            if len(shapes[i]) != 2:
                continue
            n_in, n_out = shapes[i][::-1] if turned else shapes[i]
            if chain and n_in != _outputs(shapes[chain[-1][0]], turned):
                continue
            biases = [j for j in left if j != i and _biases(shapes[j], n_out)]
            further += [((*chain, (i, j)), (*used, i, j), at) for j in biases]
            further.append(((*chain, (i, None)), (*used, i), at))
        todo += reversed(further)


def _outputs(shape: tuple[int, ...], turned: bool) -> int:
    return shape[0] if turned else shape[1]


def _biases(shape: tuple[int, ...], units: int) -> bool:
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


@dataclass(slots=True)
class State:
    """One backward pass: what is known before it, and what it has computed so far, by layer.

    dA        the cotangent each layer received
    dZ        the same through its activation
    given     the user's own gradients of the weights, in rows
    rate      of a premature update
    """

    net: Net
    W: list[Array]
    Z: list[Array]
    A: list[Array]
    given: list[Array]
    dA: dict[int, Array] = field(default_factory=dict)
    dZ: dict[int, Array] = field(default_factory=dict)
    rate: float = 0.0

    @classmethod
    def of(cls, net: Net, params: Sequence[Array], grads: Sequence[Array]) -> State:
        Z, A = net.forward(params)
        depth = range(net.depth)
        given = [net.weight(grads, k) for k in depth]
        return cls(net, [net.weight(params, k) for k in depth], Z, A, given)

    @property
    def T(self) -> Array:
        return self.net.T

    @property
    def N(self) -> int:
        return len(self.net.X)

    @property
    def top(self) -> int:
        return self.net.depth - 1

    def f(self, k: int) -> Activation:
        return self.net.activation(k)

    def slope(self, k: int) -> Array:
        return self.f(k).derivative(self.Z[k], self.A[k + 1])

    def decay(self, k: int) -> Array:
        """The derivative of the penalty on the weights of layer k."""
        penalty: Array = self.net.decay * self.W[k]
        return penalty

    def below(self) -> State:
        """A copy whose cotangents can grow by themselves."""
        return replace(self, dA=dict(self.dA), dZ=dict(self.dZ))
