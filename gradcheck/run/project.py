"""The checks that are asked for: by options, or by the tables of a project's pyproject.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from .expression import Misuse, did_you_mean
from .wanted import Wanted

NAME = "pyproject.toml"

_TEXTS = ("name", "file", "loss", "params", "grads", "step", "lr", "entries", "shrink")
_LISTS = ("setup", "select")
_KEYS = tuple(field.name.replace("_", "-") for field in fields(Wanted))
_DEFAULTS = ("setup", "select", "seed", "entries", "main", "max-evaluations")


def asked(
    files: Sequence[Path], given: dict[str, Any], names: Sequence[str], folder: Path
) -> list[Wanted]:
    """What to check: files by the options given, else the tables [[tool.gradcheck.check]].

    given    the fields of Wanted that the options set; they hold for every check
    names    of the tables, only these
    folder   where the search for pyproject.toml begins
    Raises   Misuse  when there is nothing to check
    """
    here = {"loss": "", "params": ""} | given
    if given.keys() & {"loss", "params", "grads", "step", "lr", "setup", "shrink"}:
        if not files:
            raise Misuse(
                "FILE: expected a Python file to run, got none. Put it after `gradcheck run`."
            )
        if names:
            raise Misuse(
                f"--check: expected no expressions beside it, got {names[0]!r} and some. "
                "Leave out one of them: a check of pyproject.toml has its own."
            )
        return [Wanted(file, **here) for file in files]
    try:
        place = find(folder)
    except Misuse:
        if names or not files:
            raise
        place = None  # a file needs none
    rows = read(place) if place else []
    if files:
        known = {file.resolve() for file in files}
        rows = [row for row in rows if row.file.resolve() in known]
        if names and not rows:
            raise Misuse(
                f"--check: expected a check of pyproject.toml, which has none of "
                f"{', '.join(map(str, files))}, got {names[0]!r}. Leave it out."
            )
        if not rows:  # what the file holds is told when it has run
            return [Wanted(file, **here) for file in files]
    elif not rows:
        raise Misuse(
            "FILE: expected a Python file to run, got none, and no checks in pyproject.toml. "
            "Try: gradcheck run my_net.py"
        )
    titles = [row.name for row in rows]
    for name in names:
        if name not in titles:
            raise Misuse(
                f"--check: expected a check of pyproject.toml ({', '.join(filter(None, titles))}), "
                f"got {name!r}.{did_you_mean(name, titles)}"
            )
    return [replace(row, **given) for row in rows if not names or row.name in names]


def find(folder: Path) -> Path | None:
    """The nearest pyproject.toml, in the folder or above, that wants checks."""
    for place in (folder, *folder.parents):
        file = place / NAME
        if file.is_file() and "gradcheck" in _load(file).get("tool", {}):
            return file
    return None


def read(file: Path) -> list[Wanted]:
    """Its checks, in order; what [tool.gradcheck] itself says holds for all of them."""
    table = _load(file)["tool"]["gradcheck"]
    rows = table.get("check", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not rows:
        raise Misuse(
            f"{file.name}: expected checks, got {'something else' if rows else 'none'}. "
            "Write a table [[tool.gradcheck.check]] with file, loss, params and grads."
        )
    defaults = {key: value for key, value in table.items() if key != "check"}
    _expect_known(f"{file.name}, [tool.gradcheck]", defaults, (*_DEFAULTS, "check"))
    checks = []
    for number, row in enumerate(rows, 1):
        who = f"{file.name}, check {row.get('name') or number}"
        _expect_known(who, row, _KEYS)
        checks.append(_wanted(who, defaults | row, file.parent))
    return checks


def _load(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise Misuse(f"{file}: expected TOML, got {problem}.") from None


def _expect_known(who: str, table: Iterable[str], known: tuple[str, ...]) -> None:
    for key in table:
        if key not in known:
            raise Misuse(
                f"{who}: expected one of {', '.join(known)}, got {key!r}.{did_you_mean(key, known)}"
            )


def _wanted(who: str, row: dict[str, Any], folder: Path) -> Wanted:
    values: dict[str, Any] = {}
    for key, value in row.items():
        if key in _TEXTS:
            numeric = key == "lr" and isinstance(value, (int, float))
            _expect(isinstance(value, str) or numeric, who, key, "a string", value)
            values[key] = str(value)
        elif key in _LISTS:
            texts = [value] if isinstance(value, str) else value
            good = isinstance(texts, list) and all(isinstance(text, str) for text in texts)
            _expect(good, who, key, "a string or a list of strings", value)
            values[key] = tuple(texts)
        elif key in ("main", "verbose"):
            _expect(isinstance(value, bool), who, key, "true or false", value)
            values[key] = value
        else:
            good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
            _expect(good, who, key, "a whole number from 0 on", value)
            values[key.replace("-", "_")] = value
    said = values.keys() & {"loss", "params", "grads", "step", "shrink"}
    for key in ("file", *(("loss", "params") if said else ())):  # of a file alone, as by command
        _expect(bool(values.get(key)), who, key, "a string", "none")
    values["file"] = folder / values["file"]
    return Wanted(**{"loss": "", "params": ""} | values)


def _expect(holds: bool, who: str, key: str, expected: str, got: object) -> None:
    if not holds:
        raise Misuse(
            f"{who}: expected {expected} for {key}, got {got!r}.".replace("'none'", "none")
        )
