"""Slips in code as people write it: buffers, lists, objects, properties. The line, kind and fix."""

from types import SimpleNamespace

import pytest
from blamed import examine, line_of, program

from gradcheck.blame import describe, gather
from gradcheck.blame.kinds import exchanged
from gradcheck.blame.syntax import parse

pytestmark = pytest.mark.blame

BUFFERS = """
    import numpy as np
    r = np.random.default_rng(5)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    p = {"A": r.standard_normal((3, 4)), "b": r.standard_normal(4), "B": r.standard_normal((4, 2))}
    h, d, up = np.empty((6, 4)), np.empty((6, 2)), np.empty((6, 4))
    found = [np.empty_like(v) for v in p.values()]
    def forward():
        np.matmul(X, p["A"], out=h)
        np.add(h, p["b"], out=h)
        np.tanh(h, out=h)
        return h @ p["B"]
    def loss():
        return 0.5 * np.sum((forward() - T) ** 2)
    def grads():
        y = forward()
        np.subtract(y, T, out=d)
        np.matmul(d, p["B"].T, out=up)
        np.multiply(up, 1 - h ** 2, out=up)
        np.matmul(X.T, up, out=found[0])
        np.sum(up, axis=0, out=found[1])
        np.matmul(h.T, d, out=found[2])
        return found
"""

LAYERS = """
    import numpy as np
    from collections import namedtuple
    es = np.einsum
    r = np.random.default_rng(6)
    X, T = r.standard_normal((7, 3)), r.standard_normal((7, 2))
    Kept = namedtuple("Kept", "x wide z")
    class Leaky:
        def __init__(self, width):
            self.__slope, self.__count = 0.1 + 0.5 * r.random(width), width
        def forward(self, x, w):
            wide = x + np.sin(x)
            self.__kept = Kept(x, wide, wide @ w)
            return np.where(self.__kept.z > 0, self.__kept.z, self.__slope * self.__kept.z)
        def backward(self, d, w):
            dz = d * np.where(self.__kept.z > 0, 1, self.__slope)
            dx = dz @ w.T * (1 + np.cos(self.__kept.x))
            return es("ni,nj->ij", self.__kept.wide, dz), dx
    layers = [Leaky(4), Leaky(2)]
    p = {"A": r.standard_normal((3, 4)), "B": r.standard_normal((4, 2))}
    def forward():
        x = X
        for layer, w in zip(layers, p.values()):
            x = layer.forward(x, w)
        return x
    def loss():
        return 0.5 * np.sum((forward() - T) ** 2)
    def grads():
        d, found = forward() - T, []
        for layer, w in zip(layers[::-1], [*p.values()][::-1]):
            g, d = layer.backward(d, w)
            found.insert(0, g)
        return found
"""

SAMPLES = """
    import math
    r = [[0.3, -0.7], [1.1, 0.4], [-0.5, 0.9]]
    t = [0.2, -0.4, 0.7]
    import numpy as np
    p = {"w": np.array([[0.5, -0.3], [0.2, 0.8], [-0.6, 0.1]]), "v": np.array([0.7, -0.4, 0.5])}
    def one(x):
        h = [math.atan(sum(w * a for w, a in zip(row, x))) for row in p["w"]]
        return h, sum(v * a for v, a in zip(p["v"], h))
    def loss():
        return sum((one(x)[1] - y) ** 2 for x, y in zip(r, t)) / 3
    def back(x, y):
        h, out = one(x)
        d = 2 * (out - y) / 3
        dw = [[0.0] * 2 for _ in range(3)]
        for j in range(3):
            slope = d * p["v"][j] / (1 + math.tan(h[j]) ** 2)
            for k in range(2):
                dw[j][k] += slope * x[k]
        return [np.array(dw), np.array([d * a for a in h])]
    def grads():
        total = [np.zeros((3, 2)), np.zeros(3)]
        for x, y in zip(r, t):
            more = back(x, y)
            total = [a + b for a, b in zip(total, more)]
        return total
"""

TAPE = """
    import numpy as np
    r = np.random.default_rng(8)
    X, y = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    class Node:
        def __init__(self, value):
            self.value, self.grad = value, None
        def take(self, g):
            self.grad = g if self.grad is None else self.grad + g
    p = {"A": r.standard_normal((3, 4)), "B": r.standard_normal((4, 2))}
    def run():
        a, b = Node(p["A"]), Node(p["B"])
        h = Node(np.tanh(X @ a.value))
        return a, b, h, h.value @ b.value
    def loss():
        a, b, h, out = run()
        return 0.5 * np.sum((out - y) ** 2) + 0.1 * np.sum(h.value ** 2)
    def grads():
        a, b, h, out = run()
        d = out - y
        b.take(h.value.T @ d)
        h.take(d @ b.value.T)
        h.take(0.2 * h.value)
        a.take(X.T @ (h.grad * (1 - h.value ** 2)))
        return [a.grad, b.grad]
"""

RESIDUAL = """
    import numpy as np
    r = np.random.default_rng(9)
    X, T = r.standard_normal((6, 4)), r.standard_normal((6, 4))
    p = {"E": r.standard_normal((4, 4)), "U": r.standard_normal((4, 5))}
    p["D"] = r.standard_normal((5, 4))
    def forward():
        x = X @ p["E"]
        size = np.sqrt((x ** 2).mean(axis=1, keepdims=True) + 1e-5)
        unit = x / size
        h = np.arctan(unit @ p["U"])
        return x, size, unit, h, x + h @ p["D"]
    def loss():
        return 0.5 * np.sum((forward()[-1] - T) ** 2)
    def grads():
        x, size, unit, h, out = forward()
        error = out - T
        dz = error @ p["D"].T / (1 + (unit @ p["U"]) ** 2)
        du = dz @ p["U"].T
        inner = (du * unit).mean(axis=1, keepdims=True)
        dx = (du - unit * inner) / size
        back = error + dx
        return [X.T @ back, unit.T @ dz, h.T @ error]
"""

PAIRS = """
    import numpy as np
    r = np.random.default_rng(10)
    pairs = r.standard_normal((4, 2, 3))
    p = {"W": r.standard_normal((3, 2))}
    found = np.zeros((3, 2))
    def embed(x):
        h = np.tanh(x @ p["W"])
        return h, np.sum(h * h)
    def push(x, h, d):
        found[...] += np.outer(x, d * 2 * h * (1 - h * h))
    def loss():
        return sum(0.5 * (embed(a)[1] - embed(b)[1] - 1) ** 2 for a, b in pairs)
    def grads():
        found[:] = 0
        for left, right in pairs:
            h_left, e_left = embed(left)
            h_right, e_right = embed(right)
            d = e_left - e_right - 1
            push(left, h_left, d)
            push(right, h_right, -d)
        return [found.copy()]
"""

LABELS = """
    import numpy as np
    r = np.random.default_rng(13)
    X, Y = r.standard_normal((7, 4)), np.eye(3)[r.integers(0, 3, 7)]
    p = {"A": r.standard_normal((4, 5)), "B": r.standard_normal((5, 3))}
    def forward():
        h = np.tanh(X @ p["A"])
        e = np.exp(h @ p["B"])
        return h, e / e.sum(axis=1, keepdims=True)
    def loss():
        return -np.mean(np.sum(Y * np.log(forward()[1]), axis=1))
    def grads():
        h, q = forward()
        m = len(X)
        d = (q - Y) / m
        return [X.T @ (d @ p["B"].T * (1 - h ** 2)), h.T @ d]
"""

RATES = """
    import numpy as np
    r = np.random.default_rng(11)
    X, counts = r.standard_normal((9, 3)), r.integers(0, 5, 9).astype(float)
    p = {"w": 0.3 * r.standard_normal(3), "b": np.array([0.2])}
    class Model:
        @property
        def score(self):
            return X @ p["w"] + p["b"]
        @property
        def rate(self):
            return np.exp(self.score)
        @property
        def away(self):
            return np.arctan(self.rate - counts)
        @property
        def back(self):
            z = self.rate - counts
            return self.away / (1 + z ** 2) * np.exp(self.score)
    model = Model()
    def loss():
        return 0.5 * np.sum(model.away ** 2)
    def grads():
        return [X.T @ model.back, np.array([model.back.sum()])]
"""

CASES = {
    "an array subtracted into another": (
        BUFFERS,
        "np.subtract(y, T, out=d)",
        "np.subtract(T, y, out=d)",
        "sign",
    ),
    "a mean written into an array": (
        BUFFERS,
        "np.sum(up, axis=0",
        "np.mean(up, axis=0",
        "bias-reduction",
    ),
    "another product written into one": (
        BUFFERS,
        "np.multiply(up, 1 - h ** 2, out=up)",
        "np.multiply(up, 1 - h, out=up)",
        "wrong-activation-derivative",
    ),
    "a list filled from its other end": (
        LAYERS,
        "found.insert(0, g)",
        "found.append(g)",
        "swapped-gradients",
    ),
    "a function by another name": (LAYERS, '"ni,nj->ij"', '"ni,nj->ji"', "transpose"),
    "a field of a namedtuple": (
        LAYERS,
        "self.__kept.wide, dz)",
        "self.__kept.x, dz)",
        "wrong-operand",
    ),
    "a slope for each unit": (
        LAYERS,
        "d * np.where(self.__kept.z > 0, 1, self.__slope)",
        "d * (self.__kept.z > 0)",
        "wrong-activation-derivative",
    ),
    "a list of arrays that is not added to": (
        SAMPLES,
        "total = [a + b for a, b in zip(total, more)]",
        "total = more",
        "accumulation",
    ),
    "one row for all": (SAMPLES, "[[0.0] * 2 for _ in range(3)]", "[[0.0] * 2] * 3", "aliasing"),
    "an attribute that begins with None": (
        TAPE,
        "self.grad = g if self.grad is None else self.grad + g",
        "self.grad = g",
        "accumulation",
    ),
    "a norm beside a skip": (RESIDUAL, "(du - unit * inner) / size", "du / size", "normalisation"),
    "an axis in a norm": (
        RESIDUAL,
        "(du * unit).mean(axis=1",
        "(du * unit).mean(axis=0",
        "normalisation",
    ),
    "the class of the label alone": (
        LABELS,
        "d = (q - Y) / m",
        "d = -Y * (1 - q) / m",
        "softmax-jacobian",
    ),
    "a power of the sum": (RATES, "(1 + z ** 2)", "(1 + z) ** 2", "wrong-activation-derivative"),
    "what the forward pass applies": (
        RATES,
        "z = self.rate - counts",
        "z = self.score - counts",
        None,
    ),
}


@pytest.mark.parametrize(("text", "right", "wrong", "kind"), CASES.values(), ids=CASES)
def test_the_line_and_the_kind_in_many_styles(text, right, wrong, kind):
    module = program(text, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, wrong)
    assert kind in (found.kind, None)
    assert found.verified or text is RESIDUAL or wrong.startswith("d * (self")


def test_two_variables_in_each_others_place_are_one_mistake_in_two_lines():
    def repair(old, new):
        edit = SimpleNamespace(changes={parse(old): parse(new)})
        return SimpleNamespace(edit=edit, kind="wrong-operand")

    found = [repair("dq", "dk"), repair("h", "z"), repair("dk", "dq")]
    exchanged(found)
    kinds = [one.kind for one in found]
    assert kinds == ["swapped-gradients", "wrong-operand", "swapped-gradients"]


def test_what_one_of_a_pair_gains_the_other_loses():
    module = program(PAIRS, ("        push(right, h_right, -d)\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "push(left, h_left, d)")
    assert "push(right, h_right, -d) is missing" in found.sentence
    assert found.verified


@pytest.mark.parametrize("clear", ["found[:] = 0", "found.fill(0)"])
def test_a_buffer_that_is_never_cleared_is_cleared_where_the_function_begins(clear):
    text = PAIRS.replace("found[:] = 0", clear)
    module = program(text, (f"    {clear}\n", ""))
    found = examine(module).findings[0]
    assert found.kind == "accumulation"
    assert found.lines[0].line == line_of(module, "for left, right in pairs")
    assert "+ found[...] = 0" in found.diff
    assert found.verified


OWN_BUFFERS = """
    import numpy as np
    r = np.random.default_rng(12)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    class Block:
        def __init__(self, *shape):
            self.value, self.grad = r.standard_normal(shape), np.zeros(shape)
    class Net:
        kernel, bias = Block(3, 2), Block(2)
    net = Net()
    net.kernel, net.bias = Net.kernel, Net.bias
    p = {"kernel": net.kernel.value, "bias": net.bias.value}
    def loss():
        return 0.5 * np.sum((X @ p["kernel"] + p["bias"] - T) ** 2)
    def grads():
        net.kernel.grad[:] = 0
        net.bias.grad[:] = 0
        d = X @ p["kernel"] + p["bias"] - T
        net.kernel.grad += X.T @ d
        net.bias.grad += d.sum(axis=0)
        return [net.kernel.grad, net.bias.grad]
"""


def test_the_sibling_of_a_buffer_that_is_cleared():
    module = program(OWN_BUFFERS, ("    net.bias.grad[:] = 0\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "net.kernel.grad[:] = 0")
    assert found.kind == "accumulation"
    assert found.verified


def test_an_error_of_our_own_does_not_end_the_search(monkeypatch):
    def broken(site):
        raise RuntimeError(site.text)
        yield

    monkeypatch.setattr(gather, "RAISE", False)
    monkeypatch.setattr(gather, "ROWS", (*gather.ROWS, broken))
    module = program(BUFFERS, ("np.subtract(y, T, out=d)", "np.subtract(T, y, out=d)"))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "np.subtract(T, y, out=d)")
    assert found.verified


def test_an_error_of_our_own_about_the_kind_leaves_the_line_and_the_fix(monkeypatch):
    def broken(*_):
        raise RuntimeError("kind")

    monkeypatch.setattr(gather, "RAISE", False)
    monkeypatch.setattr(describe, "kind_of", broken)
    module = program(BUFFERS, ("np.subtract(y, T, out=d)", "np.subtract(T, y, out=d)"))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "np.subtract(T, y, out=d)")
    assert found.kind == "sign"
    assert found.verified


def test_a_variable_of_the_user_may_be_called_as_in_our_formulae():
    text = BUFFERS.replace("y = forward()", "y, s = forward(), 2.0")
    module = program(text, ("np.subtract(y, T, out=d)", "np.subtract(T, y, out=d)"))
    assert examine(module).findings[0].verified


GUARDED = """
    import numpy as np
    r = np.random.default_rng(15)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    ran = []
    class Layer:
        def forward(self, x):
            self.x = x
            return x @ p["A"]
    layer = Layer()
    p = {"A": r.standard_normal((3, 2)), "c": np.array([0.3])}
    def out():
        return layer.forward(np.tanh(X * p["c"]))
    def loss():
        if len(X) < 0:
            ran.append("never")
        return 0.5 * np.sum((out() - T) ** 2)
    def grads():
        d = out() - T
        dx = d @ p["A"].T * (1 - layer.x ** 2) * X
        if len(X) < 0:
            ran.append("never")
        return [layer.x.T @ d, np.array([dx.sum()])]
"""


def test_what_is_kept_from_the_first_call_is_set_in_any_case_and_nothing_else_is():
    kept = "if not hasattr(self, 'x'):\n                self.x = x"
    text = GUARDED.replace("self.x = x", kept)
    module = program(text)
    found = examine(module).findings[0]
    assert found.kind == "stale-buffer"
    assert found.lines[0].line == line_of(module, "if not hasattr")
    assert found.verified
    assert not module.ran
