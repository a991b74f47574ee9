"""Which code is the user's own: not Python's, not an installed package's, not ours."""

from __future__ import annotations

import ast
import copy
import functools
import os
import sys
import sysconfig
import types
from collections.abc import Callable, Iterator, MutableMapping
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, WeakSet

Node = TypeVar("Node", bound=ast.AST)

# installed code that is looked into as if it were the user's: the command's own nets
EXAMINED: set[str] = set()
# the source of functions that stand in no file as such: lines of a script, the text of an option
DEFINITIONS: MutableMapping[types.CodeType, ast.FunctionDef] = WeakKeyDictionary()
# those of an option that only names things of the file, or calls them, and computes nothing itself
NAMES: WeakSet[types.CodeType] = WeakSet()


def is_option(file: str) -> bool:
    """Is this the name under which the text of an option is compiled, as <--loss>?"""
    return file.startswith("<--")


def entered(run: Callable[[], Any]) -> set[types.CodeType]:
    """The code of all functions in Python that a run enters. A profiler goes on afterwards."""
    codes: set[types.CodeType] = set()

    def enter(frame: types.FrameType, event: str, _: Any) -> None:
        if event == "call":
            codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(enter)
    try:
        run()
    finally:
        sys.setprofile(None)
        if callable(before):
            sys.setprofile(before)
        elif before is not None:  # cProfile: an object that goes on only by its own method
            before.enable()
    return codes


def is_users(file: str) -> bool:
    """Is this the file of code that the user wrote?"""
    return not file.startswith(_foreign()) or file.startswith(tuple(EXAMINED))


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


def of_the_module(node: Node) -> Node:
    """What stands in a function, as it means the same outside: what it shares is global."""
    if not any(map(_nonlocals, _blocks(node))):
        return node
    moved = copy.deepcopy(node)
    for block in _blocks(moved):
        for i in _nonlocals(block):
            shared = block[i]
            assert isinstance(shared, ast.Nonlocal)
            block[i] = ast.copy_location(ast.Global(shared.names), shared)
    return moved


def _nonlocals(block: list[ast.stmt]) -> list[int]:
    return [i for i, statement in enumerate(block) if isinstance(statement, ast.Nonlocal)]


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """The lists of statements in it, but for those of functions inside: these share with it."""
    for _, field in ast.iter_fields(node):
        if isinstance(field, list) and field and isinstance(field[0], ast.stmt):
            yield field
            for statement in field:
                if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield from _blocks(statement)
