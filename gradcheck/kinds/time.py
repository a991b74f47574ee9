"""Recurrent layers: what one step in time hands to the next, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..recognition.chain import State
from ..recognition.stages import Carry
from ..tree import Array
from .row import Formula, Kind, Line, Step


def _of(s: State, k: int) -> tuple[Carry, Array]:
    carry, R = s.net.carry(k), s.R[k]
    assert carry is not None
    assert R is not None
    return carry, R


def carried(s: State, k: int) -> Array:
    """What a layer received, and what the next step in time hands back."""
    if s.net.carry(k) is None:
        return s.dG[k]
    carry, R = _of(s, k)
    total: Array = s.dG[k] + carry.later(s.dZ[k]) @ R.T
    return total


def recurrent(s: State, k: int) -> Array:
    carry, R = _of(s, k)
    product: Array = carry.before(s.F[k]).T @ s.dZ[k] + s.net.decay * R
    return product


def _in_time(formula: Callable[[State, int, Carry, Array], Array]) -> Formula:
    """The formula, for recurrent layers alone; it is given the layer's carry and its R."""
    return lambda s, k: None if s.net.carry(k) is None else formula(s, k, *_of(s, k))


def _instead(s: State, k: int, carry: Carry, R: Array) -> Array:
    """What the next step hands back takes the place of what comes from the outputs."""
    back = carry.later(s.dZ[k]) @ R.T
    back[-len(carry.start) :] = s.dG[k][-len(carry.start) :]
    return back


def _only(d: Array, part: slice) -> Array:
    """The cotangent at some steps, zero elsewhere."""
    kept = np.zeros_like(d)
    kept[part] = d[part]
    return kept


def _one_step(s: State, k: int, _: Carry, __: Array) -> Array:
    if s.back > 1:  # as it was
        return s.dF[k]
    return carried(s, k)


def _forwards(s: State, k: int, carry: Carry, R: Array) -> Array:
    ahead: Array = s.dG[k] + carry.earlier(s.dZ[k]) @ R.T
    return ahead


def _carry_lines() -> Iterator[Line]:
    for kind, says, formula in (
        (
            "recurrence",
            "nothing is handed back from the next step in time",
            lambda s, k, c, R: s.dG[k],
        ),
        (
            "recurrence",
            "what the next step in time hands back takes the place of what comes from the outputs",
            _instead,
        ),
        (
            "recurrence",
            "every step hands back only what it got from its own output: cut off after one step",
            _one_step,
        ),
        (
            "recurrence",
            "the loop through time runs forwards: each step is handed what the one before it has",
            _forwards,
        ),
        (
            "recurrence",
            "the first step in time is left out",
            lambda s, k, c, R: _only(carried(s, k), slice(len(c.start), None)),
        ),
        (
            "recurrence",
            "the last step in time is left out",
            lambda s, k, c, R: _only(carried(s, k), slice(0, -len(c.start))),
        ),
        (
            "recurrence",
            "only the last step in time is run back",
            lambda s, k, c, R: _only(s.dG[k], slice(-len(c.start), None)),
        ),
        (
            "transpose",
            "the cotangent is handed back in time through the weights, not their transpose",
            lambda s, k, c, R: s.dG[k] + c.later(s.dZ[k]) @ R,
        ),
        (
            "raw-error-propagated",
            "the cotangent is handed back in time before the derivative of the activation",
            lambda s, k, c, R: s.dG[k] + c.later(s.dF[k]) @ R.T,
        ),
        (
            "missing-term",
            "the cotangent is handed back in time without the weights",
            lambda s, k, c, R: s.dG[k] + c.later(s.dZ[k]),
        ),
    ):
        yield Line("carry", kind, says, _in_time(formula))


def _product(A: Array, s: State, k: int, R: Array) -> Array:
    product: Array = A.T @ s.dZ[k] + s.net.decay * R
    return product


def _recurrent_lines() -> Iterator[Line]:
    for kind, says, formula in (
        (
            "wrong-operand",
            "uses the state of the same step in time, where that of the step before is due",
            lambda s, k, c, R: _product(s.F[k], s, k, R),
        ),
        (
            "recurrence",
            "uses the state of two steps before, where that of the step before is due",
            lambda s, k, c, R: _product(c.before(s.F[k], 2), s, k, R),
        ),
        (
            "transpose",
            "is the transpose of the right gradient",
            lambda s, k, c, R: recurrent(s, k).T,
        ),
        (
            "indexing",
            "leaves out the first step in time, and the state from which it starts",
            lambda s, k, c, R: (
                s.F[k][: -len(c.start)].T @ s.dZ[k][len(c.start) :] + s.net.decay * R
            ),
        ),
    ):
        yield Line("recurrent", kind, says, _in_time(formula))


def _first_step(s: State, d: Array) -> slice | None:
    """Rows of the first step in time, of a layer that has them all."""
    n = len(d) // s.net.steps
    return slice(0, n) if s.net.steps > 1 and len(d) == len(s.net.X) else None


def _overwritten_lines() -> Iterator[Line]:
    """= where += is due, in a loop backwards through time: the first step comes last, and stays."""
    says = "is that of the first step in time alone: = where += is due, in the loop through time"

    def of(step: Step) -> Formula:
        def formula(s: State, k: int) -> Array | None:
            at = _first_step(s, s.dZ[k])
            if at is None:
                return None
            dZ = s.dZ[k][at]
            value: Array
            if step == "bias":
                value = dZ.sum(axis=0)
            elif step == "weight":
                value = s.A[k][at].T @ dZ + s.decay(k)
            else:
                carry, R = _of(s, k)
                value = carry.before(s.F[k])[at].T @ dZ + s.net.decay * R
            return value

        return formula

    steps: tuple[Step, ...] = ("weight", "bias", "recurrent")
    for step in steps:
        yield Line(step, "accumulation", says, of(step))


OVERWRITTEN = tuple(_overwritten_lines())

RECURRENCE = Kind(
    "recurrence",
    "A recurrent net is right for one time step and wrong for several.",
    "The cotangent from the next time step is dropped, overwritten or misplaced.",
    "dh = dy[t] @ Why.T",
    "dh = dy[t] @ Why.T + dh_next",
    "Add what comes from the output and what comes from the next step.",
    lines=(*_carry_lines(), *_recurrent_lines()),
)
