"""Inputs and targets in reach that have the sizes of a net, one sample a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ..tree import Array
from .context import Context
from .stages import Pick

MOST_DATA = 8  # arrays tried as inputs, or as targets
MOST_WINDOWS = 100_000  # entries of all windows of the images
MOST_CLASSES = 1_000


def inputs(context: Context, n_in: int, columns: bool) -> list[Array]:
    """Arrays that may be the inputs."""
    found = []
    for _, array in context.arrays:
        rows = _in_rows(array, columns)
        if rows.ndim == 1 and (n_in == 1 or rows.size == n_in):
            rows = rows.reshape(-1, n_in)
        if rows.ndim == 2 and rows.shape[1] == n_in:
            found.append(rows.astype(float))
    return distinct(found)[:MOST_DATA]


def targets(context: Context, samples: int, n_out: int, columns: bool) -> list[Array]:
    found = []
    for _, array in context.arrays:
        if array.size == samples * n_out:
            rows = _in_rows(array, columns and array.ndim == 2)
            if array.ndim == 1 or rows.shape in ((samples, n_out), (n_out, samples)):
                found.append(rows.reshape(samples, n_out).astype(float))
        if array.size == samples and _are_classes(array, n_out):
            found.append(np.eye(n_out)[array.ravel()])
    return distinct(found)[:MOST_DATA]


def _are_classes(array: Array, n: int) -> bool:
    whole = array.dtype.kind in "iu" and 1 < n <= MOST_CLASSES
    return bool(whole and array.min() >= 0 and array.max() < n)


def indices_into(context: Context, shape: tuple[int, ...]) -> list[Array]:
    """Arrays of indices of rows of a table of this shape."""
    return distinct(
        [
            array
            for _, array in context.arrays
            if array.dtype.kind in "iu"
            and array.ndim in (1, 2)
            and len(shape) == 2
            and array.min() >= 0
            and array.max() < shape[0]
        ]
    )[:MOST_DATA]


def _in_rows(array: Array, columns: bool) -> Array:
    """Samples in rows: of column vectors, of images, of the transpose."""
    if array.ndim > 2:
        return array.reshape(len(array), -1)
    return array.T if columns else array


def distinct(arrays: Sequence[Array]) -> list[Array]:
    """Each array once: caches and attributes often hold the same data under several names."""
    return list({(a.shape, a.tobytes()): a for a in reversed(arrays)}.values())[::-1]


def widths(context: Context, columns: bool) -> list[int]:
    """Numbers of inputs or outputs that data in reach may have."""
    found = []
    for _, array in context.arrays:
        rows = _in_rows(array, columns)
        found.append(rows.shape[1] if rows.ndim == 2 else 1)
        if array.ndim == 1 and array.dtype.kind in "iu" and array.min() >= 0:
            found.append(int(array.max()) + 1)
    return list(dict.fromkeys(n for n in found if n))[:MOST_DATA]


def whole_numbers(context: Context) -> list[int]:
    """Numbers in reach that may be sizes of a layer."""
    numbers = [number for _, number in context.numbers]
    for _, array in context.arrays:
        if array.dtype.kind in "iu" and array.size <= 10:
            numbers += array.ravel().tolist()
    return list(dict.fromkeys(int(n) for n in numbers if n > 0 and n == int(n)))


# -- series in time --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """rows: all samples of the first step, then all of the next; flipped: samples come first."""

    rows: Array
    steps: int
    samples: int
    flipped: bool


def series(context: Context, n_in: int) -> list[Series]:
    """Arrays that may be inputs step by step: numbers, or classes of which one is on."""
    found = []
    for _, array in context.arrays:
        held = array
        if _are_classes(array, n_in) and array.ndim <= 2:
            held = np.eye(n_in)[array]
        elif n_in == 1 and array.ndim <= 2 and array.shape[-1:] != (1,):
            held = array[..., np.newaxis]
        elif array.ndim == 3 and array.shape[1:] == (n_in, 1):  # columns
            held = array[..., 0]
        if held.ndim == 2 and held.shape[1] == n_in and len(held) > 1:
            found.append(Series(held.astype(float), len(held), 1, False))
        elif held.ndim == 3 and held.shape[2] == n_in:
            for flipped in (True, False):
                ordered = held.swapaxes(0, 1) if flipped else held
                rows = ordered.reshape(-1, n_in).astype(float)
                found.append(Series(rows, len(ordered), ordered.shape[1], flipped))
    return found[: 2 * MOST_DATA]


def series_targets(context: Context, by: Series, n_out: int) -> list[Array]:
    """Targets for every step of a series."""
    found, cells = [], by.steps * by.samples
    for _, array in context.arrays:
        if array.size == cells and _are_classes(array, n_out):
            held = np.eye(n_out)[array.reshape(-1)]
        elif array.size == cells * n_out and len(array) in (by.steps, by.samples, cells):
            held = array.reshape(cells, n_out).astype(float)
        else:
            continue
        if by.flipped:
            held = held.reshape(by.samples, by.steps, n_out).swapaxes(0, 1).reshape(cells, n_out)
        found.append(held)
    return distinct(found)[:MOST_DATA]


def starts(context: Context, samples: int, units: int) -> list[Array]:
    """States before the first step: zeros, or arrays of that size."""
    found = [np.zeros((samples, units))]
    for _, array in context.arrays:
        if array.dtype.kind == "f" and array.ndim <= 2 and np.any(array):
            if array.size == units:
                found.append(np.broadcast_to(array.reshape(1, units), (samples, units)))
            elif array.shape in ((samples, units), (units, samples)):
                found.append(array if array.shape == (samples, units) else array.T)
    return distinct(found)[:4]


# -- windows of images -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Images:
    """Every window of every image, a row each; places: of the windows in one image."""

    rows: Array
    samples: int
    places: tuple[int, ...]

    def picks(self, filters: int) -> Iterator[Pick]:
        """What comes out of all windows of an image side by side: filters last, or first."""
        at = np.arange(len(self.rows) * filters).reshape(self.samples, *self.places, filters)
        for cells, join in ((at[..., np.newaxis], ""), *self.pooled(at)):
            window, n = cells.shape[-1], self.samples
            last = cells.reshape(n, -1, window)
            first = np.moveaxis(cells, -2, 1).reshape(n, -1, window)
            for flat in (first, last):
                words = f"a {join} pooling by 2" if join else "all places of an image side by side"
                yield Pick(flat if join else flat[..., 0], words, join)

    def pooled(self, at: Array) -> Iterator[tuple[Array, str]]:
        """Squares of 2 by 2 places, or pairs."""
        if min(self.places) < 2:
            return
        cells = at[..., np.newaxis]
        for axis, n in enumerate(self.places, start=1):
            even = np.take(cells, range(0, n - 1, 2), axis=axis)
            odd = np.take(cells, range(1, n, 2), axis=axis)
            cells = np.concatenate([even, odd], axis=-1)
        yield cells, "max"
        yield cells, "mean"


def windows(context: Context, kernel: tuple[int, ...]) -> Iterator[Images]:
    """Arrays that may be images for kernels of this shape, with channels first or without."""
    for channels, window in {(kernel[0], kernel[1:]), (1, kernel)}:
        axes = len(window)
        if axes not in (1, 2):
            continue
        for _, array in context.arrays:
            if array.ndim == axes + 2 and array.shape[1] == channels:
                images = array
            elif array.ndim == axes + 1 and channels == 1:
                images = array[:, np.newaxis]
            elif array.ndim == axes + 1 and array.shape[0] == channels:
                images = array[np.newaxis]
            elif array.ndim == axes and channels == 1:
                images = array[np.newaxis, np.newaxis]
            else:
                continue
            if any(n < k for n, k in zip(images.shape[2:], window, strict=True)):
                continue
            over = tuple(range(2, 2 + axes))
            view = np.lib.stride_tricks.sliding_window_view(images, window, axis=over)
            if view.size > MOST_WINDOWS:
                continue
            places = view.shape[2 : 2 + axes]
            rows = np.moveaxis(view, 1, 1 + axes).reshape(-1, channels * int(np.prod(window)))
            yield Images(rows.astype(float), len(images), places)
