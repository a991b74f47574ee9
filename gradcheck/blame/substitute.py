"""Conviction without an edit: the right value put in at one expression mends every parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import numpy as np

from .places import function_of, root_of
from .readings import Reading
from .replay import Values
from .survey import Survey
from .syntax import short
from .values import is_floating

MOST = 400  # replays


def convictions(survey: Survey) -> Iterator[Reading]:
    """Expressions where a true adjoint of the same shape mends all that is wrong.

    Only whole expressions (assigned, returned, passed on) that are computed once: in a loop every
    turn has a truth of its own. One point is tried, since the truths were measured there.
    """
    replay, tried = survey.replay, 0
    replay.install(hooked=True)
    for number in sorted(survey.reach, key=lambda i: survey.trace.places[i][0]):
        node, unit = replay.nodes[number], replay.unit_of[number]
        values = survey.trace.values[number]
        whole = root_of(node, unit) is node and not isinstance(node, ast.Name | ast.Attribute)
        if not whole or len(values) != 1 or not is_floating(values[0]):
            continue
        if (survey.wrong & ~survey.reach[number]).any():
            continue
        for truth in survey.library.items:
            if truth.role != "adjoint" or truth.value.shape != np.shape(values[0]):
                continue
            if tried > MOST or survey.spent():
                return
            tried += 1
            left = replay.wrong(replay.run_grads(_override(number, truth.value)))
            if left.any():
                continue
            text, is_ = short(node), survey.label(values[0])
            now = f"is {is_[0]}; should be" if is_ and is_[1] == 1.0 else "should be"
            what = f"{text}: {now} {truth.name}; with that value every parameter is mended"
            missing = survey.is_factor(values[0], truth.value)
            kind = "missing-activation-derivative" if missing else "unknown"
            blocks = survey.touched(number)
            yield Reading(kind, node, unit, function_of(node, unit), what, blocks)
            break


def _override(number: int, truth: Values) -> Any:
    def override(i: int, value: Any) -> Any:
        if i != number:
            return value
        if isinstance(value, np.ndarray):
            new = np.array(value, dtype=float, subok=True)
            new[...] = truth
            return new
        return float(truth.reshape(()))

    return override
