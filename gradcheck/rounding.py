"""How exact is the analytic gradient itself? An array of float64 may hold what float32 computed.

Sums of float32 in np.zeros(shape), lists, JSON and casts on the way carry the rounding of float32
into float64; a difference of large numbers carries more than that of float64.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
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
WIDELY = 12  # readings there: of their nine differences a kink spoils three
RESTS = 0.1  # of what it moves by there: a gradient that moves less does not move
ORDER = 3  # of the differences that are noise alone
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
            and its gradient may be; then 20 readings, each after a call of the loss
    """
    near = [i for i, found in evidence.items() if point.may_be_rounding(i, found)]
    asked = {i: evidence[i].analytic for i in near}
    told: dict[int, Analytic] = {}
    if read is not None and not any(block.narrow for block in point.blocks):
        if point.noise.sigma > NOISY * point.noise.eps * abs(point.noise.loss):
            fitting = {i: found for i, found in evidence.items() if found.analytic.fits}
            asked |= {i: found.analytic for i, found in fitting.items() if found.disputed}
        told = _measured(point, asked, read)
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


def _measured(point: Point, analytic: Mapping[int, Analytic], read: Read) -> dict[int, Analytic]:
    """The rounding of gradients that move with the parameters, by readings there.

    Those of float32 rest at close places, and move between wide ones. Where float32 brings only a
    factor the rest of the gradient moves at close ones, too: its rounding shows at wide ones alone.
    """
    if not analytic:
        return {}
    readings: dict[int, list[Array]] = {i: [] for i in analytic}
    line = Line(point.objective, point.everywhere(point.own(len(point.blocks))))
    close = [CLOSE * ODD * k for k in range(READINGS)]
    wide = [WIDE * ODD * k for k in range(1, WIDELY + 1)]
    with line:
        for t in close + wide:
            line.place(t)
            there = read()
            if there is None:
                break
            for i, rows in readings.items():
                flat = there[i].values.reshape(-1)
                rows.append(flat[:: 1 + flat.size // PIECE].copy())
    line.rest()
    if there is None:
        return {}
    told = {}
    for i, rows in readings.items():
        near, far = rows[:READINGS], rows[READINGS:]
        due = norm(far[-1] - near[0]) * CLOSE / (WIDE * WIDELY)
        rests = sum(norm(b - a) < RESTS * due for a, b in itertools.pairwise(near))
        if rests > READINGS // 2:
            told[i] = analytic[i].single
        elif due:
            squares = np.mean(np.diff(near, ORDER, axis=0) ** 2, axis=0)
            sigma = math.sqrt(np.max(squares) / math.comb(2 * ORDER, ORDER))
            ends = np.max(np.abs(np.diff(far, ORDER, axis=0)), axis=1)
            wider = float(np.median(ends)) / math.sqrt(math.comb(2 * ORDER, ORDER))
            told[i] = replace(analytic[i], floor=max(2 * sigma, 2 * wider, analytic[i].floor))
    return told
