"""Tables in documents, each between two marks that bear its name."""

from __future__ import annotations

from pathlib import Path


def write(file: Path, name: str, text: str) -> None:
    """Put the text between the marks; make it the whole file where there are none."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    if begin in old and end in old:
        head, rest = old.split(begin, 1)
        text = f"{head}{begin}\n{text}{end}{rest.split(end, 1)[1]}"
    file.write_text(text, encoding="utf-8")
