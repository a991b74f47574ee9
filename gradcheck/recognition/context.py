"""What else is visible: arrays and numbers that loss, gradients and parameters can reach.

A factor is told in the user's terms: not "0.25 times" but "1/4: one over the number of samples".
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..state import Found, Snapshot
from ..tree import Array, Parameter

SHARP = 1e-5  # a ratio known no better than this gets no name: too many would fit
PLAIN = 64  # whole factors up to this need no name
MOST_SAMPLES = 10_000  # in a list that is read as one array
_NUMBERS = (bool, int, float, np.number)


class _Walk(Snapshot):
    """The walk of a snapshot, keeping what it meets."""

    passed_over = Snapshot.passed_over - {bool, int, float}

    def __init__(self, roots: dict[str, Any]) -> None:
        self.arrays: dict[int, tuple[str, Array]] = {}
        self.lists: list[tuple[str, Array]] = []
        self.numbers: dict[str, float] = {}
        super().__init__(roots)

    def _take(self, path: str, value: Any) -> Found:
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub":
            self.arrays.setdefault(id(value), (path, np.asarray(value)))  # no np.matrix
            return
        if isinstance(value, (list, tuple)):
            self.lists += [(path, array) for array in stacked(value)]
        for name, item in super()._take(path, value):
            number = isinstance(item, (int, float, np.floating)) and not isinstance(item, bool)
            if number and math.isfinite(item):
                self.numbers.setdefault(name, float(item))
            yield name, item


def stacked(items: Sequence[Any]) -> Iterator[Array]:
    """Samples that are kept in a list: numbers, arrays or lists of one shape, or pairs of these.

    >>> [array.shape for array in stacked([([0, 1, 1], 0), ([1, 0, 1], 1)])]
    [(2, 3), (2,)]
    """
    if not 1 < len(items) <= MOST_SAMPLES:
        return
    pairs = all(isinstance(item, (list, tuple)) and len(item) == 2 for item in items)
    for column in (items, *zip(*items, strict=True)) if pairs else (items,):
        if all(_is_sample(item) for item in column):
            with contextlib.suppress(ValueError):  # of several shapes
                array = np.array(column)
                if array.dtype.kind in "fiub":
                    yield array


def _is_sample(item: Any) -> bool:
    if isinstance(item, (list, tuple)):
        return all(isinstance(number, _NUMBERS) for number in item)
    return isinstance(item, (np.ndarray, *_NUMBERS))


@dataclass(frozen=True, slots=True)
class Context:
    """Arrays and numbers in reach, by the path they were found at; no parameters among them.

    Samples that are kept in lists stand at the end, as one array each.

    known    sizes and their names, where they are sure: they stand for those of the arrays
    shared   pairs of blocks whose gradients share memory, by name
    """

    arrays: tuple[tuple[str, Array], ...] = ()
    numbers: tuple[tuple[str, float], ...] = ()
    known: tuple[tuple[int, str], ...] = ()
    shared: tuple[frozenset[str], ...] = ()

    @classmethod
    def of(cls, roots: dict[str, Any], blocks: Sequence[Parameter]) -> Context:
        walk = _Walk(roots)
        own = [block.values for block in blocks]
        arrays = [
            (path, np.asarray(array))  # a matrix would multiply in its own way
            for path, array in walk.arrays.values()
            if array.size and not any(np.may_share_memory(array, values) for values in own)
        ]
        arrays += [
            (path, array)
            for path, array in walk.lists
            if array.size and not any(np.array_equal(array, values) for values in own)
        ]
        return cls(tuple(arrays), tuple(walk.numbers.items()))

    def sizes(self) -> dict[int, str]:
        """Sizes that a sum or a mean may have run over, in words; numbers of rows first."""
        if self.known:
            return dict(reversed(self.known))  # the first of equal sizes counts
        found: dict[int, str] = {}
        for axis in (0, 1):
            for path, array in self.arrays:
                if array.ndim in (1, 2) and axis < array.ndim:
                    ends = ("rows", "columns")[axis] if array.ndim == 2 else "elements"
                    found.setdefault(array.shape[axis], f"as many as {path} has {ends}")
        for path, array in self.arrays:
            found.setdefault(array.size, f"as many as {path} has elements")
        return {n: words for n, words in found.items() if n > 1}

    def factor(self, ratio: float, error: float) -> str | None:
        """The ratio of a wrong gradient to the right one, in words; None if it has no name.

        >>> Context().factor(0.5, 1e-9)
        '1/2'
        >>> Context(known=((8, "the number of samples"),)).factor(8.0, 1e-9)
        '8 (the number of samples)'
        >>> Context(known=((8, "the number of samples"),)).factor(0.125, 1e-9)
        '1/8 (1 over the number of samples)'
        """
        if not 0 < abs(ratio) < math.inf or error > SHARP * abs(ratio):
            return None
        sign, size = "-" if ratio < 0 else "", abs(ratio)
        for value, name, words in self._factors(size):
            for x, over in ((value, ""), (1 / value, "1/")):
                if value != 1 and abs(size - x) <= max(min(3 * error, 1e-6 * x), 1e-8 * x):
                    why = f"{'1 over ' if over else ''}{words}"
                    return f"{sign}{over}{name}" + (f" ({why})" if words else "")
        return None

    def _factors(self, size: float) -> Iterator[tuple[float, str, str]]:
        sizes = self.sizes()
        for n, words in sizes.items():
            # many a thing is two: where the sizes are but guessed, that tells nothing
            yield float(n), str(n), words if n > 2 or self.known else ""
        plain = round(max(size, 1 / size))
        if 1 < plain <= PLAIN:
            yield float(plain), str(plain), ""
        for n, words in sizes.items():
            if self.known:
                yield 2.0 * n, str(2 * n), f"twice {words}"
                yield n / 2, f"{n / 2:g}", f"half of {words}"
        for path, number in self.numbers:
            if 0 < number < 1e6:
                yield number, f"{number:g}", path
                if number < 1:
                    yield 1 - number, f"{1 - number:g}", f"1 - {path}"
