"""Arithmetic on arrays of any size, in pieces that fit into the cache, and copies of them on disk.

A check holds at most two arrays of the size of the largest block in memory, whatever the size of
the model. So nothing here makes a temporary as large as its arguments, and what must be kept of
the whole model (how everything was before the check, the analytic gradients, where a block stands
while all are moved) lies in a file once it has grown beyond ROOM.
"""

from __future__ import annotations

import math
import tempfile
import threading
import weakref
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

PIECE = 2**15  # entries: 256 KiB of float64, within the cache of any core
FEW = 32  # entries: Python is faster for them than NumPy
LITTLE = 8 * PIECE  # bytes of the temporaries of one piece
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


class _Room(threading.local):
    def __init__(self) -> None:
        self.values = np.empty(PIECE)


_room = _Room()


def room(shape: tuple[int, ...]) -> Array:
    """For the temporary of one piece, until the next: fresh memory costs more than its use."""
    return _room.values[: math.prod(shape)].reshape(shape)


def products(a: Array, b: Array) -> tuple[float, float]:
    """Sum of a * b, and the Euclidean norm of these products.

    Pairwise within a piece, exact over the pieces: a plain dot loses digits.
    """
    if a.size <= FEW:
        few = (a * b).ravel().tolist()
        return sum(few), math.hypot(*few)
    if a.size <= PIECE:
        flat = (a * b).ravel(order="K")
        return float(np.add.reduce(flat)), norm(flat)
    sums, norms = [], []
    for at in pieces(a.shape):
        part = a[at]
        product = np.multiply(part, b[at], out=room(part.shape)).ravel()
        sums.append(float(np.add.reduce(product)))
        norms.append(norm(product))
    return math.fsum(sums), math.hypot(*norms)


def dot(a: Array, b: Array) -> float:
    """Sum of a * b, as in `products`."""
    return products(a, b)[0]


def squares(a: Array) -> float:
    """Sum of the squares; inf where they overflow."""
    with np.errstate(over="ignore", under="ignore"):
        if a.size <= PIECE:
            return _square(a)
        return math.fsum([_square(a[at]) for at in pieces(a.shape)])


def _square(part: Array) -> float:
    flat = np.asarray(part, dtype=float).ravel(order="K")
    return float(flat.dot(flat))


def norm(a: Array) -> float:
    """Euclidean norm."""
    if a.size <= FEW:
        return math.hypot(*np.asarray(a).ravel().tolist())  # a matrix stays two-dimensional
    total = squares(a)
    if 1e-290 < total < math.inf or not (most := largest(a)) or not math.isfinite(most):
        return math.sqrt(total)
    return most * math.sqrt(math.fsum(_square(a[at] / most) for at in pieces(a.shape)))


def rms(a: Array) -> float:
    """Root mean square; 0 of an empty array."""
    return norm(a) / math.sqrt(a.size) if a.size else 0.0


def largest(a: Array, b: Array | None = None) -> float:
    """Largest absolute value of a, or of a - b; 0 of an empty array."""
    if not a.size:
        return 0.0
    if a.size <= PIECE:
        return _largest(a if b is None else a - b)
    return max(_largest(a[at] if b is None else a[at] - b[at]) for at in pieces(a.shape))


def _largest(a: Array) -> float:
    a = np.asarray(a)  # a matrix reduces to a matrix
    return max(float(np.maximum.reduce(a, axis=None)), -float(np.minimum.reduce(a, axis=None)))


def all_finite(a: Array) -> bool:
    """Is no value infinite or nan?"""
    return all(np.logical_and.reduce(np.isfinite(a[at]), axis=None) for at in pieces(a.shape))


def span(a: Array) -> tuple[int, int]:
    """The addresses at which the memory of an array begins and ends."""
    if not a.flags.c_contiguous:
        return np.lib.array_utils.byte_bounds(a)
    start: int = a.__array_interface__["data"][0]
    return start, start + a.nbytes


# -- moves -----------------------------------------------------------------------------------------


def move(out: Array, origin: Array, direction: Array, t: float) -> None:
    """out = origin + t * direction, in place."""
    if out.size <= PIECE:
        np.multiply(direction, t, out)
        np.add(out, origin, out)
        return
    for at in pieces(out.shape):
        part = out[at]
        np.multiply(direction[at], t, out=part)
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


class Spare:
    """Arrays that are done with, for the next ones: fresh memory costs more than its use.

    Those of more than LITTLE bytes and of up to half of ROOM are kept, two at most.
    """

    def __init__(self) -> None:
        self._free: list[Array] = []

    def array(self, shape: tuple[int, ...], dtype: npt.DTypeLike = float) -> Array:
        """An array of any values."""
        dtype = np.dtype(dtype)
        nbytes = math.prod(shape) * dtype.itemsize
        fit = next((k for k, b in enumerate(self._free) if b.nbytes >= nbytes), None)
        if nbytes <= LITTLE or fit is None:
            return np.empty(shape, dtype)
        return self._free.pop(fit)[:nbytes].view(dtype).reshape(shape)

    def take_back(self, array: Array) -> None:
        """The array is used no more."""
        whole = array if array.base is None else array.base
        if isinstance(whole, np.ndarray) and LITTLE < whole.nbytes <= ROOM // 2:
            self._free.append(whole.reshape(-1).view(np.uint8))
            self._free.sort(key=lambda buffer: buffer.nbytes)
            del self._free[:-2]


_held = Counter[str]()  # bytes of the larger copies that are in memory now


def kept(values: Array, dtype: npt.DTypeLike | None = None) -> Array:
    """A copy; in a temporary file once the copies in memory have grown to ROOM bytes.

    Where no file can be made, in memory. The file goes when the copy goes.
    """
    if values.size <= PIECE or values.dtype == object:
        return values.astype(dtype) if dtype else values.copy()
    dtype = np.dtype(dtype or values.dtype)
    nbytes = values.size * dtype.itemsize
    copy: Array | None = None
    if nbytes > ROOM - _held["bytes"]:
        copy = filed((values[at] for at in pieces(values.shape)), values.shape, dtype)
    if copy is None:
        copy = values.astype(dtype)
        _held["bytes"] += nbytes
        weakref.finalize(copy, _let_go, nbytes)
    return copy


def _let_go(nbytes: int) -> None:
    _held["bytes"] -= nbytes


def is_much(nbytes: int) -> bool:
    """Too much to be held in memory beside the two arrays of the size of the largest block?"""
    return nbytes > ROOM


def filed(parts: Iterable[Array], shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array | None:
    """An array of these pieces in a temporary file, or None where that cannot be.

    It is written first and mapped then: pages of a new file that are mapped before they are filled
    take three times as long, and end the process where the disk is full.
    """
    try:
        with tempfile.TemporaryFile(prefix="gradcheck-") as file:
            for part in parts:
                file.write(np.ascontiguousarray(part, dtype).data)
            file.flush()
            return np.memmap(file, dtype=dtype, mode="r+", shape=shape)
    except OSError:
        return None


def spreads(shape: tuple[int, ...], onto: tuple[int, ...]) -> bool:
    """Does an array of the one shape broadcast to the other?"""
    ones = (1,) * (len(onto) - len(shape)) + shape
    return len(ones) == len(onto) and all(a in (1, b) for a, b in zip(ones, onto, strict=True))


def squeezed(shape: Sequence[int]) -> tuple[int, ...]:
    """Without the axes of length one."""
    return tuple(n for n in shape if n != 1)
