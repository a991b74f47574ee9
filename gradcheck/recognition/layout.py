"""Parts of blocks: how a net's weights and biases stand in the user's arrays.

A part is an array of positions in a block. So one notion covers a transposed matrix, biases that
are a row of a matrix, slices of one vector of all parameters, kernels that are used as a matrix,
and a weight that is used twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..tree import Array


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """block: its index; at: positions in it, as if it were flat, in the shape of the part."""

    block: int
    at: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.at.shape

    @classmethod
    def whole(cls, block: int, shape: tuple[int, ...], *, turned: bool = False) -> Part:
        """A block as a matrix or a vector: kernels by their first axis, or last, as units.

        >>> Part.whole(0, (5, 1, 3, 3), turned=True).shape
        (9, 5)
        >>> Part.whole(0, (1, 5)).shape, Part.whole(0, (1, 5), turned=True).shape
        ((1, 5), (5, 1))
        """
        at = np.arange(math.prod(shape)).reshape(shape)
        if len(shape) > 2:
            at = at.reshape(shape[0], -1) if turned else at.reshape(-1, shape[-1])
        return cls(block, at.T if turned else at)

    def of(self, block: Array, ndim: int) -> Array:
        """The part of a block of `ndim` axes, or of several stacked in front."""
        front = block.shape[: block.ndim - ndim]
        taken = block.reshape(*front, -1)[..., self.at]
        return np.ascontiguousarray(taken) if taken.ndim else taken  # as matrix products want it


@dataclass(frozen=True, eq=False)
class Layout:
    """The parts that a net is made of, and the shapes of the blocks they stand in."""

    shapes: tuple[tuple[int, ...], ...]
    parts: tuple[Part, ...]

    def open(self, blocks: Sequence[Array]) -> list[Array]:
        """The parts of blocks, or of blocks at several places stacked in front."""
        return [part.of(blocks[part.block], len(self.shapes[part.block])) for part in self.parts]

    def close(self, arrays: dict[int, Array], block: int) -> Array:
        """A gradient of a block from those of its parts, by index; several uses add up."""
        values = np.zeros(math.prod(self.shapes[block]))
        for i, array in arrays.items():
            if self.parts[i].block == block:
                np.add.at(values, self.parts[i].at.ravel(), array.ravel())
        return values.reshape(self.shapes[block])

    @cached_property
    def uses(self) -> dict[int, tuple[int, ...]]:
        """Every part, and all that stand in the same entries: more than itself where it is tied."""
        first = {i: (p.block, int(p.at.min())) for i, p in enumerate(self.parts)}
        return {i: tuple(j for j, key in first.items() if key == first[i]) for i in first}

    @cached_property
    def size(self) -> int:
        """Entries of all parts."""
        return sum(part.at.size for part in self.parts)

    @property
    def plain(self) -> bool:
        """Is every part a block, and every block a part?"""
        return sorted(part.block for part in self.parts) == list(range(len(self.shapes))) and all(
            part.at.size == math.prod(self.shapes[part.block]) for part in self.parts
        )

    def name(self, i: int, names: Sequence[str]) -> str:
        """A part as one would write it: theta[0:12], W[1:], W.

        >>> at = np.arange(12).reshape(4, 3)
        >>> layout = Layout(((4, 3),), (Part(0, at[1:]), Part(0, at[0]), Part(0, at.T)))
        >>> [layout.name(i, ["W"]) for i in range(3)]
        ['W[1:]', 'W[0]', 'W']
        """
        part = self.parts[i]
        name, shape = names[part.block], self.shapes[part.block]
        if part.at.size == math.prod(shape):
            return name
        if len(shape) == 1:
            return f"{name}[{part.at.min()}:{part.at.max() + 1}]"
        for axis, index in enumerate(np.unravel_index(part.at, shape)):
            low, high, n = int(index.min()), int(index.max()) + 1, shape[axis]
            if (low, high) != (0, n):
                span = f"{low}" if high - low == 1 else f"{low or ''}:{'' if high == n else high}"
                return f"{name}[{':, ' * axis}{span}]"
        return name
