"""What the hooked code does at each expression: the value passes, or a behaviour changes it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from .hooks import TICK, WIDEN
from .values import Values, widened

Behaviour = Callable[[int, Any], Any]

ASIDE = 100  # runs, whose steps a look aside may take


class Stopped(BaseException):
    """A replay took too many steps; not an Exception, so that the user's code lets it pass."""


class Behaviours:
    """What the hook calls: what stands in every run, and then the behaviour of the run at hand.

    standing  makers, by the number of the expression: each makes a behaviour for one run
    fillers   numbers of np.multiply(a, b, out=c): c must change, too
    wide      what stands for the user's float32 parameters, by the id of these
    steps     values and turns of loops in this run, or else in the last one; at most limit
    """

    def __init__(self) -> None:
        self.standing: dict[int, Callable[[], Behaviour]] = {}
        self.fillers: set[int] = set()
        self.wide: dict[int, Values] = {}
        self.steps, self.limit = 0, 10**9
        self._made: dict[int, Behaviour] = {}
        self._own: Behaviour | None = None

    def begin(self, own: Behaviour | None) -> None:
        """A run begins, with this behaviour of its own."""
        self._own, self._made, self.steps = own, {}, 0

    def end(self) -> None:
        self._own = None

    def hook(self, number: int, value: Any) -> Any:
        """What becomes of a value."""
        if number == WIDEN:
            wide = self.wide.get(id(value))
            return widened(value) if wide is None else wide
        self.steps += 1
        if self.steps > self.limit:
            raise Stopped
        if number in self.standing:
            if number not in self._made:
                self._made[number] = self.standing[number]()
            value = self._made[number](number, value)
        if number == TICK or self._own is None:
            return value
        if number in self.fillers and isinstance(value, np.ndarray):
            value[...] = self._own(number, value.copy())
            return value
        return self._own(number, value)

    def quiet(self, function: Callable[[], Any]) -> Any:
        """Call the user's function from inside a behaviour, unobserved.

        It has its own steps: so many as ASIDE runs.
        """
        own, self._own = self._own, None
        steps, self.steps = self.steps, self.steps - ASIDE * self.limit
        try:
            return function()
        finally:
            self._own, self.steps = own, steps


def frame_of_hook() -> Any:
    """The user's frame, seen from a behaviour: behaviour <- hook <- user."""
    return sys._getframe(3)  # noqa: SLF001  the one way to the caller's variables
