"""Sums and means over the batch: over the wrong axis, or too early."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..diagnosis.suspect import Repair, Scene, Suspect
from ..tree import Array
from .factor import proportions
from .indexing import ONE_ONLY
from .row import Kind, Line, Shown, square


def mean_for_sum(scene: Scene, s: Suspect) -> Iterator[Repair]:
    """A bias that is one over a whole number of what is due; or so many times, of samples."""
    units = any(s.size in other.shape for other in scene.suspects.values() if other.i != s.i)
    if max(s.shape, default=1) != s.size or not (units or s.size == 1):
        return
    samples = {float(len(array)) for _, array in scene.context.arrays if array.ndim in (1, 2)}
    for found in proportions(s):
        name = scene.context.factor(found.ratio, found.error)
        if name is None or found.ratio <= 0:
            continue
        n = round(max(found.ratio, 1 / found.ratio), 6)
        if found.ratio < 1 and (n in samples or (n > 2 and n.is_integer() and units)):
            says = f"is {name} times the right gradient: a mean where the sum is due"
            yield found.repair(s, "bias-reduction", says, 2)
        elif found.ratio > 1 and n in samples:
            says = f"is {name} times the right gradient: a sum where the mean is due"
            yield found.repair(s, "bias-reduction", says, 2)


def _sums_up(s: Suspect) -> bool:
    """The same number for all units, which is the sum of what is due to them?"""
    vector = 1 < s.size == max(s.shape)
    alike = vector and bool(s.g.flat[0]) and bool(np.all(s.g == s.g.flat[0]))
    return alike and s.slope(s.g / s.size, np.ones(s.shape)).verdict == "agrees"


def one_number(_: Scene, s: Suspect) -> Iterator[Shown]:
    """The same number for all units, and their sum is right."""
    if _sums_up(s):
        yield Shown(
            "bias-reduction",
            "is one number for all units: the sum over samples and over units",
            f"The slopes along all entries of {s.name} add up to that number.",
            _sums_up,
        )


def unsummed(s: Suspect) -> str:
    batch = s.point.analytic[s.i].misfit == "batch"
    return "is not summed over the samples" if batch else ""


def _bias_reduction_lines() -> Iterator[Line]:
    for words, part in ONE_ONLY:
        yield Line(
            "bias",
            "bias-reduction",
            words,
            lambda s, k, at=part: s.dZ[k][at].sum(axis=0),  # type: ignore[misc]
        )
    mean = "is the mean over the samples where their sum is due"
    yield Line("bias", "bias-reduction", mean, lambda s, k: s.dZ[k].mean(axis=0))
    yield Line("shift", "bias-reduction", mean, lambda s, k: s.dN[k].mean(axis=0))
    yield Line("bias", "bias-reduction", mean, lambda s, k: s.dZ[k].sum(axis=0) / s.N)
    yield Line(
        "bias",
        "bias-reduction",
        "is the sum over the samples where their mean is due",
        lambda s, k: s.dZ[k].sum(axis=0) * s.N,
    )
    yield Line(
        "bias",
        "bias-reduction",
        "is summed over the units, not over the samples",
        lambda s, k: s.dZ[k].sum(axis=1) if square(s.dZ[k]) else None,
    )
    yield Line(
        "bias",
        "bias-reduction",
        "is one number for all units: the sum over samples and units",
        lambda s, k: np.full(s.dZ[k].shape[1], s.dZ[k].sum()),
    )


BIAS_REDUCTION = Kind(
    "bias-reduction",
    "The bias gradient is wrong, the weight gradient of the same layer is right.",
    "Every sample adds to the gradient of the same bias: a sum over samples, not a mean, not "
    "over units, not one sample.",
    "db = dZ.mean(axis=0);  db = dZ.sum();  db = dZ.sum(axis=1)",
    "db = dZ.sum(axis=0)",
    "Sum the cotangent over the samples only.",
    repairs=(mean_for_sum,),
    marks=(one_number,),
    misfit=unsummed,
    lines=tuple(_bias_reduction_lines()),
)


def _averaged(array: Array) -> Array:
    mean: Array = array.mean(axis=0, keepdims=True)
    return mean


def _early_reduction_lines() -> Iterator[Line]:
    yield Line(
        "start",
        "early-reduction",
        "starts with the error averaged over the samples",
        lambda s, k: _averaged(s.net.loss.cotangent(s.A[-1], s.T)) * s.net.factor * s.N,
    )
    yield Line(
        "through",
        "early-reduction",
        "the cotangent is averaged over the samples before it meets the derivative",
        lambda s, k: s.dF[k].mean(axis=0) * s.slope(k),
    )
    yield Line(
        "through",
        "early-reduction",
        "the cotangent is summed over the samples before it meets the derivative",
        lambda s, k: s.dF[k].sum(axis=0) * s.slope(k),
    )
    yield Line(
        "through",
        "early-reduction",
        "the derivative is averaged over the samples before it meets the cotangent",
        lambda s, k: s.dF[k] * _averaged(s.slope(k)),
    )
    yield Line(
        "down",
        "early-reduction",
        "the cotangent is summed over the units before it is passed down",
        lambda s, k: (s.dZ[k] @ s.W[k].T).sum(axis=1, keepdims=True),
    )
    yield Line(
        "weight",
        "early-reduction",
        "multiplies averages over the samples, where the products should be averaged",
        lambda s, k: np.outer(s.A[k].mean(axis=0), s.dZ[k].sum(axis=0)) + s.decay(k),
    )
    yield Line(
        "weight",
        "early-reduction",
        "multiplies averages over the samples, where the products should be averaged",
        lambda s, k: np.outer(s.A[k].mean(axis=0), s.dZ[k].mean(axis=0)) + s.decay(k),
    )
    yield Line(
        "weight",
        "early-reduction",
        "multiplies sums over the samples, where the products should be summed",
        lambda s, k: np.outer(s.A[k].sum(axis=0), s.dZ[k].sum(axis=0)) + s.decay(k),
    )


EARLY_REDUCTION = Kind(
    "early-reduction",
    "Right with one sample, wrong with several; a weight gradient has rank one.",
    "Averages over the batch are multiplied, where the products should be averaged.",
    "dW = np.outer(A.mean(axis=0), dZ.mean(axis=0))",
    "dW = A.T @ dZ / N",
    "Multiply sample by sample first, reduce over the batch last: a mean of products is not a "
    "product of means.",
    lines=tuple(_early_reduction_lines()),
)
