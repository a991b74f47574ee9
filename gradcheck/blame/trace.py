"""What each expression of a run was; and runs in which one of them is disturbed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .behaviours import Behaviour, frame_of_hook
from .sight import LARGEST
from .values import is_array, is_number

DEPTH = 4  # calls, by which callers are told apart


@dataclass
class Trace:
    """What each expression was: all its values, and where each came in the run."""

    values: dict[int, list[Any]] = field(default_factory=dict)
    places: dict[int, list[int]] = field(default_factory=dict)
    count: int = 0
    callers: dict[int, list[Any]] = field(default_factory=dict)

    def strands(self) -> dict[int, list[list[int]]]:
        """The turns of each expression, a list for each place that its function is called from.

        So a loop that calls one function twice in a turn makes two lists, of one length with those
        of what stands in the loop itself.
        """
        found: dict[int, list[list[int]]] = {}
        for number, callers in self.callers.items():
            turns: dict[Any, list[int]] = {}
            for turn, caller in enumerate(callers):
                turns.setdefault(caller, []).append(turn)
            found[number] = list(turns.values())
        return found


def recorder(trace: Trace) -> Behaviour:
    """Records each value that is a number, and from where its function was called."""

    def record(number: int, value: Any) -> Any:
        if is_array(value) or is_number(value) or isinstance(value, np.bool_):
            values = trace.values.setdefault(number, [])
            trace.count += 1
            if len(values) < 2000:
                trace.places.setdefault(number, []).append(trace.count)
                small = isinstance(value, np.ndarray) and value.size <= LARGEST
                values.append(value.copy() if small else value)
                trace.callers.setdefault(number, []).append(_callers(frame_of_hook()))
        return value

    return record


def _callers(frame: Any) -> tuple[Any, ...]:
    found: list[Any] = []
    while len(found) < 2 * DEPTH and (frame := frame.f_back) is not None:
        found += (frame.f_code, frame.f_lasti)
    return tuple(found)


def disturber(number: int, strong: bool = False) -> Behaviour:
    rng = np.random.default_rng(1)
    by, noise = (-1.5, 0.5) if strong else (1.0, 0.02)

    def disturb(i: int, value: Any) -> Any:
        if i != number:
            return value
        if isinstance(value, np.ndarray):
            if value.dtype.kind == "b":
                return ~value
            if value.dtype.kind in "iu":
                return value - 1 if strong else value + 1
            if value.dtype.kind == "f":
                moved = np.array(value, dtype=float, subok=True)
                factor = by + 0.03 * rng.standard_normal(value.shape)
                shift = noise * rng.standard_normal(value.shape)
                moved[...] = np.asarray(value) * factor + shift
                return moved
            return value
        if isinstance(value, bool | np.bool_):
            return not value
        if isinstance(value, int | np.integer):  # one of the neighbours may leave the array
            return value - 1 if strong else value + 1
        return value * (by + 0.03) + noise if isinstance(value, float | np.floating) else value

    return disturb
