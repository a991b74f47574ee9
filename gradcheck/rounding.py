"""How exact is the analytic gradient itself? An array of float64 may hold what float32 computed.

Sums of float32 in np.zeros(shape), lists, JSON and casts on the way carry the rounding of float32
into float64; a difference of large numbers carries more than that of float64.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from .evidence import Evidence
from .gradients import Analytic
from .numerical import ODD
from .objective import Line
from .pieces import PIECE, norm, pieces
from .point import Point
from .tree import Array

READINGS = 8
CLOSE = 2.0**-44  # of the parameters' length: less than float32 can tell apart ...
WIDE = 2.0**-16  # ... and more than that, over which a smooth gradient curves by 1e-14
FINER = (2.0**-19, 2.0**-22)  # of one that curves more: as far as float32 tells places apart
WIDELY = 12  # readings there: of their nine differences a kink spoils three
CURVES = 30.0  # times as much as at finer places: no rounding, which is the same there
KNOWN = 0.1  # of itself, by which a slope may be uncertain that is known
SINGLE = 2.0**-20  # of the largest entry: more than float32 alone brings
RESTS = 0.1  # of what it moves by there: a gradient that moves less does not move
ORDER = 3  # of the differences that are noise alone
ORDERS = (3, 5)  # the same between wide places
NOISY = 100.0  # times the rounding of its value: a loss in which digits cancel, as in a gradient
DIGITS = 16  # a number of so few binary digits may be exact in float32 by chance

Read = Callable[[], Sequence[Analytic] | None]


def of_gradients(
    point: Point, evidence: Mapping[int, Evidence], read: Read | None
) -> dict[int, Analytic]:
    """The gradients that may be off by their own rounding alone, with what is found of that.

    read    the gradients at the present values of the parameters, None where they fail there; or
            None where they are given
    Cost    none unless all slopes of a block are as close as float32 rounds, or the loss is noisy,
            and its gradient may be; then 20 readings, each after a call of the loss; 44 where the
            gradient changes quickly
    """
    near = [i for i, found in evidence.items() if point.may_be_rounding(i, found)]
    asked = {i: evidence[i].analytic for i in near}
    told: dict[int, Analytic] = {}
    if read is not None and not any(block.narrow for block in point.blocks):
        if point.noise.sigma > NOISY * point.noise.eps * abs(point.noise.loss):
            fitting = {i: found for i, found in evidence.items() if found.analytic.fits}
            asked |= {i: found.analytic for i, found in fitting.items() if found.disputed}
        told = _measured(point, asked, read, {i for i in asked if _is_known(evidence[i])})
    rest = [i for i in near if i not in told]
    of_single = bool(rest) and any(is_single(block.values) for block in point.blocks)
    rounded = {i: asked[i].single for i in rest if of_single or is_single(asked[i].values)}
    return asked | told | rounded


def is_single(values: Array) -> bool:
    """Is every value one of float32, and some of them by no chance: are the last digits in use?"""
    long = False
    for at in pieces(values.shape):
        part = np.asarray(values[at])
        with np.errstate(over="ignore"):
            narrow = part.astype(np.float32)
        if not np.array_equal(narrow, part):
            return False
        mantissa, _ = np.frexp(part)
        long = long or bool(np.any(np.ldexp(mantissa, DIGITS) % 1))
    return long


def _is_known(evidence: Evidence) -> bool:
    """Do differences of the loss tell its slopes? Those of a chaotic one tell nothing."""
    return all(j.error <= KNOWN * abs(j.numerical) for j in evidence.judgements)


def _measured(
    point: Point, analytic: Mapping[int, Analytic], read: Read, known: Collection[int]
) -> dict[int, Analytic]:
    """The rounding of gradients that move with the parameters, by readings there.

    Those of float32 rest at close places, and move between wide ones. Where float32 brings only a
    factor the rest of the gradient moves at close ones, too: its rounding shows at wide ones alone.
    It is as large at finer ones; what is not is how a gradient curves that changes quickly. Where
    the slope of the loss is not `known` that curves as well, and no difference tells it.
    """
    if not analytic:
        return {}
    line = Line(point.objective, point.everywhere(point.own(len(point.blocks))))
    try:
        with line:
            near = _read_at(line, read, analytic, [CLOSE * ODD * k for k in range(READINGS)])
            far = _read_at(line, read, analytic, _spread(WIDE))
            wider = {i: _noise(rows) for i, rows in far.items()}
            for width in FINER:
                large = [i for i in known if wider[i] > SINGLE * np.max(np.abs(near[i][0]))]
                if not large:
                    break
                finer = _read_at(line, read, large, _spread(width))
                for i, noise in ((i, _noise(rows)) for i, rows in finer.items()):
                    wider[i] = noise if CURVES * noise < wider[i] else wider[i]
    except _Fails:
        return {}
    finally:
        line.rest()
    told = {}
    for i, rows in near.items():
        due = norm(far[i][-1] - rows[0]) * CLOSE / (WIDE * WIDELY)
        rests = sum(norm(b - a) < RESTS * due for a, b in itertools.pairwise(rows))
        if rests > READINGS // 2:
            told[i] = analytic[i].single
        elif due:
            squares = np.mean(np.diff(rows, ORDER, axis=0) ** 2, axis=0)
            sigma = math.sqrt(np.max(squares) / math.comb(2 * ORDER, ORDER))
            told[i] = replace(analytic[i], floor=max(2 * sigma, 2 * wider[i], analytic[i].floor))
    return told


class _Fails(Exception):
    """The gradients fail at a place beside the given one."""


def _spread(width: float) -> list[float]:
    return [width * ODD * k for k in range(1, WIDELY + 1)]


def _read_at(
    line: Line, read: Read, blocks: Iterable[int], places: Sequence[float]
) -> dict[int, list[Array]]:
    """The gradients of these blocks at the places, of large ones a part."""
    found: dict[int, list[Array]] = {i: [] for i in blocks}
    for t in places:
        line.place(t)
        there = read()
        if there is None:
            raise _Fails
        for i, rows in found.items():
            flat = there[i].values.reshape(-1)
            rows.append(flat[:: 1 + flat.size // PIECE].copy())
    return found


def _noise(rows: Sequence[Array]) -> float:
    """The size of what is noise in readings at even distances.

    By differences of two orders: a kink spoils few of the lower ones, a curve that has a period
    few digits of the higher ones.
    """
    sizes = []
    for order in ORDERS:
        ends = np.max(np.abs(np.diff(rows, order, axis=0)), axis=1)
        sizes.append(float(np.median(ends)) / math.sqrt(math.comb(2 * order, order)))
    return min(sizes)
