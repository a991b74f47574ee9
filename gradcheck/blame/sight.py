"""What a line of code can see: the arrays, numbers and functions that it could name."""

from __future__ import annotations

import ast
import contextlib
import dis
import functools
import inspect
import itertools
import math
import re
import types
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..users import is_users
from .indices import index_variants
from .remembered import remembered
from .syntax import VARIABLE, named, parse, reading, unparsed, words
from .values import is_number

LIMIT = 160  # names a line may see
FEW = 6  # items of a list that are looked at one by one
MANY, SOME = 40, 10  # entries of a dict or attributes of an object; of one inside of it
LARGEST = 200_000  # values in an array worth copying
TINY = 1e-8  # a number below it keeps something from zero, and is no factor
_PRIVATE = re.compile(r"(?<![\w'\"])(__\w*[^\W_]_?)(?![\w])")


@dataclass(frozen=True)
class Atom:
    """An expression without calls, and its value when the line was reached first."""

    text: str
    tree: ast.expr
    value: Any

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)


@dataclass
class Sight:
    """What a line can see, by what it is good for."""

    arrays: list[Atom] = field(default_factory=list)
    floats: list[Atom] = field(default_factory=list)
    counts: list[Atom] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    joining: list[str] = field(default_factory=list)  # the user's functions of two arguments
    lookups: list[str] = field(default_factory=list)  # sequences of whole numbers: indices
    texts: set[str] = field(default_factory=set)
    loops: frozenset[str] = frozenset()
    turning: frozenset[str] = frozenset()  # what the turns of a loop set anew
    idle: frozenset[str] = frozenset()  # computed in this function or given to it, and not used
    fed: frozenset[str] = frozenset()  # names of what is given anything but zeros
    grown: frozenset[str] = frozenset()  # names of what is added to in place
    movers: frozenset[str] = frozenset()  # cumsum, roll, flip: what the program does
    orders: frozenset[tuple[int, ...]] = frozenset()  # of axes, in the whole program
    parameters: frozenset[bytes] = frozenset()  # where they stand
    near: frozenset[str] = frozenset()  # words of the line itself
    used: frozenset[str] = frozenset()  # single numbers that the forward pass multiplies with
    packed: frozenset[str] = frozenset()  # tuples that are written anywhere
    written: tuple[str, ...] = ()  # formulae without calls of the user, in the whole program
    lacking: frozenset[tuple[int, ...]] = frozenset()  # shapes of what has a wrong gradient
    library: Any = None  # of what is known to be right
    names: Mapping[str, Any] = field(default_factory=dict)
    derivatives: list[Any] | None = None  # kept here by edits.derivatives
    scope: str = ""  # the class around: self.__x is self._Class__x

    def __post_init__(self) -> None:
        self._names = dict(self.names)
        self._values: dict[str, Any] = {}

    def value(self, tree: ast.expr) -> Any:
        """The value of an expression here; None where it has none."""
        return self.value_of(unparsed(tree))

    def value_of(self, text: str) -> Any:
        if text not in self._values:
            self._values[text] = self.value_with(text)
        return self._values[text]

    def value_with(self, text: str, **more: Any) -> Any:
        """The value where some names mean something else."""
        if self.scope and "__" in text:
            text = _PRIVATE.sub(rf"_{self.scope}\1", text)
        try:
            names = {**self._names, **more} if more else self._names
            return eval(_compiled(text), names)  # noqa: S307  names of the user's own frame
        except Exception:  # noqa: BLE001
            return None

    def numeric_module(self) -> str:
        """What the user calls numpy here, or else math; "" without either."""
        for module in (np, math):
            for name, value in self.names.items():
                if value is module:
                    return name
        return ""

    def is_learned(self, value: Any) -> bool:
        """Is this a parameter, as it stands now?"""
        return isinstance(value, np.ndarray) and value.tobytes() in self.parameters

    def is_cotangent(self, value: Any) -> bool:
        """Is this exactly a cotangent?"""
        found = () if self.library is None else self.library.match(value)
        return any(item.role == "adjoint" and abs(f - 1) < 1e-4 for item, f in found)

    @functools.cached_property
    def indices(self) -> frozenset[str]:
        """The names that stand in an index here, and those that loops count with."""
        trees = (parse(text) for text in self.texts)
        slices = (n.slice for t in trees for n in ast.walk(t) if isinstance(n, ast.Subscript))
        return self.loops.union(*map(words, slices))

    @functools.cached_property
    def weights(self) -> list[Atom]:
        """The parameters that are in sight."""
        return [atom for atom in self.arrays if self.is_learned(atom.value)]

    @functools.cached_property
    def formulae(self) -> list[Atom]:
        """What is written anywhere in the program and has a value here, too."""
        known = [(text, self.value_of(text)) for text in self.written if text not in self.texts]
        arrays = [Atom(t, parse(t), v) for t, v in known if isinstance(v, np.ndarray) and v.ndim]
        return [atom for atom in arrays if atom.value.dtype.kind in "fb"]

    @functools.cached_property
    def scalars(self) -> list[Atom]:
        """Counts and floats that a factor may be: of equal ones the likeliest first."""
        known = self.counts + self.floats
        known += [
            Atom(t, parse(t), v) for t in sorted(self.used) if is_number(v := self.value_of(t))
        ]
        for atom in self.arrays:
            picks = atom.value.dtype.kind == "b" and atom.value.ndim == 1
            if picks:  # a mean over what it picks divides by how many
                known.append(Atom(t := f"{atom.text}.sum()", parse(t), int(atom.value.sum())))
        known = [
            a
            for a in known
            if a.text in self.used or not 0 < abs(float(np.reshape(a.value, -1)[0])) < TINY
        ]
        return sorted(known, key=self._rank)

    def _rank(self, atom: Atom) -> tuple[bool, int, bool]:
        """A name comes before a formula, and what counts an array; rows are rather samples."""
        sized = counts(atom.tree) and atom.text not in self.used
        formula = isinstance(atom.tree, ast.BinOp)
        return sized, self.strange(atom) + 2 * formula, self._counts_other(atom.tree)

    def _counts_other(self, tree: ast.AST) -> bool:
        """Is it x.shape[1]? Samples are rather the rows, and outputs the columns of weights."""
        if not isinstance(tree, ast.Subscript) or not counts(tree):
            return False
        array = tree.value.value if isinstance(tree.value, ast.Attribute) else None
        learned = isinstance(array, ast.expr) and self.is_learned(self.value(array))
        return (unparsed(tree.slice) == "0") == learned

    def strange(self, atom: Atom) -> int:
        """2 where it counts an array that this line does not name, 0 where it is known here."""
        if atom.text in self.used or self.near.issuperset(words(atom.tree) - _COUNTING):
            return 0
        return 1 + counts(atom.tree)

    def like(self, shape: tuple[int, ...]) -> list[Atom]:
        """Arrays (or floats, where the line computes with floats) of a shape."""
        return [a for a in (self.arrays if shape else self.floats) if a.shape == shape]


_COUNTING = frozenset({"shape", "size", "len", "sum"})


def counts(tree: ast.AST) -> bool:
    """Is it x.shape[0], x.size or len(x)?"""
    if isinstance(tree, ast.Subscript):
        return counts(tree.value)
    if isinstance(tree, ast.Attribute):
        return tree.attr in ("shape", "size")
    return named(tree) in ("len", "sum")


def equal_counts(tree: ast.AST, sight: Sight) -> list[str]:
    """What counts something else, and happens to be as large: x.shape[1] of a square x.

    Or beside x.size the size of a product x @ w.
    """
    found = []
    for node in ast.walk(tree):
        whole = node.value if isinstance(node, ast.Subscript) else None
        if isinstance(node, ast.Subscript) and getattr(whole, "attr", "") == "shape":
            assert whole is not None
            axes, own = sight.value(whole), sight.value(node)
            texts = [f"{unparsed(whole)}[{i}]" for i, n in enumerate(axes or ()) if n == own]
            found += [text for text in texts if text != unparsed(node)]
        if isinstance(node, ast.Attribute) and node.attr == "size":
            shape = np.shape(sight.value(node.value))
            products = [a for a in sight.formulae if isinstance(a.tree, ast.BinOp)]
            products = [a for a in products if isinstance(a.tree.op, ast.MatMult)]  # type: ignore[attr-defined]
            found += [f"({a.text}).size" for a in products if a.shape == shape]
    return found


@remembered(20_000)
def _compiled(text: str) -> Any:
    return compile(text, "<sight>", "eval")


def look(
    names: Mapping[str, Any],
    function: ast.AST,
    local: frozenset[str],
    literals: tuple[float, ...] = (),
    fed: frozenset[str] = frozenset(),
    more: Iterable[tuple[str, Any]] = (),
    scope: str | None = None,
) -> Sight:
    """What can be seen with these names, inside this function.

    literals   numbers written in the forward pass, such as the slope of a leaky unit
    fed        names of what is given anything but zeros, in the whole program
    more       expressions that can be read there as well, with their values
    scope      the class in which the function stands
    """
    loops = _loop_variables(function)
    own = (scope or "").lstrip("_")
    sight = Sight(names=names, loops=loops, idle=idle(function), fed=fed, scope=own)
    sight.turning = _turning(function)
    for text, value in itertools.chain(_candidates(sight, names, function, local), more):
        text = text.replace(f"._{sight.scope}__", ".__") if sight.scope else text  # noqa: PLW2901
        if text in sight.texts:
            continue
        if len(sight.texts) > LIMIT:
            break
        if _holds_indices(value) and text not in sight.lookups:
            sight.lookups.append(text)
        _add(sight, text, value)
    for number in literals:
        _add(sight, repr(number), number)
    sight.functions = list(_functions(names, local))
    sight.joining = [name for name, value in names.items() if _takes(value, 2)][:FEW]
    return sight


def _has_rows(value: Any) -> bool:
    """An array, or a list of numbers."""
    if isinstance(value, np.ndarray):
        return value.ndim > 0
    return isinstance(value, list) and len(value) > 0 and all(map(is_number, value))


def _holds_indices(value: Any) -> bool:
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and value.dtype.kind in "iu"
    plain = isinstance(value, list | tuple) and 0 < len(value) <= LARGEST
    return plain and all(type(x) is int or isinstance(x, np.integer) for x in value)


def _add(sight: Sight, text: str, value: Any) -> None:
    """As an array, a float or a count, if it is one."""
    if isinstance(value, bool | np.bool_) or value is None:
        return
    if isinstance(value, list) and value and all(is_number(x) for x in value):
        return
    atom = Atom(text, parse(text), value)
    if isinstance(value, np.ndarray) and value.ndim and value.dtype.kind in "fbiu":
        sight.arrays.append(atom)
    elif isinstance(value, int | np.integer):
        sight.counts.append(atom)
    elif is_number(value) or (isinstance(value, np.ndarray) and value.ndim == 0):
        sight.floats.append(atom)
    else:
        return
    sight.texts.add(text)


def _candidates(
    sight: Sight, names: Mapping[str, Any], function: ast.AST, local: frozenset[str]
) -> Iterator[tuple[str, Any]]:
    """Expressions that the line could have, with their values: the likeliest first."""
    for name in sorted(local):
        if not name.startswith("_") or name == "_":
            yield from _with_parts(name, names.get(name))
    indices: dict[str, None] = {}  # in use, in their order
    rows: set[tuple[str, int]] = set()  # what counts the rows of arrays, and how many there are
    for node in ast.walk(function):
        if not isinstance(node, VARIABLE) or not _plain(node):
            continue
        load = reading(node)
        yield unparsed(load), sight.value(load)
        if isinstance(load, ast.Subscript):
            for variant in index_variants(load, sight.value):
                yield unparsed(variant), sight.value(variant)
            if not isinstance(load.slice, ast.Slice | ast.Tuple | ast.Constant):
                indices[unparsed(load.slice)] = None
            held = sight.value(load.value)
            if isinstance(load.slice, ast.Name) and (_has_rows(held) or isinstance(held, list)):
                rows.add((load.slice.id, len(held)))
    for name in sorted(local):
        for text, value in list(_with_parts(name, names.get(name))):
            for index in _indices_of(value, indices, rows, sight.loops):
                item = sight.value_of(f"{text}{index}")
                mixed = type(item) is int and any(isinstance(x, float) for x in value)
                yield f"{text}{index}", float(item) if mixed else item  # among floats: [0, 1, 1.0]
    for name in sorted(local):
        value = names.get(name)
        if isinstance(value, np.ndarray) and value.ndim:
            yield from ((f"{name}.shape[{i}]", n) for i, n in enumerate(value.shape))
            yield f"{name}.size", value.size
        elif isinstance(value, list | tuple):
            yield f"len({name})", len(value)


def _indices_of(
    value: Any, indices: Iterable[str], rows: Collection[tuple[str, int]], loops: Collection[str]
) -> Iterator[str]:
    """A list of arrays may have each index in use, an array what counts as many rows elsewhere.

    A list of lists of numbers may have one for its rows, and one for its columns.
    """
    held = value.values() if isinstance(value, dict) else value
    if isinstance(value, list | tuple | dict) and any(isinstance(x, np.ndarray) for x in held):
        yield from (f"[{index}]" for index in indices)
        return
    counted = [(index, n) for index, n in sorted(rows) if index in loops]
    if _has_rows(value):
        yield from (f"[{index}]" for index, n in counted if len(value) == n)
    elif isinstance(value, list) and value and all(isinstance(x, list) for x in value):
        pairs = itertools.permutations(counted, 2) if _has_rows(value[0]) else ()
        sizes = len(value), len(value[0])
        yield from (f"[{a}][{b}]" for (a, m), (b, n) in pairs if (m, n) == sizes)


def _with_parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    yield name, value
    yield from _parts(name, value)


def properties(
    names: Mapping[str, Any], local: frozenset[str], ran: Collection[tuple[str, str]]
) -> Iterator[tuple[str, Any]]:
    """Properties of the user's objects, where loss or gradients read them anyhow.

    ran   file and name of the functions that they call
    """
    for name in sorted(local):
        for cls in type(names.get(name)).__mro__[:-1]:
            for key, static in vars(cls).items():
                code = getattr(getattr(static, "fget", None), "__code__", None)
                if code is not None and (code.co_filename, code.co_name) in ran:
                    with contextlib.suppress(Exception):
                        yield f"{name}.{key}", getattr(names[name], key)


def learned(
    names: Mapping[str, Any], used: Iterable[str], parameters: Collection[bytes]
) -> Iterator[tuple[str, Any]]:
    """Parameters that objects of the user hold, which lines elsewhere in the file use."""
    for name in used:
        held = names.get(name)
        if hasattr(held, "__dict__") and not isinstance(held, _NO_OBJECTS):
            for key, value in vars(held).items():
                if isinstance(value, np.ndarray) and value.tobytes() in parameters:
                    yield f"{name}.{key}", value


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Entries of a dict, attributes of a user's object, arrays in a short tuple or list.

    The fields of a namedtuple go by their names.
    """
    if isinstance(value, dict):
        if len(value) > FEW and all(isinstance(key, int) for key in value):
            return  # as a list
        entries = _entries(name, value, MANY)
        yield from entries
        for text, inner in entries:
            if isinstance(inner, dict):
                yield from _entries(text, inner, SOME)
    elif isinstance(value, tuple) and hasattr(value, "_asdict"):
        yield from ((f"{name}.{k}", v) for k, v in value._asdict().items())
    elif isinstance(value, list | tuple) and len(value) <= FEW:
        yield from ((f"{name}[{i}]", v) for i, v in enumerate(value))
    elif hasattr(value, "__dict__") and not isinstance(value, _NO_OBJECTS):
        yield from _attributes(name, value)


_NO_OBJECTS = type | types.ModuleType | types.FunctionType | types.MethodType


def _attributes(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Of an object, and of what it holds; numbers of its class."""
    shared = {k: v for k, v in vars(type(value)).items() if is_number(v)}
    for key, item in list({**shared, **vars(value)}.items())[:MANY]:
        text = f"{name}.{key}"
        yield text, item
        if hasattr(item, "__dict__") and is_users(_file_of(type(item))):
            yield from ((f"{text}.{k}", v) for k, v in list(vars(item).items())[:SOME])
        if hasattr(item, "_asdict"):
            yield from ((f"{text}.{k}", v) for k, v in item._asdict().items())
        if isinstance(item, dict):
            yield from _entries(text, item, MANY)


def _entries(text: str, held: Mapping[Any, Any], most: int) -> list[tuple[str, Any]]:
    some = list(held.items())[:most]
    return [(f"{text}[{key!r}]", v) for key, v in some if isinstance(key, str | int)]


def _plain(node: ast.AST) -> bool:
    """Without calls, but for str(i) and len(x)."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call) and not (
            isinstance(inner.func, ast.Name) and inner.func.id in ("str", "len", "int")
        ):
            return False
        if isinstance(inner, ast.Yield | ast.Await | ast.NamedExpr | ast.Lambda):
            return False
    return not (isinstance(node, ast.Attribute) and node.attr == "T")


def _loop_variables(function: ast.AST) -> frozenset[str]:
    return frozenset(
        name.id
        for node in ast.walk(function)
        if isinstance(node, ast.For | ast.comprehension)
        for name in ast.walk(node.target)
        if isinstance(name, ast.Name)
    )


@remembered(1000)
def _turning(function: ast.AST) -> frozenset[str]:
    loops = [node for node in ast.walk(function) if isinstance(node, ast.For | ast.comprehension)]
    names = [n for loop in loops for n in ast.walk(loop) if isinstance(n, ast.Name)]
    return frozenset(n.id for n in names if isinstance(n.ctx, ast.Store))


@remembered(1000)
def idle(function: ast.AST, *, given: bool = True) -> frozenset[str]:
    """Variables that are set in a function, or given to it, and not read there."""
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    read = {n.id for n in names if isinstance(n.ctx, ast.Load)}
    found = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    args = getattr(function, "args", None)
    if given and args is not None:
        found |= {a.arg for a in (*args.posonlyargs, *args.args, *args.kwonlyargs)}
    return frozenset(name for name in found - read if not name.startswith("_"))


def _functions(names: Mapping[str, Any], local: frozenset[str]) -> Iterator[str]:
    """The user's functions of one argument: by name, as a method of an object, of a class."""
    for name, value in names.items():
        if _takes(value, 1):
            yield name
        owner = value if isinstance(value, type) else type(value) if name in local else None
        if owner is None or not is_users(_file_of(owner)):
            continue
        for key in dir(owner):
            # looked up without running it: a property is the user's code, and may raise
            static = inspect.getattr_static(owner, key, None)
            method = isinstance(static, types.FunctionType | staticmethod | classmethod)
            if method and not key.startswith("__") and _takes(getattr(value, key, None), 1):
                yield f"{name}.{key}"
        if name in local:  # functions stored in attributes, as activation derivatives are
            for key, item in list(getattr(value, "__dict__", {}).items())[:MANY]:
                if _takes(item, 1):
                    yield f"{name}.{key}"
                elif is_users(_file_of(type(item))):  # methods of a layer in a net
                    for method, static in list(vars(type(item)).items())[:SOME]:
                        written = isinstance(static, types.FunctionType)
                        if written and _takes(getattr(item, method, None), 1):
                            yield f"{name}.{key}.{method}"


def _file_of(cls: type) -> str:
    """Where the methods of a class are written; "<frozen", which is no user's, without any."""
    for value in vars(cls).values():
        function = getattr(value, "__func__", value)
        if isinstance(function, types.FunctionType):
            return function.__code__.co_filename
    return "<frozen"


def _takes(value: Any, count: int) -> bool:
    """Is it a function of the user that needs so many arguments, and writes nothing?"""
    bound = isinstance(value, types.MethodType)
    function = value.__func__ if bound else value
    if not isinstance(function, types.FunctionType) or not is_users(function.__code__.co_filename):
        return False
    code = function.__code__
    required = code.co_argcount - len(function.__defaults__ or ()) - bound
    return required == count and code.co_kwonlyargcount == 0 and not _writes(code)


@remembered(2000)
def _writes(code: types.CodeType) -> bool:
    return not _WRITES.isdisjoint(code.co_code[::2])  # dis would print every constant


# a function that writes into objects is no activation's derivative, and is not called for a try
_WRITES = {
    dis.opmap[name]
    for name in ("STORE_ATTR", "STORE_SUBSCR", "STORE_GLOBAL", "YIELD_VALUE", "DELETE_SUBSCR")
}
