"""Random directions: small ones drawn at once, large ones piece by piece from a seed."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from .pieces import PIECE, Array, filed, pieces, room

APART = 1e3  # between the largest and the smallest value of entries that have units of their own
MANY = 1000  # entries of such a vector, at most: they are compared in pairs
FALLS = -0.5  # the power of the values that their gradients then fall with, at least: it is -1

New = Callable[[tuple[int, ...], npt.DTypeLike], Array]


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
        n = math.prod(shape)
        if n <= PIECE:
            size, sign = rng.random((2, n))
            drawn = np.copysign(size + 0.5, sign - 0.5).reshape(shape)
            self._drawn = drawn if weight == 1.0 else weight * drawn
        else:
            self._seed = int(rng.integers(2**63))

    @property
    def values(self) -> Array:
        """The whole direction; a new array, unless it is small."""
        if self._drawn is not None:
            return self._drawn
        return self.at(np.empty(0))

    def at(self, values: Array, new: New = np.empty) -> Array:
        """The direction from a point where the block has these values.

        new   makes the array that a large one is drawn into
        """
        if self._drawn is not None:
            plain = math.isnan(self._least)
            return self._drawn if plain else self._unit(values) * self._drawn
        whole, bits = new(self.shape, float), np.random.SFC64(self._seed)
        for at in pieces(self.shape):
            self._draw(bits, whole[at], values, at)
        return whole

    def filed(self, values: Array) -> Array | None:
        """As `at`, in a temporary file; None where it is small, or where there can be none."""
        if self._drawn is not None:
            return None
        bits = np.random.SFC64(self._seed)
        parts = (
            self._draw(bits, np.empty(values[at].shape), values, at) for at in pieces(self.shape)
        )
        return filed(parts, self.shape, float)

    def _draw(self, bits: np.random.SFC64, out: Array, values: Array, at: Any) -> Array:
        """The next piece: signs times U[0.5, 1.5], from 16 random bits each.

        x in (-1, 1), and 1/2 away from zero.
        """
        drawn = bits.random_raw(-(-out.size // 4)).astype("<u8", copy=False).view("<i2")
        np.add(drawn[: out.size].reshape(out.shape), 0.5, out=out)
        out *= 2.0**-15
        out += np.copysign(0.5, out, out=room(out.shape))
        if self._weight != 1.0:
            out *= self._weight
        if not math.isnan(self._least):
            out *= self._unit(values[at])
        return out

    def in_units_of_entries(self, least: float) -> Direction:
        """The same, each entry times its own value, or the least."""
        self._least = least
        return self

    def in_units(self, units: Array | None) -> Direction:
        """The same, each entry times its unit; only a small one has units."""
        if units is not None and self._drawn is not None:
            self._drawn = units * self._drawn
        return self

    def _unit(self, values: Array) -> Array:
        unit: Array = np.maximum(np.abs(values, dtype=float), self._least)
        return unit

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self.values, dtype=dtype, copy=copy)


def units_of(values: Array, gradient: Array | None) -> Array | None:
    """The size of each entry, where those of one vector have units of their own; else None.

    As in a fit of masses, lengths and rates: the larger a value, the smaller its gradient. Weights
    may be as far apart, but then their gradients know nothing of it. The unit of a zero is what
    makes its gradient as large as the others.
    """
    if values.ndim != 1 or not 1 < values.size <= MANY or gradient is None:
        return None
    sizes = np.abs(values, dtype=float)
    there = sizes > 0
    least = float(np.min(sizes, where=there, initial=math.inf))
    if not APART * least <= float(np.max(sizes)) < math.inf or gradient.shape != values.shape:
        return None
    slopes = np.abs(gradient, dtype=float)
    both = there & (slopes > 0)
    x, y = np.log(sizes[both]), np.log(slopes[both])
    if len(x) < 2 or np.ptp(x) < math.log(APART) or _power(x, y) > FALLS:
        return None
    middle = math.exp(float(np.median(x + y)))
    with np.errstate(divide="ignore"):
        others = np.where(slopes > 0, middle / slopes, float(np.median(sizes[there])))
    return np.where(there, sizes, others)


def _power(x: Array, y: Array) -> float:
    """The median slope between entries far apart (Theil 1950; Sen 1968): some may be wrong."""
    dx, dy = (np.subtract.outer(v, v).ravel() for v in (x, y))
    far = dx > 0.5 * np.max(dx)
    return float(np.median(dy[far] / dx[far]))


def values_of(direction: Array | Direction, values: Array) -> Array:
    """The values of a direction from a point where its block has these values."""
    return direction.at(values) if isinstance(direction, Direction) else direction


def random_direction(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """The values of one direction."""
    return Direction(rng, shape).values
