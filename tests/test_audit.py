"""Right gradients whose update is wrong: told by `gradcheck run`, and only then."""

import json
import textwrap

import pytest
from test_run import HEAD, folder, run, write  # noqa: F401  fixtures

ADAM = """
    p = {"W": np.random.randn(3, 4), "b": np.zeros(4), "V": np.random.randn(4, 2)}
    def loss_and_grads(p):
        h = np.tanh(X @ p["W"] + p["b"])
        d = h @ p["V"] - T
        dz = d @ p["V"].T * (1 - h**2)
        return np.sum(d**2) / 2, {"W": X.T @ dz, "b": dz.sum(axis=0), "V": h.T @ d}
    m = {k: np.zeros_like(v) for k, v in p.items()}
    s = {k: np.zeros_like(v) for k, v in p.items()}
    for t in range(1, 50):
        loss, g = loss_and_grads(p)
        for k in p:
            m[k] = 0.9 * m[k] + 0.1 * g[k]
            s[k] = 0.999 * s[k] + 0.001 * g[k]**2
            p[k] -= 0.01 * (m[k] / (1 - 0.9**t)) / (np.sqrt(s[k] / (1 - 0.999**t)) + 1e-8)
"""

LAYERS = """
    class Layer:
        def __init__(self, n, m):
            self.W, self.b = np.random.randn(n, m), np.zeros(m)
            self.vW, self.vb = np.zeros((n, m)), np.zeros(m)
        def forward(self, x):
            self.x = x
            self.a = np.tanh(x @ self.W + self.b)
            return self.a
        def backward(self, d):
            d = d * (1 - self.a**2)
            self.dW, self.db = self.x.T @ d, d.sum(axis=0)
            return d @ self.W.T
    layers = [Layer(3, 4), Layer(4, 2)]
    def train():
        for k in range(40):
            out = X
            for layer in layers:
                out = layer.forward(out)
            loss = np.sum((out - T) ** 2) / 2
            d = out - T
            for layer in reversed(layers):
                d = layer.backward(d)
            for layer in layers:
                layer.vW = 0.9 * layer.vW - 0.05 * layer.dW
                layer.vb = 0.9 * layer.vb - 0.05 * layer.db
                layer.W += layer.vW
                layer.b += layer.vb
    train()
"""

PLAIN = """
    W, b = np.random.randn(3, 2), np.zeros(2)
    V = np.random.randn(3, 2)
    for k in range(40):
        d = X @ W + X**2 @ V + b - T
        loss = np.sum(d**2) / 2
        dW, dV, db = X.T @ d, (X**2).T @ d, d.sum(axis=0)
        W -= 0.01 * dW
        V -= 0.01 * dV
        b -= 0.01 * db
"""

ODD = [
    (ADAM, "0.9 * m[k] + 0.1", "0.9 * m[k] - 0.1", "Every update goes up the loss"),
    (LAYERS, "layer.b += layer.vb", "layer.b += layer.db", "The update of 0.b, 1.b goes up"),
    (LAYERS, "- 0.05 * layer.db", "+ 0.05 * layer.db", "The update of 0.b, 1.b goes up"),
    (PLAIN, "b -= 0.01 * db", "b -= 0.01 * db.mean()",
     "The update of b is no multiple of the gradient"),
]  # fmt: skip
RIGHT = [
    (ADAM, "0.01 * (m[k]", "0.02 * p[k] + 0.01 * (m[k]"),  # weight decay beside it
    (LAYERS, "layer.b += layer.vb", "layer.b = np.maximum(layer.b + layer.vb, -0.001)"),
    (PLAIN, "V -= 0.01 * dV", "V -= 0.01 * (dV + 0.1 * V)"),
    (PLAIN, "V -= 0.01 * dV", "V = np.clip(V - 0.01 * dV, -1, 1)"),
]


def told(run, folder, text, right, wrong):  # noqa: F811
    text = textwrap.dedent(text)
    assert text.count(right) == 1
    write(folder, "train.py", HEAD + text.replace(right, wrong))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0, "")
    return " ".join(json.loads(out)["checks"][0]["hints"])


@pytest.mark.parametrize(("text", "right", "wrong", "sentence"), ODD)
def test_an_update_that_does_not_go_down(run, folder, text, right, wrong, sentence):  # noqa: F811
    assert sentence in told(run, folder, text, right, wrong)


@pytest.mark.parametrize(("text", "right", "wrong"), RIGHT)
def test_what_right_updates_do_beside_is_nothing_odd(run, folder, text, right, wrong):  # noqa: F811
    hints = told(run, folder, text, right, wrong)
    assert "goes up the loss" not in hints
    assert "no multiple of the gradient, as" not in hints


TIME = """
    U, W, b, lr = np.random.randn(3, 4) / 2, np.random.randn(4, 4) / 2, np.zeros(4), 0.05
    def forward():
        hs = [np.zeros(4)]
        for x in X:
            hs.append(np.tanh(x @ U + hs[-1] @ W + b))
        return hs
    def backward(hs):
        dU, dW, db = np.zeros_like(U), np.zeros_like(W), np.zeros_like(b)
        d = hs[-1] - T[0, 0]
        for k in reversed(range(len(X))):
            d = d * (1 - hs[k + 1] ** 2)
            dU += np.outer(X[k], d)
            dW += np.outer(hs[k], d)
            db += d
            d = d @ W.T
        return dU, dW, db
    for k in range(40):
        hs = forward()
        loss = np.sum((hs[-1] - T[0, 0]) ** 2) / 2
        UPDATE
"""
UPDATES = {
    "one by one": "dU, dW, db = backward(hs)\n        U -= lr * dU\n        W -= lr * dW\n"
    "        b -= lr * db",
    "listed": "for p, g in zip((U, W, b), backward(hs)):\n            p -= lr * g",
}


@pytest.mark.parametrize("update", UPDATES)
def test_a_gradient_that_is_zero_leaves_nothing_out(run, folder, update):  # noqa: F811
    """The last turn back in time has a state of zeros: what it makes anew is no gradient."""
    text = textwrap.dedent(TIME.replace("UPDATE", UPDATES[update]))
    for wrong in (False, True):
        faulty = text.replace("dW += np", "dW = np") if wrong else text
        write(folder, "train.py", HEAD + faulty)
        status, out, _ = run("train.py", "--format", "json")
        verdicts = {b["name"]: b["verdict"] for b in json.loads(out)["checks"][0]["blocks"]}
        expected = {"U": "agrees", "W": "disagrees" if wrong else "agrees", "b": "agrees"}
        assert (status, verdicts) == (int(wrong), expected)


def test_an_update_that_waits_is_not_missed(run, folder):  # noqa: F811
    """What only later turns update has no zero gradient now."""
    text = PLAIN.replace("    b -= 0.01 * db", "    if k > 20:\n            b -= 0.01 * db")
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    assert status == 0
    assert {b["name"] for b in json.loads(out)["checks"][0]["blocks"]} == {"W", "V"}


def test_weights_of_any_name_may_be_forgotten(run, folder):  # noqa: F811
    text = PLAIN.replace("V -= 0.01 * dV", "pass").replace("V", "square_weights")
    text = text.replace("dsquare_weights", "d_square")
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    (hint,) = json.loads(out)["checks"][0]["hints"]
    assert status == 0
    assert hint.endswith("the loop does not change it: square_weights. Was its update forgotten?")


NEURONS = """
    import math
    net = [[{"w": [0.3 * np.sin(7 * i + 3 * j + k) for k in range(n + 1)]} for j in range(m)]
           for i, (n, m) in enumerate([(3, 3), (3, 2)])]
    def forward(row):
        for layer in net:
            new = []
            for neuron in layer:
                z = neuron["w"][-1] + sum(w * x for w, x in zip(neuron["w"], row))
                neuron["out"] = 1 / (1 + math.exp(-z))
                new.append(neuron["out"])
            row = new
        return row
    def backward(t):
        for i in reversed(range(len(net))):
            for j, neuron in enumerate(net[i]):
                if i == len(net) - 1:
                    error = neuron["out"] - t[j]
                else:
                    error = sum(n["w"][j] * n["d"] for n in net[i + 1])
                neuron["d"] = error * neuron["out"] * (1 - neuron["out"])
    def update(row):
        for i, layer in enumerate(net):
            x = row if i == 0 else [n["out"] for n in net[i - 1]]
            for neuron in layer:
                for k in range(len(x)):
                    neuron["w"][k] -= 0.5 * neuron["d"] * x[k]
                neuron["w"][-1] -= 0.5 * neuron["d"]
    for epoch in range(20):
        total = 0
        for row, t in zip(X.tolist(), T.tolist()):
            out = forward(row)
            total += sum((a - b) ** 2 for a, b in zip(t, out))
            backward(t)
            update(row)
"""


@pytest.mark.parametrize(
    ("right", "wrong", "line"),
    [
        ("", "", ""),
        ('n["w"][j] * n["d"]', 'n["w"][j - 1] * n["d"]', "error = sum"),
        ('error * neuron["out"] * (1 - neuron["out"])', "error", 'neuron["d"] = error'),
        ('neuron["w"][-1] -= 0.5', 'neuron["w"][-1] += 0.5', 'neuron["w"][-1] += 0.5'),
    ],
)
@pytest.mark.blame
def test_half_of_a_squared_error_is_taken_for_one_where_more_is_wrong(
    run,  # noqa: F811
    folder,  # noqa: F811
    right,
    wrong,
    line,
):
    text = HEAD + textwrap.dedent(NEURONS.replace(right, wrong) if right else NEURONS)
    write(folder, "train.py", text)
    status, out, _ = run("train.py", "--format", "json")
    (check,) = json.loads(out)["checks"]
    assert status == int(bool(right))
    if right:
        (told,) = check["findings"][0]["lines"][:1]
        assert line in told["text"]


def test_a_gain_may_go_up(run, folder):  # noqa: F811
    text = """
        def loglik(W):
            z = X @ W
            return np.sum(T[:, 0] * z - np.log(1 + np.exp(z)))
        def score(W):
            return X.T @ (T[:, 0] - 1 / (1 + np.exp(-X @ W)))
        W, step = np.zeros(3), 0.02
        for k in range(30):
            W = W + step * score(W)
            now = loglik(W)
            print(k, now)
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    assert status == 0
    assert "goes up" not in " ".join(json.loads(out)["checks"][0]["hints"])
