"""Corrections of single blocks, made from gradients and parameters alone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from .. import origin
from ..kinds import KINDS, Shown
from ..origin import Cause
from .case import Case
from .facts import facts
from .suspect import Repair, Suspect

ROUNDED = (
    "The error is as small as the rounding of float32: look for a cast to it on the way, of the "
    "inputs, a mask or a buffer, or for a solver, sum or integral that stops early. If that is "
    "meant, no other mistake is as large."
)


def exchanged(case: Case) -> None:
    """Pairs of blocks that hold each other's gradient."""
    for s, other in itertools.combinations(list(case.suspects.values()), 2):
        both = case.states[s.i] == case.states[other.i] == "wrong" and s.shape == other.shape
        if not both or {s.i, other.i} & set(case.refuted) or np.array_equal(s.g, other.g):
            continue
        if not (s.fits(other.g) and other.fits(s.g)):
            continue
        cause = Cause("formula", 0, (s.i, other.i))
        case.roles.update(origin.roles([cause]))
        case.tell(cause, "swapped-gradients", "hold each other's gradient", cause.origin)
        mine, its = s.g, other.g
        case.apply(s.i, lambda grads, params, j=other.i: grads[j], its)  # type: ignore[misc]
        case.apply(other.i, lambda grads, params, i=s.i: grads[i], mine)  # type: ignore[misc]


def misshapen(case: Case) -> None:
    """Blocks that are wrong in nothing but their shape."""
    for i, s in case.suspects.items():
        told = [(k.name, k.misfit(s)) for k in KINDS.values() if k.misfit is not None]
        told = [(kind, says) for kind, says in told if says]
        if told and case.states[i] == "wrong" and s.fits(s.g):
            cause = Cause("formula", 0, (i,))
            case.roles.update(origin.roles([cause]))
            case.tell(cause, *told[0], (i,))
            case.apply(i, lambda grads, params, i=i: grads[i])  # type: ignore[misc]


def together(case: Case, cause: Cause) -> bool:
    """One factor for everything that received the cotangent? For all blocks there are?"""
    if cause.where == "unknown" and "right" not in case.states:
        cause = replace(cause, where="loss")
    if cause.where not in ("cotangent", "loss") or len(cause.blocks) < 2:
        return False
    if case.layers and all(not np.any(case.suspects[i].g) for i in cause.blocks):
        case.tell(
            cause,
            "missing-gradient",
            "is zero: nothing arrives there",
            cause.blocks,
            evidence=case.suspects[cause.origin[0]].largest(),
        )
        case.unexplained |= set(cause.blocks)
        return True
    origins = [case.suspects[i] for i in cause.origin]
    lead = max(origins, key=lambda s: (len(s.t), s.size))
    for repair in proposed(case, lead, common=True):
        factor = repair.kind, repair.says
        repairs = {lead.i: repair}
        for i in cause.blocks:
            if i == lead.i:
                continue
            for other in proposed(case, case.suspects[i], common=True):
                same = other.kind == repair.kind and _factor_of(other) == _factor_of(repair)
                if same and heals(case, i, other):
                    repairs[i] = other
                    break
        if not heals(case, lead.i, repair) or not set(cause.origin) <= repairs.keys():
            continue
        says = factor[1].split(" but for")[0]
        healed = tuple(i for i in cause.blocks if i in repairs)
        case.tell(cause, repair.kind, says, healed)
        for i, found in repairs.items():
            case.apply(i, found.mend)
        return True
    return False


def one_by_one(case: Case, cause: Cause) -> bool:
    """Each block of the origin by its own formula."""
    found: dict[int, list[Repair]] = {}
    marks: dict[int, Shown] = {}
    for i in cause.origin:
        if i in case.unexplained:
            continue
        s = case.suspects[i]
        repairs = [repair for repair in proposed(case, s) if heals(case, i, repair)]
        if repairs:
            found[i] = repairs
            continue
        looks = (look for kind in KINDS.values() for look in kind.marks)
        shown = (mark for look in looks for mark in look(case.scene, s))
        mark = next((mark for mark in shown if shows_again(case, s, mark)), None)
        lone = cause.where == "formula" or (mark and mark.kind == "missing-gradient")
        if mark is not None and lone:
            marks[i] = mark
    whole = len(found) + len(marks) == len(set(cause.origin) - case.unexplained)
    if not (found or marks) or (cause.where in ("cotangent", "loss") and not whole):
        return False
    local = replace(cause, where="formula", inherited=())
    for i, repairs in found.items():
        for rank, repair in enumerate(repairs[:3]):
            if all(repair.kind != r.kind for r in repairs[:rank]):
                case.tell(local, repair.kind, repair.says, (i,), repair.advice, rank)
    for i, repairs in found.items():
        case.apply(i, repairs[0].mend)
    for i, mark in marks.items():
        case.tell(local, mark.kind, mark.says, (i,), evidence=mark.evidence)
        case.unexplained.add(i)
    left = set(cause.origin) - found.keys() - marks.keys()
    if left:
        give_up(case, replace(cause, origin=tuple(sorted(left)), inherited=()))
    return True


def shows_again(case: Case, s: Suspect, mark: Shown) -> bool:
    """Does a mark show at a second point too, where gradients can be called there?"""
    with case.moved() as there:
        if there is None:
            return True
        values = there.analytic[s.i].values
        return values.shape == s.shape and mark.again(s.elsewhere(there, values))


def give_up(case: Case, cause: Cause) -> None:
    told = [facts(case.suspects[i], case.right) for i in cause.origin]
    clauses = [
        f"{case.suspects[i].name}: {fact}"
        for i, fact in zip(cause.origin, told, strict=True)
        if fact
    ]
    advice = ROUNDED if is_little(case, cause.origin) else ""
    case.tell(cause, "unknown", "", cause.origin, advice, evidence="; ".join(clauses))
    case.unexplained |= set(cause.origin)


def is_little(case: Case, blocks: Iterable[int]) -> bool:
    """Are these off by no more than float32 rounds?"""
    return all(case.point.may_be_rounding(i, case.suspects[i].evidence) for i in blocks)


def proposed(case: Case, s: Suspect, *, common: bool = False) -> list[Repair]:
    """Corrections of a block that the rows propose, the one that assumes least first."""
    rows = [kind for kind in KINDS.values() if kind.common or not common]
    found = [r for kind in rows for propose in kind.repairs for r in propose(case.scene, s)]
    return sorted(found, key=lambda repair: repair.assumes)


def heals(case: Case, i: int, repair: Repair) -> bool:
    if i in case.refuted:
        return False
    with np.errstate(all="ignore"):
        return case.suspects[i].fits(repair.mend(case.gradients, case.parameters))


def _factor_of(repair: Repair) -> str:
    return repair.says.split(" but for")[0].split(" (")[0]
