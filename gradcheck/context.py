"""What else is visible: arrays and numbers that loss, gradients and parameters can reach.

A factor is told in the user's terms: not "0.25 times" but "1/4: one over the number of rows of X".
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .state import Snapshot
from .tree import Array, Parameter

SHARP = 1e-5  # a ratio known no better than this gets no name: too many would fit
PLAIN = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 100.0, 1000.0)


class _Walk(Snapshot):
    """The walk of a snapshot, keeping what it meets."""

    def __init__(self, roots: dict[str, Any]) -> None:
        self.arrays: dict[int, tuple[str, Array]] = {}
        self.numbers: dict[str, float] = {}
        super().__init__(roots)

    def _take(self, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            self.arrays.setdefault(id(value), (path, value))
            return
        for name, item in super()._take(path, value):
            number = isinstance(item, (int, float, np.floating)) and not isinstance(item, bool)
            if number and math.isfinite(item):
                self.numbers.setdefault(name, float(item))
            yield name, item


@dataclass(frozen=True, slots=True)
class Context:
    """Arrays and numbers in reach, by the path they were found at; no parameters among them."""

    arrays: tuple[tuple[str, Array], ...] = ()
    numbers: tuple[tuple[str, float], ...] = ()

    @classmethod
    def of(cls, roots: dict[str, Any], blocks: Sequence[Parameter]) -> Context:
        walk = _Walk(roots)
        own = [block.values for block in blocks]
        arrays = [
            (path, array)
            for path, array in walk.arrays.values()
            if array.size and not any(np.may_share_memory(array, values) for values in own)
        ]
        return cls(tuple(arrays), tuple(walk.numbers.items()))

    def sizes(self, shape: tuple[int, ...]) -> dict[int, str]:
        """Sizes that a sum or a mean may have run over, in words; those of the data first."""
        found: dict[int, str] = {}
        for path, array in self.arrays:
            if array.ndim in (1, 2):
                found.setdefault(array.shape[0], f"the number of {_ends(array, 0)} of {path}")
        for path, array in self.arrays:
            if array.ndim == 2:
                found.setdefault(array.shape[1], f"the number of {_ends(array, 1)} of {path}")
        for path, array in self.arrays:
            found.setdefault(array.size, f"the number of elements of {path}")
        for axis, n in enumerate(shape):
            found.setdefault(n, f"axis {axis} of the parameter")
        return {n: words for n, words in found.items() if n > 1}

    def factor(self, ratio: float, error: float, shape: tuple[int, ...]) -> str | None:
        """The ratio of a wrong gradient to the right one, in words; None if it has no name.

        >>> Context().factor(0.5, 1e-9, (3,))
        '1/2'
        """
        if not 0 < abs(ratio) < math.inf or error > SHARP * abs(ratio):
            return None
        sign = "-" if ratio < 0 else ""
        for value, name, words in self._factors(shape):
            for x, told in ((value, name), (1 / value, f"1/{name}")):
                if abs(abs(ratio) - x) <= max(3 * error, 1e-8 * x):
                    return f"{sign}{told}" + (f" ({words})" if words else "")
        return None

    def _factors(self, shape: tuple[int, ...]) -> Iterator[tuple[float, str, str]]:
        yield 2.0, "2", ""
        sizes = self.sizes(shape)
        for n, words in sizes.items():
            yield float(n), str(n), words
        for n, words in sizes.items():
            yield 2.0 * n, str(2 * n), f"twice {words}"
            yield n / 2, f"{n / 2:g}", f"half of {words}"
        for value in PLAIN:
            yield value, f"{value:g}", ""
        for path, number in self.numbers:
            if 0 < number < 1e6 and number not in (1.0, 2.0):
                yield number, f"{number:g}", path
                if number < 1:
                    yield 1 - number, f"{1 - number:g}", f"1 - {path}"


def _ends(array: Array, axis: int) -> str:
    if array.ndim == 1:
        return "elements"
    return "columns" if axis else "rows"
