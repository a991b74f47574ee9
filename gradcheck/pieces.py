"""Arithmetic on arrays of any size, in pieces that fit into the cache, and copies of them on disk.

A check holds at most two arrays of the size of the largest block in memory, whatever the size of
the model. So nothing here makes a temporary as large as its arguments, and what must be kept of
the whole model (how everything was before the check, the analytic gradients, where a block stands
while all are moved) lies in a file once it has grown beyond ROOM.
"""

from __future__ import annotations

import math
import tempfile
import weakref
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

PIECE = 2**15  # entries: 256 KiB of float64, within the cache of any core
ROOM = 2**26  # bytes of copies that stay in memory


def pieces(shape: tuple[int, ...]) -> Iterator[tuple[Any, ...]]:
    """Indices that cut an array into parts of at most PIECE entries, in C order.

    >>> list(pieces((2, 3)))
    [(Ellipsis,)]
    """
    if math.prod(shape) <= PIECE:
        yield (...,)
        return
    inner = math.prod(shape[1:])
    if inner > PIECE:
        for i in range(shape[0]):
            yield from ((i, *rest) for rest in pieces(shape[1:]))
    else:
        rows = PIECE // inner
        yield from ((slice(at, at + rows), ...) for at in range(0, shape[0], rows))


# -- sums ------------------------------------------------------------------------------------------


def dot(a: Array, b: Array) -> float:
    """Sum of a * b. Pairwise within a piece, exact over the pieces: a plain dot loses digits."""
    if a.size <= PIECE:
        return float(np.add.reduce(a * b, axis=None))
    return math.fsum(float(np.sum(a[at] * b[at])) for at in pieces(a.shape))


def squares(a: Array) -> float:
    """Sum of the squares."""
    if a.size <= PIECE:
        return float(np.add.reduce(a * a, axis=None))
    return math.fsum(float(np.sum(np.square(a[at], dtype=float))) for at in pieces(a.shape))


def norm(a: Array, b: Array | None = None) -> float:
    """Euclidean norm of a, or of a * b."""
    if a.size <= PIECE:
        flat = (a if b is None else a * b).ravel(order="K")
        squares = float(flat.dot(flat))
        if not 1e-290 < squares < math.inf and (most := largest(flat)) and math.isfinite(most):
            # squares overflow, or vanish
            return most * math.sqrt(float(np.sum((flat / most) ** 2)))
        return math.sqrt(squares)
    parts = (a[at] if b is None else a[at] * b[at] for at in pieces(a.shape))
    return math.sqrt(math.fsum(float(np.sum(np.square(part, dtype=float))) for part in parts))


def largest(a: Array, b: Array | None = None) -> float:
    """Largest absolute value of a, or of a - b; 0 of an empty array."""
    if not a.size:
        return 0.0
    if a.size <= PIECE:
        return _largest(a if b is None else a - b)
    return max(_largest(a[at] if b is None else a[at] - b[at]) for at in pieces(a.shape))


def _largest(a: Array) -> float:
    a = np.asarray(a)  # a matrix reduces to a matrix
    return float(np.maximum.reduce(np.abs(a), axis=None))


def all_finite(a: Array) -> bool:
    """Is no value infinite or nan?"""
    if a.size <= PIECE:
        return bool(np.logical_and.reduce(np.isfinite(a), axis=None))
    return all(bool(np.all(np.isfinite(a[at]))) for at in pieces(a.shape))


def rms(a: Array) -> float:
    """Root mean square; the largest value where squares would overflow or vanish."""
    if not a.size:
        return 0.0
    most = largest(a)
    if not 1e-150 < most < 1e150:
        return most
    if a.size <= PIECE:
        flat = np.asarray(a, dtype=float).ravel(order="K")
        return math.sqrt(float(flat.dot(flat)) / a.size)
    return math.sqrt(squares(a) / a.size)


# -- moves -----------------------------------------------------------------------------------------


def move(out: Array, origin: Array, direction: Array, t: float) -> None:
    """out = origin + t * direction, in place."""
    if out.size <= PIECE:
        np.multiply(direction, t, out, casting="same_kind")
        np.add(out, origin, out)
        return
    for at in pieces(out.shape):
        part = out[at]
        np.multiply(direction[at], t, out=part, casting="same_kind")
        np.add(part, origin[at], out=part)


# -- comparing and keeping -------------------------------------------------------------------------


def same_bits(a: Array, b: Array) -> bool:
    """Equal shape, dtype and bits; nan equals itself, 0.0 is not -0.0."""
    if a.shape != b.shape or a.dtype != b.dtype:
        return False
    if a.dtype == object:
        return all(x is y for x, y in zip(a.flat, b.flat, strict=True))
    if a.size <= 64:  # the cheapest way for little
        return a.tobytes() == b.tobytes()
    word = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}.get(a.dtype.itemsize)
    for at in pieces(a.shape):
        one, other = a[at], b[at]
        if word is not None:
            if not np.array_equal(one.view(word), other.view(word)):
                return False
        elif one.tobytes() != other.tobytes():
            return False
    return True


_held = Counter[str]()  # bytes of the larger copies that are in memory now


def kept(values: Array, dtype: npt.DTypeLike | None = None) -> Array:
    """A copy; in a temporary file once the copies in memory have grown to ROOM bytes.

    Where no file can be made, in memory. The file goes when the copy goes.
    """
    if values.size <= PIECE or values.dtype == object:
        return values.astype(dtype) if dtype else values.copy()
    dtype = np.dtype(dtype or values.dtype)
    nbytes = values.size * dtype.itemsize
    copy = blank(values.shape, dtype) if nbytes > ROOM - _held["bytes"] else None
    if copy is None:
        copy = values.astype(dtype)
        _held["bytes"] += nbytes
        weakref.finalize(copy, _let_go, nbytes)
        return copy
    for at in pieces(values.shape):
        copy[at] = values[at]
    return copy


def _let_go(nbytes: int) -> None:
    _held["bytes"] -= nbytes


def blank(shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array | None:
    """An array that lies in a temporary file, or None where that cannot be."""
    try:
        with tempfile.TemporaryFile(prefix="gradcheck-") as file:
            return np.memmap(file, dtype=dtype, mode="w+", shape=shape)
    except OSError:
        return None
