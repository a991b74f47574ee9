"""What may stand in a layer besides weights, bias and activation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..tree import Array


@dataclass(frozen=True, slots=True)
class Norm:
    """(Z - mean) / deviation, times gain plus shift.

    axis          -2: over the samples (batch norm); -1: over the units (layer norm)
    eps           inside the root of the variance, or beside the deviation
    gain, shift   indices of the parts
    """

    axis: int
    eps: float
    inside: bool
    gain: int
    shift: int

    def parts(self, Z: Array) -> tuple[Array, Array, Array]:
        """Z without its mean, its deviation, and the same with eps."""
        centred = Z - Z.mean(axis=self.axis, keepdims=True)
        variance = (centred * centred).mean(axis=self.axis, keepdims=True)
        if self.inside:
            deviation = np.sqrt(variance + self.eps)
            return centred, deviation, deviation
        deviation = np.sqrt(variance)
        return centred, deviation, deviation + self.eps

    def hat(self, Z: Array) -> Array:
        centred, _, divisor = self.parts(Z)
        normal: Array = centred / divisor
        return normal

    def pull_back(
        self, d: Array, Z: Array, *, through_mean: bool = True, through_variance: bool = True
    ) -> Array:
        """The cotangent through mean and deviation; d has met the gain already."""
        centred, deviation, divisor = self.parts(Z)
        below: Array = d / divisor
        if through_mean:
            below = below - below.mean(axis=self.axis, keepdims=True)
        if through_variance:
            share = (d * centred).mean(axis=self.axis, keepdims=True)
            below = below - centred * share / (divisor * divisor * deviation)
        return below


@dataclass(frozen=True, slots=True, eq=False)
class Carry:
    """What a recurrent layer takes over from the step before: h[t] = f(z[t] + h[t - 1] R).

    Rows stand step by step: all samples of the first step, then all of the next.

    part    index of R
    start   h before the first step, (samples, units)
    """

    part: int
    steps: int
    start: Array

    def run(self, Z: Array, R: Array, f: Callable[[Array], Array]) -> Array:
        """Z of every step with what the step before hands on; at several places stacked in front"""
        samples = len(self.start)
        h, found = self.start, []
        for t in range(self.steps):
            found.append(Z[..., t * samples : (t + 1) * samples, :] + h @ R)
            h = f(found[-1])
        return np.concatenate(found, axis=-2)

    def before(self, F: Array, by: int = 1) -> Array:
        """The states from which each step starts: those of the step before."""
        shift = by * len(self.start)
        states = np.concatenate([*[self.start] * by, F])
        return states[: len(states) - shift]

    def later(self, d: Array) -> Array:
        """A cotangent of the next step in place of that of each step; zero at the last."""
        n = len(self.start)
        return np.concatenate([d[n:], np.zeros_like(d[:n])])

    def earlier(self, d: Array) -> Array:
        n = len(self.start)
        return np.concatenate([np.zeros_like(d[:n]), d[: len(d) - n]])


@dataclass(frozen=True, slots=True)
class Skip:
    """A[source], the input of that layer, is added: to Z (inside), or behind the activation."""

    source: int
    inside: bool


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """Dropout: a product with fixed numbers."""

    mask: Array

    def apply(self, F: Array) -> Array:
        masked: Array = F * self.mask
        return masked

    def pull_back(self, dA: Array, _: Array) -> Array:
        masked: Array = dA * self.mask
        return masked


@dataclass(frozen=True, slots=True, eq=False)
class Pick:
    """A choice of entries: the last step in time; positions of an image side by side, or pooled.

    at      positions in F, as if it were flat, in the shape of what comes out; of each of the
            entries that are joined, along a last axis more
    words   what it is, for a report
    join    "max" or "mean" of several
    """

    at: Array
    words: str
    join: str = ""

    def apply(self, F: Array) -> Array:
        picked: Array = F.reshape(*F.shape[:-2], -1)[..., self.at]
        if self.join:
            picked = picked.max(axis=-1) if self.join == "max" else picked.mean(axis=-1)
        return picked

    def pull_back(self, dA: Array, F: Array) -> Array:
        at, share = self.at, dA
        if self.join == "max":
            best = F.ravel()[at].argmax(axis=-1)
            at = np.take_along_axis(at, best[..., np.newaxis], axis=-1)[..., 0]
        elif self.join:
            share = np.broadcast_to(dA[..., np.newaxis] / at.shape[-1], at.shape)
        below = np.zeros(F.size)
        np.add.at(below, at.ravel(), share.ravel())
        return below.reshape(F.shape)


Behind = Mask | Pick


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Inputs that are rows of a part: of one index, or of several joined into one input.

    part    index of the table
    rows    indices into it, (samples,) or (samples, several)
    join    "beside", "mean" or "sum" of the several
    """

    part: int
    rows: Array
    join: str = "beside"

    def look_up(self, table: Array) -> Array:
        found = np.take(table, self.rows, axis=-2)
        if self.rows.ndim == 1:
            return found
        if self.join == "beside":
            return found.reshape(*found.shape[:-2], -1)
        joined: Array = found.mean(axis=-2) if self.join == "mean" else found.sum(axis=-2)
        return joined

    def each(self, dX: Array, width: int) -> Array:
        """The cotangent of each row that was looked up: (samples, several, width)."""
        if self.rows.ndim == 1 or self.join == "beside":
            return dX.reshape(len(dX), -1, width)
        several = self.rows.shape[1]
        share = dX / several if self.join == "mean" else dX
        return np.repeat(share[:, np.newaxis], several, axis=1)
