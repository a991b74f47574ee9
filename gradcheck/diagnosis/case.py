"""A check under diagnosis: what is known of every block, and what has been told so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from .. import origin
from ..direction import random_direction
from ..evidence import Evidence
from ..gradients import Analytic
from ..kinds import KINDS
from ..origin import Cause, State
from ..point import Point
from ..recognition.context import Context
from ..report import Finding, Role
from ..tree import Array
from ..verdict import judge
from .suspect import Arrays, Mend, Scene, Suspect

NEAR = 0.05  # how far the second point lies, in units of the size of the parameters

Read = Callable[[], list[Analytic]]


class Case:
    """The blocks and their gradients, as they stand after the corrections made so far.

    elsewhere     reads the analytic gradients at a moved point, where they can be called
    refuted       blocks of which no correction held at a second point
    later         right at the given point, wrong at the second
    unexplained   nothing more is to be said of these
    """

    def __init__(
        self,
        point: Point,
        evidence: dict[int, Evidence],
        context: Context,
        elsewhere: Read | None = None,
        refuted: Collection[int] = (),
    ) -> None:
        blocks = point.blocks
        self.elsewhere, self.refuted = elsewhere, refuted
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

    @property
    def scene(self) -> Scene:
        return Scene(self.suspects, self.layers, self.context, self.states)

    @property
    def gradients(self) -> list[Array]:
        return [
            self.suspects[i].g if i in self.suspects else analytic.values
            for i, analytic in enumerate(self.point.analytic)
        ]

    @property
    def parameters(self) -> list[Array]:
        return [np.array(block.values, dtype=float) for block in self.point.blocks]

    @property
    def right(self) -> dict[str, Array]:
        """The gradients of the blocks that are right, by name."""
        return {
            s.name: s.g
            for i, s in self.suspects.items()
            if self.states[i] == "right" and s.size > 1
        }

    def factor(self, ratio: float) -> str | None:
        return self.context.factor(ratio, 1e-9 * abs(ratio))

    # -- corrections -------------------------------------------------------------------------------

    def apply(self, i: int, mend: Mend, values: Array | None = None) -> None:
        if values is None:
            values = mend(self.gradients, self.parameters)
        self.suspects[i] = self.suspects[i].with_gradient(values)
        self.states[i] = "right"
        self.mends.append((i, mend))

    def explained(self, i: int, right: Array) -> None:
        """The gradient of a block is what wrong lines make of the right one."""
        self.roles.setdefault(i, "inherited")
        self.suspects[i] = self.suspects[i].with_gradient(right)
        self.states[i] = "right"

    # -- a second point ----------------------------------------------------------------------------

    @contextmanager
    def moved(self) -> Iterator[Point | None]:
        """A second point with its gradients; None where there is none."""
        if self.elsewhere is None:
            yield None
            return
        with self.point.moved(NEAR) as there:
            if there is not None:
                there.analytic = self.elsewhere()
            yield there

    @contextmanager
    def corrected(self) -> Iterator[tuple[Point, Arrays, Arrays] | None]:
        """The same with the same corrections made: the point, gradients and parameters."""
        with self.moved() as there:
            if there is None:
                yield None
                return
            grads = [np.array(a.values, dtype=float) for a in there.analytic]
            params = [np.array(block.values, dtype=float) for block in there.blocks]
            given = list(grads)
            for i, mend in self.mends:
                with np.errstate(all="ignore"):
                    grads[i] = mend(given if given[i] is grads[i] else grads, params)
            there.analytic = [
                replace(a, values=g, misfit="") for a, g in zip(there.analytic, grads, strict=True)
            ]
            yield there, grads, params

    def refuted_elsewhere(self) -> set[int]:
        """Corrected blocks that disagree at a second point: they agreed here by coincidence."""
        if not self.mends:
            return set()
        with self.corrected() as found:
            if found is None:
                return set()
            there, grads, _ = found
            return {i for i, _ in self.mends if not self._agrees(there, i, grads[i])}

    def _agrees(self, there: Point, i: int, values: Array) -> bool:
        direction = random_direction(there.rng, values.shape)
        plan, _ = self.point.examined[i]
        predicted = float(np.sum(values * direction))
        found = judge(there.probe(i, direction), predicted, plan, there.along(i, direction)[1])
        return found.verdict != "disagrees"

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
            are = "are" if subject == in_words(names) and len(names) > 1 else "is"
            sentence = f"{subject} {are} wrong in a way that no known kind explains."
        else:
            sentence = f"{subject} {says}."
        if cause.where == "cotangent" and self.layers:
            above = self.layer_name(cause.layer + 1)
            here = self.layer_name(cause.layer)
            place = f"Look at the first line of {here}, and at what {above} passes down to it."
        elif cause.where == "loss" and self.layers:
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
                sentence=sentence,
                block=names[0] if cause.where == "formula" and len(names) == 1 else "",
                evidence=evidence,
                advice=" ".join(filter(None, (place, advice or row.advice))),
                instead=rank > 0,
            )
        )

    def subject(self, cause: Cause, names: Sequence[str]) -> str:
        if cause.where == "loss" and self.layers:
            return "The gradient that the loss hands to the net"
        if cause.where == "loss":
            return "Every gradient"
        if cause.where == "cotangent":
            return f"What reaches {self.layer_name(cause.layer)}"
        return in_words(names)

    def layer_name(self, k: int) -> str:
        assert self.layers is not None
        if not 0 <= k < len(self.layers):
            return "the loss"
        firsts = [layer[0] for layer in self.layers]
        block = self.point.blocks[firsts[k]]
        name = block.layer or f"the layer of {block.name}"
        if firsts.count(firsts[k]) > 1:  # a block that several layers stand in, or use
            name = str(k + 1)
        return f"layer {name}" if name.isdigit() else name


def state_of(evidence: Evidence) -> State:
    if evidence.verdict == "disagrees":
        return "wrong"
    still = not np.any(evidence.analytic.values)
    return "silent" if evidence.verdict == "inconclusive" or still else "right"


def in_words(names: Sequence[str]) -> str:
    """The names as an enumeration: a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""
