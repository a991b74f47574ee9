"""Hypothesis strategies for tests of gradient code: nets, parameters, directions, faults.

They draw plain data that any net can be built of; Hypothesis is needed for this file only.

    from hypothesis import given
    from gradcheck import assert_gradients
    from gradcheck.strategies import architectures

    @given(architectures(activations=["tanh"], losses=["mse"]))
    def test_backward(arch):
        net = MyNet(arch.sizes)
        X, T = arch.data()
        assert_gradients(lambda: net.loss(X, T), net, lambda: net.backward(X, T))

`smallest_failing` needs no Hypothesis and tells more of one bug: which sizes make the difference.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from .smallest import smallest_failing

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Architecture",
    "Fault",
    "architectures",
    "arrays",
    "batches",
    "directions",
    "faults",
    "params",
    "seeds",
    "smallest_failing",
]

Array = npt.NDArray[np.float64]

ACTIVATIONS = ("tanh", "sigmoid", "relu", "identity")
LOSSES: Mapping[str, Sequence[str]] = {  # and the activations of the output that go with each
    "mse": ACTIVATIONS,
    "binary_cross_entropy": ("sigmoid",),
    "softmax_cross_entropy": ("identity",),
}
SEVERAL = ("softmax_cross_entropy",)  # losses that need two outputs or more

batches = st.sampled_from([1, 2, 3, 4, 7, 16, 64])
seeds = st.integers(0, 2**16)


@dataclass(frozen=True, slots=True)
class Architecture:
    """A net as plain data. It shrinks to fewer and narrower layers, and fewer samples.

    sizes        units of the input, of every hidden layer, of the output
    activation   of the hidden layers; output that of the last one
    seed         of whatever is drawn for it
    """

    sizes: tuple[int, ...]
    activation: str
    output: str
    loss: str
    batch: int
    seed: int

    def params(self, weight: str = "W", bias: str = "b") -> list[dict[str, Array]]:
        """Weights (inputs, units) and biases (units,) of every layer; nothing is zero by chance."""
        rng = np.random.default_rng([self.seed, 0])
        return [
            {
                weight: rng.normal(0.0, 1.5 / math.sqrt(fan_in), (fan_in, fan_out)),
                bias: rng.normal(0.2, 0.5, fan_out),
            }
            for fan_in, fan_out in zip(self.sizes, self.sizes[1:], strict=False)
        ]

    def data(self) -> tuple[Array, Array]:
        """Inputs and targets, a sample a row; targets that any of the losses takes.

        In (0, 1); with several outputs and a softmax they sum to 1 in every row.
        """
        rng = np.random.default_rng([self.seed, 1])
        X = rng.normal(0.3, 1.0, (self.batch, self.sizes[0]))
        T = rng.uniform(0.1, 0.9, (self.batch, self.sizes[-1]))
        return X, T / T.sum(axis=1, keepdims=True) if self.loss in SEVERAL else T


@st.composite
def architectures(
    draw: st.DrawFn,
    *,
    layers: tuple[int, int] = (1, 4),
    units: tuple[int, int] = (1, 6),
    outputs: tuple[int, int] = (1, 4),
    activations: Sequence[str] = ACTIVATIONS,
    losses: Mapping[str, Sequence[str]] | Sequence[str] = LOSSES,
    several: Sequence[str] = SEVERAL,
    batches: st.SearchStrategy[int] = batches,
) -> Architecture:
    """Nets of random shape, depth, activation, loss and batch.

    layers, units, outputs  from and to: how many layers of weights, how many units in each but
                            the last, how many in the last
    losses                  names; a dict tells the output activations that go with each
    several                 those of them that need at least two outputs

    Widths come from a small pool, so that neighbours are often equally wide: a transpose or a
    neighbour's array goes unnoticed by shapes there.
    """
    loss = draw(st.sampled_from(list(losses)))
    ends = losses[loss] if isinstance(losses, Mapping) else LOSSES.get(loss, activations)
    pool = draw(st.lists(st.integers(*units), min_size=1, max_size=3))
    below = draw(st.lists(st.sampled_from(pool), min_size=layers[0], max_size=layers[1]))
    least = max(outputs[0], 2 if loss in several else 1)
    return Architecture(
        sizes=(*below, draw(st.integers(least, max(outputs[1], least)))),
        activation=draw(st.sampled_from(list(activations))),
        output=draw(st.sampled_from(list(ends))),
        loss=loss,
        batch=draw(batches),
        seed=draw(seeds),
    )


# -- parameters ------------------------------------------------------------------------------------


@st.composite
def arrays(draw: st.DrawFn, *, most: int = 5, most_dimensions: int = 3) -> Array:
    """A float array of random shape, normal entries: short in a message, generic in a test."""
    shape = draw(st.lists(st.integers(1, most), max_size=most_dimensions))
    return np.asarray(np.random.default_rng(draw(seeds)).normal(size=shape))


def params(
    leaves: st.SearchStrategy[Any] | None = None, *, most_leaves: int = 6
) -> st.SearchStrategy[Any]:
    """Parameters in any nest of dicts, lists and tuples, as people hold them.

    leaves   what hangs there; float arrays, where nothing is said
    """
    names = st.sampled_from(["W", "b", "W1", "b1", "hidden", "out", "layers", "gamma"])

    def grown(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        lists = st.lists(inner, min_size=1, max_size=3)
        dicts = st.dictionaries(names, inner, min_size=1, max_size=3)
        return st.one_of(lists, lists.map(tuple), dicts)

    leaf = arrays() if leaves is None else leaves
    return st.recursive(grown(leaf), grown, max_leaves=most_leaves)


def directions(
    nest: Any, kind: Literal["signs", "normal", "entry"] = "signs"
) -> st.SearchStrategy[Any]:
    """A direction in the space of these parameters, in their nest.

    kind   "signs": +-1 everywhere, so that no entry hides; "normal"; "entry": 1 at one place
    """
    sizes = [leaf.size for leaf in _leaves(nest)]
    total = sum(sizes)

    def built(number: int) -> Any:
        rng = np.random.default_rng(number)
        if kind == "entry":
            flat: Array = np.zeros(total)
            flat[number % total] = 1.0
        else:
            signs = np.array([-1.0, 1.0])
            flat = rng.choice(signs, total) if kind == "signs" else rng.normal(size=total)
        pieces = iter(np.split(flat, np.cumsum(sizes)[:-1]))
        return _mapped(nest, lambda leaf: next(pieces).reshape(leaf.shape))

    return st.builds(built, st.integers(0, total - 1) if kind == "entry" else seeds)


# -- faults ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Fault:
    """A way in which one block of right gradients is made wrong.

    >>> Fault("sign", 1).plant([np.ones(2), np.ones(2)])
    [array([1., 1.]), array([-1., -1.])]
    """

    kind: str
    block: int

    def plant(self, grads: Any) -> Any:
        """The same nest with the fault in it, of new arrays; the given one is left alone."""
        blocks = iter(range(len(_leaves(grads))))

        def changed(leaf: Array) -> Array:
            copy = np.array(leaf, dtype=float)
            return FAULTS[self.kind](copy) if next(blocks) == self.block else copy

        return _mapped(grads, changed)


def _but_one(values: Array, factor: float) -> Array:
    values.flat[np.argmax(np.abs(values))] *= factor
    return values


FAULTS: dict[str, Callable[[Array], Array]] = {  # each changes every gradient that is not zero
    "sign": lambda g: -g,
    "double": lambda g: 2 * g,
    "half": lambda g: g / 2,
    "missing": np.zeros_like,
    "one-entry": lambda g: _but_one(g, 1.1),
    "one-sign": lambda g: _but_one(g, -1.0),
    "one-missing": lambda g: _but_one(g, 0.0),
    "offset": lambda g: g + np.max(np.abs(g)) / 10,
}


def faults(grads: Any, kinds: Sequence[str] = tuple(FAULTS)) -> st.SearchStrategy[Fault]:
    """A fault for right gradients: does the test that is to find it do so?

    Only blocks that are not zero are chosen. Raises ValueError where all of them are.
    """
    alive = [i for i, leaf in enumerate(_leaves(grads)) if np.any(leaf)]
    if not alive:
        raise ValueError(
            "grads: expected a gradient that is not zero, got zeros only. Choose another point."
        )
    return st.builds(Fault, st.sampled_from(list(kinds)), st.sampled_from(alive))


def _leaves(nest: Any) -> list[Array]:
    found: list[Array] = []

    def kept(leaf: Array) -> Array:
        found.append(leaf)
        return leaf

    _mapped(nest, kept)
    return found


def _mapped(nest: Any, change: Callable[[Array], Array]) -> Any:
    """The nest with every array changed, in order."""
    if isinstance(nest, Mapping):
        return {key: _mapped(value, change) for key, value in nest.items()}
    if isinstance(nest, list | tuple):
        return type(nest)(_mapped(value, change) for value in nest)
    return change(np.asarray(nest, dtype=float))
