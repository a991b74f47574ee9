"""An edit that was tried, and what it mended."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from .remembered import remembered
from .site import Edit, harmless
from .source import Unit
from .syntax import unparsed

Mask = npt.NDArray[np.bool_]


@dataclass
class Repair:
    """An edit that was tried.

    left    entries still wrong after it
    score   less is better; see Search.rank
    """

    edit: Edit
    unit: Unit
    left: Mask
    score: float
    order: int
    gain: float = 0.0
    verified: bool = False
    near: bool = False  # does it mend everything but for a rest, that a verdict sees?
    # told about it, once it is chosen: see Search.describe
    kind: str = ""
    function: str = ""
    what: str = ""
    mended: tuple[str, ...] = ()
    diff: tuple[str, ...] = ()
    told: Edit | None = None  # in as few words as it can be
    # of the edited expression and of those around it: before and after
    values: list[tuple[Any, Any]] = field(default_factory=list)
    at_head: bool = False
    # values of the mended backward pass that are adjoints of the forward one, all times one factor:
    # where only the last step divides by the number of samples, that number
    right: int = 0
    unit_of_adjoints: float = 1.0
    equal: tuple[str, ...] = ()  # counts that would do here as well, for they are as large
    given: str = ""  # the expression whose right value was put in meanwhile
    makes_slope: bool = False  # is some expression a local derivative only now?

    @property
    def full(self) -> bool:
        return not self.left.any()

    @property
    def line(self) -> int:
        return int(getattr(self.edit.anchor, "lineno", 0))


def one_a_line(repairs: list[Repair]) -> list[Repair]:
    best: dict[tuple[str, int], Repair] = {}
    for repair in repairs:
        best.setdefault((repair.unit.file, repair.line), repair)
    return list(best.values())


def length(edit: Edit) -> float:
    """Of two edits that do the same, the one that writes less, and a name rather than a number."""
    length = 0
    for old, new in edit.changes.items():
        if isinstance(old, ast.expr) and isinstance(new, ast.expr):
            before, after = unparsed(old), unparsed(new)
            numbers = len(_NUMBER.findall(after)) - len(_NUMBER.findall(before))
            length += len(after) - len(before) + LETTERS * max(0, numbers)
    return 0.003 * max(0, length)


LETTERS = 15  # that a number such as 0.25 counts for
_NUMBER = re.compile(r"\d\.\d")


def discarded(edit: Edit) -> float:
    """Whoever calls a function of their own means it: a slip is rather inside than in the call."""
    pairs = [(o, n) for o, n in edit.changes.items() if isinstance(o, ast.expr)]
    before = sum(_own_calls(old) for old, _ in pairs)
    if not before:
        return 0.0
    return 0.1 if before > sum(_own_calls(n) for _, n in pairs if isinstance(n, ast.AST)) else 0.0


@remembered(50_000)
def _own_calls(node: ast.AST) -> int:
    own = isinstance(node, ast.Call) and not harmless(node)
    return own + sum(map(_own_calls, ast.iter_child_nodes(node)))
