"""Which lines of the backward pass are wrong? Read off the user's gradients, layer by layer.

For a recognised net every line of the backward pass can be computed, and so can every wrong line
of the table. From the loss down, each layer is given the cotangent that the lines above it really
pass on, and the fewest wrong lines are sought that yield the user's dW and db number by number.
What a layer computes rightly from what it received is inherited, not wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .chain import Net, State
from .kinds import LINES, Line
from .tree import Array

SAME = 1e-8  # relative: two gradients that differ by less are the same numbers
BEAM = 4  # explanations of equal cost that are followed
MOST_ALIKE = 64  # explanations of one layer at one cost, beyond which gradients decide nothing
MOST_TRIED = 5_000  # explanations of a whole net that are looked at
UNEXPLAINED = 3  # what a block that no line explains costs, in wrong lines

Named = Callable[[float], bool]  # does a factor have a name?


@dataclass(frozen=True, slots=True)
class Way:
    """One explanation of a gradient; the factor is besides the line.

    line    None where no line explains it
    whole   the decay in a weight gradient is multiplied too
    proof   of the cotangent: not where the gradient is zero for every cotangent, as that of a bias
            below a batch norm
    """

    line: Line | None
    factor: float = 1.0
    whole: bool = False
    proof: bool = True

    @property
    def cost(self) -> int:
        if self.line is None:
            return UNEXPLAINED
        return bool(self.line.kind) + (self.factor != 1)

    @property
    def kinds(self) -> tuple[object, ...]:
        return self.line and self.line.kind, self.factor != 1


PATH = ("mask", "through", "norm")  # of a cotangent through a layer, behind what enters it
OWN = ("weight", "bias", "gain", "shift")  # gradients of a layer


@dataclass(frozen=True, slots=True)
class Choice:
    """What one layer does, as far as its gradients tell.

    path     the lines by which its cotangent comes about: what enters it ("start" or "down"), and
             what it does to that; factor: of its cotangent
    own      how its own gradients come about, by step
    rate     of a premature update
    """

    path: tuple[Line, ...]
    factor: float = 1.0
    own: tuple[tuple[str, Way], ...] = ()
    rate: float = 0.0

    @property
    def wrong(self) -> int:
        return sum(bool(line.kind) for line in self.path)

    @property
    def cost(self) -> int:
        return self.wrong + (self.factor != 1) + sum(way.cost for _, way in self.own)

    @property
    def kinds(self) -> tuple[object, ...]:
        lines = tuple(line.kind for line in self.path)
        return (*lines, self.factor != 1, *(way.kinds for _, way in self.own))

    @property
    def settled(self) -> bool:
        """Is the cotangent proven right, by one of the gradients that it yields?"""
        right = not self.wrong and self.factor == 1
        mine = [way for step, way in self.own if step in ("weight", "bias")]
        return right and any(way.line and not way.cost and way.proof for way in mine)

    def way(self, step: str) -> Way | None:
        return dict(self.own).get(step)


@dataclass(frozen=True, slots=True)
class Trail:
    """An explanation of the gradients from the output down to some layer."""

    state: State
    choices: tuple[Choice, ...] = ()  # of the layers from the top, a table of embeddings last
    cost: int = 0
    lost: int | None = None  # the layer at which nothing explains the gradients any more

    @property
    def net(self) -> Net:
        return self.state.net

    def choice(self, k: int) -> Choice | None:
        place = self.state.top - k
        return self.choices[place] if place < len(self.choices) else None


def decode(
    net: Net, params: Sequence[Array], grads: Sequence[Array], named: Named, rates: Sequence[float]
) -> list[Trail]:
    """The cheapest explanations, all of equal cost, the most believed first."""
    ends: list[Trail] = []
    with np.errstate(all="ignore"):
        for view in net.views():
            reader = _Reader(view, grads, named, rates)
            beam = [Trail(State.of(view, params, grads))]
            for k in reversed(range(view.depth)):
                beam = _cheapest([end for trail in beam for end in reader.layer(trail, k)])
            if view.table:
                beam = _cheapest([end for trail in beam for end in reader.table(trail)])
            ends += beam
    return _cheapest(ends)


def _cheapest(trails: list[Trail]) -> list[Trail]:
    least = min(trail.cost for trail in trails)
    cheapest: dict[object, Trail] = {}
    for trail in trails:
        if trail.cost == least:
            cheapest.setdefault(tuple(choice.kinds for choice in trail.choices), trail)
    return list(cheapest.values())[:BEAM]


class _Reader:
    def __init__(
        self, net: Net, grads: Sequence[Array], named: Named, rates: Sequence[float]
    ) -> None:
        self.net, self.named, self.rates = net, named, rates
        self.tried = 0
        self.given = [gradients_of(net, grads, k) for k in range(net.depth)]
        self.of_table = grads[net.table.block] if net.table else None

    def layer(self, trail: Trail, k: int) -> list[Trail]:
        """The trail, prolonged by the cheapest explanations of layer k."""
        if trail.lost is not None:
            return [trail]
        best: list[Trail] = []
        lost = replace(trail, lost=k, cost=trail.cost + 3 * UNEXPLAINED)
        for wrong in range(3):
            if best and (best[0].cost - trail.cost <= wrong - 1 or best[0].choices[-1].settled):
                break
            for state, choice in self.cotangents(trail.state, k, wrong):
                for found in self.gradients(state, k, choice):
                    self.tried += 1
                    if len(best) > MOST_ALIKE or self.tried > MOST_TRIED:
                        return [lost]  # a saturated net: nearly every line fits, so none is told
                    cost = trail.cost + found.cost
                    if best and cost > best[0].cost:
                        continue
                    if best and cost < best[0].cost:
                        best = []
                    grown = state.below()
                    grown.dZ[k] = state.dZ[k] * found.factor
                    grown.dN[k] = state.dN[k] * found.factor
                    longer = Trail(grown, (*trail.choices, found), cost)
                    if not any(self.same_kinds(longer, other, k) for other in best):
                        best.append(longer)
        return best or [lost]

    def table(self, trail: Trail) -> list[Trail]:
        """The trail, prolonged by the cheapest explanations of the table of embeddings."""
        if trail.lost is not None or self.of_table is None:
            return [trail]
        best: list[Trail] = []
        for enters in LINES["down"]:
            dX = _value(enters, trail.state, 0)
            if dX is None or dX.shape != trail.state.A[0].shape:
                continue
            state = trail.state.below()
            state.dA[-1] = dX
            for line in LINES["scatter"]:
                value = _value(line, state, -1)
                ratio = None if value is None else proportion(self.of_table, value)
                if ratio is None or not (ratio == 1 or self.named(ratio)):
                    continue
                choice = Choice((enters,), own=(("scatter", Way(line, ratio)),))
                best.append(Trail(state, (*trail.choices, choice), trail.cost + choice.cost))
        if not best:
            choice = Choice((LINES["down"][0],), own=(("scatter", Way(None)),))
            best = [Trail(trail.state, (*trail.choices, choice), trail.cost + choice.cost)]
        return _cheapest(best)

    @staticmethod
    def same_kinds(one: Trail, other: Trail, k: int) -> bool:
        """Two ways to the same cotangent by lines of the same kinds: the first is enough."""
        a, b = one.choices[-1], other.choices[-1]
        return a.kinds == b.kinds and same(one.state.dZ[k], other.state.dZ[k])

    def cotangents(self, before: State, k: int, wrong: int) -> Iterator[tuple[State, Choice]]:
        """dZ of layer k by every path of lines of which so many are wrong."""
        at, step = (k, "start") if k == before.top else (k + 1, "down")
        for enters in LINES[step]:
            if bool(enters.kind) > wrong:
                continue
            early = enters.kind == "updated-weights-used"
            for rate in self.possible_rates(before, k) if early else (0.0,):
                state = before.below()
                state.rate = rate
                dA = _value(enters, state, at)
                if dA is None or dA.ndim != 2 or not np.all(np.isfinite(dA)):
                    continue
                state.dA[k] = dA
                for path in self.paths(k, wrong - bool(enters.kind)):
                    made = state.below()
                    if walk(made, k, path):
                        yield made, Choice((enters, *path), rate=rate)

    def paths(self, k: int, wrong: int) -> Iterator[tuple[Line, ...]]:
        """Lines of a layer from dA to dZ, of which so many are wrong."""
        missing = {"mask": self.net.mask(k) is None, "norm": self.net.norm(k) is None}
        steps = [LINES[step][:1] if missing.get(step) else LINES[step] for step in PATH]
        for path in itertools.product(*steps):
            if sum(bool(line.kind) for line in path) == wrong:
                yield path

    def gradients(self, state: State, k: int, choice: Choice) -> Iterator[Choice]:
        """Lines for the layer's own gradients that fit this cotangent, or a multiple of it.

        A cotangent by wrong lines is believed only where dW or db follows from it rightly.
        """
        given = self.given[k]
        dW, db = given["weight"], given.get("bias")
        right_W, right_b = LINES["weight"][0], LINES["bias"][0]
        decay = self.net.decay * state.W[k]
        product = _value(right_W, state, k)
        by_W = None if product is None else proportion(dW - decay, product - decay)
        by_b = None if db is None else proportion(db, _value(right_b, state, k))
        if choice.wrong and by_W is None and by_b is None:
            return
        factors = [1.0]
        for factor in (by_W, by_b):
            if factor and not any(same_number(factor, f) for f in factors) and self.named(factor):
                factors.append(factor)
        for factor in factors:
            both = by_W is not None and by_b is not None
            if factor != 1 and both and not same_number(by_W or 0.0, by_b or 0.0):
                continue  # each by a factor of its own is told of the gradients
            scaled = state.below()
            scaled.dZ[k], scaled.dN[k] = state.dZ[k] * factor, state.dN[k] * factor
            ways = {"weight": self.ways("weight", scaled, k, dW, by_W, factor)}
            if db is not None:
                ways["bias"] = self.ways("bias", scaled, k, db, by_b, factor)
            good = {
                step: LINES[step][0] is found[0].line and found[0].proof
                for step, found in ways.items()
            }
            lost = {step for step, found in ways.items() if found[0].line is None}
            if lost and not (factor == 1 and any(good[step] for step in ways.keys() - lost)):
                continue
            for step in ("gain", "shift"):
                if step in given:
                    ways[step] = self.ways(step, scaled, k, given[step], None, factor)
            for found in itertools.product(*ways.values()):
                own = tuple(zip(ways, found, strict=True))
                yield replace(choice, factor=factor, own=own)

    def ways(
        self, step: str, s: State, k: int, given: Array, ratio: float | None, factor: float
    ) -> list[Way]:
        """The right line, if it gives this gradient, else all wrong ones that do."""
        right, *wrong = LINES[step]
        value = _value(right, s, k)
        # a bias below a batch norm: its gradient is zero but for rounding
        least = float(np.abs(s.dZ[k]).sum()) if step == "bias" else 0.0
        if value is not None and same(value, given, least):
            return [Way(right, proof=not np.all(np.abs(value) <= SAME * least))]
        found = []
        if step in ("gain", "shift"):
            ratio = proportion(given, value)
            ratio = ratio and ratio * factor
        if ratio and self.named(ratio / factor):
            found.append(Way(right, ratio / factor))
        elif step == "weight" and self.net.decay:
            whole = proportion(given, value)
            if whole and self.named(whole):
                found.append(Way(right, whole, whole=True))
        for line in wrong:
            value = _value(line, s, k)
            known = any(way.line and way.line.kind == line.kind for way in found)
            if value is not None and not known and same(value, given):
                found.append(Way(line))
        return found or [Way(None)]

    def possible_rates(self, before: State, k: int) -> list[float]:
        """Rates of a premature update: those in reach, and the one that fits best."""
        slope = before.slope(k)
        dZ = before.dZ[k + 1]
        by_W = before.A[k].T @ (dZ @ before.W[k + 1].T * slope)
        by_step = before.A[k].T @ (dZ @ before.given[k + 1].T * slope)
        square = float(np.sum(by_step**2))
        if by_step.size < 2 or not square:
            return list(self.rates)
        off = by_W + self.net.decay * before.W[k] - self.given[k]["weight"]
        return [*self.rates, float(np.sum(off * by_step)) / square]


def _value(line: Line, state: State, k: int) -> Array | None:
    try:
        return line.formula(state, k)
    except (ValueError, IndexError, KeyError):  # arrays that do not fit: not this line
        return None


def same(a: Array, b: Array, least: float = 0.0) -> bool:
    """Equal but for rounding; least: the size of what was summed, where that is known."""
    if a.shape != b.shape:
        return False
    size = max(float(np.max(np.abs(a), initial=least)), float(np.max(np.abs(b), initial=least)))
    return bool(np.max(np.abs(a - b), initial=0.0) <= SAME * size)


def same_number(a: float, b: float) -> bool:
    return abs(a - b) <= SAME * max(abs(a), abs(b))


def proportion(given: Array, value: Array | None) -> float | None:
    """The factor between two arrays, if one factor explains all entries."""
    if value is None or value.shape != given.shape:
        return None
    square = float(np.sum(value * value))
    if not square or not np.any(given):
        return None if square or np.any(given) else 1.0
    factor = float(np.sum(given * value)) / square
    if abs(factor - 1) <= SAME and same(given, value):
        return 1.0
    return factor if same(given, factor * value) else None


def gradients_of(net: Net, grads: Sequence[Array], k: int) -> dict[str, Array]:
    """The gradients of layer k, by step, in rows."""
    bias, norm = net.bias(grads, k), net.norm(k)
    given = {"weight": net.weight(grads, k)}
    if bias is not None:
        given["bias"] = bias
    if norm is not None:
        given |= {"gain": grads[norm.gain].ravel(), "shift": grads[norm.shift].ravel()}
    return given


def blocks_of(net: Net, k: int) -> dict[str, int]:
    """Indices of the blocks of layer k, by step; k = -1 for the table of embeddings."""
    if k < 0:
        return {"scatter": net.table.block} if net.table else {}
    bias, norm = net.b[k], net.norm(k)
    found = {"weight": net.W[k]}
    if bias is not None:
        found["bias"] = bias
    return found | ({"gain": norm.gain, "shift": norm.shift} if norm is not None else {})


def walk(s: State, k: int, path: Sequence[Line]) -> bool:
    """From dA of layer k to its dZ by these lines; False where they do not fit."""
    for line, made in zip(path, (s.dF, s.dN, s.dZ), strict=True):
        value = _value(line, s, k)
        if value is None or value.ndim != 2:
            return False
        made[k] = value
    return s.dZ[k].shape[-1] == s.W[k].shape[1] and bool(np.all(np.isfinite(s.dZ[k])))


# -- an explanation, run again ---------------------------------------------------------------------


def rerun(
    trail: Trail, params: Sequence[Array], grads: Sequence[Array], *, mended: bool = False
) -> bool:
    """Do the same lines give the user's gradients at other parameters too?

    mended   blocks that no line explained have been corrected, and must be right now
    """
    net = trail.net
    s = State.of(net, params, grads)
    with np.errstate(all="ignore"):
        for k in reversed(range(net.depth)):
            c = trail.choice(k)
            if c is None:
                return True
            s.rate = c.rate
            dA = _value(c.path[0], s, k if k == s.top else k + 1)
            if dA is None:
                return False
            s.dA[k] = dA
            if not walk(s, k, c.path[1:]):
                return False
            s.dZ[k], s.dN[k] = s.dZ[k] * c.factor, s.dN[k] * c.factor
            given = gradients_of(net, grads, k)
            for step, way in c.own:
                line = way.line or (LINES[step][0] if mended else None)
                if line is None:
                    continue
                value = _value(line, s, k)
                if value is not None and way.factor != 1:
                    rest = net.decay * s.W[k] if step == "weight" and not way.whole else 0.0
                    value = (value - rest) * way.factor + rest
                least = float(np.abs(s.dZ[k]).sum()) if step == "bias" else 0.0
                if value is None or not same(value, given[step], least):
                    return False
        last = trail.choice(-1)
        if net.table is None or last is None:
            return True
        (enters,), ((_, way),) = last.path, last.own
        line = way.line or (LINES["scatter"][0] if mended else None)
        if line is None:
            return True
        s.dA[-1] = _sure(enters, s, 0)
        return same(_sure(line, s, -1) * way.factor, grads[net.table.block])


def truth(net: Net, params: Sequence[Array]) -> dict[int, Array]:
    """The right gradients of all blocks, in the user's shapes."""
    s = State.of(net, params, params)
    right: dict[int, Array] = {}
    for k in reversed(range(net.depth)):
        start = k == s.top
        s.dA[k] = _sure(LINES["start" if start else "down"][0], s, k if start else k + 1)
        walk(s, k, [LINES[step][0] for step in PATH])
        for step, i in blocks_of(net, k).items():
            value = _sure(LINES[step][0], s, k)
            value = value.T if net.turned and step == "weight" else value
            right[i] = value.reshape(params[i].shape)
    if net.table is not None:
        s.dA[-1] = _sure(LINES["down"][0], s, 0)
        right[net.table.block] = _sure(LINES["scatter"][0], s, -1)
    return right


def received(trail: Trail, k: int, step: str) -> Array | None:
    """What the right formula gives for a gradient of layer k, from what the layer received."""
    return _value(LINES[step][0], trail.state, k)


def _sure(line: Line, state: State, k: int) -> Array:
    value = line.formula(state, k)
    assert value is not None
    return value
