"""Where did it start? Origin or inherited, read off the pattern of the blocks.

Backpropagation runs from the loss down, so the layers nearest the loss are looked at first. In
each layer the blocks share one cotangent: the gradient of the loss by what the layer computes
before its activation.

    some blocks of a layer right, some wrong     the cotangent is right; the wrong ones' own formula
    all wrong, right ones below                  the cotangent passes: their own formulas
    all wrong, all below wrong                   the cotangent that enters the layer; those below
                                                 inherit it
    everything wrong                             the same, at the top: the loss gradient

A right block proves the cotangent of its layer right, and of all layers above it. A block whose
gradient is zero on both sides proves nothing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .report import Role
from .tree import split_name

State = Literal["right", "wrong", "silent"]  # silent: inconclusive, or zero on both sides
Where = Literal["formula", "cotangent", "loss", "unknown"]


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing to mend.

    where      "formula": of each block of `origin` by itself; "cotangent": that enters the layer,
               so the line may stand in what the layer above passes down; "loss": that enters the
               last layer; "unknown": the order of the layers is not known
    layer      place in the order of the layers, 0 nearest the input
    origin     indices of the blocks where it starts; inherited: of those that received it
    """

    where: Where
    layer: int
    origin: tuple[int, ...]
    inherited: tuple[int, ...] = ()

    @property
    def blocks(self) -> tuple[int, ...]:
        return self.origin + self.inherited


def layers(names: Sequence[str], shapes: Sequence[tuple[int, ...]]) -> list[list[int]] | None:
    """Indices of the blocks of each layer, from the input to the loss; None if it cannot be told.

    >>> layers(["W1", "b1", "W2", "b2"], [(2, 3), (3,), (3, 1), (1,)])
    [[0, 1], [2, 3]]
    >>> layers(["w.0", "w.1", "b.0", "b.1"], [(2, 3), (3, 1), (3,), (1,)])
    [[0, 2], [1, 3]]
    >>> layers(["Wxh", "Whh", "bh"], [(2, 3), (3, 3), (3,)]) is None
    True
    """
    split = [split_name(name) for name in names]
    if all(parameter.isdigit() for _, parameter in split):
        split = _numbered(split, shapes)
    elif not any(layer for layer, _ in split):
        split = [_suffixed(parameter) for _, parameter in split]
    keys = list(dict.fromkeys(layer for layer, _ in split))
    if len(set(split)) < len(split) or ("" in keys and len(keys) > 1):
        return None
    if keys == [""] and len(names) > 2:
        return None
    numbers = [re.fullmatch(r"(.*?)(\d+)", key) for key in keys]
    if all(numbers) and len({n[1] for n in numbers if n}) == 1:
        keys.sort(key=lambda key: int(re.findall(r"\d+$", key)[0]))
    return [[i for i, (layer, _) in enumerate(split) if layer == key] for key in keys]


def _numbered(
    split: list[tuple[str, str]], shapes: Sequence[tuple[int, ...]]
) -> list[tuple[str, str]]:
    """Lists: weights.0, biases.0; pairs in a list: 0.0, 0.1; all in one list: W, b, W, b."""
    kinds = {kind for kind, _ in split}
    if kinds == {""}:
        if _in_pairs(shapes):
            return [(str(i // 2), str(i % 2)) for i in range(len(split))]
        return [(number, "") for _, number in split]
    if not (all(kind.isdigit() for kind in kinds) and _in_pairs(shapes)):
        return [(number, kind) for kind, number in split]  # weights.0 and biases.0 belong together
    return split


def _in_pairs(shapes: Sequence[tuple[int, ...]]) -> bool:
    """W, b, W, b?"""
    pairs = zip(shapes[::2], shapes[1::2], strict=False)
    return len(shapes) % 2 == 0 and all(_is_bias_of(bias, weight) for weight, bias in pairs)


def _is_bias_of(bias: tuple[int, ...], weight: tuple[int, ...]) -> bool:
    size = math.prod(bias)
    return len(weight) > 1 and size in weight and size == max(bias, default=1)


def _suffixed(name: str) -> tuple[str, str]:
    """W_out -> (out, W): a layer named behind an underscore."""
    parameter, _, layer = name.partition("_")
    return (layer, parameter) if layer else ("", name)


def causes(order: Sequence[Sequence[int]] | None, states: Sequence[State]) -> list[Cause]:
    """What has to be mended, nearest the loss first: the order of mending.

    order   blocks of each layer, from the input to the loss; None where it is not known
    """
    wrong = [i for i, state in enumerate(states) if state == "wrong"]
    if not wrong:
        return []
    if order is None or len(states) == 1:
        lone = len(states) == 1 or (len(wrong) == 1 and "right" in states)
        return [Cause("formula" if lone else "unknown", 0, tuple(wrong))]
    found: list[Cause] = []
    entered: Cause | None = None  # a wrong cotangent that came in above
    for k in reversed(range(len(order))):
        here = [i for i in order[k] if states[i] == "wrong"]
        proven = any(states[i] == "right" for i in order[k])
        if proven:
            entered = None
        if not here:
            continue
        if entered is not None:
            entered = Cause(
                entered.where, entered.layer, entered.origin, entered.inherited + tuple(here)
            )
            found[-1] = entered
        elif proven or any(states[i] == "right" for below in order[:k] for i in below):
            found.append(Cause("formula", k, tuple(here)))
        else:
            top = all(states[i] != "right" for i in range(len(states)))
            entered = Cause("loss" if top else "cotangent", k, tuple(here))
            found.append(entered)
    return found


def roles(found: Sequence[Cause]) -> dict[int, Role]:
    """The role of every wrong block."""
    told: dict[int, Role] = {}
    for cause in found:
        for i in cause.origin:
            told[i] = "unknown" if cause.where == "unknown" else "origin"
        for i in cause.inherited:
            told[i] = "inherited"
    return told
