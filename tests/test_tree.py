"""gradcheck/tree.py: any nest or object <-> named blocks, held by owner and key."""

from collections import OrderedDict, UserDict, UserList
from dataclasses import dataclass
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.tree import collect, is_float_list, leaves, split_name


class Pair(NamedTuple):
    W: object
    b: object


floats = st.floats(-9, 9)
arrays = st.lists(st.integers(1, 3), max_size=3).map(lambda shape: np.ones(shape))
leaf = floats | arrays | st.lists(floats, min_size=1, max_size=3)
keys = st.sampled_from(["W", "b", "W1", "layer", "0", "x y"])
nests = st.recursive(
    arrays,
    lambda inner: st.one_of(
        st.dictionaries(keys, inner | leaf, min_size=1, max_size=3),
        st.lists(inner, min_size=1, max_size=3),
        st.lists(inner, min_size=1, max_size=3).map(tuple),
        st.tuples(inner, inner).map(lambda pair: Pair(*pair)),
    ),
    max_leaves=8,
)


def values(nest) -> dict[str, np.ndarray]:
    return {found.name: np.array(found.value, float) for found in leaves(nest)}


@given(nests)
@settings(max_examples=150)
def test_what_is_written_and_published_is_what_the_nest_holds(nest):
    """Writing new values into every block and reading the nest again gives just these values."""
    box, blocks = collect(nest)
    before = values(nest)
    assert [block.name for block in blocks] == list(before)
    for i, block in enumerate(blocks):
        assert block.shape == before[block.name].shape
        block.values[...] = np.arange(block.size).reshape(block.shape) + 100.5 * i
        block.publish()
    after = values(box.root)
    assert list(after) == list(before)
    for i, block in enumerate(blocks):
        expected = np.arange(block.size).reshape(block.shape) + 100.5 * i
        np.testing.assert_array_equal(after[block.name], expected)


@given(nests)
@settings(max_examples=80)
def test_rebinding_and_releasing_leave_the_very_same_objects(nest):
    box, blocks = collect(nest)
    held = [leaf.value for leaf in leaves(box.root)]
    for block in blocks:
        block.rebind(np.longdouble)
    assert all(np.array(x).dtype == np.longdouble for x in (b.slot.get() for b in blocks))
    for block in blocks:
        block.release()
    now = [leaf.value for leaf in leaves(box.root)]
    assert all(a is b for a, b in zip(held, now, strict=True))


class Layer:
    kind = "linear"

    def __init__(self, n):
        self.W, self._hidden, self.name, self.n = np.ones((n, n)), np.zeros(n), "layer", n
        self.parent = self  # a cycle

    @property
    def transposed(self):
        return self.W.T


class Slotted:
    __slots__ = ("W", "b", "unset")

    def __init__(self):
        self.W, self.b = np.ones(2), 0.5


@dataclass
class Record:
    w: np.ndarray
    rate: float


def names(nest) -> list[str]:
    return [found.name for found in leaves(nest)]


def test_names_are_paths():
    A = lambda: np.ones(2)
    objects = np.empty((1, 2), object)
    objects[0, 0], objects[0, 1] = A(), A()
    for nest, expected in [
        (A(), ["params"]),
        (3.0, ["params"]),
        ([1.0, 2.0], ["params"]),
        ([A(), A()], ["0", "1"]),
        ((A(), {"W": A()}), ["0", "1.W"]),
        ({"layers": [{"W": A(), "b": 0.5}]}, ["layers.0.W", "layers.0.b"]),
        (Pair(A(), A()), ["W", "b"]),
        ({1: A(), ("a", 2): A()}, ["1", "('a', 2)"]),
        (OrderedDict(b=A(), a=A()), ["b", "a"]),
        (UserDict(W=A()), ["W"]),
        (UserList([A(), A()]), ["0", "1"]),
        (Layer(2), ["W", "_hidden"]),
        ([Layer(1), Layer(2)], ["0.W", "0._hidden", "1.W", "1._hidden"]),
        (Slotted(), ["W", "b"]),
        (Record(A(), 0.1), ["w", "rate"]),
        (objects, ["0.0", "0.1"]),
        ({"W": A(), "n": 3, "name": "x", "f": len, "none": None}, ["W"]),
    ]:
        assert names(nest) == expected, nest


def test_cycles_end():
    ring = {"W": np.ones(2)}
    ring["self"] = ring
    ring["list"] = [ring, (ring,)]
    assert names(ring) == ["W"]


def test_one_array_under_two_names_is_one_block():
    W = np.ones(2)
    layer = Layer(2)
    _, blocks = collect({"a": W, "deep": [W], "b": np.ones(2), "l1": layer, "l2": layer})
    told = [(block.name, block.aliases) for block in blocks]
    assert ("a", ("deep.0",)) in told
    assert ("b", ()) in told
    assert sum("W" in name for name, _ in told) == 1


def test_what_looks_like_a_list_of_floats():
    for yes in ([1.0], [1.0, 2], [[1.0, 2.0], [3.0, 4.0]], [np.float64(1)]):
        assert is_float_list(yes), yes
    for no in ([], [1, 2], [[1.0], [2.0, 3.0]], (1.0,), ["a"], [np.ones(2)], None):
        assert not is_float_list(no), no


def test_a_tuple_is_replaced_where_it_is_held():
    inner = (1.0, np.ones(2))
    nest = {"pair": inner, "named": Pair(2.0, 3.0)}
    _, blocks = collect(nest)
    by_name = {block.name: block for block in blocks}
    for name, value in [("pair.0", 5.0), ("named.W", 7.0), ("named.b", 8.0)]:
        by_name[name].values[...] = value
        by_name[name].publish()
    assert nest["pair"][0] == 5.0
    assert nest["pair"][1] is inner[1]
    assert nest["named"] == Pair(7.0, 8.0)
    assert type(nest["named"]) is Pair
    assert inner[0] == 1.0


def test_select():
    nest = {"layer1": {"W": np.ones(2), "b": np.ones(1)}, "layer2": {"W": np.ones(3)}}
    for patterns, expected in [
        (None, ["layer1.W", "layer1.b", "layer2.W"]),
        ("*.W", ["layer1.W", "layer2.W"]),
        (["*1.?"], ["layer1.W", "layer1.b"]),
        (["layer2.W", "*.b"], ["layer1.b", "layer2.W"]),
        ("*.[!W]", ["layer1.b"]),
    ]:
        assert [block.name for block in collect(nest, patterns)[1]] == expected
    with pytest.raises(ValueError, match=r"select: .* got '\*.w'"):
        collect(nest, "*.w")


def test_what_is_not_selected_may_be_anything():
    nest = {"W": np.ones(2), "steps": np.array([1, 2]), "bad": np.array([np.nan])}
    assert [block.name for block in collect(nest, "W")[1]] == ["W"]


@pytest.mark.parametrize(
    ("name", "layer", "parameter"),
    [
        ("layers.0.W", "layers.0", "W"),
        ("layer1.b", "layer1", "b"),
        ("W1", "1", "W"),
        ("W_12", "12", "W"),
        ("w_in", "", "w_in"),
        ("enc.W2", "enc.2", "W"),
        ("enc.bias", "enc", "bias"),
        ("W", "", "W"),
        ("0", "", "0"),
        ("weights.0", "0", "weights"),
        ("net.biases.2", "net.2", "biases"),
        ("params", "", "params"),
    ],
)
def test_layer_and_parameter(name, layer, parameter):
    assert split_name(name) == (layer, parameter)


def test_arrays_of_another_byte_order_are_written_in_place():
    w = np.array([1.0, 2.0, 3.0], dtype=">f8")
    (block,) = collect({"w": w})[1]
    block.values[...] = [4.0, 5.0, 6.0]
    block.publish()
    assert w.tolist() == [4.0, 5.0, 6.0]
    assert w.dtype == ">f8"


def test_a_slot_tells_what_to_write_behind_the_name_of_its_nest():
    nest = SimpleNamespace(layers=[{"b": 1.0}, {"b": 2.0}], w=np.ones(2))
    found = {leaf.slot.text: leaf.value for leaf in leaves(nest)}
    assert list(found) == [".layers[0]['b']", ".layers[1]['b']", ".w"]
    assert all(eval(f"nest{text}", {"nest": nest}) is value for text, value in found.items())
    assert [leaf.slot.text for leaf in leaves(1.0)] == [""]
