"""Iterators of a file, as an endless generator of batches: what is drawn can be put back."""

from __future__ import annotations

import types
from collections.abc import Collection, Iterator
from typing import Any

from ..drawn import Drawn
from .expression import Namespace


def repeatable(namespace: Namespace, training: Collection[str]) -> None:
    """Put one that hands out the same again in the place of each iterator.

    Of names, of attributes of objects of the file, and of what its functions share. What trains
    when it is asked for the next must go on.

    training   names of functions that train
    """
    known: dict[int, Drawn] = {}
    mine = namespace.get("__name__")

    def other(value: Any) -> Drawn | None:
        if not isinstance(value, Iterator) or type(value).__module__ not in (
            "builtins",
            "itertools",
        ):
            return None
        code = getattr(value, "gi_code", None)
        if code is not None and (code.co_name in training or getattr(value, "gi_running", False)):
            return None
        if id(value) not in known:
            known[id(value)] = Drawn(value)
        return known[id(value)]

    for name, value in list(namespace.items()):
        if name.startswith("__"):
            continue
        if (made := other(value)) is not None:
            namespace[name] = made
        elif isinstance(value, types.FunctionType):
            for cell in value.__closure__ or ():
                if (inner := other(_held(cell))) is not None:
                    cell.cell_contents = inner
        elif type(value).__module__ == mine:
            attributes = getattr(value, "__dict__", {})
            for attribute, held in list(attributes.items()):
                if (inner := other(held)) is not None:
                    attributes[attribute] = inner


def _held(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # empty
        return None
