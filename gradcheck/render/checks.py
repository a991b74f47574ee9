"""The check of a file: its title among several, its report, and hints below."""

from __future__ import annotations

from rich.console import Console

from ..run.done import Done
from .page import Page, put
from .smallest import draw as draw_smallest
from .terminal import draw


def draw_done(done: Done, console: Console, *, titled: bool) -> None:
    page = Page.of(console)
    if titled:
        put(console, page.paragraph(page.clean(done.wanted.title), hang=2))
    again, verbose = done.wanted.command, done.wanted.verbose
    if done.smallest is None:
        draw(done.report, console, again=again, verbose=verbose)
    else:
        draw_smallest(done.smallest, console, again=again, verbose=verbose)
    if done.hints and done.report.verdict == "agrees" and not done.report.notes:
        console.print()
    for hint in done.hints:
        put(console, page.labelled("hint", page.clean(hint)))
