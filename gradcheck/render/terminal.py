"""A Report as text for a terminal, a pipe or a log: verdict, place, way out, table, facts.

Lines are built as rich `Text`, measured in cells and wrapped here, so that the coloured
drawing and the plain text are the same characters.
"""

from __future__ import annotations

import math
import os
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ..report import Block, Finding, Report, SourceLine
from .digits import brief, count, decimals_of, duration, pair, percent, ratio_of, rounded_up, slope
from .page import JOINED, NARROWEST, Page, put, takes_marks

MOST_ROWS = 40  # of a table, before the parameters that agree are only counted
MOST_DETAILS = 12  # parameters whose wrong entries are told in words
MOST_WHOLLY = 2  # blocks wrong in every entry, whose worst one is told
MOST_ENTRIES = 8  # wrong entries listed one by one

STYLES = {"agrees": "green", "disagrees": "bold red", "inconclusive": "yellow"}


def to_text(
    report: Report,
    *,
    width: int = 80,
    ascii: bool | None = None,  # noqa: A002 - the word for it
    table: bool | None = None,
    again: str = "",
) -> str:
    """The report as plain text, without colour.

    ascii : bool or None   None asks whether sys.stdout can take a ✗
    table : bool or None   None draws the table only when not every parameter agrees
    again : str            the command that repeats this check
    """
    if ascii is None:
        ascii = not takes_marks(getattr(sys.stdout, "encoding", None))  # noqa: A001
    page = Page(max(width, NARROWEST), ascii=ascii)
    return "\n".join(line.plain for line in _lines(report, page, table, again))


def draw(report: Report, console: Console, *, table: bool | None = None, again: str = "") -> None:
    """Print the report; twin of `to_text`, in colour where the console has it."""
    put(console, _lines(report, Page.of(console), table, again))


def _lines(report: Report, page: Page, table: bool | None, again: str) -> Iterator[Text]:
    """The drawing from top to bottom, sections parted by one empty line."""
    cause = _one_cause(report)
    full = report.verdict != "agrees" if table is None else table
    findings = _grouped(report.findings)
    sections = [
        _headline(report, cause, page),
        *(
            _finding(finding, after, cause, page, full=full)
            for finding, after in zip(findings, [*findings, None][1:], strict=True)
        ),
        _table(report, page, table) if full else [],
        _details(report, page),
        _facts(report, cause, page, again, full=full),
    ]
    for number, section in enumerate(section for section in sections if section):
        if number:
            yield Text()
        yield from section


def _one_cause(report: Report) -> Finding | None:
    """The finding that explains everything: the headline tells it.

    Its correction was tried and every block agreed; or it decided before any block was looked at.
    """
    if report.findings and not any(block.verdict == report.verdict for block in report.blocks):
        return None if report.verdict == "agrees" else report.findings[0]
    if report.verdict != "disagrees":
        return None
    proven = [f for f in report.findings if f.verified and not f.instead]
    return proven[0] if len(proven) == 1 and proven[0] is report.findings[0] else None


def _headline(report: Report, cause: Finding | None, page: Page) -> list[Text]:
    blocks, word = report.blocks, report.verdict
    first = f"{page.mark(word)} {word}  "
    wrong = sum(block.verdict == "disagrees" for block in blocks)
    unsure = sum(block.verdict == "inconclusive" for block in blocks)
    if word == "agrees":
        said = f"{count(len(blocks), 'parameter')}, {count(report.size, 'value')}"
        clauses = [said, _seen(report), _cost(report, "evaluation")]
        # broken between the clauses, where they do not fit on one line
        text = "; ".join(clause.replace(" ", JOINED) for clause in clauses if clause)
        if cell_len(first) + max(map(cell_len, clauses)) >= page.width:
            text = text.replace(JOINED, " ")
    elif word == "disagrees" and wrong:
        text = f"{wrong} of {count(len(blocks), 'parameter')}"
        text += f" ({unsure} inconclusive)" if unsure else ""
        origins = list(dict.fromkeys(block.layer for block in blocks if block.role == "origin"))
        proven = sum(finding.verified and not finding.instead for finding in report.findings)
        if cause is not None:
            text += f", one cause: {page.clean(cause.sentence)}"
        elif proven > 1:
            text += f", {proven} mistakes"
        elif len(origins) == 1 and origins[0]:
            layer = page.clean(origins[0])
            text += f", origin in {'layer ' if layer.isdigit() else ''}{layer}"
    elif word == "inconclusive" and unsure:
        text = f"{unsure} of {count(len(blocks), 'parameter')}"
        reasons = {block.reason for block in blocks if block.verdict == "inconclusive"}
        text += f": {page.clean(reasons.pop())}" if len(reasons) == 1 else ""
    else:
        text = page.clean(cause.sentence if cause is not None else "")
    lines = page.paragraph(text, first=first, hang=len(first))
    lines[0].stylize(STYLES.get(word, ""), 0, len(first.rstrip()))
    return lines


def _grouped(findings: Sequence[Finding]) -> list[Finding]:
    """What has one way out stands together, so that it need be told once; rivals stay behind."""
    groups: dict[str, list[Finding]] = {}
    key = ""
    for i, finding in enumerate(findings):
        key = key if finding.instead else finding.advice or str(i)
        groups.setdefault(key, []).append(finding)
    return [finding for group in groups.values() for finding in group]


def _finding(
    finding: Finding, after: Finding | None, cause: Finding | None, page: Page, *, full: bool
) -> list[Text]:
    """One finding as compilers do it: sentence, place, evidence, way out.

    after   the next one; what it will tell in the same words is left to it
    """
    lines: list[Text] = []
    if finding is not cause:
        sentence = page.clean(finding.sentence)
        where = page.clean(finding.block)
        if where and where not in sentence:
            sentence = f"{where}: {sentence}"
        first = "  or:    " if finding.instead else "  found: "
        lines += _coloured(page.paragraph(sentence, first=first, hang=9), "bold")
    lines += _excerpt(finding.lines, page)
    again = after is not None and after.evidence == finding.evidence
    if finding.evidence and not again and not (full and finding is cause):  # told at the end
        lines += page.paragraph(page.clean(finding.evidence), first="  why:  ", hang=8)
    again = after is not None and (after.advice, after.verified) == (
        finding.advice,
        finding.verified,
    )
    if finding.advice and not (again and not finding.diff):
        tried = " (tried)" if finding.verified else ""
        help_ = page.paragraph(page.clean(finding.advice) + tried, first="  help: ", hang=8)
        lines += _coloured(help_, "cyan")
    for change in finding.diff:
        text = page.clean(change.rstrip("\r\n"))
        if cell_len(text) > page.width - 8:
            text = set_cell_size(text, page.width - 8 - len(page.cut)).rstrip() + page.cut
        style = {"-": "red", "+": "green"}.get(change[:1], "")
        lines += _coloured([Text(f"        {text}".rstrip())], style)
    return lines


def _coloured(lines: list[Text], style: str) -> list[Text]:
    for line in lines:
        line.stylize(style)
    return lines


def _excerpt(source: Sequence[SourceLine], page: Page) -> list[Text]:
    """Lines of the user's code under their place, a caret under the expression meant."""
    lines: list[Text] = []
    gutter = max((len(str(line.line)) for line in source), default=0) + 3
    source = _outdented(source, page.width - gutter - 3)
    previous: SourceLine | None = None
    for line in source:
        if previous is None or (line.file, line.function) != (previous.file, previous.function):
            here = [s for s in source if (s.file, s.function) == (line.file, line.function)]
            main = next((s for s in here if s.column is not None), line)
            place = f"{page.clean(_from_here(main.file))}:{main.line}"
            place += f" in {page.clean(main.function)}" if main.function else ""
            lines += page.paragraph(place, first="  --> ", hang=6)
        elif line.line > previous.line + 1:
            lines.append(Text(f"{'...':>{gutter}}"))
        lines += _source_line(line, gutter, page)
        previous = line
    return lines


def _outdented(source: Sequence[SourceLine], room: int) -> list[SourceLine]:
    """The same lines with less white space before them, where one would not fit otherwise."""
    texts = [line.text.expandtabs(4) for line in source]
    deep = min((len(text) - len(text.lstrip()) for text in texts), default=0) - 4
    if deep <= 0 or max(map(cell_len, texts)) <= room or any("\t" in s.text for s in source):
        return list(source)
    return [
        replace(
            line,
            text=line.text[deep:],
            column=None if line.column is None else max(line.column - deep, 0),
        )
        for line in source
    ]


def _from_here(file: str) -> str:
    """The path as a person would type it: relative, below the current folder."""
    here = str(Path.cwd()) + os.sep
    return file.removeprefix(here)


def _source_line(line: SourceLine, gutter: int, page: Page) -> list[Text]:
    column = len(line.text) if line.column is None else max(line.column, 0)
    pieces = line.text[:column], line.text[column : column + max(line.width, 1)]
    before, meant, after = (
        page.clean(piece.replace("\t", "    ").rstrip("\r\n"))
        for piece in (*pieces, line.text[column + max(line.width, 1) :])
    )
    room = page.width - gutter - 3
    start, length = cell_len(before), max(cell_len(meant), 1)
    text = (before + meant + after).rstrip()
    skip = start + length > room - len(page.cut)
    if skip and line.column is not None:  # a long line: keep the expression in sight
        keep = before[-(room // 3) :]
        text, start = page.cut + keep + (meant + after).rstrip(), len(page.cut) + cell_len(keep)
    if cell_len(text) > room:
        text = set_cell_size(text, room - len(page.cut)).rstrip() + page.cut
    lines = [Text(f"{line.line:>{gutter}} | {text}".rstrip())]
    if line.column is not None:
        length = max(min(length, room - start), 1)
        lines.append(Text(f"{'':>{gutter}} | {'':>{start}}{'^' * length}"))
        lines[-1].stylize("bold red", gutter + 3)
    return lines


# The table: a row a parameter, in backward order.


@dataclass(frozen=True, slots=True)
class _Layout:
    """One way to lay the table out: which columns, how wide a slope and a name may be."""

    value: int
    shape: bool = True
    error: bool = True
    ratio: bool = True
    name: int = 10_000


def _layouts() -> Iterator[_Layout]:
    """Ways to lay the table out, the best first; the first that fits is taken."""
    for shape in (True, False):
        for value in (12, 11, 10, 9):
            yield _Layout(value, shape)
    for value in (13, 14, 16, 18, 20, 22, 24):  # slopes that differ late: more digits
        yield _Layout(value, shape=False)
    for name in (40, 24, 16, 12):
        for value in (12, 10, 9):
            yield _Layout(value, shape=False, name=name)
    for ratio in (True, False):
        for value in (14, 16, 18, 20, 9):
            yield _Layout(value, shape=False, error=False, ratio=ratio, name=12)
    yield _Layout(0, shape=False, error=False, ratio=False, name=12)


def _table(report: Report, page: Page, table: bool | None) -> list[Text]:
    blocks = _backward(report.blocks)
    hidden = 0
    if table is None and len(blocks) > MOST_ROWS:
        shown = [block for block in blocks if block.verdict != "agrees"]
        hidden = len(blocks) - len(shown)
        blocks = shown
    if not blocks:
        return []
    drawn: list[list[str]] = []
    fitting: list[list[str]] | None = None
    for layout in _layouts():
        drawn = _cells(blocks, layout, page)
        if sum(_widths(drawn)) + 2 * len(drawn[0]) <= page.width:
            fitting = fitting or drawn
            if _differences_show(blocks, layout):
                fitting = drawn
                break
    rows = fitting or drawn
    widths = _widths(rows)
    right = {"analytic", "numerical", page.plus_minus, "ratio"}
    lines = []
    for number, row in enumerate(rows):
        cells = (
            " " * (width - cell_len(cell)) + cell
            if heading in right
            else cell + " " * (width - cell_len(cell))
            for heading, cell, width in zip(rows[0], row, widths, strict=True)
        )
        line = Text(("  " + "  ".join(cells)).rstrip())
        if not number:
            line.stylize("dim")
        elif blocks[number - 1].verdict != "agrees":
            line.stylize(STYLES.get(blocks[number - 1].verdict, ""))
        else:
            line.highlight_regex(r"\S+ agrees$", STYLES["agrees"])
        lines.append(line)
    if hidden:
        lines.append(Text(f"  {count(hidden, 'more parameter')} agree{'s' * (hidden == 1)}"))
    return lines


def _backward(blocks: Iterable[Block]) -> list[Block]:
    """Last layer first, as the backward pass meets them; inside a layer as given."""
    layers: dict[str, list[Block]] = {}
    for block in blocks:
        layers.setdefault(block.layer, []).append(block)
    return [block for layer in reversed(layers) for block in layers[layer]]


def _cells(blocks: Sequence[Block], layout: _Layout, page: Page) -> list[list[str]]:
    """The table as strings, headings first; columns without content are left out."""
    decimals = decimals_of(blocks, layout.value)
    roles = any(block.role for block in blocks)
    rows = [["parameter"]]
    rows[0] += ["shape"] if layout.shape else []
    rows[0] += ["analytic", "numerical"] if layout.value else []
    rows[0] += [page.plus_minus] if layout.error else []
    rows[0] += ["ratio"] if layout.ratio else []
    rows[0] += ["verdict"]
    for block in blocks:
        row = [page.shorten(page.clean(block.name), layout.name)]
        row += [str(block.shape)] if layout.shape else []
        if layout.value:
            row += [
                slope(value, layout.value, decimals) for value in (block.analytic, block.numerical)
            ]
        row += [brief(block.error)] if layout.error else []
        row += [ratio_of(block.ratio, near=_apart(block))] if layout.ratio else []
        role = page.clean(block.role) if roles and block.verdict == "disagrees" else ""
        row += [f"{page.mark(block.verdict)} {block.verdict}" + (f"  {role}" if role else "")]
        rows.append(row)
    return rows


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(cell_len, column)) for column in zip(*rows, strict=True)]


def _differences_show(blocks: Iterable[Block], layout: _Layout) -> bool:
    """Can every disagreement be seen in the digits of the table?"""
    decimals = decimals_of(blocks, layout.value)
    return all(
        slope(block.analytic, layout.value, decimals)
        != slope(block.numerical, layout.value, decimals)
        for block in blocks
        if _apart(block)
    )


def _apart(block: Block) -> bool:
    """Do the slopes disagree? Entries may, or shapes, where these do not."""
    return block.verdict == "disagrees" and abs(block.analytic - block.numerical) > block.error


# What the table cannot say, in words.


def _details(report: Report, page: Page) -> list[Text]:
    """Wrong entries, reasons, notes and other names: a paragraph a parameter."""
    shared = _shared_notes(report)
    blocks = _backward(report.blocks)
    if sum(map(_wholly_wrong, blocks)) > MOST_WHOLLY:  # their rows in the table say it all
        blocks = [block for block in blocks if not _wholly_wrong(block)]
    told = [(block, text) for block in blocks if (text := _words(block, shared, page))]
    # with too many of them, the ones where the search should start stay
    kept = told[:MOST_DETAILS]
    if len(told) > MOST_DETAILS:
        kept = sorted(told, key=lambda row: row[0].role == "inherited")[:MOST_DETAILS]
    names = [page.clean(block.name) for block, _ in kept]
    column = min(max(map(cell_len, names), default=0), 24)
    lines: list[Text] = []
    for name, (_, text) in zip(names, kept, strict=True):
        first_part = f"  {name}{' ' * (column - cell_len(name))}  "
        if cell_len(first_part) > page.width // 2:
            lines += page.paragraph(name, first="  ", hang=2)
            lines += page.paragraph(text, first="      ", hang=6)
        else:
            lines += page.paragraph(text, first=first_part, hang=column + 4)
    if len(told) > len(kept):
        lines.append(Text(f"  and {count(len(told) - len(kept), 'more parameter')} like these"))
    return lines


def _wholly_wrong(block: Block) -> bool:
    plain = not (block.reason or block.aliases or block.notes)
    return plain and block.verdict == "disagrees" and len(block.wrong_entries) == block.size


def _shared_notes(report: Report) -> dict[str, int]:
    """Notes that several parameters have, and how many: told once, at the end."""
    notes = Counter(note for block in report.blocks for note in set(block.notes))
    return {note: blocks for note, blocks in notes.items() if blocks > 1}


def _words(block: Block, shared: Collection[str], page: Page) -> str:
    parts = []
    if block.verdict == "disagrees":
        # the only wrong entry is told by its numbers
        gap = ": " if len(block.wrong_entries) == 1 and block.worst is not None else "; "
        told = _which_entries(block, page), _worst(block, page)
        parts.append(gap.join(part for part in told if part))
    if block.reason:
        parts.append(page.clean(block.reason))
    if block.aliases:
        parts.append("the same array as " + ", ".join(map(page.clean, block.aliases)))
    parts += [page.clean(note) for note in block.notes if note not in shared]
    return "; ".join(part for part in parts if part)


def _which_entries(block: Block, page: Page) -> str:
    wrong = len(block.wrong_entries)
    where = "" if block.pattern in ("", "entries", "dense") else f", {page.clean(block.pattern)}"
    if wrong:
        if block.size == 1:
            return "wrong"
        if wrong == block.size:
            return f"{'both' if wrong == 2 else f'all {wrong:,}'} entries wrong"
        told = f"{wrong:,} of {block.size:,} entries wrong{where}"
        if where or (wrong == 1 and block.worst is not None):
            return told
        listed = ", ".join(map(_index, block.wrong_entries[:MOST_ENTRIES]))
        more = f" and {wrong - MOST_ENTRIES:,} more" if wrong > MOST_ENTRIES else ""
        return f"{told}: {listed}{more}"
    if block.wrong_fraction is not None:
        share, low, high = map(percent, block.wrong_fraction)
        share, between = f"about {share}{JOINED}%", f"({low}-{high}{JOINED}%)"
        return f"dense, {share} {between} of the entries wrong{where}"
    return where.removeprefix(", ")


def _worst(block: Block, page: Page) -> str:
    entry = block.worst
    if entry is None:
        return ""
    analytic, numerical = pair(entry)
    error = f" {page.plus_minus}{JOINED}{brief(entry.error)}" if math.isfinite(entry.error) else ""
    # the only wrong entry needs no "worst"
    called = "" if len(block.wrong_entries) == 1 else "worst "
    index = f"{_index(entry.index)} " if entry.index else ""
    return f"{called}{index}analytic {analytic}, numerical {numerical}{error}"


def _index(index: tuple[int, ...]) -> str:
    return f"[{f',{JOINED}'.join(map(str, index))}]"


# The facts at the end.


def _facts(
    report: Report, cause: Finding | None, page: Page, again: str, *, full: bool
) -> list[Text]:
    lines: list[Text] = []
    for note in report.notes:
        lines += page.labelled("note", page.clean(note))
    for note, blocks in _shared_notes(report).items():
        lines += page.labelled("note", f"{count(blocks, 'parameter')}: {page.clean(note)}")
    if not full:
        return lines
    facts = [
        ("why", page.clean(cause.evidence) if cause is not None else ""),
        ("how", _how(report, page)),
        ("seen", _sentence(_seen(report, full=True))),
        ("cost", _sentence(_cost(report, "loss evaluation", usual=True))),
        ("again", page.clean(again) or f"seed={report.seed}"),
    ]
    for label, text in facts:
        if text:
            lines += page.labelled(label, text)
    return lines


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def _how(report: Report, page: Page) -> str:
    steps = [block.step for block in report.blocks if math.isfinite(block.step) and block.step]
    if not steps:
        return ""
    low, high = brief(min(steps)), brief(max(steps))
    steps_told = f"step {low}" if low == high else f"steps {low} to {high}"
    text = f"Random directions, {steps_told}; {page.plus_minus} is the error of numerical."
    if report.verdict == "inconclusive" and math.isfinite(report.noise):
        text += f" The loss is {report.loss:.6g}, its noise {brief(report.noise)}."
    return text


def _seen(report: Report, *, full: bool = False) -> str:
    judged = [block for block in report.blocks if block.verdict != "inconclusive"]
    sizes = [block.detectable for block in judged if block.detectable is not None]
    sizes = [size for size in sizes if math.isfinite(size)]
    if not sizes:
        return ""
    of, some = (" of its parameter's typical entry", " parameters,") if full else ("", "")
    if len(sizes) < len(report.blocks):
        some = f", in {len(sizes)} of {len(report.blocks)}{some or ','}"
    else:
        some = ""
    return f"any entry off by {rounded_up(max(sizes))}{of}{some} would have been seen"


def _cost(report: Report, noun: str, *, usual: bool = False) -> str:
    told = []
    if report.evaluations:
        told.append(count(report.evaluations, noun))
        if usual and report.evaluations < report.size:  # worth the mention
            told[-1] += f" (two an entry: {2 * report.size:,})"
    if usual and report.gradient_calls:
        told.append(count(report.gradient_calls, "gradient call"))
    if usual and report.replays:
        told.append(count(report.replays, "replay"))
    if report.seconds > 0:
        told.append(duration(report.seconds))
    return ", ".join(told)
