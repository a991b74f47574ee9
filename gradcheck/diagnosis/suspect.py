"""One block that disagrees: its gradient, and all that was measured of the right one.

Cost    none, but for `fits` and `slope`: 2 to 4 evaluations
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..direction import random_direction
from ..evidence import Evidence
from ..origin import State
from ..point import Point
from ..recognition.context import Context
from ..tree import Array
from ..verdict import Judgement, judge

Arrays = Sequence[Array]
Mend = Callable[[Arrays, Arrays], Array]  # (gradients, parameters) -> a corrected gradient


@dataclass(frozen=True, slots=True)
class Repair:
    """A correction of one block.

    says      what is wrong, to stand behind the name of the block
    advice    instead of that of its kind
    assumes   how much the explanation takes for granted: the smallest is told first
    """

    kind: str
    says: str
    mend: Mend
    advice: str = ""
    assumes: int = 1


class Suspect:
    """One block: the gradient that its code says, and all that was measured of the right one.

    Every measurement is linear in the gradient, an entry or a slope along a direction, so any
    proposed gradient can be held against them without calling the loss.
    """

    def __init__(self, point: Point, i: int, evidence: Evidence) -> None:
        self.point, self.i, self.evidence = point, i, evidence
        self.home = point  # where the steps were planned
        self.known = False  # every entry of what is due is known, without the loss
        self.name = point.blocks[i].name
        self.shape = point.blocks[i].shape
        self.g: Array = np.array(point.analytic[i].values, dtype=float)
        self.W: Array = np.array(point.blocks[i].values, dtype=float)
        judged = [(index, j) for index, j in evidence.location.judged.items() if _usable(j)]
        slopes = [s for s in evidence.slopes if _usable(s.judgement)]
        self.entries = [index for index, _ in judged]
        self.directions = [slope.direction for slope in slopes]
        judgements = [j for _, j in judged] + [slope.judgement for slope in slopes]
        if evidence.where:  # measured elsewhere
            judgements, self.entries, self.directions = [], [], []
        self.t = np.array([j.numerical for j in judgements])
        self.error = np.array([1.33 * j.error for j in judgements])

    @property
    def size(self) -> int:
        return self.g.size

    @property
    def truth(self) -> Array | None:
        """The whole numerical gradient, where every entry was measured."""
        if len(set(self.entries)) < self.size:
            return None
        values = np.zeros(self.shape)
        for index, value in zip(self.entries, self.t, strict=False):
            values[index] = value
        return values

    def measure(self, values: Array) -> Array:
        """What the measurements would have given for this gradient."""
        entries = [float(values[index]) for index in self.entries]
        return np.array(entries + [float(np.sum(values * d)) for d in self.directions])

    @property
    def weights(self) -> Array:
        """Of the measurements in a least-squares fit: 1 where they are known best."""
        error = self.error + 1e-10 * np.max(np.abs(self.t), initial=0.0)
        least = np.min(error, initial=np.inf)
        weights: Array = least / error if least else (error == 0).astype(float)
        return weights

    @property
    def sharp(self) -> bool:
        """Is the right gradient known well enough to tell candidates apart?"""
        return float(np.linalg.norm(self.error)) <= 1e-3 * float(np.linalg.norm(self.t))

    def near(self, values: Array, *, rounded: float = 1e-8) -> bool:
        """Does this gradient, known to so many digits, agree with everything measured so far?"""
        if not len(self.t) or values.shape != self.shape or not np.all(np.isfinite(values)):
            return False
        told = self.measure(values)
        size = max(float(np.max(np.abs(told))), float(np.max(np.abs(self.t))))
        slack = self.error + rounded * np.abs(told) + 0.1 * rounded * size
        return self.sharp and bool(np.all(np.abs(told - self.t) <= slack))

    def fits(self, values: Array) -> bool:
        """Does it agree with the loss along a fresh direction too? 2 evaluations when it does."""
        if not self.near(values) or self.known:
            return self.known and self.near(values)
        direction = random_direction(self.point.rng, self.shape)
        return self.slope(values, direction).verdict == "agrees"

    def slope(self, values: Array, direction: Array) -> Judgement:
        plan, _ = self.home.examined[self.i]
        probe = self.point.probe(self.i, direction)
        scale = self.point.along(self.i, direction)[1]
        return judge(probe, float(np.sum(values * direction)), plan, scale)

    def solve(self, *parts: Array) -> tuple[Array, Array] | None:
        """Coefficients c with right gradient = sum c[j] parts[j], and their errors.

        None where the measurements are too few to leave one over as a test.
        """
        if len(self.t) <= len(parts) or self.size <= len(parts):
            return None
        A = np.stack([self.measure(part) for part in parts], axis=1)
        weight = self.weights
        A, t = A * weight[:, None], self.t * weight
        norm = np.linalg.norm(A, axis=0)
        if np.any(norm == 0) or not np.all(np.isfinite(A)):
            return None
        found, _, rank, singular = np.linalg.lstsq(A / norm, t, rcond=1e-10)
        if rank < len(parts):
            return None
        least = float(np.min(self.error + 1e-10 * np.max(np.abs(self.t))))
        return found / norm, least / (singular[-1] * norm)

    def multiple(self, told: Array, part: Array) -> float | None:
        """c with right gradient = what was told + c part; None where that cannot be seen."""
        own = self.measure(part)
        square = float(np.sum((own * self.weights) ** 2))
        return float(np.sum((self.t - told) * own * self.weights**2)) / square if square else None

    def against(self, values: Array) -> Suspect:
        """The same block, held against what its own formula gives for what it received."""
        other = self.with_gradient(self.g)
        other.entries, other.directions = list(np.ndindex(self.shape)), []
        other.t = values.ravel()
        other.error = np.full(self.size, 1e-8 * float(np.max(np.abs(values), initial=0.0)))
        other.known = True
        return other

    def with_gradient(self, values: Array) -> Suspect:
        other = Suspect.__new__(Suspect)
        other.__dict__.update(self.__dict__, g=values)
        return other

    def elsewhere(self, there: Point, values: Array) -> Suspect:
        """The same block and its gradient at another point, where nothing is measured yet."""
        other = self.with_gradient(values)
        other.point = there
        return other

    def largest(self, among: Sequence[tuple[int, ...]] = ()) -> str:
        """The measured entry, or slope along a direction, that is farthest from what is said."""
        if self.evidence.where or self.known:  # measured elsewhere, or not at all
            return ""
        judged = self.evidence.location.judged
        off = {i: abs(self.g[i] - judged[i].numerical) for i in among or self.entries}
        if off:
            index = max(off, key=lambda i: off[i])
            place = f"At {list(index)}" if index else "Here"
            slope, told = judged[index].numerical + 0.0, self.g[index] + 0.0  # no -0
            return f"{place} the loss has the slope {slope:.6g}, the gradient {told:.6g}."
        if not len(self.t):
            return ""
        return f"Along a random direction the loss has the slope {self.t[-1]:.6g}."


def _usable(found: Judgement) -> bool:
    decided = found.verdict != "inconclusive" and found.one_sided is None
    return decided and math.isfinite(found.numerical) and math.isfinite(found.error)


@dataclass(frozen=True, slots=True)
class Scene:
    """All suspects, with the gradients as they stand after the repairs made so far."""

    suspects: dict[int, Suspect]
    layers: Sequence[Sequence[int]] | None
    context: Context
    states: Sequence[State]

    def layer_of(self, i: int) -> int | None:
        order = self.layers or ()
        return next((k for k, members in enumerate(order) if i in members), None)


def listed(wrong: Sequence[tuple[int, ...]]) -> str:
    """Indices of entries, the first few of many."""
    told = ", ".join(str(list(index)) for index in wrong[:4])
    return told + (f" and {len(wrong) - 4} more entries" if len(wrong) > 4 else "")
