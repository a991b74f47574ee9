"""A value used twice in the forward pass has a cotangent from each use: which one is left out?"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from .adjoints import Occurrence, adjoints
from .conviction import Conviction
from .places import in_loop
from .survey import Survey
from .syntax import VARIABLE, unparsed
from .trace import Trace, recorder
from .values import Values

USES = 6
LARGEST = 80  # elements of a value whose uses are told apart


def left_out(survey: Survey, conviction: Conviction) -> list[tuple[ast.expr, bool]]:
    """The uses of the value whose cotangent this is that are missing from it.

    Each as the expression of the forward pass that reads the value, and whether that is in a later
    turn of a loop. Empty where the error is something else, or where there is but one use.
    Cost: two losses for each element and use.
    """
    adjoint = survey.adjoints.get(conviction.definition) if conviction.definition else None
    wanted = conviction.right[0]
    if adjoint is None or wanted.size > LARGEST or np.shape(conviction.before[0]) != wanted.shape:
        return []
    turn = next((t for t, values in adjoint.turns.items() if np.array_equal(values, wanted)), None)
    replay = survey.replay
    replay.install(hooked=True)
    trace = Trace()
    replay.run_loss(recorder(trace))
    number = replay.number.get(adjoint.node)
    if turn is None or number is None or len(trace.values.get(number, ())) <= turn:
        return []
    uses = _uses(survey, trace, trace.values[number][turn], number)
    if not 2 <= len(uses) <= USES:
        return []
    at = survey.point.loss
    parts = adjoints(uses, survey.watching, at, lambda: survey.spent(0.95))
    slopes = [parts.get((use.number, use.turn), np.zeros(wanted.shape)) for use in uses]
    lacks = wanted - np.asarray(conviction.before[0], dtype=float)
    chosen = _sums_to(lacks, slopes)
    loops = len(adjoint.turns) > 1 and in_loop(adjoint.node, replay.unit_of[number])
    # in a loop over layers a value is used by the next one only, which is called for the first time
    return [(uses[k].node, loops and uses[k].turn > turn) for k in chosen]


def _uses(survey: Survey, trace: Trace, value: Any, number: int) -> list[Occurrence]:
    """Where the forward pass reads this value by a name."""
    found = []
    for i, values in trace.values.items():
        node = survey.replay.nodes[i]
        if i == number or node not in survey.active:
            continue
        if not isinstance(node, VARIABLE):
            continue
        for turn, other in enumerate(values):
            if np.shape(other) == np.shape(value) and np.array_equal(other, value):
                found.append(Occurrence(node, i, turn, unparsed(node), other))
    return found


def _sums_to(lacks: Values, parts: Sequence[Values]) -> tuple[int, ...]:
    """Which of the parts, but not all of them, sum to this."""
    size = max(float(np.max(np.abs(lacks))), *(float(np.max(np.abs(p))) for p in parts))
    real = [k for k, part in enumerate(parts) if np.max(np.abs(part)) > 1e-6 * size]
    for count in range(1, len(real)):
        for chosen in itertools.combinations(real, count):
            if np.max(np.abs(sum(parts[k] for k in chosen) - lacks)) <= 1e-5 * size:
                return chosen
    return ()
