"""Random directions: small ones drawn at once, large ones piece by piece from a seed."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from .pieces import PIECE, Array, blank, pieces

_ONE = np.uint64(0x3FF << 52)


class Direction:
    """Random signs times U[0.5, 1.5], one for each entry of a block.

    Not plain signs: two equal errors would cancel with probability 1/2. Not Gaussian: one entry
    in twelve would be nearly invisible. A direction of more than PIECE entries is its seed: it
    costs no memory until `values` are asked for, and a worker elsewhere draws the same.
    """

    __slots__ = ("_drawn", "_least", "_seed", "_weight", "shape")

    def __init__(
        self, rng: np.random.Generator, shape: tuple[int, ...], weight: float = 1.0
    ) -> None:
        self.shape, self._weight = shape, weight
        self._drawn: Array | None = None
        self._seed, self._least = 0, math.nan
        if math.prod(shape) <= PIECE:
            size = rng.random(shape) + 0.5
            drawn = np.copysign(size, rng.random(shape) - 0.5)
            self._drawn = drawn if weight == 1.0 else weight * drawn
        else:
            self._seed = int(rng.integers(2**63))

    @property
    def values(self) -> Array:
        """The whole direction; a new array, unless it is small."""
        if self._drawn is not None:
            return self._drawn
        return self.at(np.empty(0))

    def at(self, values: Array, *, kept: bool = False) -> Array:
        """The direction from a point where the block has these values.

        kept   in a file where it is large
        """
        scaled = not math.isnan(self._least)
        if self._drawn is not None:
            return self._unit(values) * self._drawn if scaled else self._drawn
        whole = blank(self.shape, float) if kept else None
        whole = np.empty(self.shape) if whole is None else whole
        for at, part in self.parts():
            whole[at] = self._unit(values[at]) * part if scaled else part
        return whole

    def in_units_of_entries(self, least: float) -> Direction:
        """The same, each entry times its own value, or the least."""
        self._least = least
        return self

    def _unit(self, values: Array) -> Array:
        unit: Array = np.maximum(np.abs(np.array(values, dtype=float)), self._least)
        return unit

    def parts(self) -> Iterator[tuple[Any, Array]]:
        """(index, values) of one piece after the other."""
        if self._drawn is not None:
            yield ..., self._drawn
            return
        bits = np.random.SFC64(self._seed)
        for at in pieces(self.shape):
            shape = np.broadcast_to(0, self.shape)[at].shape
            part = _signed(bits.random_raw(math.prod(shape))).reshape(shape)
            if self._weight != 1.0:
                part *= self._weight
            yield at, part

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype, copy=copy)


def _signed(bits: Array) -> Array:
    """Signs times U[0.5, 1.5] from 64 random bits each: one for the sign, 52 for the fraction."""
    sign = bits << np.uint64(63)  # the last bit, which is shifted out of the fraction
    bits >>= np.uint64(12)
    bits |= _ONE  # the float64 of these bits is uniform in [1, 2)
    size = bits.view(np.float64)
    size -= 0.5
    bits |= sign
    return size


def random_direction(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """The values of one direction."""
    return Direction(rng, shape).values
