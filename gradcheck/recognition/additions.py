"""What may stand beside the weights of a net: skip connections, dropout masks, norms."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from . import data
from .chain import Net
from .context import Context
from .stages import Mask, Norm, Skip

MOST_MASKS = 24
SMALL = (1e-5, 1e-8, 1e-6, 1e-7, 1e-3, 1e-12, 0.0)  # what is added to a variance, or to its root


def skips(net: Net) -> Iterator[tuple[Skip | None, ...]]:
    """Skip connections: around every layer that they fit, every two layers, or one of them."""
    widths = [net.first, *net.units]
    for span in (1, 2, 3):
        fits = [k for k in range(span - 1, net.depth) if widths[k + 1 - span] == widths[k + 1]]
        apart = [k for j, k in enumerate(fits) if not any(0 < k - i < span for i in fits[:j])]
        for inside in (False, True):
            groups = [apart, [k for k in apart if k < net.depth - 1], *([k] for k in fits)]
            seen = set()
            for group in map(tuple, groups):
                if group and group not in seen:
                    seen.add(group)
                    # at the top, the output activation is what follows
                    yield tuple(
                        Skip(k + 1 - span, inside or k == net.depth - 1) if k in group else None
                        for k in range(net.depth)
                    )


def masks(net: Net, context: Context) -> Iterator[tuple[Mask | None, ...]]:
    """Dropout masks in reach, as they are or divided by a keep probability, in some layers."""
    keep = {1.0}
    for _, number in context.numbers:
        if 0 < number < 1:
            keep |= {number, 1 - number}
    found: list[list[Mask | None]] = []
    for units in net.units[:-1]:
        fitting = [
            array if array.shape[-1] == units else array.T
            for _, array in context.arrays
            if array.shape in ((len(net.X), units), (units, len(net.X)), (1, units), (units,))
            and len(np.unique(array)) == 2
            and not np.all(array)
        ]
        those = data.distinct([mask / p for mask in fitting for p in sorted(keep)])
        found.append([None, *map(Mask, those[:MOST_MASKS])])
    chosen = (several for several in itertools.product(*found) if any(several))
    yield from itertools.islice(chosen, MOST_MASKS)


def norms(net: Net, context: Context) -> Iterator[tuple[Norm | None, ...]]:
    """The norms of a plan over either axis, with every small number; gain and shift both ways."""
    small = dict.fromkeys([x for _, x in context.numbers if 0 < x <= 0.01] + list(SMALL))
    for axis, eps, inside, turned in itertools.product(
        (-2, -1), small, (True, False), (False, True)
    ):
        yield tuple(
            norm
            and Norm(
                axis, eps, inside, *((norm.shift, norm.gain) if turned else (norm.gain, norm.shift))
            )
            for norm in net.norms
        )
