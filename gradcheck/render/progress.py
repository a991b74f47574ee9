"""A line on a terminal that says what is being done, while it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console


@contextmanager
def waiting(file: str) -> Iterator[Callable[[str, int], None] | None]:
    """For `progress` of check_gradients; None where nobody looks."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal or not sys.stdout.isatty():
        yield None
        return
    with console.status(f"running {file} ...") as status:

        def tell(what: str, evaluations: int) -> None:
            status.update(f"checking {file}: {what}, {evaluations:,} evaluations")

        yield tell
