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
class Choice:
    """What one layer does, as far as its gradients tell.

    enters    how its cotangent comes about ("start" or "down"); through: its activation
    factor    of its cotangent; dW, db: the lines of its gradients, None where none explains them;
    by_W, by_b   factors of the gradients by themselves; whole: the decay of dW is multiplied too
    """

    enters: Line
    through: Line
    factor: float = 1.0
    dW: Line | None = None
    db: Line | None = None
    by_W: float = 1.0
    by_b: float = 1.0
    whole: bool = False
    rate: float = 0.0

    @property
    def cost(self) -> int:
        told = (self.enters, self.through, self.dW, self.db)
        lines = sum(line is not None and bool(line.kind) for line in told)
        factors = sum(factor != 1 for factor in (self.factor, self.by_W, self.by_b))
        return lines + factors + UNEXPLAINED * (self.dW is None)

    @property
    def kinds(self) -> tuple[object, ...]:
        lines = (self.enters, self.through, self.dW, self.db)
        factors = (self.factor, self.by_W, self.by_b)
        return (*(line and line.kind for line in lines), *(factor != 1 for factor in factors))

    def cost_of(self, *, biased: bool) -> int:
        return self.cost + (UNEXPLAINED if biased and self.db is None else 0)


@dataclass(frozen=True, slots=True)
class Trail:
    """An explanation of the gradients from the output down to some layer."""

    state: State
    choices: tuple[Choice, ...] = ()  # of the layers from the top
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
                further = [end for trail in beam for end in reader.layer(trail, k)]
                beam = _cheapest(further)
            ends += beam
    return _cheapest(ends)


def _cheapest(trails: list[Trail]) -> list[Trail]:
    least = min(trail.cost for trail in trails)
    cheapest: dict[object, Trail] = {}
    for trail in trails:
        if trail.cost == least:
            cheapest.setdefault(tuple(choice.kinds for choice in trail.choices), trail)
    return list(cheapest.values())[:BEAM]


@dataclass(frozen=True, slots=True)
class Way:
    """One explanation of dW or db; the factor is besides the line."""

    line: Line | None
    factor: float = 1.0
    whole: bool = False


class _Reader:
    def __init__(
        self, net: Net, grads: Sequence[Array], named: Named, rates: Sequence[float]
    ) -> None:
        self.net, self.named, self.rates = net, named, rates
        self.tried = 0
        self.dW = [net.weight(grads, k) for k in range(net.depth)]
        self.db = [net.bias(grads, k) for k in range(net.depth)]

    def layer(self, trail: Trail, k: int) -> list[Trail]:
        """The trail, prolonged by the cheapest explanations of layer k."""
        if trail.lost is not None:
            return [trail]
        best: list[Trail] = []
        lost = replace(trail, lost=k, cost=trail.cost + 3 * UNEXPLAINED)
        for wrong in range(3):
            if best and (best[0].cost - trail.cost <= wrong - 1 or self.settled(best[0], k)):
                break
            for state, choice in self.cotangents(trail.state, k, wrong):
                for found in self.gradients(state, k, choice, wrong):
                    self.tried += 1
                    if len(best) > MOST_ALIKE or self.tried > MOST_TRIED:
                        return [lost]  # a saturated net: nearly every line fits, so none is told
                    cost = trail.cost + found.cost_of(biased=self.db[k] is not None)
                    if best and cost > best[0].cost:
                        continue
                    if best and cost < best[0].cost:
                        best = []
                    grown = state.below()
                    grown.dZ[k] = state.dZ[k] * found.factor
                    longer = Trail(grown, (*trail.choices, found), cost)
                    if not any(self.same_kinds(longer, other, k) for other in best):
                        best.append(longer)
        return best or [lost]

    def settled(self, trail: Trail, k: int) -> bool:
        """Is the cotangent proven right, by one of the two gradients that it yields?"""
        c = trail.choices[-1]
        right = not (c.enters.kind or c.through.kind) and c.factor == 1
        return right and (c.dW is None or (c.db is None and self.db[k] is not None))

    @staticmethod
    def same_kinds(one: Trail, other: Trail, k: int) -> bool:
        """Two ways to the same cotangent by lines of the same kinds: the first is enough."""
        a, b = one.choices[-1], other.choices[-1]
        return a.kinds == b.kinds and same(one.state.dZ[k], other.state.dZ[k])

    def cotangents(self, before: State, k: int, wrong: int) -> Iterator[tuple[State, Choice]]:
        """dZ of layer k by every pair of lines of which so many are wrong."""
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
                for through in LINES["through"]:
                    if bool(enters.kind) + bool(through.kind) != wrong:
                        continue
                    dZ = _value(through, state, k)
                    if dZ is None or dZ.shape[-1] != state.W[k].shape[1] or dZ.ndim != 2:
                        continue
                    if np.all(np.isfinite(dZ)):
                        made = state.below()
                        made.dZ[k] = dZ
                        yield made, Choice(enters, through, rate=rate)

    def gradients(self, state: State, k: int, choice: Choice, wrong: int) -> Iterator[Choice]:
        """Lines for dW and db that fit this cotangent, or a multiple of it.

        A cotangent by wrong lines is believed only where dW or db follows from it rightly.
        """
        dW, db = self.dW[k], self.db[k]
        right_W, right_b = LINES["weight"][0], LINES["bias"][0]
        decay = self.net.decay * state.W[k]
        product = _value(right_W, state, k)
        by_W = None if product is None else proportion(dW - decay, product - decay)
        by_b = None if db is None else proportion(db, _value(right_b, state, k))
        if wrong and by_W is None and by_b is None:
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
            scaled.dZ[k] = state.dZ[k] * factor
            ways_W = self.ways("weight", scaled, k, dW, by_W, factor)
            ways_b = [Way(None)] if db is None else self.ways("bias", scaled, k, db, by_b, factor)
            good_W, good_b = ways_W[0].line is right_W, ways_b[0].line is right_b
            if ways_W[0].line is None and not (good_b and factor == 1):
                continue
            if db is not None and ways_b[0].line is None and not (good_W and factor == 1):
                continue
            for W, b in itertools.product(ways_W, ways_b):
                yield replace(
                    choice,
                    factor=factor,
                    dW=W.line,
                    db=b.line,
                    by_W=W.factor,
                    by_b=b.factor,
                    whole=W.whole,
                )

    def ways(
        self, step: str, s: State, k: int, given: Array, ratio: float | None, factor: float
    ) -> list[Way]:
        """The right line, if it gives this gradient, else all wrong ones that do."""
        right, *wrong = LINES[step]
        value = _value(right, s, k)
        if value is not None and same(value, given):
            return [Way(right)]
        found = []
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
        off = by_W + self.net.decay * before.W[k] - self.dW[k]
        return [*self.rates, float(np.sum(off * by_step)) / square]


def _value(line: Line, state: State, k: int) -> Array | None:
    try:
        return line.formula(state, k)
    except (ValueError, IndexError, KeyError):  # arrays that do not fit: not this line
        return None


def same(a: Array, b: Array) -> bool:
    if a.shape != b.shape:
        return False
    size = max(float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0)))
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
            dA = _value(c.enters, s, k if k == s.top else k + 1)
            if dA is None:
                return False
            s.dA[k] = dA
            dZ = _value(c.through, s, k)
            if dZ is None:
                return False
            s.dZ[k] = dZ * c.factor
            decay = net.decay * s.W[k]
            for told, step, own, given in (
                (c.dW, "weight", c.by_W, net.weight(grads, k)),
                (c.db, "bias", c.by_b, net.bias(grads, k)),
            ):
                line = told or (LINES[step][0] if mended else None)
                if line is None or given is None:
                    continue
                value = _value(line, s, k)
                if value is not None and own != 1:
                    rest = decay if step == "weight" and not c.whole else 0.0
                    value = (value - rest) * own + rest
                if value is None or not same(value, given):
                    return False
    return True


def truth(net: Net, params: Sequence[Array]) -> dict[int, Array]:
    """The right gradients of all blocks, in the user's shapes."""
    s = State.of(net, params, params)
    right: dict[int, Array] = {}
    for k in reversed(range(net.depth)):
        start = k == s.top
        s.dA[k] = _sure(LINES["start" if start else "down"][0], s, k if start else k + 1)
        s.dZ[k] = _sure(LINES["through"][0], s, k)
        dW = _sure(LINES["weight"][0], s, k)
        right[net.W[k]] = dW.T if net.turned else dW
        i = net.b[k]
        if i is not None:
            right[i] = _sure(LINES["bias"][0], s, k).reshape(params[i].shape)
    return right


def received(trail: Trail, k: int, step: str) -> Array | None:
    """What the right formula gives for dW or db of layer k, from what the layer received."""
    return _value(LINES[step][0], trail.state, k)


def _sure(line: Line, state: State, k: int) -> Array:
    value = line.formula(state, k)
    assert value is not None
    return value
