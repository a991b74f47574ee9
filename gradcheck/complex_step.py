"""Slopes free of subtraction: the imaginary part of the loss at point + i h * direction.

Where the code of the loss is analytic, Im loss(x + ihv) / h is its slope to all digits, however
large the loss itself is (Squire & Trapp 1998; Martins, Sturdza & Alonso 2003). But much code that
runs on complex numbers is not analytic (abs, norms, conjugates), and none of that shows in the real
part. So the method must prove itself against an ordinary difference first, and it is used only to
confirm gradients that ordinary differences leave open, never to accuse one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from .direction import values_of
from .numerical import EPS64, Probe, plan_steps
from .objective import Move, Objective
from .tree import Array
from .verdict import Scale, judge

STEP = 1e-30
TRUSTED = 1e-6  # relative agreement with a difference that proves the method


class ComplexStep:
    """The complex step for one objective at one point; proved once, when first needed."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective

    def slope(self, moves: Sequence[Move]) -> float | None:
        """Slope along the moves, or None where the code does not take complex numbers.

        Cost    1 evaluation
        """
        with _bound(moves), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the code was never promised to see such numbers
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            value = self._objective.complex_value()
        return None if value is None else value.imag / STEP

    def proves_valid(self, moves: Sequence[Move], probe: Probe, size: float) -> bool:
        """Does it give the slope that differences give along all blocks together?

        Cost    1 evaluation where it cannot run, else about 10
        """
        slope = self.slope(moves)
        if slope is None or not np.isfinite(slope) or slope == 0:
            return False
        found = judge(probe, slope, plan_steps(probe, size), Scale(abs(slope), size))
        return found.verdict == "agrees" and found.resolution <= TRUSTED * abs(slope)


def error_bound(gradient: Array, direction: Array) -> float:
    """Rounding of a complex-step slope; never exceeded in the measurements."""
    products = gradient * direction
    return EPS64 * (16 * float(np.linalg.norm(products)) + 4 * abs(float(np.sum(products))))


@contextmanager
def _bound(moves: Sequence[Move]) -> Iterator[None]:
    """Bind complex copies, moved by i h * direction, in place of the blocks."""
    held = [block.slot.get() for block, _ in moves]
    try:
        for block, direction in moves:
            block.slot.set(block.values + 1j * STEP * values_of(direction, block.values))
        yield
    finally:
        for (block, _), value in zip(moves, held, strict=True):
            block.slot.set(value)
