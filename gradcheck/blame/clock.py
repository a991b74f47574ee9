"""The time that a search has taken."""

from __future__ import annotations

import time


class Clock:
    """Seconds since it was made, of this thread's processor; at least half of those that passed.

    So a machine that is busy with something else costs few findings, and a loss that waits is
    still given up.
    """

    __slots__ = ("_begin", "_worked")

    def __init__(self) -> None:
        self._begin, self._worked = time.perf_counter(), time.thread_time()

    def __call__(self) -> float:
        passed, worked = time.perf_counter() - self._begin, time.thread_time() - self._worked
        return max(worked, 0.5 * passed)
