"""Of repairs that all mend, which is the slip? Of right values that all mend, which tells most?"""

from __future__ import annotations

import ast
from collections.abc import Sequence

import numpy as np

from .conviction import SLOPE, Conviction
from .objections import Rivals, score
from .repair import Repair, one_a_line
from .site import harmless
from .survey import Survey

DESCRIBED = 5  # repairs of one fault that are looked at closely


def rank(repairs: list[Repair]) -> list[Repair]:
    repairs.sort(key=lambda r: (round(r.score, 3), r.order))
    return one_a_line(repairs)


def rank_parts(repairs: list[Repair]) -> list[Repair]:
    repairs.sort(key=lambda r: (by_gain(r), r.order))
    return one_a_line(repairs)


def by_gain(repair: Repair) -> float:
    return repair.score - 0.5 * repair.gain


def by_truth(
    repairs: list[Repair], survey: Survey, convictions: Sequence[Conviction]
) -> list[Repair]:
    """Among those that mend as much the likeliest slip first: what speaks against each is added."""
    near, rest = repairs[:DESCRIBED], repairs[DESCRIBED:]
    rivals = Rivals(tuple(near), survey, convictions)
    for repair in near:
        repair.score += score(repair, rivals)
    near.sort(key=by_gain if rivals.part else lambda r: r.score)
    return near + rest


def handed_on(one: Conviction, survey: Survey) -> tuple[bool, bool, bool, int]:
    """A value that is a true cotangent lacks a step where it was handed on last: dz = da.

    A local derivative says most. A quantity of the forward pass is rather right, and made too
    little of further on; what a function of the user returns is rather wrong inside it.
    """
    is_, place = survey.label(one.before[0]), survey.trace.places[one.number][0]
    exact = is_ is not None and is_[1] == 1.0 and is_[0].startswith("dL/d")
    forward = survey.known(one.number) == "forward"
    place = -place if forward or exact else place
    outside = isinstance(one.node, ast.Call) and not harmless(one.node)
    # right at first, and wrong only for what comes back from other turns
    later = np.allclose(one.before[0], one.right[0], rtol=1e-4, atol=1e-12)
    less = later or outside or forward
    made = one.made and not survey.prime(one.node)  # of what is right: the mistake itself
    return made, one.name != SLOPE, less, place
