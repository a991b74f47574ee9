"""Other lines that a conviction points to: what hands on too little, what else sets the same."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from .conviction import CARRIED, Conviction, Place, Put, Truth, conviction_of
from .places import root_of
from .survey import Survey
from .syntax import only_target, unparsed
from .trace import Trace, recorder
from .values import Values

CARRIERS = 8  # expressions that may hand a value on to the next turn, tried for each conviction
NEAR = 1e-5  # of the largest entry: truths are measured by differences


def carriers(survey: Survey, put: Put) -> Iterator[Conviction]:
    """What hands too little on to the next turn, where the first turn is right and others are not.

    put   has mended everything: what it met lacks, from the second turn on, what was handed on
    """
    replay, here = survey.replay, put.place.number
    lacks = put.lacks
    known = [w for w in put.truths if w is not None]
    size = max(float(np.max(np.abs(w))) for w in known)
    if len(lacks) < 2 or lacks[0] is None or np.max(np.abs(lacks[0])) > NEAR * size:
        return
    trace = Trace()
    replay.install(hooked=True)
    replay.run_grads(Put(put.place, put.truths, recorder(trace)))
    turns = trace.places.get(here, [])
    found = []
    for number, places in trace.places.items():
        node, values = replay.nodes[number], trace.values[number]
        between = [
            [j for j, p in enumerate(places) if a < p < b] for a, b in itertools.pairwise(turns)
        ]
        whole = root_of(node, replay.unit_of[number]) is node and node not in survey.active
        if not whole or places[0] < turns[0] or any(len(one) != 1 for one in between):
            continue  # computed before, or not once a turn
        truths: list[Values | None] = [None] * len(values)
        for (j,), lack in zip(between, lacks[1:], strict=False):
            if lack is not None and np.shape(values[j]) == lack.shape:
                truths[j] = values[j] + lack
        if truths[0] is not None and number != here:
            found.append((places[0], number, tuple(truths)))
    nothing = True
    for _, number, wanted in sorted(found, key=lambda one: -one[0])[:CARRIERS]:
        replay.watch(number)
        other = Put(Place(number, tuple(survey.trace.values[number])), wanted)
        gradient = replay.run_grads(other)
        if gradient is not None and not replay.wrong(gradient).any():
            nothing = False
            yield conviction_of(survey, other, Truth(CARRIED, wanted, None), 1.0)
    replay.watch(here)
    if nothing:  # the value itself is what the next turn goes on with
        yield conviction_of(survey, put, Truth(CARRIED, tuple(put.truths), None), 1.0)


def summands(survey: Survey, one: Conviction) -> Iterator[Conviction]:
    """Where the rest of a sum is made, of which the other summand is a true cotangent.

    What comes back to x along one of two ways has no name of its own: dx = error + rest.
    """
    replay, node = survey.replay, one.node
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add):
        return
    place, trace = Place(one.number, one.before), Trace()
    replay.install(hooked=True)
    replay.run_grads(Put(place, one.right, recorder(trace)))
    for part, other in ((node.left, node.right), (node.right, node.left)):
        is_, rest = (trace.values.get(replay.number.get(n, -1), []) for n in (part, other))
        label = survey.label(rest[0]) if rest else None
        if label is None or not label[0].startswith("dL/d") or label[1] != 1.0:
            continue
        wanted = tuple(  # of the turns of which it is known
            right - beside
            for right, beside in zip(one.right, rest, strict=False)
            if np.shape(right) == np.shape(beside)
        )
        name = f"{one.name} - {unparsed(other)}"
        for number, values in trace.values.items():
            root = root_of(replay.nodes[number], replay.unit_of[number])
            same = len(values) == len(is_) and all(map(np.array_equal, values, is_))
            if not same or root is not replay.nodes[number] or number == one.number:
                continue
            replay.watch(number)
            put = Put(Place(number, tuple(survey.trace.values[number])), wanted)
            gradient = replay.run_grads(put)
            if gradient is not None and not replay.wrong(gradient).any():
                yield conviction_of(survey, put, Truth(name, wanted, None), 1.0)


def siblings(survey: Survey, put: Put, truth: Truth) -> Iterator[Conviction]:
    """Other lines that set the x of x += e, where they would mend as much."""
    replay, here = survey.replay, put.place.number
    unit = replay.unit_of[here]
    target = _target(unit.parents[replay.nodes[here]])
    lacks = put.lacks
    for number, values in survey.trace.values.items():
        above = unit.parents.get(replay.nodes[number])
        alike = number != here and len(values) == len(lacks) and _target(above) == target
        if not alike or getattr(above, "value", None) is not replay.nodes[number]:
            continue
        sign = -1 if isinstance(getattr(above, "op", None), ast.Sub) else 1
        wanted = tuple(
            v + sign * lack if lack is not None and np.shape(v) == lack.shape else None
            for v, lack in zip(values, lacks, strict=True)
        )
        replay.watch(number)
        other = Put(Place(number, tuple(values)), wanted)
        gradient = replay.run_grads(other)
        if wanted[0] is not None and gradient is not None and not replay.wrong(gradient).any():
            yield conviction_of(survey, other, Truth(truth.name, wanted, truth.definition), 1.0)


def _target(statement: Any) -> str:
    """What a statement sets, if that is one thing."""
    target = only_target(statement)
    return "" if target is None else unparsed(target)
