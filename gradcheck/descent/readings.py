"""Readings of steps compared: one factor, one size, a multiple of the parameters."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..evidence import Evidence
from ..tree import Array


def left_over(evidence: Evidence, values: Array) -> list[tuple[float, float, float]]:
    """What a reading has more than the slopes along directions and entries, beside the parameters.

    Each with the parameters along it, and the error.
    """
    rows = [
        (s.analytic - s.judgement.numerical, np.sum(values * s.direction), s.judgement.error)
        for s in evidence.slopes
    ]
    rows += [
        (evidence.analytic.values[index] - j.numerical, values[index], j.error)
        for index, j in evidence.location.judged.items()
    ]
    told = [(float(left), float(along), float(error)) for left, along, error in rows]
    return [row for row in told if row[1] and all(map(math.isfinite, row))]


def common_ratio(first: list[Array], second: list[Array], third: list[Array]) -> float | None:
    """The factor by which the differences of three readings shrink, if it is one for all."""
    early = np.concatenate([(b - a).ravel() for a, b in zip(first, second, strict=True)])
    late = np.concatenate([(c - b).ravel() for b, c in zip(second, third, strict=True)])
    square = float(early @ early)
    if not square:
        return None
    ratio = float(early @ late) / square
    rest = float(np.linalg.norm(late - ratio * early))
    return ratio if rest <= 1e-5 * float(np.linalg.norm(early)) else None


def factor(one: Sequence[Array], other: Sequence[Array]) -> float | None:
    """The factor that turns one reading into the other, if it is one for all entries."""
    a, b = (np.concatenate([reading.ravel() for reading in readings]) for readings in (one, other))
    square = float(a @ a)
    if not square or not math.isfinite(square):
        return None
    factor = float(a @ b) / square
    return factor if np.linalg.norm(b - factor * a) <= 1e-6 * np.linalg.norm(b) else None


def one_size(readings: Sequence[Array], part: float = 1.0) -> bool:
    """Are entries, all or a part, of the largest size, but for those that are zero?"""
    sizes = np.concatenate([np.abs(reading).ravel() for reading in readings])
    sizes = sizes[sizes > 0]
    return len(sizes) >= 4 and part_of_one_size(sizes) >= part


def part_of_one_size(sizes: Array) -> float:
    return float(np.mean(sizes >= 0.98 * np.max(sizes)))


def is_multiple(one: Array, other: Array) -> bool:
    a, b = one.ravel(), other.ravel()
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return bool(norms) and abs(float(a @ b)) > (1 - 1e-6) * norms


def listed(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
