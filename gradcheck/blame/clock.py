"""The time that a search has taken."""

from __future__ import annotations

import math
import time
from pathlib import Path

_SCHEDULER = Path("/proc/thread-self/schedstat")  # of Linux
LENT = 0.2  # of the time that passed, which may be taken for others'
BUSY = 0.02  # of the time that passed: so much that was not worked is nothing to ask about


class Clock:
    """Seconds since it was made, but for those in which others had this thread's processor.

    Of these at most a fifth of all: so a machine that is busy with something else costs few
    findings, and a search of 10 seconds never takes more than 12.5. Where the system does not tell
    them from those in which a loss waited, as in a sleep, it is a fifth as well.
    """

    __slots__ = ("_begin", "_delayed", "_worked")

    def __init__(self) -> None:
        self._begin, self._worked = time.perf_counter(), time.thread_time()
        self._delayed = _delayed()

    def __call__(self) -> float:
        passed, worked = time.perf_counter() - self._begin, time.thread_time() - self._worked
        if passed - worked < BUSY * passed:
            return passed
        delayed = _delayed() - self._delayed if math.isfinite(self._delayed) else math.inf
        return max(worked, passed - min(delayed, LENT * passed))


def _delayed() -> float:
    """Seconds that this thread could have run and did not; infinite where nobody counts them."""
    try:
        worked, delayed, *_ = map(int, _SCHEDULER.read_bytes().split())
    except (OSError, ValueError):
        return math.inf
    return delayed / 1e9 if worked else math.inf
