"""Nets as people write them: parameters are found in any object, and the right ones are judged."""

import array as arrays
import dataclasses
import threading
import types
from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck import check_gradients
from gradcheck.influence import overwritten, responding
from gradcheck.objective import Objective
from gradcheck.tree import attributes, collect, leaves, survey

X = np.random.default_rng(0).normal(size=(6, 3))
Y = np.random.default_rng(1).normal(size=(6, 2))


def start() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    shapes = {"W1": (3, 4), "b1": (4,), "W2": (4, 2), "b2": (2,)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def value(W1, b1, W2, b2) -> float:
    return float(np.mean((np.tanh(X @ W1 + b1) @ W2 + b2 - Y) ** 2))


def gradient(W1, b1, W2, b2, fault: bool) -> dict[str, np.ndarray]:
    """Right, or with the derivative of tanh missing: W1 and b1 are wrong then."""
    h = np.tanh(X @ W1 + b1)
    d2 = 2 * (h @ W2 + b2 - Y) / Y.size
    d1 = d2 @ W2.T if fault else d2 @ W2.T * (1 - h**2)
    return {"W1": X.T @ d1, "b1": d1.sum(0), "W2": h.T @ d2, "b2": d2.sum(0)}


@dataclasses.dataclass
class Style:
    """A net: its loss, where its parameters are, how it tells its gradients; names in order."""

    loss: Callable[..., Any]
    params: Any
    how: dict[str, Any]
    names: list[str]
    notes: str = ""


def by_dict(fault):
    p = start()
    return Style(lambda: value(**p), p, {"grads": lambda: gradient(**p, fault=fault)}, [*start()])


def by_list_of_pairs(fault):
    p = start()
    net = [(p["W1"], p["b1"]), (p["W2"], p["b2"])]

    def grads():
        g = gradient(**p, fault=fault)
        return [(g["W1"], g["b1"]), (g["W2"], g["b2"])]

    return Style(lambda: value(**p), net, {"grads": grads}, ["0.0", "0.1", "1.0", "1.1"])


class OneClass:
    """Attributes W1, b1; data, counters, history and a loss value beside them."""

    def __init__(self, fault):
        vars(self).update(start())
        self.fault, self.X, self.Y = fault, X.copy(), Y.copy()
        self.labels, self.mask = np.arange(6), np.ones(3, bool)
        self.lr, self.epoch, self.history = 0.1, 3, [1.0, 0.5]

    def parts(self):
        return {name: getattr(self, name) for name in ("W1", "b1", "W2", "b2")}

    def loss(self):
        self.h = np.tanh(self.X @ self.W1 + self.b1)
        self.last = value(**self.parts()) + 0 * float(self.X.sum())
        self.history.append(self.last)
        return float(np.mean((self.h @ self.W2 + self.b2 - self.Y) ** 2))

    def backward(self):
        for name, g in gradient(**self.parts(), fault=self.fault).items():
            setattr(self, f"d{name}", g)

    def train(self):
        self.loss()
        self.backward()
        self.epoch += 1
        self.W1 -= self.lr * self.dW1
        self.b1 = self.b1 - self.lr * self.db1
        self.W2 = self.W2 - self.lr * self.dW2
        self.b2 -= self.lr * self.db2


def by_class_storing(fault):
    net = OneClass(fault)
    return Style(net.loss, net, {"grads": net.backward}, [*start()], "X, Y")


def by_class_returning(fault):
    net = OneClass(fault)
    grads = lambda: [gradient(**net.parts(), fault=fault)[n] for n in start()]
    return Style(net.loss, net, {"grads": grads}, [*start()], "X, Y")


def by_class_training(fault):
    net = OneClass(fault)
    return Style(net.loss, net, {"step": net.train, "lr": 0.1}, [*start()], "X, Y")


class Layer:
    """The layer of many tutorials: weights, dweights, inputs and dinputs side by side."""

    def __init__(self, W, b, tanh, fault=False):
        self.weights, self.biases, self.tanh, self.fault = W, b.reshape(1, -1), tanh, fault

    def forward(self, inputs):
        self.inputs = inputs
        z = inputs @ self.weights + self.biases
        self.output = np.tanh(z) if self.tanh else z
        return self.output

    def backward(self, dvalues):
        if self.tanh and not self.fault:
            dvalues = dvalues * (1 - self.output**2)
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.sum(axis=0, keepdims=True)
        self.dinputs = dvalues @ self.weights.T
        return self.dinputs

    def update(self, rate):
        self.weights += -rate * self.dweights
        self.biases += -rate * self.dbiases


class Layers:
    def __init__(self, fault):
        p = start()
        first = Layer(p["W1"], p["b1"], True, fault)
        self.layers = [first, Layer(p["W2"], p["b2"], False)]

    def forward(self):
        x = X
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def loss(self):
        return np.mean((self.forward() - Y) ** 2)

    def backward(self):
        d = 2 * (self.forward() - Y) / Y.size
        for layer in reversed(self.layers):
            d = layer.backward(d)

    def train(self, lr):
        self.backward()
        for layer in self.layers:
            layer.update(lr)


LAYER_NAMES = ["layers.0.weights", "layers.0.biases", "layers.1.weights", "layers.1.biases"]


def by_layers_storing(fault):
    net = Layers(fault)
    return Style(net.loss, net, {"grads": net.backward}, LAYER_NAMES)


def by_layers_stored_already(fault):
    net = Layers(fault)
    net.backward()
    return Style(net.loss, net, {}, LAYER_NAMES)


def by_list_of_layers(fault):
    net = Layers(fault)
    names = [name.removeprefix("layers.") for name in LAYER_NAMES]
    return Style(net.loss, net.layers, {"grads": net.backward}, names)


def by_layers_training(fault):
    net = Layers(fault)
    return Style(net.loss, net, {"step": net.train, "lr": 0.05}, LAYER_NAMES)


def by_layer_dicts(fault):
    """As in the question: caches in the same dicts; gradients from the last layer to the first."""
    p = start()
    layers = [
        {"W": p["W1"], "b": p["b1"][:, None], "type": "hidden"},
        {"W": p["W2"], "b": p["b2"][:, None], "type": "output"},
    ]

    def forward():
        x = X
        for layer in layers:
            layer["input"] = x
            z = layer["output"] = x @ layer["W"] + layer["b"].T
            x = layer["active"] = np.tanh(z) if layer["type"] == "hidden" else z
        return x

    def grads():
        d = 2 * (forward() - Y) / Y.size
        found = []
        for layer in reversed(layers):
            if layer["type"] == "hidden" and not fault:
                d = d * (1 - layer["active"] ** 2)
            found.append({"b": d.sum(0)[:, None], "W": layer["input"].T @ d})
            d = d @ layer["W"].T
        return found

    forward()
    names = ["0.W", "0.b", "1.W", "1.b"]
    return Style(lambda: np.mean((forward() - Y) ** 2), layers, {"grads": grads}, names, "reverse")


SCRIPT = """
import numpy as np
lr, epochs, _hidden = 0.1, 10, np.ones(3)

def forward():
    global h
    h = np.tanh(X @ W1 + b1)
    return h @ W2 + b2

def loss():
    return np.mean((forward() - Y) ** 2)

def train():
    global W1, b1, W2, b2
    error = 2 * (forward() - Y) / Y.size
    back = error @ W2.T if fault else error @ W2.T * (1 - h**2)
    W2 = W2 - lr * h.T @ error
    b2 -= lr * error.sum(0)
    W1 -= lr * X.T @ back
    b1 = b1 - lr * back.sum(0)

def backward():
    global dW1, db1, dW2, db2
    error = 2 * (forward() - Y) / Y.size
    back = error @ W2.T if fault else error @ W2.T * (1 - h**2)
    dW2, db2, dW1, db1 = h.T @ error, error.sum(0), X.T @ back, back.sum(0)
"""


def script(fault) -> types.ModuleType:
    module = types.ModuleType("script")
    exec(SCRIPT, vars(module))
    vars(module).update(start(), X=X.copy(), Y=Y.copy(), fault=fault)
    return module


def by_globals_training(fault):
    m = script(fault)
    return Style(m.loss, vars(m), {"step": m.train}, [*start()], "X, Y")


def by_globals_storing(fault):
    m = script(fault)
    return Style(m.loss, vars(m), {"grads": m.backward}, [*start()], "X, Y")


def by_module(fault):
    m = script(fault)
    return Style(m.loss, m, {"step": m.train, "lr": 0.1}, [*start()], "X, Y")


class Slotted:
    __slots__ = ("W1", "W2", "b1", "b2", "cache")


def by_slots(fault):
    net = Slotted()
    for name, array in start().items():
        setattr(net, name, array)
    parts = lambda: {name: getattr(net, name) for name in start()}
    grads = lambda: {f"grad_{n}": g for n, g in gradient(**parts(), fault=fault).items()}
    return Style(lambda: value(**parts()), net, {"grads": grads}, ["W1", "W2", "b1", "b2"])


class Guarded:
    """Properties that check what is set."""

    def __init__(self):
        self._W1, self.__b1, self._W2, self._b2 = start().values()

    def _property(name):  # noqa: N805
        def put(self, array):
            assert array.shape == getattr(self, name).shape
            setattr(self, name, array)

        return property(lambda self: getattr(self, name), put)

    W1, b1, W2, b2 = map(_property, ("_W1", "_Guarded__b1", "_W2", "_b2"))


def by_properties(fault):
    net = Guarded()

    def train(lr=0.1):
        parts = {name: getattr(net, name) for name in start()}
        for name, g in gradient(**parts, fault=fault).items():
            setattr(net, name, getattr(net, name) - lr * g)

    loss = lambda: value(**{name: getattr(net, name) for name in start()})
    return Style(loss, net, {"step": train}, [*start()])


@dataclasses.dataclass(frozen=True)
class Frozen:
    W1: np.ndarray
    b1: list[float]
    W2: np.ndarray
    b2: list[float]


def by_frozen_dataclass(fault):
    p = start()
    net = Frozen(p["W1"], p["b1"].tolist(), p["W2"], p["b2"].tolist())
    parts = lambda: {name: np.asarray(getattr(net, name)) for name in start()}
    grads = lambda: tuple(gradient(**parts(), fault=fault).values())
    return Style(lambda: value(**parts()), net, {"grads": grads}, [*start()])


def by_functions(fault):
    """params = step(params): nothing is changed, everything returned."""
    step = lambda p: {n: p[n] - 0.1 * g for n, g in gradient(**p, fault=fault).items()}
    return Style(lambda p: value(**p), start(), {"step": step, "lr": 0.1}, [*start()])


STYLES = [make for name, make in list(globals().items()) if name.startswith("by_")]


@pytest.mark.parametrize("make", STYLES, ids=lambda make: make.__name__)
def test_right_agrees_and_precisely_the_wrong_disagree(make):
    for fault in (False, True):
        net = make(fault)
        report = check_gradients(net.loss, net.params, **net.how)
        assert [block.name for block in report] == net.names
        wrong = [n for n in net.names if n in ("W1", "b1") or "0" in n.split(".")[:-1]]
        assert [block.name for block in report.wrong] == (wrong if fault else [])
        assert net.notes in " ".join(report.notes)
        assert net.notes or not report.notes
        assert report.evaluations <= (420 if fault else 110)


@pytest.mark.parametrize("make", STYLES, ids=lambda make: make.__name__)
def test_everything_is_as_it_was(make):
    net = make(False)
    before = picture(net.params)
    check_gradients(net.loss, net.params, **net.how)
    assert picture(net.params) == before


def picture(root):
    return {
        leaf.name: (id(leaf.value), np.asarray(leaf.value).tobytes())
        if isinstance(leaf.value, np.ndarray)
        else repr(leaf.value)
        for leaf in leaves(root)
    }


# --- What the walk finds --------------------------------------------------------------------------


def names(root):
    return [leaf.name for leaf in leaves(root)]


def test_names_of_attributes():
    assert attributes(Guarded()) == {
        "W1": "_W1", "b1": "_Guarded__b1", "W2": "_W2", "b2": "_b2",
    }  # fmt: skip
    assert names(types.SimpleNamespace(_W=np.ones(1), n=3)) == ["_W"]


def test_a_property_without_storage_of_its_name_is_an_attribute():
    class Views:
        """W is cut out of theta every time: a new array, which writing to would change nothing."""

        def __init__(self):
            self.store = {"theta": [1.0, 2.0]}

        W = property(
            lambda self: np.array(self.store["theta"]),
            lambda self, array: self.store.update(theta=array.tolist()),
        )

    net = Views()
    report = check_gradients(lambda: float(net.W @ net.W), net, {"W": [2.0, 4.0]}, select="W")
    assert report
    assert net.store == {"theta": [1.0, 2.0]}


def test_integers_data_and_files_inside_objects_are_no_parameters(tmp_path):
    with (tmp_path / "log").open("w") as log:
        net = types.SimpleNamespace(
            W=np.ones(2), labels=np.arange(3), mask=np.ones(2, bool), log=log, rng=np.random,
            nan=np.array([np.nan]), z=np.ones(1, complex), timer=threading.Timer(5.0, print),
        )  # fmt: skip
        nest = survey(net)
    assert [block.name for block in nest.blocks] == ["W"]
    assert not nest.refused


def test_objects_of_installed_packages_are_entered_only_when_handed_over():
    from hypothesis import settings

    knobs = types.new_class("Knobs")()
    knobs.W = np.ones(1)
    type(knobs).__module__ = settings.__module__
    assert names({"a": knobs}) == ["a.W"]
    assert names(types.SimpleNamespace(a=knobs, b=np.ones(1))) == ["b"]


def test_of_overlapping_arrays_in_an_object_the_whole_is_kept():
    theta = np.arange(1.0, 7.0)
    net = types.SimpleNamespace(W=theta[:4].reshape(2, 2), theta=theta, b=theta[4:])
    assert [block.name for block in collect(net)[1]] == ["theta"]


def test_tied_weights_are_one_block_with_two_names():
    net = Layers(False)
    net.layers[1].tied = net.layers[0].weights
    (block,) = [b for b in survey(net).blocks if b.name == "layers.0.weights"]
    assert block.aliases == ("layers.1.tied",)


@pytest.mark.parametrize("dtype", ["f8", "f4"])
@pytest.mark.parametrize("right", [True, False])
def test_tied_weights_may_be_a_view(dtype, right):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(5, 6)).astype(dtype)
    net = types.SimpleNamespace(W_enc=rng.normal(size=(6, 3)).astype(dtype))
    net.A_dec = net.W_enc.T

    def loss():
        net.h = np.tanh(X @ net.W_enc)
        net.e = net.h @ net.A_dec - X
        return np.mean(net.e**2)

    def backward():
        loss()
        d = 2 * net.e / net.e.size
        net.dW_enc = X.T @ (d @ net.W_enc * (1 - net.h**2)) + right * (d.T @ net.h)

    report = check_gradients(loss, net, backward)
    assert [(block.name, block.verdict) for block in report] == [
        ("W_enc", "agrees" if right else "disagrees")
    ]
    assert net.A_dec.base is net.W_enc


def test_a_deep_graph_is_walked_without_recursion():
    node = None
    for _ in range(3000):
        node = types.SimpleNamespace(below=node, W=np.ones(1))
    assert len(names(node)) == 3000


def test_an_integer_cache_in_a_given_nest_is_passed_over_and_an_integer_parameter_refused():
    p = {"W": np.array([1.0, 2.0]), "index": np.array([0])}

    def loss():
        p["index"] = np.argmax(p["W"], keepdims=True)
        return float(p["W"] @ p["W"])

    assert check_gradients(loss, p, lambda: {"W": 2 * p["W"]})
    with pytest.raises(TypeError, match=r"index: expected floating-point numbers, got an array"):
        check_gradients(lambda: float(p["W"] @ p["W"]), p, lambda: {"W": 2 * p["W"]})


# --- The experiments ------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 30), max_size=5), st.integers(31, 40))
def test_responding_finds_what_the_loss_reads_in_few_evaluations(read, n):
    net = [np.array([1.0 + k]) for k in range(n)]
    box, blocks = collect(net)
    objective = Objective(lambda: float(sum(net[k][0] ** 2 for k in read)), box)
    found = responding(objective, blocks)
    assert sorted(int(block.name) for block in found) == sorted(read)
    assert objective.evaluations <= 3 + 12 * len(read)
    assert [w[0] for w in net] == [1.0 + k for k in range(n)]


def test_overwritten_tells_caches_from_parameters_and_data():
    net = OneClass(False)
    net.loss()
    net.alias = net.X  # the very array that the loss reads by another name
    layer = Layers(False)
    layer.loss()
    for root, loss, caches in [
        (net, net.loss, {"h", "last"}),
        (layer, layer.loss, {"layers.0.inputs", "layers.0.output", "layers.1.output"}),
    ]:
        box, blocks = collect(root)
        before = picture(root)
        found = overwritten(Objective(loss, box), blocks)
        assert {blocks[i].name for i in found} - {"history"} == caches
        after = picture(root)
        assert {k for k in before if before[k] != after[k]} <= caches | {
            "history",
            "layers.1.inputs",
        }


def test_a_gradient_that_is_missing_in_an_object_is_noted():
    net = OneClass(False)

    def grads():
        return {f"d{n}": g for n, g in gradient(**net.parts(), fault=False).items() if n != "b1"}

    report = check_gradients(net.loss, net, grads)
    assert [block.name for block in report] == ["W1", "W2", "b2"]
    (note,) = report.notes
    assert note == (
        "Not checked, because no gradient was found, though the loss depends on them: b1, X, Y."
    )


SCALAR_BIAS = """
w, b = np.ones((3, 1)), 0.3

def loss():
    return float(np.mean((X @ w + b) ** 2))

def gradients(fault=1.0):
    e = 2 * (X @ w + b) / len(X)
    return {"dw": X.T @ e, "db": fault * float(e.sum()), "dA": e}

def step(lr):
    global w, b
    g = gradients()
    w, b = w - lr * g["dw"], b - lr * g["db"]
"""


@pytest.mark.parametrize("mode", ["right", "wrong", "step"])
def test_a_number_handed_over_by_its_name_is_the_variable(mode):
    names = {"np": np, "X": np.random.default_rng(0).normal(size=(5, 3)), "__name__": "script"}
    exec(SCALAR_BIAS, names)
    before = names["w"], names["b"]
    params = {"w": names["w"], "b": names["b"]}
    if mode == "step":
        report = check_gradients(names["loss"], params, step=names["step"], lr=0.1)
    else:
        fault = 1.0 if mode == "right" else 5.0
        report = check_gradients(names["loss"], params, lambda: names["gradients"](fault))
        assert any("dA too, of no parameter" in note for note in report.notes)
    found = [block.name for block in report.blocks if block.verdict != "agrees"]
    assert found == (["b"] if mode == "wrong" else [])
    assert names["w"] is before[0]
    assert names["b"] == before[1]


class Scalar:
    """A number that knows its gradient, as in engines of automatic differentiation."""

    def __init__(self, data):
        self.data, self.grad = data, 0.0


@pytest.mark.parametrize("fault", [1.0, 1.1])
def test_one_number_in_many_objects_is_as_many_parameters(fault):
    """Python keeps one 0.1 for all neurons that begin with it: they are not tied."""
    start = 0.1
    net = types.SimpleNamespace(
        weights=[Scalar(0.3), Scalar(-0.7), Scalar(0.5)],
        biases=[Scalar(start), Scalar(start), Scalar(start)],
    )

    def loss():
        return sum(
            float(np.tanh(x * w.data + b.data)) * (i + 1)
            for i, (w, b) in enumerate(zip(net.weights, net.biases, strict=True))
            for x in (0.5, -0.2, 1.5)
        )

    def grads():
        for i, (w, b) in enumerate(zip(net.weights, net.biases, strict=True)):
            w.grad = b.grad = 0.0
            for x in (0.5, -0.2, 1.5):
                slope = (i + 1) * (1 - np.tanh(x * w.data + b.data) ** 2)
                w.grad += x * float(slope)
                b.grad += float(slope) * (fault if i == 1 else 1.0)

    report = check_gradients(loss, net, grads)
    assert len(report.blocks) == 6
    found = [block.name for block in report.blocks if block.verdict != "agrees"]
    assert found == ([] if fault == 1.0 else ["biases.1.data"])
    assert all(b.data is start for b in net.biases)


class WholeBias:
    """A regression that begins with b = 0, among other whole numbers: sizes, labels, a factor."""

    def __init__(self, b, fault, w=None):
        self.w = np.random.default_rng(5).normal(size=3) if w is None else w
        self.b, self.fault = b, fault
        self.n_in, self.k, self.y, self.sizes = 3, 2, np.array([1, 0, 1, 0, 1, 0]), [3, 1]

    def errors(self):
        return np.ravel(X[:, : self.n_in] @ (self.w * np.ones(3)) + self.b) - self.y

    def loss(self):
        return float(self.k * np.mean(self.errors() ** 2))

    def parts(self):
        d = 2 * self.k * self.errors() / len(X)
        self.dy = d
        dw = X.T @ d
        return {"dw": dw if np.shape(self.w) else dw.sum(), "db": self.fault * d.sum()}

    def store(self):
        self.dw, self.db = self.parts().values()

    def tuple(self):
        return tuple(self.parts().values())

    def keepdims(self):
        parts = self.parts()
        return {"dw": parts["dw"].ravel(), "db": parts["db"].reshape(1, 1)}

    def step(self, lr=0.1):
        parts = self.parts()
        self.w = self.w - lr * parts["dw"]
        self.b = self.b - lr * parts["db"]

    def train(self, lr=0.1):
        before = self.loss()
        self.step(lr)
        return before


WHOLE = {"0": 0, "3": 3, "NumPy": np.int64(0), "array": np.array(0)}


@pytest.mark.parametrize("how", ["store", "parts", "tuple", "keepdims", "step", "train"])
@pytest.mark.parametrize("b", WHOLE.values(), ids=WHOLE)
@pytest.mark.parametrize("fault", [1, -1])
def test_a_whole_number_with_a_gradient_is_a_parameter(how, b, fault):
    """And its gradient is judged; sizes and labels are none, though y lies beside dy."""
    net = WholeBias(b, fault)
    loss = net.train if how == "train" else net.loss
    if how in ("step", "train"):
        source = {"step": net.step, "lr": 0.1}
    else:
        source = {"grads": getattr(net, how)}
    report = check_gradients(loss, net, explain=False, **source)
    assert [block.name for block in report] == ["w", "b"]
    assert [block.name for block in report.wrong] == ([] if fault == 1 else ["b"])
    assert net.b is b


@pytest.mark.parametrize("how", ["store", "parts", "tuple", "step"])
@pytest.mark.parametrize("fault", [1, -1])
def test_all_parameters_may_be_whole_numbers(how, fault):
    net = WholeBias(0, fault, w=2)
    source = {"step": net.step, "lr": 0.1} if how == "step" else {"grads": getattr(net, how)}
    report = check_gradients(net.loss, net, explain=False, **source)
    assert [block.name for block in report] == ["w", "b"]
    assert [block.name for block in report.wrong] == ([] if fault == 1 else ["b"])
    assert (net.w, net.b) == (2, 0)
    assert type(net.w) is type(net.b) is int


class ManyOutputs(WholeBias):
    """One b = 0 for two outputs: with the first update it is an array."""

    def __init__(self):
        super().__init__(0, 1, np.random.default_rng(5).normal(size=(3, 2)))

    def errors(self):
        return X @ self.w + self.b - Y

    def parts(self):
        d = 2 * self.k * self.errors() / len(X) / 2
        return {"dw": X.T @ d, "db": d.sum(axis=0)}


class Brittle(WholeBias):
    """Its gradient has two axes, and its code works with none."""

    def keepdims(self):
        assert np.ndim(self.b) == 0
        return super().keepdims()


@pytest.mark.parametrize("how", ["parts", "store", "step", "without", "keepdims"])
def test_a_whole_number_that_cannot_be_checked_is_told(how):
    net = Brittle(0, 1) if how == "keepdims" else ManyOutputs()
    net.without = lambda: {"dw": net.parts()["dw"]}
    source = {"step": net.step, "lr": 0.1} if how == "step" else {"grads": getattr(net, how)}
    report = check_gradients(net.loss, net, explain=False, **source)
    assert report
    assert [block.name for block in report] == ["w"]
    assert report.notes == (
        "Not checked, because whole numbers without a gradient of their shape are no parameters, "
        "though the loss depends on them: b. Begin with floats, in the shape of the gradient.",
    )
    assert net.b == 0
    assert type(net.b) is int


def test_whole_numbers_of_a_dict_are_parameters_by_their_gradients():
    p = {"w": 2, "b": -0.2, "n": 3, "c": [1, 2]}

    def loss():
        return (p["w"] * p["n"] + p["b"] - 1) ** 2 + 0.5 * p["c"][0] ** 2 * p["c"][1]

    def grads():
        d = 2 * (p["w"] * p["n"] + p["b"] - 1)
        c = p["c"]
        return {"w": p["n"] * d, "b": d, "c": [c[0] * c[1], 0.6 * c[0] ** 2]}

    report = check_gradients(loss, p, grads, explain=False)
    assert [(block.name, block.verdict) for block in report] == [
        ("w", "agrees"), ("b", "agrees"), ("c", "disagrees"),
    ]  # fmt: skip
    assert p == {"w": 2, "b": -0.2, "n": 3, "c": [1, 2]}
    assert type(p["w"]) is type(p["c"][0]) is int


def test_a_whole_number_that_the_step_alone_trains_is_put_back_between_steps():
    net = WholeBias(0, 1)
    assert check_gradients(net.loss, net, step=net.step, lr=0.1, select="w")


FORMS = {
    "deque": lambda values: deque(values),
    "array": lambda values: arrays.array("d", values),
    "float32": lambda values: arrays.array("f", values),
    "memory": lambda values: memoryview(np.array(values)),
    "read-only memory": lambda values: memoryview(np.array(values).tobytes()).cast("d"),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("fault", [1, -1])
@pytest.mark.parametrize("found", [False, True])
def test_floats_in_containers_of_the_standard_library_are_parameters(form, fault, found):
    net = types.SimpleNamespace(W=np.random.default_rng(3).normal(size=(3, 2)), b=form([0.1, 0.2]))
    params = net if found else vars(net)
    held, before = net.b, list(net.b)

    def errors():
        return X @ net.W + np.asarray(net.b) - Y

    def grads():
        d = 2 * errors() / Y.size
        return {"W": X.T @ d, "b": fault * d.sum(axis=0)}

    report = check_gradients(lambda: float(np.mean(errors() ** 2)), params, grads, explain=False)
    assert [block.name for block in report] == ["W", "b"]
    assert [block.name for block in report.wrong] == ([] if fault == 1 else ["b"])
    assert net.b is held
    assert list(net.b) == before


class Annealed(WholeBias):
    """The step lowers a temperature that the loss reads."""

    def __init__(self):
        super().__init__(0.5, 1)
        self.temperature, self.t = 1, 0

    def loss(self):
        return super().loss() * (1 + self.temperature)

    def step(self, lr=0.1):
        super().step(lr * (1 + self.temperature))
        self.temperature *= 0.9
        self.t += 1


def test_a_whole_number_that_a_step_changes_otherwise_is_no_parameter():
    net = Annealed()
    report = check_gradients(net.loss, net, step=net.step, lr=0.1, explain=False)
    assert "temperature" not in [block.name for block in report]
    assert not report.wrong
    assert any("Not checked" in note and "temperature" in note for note in report.notes)
    assert (net.temperature, net.t) == (1, 0)


class OnGrid(WholeBias):
    """Whole numbers and steps of a grid that the loss reads: nothing is a gradient of another."""

    def __init__(self):
        super().__init__(0.5, 1)
        self.x0, self.dx, self.t, self.dt, self.r, self.dr = 0, 0.1, 1, 0.2, 2, 0.3

    def loss(self):
        grid = self.x0 + self.dx * np.arange(3) + self.t * self.dt + self.r * self.dr
        return super().loss() * (1 + float(grid @ grid))

    def store(self):
        scale = self.loss() / super().loss()
        self.dw, self.db = (scale * g for g in self.parts().values())


def test_steps_of_a_grid_are_no_gradients_of_whole_numbers():
    net = OnGrid()
    report = check_gradients(net.loss, net, net.store, explain=False)
    assert report
    assert [block.name for block in report] == ["w", "b"]
    assert not any("whole" in note for note in report.notes)


class Pair:
    """Two layers, with biases of one size."""

    def __init__(self):
        rng = np.random.default_rng(0)
        self.W1, self.b1, self.W2 = rng.normal(size=(3, 4)), np.zeros(4), rng.normal(size=4)


def of_pair(names):
    net, rng = Pair(), np.random.default_rng(1)
    X, y = rng.normal(size=(7, 3)), rng.normal(size=7)

    def loss():
        return np.mean((np.tanh(X @ net.W1 + net.b1) @ net.W2 - y) ** 2)

    def grads():
        h = np.tanh(X @ net.W1 + net.b1)
        e = 2 * (h @ net.W2 - y) / len(y)
        dz = np.outer(e, net.W2)  # without the derivative of tanh
        return dict(zip(names, (X.T @ dz, dz.sum(axis=0), h.T @ e), strict=True))

    return loss, net, grads


@pytest.mark.parametrize(
    "names",
    [("dW1", "db1", "W2"), ("W1", "db1", "W2_grad"), ("grad_W1", "b1", "W2"), ("w1", "b1", "W2")],
)
def test_gradients_are_known_by_their_names_though_one_has_that_of_its_parameter(names):
    report = check_gradients(*of_pair(names))
    assert {b.name: b.verdict for b in report} == {
        "W2": "agrees",
        "W1": "disagrees",
        "b1": "disagrees",
    }
    assert report.unchecked == ()


@pytest.mark.parametrize("name", ["c1", "x", "bb"])
def test_a_returned_gradient_that_finds_no_parameter_is_refused(name):
    loss, net, grads = of_pair(("W1", name, "W2"))
    told = rf"grads: .* got {name} of shape \(4,\). Is it that of b1\? Name it so"
    with pytest.raises(ValueError, match=told):
        check_gradients(loss, net, grads)
