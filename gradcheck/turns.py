"""Checks in several threads: the search for the line edits code, so it runs alone."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Threads that check take part together; one may ask to be alone.

    The user's code that the search edits for a while may be what another thread is checking.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work: Counter[int] = Counter()  # thread -> checks, one inside another
        self._alone: int | None = None

    @contextmanager
    def together(self) -> Iterator[None]:
        """For the time of a check; waits while another thread is alone."""
        me = threading.get_ident()
        with self._changed:
            self._changed.wait_for(lambda: self._alone in (None, me))
            self._at_work[me] += 1
        try:
            yield
        finally:
            with self._changed:
                self._at_work[me] -= 1
                self._at_work += Counter()  # without those at zero
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[bool]:
        """Is no other thread at work? If so, none begins until the end. It never waits."""
        me = threading.get_ident()
        with self._changed:
            free = self._alone is None and set(self._at_work) <= {me}
            if free:
                self._alone = me
        try:
            yield free
        finally:
            if free:
                with self._changed:
                    self._alone = None
                    self._changed.notify_all()


TURNS = Turns()  # of this process
