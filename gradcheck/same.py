"""Are two gradients the same numbers, or the same but for one factor?"""

from __future__ import annotations

import numpy as np

from .tree import Array

SAME = 1e-8  # relative: two gradients that differ by less are the same numbers


def same(a: Array, b: Array, least: float = 0.0) -> bool:
    """Equal but for rounding; least: the size of what was summed, where that is known."""
    if a.shape != b.shape:
        return False
    size = max(float(np.max(np.abs(a), initial=least)), float(np.max(np.abs(b), initial=least)))
    return bool(np.max(np.abs(a - b), initial=0.0) <= SAME * size)


def same_number(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * max(abs(a), abs(b))


def proportion(given: Array, value: Array | None) -> float | None:
    """The factor between two arrays, if one factor explains all entries."""
    if value is None or value.shape != given.shape:
        return None
    square = float(np.sum(value * value))
    if not square or not np.any(given):
        return None if square or np.any(given) else 1.0
    factor = float(np.sum(given * value)) / square
    if abs(factor - 1) <= SAME and same(given, value):
        return 1.0
    return factor if same(given, factor * value) else None
