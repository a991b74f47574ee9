"""What a report says in sentences, wherever it is drawn."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from ..evidence import AT_KINK
from ..report import Block, Finding, Report, SourceLine
from ..users import is_option
from .digits import brief, count, duration, pair, percent, rounded_up
from .page import JOINED, Page

MOST_ENTRIES = 8  # wrong entries listed one by one
MOST_UNCHECKED = 4  # names of what was not checked
SEEN = 1.0  # of a typical entry: what cannot be seen before is as good as not seen
MOST_CLOSE = 4  # blocks that are looked at closely
# reasons of blocks that were not come to: told of the whole, not of each
UNDONE = {"budget": "the budget of evaluations was spent", "interrupted": "interrupted"}


def one_cause(report: Report) -> Finding | None:
    """The finding that explains everything: the headline tells it.

    Its correction was tried and every block agreed; or it decided before any block was looked at.
    """
    if report.findings and not any(block.verdict == report.verdict for block in report.blocks):
        return None if report.verdict == "agrees" else report.findings[0]
    if report.verdict != "disagrees":
        return None
    proven = [f for f in report.findings if f.verified and not f.instead]
    return proven[0] if len(proven) == 1 and proven[0] is report.findings[0] else None


def headline(report: Report, cause: Finding | None, page: Page) -> list[str]:
    """What stands behind the verdict in the first line, clause by clause."""
    blocks, word = report.blocks, report.verdict
    wrong = sum(block.verdict == "disagrees" for block in blocks)
    unsure = sum(block.verdict == "inconclusive" for block in blocks)
    if word == "agrees":
        said = f"{count(len(blocks), 'parameter')}, {count(report.size, 'value')}"
        clauses = (said, unchecked(report, page), seen(report), cost(report, "evaluation"))
        return [clause for clause in clauses if clause]
    if word == "disagrees" and wrong:
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
        reason = reasons.pop() if len(reasons) == 1 else ""
        text += f": {UNDONE.get(reason) or page.clean(reason)}" if reason else ""
    else:
        text = page.clean(cause.sentence if cause is not None else "")
    return [text]


def grouped(findings: Sequence[Finding]) -> list[Finding]:
    """What has one way out stands together, so that it need be told once; rivals stay behind."""
    groups: dict[str, list[Finding]] = {}
    key = ""
    for i, finding in enumerate(findings):
        key = key if finding.instead else finding.advice or str(i)
        groups.setdefault(key, []).append(finding)
    return [finding for group in groups.values() for finding in group]


def worth_telling(report: Report) -> tuple[list[Finding], list[Finding]]:
    """The findings without rivals of proven ones; and these rivals."""
    kept: list[Finding] = []
    rivals: list[Finding] = []
    proven = False
    for finding in report.findings:
        proven = proven if finding.instead else finding.verified
        (rivals if finding.instead and proven else kept).append(finding)
    return kept, rivals


# how a sentence begins that says where
_PLACED = re.compile(r"(In|From) |What reaches |Backpropagation |The gradient that |Every gradient")


def title_of(finding: Finding) -> str:
    """The sentence, behind the block that it is about, where it does not say where itself."""
    said = not finding.block or finding.block in finding.sentence
    if said or _PLACED.match(finding.sentence):
        return finding.sentence
    return f"{finding.block}: {finding.sentence}"


def made(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The checks of a command that have a report, in the order of the reports."""
    return [check for check in facts.get("checks", ()) if check.get("verdict")]


def names_of(facts: Mapping[str, Any]) -> list[str]:
    """What each report is about, where there are several."""
    checks = made(facts)
    titles = [", ".join(filter(None, (check["file"], check["name"]))) for check in checks]
    return titles if len(checks) > 1 else [""] * len(checks)


def hints_of(facts: Mapping[str, Any]) -> list[str]:
    """What the checks were told besides their reports."""
    return [str(hint) for check in made(facts) for hint in check.get("hints", ())]


def evidence(finding: Finding, *, full: bool) -> str:
    """The first sentence is enough where the correction was tried."""
    if full or not finding.verified:
        return finding.evidence
    return re.split(r"(?<=\.) (?=[A-Z])", finding.evidence, maxsplit=1)[0]


def backward(blocks: Iterable[Block]) -> list[Block]:
    """Last layer first, as the backward pass meets them; inside a layer as given."""
    layers: dict[str, list[Block]] = {}
    for block in blocks:
        layers.setdefault(block.layer, []).append(block)
    return [block for layer in reversed(layers) for block in layers[layer]]


def looked_at(report: Report) -> tuple[list[Block], int]:
    """The blocks to look at closely, where the mistake starts first; how many more there are."""
    blocks = backward(report.blocks)
    told = [block for block in blocks if block.verdict != "agrees"] or blocks
    told.sort(key=lambda block: (block.verdict != "disagrees", block.role == "inherited"))
    return told[:MOST_CLOSE], max(len(told) - MOST_CLOSE, 0)


def slopes_differ(block: Block) -> bool:
    """Do the slopes disagree? Entries may, or shapes, where these do not."""
    return block.verdict == "disagrees" and abs(block.analytic - block.numerical) > block.error


def notes_of(report: Report) -> Iterator[str]:
    """What is to know of the whole, and the way out of a spent budget."""
    yield from report.notes
    if any(block.reason.startswith("budget") for block in report.blocks):
        yield "Raise max_evaluations, as a command --max-evaluations, for the rest."


def shared_notes(report: Report) -> dict[str, int]:
    """Notes that several parameters have, and how many: told once, at the end."""
    notes = Counter(note for block in report.blocks for note in set(block.notes))
    return {note: blocks for note, blocks in notes.items() if blocks > 1}


def words_of(block: Block, shared: Collection[str], page: Page) -> str:
    parts = []
    if block.verdict == "disagrees":
        # the only wrong entry is told by its numbers
        gap = ": " if len(block.wrong_entries) == 1 and block.worst is not None else "; "
        told = _which_entries(block, page), _worst(block, page)
        parts.append(gap.join(part for part in told if part))
    if block.reason and block.reason not in UNDONE:
        parts.append(page.clean(block.reason))
    if block.aliases:
        parts.append("the same array as " + ", ".join(map(page.clean, block.aliases)))
    parts += [page.clean(note) for note in block.notes if note not in shared]
    first, *more = [part for part in parts if part] or [""]
    return "; ".join([first, *map(_in_mid_sentence, more)])


def _in_mid_sentence(note: str) -> str:
    """Found at ... -> found at ...; but W1 is ... as it is."""
    return note[:1].lower() + note[1:] if note[1:2].islower() else note


def at_kink(block: Block) -> bool:
    """Does it agree at a kink, where the slopes of the two sides differ?"""
    return block.verdict == "agrees" and AT_KINK in block.notes


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
        between = "" if low == high else f" ({low}-{high}{JOINED}%)"
        about = f"about {share}{JOINED}%{between} of the entries wrong"
        if block.pattern == "entries":
            return about if float(share) else f"at most {high}{JOINED}% of the entries wrong"
        return f"{about}{where}" if where else f"dense, {about}"
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


def sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "." if text else ""


def how(report: Report, page: Page) -> str:
    steps = [block.step for block in report.blocks if math.isfinite(block.step) and block.step]
    if not steps:
        return ""
    low, high = brief(min(steps)), brief(max(steps))
    steps_told = f"step {low}" if low == high else f"steps {low} to {high}"
    text = f"Random directions, {steps_told}; {page.plus_minus} is the error of numerical."
    if report.verdict == "inconclusive" and math.isfinite(report.noise):
        text += f" The loss is {report.loss:.6g}, its noise {brief(report.noise)}."
    return text


def seen(report: Report, *, full: bool = False) -> str:
    judged = [block for block in report.blocks if block.verdict != "inconclusive"]
    sizes = [block.detectable for block in judged if block.detectable is not None]
    sizes = [size for size in sizes if size < SEEN]  # more is no entry, at a kink
    if not sizes:
        return ""
    of, some = (" of its parameter's typical entry", " parameters,") if full else ("", "")
    if len(sizes) < len(report.blocks):
        some = f", in {len(sizes)} of {len(report.blocks)}{some or ','}"
    else:
        some = ""
    return f"any entry off by {rounded_up(max(sizes))}{of}{some} would have been seen"


def unchecked(report: Report, page: Page) -> str:
    """What a green headline must not hide."""
    names = report.unchecked
    more = ", ..." if len(names) > MOST_UNCHECKED else ""
    return f"not checked: {page.clean(', '.join(names[:MOST_UNCHECKED]))}{more}" if names else ""


def cost(report: Report, noun: str, *, usual: bool = False) -> str:
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


def place_of(line: SourceLine) -> str:
    """File and line; an option has no lines that a person counts."""
    file = from_here(line.file)
    return file if is_option(line.file) else f"{file}:{line.line}"


def from_here(file: str) -> str:
    """The path as a person would type it: relative, below the current folder; or the option."""
    if is_option(file):
        return file[1:-1]
    try:
        return min(os.path.relpath(file), file, key=len)
    except ValueError:  # on another drive
        return file
