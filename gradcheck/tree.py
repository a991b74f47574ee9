"""Parameters: any nest or object <-> named blocks, each held by its owner and key.

User code rebinds (`self.W = self.W - lr * dW`), so a block is never held as a bare array:
it is a slot (owner and key), and the array is whatever the slot holds now.
"""

from __future__ import annotations

import fnmatch
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

_ATOMS = (str, bytes, bool, int, complex, type(None), type, types.FunctionType)
_OPAQUE = (types.BuiltinFunctionType, types.MethodType, types.GeneratorType, np.random.Generator)


class Box:
    """Owner of the root of a nest, so that the root has a slot like everything below it."""

    def __init__(self, root: Any) -> None:
        self.root = root


@dataclass(frozen=True, slots=True)
class Slot:
    """A place that holds a value: an item of a container, or an attribute of an object.

    parent   slot of the owner; a tuple cannot be changed, so it is replaced in its own slot
    """

    owner: Any
    key: Any
    attribute: bool = False
    parent: Slot | None = None

    def get(self) -> Any:
        if self.attribute:
            return getattr(self.owner, self.key)
        return self._container()[self.key]

    def set(self, value: Any) -> None:
        if self.attribute:
            setattr(self.owner, self.key, value)
        elif isinstance(self.owner, tuple):
            assert self.parent is not None
            items = list(self._container())
            items[self.key] = value
            make = getattr(type(self.owner), "_make", type(self.owner))
            self.parent.set(make(items))
        else:
            self.owner[self.key] = value

    def _container(self) -> Any:
        replaced = isinstance(self.owner, tuple) and self.parent is not None
        return self.parent.get() if replaced and self.parent else self.owner


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value found in a nest: its path, its slot, and the value."""

    path: tuple[str, ...]
    slot: Slot
    value: Any

    @property
    def name(self) -> str:
        return ".".join(self.path) or "params"


def leaves(root: Any) -> Iterator[Leaf]:
    """Every array, float, and list of floats in a nest or object, depth first, each slot once."""
    box = Box(root)
    yield from _walk(Leaf((), Slot(box, "root", attribute=True), root), set())


def _walk(node: Leaf, above: set[int]) -> Iterator[Leaf]:
    value = node.value
    if is_leaf(value):
        yield node
        return
    if id(value) in above:  # a cycle: the object was entered already
        return
    above = above | {id(value)} if isinstance(value, tuple) else above
    if not isinstance(value, tuple):
        above.add(id(value))
    for name, slot in children(value, node.slot):
        try:
            child = slot.get()
        except Exception:  # noqa: BLE001  a property of the user's object may refuse
            continue
        yield from _walk(Leaf((*node.path, name), slot, child), above)


def is_leaf(value: Any) -> bool:
    """Is this a value to differentiate by (or one that looks like it and is refused later)?"""
    if isinstance(value, np.ndarray):
        return value.dtype != object
    if isinstance(value, (float, np.floating)):
        return True
    if isinstance(value, list):
        return is_float_list(value)
    return _foreign_array(value)


def _foreign_array(value: Any) -> bool:
    """An array of another library (torch, jax, ...), readable through `__array__`."""
    return (
        hasattr(value, "__array__")
        and hasattr(value, "shape")
        and hasattr(value, "dtype")
        and not isinstance(value, (type, np.generic, np.ndarray))
    )


def is_float_list(value: Any) -> bool:
    """A list of Python floats, or a regular nest of such lists: one block."""
    if not isinstance(value, list) or not value:
        return False
    first = value[0]
    if isinstance(first, list):
        return is_float_list(first) and all(
            is_float_list(row) and len(row) == len(first) for row in value
        )
    floats = all(isinstance(item, (float, int, np.floating)) for item in value)
    return floats and any(isinstance(item, (float, np.floating)) for item in value)


def children(value: Any, slot: Slot | None = None) -> Iterator[tuple[str, Slot]]:
    """Names and slots of what a container or object holds; nothing for anything else."""
    if isinstance(value, Box):
        yield "root", Slot(value, "root", attribute=True)
    elif isinstance(value, _ATOMS) or isinstance(value, _OPAQUE):
        return
    elif isinstance(value, Mapping):
        for key in list(value):
            yield str(key), Slot(value, key)
    elif isinstance(value, (list, tuple)):
        fields = getattr(value, "_fields", None)
        for i in range(len(value)):
            name = fields[i] if fields else str(i)
            yield name, Slot(value, i, parent=slot)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        for index in np.ndindex(value.shape):
            yield ".".join(map(str, index)), Slot(value, index)
    elif isinstance(value, Sequence) and hasattr(value, "__setitem__"):
        for i in range(len(value)):
            yield str(i), Slot(value, i)
    else:
        for name in attributes(value):
            yield name, Slot(value, name, attribute=True)


def attributes(value: Any) -> list[str]:
    """Names of the attributes that hold the state of an object: __dict__, __slots__."""
    names = [name for name in getattr(value, "__dict__", {}) if isinstance(name, str)]
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        names += [slots] if isinstance(slots, str) else list(slots)
    unique = dict.fromkeys(names)
    return [n for n in unique if not (n.startswith("__") and n.endswith("__"))]


@dataclass(eq=False, slots=True)
class Parameter:
    """One block of parameters: a named array, and how the loss is made to see new values in it.

    values   the array to write new values into; `publish()` then shows them to the loss
    """

    name: str
    slot: Slot
    held: Any
    values: Array
    aliases: tuple[str, ...] = ()
    publish: Callable[[], None] = field(default=lambda: None)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def size(self) -> int:
        return self.values.size

    @property
    def layer(self) -> str:
        return split_name(self.name)[0]

    @property
    def parameter(self) -> str:
        return split_name(self.name)[1]

    def rebind(self, dtype: npt.DTypeLike) -> None:
        """From now on the loss reads a copy of this dtype, bound in place of what is held."""
        copy = np.array(self.values, dtype=dtype, order="K", subok=True)
        self.values = copy
        self.publish = lambda: self.slot.set(copy)
        self.publish()

    def release(self) -> None:
        """Bind again what was held; write in place from now on."""
        self.slot.set(self.held)
        self.values, self.publish = _writable(self.slot, self.held)


def parameter(leaf: Leaf) -> Parameter:
    """The block of one leaf; raises TypeError where its values are no real floating numbers."""
    value, name = leaf.value, leaf.name
    values, publish = _writable(leaf.slot, value)
    if values.dtype.kind in "iub":
        raise TypeError(
            f"{name}: expected floating-point numbers, got an array of {values.dtype}. "
            f"Use {name}.astype(float), or leave it out with select."
        )
    if values.dtype.kind != "f":
        raise TypeError(
            f"{name}: expected real floating-point numbers, got an array of {values.dtype}. "
            "Split complex parameters into real and imaginary parts, or leave it out with select."
        )
    if not np.all(np.isfinite(values)):
        raise ValueError(
            f"{name}: expected finite values, got {_first_not_finite(values)}. "
            "A loss has no slope there; start from finite parameters."
        )
    return Parameter(name, leaf.slot, value, values, publish=publish)


def _writable(slot: Slot, value: Any) -> tuple[Array, Callable[[], None]]:
    """An array to write into, and what makes the loss see it."""
    if isinstance(value, np.ndarray) and value.flags.writeable and value.dtype.isnative:
        return value, lambda: None
    if isinstance(value, list):
        array = np.array(value, dtype=float)

        def refill() -> None:
            _fill(value, array)

        return array, refill
    if isinstance(value, (float, np.floating)):
        scalar = np.array(value)
        kind = type(value)
        return scalar, lambda: slot.set(kind(scalar[()]))
    copy = np.array(value, order="K", subok=False)
    copy = copy.astype(copy.dtype.newbyteorder("="))
    return copy, lambda: slot.set(copy)


def _fill(target: list[Any], array: Array) -> None:
    for i, item in enumerate(array):
        if isinstance(target[i], list):
            _fill(target[i], item)
        else:
            target[i] = float(item)


def _first_not_finite(values: Array) -> str:
    index = np.argwhere(~np.isfinite(values))[0]
    at = f" at {[int(i) for i in index]}" if values.ndim else ""
    return f"{values[tuple(index)]}{at}"


def collect(root: Any, select: str | Sequence[str] | None = None) -> tuple[Box, list[Parameter]]:
    """The named blocks of a nest, in order, and the box that owns its root.

    Two names for one array are one block with an alias. Raises ValueError when nothing is left
    to check or two blocks overlap in memory, TypeError when a leaf is no real floating array.
    """
    box = Box(root)
    found = list(_walk(Leaf((), Slot(box, "root", attribute=True), root), set()))
    patterns = [select] if isinstance(select, str) else select
    chosen = [leaf for leaf in found if _selected(leaf.name, patterns)]
    if not chosen and found:
        names = ", ".join(leaf.name for leaf in found[:12])
        raise ValueError(f"select: expected a pattern that fits one of {names}, got {select!r}.")
    blocks: list[Parameter] = []
    by_identity: dict[int, Parameter] = {}
    for leaf in chosen:
        shared = isinstance(leaf.value, (np.ndarray, list)) or _foreign_array(leaf.value)
        if shared and id(leaf.value) in by_identity:
            first = by_identity[id(leaf.value)]
            first.aliases += (leaf.name,)
            continue
        block = parameter(leaf)
        if block.size:
            blocks.append(block)
            by_identity[id(leaf.value)] = block
    if not blocks:
        raise ValueError(
            f"params: expected at least one floating-point array, got {_describe(root)}. "
            "Pass an array, or a dict, list, tuple or object that holds arrays."
        )
    _refuse_overlap(blocks)
    return box, blocks


def _selected(name: str, patterns: Sequence[str] | None) -> bool:
    return patterns is None or any(fnmatch.fnmatchcase(name, p) for p in patterns)


def _describe(root: Any) -> str:
    if isinstance(root, (Mapping, list, tuple)) and not root:
        return f"an empty {type(root).__name__}"
    return f"{type(root).__name__} without any"


def _refuse_overlap(blocks: list[Parameter]) -> None:
    arrays = [b for b in blocks if isinstance(b.held, np.ndarray)]
    spans = sorted(((*np.lib.array_utils.byte_bounds(b.values), b) for b in arrays), key=_start)
    for (_, end, left), (start, _, right) in zip(spans, spans[1:], strict=False):
        if start < end and np.shares_memory(left.values, right.values):
            raise ValueError(
                f"{left.name} and {right.name}: expected separate arrays, got two that overlap in "
                "memory. Pass only one of them, or the array that holds both."
            )


def _start(span: tuple[int, int, Parameter]) -> int:
    return span[0]


_NUMBERED = re.compile(r"^(?P<parameter>[A-Za-z_]*?[A-Za-z])_?(?P<layer>\d+)$")


def split_name(name: str) -> tuple[str, str]:
    """Layer and parameter: layers.0.W -> (layers.0, W); W1 -> (1, W); enc.bias -> (enc, bias)."""
    *above, last = name.split(".")
    if above and not last.isdigit():
        numbered = _NUMBERED.match(last)
        if not numbered:
            return ".".join(above), last
        return ".".join([*above, numbered["layer"]]), numbered["parameter"]
    numbered = _NUMBERED.match(last)
    if numbered:
        return numbered["layer"], numbered["parameter"]
    return ".".join(above), last
