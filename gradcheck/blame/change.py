"""An edit of one expression that mends, with what its kind is read off."""

from __future__ import annotations

import ast
import functools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from .chain_rule import which_derivative
from .clues import in_index, only_biases, ratio
from .places import around, root_of
from .repair import Repair
from .sight import Sight
from .surroundings import multiplied
from .survey import Survey
from .syntax import VARIABLE, unparsed
from .trees import rebuilt


@dataclass(eq=False)
class Change:
    """What stood there and what stands there now, with their values.

    anchor, new     the edited expression, before and after
    root            the whole expression that it is a part of
    was, wanted     the value of the root, before and after
    before, after   the value of the anchor
    """

    repair: Repair
    survey: Survey
    sight: Sight

    def __post_init__(self) -> None:
        repair = self.repair
        self.anchor: Any = repair.edit.anchor
        self.parents = repair.unit.parents
        self.root: Any = root_of(self.anchor, repair.unit)
        self.at_head = repair.at_head
        outer: tuple[Any, Any] = repair.values[-1]
        inner: tuple[Any, Any] = repair.values[0]
        (self.was, self.wanted), (self.before, self.after) = outer, inner

    @functools.cached_property
    def kind(self) -> str:
        """The kind of the edit; of a number that something is divided by, it is the scale."""
        kind = self.repair.edit.kind
        value = self.sight.value(self.anchor)  # x.shape[0] for x.shape[1]
        number = isinstance(value, int | np.integer) and not in_index(
            self.anchor, self.parents, self.survey
        )
        scales = self.whole is not None or multiplied(self.anchor, self.parents)
        return "scale" if kind == "indexing" and number and scales else kind

    @functools.cached_property
    def new(self) -> Any:
        edit = self.repair.edit
        return edit.changes.get(self.anchor) or rebuilt(self.anchor, edit.changes, self.parents)

    @functools.cached_property
    def swap(self) -> bool:
        """Is it one variable for another?"""
        return isinstance(self.anchor, VARIABLE) and isinstance(self.new, VARIABLE)

    @functools.cached_property
    def exchanged(self) -> bool:
        """Is it one array for another?"""
        return self.swap and np.ndim(self.before) > 0

    @functools.cached_property
    def whole(self) -> float | None:
        """By what the whole expression was off, if by a number."""
        return ratio(self.was, self.wanted)

    @functools.cached_property
    def biases(self) -> bool:
        return only_biases(self.repair, self.survey)

    @functools.cached_property
    def derivative(self) -> str:
        """What is wrong with a local derivative: its formula, or where it is taken."""
        return which_derivative(self.repair, self.root, self.survey, self.sight)

    @functools.cached_property
    def compares(self) -> bool:
        nodes = (self.anchor, *around(self.anchor, self.parents))
        return any(isinstance(node, ast.Compare) for node in nodes)

    @functools.cached_property
    def line(self) -> str:
        return unparsed(self.root) if self.root is not None else ""

    @property
    def place(self) -> str:
        return f"{self.repair.unit.scope} {self.repair.function}"

    @functools.cached_property
    def gradient(self) -> bool:
        """Is the whole the gradient of a parameter now?"""
        label = self.survey.label(self.wanted)
        blocks = self.survey.replay.blocks
        return label is not None and label[0] in {f"dL/d{block.name}" for block in blocks}

    @functools.cached_property
    def exact(self) -> bool:
        """Was the whole a cotangent already, up to what all cotangents are off by here?"""
        name, off = self.survey.label(self.was) or ("", 0.0)
        units = (1.0, -1.0, self.repair.unit_of_adjoints)
        return name.startswith("dL/d") and any(math.isclose(off, c, rel_tol=1e-3) for c in units)
