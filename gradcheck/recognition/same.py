"""Are two gradients the same numbers, or the same but for one factor?"""

from __future__ import annotations

import numpy as np

from ..tree import Array

SAME = 1e-8  # relative: two gradients that differ by less are the same numbers
FAR = 1e-12  # of the square of a gradient: what is left is much more than rounding, squared


def same(a: Array, b: Array, least: float = 0.0) -> bool:
    """Equal but for rounding; least: the size of what was summed, where that is known."""
    if a.shape != b.shape:
        return False
    if not a.size:
        return True
    size = max(float(np.abs(a).max()), float(np.abs(b).max()), least)
    return bool(np.abs(a - b).max() <= SAME * size)


def same_number(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * max(abs(a), abs(b))


def proportion(given: Array, value: Array | None) -> float | None:
    """The factor between two arrays, if one factor explains all entries."""
    if value is None or value.shape != given.shape:
        return None
    square, own = float(np.vdot(value, value)), float(np.vdot(given, given))
    if not square or not own:
        return None if square or own else 1.0
    factor = float(np.vdot(given, value)) / square
    if own - factor * factor * square > FAR * own:  # a quick look: most are nothing like it
        return None
    if abs(factor - 1) <= SAME and same(given, value):
        return 1.0
    return factor if same(given, factor * value) else None
