"""Steps that are not elementwise, known by what they hand back: softmax, and normalisations."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .values import is_floating

EXACT = 1e-5  # of the largest entry: right values are measured by differences
FREE = 4  # numbers more than multiples that are fitted to them


def of_class_alone(before: Any, wanted: Any) -> bool:
    """Is it p - y where the label is, and nothing for the other classes?"""
    is_, right = np.asarray(before, dtype=float), np.asarray(wanted, dtype=float)
    if is_.shape != right.shape or is_.ndim == 0:
        return False
    some = is_ != 0
    whole = max(float(np.max(np.abs(right))), 1e-300)
    sums = any(np.max(np.abs(right.sum(axis=a))) < EXACT * whole for a in range(right.ndim))
    signs = bool(np.all(is_[some] < 0) and np.all(right[~some] > 0))  # p - 1, and p
    if not sums or not signs or not 0 < some.sum() < some.size:
        return False
    factors = right[some] / is_[some]  # a mean may be taken later on
    return bool(np.ptp(factors) < 1e-4 * factors[0])


def alike(one: Any, other: Any) -> bool:
    """Equal, but for what a measured value may be off by."""
    same = np.shape(one) == np.shape(other)
    return same and bool(np.max(np.abs(one - other), initial=0.0) <= EXACT * np.max(np.abs(other)))


def turned_round(value: Any, wanted: Any) -> bool:
    """Are the axes in another order, or were they when it was given its shape?"""
    if np.size(value) != np.size(wanted) or np.ndim(wanted) > 4 or np.size(wanted) < 3:
        return False
    orders = list(itertools.permutations(range(np.ndim(wanted))))[1:]
    return any(
        alike(np.transpose(wanted, order).ravel(), value.ravel())
        or (
            (np.ndim(value) == np.ndim(wanted))
            and alike(np.transpose(value, order).ravel(), wanted.ravel())
        )
        for order in orders
        if max(np.shape(wanted)) < np.size(wanted)  # a column is read as a row
    )


def is_softmax(value: Any) -> bool:
    """Do its rows, or columns, add up to one, of different numbers above zero?"""
    p = np.asarray(value, dtype=float)
    return bool(np.ndim(p) and np.min(p, initial=1.0) > 0) and any(
        p.shape[axis] > 1 and np.allclose(p.sum(axis=axis), 1) and np.ptp(p) > 1e-6
        for axis in range(p.ndim)
    )


def of_softmax(wanted: Any, values: Iterable[Any]) -> bool:
    """Is it p * (x - sum(x * p)), or x - p * sum(x), of two of these values?"""
    alike = _alike(wanted, values)
    for p in alike:
        for axis in range(p.ndim):
            targets = bool(np.all((p == 0) | (p == 1)))
            whole = np.allclose(p.sum(axis=axis), 1)
            if p.shape[axis] < 2 or np.min(p) < 0 or targets or not whole:
                continue
            for x in alike:
                inner = np.sum(x * p, axis=axis, keepdims=True)
                outer = p * np.sum(x, axis=axis, keepdims=True)
                if _along(wanted, p * (x - inner)) or _along(wanted, x - outer):
                    return True
    return False


def of_normalisation(wanted: Any, values: Iterable[Any], normal: Sequence[Any]) -> bool:
    """Is it, row by row, a cotangent less its parts along what was made normal, and along ones?"""
    cotangents, ones = _alike(wanted, values), np.ones(np.shape(wanted))
    size = np.max(np.abs(wanted), initial=0.0)
    centred = any(
        np.max(np.abs(part.mean(axis=axis))) < 1e-9 * np.max(np.abs(part))
        and np.max(np.abs(wanted.mean(axis=axis))) < EXACT * size
        and _spanned(wanted, (x, ones), axis)
        for part in _alike(wanted, normal)
        for x in cotangents
        for axis in range(part.ndim)
    )
    return centred or any(
        _spanned(wanted, parts, axis)
        for u in _alike(wanted, normal)
        for x in cotangents
        for parts in ((x, u), (x, u, ones))
        for axis in range(u.ndim)
    )


def _alike(wanted: Any, values: Iterable[Any]) -> list[Any]:
    if not is_floating(wanted) or np.ndim(wanted) < 1:
        return []
    some = (v for v in values if is_floating(v) and np.shape(v) == np.shape(wanted))
    return [np.asarray(value, dtype=float) for value in some]


def _along(wanted: Any, value: Any) -> bool:
    """The one is a multiple of the other."""
    size = float(np.sum(value * value))
    if not size:
        return False
    factor = float(np.sum(wanted * value)) / size
    away = np.max(np.abs(wanted - factor * value))
    return factor != 0 and bool(away <= EXACT * np.max(np.abs(wanted)))


def _spanned(wanted: Any, parts: Sequence[Any], axis: int) -> bool:
    """Is each row a sum of multiples of the parts, where that is no matter of course?"""
    length = wanted.shape[axis]
    rows = wanted.size // length
    if length <= len(parts) or rows * (length - len(parts)) < FREE:
        return False
    stacks = [np.moveaxis(part, axis, -1).reshape(rows, length) for part in (wanted, *parts)]
    for row, *made_of in zip(*stacks, strict=True):
        if not np.any(row):  # of a sample that adds nothing to the loss
            continue
        table = np.stack(made_of, axis=1)
        c = np.linalg.lstsq(table, row, rcond=None)[0]
        if np.max(np.abs(table @ c - row)) > EXACT * np.max(np.abs(wanted)) or not np.all(c[:2]):
            return False
    return True
