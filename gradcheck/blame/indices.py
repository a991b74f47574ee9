"""Another index: a neighbour, another key, the other end of a slice."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeGuard

from .syntax import opposite, substituted
from .values import is_number


def padded(node: ast.Subscript, counts: Sequence[str]) -> Iterator[ast.Subscript]:
    """x[..., p : n + p] for x[..., :n], and x[..., p:-p]: all slices of it, for the widths p."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    cut = [p for p in parts if isinstance(p, ast.Slice) and p.upper is not None and p.lower is None]
    for width in counts if cut else ():
        p = ast.parse(width, mode="eval").body
        for shift in (True, False):
            new: list[ast.expr] = []
            for part in parts:
                upper = part.upper if isinstance(part, ast.Slice) and part.lower is None else None
                if upper is None:
                    new.append(part)
                else:
                    end = ast.BinOp(upper, ast.Add(), p) if shift else ast.UnaryOp(ast.USub(), p)
                    new.append(ast.Slice(p, end))
            index = ast.Tuple(new, ast.Load()) if isinstance(node.slice, ast.Tuple) else new[0]
            yield ast.Subscript(node.value, index, ast.Load())


def turned(node: ast.expr, rank: int) -> Iterator[ast.expr]:
    """x[i, ::-1, ::-1] the right way round, and x turned round along its last axes."""
    parts = node.slice.elts if isinstance(node, ast.Subscript) and _is_tuple(node.slice) else []
    plain = [p for p in parts if not (isinstance(p, ast.Slice) and p.step is not None)]
    if isinstance(node, ast.Subscript) and len(plain) < len(parts):
        whole = [ast.Slice() if p not in plain else p for p in parts]
        yield ast.Subscript(node.value, ast.Tuple(whole, ast.Load()), ast.Load())
    back = ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1)))
    for count in (1, 2)[:rank]:
        ends = ast.Tuple([ast.Constant(...), *[back] * count], ast.Load())
        yield ast.Subscript(node, ends, ast.Load())


def reverses(part: ast.expr) -> bool:
    step = part.step if isinstance(part, ast.Slice) else None
    return isinstance(step, ast.UnaryOp) and isinstance(step.op, ast.USub)


def _is_tuple(node: ast.AST) -> TypeGuard[ast.Tuple]:
    return isinstance(node, ast.Tuple)


def index_variants(node: ast.Subscript, value: Callable[[Any], Any]) -> Iterator[ast.Subscript]:
    """x[i+1], x[i-1], x[1:], x[:-1], x['Z1'] for x['A1'], the columns for the rows."""
    index = node.slice

    def at(new: ast.expr) -> ast.Subscript:
        return ast.Subscript(node.value, new, ast.Load())

    def shifted(part: ast.expr) -> list[ast.expr]:
        if isinstance(part, ast.Constant):
            if isinstance(part.value, int) and not isinstance(part.value, bool):
                return [ast.Constant(part.value + 1), ast.Constant(part.value - 1)]
            return []
        if isinstance(part, ast.BinOp) and isinstance(part.right, ast.Constant):
            near: list[ast.expr] = [part.left]
            if isinstance(part.op, ast.Add | ast.Sub):
                near.append(ast.BinOp(part.left, opposite(part.op), part.right))
            near += [ast.BinOp(part.left, part.op, by) for by in shifted(part.right)]
            return near
        one = ast.Constant(1)
        return [ast.BinOp(part, ast.Add(), one), ast.BinOp(part, ast.Sub(), one)]

    if isinstance(index, ast.Constant) and isinstance(index.value, str):
        for key in _keys(value(node.value)):
            if key != index.value:
                yield at(ast.Constant(key))
    elif isinstance(index, ast.JoinedStr | ast.BinOp | ast.Call) and isinstance(value(index), str):
        yield from map(at, _string_variants(node, value))
    elif isinstance(index, ast.Slice):
        minus = ast.UnaryOp(ast.USub(), ast.Constant(1))
        for low, high in (
            (index.upper, index.lower),
            (ast.Constant(1), None),
            (None, minus),
            (None, None),
        ):
            yield at(ast.Slice(low, high, None))
        for low, high in _mirrored(index):
            yield at(ast.Slice(low, high, None))
        for name in ("lower", "upper"):
            part = getattr(index, name)
            for new in shifted(part) if part is not None else ():
                fields = {"lower": index.lower, "upper": index.upper, name: new}
                yield at(ast.Slice(fields["lower"], fields["upper"], index.step))
    elif isinstance(index, ast.Tuple):
        for i, part in enumerate(index.elts):
            swaps: list[ast.expr] = []
            if isinstance(part, ast.Slice):
                if part.lower is not None or part.upper is not None:
                    swaps = [ast.Slice(part.upper, part.lower), ast.Slice(None, None)]
                    swaps += [ast.Slice(low, high) for low, high in _mirrored(part)]
                    for new in shifted(part.upper) if part.upper is not None else ():
                        swaps.append(ast.Slice(part.lower, new, part.step))
                    for new in shifted(part.lower) if part.lower is not None else ():
                        swaps.append(ast.Slice(new, part.upper, part.step))
            else:
                swaps = shifted(part)
            for new in swaps:
                parts = [new if j == i else other for j, other in enumerate(index.elts)]
                yield at(ast.Tuple(parts, ast.Load()))
        for i in range(len(index.elts) - 1):
            parts = list(index.elts)
            parts[i], parts[i + 1] = parts[i + 1], parts[i]
            yield at(ast.Tuple(parts, ast.Load()))
        for i, part in enumerate(index.elts):
            if reverses(part):  # one axis more, or one less, the other way round
                yield at(ast.Tuple([*index.elts[: i + 1], *index.elts[i:]], ast.Load()))
                plain = [ast.Slice() if j == i else p for j, p in enumerate(index.elts)]
                yield at(ast.Tuple(plain, ast.Load()))
    else:
        yield from map(at, shifted(index))


def _mirrored(part: ast.Slice) -> list[tuple[ast.expr | None, ast.expr | None]]:
    """The same number of items at the other end: [-n:] for [:n]."""

    def negative(bound: ast.expr) -> ast.expr:
        minus = isinstance(bound, ast.UnaryOp) and isinstance(bound.op, ast.USub)
        return (
            bound.operand
            if isinstance(bound, ast.UnaryOp) and minus
            else ast.UnaryOp(ast.USub(), bound)
        )

    if part.lower is None and part.upper is not None:
        return [(negative(part.upper), None)]
    if part.upper is None and part.lower is not None:
        return [(None, negative(part.lower))]
    return []


def _keys(value: Any) -> list[str]:
    return [k for k in list(value)[:20] if isinstance(k, str)] if isinstance(value, dict) else []


def _string_variants(node: ast.Subscript, value: Callable[[Any], Any]) -> Iterator[ast.expr]:
    """cache['Z' + str(i)] for cache['A' + str(i)]; i + 1 and i - 1 for i."""
    index = node.slice
    words = {re.sub(r"\d+", "", key) for key in _keys(value(node.value))}
    for inner in ast.walk(index):
        new: list[ast.expr] = []
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
            new = [ast.Constant(word) for word in words if word != inner.value]
        elif isinstance(inner, ast.Name) and is_number(value(inner)):
            one = ast.Constant(1)
            new = [ast.BinOp(inner, ast.Add(), one), ast.BinOp(inner, ast.Sub(), one)]
        elif isinstance(inner, ast.BinOp) and is_number(value(inner)):
            new = [inner.left]
        for variant in new:
            yield substituted(index, inner, variant)
