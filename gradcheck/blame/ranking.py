"""Of repairs that all mend, which is the slip? Of right values that all mend, which tells most?"""

from __future__ import annotations

import ast
import math
from collections.abc import Sequence

import numpy as np

from .conviction import SLOPE, Conviction
from .places import root_of
from .repair import Repair, one_a_line
from .site import harmless
from .survey import Survey

EARLY = 0.15  # an edit of what is handed on as it is, and mended further on as well
LATE = 0.5  # an edit that takes back a factor which was there before
SPOILT = 0.3  # an edit that makes another value of a true cotangent rather spoils it
TRUTH = 0.02  # for each adjoint more that stands in the mended backward pass
DESCRIBED = 5  # repairs of one fault that are looked at closely


def rank(repairs: list[Repair]) -> list[Repair]:
    repairs.sort(key=lambda r: (round(r.score, 3), r.order))
    return one_a_line(repairs)


def by_truth(repairs: list[Repair], survey: Survey) -> list[Repair]:
    """Among equals the repair behind which more values are true adjoints."""
    near, rest = repairs[:DESCRIBED], repairs[DESCRIBED:]
    if not near[0].full:
        return repairs
    most = max(repair.right for repair in near)
    for repair in near:
        repair.score += TRUTH * min(2, most - repair.right) + SPOILT * spoils(repair, survey)
        repair.score += LATE * late(repair, survey) + EARLY * early(repair, near)
    near.sort(key=lambda r: r.score)
    return near + rest


def spoils(repair: Repair, survey: Survey) -> bool:
    """Was the value a true cotangent before, and is none after, in the unit of the others?"""
    if repair.edit.kind == "swapped-gradients":
        return False  # each was right in its place
    was, is_ = (survey.label(value) for value in repair.values[-1])
    right = was is not None and was[1] == 1.0 and was[0].startswith("dL/d")
    units = (1.0, repair.unit_of_adjoints)
    return right and (
        is_ is None or not any(math.isclose(abs(is_[1]), abs(u), rel_tol=1e-3) for u in units)
    )


def late(repair: Repair, survey: Survey) -> bool:
    """Was the value a cotangent but for a factor that what it is made of had already?"""
    was, root = survey.label(repair.values[-1][0]), root_of(repair.edit.anchor, repair.unit)
    if was is None or root is None or abs(was[1] - 1) < 1e-4:
        return False
    if isinstance(root, ast.Name | ast.Attribute):
        return True  # only handed on here
    reads = [n for n in ast.walk(root) if isinstance(n, ast.Name | ast.Attribute)]
    labels = [survey.label(survey.first_value(n)) for n in reads if n is not root]
    known = [one[1] for one in labels if one is not None and one[0].startswith("dL/d")]
    return any(math.isclose(factor, was[1], rel_tol=1e-4) for factor in known)


def rank_parts(repairs: list[Repair]) -> list[Repair]:
    repairs.sort(key=lambda r: (r.score - 0.5 * r.gain, r.order))
    return one_a_line(repairs)


def early(repair: Repair, others: Sequence[Repair]) -> bool:
    """Does another one mend the same value further on: dz = da, where da is right?"""
    was = repair.values[-1][0]
    return any(
        other.order > repair.order
        and np.ndim(was) > 0
        and np.array_equal(was, other.values[-1][0])
        and np.array_equal(repair.values[-1][1], other.values[-1][1])
        for other in others
    )


def handed_on(one: Conviction, survey: Survey) -> tuple[bool, bool, int]:
    """A value that is a true cotangent lacks a step where it was handed on last: dz = da.

    A local derivative says most. A quantity of the forward pass is rather right, and made too
    little of further on; what a function of the user returns is rather wrong inside it.
    """
    is_, place = survey.label(one.before[0]), survey.trace.places[one.number][0]
    exact = is_ is not None and is_[1] == 1.0 and is_[0].startswith("dL/d")
    place = -place if exact and is_ and is_[0] != one.name else place
    outside = isinstance(one.node, ast.Call) and not harmless(one.node)
    # right at first, and wrong only for what comes back from other turns
    later = np.allclose(one.before[0], one.right[0], rtol=1e-4, atol=1e-12)
    less = later or outside or survey.known(one.number) == "forward"
    return one.name != SLOPE, less, place
