"""What kind of mistake is it? Every kind is a row; it is told only when its correction is right.

A row's repairs make a corrected gradient out of what is visible: the gradients, the parameters,
sizes and numbers in reach. A repair that agrees with everything measured, and then with the loss
along a fresh direction, names the kind. What no row explains is `unknown`, with the facts.

Cost    2 to 4 evaluations for each block that a repair explains, 10 to 20 to try all repairs at a
        second point; none for repairs that fail, none when every block agrees
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from . import origin
from .chain import Net, recognise
from .context import Context
from .decode import Trail, decode, received, rerun, truth
from .direction import random_direction
from .evidence import Evidence
from .gradients import Analytic
from .kinds import KINDS
from .objective import BudgetSpent
from .origin import Cause, State
from .point import Point
from .report import Finding, Role
from .tree import Array
from .verdict import Judgement, judge

NEAR = 0.05  # how far the second point lies, in units of the size of the parameters

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


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What a report says about the blocks that disagree."""

    findings: tuple[Finding, ...] = ()
    roles: dict[int, Role] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Suspect:
    """One block: the gradient that its code says, and all that was measured of the right one.

    Every measurement is linear in the gradient, an entry or a slope along a direction, so any
    proposed gradient can be held against them without calling the loss.
    """

    def __init__(self, point: Point, i: int, evidence: Evidence) -> None:
        self.point, self.i, self.evidence = point, i, evidence
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

    def near(self, values: Array) -> bool:
        """Does this gradient agree with everything measured so far?"""
        if not len(self.t) or values.shape != self.shape or not np.all(np.isfinite(values)):
            return False
        told = self.measure(values)
        size = max(float(np.max(np.abs(told))), float(np.max(np.abs(self.t))))
        slack = self.error + 1e-8 * np.abs(told) + 1e-9 * size
        return self.sharp and bool(np.all(np.abs(told - self.t) <= slack))

    def fits(self, values: Array) -> bool:
        """Does it agree with the loss along a fresh direction too? 2 evaluations when it does."""
        if not self.near(values) or self.known:
            return self.known and self.near(values)
        direction = random_direction(self.point.rng, self.shape)
        return self.slope(values, direction).verdict == "agrees"

    def slope(self, values: Array, direction: Array) -> Judgement:
        plan, _ = self.point.examined[self.i]
        probe = self.point.probe(self.i, direction)
        scale = self.point.scale(self.i, direction)
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


def _usable(found: Judgement) -> bool:
    decided = found.verdict != "inconclusive" and found.one_sided is None
    return decided and math.isfinite(found.numerical) and math.isfinite(found.error)


# -- repairs of one block by itself ----------------------------------------------------------------


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


def in_proportion(scene: Scene, s: Suspect) -> Iterator[Repair]:
    """The whole block times one factor, apart from a multiple of the parameter itself."""
    if not np.any(s.g):
        return
    for parts in ((s.g,), (s.g, s.W)):
        solved = _one(s) if s.size == 1 and len(parts) == 1 else s.solve(*parts)
        if solved is None:
            continue
        c, error = solved
        if c[0] == 0:
            continue
        ratio = 1 / c[0]
        doubt = error[0] / c[0] ** 2
        rest = float(c[1]) if len(parts) > 1 else 0.0
        if rest and (abs(c[0] - 1) <= 3 * error[0] + 1e-8 or abs(rest) <= 3 * error[1]):
            continue  # a regulariser alone, or none
        yield from _scaled(scene, s, float(ratio), float(doubt), rest)


def _one(s: Suspect) -> tuple[Array, Array] | None:
    """The factor of a block with one measurement."""
    told = s.measure(s.g)
    if not len(told) or told[0] == 0:
        return None
    best = np.argmin(s.error / np.abs(told))
    return s.t[[best]] / told[best], s.error[[best]] / abs(told[best])


def _scaled(scene: Scene, s: Suspect, ratio: float, error: float, rest: float) -> Iterator[Repair]:
    if abs(ratio - 1) <= max(3 * error, 1e-8):
        return
    exact = _snap(ratio, error)
    but = f" but for a multiple of {s.name}, as of a regulariser," if rest else ""

    def mend(grads: Arrays, params: Arrays) -> Array:
        return grads[s.i] / exact + rest * params[s.i]

    if abs(ratio + 1) <= max(3 * error, 1e-8):
        yield Repair(
            "sign", f"has the opposite sign{but}".strip(","), mend, assumes=0 if not rest else 1
        )
        return
    name = scene.context.factor(ratio, error)
    if name is None:
        return
    says = f"is exactly {name} times the right gradient{but}".strip(",")
    yield Repair("scale", says, mend, assumes=1 if not rest else 2)
    if s.g.ndim == 1 or max(s.shape, default=1) == s.size:
        samples = {len(array) for _, array in scene.context.arrays if array.ndim == 2}
        if any(abs(1 / ratio - n) < 1e-6 for n in samples) and scene.layer_of(s.i) is not None:
            says = f"is {name} times the right gradient: a mean where the sum is due"
            yield Repair("bias-reduction", says, mend, assumes=2)


def _snap(ratio: float, error: float) -> float:
    """The short number meant, where there is one within the error."""
    for value in (ratio, 1 / ratio):
        short = float(f"{value:.6g}")
        if abs(short - value) <= max(3 * error * (value / ratio) ** 2, 1e-8 * abs(value)):
            return short if value == ratio else 1 / short
    return ratio


def regulariser(scene: Scene, s: Suspect) -> Iterator[Repair]:
    """Right but for a multiple of the parameter itself."""
    if not np.any(s.W):
        return
    told, own = s.measure(s.g), s.measure(s.W)
    weight = s.weights
    square = float(np.sum((own * weight) ** 2))
    if not square:
        return
    c = float(np.sum((s.t - told) * own * weight**2)) / square
    error = float(np.min(s.error + 1e-10 * np.max(np.abs(s.t)))) / math.sqrt(square)
    if abs(c) <= 6 * error:
        return
    known = [(path, x) for path, x in scene.context.numbers if x and abs(c) > 3 * error]
    named = next(
        (
            f"{m}{path}"
            for path, x in known
            for m, f in (("", 1), ("2 ", 2), ("1/2 ", 0.5), ("-", -1), ("-2 ", -2), ("-1/2 ", -0.5))
            if abs(c - f * x) <= 3 * error + 1e-7 * abs(x)
        ),
        "",
    )
    if s.size < 3 and not named:
        return
    told_c = f"{abs(c):.6g}" + (f" ({named.lstrip('-')})" if named else "")
    what = f"lacks {told_c} times {s.name}" if c > 0 else f"has {told_c} times {s.name} too much"
    yield Repair(
        "regulariser",
        f"{what}, as of a penalty on the squares of the parameters",
        lambda grads, params: grads[s.i] + c * params[s.i],
        assumes=1,
    )


def transposed(_: Scene, s: Suspect) -> Iterator[Repair]:
    """Transposed on a square layer, or transposed and reshaped to fit; the penalty may not be."""
    if s.g.ndim != 2 or 1 in s.shape:
        return

    def turned(values: Array) -> Array:
        return values.reshape(s.shape[::-1]).T

    says = "is the transpose of the right gradient"
    says += "" if s.shape[0] == s.shape[1] else ", reshaped to fit"
    yield Repair("transpose", says, lambda grads, params: turned(grads[s.i]))
    own = s.W - turned(s.W)
    c = s.multiple(s.measure(turned(s.g)), own)
    if c is not None and s.size > 3:
        yield Repair(
            "transpose",
            says,
            lambda grads, params: turned(grads[s.i]) + c * (params[s.i] - turned(params[s.i])),
            assumes=2,
        )


def rolled(_: Scene, s: Suspect) -> Iterator[Repair]:
    """Shifted by one, or in reverse order, along one axis."""
    for axis, n in enumerate(s.shape):
        if n < 2:
            continue
        what = {1: "entries", 2: ("rows", "columns")[axis] if axis < 2 else ""}.get(
            len(s.shape), f"slices along axis {axis}"
        )
        for shift in (1, -1):
            if n > 2 or shift == 1:
                yield Repair(
                    "indexing",
                    f"has its {what} shifted by one",
                    lambda grads, params, a=axis, k=shift: np.roll(grads[s.i], -k, a),  # type: ignore[misc]
                    assumes=2,
                )
        if n > 2:
            yield Repair(
                "indexing",
                f"has its {what} in reverse order",
                lambda grads, params, a=axis: np.flip(grads[s.i], a),  # type: ignore[misc]
                assumes=2,
            )


def misshapen(s: Suspect) -> Repair | None:
    """The right numbers in an array of another shape."""
    misfit = s.point.analytic[s.i].misfit
    if misfit == "transposed" and min(s.shape) > 1:
        return Repair("transpose", "is the transpose of the right gradient", _as_it_is(s.i))
    if misfit == "batch":
        return Repair("bias-reduction", "is not summed over the samples", _as_it_is(s.i))
    if misfit not in ("", "broadcast"):
        return Repair("shape", "has the right numbers in the wrong shape", _as_it_is(s.i))
    return None


def _as_it_is(i: int) -> Mend:
    return lambda grads, params: grads[i]


LOCAL: tuple[Callable[[Scene, Suspect], Iterator[Repair]], ...] = (
    in_proportion,
    regulariser,
    transposed,
    rolled,
)


# -- kinds that show without a correction ----------------------------------------------------------


def shown(scene: Scene, s: Suspect) -> Iterator[tuple[str, str]]:
    """Kinds whose mark is beyond doubt though the right gradient cannot be made from here."""
    if not np.any(s.g):
        yield "missing-gradient", "is zero everywhere; the loss does depend on it"
        return
    for other in scene.suspects.values():
        if other.i == s.i or other.shape != s.shape or not np.array_equal(other.g, s.g):
            continue
        if scene.states[other.i] == "right" and s.size > 1:
            mine, its = scene.layer_of(s.i), scene.layer_of(other.i)
            copy = f"is the gradient of {other.name}, number by number"
            below = mine is not None and its is not None and its < mine
            if below:
                yield "aliasing", f"{copy}, which was written later: two gradients in one array"
            else:
                yield "wrong-operand", f"{copy}: copied from there"
            return
    if s.size > 1 and s.g.ndim == 1 and np.all(s.g == s.g.flat[0]):
        ones = np.ones(s.shape)
        if s.slope(s.g / s.size, ones).verdict == "agrees":
            yield (
                "bias-reduction",
                "is one number for all units: the sum over samples and over units",
            )
            return
    zero = _zero_slice(s)
    if zero:
        yield "indexing", f"is zero in {zero}, and right everywhere else"
        return
    if s.evidence.location.complete and s.size >= 3:
        wrong = s.evidence.location.wrong
        right = [
            index
            for index, j in s.evidence.location.judged.items()
            if j.verdict == "agrees" and j.numerical
        ]
        dense = len(wrong) > max(1, s.size // 4)
        if not dense and (right or len(s.evidence.location.judged) < s.size):
            yield "indexing", f"is wrong in {_listed(wrong)} only, and right everywhere else"


def _zero_slice(s: Suspect) -> str:
    """A row or column of zeros beside entries that are right and not zero."""
    truth = s.truth
    if truth is None or s.g.ndim != 2:
        return ""
    for axis, what in ((1, "row"), (0, "column")):
        empty = ~np.any(s.g, axis=axis)
        if empty.sum() != 1:
            continue
        at = int(np.argmax(empty))
        filled = s.g.copy()
        np.moveaxis(filled, 1 - axis, 0)[at] = np.moveaxis(truth, 1 - axis, 0)[at]
        if s.near(filled) and np.any(s.g):
            return f"{what} {at}"
    return ""


def _listed(wrong: Sequence[tuple[int, ...]]) -> str:
    told = ", ".join(str(list(index)) for index in wrong[:4])
    return told + (f" and {len(wrong) - 4} more entries" if len(wrong) > 4 else "")


def facts(s: Suspect) -> str:
    """What can be said about an error that no row explains."""
    told: list[str] = []
    ratio = s.evidence.ratio_of_slopes
    pattern = s.evidence.location.pattern
    solved = s.solve(s.g) if np.any(s.g) else None
    if solved is not None and s.near(s.g * solved[0][0]) and solved[0][0]:
        told.append(f"every entry is {1 / solved[0][0]:.6g} times the right one")
    elif ratio is not None and s.size > 1:
        told.append(f"every slope is {ratio:.6g} times the right one")
    if pattern.startswith(("row", "column", "slice")):
        told.append(f"the error is confined to {pattern}")
    elif pattern == "entries" and s.evidence.location.complete:
        told.append(f"wrong in {_listed(s.evidence.location.wrong)}, right everywhere else")
    truth = s.truth
    if truth is not None and not told:
        told += _shape_of_error(s.g, truth)
    if s.g.ndim == 2 and min(s.shape) > 2 and s.size <= 10**6:
        singular = np.linalg.svd(s.g, compute_uv=False)
        if singular[0] and singular[1] <= 1e-12 * singular[0]:
            told.append("the gradient has rank one, as from a single sample or from averages")
    return "; ".join(told)


def _shape_of_error(g: Array, truth: Array) -> list[str]:
    error = g - truth
    size = float(np.max(np.abs(truth))) or 1.0
    told = []
    if np.ptp(error) <= 1e-6 * size and error.size > 2:
        told.append(f"every entry is off by the same {error.flat[0]:+.6g}")
    if g.ndim == 2 and min(g.shape) > 1:
        with np.errstate(all="ignore"):
            ratio = g / truth
        for axis, what in ((0, "column"), (1, "row")):
            if np.all(np.isfinite(ratio)) and np.all(
                np.ptp(ratio, axis=axis) <= 1e-5 * np.max(np.abs(ratio), axis=axis)
            ):
                told.append(f"each {what} is wrong by a factor of its own")
    if np.all(truth[g == 0] == 0) and np.any(g == 0):
        told.append("zero where the right gradient is zero")
    return told


# -- the whole -------------------------------------------------------------------------------------


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
            repair = misshapen(s) if self.states[i] == "wrong" else None
            if repair is not None and s.fits(s.g):
                cause = Cause("formula", 0, (i,))
                self.roles.update(origin.roles([cause]))
                self.tell(cause, repair.kind, repair.says, (i,))
                self.apply(i, repair.mend)

    # -- line by line ------------------------------------------------------------------------------

    def read_lines(self) -> None:
        """Where the net behind the loss is recognised: which lines give these gradients?"""
        if self.unexplained:  # right in one call and wrong in the next: no line does that
            return
        net = recognise(self.point, self.layers, self.context)
        if net is None:
            return
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
        rates = [x for _, x in self.context.numbers if 0 < x <= 10]
        trails = decode(net, params, self.gradients, self.named, rates)
        trails = self.lasting(trails)
        if not trails or trails[0].lost == net.depth - 1:
            return
        reading = Reading(self, trails)
        reading.tell()
        self.trail = trails[reading.lead]
        for k in range(net.depth):
            choice = self.trail.choice(k)
            for i, step in ((net.W[k], "weight"), (net.b[k], "bias")):
                if i is None or i not in self.suspects or choice is None:
                    continue
                line = choice.dW if step == "weight" else choice.db
                if line is None:
                    due = received(self.trail, k, step)
                    if due is not None:
                        due = due.T if net.columns and step == "weight" else due
                        self.suspects[i] = self.suspects[i].against(due.reshape(params[i].shape))
                elif self.states[i] == "wrong":
                    self.roles.setdefault(i, "inherited")
                    self.suspects[i] = self.suspects[i].with_gradient(right[i])
                    self.states[i] = "right"

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
        return same_factor(factor, -1) or self.factor(factor) is not None

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
                corrected=False,
            )
            self.unexplained |= set(cause.blocks)
            return True
        origins = [self.suspects[i] for i in cause.origin]
        lead = max(origins, key=lambda s: (len(s.t), s.size))
        for repair in sorted(in_proportion(self.scene, lead), key=lambda r: r.assumes):
            factor = repair.kind, repair.says
            repairs = {lead.i: repair}
            for i in cause.blocks:
                if i == lead.i:
                    continue
                for other in in_proportion(self.scene, self.suspects[i]):
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
        marks: dict[int, tuple[str, str]] = {}
        for i in cause.origin:
            if i in self.unexplained:
                continue
            s = self.suspects[i]
            repairs = [r for look in LOCAL for r in look(self.scene, s) if self.heals(i, r)]
            if repairs:
                found[i] = sorted(repairs, key=lambda r: r.assumes)
                continue
            mark = next(shown(self.scene, s), None)
            lone = cause.where == "formula" or (mark and mark[0] == "missing-gradient")
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
        for i, (kind, says) in marks.items():
            self.tell(local, kind, says, (i,), corrected=False)
            self.unexplained.add(i)
        left = set(cause.origin) - found.keys() - marks.keys()
        if left:
            self.give_up(replace(cause, origin=tuple(sorted(left)), inherited=()))
        return True

    def give_up(self, cause: Cause) -> None:
        told = [facts(self.suspects[i]) for i in cause.origin]
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
        *,
        corrected: bool = True,
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
            evidence = f"So corrected, {_and(names)} agree{'s' if len(names) == 1 else ''} with "
            evidence += "the loss to the numerical error."
        if not corrected:
            evidence = ""
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
        return _and(names)

    def layer_name(self, k: int) -> str:
        assert self.layers is not None
        if not 0 <= k < len(self.layers):
            return "the loss"
        block = self.point.blocks[self.layers[k][0]]
        name = block.layer or block.name
        return f"layer {name}" if name.isdigit() else name


def _empty(s: Suspect) -> bool:
    """Zero, but for the derivative of a penalty on the weights."""
    if not np.any(s.g):
        return True
    square = float(np.sum(s.W * s.W))
    if s.size < 3 or not square:
        return False
    rest = s.g - float(np.sum(s.g * s.W)) / square * s.W
    return bool(np.max(np.abs(rest)) <= 1e-12 * np.max(np.abs(s.g)))


def _factor_of(repair: Repair) -> str:
    return repair.says.split(" but for")[0].split(" (")[0]


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else ""


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
    names = _and([doctor.suspects[i].name for i in doctor.later])
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


class Reading:
    """The lines that explain the gradients, in words.

    The first of the trails is told mistake by mistake, what the others say instead after it.
    """

    def __init__(self, doctor: Doctor, trails: Sequence[Trail]) -> None:
        self.doctor, self.net = doctor, trails[0].net
        every = [self.collect(trail) for trail in trails]
        self.lead = min(range(len(trails)), key=lambda j: len(every[j]))
        self.told = every[self.lead]
        self.others = every[: self.lead] + every[self.lead + 1 :]

    def collect(self, trail: Trail) -> dict[tuple[str, str], list[int]]:
        """Mistakes, nearest the loss first: kind and words -> blocks where it shows."""
        told: dict[tuple[str, str], list[int]] = {}
        for k in reversed(range(self.net.depth)):
            for kind, says, blocks in self.mistakes(trail, k):
                told.setdefault((kind, says), []).extend(blocks)
        return told

    def tell(self) -> None:
        doctor = self.doctor
        for blocks in self.told.values():
            doctor.roles.update({i: "origin" for i in blocks if doctor.states[i] == "wrong"})
        keys = list(self.told)
        findings = [self.finding(key[0], self.sentence(key[1], self.told[key])) for key in keys]
        for other in reversed(self.others):
            news = [(says, blocks) for (_, says), blocks in other.items()]
            news = [(says, b) for says, b in news if all(says != told for _, told in keys)]
            if news:
                kind = next(kind for kind, says in other if says == news[0][0])
                rival = replace(
                    self.finding(kind, *(self.sentence(*n) for n in news)), instead=True
                )
                replaced = [j for j, key in enumerate(keys) if key not in other]
                findings.insert(max(replaced, default=len(findings) - 1) + 1, rival)
                keys.insert(max(replaced, default=len(keys) - 1) + 1, (kind, news[0][0]))
        doctor.findings += findings

    def mistakes(self, trail: Trail, k: int) -> Iterator[tuple[str, str, list[int]]]:
        """Kind, words with {layer}, {above} or {block}, and the blocks where it shows."""
        c = trail.choice(k)
        if c is None:
            return
        both = [i for i in (self.net.W[k], self.net.b[k]) if i is not None]
        if c.enters.kind:
            place = "Backpropagation" if c.enters.step == "start" else "From {above} to {layer},"
            yield c.enters.kind, f"{place} {c.enters.says}", both
        if c.through.kind:
            says = c.through.says.replace("{activation}", trail.net.activation(k).name)
            yield c.through.kind, f"In {{layer}}, {says}", both
        if c.factor != 1:
            yield self.factor(c.factor, "What reaches {layer}", both)
        for line, own, i in ((c.dW, c.by_W, self.net.W[k]), (c.db, c.by_b, self.net.b[k])):
            if line is not None and i is not None:
                if line.kind:
                    yield line.kind, f"{{block}} {line.says}", [i]
                if own != 1:
                    yield self.factor(own, "{block}", [i])

    def factor(self, factor: float, subject: str, blocks: list[int]) -> tuple[str, str, list[int]]:
        if same_factor(factor, -1):
            return "sign", f"{subject} has the opposite sign", blocks
        name = self.doctor.factor(factor)
        return "scale", f"{subject} is exactly {name} times the right gradient", blocks

    def sentence(self, says: str, blocks: list[int]) -> tuple[str, list[str]]:
        """The words, and the names of the blocks they are about."""
        doctor = self.doctor
        layers = [k for k in range(self.net.depth) if {self.net.W[k], self.net.b[k]} & set(blocks)]
        names = [doctor.suspects[i].name for i in sorted(set(blocks))]
        words = says.format(
            layer=_and([doctor.layer_name(k) for k in layers]),
            above=_and([doctor.layer_name(k + 1) for k in layers]),
            block=_and(names) + (": each" if len(names) > 1 else ""),
        )
        return words, names

    def finding(self, kind: str, *told: tuple[str, list[str]]) -> Finding:
        names = {name for _, blocks in told for name in blocks}
        return Finding(
            kind=kind,
            sentence="; and ".join(words for words, _ in told) + ".",
            block=names.pop() if len(names) == 1 else "",
            evidence=f"The loss is that of {describe(self.net)}, to its last digits; with "
            "this in its backward pass it yields your gradients, number by number.",
            advice=KINDS[kind].advice,
        )


def describe(net: Net) -> str:
    sizes = "-".join(str(n) for n in (net.X.shape[1], *net.units))
    names = ", ".join(net.activation(k).name for k in range(net.depth))
    return f"a {sizes} net ({names}; {net.loss.name}; {len(net.X)} samples)"


def same_factor(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-8 * abs(b)
