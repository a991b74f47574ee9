"""Everything that user code can reach: taken down before a check, put back after it.

A loss or a training step may write into parameters, caches, counters, running means, momentum,
random generators, or rebind any of them. The snapshot follows the user's own objects, closures and
global names (never into installed packages) and puts back contents and bindings, bit for bit.
"""

from __future__ import annotations

import contextlib
import functools
import random
import sys
import types
import warnings
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .pieces import kept, same_bits
from .tree import Box, detached, is_tensor
from .users import is_users

_MISSING = object()
_ATOMS = frozenset({str, bytes, bool, int, float, complex, type(None), type(Ellipsis), range})


@dataclass(slots=True)
class _Record:
    """How one reachable thing was: `changed()` compares, `restore()` puts back."""

    path: str
    changed: Callable[[], bool]
    restore: Callable[[], None]
    subject: int = 0
    random: bool = False

    def put_back(self) -> None:
        try:
            changed = self.changed()
        except MemoryError:  # to compare takes memory, to copy back takes none
            changed = True
        if changed:
            self.restore()


class Snapshot:
    """The state reachable from some objects and functions, and of the global random generators.

    Cost: one copy of every reachable array, in a file where they are large (pieces.py).
    """

    def __init__(self, roots: dict[str, Any]) -> None:
        self.undo: list[Callable[[], None]] = []  # what to do first at the end
        self._records: list[_Record] = []
        self._seen: set[int] = set()
        self._alive: list[Any] = []  # keeps ids unique while the snapshot lives
        for name, root in roots.items():
            self._visit(name, root)
        numpy_state = np.random.get_state  # reading it does not move it
        self._random(
            "NumPy's global random generator",
            lambda: numpy_state(legacy=False),
            np.random.set_state,
        )
        self._random("Python's global random generator", random.getstate, random.setstate)

    def restore(
        self,
        *,
        keep: frozenset[int] = frozenset(),
        only_random: bool = False,
        but_random: bool = False,
    ) -> None:
        """Put everything back, but for the contents of arrays whose ids are in `keep`.

        What refuses (a property of the user that raises) does not keep the rest from being put
        back; the first such error is raised then.
        """
        refused: Exception | None = None
        for record in self._records:
            if record.subject in keep or (but_random if record.random else only_random):
                continue
            try:
                record.put_back()
            except Exception as error:  # noqa: BLE001  raised below
                refused = refused or error
        if refused is not None:
            raise refused

    def close(self) -> None:
        """The end of a check: undo what was registered, put everything back."""
        try:
            for undo in self.undo:
                undo()
        finally:
            self.restore()

    def changed(self, *, only_random: bool = False) -> list[str]:
        """Paths of what differs from the snapshot now."""
        records = [record for record in self._records if record.random or not only_random]
        return [record.path for record in records if record.changed()]

    # -- one method a kind of thing -------------------------------------------------------------

    def _visit(self, path: str, value: Any) -> None:
        todo = [(path, value)]
        while todo:  # a stack, not recursion: user structures may be deep
            path, value = todo.pop()
            if type(value) in _ATOMS or id(value) in self._seen:
                continue
            self._seen.add(id(value))
            self._alive.append(value)
            below = [
                item
                for item in self._take(path, value)
                if type(item[1]) not in _ATOMS and id(item[1]) not in self._seen
            ]
            below.reverse()
            todo += below

    def _take(self, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        """Record one thing; yield what it leads to."""
        if isinstance(value, np.ndarray):
            self._array(path, value)
            if value.dtype == object:
                yield from ((f"{path}[{i}]", item) for i, item in enumerate(value.flat))
        elif isinstance(value, dict):
            self._mapping(path, value)
            yield from ((_join(path, key), item) for key, item in dict.items(value))
        elif isinstance(value, (list, deque, bytearray)):
            self._sequence(path, value)
            yield from ((f"{path}[{i}]", item) for i, item in enumerate(value))
        elif isinstance(value, set):
            self._set(path, value)
        elif isinstance(value, tuple):
            yield from ((f"{path}[{i}]", item) for i, item in enumerate(value))
        elif isinstance(value, np.random.Generator):
            yield path, value.bit_generator
        elif isinstance(value, np.random.BitGenerator):
            self._random(path, lambda: value.state, lambda state: setattr(value, "state", state))
        elif isinstance(value, np.random.RandomState):
            self._random(path, lambda: value.get_state(legacy=False), value.set_state)
        elif isinstance(value, random.Random):
            self._random(path, value.getstate, value.setstate)
        elif isinstance(value, types.FunctionType):
            yield from self._function(path, value)
        elif isinstance(value, types.MethodType):
            yield path.rpartition(".")[0] or path, value.__self__
            yield path, value.__func__
        elif isinstance(value, functools.partial):
            yield from ((path, part) for part in (value.func, value.args, value.keywords))
        elif isinstance(value, types.ModuleType):
            if _is_users(value):
                yield from self._names(path, value.__dict__, list(value.__dict__))
        elif isinstance(value, type):
            if _is_users(sys.modules.get(value.__module__)):
                yield from self._class(path, value)
        elif is_tensor(value):
            data = detached(value)
            self._alive.append(data)
            self._array(path, data)
        else:
            yield from self._object(path, value)

    def _array(self, path: str, array: np.ndarray[Any, Any]) -> None:
        if not array.flags.writeable and array.base is not None:
            return
        copy = kept(array)
        writeable = array.flags.writeable
        form = array.dtype, array.shape, array.strides

        def changed() -> bool:
            return (
                array.flags.writeable != writeable
                or (array.dtype, array.shape, array.strides) != form
                or not same_bits(array, copy)
            )

        def restore() -> None:
            if (array.dtype, array.shape, array.strides) != form:
                _reform(array, *form)
            if not array.flags.writeable:
                array.flags.writeable = True
            array[...] = copy
            if not writeable:
                array.flags.writeable = False

        self._records.append(_Record(path, changed, restore, subject=id(array)))

    def _mapping(self, path: str, mapping: dict[Any, Any]) -> None:
        # the plain methods: a subclass may count, refuse or translate what is read and set
        base = OrderedDict if isinstance(mapping, OrderedDict) else dict
        items = list(base.items(mapping))

        def changed() -> bool:
            return dict.__len__(mapping) != len(items) or any(
                k1 is not k2 or v1 is not v2
                for (k1, v1), (k2, v2) in zip(base.items(mapping), items, strict=True)
            )

        def restore() -> None:
            base.clear(mapping)
            for key, item in items:
                base.__setitem__(mapping, key, item)

        self._records.append(_Record(path, changed, restore))

    def _sequence(self, path: str, sequence: Any) -> None:
        base: Any = next(b for b in (list, deque, bytearray) if isinstance(sequence, b))
        items = list(base.__iter__(sequence))

        def changed() -> bool:
            return base.__len__(sequence) != len(items) or any(
                a is not b for a, b in zip(base.__iter__(sequence), items, strict=True)
            )

        def restore() -> None:
            base.clear(sequence)
            base.extend(sequence, items)

        self._records.append(_Record(path, changed, restore))

    def _set(self, path: str, value: set[Any]) -> None:
        items = set(value)

        def restore() -> None:
            value.clear()
            value.update(items)

        self._records.append(_Record(path, lambda: value != items, restore))

    def _random(self, path: str, get: Callable[[], Any], put: Callable[[Any], Any]) -> None:
        state = _deep(get())
        self._records.append(
            _Record(
                path,
                lambda: not _equal(get(), state),
                lambda: _void(put(_deep(state))),
                random=True,
            )
        )

    def _function(self, path: str, function: types.FunctionType) -> Iterator[tuple[str, Any]]:
        if not _is_users(sys.modules.get(function.__module__ or "", None), function):
            return
        names = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
        for name, cell in names:
            yield from self._cell(name, cell)
        yield from self._names("", function.__globals__, _names_of(function.__code__))
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            yield path, default
        if function.__dict__:
            yield path, function.__dict__

    def _cell(self, name: str, cell: types.CellType) -> Iterator[tuple[str, Any]]:
        def get() -> Any:
            try:
                return cell.cell_contents
            except ValueError:
                return _MISSING

        value = get()

        def restore() -> None:
            if value is _MISSING:
                with contextlib.suppress(ValueError):
                    del cell.cell_contents
            else:
                cell.cell_contents = value

        self._records.append(_Record(name, lambda: get() is not value, restore))
        if value is not _MISSING:
            yield name, value

    def _names(
        self, path: str, namespace: dict[str, Any], names: list[str]
    ) -> Iterator[tuple[str, Any]]:
        """Some names of a namespace; those not there yet are taken away again."""
        for name in names:
            if name.startswith("__") and name.endswith("__"):
                continue
            value = namespace.get(name, _MISSING)
            full = _join(path, name)
            self._records.append(_binding(full, namespace, name, value))
            if value is not _MISSING:
                yield full, value

    def _class(self, path: str, cls: type) -> Iterator[tuple[str, Any]]:
        for name, value in list(vars(cls).items()):
            if name.startswith("__") and name.endswith("__"):
                continue
            inner = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            self._records.append(_attribute(_join(path, name), cls, name, value))
            yield _join(path, name), inner

    def _object(self, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        module = sys.modules.get(type(value).__module__)
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict):
            self._mapping(path, attributes)
            yield from ((_join(path, key), item) for key, item in attributes.items())
        for cls in type(value).__mro__:
            slots = cls.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name.startswith("__"):
                    continue
                item = getattr(value, name, _MISSING)
                self._records.append(_attribute(_join(path, name), value, name, item))
                if item is not _MISSING:
                    yield _join(path, name), item
        if _is_users(module) and not isinstance(value, Box):
            yield type(value).__name__, type(value)


def _binding(path: str, namespace: dict[str, Any], name: str, value: Any) -> _Record:
    def restore() -> None:
        if value is _MISSING:
            namespace.pop(name, None)
        else:
            namespace[name] = value

    return _Record(path, lambda: namespace.get(name, _MISSING) is not value, restore)


def _attribute(path: str, owner: Any, name: str, value: Any) -> _Record:
    def get() -> Any:
        if isinstance(owner, type):
            return vars(owner).get(name, _MISSING)
        return getattr(owner, name, _MISSING)

    def restore() -> None:
        # a frozen dataclass refuses, what its methods do by way of object all the same
        plain = type if isinstance(owner, type) else object
        try:
            delattr(owner, name) if value is _MISSING else setattr(owner, name, value)
        except AttributeError:
            if value is _MISSING:
                plain.__delattr__(owner, name)
            else:
                plain.__setattr__(owner, name, value)

    return _Record(path, lambda: get() is not value, restore)


def _names_of(code: types.CodeType) -> list[str]:
    """Global names that a function, or one defined inside it, may read or write."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names += _names_of(constant)
    return names


def _is_users(module: types.ModuleType | None, function: types.FunctionType | None = None) -> bool:
    """Does this module (or the module of this function) belong to the user, not to a package?"""
    if module is not None and module.__name__.partition(".")[0] == __package__:
        return False
    file = function.__code__.co_filename if function else getattr(module, "__file__", None)
    if file is None:
        return module is not None and module.__name__ not in sys.builtin_module_names
    return is_users(file)


def _reform(
    array: np.ndarray[Any, Any],
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    strides: tuple[int, ...],
) -> None:
    """Undo w.shape = ..., w.dtype = ... or w.strides = ... on the very object."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # nothing else changes it in place
        if array.dtype != dtype:
            array.dtype = dtype  # type: ignore[misc]
        if array.shape != shape:
            array.shape = shape
        if array.strides != strides:
            array.strides = strides


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


def _join(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)


def _void(_: Any) -> None:
    return None
