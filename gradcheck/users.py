"""Which source files are the user's own: not Python's, not an installed package's, not ours."""

from __future__ import annotations

import functools
import os
import sysconfig
from pathlib import Path

# folders of installed code that are looked into as if it were the user's: the command's own nets
EXAMINED: set[str] = set()


def is_users(file: str) -> bool:
    """Is this the file of code that the user wrote?"""
    return file.startswith(tuple(EXAMINED)) or not file.startswith(_foreign())


def examine(folder: Path) -> None:
    """Look into the code of this folder, too."""
    EXAMINED.add(str(folder.resolve()) + os.sep)


@functools.cache
def _foreign() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    installed = [paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib")]
    ours = str(Path(__file__).parent)
    return (*(folder + os.sep for folder in (*installed, ours)), "<frozen")
