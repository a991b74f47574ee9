"""An explanation of gradients: which lines of a backward pass, right or wrong, give them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..kinds import LINES, Line
from ..tree import Array
from .chain import Net, State
from .same import same

UNEXPLAINED = 3  # what a block that no line explains costs, in wrong lines
PATH = ("skip", "behind", "carry", "through", "norm")  # of a cotangent through a layer


@dataclass(frozen=True, slots=True)
class Way:
    """One explanation of a gradient; the factor is besides the line.

    line    None where no line explains it
    whole   the decay in a weight gradient is multiplied too
    proof   of the cotangent: not where the gradient is zero for every cotangent, as that of a bias
            below a batch norm
    use     the layer whose share is meant, of a weight that several layers use
    """

    line: Line | None
    factor: float = 1.0
    whole: bool = False
    proof: bool = True
    use: int | None = None

    @property
    def cost(self) -> int:
        if self.line is None:
            return UNEXPLAINED
        return bool(self.line.kind) + (self.factor != 1)

    @property
    def kinds(self) -> tuple[object, ...]:
        return self.line and self.line.kind, self.factor != 1


@dataclass(frozen=True, slots=True)
class Choice:
    """What one layer does, as far as its gradients tell.

    path     the lines by which its cotangent comes about: what enters it ("start" or "down"), and
             what it does to that (PATH); factor: of its cotangent
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


# -- lines at work ---------------------------------------------------------------------------------


def value_of(line: Line, state: State, k: int) -> Array | None:
    try:
        return line.formula(state, k)
    except (ValueError, IndexError, KeyError):  # arrays that do not fit: not this line
        return None


def walk(s: State, k: int, path: Sequence[Line]) -> bool:
    """From dA of layer k to its dZ by these lines; False where they do not fit.

    A recurrent layer is gone through once for each step in time: every round carries what the
    later steps hand back one step further.
    """
    skip, behind, *around = path
    if not (_made(s.dA, skip, s, k) and _made(s.dG, behind, s, k)):
        return False
    carry = s.net.carry(k)
    if carry is not None:
        s.dF[k], s.dZ[k] = np.zeros_like(s.dG[k]), np.zeros_like(s.dG[k])
    for back in range(carry.steps if carry else 1):
        s.back = back
        for line, made in zip(around, (s.dF, s.dN, s.dZ), strict=True):
            if not _made(made, line, s, k):
                return False
    return s.dZ[k].shape[-1] == s.W[k].shape[1] and bool(np.all(np.isfinite(s.dZ[k])))


def _made(made: dict[int, Array], line: Line, s: State, k: int) -> bool:
    value = value_of(line, s, k)
    if value is None or value.ndim != 2:
        return False
    made[k] = value
    return True


def uses(net: Net, k: int) -> list[int]:
    """Layers that use the weights of layer k, from the input on; their gradients are one array."""
    shared = net.layout.uses[net.W[k]]
    return [j for j, i in enumerate(net.W) if i in shared]


def of_others(s: State, k: int) -> Array:
    """What the other uses of a weight rightly add to its gradient, as layer k has it."""
    net, total = s.net, np.zeros(())
    for j in uses(net, k):
        if j != k:
            share = _sure(LINES["weight"][0], s, j) - s.decay(j)
            block = net.block(net.W[j])
            whole = net.layout.close({net.W[j]: share}, block)
            total = total + net.layout.parts[net.W[k]].of(whole, whole.ndim)
    return total


def gradients_of(net: Net, grads: Sequence[Array], k: int) -> dict[str, Array]:
    """The gradients of layer k, by step; of weights in several layers only at the lowest."""
    given = {step: grads[i] for step, i in net.parts(k).items()}
    if uses(net, k)[0] != k:
        del given["weight"]
    return {step: g if step in ("weight", "recurrent") else g.ravel() for step, g in given.items()}


# -- an explanation, run again ---------------------------------------------------------------------


def rerun(
    trail: Trail, params: Sequence[Array], grads: Sequence[Array], *, mended: bool = False
) -> bool:
    """Do the same lines give the user's gradients at other parameters too?

    params, grads   of the blocks
    mended          blocks that no line explained have been corrected, and must be right now
    """
    net = trail.net
    grads = net.layout.open(grads)
    s = State.of(net, net.layout.open(params), grads)
    with np.errstate(all="ignore"):
        for k in reversed(range(net.depth)):
            c = trail.choice(k)
            if c is None:
                return True
            s.rate = c.rate
            dA = value_of(c.path[0], s, k if k == s.top else k + 1)
            if dA is None:
                return False
            s.dA[k] = dA
            if not walk(s, k, c.path[1:]):
                return False
            s.dZ[k], s.dN[k] = s.dZ[k] * c.factor, s.dN[k] * c.factor
            given = gradients_of(net, grads, k)
            for step, way in c.own:
                line = way.line or (LINES[step][0] if mended else None)
                if line is not None and not _again(s, k, step, way, line, given[step]):
                    return False
        last = trail.choice(-1)
        if net.table is None or last is None:
            return True
        (enters,), ((_, way),) = last.path, last.own
        line = way.line or (LINES["scatter"][0] if mended else None)
        if line is None:
            return True
        s.dA[-1] = _sure(enters, s, 0)
        return same(_sure(line, s, -1) * way.factor, grads[net.table.part])


def _again(s: State, k: int, step: str, way: Way, line: Line, given: Array) -> bool:
    """Does a line give a gradient of layer k, or the share of the layer that is meant?"""
    if way.use is not None and way.use != k:
        given = share_of(s, way.use, k, given)
        k = way.use
    value = value_of(line, s, k)
    if value is None:
        return False
    if way.factor != 1:
        rest = s.decay(k) if step == "weight" and not way.whole else 0.0
        value = (value - rest) * way.factor + rest
    if step == "weight":
        value = value + of_others(s, k)
    least = float(np.abs(s.dZ[k]).sum()) if step == "bias" else 0.0
    return same(value, given, least)


def share_of(s: State, j: int, k: int, given: Array) -> Array:
    """A gradient of the weights of layer k, as layer j has them."""
    net = s.net
    whole = net.layout.close({net.W[k]: given}, net.block(net.W[k]))
    return net.layout.parts[net.W[j]].of(whole, whole.ndim)


def truth(net: Net, params: Sequence[Array]) -> dict[int, Array]:
    """The right gradients of all blocks, in the user's shapes."""
    arrays = net.layout.open(params)
    s = State.of(net, arrays, arrays)
    right: dict[int, Array] = {}
    for k in reversed(range(net.depth)):
        start = k == s.top
        s.dA[k] = _sure(LINES["start" if start else "down"][0], s, k if start else k + 1)
        walk(s, k, [LINES[step][0] for step in PATH])
        for step, i in net.parts(k).items():
            value = _sure(LINES[step][0], s, k)
            if step == "weight" and uses(net, k)[0] != k:
                value = value - s.decay(k)  # the penalty counts a weight once
            right[i] = value
    if net.table is not None:
        s.dA[-1] = _sure(LINES["down"][0], s, 0)
        right[net.table.part] = _sure(LINES["scatter"][0], s, -1)
    blocks = dict.fromkeys(net.block(i) for i in right)
    return {block: net.layout.close(right, block) for block in blocks}


def received(trail: Trail, k: int, step: str) -> Array | None:
    """What the right formula gives for a gradient of layer k, from what the layer received."""
    value = value_of(LINES[step][0], trail.state, k)
    if value is not None and step == "weight":
        value = value + of_others(trail.state, k)
    return value


def _sure(line: Line, state: State, k: int) -> Array:
    value = line.formula(state, k)
    assert value is not None
    return value
