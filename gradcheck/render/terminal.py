"""A Report as text for a terminal, a pipe or a log: verdict, place, way out, table, facts.

Lines are built as rich `Text`, measured in cells and wrapped here, so that the coloured
drawing and the plain text are the same characters.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from ..report import Block, Finding, Report, SourceLine
from .closer import closer
from .digits import brief, count, decimals_of, ratio_of, slope
from .page import JOINED, NARROWEST, Page, put, takes_marks
from .words import (
    at_kink,
    backward,
    cost,
    evidence,
    grouped,
    headline,
    how,
    notes_of,
    one_cause,
    place_of,
    seen,
    sentence,
    shared_notes,
    slopes_differ,
    title_of,
    words_of,
    worth_telling,
)

MOST_ROWS = 40  # of a table, before the parameters that agree are only counted
MOST_DETAILS = 12  # parameters whose wrong entries are told in words
MOST_CARETS = 2  # lines of one excerpt, before what needs no caret gets none
MOST_WHOLLY = 2  # blocks wrong in every entry, whose worst one is told

STYLES = {"agrees": "green", "disagrees": "bold red", "inconclusive": "yellow"}


def to_text(
    report: Report,
    *,
    width: int = 80,
    ascii: bool | None = None,  # noqa: A002 - the word for it
    table: bool | None = None,
    again: str = "",
    verbose: bool = False,
) -> str:
    """The report as plain text, without colour.

    ascii : bool or None   None asks whether sys.stdout can take a ✗
    table : bool or None   None draws the table only when not every parameter agrees
    again : str            the command that repeats this check
    verbose : bool         with maps of wrong arrays, and the slope at each step
    """
    if ascii is None:
        ascii = not takes_marks(getattr(sys.stdout, "encoding", None))  # noqa: A001
    page = Page(max(width, NARROWEST), ascii=ascii)
    return "\n".join(line.plain for line in _lines(report, page, table, again, verbose))


def draw(
    report: Report,
    console: Console,
    *,
    table: bool | None = None,
    again: str = "",
    verbose: bool = False,
) -> None:
    """Print the report; twin of `to_text`, in colour where the console has it."""
    put(console, _lines(report, Page.of(console), table, again, verbose))


def _lines(
    report: Report, page: Page, table: bool | None, again: str, verbose: bool
) -> Iterator[Text]:
    """The drawing from top to bottom, sections parted by one empty line."""
    cause = one_cause(report)
    full = (verbose or report.verdict != "agrees") if table is None else table
    findings, rivals = (report.findings, []) if verbose else worth_telling(report)
    findings = [replace(f, evidence=evidence(f, full=verbose)) for f in grouped(findings)]
    why = _common_why(findings, cause) if full else ""
    sections = [
        _headline(report, cause, page),
        *_findings(findings, cause, why, page),
        _table(report, page, table) if full else [],
        _details(report, page),
        *(closer(report, page) if verbose else ()),
        _facts(report, why, rivals, page, again, full=full),
    ]
    for number, section in enumerate(section for section in sections if section):
        if number:
            yield Text()
        yield from section


def _headline(report: Report, cause: Finding | None, page: Page) -> list[Text]:
    first = f"{page.mark(report.verdict)} {report.verdict}  "
    clauses = headline(report, cause, page)
    # broken between the clauses, where they do not fit on one line
    text = "; ".join(clause.replace(" ", JOINED) for clause in clauses)
    if len(clauses) < 2 or cell_len(first) + max(map(cell_len, clauses)) >= page.width:
        text = text.replace(JOINED, " ")
    lines = page.paragraph(text, first=first, hang=len(first))
    lines[0].stylize(STYLES.get(report.verdict, ""), 0, len(first.rstrip()))
    return lines


def _common_why(findings: Sequence[Finding], cause: Finding | None) -> str:
    """The evidence that is told at the end: of the one cause, or what all findings rest on."""
    told = {finding.evidence for finding in findings}
    if len(told) == 1 < len(findings):
        return told.pop()
    return next((f.evidence for f in findings if cause and f.sentence == cause.sentence), "")


def _findings(
    findings: Sequence[Finding], cause: Finding | None, why: str, page: Page
) -> list[list[Text]]:
    """A section for each, or for those that one way out follows."""
    sections: list[list[Text]] = []
    together = False
    for finding, after in zip(findings, [*findings, None][1:], strict=True):
        lines = _finding(finding, after, cause, why, page)
        if together:
            sections[-1] += lines
        else:
            sections.append(lines)
        together = after is not None and _same_way_out(finding, after)
    return sections


def _same_way_out(finding: Finding, after: Finding) -> bool:
    """Is the way out left to the next one?"""
    ways = [(f.advice, f.verified) for f in (finding, after)]
    return bool(finding.advice) and not finding.diff and ways[0] == ways[1]


def _finding(
    finding: Finding, after: Finding | None, cause: Finding | None, why: str, page: Page
) -> list[Text]:
    """One finding as compilers do it: sentence, place, evidence, way out.

    cause   what the headline has told already
    why     the evidence that is told at the end
    after   the next one; what it will tell in the same words is left to it
    """
    lines: list[Text] = []
    if cause is None or finding.sentence != cause.sentence:
        sentence = page.clean(title_of(finding))
        first = "  or:    " if finding.instead else "  found: "
        lines += _coloured(page.paragraph(sentence, first=first, hang=9), "bold")
    lines += _excerpt(finding.lines, page)
    again = after is not None and after.evidence == finding.evidence
    if finding.evidence and not again and finding.evidence != why:
        lines += page.paragraph(page.clean(finding.evidence), first="  why:  ", hang=8)
    if finding.advice and not (after is not None and _same_way_out(finding, after)):
        tried = " (tried)" if finding.verified else ""
        help_ = page.paragraph(page.clean(finding.advice) + tried, first="  help: ", hang=8)
        lines += _coloured(help_, "cyan")
    for change in finding.diff:
        text = page.clean(change.rstrip("\r\n"))
        drawn = [Text(f"        {text}".rstrip())]
        if cell_len(drawn[0].plain) > page.width:  # a cut could hide the very change
            drawn = page.paragraph(text[2:], first=f"        {text[:2]}", hang=12)
        style = {"-": "red", "+": "green"}.get(change[:1], "")
        lines += _coloured(drawn, style)
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
    crowded = sum(line.column is not None for line in source) > MOST_CARETS
    previous: SourceLine | None = None
    for line in source:
        if previous is None or (line.file, line.function) != (previous.file, previous.function):
            here = [s for s in source if (s.file, s.function) == (line.file, line.function)]
            main = next((s for s in here if s.column is not None), line)
            place = page.whole(place_of(main))
            place += f" in {page.clean(main.function)}" if main.function else ""
            lines += page.paragraph(place, first="  --> ", hang=6)
        elif line.line > previous.line + 1 and previous.column is None:
            lines.append(Text(f"{'...':>{gutter}}"))
        lines += _source_line(line, gutter, page, caret=not (crowded and _is_assigned(line)))
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


def _is_assigned(line: SourceLine) -> bool:
    """Is the expression meant all that stands behind the equals sign?"""
    begin = line.column or 0
    return line.text[:begin].rstrip().endswith("=") and not line.text[begin + line.width :].strip()


def _source_line(line: SourceLine, gutter: int, page: Page, *, caret: bool) -> list[Text]:
    column = len(line.text) if line.column is None else max(line.column, 0)
    pieces = line.text[:column], line.text[column : column + max(line.width, 1)]
    before, meant, after = (
        page.clean(piece.replace("\t", "    ").rstrip("\r\n"))
        for piece in (*pieces, line.text[column + max(line.width, 1) :])
    )
    room = page.width - gutter - 3
    start, length = cell_len(before), max(cell_len(meant), 1)
    text = (before + meant + after).rstrip()
    skip = start + length > room - len(page.cut) and start > room // 3
    if skip and line.column is not None:  # a long line: keep the expression in sight
        keep = before[-(room // 3) :]
        text, start = page.cut + keep + (meant + after).rstrip(), len(page.cut) + cell_len(keep)
    if cell_len(text) > room:
        text = set_cell_size(text, room - len(page.cut)).rstrip() + page.cut
    lines = [Text(f"{line.line:>{gutter}} | {text}".rstrip())]
    if line.column is not None and caret:
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
    for name in (12, 24, 40):  # the longer where the shorter are alike
        for ratio in (True, False):
            for value in (14, 16, 18, 20, 9):
                yield _Layout(value, shape=False, error=False, ratio=ratio, name=name)
    for name in (40, 24, 12):
        yield _Layout(0, shape=False, error=False, ratio=False, name=name)


def _table(report: Report, page: Page, table: bool | None) -> list[Text]:
    blocks = backward(report.blocks)
    hidden = 0
    if table is None and len(blocks) > MOST_ROWS:
        shown = [block for block in blocks if block.verdict != "agrees"]
        hidden = len(blocks) - len(shown)
        blocks = shown
    if not blocks:
        return []
    drawn: list[list[str]] = []
    fitting: list[list[str]] | None = None
    alike: list[list[str]] | None = None
    for layout in _layouts():
        drawn = _cells(blocks, layout, page)
        if sum(_widths(drawn)) + 2 * len(drawn[0]) > page.width:
            continue
        if len({row[0] for row in drawn}) < len(drawn):  # names that were cut to the same
            alike = alike or drawn
            continue
        fitting = fitting or drawn
        if _differences_show(blocks, layout):
            fitting = drawn
            break
    rows = fitting or alike or drawn
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
            line.highlight_regex(r"\S+ agrees( \(kink\))?$", STYLES["agrees"])
        lines.append(line)
    if hidden:
        lines.append(Text(f"  {count(hidden, 'more parameter')} agree{'s' * (hidden == 1)}"))
    return lines


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
            row += [slope(block.analytic, layout.value, decimals)]
            row += [slope(block.numerical, layout.value, decimals, block.error)]
        row += [brief(block.error)] if layout.error else []
        row += [ratio_of(block.ratio, near=slopes_differ(block))] if layout.ratio else []
        role = page.clean(block.role) if roles and block.verdict == "disagrees" else ""
        told = f"{page.mark(block.verdict)} {block.verdict}{' (kink)' * at_kink(block)}"
        row += [told + (f"  {role}" if role else "")]
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
        if slopes_differ(block)
    )


# What the table cannot say, in words.


def _details(report: Report, page: Page) -> list[Text]:
    """Wrong entries, reasons, notes and other names: a paragraph a parameter."""
    shared = shared_notes(report)
    blocks = backward(report.blocks)
    if sum(map(_wholly_wrong, blocks)) > MOST_WHOLLY:  # their rows in the table say it all
        blocks = [block for block in blocks if not _wholly_wrong(block)]
    told = [(block, text) for block in blocks if (text := words_of(block, shared, page))]
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


# The facts at the end.


def _facts(
    report: Report, why: str, rivals: Sequence[Finding], page: Page, again: str, *, full: bool
) -> list[Text]:
    lines: list[Text] = []
    for note in notes_of(report):
        lines += page.labelled("note", page.clean(note))
    for note, blocks in shared_notes(report).items():
        lines += page.labelled("note", f"{count(blocks, 'parameter')}: {page.clean(note)}")
    if not full:
        return lines
    facts = [
        ("why", page.clean(why)),
        ("or", _others(rivals, page)),
        ("how", how(report, page)),
        ("seen", sentence(seen(report, full=True))),
        ("cost", sentence(cost(report, "loss evaluation", usual=True))),
        ("again", page.clean(again) or f"seed={report.seed}"),
    ]
    for label, text in facts:
        if text:
            lines += page.labelled(label, text)
    return lines


def _others(rivals: Sequence[Finding], page: Page) -> str:
    """The corrections that mend everything, too: one by its line, the rest by their number."""
    if not rivals:
        return ""
    best = next((rival for rival in rivals if rival.diff and rival.lines), rivals[0])
    told = page.clean(best.sentence).rstrip(".") + ": that fits as well."
    if best.diff and best.lines:
        marks = [row[:1] for row in best.diff]
        change = f"as {best.diff[-1][2:]}" if marks == ["-", "+"] else f"({best.advice})"
        where = page.whole(place_of(best.lines[0]))
        told = f"{where} {page.clean(change.rstrip())} mends it as well."
    if len(rivals) > 1:
        told += f" {count(len(rivals) - 1, 'more correction')} when verbose."
    return told
