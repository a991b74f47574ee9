"""The smallest net on which gradients disagree, its neighbours that agree, and its report."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.console import Console
from rich.text import Text

from ..sizes import size_told
from ..smallest import Smallest, Tried
from .page import Page, put, takes_marks
from .terminal import STYLES
from .terminal import draw as draw_report
from .terminal import to_text as report_text

OUTCOMES = {"refused": "could not be checked"}


def to_text(found: Smallest, *, width: int = 80) -> str:
    """As plain text."""
    page = Page(width, ascii=not takes_marks(getattr(sys.stdout, "encoding", None)))
    lines = [line.plain for line in _lines(found, page)]
    return "\n".join([*lines, report_text(found.report, width=width, ascii=page.ascii)])


def draw(found: Smallest, console: Console, *, again: str = "", verbose: bool = False) -> None:
    """Print it; twin of `to_text`."""
    put(console, _lines(found, Page.of(console)))
    draw_report(found.report, console, again=again, verbose=verbose)


def _lines(found: Smallest, page: Page) -> Iterator[Text]:
    """The smallest net and those one step smaller, a row each."""
    if found.sizes is None:
        return
    first = "fails first at  "
    text = f"{_told(found.sizes)}; {len(found.tried)} nets were tried"
    if found.neighbours:
        text += ", these are one step smaller:"
    yield from page.paragraph(page.clean(text), first=first, hang=2)
    rows = [(_less(tried, found.sizes), tried.outcome) for tried in found.neighbours]
    column = max((len(words) for words, _ in rows), default=0)
    for words, outcome in rows:
        mark = "-" if outcome == "refused" else page.mark(outcome)
        line = Text(f"  {page.clean(words):<{column}}  {mark} {OUTCOMES.get(outcome, outcome)}")
        line.stylize(STYLES.get(outcome, ""), 4 + column)
        yield line
    yield Text()


def _told(sizes: dict[str, int | tuple[int, ...]]) -> str:
    return ", ".join(f"{name} {size_told(size)}" for name, size in sizes.items())


def _less(tried: Tried, sizes: dict[str, int | tuple[int, ...]]) -> str:
    """The one size in which a neighbour differs."""
    return _told({name: size for name, size in tried.sizes.items() if size != sizes[name]})
