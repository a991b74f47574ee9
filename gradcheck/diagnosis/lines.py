"""Where the net behind the loss is recognised: which lines of its backward pass are wrong?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..recognition import data
from ..recognition.chain import Net
from ..recognition.context import Context
from ..recognition.decode import decode
from ..recognition.recognise import recognise
from ..recognition.same import same, same_number
from ..recognition.trail import Trail, Way, received, rerun, truth
from ..report import Finding
from ..tree import Array
from .case import Case
from .reading import Reading, describe


def read_lines(case: Case) -> Trail | None:
    """Tell the wrong lines; the trail of those that are told, if any."""
    if case.unexplained:  # right in one call and wrong in the next: no line does that
        return None
    net = recognise(case.point, case.layers, case.context)
    if net is None:
        return None
    case.layers = net.layers
    case.context = replace(case.context, known=_sizes(net))
    right = truth(net, case.parameters)
    rounded = 1e-4 if net.nearly else 1e-8
    if not all(s.near(right[i], rounded=rounded) for i, s in case.suspects.items() if s.sharp):
        return None
    if of_other_data(case, net):
        return None
    rates = [x for _, x in case.context.numbers if 0 < x <= 10]

    def named(factor: float) -> bool:
        return same_number(factor, -1) or case.factor(factor) is not None

    trails = lasting(case, decode(net, case.parameters, case.gradients, named, rates))
    if not trails or trails[0].lost == net.depth - 1:
        return None
    reading = Reading(case, trails)
    trail = trails[reading.lead]
    found = _ways(trail)
    known = all(way.line is not None for ways in found.values() for _, _, way in ways)
    if net.nearly and known and not reading.told:  # right for log(y), not for log(y + 1e-7)
        case.unexplained |= {i for i in case.suspects if case.states[i] == "wrong"}
        return None
    reading.tell()
    for i, ways in found.items():
        _read(case, trail, i, ways, right[i])
    return trail


def _sizes(net: Net) -> tuple[tuple[int, str], ...]:
    samples, outputs = net.samples, net.units[-1]
    in_time = (
        (net.steps, "the number of steps in time"),
        (net.steps * samples, "the number of samples times that of steps in time"),
    )
    return (
        (samples, "the number of samples"),
        (outputs, "the number of outputs"),
        (outputs * samples, "the number of samples times that of outputs"),
        *(in_time if net.steps > 1 else ()),
    )


Place = tuple[int, str, Way]  # a layer, a step of it, and how its gradient comes about


def _ways(trail: Trail) -> dict[int, list[Place]]:
    """By block."""
    net = trail.net
    found: dict[int, list[Place]] = {}
    for k in range(-1 if net.table else 0, net.depth):
        choice = trail.choice(k)
        for step, part in net.parts(k).items() if choice else ():
            way = choice.way(step) if choice else None
            if way is not None:
                found.setdefault(net.block(part), []).append((k, step, way))
    return found


def _read(case: Case, trail: Trail, i: int, ways: list[Place], right: Array) -> None:
    """What the lines say of one block: explained, or to be held against what it received."""
    if i not in case.suspects:
        return
    if all(way.line is not None for _, _, way in ways):
        if case.states[i] == "wrong":
            case.explained(i, right)
        return
    (k, step, _), *others = ways
    due = received(trail, k, step)
    if due is not None and not others:
        part = trail.net.parts(k)[step]
        case.suspects[i] = case.suspects[i].against(trail.net.layout.close({part: due}, i))


def lasting(case: Case, trails: list[Trail]) -> list[Trail]:
    """Those that give the user's gradients at a second point too."""
    with case.corrected() as found:
        if found is None:
            return trails
        _, grads, params = found
        return [trail for trail in trails if rerun(trail, params, grads)]


# -- other data than those of the loss -------------------------------------------------------------


def of_other_data(case: Case, net: Net) -> bool:
    """Are all gradients right, but for other data than the loss is computed from?"""
    for name, other in other_data(net, case.context):
        share = net.samples / other.samples  # a mean over as many samples as there are
        for factor in (other.factor, other.factor * share):
            trained = replace(other, factor=factor)
            if not gives(trained, case.parameters, case.gradients):
                continue
            with case.corrected() as found:
                if found is not None and not gives(trained, list(found[2]), list(found[1])):
                    continue
            case.findings.append(
                Finding(
                    "loss-gradient",
                    f"The gradients are right for other data than the loss is computed from: "
                    f"for {name} ({other.samples} samples), not for the {net.samples} samples "
                    "of the loss.",
                    evidence=f"The loss is that of {describe(net)}, to its last digits; with "
                    "the other data its right gradients are yours, number by number.",
                    advice="Compute loss and gradients from the same samples, and look at "
                    "the loss of the data that is trained on.",
                )
            )
            wrong = [i for i in case.suspects if case.states[i] == "wrong"]
            case.roles.update(dict.fromkeys(wrong, "origin"))
            for i in wrong:
                case.states[i] = "right"
            return True
    return False


def other_data(net: Net, context: Context) -> Iterator[tuple[str, Net]]:
    """The same net over other inputs and targets in reach, with the name of the inputs."""
    if any((net.table, *net.behind, *net.carries)):
        return
    for columns in (False, True):
        for X in data.inputs(context, net.first, columns):
            same_numbers = (
                path
                for path, a in context.arrays
                if np.array_equal(np.sort(a, None), np.sort(X, None))
            )
            name = next(same_numbers, "other data")
            for T in data.targets(context, len(X), net.units[-1], columns):
                if not (np.array_equal(X, net.X) and np.array_equal(T, net.T)):
                    yield name, replace(net, X=X, T=T)


def gives(net: Net, params: list[Array], grads: list[Array]) -> bool:
    """Are these the right gradients of this net?"""
    with np.errstate(all="ignore"):
        right = truth(net, params)
    return all(same(grads[i], values) for i, values in right.items())
