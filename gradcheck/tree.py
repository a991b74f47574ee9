"""Parameters: any nest or object <-> named blocks, each held by its owner and key.

User code rebinds (`self.W = self.W - lr * dW`), so a block is never held as a bare array:
it is a slot (owner and key), and the array is whatever the slot holds now.
"""

from __future__ import annotations

import array
import fnmatch
import functools
import itertools
import re
import sys
import sysconfig
import types
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from .drawn import Drawn
from .pieces import all_finite, kept, same_bits, span

Array = npt.NDArray[Any]

_ATOMS = (str, bytes, bytearray, bool, int, complex, range, type(None), type)
_LISTS = (list, deque)
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.GeneratorType)
_OPAQUE = (*_ATOMS, *_CODE, Drawn)
_BAGS = ("SimpleNamespace", "Namespace")  # of types and argparse: they hold what users put in
MOST_AXES = 64  # of an array of NumPy; a list nested deeper is none
_SHELL = ("In", "Out", "exit", "quit", "get_ipython")  # of an interactive session, not of the user


class Box:
    """Owner of the root of a nest, so that the root has a slot like everything below it."""

    def __init__(self, root: Any) -> None:
        self.root = root


class Slot(NamedTuple):
    """A place that holds a value: an item of a container, or an attribute of an object.

    parent   slot of the owner: user code may put another list or object in its place
             (`self.weights = [w - lr * g for ...]`), and the slot is in that one then
    """

    owner: Any
    key: Any
    attribute: bool = False
    parent: Slot | None = None

    @property
    def path(self) -> tuple[tuple[int, str], ...]:
        """What tells it from other slots: owner and key, and those of all above.

        A box above is left out: whoever reaches an object by two ways has put it into two.
        """
        found: list[tuple[int, str]] = []
        slot: Slot | None = self
        while slot is not None and not (found and isinstance(slot.owner, Box)):
            found.append((id(slot.owner), str(slot.key)))
            slot = slot.parent
        return tuple(found)

    @property
    def text(self) -> str:
        """What stands behind the name of the nest in an expression for it: .layers[0].b"""
        slot, text = self, ""
        while not isinstance(slot.owner, Box):
            text = (f".{slot.key}" if slot.attribute else f"[{slot.key!r}]") + text
            if slot.parent is None:
                break
            slot = slot.parent
        return text

    @property
    def owners(self) -> list[Any]:
        """The owner and those of all above, up to the box."""
        found: list[Any] = []
        slot: Slot | None = self
        while slot is not None and not isinstance(slot.owner, Box):
            found.append(slot.owner)
            slot = slot.parent
        return found

    def get(self) -> Any:
        return self.of(self.present())

    def within(self, box: Any = None) -> Any:
        """What stands here in another box, or in the own one as it is now.

        Raises  LookupError, AttributeError, TypeError   where it is a nest of another form
        """
        chain = [self]
        while chain[-1].parent is not None:
            chain.append(chain[-1].parent)
        owner = chain[-1].owner if box is None else box
        for slot in reversed(chain):
            if type(owner) is not type(slot.owner):
                raise TypeError(f"expected {type(slot.owner)}, got {type(owner)}")
            owner = slot.of(owner)
        return owner

    def of(self, owner: Any) -> Any:
        """What this owner holds here."""
        return getattr(owner, self.key) if self.attribute else owner[self.key]

    def set(self, value: Any) -> None:
        slot, owner = self, self.present()
        while isinstance(owner, tuple) and not slot.attribute:  # cannot be changed: replaced
            assert slot.parent is not None
            items = list(owner)
            items[slot.key] = value
            value = getattr(type(owner), "_make", type(owner))(items)
            slot = slot.parent  # in its own slot
            owner = slot.present()
        if not slot.attribute:
            owner[slot.key] = value
            return
        try:
            setattr(owner, slot.key, value)
        except AttributeError:  # a frozen dataclass
            object.__setattr__(owner, slot.key, value)

    def present(self) -> Any:
        """The owner that now stands where the owner stood."""
        chain = [self]
        while chain[-1].parent is not None:  # not recursion: a graph of operations may be deep
            chain.append(chain[-1].parent)
        owner = chain[-1].owner
        for upper, lower in itertools.pairwise(reversed(chain)):
            try:
                present = upper.of(owner)
                if present is not lower.owner:
                    lower.of(present)
                owner = present
            except Exception:  # noqa: BLE001  gone, or of another kind
                owner = lower.owner
        return owner


class Leaf(NamedTuple):
    """A value found in a nest: its path, its slot, and the value.

    given   only dicts, lists and tuples lie above it: it was handed over by name, not found
            among the attributes of an object or the variables of a module
    root    name of the nest it was found in, where there are several
    """

    path: tuple[str, ...]
    slot: Slot
    value: Any
    given: bool = True
    root: str = ""

    @property
    def name(self) -> str:
        return ".".join(self.path) or "params"


Expand = Callable[[tuple[str, ...]], bool]


def leaves(
    root: Any, *, numbers: bool = False, whole: bool = False, expand: Expand | None = None
) -> Iterator[Leaf]:
    """Every array, float, and list of floats in a nest or object, depth first, each slot once.

    root      the nest, or a Box or a Slot that holds it
    numbers   integers count as well, in lists and alone
    whole     so do integers alone, and lists of nothing else
    expand    should the list at this path be taken apart into its numbers?
    """
    if not isinstance(root, Slot):
        root = Slot(root if isinstance(root, Box) else Box(root), "root", attribute=True)
    todo = [Leaf((), root, root.get())]
    entered: set[int] = set()
    while todo:  # a stack, not recursion: a graph of operations may be deep
        node = todo.pop()
        value = node.value
        apart = expand is not None and isinstance(value, list) and expand(node.path)
        number = (numbers and _is_number(value)) or (whole and is_whole(value))
        if not apart and (number or is_leaf(value)):
            yield node
            continue
        if not isinstance(value, tuple):  # one tuple may stand in many places
            if id(value) in entered:
                continue
            entered.add(id(value))
        if not node.given and _is_library(value):  # figures, data frames: found, not handed over
            continue
        at_root = not node.path
        if isinstance(value, type):  # its methods may train it; found in an object it is code
            below = _of_class(value, node.slot) if node.given else iter(())
        else:
            below = children(value, node.slot, at_root=at_root)
        given = node.given and isinstance(value, (Mapping, list, tuple))
        given = given and not (at_root and is_namespace(value))
        todo.extend(reversed(list(_held(node.path, below, given))))


def _held(path: tuple[str, ...], below: Iterator[tuple[str, Slot]], given: bool) -> Iterator[Leaf]:
    for name, slot in below:
        try:
            value = slot.of(slot.owner)
        except Exception:  # noqa: BLE001  a property of the user's object may refuse
            continue
        yield Leaf((*path, name), slot, value, given)


def _is_number(value: Any) -> bool:
    if isinstance(value, list):
        return _list_shape(value, MOST_AXES, whole=True) is not None
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def is_whole(value: Any) -> bool:
    """Are these whole numbers, which might be floats as well: 0, [0, 0], np.zeros(2, int)?"""
    if isinstance(value, _LISTS):
        regular = _list_shape(value, MOST_AXES, whole=True) is not None
        return regular and np.asarray(value).dtype.kind in "iu"
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iu"
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def is_namespace(value: Any) -> bool:
    """Is this globals(), or a module?"""
    if isinstance(value, types.ModuleType):
        return True
    return isinstance(value, dict) and "__name__" in value and "__builtins__" in value


def is_leaf(value: Any) -> bool:
    """Is this a value to differentiate by (or one that looks like it and is refused later)?"""
    if isinstance(value, np.ndarray):
        return bool(value.dtype != object)
    if isinstance(value, (float, np.floating)):
        return True
    if isinstance(value, _LISTS):
        return is_float_list(value)
    return _is_buffer(value) or _foreign_array(value)


def _is_buffer(value: Any) -> bool:
    """Floats in memory of the standard library, which an array can be laid over."""
    if not isinstance(value, (array.array, memoryview)):
        return False
    try:
        return np.asarray(value).dtype.kind == "f"
    except ValueError:  # a memoryview that was released
        return False


def _foreign_array(value: Any) -> bool:
    """An array of another library (torch, jax, ...), readable through `__array__`."""
    return (
        hasattr(value, "__array__")
        and hasattr(value, "shape")
        and hasattr(value, "dtype")
        and not isinstance(value, (type, np.generic, np.ndarray))
    )


def is_tensor(value: Any) -> bool:
    """A tensor of torch: code has it at hand, whatever it is held in, and memory to write into."""
    return hasattr(value, "detach") and type(value).__module__.partition(".")[0] == "torch"


def detached(value: Any) -> Any:
    """A tensor as an array of the same memory, without its graph; all else as it is."""
    return value.detach().numpy() if is_tensor(value) else value


def is_float_list(value: Any) -> bool:
    """A list or deque of Python floats, or a regular nest of such lists: one block."""
    return _list_shape(value, MOST_AXES) is not None


def _list_shape(value: Any, axes: int, *, whole: bool = False) -> tuple[int, ...] | None:
    """Shape of a regular nest of lists of floats, of so many axes at most; None if it is none.

    whole   may all be whole numbers?
    """
    if not isinstance(value, _LISTS) or not value or not axes:
        return None
    if isinstance(value[0], list):
        row = _list_shape(value[0], axes - 1, whole=whole)
        rest = itertools.islice(value, 1, None)
        others = (_list_shape(other, axes - 1, whole=whole) for other in rest)
        regular = row and all(other == row for other in others)
        return (len(value), *row) if row and regular else None
    kinds = (float, int, np.number) if whole else (float, int, np.floating)
    floats = all(isinstance(item, kinds) for item in value)
    some = floats and (whole or any(isinstance(item, (float, np.floating)) for item in value))
    return (len(value),) if some else None


def children(
    value: Any, slot: Slot | None = None, *, at_root: bool = True
) -> Iterator[tuple[str, Slot]]:
    """Names and slots of what a container or object holds; nothing for anything else."""
    if isinstance(value, Box):
        yield "root", Slot(value, "root", attribute=True)
    elif isinstance(value, _OPAQUE):
        return
    elif is_namespace(value):
        names = vars(value) if isinstance(value, types.ModuleType) else value
        if at_root:  # what another module holds is its own
            for name in list(names):
                if not name.startswith("_") and name not in _SHELL:
                    yield name, Slot(names, name)
    elif hasattr(value, "named_parameters") and not isinstance(value, type):  # a module of torch
        tensors = dict(value.named_parameters())
        for name in tensors:
            yield name, Slot(tensors, name)
    elif isinstance(value, Mapping):
        for key in list(value):
            yield str(key), Slot(value, key, parent=slot)
    elif isinstance(value, (list, tuple)):
        fields = getattr(value, "_fields", None)
        for i in range(len(value)):
            name = fields[i] if fields else str(i)
            yield name, Slot(value, i, parent=slot)
    elif isinstance(value, np.ndarray) and value.dtype == object:
        for index in np.ndindex(value.shape):
            yield ".".join(map(str, index)), Slot(value, index, parent=slot)
    elif isinstance(value, Sequence) and hasattr(value, "__setitem__"):
        for i in range(len(value)):
            yield str(i), Slot(value, i, parent=slot)
    elif not _is_standard(value):
        for name, key in attributes(value).items():
            yield name, Slot(value, key, attribute=True, parent=slot)


def _of_class(cls: type, slot: Slot) -> Iterator[tuple[str, Slot]]:
    """What a class of the user holds itself, for all of its objects."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None) or ""
    if not (_is_of_python(cls) or file.startswith(_site())):
        for name, key in attributes(cls).items():
            yield name, Slot(cls, key, attribute=True, parent=slot)


def _is_standard(value: Any) -> bool:
    """An object of the standard library: a file, a lock, a generator; nobody's parameters."""
    return _is_of_python(type(value)) and type(value).__name__ not in _BAGS


def _is_of_python(cls: type) -> bool:
    return cls.__module__.partition(".")[0] in sys.stdlib_module_names


@functools.lru_cache(maxsize=1)
def _site() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return paths["purelib"], paths["platlib"]


def _is_library(value: Any) -> bool:
    """An object of an installed package."""
    if isinstance(value, (Mapping, Sequence, np.ndarray)):
        return False
    file = getattr(sys.modules.get(type(value).__module__), "__file__", None)
    return file is not None and file.startswith(_site())


def attributes(value: Any) -> dict[str, str]:
    """Readable name -> attribute, of all that hold the state of an object.

    From __dict__ and __slots__; `_W` behind a property `W` is called W, and a property that can
    be set is an attribute where nothing of its name lies behind it.
    """
    names = [name for name in getattr(value, "__dict__", {}) if isinstance(name, str)]
    settable = []
    for cls in type(value).__mro__:
        slots = cls.__dict__.get("__slots__", ())
        names += [_mangled(n, cls) for n in ([slots] if isinstance(slots, str) else slots)]
        settable += [n for n, p in vars(cls).items() if isinstance(p, property) and p.fset]
    names = [n for n in dict.fromkeys(names) if not (n.startswith("__") and n.endswith("__"))]
    found = {name: name for name in names}
    for name in names:
        short = re.sub(r"^_[A-Za-z0-9]+__|^_+", "", name)
        if name.startswith("_") and short in settable and short not in found:
            found = {short if n == name else n: key for n, key in found.items()}
    behind = {name.lstrip("_").lower() for name in found}
    return found | {n: n for n in settable if n.lower() not in behind}


def _mangled(name: str, cls: type) -> str:
    """What Python makes of a private name, `__W`, in the body of a class."""
    private = name.startswith("__") and not name.endswith("__")
    return f"_{cls.__name__.lstrip('_')}{name}" if private else name


@dataclass(eq=False, slots=True)
class Parameter:
    """One block of parameters: a named array, and how the loss is made to see new values in it.

    places   more slots that hold the same array: user code may put a new one into any of them
    values   the array to write new values into; `publish()` then shows them to the loss
    home     a copy of them at the present point, where every move begins and ends
    given    as in Leaf
    named    was it selected by its own name, and not by a pattern?
    """

    name: str
    slot: Slot
    held: Any
    values: Array
    given: bool = True
    aliases: tuple[str, ...] = ()
    places: tuple[Slot, ...] = ()
    publish: Callable[[], None] = field(default=lambda: None)
    home: Array | None = None
    named: bool = False

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

    def bound(self) -> list[tuple[Slot, Any]]:
        """All slots of it, with what they hold now."""
        return [(slot, slot.get()) for slot in (self.slot, *self.places)]

    def show_number(self) -> None:
        """Let all slots hold the number that `values` holds now."""
        for slot in (self.slot, *self.places):
            slot.set(type(self.held)(self.values[()]))

    def show_list(self) -> None:
        """Let all slots hold a number or list of the present values."""
        shown = self.values.tolist()
        for slot in (self.slot, *self.places):
            slot.set(shown)

    def make_home(self) -> Array:
        """Where it stands now is home: a copy of the values, unless there is one like it."""
        if self.home is None or not same_bits(self.home, self.values):
            self.home = kept(self.values)
        return self.home

    def go_home(self) -> None:
        assert self.home is not None
        self.values[...] = self.home
        self.publish()

    @property
    def in_place(self) -> bool:
        """Is what is held written into, and not a copy?"""
        return isinstance(self.held, np.ndarray) and np.may_share_memory(self.values, self.held)

    @property
    def narrow(self) -> bool:
        """Is this float32 or less, and can a float64 array stand in its place? No tensor can."""
        return self.values.dtype.itemsize < 8 and not is_tensor(self.held)

    def rebind(self, dtype: npt.DTypeLike) -> None:
        """From now on the loss reads a copy of this dtype, bound in place of what is held."""
        same = isinstance(self.held, np.ndarray) and self.held.shape == self.shape
        held = self.held if same else self.values
        copy = np.array(held, dtype=dtype, order="K", subok=True)  # a matrix stays one
        values, self.values = self.values, np.asarray(copy)
        self.values[...] = values

        def publish() -> None:
            for slot in (self.slot, *self.places):
                slot.set(copy)

        self.publish = publish
        self.publish()

    def turn_to_floats(self, shape: tuple[int, ...] = ()) -> None:
        """Bind floats in place of whole numbers; `release`, or a snapshot, puts these back.

        shape   of the gradient, which one number takes on with the first update: b = 0
        """
        if shape and not self.shape:
            self.values = np.full(shape, self.values)
        if isinstance(self.held, np.ndarray) or shape:
            self.rebind(np.float64)
        else:
            self.values, self.publish = np.array(self.held, dtype=float), self.show_list
            self.publish()

    def release(self) -> None:
        """Bind again what was held; write in place from now on."""
        for slot in (self.slot, *self.places):
            slot.set(self.held)
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
    if values.dtype.names is not None:
        raise TypeError(
            f"{name}: expected floating-point numbers, got a structured array of "
            f"{', '.join(values.dtype.names):.80}. Pass its fields as arrays of their own, or "
            "leave it out with select."
        )
    if values.dtype.kind != "f":
        raise TypeError(
            f"{name}: expected real floating-point numbers, got an array of {values.dtype}. "
            "Split complex parameters into real and imaginary parts, or leave it out with select."
        )
    plain = type(value) is np.ndarray  # asked first: to import np.ma takes long
    if not plain and isinstance(value, np.ma.MaskedArray):
        raise TypeError(
            f"{name}: expected a plain array, got a masked one. "
            f"Use {name}.filled(0), and apply the mask inside the loss."
        )
    if not all_finite(values):
        raise ValueError(
            f"{name}: expected finite values, got {_first_not_finite(values)}. "
            "A loss has no slope there; start from finite parameters."
        )
    block = Parameter(name, leaf.slot, value, values, given=leaf.given, publish=publish)
    if isinstance(value, (float, np.floating)):
        block.publish = block.show_number
    return block


def whole_block(leaf: Leaf) -> Parameter:
    """Whole numbers as a block, which becomes a parameter when it is turned to floats."""
    return Parameter(leaf.name, leaf.slot, leaf.value, np.asarray(leaf.value), given=leaf.given)


def _writable(slot: Slot, value: Any) -> tuple[Array, Callable[[], None]]:
    """An array to write into, and what makes the loss see it."""
    same = slot.get() is value  # else a property or mapping that makes a new array every time
    plain = isinstance(value, np.ndarray) and value.flags.writeable and value.dtype.isnative
    if plain and same:
        return np.asarray(value), lambda: None  # of a matrix its memory, without its arithmetic
    if isinstance(value, _LISTS):
        values = np.array(value, dtype=float)

        def refill() -> None:
            _fill(value, values)

        return values, refill
    if isinstance(value, array.array):  # no view of it: it may grow
        numbers = np.array(value)

        def rewrite() -> None:
            value[:] = array.array(value.typecode, numbers.tolist())

        return numbers, rewrite
    if _is_buffer(value) and (view := np.asarray(value)).flags.writeable:
        return view, lambda: None
    if isinstance(value, (float, np.floating)):
        scalar = np.array(value)
        kind = type(value)
        return scalar, lambda: slot.set(kind(scalar[()]))
    if is_tensor(value):
        return _shared(value), lambda: None
    copy = np.array(value, order="K", subok=False)
    copy = copy.astype(copy.dtype.newbyteorder("="))
    if same and isinstance(value, np.ndarray) and value.flags.writeable:  # of another byte order
        return copy, lambda: np.copyto(value, copy)
    return copy, lambda: slot.set(copy)


def _shared(tensor: Any) -> Array:
    """The memory of a tensor as an array: what is written there, the tensor holds."""
    try:
        view: Array = detached(tensor)
    except (RuntimeError, TypeError) as problem:
        raise TypeError(
            f"params: expected a tensor that NumPy can read, got one that it cannot ({problem}). "
            "Move it to the CPU, as float64, for the check."
        ) from None
    return view


def _fill(target: list[Any] | deque[Any], values: Array) -> None:
    if len(target) != len(values):  # a history that grew
        target.clear()
        target.extend(values.tolist())
    for i, item in enumerate(values):
        if isinstance(target[i], list):
            _fill(target[i], item)
        else:
            target[i] = float(item)


def _first_not_finite(values: Array) -> str:
    index = np.argwhere(~np.isfinite(values))[0]
    at = f" at {[int(i) for i in index]}" if values.ndim else ""
    return f"{values[tuple(index)]}{at}"


@dataclass(eq=False, slots=True)
class Nest:
    """The blocks of a nest or object, in order, and the box that owns its root.

    refused   leaves of a given nest that cannot be parameters, with the error that says why
    whole     whole numbers, most of them sizes or data: blocks only once they are taken
    order     the names of all, as they come in the nest
    """

    box: Box
    blocks: list[Parameter]
    refused: list[tuple[Leaf, Exception]]
    whole: list[Parameter] = field(default_factory=list)
    order: dict[str, int] = field(default_factory=dict)

    def refuse(self) -> None:
        """Raise for the first refused leaf that is still there: no cache, then, of the loss."""
        for leaf, error in self.refused:
            if leaf.slot.get() is leaf.value:
                raise error

    def take(self, block: Parameter) -> None:
        """Whole numbers that were turned to floats are parameters, too."""
        block.held = block.slot.get()
        self.whole = [other for other in self.whole if other is not block]
        self.blocks = self.sorted([*self.blocks, block])

    def sorted(self, blocks: Sequence[Parameter]) -> list[Parameter]:
        """In the order of the nest."""
        return sorted(blocks, key=lambda block: self.order[block.name])

    def require(self) -> None:
        """Raise ValueError where there is no block."""
        if not self.blocks:
            raise ValueError(
                f"params: expected at least one floating-point array, got "
                f"{_describe(self.box.root)}. Pass an array, or a dict, list, tuple or object "
                "that holds arrays."
            )


def collect(root: Any, select: str | Sequence[str] | None = None) -> tuple[Box, list[Parameter]]:
    """The named blocks of a nest, in order, and the box that owns its root; as `survey`, but
    raising for a leaf that is no parameter even if it should turn out to be a cache.
    """
    nest = survey(root, select)
    nest.require()
    nest.refuse()
    return nest.box, nest.blocks


def survey(root: Any, select: str | Sequence[str] | None = None) -> Nest:
    """The named blocks of a nest, in order: all that may be parameters.

    Two names for one array are one block with an alias. Raises ValueError when nothing is left
    to check or two given blocks overlap in memory, TypeError when no leaf is a real floating array.
    """
    box = Box(root)
    found = [leaf for leaf in leaves(box, whole=True) if leaf.path or is_leaf(leaf.value)]
    patterns = [select] if isinstance(select, str) else select
    if patterns is not None and not (
        isinstance(patterns, Sequence) and all(isinstance(p, str) for p in patterns)
    ):
        raise TypeError(
            f'select: expected glob patterns, got {select!r}. Pass a list such as ["*.W", "b?"].'
        )
    chosen = [leaf for leaf in found if _selected(leaf.name, patterns)]
    if not chosen and found:
        names = ", ".join(leaf.name for leaf in found[:12])
        raise ValueError(f"select: expected a pattern that fits one of {names}, got {select!r}.")
    blocks: list[Parameter] = []
    whole: list[Parameter] = []
    refused: list[tuple[Leaf, Exception]] = []
    by_identity: dict[int, Parameter] = {}
    for leaf in chosen:
        shared = not isinstance(leaf.value, (float, int, np.generic))
        if shared and id(leaf.value) in by_identity:
            first = by_identity[id(leaf.value)]
            first.aliases += (leaf.name,)
            first.places += (leaf.slot,)
            first.given |= leaf.given
            continue
        refusable = leaf.given and isinstance(leaf.value, np.ndarray)
        if is_whole(leaf.value) and not refusable:
            block, kind = whole_block(leaf), whole
        else:
            try:
                block, kind = parameter(leaf), blocks
            except (TypeError, ValueError) as error:
                if leaf.given:
                    refused.append((leaf, error))
                continue
        block.named = leaf.name in (patterns or ())
        if block.size:
            kind.append(block)
            by_identity[id(leaf.value)] = block
    if not blocks and refused:
        raise refused[0][1]
    given = Counter(block.name for block in blocks if block.given)
    if twice := [name for name, count in given.items() if count > 1]:
        raise ValueError(
            f"params: expected names that differ, got {twice[0]} twice. Give the keys names that "
            "differ as text."
        )
    order = {leaf.name: i for i, leaf in enumerate(chosen)}
    nest = Nest(box, _apart(blocks), refused, whole, order)
    if not whole:
        nest.require()
    return nest


def _selected(name: str, patterns: Sequence[str] | None) -> bool:
    return patterns is None or any(fnmatch.fnmatchcase(name, p) for p in patterns)


def _describe(root: Any) -> str:
    if isinstance(root, (Mapping, list, tuple)) and not root:
        return f"an empty {type(root).__name__}"
    if isinstance(root, list) and _is_number(root):
        return "a list of whole numbers"
    return f"{type(root).__name__} without any"


def _apart(blocks: list[Parameter]) -> list[Parameter]:
    """The blocks that do not overlap in memory: of those merely found, the larger ones.

    Of tied weights, W and its view W.T, the one that is no view.
    """
    in_place = [b for b in blocks if b.in_place]
    spans = sorted(((*span(b.values), b) for b in in_place), key=_start)
    dropped: set[int] = set()
    open_spans: list[tuple[int, Parameter]] = []
    for start, end, right in spans:
        open_spans = [(e, b) for e, b in open_spans if e > start and id(b) not in dropped]
        for _, left in open_spans:
            if not np.shares_memory(left.values, right.values):
                continue
            if left.given and right.given:
                raise ValueError(
                    f"{left.name} and {right.name}: expected separate arrays, got two that overlap "
                    "in memory. Pass only one of them, or the array that holds both."
                )
            smaller = min((left, right), key=lambda b: (b.given, b.size, b.values.base is None))
            dropped.add(id(smaller))
        open_spans.append((end, right))
    return [block for block in blocks if id(block) not in dropped]


def _start(span: tuple[int, int, Parameter]) -> int:
    return span[0]


_NUMBERED = re.compile(r"^(?P<parameter>[A-Za-z_]*?[A-Za-z])_?(?P<layer>\d+)$")


def split_name(name: str) -> tuple[str, str]:
    """Layer and parameter: layers.0.W -> (layers.0, W); W1 -> (1, W); weights.0 -> (0, weights)."""
    *above, last = name.split(".")
    if last.isdigit() and above and not above[-1].isdigit():  # one of a list of such arrays
        return ".".join([*above[:-1], last]), above[-1]
    if above and not last.isdigit():
        numbered = _NUMBERED.match(last)
        if not numbered:
            return ".".join(above), last
        return ".".join([*above, numbered["layer"]]), numbered["parameter"]
    numbered = _NUMBERED.match(last)
    if numbered:
        return numbered["layer"], numbered["parameter"]
    return ".".join(above), last
