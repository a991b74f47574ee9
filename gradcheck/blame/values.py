"""Values: arrays of numbers, single ones, floating ones."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[Any]
APART = 1e5  # times one: values smaller or larger than that may have a unit of their own
BENT = 0.01  # of a slope, that a bend may make within a step


def is_array(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.kind in "fbiu"


def is_number(value: Any) -> bool:
    return isinstance(value, float | int | np.number) and not isinstance(value, bool)


def is_floating(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind == "f" and value.size > 0
    return isinstance(value, float | np.floating)


def is_numeric(value: Any) -> bool:
    return is_array(value) or is_number(value)


def content(value: Any) -> tuple[tuple[int, ...], bytes]:
    """Shape and bytes: equal for equal values, and hashable."""
    return np.shape(value), np.asarray(value).tobytes()


def shape_of(value: Any) -> tuple[int, ...] | None:
    """The shape, of nested lists too; None where rows have different lengths."""
    try:
        return tuple(np.shape(value))
    except ValueError:
        return None


def moved_by(value: Any, by: Any) -> Any:
    """The sum, of the kind of the value."""
    if not isinstance(value, np.ndarray):
        return value + float(by)
    moved = np.array(value, dtype=float, subok=True, order="C")
    np.asarray(moved)[...] += by
    return moved


def units_of(values: Any) -> tuple[float, ...]:
    """What a move of values may be a part of: one, and their size where that is far from it."""
    size = float(np.max(np.abs(np.asarray(values)), initial=0.0))
    return (1.0, size) if 0 < size < 1 / APART or APART < size < np.inf else (1.0,)


def unit_of(values: Any, slope: Callable[[float], float | None], step: float) -> float:
    """Their size, if the loss bends within a step that is a part of one.

    slope   of the loss, by a step from the values
    """
    *_, size = units_of(values)
    wide, narrow = (slope(step), slope(step / 10)) if size != 1 else (0.0, 0.0)
    straight = wide is not None and narrow is not None and abs(wide - narrow) <= BENT * abs(narrow)
    return 1.0 if straight else size


def kept_level(value: Any) -> float | None:
    """The other number of an array of zeros and one other number, as of a mask; else None."""
    levels = np.unique(np.asarray(value))
    return float(levels[1]) if len(levels) == 2 and levels[0] == 0 else None


NARROW = ("float32", "float16", "single", "half", "f4", "<f4", "f2")


def widened(kind: Any) -> Any:
    """float64 for a type of floats that are less; anything else as it is."""
    if isinstance(kind, str):
        return "float64" if kind in NARROW else kind
    less = isinstance(kind, np.dtype) or (isinstance(kind, type) and issubclass(kind, np.floating))
    return np.float64 if less and np.dtype(kind) in (np.float32, np.float16) else kind


def multiple(number: float, name: str) -> str:
    """-dL/dx, 1/2 x dL/dx; "" where the factor is no plain number, which tells nothing."""
    factor = scaled(number)
    if factor == "1":
        return name
    if factor == "-1" and name.startswith("dL/d"):
        return negative(name)
    return "" if "." in factor or "e" in factor else f"{factor} x {name}"


def negative(name: str) -> str:
    """-dL/dx of dL/dx; of dL/d(-x) it is dL/dx."""
    try:
        tree = ast.parse(name.removeprefix("dL/d"), mode="eval").body
    except SyntaxError:
        return f"-{name}"
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.USub):
        inner = ast.unparse(tree.operand)
        plain = isinstance(tree.operand, ast.Name | ast.Attribute | ast.Subscript)
        return f"dL/d{inner}" if plain else f"dL/d({inner})"
    return f"-{name}"


def scaled(number: float) -> str:
    """-4, 1/6, 0.3183: as a person would say it."""
    for bottom in range(1, 13):
        top = number * bottom
        if abs(top - np.round(top)) < 1e-5 * abs(top) and round(top):
            return f"{round(top)}" if bottom == 1 else f"{round(top)}/{bottom}"
    return f"{number:.4g}"
