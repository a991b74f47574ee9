"""What the backward pass should compute, and from what: quantities known to be right."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .adjoints import WHOLE, Occurrence
from .values import Values, is_floating

TRIVIAL = (0.0, 1.0, -1.0, 2.0, 0.5)
RMS = 0.03  # by which a mean square may differ from 1, for an epsilon in the root


@dataclass(frozen=True)
class Known:
    """A quantity known to be right.

    name     dL/dz1, a1, ...
    role     "adjoint" or "forward"
    node     where the forward pass computes it; None for a parameter
    """

    name: str
    role: str
    value: Values
    node: ast.expr | None = None


@dataclass
class Library:
    """Quantities known to be right, found again by direction: also up to a factor.

    slopes    local derivatives of elementwise steps
    formulae  what is a derivative, made of which value; kept here by edits.derivatives
    """

    items: list[Known] = field(default_factory=list)
    slopes: list[Values] = field(default_factory=list)
    formulae: dict[Any, list[Any]] = field(default_factory=dict)
    _by_size: dict[int, tuple[list[int], Values, Values]] = field(default_factory=dict)
    _slopes: dict[tuple[int, ...], Values] = field(default_factory=dict)
    _single: Values = field(default_factory=lambda: np.zeros(0))
    _entries: Values = field(default_factory=lambda: np.zeros(0))

    def add(self, name: str, role: str, value: Any, node: ast.expr | None = None) -> None:
        value = np.asarray(value, dtype=float)
        if value.size and np.all(np.isfinite(value)) and not trivial(value):
            self.items.append(Known(name, role, value, node))

    def index(self) -> None:
        rows: dict[int, list[tuple[int, Values, float]]] = {}
        for i, item in enumerate(self.items):
            norm = float(np.linalg.norm(item.value))
            layouts = [item.value.ravel()]
            if item.value.ndim == 2 and min(item.value.shape) > 1:
                layouts.append(item.value.T.ravel())
            for flat in layouts:
                rows.setdefault(flat.size, []).append((i, flat / norm, norm))
        self._by_size = {
            size: (
                [r[0] for r in found],
                np.array([r[1] for r in found]),
                np.array([r[2] for r in found]),
            )
            for size, found in rows.items()
        }

        single = [float(s.reshape(())) for s in self.slopes if s.size == 1]
        self._single = np.sort(np.array([x for x in single if np.isfinite(x)]))
        parts = [s.ravel() for s in self.slopes if 1 < s.size <= WHOLE]
        entries = np.concatenate(parts) if parts else np.zeros(0)
        self._entries = np.sort(entries[np.isfinite(entries)])
        # a loss of all samples at once, and gradients of one after the other
        one = [row for s in self.slopes if s.ndim == 2 for row in (*s, *s.T) if row.size > 1]
        slopes = [*self.slopes, *one, *(row[:, None] for row in one)]
        shapes = {s.shape for s in slopes}
        self._slopes = {h: np.stack([s for s in slopes if s.shape == h]) for h in shapes}

    def match(self, value: Any, tolerance: float = 1e-6) -> list[tuple[Known, float]]:
        """Items and factors c with value = c * item; a single number only up to its sign."""
        value = np.asarray(value, dtype=float)
        if value.size not in self._by_size or trivial(value) or not np.all(np.isfinite(value)):
            return []
        indices, units, norms = self._by_size[value.size]
        norm = float(np.linalg.norm(value))
        unit = value.ravel() / norm
        along = units @ unit
        found = []
        for k in np.flatnonzero(np.abs(np.abs(along) - 1) < 1e-9):
            factor = float(np.sign(along[k]) * norm / norms[k])
            if np.max(np.abs(units[k] * np.sign(along[k]) - unit)) > 10 * tolerance:
                continue
            if value.size == 1 and abs(abs(factor) - 1) > 10 * tolerance:
                continue
            found.append((self.items[indices[k]], factor))
        return sorted(found, key=lambda hit: abs(abs(hit[1]) - 1) > 1e-4)

    def is_forward(self, value: Any) -> bool:
        """Is this a value of the forward pass?"""
        found = self.match(value)
        return any(item.role == "forward" and abs(factor - 1) < 1e-6 for item, factor in found)

    def is_entry(self, value: Any) -> bool:
        """Is this number the derivative at one element of such a step, as a loop may need it?"""
        number = float(np.reshape(value, ()))
        if not np.isfinite(number) or any(abs(number - t) < 1e-9 for t in TRIVIAL):
            return False
        near = 1e-6 * max(1.0, abs(number))
        place = np.searchsorted(self._entries, number - near)
        return bool(place < len(self._entries) and self._entries[place] <= number + near)

    def is_derivative(self, value: Any) -> bool:
        """Is this the local derivative of some elementwise step of the forward pass?"""
        value = np.asarray(value, dtype=float)
        if value.size == 1:
            near = np.searchsorted(self._single, float(value.reshape(())) - 1e-5)
            beyond = float(value.reshape(())) + 1e-5
            return bool(near < len(self._single) and self._single[near] <= beyond)
        known = self._slopes.get(value.shape)
        if known is None:
            return False
        some = np.isfinite(value)  # nan where nothing is known
        if some.sum() < 0.3 * value.size or trivial(value[some]):
            return False
        size = min(1.0, float(np.max(np.abs(value[some]))))
        away = np.abs(known - value)[:, some] >= 1e-5 * size + 1e-4 * np.abs(value[some])
        return not bool(away.any(axis=1).all())


def trivial(value: Values) -> bool:
    """A constant says nothing about where it comes from."""
    first = value.flat[0]
    if value.size == 1:
        return any(abs(float(first) - t) < 1e-9 for t in TRIVIAL)
    return bool(np.all(value == first))


def normal(value: Any) -> bool:
    """Is its mean zero, or its length or mean square one, along an axis or along all others?"""
    value = np.asarray(value, dtype=float)
    size = float(np.max(np.abs(value), initial=0.0))
    if value.ndim == 0 or value.size < 3 or not 0 < size < np.inf:
        return False
    rest = [tuple(a for a in range(value.ndim) if a != axis) for axis in range(value.ndim)]
    for axes in {*((axis,) for axis in range(value.ndim)), *filter(None, rest)}:
        count = np.prod([value.shape[a] for a in axes])
        if count < 3:
            continue
        centred = np.max(np.abs(value.mean(axis=axes))) < 1e-9 * size
        lengths = np.sum(value**2, axis=axes)
        if np.prod(lengths.shape) > 2 and np.max(np.abs(lengths / count - 1)) < RMS:
            return True
        if centred or (np.max(np.abs(lengths - 1)) < 1e-9 and np.min(value) < 0):
            return True
    return False


def library(
    occurrences: Sequence[Occurrence],
    found: dict[tuple[int, int], Values],
    parameters: Sequence[tuple[str, Values, Values]],
    slopes: Sequence[Values] = (),
) -> Library:
    """Adjoints, local derivatives and forward values, ready to be looked up.

    slopes       derivatives of elementwise steps
    parameters   name, values and numerical gradient of each block that was measured whole
    """
    known = Library(slopes=list(slopes))
    for name, _, gradient in parameters:
        known.add(f"dL/d{name}", "adjoint", gradient)
    for occurrence in occurrences:
        adjoint = found.get((occurrence.number, occurrence.turn))
        if adjoint is not None:
            known.add(f"dL/d{occurrence.name}", "adjoint", adjoint, occurrence.node)
    for occurrence in occurrences:
        if is_floating(occurrence.value):
            known.add(occurrence.name, "forward", occurrence.value, occurrence.node)
    for name, values, _ in parameters:
        known.add(name, "forward", values)
    known.index()
    return known
