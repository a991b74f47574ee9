"""An alarm for a replay that hangs where no tick of a loop is reached: in C code, in a sleep."""

from __future__ import annotations

import contextlib
import gc
import signal
import threading
from collections.abc import Iterator
from typing import Any


@contextlib.contextmanager
def alarm(seconds: float, error: type[BaseException]) -> Iterator[None]:
    """Raise `error` in the code inside once the seconds are over.

    Works where a signal can be used: in the main thread of a POSIX system whose program has no
    alarm of its own. Elsewhere nothing happens, and only the ticks in loops stop a replay.
    Garbage is collected before and after: in a large program that takes seconds, which are not
    those of the code inside, and an error that is raised in a finalizer is lost.
    Blind   to C code that does not return and holds signals back
    """
    if not _free():
        yield
        return
    armed, collects = True, gc.isenabled()

    def ring(*_: Any) -> None:
        if armed:  # not when the code is through and only the clock is late
            raise error

    before = signal.signal(signal.SIGALRM, ring)
    # rings again and again: a bare "except:" of the user may swallow the first
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01), 0.1)
    try:
        gc.disable()
        yield
    finally:
        armed = False
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if collects:
            gc.enable()


def _free() -> bool:
    return (
        hasattr(signal, "setitimer")
        and threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGALRM) == signal.SIG_DFL
        and signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    )
