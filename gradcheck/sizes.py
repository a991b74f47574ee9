"""The sizes of a net, such as inputs, hidden units, batch: what each may be, smallest first.

A choice is a tuple of sizes in the order of their names: (2, 3, 1, 4), or ((2, 3, 1), 4) where one
of them is itself a tuple of layer widths.
"""

from __future__ import annotations

import heapq
import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Size = int | tuple[int, ...]
Choice = tuple[Size, ...]


@dataclass(frozen=True, slots=True)
class Widths:
    """A tuple of layer widths, such as (2, 3, 1): how many there may be, and how wide each.

    Written "[1..5] * 2..4": two to four of them, each 1 to 5 units.
    """

    units: Sequence[int] = range(1, 5)
    count: Sequence[int] = range(2, 5)


UNITS, BATCH = range(1, 6), range(1, 5)  # where nothing is said
LISTS = re.compile(r"(layer_?|hidden_?)?(sizes|widths|dims|units|shape|layers)$", re.IGNORECASE)
BATCHES = re.compile(r"(n_?)?(batch(_?size)?|samples|examples|N)$")
GIVEN = ("seed", "rng")  # arguments that get fresh random numbers, and no size

_RANGE = re.compile(r"(\d+)(?:\.\.(\d+))?$")
_WIDTHS = re.compile(r"\[([\d.]+)\]\*([\d.]+)$")


def declared(build: Callable[..., Any], ranges: Mapping[str, Any]) -> dict[str, Any]:
    """What each size argument of build may be: as said, or by its name.

    Raises  TypeError, ValueError   in words, for what is no argument or no range
    """
    try:
        arguments = list(inspect.signature(build).parameters.values())
    except (TypeError, ValueError):  # compiled: no signature to read
        arguments = []
    named = {a.name: a for a in arguments if a.kind not in (a.VAR_POSITIONAL, a.VAR_KEYWORD)}
    if arguments and not any(a.kind is a.VAR_KEYWORD for a in arguments):
        for name in ranges:
            if name not in named:
                raise TypeError(
                    f"{name}: expected an argument of build ({', '.join(named) or 'it has none'}), "
                    "got another name. Let build take it."
                )
    asked = [a.name for a in named.values() if a.default is a.empty and a.name not in GIVEN]
    names = [*(name for name in named if name in asked or name in ranges)]
    names += [name for name in ranges if name not in names]
    if not names:
        raise TypeError(
            "build: expected a function of sizes, such as build(n_in, n_hidden, batch), got one "
            "without. Let it take the sizes of the net."
        )
    return {
        name: read(name, ranges[name]) if name in ranges else usual(name, named[name])
        for name in names
    }


def usual(name: str, argument: inspect.Parameter) -> Any:
    """A range where none is given: by the name, or the annotation, of the argument."""
    lists = any(word in str(argument.annotation) for word in ("tuple", "list", "Sequence"))
    if lists or LISTS.match(name):
        return Widths(count=range(4)) if "hidden" in name else Widths()
    return BATCH if BATCHES.match(name) else UNITS


def read(name: str, text: Any) -> Any:
    """A range as people give it: range(1, 9), "1..8", [1, 2, 8], 4, Widths or "[1..5] * 2..4"."""
    if isinstance(text, str):
        short = text.replace(" ", "")
        widths = _WIDTHS.match(short)
        parts = [_RANGE.match(part) for part in (widths.groups() if widths else [short])]
        found = [range(int(p[1]), int(p[2] or p[1]) + 1) for p in parts if p is not None]
        if len(found) == len(parts) and all(found):
            return Widths(*found) if widths else found[0]
    elif isinstance(text, Widths):
        if text.units and text.count and min(text.units) >= 1 and min(text.count) >= 0:
            return text
    elif isinstance(text, int | Iterable) and not isinstance(text, tuple):  # (1, 8): and 5?
        values = [text] if isinstance(text, int) else list(text)
        if values and all(type(value) is int and value >= 0 for value in values):
            return sorted(set(values))
    raise ValueError(
        f"{name}: expected a range of sizes, got {text!r:.60}. Write range(1, 9), '1..8' or "
        "[1, 2, 8]; for a tuple of widths '[1..5] * 2..4', two to four of them."
    )


class Space:
    """All choices of sizes: in order, at random, and one step smaller."""

    def __init__(self, ranges: Mapping[str, Any]) -> None:
        self.names = tuple(ranges)
        self._ranges = tuple(ranges.values())

    def ordered(self) -> Iterator[Choice]:
        """Every choice, in the order of the sum of all sizes; the smallest first."""
        first: Choice = tuple(
            (min(r.units),) * min(r.count) if isinstance(r, Widths) else min(r)
            for r in self._ranges
        )
        heap, seen = [(total(first), first)], {first}
        while heap:
            choice = heapq.heappop(heap)[1]
            yield choice
            for larger in self._next(choice, +1):
                if larger not in seen:
                    seen.add(larger)
                    heapq.heappush(heap, (total(larger), larger))

    def smaller(self, choice: Choice) -> Iterator[Choice]:
        """One size one step smaller, or one width left out; the last size first."""
        found = list(self._next(choice, -1))
        return iter(dict.fromkeys(reversed(found)))

    def _next(self, choice: Choice, by: int) -> Iterator[Choice]:
        for i, (size, allowed) in enumerate(zip(choice, self._ranges, strict=True)):
            for other in _sizes_next(size, allowed, by):
                yield (*choice[:i], other, *choice[i + 1 :])

    def count(self) -> int:
        """How many choices there are."""

        def of(allowed: Any) -> int:
            if isinstance(allowed, Widths):
                return sum(len(set(allowed.units)) ** n for n in set(allowed.count))
            return len(set(allowed))

        return math.prod(map(of, self._ranges))

    def drawn(self, rng: np.random.Generator) -> Choice:
        """One choice at random."""

        def one(allowed: Any) -> Size:
            if isinstance(allowed, Widths):
                count = int(rng.choice(allowed.count))
                return tuple(int(width) for width in rng.choice(allowed.units, count))
            return int(rng.choice(allowed))

        return tuple(one(allowed) for allowed in self._ranges)

    def named(self, choice: Choice) -> dict[str, Size]:
        return dict(zip(self.names, choice, strict=True))

    def told(self, choice: Choice) -> str:
        """n_in 1, n_hidden 2, batch 4; a tuple of widths as 1-2-1."""
        pairs = self.named(choice).items()
        return ", ".join(f"{name} {size_told(size)}" for name, size in pairs)


def size_told(size: Size) -> str:
    return str(size) if isinstance(size, int) else "-".join(map(str, size)) or "()"


def total(choice: Choice) -> int:
    """The order of choices: the sum of all sizes, and one more for each layer in a tuple."""
    return sum(size if isinstance(size, int) else sum(size) + len(size) for size in choice)


def _sizes_next(size: Size, allowed: Any, by: int) -> Iterator[Size]:
    """The sizes one step larger (by = 1) or smaller (-1)."""
    if isinstance(size, int):
        values = sorted(set(allowed))
        at = values.index(size) + by
        if 0 <= at < len(values):
            yield values[at]
        return
    if len(size) + by in allowed.count:
        if by > 0:
            yield (*size, min(allowed.units))
        else:
            yield from (size[:i] + size[i + 1 :] for i in range(len(size)))
    for i, width in enumerate(size):
        for other in _sizes_next(width, allowed.units, by):
            assert isinstance(other, int)  # one width is no tuple
            yield (*size[:i], other, *size[i + 1 :])


def listed(space: Space, rng: np.random.Generator, most: int) -> list[Choice]:
    """The choices to think about: all, or the smallest half and as many at random."""
    ordered = space.ordered()
    found = dict.fromkeys(itertools.islice(ordered, most))
    if next(ordered, None) is not None:
        found = dict.fromkeys(itertools.islice(found, most // 2))
        found.update(dict.fromkeys(space.drawn(rng) for _ in range(most // 2)))
    return list(found)
