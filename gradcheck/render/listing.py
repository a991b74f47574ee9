"""Names and what they mean, in groups: a catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.console import Console

from .page import Page, put


def draw_listing(rows: Iterable[tuple[str, str, str]], console: Console) -> None:
    """Rows of (group, name, sentence); a heading before each group."""
    page, rows = Page.of(console), list(rows)
    column = max(len(name) for _, name, _ in rows) + 4
    for group, members in groupby(rows, key=lambda row: row[0]):
        console.print(group, style="bold", highlight=False)
        for _, name, sentence in members:
            first = f"  {name:<{column - 2}}"
            put(console, page.paragraph(page.clean(sentence), first=first, hang=column))
