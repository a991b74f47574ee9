"""What a line needs is known: it is made of products of what is in sight, and of other uses."""

import pytest
from blamed import examine, line_of, program

from gradcheck import check_gradients

pytestmark = pytest.mark.blame

DICE = """
    import numpy as np
    r = np.random.default_rng(4)
    X, y = r.standard_normal((7, 3)), np.array([0.0, 1, 1, 0, 1, 0, 0])
    p = {"w": r.standard_normal(3), "c": np.array([0.2])}
    def loss():
        q = 1 / (1 + np.exp(-X @ p["w"] - p["c"][0]))
        dice = (2 * np.sum(q * y) + 1) / (np.sum(q) + np.sum(y) + 1)
        return 1 - dice - np.mean(y * np.log(q) + (1 - y) * np.log(1 - q))
    def grads():
        q = 1 / (1 + np.exp(-X @ p["w"] - p["c"][0]))
        both = np.sum(q) + np.sum(y) + 1
        inter = 2 * np.sum(q * y) + 1
        d_dice = 2 * y / both - inter / both ** 2
        dz = (q - y) / len(y) - d_dice * q * (1 - q)
        return [X.T @ dz, np.array([dz.sum()])]
"""

GELU = """
    import numpy as np
    r = np.random.default_rng(5)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    p = {"W": r.standard_normal((3, 4)), "V": r.standard_normal((4, 2))}
    def gelu(u):
        return 0.5 * u * (1 + np.tanh(0.8 * (u + 0.045 * u ** 3)))
    def slope(u):
        t = np.tanh(0.8 * (u + 0.045 * u ** 3))
        return 0.5 * (1 + t) + 0.5 * u * (1 - t ** 2) * 0.8 * (1 + 3 * 0.045 * u ** 2)
    def loss():
        return 0.5 * np.sum((gelu(X @ p["W"]) @ p["V"] - T) ** 2)
    def grads():
        u = X @ p["W"]
        d = gelu(u) @ p["V"] - T
        return [X.T @ (d @ p["V"].T * slope(u)), gelu(u).T @ d]
"""

CELL = """
    import numpy as np
    r = np.random.default_rng(6)
    X = r.standard_normal((4, 5))
    p = {n: 0.6 * r.standard_normal(5) for n in "abuv"}
    def sigmoid(x):
        return 1 / (1 + np.exp(-x))
    def run():
        c, kept = np.zeros(5), []
        for x in X:
            i, f = sigmoid(p["a"] * x + p["u"] * c), sigmoid(p["b"] * x + p["v"] * c)
            kept.append((x, c, i, f, f * c + i * x))
            c = kept[-1][-1]
        return kept
    def loss():
        return 0.5 * sum(np.sum(new ** 2) for *_, new in run())
    def grads():
        g, carry = {n: np.zeros(5) for n in "abuv"}, np.zeros(5)
        for x, c, i, f, new in reversed(run()):
            dc = new + carry
            di = dc * x * i * (1 - i)
            df = dc * c * f * (1 - f)
            g["a"] += di * x
            g["b"] += df * x
            g["u"] += di * c
            g["v"] += df * c
            carry = dc * f + di * p["u"] + df * p["v"]
        return [g["a"], g["b"], g["u"], g["v"]]
"""

TIED = """
    import numpy as np
    r = np.random.default_rng(7)
    mats = [r.standard_normal((5, 3)) for _ in range(2)]
    p = {"first": mats[0], "last": mats[1]}
    samples = [(r.standard_normal(5), r.standard_normal(5), k) for k in (1, 3, 4)]
    def forward(x, y):
        u = x @ mats[0]
        h = np.tanh(u) + y @ mats[1]
        s = np.exp(mats[1] @ h)
        return u, h, s / s.sum()
    def loss():
        return -sum(np.log(forward(x, y)[-1][k]) for x, y, k in samples)
    def grads():
        d_mats = [np.zeros((5, 3)), np.zeros((5, 3))]
        for x, y, k in samples:
            u, h, s = forward(x, y)
            s[k] -= 1
            d_mats[1] += np.outer(s, h)
            dh = mats[1].T @ s
            d_mats[1] += np.outer(y, dh)
            du = dh * (1 - np.tanh(u) ** 2)
            d_mats[0] += np.outer(x, du)
        return d_mats
"""

POOLED = """
    import numpy as np
    r = np.random.default_rng(8)
    pasts = [np.array(i) for i in ([0, 1], [2, 3, 4, 1], [4], [0, 3, 2], [1, 2, 3, 4, 0])]
    T = r.standard_normal((5, 3))
    p = {"E": r.standard_normal((5, 3)), "W": r.standard_normal((3, 3))}
    def hidden():
        return np.array([p["E"][past].mean(axis=0) for past in pasts])
    def loss():
        return 0.5 * np.sum((np.tanh(hidden() @ p["W"]) - T) ** 2)
    def grads():
        h = hidden()
        a = np.tanh(h @ p["W"])
        dz = (a - T) * (1 - a ** 2)
        dh = dz @ p["W"].T
        dE = np.zeros((5, 3))
        for row, past in enumerate(pasts):
            for i in past:
                dE[i] += dh[row] / len(past)
        return [dE, h.T @ dz]
"""

UNIT = """
    import numpy as np
    r = np.random.default_rng(9)
    class Unit:
        def forward(self, x):
            self.size = np.sqrt(np.sum(x ** 2, axis=1, keepdims=True))
            self.n = x / self.size
            return self.n
        def back(self, g):
            return (g - self.n * (g * self.n).sum(axis=1, keepdims=True)) / self.size
    class Net:
        def __init__(self):
            self.one, self.two = Unit(), Unit()
            self.X, self.T = r.standard_normal((6, 3)), r.standard_normal((6, 4))
        def run(self):
            return self.one.forward(self.X @ p["W"]) @ self.two.forward(p["K"]).T
        def loss(self):
            return 0.5 * np.sum((self.run() - self.T) ** 2)
        def grads(self):
            d = self.run() - self.T
            de, dk = d @ self.two.n, d.T @ self.one.n
            dK = self.two.back(dk)
            dz = self.one.back(de)
            return [self.X.T @ dz, dK]
    net = Net()
    p = {"W": r.standard_normal((3, 5)), "K": r.standard_normal((4, 5))}
    loss, grads = net.loss, net.grads
"""

LASSO = """
    import numpy as np
    r = np.random.default_rng(10)
    X, y = r.standard_normal((8, 3)).tolist(), r.standard_normal(8).tolist()
    p = {"w": [0.7, -0.4, 0.9], "v": [0.5, -1.2, 0.3], "b": np.array([0.1])}
    def out(x):
        return sum(w * xi + v * xi ** 2 for w, v, xi in zip(p["w"], p["v"], x)) + p["b"][0]
    def loss():
        fit = sum((out(x) - yi) ** 2 for x, yi in zip(X, y)) / len(X)
        return fit + 0.1 * sum(w * w for w in p["w"]) + 0.2 * sum(abs(v) for v in p["v"])
    def grads():
        gw = [0.1 * 2 * w for w in p["w"]]
        gv = [0.2 * (1 if v > 0 else -1) for v in p["v"]]
        gb = 0.0
        for x, yi in zip(X, y):
            d = 2 * (out(x) - yi) / len(X)
            for k in range(3):
                gw[k] += d * x[k]
                gv[k] += d * x[k] ** 2
            gb += d
        return {"w": gw, "v": gv, "b": np.array([gb])}
"""

ELU = """
    import numpy as np
    r = np.random.default_rng(11)
    X, T = r.standard_normal((7, 3)), r.standard_normal((7, 2))
    p = {"W": r.standard_normal((3, 5)), "V": r.standard_normal((5, 2))}
    def elu(z):
        return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)
    def elu_slope(z):
        return np.where(z > 0, 1.0, np.exp(np.minimum(z, 0)))
    def loss():
        return 0.5 * np.sum((elu(X @ p["W"]) @ p["V"] - T) ** 2)
    def grads():
        Z = X @ p["W"]
        A = elu(Z)
        D = A @ p["V"] - T
        dZ = D @ p["V"].T * elu_slope(Z)
        return [X.T @ dZ, A.T @ D]
"""

SHIFTED = """
    import numpy as np
    r = np.random.default_rng(12)
    X, T = r.standard_normal((3, 6)), r.standard_normal((4, 6))
    p = {"E": r.standard_normal((4, 3)), "C": r.standard_normal((4, 4)) / 2}
    def forward():
        H = p["E"] @ X
        left = np.zeros_like(H)
        left[:, 1:] = H[:, :-1]
        return H, left, np.tanh(H + p["C"] @ left)
    def loss():
        return 0.5 * np.sum((forward()[2] - T) ** 2)
    def grads():
        H, left, A = forward()
        dZ = (A - T) * (1 - A ** 2)
        dleft = p["C"].T @ dZ
        dH = dZ.copy()
        dH[:, :-1] += dleft[:, 1:]
        return [dH @ X.T, dZ @ left.T]
"""

PACKED = """
    import numpy as np
    r = np.random.default_rng(14)
    X, T = r.standard_normal((6, 4)), r.standard_normal((6, 1))
    p = {"W1": r.standard_normal((4, 5)), "W2": r.standard_normal((5, 5)),
         "W3": r.standard_normal((5, 1))}
    def forward():
        Z1 = X @ p["W1"]
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ p["W2"]
        A2 = np.maximum(Z2, 0)
        return A2 @ p["W3"], (Z1, A1, Z2, A2)
    def loss():
        return 0.5 * np.sum((forward()[0] - T) ** 2)
    def grads():
        out, cache = forward()
        Z1, A1, Z2, A2 = cache
        d = out - T
        dZ2 = d @ p["W3"].T * (Z2 > 0)
        dZ1 = dZ2 @ p["W2"].T * (A1 > 0)
        return [X.T @ dZ1, A1.T @ dZ2, A2.T @ d]
"""

SLIPS = [
    (PACKED, "(Z2 > 0)", "(Z1 > 0)", "dZ2 =", "wrong-operand"),
    (SHIFTED, "dH[:, :-1] += dleft[:, 1:]", "dH[:, 1:] += dleft[:, :-1]", "dH[:, 1:]", "indexing"),
    (ELU, "elu_slope(Z)\n", "elu_slope(A)\n", "dZ =", "activation-derivative-at-wrong-value"),
    (DICE, "2 * y / both - inter / both ** 2", "2 * y / both", "d_dice =", "missing-term"),
    (GELU, " * (1 + 3 * 0.045 * u ** 2)", "", "return 0.5 * (1 + t)",
     "wrong-activation-derivative"),
    (CELL, ' + di * p["u"] + df * p["v"]', "", "carry = dc * f", "missing-term"),
    (TIED, "        d_mats[1] += np.outer(s, h)\n", "", "dh =", "missing-term"),
    (TIED, "        d_mats[1] += np.outer(y, dh)\n", "", "du =", "missing-term"),
    (POOLED, "dE[i] += dh[row] / len(past)", "dE[i] += dh[row]", "dE[i] +=", "scale"),
    (UNIT, "(g - self.n * (g * self.n).sum(axis=1, keepdims=True)) / self.size", "g / self.size",
     "return g", "normalisation"),
    (UNIT, "dK = self.two.back(dk)", "dK = dk", "dK = dk", "missing-term"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "right", "wrong", "line", "kind"), SLIPS)
def test_what_a_line_needs_is_made(text, right, wrong, line, kind):
    module = program(text, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, line)
    assert found.verified
    assert found.kind == kind


@pytest.mark.parametrize(
    ("right", "wrong", "name"),
    [("0.1 * 2 * w for", "0.1 * w ** 2 for", "w"),
     ("0.2 * (1 if v > 0 else -1)", "0.2 * abs(v)", "v")],
)  # fmt: skip
def test_a_penalty_where_its_derivative_belongs(right, wrong, name):
    """Of lists of numbers, where each entry is a number of its own."""
    module = program(LASSO, (right, wrong))
    report = check_gradients(module.loss, module.p, module.grads)
    found = report.findings[0]
    assert [b.name for b in report.blocks if b.verdict == "disagrees"] == [name]
    assert found.lines[0].line == line_of(module, f"g{name} = [")
    assert (found.kind, found.verified) == ("regulariser", True)


def test_a_gradient_handed_on_is_no_line():
    """That what is returned should be right was known before."""
    wild = "np.sin(7 * dh[row] + i) / len(past) ** 0.3"
    found = examine(program(POOLED, ("dh[row] / len(past)", wild)), seconds=5).findings
    assert found
    assert not any("return" in one.lines[0].text for one in found)


FOLDED = """
    import numpy as np
    r = np.random.default_rng(13)
    X, y = np.c_[np.ones(9), r.standard_normal((9, 3))], np.array([0.0, 1, 1, 0, 1, 0, 0, 1, 0])
    p = {"theta": r.standard_normal(4)}
    def output():
        return 1 / (1 + np.exp(-X @ p["theta"]))
    def loss():
        q, theta = output(), p["theta"]
        return -np.mean(y * np.log(q) + (1 - y) * np.log(1 - q)) + 0.35 * np.sum(theta[1:] ** 2)
    def grads():
        theta = p["theta"]
        g = X.T @ (output() - y) / len(y)
        g[1:] += 0.7 * theta[1:]
        return [g]
"""


@pytest.mark.parametrize(
    "wrong", ["g += 0.7 * theta", "g = g + 0.7 * theta", "return [g + 0.7 * theta]"]
)
def test_a_penalty_that_takes_the_biases_in(wrong):
    text = FOLDED.replace("        return [g]\n", "") if "return" in wrong else FOLDED
    module = program(text, ("g[1:] += 0.7 * theta[1:]", wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, wrong)
    assert found.verified
    assert "first" in found.advice or "[1:]" in found.advice


HUBER = """
    import numpy as np
    rng = np.random.default_rng(0)
    x, t = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    p = {"w": rng.normal(size=(3, 2)), "v": rng.normal(size=(2, 2))}
    def forward():
        return np.tanh(x @ p["w"]) @ p["v"]
    def loss():
        r = forward() - t
        a = np.abs(r)
        return float(np.sum(np.where(a < 1, r**2 / 2, a - 0.5)))
    def grads():
        a = np.tanh(x @ p["w"])
        r = forward() - t
        d = r @ p["v"].T * (1 - a**2)
        return [x.T @ d, a.T @ r]
"""


def test_an_expression_is_not_said_to_be_itself():
    found = examine(program(HUBER))
    (finding,) = found.findings
    assert found.mends
    what = "with that value every parameter is mended"
    assert finding.sentence == f"forward() - t: should be dL/dr; {what}"
