"""Orders of the layers: which weights follow on which, and which vectors belong to them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from .chain import Net
from .layout import Layout
from .stages import Norm

MOST_STACKS = 8  # orders tried, where names do not tell

Shapes = Sequence[tuple[int, ...]]
Groups = Sequence[Sequence[int]] | None  # parts of each layer, as far as names tell
NOTHING = np.zeros((0, 0))  # in place of data


def stackings(layout: Layout, layers: Groups, without: Sequence[int] = ()) -> Iterator[Net]:
    """Weights and vectors of each layer, without data; the order of the names first.

    Where these do not tell it, orders in which the sizes chain, the first that appear first.
    """
    shapes = [part.shape for part in layout.parts]
    every = [i for i in range(len(shapes)) if i not in without]
    named = _chains(shapes, [layer for layer in layers if layer]) if layers else ()
    free = itertools.islice(_chains(shapes, [every]), MOST_STACKS)
    for chain in dict.fromkeys(itertools.chain(named, free)):
        W, own = zip(*chain, strict=True)
        # a bias; gain and shift; or all three
        b = [vectors[0] if len(vectors) in (1, 3) else None for vectors in own]
        norms = [
            Norm(-2, 0.0, True, *vectors[-2:]) if len(vectors) > 1 else None for vectors in own
        ]
        if not any(norms):
            norms = []
        yield Net(layout, W, tuple(b), NOTHING, NOTHING, norms=tuple(norms))


Layer = tuple[int, tuple[int, ...]]  # a weight and the vectors of its layer


def _chains(shapes: Shapes, groups: Sequence[Sequence[int]]) -> Iterator[tuple[Layer, ...]]:
    """Layers of which the sizes chain, that use up every part of each group, in their order."""
    steps = 0
    todo: list[tuple[tuple[Layer, ...], tuple[int, ...], int]] = [((), (), 0)]
    while todo and steps < 5_000:
        steps += 1
        chain, used, at = todo.pop()
        left = [i for i in groups[at] if i not in used] if at < len(groups) else []
        if not left:
            if at < len(groups):
                todo.append((chain, (), at + 1))
            elif chain:
                yield chain
            continue
        further = []
        for i in left:
            if len(shapes[i]) != 2:
                continue
            n_in, n_out = _units(shapes[i])
            if chain and n_in != _units(shapes[chain[-1][0]])[1]:
                continue
            own = [j for j in left if j != i and is_vector(shapes[j], n_out)]
            for many in (1, 3, 2, 0):
                further += [
                    ((*chain, (i, vectors)), (*used, i, *vectors), at)
                    for vectors in itertools.combinations(own, many)
                ]
        todo += reversed(further)


def _units(shape: tuple[int, ...]) -> tuple[int, int]:
    """Those that go into a layer, and those that come out."""
    n_in, n_out = shape if len(shape) == 2 else (0, 0)
    return n_in, n_out


def is_vector(shape: tuple[int, ...], units: int) -> bool:
    return math.prod(shape) == units == max(shape, default=1)
