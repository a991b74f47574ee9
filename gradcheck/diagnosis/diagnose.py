"""What kind of mistake is it? Every kind is a row; it is told only when its correction is right.

A row's repairs make a corrected gradient out of what is visible: the gradients, the parameters,
sizes and numbers in reach. A repair that agrees with everything measured, and then with the loss
along a fresh direction, names the kind. What no row explains is `unknown`, with the facts.

Cost    2 to 4 evaluations for each block that a repair explains, 10 to 20 to try all repairs at a
        second point; none for repairs that fail, none when every block agrees
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace

from .. import origin
from ..evidence import Evidence
from ..kinds import KINDS
from ..objective import BudgetSpent
from ..point import Point
from ..recognition.context import Context
from ..recognition.trail import Trail, rerun
from ..report import Finding, Role
from .case import Case, Read, in_words
from .lines import read_lines
from .repairs import ROUNDED, exchanged, give_up, is_little, misshapen, one_by_one, together


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a report says about the blocks that disagree."""

    findings: tuple[Finding, ...] = ()
    roles: dict[int, Role] = field(default_factory=dict)


def diagnose(
    point: Point,
    evidence: dict[int, Evidence],
    context: Context,
    elsewhere: Read | None = None,
    afresh: Callable[[], None] | None = None,
) -> Diagnosis:
    """Roles and findings for the blocks that disagree.

    elsewhere   reads the analytic gradients at a moved point, where they can be called
    afresh      puts back all that the user's code had kept before the first call
    """
    refuted: Collection[int] = frozenset()
    while True:
        case = Case(point, evidence, context, elsewhere, refuted)
        late: tuple[Finding, ...] = ()
        try:
            trail = explain(case)
            if case.later:
                late = later(case, afresh)
            verified = holds(case, trail)
            found = set() if verified or trail else case.refuted_elsewhere()
        except BudgetSpent:
            return Diagnosis(tuple(case.findings), case.roles)
        if found <= set(refuted):
            break
        refuted = found | set(refuted)
    findings = (*case.findings, *late)
    if verified:
        findings = tuple(replace(finding, verified=True) for finding in findings)
    return Diagnosis(findings, case.roles)


def explain(case: Case) -> Trail | None:
    """Explain the blocks that disagree, cause by cause, nearest the loss first."""
    exchanged(case)
    misshapen(case)
    trail = read_lines(case) if "wrong" in case.states else None
    for _ in range(len(case.suspects)):
        causes = origin.causes(case.layers, case.states)
        for i, role in origin.roles(causes).items():
            case.roles.setdefault(i, role)
        cause = next((c for c in causes if not set(c.origin) <= case.unexplained), None)
        if cause is None:
            break
        if not (together(case, cause) or one_by_one(case, cause)):
            give_up(case, cause)
    return trail


def holds(case: Case, trail: Trail | None) -> bool:
    """Is everything explained, and do the corrections hold at a second point too?"""
    if case.later or case.unexplained or "wrong" in case.states or not case.findings:
        return False
    if not case.mends:
        return True  # the lines were looked at there already
    with case.corrected() as found:
        if found is None:
            return True
        there, grads, params = found
        if trail is not None:
            return rerun(trail, params, grads, mended=True)
        return there.together() is not None


def later(case: Case, afresh: Callable[[], None] | None) -> tuple[Finding, ...]:
    """Blocks that are right at the given point and wrong at the second: is something kept?"""
    names = in_words([case.suspects[i].name for i in case.later])
    sentence = f"{names}: right in the first call, wrong in a later one at other parameters."
    first = case.suspects[case.later[0]].name
    with case.moved() as there:
        if there is None or case.elsewhere is None or afresh is None:
            return ()
        seen_again = there.together() is None
        afresh()
        there.analytic = case.elsewhere()
        right = there.together() is not None
    if not (seen_again and right):
        told = "Not by what earlier calls left behind." if seen_again else ""
        sentence = f"{names}: right at the given parameters, wrong at others near them."
        advice = ROUNDED if is_little(case, case.later) else KINDS["unknown"].advice
        return (Finding("unknown", sentence, first, told, advice),)
    told = (
        "With all that earlier calls left behind put back, the same call gives the right gradient."
    )
    return (
        Finding("stale-buffer", sentence, first, told, KINDS["stale-buffer"].advice, verified=True),
    )
