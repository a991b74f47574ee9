"""Reports as workflow commands of GitHub Actions: notes on the source lines of a pull request.

A command is one line, ::error file=...,line=...::text. What would end the line or the property is
written as GitHub's runner reads it: %25, %0A, and in a property %3A and %2C too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..report import Finding, Report
from ..users import is_option
from .page import Page, plain, unbroken
from .words import backward, from_here, headline, hints_of, names_of, one_cause, words_of

PAGE = Page(10_000)
LEVELS = {"disagrees": "error", "inconclusive": "warning", "agrees": "notice"}


def write(facts: Mapping[str, Any], reports: Sequence[Report]) -> str:
    """A command for each report, line of a finding and wrong parameter, and for each hint."""
    names = names_of(facts) or [""] * len(reports)
    told = [line for pair in zip(reports, names, strict=True) for line in _commands(*pair)]
    told += [command("notice", hint, title="gradcheck") for hint in hints_of(facts)]
    return "".join(f"{line}\n" for line in told)


def _commands(report: Report, name: str) -> Iterator[str]:
    level, of = LEVELS[report.verdict], f"{name}: " if name else ""
    said = "; ".join(headline(report, one_cause(report), PAGE))
    yield command(level, f"{of}{report.verdict}: {said}", title="gradcheck")
    for finding in report.findings:
        for place in finding.lines:
            columns = {} if place.column is None else {"col": str(place.column + 1)}
            where = {"file": from_here(place.file), "line": str(place.line), **columns}
            if is_option(place.file):  # no file to write beside
                where = {}
            weight = "notice" if finding.instead else level
            yield command(weight, _told(finding), title=f"gradcheck: {finding.kind}", **where)
    for block in backward(report.blocks):
        if block.verdict == "disagrees":
            ratio = "" if block.ratio is None else f"ratio {block.ratio:+.4g}"
            facts = [part for part in (block.role, ratio, words_of(block, (), PAGE)) if part]
            yield command("error", "; ".join([f"{of}{block.name} disagrees", *facts]))


def _told(finding: Finding) -> str:
    tried = " (tried)" if finding.verified else ""
    help_ = f"Help: {finding.advice}{tried}" if finding.advice else ""
    sentence = "or: " * finding.instead + finding.sentence
    return "\n".join(part for part in (sentence, help_, *finding.diff) if part)


def command(level: str, text: str, **properties: str) -> str:
    """One workflow command.

    >>> command("error", "50 % wrong\\n::stop", file="a,b.py")
    '::error file=a%2Cb.py::50 %25 wrong%0A::stop'
    """
    told = ",".join(
        f"{name}={_escaped(value).replace(':', '%3A').replace(',', '%2C')}"
        for name, value in properties.items()
    )
    return f"::{level}{' ' if told else ''}{told}::{_escaped(text)}"


def _escaped(text: str) -> str:
    lines = (plain(line, ascii=False) for line in unbroken(text).splitlines() or [""])
    text = "\n".join(lines)
    return text.replace("%", "%25").replace("\n", "%0A")
