"""blame: the search, and its result in words."""

from __future__ import annotations

import ast
import linecache
import re
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..numerical import Noise
from ..report import Finding, SourceLine
from ..state import Snapshot
from ..tree import Parameter
from ..users import is_option
from .kinds import exchanged
from .readings import Reading
from .repair import Repair
from .replay import Replay, Unable
from .several import Several
from .site import Edit
from .values import Values

LONG = 60  # of code in a sentence
_FORMS = {  # by the first word of what is to be done: what is wrong with an expression
    "times": "{} lacks the factor {}",
    "divided": "{} is not divided {}",
    "plus": "{} lacks the term {}",
    "belongs": "{} belongs {}",
    "without": "{}: {} does not belong",
}
_NUMBERED = re.compile(r"dL/d(\d+)\b")
TOO = "where the mistakes above are mended too"
SHORT = 10.0  # seconds that a search has by default
ALTERNATIVES = 3  # other lines that would each mend everything, told beside the preferred one


@dataclass(frozen=True)
class Blame:
    """What was found.

    findings   one a fault, in the order of mending; then other lines that would do as well
    mends      is there a place at which a change, or the right value, mends everything?
    note       why nothing was found, or what could not be looked at; "" when all is told
    runs       of the user's loss or gradients
    """

    findings: tuple[Finding, ...] = ()
    note: str = ""
    mends: bool = False
    runs: int = 0
    seconds: float = 0.0


def blame(
    loss: Callable[[], Any],
    grads: Callable[[], Sequence[Values]],
    blocks: Sequence[Parameter],
    snapshot: Snapshot,
    *,
    floors: Sequence[float] = (),
    misfits: Collection[str] = (),
    noise: Noise | None = None,
    astray: Sequence[Sequence[int]] = (),
    units: Sequence[Values | None] = (),
    seconds: float = 10.0,
    seed: int = 0,
    progress: Callable[[str, int], None] | None = None,
) -> Blame:
    """Find the lines of the user's backward pass that make the gradients wrong.

    loss       without arguments: one number at the present parameters
    grads      without arguments: one analytic gradient a block, in the order of `blocks`
    snapshot   taken before; puts back everything that the user's code may change
    floors     absolute rounding of the entries of each block, where gradients are read off a step
    misfits    names of blocks whose gradients have another shape, and count as wrong for that
    noise      of the loss; measured if it is not given
    astray     flat indices of entries of each block that are wrong, where some are known: where
               there is no time for all, these are looked at
    units      of the entries of each block, where some have units of their own
    seconds    budget; a search that is cut short tells what it has
    progress   called with the step at work and the number of runs so far

    Afterwards the user's functions, modules and data are as they were.
    """
    begin = time.perf_counter()
    replay = Replay(loss, grads, blocks, snapshot, floors, misfits, noise, astray, units)
    search = Several(replay, seconds, seed, progress)
    note = ""
    with replay.session():
        try:
            search.run()
            exchanged([repairs[0] for repairs in search.repairs])
        except Unable as reason:
            note = f"{reason}."
    findings = (*_read(search), *_findings(search))
    if search.repairs:  # and after them a line that no edit mends
        findings += tuple(_convicted(search))
    if not note and not search.repairs and replay.twice:
        note = "a second call differs from the first one, and no small edit mends it."
        findings = ()
    elif not note and not search.repairs:
        note = "No small edit of one line mends the gradients."
        if search.short or search.late():
            note = f"No line was found in {seconds:g} s"
            note += (
                "; check_gradients(..., explain=True) takes longer." if seconds <= SHORT else "."
            )
        findings = tuple(
            _convicted(search) or _together(search) or _read(search) or _suspects(search)
        )
    if replay.missing:
        note = f"{note} Without source: {', '.join(replay.missing[:3])}.".strip()
    findings = tuple(map(_by_number, findings))
    mends = bool(findings) and any((search.solved, search.convicted, search.together))
    return Blame(findings, note, mends, replay.runs, time.perf_counter() - begin)


def _findings(search: Several) -> list[Finding]:
    found, others = [], []
    last = len(search.repairs) - 1 if search.solved else -1
    for i, repairs in enumerate(search.repairs):
        best, *rest = repairs
        found.append(_finding(search, best, len(search.repairs), i == last))
        if best.full:
            others += [_finding(search, r, 1, True, beside=best) for r in rest[:ALTERNATIVES]]
    return found + others


def _finding(
    search: Several, repair: Repair, faults: int, final: bool, beside: Repair | None = None
) -> Finding:
    blocks = search.replay.blocks
    edit, what = repair.told or repair.edit, repair.what
    sentence, advice = _in_words(edit)
    every = f"all {len(blocks)} parameters agree" if len(blocks) > 1 else "the gradient agrees"
    if repair.verified and final:
        before = f"{TOO}, " if faults > 1 else ""
        points = "one point" if search.second is None else "two points"
        precision = ", in double precision" if search.replay.double else ""
        evidence = f"tried: {before}{every} at {points}{precision}"
    elif repair.near:
        evidence = "tried: next to nothing is left of what is wrong, but more than a verdict allows"
    else:
        given = f"with the right value in place of {repair.given}, " if repair.given else ""
        evidence = f"tried: {given}mends {_mended(repair)}"
    if repair.equal:
        evidence += f"; equal here: {', '.join(repair.equal)}"
    if beside is not None:
        evidence += f"; line {beside.line} is preferred: {_reason(beside, repair)}"
    return Finding(
        kind=repair.kind,
        sentence=what or sentence,
        block=repair.mended[0] if repair.mended else "",
        evidence=evidence,
        advice=advice,
        diff=repair.diff,
        lines=(source_line(repair.unit.file, edit.anchor, repair.function),),
        verified=repair.verified and final,
        instead=beside is not None,
    )


def _by_number(finding: Finding) -> Finding:
    """A parameter without a name is told by its number."""
    sentence = _NUMBERED.sub(r"the gradient of parameter \1", finding.sentence)
    return replace(finding, sentence=sentence)


def _mended(repair: Repair) -> str:
    """The parameters, of which some may be but numbered."""
    if not repair.mended:
        return "a part of what is wrong"
    numbered = any(name.isdigit() for name in repair.mended)
    return f"{'parameter ' * numbered}{', '.join(repair.mended)}"


def _in_words(edit: Edit) -> tuple[str, str]:
    """What is wrong, and what to do: of a line that is missing, or of one that is changed."""
    advice = edit.advice
    if advice.startswith("then ") and advice.endswith(" is missing"):
        return f"{advice.removeprefix('then ')} after this line", "Add it."
    if advice.endswith(" is missing before it"):
        return f"{advice.removesuffix(' it')} this line", "Add it."
    text = _text(edit.anchor)
    first, _, rest = advice.partition(" ")
    if len(rest) <= LONG and (form := _FORMS.get(first)):
        return form.format(text, rest), advice
    if advice.endswith(" instead") and len(advice) <= LONG:
        return f"{text} where {advice.removesuffix(' instead')} is due", advice
    return f"{text}: {advice}", advice


def _reason(best: Repair, other: Repair) -> str:
    if other.score - best.score > 0.05:
        return "its edit assumes less"
    return "it comes first"


def source_line(file: str, node: ast.AST, function: str) -> SourceLine:
    """Where a node stands, with its text; the column is counted in characters."""
    number = int(getattr(node, "lineno", 1))
    text = linecache.getline(file, number).rstrip("\n")
    raw = text.encode()
    start = int(getattr(node, "col_offset", 0) or 0)
    end = int(getattr(node, "end_col_offset", 0) or 0)
    if getattr(node, "end_lineno", number) != number or end <= start:
        end = len(raw)
    column = len(raw[:start].decode(errors="ignore"))
    width = max(1, len(raw[start:end].decode(errors="ignore")))
    return SourceLine(file, number, text, function, column, width)


def _text(node: ast.AST) -> str:
    text = ast.unparse(node).splitlines()[0].rstrip(":")
    return text if len(text) <= LONG else f"{text[: LONG - 3]}..."


def _read(search: Several) -> list[Finding]:
    """Lines whose values give them away, where no small edit mends everything."""
    return [
        Finding(
            kind=reading.kind,
            sentence=reading.sentence,
            evidence="by the value here, compared with the true one; no edit was tried",
            lines=(source_line(reading.unit.file, reading.node, reading.function),),
        )
        for reading in _in_files(search.readings)
    ]


def _in_files(readings: Sequence[Reading]) -> Sequence[Reading]:
    """Without those in an option of the command, where others are: what it hands on is made."""
    return [r for r in readings if not is_option(r.unit.file)] or readings


def _convicted(search: Several) -> list[Finding]:
    """Lines where the right value alone mends everything, though no small edit makes it."""
    before = f"{TOO}, " if search.repairs else ""
    return [
        Finding(
            kind=reading.kind,
            sentence=reading.sentence,
            evidence=f"{before}substituting the right value at this expression mends every "
            "parameter, at one point",
            lines=(source_line(reading.unit.file, reading.node, reading.function),),
            instead=i > 0,
        )
        for i, reading in enumerate(_in_files(search.convicted)[: 1 + ALTERNATIVES])
    ]


def _together(search: Several) -> list[Finding]:
    """Two lines where right values mend everything together, though no small edit makes them."""
    return [
        Finding(
            kind=reading.kind,
            sentence=reading.sentence,
            evidence="substituting the right values at two expressions mends every parameter, "
            "at one point",
            lines=(source_line(reading.unit.file, reading.node, reading.function),),
        )
        for reading in search.together
    ]


def _suspects(search: Several) -> list[Finding]:
    """Without a repair: the lines that reach all that is wrong and the least of what is right."""
    return [
        Finding(
            kind=reading.kind,
            sentence=reading.sentence,
            evidence=_tried(search, reading),
            lines=(source_line(reading.unit.file, reading.node, reading.function),),
        )
        for reading in search.suspects
    ]


def _tried(search: Several, reading: Reading) -> str:
    """What is known of the edits of a line that is told without one."""
    last = int(getattr(reading.node, "end_lineno", None) or reading.node.lineno)
    lines = range(reading.node.lineno, last + 1)
    if not any((reading.unit.file, line) in search.tried_at for line in lines):
        return "no edit of it was tried" + (": the time was over" if search.short else "")
    if search.short:
        return "the time was over before all small edits of it were tried"
    return "no small edit of it mends the gradients"
