"""The discrepancy of a block as a field of cells between -1 and 1: what pictures of it draw."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..report import Block


@dataclass(frozen=True, slots=True)
class Cell:
    """One entry, or the worst of several neighbours.

    index   of the entry; of the first one, where none of several is wrong
    value   of analytic - numerical, in units of the largest one of the block; 0 where it is right,
            None where it was not measured
    """

    index: tuple[int, ...]
    value: float | None


@dataclass(frozen=True, slots=True)
class Heat:
    """Rows of cells. A vector is one row; of more than two axes the last one runs across.

    names           of the rows: the index of the first entry, without that of the column
    height, width   number of entries that a cell stands for, down and across
    largest         the discrepancy of the worst entry, with its sign
    """

    cells: list[list[Cell]]
    names: list[str]
    height: int
    width: int
    largest: float


def heat(block: Block, *, rows: int = 64, columns: int = 64) -> Heat | None:
    """At most so many rows and columns; None where nothing wrong was measured entry by entry."""
    if block.verdict != "disagrees" or block.size < 2:
        return None
    across = block.shape[-1]
    down = block.size // across
    height, width = math.ceil(down / rows), math.ceil(across / columns)
    known = set(block.wrong_entries)
    worst: dict[tuple[int, int], tuple[float, tuple[int, ...]]] = {}
    measured = set()
    for entry in block.entries:
        flat = 0
        for i, n in zip(entry.index, block.shape, strict=True):
            flat = flat * n + i
        place = flat // across // height, flat % across // width
        measured.add(place)
        gap = entry.discrepancy
        wrong = entry.index in known if known else abs(gap) > entry.error
        if wrong and math.isfinite(gap) and abs(gap) > abs(worst.get(place, (0.0,))[0]):
            worst[place] = gap, entry.index
    if not worst:
        return None
    largest = max((gap for gap, _ in worst.values()), key=abs)
    cells = []
    for top in range(0, down, height):
        row = []
        for left in range(0, across, width):
            place = top // height, left // width
            gap, index = worst.get(place, (0.0, _index(top * across + left, block.shape)))
            # where all wrong entries are listed, the others are right
            value = gap / abs(largest) if known or place in measured else None
            row.append(Cell(index, value))
        cells.append(row)
    tops = (_index(top * across, block.shape)[:-1] for top in range(0, down, height))
    names = [", ".join(map(str, top)) for top in tops]
    return Heat(cells, names, height, width, largest)


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    index = []
    for n in reversed(shape):
        flat, i = divmod(flat, n)
        index.append(i)
    return tuple(reversed(index))
