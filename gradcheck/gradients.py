"""The analytic gradients: given or called for, and matched to the blocks of the parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import tree
from .objective import with_params
from .tree import Array, Box, Parameter


@dataclass(frozen=True, slots=True)
class Analytic:
    """The analytic gradient of one block.

    values     a copy, in the shape of the block: what an update by it would really subtract
    rounding   machine epsilon of the user's array
    given      shape as the user gave it
    misfit     how `given` fails to be the shape of the block: "", "broadcast", "transposed",
               "reshaped", "batch"; all but "broadcast" are wrong whatever the values are
    """

    values: Array
    rounding: float
    given: tuple[int, ...]
    misfit: str = ""


class Gradients:
    """Where the analytic gradients come from; `read()` returns them, one a block.

    calls   how often the user's function was called
    """

    def __init__(self, grads: Any, box: Box, blocks: Sequence[Parameter], partial: bool) -> None:
        self._blocks, self._partial = blocks, partial
        self._function: Callable[[], Any] | None = None
        self._given = grads
        if callable(grads) and not isinstance(grads, np.ndarray):
            self._function = with_params(grads, box, "grads")
        self.calls = 0
        self.raw: list[Any] = []

    @property
    def callable(self) -> bool:
        return self._function is not None

    def read(self) -> list[Analytic]:
        """The gradients at the present values of the parameters."""
        nest = self._given
        if self._function is not None:
            self.calls += 1
            with np.errstate(all="ignore"):
                nest = self._function()
        matched = match(nest, self._blocks, partial=self._partial)
        self.raw = matched
        return [shaped(block, value) for block, value in zip(self._blocks, matched, strict=True)]


def match(nest: Any, blocks: Sequence[Parameter], *, partial: bool) -> list[Any]:
    """One raw gradient a block: by path.

    partial   the nest may hold gradients of blocks that were not selected
    Raises ValueError where a block has no gradient or a gradient no block.
    """
    found = {leaf.name: leaf.value for leaf in tree.leaves(nest)}
    if len(blocks) == 1 and len(found) == 1:
        return list(found.values())
    for block in blocks:
        if not {block.name, *block.aliases} & found.keys():
            known = ", ".join(found) or "none"
            raise ValueError(
                f"{block.name}: expected an analytic gradient of shape {block.shape}, got none "
                f"(grads holds: {known:.200}). Return gradients in the nest of the parameters."
            )
    names = {name for block in blocks for name in (block.name, *block.aliases)}
    extra = [name for name in found if name not in names]
    if extra and not partial:
        raise ValueError(
            f"grads: expected only gradients of parameters, got {', '.join(extra):.200} too. "
            "Pass the parameters it belongs to, or leave it out."
        )
    return [
        next(found[name] for name in (block.name, *block.aliases) if name in found)
        for block in blocks
    ]


def shaped(block: Parameter, raw: Any) -> Analytic:
    """The gradient in the shape of its block; raises ValueError where that has no meaning."""
    array = _as_array(block, raw)
    eps = float(np.finfo(array.dtype).eps) if array.dtype.kind == "f" else 0.0
    values, shape = array.astype(np.float64), block.shape
    if not np.all(np.isfinite(values)):
        at = [int(i) for i in np.argwhere(~np.isfinite(values))[0]]
        raise ValueError(
            f"{block.name}: expected a finite analytic gradient, got "
            f"{values[tuple(at)]} at {at}. Mend the overflow or division in the backward pass first."
        )
    if array.shape == shape:
        return Analytic(values, eps, shape)
    given = array.shape
    if _broadcasts(given, shape):
        # the update W -= lr * dW works and does this
        spread = np.broadcast_to(values, shape).copy()
        return Analytic(spread, eps, given, "broadcast")
    if given == shape[::-1]:
        return Analytic(values.T.copy(), eps, given, "transposed")
    if _squeezed(given) == _squeezed(shape):
        return Analytic(values.reshape(shape), eps, given, "reshaped")
    if len(given) == len(shape) + 1 and given[1:] == shape:
        return Analytic(values.sum(axis=0), eps, given, "batch")
    if len(given) == len(shape) and len(shape) > 1 and shape[0] == 1 and given[1:] == shape[1:]:
        return Analytic(values.sum(axis=0, keepdims=True), eps, given, "batch")
    raise ValueError(
        f"{block.name}: expected an analytic gradient of shape {shape}, got {given}. "
        "Return gradients in the nest of the parameters."
    )


def _as_array(block: Parameter, raw: Any) -> Array:
    if hasattr(raw, "detach"):
        raw = raw.detach()
    try:
        array = np.array(raw)
    except (TypeError, ValueError):
        array = np.array(None)
    if array.dtype.kind not in "fiu":
        raise TypeError(
            f"{block.name}: expected an analytic gradient of real numbers, got "
            f"{type(raw).__name__} of {array.dtype}. Return arrays of floats."
        )
    return array


def _broadcasts(given: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    try:
        return np.broadcast_shapes(given, shape) == shape
    except ValueError:
        return False


def _squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(n for n in shape if n != 1)
