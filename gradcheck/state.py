"""Everything that user code can reach: taken down before a check, put back after it.

A loss or a training step may write into parameters, caches, counters, running means, momentum,
random generators, or rebind any of them. The snapshot follows the user's own objects, closures and
global names (never into installed packages) and puts back contents and bindings, bit for bit.
"""

from __future__ import annotations

import functools
import io
import random
import sys
import types
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from .drawn import Drawn
from .records import (
    MISSING,
    Attribute,
    Cell,
    Contents,
    Mapping,
    Members,
    Names,
    Numbers,
    Pickled,
    RandomState,
    Record,
    Sequence,
    joined,
    state_of,
)
from .tree import Box, detached, is_tensor
from .users import is_users

_ATOMS = frozenset(
    {str, bytes, bool, int, float, complex, type(None), type(Ellipsis), range}
    | {types.BuiltinFunctionType, types.MemberDescriptorType, np.ufunc}
)

# they can be told where to stand; those of a range or a dict, and itertools, cannot
_ITEMS: tuple[Any, ...] = ([], (), "", "\u20ac", b"", bytearray(), array("d"))
_ITERATORS = (*map(type, map(iter, _ITEMS)), type(reversed([])), type(reversed(())))

Found = Iterable[tuple[str, Any]]  # the paths and values that a thing leads to


class Snapshot:
    """The state reachable from some objects and functions, and of the global random generators.

    Cost: one copy of every reachable array, in a file where they are large (pieces.py).
    """

    passed_over = _ATOMS  # types of values that lead to nothing and cannot change

    def __init__(self, roots: dict[str, Any]) -> None:
        self.undo: list[Callable[[], None]] = []  # what to do first at the end
        self._records: list[Record] = []
        self._seen: set[int] = set()
        self._again: set[int] = set()
        self._alive: list[Any] = []  # keeps ids unique while the snapshot lives
        self._names: dict[int, Names] = {}  # id of a namespace -> its names
        self._takers: dict[type, str] = {}  # name of the method for a type
        for name, root in roots.items():
            self._visit(name, root)
        numpy_state = functools.partial(np.random.get_state, legacy=False)  # does not move it
        self._records += [
            RandomState("NumPy's global random generator", numpy_state, np.random.set_state),
            RandomState("Python's global random generator", random.getstate, random.setstate),
        ]

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
        records = (record for record in self._records if record.random or not only_random)
        return [path for record in records for path in record.paths()]

    def met_once(self, value: Any) -> bool:
        """Was this very object found, and in one place only?"""
        return id(value) in self._seen and id(value) not in self._again

    # -- one method a kind of thing -------------------------------------------------------------

    def _visit(self, path: str, value: Any) -> None:
        seen, todo = self._seen, [(path, value)]
        while todo:  # a stack, not recursion: user structures may be deep
            path, value = todo.pop()
            if id(value) in seen:
                self._again.add(id(value))
                continue
            seen.add(id(value))
            self._alive.append(value)
            below = [item for item in self._take(path, value) if type(item[1]) not in _ATOMS]
            below.reverse()
            todo += below

    def _take(self, path: str, value: Any) -> Found:
        """Record one thing; tell what it leads to."""
        kind = type(value)
        if kind not in self._takers:
            fits = (name for of, name in _takers() if issubclass(kind, of))
            self._takers[kind] = next(fits, "_tensor" if is_tensor(value) else "_object")
        found: Found = getattr(self, self._takers[kind])(path, value)
        return found

    def _array(self, path: str, array: np.ndarray[Any, Any]) -> Found:
        if array.flags.writeable or array.base is None:
            self._records.append(Contents(path, array))
        return self._numbered(path, array.flat) if array.dtype == object else ()

    def _tensor(self, path: str, value: Any) -> Found:
        data = detached(value)
        self._alive.append(data)
        return self._array(path, data)

    def _numbered(self, path: str, items: Iterable[Any]) -> Found:
        skip = self.passed_over
        return [(f"{path}[{i}]", item) for i, item in enumerate(items) if type(item) not in skip]

    def _mapping(self, path: str, mapping: dict[Any, Any]) -> Found:
        self._records.append(Mapping(path, mapping))
        skip = self.passed_over
        items = dict.items(mapping)
        return [(joined(path, key), item) for key, item in items if type(item) not in skip]

    def _sequence(self, path: str, sequence: Any) -> Found:
        self._records.append(Sequence(path, sequence))
        return self._numbered(path, sequence)

    def _numbers(self, path: str, value: array[Any]) -> Found:
        self._records.append(Numbers(path, value))
        return ()

    def _view(self, path: str, view: memoryview) -> Found:
        return ((path, view.obj),)

    def _pickled(self, path: str, value: Any) -> Found:
        self._records.append(Pickled(path, value))
        return ()

    def _iterator(self, path: str, iterator: Any) -> Found:
        self._records.append(Pickled(path, iterator))
        return ((path, part) for part in iterator.__reduce__()[1])

    def _iterators(self, path: str, value: Any) -> Found:
        """What zip, map or filter run through."""
        return ((path, part) for part in value.__reduce__()[1])

    def _set(self, path: str, value: set[Any]) -> Found:
        self._records.append(Members(path, value))
        return ()

    def _generator(self, path: str, generator: np.random.Generator) -> Found:
        return ((path, generator.bit_generator),)

    def _seeds(self, path: str, seeds: Any) -> Found:
        state = state_of(seeds)
        spawned = RandomState(
            path, lambda: seeds.n_children_spawned, lambda _: seeds.__setstate__(state)
        )
        self._records.append(spawned)
        return ()

    def _bits(self, path: str, bits: np.random.BitGenerator) -> Found:
        put = functools.partial(setattr, bits, "state")
        self._records.append(RandomState(path, lambda: bits.state, put))
        return ((path, bits.seed_seq),)

    def _old_generator(self, path: str, generator: np.random.RandomState) -> Found:
        get = functools.partial(generator.get_state, legacy=False)
        self._records.append(RandomState(path, get, generator.set_state))
        return ()

    def _python_generator(self, path: str, generator: random.Random) -> Found:
        self._records.append(RandomState(path, generator.getstate, generator.setstate))
        return ()

    def _drawn(self, path: str, drawn: Drawn) -> Found:
        self._records.append(RandomState(path, drawn.get_state, drawn.set_state))
        return self._numbered(path, drawn.seen)

    def _method(self, path: str, method: types.MethodType) -> Found:
        return (path.rpartition(".")[0] or path, method.__self__), (path, method.__func__)

    def _partial(self, path: str, partial: functools.partial[Any]) -> Found:
        return ((path, part) for part in (partial.func, partial.args, partial.keywords))

    def _module(self, path: str, module: types.ModuleType) -> Found:
        if not _is_users(module):
            return ()
        return self._namespace(path, module.__dict__, list(module.__dict__))

    def _namespace(self, path: str, namespace: dict[str, Any], names: Iterable[str]) -> Found:
        known = self._names.get(id(namespace))
        if known is None:
            known = self._names[id(namespace)] = Names(namespace)
            self._records.append(known)
        return known.add(path, names)

    def _function(self, path: str, function: types.FunctionType) -> Iterator[tuple[str, Any]]:
        if not _is_users(sys.modules.get(function.__module__ or ""), function):
            if hasattr(function, "__wrapped__"):  # around one of the user's, as decorators make it
                yield path, function.__wrapped__
            return
        if function.__closure__:
            for name, cell in zip(function.__code__.co_freevars, function.__closure__, strict=True):
                record = Cell(name, cell)
                self._records.append(record)
                if record.value is not MISSING:
                    yield name, record.value
        yield from self._namespace("", function.__globals__, _names_of(function.__code__))
        for default in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            yield path, default
        yield path, function.__dict__

    def _class(self, path: str, cls: type) -> Iterator[tuple[str, Any]]:
        if not _is_users(sys.modules.get(cls.__module__)):
            return
        for name, value in list(vars(cls).items()):
            if name.startswith("__") and name.endswith("__"):
                continue
            inner = value.__func__ if isinstance(value, (staticmethod, classmethod)) else value
            full = joined(path, name)
            self._records.append(Attribute(full, cls, name))
            yield full, inner

    def _object(self, path: str, value: Any) -> Iterator[tuple[str, Any]]:
        attributes = getattr(value, "__dict__", None)
        if isinstance(attributes, dict):
            yield from self._mapping(path, attributes)
        for cls in type(value).__mro__:
            slots = cls.__dict__.get("__slots__", ())
            for name in (slots,) if isinstance(slots, str) else slots:
                if name.startswith("__"):
                    continue
                if not isinstance(getattr(type(value), name, None), types.MemberDescriptorType):
                    continue  # a property has taken its place, as _raw_path in a path of 3.13
                record = Attribute(joined(path, name), value, name)
                self._records.append(record)
                if record.value is not MISSING:
                    yield record.path, record.value
        if _is_users(sys.modules.get(type(value).__module__)) and not isinstance(value, Box):
            yield type(value).__name__, type(value)


@functools.cache
def _takers() -> tuple[tuple[Any, str], ...]:
    """Kinds of things, and the method for each; made late, for np.random takes long to import."""
    return (
        (np.ndarray, "_array"),
        (dict, "_mapping"),
        ((list, deque, bytearray), "_sequence"),
        (array, "_numbers"),
        (memoryview, "_view"),
        (_ITERATORS, "_iterator"),
        ((zip, map, filter), "_iterators"),
        ((io.StringIO, io.BytesIO), "_pickled"),
        (set, "_set"),
        (tuple, "_numbered"),
        (np.random.Generator, "_generator"),
        (np.random.BitGenerator, "_bits"),
        (np.random.SeedSequence, "_seeds"),
        (np.random.RandomState, "_old_generator"),
        (random.Random, "_python_generator"),
        (Drawn, "_drawn"),
        (types.FunctionType, "_function"),
        (types.MethodType, "_method"),
        (functools.partial, "_partial"),
        (types.ModuleType, "_module"),
        (type, "_class"),
    )


def _names_of(code: types.CodeType) -> tuple[str, ...]:
    """Global names that a function, or one defined inside it, may read or write."""
    inner = [part for part in code.co_consts if type(part) is types.CodeType]
    return code.co_names + tuple(name for part in inner for name in _names_of(part))


def _is_users(module: types.ModuleType | None, function: types.FunctionType | None = None) -> bool:
    """Does this module (or the module of this function) belong to the user, not to a package?"""
    if module is not None and module.__name__.partition(".")[0] == __package__:
        return False
    file = function.__code__.co_filename if function else getattr(module, "__file__", None)
    if file is None:
        return module is not None and module.__name__ not in sys.builtin_module_names
    return is_users(file)
