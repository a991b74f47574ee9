"""Hypothesis strategies: nets of any shape, with a point to check them at."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from nets.faults import generic_point
from nets.layers import ACTIVATIONS
from nets.losses import LOSSES
from nets.mlp import MLP, Params

SMOOTH = ("sigmoid", "tanh", "softplus", "gelu")


@st.composite
def nets(draw: st.DrawFn, most_layers: int = 6, most_units: int = 6) -> MLP:
    """Every activation, loss and l2; widths from a small pool, so that neighbours match often."""
    loss = LOSSES[draw(st.sampled_from(sorted(LOSSES)))]
    units = st.integers(1, most_units)
    pool = draw(st.lists(units, min_size=1, max_size=3))
    below = draw(st.lists(st.sampled_from(pool), min_size=1, max_size=most_layers))
    return MLP(
        (*below, draw(st.integers(loss.least_outputs, 4))),
        activation=draw(st.sampled_from(sorted(ACTIVATIONS))),
        output=draw(st.sampled_from(loss.outputs or sorted(ACTIVATIONS))),
        loss=loss.name,
        l2=draw(st.sampled_from([0.0, 0.1])),
    )


batches = st.sampled_from([1, 2, 3, 4, 7, 16, 64])
seeds = st.integers(0, 2**16)


@dataclass
class Problem:
    """A net at a point: what a user has in hand before calling check_gradients."""

    net: MLP
    params: Params
    X: np.ndarray
    T: np.ndarray
    seed: int

    @classmethod
    def at(cls, net: MLP, batch: int, seed: int) -> "Problem":
        return cls(net, *generic_point(net, batch, seed), seed)

    def __repr__(self) -> str:
        return f"Problem.at({self.net!r}, {len(self.X)}, {self.seed})"

    def loss(self) -> float:
        return self.net.loss(self.params, self.X, self.T)

    def gradients(self) -> Params:
        return self.net.gradients(self.params, self.X, self.T)


problems = st.builds(Problem.at, nets(), batches, seeds)
small_problems = st.builds(Problem.at, nets(most_layers=3, most_units=4), batches, seeds)


def flat(nest: Mapping[str, Mapping[str, Any]]) -> dict[str, np.ndarray]:
    """Name of a block -> its array."""
    return {
        f"{layer}.{p}": np.asarray(v) for layer, block in nest.items() for p, v in block.items()
    }


def same_values(a: np.ndarray, b: np.ndarray) -> bool:
    """Equal but for the last digits, which an order of summation can change."""
    size = max(np.abs(a).max(initial=0.0), np.abs(b).max(initial=0.0))
    return bool(np.abs(a - b).max(initial=0.0) <= 1e-13 * size)


class Meter:
    """Counts the calls of a loss in a stream: a plain counter would be put back by the check.

    It can raise an error at the k-th call.
    """

    def __init__(self, k: int = 0, error: type[BaseException] = RuntimeError) -> None:
        self._log, self._k, self._error = io.BytesIO(), k, error

    def __call__(self, loss: Callable[..., float]) -> Callable[..., float]:
        write, tell, k, error = self._log.write, self._log.tell, self._k, self._error

        def metered(*params: Any) -> float:
            write(b".")
            if tell() == k:
                raise error("planted")
            return loss(*params)

        return metered

    @property
    def calls(self) -> int:
        return self._log.tell()
