"""A multi-layer perceptron: a stack of layers, with its parameters, loss and gradients.

Layers are numbered 1 to L from the input; batches are row-major, one sample a row. With A[0] = X:

    forward   Z[k] = A[k-1] W[k] + b[k]        A[k] = f_k(Z[k])
    loss      loss(A[L], T) + l2/2 sum_k sum W[k]^2
    backward  dA[L] = dloss/dA[L]
              dZ[k] = dA[k] * f_k'(Z[k])
              dW[k] = A[k-1]^T dZ[k] + l2 W[k]
              db[k] = sum over the samples of dZ[k]
              dA[k-1] = dZ[k] W[k]^T           and so down to layer 1

Each line of the backward pass is one method of Backward. A planted fault (faults.py) is a
subclass that overrides one of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

import numpy as np

from .layers import ACTIVATIONS, Activation, Array, linear, linear_dA, linear_db, linear_dW
from .losses import LOSSES, Loss

Params = dict[str, dict[str, Array]]
Gradients = Callable[[Params, Array, Array], Params]


def uniform_glorot(
    rng: np.random.Generator, fan_in: int, fan_out: int, factor: float = 1.0
) -> Array:
    """Uniform in ±factor sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010, eq. 16)."""
    limit = factor * np.sqrt(6 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, (fan_in, fan_out))


def normal_he(rng: np.random.Generator, fan_in: int, fan_out: int, factor: float = 1.0) -> Array:
    """Normal with deviation factor sqrt(2 / fan_in) (He et al. 2015, eq. 10)."""
    return rng.normal(0.0, factor * np.sqrt(2 / fan_in), (fan_in, fan_out))


SCHEMES = {"glorot": uniform_glorot, "he": normal_he}


def suggestion(name: object, known: Iterable[str], most: int = 1, all_of_them: str = "") -> str:
    """The way out of a misspelt name: the nearest known ones, or all of them, or where they are."""
    names = list(known)
    nearest = listed([repr(close) for close in get_close_matches(str(name), names, n=most)])
    otherwise = all_of_them or f"Choose one of: {', '.join(names)}."
    return f"Did you mean {nearest}?" if nearest else otherwise


def listed(words: Sequence[str]) -> str:
    """a, b or c; "" for none."""
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def expect_known(who: str, name: object, table: Mapping[str, object]) -> None:
    if not isinstance(name, str) or name not in table:
        raise ValueError(f"{who}: expected a known name, got {name!r}. {suggestion(name, table)}")


@dataclass(frozen=True, init=False, repr=False)
class MLP:
    """The shape of a net and its loss; parameters are passed in, never kept.

    sizes      units of the input, of every hidden layer, of the output
    activation of the hidden layers, output of the last one: names in ACTIVATIONS
    loss       a name in LOSSES; kept as `objective`, since `loss` is the method
    l2         weight decay: l2/2 times the sum of all squared weights (no biases) joins the loss

    >>> net = MLP((2, 3, 1))
    >>> {layer: block["W"].shape for layer, block in net.init(seed=0).items()}
    {'layer1': (2, 3), 'layer2': (3, 1)}
    """

    sizes: tuple[int, ...]
    activation: str
    output: str
    objective: str
    l2: float

    def __init__(
        self,
        sizes: Iterable[int] = (2, 2, 2, 2, 1),
        activation: str = "sigmoid",
        output: str = "sigmoid",
        loss: str = "mse",
        l2: float = 0.0,
    ) -> None:
        fields = {
            "sizes": tuple(sizes),
            "activation": activation,
            "output": output,
            "objective": loss,
            "l2": l2,
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)  # the dataclass is frozen
        self._validate()

    def __repr__(self) -> str:
        return (
            f"MLP(sizes={self.sizes}, activation={self.activation!r}, output={self.output!r}, "
            f"loss={self.objective!r}, l2={self.l2})"
        )

    def _validate(self) -> None:
        whole = all(
            isinstance(n, int | np.integer) and not isinstance(n, bool) and n > 0
            for n in self.sizes
        )
        if len(self.sizes) < 2 or not whole:
            raise ValueError(
                f"sizes: expected two or more positive whole numbers, got {self.sizes}. "
                "Name the units of the input, of each hidden layer and of the output: (2, 8, 1)."
            )
        expect_known("activation", self.activation, ACTIVATIONS)
        expect_known("output", self.output, ACTIVATIONS)
        expect_known("loss", self.objective, LOSSES)
        loss = LOSSES[self.objective]
        if loss.outputs and self.output not in loss.outputs:
            raise ValueError(
                f"output: expected {' or '.join(map(repr, loss.outputs))} with the loss "
                f"{loss.name!r}, got {self.output!r}. Pass output={loss.outputs[0]!r}."
            )
        if self.sizes[-1] < loss.least_outputs:
            raise ValueError(
                f"sizes: expected at least {loss.least_outputs} outputs with the loss "
                f"{loss.name!r}, got {self.sizes[-1]}. Give each class an output."
            )
        if not (np.isfinite(self.l2) and self.l2 >= 0):
            raise ValueError(
                f"l2: expected a finite number, zero or more, got {self.l2}. Pass 0.0 for none."
            )

    @property
    def depth(self) -> int:
        """L, the number of layers that have weights."""
        return len(self.sizes) - 1

    def activation_of(self, layer: int) -> Activation:
        """The activation of one layer, 1 to L."""
        return ACTIVATIONS[self.output if layer == self.depth else self.activation]

    @property
    def criterion(self) -> Loss:
        """The row of LOSSES: value and cotangent at the output, without the l2 term."""
        return LOSSES[self.objective]

    def init(self, seed: int = 0, scheme: str = "glorot", factor: float = 1.0) -> Params:
        """Random weights by a name in SCHEMES, zero biases.

        {"layer1": {"W": (n_in, n_out), "b": (n_out,)}, "layer2": ...}
        """
        expect_known("scheme", scheme, SCHEMES)
        rng = np.random.default_rng(seed)
        return {
            f"layer{layer}": {
                "W": SCHEMES[scheme](rng, fan_in, fan_out, factor),
                "b": np.zeros(fan_out),
            }
            for layer, (fan_in, fan_out) in enumerate(pairwise(self.sizes), start=1)
        }

    def forward(self, params: Params, X: Array) -> Array:
        """The outputs.   X (samples, inputs) -> (samples, outputs)"""
        return self.trace(params, X)[1][-1]

    def trace(self, params: Params, X: Array) -> tuple[list[Array], list[Array]]:
        """Z and A of every layer; index k belongs to layer k, and Z[0] = A[0] = X."""
        if X.ndim != 2 or X.shape[1] != self.sizes[0] or not len(X):
            raise ValueError(
                f"X: expected a batch of shape (samples, {self.sizes[0]}), got {X.shape}. "
                "Put one sample in each row."
            )
        Z, A = [X], [X]
        for layer in range(1, self.depth + 1):
            block = params[f"layer{layer}"]
            Z.append(linear(A[-1], block["W"], block["b"]))
            A.append(self.activation_of(layer).function(Z[-1]))
        return Z, A

    def loss(self, params: Params, X: Array, T: Array) -> float:
        """The loss of a batch, l2 term included.   T (samples, outputs)"""
        return self.loss_of(params, self.forward(params, X), T)

    def loss_of(self, params: Params, Y: Array, T: Array) -> float:
        """The same from outputs Y that are known already."""
        if T.shape != Y.shape:  # (samples,) against (samples, 1) would broadcast without a word
            raise ValueError(
                f"T: expected targets of the shape of the outputs, {Y.shape}, got {T.shape}. "
                "Put one sample in each row."
            )
        value = self.criterion.value(Y, T)
        if self.l2:
            value += self.l2 / 2 * sum((p["W"] ** 2).sum() for p in params.values())
        return value

    def gradients(self, params: Params, X: Array, T: Array) -> Params:
        """dloss/dparams in the nest of the parameters."""
        return Backward(self)(params, X, T)


@dataclass(slots=True)
class State:
    """What one backward pass has seen so far; index k of a list belongs to layer k.

    Z, A, W, b are known from the start. dA, dZ, dW, db are filled from the output downwards: a
    step at layer k may read those of the layers above it.
    """

    targets: Array
    W: list[Array]
    b: list[Array]
    Z: list[Array]
    A: list[Array]
    dA: list[Array]
    dZ: list[Array]
    dW: list[Array]
    db: list[Array]


class Backward:
    """The backward pass of one net, a method a step: the formulae at the top of this file.

    Each step takes the state s and the number k of the layer, and returns what it is named for.
    """

    def __init__(self, net: MLP) -> None:
        self.net = net

    def __call__(self, params: Params, X: Array, T: Array) -> Params:
        return self.with_loss(params, X, T)[1]

    def with_loss(self, params: Params, X: Array, T: Array) -> tuple[float, Params]:
        """The loss and its gradients, from one forward pass."""
        Z, A = self.net.trace(params, X)
        loss = self.net.loss_of(params, A[-1], T)
        L = self.net.depth
        W, b = [X], [X]  # index 0 is no layer
        for layer in range(1, L + 1):
            W.append(params[f"layer{layer}"]["W"])
            b.append(params[f"layer{layer}"]["b"])
        s = State(T, W, b, Z, A, [X] * (L + 1), [X] * (L + 1), [X] * (L + 1), [X] * (L + 1))

        s.dA[L] = self.output_cotangent(s, L)
        for layer in range(L, 0, -1):
            s.dZ[layer] = self.dZ(s, layer)
            s.dW[layer] = self.dW(s, layer)
            s.db[layer] = self.db(s, layer)
            if layer > 1:
                s.dA[layer - 1] = self.passed_down(s, layer)
        return loss, {f"layer{k}": {"W": s.dW[k], "b": s.db[k]} for k in range(1, L + 1)}

    def output_cotangent(self, s: State, k: int) -> Array:
        """dA[L], (samples, outputs): where the loss hands over to the net."""
        return self.net.criterion.cotangent(s.A[k], s.targets)

    def dZ(self, s: State, k: int) -> Array:
        """Through the activation of layer k.   (samples, n_out)"""
        return s.dA[k] * self.net.activation_of(k).derivative(s.Z[k], s.A[k])

    def dW(self, s: State, k: int) -> Array:
        """Gradient of the weights.   (n_in, n_out)"""
        product = linear_dW(s.A[k - 1], s.dZ[k])
        return product + self.penalty(s, k) if self.net.l2 else product

    def penalty(self, s: State, k: int) -> Array:
        """The part of dW[k] that comes from the l2 term.   (n_in, n_out)"""
        return self.net.l2 * s.W[k]

    def db(self, s: State, k: int) -> Array:
        """Gradient of the bias.   (n_out,)"""
        return linear_db(s.dZ[k])

    def passed_down(self, s: State, k: int) -> Array:
        """dA[k-1], the cotangent for the layer below.   (samples, n_in)"""
        return linear_dA(s.dZ[k], s.W[k])
