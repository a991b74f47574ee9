"""Where blocks disagree: does the step do more than subtract rate * gradient?"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..evidence import Evidence
from ..influence import value
from ..objective import standing
from ..penalty import penalty
from ..pieces import rms
from ..point import Point
from ..report import Finding
from ..tree import Array
from .experiment import MOST, NEAR, STATE
from .moves import NUDGE
from .readings import left_over, listed, one_size, part_of_one_size
from .step import Step

LATER = "the loss is that of the parameters after their update"
Judged = dict[int, Evidence]


def explained(step: Step, point: Point, evidence: Judged) -> Judged:
    """The evidence to put in the place of what the step explains; its findings and notes grow."""
    wrong = [i for i, e in evidence.items() if e.verdict == "disagrees"]
    if not wrong:
        return {}
    found = _first_that_explains(step, point, evidence, wrong)
    return _by_stored(step, point, wrong) or found if step.opaque else found


def clips(step: Step, point: Point, evidence: Judged) -> Judged:
    """As `explained`, at another point: a gradient may be clipped there, or weights decay.

    Those that are zero at the given one do not.
    """
    wrong = [i for i, e in evidence.items() if e.verdict == "disagrees" and not e.unmoved]
    if not wrong or step.opaque:
        return {}
    for explanation in (_clipped, _cut, _decayed):
        explained = explanation(step, point, evidence, wrong)
        if explained:
            return explained
    return {}


def _first_that_explains(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    if step.opaque == STATE and _some_agree(evidence):  # at its beginning, the state is none
        step.opaque = ""
    if step.opaque:
        return {i: evidence[i].undecidable() for i in wrong}
    for explanation in (
        _from_the_start,
        _of_later,
        _alternating,
        _signs,
        _averaged,
        _decayed,
        _clipped,
        _cut,
        _most_signs,
        _factors,
    ):
        explained = explanation(step, point, evidence, wrong)
        if explained:
            return explained
    return {}


def _by_stored(step: Step, point: Point, wrong: list[int]) -> Judged:
    """What hides in the step may lie open beside the parameters: their stored gradients.

    They are believed where one of them agrees.
    """
    value(point.objective)
    stored = step.left_by_step()
    if stored is None:
        return {}
    found = {i: point.with_analytic(i, stored[i]) for i in wrong}
    if not _some_agree(found):
        return {}
    for i, e in found.items():
        point.analytic[i] = e.analytic
    step.notes.append(
        "The step does not show its gradients; those that it leaves stored beside "
        f"{listed([step.blocks[i].name for i in wrong])} were checked instead."
    )
    return found


def _from_the_start(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Does the step need what the loss was given, and not what it leaves? Cost: 1 step, or 2.

    As a list of samples that both shuffle in its place. A step may as well need what the loss
    has left: the reading is believed that more blocks agree with.
    """
    step.way.afresh = True
    readings = step.read()
    found = {i: point.with_analytic(i, readings[i]) for i in wrong}
    if all(e.verdict != "agrees" for e in found.values()):
        step.way.afresh = False
        return {}
    point.analytic = readings
    return {i: point.with_analytic(i, readings[i]) for i in evidence}


def _of_later(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Is the loss that of the parameters after their update?

    Then its slope is that of the loss there, along what the update makes of a direction.
    Cost    2 evaluations, 4 steps
    """
    if not all(analytic.fits for analytic in point.analytic):
        return {}
    rng, rate = np.random.default_rng(0), step.rate.value
    homes, put_back = [block.values.copy() for block in step.blocks], standing(step.blocks)
    along = [rng.normal(size=home.shape) * (rms(home) or 1.0) for home in homes]

    def stand(places: Sequence[Array]) -> list[Array]:
        for block, place in zip(step.blocks, places, strict=True):
            block.values[...] = place
            block.publish()
        return step.moves(rate)

    try:
        losses, moves = [], []
        for t in (NUDGE, -NUDGE):
            moves.append(stand([h + t * a for h, a in zip(homes, along, strict=True)]))
            losses.append(point.objective())
        here = stand(homes)
        there = stand([h - m for h, m in zip(homes, here, strict=True)])
    finally:
        put_back()
    become = [a - (m - n) / (2 * NUDGE) for a, m, n in zip(along, *moves, strict=True)]
    slope = (losses[0] - losses[1]) / (2 * NUDGE)
    terms = np.array([np.sum(m * b) for m, b in zip(there, become, strict=True)]) / rate
    plain = sum(float(np.sum(m * a)) for m, a in zip(here, along, strict=True)) / rate
    off, much = abs(slope - terms.sum()), 1e-5 * np.abs(terms).sum()
    if off > much or abs(slope - plain) < 10 * max(off, much):
        return {}
    step.opaque = "computes its loss after the update"
    step.not_plain(
        LATER,
        "Its slope along a direction is that of the gradient there, along what one update "
        "makes of the direction.",
        "Take the loss that the update is made for, which is computed before it.",
    )
    return {i: evidence[i].undecidable() for i in wrong}


def _alternating(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Are blocks updated in turn, each by its gradient where those before it stand then?

    As in alternating least squares; not where only the backward pass sees what is updated.
    Cost    1 step, and 2 evaluations for each pair of blocks
    """
    moved = [i for i in evidence if i not in wrong]
    if not moved or not all(analytic.fits for analytic in point.analytic):
        return {}
    homes, put_back = [block.values.copy() for block in step.blocks], standing(step.blocks)
    moves = step.moves(step.rate.value)
    rng, open_still = np.random.default_rng(0), list(wrong)

    def is_gradient(i: int) -> bool:
        along = rng.normal(size=homes[i].shape) * (rms(homes[i]) or 1.0)
        losses = []
        for t in (NUDGE, -NUDGE):
            for k, block in enumerate(step.blocks):
                block.values[...] = homes[k] - moves[k] if k in moved else homes[k]
            step.blocks[i].values[...] = homes[i] + t * along
            for block in step.blocks:
                block.publish()
            losses.append(point.objective())
        terms = moves[i] * along / step.rate.value
        slope = (losses[0] - losses[1]) / (2 * NUDGE)
        return abs(slope - float(np.sum(terms))) <= 1e-5 * float(np.sum(np.abs(terms)))

    try:
        while found := [i for i in open_still if is_gradient(i) and is_gradient(i)]:
            moved += found[:1]
            open_still.remove(found[0])
    finally:
        put_back()
    if open_still:
        return {}
    step.findings = [f for f in step.findings if f.kind != "updated-weights-used"]
    names = listed([step.blocks[i].name for i in wrong])
    step.opaque = "updates blocks in turn"
    step.not_plain(
        f"the blocks are updated in turn, and the gradient of {names} is that of the loss "
        "where those before stand after their update",
        "Its slope along a direction is that of the reading there.",
        "Nothing is wrong with it; pass the gradients (grads=...) to check all at one point.",
    )
    return {i: evidence[i].undecidable() for i in wrong}


def _signs(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Adam, RMSprop, Adagrad and signs: a first step moves all entries by one amount."""
    readings = [a.values for a in point.analytic]
    return _of_one_size(step, evidence, wrong, readings) if one_size(readings) else {}


def _most_signs(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """The same of most entries, beside weight decay perhaps, as AdamW has it."""
    readings = [a.values for a in point.analytic]
    if one_size(readings, MOST):
        return _of_one_size(step, evidence, wrong, readings)
    readings = _undecayed(step, point)
    if not one_size(readings, MOST):
        return {}
    return _of_one_size(step, evidence, wrong, readings, ", and shrinks the parameters")


def _of_one_size(
    step: Step,
    evidence: Judged,
    wrong: list[int],
    readings: Sequence[Array],
    more: str = "",
) -> Judged:
    sizes = np.concatenate([np.abs(reading).ravel() for reading in readings])
    step.opaque = "moves every entry by the same amount"
    step.not_plain(
        f"it moves every entry by the same amount, {step.rate.value * np.max(sizes):.4g}, as "
        f"a first step of Adam, RMSprop or Adagrad does{more}",
        f"The moves of {part_of_one_size(sizes):.0%} of {len(sizes)} entries differ by less "
        "than 2 %.",
        "Pass a step of plain gradient descent, or the gradients themselves (grads=...).",
    )
    return {i: evidence[i].undecidable() for i in wrong}


def _undecayed(step: Step, point: Point) -> list[Array]:
    """The readings without the multiple of the parameters that they change by when these do.

    Of each block; a gradient changes otherwise.
    Cost    2 evaluations, 1 step
    """
    here = [a.values for a in point.analytic]
    homes = [block.values.copy() for block in step.blocks]
    with point.moved(NEAR) as elsewhere:
        if elsewhere is None:
            return here
        value(point.objective)
        point.objective.redraw()
        found = []
        for block, home, a, b in zip(step.blocks, homes, here, step.read(), strict=True):
            decay = float(np.median((b.values - a) / (block.values - home)))
            found.append(a - decay * home)
    return found


def _averaged(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Momentum as an average, v = mu v + (1 - mu) g: then its readings lack 1 / (1 - mu)."""
    if step.way.momentum is None:
        return {}
    factor = 1 - step.way.momentum
    mended = [
        replace(a, values=a.values / factor) if i in step.way.driven else a
        for i, a in enumerate(point.analytic)
    ]
    off = step.way.driven.intersection(wrong)
    again = {i: point.with_analytic(i, mended[i]) for i in off}
    if not off or sum(e.verdict == "agrees" for e in again.values()) < len(off) / 2:
        return {}
    step.way.factor = factor
    point.analytic = mended
    return {i: point.with_analytic(i, mended[i]) for i in evidence}


def _decayed(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Weight decay: what is left over is a multiple of the parameters, or of those it moves."""
    found: dict[int, tuple[float, float, Evidence]] = {}
    for i in wrong:
        decaying = np.where(point.analytic[i].values, step.blocks[i].values, 0.0)
        rows = left_over(evidence[i], decaying)
        left, along, error = min(rows, key=lambda row: row[2] / abs(row[1]), default=(0, 1, 0))
        decay = left / along
        if decay < 0:  # a step that lets weights grow lacks the penalty of the loss
            continue
        # the decay was fitted to a slope that it explains, to its error
        doubt = error / abs(along)
        mended = replace(
            point.analytic[i],
            values=point.analytic[i].values - decay * decaying,
            floor=point.analytic[i].floor + doubt * point.sizes[i],
        )
        before, point.analytic[i] = point.analytic[i], mended
        again = point.examine(i)
        point.analytic[i] = before
        if again.verdict == "agrees":
            found[i] = decay, doubt, again
    if all(step.blocks[i].size == 1 for i in found):  # one number is a multiple of any other
        return {}
    decays = [decay for decay, _, _ in found.values()]
    if max(decays) - min(decays) > 1e-3 * max(map(abs, decays)):
        return {}
    held = {i: penalty(point.objective, step.blocks, i) for i in found}
    if in_loss := [lam for lam in held.values() if lam]:
        _too_strong(step, [step.blocks[i].name for i in found], in_loss[0], decays[0])
        return {}
    step.way.decay = {i: (decay, doubt) for i, (decay, doubt, _) in found.items()}
    for i, (_, _, e) in found.items():
        point.analytic[i] = e.analytic
    step.not_plain(
        f"it has weight decay {np.median(decays):.4g}",
        f"What the reading of {listed([step.blocks[i].name for i in found])} is off by is "
        "that multiple of the parameters; without it they agree.",
        "If the loss should contain this penalty, add it there; else nothing is wrong."
        if 0.0 in held.values()
        else "If the loss should contain this penalty, add it there. If it does already, which "
        "cannot be told here, that of the step is too strong.",
    )
    return {i: e for i, (_, _, e) in found.items()}


def _too_strong(step: Step, names: Sequence[str], penalised: float, decay: float) -> None:
    step.findings.append(
        Finding(
            kind="regulariser",
            sentence=f"The step shrinks {listed(names)} by the rate times "
            f"{penalised + decay:.4g}; the penalty of the loss makes that {penalised:.4g}.",
            block=names[0],
            evidence="The loss grows with the squares of the parameters by that factor, half "
            "of it each; what the reading is off by is a multiple of them.",
            advice="Take the same factor in both: lam / 2 * W**2 has the derivative lam * W, "
            "and what divides the one, as a number of samples, divides the other.",
        )
    )


def _common(evidence: Judged) -> float | None:
    """The one ratio of reading and slope that all blocks share, to what is known of each."""
    ratios, doubt = [], 1e-6
    for e in evidence.values():
        for s in e.slopes:
            if abs(s.judgement.numerical) > 100 * s.judgement.error:
                ratios.append(s.analytic / s.judgement.numerical)
                doubt = max(doubt, 10 * s.judgement.error / abs(s.judgement.numerical))
            elif s.judgement.verdict == "disagrees":
                return None
        for index, j in e.location.judged.items():
            if abs(j.numerical) > 100 * j.error:
                ratios.append(float(e.analytic.values[index]) / j.numerical)
                doubt = max(doubt, 10 * j.error / abs(j.numerical))
    if not ratios or max(ratios) - min(ratios) > min(doubt, 1e-3) * abs(ratios[0]):
        return None
    return float(np.median(ratios))


def _clipped(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Clipping by norm: the length of the reading stays, where that of the gradient changes."""
    ratio = _common(evidence)
    if len(wrong) < len(evidence) or (ratio is not None and not 0 < ratio < 1):
        return {}
    with point.moved(NEAR) as elsewhere:
        if elsewhere is None:
            return {}
        value(point.objective)
        point.objective.redraw()
        both = [[a.values for a in analytic] for analytic in (point.analytic, step.read())]
    if step.same(*both):  # as that of a loss with straight pieces
        return {}
    here, there = ([float(np.linalg.norm(a)) for a in readings] for readings in both)
    together = math.isclose(math.hypot(*here), math.hypot(*there), rel_tol=1e-7)
    each = all(math.isclose(a, b, rel_tol=1e-7) for a, b in zip(here, there, strict=True))
    if not (together or each) or not any(here):
        return {}
    step.opaque = "clips the gradient"
    norm = max(here) if each else math.hypot(*here)
    step.not_plain(
        f"it clips the gradient to norm {norm:.4g}",
        "At another point the reading has the same norm.",
        "Switch the clipping off while checking; the step shows only the direction.",
    )
    if ratio is None:
        return {i: evidence[i].undecidable() for i in wrong}
    mended = {
        i: point.with_analytic(
            i, replace(point.analytic[i], values=point.analytic[i].values / ratio)
        )
        for i in wrong
    }
    return {i: e if e.verdict == "agrees" else evidence[i].undecidable() for i, e in mended.items()}


def _cut(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """Clipping by value: several entries stand at one largest size, exactly."""
    if _common(evidence) is not None:  # it is not all that is cut
        return {}
    sizes = np.concatenate([np.abs(a.values).ravel() for a in point.analytic])
    most = float(np.max(sizes, initial=0.0))
    floor = max(a.floor for a in point.analytic)
    least = most * (1 - 1e-9) - 4 * floor
    at_most = int(np.sum(sizes >= least))
    reach_it = [i for i in wrong if np.max(np.abs(point.analytic[i].values), initial=0.0) >= least]
    only = [i for i in reach_it if _only_cut_wrong(evidence[i], least)]
    # equal to the last digit in two blocks and more: no coincidence, whatever else is wrong
    cut = wrong if at_most > 2 and len(reach_it) > 1 else only
    if at_most < 2 or at_most == len(sizes) or len(cut) < len(wrong):
        return {}
    step.opaque = "clips the gradient"
    step.not_plain(
        f"it clips the entries of the gradient at {most:.4g}",
        f"{at_most} entries have exactly this size.",
        "Switch the clipping off while checking.",
    )
    return {i: evidence[i].undecidable() for i in cut}


def _only_cut_wrong(evidence: Evidence, size: float) -> bool:
    """Is all that is wrong of one size, and larger in the same direction?"""
    if not evidence.location.complete:
        return False
    for index, j in evidence.location.judged.items():
        reading = float(evidence.analytic.values[index])
        cut = abs(reading) >= size and j.numerical * math.copysign(1.0, reading) > size
        if j.verdict == "disagrees" and not cut:
            return False
    return True


def _factors(step: Step, point: Point, evidence: Judged, wrong: list[int]) -> Judged:
    """One factor for all blocks: the rate that was passed is not that of the step."""
    ratio = _common(evidence)
    if ratio is None or len(wrong) < sum(1 for a in point.analytic if np.any(a.values)):
        return {}
    if f"{ratio:.6g}" == "1":
        return {}
    rate = step.rate.value
    if ratio < 0:
        size = "" if abs(ratio + 1) <= 1e-6 else f" and {-ratio:.6g} times the size"
        step.findings.append(
            Finding(
                kind="scale" if size else "sign",
                sentence=f"All gradients have the opposite sign{size}: the updates climb the loss.",
                evidence="One common factor in all blocks.",
                advice="The updates climb the loss: flip the sign here, or use -= in the update.",
            )
        )
        return {}
    step.findings.append(
        Finding(
            kind="scale",
            sentence=f"lr: all gradients are {ratio:.6g} times the right ones; "
            f"lr={rate * ratio:.6g} would fit, got lr={rate:g}.",
            evidence="One common factor in all blocks.",
            advice="Pass the rate that the step really uses. If it is the one you passed, the "
            "gradient lacks a factor: a mean where the loss has a sum, 1/2 or 1/N.",
        )
    )
    return {}


def _some_agree(evidence: Judged) -> bool:
    """Is a gradient right that is none by chance? Then it is the gradient that the step shows."""
    agreeing = (e for e in evidence.values() if e.verdict == "agrees")
    return any(e.analytic.values.size > 1 and np.any(e.analytic.values) for e in agreeing)
