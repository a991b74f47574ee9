"""Layers of their own: dropout, recurrence, embedding, normalisation; and the rest."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..diagnosis.suspect import Suspect
from ..recognition.chain import State
from ..tree import Array
from .row import Kind, Line


def behind(s: State, k: int) -> Array:
    """The cotangent through what stands behind the activation."""
    stage = s.net.stage(k)
    return s.dA[k] if stage is None else stage.pull_back(s.dA[k], s.F[k])


def _mask(s: State, k: int) -> Array:
    mask = s.net.mask(k)
    return np.ones(1) if mask is None else mask


def _dropout_mask_lines() -> Iterator[Line]:
    for words, instead in (
        ("the dropout mask is left out", lambda mask: np.ones(1)),
        ("the mask lacks the division by the keep probability", lambda mask: mask != 0),
        ("the cotangent is divided by the keep probability and not masked", np.max),
        ("the division by the keep probability is done twice", lambda mask: mask * np.max(mask)),
        ("the mask is turned over: what was dropped is kept", lambda mask: np.max(mask) - mask),
    ):
        yield Line(
            "behind",
            "dropout-mask",
            words,
            lambda s, k, f=instead: _other_than(_mask(s, k), f(_mask(s, k)), s.dA[k]),  # type: ignore[misc]
        )
    yield Line(
        "through",
        "dropout-mask",
        "the derivative is taken at the activation behind the dropout mask",
        lambda s, k: (
            None if s.net.mask(k) is None else s.dF[k] * s.f(k).derivative(s.Z[k], s.A[k + 1])
        ),
    )
    yield Line(
        "weight",
        "dropout-mask",
        "uses the activation of the layer below as it is before the dropout mask",
        lambda s, k: (
            s.F[k - 1].T @ s.dZ[k] + s.decay(k) if k and s.net.mask(k - 1) is not None else None
        ),
    )


def _other_than(right: Array, wrong: Array, dA: Array) -> Array | None:
    product: Array = dA * wrong
    return None if np.all(right == wrong) else product


DROPOUT_MASK = Kind(
    "dropout-mask",
    "Wrong from the dropped layer down; right with dropout off.",
    "The backward pass lacks the mask, draws another, or forgets the division by the keep "
    "probability.",
    "A = A * mask / keep;  dA = dA * mask",
    "A = A * mask / keep;  dA = dA * mask / keep",
    "Do to the cotangent what the forward pass did to the activation.",
    lines=tuple(_dropout_mask_lines()),
)


def _rows(s: State) -> tuple[Array, Array, Array]:
    """A gradient of zeros for the table, its indices, and what each of them adds to it."""
    table = s.net.table
    assert table is not None
    empty = np.zeros((s.height, s.width))
    each = table.each(s.dA[-1], s.width).reshape(-1, s.width)
    return empty, table.rows.ravel(), each


def scattered(s: State, _: int) -> Array:
    dE, rows, each = _rows(s)
    np.add.at(dE, rows, each)
    return dE


def _last_wins(s: State, _: int) -> Array:
    dE, rows, each = _rows(s)
    dE[rows] = each
    return dE


def _last_of_each_sample(s: State, _: int) -> Array | None:
    """+= of all words of a sample at once: words that occur twice in it are counted once."""
    dE, rows, each = _rows(s)
    several = len(rows) // len(s.dA[-1])
    for at in range(0, len(rows), several):
        dE[rows[at : at + several]] += each[at : at + several]
    return dE if several > 1 else None


def _averaged_rows(s: State, _: int) -> Array:
    times = np.bincount(_rows(s)[1], minlength=s.height)
    mean: Array = scattered(s, -1) / np.maximum(times, 1)[:, np.newaxis]
    return mean


def _scatter_lines() -> Iterator[Line]:
    once = "counts an index that occurs several times only once: the last one wins"
    yield Line("scatter", "scatter", once, _last_wins)
    inside = "counts an index that occurs several times in one sample only once"
    yield Line("scatter", "scatter", inside, _last_of_each_sample)
    mean = "averages over the times that an index occurs, where they should be added"
    yield Line("scatter", "scatter", mean, _averaged_rows)


SCATTER = Kind(
    "scatter",
    "Wrong only where an index occurs several times.",
    "dE[idx] += d adds once for each different index.",
    "dE[idx] += d",
    "np.add.at(dE, idx, d)",
    "Use np.add.at.",
    lines=tuple(_scatter_lines()),
)


def normalised(s: State, k: int) -> Array:
    return _through_norm(s, k)


def _through_norm(s: State, k: int, gain: bool = True, **parts: bool) -> Array:
    norm, by = s.net.norm(k), s.gain[k]
    if norm is None or by is None:
        return s.dN[k]
    return norm.pull_back(s.dN[k] * by if gain else s.dN[k], s.U[k], **parts)


def gain(s: State, k: int) -> Array:
    norm = s.net.norm(k)
    assert norm is not None
    total: Array = (s.dN[k] * norm.hat(s.U[k])).sum(axis=0)
    return total


def _centred(s: State, k: int) -> Array:
    norm = s.net.norm(k)
    assert norm is not None
    return norm.parts(s.U[k])[0]


def _normalisation_lines() -> Iterator[Line]:
    for words, options in (
        (
            "mean and deviation of the normalisation are taken for constants",
            {"through_mean": False, "through_variance": False},
        ),
        ("the deviation of the normalisation is taken for a constant", {"through_variance": False}),
        ("the mean of the normalisation is taken for a constant", {"through_mean": False}),
        ("the gain of the normalisation is left out", {"gain": False}),
    ):
        yield Line(
            "norm",
            "normalisation",
            words,
            lambda s, k, o=options: _through_norm(s, k, **o),  # type: ignore[misc]
        )
    yield Line(
        "norm",
        "normalisation",
        "the normalisation is left out: only its gain is applied",
        lambda s, k: s.dN[k] * s.gain[k],
    )
    for words, operand in (
        ("uses the values before the normalisation", lambda s, k: s.U[k]),
        ("uses values that are not divided by the deviation", _centred),
        ("uses the values behind gain and shift", lambda s, k: s.Z[k]),
        ("is that of the shift: it lacks the normalised values", lambda s, k: np.ones(1)),
    ):
        yield Line(
            "gain",
            "normalisation",
            words,
            lambda s, k, of=operand: (s.dN[k] * of(s, k)).sum(axis=0),  # type: ignore[misc]
        )


NORMALISATION = Kind(
    "normalisation",
    "Wrong below a normalisation layer, right above it.",
    "Mean and variance depend on the input too, and those terms are missing.",
    "dx = dxhat / std",
    "dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / std",
    "Differentiate through the mean and through the variance.",
    lines=tuple(_normalisation_lines()),
)


def reshaped(s: Suspect) -> str:
    misfit = s.point.analytic[s.i].misfit
    other = misfit not in ("", "broadcast", "batch")
    turned = misfit == "transposed" and min(s.shape) > 1
    return "has the right numbers in the wrong shape" if other and not turned else ""


SHAPE = Kind(
    "shape",
    "The gradient does not have the shape of its parameter.",
    "A sum without keepdims, a missing transpose, a batch axis left over.",
    "db = dZ.sum(axis=0, keepdims=True)   # b has shape (n,)",
    "db = dZ.sum(axis=0)",
    "Return gradients in the shape of their parameters: an update would broadcast silently.",
    misfit=reshaped,
)


UNKNOWN = Kind(
    "unknown",
    "The gradient is wrong, and no correction that could be tried makes it right.",
    "A mistake that is not in this table, or several at once in one block.",
    "",
    "",
    "The origin is where to look; the evidence says what the error looks like.",
)
