"""How one reachable thing was: an array, a container, some bindings, a random generator.

A record is made before a check. Each kind of thing has its own: it compares (`changed`), and puts
back, bit for bit and on the very object (`restore`).
"""

from __future__ import annotations

import contextlib
import math
import types
import warnings
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from itertools import repeat
from operator import is_
from typing import Any

import numpy as np

from .pieces import kept, same_bits

MISSING: Any = object()  # what an unbound name holds


class Record:
    """One thing as it was.

    subject   id of the array whose contents it holds, else 0
    random    is it the state of a random generator?
    """

    __slots__ = ("path",)

    subject = 0
    random = False

    def __init__(self, path: str) -> None:
        self.path = path

    def changed(self) -> bool:
        raise NotImplementedError

    def restore(self) -> None:
        raise NotImplementedError

    def paths(self) -> list[str]:
        """Of what differs now."""
        return [self.path] if self.changed() else []

    def put_back(self) -> None:
        try:
            changed = self.changed()
        except MemoryError:  # to compare takes memory, to copy back takes none
            changed = True
        if changed:
            self.restore()


class Contents(Record):
    """The values of an array, and its form."""

    __slots__ = ("_array", "_copy", "_form", "_writeable", "subject")

    def __init__(self, path: str, array: np.ndarray[Any, Any]) -> None:
        self.path, self.subject = path, id(array)
        self._array, self._copy = array, kept(array)
        self._writeable = array.flags.writeable
        self._form = array.dtype, array.shape, array.strides

    def changed(self) -> bool:
        array = self._array
        return (
            array.flags.writeable != self._writeable
            or (array.dtype, array.shape, array.strides) != self._form
            or not same_bits(array, self._copy)
        )

    def restore(self) -> None:
        array = self._array
        if (array.dtype, array.shape, array.strides) != self._form:
            _reform(array, *self._form)
        if not array.flags.writeable:
            array.flags.writeable = True
        array[...] = self._copy
        if not self._writeable:
            array.flags.writeable = False


def _reform(
    array: np.ndarray[Any, Any],
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    strides: tuple[int, ...],
) -> None:
    """Undo w.resize, w.shape = ..., w.dtype = ... or w.strides = ... on the very object."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # nothing else changes it in place
        if array.dtype != dtype:
            array.dtype = dtype  # type: ignore[misc]
        if array.size != math.prod(shape):
            array.resize(shape, refcheck=False)
        if array.shape != shape:
            array.shape = shape
        if array.strides != strides:
            array.strides = strides


def _differ(now: Iterable[Any], then: Iterable[Any]) -> bool:
    """Is any of them another object? (`==` would run the user's code.)"""
    return not all(map(is_, now, then))


class Mapping(Record):
    """The items of a dict, and their order.

    The plain methods are used: those of a subclass may count, refuse or translate.
    """

    __slots__ = ("_base", "_keys", "_mapping", "_values")

    def __init__(self, path: str, mapping: dict[Any, Any]) -> None:
        self.path, self._mapping = path, mapping
        self._base: Any = OrderedDict if isinstance(mapping, OrderedDict) else dict
        self._keys = list(self._base.keys(mapping))
        self._values = list(self._base.values(mapping))

    def changed(self) -> bool:
        mapping, base = self._mapping, self._base
        return (
            dict.__len__(mapping) != len(self._keys)
            or _differ(base.values(mapping), self._values)
            or _differ(base.keys(mapping), self._keys)
        )

    def restore(self) -> None:
        self._base.clear(self._mapping)
        for key, value in zip(self._keys, self._values, strict=True):
            self._base.__setitem__(self._mapping, key, value)


class Sequence(Record):
    """The items of a list, a deque or a bytearray."""

    __slots__ = ("_base", "_items", "_sequence")

    def __init__(self, path: str, sequence: Any) -> None:
        self.path, self._sequence = path, sequence
        self._base: Any = next(b for b in (list, deque, bytearray) if isinstance(sequence, b))
        self._items = list(self._base.__iter__(sequence))

    def changed(self) -> bool:
        sequence, base = self._sequence, self._base
        return base.__len__(sequence) != len(self._items) or _differ(
            base.__iter__(sequence), self._items
        )

    def restore(self) -> None:
        self._base.clear(self._sequence)
        self._base.extend(self._sequence, self._items)


class Numbers(Record):
    """The items of an array of the standard library."""

    __slots__ = ("_array", "_copy")

    def __init__(self, path: str, array: array[Any]) -> None:
        self.path, self._array, self._copy = path, array, array[:]

    def changed(self) -> bool:
        return self._array.tobytes() != self._copy.tobytes()

    def restore(self) -> None:
        self._array[:] = self._copy


class Pickled(Record):
    """The state that an object hands to pickle and takes back: where an iterator of a list stands,
    what was written to a StringIO.
    """

    __slots__ = ("_object", "_state")

    def __init__(self, path: str, value: Any) -> None:
        self.path, self._object, self._state = path, value, state_of(value)

    def changed(self) -> bool:
        return bool(state_of(self._object) != self._state)

    def restore(self) -> None:
        with contextlib.suppress(ValueError, BufferError):  # closed since, or in use
            if self._state is not None:
                self._object.__setstate__(self._state)


def state_of(value: Any) -> Any:
    """The state of an object as pickle gets it, None where there is none."""
    try:
        told = value.__reduce_ex__(4)
    except ValueError:  # closed
        return None
    return told[2] if len(told) > 2 else None


class Members(Record):
    """The members of a set."""

    __slots__ = ("_members", "_set")

    def __init__(self, path: str, value: set[Any]) -> None:
        self.path, self._set, self._members = path, value, set(value)

    def changed(self) -> bool:
        return self._set != self._members

    def restore(self) -> None:
        self._set.clear()
        self._set.update(self._members)


class Cell(Record):
    """What a variable of an enclosing function is bound to."""

    __slots__ = ("_cell", "value")

    def __init__(self, name: str, cell: types.CellType) -> None:
        self.path, self._cell = name, cell
        self.value = self._get()

    def _get(self) -> Any:
        try:
            return self._cell.cell_contents
        except ValueError:
            return MISSING

    def changed(self) -> bool:
        return self._get() is not self.value

    def restore(self) -> None:
        if self.value is MISSING:
            with contextlib.suppress(ValueError):
                del self._cell.cell_contents
        else:
            self._cell.cell_contents = self.value


class Names(Record):
    """Some names of a namespace; those not there yet are taken away again."""

    __slots__ = ("_namespace", "_under", "_values")

    def __init__(self, namespace: dict[str, Any]) -> None:
        self.path, self._namespace = "", namespace
        self._values: dict[str, Any] = {}
        self._under: dict[str, str] = {}  # name -> path of what it was found in, if any

    def add(self, path: str, names: Iterable[str]) -> list[tuple[str, Any]]:
        """Take down more of them; those bound, with what they are bound to."""
        known, get, bound = self._values, self._namespace.get, []
        for name in names:
            if name in known or (name.startswith("__") and name.endswith("__")):
                continue
            known[name] = value = get(name, MISSING)
            if path:
                self._under[name] = path
            if value is not MISSING:
                bound.append((joined(path, name), value))
        return bound

    def _now(self) -> Iterable[Any]:
        return map(self._namespace.get, self._values, repeat(MISSING))

    def changed(self) -> bool:
        return _differ(self._now(), self._values.values())

    def restore(self) -> None:
        for name, value in self._values.items():
            if self._namespace.get(name, MISSING) is value:
                continue
            if value is MISSING:
                self._namespace.pop(name, None)
            else:
                self._namespace[name] = value

    def paths(self) -> list[str]:
        pairs = zip(self._now(), self._values.items(), strict=True)
        changed = [name for now, (name, then) in pairs if now is not then]
        return [joined(self._under.get(name, ""), name) for name in changed]


class Attribute(Record):
    """An attribute of an object without a __dict__, or of a class."""

    __slots__ = ("_name", "_owner", "value")

    def __init__(self, path: str, owner: Any, name: str) -> None:
        self.path, self._owner, self._name = path, owner, name
        self.value = self._get()

    def _get(self) -> Any:
        if isinstance(self._owner, type):
            return vars(self._owner).get(self._name, MISSING)
        return getattr(self._owner, self._name, MISSING)

    def changed(self) -> bool:
        return self._get() is not self.value

    def restore(self) -> None:
        owner, name, value = self._owner, self._name, self.value
        # a frozen dataclass refuses, what its methods do by way of object all the same
        plain = type if isinstance(owner, type) else object
        try:
            delattr(owner, name) if value is MISSING else setattr(owner, name, value)
        except AttributeError:
            if value is MISSING:
                plain.__delattr__(owner, name)
            else:
                plain.__setattr__(owner, name, value)


class RandomState(Record):
    """The state of a random generator, read and set by its own functions."""

    __slots__ = ("_get", "_put", "_state")

    random = True

    def __init__(self, path: str, get: Callable[[], Any], put: Callable[[Any], Any]) -> None:
        self.path, self._get, self._put = path, get, put
        self._state = _deep(get())

    def changed(self) -> bool:
        return not _equal(self._get(), self._state)

    def restore(self) -> None:
        self._put(_deep(self._state))

    def put_back(self) -> None:
        self.restore()  # to read it and compare takes longer


def _deep(value: Any) -> Any:
    """A copy of a random state: nests of dicts, tuples, arrays and numbers."""
    if isinstance(value, dict):
        return {key: _deep(item) for key, item in value.items()}
    return value.copy() if isinstance(value, np.ndarray) else value


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b))
    return bool(a == b)


def joined(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)
