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
MOST_DATA = 8  # arrays tried as inputs, or as targets


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
    columns   the user's arrays are the transposes of these
    units     of each layer
    factor    of the sum in the loss; decay: of the weights in their gradient (l2)
    """

    W: tuple[int, ...]
    b: tuple[int | None, ...]
    columns: bool
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

    def weight(self, arrays: Sequence[Array], k: int) -> Array:
        """A weight, or its gradient, of layer k (from 0), in rows."""
        array = arrays[self.W[k]]
        return array.T if self.columns else array

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
            Z: Array = A @ (W.swapaxes(-1, -2) if self.columns else W)
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
    """The net behind the loss, if it is a plain stack and its data is in reach."""
    plans = list(_plans(point, layers, context)) if layers else []
    if not plans:
        return None
    losses, places = _sampled(point)
    if len(losses) < 4:
        return None
    exact = max(EXACT, 100 * point.noise.sigma / max(abs(point.noise.loss), 1e-300))
    squares = sum((places[i] ** 2).sum(axis=(-2, -1)) for i in plans[0][0].W)
    with np.errstate(all="ignore"):
        for hidden in _stacks(plans[0][0].depth - 1):
            for plan, targets in plans:
                net = replace(plan, hidden=hidden)
                logits = net.logits(places)
                if not np.all(np.isfinite(logits)):
                    continue
                for T in targets:
                    found = _fitted(replace(net, T=T), logits, squares, losses, exact)
                    if found is not None:
                        return found
    return None


def _stacks(hidden: int) -> Iterator[tuple[Activation, ...]]:
    """Activations of the hidden layers: first the same in all, in small nets also mixed."""
    for activation in ACTIVATIONS[: 99 if hidden else 1]:
        yield (activation,) * hidden
    if 1 < hidden <= 3:
        for mixed in itertools.product(ACTIVATIONS[: 12 // hidden], repeat=hidden):
            if len(set(mixed)) > 1:
                yield mixed


def _plans(
    point: Point, layers: Sequence[Sequence[int]], context: Context
) -> Iterator[tuple[Net, list[Array]]]:
    """Ways to read blocks and inputs as a stack, by their shapes alone, each with its targets."""
    blocks = point.blocks
    weights = sum(block.size for block in blocks)
    for columns in (False, True):
        stack = _stack([[(i, blocks[i].shape) for i in layer] for layer in layers], columns)
        if stack is None:
            continue
        W, b, n_in, units = stack
        for X in _inputs(context, n_in, columns):
            if len(X) * weights > MOST_WORK:
                continue
            targets = _targets(context, len(X), units[-1], columns)
            if targets:
                yield Net(W, b, columns, X, targets[0], units=units), targets


def _stack(
    layers: Sequence[Sequence[tuple[int, tuple[int, ...]]]], columns: bool
) -> tuple[tuple[int, ...], tuple[int | None, ...], int, tuple[int, ...]] | None:
    """Weight and bias of each layer, if their shapes chain; units of the input and of each."""
    W: list[int] = []
    b: list[int | None] = []
    units: list[int] = []
    first = 0
    for layer in layers:
        if not 1 <= len(layer) <= 2:
            return None
        for (i, shape), *rest in itertools.permutations(layer):
            if len(shape) != 2:
                continue
            n_in, n_out = shape[::-1] if columns else shape
            bias = rest[0] if rest else None
            fits = bias is None or (
                math.prod(bias[1]) == n_out and max(bias[1], default=1) == n_out
            )
            if fits and (not units or n_in == units[-1]):
                W.append(i)
                b.append(bias[0] if bias else None)
                first = first or n_in
                units.append(n_out)
                break
        else:
            return None
    return tuple(W), tuple(b), first, tuple(units)


def _inputs(context: Context, n_in: int, columns: bool) -> list[Array]:
    found = []
    for _, array in context.arrays:
        rows = np.asarray(array.T if columns else array)
        if rows.ndim == 1 and rows.size == n_in:
            rows = rows[np.newaxis]
        if rows.ndim == 2 and rows.shape[1] == n_in:
            found.append(rows.astype(float))
    return _distinct(found)[:MOST_DATA]


def _targets(context: Context, samples: int, n_out: int, columns: bool) -> list[Array]:
    found = []
    for _, array in context.arrays:
        if array.size == samples * n_out and array.ndim <= 2:
            rows = np.asarray(array.T if columns and array.ndim == 2 else array)
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
    for (output, loss), *others in OUTPUTS:
        sums = loss.value(output.function(logits), net.T)
        for parts in ((sums,), (sums, squares)):
            A = np.stack(parts, axis=1)
            if not (np.all(np.isfinite(A)) and _may_span(A, losses, exact)):
                continue
            found, _, rank, _ = np.linalg.lstsq(A, losses, rcond=1e-12)
            off = np.max(np.abs(A @ found - losses))
            if rank == len(parts) and off <= exact * np.max(np.abs(losses)) and found[0] > 0:
                return replace(
                    net,
                    output=output,
                    loss=loss,
                    factor=_whole(float(found[0]), net.T.size),
                    decay=2 * _short(float(found[1])) if len(parts) > 1 else 0.0,
                    others=tuple(others),
                )
    return None


def _may_span(A: Array, losses: Array, exact: float) -> bool:
    """Could some combination of the columns be the losses? A quick look before the exact one."""
    rows = np.column_stack([A, losses])[: A.shape[1] + 1]
    size = math.prod(float(n) for n in np.linalg.norm(rows, axis=1))
    return bool(abs(np.linalg.det(rows)) <= max(1e-5, 10 * exact) * size)


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
