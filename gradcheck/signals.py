"""Ctrl-C, alarms and other signals wait while things are put back."""

from __future__ import annotations

import signal
import threading
import traceback
import types
from collections.abc import Callable
from typing import Any, Self

Handler = Callable[[int, types.FrameType | None], Any]


class Signals:
    """Within `with`, the handlers of the program; while `held` is set, they wait until its end.

    Python runs the handlers of signals in the main thread, and only where it looks for them: at a
    call, at the turn of a loop. It does not look between an exception (or the end of a `try`) and
    an assignment that is the first statement of `finally`; so nothing can come between

        finally:
            signals.held = True
            ...                      # put things back

    In other threads there is nothing to hold, since signals do not interrupt them.
    """

    __slots__ = ("_before", "_waiting", "held")

    def __init__(self) -> None:
        self.held = False
        self._before: dict[int, Handler] = {}
        self._waiting: list[tuple[int, types.FrameType | None]] = []

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in signal.Signals:
                handler = signal.getsignal(number)
                if callable(handler):  # of Python: the default of Ctrl-C, or the program's own
                    self._before[number] = handler
                    self._install(number, self._arrive)
        return self

    def __exit__(self, *_: object) -> None:
        try:
            for number, handler in self._before.items():
                if signal.getsignal(number) == self._arrive:  # else the user's loss has put another
                    self._install(number, handler)
        finally:
            self.held = False  # a handler that could not be taken away passes all on
        for number, frame in self._waiting:
            self._before[number](number, frame)

    @staticmethod
    def _install(number: int, handler: Handler) -> None:
        try:
            signal.signal(number, handler)
        except (OSError, ValueError):  # not to be caught; an interpreter within an interpreter
            return

    def _arrive(self, number: int, frame: types.FrameType | None) -> None:
        if self.held:
            self._waiting.append((number, frame))
        else:
            self._before[number](number, frame)


def by_signal(error: BaseException) -> bool:
    """Was this raised by the handler of a signal, such as an alarm, and not by what it met?"""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return any(isinstance(frame.f_locals.get("self"), Signals) for frame in frames)
