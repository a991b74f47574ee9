"""Which lines of the backward pass are wrong? Read off the user's gradients, layer by layer.

For a recognised net every line of the backward pass can be computed, and so can every wrong line
of the table. From the loss down, each layer is given the cotangent that the lines above it really
pass on, and the fewest wrong lines are sought that yield the user's dW and db number by number.
What a layer computes rightly from what it received is inherited, not wrong.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from ..kinds import LINES, Line
from ..tree import Array
from .chain import Net, State
from .same import SAME, proportion, same, same_number
from .trail import (
    PATH,
    UNEXPLAINED,
    Choice,
    Trail,
    Way,
    gradients_of,
    of_others,
    share_of,
    uses,
    value_of,
    walk,
)

BEAM = 4  # explanations of equal cost that are followed
MOST_ALIKE = 64  # explanations of one layer at one cost, beyond which gradients decide nothing
LOST = 3 * UNEXPLAINED  # what a layer costs that nothing explains
MOST_TRIED = 5_000  # explanations of a whole net that are looked at
OWN = ("gain", "shift", "recurrent")  # gradients of a layer that prove no cotangent

Named = Callable[[float], bool]  # does a factor have a name?


def decode(
    net: Net, params: Sequence[Array], grads: Sequence[Array], named: Named, rates: Sequence[float]
) -> list[Trail]:
    """The cheapest explanations, all of equal cost, the most believed first.

    params, grads   of the blocks
    """
    params, grads = net.layout.open(params), net.layout.open(grads)
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
        self.net, self.named, self.rates = net, cache(named), rates
        self.tried = 0
        self.given = [gradients_of(net, grads, k) for k in range(net.depth)]
        self.of_table = grads[net.table.part] if net.table else None

    def layer(self, trail: Trail, k: int) -> list[Trail]:
        """The trail, prolonged by the cheapest explanations of layer k."""
        if trail.lost is not None:
            return [trail]
        best: list[Trail] = []
        lost = replace(trail, lost=k, cost=trail.cost + LOST)
        for wrong in range(3):
            if best and (best[0].cost - trail.cost <= wrong - 1 or best[0].choices[-1].settled):
                break
            for state, choice in self.cotangents(trail.state, k, wrong):
                most = best[0].cost - trail.cost if best else LOST
                for found in self.gradients(state, k, choice, most):
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
            dX = value_of(enters, trail.state, 0)
            if dX is None or dX.shape != trail.state.A[0].shape:
                continue
            state = trail.state.below()
            state.dA[-1] = dX
            for line in LINES["scatter"]:
                value = value_of(line, state, -1)
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
                dA = value_of(enters, state, at)
                if dA is None or dA.ndim != 2 or not np.all(np.isfinite(dA)):
                    continue
                state.dA[k] = dA
                for path in self.paths(k, wrong - bool(enters.kind)):
                    made = state.below()
                    if walk(made, k, path):
                        yield made, Choice((enters, *path), rate=rate)

    def paths(self, k: int, wrong: int) -> Iterator[tuple[Line, ...]]:
        """Lines of a layer from dA to dZ, of which so many are wrong."""
        net = self.net
        missing = {
            "skip": not any(net.skips),
            "behind": net.stage(k) is None,
            "carry": net.carry(k) is None,
            "norm": net.norm(k) is None,
        }
        steps = [LINES[step][:1] if missing.get(step) else LINES[step] for step in PATH]
        for path in itertools.product(*steps):
            if sum(bool(line.kind) for line in path) == wrong:
                yield path

    def gradients(self, state: State, k: int, choice: Choice, most: int) -> Iterator[Choice]:
        """Lines for the layer's own gradients that fit this cotangent, or a multiple of it.

        A cotangent by wrong lines is believed only where dW or db follows from it, or from a
        multiple that has a name. What would cost more than `most` is not looked at.
        """
        given = self.given[k]
        dW, db = given.get("weight"), given.get("bias")
        by_W = by_b = None
        if dW is not None:
            product = value_of(LINES["weight"][0], state, k)
            rest = self.net.decay * state.W[k] + of_others(state, k)
            decay = self.net.decay * state.W[k]
            by_W = None if product is None else proportion(dW - rest, product - decay)
        if db is not None:
            by_b = proportion(db, value_of(LINES["bias"][0], state, k))
        factors = [1.0]
        for factor in (by_W, by_b):
            if factor and not any(same_number(factor, f) for f in factors) and self.named(factor):
                factors.append(factor)
        if choice.wrong and not any(
            same_number(f, by) for f in factors for by in (by_W, by_b) if by is not None
        ):
            return
        for factor in factors:
            off = [by is None or not same_number(by, factor) for by in (by_W, by_b)]
            shown = (dW is not None, db is not None and self.net.norm(k) is None)
            least = sum(wrong for wrong, there in zip(off, shown, strict=True) if there)
            if choice.wrong + (factor != 1) + least > most:
                continue
            both = by_W is not None and by_b is not None
            if factor != 1 and both and not same_number(by_W or 0.0, by_b or 0.0):
                continue  # each by a factor of its own is told of the gradients
            scaled = state.below()
            scaled.dZ[k], scaled.dN[k] = state.dZ[k] * factor, state.dN[k] * factor
            ways: dict[str, list[Way]] = {}
            if dW is not None:
                ways["weight"] = self.weight(scaled, k, dW, by_W, factor)
            if db is not None:
                ways["bias"] = self.ways("bias", scaled, k, db, by_b, factor)
            good = {
                step: LINES[step][0] is found[0].line and found[0].proof
                for step, found in ways.items()
            }
            lost = {step for step, found in ways.items() if found[0].line is None}
            if lost and not (factor == 1 and any(good[step] for step in ways.keys() - lost)):
                continue
            for step in OWN:
                if step in given:
                    ways[step] = self.ways(step, scaled, k, given[step], None, factor)
            for found in itertools.product(*ways.values()):
                own = tuple(zip(ways, found, strict=True))
                yield replace(choice, factor=factor, own=own)

    def weight(
        self, s: State, k: int, given: Array, ratio: float | None, factor: float
    ) -> list[Way]:
        """Ways of a weight gradient; where several layers use it, the share of one is wrong."""
        found = self.ways("weight", s, k, given - of_others(s, k), ratio, factor)
        shared = [j for j in uses(self.net, k) if j != k]
        if not shared or (found[0].line is LINES["weight"][0] and found[0].factor == 1):
            return found
        ways = [replace(way, use=k) for way in found if way.line]
        for j in shared:
            share = share_of(s, j, k, given) - of_others(s, j)
            right = value_of(LINES["weight"][0], s, j)
            decay = s.decay(j)
            by = None if right is None else proportion(share - decay, right - decay)
            ways += [
                replace(way, use=j) for way in self.ways("weight", s, j, share, by, 1.0) if way.line
            ]
        return ways or found

    def ways(
        self, step: str, s: State, k: int, given: Array, ratio: float | None, factor: float
    ) -> list[Way]:
        """The right line, if it gives this gradient, else all wrong ones that do."""
        right, *wrong = LINES[step]
        value = value_of(right, s, k)
        # a bias below a batch norm: its gradient is zero but for rounding
        least = float(np.abs(s.dZ[k]).sum()) if step == "bias" else 0.0
        if step == "weight":  # of which the shares of others were taken off
            least = float(np.max(np.abs(of_others(s, k)), initial=0.0))
        if value is not None and same(value, given, least):
            return [Way(right, proof=not np.all(np.abs(value) <= SAME * least))]
        found = []
        if step in OWN:
            ratio = proportion(given, value)
            ratio = ratio and ratio * factor
        if ratio and self.named(ratio / factor):
            found.append(Way(right, ratio / factor))
        elif step == "weight" and self.net.decay:
            whole = proportion(given, value)
            if whole and self.named(whole):
                found.append(Way(right, whole, whole=True))
        for line in wrong:
            value = value_of(line, s, k)
            known = any(way.line and way.line.kind == line.kind for way in found)
            if value is not None and not known and same(value, given, least):
                found.append(Way(line))
        return found or [Way(None)]

    def possible_rates(self, before: State, k: int) -> list[float]:
        """Rates of a premature update: those in reach, and the one that fits best."""
        if "weight" not in self.given[k] or self.net.carry(k) is not None:
            return list(self.rates)
        stage, slope, dZ = self.net.stage(k), before.slope(k), before.dZ[k + 1]

        def handed(weights: Array) -> Array:
            dA = dZ @ weights.T
            dG = dA if stage is None else stage.pull_back(dA, before.F[k])
            product: Array = before.A[k].T @ (dG * slope)
            return product

        by_W, by_step = handed(before.W[k + 1]), handed(before.given[k + 1])
        square = float(np.sum(by_step**2))
        if by_step.size < 2 or not square:
            return list(self.rates)
        off = by_W + self.net.decay * before.W[k] - self.given[k]["weight"]
        return [*self.rates, float(np.sum(off * by_step)) / square]
