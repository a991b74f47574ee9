"""Entries, rows, samples: some are missed, or stand in another order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..suspect import Repair, Scene, Suspect, listed
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


def _zero_slice(s: Suspect) -> str:
    """A row or column of zeros beside entries that are right and not zero."""
    truth = s.truth
    if truth is None or s.g.ndim != 2:
        return ""
    for axis, what in ((1, "row"), (0, "column")):
        empty = ~np.any(s.g, axis=axis)
        if empty.sum() != 1:
            continue
        at = int(np.argmax(empty))
        filled = s.g.copy()
        np.moveaxis(filled, 1 - axis, 0)[at] = np.moveaxis(truth, 1 - axis, 0)[at]
        if s.near(filled) and np.any(s.g):
            return f"{what} {at}"
    return ""


def emptied(_: Scene, s: Suspect) -> Iterator[Shown]:
    zero = _zero_slice(s) if np.any(s.g) else ""
    if zero:
        says = f"is zero in {zero}, and right everywhere else"
        yield Shown("indexing", says, "Every entry was measured by itself.")


def some_entries(_: Scene, s: Suspect) -> Iterator[Shown]:
    """A few entries are wrong, the others right."""
    found = s.evidence.location
    if not found.complete or s.size < 3 or len(found.wrong) > max(1, s.size // 4):
        return
    right = [j for j in found.judged.values() if j.verdict == "agrees" and j.numerical]
    if right or len(found.judged) < s.size:
        says = f"is wrong in {listed(found.wrong)} only, and right everywhere else"
        yield Shown("indexing", says, s.largest(found.wrong))


def _indexing_lines() -> Iterator[Line]:
    for words, part in (*LEFT_OUT, *ONE_ONLY):
        yield Line(
            "weight",
            "indexing",
            words,
            lambda s, k, at=part: s.A[k][at].T @ s.dZ[k][at] + s.decay(k),  # type: ignore[misc]
        )
    for words, part in LEFT_OUT:
        yield Line(
            "bias",
            "indexing",
            words,
            lambda s, k, at=part: s.dZ[k][at].sum(axis=0),  # type: ignore[misc]
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
    repairs=(rolled,),
    marks=(emptied, some_entries),
    lines=tuple(_indexing_lines()),
)
