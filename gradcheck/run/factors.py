"""Factors that all gradients share: of the loss, a half or a mean; of the step, its rate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from .loop import parted
from .rates import NO_RATE
from .wanted import Wanted

if TYPE_CHECKING:
    from ..report import Report

HALF = {0.5: "0.5", 2.0: "2"}  # of all gradients, which is no mistake
SHARP = 1e6  # times its error that an entry must be, to be compared


def variants(loss: str, counts: Mapping[int, str]) -> dict[float, str]:
    """A loss that is only meant, times what it may be: a half, and the mean over so many."""
    lines, text = parted(loss)
    means = {1.0: text} | {1 / n: f"{text} / {count}" for n, count in counts.items()}
    found: dict[float, str] = {}
    fronts = {1.0: "", 0.5: "0.5 * ", 2.0: "2 * "}
    for mean, told in means.items():
        for front, factor in fronts.items():
            found.setdefault(front * mean, f"{lines}{factor}{told}")
    return found


def fitted(plan: Wanted, report: Report, counts: Mapping[int, str]) -> Wanted | None:
    """The same check with the loss times what most gradients have more; None where none share it.

    That of one gradient is believed, too, if the loss is known with it; and where all have the
    opposite sign, their lengths.

    counts   as in `variants`
    """
    known = variants(plan.loss, counts)
    best: tuple[int, int, float] | None = None
    blocks = [b for b in report.blocks if b.ratio]
    turns = -1.0 if all((b.ratio or 0.0) < 0 for b in blocks) else 1.0
    blocks = [b for b in blocks if turns * (b.ratio or 0.0) > 0]
    for block in blocks:
        ratio = turns * (block.ratio or 1.0)
        factor = next((f for f in known if _same(ratio, f)), None)
        alike = [b for b in blocks if _same(turns * (b.ratio or 1.0), ratio)]
        if factor is None and len(alike) < min(2, len(report.blocks)):
            continue
        found = len(alike), sum(b.size for b in alike), factor or ratio
        best = found if best is None else max(best, found)
    if best is None:
        return None
    ratio = best[-1]
    if ratio in known:
        return replace(plan, loss=known[ratio])
    n = round(1 / ratio) if ratio < 1 else 0
    return scaled(plan, f"1 / {n}" if n and _same(n * ratio, 1.0) else _short(ratio))


def is_plain(ratio: float) -> bool:
    """Is it a half, a count, or one over a count? Any other factor may hold at one point alone."""
    parts = (ratio, 2 * ratio, 1 / ratio, 2 / ratio)
    return any(round(part) and _same(part, round(part)) for part in parts)


def by_which(before: Report, after: Report) -> float:
    """The factor by which gradients of two losses differ, of the same parameters."""
    pairs = ((a.ratio, b.ratio) for a, b in zip(before.blocks, after.blocks, strict=False))
    return next((a / b for a, b in pairs if a and b), 1.0)


def halved(
    plan: Wanted,
    report: Report,
    *,
    summed: bool = False,
    batches: bool = False,
    assumed: bool = False,
) -> Wanted | None:
    """The same check with the loss that has a half more or less; None where that is not all.

    Who writes y - t for the derivative of the squared error means half of it, whatever is printed.
    Where parameters are updated too early, all but the last layer are off by something more.

    summed    the loss was added up, sample by sample: an update by the mean is one of its mean
    batches   the gradients are added up, and perhaps divided by the number of batches
    assumed   the loss may be another: any factor of all gradients is one of the loss
    """
    wrong = [block for block in report.blocks if block.verdict == "disagrees"]
    ratios, sizes = [block.ratio for block in wrong], [block.size for block in wrong]
    if len(ratios) < sum(block.verdict != "inconclusive" for block in report.blocks):
        return None
    early = any(finding.kind == "updated-weights-used" for finding in report.findings)
    known = dict(HALF)
    parts = [1 / r for r in ratios if r and 0 < r < 1]
    counts = Counter(round(part) for part in parts if abs(part / round(part) - 1) < 1e-6)
    if batches and counts:
        count = counts.most_common(1)[0][0]
        known, early = {1 / count: f"1 / {count}"}, True
    elif summed and parts and (count := round(1 / (ratios[0] or 1.0))) > 2:
        known |= {1 / count: f"1 / {count}"}
    if assumed and ratios and (ratios[0] or 0.0) > 0:
        known.setdefault(ratios[0] or 1.0, _short(ratios[0] or 1.0))
    for ratio, text in known.items():
        off = [np.inf if r is None else abs(r / ratio - 1) for r in ratios]
        alike = sum(s for s, near in zip(sizes, off, strict=True) if near < 1e-6)
        some = early or (ratio in HALF and alike > 1)  # of others something more may be wrong
        entries = [r for r in _of_entries(report) if abs(r / ratio - 1) < 1e-5]
        fits = bool(ratios) and (min(off) if some else max(off)) < 1e-6
        if fits or (ratio in HALF and len(entries) > 2):
            return scaled(plan, text)
    return None


def rated(plan: Wanted, report: Report) -> Wanted | None:
    """The same check with another rate, where none was seen and one factor is all that is wrong."""
    ratios = [block.ratio for block in report.blocks]
    if plan.lr != NO_RATE or any(block.verdict != "disagrees" for block in report.blocks):
        return None
    known = [ratio for ratio in ratios if ratio is not None and ratio > 0]
    if len(known) < len(ratios) or max(known) / min(known) > 1 + 1e-6:
        return None
    if any(abs(ratio / known[0] - 1) > 1e-5 for ratio in _of_entries(report)):
        return None
    return replace(plan, lr=repr(float(np.median(known))))


def shared_rate(report: Report) -> str:
    """The rate that most of the steps of an update share, where a rate of 1 was taken; "" if none.

    It is a short number: few ratios are one by chance, and of one output all gradients share one.
    """
    steps = [b for b in report.blocks if b.ratio]
    found: list[tuple[int, int, str]] = []
    for one in steps:
        alike = [b for b in steps if _same(abs(b.ratio or 0.0), abs(one.ratio or 1.0))]
        best = min(alike, key=lambda b: (b.error or np.inf) / abs(b.numerical or 1.0))
        rate = _short(abs(best.ratio or 1.0))
        if float(rate) == float(f"{float(rate):.{2 + (len(alike) > 1)}g}"):
            found.append((len(alike), -len(rate), rate))
    return max(found, default=(0, 0, ""))[-1]


def scaled(plan: Wanted, factor: str) -> Wanted:
    """The same check with the loss times a factor."""
    lines, loss = parted(plan.loss)
    return replace(plan, loss=f"{lines}{factor} * ({loss})")


def turned(report: Report) -> bool:
    """Are all gradients those of the loss, with the opposite sign?"""
    ratios = [block.ratio for block in report.blocks]
    whole = all(ratio is not None and abs(ratio + 1) < 1e-6 for ratio in ratios)
    return whole and all(abs(ratio + 1) < 1e-5 for ratio in _of_entries(report))


def some_right(report: Report) -> bool:
    """Are entries right of a gradient that is wrong, and not only because they are zero?"""
    return sum(abs(ratio - 1) < 1e-6 for ratio in _of_entries(report)) > 1


def _of_entries(report: Report) -> Iterator[float]:
    """Analytic to numerical, of each entry that was measured well."""
    for block in report.blocks:
        for entry in block.entries:
            if abs(entry.numerical) > SHARP * entry.error:
                yield entry.analytic / entry.numerical


def _short(number: float) -> str:
    """It, or a number of few digits that is as good."""
    short = (float(f"{number:.{digits}g}") for digits in range(1, 7))
    return f"{next((one for one in short if _same(one, number)), number)!r}".removesuffix(".0")


def _same(one: float, other: float) -> bool:
    return abs(one / other - 1) < 1e-6
