"""Which code is the user's own: not Python's, not an installed package's, not ours."""

from __future__ import annotations

import ast
import functools
import os
import sysconfig
import types
from pathlib import Path

# installed code that is looked into as if it were the user's: the command's own nets
EXAMINED: set[str] = set()
# the source of functions that stand in no file as such: lines of a script, the text of an option
DEFINITIONS: dict[types.CodeType, ast.FunctionDef] = {}


def is_users(file: str) -> bool:
    """Is this the file of code that the user wrote?"""
    return file.startswith(tuple(EXAMINED)) or not file.startswith(_foreign())


def examine(*places: Path) -> None:
    """Look into the code of these files and folders, too."""
    for place in places:
        EXAMINED.add(str(place.resolve()) + (os.sep if place.is_dir() else ""))


@functools.cache
def _foreign() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    installed = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    ours = str(Path(__file__).parent)
    return (*(folder + os.sep for folder in (*installed, ours)), "<frozen")
