"""What the values of the backward pass are: which cotangent, made of what, near the loss or not."""

from __future__ import annotations

import ast
import re
from typing import Any

import numpy as np

from . import truths
from .balance import Balance
from .places import statement_of
from .repair import Mask
from .slopes import Slope
from .source import Unit
from .syntax import VARIABLE
from .trace import Trace
from .values import Values, content, is_array, is_floating, kept_level

_MASK = re.compile(r"mask|drop|keep|^[dm]\d*$", re.IGNORECASE)
TURNS = 6  # of a loop, whose values are looked at


class Meaning(Balance):
    """The values of one run of the gradients, beside what is known to be right.

    trace     what each expression was
    reach     which entries of the gradients each expression reaches, by its number
    normal    values of the forward pass that are centred, or of length one
    steps     derivatives of elementwise steps of the forward pass
    fixed     values that are the same wherever the parameters are, by shape and bytes
    constants numbers that are the same wherever the parameters are
    recurs    does the forward pass read a part of the parameters again and again?
    carriers  expressions that hand too little on to the next turn of a loop
    """

    trace: Trace
    library: truths.Library
    reach: dict[int, Mask]
    normal: list[Values]
    steps: list[Slope]
    constants: set[float]
    fixed: dict[tuple[tuple[int, ...], bytes], Any]
    recurs: bool = False
    carriers: frozenset[ast.expr] | set[ast.expr] = frozenset()

    def first_value(self, node: ast.AST | None) -> Any:
        return self.value_at(node, 0)

    def value_at(self, node: ast.AST | None, turn: int) -> Any:
        """The value when it was computed for the turn-th time; None where it was not."""
        number = self.replay.number.get(node) if node is not None else None  # type: ignore[call-overload]
        values = self.trace.values.get(number, []) if number is not None else []
        return values[turn] if turn < len(values) else None

    def touched(self, number: int) -> int:
        """How many blocks an expression reaches."""
        return len(set(self.owner[self.reach[number]].tolist()))

    @property
    def real(self) -> Mask:
        """Which of the known entries are no zeros: those may be right by chance."""
        return np.asarray(np.abs(self.point.values) > 1e-6 * self.point.scale)

    def at_head(self, statement: ast.AST, unit: Unit, right: Any = None) -> bool:
        """Is this where the loss is differentiated: a cotangent, made from no other?

        It reaches every gradient, or is one of several such places: its right value is a cotangent.
        """
        real = self.real
        everything, blocks, forward, made = False, 0, False, False
        mine = {
            number: np.size(self.trace.values[number][0])
            for number in self.reach
            if statement_of(self.replay.nodes[number], unit) is statement
            and is_floating(self.trace.values[number][0])
        }
        for number, size in mine.items():
            everything = everything or bool(self.reach[number][real].all())
            blocks = max(blocks, self.touched(number))
            reads = isinstance(self.replay.nodes[number], VARIABLE)
            if not reads or (size == 1 < max(mine.values())):
                continue  # a number beside arrays equals a cotangent by chance
            known = self.known(number)
            if known == "adjoint":
                return False  # the cotangent was there before
            forward = forward or known == "forward"
            made = made or (not known and size > 1 and not self.is_fixed(number))
        if everything:
            return not self.cotangent_before(min(self.trace.places[i][0] for i in mine), real)
        label = self.label(right)
        adjoint = label is not None and label[0].startswith("dL/d")
        added = isinstance(statement, ast.AugAssign) and np.size(right) > 1
        return blocks > 1 and forward and not made and (adjoint or added)

    def is_fixed(self, number: int) -> bool:
        """Is it the same wherever the parameters are: inputs, targets, masks?"""
        value = self.trace.values[number][0]
        return content(value) in self.fixed

    def is_mask(self, text: str, value: Any) -> bool:
        """Is it given, and nothing but zeros and one other number, or called a mask?

        Where a maximum stood is zeros and ones as well, and so are labels.
        """
        if not is_array(value) or content(value) not in self.fixed:
            return False
        level = kept_level(value)
        return level is not None and (level != 1 or bool(_MASK.search(text)))

    def cotangent_before(self, place: int, real: Mask) -> bool:
        """Was a cotangent that reaches every gradient computed before this place of the run?"""
        return any(
            self.trace.places[number][0] < place
            and np.size(self.trace.values[number][0]) > 1
            and bool(mine[real].all())
            and self.known(number, 0) == "adjoint"
            for number, mine in self.reach.items()
        )

    def is_head_value(self, value: Any) -> bool:
        """Is this value one of the first cotangents, where nothing has been propagated yet?"""
        return any(
            np.array_equal(value, self.first_value(self.replay.nodes[number]))
            and bool(mine.any())
            and self.at_head(statement_of(self.replay.nodes[number], unit), unit)
            for number, mine in self.reach.items()
            for unit in (self.replay.unit_of[number],)
            if np.shape(self.first_value(self.replay.nodes[number])) == np.shape(value)
            and isinstance(self.replay.nodes[number], ast.BinOp | ast.Call)
        )

    def normalises(self, root: Any) -> bool:
        """Does an expression contain what the forward pass centres, or scales to one length?"""
        nodes = ast.walk(root) if isinstance(root, ast.AST) else ()
        values = [self.first_value(n) for n in nodes if isinstance(n, ast.expr)]
        return any(
            np.shape(value) == known.shape and np.array_equal(value, known)
            for value in values
            for known in self.normal
        )

    def is_factor(self, before: Any, after: Any) -> bool:
        """Is after = before times a true local derivative?"""
        if np.shape(before) != np.shape(after) or not np.size(before):
            return False
        before, after = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
        told = (before != 0) | (after != 0)  # nothing times anything is nothing
        with np.errstate(all="ignore"):
            ratio = np.where(told, after / before, np.nan)
        if ratio.size == 1 and any(np.isclose(ratio, c) for c in self.constants):
            return False  # a number of the program, as what weighs a term of the loss
        return bool(np.all(np.isfinite(ratio[told]))) and self.library.is_derivative(ratio)

    def is_step(self, one: Any, other: Any) -> bool:
        """Is there an elementwise step of the forward pass from the one value to the other?"""
        for step in self.steps:
            starts, ends = (self.trace.values.get(i, []) for i in (step.start, step.end))
            for pair in zip(starts, ends, strict=False):  # a turn of each
                if any(
                    np.array_equal(a, one) and np.array_equal(b, other)
                    for a, b in (pair, pair[::-1])
                ):
                    return True
        return False

    def known(self, number: int, turn: int | None = None) -> str:
        """Is a value exactly an "adjoint", or of the "forward" pass? Else "" is returned."""
        values = self.trace.values[number]
        for value in values[:TURNS] if turn is None else values[turn : turn + 1]:
            roles = [i.role for i, factor in self.library.match(value) if abs(factor - 1) < 1e-4]
            if np.size(value) == 1 and "forward" in roles:
                return "forward"  # p is p - t where t is zero
            if roles:
                return roles[0]
        return ""

    def prime(self, node: ast.expr) -> bool:
        """Is something unknown made here, at some turn, of nothing but what is known?"""
        number = self.replay.number.get(node)
        if number is None or number not in self.trace.values:
            return False
        values = self.trace.values[number]
        if not is_array(values[0]) or np.size(values[0]) < 2:
            return False
        reads = [
            i
            for n in ast.walk(node)
            if isinstance(n, VARIABLE)
            for i in (self.replay.number.get(n),)
            if n is not node and i is not None and np.ndim(self.first_value(n)) > 0
        ]
        for turn in range(min(TURNS, len(values))):
            known = [self.known(i, turn) for i in reads]
            if "adjoint" in known and all(known):
                return not self.known(number, turn)
        return False

    def label(self, value: Any) -> tuple[str, float] | None:
        if value is None or not is_array(np.asarray(value)) or np.size(value) < 2:
            return None
        for item, factor in self.library.match(value):
            return item.name, 1.0 if abs(factor - 1) < 1e-4 else factor
        return None
