"""What an error that no kind explains looks like: confined, of rank one, in proportion by rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..tree import Array
from .suspect import Suspect, listed


def facts(s: Suspect, right: Mapping[str, Array]) -> str:
    """What can be said about an error that no row explains; right: the other blocks' gradients."""
    same = [name for name, g in right.items() if np.array_equal(g, s.g) and np.any(g)]
    told = [f"number by number the gradient of {name}, which is right there" for name in same[:1]]
    ratio = _ratio(s)
    pattern, wrong = s.evidence.location.pattern, s.evidence.location.wrong
    solved = s.solve(s.g) if np.any(s.g) else None
    if solved is not None and s.near(s.g * solved[0][0]) and solved[0][0]:
        told.append(f"every entry is {_times(1 / solved[0][0])} times the right one")
    elif ratio is not None and s.size > 1:
        told.append(f"every slope is {_times(ratio)} times the right one")
    if pattern.startswith(("row", "column", "slice")):
        told.append(f"the error is confined to {pattern}")
    elif pattern == "entries" and s.evidence.location.complete and len(wrong) < s.size:
        told.append(f"wrong in {listed(wrong)}, right everywhere else")
    truth = s.truth
    if truth is not None and not told:
        told += _shape_of_error(s.g, truth)
    if s.g.ndim == 2 and min(s.shape) > 2 and s.size <= 10**6:
        singular = np.linalg.svd(s.g, compute_uv=False)
        if singular[0] and singular[1] <= 1e-12 * singular[0]:
            told.append("the gradient has rank one, as from a single sample or from averages")
    return "; ".join(told)


def _ratio(s: Suspect) -> float | None:
    """The ratio that all slopes share, unless they differ from one another as much as from 1."""
    middle = s.evidence.ratio_of_slopes
    pairs = [(slope.analytic, slope.judgement.numerical) for slope in s.evidence.slopes]
    ratios = [analytic / numerical for analytic, numerical in pairs if numerical]
    apart = middle is not None and all(abs(r - middle) < 0.1 * abs(middle - 1) for r in ratios)
    return middle if apart else None


def _times(ratio: float) -> str:
    """A factor in six digits; but one that is not 1 never reads 1."""
    told = f"{ratio:.6g}"
    return told if told != "1" or ratio == 1 else f"1{ratio - 1:+.2g}"


def _shape_of_error(g: Array, truth: Array) -> list[str]:
    error = g - truth
    size = float(np.max(np.abs(truth))) or 1.0
    told = []
    if np.ptp(error) <= min(1e-6 * size, 1e-2 * np.max(np.abs(error))) and error.size > 2:
        told.append(f"every entry is off by the same {error.flat[0]:+.6g}")
    if g.ndim == 2 and min(g.shape) > 1:
        with np.errstate(all="ignore"):
            ratio = g / truth
        for axis, what in ((0, "column"), (1, "row")):
            if not np.all(np.isfinite(ratio)):
                break
            same = np.ptp(ratio, axis=axis) <= 1e-5 * np.max(np.abs(ratio), axis=axis)
            if not np.all(same):
                continue
            off = np.flatnonzero(np.max(np.abs(ratio - 1), axis=axis) > 1e-5)
            if not len(off):
                continue
            if len(off) == 1:
                times = _times(ratio.take(off[0], axis=1 - axis)[0])
                told.append(f"{what} {off[0]} is {times} times the right one, and no other")
            elif 2 * len(off) > len(same):
                told.append(f"each {what} is wrong by a factor of its own")
            else:
                told.append(f"{len(off)} {what}s are wrong, each by a factor of its own")
    if np.all(truth[g == 0] == 0) and np.any(g == 0):
        told.append("zero where the right gradient is zero")
    return told
