"""The discrepancy of a block as a field of cells between -1 and 1: what pictures of it draw."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

from ..report import Block

LARGEST_MAP = 4096  # entries; beyond it single cells cannot be seen


@dataclass(frozen=True, slots=True)
class Cell:
    """value   of analytic - numerical, in units of the largest one of the block; 0 where right"""

    index: tuple[int, ...]
    value: float


def heat(block: Block) -> list[list[Cell]]:
    """Rows of cells. A vector is one row; of more than two axes the last one runs across."""
    wrong = set(block.wrong_entries)
    gaps = {
        entry.index: entry.discrepancy
        for entry in block.entries
        if entry.index in wrong and math.isfinite(entry.discrepancy)
    }
    largest = max(map(abs, gaps.values()), default=0.0) or 1.0
    *outer, across = block.shape or (1,)
    rows = [
        [(*start, column)[-len(block.shape) :] if block.shape else () for column in range(across)]
        for start in product(*map(range, outer))
    ]
    return [[Cell(index, gaps.get(index, 0.0) / largest) for index in row] for row in rows]
