"""Where reports go: to the terminal or a file, drawn for people or written for a program."""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from rich.console import Console

from ..report import Report
from ..run.expression import Misuse, did_you_mean

Writer = Callable[[Mapping[str, Any], Sequence[Report]], str]


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write reports.

    suffixes   of the files that may hold it
    telltale   a pattern that the beginning of every such report matches
    write      from the facts of the whole command and the reports in it to a text; None: it is
               drawn on the console while the checks are made
    """

    suffixes: tuple[str, ...]
    telltale: str
    write: Writer | None = None


def to_json(facts: Mapping[str, Any], _: Sequence[Report]) -> str:
    return json.dumps(facts, indent=2, allow_nan=False) + "\n"


def _drawn_by(module: str) -> Writer:
    """The `write` of a module beside this one, imported when it is asked for."""

    def write(facts: Mapping[str, Any], reports: Sequence[Report]) -> str:
        text: str = import_module(f".{module}", __package__).write(facts, reports)
        return text

    return write


# The verdict stands in one of the first lines: the name of the check, or the net, may come before.
TEXT = (
    r"\A(.*\n){0,5}(✓|✗|\?|ok|x) (agrees|disagrees|inconclusive)( |$)"
    r"|\A(net {6}.*\nplanted|fails first at) "
)
SARIF = r'"\$schema": ".*sarif-2\.1\.0\.json"(.|\n)*"name": "gradcheck"'

FORMATS = {
    "text": Format((".txt", ".log", ".md"), TEXT),
    "json": Format((".json",), r'"command": "gradcheck |"gradient_calls": \d', to_json),
    "html": Format((".html", ".htm"), '<body class="gradcheck">', _drawn_by("html")),
    "github": Format((".txt", ".log"), "\\A::[a-z]+ title=gradcheck", _drawn_by("github")),
    "sarif": Format((".sarif", ".json"), SARIF, _drawn_by("sarif")),
}


class Outlet:
    """One way out, asked for by --format and --output: draw on `console`, then `finish`.

    Raises  Misuse  before any work, for an unknown format or a file that cannot be the result
    """

    def __init__(self, form: str, file: Path | None) -> None:
        if form not in FORMATS:
            raise Misuse(
                f"--format: expected one of {', '.join(FORMATS)}, got {form!r}."
                f"{did_you_mean(form, list(FORMATS)) or ' text is for people.'}"
            )
        self.format, self.file = FORMATS[form], file
        suffix = "" if file is None else file.suffix.lower()
        fitting = [name for name, one in FORMATS.items() if suffix in one.suffixes]
        way_out = f"Add --format {fitting[0]}." if fitting else "Add the ending."
        expect_file("--output", file, self.format.suffixes, way_out)
        _expect_ours("--output", file)
        drawn = self.format.write is None
        self._drawn = io.StringIO()
        if drawn and file is None:
            self.console = Console(highlight=False)
        else:
            self.console = Console(highlight=False, file=self._drawn, width=80, quiet=not drawn)

    def finish(self, facts: Mapping[str, Any], reports: Sequence[Report]) -> None:
        """Write what is not on the terminal yet. Raises Misuse if the file cannot be written."""
        write = self.format.write
        text = self._drawn.getvalue() if write is None else write(facts, reports)
        if self.file is None:
            sys.stdout.write(text)
            return
        try:
            self.file.write_text(text, encoding="utf-8")
        except OSError as problem:
            raise unwritable("--output", problem) from None


def expect_file(
    who: str, file: Path | None, suffixes: Sequence[str], way_out: str = "Add the ending."
) -> None:
    """Refuse, before any work, a file that cannot be the result: least of all a program's."""
    if file is None:
        return
    if file.suffix.lower() not in suffixes:
        raise Misuse(
            f"{who}: expected a file name ending in {', '.join(suffixes)}, got {str(file)!r}. "
            f"{way_out}"
        )
    if file.is_dir():
        raise Misuse(f"{who}: expected a file, got the folder {str(file)!r}. Add a name.")
    if not file.parent.is_dir():
        raise Misuse(
            f"{who}: expected a folder that exists, got {str(file.parent)!r}. Make it first."
        )


def _expect_ours(who: str, file: Path | None) -> None:
    """Refuse to write over anything but a report."""
    if file is None or not file.exists() or file.stat().st_size == 0:
        return
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    if not any(re.search(form.telltale, text, re.MULTILINE) for form in FORMATS.values()):
        raise Misuse(
            f"{who}: expected a new file, or an earlier report to replace, got {str(file)!r}, "
            "which holds something else. Choose another name."
        )


def unwritable(who: str, problem: OSError) -> Misuse:
    return Misuse(f"{who}: expected a file that can be written, got {problem}. Choose another.")
