"""Slips of many classes, each in a small program: the line, and the fix that was tried."""

import pytest
from blamed import examine, line_of, program

from gradcheck import check_gradients

pytestmark = pytest.mark.blame

RECURRENT = """
    import numpy as np
    r = np.random.default_rng(1)
    X, T = r.standard_normal((5, 3)), r.standard_normal(4)
    p = {"W": r.standard_normal((4, 3)), "U": 0.5 * r.standard_normal((4, 4))}
    def run():
        hs = [np.zeros(4)]
        for x in X:
            hs.append(np.tanh(p["W"] @ x + p["U"] @ hs[-1]))
        return hs
    def loss():
        return 0.5 * sum(np.sum((h - T) ** 2) for h in run()[1:])
    def grads():
        hs = run()
        dW, dU, carry = np.zeros((4, 3)), np.zeros((4, 4)), np.zeros(4)
        for t in range(len(X), 0, -1):
            dz = (hs[t] - T + carry) * (1 - hs[t] ** 2)
            dW += np.outer(dz, X[t - 1])
            dU += np.outer(dz, hs[t - 1])
            carry = p["U"].T @ dz
        return [dW, dU]
"""

SENSITIVITY = """
    import numpy as np
    r = np.random.default_rng(2)
    y = r.standard_normal(9)
    p = {"c": np.array([0.3]), "a": np.array([0.4]), "b": np.array([-0.3])}
    def residuals():
        e = np.zeros(9)
        for t in range(1, 9):
            e[t] = y[t] - p["c"][0] - p["a"][0] * y[t - 1] - p["b"][0] * e[t - 1]
        return e
    def loss():
        e = residuals()
        return 0.5 * e @ e
    def grads():
        e = residuals()
        dc, da, db = np.zeros((3, 9))
        for t in range(1, 9):
            dc[t] = -1 - p["b"][0] * dc[t - 1]
            da[t] = -y[t - 1] - p["b"][0] * da[t - 1]
            db[t] = -e[t - 1] - p["b"][0] * db[t - 1]
        return [np.array([e @ dc]), np.array([e @ da]), np.array([e @ db])]
"""

GATHERED = """
    import numpy as np
    r = np.random.default_rng(3)
    X = r.standard_normal((2, 3, 6))
    at = np.arange(4)[:, None] + np.arange(3)
    p = {"K": r.standard_normal((3, 2)), "V": r.standard_normal((3, 6))}
    def run():
        H = np.tanh(X * p["V"])
        return H, H[:, :, at]
    def loss():
        _, cols = run()
        return 0.5 * np.sum(np.einsum("nctk,cf->nftk", cols, p["K"]).sum(-1) ** 2)
    def grads():
        H, cols = run()
        out = np.einsum("nctk,cf->nftk", cols, p["K"]).sum(-1)
        wide = np.repeat(out[..., None], 3, axis=-1)
        dK = np.einsum("nctk,nftk->cf", cols, wide)
        dcols = np.einsum("nftk,cf->nctk", wide, p["K"])
        dH = np.zeros_like(H)
        np.add.at(dH, (slice(None), slice(None), at), dcols)
        return [dK, ((1 - H ** 2) * dH * X).sum(0)]
"""

WIDTHS = """
    import numpy as np
    r = np.random.default_rng(4)
    X, y = r.standard_normal((7, 3)), r.standard_normal(7)
    sq = (X[:, None, :] - X[None, :, :]) ** 2
    p = {"w": r.standard_normal(3)}
    def loss():
        K = np.exp(-0.5 * (sq * np.exp(p["w"])).sum(-1))
        return 0.5 * y @ K @ y
    def grads():
        K = np.exp(-0.5 * (sq * np.exp(p["w"])).sum(-1))
        out = np.zeros(3)
        for j in range(3):
            dK = -0.5 * K * sq[:, :, j] * np.exp(p["w"][j])
            out[j] = 0.5 * y @ dK @ y
        return [out]
"""

FLIPPED = """
    import numpy as np
    from numpy.lib.stride_tricks import sliding_window_view as windows
    r = np.random.default_rng(5)
    X = r.standard_normal((2, 5, 6))
    p = {"K": r.standard_normal((2, 2, 3)), "V": r.standard_normal((2, 5, 6))}
    def seen():
        return windows(X * p["V"], (2, 3), axis=(1, 2))
    def loss():
        return 0.5 * np.sum(np.einsum("chwij,cij->hw", seen(), p["K"]) ** 2)
    def grads():
        out = np.einsum("chwij,cij->hw", seen(), p["K"])
        wide = windows(np.pad(out, ((1, 1), (2, 2))), (2, 3))
        turned = p["K"][:, ::-1, ::-1]
        return [np.einsum("chwij,hw->cij", seen(), out),
                X * np.einsum("hwij,cij->chw", wide, turned)]
"""

PLAIN = """
    import numpy as np
    r = np.random.default_rng(6)
    X, y = r.standard_normal((6, 4)).tolist(), r.standard_normal(6).tolist()
    p = {"w": r.standard_normal(4)}
    def error(x, t):
        return sum(a * b for a, b in zip(p["w"], x)) - t
    def loss():
        return sum(error(x, t) ** 2 for x, t in zip(X, y)) + 0.7 * sum(w * w for w in p["w"][1:])
    def grads():
        g = [0.0] * 4
        for x, t in zip(X, y):
            e = 2 * error(x, t)
            for i, v in enumerate(x):
                g[i] += e * v
        for i in range(1, len(g)):
            g[i] += 1.4 * p["w"][i]
        return [np.array(g)]
"""

GATED = """
    import numpy as np
    r = np.random.default_rng(7)
    X, T = r.standard_normal((5, 3)), r.standard_normal((5, 3))
    class Gate:
        def __init__(self, W):
            self.W = W
        def forward(self, x):
            self.x = x
            self.t = 1 / (1 + np.exp(-x @ self.W))
            return self.t
        def backward(self, up):
            d = up * self.t * (1 - self.t)
            self.gW = self.x.T @ d
            return d @ self.W.T
    p = {"V": r.standard_normal((3, 3)), "W": r.standard_normal((3, 3))}
    gate = Gate(p["W"])
    def run():
        gate.W = p["W"]
        x = np.tanh(X @ p["V"])
        return x, gate.forward(x) * x
    def loss():
        return 0.5 * np.sum((run()[1] - T) ** 2)
    def grads():
        x, out = run()
        dout = out - T
        dx = dout * gate.t
        dx += gate.backward(dout * x)
        return [X.T @ (dx * (1 - x ** 2)), gate.gW]
"""

ROWS = """
    import numpy as np
    r = np.random.default_rng(8)
    X, T = r.standard_normal((5, 3)), r.standard_normal((5, 4))
    p = {"W": r.standard_normal((3, 4)), "b": r.standard_normal((1, 4))}
    def loss():
        return 0.5 * np.sum((X @ p["W"] + p["b"] - T) ** 2)
    def narrowed(grad, shape):
        for axis, size in enumerate(shape):
            if size == 1 and grad.shape[axis] != 1:
                grad = grad.sum(axis=axis, keepdims=True)
        return grad
    def grads():
        d = X @ p["W"] + p["b"] - T
        return [narrowed(X.T @ d, (3, 4)), narrowed(d, (1, 4))]
"""

PENALTY = """
    import numpy as np
    r = np.random.default_rng(9)
    samples = [(r.standard_normal(3), r.standard_normal(2)) for _ in range(6)]
    rate = 0.6
    p = {"W": r.standard_normal((3, 2)), "b": r.standard_normal(2)}
    def loss():
        data = sum(np.sum((x @ p["W"] + p["b"] - t) ** 2) for x, t in samples)
        return 0.5 * data + 0.5 * rate * np.sum(p["W"] ** 2)
    def grads():
        gW = rate * p["W"]
        gb = np.zeros(2)
        for x, t in samples:
            d = x @ p["W"] + p["b"] - t
            gW += np.outer(x, d)
            gb += d
        return [gW, gb]
"""

PAIRS = """
    import numpy as np
    r = np.random.default_rng(10)
    X = r.standard_normal((4, 3))
    p = {"W": r.standard_normal((3, 5)), "M": r.standard_normal((5, 5))}
    def pairs(em, t):
        return em[t - 1][:, None] + p["M"] + em[t][None, :]
    def loss():
        em = X @ p["W"]
        return sum(np.sum(np.exp(pairs(em, t))) for t in range(1, 4))
    def grads():
        em = X @ p["W"]
        dem, dM = np.zeros_like(em), np.zeros((5, 5))
        for t in range(1, 4):
            both = np.exp(pairs(em, t))
            dem[t - 1] += both.sum(axis=1)
            dem[t] += both.sum(axis=0)
        for t in range(1, 4):
            a = em[t - 1]
            s = a[:, None] + p["M"] + em[t][None, :]
            dM += np.exp(s)
        return [X.T @ dem, dM]
"""

LEAKY = """
    import numpy as np
    r = np.random.default_rng(15)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 4))
    p = {"W": r.standard_normal((3, 4)), "V": r.standard_normal((4, 4))}
    def run():
        z = X @ p["W"]
        h = z.copy()
        h[z < 0] *= 0.3
        return z, h
    def loss():
        return 0.5 * np.sum((run()[1] @ p["V"] - T) ** 2)
    def grads():
        z, h = run()
        d = h @ p["V"] - T
        dz = d @ p["V"].T
        dz[z < 0] *= 0.3
        return [X.T @ dz, h.T @ d]
"""

CENTRED = """
    import numpy as np
    r = np.random.default_rng(16)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 4))
    n = len(X)
    p = {"W": r.standard_normal((3, 4)), "V": r.standard_normal((4, 4))}
    def run():
        z = X @ p["W"]
        mean = z.sum(axis=0) / n
        return np.tanh(z - mean)
    def loss():
        return 0.5 * np.sum((run() @ p["V"] - T) ** 2)
    def grads():
        h = run()
        d = h @ p["V"] - T
        dc = d @ p["V"].T * (1 - h ** 2)
        dz = dc.copy()
        dmean = -dc.sum(axis=0)
        dz = dz + dmean / n
        return [X.T @ dz, h.T @ d]
"""

MEMORIES = """
    import numpy as np
    r = np.random.default_rng(17)
    A, B = r.standard_normal((4, 3)), r.standard_normal((4, 3))
    p = {"W": r.standard_normal((3, 2)), "b": r.standard_normal(2)}
    def encode(x):
        h = np.tanh(x @ p["W"] + p["b"])
        return h, (x, h)
    def back(dh, memory, into):
        x, h = memory
        dz = dh * (1 - h ** 2)
        into["W"] += x.T @ dz
        into["b"] += dz.sum(axis=0)
    def loss():
        return 0.5 * np.sum((encode(A)[0] - encode(B)[0]) ** 2)
    def grads():
        (ea, ma), (eb, mb) = encode(A), encode(B)
        into = {k: np.zeros_like(v) for k, v in p.items()}
        d = ea - eb
        back(d, ma, into)
        back(-d, mb, into)
        return [into["W"], into["b"]]
"""

INCREMENTS = """
    import numpy as np
    r = np.random.default_rng(18)
    X, y = r.standard_normal((8, 2)), r.standard_normal(8)
    p = {"w": r.standard_normal(2), "steps": r.standard_normal(3)}
    def cuts():
        return np.cumsum(np.exp(p["steps"]))
    def loss():
        eta = X @ p["w"] - y
        data = sum(np.sum(np.logaddexp(0, eta - c)) + c ** 2 for c in cuts())
        return data + 0.2 * np.sum(p["steps"] ** 2)
    def grads():
        eta = X @ p["w"] - y
        s = 1 / (1 + np.exp(cuts() - eta[:, None]))
        down = 2 * cuts() - s.sum(axis=0)
        out = np.zeros(3)
        for j, step in enumerate(p["steps"]):
            out[j] = np.exp(step) * down[j:].sum() + 0.4 * step
        return [X.T @ s.sum(axis=1), out]
"""

CASES = {
    "a derivative of one element": (
        INCREMENTS,
        "out[j] = np.exp(step) * down[j:].sum() +",
        "out[j] = down[j:].sum() +",
    ),
    "another memory": (MEMORIES, "back(-d, mb, into)", "back(-d, ma, into)"),
    "a mask that scales": (LEAKY, "dz[z < 0] *= 0.3", "dz[z < 0] = 0"),
    "parentheses": (
        RECURRENT,
        "dz = (hs[t] - T + carry) * (1 - hs[t] ** 2)",
        "dz = (hs[t] - T) * (1 - hs[t] ** 2) + carry",
    ),
    "a term's sign": (SENSITIVITY, "da[t] = -y[t - 1] -", "da[t] = y[t - 1] -"),
    "repeated indices": (
        GATHERED,
        "np.add.at(dH, (slice(None), slice(None), at), dcols)",
        "dH[:, :, at] += dcols",
    ),
    "a number for a counter": (WIDTHS, "sq[:, :, j] *", "sq[:, :, 0] *"),
    "one axis turned": (FLIPPED, "[:, ::-1, ::-1]", "[:, ::-1]"),
    "where a loop begins": (PLAIN, "for i in range(1, len(g)):", "for i in range(len(g)):"),
    "a value thrown away": (GATED, "dx += gate.backward(dout * x)", "gate.backward(dout * x)"),
    "a row for the sum": (
        ROWS,
        "grad = grad.sum(axis=axis, keepdims=True)",
        "grad = grad[:1]",
    ),
    "where a sum begins": (PENALTY, 'gW = rate * p["W"]', "gW = np.zeros((3, 2))"),
    "a summand of rows": (
        PAIRS,
        's = a[:, None] + p["M"] + em[t][None, :]',
        's = a[:, None] + p["M"]',
    ),
}


@pytest.mark.parametrize(("text", "right", "wrong"), CASES.values(), ids=CASES)
def test_the_line_of_a_slip_and_a_fix_that_holds(text, right, wrong):
    module = program(text, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, wrong.splitlines()[0].strip())
    assert found.verified
    assert not found.instead


def test_what_is_computed_and_left_over_is_added_where_it_was_computed():
    module = program(CENTRED, ("    dz = dz + dmean / n\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "dmean = ")
    assert found.diff[-1].startswith("+ dz = dz + dmean / ")
    assert found.verified


SIBLINGS = """
    import numpy as np
    r = np.random.default_rng(11)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    p = {"W1": r.standard_normal((4, 3)), "W2": r.standard_normal((2, 4))}
    def loss():
        return 0.5 * np.sum((np.tanh(X @ p["W1"].T) @ p["W2"].T - T) ** 2) / len(X)
    def grads():
        D1, D2 = np.zeros((4, 3)), np.zeros((2, 4))
        m = len(X)
        for x, t in zip(X, T):
            h = np.tanh(p["W1"] @ x)
            d2 = p["W2"] @ h - t
            d1 = (p["W2"].T @ d2) * (1 - h ** 2)
            D1 += np.outer(d1, x)
            D2 += np.outer(d2, h)
        g1 = D1 / m
        g2 = D2 / m
        return [g1, g2]
"""

NORMED = """
    import numpy as np
    r = np.random.default_rng(12)
    X, T = r.standard_normal((5, 3)), r.standard_normal((5, 4))
    p = {"W": r.standard_normal((3, 4)), "scale": r.standard_normal(4)}
    def run():
        z = X @ p["W"]
        inv = 1 / np.sqrt(z.var(axis=1, keepdims=True) + 1e-5)
        xhat = (z - z.mean(axis=1, keepdims=True)) * inv
        return inv, xhat
    def loss():
        return 0.5 * np.sum((p["scale"] * run()[1] - T) ** 2)
    def grads():
        inv, xhat = run()
        dout = p["scale"] * xhat - T
        dxhat = dout * p["scale"]
        dz = dxhat - dxhat.mean(axis=1, keepdims=True)
        dz -= xhat * (dxhat * xhat).mean(axis=1, keepdims=True)
        return [X.T @ (dz * inv), (dout * xhat).sum(axis=0)]
"""

SWISH = """
    import numpy as np
    r = np.random.default_rng(13)
    X, T = r.standard_normal((5, 3)), r.standard_normal((5, 4))
    p = {"W": r.standard_normal((3, 4)), "b": r.standard_normal(4)}
    def sigmoid(z):
        return 1 / (1 + np.exp(-z))
    def d_swish(z):
        s = sigmoid(z)
        return s + z * s * (1 - s)
    def loss():
        z = X @ p["W"] + p["b"]
        return 0.5 * np.sum((z * sigmoid(z) - T) ** 2)
    def grads():
        z = X @ p["W"] + p["b"]
        dz = (z * sigmoid(z) - T) * d_swish(z)
        return [X.T @ dz, dz.sum(axis=0)]
"""

DOWNHILL = """
    import numpy as np
    r = np.random.default_rng(14)
    x, t = r.standard_normal(3), r.standard_normal(4)
    p = {"W": r.standard_normal((3, 4)), "V": r.standard_normal((4, 4))}
    def run():
        h = np.tanh(x @ p["W"])
        return h, np.tanh(h @ p["V"])
    def loss():
        return 0.5 * np.sum((t - run()[1]) ** 2)
    def grads():
        h, out = run()
        error = t - out
        delta = error * (1 - out ** 2)
        before = (p["V"] @ delta) * (1 - h ** 2)
        return [-np.outer(x, before), -np.outer(h, delta)]
"""

RANKED = {
    "the other line of its form divides": (SIBLINGS, "g2 = D2 / m", "g2 = D2"),
    "what is right already stays": (NORMED, "X.T @ (dz * inv)", "X.T @ dz"),
    "inside the function, not round it": (
        SWISH,
        "return s + z * s * (1 - s)",
        "return s * (1 - s)",
    ),
    "all cotangents have one sign": (DOWNHILL, "delta = error * (1 - out ** 2)", "delta = error"),
}


@pytest.mark.parametrize(("text", "right", "wrong"), RANKED.values(), ids=RANKED)
def test_of_lines_that_mend_as_much_the_likeliest_is_told(text, right, wrong):
    module = program(text, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, wrong)
    assert found.verified


WRITTEN_AS_PROPERTIES = """
    import numpy as np
    r = np.random.default_rng(4)
    class Net:
        X, T = r.standard_normal((7, 3)), r.standard_normal((7, 2))
        asked = 0
        def __init__(self):
            self.A, self.B = r.standard_normal((3, 4)), r.standard_normal((4, 2))
        @property
        def inner(self):
            return self.X @ self.A
        @property
        def hidden(self):
            return np.arctan(self.inner)
        @property
        def away(self):
            return self.hidden @ self.B - self.T
        @property
        def unused(self):
            type(self).asked += 1
            return self.X
        @property
        def back(self):
            return self.away @ self.B.T / (1 + self.inner ** 2)
    net = Net()
    p = vars(net)
    def loss():
        return 0.5 * np.sum(net.away ** 2)
    def grads():
        return [net.X.T @ net.back, net.hidden.T @ net.away]
"""


@pytest.mark.parametrize(
    ("right", "wrong"),
    [(" / (1 + self.inner ** 2)", ""), ("net.hidden.T @ net.away", "net.inner.T @ net.away")],
)
def test_properties_are_in_sight_where_the_gradients_read_them(right, wrong):
    module = program(WRITTEN_AS_PROPERTIES, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, wrong or "self.B.T")
    assert found.verified
    assert module.Net.asked == 0  # what nobody reads is not run


SHAPES = """
    import numpy as np
    r = np.random.default_rng(16)
    X, T = r.standard_normal((6, 4, 3)), r.standard_normal((6, 4, 2))
    p = {"W": r.standard_normal((3, 2)), "b": r.standard_normal(2), "c": r.standard_normal((2, 1))}
    def error():
        return np.tanh(X @ p["W"] + p["b"]) * p["c"].T - T
    def loss():
        return 0.5 * np.sum(error() ** 2)
    def grads():
        d, h = error(), np.tanh(X @ p["W"] + p["b"])
        dz = d * p["c"].T * (1 - h ** 2)
        dW = np.einsum("nti,ntj->ij", X, dz)
        db = dz.sum(axis=(0, 1))
        dc = (d * h).sum(axis=(0, 1)).reshape(2, 1)
        return {"W": dW, "b": db, "c": dc}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "kind"),
    [
        ("db = dz.sum(axis=(0, 1))", "db = dz.sum(axis=(0, 1), keepdims=True)", "shape"),
        ("db = dz.sum(axis=(0, 1))", "db = dz.sum(axis=0)", "bias-reduction"),
        ("dc = (d * h).sum(axis=(0, 1)).reshape(2, 1)", "dc = (d * h).sum(axis=(0, 1))", "shape"),
    ],
)
def test_a_gradient_of_another_shape_is_found_and_mended(right, wrong, kind):
    module = program(SHAPES, (right, wrong))
    report = check_gradients(module.loss, module.p, module.grads)
    found = report.findings[0]
    assert report.verdict == "disagrees"
    assert found.kind == kind
    assert found.lines[0].line == line_of(module, wrong)
    assert found.verified


LAYERED = """
    import numpy as np
    r = np.random.default_rng(5)
    X, T, rate = r.standard_normal((6, 3)), r.standard_normal((6, 2)), 0.1
    class Dense:
        def __init__(self, n, m):
            self.W, self.b = r.standard_normal((n, m)), r.standard_normal(m)
        def forward(self, x):
            self.x = x
            self.a = np.tanh(x @ self.W + self.b)
            return self.a
        def backward(self, d):
            d = d * (1 - self.a**2)
            self.W -= rate * self.x.T @ d
            self.b -= rate * d.sum(axis=0)
            return d @ self.W.T
    net = [Dense(3, 4), Dense(4, 2)]
    def output():
        out = X
        for layer in net:
            out = layer.forward(out)
        return out
    def loss():
        return 0.5 * np.sum((output() - T) ** 2)
    def step():
        d = output() - T
        for layer in reversed(net):
            d = layer.backward(d)
"""
EARLY = """
    import numpy as np
    r = np.random.default_rng(6)
    X, T, rate = r.standard_normal((6, 3)), r.standard_normal((6, 2)), 0.1
    p = {"W": r.standard_normal((3, 4)), "V": r.standard_normal((4, 2)), "s": np.ones(2)}
    def new(value, gradient, rate):
        return value - rate * gradient
    def loss():
        return 0.5 * np.sum((np.tanh(X @ p["W"]) @ p["V"] * p["s"] - T) ** 2)
    def step():
        h = np.tanh(X @ p["W"])
        z = h @ p["V"]
        d = z * p["s"] - T
        dV = h.T @ (d * p["s"])
        ds = (d * z).sum(axis=0)
        p["V"] = new(p["V"], dV, rate)
        p["s"] = new(p["s"], ds, rate)
        e = d * p["s"]
        e = e @ p["V"].T
        e = e * (1 - h**2)
        dW = X.T @ e
        p["W"] = new(p["W"], dW, rate)
"""


WAITING = (
    "+ input_gradient = d @ self.W.T",
    "  self.W -= rate * self.x.T @ d",
    "- return d @ self.W.T",
    "+ return input_gradient",
)


@pytest.mark.parametrize(
    ("text", "place", "told", "diff"),
    [
        (LAYERED, "return d @ self.W.T", "what is returned belongs before line", WAITING),
        (EARLY, 'p["V"] = new(p["V"]', "belong after all gradients", None),
    ],
)
def test_updates_before_the_gradients_are_done_are_told_to_wait(text, place, told, diff):
    module = program(text)
    params = getattr(module, "p", None) or module.net
    report = check_gradients(module.loss, params, step=module.step, lr=module.rate)
    found = report.findings[0]
    assert found.kind == "updated-weights-used"
    assert found.lines[0].line == line_of(module, place)
    assert told in str(report).replace("\n", " ").replace("             ", "")
    assert found.verified
    assert diff is None or found.diff == diff
    moved = [line[2:] for line in found.diff if line[0] == "-"]
    assert diff or [f"+ {line}" for line in moved] == list(found.diff[-2:])


LISTS = """
    import random
    random.seed(3)
    x, t = [2, -1, 1.0], [0.3, -0.2]  # whole numbers, and a one for the bias
    p = {"V": [[random.uniform(-1, 1) for _ in range(3)] for _ in range(4)],
         "W": [[random.uniform(-1, 1) for _ in range(4)] for _ in range(2)]}
    def forward():
        h = [sum(v * a for v, a in zip(row, x)) for row in p["V"]]
        h = [z * z for z in h]
        return h, [sum(w * a for w, a in zip(row, h)) for row in p["W"]]
    def loss():
        return sum((o - y) ** 2 for o, y in zip(forward()[1], t))
    def grads():
        h, out = forward()
        W, V = p["W"], p["V"]
        d = [2 * (out[k] - t[k]) for k in range(2)]
        dW = [[0.0] * 4 for _ in range(2)]
        dV = [[0.0] * 3 for _ in range(4)]
        e = [0.0] * 4
        for k in range(2):
            for j in range(4):
                dW[k][j] += d[k] * h[j]
                e[j] += d[k] * W[k][j]
        for j in range(4):
            z = sum(V[j][i] * x[i] for i in range(3))
            for i in range(3):
                dV[j][i] += e[j] * 2 * z * x[i]
        return {"V": dV, "W": dW}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "mended"),
    [
        ("e[j] += d[k] * W[k][j]", "e[j] += d[k] * h[j]", "W[k][j] instead"),
    ],
)
def test_an_entry_of_a_list_of_lists_stands_in_for_another(right, wrong, mended):
    module = program(LISTS, (right, wrong))
    found = check_gradients(module.loss, module.p, module.grads).findings[0]
    assert found.lines[0].line == line_of(module, wrong)
    assert found.advice == mended
    assert found.verified
