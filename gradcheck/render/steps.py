"""The slope of a block at many steps: which of them are told, and what they are held against."""

from __future__ import annotations

import math

from ..report import Block, Difference
from .digits import brief, decimals_of, size, slope

APART = 4.0  # factor between steps that are told, at least


def ladder(block: Block) -> list[tuple[Difference, str]]:
    """The slopes that are told of a block, far enough apart; the step planned and the one used."""
    named = {_nearest(block, block.planned): "planned"}
    used = _nearest(block, block.step)
    named[used] = "planned, used" if used in named else "used"
    rows: list[tuple[Difference, str]] = []
    for number, rung in enumerate(block.ladder):
        apart = not rows or rung.step >= APART * rows[-1][0].step
        if number in named and not apart and not rows[-1][1]:
            rows.pop()
        if number in named or apart:
            rows.append((rung, named.get(number, "")))
    return rows


def table(block: Block) -> list[list[str]]:
    """Headings, and for each step its slope, what noise can have done, and how far off it is."""
    best, _ = best_of(block)
    decimals = decimals_of([block], 14)
    rows = [["step", "numerical", "noise", "off analytic", "off best", ""]]
    for rung, mark in ladder(block):
        gaps = abs(rung.numerical - block.analytic), abs(rung.numerical - best)
        told = slope(rung.numerical, 14, decimals)
        rows.append([brief(rung.step), told, brief(rung.error), *map(size, gaps), mark])
    return rows


def heading(block: Block, joined: str) -> str:
    """What the table is held against; `joined` between a number and its error."""
    best, error = best_of(block)
    decimals = decimals_of([block], 14)
    analytic, numerical = (slope(value, 14, decimals) for value in (block.analytic, best))
    told = f"slope by step: analytic {analytic}, best numerical {numerical}"
    return joined.join([told, brief(error)])


def _nearest(block: Block, step: float) -> int:
    """The place on the ladder of this step; -1 where it is not there."""
    for number, rung in enumerate(block.ladder):
        if math.isclose(rung.step, step, rel_tol=1e-3):
            return number
    return -1


def best_of(block: Block) -> tuple[float, float]:
    """The numerical slope as well as it is known, and its error."""
    if block.best is not None and block.best_error is not None:
        return block.best, block.best_error
    return block.numerical, block.error
