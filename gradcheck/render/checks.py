"""The check of a file: its title among several, its report, and hints below."""

from __future__ import annotations

from rich.console import Console

from ..script import Done
from .page import Page, put
from .terminal import draw


def draw_done(done: Done, console: Console, *, titled: bool) -> None:
    page = Page.of(console)
    if titled:
        put(console, page.paragraph(page.clean(done.wanted.title), hang=2))
    draw(done.report, console, again=done.wanted.command)
    if done.hints and done.report.verdict == "agrees" and not done.report.notes:
        console.print()
    for hint in done.hints:
        put(console, page.labelled("hint", page.clean(hint)))
