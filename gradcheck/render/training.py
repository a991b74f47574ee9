"""A training as lines: a bar while it runs, the checks on its way, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ..report import Report
from .page import Page, put
from .terminal import draw


class Training(Protocol):
    """What is drawn of it: the checks on its way, by epoch, and a sentence or two at its end."""

    name: str
    epochs: int
    reports: list[tuple[int, Report]]

    @property
    def said(self) -> Sequence[str]: ...


def follow(training: Training, epochs: Iterable[int], console: Console) -> None:
    """Let it run, with a progress bar on a terminal."""
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    hidden = not console.file.isatty()
    with Progress(*columns, console=console, transient=True, disable=hidden) as bar:
        task = bar.add_task(training.name, total=training.epochs)
        for epoch in epochs:
            bar.update(task, completed=epoch)


def draw_training(training: Training, console: Console, *, known: bool) -> None:
    """What it came to; where no wrong gradient is known yet, the first report of one."""
    page = Page.of(console)
    for epoch, report in training.reports:
        checked = f"{page.mark(report.verdict)} {report.verdict}"
        console.print(f"  epoch {epoch:>6,}  loss {report.loss:<8.3g}  {checked}")
    for indent, said in zip(("  ", "    "), training.said, strict=False):
        put(console, page.paragraph(page.clean(said), first=indent, hang=len(indent)))
    wrong = [report for _, report in training.reports if report.verdict == "disagrees"]
    if wrong and not known:
        console.print()
        draw(wrong[0], console)
