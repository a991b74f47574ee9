"""An iterator whose draws can be put back: what it handed out once, it hands out again."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

AHEAD = 8  # draws that are made at once: later ones leave the random generators alone


class Drawn:
    """Stands for an iterator. Its state is how many were handed out; see Snapshot."""

    def __init__(self, source: Iterator[Any]) -> None:
        self._source, self._handed = source, 0
        self._seen = list(itertools.islice(source, AHEAD))

    @property
    def seen(self) -> list[Any]:
        return self._seen

    def __iter__(self) -> Drawn:
        return self

    def __next__(self) -> Any:
        if self._handed == len(self._seen):
            self._seen.append(next(self._source))
        self._handed += 1
        return self._seen[self._handed - 1]

    def get_state(self) -> int:
        return self._handed

    def set_state(self, handed: int) -> None:
        self._handed = handed
