"""Reports as one HTML page: no network, no script, light and dark, for screens, readers and paper.

Every style is in the page's own sheet, whose hash is the only one that its Content-Security-Policy
allows: a name or a source line that got through unescaped could neither run nor load anything.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Any

from ..report import Block, Entry, Finding, Report, SourceLine
from .digits import brief, decimals_of, pair, ratio_of, slope
from .heat import heat
from .page import MARKS, Page, plain, unbroken
from .steps import heading, table
from .words import (
    at_kink,
    backward,
    cost,
    grouped,
    headline,
    how,
    looked_at,
    made,
    names_of,
    notes_of,
    one_cause,
    place_of,
    seen,
    sentence,
    slopes_differ,
    title_of,
    words_of,
)

FIGURE_SPACE = "\u2007"  # as wide as a digit
PAGE = Page(10_000)  # as wide as a browser needs it: that breaks the lines itself

STYLE = """
.gradcheck { color-scheme: light dark; --ink: #1d2127; --dim: #68707c; --line: #d9dde3;
  --paper: #fff; --card: #f7f8fa; --good: #1a7f47; --bad: #c2272d; --open: #8a6100; --mark: #fdecec;
  color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { .gradcheck { --ink: #e4e7eb; --dim: #98a1ad; --line: #363c45;
  --paper: #15181c; --card: #1d2126; --good: #58c98a; --bad: #ff7b7b; --open: #e3b341;
  --mark: #3a1d20; } }
body.gradcheck { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; }
.gradcheck h1 { font-size: 1.45rem; line-height: 1.3; margin: 0 0 1rem; font-weight: 600; }
.gradcheck h2 { font-size: .8rem; letter-spacing: .06em; text-transform: uppercase;
  color: var(--dim); margin: 2rem 0 .6rem; font-weight: 600; }
.gradcheck h3 { font-size: 1rem; margin: 0 0 .4rem; font-weight: 600; }
.gradcheck .agrees { color: var(--good); } .gradcheck .disagrees { color: var(--bad); }
.gradcheck .inconclusive { color: var(--open); }
.gradcheck .finding { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: .9rem 1.1rem; margin: 0 0 .8rem; break-inside: avoid; }
.gradcheck .finding p { margin: .35rem 0; }
.gradcheck .kind, .gradcheck figcaption { color: var(--dim); font-size: .85rem; }
.gradcheck code, .gradcheck pre, .gradcheck td { font-family: ui-monospace, monospace;
  font-size: .85rem; }
.gradcheck pre { background: var(--paper); border: 1px solid var(--line); border-radius: 6px;
  padding: .6rem .8rem; overflow-x: auto; margin: .5rem 0; line-height: 1.45; }
.gradcheck pre .place { color: var(--dim); }
.gradcheck pre mark { background: var(--mark); color: inherit;
  text-decoration: underline 2px var(--bad); text-underline-offset: .35em; }
.gradcheck pre ins { color: var(--good); text-decoration: none; }
.gradcheck pre del { color: var(--bad); text-decoration: none; }
.gradcheck .flow { display: flex; flex-wrap: wrap; gap: .5rem 1.6rem; list-style: none;
  padding: 0; margin: 0; }
.gradcheck .flow li { border: 1px solid var(--line); border-top: 3px solid currentColor;
  border-radius: 6px; padding: .4rem .8rem; position: relative; background: var(--card); }
.gradcheck .flow li:not(:last-child)::after { content: "\\2192"; position: absolute;
  right: -1.3rem; top: .5rem; color: var(--dim); }
.gradcheck .flow b { display: block; font-weight: 600; color: var(--ink); }
.gradcheck .flow span { font-size: .85rem; }
.gradcheck .scroll { overflow-x: auto; }
.gradcheck table { border-collapse: collapse; width: 100%; }
.gradcheck th { text-align: left; font-size: .8rem; color: var(--dim); font-weight: 600; }
.gradcheck th, .gradcheck td { padding: .3rem .7rem .3rem 0; border-bottom: 1px solid var(--line);
  white-space: nowrap; }
.gradcheck .number { text-align: right; }
.gradcheck tbody th { color: inherit; font: .85rem ui-monospace, monospace; }
.gradcheck th small { display: block; color: var(--dim); white-space: normal; min-width: 11rem; }
.gradcheck main > .kind { margin: 3rem 0 .3rem; }
.gradcheck :focus-visible { outline: 2px solid var(--open); outline-offset: 2px; }
.gradcheck figure { display: inline-block; margin: 0 2rem 1rem 0; vertical-align: top;
  break-inside: avoid; }
.gradcheck svg { display: block; max-width: 100%; height: auto; color: var(--ink); }
.gradcheck dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem;
  margin: 0; }
.gradcheck dt { color: var(--dim); } .gradcheck dd { margin: 0; }
@media print { body.gradcheck { padding: 0; max-width: none; }
  .gradcheck pre { white-space: pre-wrap; } .gradcheck .scroll { overflow: visible; }
  .gradcheck th, .gradcheck td { padding-right: .4rem; } .gradcheck tr { break-inside: avoid; }
  .gradcheck h2 { break-after: avoid; } .gradcheck * { print-color-adjust: exact; } }
"""


def write(facts: Mapping[str, Any], reports: Sequence[Report]) -> str:
    """The page of a command: its reports, and the curves of a training if it made one."""
    checks = made(facts)
    more = [
        [*(("hint", hint) for hint in one.get("hints", ())), ("again", one.get("command", ""))]
        for one in checks or [facts]
    ]
    curves = {str(run["gradient"]): run["curve"] for run in facts.get("training", ())}
    about = [(word, str(facts[word])) for word in ("net", "planted", "refused") if facts.get(word)]
    about += [("training", said) for run in facts.get("training", ()) for said in run["said"]]
    shown = reports[: None if checks else 1]
    return document(shown, names=names_of(facts), more=more, curves=curves, about=about)


def document(
    reports: Sequence[Report],
    *,
    names: Sequence[str] = (),
    more: Sequence[Sequence[tuple[str, str]]] = (),
    curves: Mapping[str, Sequence[tuple[int, float]]] | None = None,
    about: Sequence[tuple[str, str]] = (),
) -> str:
    """One page with all reports.

    names    what each report is about, where there are several
    more     what else there is to know of each: a word, and what it is
    curves   pairs (epoch, loss) of a training, by name
    about    the same of the whole command
    """
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = "; ".join(f"{MARKS[r.verdict]} {r.verdict}" for r in reports[:1]) or "no report"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{title} - gradcheck</title>",
        f"<style>{STYLE}</style></head>",
        '<body class="gradcheck"><main>',
    ]
    for i, report in enumerate(reports):
        parts += [f"<p class=kind>{safe(name)}</p>" for name in names[i : i + 1] if name]
        parts += _sections(report, *more[i : i + 1])
    if about:
        parts += ["<h2>About this check</h2>", _listed(about)]
    if curves:
        parts += ["<h2>Loss while training</h2>", loss_curves(curves)]
    return "\n".join([*parts, "</main></body></html>", ""])


def fragment(report: Report) -> str:
    """The report for a page that exists already, such as a notebook."""
    return "\n".join(
        [f'<div class="gradcheck"><style>{STYLE}</style>', *_sections(report), "</div>"]
    )


def safe(text: str) -> str:
    """Foreign text: what cannot be printed is shown as Python escapes it, the rest is quoted."""
    return escape(plain(unbroken(text), ascii=False))


def _sections(report: Report, more: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    word = report.verdict
    mark = f'<span class="{word}">{MARKS[word]} {word}</span>'
    said = "; ".join(headline(report, one_cause(report), PAGE))
    yield f"<h1>{mark} &nbsp;{safe(said)}</h1>"
    if report.findings:
        yield "<h2>Findings</h2>"
        told: set[str] = set()  # what several rest on is told once
        for finding in grouped(report.findings):
            again_told = finding.evidence in told
            yield _finding(replace(finding, evidence="") if again_told else finding)
            told.add(finding.evidence)
    layers = list(_layers(report))
    if word != "agrees" and len(layers) > 1:
        yield "<h2>Backward, from the loss to the input</h2>"
        yield '<ol class="flow">' + "".join(layers) + "</ol>"
    yield "<h2>Parameters</h2>"
    yield _table(report)
    maps = [figure for block in backward(report.blocks) if (figure := _map(block))]
    if maps:
        yield "<h2>Where the entries are wrong</h2>"
        yield from maps
    closer = [block for block in looked_at(report)[0] if block.best is not None]
    if closer:
        yield "<h2>Slope by step</h2>"
        yield from map(_steps, closer)
    yield "<h2>Evidence</h2>"
    yield _listed([fact for fact in _facts(report, more) if fact[1]])


def _listed(facts: Iterable[tuple[str, str]]) -> str:
    rows = (f"<dt>{label}</dt><dd>{safe(text)}</dd>" for label, text in facts)
    return f"<dl>{''.join(rows)}</dl>"


def _facts(report: Report, more: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    yield from (("note", note) for note in notes_of(report))
    yield "how", how(report, PAGE)
    yield "seen", sentence(seen(report, full=True))
    yield "cost", sentence(cost(report, "loss evaluation", usual=True))
    yield from more or [("again", f"seed={report.seed}")]


def _finding(finding: Finding) -> str:
    rival = "or: " if finding.instead else ""
    parts = [f'<section class="finding"><h3>{rival}{safe(title_of(finding))}</h3>']
    parts += [_excerpt(finding.lines)] if finding.lines else []
    if finding.evidence:
        parts.append(f"<p>{safe(finding.evidence)}</p>")
    if finding.advice:
        tried = " (tried)" if finding.verified else ""
        parts.append(f"<p><b>Help:</b> {safe(finding.advice)}{tried}</p>")
    if finding.diff:
        tags = {"-": "del", "+": "ins"}
        rows = [
            f"<{tag}>{safe(row)}</{tag}>" if (tag := tags.get(row[:1])) else safe(row)
            for row in finding.diff
        ]
        parts.append(_scrolled("pre", "correction", "\n".join(rows)))
    parts.append(f'<p class="kind">{safe(finding.kind)}</p></section>')
    return "".join(parts)


def _excerpt(source: Sequence[SourceLine]) -> str:
    rows, place = [], None
    for line in source:
        here = (line.file, line.function)
        if here != place:
            within = f" in {line.function}" if line.function else ""
            rows.append(f'<span class="place">{safe(place_of(line) + within)}</span>')
            place = here
        start = len(line.text) if line.column is None else line.column
        end = start + max(line.width, 1)
        before, meant, after = line.text[:start], line.text[start:end], line.text[end:]
        marked = f"<mark>{safe(meant)}</mark>" if meant else ""
        rows.append(f"{line.line:>5} | {safe(before)}{marked}{safe(after)}")
    return _scrolled("pre", "source", "\n".join(rows))


def _scrolled(tag: str, label: str, content: str) -> str:
    """What may be wider than the page: the arrow keys move it, once it has the focus."""
    attributes = f'class="scroll" tabindex="0" role="region" aria-label="{label}"'
    return f"<{tag} {attributes}>{content}</{tag}>"


def _layers(report: Report) -> Iterator[str]:
    """The layers in backward order, each with its worst verdict and where that comes from."""
    groups: dict[str, list[Block]] = {}
    for block in backward(report.blocks):
        groups.setdefault(block.layer, []).append(block)
    for layer, blocks in groups.items():
        verdicts = {block.verdict for block in blocks}
        word = next(w for w in ("disagrees", "inconclusive", "agrees") if w in verdicts)
        roles = [block.role for block in blocks if block.role]
        role = ("origin" if "origin" in roles else roles[0]) if roles else ""
        named = layer if layer and not layer.isdigit() else f"layer {layer}".strip()
        told = f"{MARKS[word]} {word}" + (f", {role}" if role else "")
        yield f'<li class="{word}"><b>{safe(named)}</b><span>{safe(told)}</span></li>'


def _table(report: Report) -> str:
    blocks = backward(report.blocks)
    decimals = decimals_of(blocks, 12)
    heads = ("parameter", "shape", "analytic", "numerical", "±", "ratio", "verdict")
    numbers = {"analytic", "numerical", "±", "ratio"}
    classes = [' class="number"' if head in numbers else "" for head in heads]
    rows = ["".join(f"<th scope=col{c}>{h}</th>" for c, h in zip(classes, heads, strict=True))]
    for block in blocks:
        more = f", {block.role}" if block.role and block.verdict == "disagrees" else ""
        more += " (kink)" * at_kink(block)
        words = words_of(block, (), PAGE)
        cells = [
            safe(block.name) + (f"<small>{safe(words)}</small>" if words else ""),
            safe(str(block.shape)),
            slope(block.analytic, 12, decimals),
            slope(block.numerical, 12, decimals, block.error).replace(" ", FIGURE_SPACE),
            brief(block.error),
            ratio_of(block.ratio, near=slopes_differ(block)),
            f'<span class="{block.verdict}">{MARKS[block.verdict]} {block.verdict}{more}</span>',
        ]
        told = (f"<td{c}>{cell}</td>" for c, cell in zip(classes[1:], cells[1:], strict=True))
        rows.append(f"<th scope=row>{cells[0]}</th>" + "".join(told))
    body = "".join(f"<tr>{row}</tr>" for row in rows[1:])
    return _scrolled(
        "div",
        "parameters",
        f"<table><thead><tr>{rows[0]}</tr></thead><tbody>{body}</tbody></table>",
    )


def _steps(block: Block) -> str:
    """The slope at each step, under what it is held against."""
    heads, *rows = table(block)
    body = "".join(
        "<tr>" + "".join(f'<td class="number">{safe(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    head = "".join(f'<th scope=col class="number">{cell}</th>' for cell in heads)
    told = safe(f"{block.name}, {heading(block, ' ± ')}")
    drawn = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f"<p>{told}</p>" + _scrolled("div", "slope by step", drawn)


def _map(block: Block) -> str:
    """The discrepancy of a block that disagrees, entry by entry, as a picture with words."""
    field = heat(block)
    if field is None:
        return ""
    rows, columns = len(field.cells), len(field.cells[0])
    side = max(6, min(26, 480 // max(rows, columns)))
    known = {entry.index: entry for entry in block.entries}
    drawn = []
    for r, row in enumerate(field.cells):
        for c, cell in enumerate(row):
            if cell.value is None:
                continue
            at = f'x="{c * side}" y="{r * side}" width="{side - 1}" height="{side - 1}"'
            fill = "#c2272d" if cell.value > 0 else "#2b66c4"
            paint = f'fill="{fill}" fill-opacity="{abs(cell.value):.2f}"'
            title = safe(_cell_title(cell.index, known.get(cell.index)))
            frame = 'stroke="currentColor" stroke-opacity=".25"'
            drawn.append(f"<rect {at} {paint} {frame}><title>{title}</title></rect>")
    wrong, size = len(block.wrong_entries), block.size
    left = 8 * max(map(len, field.names)) + 6
    drawn += [
        f'<text x="-6" y="{r * side + side / 2 + 4}" text-anchor="end">{field.names[r]}</text>'
        for r in range(0, rows, 1 if side >= 12 else 5)
    ]
    drawn += [f'<text x="{c * side}" y="-5">{c * field.width}</text>' for c in range(0, columns, 5)]
    told = f"{block.name}: {wrong:,} of {size:,} wrong" if wrong else f"{block.name}: a sample"
    if field.height * field.width > 1:
        told += f", each cell the worst of {field.height} x {field.width}"
    wide, high = columns * side + left, rows * side + 18
    extent = f'width="{wide}" height="{high}" font-size="11" fill="currentColor"'
    return (
        f'<figure><svg role="img" aria-label="{safe(told)}" {extent} '
        f'viewBox="{-left} -18 {wide} {high}">{"".join(drawn)}</svg>'
        f"<figcaption>{safe(told)}; red too large, blue too small</figcaption></figure>"
    )


def _cell_title(index: tuple[int, ...], entry: Entry | None) -> str:
    place = f"[{', '.join(map(str, index))}]"
    if entry is None:
        return place
    analytic, numerical = pair(entry)
    return f"{place} analytic {analytic}, numerical {numerical}"


def loss_curves(curves: Mapping[str, Sequence[tuple[int, float]]]) -> str:
    """Losses at some epochs, as one small picture; told apart by dashes, too."""
    points = [point for curve in curves.values() for point in curve]
    if not points:
        return ""
    last, highest = max(x for x, _ in points) or 1, max(y for _, y in points) or 1.0
    width, height, left, bottom = 560, 240, 46, 26
    drawn, keys = [], []
    for i, (name, curve) in enumerate(curves.items()):
        dash = ("", ' stroke-dasharray="6 4"', ' stroke-dasharray="2 3"')[i % 3]
        colour = ("#1a7f47", "#c2272d", "#2b66c4")[i % 3]
        line = " ".join(
            f"{left + x / last * (width - left - 8):.1f},"
            f"{height - bottom - y / highest * (height - bottom - 10):.1f}"
            for x, y in curve
        )
        paint = f'fill="none" stroke="{colour}" stroke-width="2"{dash}'
        drawn.append(f'<polyline points="{line}" {paint}/>')
        keys.append(
            f'<line x1="{width - 190}" x2="{width - 160}" y1="{18 + 18 * i}" y2="{18 + 18 * i}" '
            f'{paint}/><text x="{width - 152}" y="{22 + 18 * i}">{safe(name)}</text>'
        )
    axis = (
        f'<path d="M{left} 6V{height - bottom}H{width - 8}" fill="none" stroke="currentColor" '
        f'stroke-opacity=".4"/><text x="{left - 6}" y="14" text-anchor="end">{highest:.3g}</text>'
        f'<text x="{left - 6}" y="{height - bottom}" text-anchor="end">0</text>'
        f'<text x="{width - 8}" y="{height - 8}" text-anchor="end">epoch {last:,}</text>'
    )
    told = safe(f"loss curves: {', '.join(curves)}")
    return (
        f'<figure><svg role="img" aria-label="{told}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-size="12" fill="currentColor">'
        f"{axis}{''.join(drawn)}{''.join(keys)}</svg></figure>"
    )
