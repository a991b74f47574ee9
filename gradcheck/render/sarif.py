"""Reports as SARIF 2.1.0 (OASIS 2020), the form in which code hosts take what analysers found."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ..report import Block, Finding, Report, SourceLine
from ..users import is_option
from .page import Page, unbroken
from .words import from_here, hints_of, words_of

PAGE = Page(10_000)
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"disagrees": "error", "inconclusive": "warning", "agrees": "note"}
WRONG = "wrong-gradient"  # the rule of a parameter that no finding places


def write(facts: Mapping[str, Any], reports: Sequence[Report]) -> str:
    """One run with a result for each finding, and for each wrong parameter that none names."""
    results = [result for report in reports for result in _results(report)]
    rules = sorted({str(result["ruleId"]) for result in results})
    for result in results:
        result["ruleIndex"] = rules.index(str(result["ruleId"]))
    driver = {"name": "gradcheck", "version": _version(), "rules": [_rule(rule) for rule in rules]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    if hints := hints_of(facts):
        notes = [{"level": "note", "message": {"text": hint}} for hint in hints]
        run["invocations"] = [{"executionSuccessful": True, "toolExecutionNotifications": notes}]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, allow_nan=False) + "\n"


def _version() -> str:
    try:
        return version("gradcheck")
    except PackageNotFoundError:  # run from a folder of sources
        return "0"


def _rule(name: str) -> dict[str, Any]:
    from ..kinds import KINDS

    kind = KINDS.get(name)
    if kind is None:
        return {"id": name}
    return {
        "id": name,
        "shortDescription": {"text": kind.looks},
        "fullDescription": {"text": kind.why},
        "help": {"text": kind.advice},
    }


def _results(report: Report) -> Iterator[dict[str, Any]]:
    level = LEVELS[report.verdict]
    for finding in report.findings:
        yield {
            "ruleId": finding.kind,
            "level": "note" if finding.instead else level,
            "message": {"text": _told(finding)},
            "locations": [_location(place) for place in finding.lines],
        }
    if not any(finding.lines for finding in report.findings):
        for block in report.wrong:
            yield {
                "ruleId": WRONG,
                "level": "error",
                "message": {"text": _wrong(block)},
                "locations": [{"logicalLocations": [{"name": block.name, "kind": "member"}]}],
            }


def _told(finding: Finding) -> str:
    tried = " (tried)" if finding.verified else ""
    parts = (finding.sentence, finding.evidence, finding.advice and f"{finding.advice}{tried}")
    return "\n".join(part for part in (*parts, *finding.diff) if part)


def _wrong(block: Block) -> str:
    facts = [part for part in (block.role, words_of(block, (), PAGE)) if part]
    return unbroken("; ".join([f"The gradient of {block.name} disagrees with the loss", *facts]))


def _location(place: SourceLine) -> dict[str, Any]:
    if is_option(place.file):
        return {"logicalLocations": [{"name": from_here(place.file)}]}
    region: dict[str, Any] = {"startLine": max(place.line, 1), "snippet": {"text": place.text}}
    if place.column is not None:
        region["startColumn"] = place.column + 1
        region["endColumn"] = place.column + 1 + max(place.width, 1)
    uri = quote(PurePath(from_here(place.file)).as_posix())
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": region}}
