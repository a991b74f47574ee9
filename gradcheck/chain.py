"""A net that is a stack of layers, and one backward pass through it as its lines are read.

A layer is Z = A W + b, an activation, and where the user's net has them a normalisation before the
activation and a dropout mask behind it. The inputs are data, or rows of a table of embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .activations import IDENTITY, SQUARED, Activation, Loss, Pair
from .tree import Array


@dataclass(frozen=True, slots=True)
class Norm:
    """(Z - mean) / deviation, times gain plus shift.

    axis          -2: over the samples (batch norm); -1: over the units (layer norm)
    eps           inside the root of the variance, or beside the deviation
    gain, shift   indices of the blocks
    """

    axis: int
    eps: float
    inside: bool
    gain: int
    shift: int

    def parts(self, Z: Array) -> tuple[Array, Array, Array]:
        """Z without its mean, its deviation, and the same with eps."""
        centred = Z - Z.mean(axis=self.axis, keepdims=True)
        variance = (centred * centred).mean(axis=self.axis, keepdims=True)
        if self.inside:
            deviation = np.sqrt(variance + self.eps)
            return centred, deviation, deviation
        deviation = np.sqrt(variance)
        return centred, deviation, deviation + self.eps

    def hat(self, Z: Array) -> Array:
        centred, _, divisor = self.parts(Z)
        normal: Array = centred / divisor
        return normal

    def pull_back(
        self, d: Array, Z: Array, *, through_mean: bool = True, through_variance: bool = True
    ) -> Array:
        """The cotangent through mean and deviation; d has met the gain already."""
        centred, deviation, divisor = self.parts(Z)
        below: Array = d / divisor
        if through_mean:
            below = below - below.mean(axis=self.axis, keepdims=True)
        if through_variance:
            share = (d * centred).mean(axis=self.axis, keepdims=True)
            below = below - centred * share / (divisor * divisor * deviation)
        return below


@dataclass(frozen=True, slots=True)
class Table:
    """Inputs that are rows of a block: of one index, or of several joined into one input.

    block   index of the table among the blocks
    rows    indices into it, (samples,) or (samples, several)
    join    "beside", "mean" or "sum" of the several
    """

    block: int
    rows: Array
    join: str = "beside"

    def look_up(self, table: Array) -> Array:
        found = np.take(table, self.rows, axis=-2)
        if self.rows.ndim == 1:
            return found
        if self.join == "beside":
            return found.reshape(*found.shape[:-2], -1)
        joined: Array = found.mean(axis=-2) if self.join == "mean" else found.sum(axis=-2)
        return joined

    def each(self, dX: Array, width: int) -> Array:
        """The cotangent of each row that was looked up: (samples, several, width)."""
        if self.rows.ndim == 1 or self.join == "beside":
            return dX.reshape(len(dX), -1, width)
        several = self.rows.shape[1]
        share = dX / several if self.join == "mean" else dX
        return np.repeat(share[:, np.newaxis], several, axis=1)


@dataclass(frozen=True, slots=True)
class Net:
    """A recognised stack. Arrays are row-major here: one sample a row, Z = A W + b.

    W, b      index of the block in each layer, nearest the input first; b may be missing
    turned    the user's weights are the transposes of these
    X         the inputs; table: where they are looked up instead
    units     of each layer
    factor    of the sum in the loss; decay: of the weights in their gradient (l2)
    norms     before the activation of each layer; masks: behind it. Either may be empty
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
    norms: tuple[Norm | None, ...] = ()
    masks: tuple[Array | None, ...] = ()
    table: Table | None = None

    @property
    def depth(self) -> int:
        return len(self.W)

    @property
    def plain(self) -> bool:
        """Nothing but weights, biases and activations?"""
        return not (any(self.norms) or any(m is not None for m in self.masks) or self.table)

    @property
    def layers(self) -> list[list[int]]:
        """Indices of the blocks of each layer; a table is one below the first."""
        found = [[self.table.block]] if self.table else []
        for k in range(self.depth):
            norm, bias = self.norm(k), self.b[k]
            blocks = [self.W[k]] + ([] if bias is None else [bias])
            found.append(blocks + ([] if norm is None else [norm.gain, norm.shift]))
        return found

    @property
    def first(self) -> int:
        """Units of the input."""
        return int(self.X.shape[1])

    def weight(self, arrays: Sequence[Array], k: int) -> Array:
        """A weight, or its gradient, of layer k (from 0), in rows."""
        array = arrays[self.W[k]]
        return array.swapaxes(-1, -2) if self.turned else array

    def bias(self, arrays: Sequence[Array], k: int) -> Array | None:
        i = self.b[k]
        return None if i is None else arrays[i].ravel()

    def activation(self, k: int) -> Activation:
        return self.output if k == self.depth - 1 else self.hidden[k]

    def norm(self, k: int) -> Norm | None:
        return self.norms[k] if k < len(self.norms) else None

    def mask(self, k: int) -> Array | None:
        return self.masks[k] if k < len(self.masks) else None

    def forward(self, arrays: Sequence[Array]) -> Pass:
        """What each layer computes; at several places, where arrays are stacked in front."""
        done = Pass([self.table.look_up(arrays[self.table.block]) if self.table else self.X])
        for k in range(self.depth):
            W, i, norm, mask = self.weight(arrays, k), self.b[k], self.norm(k), self.mask(k)
            front = (*W.shape[:-2], 1, -1)
            U: Array = done.A[-1] @ W
            if i is not None:
                U = U + arrays[i].reshape(front)
            done.U.append(U)
            if norm is not None:
                U = norm.hat(U) * arrays[norm.gain].reshape(front)
                U = U + arrays[norm.shift].reshape(front)
            done.Z.append(U)
            done.F.append(self.activation(k).function(U))
            done.A.append(done.F[-1] if mask is None else done.F[-1] * mask)
        return done

    def views(self) -> Iterator[Net]:
        """The same function, with output activation and loss cut apart in each possible way."""
        yield self
        for output, loss in self.others:
            yield replace(self, output=output, loss=loss)


@dataclass(frozen=True, slots=True)
class Pass:
    """A forward pass, by layer.

    A   A[0] goes into the first layer, A[k + 1] comes out of layer k
    U   A W + b; Z: the same normalised, as it meets the activation; F: behind it, before a mask
    """

    A: list[Array]
    U: list[Array] = field(default_factory=list)
    Z: list[Array] = field(default_factory=list)
    F: list[Array] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """One backward pass: what is known before it, and what it has computed so far, by layer.

    A, U, Z, F   of the forward pass
    dA        the cotangent each layer received
    dF        the same through its mask; dN: through its activation; dZ: through its normalisation
    given     the user's own gradients of the weights, in rows
    gain      of the normalisation of each layer
    height, width   of a table of embeddings
    rate      of a premature update
    """

    net: Net
    W: list[Array]
    U: list[Array]
    Z: list[Array]
    F: list[Array]
    A: list[Array]
    given: list[Array]
    gain: list[Array | None]
    height: int
    width: int
    dA: dict[int, Array] = field(default_factory=dict)
    dF: dict[int, Array] = field(default_factory=dict)
    dN: dict[int, Array] = field(default_factory=dict)
    dZ: dict[int, Array] = field(default_factory=dict)
    rate: float = 0.0

    @classmethod
    def of(cls, net: Net, params: Sequence[Array], grads: Sequence[Array]) -> State:
        done, depth = net.forward(params), range(net.depth)
        norms = [net.norm(k) for k in depth]
        height, width = params[net.table.block].shape if net.table else (0, 0)
        return cls(
            net,
            [net.weight(params, k) for k in depth],
            done.U,
            done.Z,
            done.F,
            done.A,
            [net.weight(grads, k) for k in depth],
            [None if norm is None else params[norm.gain].ravel() for norm in norms],
            height,
            width,
        )

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
        return self.f(k).derivative(self.Z[k], self.F[k])

    def decay(self, k: int) -> Array:
        """The derivative of the penalty on the weights of layer k."""
        penalty: Array = self.net.decay * self.W[k]
        return penalty

    def below(self) -> State:
        """A copy whose cotangents can grow by themselves."""
        return replace(self, dA=dict(self.dA), dF=dict(self.dF), dN=dict(self.dN), dZ=dict(self.dZ))
