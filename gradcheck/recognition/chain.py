"""A net that is a stack of layers, as it computes.

A layer is Z = A W + b, and an activation. Where the user's net has them: what comes by a skip
connection, or from the step before in time; a normalisation before the activation; a dropout mask,
or a choice of entries behind it. The inputs are data, or rows of a table of embeddings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..tree import Array
from .activations import IDENTITY, Activation
from .layout import Layout
from .losses import SQUARED, Loss, Pair
from .stages import Behind, Carry, Mask, Norm, Skip, Table


@dataclass(frozen=True, slots=True, eq=False)
class Net:
    """A recognised stack. One sample a row, Z = A W + b.

    layout    the parts of the user's blocks that stand for the arrays here
    W, b      index of the part in each layer, nearest the input first; b may be missing
    X         the inputs; table: where they are looked up instead
    factor    of the sum in the loss; decay: of the weights in their gradient (l2)
    nearly    the loss is met but for a small number in its logarithm, such as log(y + 1e-9)
    norms, carries, skips, behind   of each layer, where it has one; or empty
    """

    layout: Layout
    W: tuple[int, ...]
    b: tuple[int | None, ...]
    X: Array
    T: Array
    hidden: tuple[Activation, ...] = ()
    output: Activation = IDENTITY
    loss: Loss = SQUARED
    factor: float = 1.0
    decay: float = 0.0
    nearly: bool = False
    others: tuple[Pair, ...] = ()
    norms: tuple[Norm | None, ...] = ()
    carries: tuple[Carry | None, ...] = ()
    skips: tuple[Skip | None, ...] = ()
    behind: tuple[Behind | None, ...] = ()
    table: Table | None = None

    @property
    def depth(self) -> int:
        return len(self.W)

    @property
    def units(self) -> tuple[int, ...]:
        return tuple(self.layout.parts[i].shape[1] for i in self.W)

    @property
    def plain(self) -> bool:
        """Nothing but weights, biases and activations, each weight and bias a block?"""
        several = (*self.norms, *self.carries, *self.skips, *self.behind, self.table)
        return not any(several) and self.layout.plain

    @property
    def layers(self) -> list[list[int]]:
        """Indices of the blocks of each layer; a table is one below the first."""
        every = [self.parts(k) for k in range(-1 if self.table else 0, self.depth)]
        return [list(dict.fromkeys(self.block(i) for i in parts.values())) for parts in every]

    def parts(self, k: int) -> dict[str, int]:
        """Indices of the parts of layer k, by the step that gives their gradient; -1: a table."""
        if k < 0:
            return {"scatter": self.table.part} if self.table else {}
        bias, norm, carry = self.b[k], self.norm(k), self.carry(k)
        found = {"weight": self.W[k]}
        if bias is not None:
            found["bias"] = bias
        if norm is not None:
            found |= {"gain": norm.gain, "shift": norm.shift}
        return found | ({"recurrent": carry.part} if carry is not None else {})

    def block(self, part: int) -> int:
        return self.layout.parts[part].block

    def matrices(self) -> list[int]:
        """Parts that a penalty on the weights is made of, each use once."""
        held = [*self.W, *(carry.part for carry in self.carries if carry)]
        return list(dict.fromkeys(self.layout.uses[i][0] for i in held))

    @property
    def first(self) -> int:
        """Units of the input."""
        return int(self.X.shape[1])

    @property
    def samples(self) -> int:
        carry = next(filter(None, self.carries), None)
        return len(self.T if carry is None else carry.start)

    @property
    def steps(self) -> int:
        """In time; 1 where no layer is recurrent."""
        return next((carry.steps for carry in self.carries if carry), 1)

    def activation(self, k: int) -> Activation:
        return self.output if k == self.depth - 1 else self.hidden[k]

    def norm(self, k: int) -> Norm | None:
        return self.norms[k] if k < len(self.norms) else None

    def carry(self, k: int) -> Carry | None:
        return self.carries[k] if k < len(self.carries) else None

    def skip(self, k: int) -> Skip | None:
        return self.skips[k] if k < len(self.skips) else None

    def stage(self, k: int) -> Behind | None:
        """What stands behind the activation of layer k."""
        return self.behind[k] if k < len(self.behind) else None

    def mask(self, k: int) -> Array | None:
        stage = self.stage(k)
        return stage.mask if isinstance(stage, Mask) else None

    # -- forward -----------------------------------------------------------------------------------

    def forward(self, arrays: Sequence[Array]) -> Pass:
        """What each layer computes; at several places, where arrays are stacked in front."""
        done = self.enter(arrays)
        for k in range(self.depth):
            done = self.grow(done, arrays, self.activation(k))
        return done

    def enter(self, arrays: Sequence[Array]) -> Pass:
        return Pass([self.table.look_up(arrays[self.table.part]) if self.table else self.X])

    def grow(self, done: Pass, arrays: Sequence[Array], f: Activation) -> Pass:
        """A forward pass, and one layer more."""
        k = len(done.Z)
        W, i, norm, skip = arrays[self.W[k]], self.b[k], self.norm(k), self.skip(k)
        carry, stage = self.carry(k), self.stage(k)
        front = (*W.shape[:-2], 1, -1)
        U: Array = done.A[-1] @ W
        if i is not None:
            U = U + arrays[i].reshape(front)
        Z = U
        if norm is not None:
            Z = norm.hat(Z) * arrays[norm.gain].reshape(front)
            Z = Z + arrays[norm.shift].reshape(front)
        if skip is not None and skip.inside:
            Z = Z + done.A[skip.source]
        if carry is not None:
            Z = carry.run(Z, arrays[carry.part], f.function)
        F = f.function(Z)
        A = F if stage is None else stage.apply(F)
        if skip is not None and not skip.inside:
            A = A + done.A[skip.source]
        return Pass([*done.A, A], [*done.U, U], [*done.Z, Z], [*done.F, F])

    def views(self) -> Iterator[Net]:
        """The same function, with output activation and loss cut apart in each possible way."""
        yield self
        for output, loss in self.others:
            yield replace(self, output=output, loss=loss)


@dataclass(frozen=True, slots=True)
class Pass:
    """A forward pass, by layer.

    A   A[0] goes into the first layer, A[k + 1] comes out of layer k
    U   A W + b; Z: as it meets the activation; F: as it leaves it
    """

    A: list[Array]
    U: list[Array] = field(default_factory=list)
    Z: list[Array] = field(default_factory=list)
    F: list[Array] = field(default_factory=list)


@dataclass(slots=True)
class State:
    """One backward pass: what is known before it, and what it has computed so far, by layer.

    A, U, Z, F    of the forward pass; W, b, R: weights, biases, weights of the step before in time
    dA        the cotangent each layer received; dG: the same through what stands behind the
              activation; dF: with what later steps in time add; dN: through the activation;
              dZ: through the normalisation
    given     the user's own gradients of the weights
    gain      of the normalisation of each layer
    height, width   of a table of embeddings
    rate      of a premature update
    back      steps in time that the cotangent of a recurrent layer has been carried back
    """

    net: Net
    W: list[Array]
    b: list[Array | None]
    R: list[Array | None]
    U: list[Array]
    Z: list[Array]
    F: list[Array]
    A: list[Array]
    given: list[Array]
    gain: list[Array | None]
    height: int
    width: int
    dA: dict[int, Array] = field(default_factory=dict)
    dG: dict[int, Array] = field(default_factory=dict)
    dF: dict[int, Array] = field(default_factory=dict)
    dN: dict[int, Array] = field(default_factory=dict)
    dZ: dict[int, Array] = field(default_factory=dict)
    rate: float = 0.0
    back: int = 0

    @classmethod
    def of(cls, net: Net, params: Sequence[Array], grads: Sequence[Array]) -> State:
        """params, grads: of the parts."""
        done, depth = net.forward(params), range(net.depth)
        norms, carries = [net.norm(k) for k in depth], [net.carry(k) for k in depth]
        height, width = params[net.table.part].shape if net.table else (0, 0)
        return cls(
            net,
            [params[i] for i in net.W],
            [None if i is None else params[i].ravel() for i in net.b],
            [None if carry is None else params[carry.part] for carry in carries],
            done.U,
            done.Z,
            done.F,
            done.A,
            [grads[i] for i in net.W],
            [None if norm is None else params[norm.gain].ravel() for norm in norms],
            height,
            width,
        )

    @property
    def T(self) -> Array:
        return self.net.T

    @property
    def N(self) -> int:
        return len(self.net.T)

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

    def skipped(self, k: int) -> Array | float:
        """The cotangent that skip connections bring to what goes into layer k."""
        total: Array | float = 0.0
        for j in range(k, self.net.depth):
            skip = self.net.skip(j)
            if skip is not None and skip.source == k:
                total = total + (self.dZ[j] if skip.inside else self.dA[j])
        return total

    def below(self) -> State:
        """A copy whose cotangents can grow by themselves."""
        return replace(
            self,
            dA=dict(self.dA),
            dG=dict(self.dG),
            dF=dict(self.dF),
            dN=dict(self.dN),
            dZ=dict(self.dZ),
        )
