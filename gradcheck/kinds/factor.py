"""A gradient that is the right one times a number: `sign` and `scale`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..diagnosis.suspect import Repair, Scene, Suspect
from ..recognition.chain import State
from ..recognition.losses import SQUARED
from ..tree import Array
from .row import Kind, Line


@dataclass(frozen=True, slots=True)
class Proportion:
    """A block that is `ratio` times the right one, apart from `rest` times the parameter."""

    ratio: float
    error: float
    rest: float

    def is_about(self, value: float) -> bool:
        return abs(self.ratio - value) <= max(3 * self.error, 1e-8)

    def repair(self, s: Suspect, kind: str, says: str, assumes: int) -> Repair:
        exact = _snap(self.ratio, self.error)
        but = f" but for a multiple of {s.name}, as of a regulariser" if self.rest else ""
        return Repair(
            kind,
            says + but,
            lambda grads, params: grads[s.i] / exact + self.rest * params[s.i],
            assumes=assumes + bool(self.rest),
        )


def proportions(s: Suspect) -> Iterator[Proportion]:
    """The factors that the measurements leave open: without a penalty, and with one."""
    if not np.any(s.g):
        return
    for parts in ((s.g,), (s.g, s.W)):
        solved = _one(s) if s.size == 1 and len(parts) == 1 else s.solve(*parts)
        if solved is None or solved[0][0] == 0:
            continue
        c, error = solved
        rest = float(c[1]) if len(parts) > 1 else 0.0
        if rest and (abs(c[0] - 1) <= 3 * error[0] + 1e-8 or abs(rest) <= 3 * error[1]):
            continue  # a regulariser alone, or none
        found = Proportion(float(1 / c[0]), float(error[0] / c[0] ** 2), rest)
        if math.isfinite(found.ratio) and not found.is_about(1):
            yield found


def _one(s: Suspect) -> tuple[Array, Array] | None:
    """The factor of a block with one measurement."""
    told = s.measure(s.g)
    if not len(told) or told[0] == 0:
        return None
    best = np.argmin(s.error / np.abs(told))
    return s.t[[best]] / told[best], s.error[[best]] / abs(told[best])


def _snap(ratio: float, error: float) -> float:
    """The short number meant, where there is one within the error."""
    for value in (ratio, 1 / ratio):
        short = float(f"{value:.6g}")
        if abs(short - value) <= max(3 * error * (value / ratio) ** 2, 1e-8 * abs(value)):
            return short if value == ratio else 1 / short
    return ratio


def opposite(_: Scene, s: Suspect) -> Iterator[Repair]:
    for found in proportions(s):
        if found.is_about(-1):
            yield found.repair(s, "sign", "has the opposite sign", 0)


def multiple(scene: Scene, s: Suspect) -> Iterator[Repair]:
    """A factor that has a name: a small whole number, a size or a number in reach."""
    for found in proportions(s):
        name = scene.context.factor(found.ratio, found.error)
        if name is not None and not found.is_about(-1):
            yield found.repair(s, "scale", f"is exactly {name} times the right gradient", 1)


def _sign_lines() -> Iterator[Line]:
    says = "the targets are added to the outputs where they are to be subtracted"
    yield Line("start", "sign", f"starts with y + t: {says}", lambda s, k: _sum(s))
    yield Line(
        "through", "sign", f"y + t is used: {says}", lambda s, k: _sum(s) if k == s.top else None
    )


def _sum(s: State) -> Array:
    """As right as it can be but for that sign."""
    both: Array = s.net.factor * (s.A[-1] + s.T)
    return 2 * both if s.net.loss is SQUARED else both


SIGN = Kind(
    "sign",
    "Every entry has the size of the numerical gradient and the opposite sign, often from one "
    "layer down to the input.",
    "The error was taken as target - output, or an update with += was written for such an "
    "error and later met one with -=.",
    "dZ = (T - Y) / N",
    "dZ = (Y - T) / N",
    "Flip one sign, between the loss and here or in the update.",
    repairs=(opposite,),
    common=True,
    lines=tuple(_sign_lines()),
)


SCALE = Kind(
    "scale",
    "Every entry is one and the same factor too large or too small.",
    "The loss averages and the gradient sums, or both divide; the 2 of a square is lost or "
    "counted twice; the learning rate is inside the gradient.",
    "loss = ((Y - T)**2).mean();  dY = Y - T",
    "loss = ((Y - T)**2).mean();  dY = 2 * (Y - T) / Y.size",
    "Put the same constant into the loss and into its gradient, once.",
    repairs=(multiple,),
    common=True,
)
