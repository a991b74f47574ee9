"""What kind of mistake is it? Every kind is a row; it is told only when its correction is right.

A row's repairs make a corrected gradient out of what is visible: the gradients, the parameters,
sizes and numbers in reach. A repair that agrees with everything measured, and then with the loss
along a fresh direction, names the kind. What no row explains is `unknown`, with the facts.

Cost    2 to 4 evaluations for each block that a repair explains, 10 to 20 to try all repairs at a
        second point; none for repairs that fail, none when every block agrees
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from . import origin
from .chain import Net
from .context import Context
from .decode import Trail, Way, blocks_of, decode, received, rerun, same, same_number, truth
from .direction import random_direction
from .evidence import Evidence
from .facts import facts
from .gradients import Analytic
from .kinds import KINDS, Shown
from .objective import BudgetSpent
from .origin import Cause, State
from .point import Point
from .reading import Reading, describe, in_words
from .recognise import other_data, recognise
from .report import Finding, Role
from .suspect import Mend, Repair, Scene, Suspect
from .tree import Array
from .verdict import judge

NEAR = 0.05  # how far the second point lies, in units of the size of the parameters


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a report says about the blocks that disagree."""

    findings: tuple[Finding, ...] = ()
    roles: dict[int, Role] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Doctor:
    """Explains the blocks that disagree, cause by cause, nearest the loss first."""

    def __init__(
        self,
        point: Point,
        evidence: dict[int, Evidence],
        context: Context,
        elsewhere: Callable[[], list[Analytic]] | None = None,
        refuted: Collection[int] = (),
    ) -> None:
        blocks = point.blocks
        self.elsewhere, self.refuted = elsewhere, refuted
        self.trail: Trail | None = None
        self.point, self.context = point, context
        self.suspects = {i: Suspect(point, i, found) for i, found in evidence.items()}
        self.layers = origin.layers([b.name for b in blocks], [b.shape for b in blocks])
        self.states: list[State] = [
            state_of(evidence[i]) if i in evidence else "silent" for i in range(len(blocks))
        ]
        self.mends: list[tuple[int, Mend]] = []
        self.findings: list[Finding] = []
        self.roles: dict[int, Role] = {}
        self.later = [i for i, e in evidence.items() if e.where == "a second point"]
        self.unexplained = {i for i, e in evidence.items() if e.where}

    def run(self) -> Diagnosis:
        self.exchanged()
        self.misshapen()
        if "wrong" in self.states:
            self.read_lines()
        for _ in range(len(self.suspects)):
            causes = origin.causes(self.layers, self.states)
            for i, role in origin.roles(causes).items():
                self.roles.setdefault(i, role)
            cause = next((c for c in causes if not set(c.origin) <= self.unexplained), None)
            if cause is None:
                break
            if not (self.together(cause) or self.one_by_one(cause)):
                self.give_up(cause)
        return Diagnosis(tuple(self.findings), self.roles)

    @property
    def scene(self) -> Scene:
        return Scene(self.suspects, self.layers, self.context, self.states)

    def exchanged(self) -> None:
        """Pairs of blocks that hold each other's gradient."""
        for s, other in itertools.combinations(list(self.suspects.values()), 2):
            both = self.states[s.i] == self.states[other.i] == "wrong" and s.shape == other.shape
            if not both or {s.i, other.i} & set(self.refuted) or np.array_equal(s.g, other.g):
                continue
            if not (s.fits(other.g) and other.fits(s.g)):
                continue
            cause = Cause("formula", 0, (s.i, other.i))
            self.roles.update(origin.roles([cause]))
            self.tell(cause, "swapped-gradients", "hold each other's gradient", cause.origin)
            mine, its = s.g, other.g
            self.apply(s.i, lambda grads, params, j=other.i: grads[j], its)  # type: ignore[misc]
            self.apply(other.i, lambda grads, params, i=s.i: grads[i], mine)  # type: ignore[misc]

    def misshapen(self) -> None:
        """Blocks that are wrong in nothing but their shape."""
        for i, s in self.suspects.items():
            told = [(k.name, k.misfit(s)) for k in KINDS.values() if k.misfit is not None]
            told = [(kind, says) for kind, says in told if says]
            if told and self.states[i] == "wrong" and s.fits(s.g):
                cause = Cause("formula", 0, (i,))
                self.roles.update(origin.roles([cause]))
                self.tell(cause, *told[0], (i,))
                self.apply(i, lambda grads, params, i=i: grads[i])  # type: ignore[misc]

    # -- line by line ------------------------------------------------------------------------------

    def read_lines(self) -> None:
        """Where the net behind the loss is recognised: which lines give these gradients?"""
        if self.unexplained:  # right in one call and wrong in the next: no line does that
            return
        net = recognise(self.point, self.layers, self.context)
        if net is None:
            return
        self.layers = net.layers
        params = self.parameters
        right = truth(net, params)
        outputs = net.units[-1]
        self.context = replace(
            self.context,
            known=(
                (len(net.X), "the number of samples"),
                (outputs, "the number of outputs"),
                (outputs * len(net.X), "the number of samples times that of outputs"),
            ),
        )
        if not all(s.near(right[i]) for i, s in self.suspects.items() if s.sharp):
            return
        if self.of_other_data(net, params):
            return
        rates = [x for _, x in self.context.numbers if 0 < x <= 10]
        trails = decode(net, params, self.gradients, self.named, rates)
        trails = self.lasting(trails)
        if not trails or trails[0].lost == net.depth - 1:
            return
        reading = Reading(self, trails)
        reading.tell()
        self.trail = trails[reading.lead]
        for k in range(-1 if net.table else 0, net.depth):
            choice = self.trail.choice(k)
            for step, i in blocks_of(net, k).items() if choice else ():
                due = received(self.trail, k, step)
                if due is not None and net.turned and step == "weight":
                    due = due.T
                self.read(i, choice.way(step) if choice else None, due, right[i])

    def read(self, i: int, way: Way | None, due: Array | None, right: Array) -> None:
        """What the lines say of one block: explained, or to be held against what it received."""
        if way is None or i not in self.suspects:
            return
        if way.line is None:
            if due is not None:
                self.suspects[i] = self.suspects[i].against(due.reshape(right.shape))
        elif self.states[i] == "wrong":
            self.roles.setdefault(i, "inherited")
            self.suspects[i] = self.suspects[i].with_gradient(right)
            self.states[i] = "right"

    def of_other_data(self, net: Net, params: list[Array]) -> bool:
        """Are all gradients right, but for other data than the loss is computed from?"""
        for name, other in other_data(net, self.context):
            share = len(net.X) / len(other.X)  # a mean over as many samples as there are
            for factor in (other.factor, other.factor * share):
                trained = replace(other, factor=factor)
                if not gives(trained, params, self.gradients):
                    continue
                if self.elsewhere is not None:
                    with self.point.moved(NEAR) as there:
                        if there is not None:
                            grads, moved = corrected_there(there, self.elsewhere(), [])
                            if not gives(trained, moved, grads):
                                continue
                wrong = tuple(i for i in self.suspects if self.states[i] == "wrong")
                self.findings.append(
                    Finding(
                        "loss-gradient",
                        f"The gradients are right for other data than the loss is computed from: "
                        f"for {name} ({len(other.X)} samples), not for the {len(net.X)} samples "
                        "of the loss.",
                        evidence=f"The loss is that of {describe(net)}, to its last digits; with "
                        "the other data its right gradients are yours, number by number.",
                        advice="Compute loss and gradients from the same samples, and look at "
                        "the loss of the data that is trained on.",
                    )
                )
                self.roles.update(dict.fromkeys(wrong, "origin"))
                for i in wrong:
                    self.states[i] = "right"
                return True
        return False

    def lasting(self, trails: list[Trail]) -> list[Trail]:
        """Those that give the user's gradients at a second point too."""
        if self.elsewhere is None:
            return trails
        with self.point.moved(NEAR) as there:
            if there is None:
                return trails
            grads, params = corrected_there(there, self.elsewhere(), self.mends)
            return [trail for trail in trails if rerun(trail, params, grads)]

    def named(self, factor: float) -> bool:
        return same_number(factor, -1) or self.factor(factor) is not None

    def factor(self, ratio: float) -> str | None:
        return self.context.factor(ratio, 1e-9 * abs(ratio))

    # -- one cause ---------------------------------------------------------------------------------

    def together(self, cause: Cause) -> bool:
        """One factor for everything that received the cotangent?"""
        if cause.where not in ("cotangent", "loss") or len(cause.blocks) < 2:
            return False
        if all(not np.any(self.suspects[i].g) for i in cause.blocks):
            self.tell(
                cause,
                "missing-gradient",
                "is zero: nothing arrives there",
                cause.blocks,
                evidence=self.suspects[cause.origin[0]].largest(),
            )
            self.unexplained |= set(cause.blocks)
            return True
        origins = [self.suspects[i] for i in cause.origin]
        lead = max(origins, key=lambda s: (len(s.t), s.size))
        for repair in self.repairs(lead, common=True):
            factor = repair.kind, repair.says
            repairs = {lead.i: repair}
            for i in cause.blocks:
                if i == lead.i:
                    continue
                for other in self.repairs(self.suspects[i], common=True):
                    same = other.kind == repair.kind and _factor_of(other) == _factor_of(repair)
                    if same and self.heals(i, other):
                        repairs[i] = other
                        break
            if not self.heals(lead.i, repair) or not set(cause.origin) <= repairs.keys():
                continue
            says = factor[1].split(" but for")[0]
            healed = tuple(i for i in cause.blocks if i in repairs)
            self.tell(cause, repair.kind, says, healed)
            for i, found in repairs.items():
                self.apply(i, found.mend)
            return True
        return False

    def one_by_one(self, cause: Cause) -> bool:
        """Each block of the origin by its own formula."""
        found: dict[int, list[Repair]] = {}
        marks: dict[int, Shown] = {}
        for i in cause.origin:
            if i in self.unexplained:
                continue
            s = self.suspects[i]
            repairs = [repair for repair in self.repairs(s) if self.heals(i, repair)]
            if repairs:
                found[i] = repairs
                continue
            looks = (look for kind in KINDS.values() for look in kind.marks)
            shown = (mark for look in looks for mark in look(self.scene, s))
            mark = next((mark for mark in shown if self.shows_again(s, mark)), None)
            lone = cause.where == "formula" or (mark and mark.kind == "missing-gradient")
            if mark is not None and lone:
                marks[i] = mark
        whole = len(found) + len(marks) == len(set(cause.origin) - self.unexplained)
        if not (found or marks) or (cause.where in ("cotangent", "loss") and not whole):
            return False
        local = replace(cause, where="formula", inherited=())
        for i, repairs in found.items():
            for rank, repair in enumerate(repairs[:3]):
                if all(repair.kind != r.kind for r in repairs[:rank]):
                    self.tell(local, repair.kind, repair.says, (i,), repair.advice, rank)
        for i, repairs in found.items():
            self.apply(i, repairs[0].mend)
        for i, mark in marks.items():
            self.tell(local, mark.kind, mark.says, (i,), evidence=mark.evidence)
            self.unexplained.add(i)
        left = set(cause.origin) - found.keys() - marks.keys()
        if left:
            self.give_up(replace(cause, origin=tuple(sorted(left)), inherited=()))
        return True

    def shows_again(self, s: Suspect, mark: Shown) -> bool:
        """Does a mark show at a second point too, where gradients can be called there?"""
        if self.elsewhere is None:
            return True
        with self.point.moved(NEAR) as there:
            if there is None:
                return True
            values = self.elsewhere()[s.i].values
            return values.shape == s.shape and mark.again(s.elsewhere(there, values))

    def give_up(self, cause: Cause) -> None:
        told = [facts(self.suspects[i], self.right) for i in cause.origin]
        clauses = [
            f"{self.suspects[i].name}: {fact}"
            for i, fact in zip(cause.origin, told, strict=True)
            if fact
        ]
        self.tell(cause, "unknown", "", cause.origin, evidence="; ".join(clauses))
        self.unexplained |= set(cause.origin)

    # -- repairs -----------------------------------------------------------------------------------

    @property
    def gradients(self) -> list[Array]:
        return [
            self.suspects[i].g if i in self.suspects else analytic.values
            for i, analytic in enumerate(self.point.analytic)
        ]

    @property
    def right(self) -> dict[str, Array]:
        """The gradients of the blocks that are right, by name."""
        return {
            s.name: s.g
            for i, s in self.suspects.items()
            if self.states[i] == "right" and s.size > 1
        }

    @property
    def parameters(self) -> list[Array]:
        return [np.array(block.values, dtype=float) for block in self.point.blocks]

    def refuted_elsewhere(self) -> set[int]:
        """Corrected blocks that disagree at a second point: they agreed here by coincidence."""
        if self.elsewhere is None or self.trail is not None or not self.mends:
            return set()
        with self.point.moved(NEAR) as there:
            if there is None:
                return set()
            grads, _ = corrected_there(there, self.elsewhere(), self.mends)
            return {i for i, _ in self.mends if not self.agrees_there(there, i, grads[i])}

    def agrees_there(self, there: Point, i: int, values: Array) -> bool:
        direction = random_direction(there.rng, values.shape)
        plan, _ = self.point.examined[i]
        predicted = float(np.sum(values * direction))
        found = judge(there.probe(i, direction), predicted, plan, there.scale(i, direction))
        return found.verdict != "disagrees"

    def repairs(self, s: Suspect, *, common: bool = False) -> list[Repair]:
        """Corrections of a block that the rows propose, the one that assumes least first."""
        rows = [kind for kind in KINDS.values() if kind.common or not common]
        found = [r for kind in rows for propose in kind.repairs for r in propose(self.scene, s)]
        return sorted(found, key=lambda repair: repair.assumes)

    def heals(self, i: int, repair: Repair) -> bool:
        if i in self.refuted:
            return False
        with np.errstate(all="ignore"):
            return self.suspects[i].fits(repair.mend(self.gradients, self.parameters))

    def apply(self, i: int, mend: Mend, values: Array | None = None) -> None:
        if values is None:
            values = mend(self.gradients, self.parameters)
        self.suspects[i] = self.suspects[i].with_gradient(values)
        self.states[i] = "right"
        self.mends.append((i, mend))

    def holds(self) -> bool:
        """Is everything explained, and do the corrections hold at a second point too?"""
        if self.later or self.unexplained or "wrong" in self.states or not self.findings:
            return False
        if self.elsewhere is None or not self.mends:
            return True  # `lasting` has looked at the lines already
        with self.point.moved(NEAR) as there:
            if there is None:
                return True
            grads, params = corrected_there(there, self.elsewhere(), self.mends)
            if self.trail is not None:
                return rerun(self.trail, params, grads, mended=True)
            return there.together() is not None

    # -- words -------------------------------------------------------------------------------------

    def tell(
        self,
        cause: Cause,
        kind: str,
        says: str,
        healed: Sequence[int],
        advice: str = "",
        rank: int = 0,
        evidence: str = "",
    ) -> None:
        names = [self.suspects[i].name for i in healed]
        subject = self.subject(cause, names)
        row = KINDS[kind]
        if kind == "unknown":
            sentence = f"{subject} is wrong in a way that no known kind explains."
        else:
            sentence = f"{subject} {says}."
        if cause.where == "cotangent" and self.layers:
            above = self.layer_name(cause.layer + 1)
            here = self.layer_name(cause.layer)
            place = f"Look at the first line of {here}, and at what {above} passes down to it."
        elif cause.where == "loss":
            place = "Look at the gradient of the loss by the output, where backpropagation starts."
        else:
            place = ""
        if not evidence and kind != "unknown":
            evidence = (
                f"So corrected, {in_words(names)} agree{'s' if len(names) == 1 else ''} with "
            )
            evidence += "the loss to the numerical error."
        self.findings.append(
            Finding(
                kind=kind,
                sentence=sentence[0].upper() + sentence[1:]
                if cause.where != "formula"
                else sentence,
                block=names[0] if cause.where == "formula" and len(names) == 1 else "",
                evidence=evidence,
                advice=" ".join(filter(None, (place, advice or row.advice))),
                instead=rank > 0,
            )
        )

    def subject(self, cause: Cause, names: Sequence[str]) -> str:
        if cause.where == "loss" and self.layers:
            return "the gradient that the loss hands to the net"
        if cause.where == "cotangent":
            return f"what reaches {self.layer_name(cause.layer)}"
        return in_words(names)

    def layer_name(self, k: int) -> str:
        assert self.layers is not None
        if not 0 <= k < len(self.layers):
            return "the loss"
        block = self.point.blocks[self.layers[k][0]]
        name = block.layer or block.name
        return f"layer {name}" if name.isdigit() else name


def gives(net: Net, params: list[Array], grads: list[Array]) -> bool:
    """Are these the right gradients of this net?"""
    with np.errstate(all="ignore"):
        right = truth(net, params)
    return all(same(grads[i], values) for i, values in right.items())


def _factor_of(repair: Repair) -> str:
    return repair.says.split(" but for")[0].split(" (")[0]


def state_of(evidence: Evidence) -> State:
    if evidence.verdict == "disagrees":
        return "wrong"
    still = not np.any(evidence.analytic.values)
    return "silent" if evidence.verdict == "inconclusive" or still else "right"


def diagnose(
    point: Point,
    evidence: dict[int, Evidence],
    context: Context,
    elsewhere: Callable[[], list[Analytic]] | None = None,
    afresh: Callable[[], None] | None = None,
) -> Diagnosis:
    """Roles and findings for the blocks that disagree.

    elsewhere   reads the analytic gradients at a moved point, where they can be called
    afresh      puts back all that the user's code had kept before the first call
    """
    refuted: set[int] = set()
    while True:
        doctor = Doctor(point, evidence, context, elsewhere, refuted)
        try:
            told = doctor.run()
            if doctor.later and elsewhere is not None:
                told = replace(told, findings=told.findings + later(doctor, elsewhere, afresh))
            verified = doctor.holds()
            found = set() if verified else doctor.refuted_elsewhere()
        except BudgetSpent:
            return Diagnosis(tuple(doctor.findings), doctor.roles)
        if found <= refuted:
            break
        refuted |= found
    if not verified:
        return told
    return replace(told, findings=tuple(replace(f, verified=True) for f in told.findings))


def later(
    doctor: Doctor,
    elsewhere: Callable[[], list[Analytic]],
    afresh: Callable[[], None] | None,
) -> tuple[Finding, ...]:
    """Blocks that are right at the given point and wrong at the second: is something kept?"""
    names = in_words([doctor.suspects[i].name for i in doctor.later])
    sentence = f"{names}: right in the first call, wrong in a later one at other parameters."
    first = doctor.suspects[doctor.later[0]].name
    with doctor.point.moved(NEAR) as there:
        if there is None or afresh is None:
            return ()
        there.analytic = elsewhere()
        seen_again = there.together() is None
        afresh()
        there.analytic = elsewhere()
        right = there.together() is not None
    if not (seen_again and right):
        row = KINDS["unknown"]
        told = "Not by what earlier calls left behind." if seen_again else ""
        return (Finding("unknown", sentence, first, told, row.advice),)
    told = (
        "With all that earlier calls left behind put back, the same call gives the right gradient."
    )
    return (
        Finding("stale-buffer", sentence, first, told, KINDS["stale-buffer"].advice, verified=True),
    )


def corrected_there(
    there: Point, analytic: list[Analytic], mends: Sequence[tuple[int, Mend]]
) -> tuple[list[Array], list[Array]]:
    """Gradients and parameters at another point, the same corrections made."""
    grads = [np.array(a.values, dtype=float) for a in analytic]
    params = [np.array(block.values, dtype=float) for block in there.blocks]
    given = list(grads)
    for i, mend in mends:
        with np.errstate(all="ignore"):
            grads[i] = mend(given if given[i] is grads[i] else grads, params)
    there.analytic = [replace(a, values=g, misfit="") for a, g in zip(analytic, grads, strict=True)]
    return grads, params
