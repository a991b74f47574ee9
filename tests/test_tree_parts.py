"""gradcheck/tree.py part by part: slots, what is a leaf, what an object holds, what is refused."""

import argparse
import collections
import decimal
import functools
import io
import re
import sys
import types
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pytest

from gradcheck import tree
from gradcheck.tree import Box, Leaf, Slot, attributes, children, collect, is_leaf, leaves, survey

A = np.ones


def found(nest, **options):
    return {leaf.name: leaf.value for leaf in leaves(nest, **options)}


def block(nest):
    ((only,), box) = collect(nest)[::-1]
    return only, box


# --- Slots ----------------------------------------------------------------------------------------


def test_the_path_of_a_slot_names_owners_and_keys():
    inner, outer = [A(1)], {"a": None}
    outer["a"] = inner
    box = Box(outer)
    root = Slot(box, "root", attribute=True)
    slot = Slot(inner, 0, parent=Slot(outer, "a", parent=root))
    assert slot.path == ((id(inner), "0"), (id(outer), "a"))  # in whatever box
    assert root.path == ((id(box), "root"),)
    assert slot.owners == [inner, outer]
    assert root.owners == []
    assert Slot(inner, 0).owners == [inner]


def test_a_slot_follows_what_is_put_in_the_place_of_its_owner():
    nest = {"layers": [A(1), A(2)], "pair": ({"W": A(3)},)}
    first, second, third = (leaf.slot for leaf in leaves(nest))
    new = [A(4), A(5)]
    nest["layers"] = new
    assert first.get() is new[0]
    second.set(A(6))
    assert new[1].shape == (6,)
    nest["pair"] = ({"W": new[0]},)
    assert third.get() is new[0]
    nest["pair"] = 7  # of another kind: what was there counts
    assert third.get().shape == (3,)
    nest["layers"] = [new[0]]  # shorter than it was
    assert second.get().shape == (2,)
    del nest["layers"]
    assert first.get().shape == (1,)


def test_an_owner_that_only_stands_elsewhere_is_still_the_owner():
    """A property may hand out another object every time: what it holds decides."""

    class Net:
        @property
        def layer(self):
            return types.SimpleNamespace(W="new")

    old = types.SimpleNamespace(W="old")
    slot = Slot(old, "W", attribute=True, parent=Slot(Net(), "layer", attribute=True))
    assert slot.get() == "new"
    gone = Slot(old, "W", attribute=True, parent=Slot(Net(), "gone", attribute=True))
    assert gone.get() == "old"


def test_tuples_are_replaced_up_to_the_first_that_can_be_changed():
    nest = [((1.0, Pair(2.0, 3.0)),)]
    slots = {leaf.name: leaf.slot for leaf in leaves(nest)}
    slots["0.0.1.b"].set(7.0)
    slots["0.0.0"].set(5.0)
    assert nest == [((5.0, Pair(2.0, 7.0)),)]
    assert type(nest[0][0][1]) is Pair


def test_tuples_are_replaced_however_deep_they_are():
    nest = (1.0,)
    for _ in range(2000):
        nest = (nest,)
    nest = [nest]
    ((leaf,),) = ([*leaves(nest)],)
    leaf.slot.set(2.0)
    inner = nest[0]
    while isinstance(inner, tuple):
        (inner,) = inner
    assert inner == 2.0
    assert leaf.slot.get() == 2.0


# --- Leaves ---------------------------------------------------------------------------------------


class Pair(NamedTuple):
    W: float
    b: float


class Foreign:
    """As an array of jax: readable, not NumPy's."""

    def __init__(self, values=(1.0, 2.0)):
        self.values = np.array(values)
        self.shape, self.dtype = self.values.shape, self.values.dtype

    def __array__(self, dtype=None, copy=None):
        return np.array(self.values, dtype)


def without(name):
    one = Foreign()
    kind = type("Other", (), {k: v for k, v in vars(Foreign).items() if k == "__array__" != name})
    other = kind()
    vars(other).update({k: v for k, v in vars(one).items() if k != name})
    return other


@pytest.mark.parametrize(
    ("value", "leaf"),
    [
        (A(2), True),
        (np.array([None, 1.0]), False),
        (1.0, True),
        (np.float32(1), True),
        (1, False),
        (True, False),
        ([1.0, 2], True),
        ([1, 2], False),
        ("w", False),
        (Foreign(), True),
        (Foreign, False),
        (np.int64(3), False),
        (without("__array__"), False),
        (without("shape"), False),
        (without("dtype"), False),
    ],
    ids=lambda v: type(v).__name__,
)
def test_what_is_a_leaf(value, leaf):
    assert is_leaf(value) is leaf


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ([1.0], (1,)),
        ([1, 2.0], (2,)),
        ([np.float32(1), 2], (2,)),
        ([[1.0, 2.0]] * 3, (3, 2)),
        ([[[1.0, 2.0]] * 3] * 4, (4, 3, 2)),
        ([], None),
        ([1, 2], None),
        ([1.0, "a"], None),
        ([1.0, [1.0]], None),
        ([[1.0], 1.0], None),
        ([[1.0], [1.0, 2.0]], None),
        ([[1.0], [1]], None),
        ([[]], None),
        ([[[1.0, 2.0], [3.0, 4.0]], [[1.0], [2.0]]], None),
        ((1.0,), None),
    ],
)
def test_the_shape_of_lists_of_floats(value, shape):
    assert tree._list_shape(value, 3) == shape
    assert tree.is_float_list(value) is (shape is not None)


def test_lists_may_be_as_deep_as_arrays():
    assert tree._list_shape([[1.0]], 2) == (1, 1)
    assert tree._list_shape([[1.0]], 1) is None
    nest = [1.0]
    for _ in range(63):
        nest = [nest]
    assert tree.is_float_list(nest)
    assert np.array(nest).ndim == 64
    assert not tree.is_float_list([nest])


def test_numbers_count_where_they_are_asked_for():
    nest = {"i": 3, "f": np.int8(2), "l": [[1], [3]], "no": True, "mixed": [1, "a"], "e": []}
    nest |= {"ragged": [1, [2, 3]]}
    assert found(nest) == {}
    told = {"i": 3, "f": 2, "l": [[1], [3]], "mixed.0": 1, "ragged.0": 1, "ragged.1": [2, 3]}
    assert found(nest, numbers=True) == told
    nest = 1
    for _ in range(70):
        nest = [nest]
    assert list(found(nest, numbers=True)) == ["0.0.0.0.0.0"]  # of what is left 64 axes


def test_a_list_may_be_taken_apart():
    nest = {"a": [1.0, 2.0], "b": [3.0, [4.0]], "c": A(1)}
    apart = found(nest, expand=lambda path: path == ("a",))
    assert list(apart) == ["a.0", "a.1", "b.0", "b.1", "c"]
    assert list(found([1.0, 2.0], expand=lambda path: True)) == ["0", "1"]
    assert list(found([1.0, 2.0], expand=lambda path: False)) == ["params"]


def test_a_tuple_may_stand_in_many_places_and_all_else_is_entered_once():
    pair, layer = (A(1),), {"W": A(2)}
    assert list(found([pair, pair, layer, layer])) == ["0.0", "1.0", "2.W"]


def test_what_was_handed_over_and_what_was_found():
    nest = {"a": [(A(1),)], "o": types.SimpleNamespace(W=A(1), d={"b": A(1)})}
    given = {leaf.name: leaf.given for leaf in leaves(nest)}
    assert given == {"a.0.0": True, "o.W": False, "o.d.b": False}
    names = {"__name__": "m", "__builtins__": {}, "W": A(1), "d": {"b": A(1)}}
    assert {leaf.name: leaf.given for leaf in leaves(names)} == {"W": False, "d.b": False}
    assert [leaf.name for leaf in leaves({"inner": names})] == []


def test_leaves_of_a_slot_and_of_a_box():
    owner = {"x": {"W": A(1)}, "y": A(2)}
    slot = Slot(owner, "x")
    (leaf,) = leaves(slot)
    assert (leaf.path, leaf.slot.parent) == (("W",), slot)
    assert [leaf.name for leaf in leaves(Box(owner))] == ["x.W", "y"]
    assert Leaf((), slot, 1.0).name == "params"


def test_an_attribute_that_refuses_is_passed_over():
    class Shy:
        __slots__ = ("W", "b")

        def __init__(self):
            self.b = A(2)

    assert list(found(Shy())) == ["b"]


# --- What objects hold ----------------------------------------------------------------------------


def test_modules_and_globals():
    module = types.ModuleType("mine")
    module.W, module._hidden, module.In, module.n = A(1), A(2), A(3), {"b": A(4)}
    assert list(found(module)) == ["W", "n.b"]
    (first, _) = leaves(module)
    first.slot.set(A(9))
    assert module.W.shape == (9,)
    assert list(found({"m": module})) == []  # what another module holds is its own
    assert tree.is_namespace(module)
    assert tree.is_namespace({"__name__": "x", "__builtins__": 1})
    assert not tree.is_namespace({"__name__": "x"})
    assert not tree.is_namespace({"__builtins__": 1})
    assert not tree.is_namespace([("__name__", "__builtins__")])


def test_only_bags_of_the_standard_library_are_opened():
    assert list(found(types.SimpleNamespace(W=A(1)))) == ["W"]
    assert list(found(argparse.Namespace(W=A(1)))) == ["W"]
    file = io.StringIO()
    assert list(children(file)) == []
    assert list(children(decimal.Context())) == []
    for value in (
        "text",
        b"x",
        1,
        1j,
        None,
        int,
        len,
        file.read,
        range(3),
        np.random.default_rng(),
    ):
        assert list(children(value)) == []
    assert list(children(i for i in [1])) == []
    assert list(children(lambda: 1)) == []


def test_sequences_and_object_arrays():
    objects = np.empty((2, 1), object)
    objects[0, 0], objects[1, 0] = A(1), {"W": A(2)}
    assert list(found(objects)) == ["0.0", "1.0.W"]
    slots = [slot for _, slot in children(objects, "above")]
    assert [(slot.key, slot.parent) for slot in slots] == [((0, 0), "above"), ((1, 0), "above")]
    own = collections.deque([A(1), A(2)])
    listed = collections.UserList([A(1)])
    assert [name for name, _ in children(listed)] == ["0"]
    assert list(found({"d": own})) in (["d.0", "d.1"], [])
    for holder in ([A(1)], (A(1),), listed, {"0": A(1)}, types.SimpleNamespace(a=A(1))):
        ((_, slot),) = children(holder, "above")
        assert (slot.owner, slot.parent) == (holder, "above")
        assert slot.attribute is isinstance(holder, types.SimpleNamespace)


class Told:
    """Is told of every attribute that is set."""

    def __init__(self):
        vars(self).update(W=1.0, told=[])

    def __setattr__(self, name, value):
        self.told.append((name, value))


def test_attributes_are_set_as_anybody_sets_them():
    owner = Told()
    (leaf,) = (leaf for leaf in leaves(owner) if leaf.name == "W")
    leaf.slot.set(2.0)
    assert owner.told == [("W", 2.0)]


@dataclass(frozen=True)
class Frozen:
    W: float


def test_a_frozen_dataclass_is_written_all_the_same():
    owner = Frozen(1.0)
    (leaf,) = leaves(owner)
    leaf.slot.set(2.0)
    assert owner.W == 2.0


class XLayer:
    __slots__ = ("__W",)

    def __init__(self):
        self.__W = A(2)


def test_private_names_of_slots():
    assert found(XLayer())["_XLayer__W"].shape == (2,)


class Torchlike:
    def __init__(self):
        self.tensors = {"W": A(1), "b": A(2)}

    def named_parameters(self):
        return self.tensors.items()


def test_a_module_names_its_own_parameters():
    assert list(found(Torchlike())) == ["W", "b"]
    assert [slot.key for _, slot in children(Torchlike())] == ["W", "b"]
    assert list(children(Torchlike)) == []


def test_objects_of_installed_packages_are_opened_only_when_handed_over(monkeypatch):
    kind = type("Figure", (), {"__module__": "a_package"})
    figure = kind()
    figure.W = A(1)
    package = types.ModuleType("a_package")
    package.__file__ = tree._site()[0] + "/a_package/__init__.py"
    monkeypatch.setitem(sys.modules, "a_package", package)
    assert list(found(figure)) == ["W"]
    assert list(found({"f": figure})) == ["f.W"]
    assert list(found(types.SimpleNamespace(f=figure))) == []
    package.__file__ = "/home/me/a_package.py"
    assert list(found(types.SimpleNamespace(f=figure))) == ["f.W"]
    package.__file__ = None
    assert list(found(types.SimpleNamespace(f=figure))) == ["f.W"]
    monkeypatch.delitem(sys.modules, "a_package")
    assert list(found(types.SimpleNamespace(f=figure))) == ["f.W"]
    assert not tree._is_library({})
    assert not tree._is_library(A(1))
    assert tree._is_library(pytest.approx(1))
    for kind in (dict, list):
        mine = type("Mine", (kind,), {"__module__": "pytest"})()
        assert not tree._is_library(mine)


class Guarded:
    """`W` behind a property that can be set, `v` behind one that cannot; `up` computes."""

    __slots__ = ("_W", "__dict__", "__private", "_v")

    def __init__(self):
        self._W, self._v, self.__private, self._n = A(1), A(2), A(3), A(4)

    W = property(lambda self: self._W, lambda self, new: setattr(self, "_W", new))
    v = property(lambda self: self._v)
    private = property(lambda self: 1, lambda self, new: None)
    up = property(lambda self: 2 * self._W, lambda self, new: setattr(self, "_W", new / 2))
    w_ = property(lambda self: 1, lambda self, new: None)


def test_attributes_are_called_as_the_user_reads_them():
    assert attributes(Guarded()) == {
        "_n": "_n", "W": "_W", "_v": "_v", "private": "_Guarded__private", "up": "up", "w_": "w_",
    }  # fmt: skip


def test_names_of_slots_and_of_properties():
    class One:
        __slots__ = "only"  # noqa: PLC0205

    class Both:
        def __init__(self):
            self.W, self._W = 1.0, 2.0

        x = property(lambda self: 1)

    class Upper:
        """`w` is no other thing than `_W`."""

        def __init__(self):
            self._W = 1.0

        w = property(lambda self: 1, lambda self, new: None)

    assert attributes(One()) == {"only": "only"}
    assert attributes(Both()) == {"W": "W", "_W": "_W"}
    assert attributes(Upper()) == {"_W": "_W"}
    odd = types.SimpleNamespace()
    vars(odd)[3] = A(1)
    odd.__dunder__ = A(1)
    odd.__half = A(1)
    assert [name for name in attributes(odd) if "half" not in name] == []


# --- Parameters -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "kind", "says"),
    [
        (np.array([1, 2]), TypeError, "w: expected floating-point numbers, got an array of int64. "
         "Use w.astype(float), or leave it out with select."),
        (np.array([True]), TypeError, "w: expected floating-point numbers, got an array of bool. "
         "Use w.astype(float), or leave it out with select."),
        (np.array([1j]), TypeError, "w: expected real floating-point numbers, got an array of "
         "complex128. Split complex parameters into real and imaginary parts, or leave it out with "
         "select."),
        (np.ma.array([1.0]), TypeError, "w: expected a plain array, got a masked one. "
         "Use w.filled(0), and apply the mask inside the loss."),
        (np.array([[1.0, 2.0], [3.0, -np.inf]]), ValueError, "w: expected finite values, got "
         "-inf at [1, 1]. A loss has no slope there; start from finite parameters."),
        (float("nan"), ValueError, "w: expected finite values, got nan. "
         "A loss has no slope there; start from finite parameters."),
    ],
)  # fmt: skip
def test_what_is_no_parameter_is_refused_in_words(value, kind, says):
    with pytest.raises(kind) as error:
        collect({"w": value})
    assert str(error.value) == says


@pytest.mark.parametrize("value", [1.5, np.float32(1.5), np.float64(1.5)])
def test_numbers_are_shown_as_what_they_are(value):
    nest = {"w": value}
    held, _ = block(nest)
    held.values[...] = 2.5
    held.publish()
    assert nest["w"] == 2.5
    assert type(nest["w"]) is type(value)
    assert held.values.dtype == np.asarray(value).dtype
    assert not held.in_place
    held.places = (Slot(nest, "also"),)
    held.values[...] = 3.5
    held.publish()
    assert nest == {"w": 3.5, "also": 3.5}
    assert held.bound() == [(held.slot, 3.5), (held.places[0], 3.5)]
    held.release()
    assert nest == {"w": 1.5, "also": 1.5}
    held.values[...] = 4.5
    held.publish()
    assert nest["w"] == 4.5
    assert type(nest["w"]) is type(value)


def test_what_is_written_in_place_and_what_is_put_in_place():
    w, frozen, swapped = A(2), A(2), A(2).astype(">f8")
    frozen.flags.writeable = False
    nest = {"w": w, "f": frozen, "s": swapped, "l": [[1.0, 2.0]], "x": Foreign()}
    for held in collect(nest)[1]:
        held.values[...] = 7.0
        held.publish()
    assert (w.tolist(), swapped.tolist(), nest["l"]) == ([7, 7], [7, 7], [[7.0, 7.0]])
    assert nest["w"] is w
    assert nest["s"] is swapped
    assert frozen.tolist() == [1, 1]
    assert nest["f"].tolist() == [7, 7]
    assert type(nest["x"]) is np.ndarray
    assert nest["x"].tolist() == [7, 7]
    columns = np.asfortranarray(A((2, 3)))
    columns.flags.writeable = False
    assert collect({"w": columns})[1][0].values.flags.f_contiguous
    assert collect({"w": w})[1][0].in_place
    assert not collect({"f": np.broadcast_to(1.0, 2)})[1][0].in_place


def test_a_property_that_makes_an_array_every_time_is_set():
    class Net:
        def __init__(self):
            self._list = [1.0, 2.0]

        W = property(
            lambda self: np.array(self._list),
            lambda self, new: setattr(self, "_list", new.tolist()),
        )

    net = Net()
    held = {b.name: b for b in collect(net)[1]}
    assert list(held) == ["_list", "W"]
    held["W"].values[...] = [5.0, 6.0]
    held["W"].publish()
    assert net.W.tolist() == [5.0, 6.0]


def test_rebinding_in_another_precision_and_back():
    w = np.asfortranarray(np.arange(6, dtype=np.float32).reshape(2, 3))
    nest = {"w": w, "also": None}
    held, _ = block(nest)
    held.places = (Slot(nest, "also"),)
    assert held.narrow
    held.values[0, 0] = 9.0
    held.rebind(np.float64)
    assert nest["w"] is nest["also"]
    assert nest["w"].dtype == np.float64
    assert nest["w"].flags.f_contiguous
    assert nest["w"][0, 0] == 9.0
    held.values[...] = 4.0
    assert nest["w"].tolist() == [[4.0] * 3] * 2
    assert not held.narrow
    assert w[0, 1] == 1.0
    nest["w"] = None
    held.publish()
    assert nest["w"] is nest["also"]
    held.release()
    assert nest["w"] is w
    assert nest["also"] is w
    assert np.shares_memory(held.values, w)


def test_a_list_of_floats_that_grew_or_shrank_is_filled_anew():
    numbers = [[1.0, 2.0], [3.0, 4.0]]
    held, _ = block([numbers, {}])
    numbers.append([5.0, 6.0])
    held.publish()
    assert numbers == [[1.0, 2.0], [3.0, 4.0]]
    numbers[1] = [3.0]
    held.publish()
    assert numbers == [[1.0, 2.0], [3.0, 4.0]]
    assert type(numbers[0][0]) is float


# --- Tensors ----------------------------------------------------------------------------------


class Tensor:
    """As torch's, which is large to install: memory, a graph, and a device."""

    __module__ = "torch.of_these_tests"

    def __init__(self, values, problem=None):
        self.values, self.problem = values, problem
        self.shape, self.dtype = values.shape, values.dtype

    def detach(self):
        return self

    def numpy(self):
        if self.problem:
            raise self.problem
        return self.values

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("it has a graph")


def test_tensors_are_written_where_they_are():
    tensor = Tensor(A(2, np.float32))
    held, _ = block({"w": tensor})
    held.values[...] = 3.0
    held.publish()
    assert tensor.values.tolist() == [3.0, 3.0]
    assert held.held is tensor
    assert not held.narrow  # none can stand in its place
    assert tree.is_tensor(tensor)
    assert tree.detached(tensor) is tensor.values
    other = type("Tensor", (Tensor,), {"__module__": "mine.torch"})(A(1))
    assert not tree.is_tensor(other)
    assert tree.detached(other) is other
    assert not tree.is_tensor(A(1))


@pytest.mark.parametrize("kind", [RuntimeError, TypeError])
def test_a_tensor_that_cannot_be_read_is_refused_in_words(kind):
    with pytest.raises(TypeError) as error:
        collect({"w": Tensor(A(2), kind("on a GPU"))})
    assert str(error.value) == (
        "params: expected a tensor that NumPy can read, got one that it cannot (on a GPU). "
        "Move it to the CPU, as float64, for the check."
    )


# --- A nest ---------------------------------------------------------------------------------------


def test_what_is_refused_counts_only_while_it_is_there():
    nest = {"w": A(1), "steps": np.array([1, 2])}
    held = survey(nest)
    assert [leaf.name for leaf, _ in held.refused] == ["steps"]
    with pytest.raises(TypeError, match="steps: expected floating"):
        held.refuse()
    nest["steps"] = np.array([1, 2])  # a cache of the loss, made anew
    held.refuse()
    assert survey(types.SimpleNamespace(w=A(1), n=np.array([1]))).refused == []


@pytest.mark.parametrize(
    ("nest", "got"),
    [
        ({}, "an empty dict"),
        ([], "an empty list"),
        ((), "an empty tuple"),
        ({"a": "x"}, "dict without any"),
        (np.zeros(0), "ndarray without any"),
        (3, "int without any"),
    ],
)
def test_nothing_to_check(nest, got):
    with pytest.raises(ValueError, match="params") as error:
        collect(nest)
    assert str(error.value) == (
        f"params: expected at least one floating-point array, got {got}. "
        "Pass an array, or a dict, list, tuple or object that holds arrays."
    )


def test_a_selection_that_fits_nothing():
    nest = {f"w{i}": A(1) for i in range(14)}
    with pytest.raises(ValueError, match="select") as error:
        collect(nest, ["x", "y"])
    names = ", ".join(f"w{i}" for i in range(12))
    assert str(error.value) == (
        f"select: expected a pattern that fits one of {names}, got ['x', 'y']."
    )
    for odd in (3, [1], {"w"}):
        with pytest.raises(TypeError, match="select") as error:
            collect(nest, odd)
        assert str(error.value) == (
            f'select: expected glob patterns, got {odd!r}. Pass a list such as ["*.W", "b?"].'
        )
    with pytest.raises(ValueError, match="params"):
        collect({}, "x")
    with pytest.raises(TypeError, match="steps: expected"):
        collect({"steps": np.array([1])}, "steps")


def test_aliases_have_places_and_are_given_when_one_name_is():
    W, numbers, foreign = A(2), [1.0], Foreign()
    nest = {
        "o": types.SimpleNamespace(W=W, n=numbers, x=foreign),
        "W": W,
        "n": numbers,
        "x": foreign,
    }
    blocks = collect(nest)[1]
    assert [(b.name, b.aliases, b.given) for b in blocks] == [
        ("o.W", ("W",), True), ("o.n", ("n",), True), ("o.x", ("x",), True),
    ]  # fmt: skip
    assert [slot.key for b in blocks for slot in b.places] == ["W", "n", "x"]
    assert len(collect({"a": 1.5, "b": 1.5})[1]) == 2
    (held,) = collect([W, types.SimpleNamespace(W=W)])[1]
    assert (held.name, held.aliases, held.given) == ("0", ("1.W",), True)


def overlap(nest):
    return [b.name for b in collect(nest)[1]]


def test_of_blocks_that_overlap_one_remains():
    base = np.arange(12.0)
    hold = types.SimpleNamespace
    assert overlap(hold(small=base[:4], large=base)) == ["large"]
    assert overlap(hold(large=base, small=base[8:])) == ["large"]
    assert overlap([hold(large=base), base[8:]]) == ["1"]  # what was handed over counts more
    square = base.reshape(3, 4).copy()
    assert overlap(hold(T=square.T, W=square)) == ["W"]
    assert overlap(hold(W=square, T=square.T)) == ["W"]
    assert overlap(hold(a=base[:4], b=base[4:8], c=base[8:])) == ["a", "b", "c"]
    assert overlap(hold(even=base[::2], odd=base[1::2])) == ["even", "odd"]
    assert overlap(hold(a=base[:8], b=base[2:4], c=base[9:], d=base[6:8])) == ["a", "c"]
    assert overlap({"even": base[::2], "odd": base[1::2]}) == ["even", "odd"]
    with pytest.raises(ValueError, match="overlap") as error:
        collect({"one": base[:8], "x": A(1), "two": base[6:]})
    assert str(error.value) == (
        "one and two: expected separate arrays, got two that overlap in memory. "
        "Pass only one of them, or the array that holds both."
    )


def test_many_blocks_of_one_array_overlap_only_where_they_do():
    base = np.arange(100.0)
    hold = types.SimpleNamespace
    parts = {f"p{i:02}": base[10 * i : 10 * i + 10] for i in range(10)}
    assert overlap(hold(**parts)) == sorted(parts)
    assert overlap(hold(**parts, p99=base[95:])) == sorted(parts)
    assert overlap(hold(**parts, whole=base)) == ["whole"]


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("a.0.1", ("a.0", "1")),
        ("a.b.2", ("a.2", "b")),
        ("3", ("", "3")),
        ("W_10", ("10", "W")),
        ("W10b", ("", "W10b")),
        ("a1b2", ("", "a1b2")),
        ("_W1", ("1", "_W")),
        ("net.W_1", ("net.1", "W")),
        ("net.0.b3", ("net.0.3", "b")),
        ("net.w_in", ("net", "w_in")),
        ("W1.x2", ("W1.2", "x")),
    ],
)
def test_more_names(name, split):
    assert tree.split_name(name) == split
    held, _ = block([A(1)])
    held.name = name
    assert (held.layer, held.parameter) == split


def test_the_site_is_looked_up_once():
    assert tree._site() is tree._site()
    assert all(re.search("site-packages|dist-packages", path) for path in tree._site())
    assert isinstance(tree._site, functools._lru_cache_wrapper)
