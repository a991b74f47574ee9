"""Where backpropagation starts: the derivative of the loss and of the output."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..recognition.activations import SOFTMAX
from ..recognition.chain import State
from ..recognition.losses import COSINE, HINGE
from ..recognition.same import proportion
from ..tree import Array
from .row import Kind, Line

# y - t as it is written for other losses, with the constants that it is given
LEFT_OUT: tuple[tuple[str, Callable[[State], float]], ...] = (
    ("y - t", lambda s: s.net.factor),
    ("y - t over the number of samples", lambda s: 1 / s.N),
    ("y - t", lambda s: 1.0),
    ("2 (y - t) over the number of samples", lambda s: 2 / s.N),
    ("2 (y - t)", lambda s: 2.0),
)


def _error(s: State) -> Array:
    return s.A[-1] - s.T


def _unlike(right: Array, wrong: Array) -> Array | None:
    """The wrong cotangent, unless it is a multiple of the right one: that is a wrong factor."""
    return None if proportion(wrong, right) else wrong


def _start(s: State, wrong: Array) -> Array | None:
    return _unlike(s.net.loss.cotangent(s.A[-1], s.T), wrong)


def _behind_output(s: State, k: int, wrong: Array) -> Array | None:
    return _unlike(s.f(k).pull_back(s.dF[k], s.Z[k], s.F[k]), wrong) if k == s.top else None


def _of_margins(s: State, right: Callable[[Array], Array | float]) -> Array | None:
    """A hinge loss, with something else for the right class."""
    if s.net.loss is not HINGE:
        return None
    over = np.maximum(HINGE.cotangent(s.A[-1], s.T), 0.0)
    wrong: Array = s.net.factor * (over - right(over))
    return wrong


def _of_cosine(s: State) -> Array | None:
    if s.net.loss is not COSINE:
        return None
    lengths = [np.linalg.norm(v, axis=-1, keepdims=True) for v in (s.A[-1], s.T)]
    wrong: Array = -s.net.factor * s.T / (lengths[0] * lengths[1])
    return wrong


def _softmax_jacobian_lines() -> Iterator[Line]:
    yield Line(
        "through",
        "softmax-jacobian",
        "only the diagonal of the softmax Jacobian is used",
        lambda s, k: s.dF[k] * s.slope(k) if s.f(k) is SOFTMAX else None,
    )


SOFTMAX_JACOBIAN = Kind(
    "softmax-jacobian",
    "Everything is wrong, though the outputs are probabilities.",
    "Every logit moves every probability, but only the diagonal p (1 - p) was used.",
    "dZ = -T * (1 - P) / N",
    "dZ = (P - T) / N",
    "Use the whole Jacobian; with cross-entropy it shortens to p - t.",
    lines=tuple(_softmax_jacobian_lines()),
)


def _loss_gradient_lines() -> Iterator[Line]:
    for words, factor in LEFT_OUT:
        yield Line(
            "start",
            "loss-gradient",
            f"starts with {words}: the cotangent of another loss than the one computed",
            lambda s, k, f=factor: _start(s, f(s) * _error(s)),  # type: ignore[misc]
        )
    yield Line(
        "start",
        "loss-gradient",
        "starts with the sign of y - t, the cotangent of the absolute error",
        lambda s, k: s.net.factor * np.sign(_error(s)),
    )
    yield Line(
        "start",
        "loss-gradient",
        "starts without what the margins take from the right class",
        lambda s, k: _of_margins(s, lambda over: 0.0),
    )
    yield Line(
        "start",
        "loss-gradient",
        "starts with -1 for the right class, where minus the number of margins is due",
        lambda s, k: _of_margins(s, lambda over: s.T),
    )
    yield Line(
        "start",
        "loss-gradient",
        "starts with the cosine alone: what keeps the length of the outputs is missing",
        lambda s, k: _of_cosine(s),
    )
    for words, factor in LEFT_OUT:
        yield Line(
            "through",
            "loss-gradient",
            f"{words} is taken for the cotangent behind the activation, which is right only for "
            "cross-entropy with a sigmoid or softmax",
            lambda s, k, f=factor: _behind_output(s, k, f(s) * _error(s)),  # type: ignore[misc]
        )
    yield Line(
        "through",
        "loss-gradient",
        "the derivative of the loss by the outputs is used, where that by what goes into their "
        "activation is due",
        lambda s, k: s.dF[k] if k == s.top and s.net.others else None,
    )
    yield Line(
        "through",
        "loss-gradient",
        "the outputs are taken for the cotangent: the targets are not subtracted",
        lambda s, k: s.net.factor * s.A[-1] if k == s.top else None,
    )


LOSS_GRADIENT = Kind(
    "loss-gradient",
    "Everything is wrong; the last layer sees another loss than the one that is computed.",
    "y - t belongs to a sigmoid or softmax with cross-entropy (or half a square with an "
    "identity), and is used with another pair.",
    "loss = ((sigmoid(Z) - T)**2).sum();  dZ = Y - T",
    "loss = ((sigmoid(Z) - T)**2).sum();  dZ = 2 * (Y - T) * Y * (1 - Y)",
    "Differentiate the loss that is computed, through the output activation that is applied.",
    lines=tuple(_loss_gradient_lines()),
)
