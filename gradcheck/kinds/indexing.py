"""Entries, rows, samples: some are missed, or stand in another order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..diagnosis.suspect import Repair, Scene, Suspect
from ..direction import random_direction
from ..recognition.chain import State
from ..tree import Array
from .row import Kind, Line, Shown

LEFT_OUT = (
    ("leaves out the last sample", slice(None, -1)),
    ("leaves out the first sample", slice(1, None)),
)
ONE_ONLY = (
    ("is that of the first sample", slice(0, 1)),
    ("is that of the last sample", slice(-1, None)),
)


def rolled(_: Scene, s: Suspect) -> Iterator[Repair]:
    """Shifted by one, or in reverse order, along one axis."""
    for axis, n in enumerate(s.shape):
        if n < 2:
            continue
        what = {1: "entries", 2: ("rows", "columns")[axis] if axis < 2 else ""}.get(
            len(s.shape), f"slices along axis {axis}"
        )
        for shift in (1, -1):
            if n > 2 or shift == 1:
                yield Repair(
                    "indexing",
                    f"has its {what} shifted by one",
                    lambda grads, params, a=axis, k=shift: np.roll(grads[s.i], -k, a),  # type: ignore[misc]
                    assumes=2,
                )
        if n > 2:
            yield Repair(
                "indexing",
                f"has its {what} in reverse order",
                lambda grads, params, a=axis: np.flip(grads[s.i], a),  # type: ignore[misc]
                assumes=2,
            )


def turned_over(_: Scene, s: Suspect) -> Iterator[Repair]:
    """Kernels by half a turn: a convolution where a correlation is due."""
    if s.g.ndim > 2:
        yield Repair(
            "indexing",
            "has its kernels turned by half, as for a convolution, where a correlation is computed",
            lambda grads, params: grads[s.i][..., ::-1, ::-1],
            assumes=2,
        )


def emptied(_: Scene, s: Suspect) -> Iterator[Shown]:
    """A row or column of zeros beside entries that are right and not zero."""
    truth = s.truth
    if truth is None or s.g.ndim != 2 or not np.any(s.g):
        return
    for axis, what in ((1, "row"), (0, "column")):
        empty = ~np.any(s.g, axis=axis, keepdims=True)
        if empty.sum() == 1 and s.near(np.where(empty, truth, s.g)):
            says = f"is zero in {what} {int(np.argmax(empty))}, and right everywhere else"
            filled = np.broadcast_to(~empty, s.shape)

            def again(there: Suspect, filled: Array = filled) -> bool:
                direction = np.where(filled, random_direction(there.point.rng, there.shape), 0.0)
                still = not np.any(there.g[~filled])
                return still and there.slope(there.g, direction).verdict == "agrees"

            yield Shown("indexing", says, "Every entry was measured by itself.", again)
            return


def _places(s: State, array: Array, part: slice) -> Array | None:
    """Rows of some places in every image."""
    if len(array) == s.N or len(array) % s.N or s.net.steps > 1:
        return None
    rows: Array = array.reshape(s.N, -1, array.shape[1])[:, part].reshape(-1, array.shape[1])
    return rows


def _at_places(s: State, k: int, part: slice) -> Array | None:
    A, dZ = _places(s, s.A[k], part), _places(s, s.dZ[k], part)
    return None if A is None or dZ is None else A.T @ dZ + s.decay(k)


def _of_some(s: State, k: int, part: slice) -> Array | None:
    """The gradient of some of the samples, where there are several."""
    return s.A[k][part].T @ s.dZ[k][part] + s.decay(k) if s.N > 1 else None


def _with_biases(s: State, k: int, first: bool) -> Array | None:
    """The rows of a matrix that holds its biases, counted from the wrong end."""
    b, i = s.b[k], s.net.b[k]
    if b is None or i is None or s.net.block(i) != s.net.block(s.net.W[k]):
        return None
    rows = [b[np.newaxis], s.W[k][:-1]] if first else [s.W[k][1:], b[np.newaxis]]
    below: Array = s.dZ[k] @ np.concatenate(rows).T
    return below


def _indexing_lines() -> Iterator[Line]:
    for first in (True, False):
        yield Line(
            "down",
            "indexing",
            "the row of biases is taken for one of weights, and a row of weights is cut off",
            lambda s, k, of=first: _with_biases(s, k, of),  # type: ignore[misc]
        )
    for words, part in (
        ("leaves out the last place of every image", slice(None, -1)),
        ("leaves out the first place of every image", slice(1, None)),
    ):
        yield Line(
            "weight",
            "indexing",
            words,
            lambda s, k, at=part: _at_places(s, k, at),  # type: ignore[misc]
        )
    for words, part in (*LEFT_OUT, *ONE_ONLY):
        yield Line(
            "weight",
            "indexing",
            words,
            lambda s, k, at=part: _of_some(s, k, at),  # type: ignore[misc]
        )
    for words, part in LEFT_OUT:
        yield Line(
            "bias",
            "indexing",
            words,
            lambda s, k, at=part: s.dZ[k][at].sum(axis=0) if s.N > 1 else None,  # type: ignore[misc]
        )
    yield Line(
        "weight",
        "indexing",
        "pairs inputs and cotangents in opposite order of the samples",
        lambda s, k: s.A[k][::-1].T @ s.dZ[k] + s.decay(k),
    )


INDEXING = Kind(
    "indexing",
    "Some entries, rows, columns or samples are wrong or missing; the rest is right.",
    "A range or slice is off by one, the order is reversed, a window or channel is missed.",
    "dW = A[:-1].T @ dZ[:-1]",
    "dW = A.T @ dZ",
    "Compare the ranges of the backward pass with those of the forward pass.",
    repairs=(rolled, turned_over),
    marks=(emptied,),
    lines=tuple(_indexing_lines()),
)
