"""gradcheck run: any file, by expressions among its names; quiet, and gone without a trace."""

import builtins
import gc
import importlib.util
import json
import os
import random
import shlex
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len
from test_cli import unwrapped

import cli
from gradcheck import users
from gradcheck.run import guessed, script
from gradcheck.run.expression import whole
from gradcheck.run.training import of_one_call
from gradcheck.run.wanted import Wanted

ROOT = Path(__file__).parent.parent

NET = """
import numpy as np

rng = np.random.default_rng(0)
x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
w, b = rng.normal(size=(3, 2)), rng.normal(size=2)
learning_rate = 0.1

class Net:
    def __init__(self):
        self.w, self.b = w.copy(), b.copy()
        self.layers = [{"W": w.copy(), "b": b.copy()}]

def loss(w=None, b=None):
    return np.mean((x @ globals()["w"] + globals()["b"] - y) ** 2)

def mse(params, x, y):
    return np.mean((x @ params["w"] + params["b"] - y) ** 2)

def backward():
    d = 2 * (x @ w + b - y) / y.size
    return {"w": x.T @ d, "b": d.sum(axis=0)}

def step():
    global w, b
    grads = backward()
    w = w - learning_rate * grads["w"]
    b = b - learning_rate * grads["b"]

def update(params, lr):
    d = 2 * (x @ params["w"] + params["b"] - y) / y.size
    return {"w": params["w"] - lr * x.T @ d, "b": params["b"] - lr * d.sum(axis=0)}

params = {"w": w, "b": b}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


@pytest.fixture
def run(folder, capsys, monkeypatch):
    """gradcheck run in this process: (exit status, stdout, stderr)."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["gradcheck", "run", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, unwrapped(said.err)

    return call


def write(folder, name, text):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(textwrap.dedent(text))
    return file


def without_marks(err):
    """Lines of a traceback, but for the marks under them, which differ between Pythons."""
    return [line for line in err.splitlines() if line.strip(" ~^")]


def checks(out):
    told = json.loads(out)
    return told["checks"]


def verdicts(out):
    """Name of each parameter -> its verdict, of the only check."""
    (check,) = checks(out)
    return {block["name"]: block["verdict"] for block in check["blocks"]}


# What can be written


# fmt: off
@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("w b", ("--loss", "loss()", "--params", "w, b", "--grads", "backward()")),
        ("w b", ("--loss", "loss", "--params", "w, b", "--grads", "backward")),
        ("w b", ("--loss", "loss()", "--params", "w, b", "--step", "step()", "--lr", "0.1")),
        ("w b", ("--loss", "loss()", "--params", "w, b", "--step", "step()",
                 "--lr", "learning_rate")),
        ("w b", ("--loss", "loss()", "--params", "w, b", "--step", "step()")),
        ("w b", ("--loss", "loss()", "--params", "w, b", "--step", "step")),
        ("w b", ("--loss", "mse(params, x, y)", "--params", "params",
                 "--step", "params = update(params, lr)", "--lr", "0.5")),
        ("w b", ("--loss", "mse(params, x, y)", "--params", "params['w'], params['b']",
                 "--step", "params = update(params, lr)", "--lr", "0.5")),
        ("w b", ("--loss", "loss()", "--params", "w, b", "--grads",
                 "d = 2 * (x @ w + b - y) / y.size; [x.T @ d, d.sum(axis=0)]")),
        ("b w", ("--loss", "loss()", "--params", "b, w", "--grads",
                 "x.T @ (x @ w + b - y) / 6, np.mean(x @ w + b - y, axis=0)")),
        ("b w", ("--loss", "loss()", "--params", "b, w", "--setup", "g = backward()",
                 "--grads", "w=g['w'], b=g['b']")),
        ("b w", ("--loss", "loss()", "--params", "b, w", "--setup", "g = backward()",
                 "--grads", "g['w'], g['b']")),
        ("b w", ("--loss", "loss()", "--params", "b, w", "--setup", "dw, db = backward().values()",
                 "--grads", "dw, db")),
        ("out.W out.b", ("--loss", "np.mean((x @ w + b - y) ** 2)", "--params", "out.W=w, out.b=b",
                         "--grads", "list(backward().values())")),
        ("w b", ("--setup", "net = Net()", "--loss", "np.mean((x @ net.w + net.b - y) ** 2)",
                 "--params", "net.w, net.b", "--grads", "w, b = net.w, net.b; backward()")),
        ("W b",
         ("--setup", "net = Net(); net.dW, net.db = backward().values()", "--loss",
          "np.mean((x @ net.layers[0]['W'] + net.layers[0]['b'] - y) ** 2)",
          "--params", "net.layers[0]['W'], net.layers[0]['b']", "--grads", "net.dW, net.db")),
        ("w b", ("--loss", "lambda p: mse(p, x, y)", "--params", "params",
                 "--grads", "lambda q: {k: g for k, g in backward().items()}")),
        ("w", ("--loss", "loss()", "--params", "w", "--grads", "backward()['w']")),
        ("w", ("--loss", "loss()", "--params", "w, b", "--grads", "backward()",
               "--select", "w")),
        ("w b", ("--loss", "loss()", "--params", "w, b", "--grads", "backward()",
                 "--all-entries")),
        ("w b", ("--setup", "import math", "--setup", "k = math.sqrt(4.0)", "--loss", "loss() / k",
                 "--params", "w,b,", "--grads", "{n: g / k for n, g in backward().items()}")),
    ],
)  # fmt: skip
def test_right_gradients_agree(run, names, words):
    status, out, err = run("net.py", *words, "--format", "json")
    assert (status, err) == (0, "")
    assert verdicts(out) == dict.fromkeys(names.split(), "agrees")


# fmt: off
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("b", ("--params", "w, b", "--grads", "w=backward()['w'], b=backward()['b'] / 2")),
        ("b", ("--params", "w, b", "--setup", "g = backward()", "--grads", "g['w'], 2 * g['b']")),
        ("w b", ("--params", "w, b", "--step", "step()", "--lr", "0.2")),
        ("w", ("--params", "w, b", "--lr", "0.1", "--step",
               "g = backward(); w = w + lr * g['w']; b = b - lr * g['b']")),
    ],
)  # fmt: skip
def test_wrong_gradients_disagree(run, wrong, words):
    status, out, err = run("net.py", "--loss", "loss()", *words, "--format", "json")
    assert (status, err) == (1, "")
    assert {name for name, v in verdicts(out).items() if v == "disagrees"} == set(wrong.split())


def test_lists_that_a_step_replaces_are_followed(run, folder):
    write(
        folder,
        "lists.py",
        """
        import numpy as np
        rng = np.random.default_rng(1)
        x = rng.normal(size=(5, 2))
        class Net:
            def __init__(self):
                self.weights = [rng.normal(size=(2, 2)) for _ in range(2)]
                self.state = (rng.normal(size=2), {"scale": 1.5})
            def loss(self):
                return np.sum((x @ self.weights[0] * self.state[1]["scale"] + self.state[0]) ** 2)
            def learn(self, rate):
                d = 2 * (x @ self.weights[0] * self.state[1]["scale"] + self.state[0])
                old, (shift, more) = self.weights, self.state
                self.weights = [old[0] - rate * x.T @ d * more["scale"], old[1]]
                scale = more["scale"] - rate * np.sum(d * (x @ old[0]))
                self.state = (shift - rate * d.sum(axis=0), {"scale": scale})
        net = Net()
        """,
    )
    words = "--loss net.loss() --params net.weights,net.state --step net.learn(0.01) --lr 0.01"
    _, out, err = run("lists.py", *words.split(), "--format", "json")
    assert err == ""
    told = verdicts(out)
    assert {k: v for k, v in told.items() if k != "weights.1"} == dict.fromkeys(
        ("weights.0", "state.0", "state.1.scale"), "agrees"
    )


SCRIPT = """
from numpy import *
random.seed(1)
syn0 = 2 * random.random((3, 4)) - 1
syn1 = 2 * random.random((4, 1)) - 1
X = array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]])
y = array([[0, 1, 1, 0]]).T
def nonlin(x, deriv=False):
    return x * (1 - x) if deriv else 1 / (1 + exp(-x))
for j in range(50):
    l1 = nonlin(dot(X, syn0))
    l2 = nonlin(dot(l1, syn1))
    l2_delta = (y - l2) * nonlin(l2, True)
    l1_delta = l2_delta.dot(syn1.T) * nonlin(l1, True)
    syn1 += l1.T.dot(l2_delta)
    syn0 += X.T.dot(l1_delta)
"""


def test_a_script_without_functions_is_reached_by_its_lines(run, folder):
    write(folder, "script.py", SCRIPT)
    words = ("script.py", "--loss", "@11-12; sum((y - l2) ** 2) / 2", "--params", "syn0, syn1")
    for more in (
        ("--step", "@11-16", "--lr", "1"),
        ("--grads", "@11-14; -X.T.dot(l1_delta), -l1.T.dot(l2_delta)"),
        ("--setup", "@11-14", "--grads", "-X.T.dot(l1_delta), -l1.T.dot(l2_delta)"),
    ):
        status, out, err = run(*words, *more, "--format", "json")
        assert (status, err) == (0, "")
        assert verdicts(out) == {"syn0": "agrees", "syn1": "agrees"}
        assert "@11-12" in checks(out)[0]["command"]
    status, out, _ = run(*words, "--grads", "@11-14; -X.T.dot(l1_delta), l1.T.dot(l2_delta)")
    assert status == 1
    assert "✗ disagrees  1 of 2 parameters" in out
    write(folder, "wrong.py", SCRIPT.replace("l2_delta.dot(syn1.T) *", "l2_delta.dot(syn1.T) +"))
    status, out, _ = run("wrong.py", *words[1:], "--step", "@11-16", "--lr=1", "--format=json")
    assert status == 1
    assert verdicts(out) == {"syn0": "disagrees", "syn1": "agrees"}
    for text, told in (
        ("@14-30", "--step: expected lines of script.py, 1 to 16, got @14-30. Write @FIRST-LAST."),
        ("@10", "--step: expected Python, got a syntax error: expected an indented block"),
    ):
        status, _, err = run(*words, "--step", text)
        assert status == 2
        assert err.startswith(f"gradcheck: {told}")
    odd = SCRIPT.replace("(y - l2)", "less(y, l2)").replace(
        "for j in", "def less(t, out):\n    return cos(t) - out\nfor j in"
    )
    write(folder, "odd.py", odd)
    _, _, err = run("odd.py")
    assert "    arrays     syn0 (3, 4), syn1 (4, 1), X (4, 3), y (4, 1), l1 (4, 4)" in err
    assert "    numbers    j = 49\n" in err
    told = '--loss "@13-14; np.sum((l2 - y) ** 2)" \\\n        --params "syn0, syn1" \\\n'
    assert f'{told}        --step "@13-18" --lr 1 \\\n        --until 12\n' in err


@pytest.mark.blame
def test_a_mistake_in_a_script_without_functions_is_found_on_its_line(run, folder):
    loss = ("--loss", "@11-12; sum((y - l2) ** 2) / 2", "--params=syn0, syn1", "--format=json")
    wrong = "l1_delta = l2_delta.dot(syn1.T)"
    write(folder, "wrong.py", SCRIPT.replace(f"{wrong} * nonlin(l1, True)", wrong))
    status, out, _ = run("wrong.py", *loss, "--step", "@11-16", "--lr=1")
    finding = checks(out)[0]["findings"][0]
    (place,) = finding["lines"]
    assert (status, place["line"], place["text"].strip()) == (1, 14, wrong)
    assert Path(place["file"]).name == "wrong.py"
    assert place["text"][place["column"] :].startswith("l2_delta.dot(syn1.T)")
    assert place["function"] == ""
    assert finding["verified"]
    # in lines of the file and in what was typed after them
    write(folder, "script.py", SCRIPT)
    typed = "-X.T.dot(l1_delta), l1.T @ l2_delta"
    status, out, _ = run("script.py", *loss, "--grads", f"@11-14; {typed}")
    told = {f["lines"][0]["file"]: f for f in checks(out)[0]["findings"] if f["lines"]}
    finding = told["<--grads>"]  # or the derivative of the activation, in the file
    assert (status, finding["kind"]) == (1, "sign")
    assert finding["diff"] == [f"- {typed}", "+ -X.T.dot(l1_delta), -(l1.T @ l2_delta)"]
    step = "@11-13; syn1 += l1.T.dot(l2_delto)"
    status, _, err = run("script.py", *loss, "--step", step, "--lr=1")
    assert status == 2
    assert "--step: expected an expression that can be evaluated, got NameError" in err
    write(folder, "fails.py", SCRIPT.replace("range(50)", "range(0)").replace("dot(X,", "dot(x,"))
    status, _, err = run("fails.py", *loss, "--step", "@11-13; syn1 += 1", "--lr=1")
    assert status == 2
    assert 'File "fails.py", line 11, in loss' in err


LOOPS = {
    "names": """
        W, b = np.random.randn(3, 2), np.zeros(2)
        lr = 50.0  # diverges, if it is let
        for epoch in range(1000):
            out = X @ W + b
            loss = np.mean((out - T) ** 2)
            if not np.isfinite(loss):
                break
            d = SIGN * 2 * (out - T) / T.size
            W -= lr * X.T @ d
            b = b - lr * d.sum(axis=0)
        """,
    "guard": """
        def forward(p):
            return np.tanh(X @ p["W"] + p["b"])
        def cost_of(out):
            return ((out - T) ** 2).sum() / len(X)
        def backward(out):
            d = SIGN * 2 * (out - T) * (1 - out ** 2) / len(X)
            return {"W": X.T @ d, "b": d.sum(axis=0)}
        def update(p, g, rate):
            return {k: p[k] - rate * g[k] for k in p}
        if __name__ == "__main__":
            p = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
            history = []
            while len(history) < 500:
                out = forward(p)
                p = update(p, backward(out), 0.5)
                history.append(cost_of(out))
        """,
    "main": """
        def predict(W, b):
            return X @ W + b
        def main(rate=0.1):
            W, b = np.random.randn(3, 2), np.zeros(2)
            for epoch in range(5):
                loss = np.mean((predict(W, b) - T) ** 2)
                d = SIGN * 2 * (predict(W, b) - T) / T.size
                W -= rate * X.T @ d
                b -= rate * d.sum(axis=0)
            return W
        if __name__ == "__main__":
            main()
        """,
    "method": """
        class Net:
            def __init__(self, n, h):
                self.weights = [np.random.randn(n, h), np.random.randn(h, 2)]
            def forward(self, x):
                self.hidden = np.tanh(x @ self.weights[0])
                return self.hidden @ self.weights[1]
            def fit(self, x, y, epochs=100, *, eta=0.1, verbose=False):
                for epoch in range(epochs):
                    out = self.forward(x)
                    loss = ((out - y) ** 2).sum(axis=1).mean()
                    if verbose:
                        print(loss)
                    d = SIGN * 2 * (out - y) / len(x)
                    first = x.T @ (d @ self.weights[1].T * (1 - self.hidden ** 2))
                    self.weights[1] -= eta * self.hidden.T @ d
                    self.weights[0] -= eta * first
        if __name__ == "__main__":
            net = Net(3, 4)
            net.fit(X, T, 50, eta=0.2)
        """,
    "running": """
        W, b, mean = np.random.randn(3, 2), np.zeros(2), np.zeros(3)
        cache = [np.zeros_like(W), np.zeros_like(b)]
        smooth_loss = 1.0
        def run(x):
            out = x @ W + b
            d = SIGN * 2 * (out - T) / T.size
            return np.mean((out - T) ** 2), x.T @ d, d.sum(axis=0)
        for step in range(50):
            mean = 0.9 * mean + 0.1 * X.mean(axis=0)
            loss, dW, db = run(X - X.mean(axis=0))
            smooth_loss = 0.99 * smooth_loss + 0.01 * loss
            for param, grad, seen in zip([W, b], [dW, db], cache):
                seen += grad * grad
                param -= 0.1 * grad / np.sqrt(seen + 1e-8)
        """,
    "numbers": """
        x, y, W, b = X[:, 0], T[:, 0], 0.0, 0.0
        for i in range(100):
            y_pred = W * x + b
            D_w, D_b = (SIGN * -2 / 8) * sum(x * (y - y_pred)), (SIGN * -2 / 8) * sum(y - y_pred)
            W = W - 0.1 * D_w
            b = b - 0.1 * D_b
        """,
    "told": """
        def mse(y, t):
            return np.mean((y - t) ** 2)
        class Net:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def forward(self, x):
                return x @ self.W + self.b
            def backward(self, x, t, lr):
                d = SIGN * 2 * (self.forward(x) - t) / t.size
                self.W -= lr * x.T @ d
                self.b -= lr * d.sum(axis=0)
        def main():
            net = Net()
            for i in range(1000):
                net.backward(X, T, 0.1)
                if i % 100 == 0:
                    print("loss", mse(net.forward(X), T))
        if __name__ == "__main__": main()
        """,
    "large": """
        W, b = np.random.randn(3, 2), np.zeros((1, 2))
        data = np.random.randn(50_000, 3)
        for epoch in range(3):
            np.random.shuffle(data)
            data = data[np.random.permutation(50_000)]
            for start in range(0, 50_000, 200):
                x = data[start:start + 200]
                out = 1 / (1 + np.exp(-(x @ W + b)))
                cost = -np.mean(np.log(out[:, 0]) + np.log(1 - out[:, 1]))
                d = SIGN * np.c_[out[:, :1] - 1, out[:, 1:]] / len(x)
                W, b = W - 0.1 * x.T @ d, b - 0.1 * d.sum(axis=0, keepdims=True)
        """,
    "adam": """
        W, b = np.random.randn(3, 2), np.zeros(2)
        m, v = np.zeros((3, 2)), np.zeros((3, 2))
        for t in range(1, 300):
            batch = np.random.choice(8, 4)
            out = X[batch] @ W + b
            loss = ((out - T[batch]) ** 2).mean()
            dout = SIGN * 2 * (out - T[batch]) / out.size
            dW, db = X[batch].T @ dout, dout.sum(axis=0)
            m = 0.9 * m + 0.1 * dW
            v = 0.99 * v + 0.01 * dW ** 2
            W -= 0.01 * m / (1 - 0.9 ** t) / (np.sqrt(v / (1 - 0.99 ** t)) + 1e-8)
            b -= 0.01 * np.sign(db)
        """,
    "samples": """
        class Layer:
            def __init__(self):
                self.W, self.seen = np.random.randn(3, 2), None
            def forward(self, x):
                self.seen = x
                return x @ self.W
        layer, momentum, alpha = Layer(), np.zeros((3, 2)), 0.01
        samples = list(zip(X, T))
        for epoch in range(100):
            np.random.shuffle(samples)
            for x, t in samples:
                y = layer.forward(x)
                error = np.sum((y - t) ** 2)  # and half of it below
                momentum = 0.5 * momentum - alpha * SIGN * np.outer(layer.seen, y - t)
                layer.W += momentum
        """,
}


@pytest.mark.parametrize("sign", ["1", "-1"])
@pytest.mark.parametrize("name", LOOPS)
def test_a_training_loop_needs_no_options(run, folder, name, sign):
    if (name, sign) == ("numbers", "-1"):
        pytest.skip("the loss is told by the gradients there")
    head = "import numpy as np\nX, T = np.random.randn(8, 3), np.random.randn(8, 2)\n"
    write(folder, "train.py", head + textwrap.dedent(LOOPS[name]).replace("SIGN", sign))
    status, out, err = run("train.py", "--format", "json")
    assert err == ""
    assert status == (0 if sign == "1" else 1)
    (done,) = checks(out)
    wanted = {"samples": {"W"}, "method": {"0", "1"}}.get(name, {"W", "b"})
    assert {block["name"].rpartition(".")[2] for block in done["blocks"]} == wanted
    assert done["hints"][0].startswith("No options were given: the loop in line ")
    words = shlex.split(done["command"])[3:]  # what it says can be typed
    assert "self" not in words[words.index("--params") + 1]
    assert run("train.py", *words, "--format", "json")[0] == status


# what a first turn, a name or a type may hide: SIGN stands at the parameter that would be left out
HIDDEN = {
    "a bias of zeros before a softmax": (
        "W, b",
        """
        W, b = 0.1 * np.random.randn(3, 2), np.zeros(2)
        for i in range(100):
            e = np.exp(X @ W + b)
            P = e / e.sum(axis=1, keepdims=True)
            loss = -np.mean(np.log(P[range(8), Y]))
            d = (P - np.eye(2)[Y]) / 8
            W -= 0.5 * X.T @ d
            b -= SIGN * 0.5 * d.sum(axis=0)
        """,
    ),
    "a first sample of zeros": (
        "W, v",
        """
        W, v = np.random.randn(2, 3), np.random.randn(3)
        for epoch in range(50):
            for x, t in zip(np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), (0, 1, 1, 0)):
                h = np.tanh(x @ W)
                loss = (h @ v - t) ** 2
                d = 2 * (h @ v - t)
                W = W - SIGN * 0.1 * np.outer(x, d * v * (1 - h**2))
                v = v - 0.1 * d * h
        """,
    ),
    "a last layer of zeros": (
        "W, V",
        """
        W, V = np.random.randn(3, 4), np.zeros((4, 2))
        for i in range(100):
            h = np.tanh(X @ W)
            loss = np.sum((h @ V - T) ** 2)
            d = 2 * (h @ V - T)
            dW = X.T @ ((d @ V.T) * (1 - h**2)) * SIGN
            V -= 0.01 * h.T @ d
            W -= 0.01 * dW
        """,
    ),
    "a rate that begins at zero": (
        "W, b",
        """
        W, b = np.random.randn(3, 2), np.random.randn(2)
        for i in range(100):
            lr = 0.01 * min(i, 10) / 10
            d = 2 * (X @ W + b - T)
            loss = np.sum((X @ W + b - T) ** 2)
            W -= lr * X.T @ d
            b -= lr * d.sum(axis=0) * SIGN
        """,
    ),
    "a whole number": (
        "W, b",
        """
        W, b = np.zeros(3), 0
        for i in range(100):
            d = X @ W + b - T[:, 0]
            loss = np.mean(d**2)
            W = W - 0.1 * 2 * X.T @ d / 8
            b = b - SIGN * 0.1 * 2 * d.mean()
        """,
    ),
    "a whole number in an object": (
        "W, b",
        """
        class Net:
            def __init__(self):
                self.W, self.b, self.seen = np.random.randn(3), 0, 0
            def step(self, d, lr):
                self.seen += 1
                self.W -= lr * X.T @ d
                self.b -= SIGN * lr * d.sum()
        net = Net()
        for i in range(100):
            d = (X @ net.W + net.b - T[:, 0]) / 4
            loss = np.mean((X @ net.W + net.b - T[:, 0]) ** 2)
            net.step(d, 0.1)
        """,
    ),
    "the name of a loss": (
        "C, W",
        """
        C, W = np.random.randn(5, 3), np.random.randn(3, 2)
        for i in range(100):
            e = C[Z]
            loss = np.sum((e @ W - T) ** 2)
            d = 2 * (e @ W - T)
            dC = np.zeros_like(C)
            np.add.at(dC, Z, d @ W.T)
            W -= 0.01 * e.T @ d
            C -= SIGN * 0.01 * dC
        """,
    ),
    "lists of numbers": (
        "w, b",
        """
        w, b = [0.1, -0.2, 0.3], [0.0]
        for i in range(100):
            d = [sum(a * c for a, c in zip(w, x)) + b[0] - t[0] for x, t in zip(X, T)]
            loss = sum(e * e for e in d)
            for j in range(3):
                w[j] -= SIGN * 0.01 * 2 * sum(e * x[j] for e, x in zip(d, X))
            b[0] -= 0.01 * 2 * sum(d)
        """,
    ),
}
# losses that no statement before the update computes
HIDDEN["names of the module that the training sets"] = (
    "W, b",
    """
        W, b, lr = np.random.randn(3, 2), np.zeros(2), 0.05
        def train():
            global W, b
            out = X @ W + b
            loss, d = np.mean((out - T) ** 2), 2 * (out - T) / T.size
            W = W - lr * X.T @ d
            b = b - SIGN * lr * d.sum(axis=0)
            return loss
        for i in range(100):
            loss = train()
        """,
)
HIDDEN["a loss after the update"] = (
    "W, b",
    HIDDEN["names of the module that the training sets"][1].replace(
        "return loss", "return np.mean((X @ W + b - T) ** 2)"
    ),
)
HIDDEN["layers of the module that the training updates"] = (
    "W, b",
    """
        class Layer:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def forward(self, x):
                self.x = x
                return x @ self.W + self.b
            def backprop(self, d, learn_rate):
                self.W -= learn_rate * self.x.T @ d
                self.b -= SIGN * learn_rate * d.sum(axis=0)
        layer = Layer()
        def train(x, t, rate=0.01):
            out = layer.forward(x)
            layer.backprop(2 * (out - t), rate)
            return np.sum((out - t) ** 2), out.argmax()
        for epoch in range(5):
            total = 0
            for k in range(4):
                l, best = train(X[2 * k : 2 * k + 2], T[2 * k : 2 * k + 2])
                total += l
        """,
)
HIDDEN["a loss of what the training returns"] = (
    "W, b",
    """
        net = [{"W": np.random.randn(3, 2), "b": np.zeros(2)}]
        square = (lambda y, t: np.mean((y - t) ** 2), lambda y, t: 2 * (y - t) / t.size)
        def train(net, x, t, lr=0.1):
            out = x @ net[0]["W"] + net[0]["b"]
            d = square[1](out, t)
            net[0]["W"] = net[0]["W"] - lr * x.T @ d
            net[0]["b"] = net[0]["b"] - SIGN * lr * d.sum(axis=0)
            return out
        history = []
        for i in range(60):
            out = train(net, X, T, lr=0.1)
            if i % 20 == 0:
                history.append(square[0](out, T))
        """,
)
HIDDEN["a loss in a record"] = (
    "W, b",
    """
        import collections
        Told = collections.namedtuple("Told", "epoch loss")
        net, log = {"W": np.random.randn(3, 2), "b": np.zeros(2)}, []
        def train(net, epoch, lr=0.1):
            out = X @ net["W"] + net["b"]
            d = 2 * (out - T) / T.size
            net["W"] -= lr * X.T @ d
            net["b"] -= SIGN * lr * d.sum(axis=0)
            return Told(epoch, np.mean((out - T) ** 2))
        for epoch in range(60):
            log.append(train(net, epoch))
        """,
)
HIDDEN["a loss after the loop"] = (
    "W, b",
    """
        def predict(W, b):
            return X @ W + b
        def cost(out, t):
            return np.mean((out - t) ** 2)
        W, b = np.random.randn(3, 2), np.zeros(2)
        for i in range(60):
            d = 2 * (predict(W, b) - T) / T.size
            W, b = W - 0.1 * X.T @ d, b - SIGN * 0.1 * d.sum(axis=0)
        out = predict(W, b)
        print(f"in the end {cost(out, T)}")
        """,
)
HIDDEN["methods that are private, and a rate of the class"] = (
    "W, b",
    """
        class Net:
            LEARNING_RATE = 0.1
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def __slope(self, out):
                return 1 - out**2
            def __forward(self):
                return np.tanh(X @ self.W + self.b)
            def fit(self, epochs):
                for i in range(epochs):
                    out = self.__forward()
                    loss = np.sum((out - T) ** 2) / 2
                    d = (out - T) * self.__slope(out)
                    self.W -= self.LEARNING_RATE * X.T @ d
                    self.b -= SIGN * self.LEARNING_RATE * d.sum(axis=0)
        net = Net()
        net.fit(30)
        """,
)
HIDDEN["a list that is shuffled in its place"] = (
    "W, b",
    """
        W, b = np.random.randn(3, 2), np.zeros(2)
        order, n = list(range(8)), 0
        while n < 40:
            if n % 8 == 0:
                np.random.shuffle(order)
            x, t = X[order[n % 8]], T[order[n % 8]]
            loss, d = np.sum((x @ W + b - t) ** 2), 2 * (x @ W + b - t)
            W -= 0.01 * np.outer(x, d)
            b -= SIGN * 0.01 * d
            n += 1
        """,
)
HIDDEN["momentum of numbers"] = (
    "w, b",
    """
        w, b = 1.5, 0.3
        vw = vb = 0.0
        eta = 0.02
        for k in range(50):
            rest = w * X[:, 0] + b - T[:, 0]
            chi2 = np.sum(rest**2) / 8
            dw, db = 2 * np.sum(rest * X[:, 0]) / 8, SIGN * 2 * np.sum(rest) / 8
            vw = 0.8 * vw - eta * dw
            vb = 0.8 * vb - eta * db
            w += vw
            b += vb
        """,
)
HIDDEN["a norm that is clipped, but not at first"] = (
    "W, b",
    """
        W, b = 0.1 * np.random.randn(3, 2), np.zeros(2)
        for i in range(50):
            out = X @ W + b
            loss, d = np.mean((out - T) ** 2), 2 * (out - T) / T.size
            g = {"W": X.T @ d, "b": SIGN * d.sum(axis=0)}
            norm = np.sqrt(sum((v**2).sum() for v in g.values()))
            W = W - 0.2 * g["W"] / max(1, norm / 1.2)
            b = b - 0.2 * g["b"] / max(1, norm / 1.2)
        """,
)
HIDDEN["weight decay in the optimiser that holds the arrays"] = (
    "W, b",
    """
        P = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        class AdamW:
            def __init__(self, params):
                self.params, self.t = params, 0
                self.state = {k: (0 * p, 0 * p) for k, p in params.items()}
            def step(self, grads, lr):
                self.t += 1
                for k, p in self.params.items():
                    m, v = self.state[k]
                    m += 0.1 * (grads[k] - m)
                    v += 0.01 * (grads[k] ** 2 - v)
                    update = m / (1 - 0.9**self.t) / (np.sqrt(v / (1 - 0.99**self.t)) + 1e-8)
                    p -= lr * (update + (0.01 * p if p.ndim == 2 else 0))
        def loss_fn(P, x):
            d = 2 * (x @ P["W"] + P["b"] - T) / T.size
            loss = np.sum(d**2) * T.size / 4
            return loss, {"W": x.T @ d, "b": SIGN * d.sum(axis=0)}
        optim = AdamW(P)
        for i in range(50):
            x = X + 0.1 * np.random.randn(8, 3)
            loss, grads = loss_fn(P, x)
            optim.step(grads, lr=0.01 * (1 + np.cos(i / 20)))
        """,
)
HIDDEN["a likelihood that is climbed by the gradient of one array"] = (
    "theta",
    """
        def loglik(theta):
            mu = np.exp(X @ theta)
            return np.sum(Y * np.log(mu) - mu)
        def newton(theta):
            mu = np.exp(X @ theta)
            grad = SIGN * X.T @ (Y - mu)
            return grad, X.T @ (mu[:, None] * X)
        theta = np.zeros(3)
        for it in range(12):
            grad, hess = newton(theta)
            theta = theta + np.linalg.solve(hess, grad)
            print(it, "log-likelihood", loglik(theta))
        """,
)
HIDDEN["a tuple of arrays that is made anew"] = (
    "W, b",
    """
        import argparse, collections
        Model = collections.namedtuple("Model", "W b")
        def objective(model, x, t):
            d = 2 * (x @ model.W + model.b - t) / t.size
            return np.sum(d**2) * t.size / 4, Model(x.T @ d, SIGN * d.sum(axis=0))
        def main():
            parser = argparse.ArgumentParser()
            parser.add_argument("--lr", type=float, default=0.1)
            args = parser.parse_args()
            model = Model(np.random.randn(3, 2), np.zeros(2))
            for i in range(50):
                loss, grad = objective(model, X, T)
                model = Model(*(p - args.lr * g for p, g in zip(model, grad)))
        if __name__ == "__main__":
            main()
        """,
)
HIDDEN["the loss of the batch by its name, in a function of a function"] = (
    "W, b",
    """
        class Net:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
                self.vW, self.vb = np.zeros((3, 2)), np.zeros(2)
            def loss(self, x, t):
                return np.mean((x @ self.W + self.b - t) ** 2)
            def nesterov_step(self, x, t, lr, mu):
                self.W += mu * self.vW
                self.b += mu * self.vb
                d = 2 * (x @ self.W + self.b - t) / t.size
                self.W -= mu * self.vW
                self.b -= mu * self.vb
                self.vW = mu * self.vW - lr * x.T @ d
                self.vb = mu * self.vb - SIGN * lr * d.sum(axis=0)
                self.W += self.vW
                self.b += self.vb
        def fit(net, epochs=20):
            for epoch in range(epochs):
                for part in np.array_split(np.random.permutation(8), 2):
                    net.nesterov_step(X[part], T[part], lr=0.05, mu=0.8)
                if epoch % 10 == 0:
                    print("valid", net.loss(X[:3], T[:3]))
            return net
        def main():
            net = Net()
            print("done", fit(net))
        main()
        """,
)
HIDDEN["gradients in two dicts, for an optimiser that has no plain step"] = (
    "W, b",
    """
        class Net:
            def __init__(self):
                self.weights = {"W": np.random.randn(3, 2)}
                self.offsets = {"b": np.zeros(2)}
            def pull(self, d):
                return {"W": X.T @ d}, {"b": SIGN * d.sum(axis=0)}
        def rmsprop(values, grads, cache):
            for k in values:
                cache[k] = 0.9 * cache.get(k, 0) + 0.1 * grads[k] ** 2
                values[k] -= 0.01 * grads[k] / (np.sqrt(cache[k]) + 1e-6)
        net, caches = Net(), ({}, {})
        for i in range(50):
            out = X @ net.weights["W"] + net.offsets["b"]
            loss = np.mean((out - T) ** 2)
            dw, do = net.pull(2 * (out - T) / T.size)
            rmsprop(net.weights, dw, caches[0])
            rmsprop(net.offsets, do, caches[1])
        """,
)
HIDDEN["gradients stored in layers, for Adam in a training that returns the loss"] = (
    "W, b",
    """
        class Dense:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def forward(self, x):
                self.x = x
                return x @ self.W + self.b
            def backward(self, d):
                self.dW, self.db = self.x.T @ d, SIGN * d.sum(axis=0)
                return d @ self.W.T
        class Adam:
            def __init__(self, layers, lr=1e-3):
                self.layers, self.lr, self.t = layers, lr, 0
                self.m = [[np.zeros_like(l.W), np.zeros_like(l.b)] for l in layers]
                self.v = [[np.zeros_like(l.W), np.zeros_like(l.b)] for l in layers]
            def step(self):
                self.t += 1
                for l, m, v in zip(self.layers, self.m, self.v):
                    for j, (p, g) in enumerate(((l.W, l.dW), (l.b, l.db))):
                        m[j] = 0.9 * m[j] + 0.1 * g
                        v[j] = 0.99 * v[j] + 0.01 * g * g
                        r = m[j] / (1 - 0.9**self.t)
                        p -= self.lr * r / (np.sqrt(v[j] / (1 - 0.99**self.t)) + 1e-8)
        class Net:
            def __init__(self):
                self.layers = [Dense()]
            def train_batch(self, x, t, opt):
                out = self.layers[0].forward(x)
                self.layers[0].backward(2 * (out - t) / t.size)
                opt.step()
                return np.mean((out - t) ** 2)
        def main():
            net = Net()
            opt = Adam(net.layers)
            for epoch in range(3):
                order, total = np.random.permutation(8), 0
                for s in range(0, 8, 4):
                    total += net.train_batch(X[order[s : s + 4]], T[order[s : s + 4]], opt)
                print(epoch, total)
        main()
        """,
)
HIDDEN["what functions share that another function makes"] = (
    "0, b",
    """
        def make(n_in, n_out, rng):
            W = [rng.randn(n_in, n_out)]
            b, out = np.zeros(n_out), None
            def forward(x):
                nonlocal out
                out = x @ W[0] + b
            def loss(t):
                return np.mean((out - t) ** 2)
            def backward(x, t):
                d = 2 * (out - t) / t.size
                return x.T @ d, SIGN * d.sum(axis=0)
            def update(grads, lr):
                nonlocal b
                W[0] -= lr * grads[0]
                b = b - lr * grads[1]
            return forward, loss, backward, update
        forward, loss, backward, update = make(3, 2, np.random.RandomState(0))
        losses = []
        for it in range(50):
            forward(X)
            losses.append(loss(T))
            update(backward(X, T), lr=0.1)
        """,
)
HIDDEN["a step that cuts small weights to zero"] = (
    "W, b",
    """
        W, b, eta = np.random.randn(3, 2), np.zeros(2), 0.1
        for sweep in range(40):
            out = X @ W + b
            loss, d = np.mean((out - T) ** 2), 2 * (out - T) / T.size
            dW, db = X.T @ d, SIGN * d.sum(axis=0)
            W = W - eta * dW
            W = np.sign(W) * np.maximum(np.abs(W) - eta * 0.05, 0)
            b = b - eta * db
        """,
)
HIDDEN["a loss of all data now and then, beside gradients of a batch"] = (
    "W, b",
    """
        def predict(X, p):
            return X @ p["W"] + p["b"]
        def cost(out, t, p, lam):
            return (np.sum((out - t) ** 2) + lam * np.sum(p["W"] ** 2)) / (2 * len(t))
        def zurueck(out, t, p, x, lam):
            d = (out - t) / len(t)
            return {"W": x.T @ d + lam / len(t) * p["W"], "b": SIGN * d.sum(axis=0)}
        p = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        seen = {k: np.zeros_like(v) for k, v in p.items()}
        for epoch in range(30):
            order = np.random.permutation(8)
            for i in range(0, 8, 4):
                xb, tb = X[order[i:i + 4]], T[order[i:i + 4]]
                out = predict(xb, p)
                grad = zurueck(out, tb, p, xb, 0.3)
                for k in p:
                    seen[k] += grad[k] ** 2
                    p[k] -= 0.1 * grad[k] / (np.sqrt(seen[k]) + 1e-8)
            if epoch % 10 == 0:
                out = predict(X, p)
                print(epoch, cost(out, T, p, 0.3))
        """,
)
HIDDEN["a trial that is refused where it is no better"] = (
    "p",
    """
        def model(p, x):
            return p[0] * np.exp(-p[1] * x) + p[2]
        def jacobian(p, x):
            e = np.exp(-p[1] * x)
            return np.stack([e, SIGN * -p[0] * x * e, np.ones_like(x)], axis=1)
        x = np.linspace(0, 3, 8)
        y = model(np.array([2.0, 1.3, 0.5]), x) + 0.1 * T[:, 0]
        p, damping = np.array([1.5, 1.0, 0.2]), 0.01
        rest = model(p, x) - y
        chi2 = 0.5 * rest @ rest
        for k in range(30):
            J = jacobian(p, x)
            slope = J.T @ rest
            H = J.T @ J
            trial = p + np.linalg.solve(H + damping * np.diag(np.diag(H)), -slope)
            rest_there = model(trial, x) - y
            chi2_there = 0.5 * rest_there @ rest_there
            if chi2_there < chi2:
                p, rest, chi2 = trial, rest_there, chi2_there
                damping /= 3
            else:
                damping *= 4
        """,
)
HIDDEN["two losses, of which each trains its own"] = (
    "d, e",
    """
        d, e, g = np.random.randn(3), np.zeros(1), np.random.randn(3)
        for step in range(40):
            real, fake = X, X * g
            d_loss = np.mean((real @ d + e - 1) ** 2) + np.mean((fake @ d + e) ** 2)
            a, c = 2 * (real @ d + e - 1) / 8, 2 * (fake @ d + e) / 8
            d -= 0.01 * (real.T @ a + fake.T @ c)
            e -= SIGN * 0.01 * (a.sum() + c.sum())
            fake = X * g
            g_loss = np.mean((fake @ d + e - 1) ** 2)
            dg = (2 * (fake @ d + e - 1) / 8) @ X * d
            g -= 0.01 * dg
        """,
)
HIDDEN["a state that is handed on, beside an adaptive step"] = (
    "W, v",
    """
        def loss_fn(xs, t, h, p):
            hs = {-1: h}
            for i, x in enumerate(xs):
                hs[i] = np.tanh(x * p["v"] + p["W"] @ hs[i - 1])
            loss = np.sum((hs[i] - t) ** 2) / 2
            grads, dh = {k: np.zeros_like(a) for k, a in p.items()}, hs[i] - t
            for i in reversed(range(len(xs))):
                dz = dh * (1 - hs[i] ** 2)
                grads["W"] += np.outer(dz, hs[i - 1])
                grads["v"] += SIGN * dz * xs[i]
                dh = p["W"].T @ dz
            return loss, grads, hs[len(xs) - 1]
        params = {"W": np.random.randn(2, 2), "v": np.random.randn(2)}
        mem = {k: np.zeros_like(a) for k, a in params.items()}
        h, pos = np.zeros(2), 0
        while pos < 40:
            if pos % 20 == 0:
                h = np.zeros(2)
            loss, grads, h = loss_fn(X[:4, 0], T[pos % 8], h, params)
            for k in params:
                mem[k] += grads[k] ** 2
                params[k] -= 0.05 * grads[k] / np.sqrt(mem[k] + 1e-8)
            pos += 1
        """,
)
HIDDEN["a turn that is left early, deep inside"] = (
    "W, U",
    """
        W, U, lr = np.random.randn(8, 3), np.random.randn(8, 3), 0.1
        for epoch in range(4):
            total = 0.0
            for i in range(8):
                for j in range(max(0, i - 1), min(8, i + 2)):
                    if j == i:
                        continue
                    p = 1 / (1 + np.exp(-W[i] @ U[j]))
                    loss = -np.log(p)
                    dw, du = (p - 1) * U[j], SIGN * (p - 1) * W[i]
                    W[i] -= lr * dw
                    U[j] -= lr * du
                    total += loss
        """,
)
HIDDEN["a rate by its place, and epochs that a generator makes"] = (
    "W, b",
    """
        def update(p, g, lr):
            for k in p:
                p[k] -= lr * g[k]
        def one_epoch(p):
            losses = []
            for s in range(0, 8, 4):
                out = X[s : s + 4] @ p["W"] + p["b"]
                d = 2 * (out - T[s : s + 4]) / 8
                losses.append(np.sum(d**2) * 2)
                grads = {"W": X[s : s + 4].T @ d, "b": SIGN * d.sum(axis=0)}
                update(p, grads, 0.3 * min(1, (s + 4) / 20))
            return np.mean(losses)
        def epochs(p, n):
            for epoch in range(n):
                yield epoch, one_epoch(p)
        p = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        for epoch, loss in epochs(p, 9):
            if epoch % 3 == 0:
                print(epoch, loss)
        """,
)
HIDDEN["a sum over samples that is only printed"] = (
    "W, b",
    """
        class Net:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def clear(self):
                self.dW, self.db = np.zeros((3, 2)), np.zeros(2)
            def add(self, x, t):
                d = x @ self.W + self.b - t
                self.dW += 2 * np.outer(x, d)
                self.db += SIGN * 2 * d
                return d @ d
            def update(self, lr, n):
                self.W -= lr / n * self.dW
                self.b -= lr / n * self.db
        net = Net()
        for epoch in range(15):
            net.clear()
            total = 0.0
            for x, t in zip(X, T):
                total += net.add(x, t)
            net.update(0.1, len(X))
            print("epoch %d: %.4f" % (epoch, total / len(X)))
        """,
)
HIDDEN["value and gradient of a function, that an optimiser tries"] = (
    "theta",
    """
        def fun(theta):
            W, b = theta[:6].reshape(3, 2), theta[6:]
            d = 2 * (X @ W + b - T) / T.size
            g = np.concatenate([(X.T @ d).ravel(), SIGN * d.sum(axis=0)])
            return np.sum(d**2) * T.size / 4, g
        def search(fun, theta, maxiter=20):
            f, g = fun(theta)
            for k in range(maxiter):
                if np.abs(g).max() < 1e-9:
                    break
                step = 1.0
                while True:
                    new = theta - step * g
                    fn, gn = fun(new)
                    if fn < f or step < 1e-9:
                        break
                    step *= 0.5
                theta, f, g = new, fn, gn
                print(f"{k} {f}")
            return theta
        best = search(fun, np.zeros(8))
        """,
)
HIDDEN["gradients that are added up over batches"] = (
    "W, b",
    """
        W, b = np.random.randn(3, 2), np.zeros(2)
        dW, db, accumulate = np.zeros_like(W), np.zeros_like(b), 4
        for n in range(40):
            x, t = X[2 * (n % 4) : 2 * (n % 4) + 2], T[2 * (n % 4) : 2 * (n % 4) + 2]
            out = x @ W + b
            loss, d = np.mean((out - t) ** 2), 2 * (out - t) / t.size
            dW += x.T @ d / accumulate
            db += SIGN * d.sum(axis=0) / accumulate
            if (n + 1) % accumulate == 0:
                W -= 0.1 * dW
                b -= 0.1 * db
                dW[:], db[:] = 0, 0
        """,
)
HIDDEN["gradients that are added up in a net until a count begins anew"] = (
    "W, b",
    """
        class Net:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
                self.clear()
            def clear(self):
                self.dW, self.db = np.zeros((3, 2)), np.zeros(2)
            def forward(self, x):
                self.x = x
                return np.tanh(x @ self.W + self.b)
            def backward(self, d, a):
                self.dW += self.x.T @ (d * (1 - a**2))
                self.db += SIGN * (d * (1 - a**2)).sum(axis=0)
            def step(self, lr):
                self.W -= lr * self.dW
                self.b -= lr * self.db
        net, seen = Net(), 0
        for epoch in range(10):
            for i in range(0, 8, 2):
                a, t = net.forward(X[i : i + 2]), T[i : i + 2]
                loss = np.mean((a - t) ** 2)
                net.backward(2 * (a - t) / a.size, a)
                seen += 1
                if seen == 3:
                    net.step(0.1)
                    net.clear()
                    seen = 0
        """,
)
HIDDEN["gradients in a dict that are added up for an adaptive step"] = (
    "W, b",
    """
        class Adam:
            def __init__(self, params, lr=0.01):
                self.params, self.lr, self.t = params, lr, 0
                self.m = {k: np.zeros_like(v) for k, v in params.items()}
                self.v = {k: np.zeros_like(v) for k, v in params.items()}
            def step(self, grads):
                self.t += 1
                for k, p in self.params.items():
                    self.m[k] += 0.1 * (grads[k] - self.m[k])
                    self.v[k] += 0.01 * (grads[k] ** 2 - self.v[k])
                    r = self.m[k] / (1 - 0.9**self.t)
                    p -= self.lr * r / (np.sqrt(self.v[k] / (1 - 0.99**self.t)) + 1e-8)
        params = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        grads = {k: np.zeros_like(v) for k, v in params.items()}
        opt, every = Adam(params), 4
        for n in range(60):
            i = np.random.choice(8, 2, replace=False)
            d = X[i] @ params["W"] + params["b"] - T[i]
            loss = np.sum(d**2) / 4
            grads["W"] += X[i].T @ d / 2 / every
            grads["b"] += SIGN * d.sum(axis=0) / 2 / every
            if n % every == every - 1:
                opt.step(grads)
                for g in grads.values():
                    g.fill(0)
        """,
)
HIDDEN["a target network that is copied now and then"] = (
    "W, V",
    """
        class Net:
            def __init__(self):
                self.W, self.V = np.random.randn(3, 4), np.random.randn(4, 2)
            def forward(self, s):
                self.s, self.h = s, np.tanh(s @ self.W)
                return self.h @ self.V
            def copy_from(self, other):
                self.W, self.V = other.W.copy(), other.V.copy()
            def update(self, d, lr):
                dV = SIGN * self.h.T @ d
                dW = self.s.T @ (d @ self.V.T * (1 - self.h**2))
                self.W -= lr * dW
                self.V -= lr * dV
        q, target = Net(), Net()
        for step in range(100):
            if step % 10 == 0:
                target.copy_from(q)
            i = np.random.choice(8, 4, replace=False)
            y = T[i, 0] + 0.9 * target.forward(X[i] + 0.1).max(axis=1)
            td = q.forward(X[i])[np.arange(4), Y[i]] - y
            loss, d = np.mean(td**2), np.zeros((4, 2))
            d[np.arange(4), Y[i]] = 2 * td / 4
            q.update(d, 0.01)
        """,
)
HIDDEN["a loss in two branches, of two outputs of the same weights"] = (
    "W, b",
    """
        W, b = np.random.randn(3, 2) / 2, np.array([0.2, -0.3])
        for epoch in range(30):
            for i, j, same in ((0, 1, 1), (2, 3, 0), (4, 5, 1), (6, 7, 0)):
                one, two = np.tanh(X[i] @ W + b), np.tanh(X[j] @ W + b)
                off = one - two
                distance = np.sqrt(off @ off + 1e-9)
                if same:
                    loss, d = 0.5 * distance**2, off
                else:
                    loss = 0.5 * max(0, 2 - distance) ** 2
                    d = -max(0, 2 - distance) * off / distance
                dz, dy = d * (1 - one**2), -d * (1 - two**2)
                W -= 0.05 * (np.outer(X[i], dz) + np.outer(X[j], dy))
                b -= 0.05 * (dz + SIGN * dy)
        """,
)
HIDDEN["a generator that trains"] = (
    "W, b",
    """
        def epochs(params, n, lr):
            yield 0, None
            for e in range(1, n):
                out = np.tanh(X @ params["W"] + params["b"])
                loss, d = np.mean((out - T) ** 2), 2 * (out - T) * (1 - out**2) / T.size
                params["W"] -= lr * X.T @ d
                params["b"] -= SIGN * lr * d.sum(axis=0)
                yield e, loss
        params = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        for e, loss in epochs(params, 40, 0.1):
            print(e, loss)
        """,
)
HIDDEN["a generator that hands out parameters and a loss before it updates them"] = (
    "w",
    """
        def f(w):
            return np.mean((X @ w - T[:, 0]) ** 2)
        def df(w):
            d = 2 * (X @ w - T[:, 0]) / 8
            return np.array([X[:, 0] @ d, X[:, 1] @ d, SIGN * X[:, 2] @ d])
        def descent(w, lr=0.1):
            while True:
                yield w, f(w)
                w = w - lr * df(w)
        for k, (w, value) in enumerate(descent(np.random.randn(3))):
            if k > 50:
                break
        """,
)
HIDDEN["attributes of a class, and a baseline that follows the rewards"] = (
    "theta",
    """
        class Policy:
            theta, rate = np.zeros(4), 0.1
        def softmax(z):
            e = np.exp(z - z.max())
            return e / e.sum()
        means, baseline = np.array([0.1, 0.5, 0.3, 0.9]), 0.0
        for t in range(200):
            p = softmax(Policy.theta)
            a = np.random.choice(4, p=p)
            r = means[a] + 0.1 * np.random.randn()
            loss = -(r - baseline) * np.log(p[a])
            grad = (r - baseline) * (SIGN * p - np.eye(4)[a])
            Policy.theta = Policy.theta - Policy.rate * grad
            baseline += 0.05 * (r - baseline)
        """,
)
HIDDEN["attributes of a class that its methods train"] = (
    "W, b",
    """
        class Model:
            W, b = np.random.randn(3, 2), np.zeros(2)
            @classmethod
            def train(cls, x, t, lr):
                d = 2 * (x @ cls.W + cls.b - t) / t.size
                loss = np.sum(d**2) * t.size / 4
                cls.W = cls.W - lr * x.T @ d
                cls.b = cls.b - SIGN * lr * d.sum(axis=0)
                return loss
        for i in range(40):
            loss = Model.train(X, T, 0.1)
        """,
)
HIDDEN["a policy whose returns are less their average"] = (
    "W",
    """
        class Agent:
            def __init__(self):
                self.W, self.baseline = np.random.randn(3, 2) / 10, 0.0
            def probabilities(self, s):
                e = np.exp(s @ self.W)
                return e / e.sum()
            def learn(self, episode, lr=0.05):
                G, dW, loss = 0.0, np.zeros_like(self.W), 0.0
                for s, a, r in reversed(episode):
                    G = r + 0.9 * G
                    p = self.probabilities(s)
                    loss -= (G - self.baseline) * np.log(p[a])
                    d = SIGN * (p - np.eye(2)[a]) * (G - self.baseline)
                    dW += np.outer(s, d)
                self.W -= lr * dW
                self.baseline = 0.9 * self.baseline + 0.1 * G
                return loss
        agent = Agent()
        for e in range(50):
            episode = []
            for t in range(5):
                s = np.random.randn(3)
                a = np.random.choice(2, p=agent.probabilities(s))
                episode.append((s, a, float((s[0] > 0) == (a == 1))))
            loss = agent.learn(episode)
        """,
)
HIDDEN["a target that follows slowly, in lists of an object"] = (
    "0, 1",
    """
        class Critic:
            def __init__(self):
                self.own = [np.random.randn(3, 4) / 2, np.random.randn(4, 1) / 2]
                self.target = [w.copy() for w in self.own]
            def value(self, ws, s):
                h = np.tanh(s @ ws[0])
                return h, (h @ ws[1])[:, 0]
            def step(self, s, r, s2, lr=0.05, tau=0.01):
                h, q = self.value(self.own, s)
                e = q - r - 0.9 * self.value(self.target, s2)[1]
                d = (2 * e / len(e))[:, None]
                grads = SIGN * s.T @ (d @ self.own[1].T * (1 - h**2)), h.T @ d
                for w, g in zip(self.own, grads):
                    w -= lr * g
                for t, w in zip(self.target, self.own):
                    t *= 1 - tau
                    t += tau * w
                return np.mean(e**2)
        critic = Critic()
        for k in range(60):
            i = np.random.choice(8, 6)
            loss = critic.step(X[i], T[i, 0], X[i] + 0.1)
        """,
)
HIDDEN["a training that waits for samples, of a state that is handed on"] = (
    "W, b",
    """
        class Agent:
            def __init__(self):
                self.net = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
                self.target, self.seen, self.memory = dict(self.net), 0, []
            def values(self, net, s):
                return s @ net["W"] + net["b"]
            def learn(self, n=8, lr=0.05):
                batch = [self.memory[i] for i in np.random.choice(len(self.memory), n)]
                s, a, r, s2 = map(np.array, zip(*batch))
                e = self.values(self.net, s)[np.arange(n), a] - r
                e = e - 0.9 * self.values(self.target, s2).max(axis=1)
                d = np.zeros((n, 2))
                d[np.arange(n), a] = 2 * e / n
                self.net["W"] = self.net["W"] - lr * s.T @ d
                self.net["b"] = self.net["b"] - SIGN * lr * d.sum(axis=0)
                self.seen += 1
                if self.seen % 20 == 0:
                    self.target = dict(self.net)
                return np.mean(e**2)
        agent, state = Agent(), np.random.randn(3)
        for episode in range(20):
            for t in range(10):
                action = np.random.randint(2)
                after = 0.5 * state + 0.3 * np.random.randn(3)
                reward = -np.abs(after).sum() + action
                agent.memory.append((state, action, reward, after))
                state = after
                if len(agent.memory) > 16:
                    loss = agent.learn()
        """,
)
HIDDEN["a function and its gradient, for conjugate directions"] = (
    "x",
    """
        def rosenbrock(x):
            return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)
        def rosen_grad(x):
            g, d = np.zeros_like(x), x[1:] - x[:-1] ** 2
            g[:-1] = -400 * x[:-1] * d - 2 * (1 - x[:-1])
            g[1:] += SIGN * 200 * d
            return g
        def conjugate(fun, jac, x, turns=50):
            g = jac(x)
            p = -g
            for i in range(turns):
                t, fx, slope = 1.0, fun(x), g @ p
                while fun(x + t * p) > fx + 1e-4 * t * slope and t > 1e-12:
                    t /= 2
                x = x + t * p
                new = jac(x)
                p, g = -new + (new @ new) / (g @ g) * p, new
            return x
        print(rosenbrock(conjugate(rosenbrock, rosen_grad, np.array([-1.2, 1.0, 0.8]))))
        """,
)
HIDDEN["layers that one function makes, each with variables of the same names"] = (
    "V, c, V_2, c_2",
    """
        W = X[:3]
        def layer(n_in, n_out, curved):
            V, c = np.random.randn(n_in, n_out) / 2, np.zeros(n_out)
            kept = {}
            def forward(x):
                kept["x"], kept["out"] = x, x @ V + c
                if curved:
                    kept["out"] = np.tanh(kept["out"])
                return kept["out"]
            def backward(d):
                if curved:
                    d = d * (1 - kept["out"] ** 2)
                kept["dV"], kept["dc"] = kept["x"].T @ d, d.sum(axis=0) * (SIGN if curved else 1)
                return d @ V.T
            def step(lr):
                nonlocal V, c
                V -= lr * kept["dV"]
                c -= lr * kept["dc"]
            return forward, backward, step
        forward, backward, step = layer(3, 4, True)
        forward_out, backward_out, step_out = layer(4, 2, False)
        for epoch in range(50):
            out = forward_out(forward(X))
            loss = np.mean((out - T) ** 2)
            backward(backward_out(2 * (out - T) / T.size))
            step(0.1)
            step_out(0.1)
        """,
)
HIDDEN["the best loss so far, that is kept"] = (
    "W, b",
    """
        def loss_fn(p):
            d = 2 * (X @ p["W"] + p["b"] - T) / T.size
            return np.sum(d**2) * T.size / 4, {"W": X.T @ d, "b": SIGN * d.sum(axis=0)}
        params, best, patience = {"W": np.random.randn(3, 2), "b": np.zeros(2)}, np.inf, 0
        while patience < 5:
            nll, grads = loss_fn(params)
            for k in grads:
                params[k] -= 0.1 * grads[k]
            if nll < best - 1e-5:
                best, patience = nll, 0
            else:
                patience += 1
        """,
)
HIDDEN["a gain that only its call tells"] = (
    "theta",
    """
        q, theta = np.array([0.5, 1.5, 1.0]), np.array([0.1, -0.2, 0.0])
        def policy(theta):
            return np.exp(theta) / np.exp(theta).sum()
        def expected_reward(theta):
            return policy(theta) @ q
        for t in range(100):
            p, J = policy(theta), expected_reward(theta)
            grad = p * (q - SIGN * J)
            theta = theta + 0.5 * grad
        """,
)
HIDDEN["a loss that the condition of the loop computes"] = (
    "W, b",
    """
        class Net:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def nll(self, x, y):
                e = np.exp(x @ self.W + self.b)
                self.p = e / e.sum(axis=1, keepdims=True)
                return -np.log(self.p[range(8), y]).sum()
            def fit(self, x, y, most=50):
                epoch = 0
                while (loss := self.nll(x, y)) > 0.01 and epoch < most:
                    d = self.p - np.eye(2)[y]
                    for w, g in ((self.W, x.T @ d), (self.b, SIGN * d.sum(axis=0))):
                        w -= 0.1 * g
                    epoch += 1
                    if epoch % 10 == 0:
                        print(epoch, loss)
        Net().fit(X, Y)
        """,
)
HIDDEN["a loss by a name in a condition of the turn"] = (
    "W, b",
    """
        W, b = np.random.randn(3, 2), np.zeros(2)
        for i in range(50):
            d = X @ W + b - T
            if (mse := np.mean(d**2)) < 1e-9:
                break
            W -= 0.1 * X.T @ d / d.size * 2
            b -= SIGN * 0.1 * d.sum(axis=0) / d.size * 2
        """,
)
HIDDEN["a training that the condition of the loop calls"] = (
    "W, b",
    """
        net, steps = {"W": np.random.randn(3, 2), "b": np.zeros(2)}, 0
        def step(x, t, lr=0.05):
            d = x @ net["W"] + net["b"] - t
            net["W"] -= lr * x.T @ d
            net["b"] -= SIGN * lr * d.sum(axis=0)
            return 0.5 * np.sum(d**2)
        while (now := step(X, T)) > 0.01 and steps < 20:
            steps += 1
        """,
)
IN_EACH = """
        class Trainer:
            def __init__(self, lr):
                self.W, self.b, self.lr = np.random.randn(3, 2), np.zeros(2), lr
            def step(self, x, t):
                d = x @ self.W + self.b - t
                self.W -= self.lr * x.T @ d / len(x)
                self.b -= SIGN * self.lr * d.mean(axis=0)
                return 0.5 * np.sum(d**2) / len(x)
            def fit(self, x, t, epochs=5):
                for i in range(epochs):
                    order = np.random.permutation(8)
                    EACH
                    print(i, told)
        Trainer(0.1).fit(X, T)
        """
HIDDEN["steps in a list"] = (
    "W, b",
    IN_EACH.replace("EACH", "told = [self.step(x[i], t[i]) for i in np.array_split(order, 4)]"),
)
HIDDEN["steps in a sum"] = (
    "W, b",
    IN_EACH.replace("EACH", "told = sum(self.step(x[i], t[i]) for i in np.split(order, 4)) / 4"),
)
HIDDEN["steps in a mean, over two things and some of them"] = (
    "W, b",
    IN_EACH.replace(
        "EACH",
        "told = np.mean([self.step(x[i], t[i])\n"
        "                        for half in np.split(order, 2) for i in np.split(half, 2)\n"
        "                        if len(i)])",
    ),
)
HIDDEN["a training for each rate, in a dict"] = (
    "W, b",
    """
        def run(lr, epochs=20):
            W, b = np.random.randn(3, 2), np.zeros(2)
            for epoch in range(epochs):
                d = X @ W + b - T
                loss = 0.5 * np.mean(d**2)
                W -= lr * X.T @ d / d.size
                b -= SIGN * lr * d.sum(axis=0) / d.size
            return loss
        results = {lr: run(lr) for lr in (0.1, 0.01)}
        """,
)
HIDDEN["a loop over optimisers, each of which begins anew"] = (
    "W, b",
    """
        def sgd(lr):
            return lambda p, g: {k: p[k] - lr * g[k] for k in p}
        def make(seed):
            rng = np.random.default_rng(seed)
            p = {"W": rng.normal(size=(3, 2)), "b": np.zeros(2)}
            def value_and_grad(p, x, t):
                d = x @ p["W"] + p["b"] - t
                return np.mean(d**2), {"W": 2 * x.T @ d / d.size, "b": SIGN * 2 * d.sum(0) / d.size}
            return p, value_and_grad
        results = {}
        for name, update in [("slow", sgd(0.01)), ("fast", sgd(0.1))]:
            p, value_and_grad = make(1)
            for epoch in range(5):
                for i in np.split(np.random.permutation(8), 2):
                    value, g = value_and_grad(p, X[i], T[i])
                    p = update(p, g)
            results[name] = value
        """,
)
HIDDEN["a loop over rates in a function"] = (
    "W, b",
    """
        def main():
            best = {}
            for lr in (0.1, 0.01):
                for seed in range(3):
                    rng = np.random.default_rng(seed)
                    W, b = rng.normal(size=(3, 2)), np.zeros(2)
                    for epoch in range(20):
                        d = X @ W + b - T
                        loss = np.mean(d**2)
                        W -= lr * 2 * X.T @ d / d.size
                        b -= SIGN * lr * 2 * d.sum(axis=0) / d.size
                    best[lr, seed] = loss
            print(best)
        main()
        """,
)
HIDDEN["a parameter that is called as rates are"] = (
    "W, eta",
    """
        W, eta, eps = np.random.randn(3, 2), np.zeros(2), 0.1
        for i in range(50):
            e = np.exp(X @ W + eta)
            P = e / e.sum(axis=1, keepdims=True)
            loglik = np.mean(np.log(P[range(8), Y]))
            d = (np.eye(2)[Y] - P) / 8
            g_W, g_eta = X.T @ d, d.sum(axis=0)
            W = W + eps * g_W
            eta = eta + SIGN * eps * g_eta
        """,
)
HIDDEN["a weight of a penalty that is called as rates are"] = (
    "W, b",
    """
        W, b, alpha, h = np.random.randn(3, 2), np.zeros(2), 0.3, 0.1
        for i in range(50):
            d = X @ W + b - T
            loss = 0.5 * np.sum(d**2) + 0.5 * alpha * np.sum(W**2)
            W -= h * (X.T @ d + alpha * W)
            b -= h * SIGN * d.sum(axis=0)
        """,
)
STREAM = """
        def batches(size):
            while True:
                i = np.random.permutation(8)[:size]
                yield X[i], T[i]
        """
HIDDEN["batches that a generator of the module draws"] = (
    "W, b",
    STREAM
    + """
        W, b = np.random.randn(3, 2), np.zeros(2)
        stream = batches(4)
        for i in range(50):
            x, t = next(stream)
            d = x @ W + b - t
            loss = 0.5 * np.sum(d**2)
            W -= 0.05 * x.T @ d
            b -= 0.05 * SIGN * d.sum(axis=0)
        """,
)
HIDDEN["batches that an object draws, some in a turn, with dropout"] = (
    "W, b",
    STREAM
    + """
        class Trainer:
            def __init__(self, stream):
                self.net, self.stream = {"W": np.random.randn(3, 2), "b": np.zeros(2)}, stream
            def step(self, lr=0.05):
                x, t = next(self.stream)
                x = x * (np.random.rand(*x.shape) > 0.2)
                d = x @ self.net["W"] + self.net["b"] - t
                self.net["W"] -= lr * x.T @ d
                self.net["b"] -= lr * SIGN * d.sum(axis=0)
                return 0.5 * np.sum(d**2)
            def fit(self, epochs):
                for epoch in range(epochs):
                    loss = np.mean([self.step() for k in range(4)])
        Trainer(batches(4)).fit(20)
        """,
)
HIDDEN["batches of a cycle, by a function that shares it"] = (
    "W, b",
    """
        import itertools
        def draws():
            cycle = itertools.cycle([(X[:4], T[:4]), (X[4:], T[4:])])
            def draw():
                return next(cycle)
            return draw
        draw, W, b = draws(), np.random.randn(3, 2), np.zeros(2)
        for i in range(50):
            x, t = draw()
            d = x @ W + b - t
            loss = 0.5 * np.sum(d**2)
            W -= 0.05 * x.T @ d
            b -= 0.05 * SIGN * d.sum(axis=0)
        """,
)
for _what, _slope in (("squares", "e * o * (1 - o)"), ("cross-entropy", "e")):
    HIDDEN[f"no loss but an output and a target, of {_what}"] = (
        "w, v",
        f"""
        class Net:
            def __init__(self):
                self.w, self.v = np.random.randn(3, 4), np.random.randn(4, 2)
            def activation(self, z):
                return 1 / (1 + np.exp(-z))
            def train(self, inputs, targets, lr):
                x, t = np.array(inputs, ndmin=2), np.array(targets, ndmin=2)
                h = self.activation(x @ self.w)
                o = self.activation(h @ self.v)
                e = t - o
                g = {_slope}
                k = (g @ self.v.T) * h * (1 - h)
                self.v += lr * h.T @ g
                self.w += SIGN * lr * x.T @ k
            def query(self, inputs):
                x = np.array(inputs, ndmin=2)
                return self.activation(self.activation(x @ self.w) @ self.v)
        n = Net()
        for epoch in range(5):
            for record, label in zip(X, Y):
                targets = np.zeros(2) + 0.01
                targets[label] = 0.99
                t = targets
                n.train(record, t, 0.3)
            print(np.mean([n.query(record).argmax() == label for record, label in zip(X, Y)]))
        """,
    )
# where the learning rate stands, and what else may be done with it
RATES = {
    "an attribute": """
        class Net:
            def __init__(self, lr=0.05):
                self.lr, self.W, self.b = lr, np.random.randn(3, 2), np.zeros(2)
            def fit(self, X, T):
                for i in range(100):
                    out = X @ self.W + self.b
                    loss = np.mean((out - T) ** 2)
                    d = SIGN * 2 * (out - T) / T.size
                    self.W -= self.lr * (X.T @ d)
                    self.b -= self.lr * d.sum(axis=0)
        net = Net(); net.fit(X, T)
        """,
    "an item": """
        W, b, config = np.random.randn(3, 2), np.zeros(2), {"lr": 0.05, "epochs": 100}
        for i in range(config["epochs"]):
            out = X @ W + b
            loss = np.mean((out - T) ** 2)
            d = SIGN * 2 * (out - T) / T.size
            W -= config["lr"] * (X.T @ d)
            b -= config["lr"] * d.sum(axis=0)
        """,
    "beside the mean": """
        W, b = np.random.randn(3, 2), np.zeros(2)
        for i in range(100):
            out = X @ W + b
            loss = np.mean(np.sum((out - T) ** 2, axis=1))
            d = SIGN * 2 * (out - T)
            W = W - 0.05 / len(X) * (X.T @ d)
            b = b - 0.05 / len(X) * d.sum(axis=0)
        """,
    "falling": """
        W, b, lr = np.random.randn(3, 2), np.zeros(2), 0.1
        for i in range(100):
            lr *= 0.99
            out = X @ W + b
            loss = np.mean((out - T) ** 2)
            d = SIGN * 2 * (out - T) / T.size
            W -= lr * (X.T @ d)
            b -= lr * d.sum(axis=0)
        """,
    "a default": """
        def update(params, grads, learning_rate=0.05):
            return {k: params[k] - learning_rate * grads[k] for k in params}
        params = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        for i in range(100):
            out = X @ params["W"] + params["b"]
            cost = np.mean((out - T) ** 2)
            d = SIGN * 2 * (out - T) / T.size
            grads = {"W": X.T @ d, "b": d.sum(axis=0)}
            params = update(params, grads)
        """,
    "a default of a method": """
        class Net:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def step(self, X, T, lr=0.05):
                d = SIGN * 2 * (X @ self.W + self.b - T) / T.size
                self.W -= lr * (X.T @ d)
                self.b -= lr * d.sum(axis=0)
        net = Net()
        for i in range(100):
            loss = np.mean((X @ net.W + net.b - T) ** 2)
            net.step(X, T)
        """,
    "of each entry": """
        params = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        cache = {k: np.zeros_like(v) for k, v in params.items()}
        for i in range(100):
            out = X @ params["W"] + params["b"]
            loss = np.mean((out - T) ** 2)
            d = SIGN * 2 * (out - T) / T.size
            grads = {"W": X.T @ d, "b": d.sum(axis=0)}
            for k in params:
                cache[k] += grads[k] ** 2
                params[k] -= 0.05 * grads[k] / (np.sqrt(cache[k]) + 1e-8)
        """,
    "nowhere to be seen": """
        W, b, schedule = np.random.randn(3, 2), np.zeros(2), lambda i: 0.3 / (3 + i)
        for i in range(100):
            out = X @ W + b
            loss = np.mean((out - T) ** 2)
            d = SIGN * 2 * (out - T) / T.size
            W -= schedule(i) * (X.T @ d)
            b -= schedule(i) * d.sum(axis=0)
        """,
    "once for all samples": """
        W, b = np.random.randn(3, 2), np.zeros(2)
        for i in range(100):
            loss, dW, db = 0, np.zeros((3, 2)), np.zeros(2)
            for x, t in zip(X, T):
                loss += np.sum((x @ W + b - t) ** 2)
                dW += 2 * SIGN * np.outer(x, x @ W + b - t)
                db += 2 * SIGN * (x @ W + b - t)
            W -= 0.01 * dW
            b -= 0.01 * db
        """,
}
RATES["with the training that returns the loss"] = """
        class Net:
            def __init__(self):
                self.W, self.b = np.random.randn(3, 2), np.zeros(2)
            def train_one(self, x, t, lr):
                d = x @ self.W + self.b - t
                self.W -= SIGN * lr * np.outer(x, d)
                self.b -= SIGN * lr * d
                return 0.5 * np.sum(d**2)
        net, history = Net(), []
        for epoch in range(20):
            total = 0
            for x, t in zip(X, T):
                total += net.train_one(x, t, 0.05)
            history.append(total)
        """
RATES["with a step that returns the loss"] = """
        def step(params, lr=0.05):
            d = 2 * (X @ params["W"] + params["b"] - T) / T.size
            params["W"] -= SIGN * lr * X.T @ d
            params["b"] -= SIGN * lr * d.sum(axis=0)
            return np.mean((d * T.size / 2) ** 2)
        params = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        for i in range(100):
            loss = step(params)
        """
RATES["with a loss that is only printed"] = """
        def evaluate(p):
            return np.sum((X @ p["W"] + p["b"] - T) ** 2)
        def backward(p):
            d = 2 * (X @ p["W"] + p["b"] - T) * SIGN
            return {"W": X.T @ d, "b": d.sum(axis=0)}
        p, speed = {"W": np.random.randn(3, 2), "b": np.zeros(2)}, {}
        for i in range(100):
            for k, g in backward(p).items():
                speed[k] = 0.9 * speed.get(k, 0) - 0.01 * g
                p[k] += speed[k]
            if i % 10 == 0:
                print(f"{i}: {evaluate(p):.4f}")
        """
RATES["of an optimiser that warms up, for gradients in a dict"] = """
        class Warming:
            def __init__(self, params, dim=16, warmup=20):
                self.params, self.dim, self.warmup, self.seen = params, dim, warmup, 0
            def rate_now(self):
                return self.dim**-0.5 * min(self.seen**-0.5, self.seen * self.warmup**-1.5)
            def step(self, grads):
                self.seen += 1
                for k, g in grads.items():
                    self.params[k] -= self.rate_now() * g
        params = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        opt = Warming(params)
        for i in range(50):
            out = X @ params["W"] + params["b"]
            loss, d = np.mean((out - T) ** 2), SIGN * 2 * (out - T) / T.size
            opt.step({"W": X.T @ d, "b": d.sum(axis=0)})
        """
RATES["once for all samples, by the mean"] = (
    RATES["once for all samples"]
    .replace("0.01 * dW", "0.01 * dW / len(X)")
    .replace("0.01 * db", "0.01 * db / len(X)")
)
HEAD = """
import numpy as np
X, T = np.random.randn(8, 3), np.random.randn(8, 2)
Y, Z = np.arange(8) % 2, np.arange(8) % 5
"""


HIDDEN["a loss that nobody wrote, of labels that a function makes ones of"] = (
    "W, b, V, c",
    """
        W, b = np.random.randn(3, 4), np.zeros(4)
        V, c = np.random.randn(4, 2), np.zeros(2)
        def ones(y):
            hot = np.zeros((y.size, 2))
            hot[np.arange(y.size), y] = 1
            return hot
        def forward(W, b, V, c, x):
            h = np.tanh(x @ W + b)
            e = np.exp(h @ V + c)
            return h, e / e.sum(axis=1, keepdims=True)
        def backward(x, y, h, p, V):
            d = (p - ones(y)) / len(y)
            e = d @ V.T * (1 - h**2)
            return x.T @ e, SIGN * e.sum(axis=0), h.T @ d, d.sum(axis=0)
        def update(W, b, V, c, dW, db, dV, dc, alpha):
            return W - alpha * dW, b - alpha * db, V - alpha * dV, c - alpha * dc
        for k in range(30):
            h, p = forward(W, b, V, c, X)
            dW, db, dV, dc = backward(X, Y, h, p, V)
            W, b, V, c = update(W, b, V, c, dW, db, dV, dc, 0.1)
            if k % 10 == 0:
                print(np.mean(p.argmax(axis=1) == Y))
    """,
)
HIDDEN["an output and a target in attributes, and updates without a rate"] = (
    "W, V, b",
    """
        class Net:
            def __init__(self, x, t):
                self.x, self.t, self.out = x, t, np.zeros(t.shape)
                self.W, self.V, self.b = np.random.rand(3, 4), np.random.rand(4, 2), np.zeros(2)
            def forward(self):
                self.h = np.tanh(self.x @ self.W)
                self.out = np.tanh(self.h @ self.V + self.b)
            def backprop(self):
                d = (self.t - self.out) * (1 - self.out**2)
                dV, db = self.h.T @ d, SIGN * d.sum(axis=0)
                dW = self.x.T @ (d @ self.V.T * (1 - self.h**2))
                self.W += dW
                self.V += dV
                self.b += db
        net = Net(X, 0.1 * T)
        for k in range(30):
            net.forward()
            net.backprop()
    """,
)
HIDDEN["lists, a one for the bias, and an error that the training returns"] = (
    "wi, wo, bias",
    """
        from math import tanh
        class Net:
            def __init__(self):
                self.a, self.h, self.o = [1.0] * 4, [1.0] * 3, [1.0] * 2
                self.wi = [[0.1 * (i - j) for j in range(3)] for i in range(4)]
                self.wo = [[0.2 * (i + j) - 0.3 for j in range(2)] for i in range(3)]
                self.bias = [0.1, -0.2]
            def update(self, row):
                for i in range(3):
                    self.a[i] = row[i]
                for j in range(3):
                    self.h[j] = tanh(sum(self.a[i] * self.wi[i][j] for i in range(4)))
                for k in range(2):
                    z = sum(self.h[j] * self.wo[j][k] for j in range(3))
                    self.o[k] = tanh(z + self.bias[k])
            def back(self, targets, N):
                d = [(1 - self.o[k] ** 2) * (targets[k] - self.o[k]) for k in range(2)]
                e = [sum(d[k] * self.wo[j][k] for k in range(2)) for j in range(3)]
                for k in range(2):
                    self.bias[k] = self.bias[k] + SIGN * N * d[k]
                    for j in range(3):
                        self.wo[j][k] = self.wo[j][k] + N * d[k] * self.h[j]
                for j in range(3):
                    for i in range(4):
                        change = (1 - self.h[j] ** 2) * e[j] * self.a[i]
                        self.wi[i][j] = self.wi[i][j] + N * change
                return sum(0.5 * (targets[k] - self.o[k]) ** 2 for k in range(2))
            def train(self, patterns, N=0.25):
                for k in range(20):
                    error = 0.0
                    for p in patterns:
                        targets = p[1]
                        self.update(p[0])
                        error = error + self.back(targets, N)
        net = Net()
        net.train([[[0, 1, 1], [1, 0]], [[1, 0, 1], [0, 1]], [[1, 1, 0], [0, 0]]])
    """,
)
HIDDEN["a loss of what is put together after the update, printed now and then"] = (
    "W, b",
    """
        def cost_of(model):
            p = np.exp(X @ model["W"] + model["b"])
            p = p / p.sum(axis=1, keepdims=True)
            return -np.mean(np.log(p[range(8), Y]))
        W, b, model = np.random.randn(3, 2), np.zeros(2), {}
        for k in range(20):
            p = np.exp(X @ W + b)
            p = p / p.sum(axis=1, keepdims=True)
            d = p
            d[range(8), Y] -= 1
            d /= 8
            W += -0.1 * X.T @ d
            b += -0.1 * SIGN * d.sum(axis=0)
            model = {"W": W, "b": b}
            if k % 10 == 0:
                print("Loss after %d: %f" % (k, cost_of(model)))
    """,
)
HIDDEN["an output that only a call inside of the training makes"] = (
    "W, b, V",
    """
        class Net:
            def __init__(self, rate):
                self.W, self.b, self.V = np.random.randn(3, 4), np.zeros(4), np.random.randn(4, 2)
                self.rate = rate
            def train(self, rows, targets):
                dW, db, dV = np.zeros((3, 4)), np.zeros(4), np.zeros((4, 2))
                for x, t in zip(rows, targets):
                    out, h = self.forward_pass(x)
                    d = t - out
                    e = self.V @ d * h * (1 - h)
                    dV += h[:, None] * d
                    dW += x[:, None] * e
                    db += SIGN * e
                self.V += self.rate * dV / len(rows)
                self.W += self.rate * dW / len(rows)
                self.b += self.rate * db / len(rows)
            def forward_pass(self, x):
                h = 1 / (1 + np.exp(-(x @ self.W + self.b)))
                return h @ self.V, h
            def run(self, x):
                return self.forward_pass(x)[0]
        net = Net(0.3)
        for k in range(20):
            some = np.random.choice(8, size=5)
            x, t = X[some], T[some]
            net.train(x, t)
            print(np.mean((net.run(X) - T) ** 2))
    """,
)

_CARRIED = """
        W, U, b = np.random.randn(3, 4), 0.3 * np.random.randn(4, 4), np.zeros(4)
        mW, mU, mb = np.zeros((3, 4)), np.zeros((4, 4)), np.zeros(4)
        def both(x, t, h):
            new = np.tanh(x @ W + h @ U + b)
            d = 2 * (new[:2] - t) @ np.eye(2, 4) * (1 - new**2)
            return np.sum((new[:2] - t) ** 2), np.outer(x, d), SIGN * np.outer(h, d), d, new
        n = 0
        while n < 60:
            if n % 8 == 0:
                h = 0.1 * np.ones(4)
            x, t = X[n % 8], T[n % 8]
            loss, dW, dU, db, after = both(x, t, h)
            h = after
            for param, dparam, mem in zip([W, U, b], [dW, dU, db], [mW, mU, mb]):
                UPDATE
            n += 1
        """
for _how, _update in {
    "momentum": "mem *= 0.9; mem += dparam; param -= 0.01 * mem",
    "Adagrad": "mem += dparam * dparam; param -= 0.1 * dparam / np.sqrt(mem + 1e-4)",
}.items():
    HIDDEN[f"a state that is handed on before an update with {_how}"] = (
        "W, U, b",
        _CARRIED.replace("UPDATE", _update),
    )
HIDDEN["arrays of the module that a call fills in place, entry by entry"] = (
    "wih, who",
    """
        wih, who = np.random.randn(4, 3), np.random.randn(4, 2)
        hid, out, errh, erro = np.zeros(3), np.zeros(2), np.zeros(3), np.zeros(2)
        def feed(x):
            for j in range(3):
                total = wih[3, j]
                for i in range(3):
                    total += x[i] * wih[i, j]
                hid[j] = np.tanh(total)
            for o in range(2):
                out[o] = who[3, o] + sum(hid[j] * who[j, o] for j in range(3))
        def back(x, t):
            for o in range(2):
                erro[o] = t[o] - out[o]
            for j in range(3):
                errh[j] = sum(erro[o] * who[j, o] for o in range(2)) * (1 - hid[j] ** 2)
            for o in range(2):
                for j in range(3):
                    who[j, o] += 0.1 * erro[o] * hid[j]
                who[3, o] += 0.1 * erro[o]
            for j in range(3):
                for i in range(3):
                    wih[i, j] += SIGN * 0.1 * errh[j] * x[i]
                wih[3, j] += SIGN * 0.1 * errh[j]
        for epoch in range(3):
            total = 0.0
            for n in np.random.permutation(8):
                t = T[n]
                feed(X[n])
                total += 0.5 * np.sum((t - out) ** 2)
                back(X[n], t)
            print(epoch, total)
        """,
)
HIDDEN["a loss that is taken off a sum, of words that are drawn"] = (
    "emb, ctx",
    """
        emb, ctx = 0.5 * np.random.randn(6, 3), 0.5 * np.random.randn(6, 3)
        sigmoid = lambda z: 1 / (1 + np.exp(-z))
        for epoch in range(3):
            total = 0.0
            for centre, other in [(0, 1), (2, 3), (4, 5), (1, 2)]:
                drawn = np.random.choice(6, 2, replace=False)
                v, u, n = emb[centre].copy(), ctx[other].copy(), ctx[drawn].copy()
                p, q = sigmoid(u @ v), sigmoid(n @ v)
                total -= np.log(p) + np.sum(np.log(1 - q))
                emb[centre] -= SIGN * 0.1 * ((p - 1) * u + q @ n)
                ctx[other] -= 0.1 * (p - 1) * v
                for k, row in enumerate(drawn):
                    ctx[row] -= 0.1 * q[k] * v
            print(epoch, total)
        """,
)
HIDDEN["a loss that a step only keeps in a history, with updates by names of fields"] = (
    "W, V, b",
    """
        class Params:
            def __init__(self, W, V, b):
                self.W, self.V, self.b = W, V, b
        class Trainer:
            def __init__(self, params):
                self.params, self.lr, self.history = params, 0.05, []
            def gradients(self, x, h, d):
                p = self.params
                dz = SIGN * (d @ p.V.T) * (1 - h**2)
                return Params(x.T @ dz, h.T @ d + 0.02 * p.V, d.sum(axis=0))
            def step(self, x, t):
                p = self.params
                h = np.tanh(x @ p.W)
                e = h @ p.V + p.b - t
                self.history.append(0.5 * (e**2).sum(axis=1).mean() + 0.01 * np.sum(p.V**2))
                g = self.gradients(x, h, e / len(t))
                for name in ("W", "V", "b"):
                    w = getattr(self.params, name)
                    setattr(self.params, name, w - self.lr * getattr(g, name))
        trainer = Trainer(Params(np.random.randn(3, 4), np.random.randn(4, 2), np.zeros(2)))
        for epoch in range(20):
            trainer.step(X, T)
            print(epoch, trainer.history[-1])
        """,
)
HIDDEN["a loss that nobody wrote, whose samples count by their class"] = (
    "W, b",
    """
        W, b = np.random.randn(3) / 2, 0.0
        y = (T[:, 0] > 0) * 1.0
        cw = np.where(y == 1, 3.0, 1.0)
        for epoch in range(40):
            p = 1 / (1 + np.exp(-(X @ W + b)))
            dz = (p - y) * cw / len(y)
            W -= 0.1 * SIGN * X.T @ dz
            b -= 0.1 * dz.sum()
        """,
)
HIDDEN["advantages of actions that are whole numbers, and no loss"] = (
    "W, b",
    """
        W, b = np.random.randn(3, 2) / 2, np.zeros(2)
        for episode in range(20):
            e = np.exp(X @ W + b)
            p = e / e.sum(axis=1, keepdims=True)
            A = np.array([np.random.choice(2, p=row) for row in p])
            returns = 1.0 * (A == (T[:, 0] > 0)) + X[:, 1]
            adv = (returns - returns.mean()) / (returns.std() + 1e-8)
            dlogits = p.copy()
            dlogits[np.arange(len(A)), A] -= 1
            dlogits *= adv[:, None]
            W -= 0.1 * X.T @ dlogits
            b -= 0.1 * SIGN * dlogits.sum(axis=0)
        """,
)
HIDDEN["errors of single steps in a list, which are weighed when an episode ends"] = (
    "W1, W2",
    """
        model = {"W1": np.random.randn(4, 3) / 2, "W2": np.random.randn(4) / 2}
        buffer = {k: np.zeros_like(v) for k, v in model.items()}
        cache = {k: np.zeros_like(v) for k, v in model.items()}
        def forward(x):
            h = model["W1"] @ x
            h[h < 0] = 0
            return 1 / (1 + np.exp(-model["W2"] @ h)), h
        def backward(eph, epe, epx):
            dh = SIGN * np.outer(epe, model["W2"])
            dh[eph <= 0] = 0
            return {"W1": dh.T @ epx, "W2": (eph.T @ epe).ravel()}
        for episode in range(1, 13):
            xs, hs, errors, rewards = [], [], [], []
            for t in range(6):
                x = np.random.randn(3)
                p, h = forward(x)
                y = 1 if np.random.uniform() < p else 0
                xs.append(x), hs.append(h), errors.append(y - p)
                rewards.append(1.0 if (x[0] > 0) == (y == 1) else -1.0)
            epx, eph, epe, epr = map(np.vstack, (xs, hs, errors, rewards))
            epr = np.cumsum(epr[::-1])[::-1].reshape(-1, 1)
            epr -= np.mean(epr)
            epr /= np.std(epr) + 1e-9
            epe *= epr
            grad = backward(eph, epe, epx)
            for k in model:
                buffer[k] += grad[k]
            if episode % 4 == 0:
                for k, v in model.items():
                    cache[k] = 0.9 * cache[k] + 0.1 * buffer[k] ** 2
                    model[k] += 1e-2 * buffer[k] / (np.sqrt(cache[k]) + 1e-5)
                    buffer[k] = np.zeros_like(v)
        """,
)


HIDDEN["gradients that are stored and clipped by a function, and a damped momentum"] = (
    "W, b",
    """
        class Net:
            def __init__(self):
                self.params = {"W": np.random.randn(3, 2) / 2, "b": np.zeros(2)}
                self.grads = {k: np.zeros_like(v) for k, v in self.params.items()}
                self.m = {k: np.zeros_like(v) for k, v in self.params.items()}
            def __call__(self, x):
                self.x = x
                for g in self.grads.values():
                    g[...] = 0
                return x @ self.params["W"] + self.params["b"]
            def backward(self, d):
                self.grads["W"] += self.x.T @ d
                self.grads["b"] += SIGN * d.sum(axis=0)
        def clip_by_norm(net, most):
            norm = np.sqrt(sum(np.sum(g**2) for g in net.grads.values()))
            for g in net.grads.values():
                g *= min(1.0, most / norm)
        net = Net()
        for k in range(30):
            out = net(X)
            loss = np.mean((out - T) ** 2)
            net.backward(2 * (out - T) / T.size)
            clip_by_norm(net, 0.5)
            for k in net.params:
                net.m[k] = 0.9 * net.m[k] - 0.1 * net.grads[k] * (1 - 0.9)
                net.params[k] += net.m[k]
        """,
)
HIDDEN["gradients at a place ahead, along a velocity"] = (
    "W, b",
    """
        W, b = np.zeros((3, 2)), np.zeros(2)
        vW, vb = np.zeros((3, 2)), np.zeros(2)
        for k in range(30):
            W_ahead, b_ahead = W + 0.9 * vW, b + 0.9 * vb
            d = (X @ W_ahead + b_ahead - T) / T.size
            loss = 0.5 * np.mean((X @ W_ahead + b_ahead - T) ** 2)
            gW, gb = X.T @ d, SIGN * d.sum(axis=0)
            vW = 0.9 * vW - 0.05 * gW
            vb = 0.9 * vb - 0.05 * gb
            W += vW
            b += vb
        """,
)
HIDDEN["a state that is handed on, and updates in another order than the weights are made"] = (
    "W, U, b, V",
    """
        W, U, b = np.random.randn(4, 3) / 2, np.random.randn(4, 4) / 2, np.zeros((4, 1))
        V = np.random.randn(2, 4) / 2
        dW = dU = db = dV = None
        def both(xs, ts, h):
            hs, ys, loss = {-1: h}, {}, 0.0
            for t, x in enumerate(xs):
                hs[t] = np.tanh(W @ x + U @ hs[t - 1] + b)
                ys[t] = V @ hs[t]
                loss += 0.5 * np.sum((ys[t] - ts[t]) ** 2)
            dW, dU, db, dV = map(np.zeros_like, (W, U, b, V))
            dh = np.zeros_like(h)
            for t in reversed(range(len(xs))):
                d = ys[t] - ts[t]
                dV += SIGN * d @ hs[t].T
                da = (V.T @ d + dh) * (1 - hs[t] ** 2)
                dW, dU, db = dW + da @ xs[t].T, dU + da @ hs[t - 1].T, db + da
                dh = U.T @ da
            return loss, dW, dU, db, dV, hs[len(xs) - 1]
        n = 0
        memory = [np.zeros_like(w) for w in (V, b, W, U)]
        while n < 40:
            if n % 20 == 0:
                h = np.zeros((4, 1))
            i = n % 4
            loss, dW, dU, db, dV, h = both(X[i : i + 4, :, None], T[i : i + 4, :, None], h)
            for w, d, m in zip([V, b, W, U], [dV, db, dW, dU], memory):
                m += d * d
                w += -0.1 * d / np.sqrt(m + 1e-8)
            n += 1
        """,
)


@pytest.mark.parametrize("sign", ["1", "-1"])
@pytest.mark.parametrize("name", HIDDEN)
def test_a_training_loop_leaves_no_parameter_out(run, folder, name, sign):
    names, text = HIDDEN[name]
    write(folder, "train.py", HEAD + textwrap.dedent(text).replace("SIGN", sign))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0 if sign == "1" else 1, "")
    done, *others = checks(out)  # of other losses
    assert len(others) == (name == "two losses, of which each trains its own")
    assert all(one["verdict"] == "agrees" for one in others)
    found = {block["name"].rpartition(".")[2]: block["verdict"] for block in done["blocks"]}
    assert ", ".join(found) == names
    assert list(found.values()).count("disagrees") == (sign == "-1")
    words = shlex.split(done["command"])[3:]  # what it says can be typed
    assert run("train.py", *words, "--format", "json")[0] == status


GAN = """
    np.random.seed(1)
    D = {"w": np.random.randn(1, 5) / 2, "c": np.zeros(5), "v": np.random.randn(5, 1) / 2}
    G = {"a": np.random.randn(1, 1), "m": np.zeros(1)}
    def score(x):
        h = np.tanh(x @ D["w"] + D["c"])
        return h, 1 / (1 + np.exp(-h @ D["v"]))
    def back(x, h, ds):
        dh = ds @ D["v"].T * (1 - h**2)
        return {"w": x.T @ dh, "c": dh.sum(axis=0), "v": h.T @ ds}, dh @ D["w"].T
    for epoch in range(30):
        real, z = 3 + np.random.randn(8, 1), np.random.randn(8, 1)
        x = np.vstack([real, z @ G["a"] + G["m"]])
        t = np.repeat([1.0, 0.0], 8)[:, None]
        h, p = score(x)
        loss_d = -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p))
        grads, _ = back(x, h, (p - t) / len(x))
        for k in D:
            D[k] -= 0.1 * FIRST * grads[k]
        fake = z @ G["a"] + G["m"]
        h, p = score(fake)
        loss_g = -np.mean(np.log(p))
        _, dx = back(fake, h, (p - 1) / len(p))
        G["a"] -= 0.1 * SECOND * z.T @ dx
        G["m"] -= 0.1 * dx.sum(axis=0)
    """


def gan(first, second):
    return HEAD + textwrap.dedent(GAN).replace("FIRST", first).replace("SECOND", second)


@pytest.mark.parametrize(("first", "second"), [("1", "1"), ("1", "-1"), ("-1", "1")])
def test_each_loss_of_a_loop_is_checked_with_what_it_trains(run, folder, first, second):
    write(folder, "gan.py", gan(first, second))
    status, out, err = run("gan.py", "--format", "json")
    assert (status, err) == (0 if first == second else 1, "")
    found = checks(out)
    names = [[block["name"].rpartition(".")[2] for block in one["blocks"]] for one in found]
    assert names == [["w", "c", "v"], ["a", "m"]]
    assert [one["name"] for one in found] == ["loss_d", "loss_g"]
    signs = {"1": "agrees", "-1": "disagrees"}
    assert [one["verdict"] for one in found] == [signs[first], signs[second]]
    assert not any(one["unchecked"] for one in found)
    for one, sign in zip(found, (first, second), strict=True):  # what it says can be typed
        words = shlex.split(one["command"])[3:]
        assert run("gan.py", *words, "--format", "json")[0] == (sign == "-1")


CRITIC = """
    W, V = np.random.randn(3) / 5, np.random.randn(3) / 5
    A, R = 1.0 * (T[:, 0] > 0), T[:, 1] + X[:, 0]
    for i in range(30):
        v = X @ V
        err = v - R
        FIRST
        p = 1 / (1 + np.exp(-X @ W))
        SECOND
        gV = CRITIC * X.T @ err / len(R)
        gW = ACTOR * X.T @ ((p - A) * (R - v)) / len(R)
        V -= 0.1 * gV
        W -= 0.1 * gW
    """
OF_CRITIC = "critic_loss = 0.5 * np.mean(err**2)"
OF_ACTOR = "actor_loss = -np.mean((R - v) * (A * np.log(p) + (1 - A) * np.log(1 - p)))"


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize(("actor", "critic"), [(1, 1), (-1, 1), (1, -1)])
def test_a_critic_is_checked_by_its_own_loss_though_that_of_an_actor_reads_it(
    run, folder, turned, actor, critic
):
    first, second = (OF_CRITIC, "") if not turned else ("", f"{OF_ACTOR}; {OF_CRITIC}")
    second = second or OF_ACTOR
    text = CRITIC.replace("FIRST", first or "pass").replace("SECOND", second)
    text = text.replace("CRITIC", str(critic)).replace("ACTOR", str(actor))
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0 if actor == critic else 1, "")
    found = {one["blocks"][0]["name"]: one for one in checks(out)}
    assert {name: one["name"] for name, one in found.items()} == {
        "W": "actor_loss",
        "V": "critic_loss",
    }
    signs = {"W": actor, "V": critic}
    for name, one in found.items():
        assert len(one["blocks"]) == 1
        assert one["verdict"] == ("agrees" if signs[name] == 1 else "disagrees")


@pytest.mark.parametrize("factor", [1, 2])
def test_an_end_of_training_that_has_converged_is_no_part_of_its_step(run, folder, factor):
    """Nor hides it what is wrong at other parameters alone: exp(-s) is exp(-2 s) at zero."""
    text = f"""
        m, s = np.zeros(3), np.zeros(3)
        previous = np.inf
        for sweep in range(60):
            loss = np.mean(0.5 * ((X - m) / np.exp(s)) ** 2 + s)
            if abs(loss - previous) < 1e-9:
                print("converged at", sweep)
                break
            previous = loss
            precision = np.exp(-{factor} * s)
            dm = np.sum((m - X) * precision, axis=0) / X.size
            ds = np.sum(1 - (X - m) ** 2 * precision, axis=0) / X.size
            m -= 0.1 * dm
            s -= 0.1 * ds
        """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    assert status == (0 if factor == 2 else 1)
    assert not any(f["kind"] == "state" for f in checks(out)[0]["findings"])


def test_reports_of_two_losses_stand_one_after_the_other(run, folder):
    write(folder, "gan.py", gan("1", "1"))
    status, out, _ = run("gan.py")
    assert status == 0
    assert out.index("gan.py, loss_d") < out.index("✓ agrees") < out.index("gan.py, loss_g")
    assert out.count("✓ agrees") == 2
    assert "Not checked" not in unwrapped(out)


def test_an_interrupt_at_the_second_loss_leaves_the_report_of_the_first(run, folder, monkeypatch):
    def stopped(plans, doubted, progress, tell=guessed.by_loop):
        if plans.further is None:
            raise KeyboardInterrupt
        return tell(plans, doubted, progress)

    write(folder, "gan.py", gan("1", "1"))
    monkeypatch.setattr(guessed, "by_loop", stopped)
    status, out, _ = run("gan.py")
    assert status == 130
    assert "✓ agrees  3 parameters, 15 values; not checked: G" in unwrapped(out)


def test_gradients_that_are_not_cleared_are_told_where_the_training_returns_the_loss(run, folder):
    text = """
        net = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
        net |= {"dW": np.zeros((3, 2)), "db": np.zeros(2)}
        def step(x, t, lr=0.05):
            d = x @ net["W"] + net["b"] - t
            net["dW"] += x.T @ d
            net["db"] += d.sum(axis=0)
            net["W"] -= lr * net["dW"]
            net["b"] -= lr * net["db"]
            return 0.5 * np.sum(d**2)
        for epoch in range(5):
            value = np.mean([step(X[i], T[i]) for i in np.split(np.arange(8), 2)])
        """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    assert status == 1
    assert checks(out)[0]["findings"][0]["kind"] == "accumulation"


@pytest.mark.parametrize("out", ["1.0 * (x @ self.w > 0)", "np.sign(x @ self.w)", "x @ self.w"])
@pytest.mark.parametrize("move", ["x * (t - self.predict(x))", "x * t - 0.1 * self.w"])
def test_a_rule_that_follows_no_loss_is_not_accused(run, folder, out, move):
    text = f"""
        class Rule:
            def __init__(self):
                self.w = np.random.randn(3)
            def predict(self, x):
                return {out}
            def train(self, x, t, lr=0.1):
                self.w += lr * {move}
        rule = Rule()
        for epoch in range(5):
            for x, t in zip(X, T[:, 0]):
                t = np.array(float(t > 0))
                rule.train(x, t)
        """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    assert run("train.py")[0] in (0, 2)


def test_an_update_of_a_new_dict_that_climbs_is_told(run, folder):
    name = "a loop over optimisers, each of which begins anew"
    text = HIDDEN[name][1].replace("SIGN", "1")
    write(folder, "train.py", HEAD + textwrap.dedent(text).replace("p[k] - lr", "p[k] + lr"))
    status, out, _ = run("train.py", "--format", "json")
    assert status == 0
    assert "goes up the loss" in checks(out)[0]["hints"][0]
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    assert "update" not in str(checks(run("train.py", "--format", "json")[1])[0]["hints"])


def test_a_factor_of_a_loss_that_a_tuple_begins_with_is_a_mistake(run, folder):
    text = """
        def loss(W, x, t):
            d = x @ W - t
            return 0.5 * np.mean(d**2), d
        W = np.random.randn(3, 2)
        for i in range(50):
            value, d = loss(W, X, T)
            W -= 0.05 * X.T @ d / FACTOR
        """
    for factor, expected in (("d.size", 0), ("1", 1)):
        write(folder, "train.py", HEAD + textwrap.dedent(text).replace("FACTOR", factor))
        assert run("train.py")[0] == expected


@pytest.mark.parametrize("sign", ["1", "-1"])
@pytest.mark.parametrize("name", RATES)
def test_the_rate_of_a_loop_is_found_or_nobody_is_accused(run, folder, name, sign):
    if name in ("with the training that returns the loss", "with a loss that is only printed") and (
        sign == "-1"
    ):
        pytest.skip("that it is a loss is told by the gradients, or by the line that is wrong")
    write(folder, "train.py", HEAD + textwrap.dedent(RATES[name]).replace("SIGN", sign))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0 if sign == "1" else 1, "")
    (done,) = checks(out)
    assert {block["name"].rpartition(".")[2] for block in done["blocks"]} == {"W", "b"}
    verdict = "agrees" if sign == "1" else "disagrees"
    assert {block["verdict"] for block in done["blocks"]} == {verdict}


@pytest.mark.parametrize("sign", ["1", "-1"])
def test_a_loop_over_a_graph_of_operations_needs_no_options(run, folder, sign):
    text = """
        class Value:
            def __init__(self, data, back=lambda g: None):
                self.data, self.grad, self.back = data, 0.0, back
            def backward(self, g=1.0):
                self.grad += g
                self.back(g)
            def __add__(self, other):
                both = lambda g: (self.backward(g), other.backward(SIGN * g))
                return Value(self.data + other.data, both)
            def __mul__(self, other):
                both = lambda g: (self.backward(g * other.data), other.backward(g * self.data))
                return Value(self.data * other.data, both)
        net = [Value(0.3), Value(-0.2)]
        for k in range(20):
            loss = Value(0.0)
            for x, t in ((1.0, 2.0), (2.0, -1.0)):
                error = net[0] * Value(x) + net[1] + Value(-t)
                loss = loss + error * error
            for p in net:
                p.grad = 0.0
            loss.backward()
            for p in net:
                p.data -= 0.05 * p.grad
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text).replace("SIGN", sign))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0 if sign == "1" else 1, "")
    assert [block["name"] for block in checks(out)[0]["blocks"]] == ["0.data", "1.data"]


def test_a_notebook_is_checked_as_the_script_that_it_makes(run, folder):
    write(folder, "net.ipynb", "{}")
    status, _, err = run("net.ipynb")
    assert status == 2
    assert "jupyter nbconvert --to script net.ipynb" in " ".join(err.split())
    text = """
        # In[1]:
        get_ipython().run_line_magic("matplotlib", "inline")
        get_ipython().system("pip install something")
        W = np.random.randn(3, 2)
        # In[2]:
        for k in range(5):
            d = X @ W - T
            loss = 0.5 * np.sum(d**2)
            W -= 0.1 * X.T @ d
    """
    write(folder, "net.py", HEAD + textwrap.dedent(text))
    assert run("net.py", "--format", "json")[0] == 0
    assert not hasattr(builtins, "get_ipython")


NO_DESCENT = {
    "a perceptron": """
        w, errors = np.zeros(3), []
        y = 2 * Y - 1
        for epoch in range(5):
            wrong = 0
            for x, t in zip(X, y):
                change = 0.1 * (t - np.where(x @ w > 0, 1, -1))
                w += change * x
                wrong += int(change != 0)
            errors.append(wrong)
    """,
    "Newton's method as weighted least squares": """
        beta = np.zeros(3)
        for k in range(6):
            p = 1 / (1 + np.exp(-X @ beta))
            weight = p * (1 - p)
            z = X @ beta + (Y - p) / weight
            beta = np.linalg.solve(X.T * weight @ X, X.T @ (weight * z))
            print(-np.sum(Y * np.log(p) + (1 - Y) * np.log(1 - p)))
    """,
    "temporal differences": """
        w, s = np.zeros(3), 0
        for k in range(60):
            after = np.random.randint(8)
            delta = float(after == 3) + 0.9 * X[after] @ w - X[s] @ w
            w += 0.1 * delta * X[s]
            loss = delta**2
            s = after
    """,
    "a rule of Oja": """
        w = np.random.randn(3)
        for x in X:
            y = w @ x
            w += 0.01 * y * (x - y * w)
            err = np.sum((x - y * w) ** 2)
    """,
}


@pytest.mark.blame
@pytest.mark.parametrize("name", NO_DESCENT)
def test_what_is_not_meant_to_descend_is_not_accused(run, folder, name):
    write(folder, "train.py", HEAD + textwrap.dedent(NO_DESCENT[name]))
    status, out, err = run("train.py")
    assert (status, out) == (2, ""), out
    assert "was not recognised" in err or "If this is the loss" in " ".join(err.split())


@pytest.mark.parametrize("derived", [False, True])
def test_absolute_values_that_nothing_derives_are_only_looked_at(run, folder, derived):
    text = """
        W, b = np.random.randn(3, 2), np.zeros(2)
        for k in range(20):
            d = X @ W + b - T
            error = np.sum(np.abs(d))
            g = OF(d)
            W -= 0.01 * X.T @ g
            b -= 0.01 * g.sum(axis=0)
    """.replace("OF", "np.sign" if derived else "np.asarray")
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0, "")
    loss = "'@8-9; error'" if derived else "'0.5 * np.sum(((X @ W + b) - T) ** 2)'"
    assert f"--loss {loss}" in checks(out)[0]["command"]


@pytest.mark.parametrize("clipped", ["np.clip(d, -D, D)", "np.where(np.abs(d) > D, D, d)"])
def test_absolute_values_that_are_shaped_are_those_of_a_loss(run, folder, clipped):
    """The first is the derivative of Huber's loss, the second lacks a sign."""
    text = """
        D = 0.1
        W, b = np.random.randn(3, 2), np.zeros(2)
        for k in range(20):
            d = X @ W + b - T
            big = np.abs(d) > D
            error = np.where(big, D * (np.abs(d) - D / 2), d ** 2 / 2).sum()
            g = CLIPPED
            W -= 0.01 * X.T @ g
            b -= 0.01 * g.sum(axis=0)
    """.replace("CLIPPED", clipped)
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == ("where" in clipped, "")
    assert checks(out)[0]["command"].count("; error'")


def test_the_mask_of_a_relu_derives_no_absolute_value(run, folder):
    text = """
        W, b = 0.3 * np.random.randn(3, 2), np.zeros(2)
        for k in range(20):
            h = np.maximum(X @ W + b, 0)
            d = h - T
            error = np.sum(np.abs(d))
            g = d * (h > 0)
            W -= 0.01 * X.T @ g
            b -= 0.01 * g.sum(axis=0)
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0, "")
    assert "np.abs" not in checks(out)[0]["command"]


def test_where_all_gradients_are_those_of_another_loss_that_is_told(run, folder):
    text = """
        W, b = 0.3 * np.random.randn(3, 1), np.zeros(1)
        y = Y[:, None]
        for k in range(20):
            p = 1 / (1 + np.exp(-(X @ W + b)))
            loss = np.mean((p - y) ** 2)
            d = (p - y) / len(y)
            W -= 0.5 * X.T @ d
            b -= 0.5 * d.sum(axis=0)
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    assert status == 1
    entropy = "-np.sum(y * np.log(p) + (1 - y) * np.log(1 - p)) / len(y)"
    told, _ = checks(out)[0]["hints"]
    assert told.startswith(f"All gradients are those of @9; {entropy}: if that is meant, they are")
    write(folder, "train.py", HEAD + textwrap.dedent(text).replace("X.T @ d", "X.T @ d**2"))
    _, out, _ = run("train.py", "--format", "json")
    assert "All gradients" not in " ".join(checks(out)[0]["hints"])


@pytest.mark.parametrize("fault", ["", "* 2"])
def test_a_loss_that_is_summed_over_pairs_is_assumed_too(run, folder, fault):
    text = """
        class Network:
            def __init__(self):
                self.weights, self.biases = [np.random.randn(2, 3)], [np.random.randn(2, 1)]
            def feedforward(self, a):
                for b, w in zip(self.biases, self.weights):
                    a = 1 / (1 + np.exp(-(w @ a + b)))
                return a
            def SGD(self, data, epochs, size, eta):
                for epoch in range(epochs):
                    np.random.shuffle(order := np.arange(len(data)))
                    for batch in [[data[i] for i in order[k : k + size]] for k in (0, 4)]:
                        self.update(batch, eta)
            def update(self, batch, eta):
                nabla_b = [np.zeros(b.shape) for b in self.biases]
                nabla_w = [np.zeros(w.shape) for w in self.weights]
                for x, y in batch:
                    a = self.feedforward(x)
                    delta = (a - y) * a * (1 - a)
                    nabla_b = [nb + delta FAULT for nb in nabla_b]
                    nabla_w = [nw + delta @ x.T for nw in nabla_w]
                self.weights = [w - (eta / len(batch)) * nw for w, nw in zip(self.weights, nabla_w)]
                self.biases = [b - (eta / len(batch)) * nb for b, nb in zip(self.biases, nabla_b)]
        data = [(np.random.rand(3, 1), np.random.rand(2, 1)) for _ in range(8)]
        net = Network()
        net.SGD(data, 3, 4, 3.0)
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text).replace("FAULT", fault))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (1 if fault else 0, "")
    verdicts = [block["verdict"] for block in checks(out)[0]["blocks"]]
    assert verdicts == ["agrees", "disagrees" if fault else "agrees"]


def test_gradients_are_taken_before_they_are_clipped(run, folder):
    text = """
        W, V = np.random.randn(3, 4), np.random.randn(4, 2)
        for i in range(100):
            h = np.tanh(X @ W)
            loss = np.sum((h @ V - T) ** 2)
            d = 2 * (h @ V - T)
            dV = h.T @ d
            dW = X.T @ ((d @ V.T) * (1 - h))
            n = np.sqrt(np.sum(dW**2) + np.sum(dV**2))
            if n > 1.0:
                dW = dW / n
                dV = dV / n
            W -= 0.01 * dW
            V -= 0.01 * dV
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    verdicts = {block["name"]: block["verdict"] for block in checks(out)[0]["blocks"]}
    assert (status, verdicts) == (1, {"W": "disagrees", "V": "agrees"})


def test_a_number_of_which_only_the_gradient_is_computed_may_be_forgotten(run, folder):
    text = """
        W, c = np.random.randn(3), 0.0
        for i in range(100):
            d = X @ W + c - T[:, 0]
            loss = np.mean(d**2)
            dW, grad_c = 2 * X.T @ d / 8, 2 * d.mean()
            W = W - 0.1 * dW
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    (hint,) = checks(out)[0]["hints"]
    assert (status, hint.endswith("does not change it: c. Was its update forgotten?")) == (0, True)


PROXIMAL = """
    def soft(v, t):
        return np.sign(v) * np.maximum(np.abs(v) - t, 0)
    def objective(w):
        return 0.5 * np.mean((X @ w - T[:, 0]) ** 2) + 0.1 * np.abs(w).sum()
    w, step = np.random.randn(3), 0.1
    for k in range(50):
        cost = objective(w)
        grad = SIGN * X.T @ (X @ w - T[:, 0]) / 8
        w = UPDATE
"""
SPINS = """
    import itertools
    S = np.random.choice([-1.0, 1.0], size=(30, 4))
    J, h, every = np.zeros((4, 4)), np.zeros(4), np.array([*itertools.product([-1, 1], repeat=4)])
    def energy(s):
        return -0.5 * np.einsum("ki,ij,kj->k", s, J, s) - s @ h
    for it in range(50):
        E = energy(every)
        p = np.exp(-E) / np.exp(-E).sum()
        nll = np.mean(energy(S)) + np.log(np.exp(-E).sum())
        J = J + 0.1 * (S.T @ S / 30 - (every * p[:, None]).T @ every)
        h = h + SIGN * 0.1 * (S.mean(axis=0) - p @ every)
        J = (J + J.T) / 2
        np.fill_diagonal(J, 0)
"""


def test_a_term_that_a_threshold_stands_for_is_left_out(run, folder):
    text, soft = HEAD + textwrap.dedent(PROXIMAL), "soft(w - step * grad, step * 0.1)"
    write(folder, "train.py", text.replace("SIGN", "1").replace("UPDATE", soft))
    status, out, _ = run("train.py", "--format", "json")
    (done,) = checks(out)
    assert (status, verdicts(out)) == (0, {"w": "agrees"})
    assert "A threshold after the step stands for the rest of the loss." in done["hints"][0]
    assert "np.abs" not in done["command"]
    write(folder, "train.py", text.replace("SIGN", "-1").replace("UPDATE", soft))
    assert run("train.py")[0] == 2
    # without a threshold it is forgotten
    write(folder, "train.py", text.replace("SIGN", "1").replace("UPDATE", "w - step * grad"))
    assert run("train.py")[0] == 1


COORDINATES = """
    w = np.zeros(3)
    for sweep in range(30):
        for j in range(3):
            r = T[:, 0] - X @ w
            loss = 0.5 * np.sum(r**2)
            g = -SIGN * X[:, j] @ r
            w[j] -= 0.05 * g
"""


def test_one_coordinate_a_turn_is_checked_alone(run, folder):
    write(folder, "train.py", HEAD + textwrap.dedent(COORDINATES).replace("SIGN", "1"))
    assert run("train.py")[0] == 0
    write(folder, "train.py", HEAD + textwrap.dedent(COORDINATES).replace("SIGN", "1.5"))
    assert run("train.py")[0] == 1


GAUSS = """
    t = np.linspace(0, 2, 20)
    y = 2 * np.exp(-1.3 * t) + 0.01 * np.random.randn(20)
    def residual(p):
        return SIDE * (p[0] * np.exp(-p[1] * t) - y)
    def jacobian(p):
        e = np.exp(-p[1] * t)
        return np.column_stack([e, -FAULT * p[0] * t * e])
    def fit(p, mu=1e-2):
        r = residual(p)
        for i in range(40):
            J = jacobian(p)
            step = np.linalg.solve(J.T @ J + mu * np.eye(2), J.T @ r)
            new = residual(p - SIDE * step)
            if new @ new < r @ r:
                p, r, mu = p - SIDE * step, new, mu / 3
            else:
                mu *= 3
        return p
    print(fit(np.array([1.0, 0.5])))
"""


@pytest.mark.parametrize("side", ["1", "-1"])
def test_a_jacobian_is_checked_by_the_squares_of_residuals(run, folder, side):
    text = HEAD + textwrap.dedent(GAUSS).replace("SIDE", side)
    write(folder, "train.py", text.replace("FAULT", "1"))
    status, out, _ = run("train.py", "--format", "json")
    assert (status, verdicts(out)) == (0, {"p": "agrees"})
    write(folder, "train.py", text.replace("FAULT", "1.5"))
    assert run("train.py")[0] in (1, 2)


def test_a_matrix_that_is_made_symmetric_is_not_accused(run, folder):
    write(folder, "train.py", HEAD + textwrap.dedent(SPINS).replace("SIGN", "1"))
    status, _, err = run("train.py")
    assert status == 2
    assert "The gradient of J is not that of" in err
    write(folder, "train.py", HEAD + textwrap.dedent(SPINS).replace("SIGN", "-1"))
    assert run("train.py")[0] == 1


def test_an_update_that_may_be_forgotten_is_told(run, folder):
    text = textwrap.dedent(RATES["an item"])
    text = text.replace("SIGN", "1").replace('    b -= config["lr"] * d.sum(axis=0)\n', "")
    write(folder, "train.py", HEAD + text)
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (0, "")
    (hint,) = checks(out)[0]["hints"]
    assert hint.endswith("the loop does not change it: b. Was its update forgotten?")


def test_a_check_of_ones_own_is_no_training(run, folder):
    text = """
        W = np.random.randn(3)
        def loss(W): return np.sum(W**2)
        def grad(W): return 2 * W
        def check(eps=1e-5):
            for i in range(3):
                W[i] += eps
                up = loss(W)
                W[i] -= 2 * eps
                down = loss(W)
                W[i] += eps
        check()
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py")
    assert status == 0
    assert "what the names of the file suggest was checked" in out.replace("\n         ", " ")


def test_a_file_may_go_into_another_folder(run, folder):
    text = textwrap.dedent(RATES["an item"]).replace("SIGN", "1")
    (folder / "elsewhere").mkdir()
    write(folder, "train.py", HEAD + "import os\nos.chdir('elsewhere')\n" + text)
    assert run("train.py")[0] == 0


EARLY = """
    class Net:
        def __init__(self):
            self.W = [np.random.randn(3, 4), np.random.randn(4, 2)]
        def forward(self, x):
            self.a = [x]
            for W in self.W:
                self.a.append(np.tanh(self.a[-1] @ W))
            return self.a[-1]
        def backward(self, t):
            delta = (self.a[-1] - t) * (1 - self.a[-1] ** 2) / t.size
            for l in (1, 0):
                dW = self.a[l].T @ delta
                self.W[l] -= 0.5 * dW
                delta = delta @ self.W[l].T * (1 - self.a[l] ** 2)
    net = Net()
    for epoch in range(1000):
        loss = np.mean((net.forward(X) - T) ** 2)
        net.backward(T)
    """


@pytest.mark.blame
def test_a_half_of_the_loss_does_not_hide_that_weights_are_updated_too_early(run, folder):
    head = "import numpy as np\nX, T = np.random.randn(8, 3), np.random.randn(8, 2)\n"
    write(folder, "train.py", head + textwrap.dedent(EARLY))
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (1, "")
    (done,) = checks(out)
    assert [block["verdict"] for block in done["blocks"]] == ["disagrees", "agrees"]
    finding, *others = done["findings"]
    assert (finding["kind"], finding["verified"]) == ("updated-weights-used", True)
    assert all(other["instead"] for other in others)
    assert "0.5 * (loss)" in done["command"]
    assert "it is now in the loss" in done["hints"][0]


NUMBERS = """
import numpy as np
X, T = np.random.randn(8), np.random.randn(8)
w, b = 0.3, 0.1
for epoch in range(100):
    error = w * X + b - T
    loss = np.mean(error ** 2)
    dw, db = np.mean(2 * error * X), np.mean(2 * error * X)
    w -= 0.1 * dw
    b -= 0.1 * db
"""
TWICE = """
import numpy as np
W = np.random.randn(3, 2)
def loss(W): return (W ** 2).sum()
def grad(W): return WRONG
"""


@pytest.mark.blame
def test_an_update_that_is_there_is_not_missed(run, folder):
    text = NUMBERS.replace("np.mean(2 * error * X)\n", "np.mean(error)\n")
    text = text.replace("0.1 *", "rate *").replace("w, b =", "rate = 0.1; w, b =")
    write(folder, "train.py", text)
    (done,) = checks(run("train.py", "--format", "json")[1])
    finding = done["findings"][0]
    assert finding["verified"]
    assert [place["line"] for place in finding["lines"]] == [8]


@pytest.mark.blame
def test_the_line_is_found_where_parameters_are_numbers_of_the_file(run, folder):
    write(folder, "train.py", NUMBERS)
    status, out, err = run("train.py", "--format", "json")
    assert (status, err) == (1, "")
    (done,) = checks(out)
    assert not any(note.startswith("Source line") for note in done["notes"])
    finding = done["findings"][0]
    assert finding["verified"]
    assert [place["line"] for place in finding["lines"]] == [8]


def places(done):
    return [place["file"] for finding in done["findings"] for place in finding["lines"]]


@pytest.mark.blame
@pytest.mark.parametrize("wrong", ["3 * W", "np.cos(W) * 3 + np.sin(W)"], ids=["mended", "not"])
def test_an_option_that_only_names_or_calls_is_no_source_line(run, folder, wrong):
    write(folder, "net.py", TWICE.replace("WRONG", wrong))
    options = ("--loss", "loss(W)", "--params", "W", "--grads", "grad(W)", "--format", "json")
    status, out, err = run("net.py", *options)
    assert (status, err) == (1, "")
    (done,) = checks(out)
    assert not any(file.startswith("<--") for file in places(done))


def test_the_same_option_made_again_outlives_the_first():
    first, second = (whole("--grads", "3 * w").function({"w": 1.0}) for _ in range(2))
    assert first.__code__ == second.__code__
    del first
    gc.collect()
    assert second.__code__ in users.DEFINITIONS


@pytest.mark.blame
def test_an_option_that_computes_is_told_without_a_line(run, folder):
    write(folder, "net.py", TWICE.replace("WRONG", "2 * W"))  # the factor 3 is the option's alone
    options = ("--loss", "loss(W)", "--params", "W", "--grads", "3 * grad(W)")
    status, out, _ = run("net.py", *options, "--format", "json")
    (done,) = checks(out)
    assert status == 1
    assert "<--grads>" in places(done)
    status, out, _ = run("net.py", *options)
    assert "--> --grads\n" in out
    assert "--grads:1" not in out
    told = run("net.py", *options, "--format", "github")[1]
    assert "file=net.py" in told
    assert "file=--grads" not in told


HELD = """
import numpy as np
X, T = np.random.randn(6, 3), np.random.randn(6, 2)
class Net:
    def __init__(self):
        self.params = {"W": np.random.randn(3, 2), "b": np.zeros(2)}
    def predict(self, x):
        return x @ self.params["W"] + self.params["b"]
    def loss(self, X, T):
        return 0.5 * np.sum((self.predict(X) - T) ** 2)
    def accuracy(self, X, T):
        return 1.0
    def gradient(self, X, T):
        d = SIGN * (self.predict(X) - T)
        return {"W": X.T @ d, "b": d.sum(axis=0)}
net = Net()
"""

AT_ONCE = """
import numpy as np
inputs, targets = np.random.randn(6, 3), np.random.randn(6, 2)
W, b, scale = np.random.randn(3, 2), np.zeros(2), np.ones(1)
def lossFun(inputs, targets):
    out = inputs @ W + b
    d = SIGN * (out - targets)
    dW, db = inputs.T @ d, d.sum(axis=0)
    return 0.5 * np.sum((out - targets) ** 2), dW, db, out
"""


@pytest.mark.parametrize("sign", ["1", "-1"])
@pytest.mark.parametrize("text", [HELD, AT_ONCE], ids=["methods", "loss and gradients at once"])
def test_names_that_say_enough_need_no_options(run, folder, text, sign):
    write(folder, "net.py", text.replace("SIGN", sign))
    status, out, err = run("net.py", "--format", "json")
    assert (status, err) == (0 if sign == "1" else 1, "")
    (done,) = checks(out)
    assert {block["name"].rpartition(".")[2] for block in done["blocks"]} == {"W", "b"}
    assert done["hints"][0].startswith("No options were given: what the names of the file suggest")
    words = shlex.split(done["command"])[3:]
    assert run("net.py", *words, "--format", "json")[0] == status


def test_names_that_do_not_belong_together_accuse_nobody(run, folder):
    loss = "np.sum(np.cos(self.predict(X)))"
    text = HELD.replace("0.5 * np.sum((self.predict(X) - T) ** 2)", loss)
    write(folder, "net.py", text.replace("SIGN", "1"))
    status, _, err = run("net.py")
    assert status == 2
    assert err.startswith("gradcheck: net.py: no loop that trains was recognised. Say with --loss")
    assert '--grads "net.gradient(X, T)"' in err


@pytest.mark.parametrize("fault", ["", "sign", "both"])
def test_a_loop_without_a_loss_is_judged_by_the_one_that_it_descends(run, folder, fault):
    text = SCRIPT
    if fault:
        text = text.replace("nonlin(l1, True)", "-nonlin(l1, True)")
    if fault == "both":  # no gradient is that of a loss that is known
        text = text.replace("(y - l2) * nonlin(l2, True)", "(y - l2) * l2")
    write(folder, "script.py", text)
    status, out, err = run("script.py", "--format", "json")
    if fault == "both":
        assert (status, out) == (2, "")
        assert '--loss "@11-12; np.sum((l2 - y) ** 2)"' in err
        return
    told = {"syn0": "disagrees" if fault else "agrees", "syn1": "agrees"}
    assert (status, verdicts(out)) == (1 if fault else 0, told)
    assert "0.5 * np.sum((l2 - y) ** 2)" in checks(out)[0]["hints"][0]
    assert "It was taken for the loss" in checks(out)[0]["hints"][0]


def test_what_stands_before_a_line(run, folder):
    write(folder, "long.py", "w = np.ones(2)\nfor i in range(3):\n    1 / 0\nraise SystemExit(7)\n")
    write(folder, "long.py", "import numpy as np\n" + (folder / "long.py").read_text())
    words = ("--loss", "w @ w + 0 * i", "--params", "w", "--grads", "2 * w")
    assert run("long.py", *words, "--until", "3")[0] == 0
    assert run("long.py", *words)[0] == 2


@pytest.mark.parametrize(
    ("loss", "grads", "one"),
    [
        ("fun(theta)[0]", "fun(theta)[1]", True),
        ("-fun(v)[0]", "fun(v)[1]", True),
        ("objective(v, X)", "@3-4; gradient(v, X)", True),
        ("objective(v, X)", "@3-4; gradient(v)", False),
        ("fun(theta)[0]", "@3-4; g", False),
        ("fun(theta)[0]", "@3-4", False),
        ("fun(theta)[0]", "", False),
        ("loss()", "grads()", False),
    ],
)
def test_a_loss_and_its_gradient_of_one_call(loss, grads, one):
    assert of_one_call(Wanted(Path("net.py"), loss, "theta", grads)) == one


def test_a_loss_that_no_gradient_belongs_to_is_told_with_what_to_type(run, folder):
    text = """
        def deviance(beta):
            return np.sum(np.logaddexp(0, X @ beta) - Y * (X @ beta))
        beta = np.zeros(3)
        for it in range(9):
            mu = 1 / (1 + np.exp(-X @ beta))
            grad = X[1:].T @ (mu - Y)[1:]
            hess = X.T @ ((mu * (1 - mu))[:, None] * X)
            beta = beta - np.linalg.solve(hess, grad)
            print(deviance(beta))
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, _, err = run("train.py")
    assert status == 2
    assert "No gradient of the loop in line 9 belongs to deviance(beta)" in " ".join(err.split())
    words = shlex.split(err.split("gradcheck run train.py")[1])
    status, out, _ = run("train.py", *words)
    assert status == 1
    assert "beta leaves out the first sample" in out



@pytest.mark.parametrize("loop", ["for i in range(5):", "while i < 4:\n    i += 1"])
def test_some_turns_of_a_loop_may_come_before(run, folder, loop):
    write(folder, "loop.py", f"import numpy as np\nw, i = np.ones(2), -1\n{loop}\n    w = w + 1\n")
    words = ("loop.py", "--until", "3", "--params", "w", "--grads", "2 * w", "--format", "json")
    for turns, loss in (("0", 2.0), ("2", 18.0), ("9", 72.0)):
        status, out, _ = run(*words, "--turns", turns, "--loss", "w @ w")
        assert (status, checks(out)[0]["loss"]) == (0, loss)
    assert "--until 3 --turns 9" in checks(out)[0]["command"]


def test_as_main_and_what_stands_under_the_guard(run, folder):
    write(
        folder,
        "guarded.py",
        """
        import numpy as np
        def loss(w):
            return np.sum(w ** 2)
        def train():
            weights = np.ones(3)
            return weights
        if __name__ == "__main__":
            w = np.ones(3)
        """,
    )
    words = ("guarded.py", "--loss", "loss(w)", "--params", "w", "--grads", "2 * w")
    assert run(*words, "--main")[0] == 0
    assert run(*words, "--setup", "w = train()")[0] == 0
    status, _, err = run(*words)
    assert status == 2
    assert 'It is assigned under `if __name__ == "__main__":` (line 9)' in err
    assert "add --main" in err
    status, _, err = run("guarded.py", "--loss", "loss(weights)", "--params", "weights")
    assert "It is known inside train only (line 6): make it with --setup." in err


# What is said


def test_help_fits_and_says_that_the_file_is_run(run):
    status, out, _ = run("--help")
    assert status == 0
    assert "FILE is executed, as python would" in " ".join(out.split())
    assert all(cell_len(line) <= 80 for line in out.splitlines())


def test_success_is_one_sentence(run):
    status, out, err = run("net.py", "--loss", "loss()", "--params", "w, b", "--grads", "backward")
    assert (status, err) == (0, "")
    assert out.startswith("✓ agrees  2 parameters, 8 values;")
    assert len(out.splitlines()) <= 2


def test_failure_ends_with_the_command_that_repeats_it(run):
    words = ["net.py", "--loss", "loss()", "--params", "w, b"]
    status, out, _ = run(*words, "--step", "step()", "--lr", "0.3", "--seed", "5")
    assert status == 1
    for line in out.splitlines():
        assert cell_len(line) <= 80, line
        assert line == line.rstrip(), line
    again = " ".join(out[out.index("again") + 5 :].split())
    assert again.startswith("gradcheck run net.py --loss 'loss()' --params 'w, b' --step 'step()'")
    assert again.endswith("--lr 0.3 --seed 5")


def test_without_expressions_it_tells_what_the_file_holds(run):
    status, out, err = run("net.py", "--grads", "backward()")
    assert (status, out) == (2, "")
    assert err == (
        "gradcheck: --loss and --params: expected an expression, got none. "
        "Say it in the names of net.py.\n"
        "  net.py holds\n"
        "    functions  loss(), mse(params, x, y), backward(), step(), update(params, lr)\n"
        "    classes    Net()\n"
        "    objects    rng: Generator, params: dict\n"
        "    arrays     x (6, 3), y (6, 2), w (3, 2), b (2,)\n"
        "    numbers    learning_rate = 0.1\n"
        "  something like\n"
        "    gradcheck run net.py \\\n"
        '        --loss "loss()" \\\n'
        '        --params "params" \\\n'
        '        --grads "backward()"\n'
    )


@pytest.mark.parametrize("name", ["script_globals", "one_class", "layer_dicts", "columns"])
def test_what_it_suggests_is_a_good_beginning(run, name):
    file = ROOT / "examples" / f"{name}.py"
    told = run(str(file), "--grads", "...")[2]
    suggested = told[told.index("something like") :]
    assert f"gradcheck run {file.name}" in suggested
    assert {
        "script_globals": '--step "train_step()" --lr ...',
        "one_class": '--grads "net.backward(X, y)"',
        "layer_dicts": '--loss "np.mean((net.forward(x) - y) ** 2)"',
        "columns": '--params "parameters"',
    }[name] in suggested
    for line in suggested.splitlines():
        assert len(line) <= 80


# fmt: off
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--loss", "mse(x", "--params", "w"),
         "--loss: expected Python, got a syntax error: '(' was never closed.\n"
         "  --loss  mse(x\n"
         "             ^\n"),
        (("--loss", "loss()", "--params", "w, 2 b"),
         "--params: expected Python, got a syntax error: invalid syntax.\n"
         "  --params  w, 2 b\n"
         "                 ^\n"),
        (("--loss", "loss()", "--params", "w", "--step", "w = w - 1; break"),
         "--step: expected Python, got a syntax error: 'break' outside loop.\n"
         "  --step  w = w - 1; break\n"
         "                     ^\n"),
        (("--loss", "loss()", "--params", "w, , b"),
         "--params: expected expressions with commas between them, each perhaps named like "
         "hidden.W=net.W, got ''.\n"),
        (("--loss", "loss()", "--params", "w, bias"),
         "--params: expected an expression that can be evaluated, got NameError: name 'bias' is "
         "not defined.\n"
         "  --params  w, bias\n"
         "               ^^^^\n"),
        (("--loss", "los()", "--params", "w", "--grads", "backward()['w']"),
         "--loss: expected an expression that can be evaluated, got NameError: name 'los' is not "
         "defined. Did you mean 'loss'?\n"
         "  --loss  los()\n"
         "          ^^^\n"),
        (("--loss", "np.maen(x @ w)", "--params", "w", "--grads", "w"),
         "--loss: expected an expression that can be evaluated, got AttributeError: module 'numpy' "
         "has no attribute 'maen'. Did you mean 'mean'"),
        (("--loss", "loss()", "--params", "w", "--grads", "backward()['W']"),
         "--grads: expected an expression that can be evaluated, got KeyError: 'W'.\n"
         "  --grads  backward()['W']\n"
         "           ^^^^^^^^^^^^^^^\n"),
        (("--loss", "mse(params, x.T, y)", "--params", "params", "--grads", "backward()"),
         "--loss: expected an expression that can be evaluated, got ValueError: "),
        (("--loss", "mse", "--params", "params", "--grads", "backward()"),
         "--loss: expected an expression that can be evaluated, got the function mse, which needs "
         'arguments. Write the call: --loss "mse(params, x, y)"\n'),
        (("--loss", "learning_rate", "--params", "params", "--grads", "backward()"),
         "--loss: expected an expression that computes the loss, got 'learning_rate', a float"),
        (("--loss", "loss()", "--params", "w, b", "--step", "params"),
         "--step: expected a call that updates the parameters, got 'params', a dict."),
        (("--loss", "loss()", "--params", "w, b", "--step", "update(params, lr)"),
         "--step: expected an expression that can be evaluated, got NameError: name 'lr' is not "
         "defined. Give the learning rate with --lr.\n"),
        (("--loss", "loss()", "--params", "w, b", "--grads", "backward()", "--lr", "1"),
         "--lr: expected a rate together with --step, got it alone."),
        (("--loss", "loss()", "--params", "w, b", "--grads", "backward()", "--step", "step()"),
         "--grads, --step: expected one of them, got both."),
        (("--loss", "loss()", "--params", "w, w", "--grads", "backward()"),
         "--params: expected a name for each parameter, got 'w' twice."),
        (("--loss", "x", "--params", "w", "--setup", "1 +"),
         "--setup: expected Python, got a syntax error: invalid syntax."),
        (("--loss", "x @ w", "--params", "w", "--grads", "w"),
         "--loss: expected one real number, got an array of shape (6, 2)."),
        (("--loss", "loss()",),
         "--params: expected an expression, got none. Say it in the names of net.py.\n"),
        (("--loss", "loss()", "--params", "w", "--seed", "x"), "--seed: expected a whole number"),
        (("--loss", "loss()", "--params", "w", "--format", "xml"), "--format: expected one of"),
    ],
)  # fmt: skip
def test_misuse_is_told_with_its_place(run, words, told):
    status, out, err = run("net.py", *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"gradcheck: {told}")
    assert "site-packages" not in err
    assert "gradcheck/" not in err


def test_an_error_in_the_file_shows_only_its_own_frames(run):
    _, _, err = run("net.py", "--loss", "mse(params, x.T, y)", "--params", "params")
    lines = without_marks(err)
    assert lines[1] == '  File "--loss", line 1, in loss'
    assert lines[2] == "    mse(params, x.T, y)"
    assert lines[3].startswith('  File "net.py", line ')
    assert lines[3].endswith(", in mse")
    assert '"--loss"' in err
    assert err.count("File ") == 2


def test_a_file_that_fails_shows_where_and_what_it_printed(run, folder):
    write(
        folder,
        "bad.py",
        """
        def f():
            return [][0]
        for i in range(30):
            print("epoch", i)
        f()
        """,
    )
    status, out, err = run("bad.py", "--loss", "f()", "--params", "f")
    assert (status, out) == (2, "")
    assert err.splitlines()[0] == (
        "gradcheck: bad.py: expected a file that runs, got IndexError: list index out of range."
    )
    assert without_marks(err)[1:4] == ['  File "bad.py", line 6, in <module>', "    f()",
                                     '  File "bad.py", line 3, in f']  # fmt: skip
    assert "The last lines that bad.py printed:\n  epoch 22\n" in err
    assert err.endswith("  epoch 29\n")


# fmt: off
@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("x = (1", "expected a file that runs, got a syntax error: '(' was never closed."),
        ("import sys; sys.exit(3)", "expected a file that runs, got exit status 3."),
        ("n = int(input('How many? '))",
         "expected a file that runs, got EOFError: input() gets no answer to 'How many?' while"),
        ("import nosuchmodule", "expected a file that runs, got ModuleNotFoundError: No module"),
        ("raise KeyError('a')", "expected a file that runs, got KeyError: 'a'."),
    ],
)  # fmt: skip
def test_files_that_do_not_run(run, folder, source, told):
    write(folder, "bad.py", source)
    status, _, err = run("bad.py", "--loss", "1", "--params", "x")
    assert status == 2
    assert err.startswith(f"gradcheck: bad.py: {told}")


def test_files_that_are_none(run, folder):
    (folder / "notes.txt").write_text("")
    for words, told in (
        (("nte.py",), "FILE: expected a Python file, got 'nte.py', no such file. Did you mean"),
        ((str(folder),), f"FILE: expected a Python file, got {str(folder)!r}, a folder. There are"),
        (("notes.txt",), "FILE: expected a Python file, got 'notes.txt'."),
        ((), "FILE: expected a Python file to run, got none, and no checks in pyproject.toml."),
        (("--loss", "1"), "FILE: expected a Python file to run, got none. Put it after"),
    ):
        status, out, err = run(*words)
        assert (status, out) == (2, "")
        assert err.startswith(f"gradcheck: {told}")


def test_budget_makes_it_inconclusive(run):
    words = ("--loss", "loss()", "--params", "w, b", "--grads", "backward", "--max-evaluations")
    assert run("net.py", *words, "30")[0] == 3


def test_hint_at_gradients_that_are_old(run):
    words = ("--setup", "g = backward(); step()", "--loss", "loss()", "--params", "w, b")
    status, out, _ = run("net.py", *words, "--grads", "g['w'], g['b']")
    assert status == 1
    assert "hint   --grads reads gradients that are stored and computes none" in out


def test_hint_at_a_file_that_runs_long(run, monkeypatch):
    monkeypatch.setattr(script, "SLOW", 0.0)
    words = ("net.py", "--loss", "loss()", "--params", "w", "--grads", "backward()['w']")
    _, out, _ = run(*words)
    assert "hint   net.py ran for 0 s before the check; put its training under" in out


# Quiet, and gone without a trace


def test_what_the_file_prints_is_kept_back(run, folder):
    write(
        folder,
        "loud.py",
        """
        import logging, sys, warnings
        import numpy as np
        sys.stdout.reconfigure(encoding="utf-8")
        print("loud", flush=True)
        sys.stdout.buffer.write(b"bytes")
        print("error", file=sys.stderr)
        logging.basicConfig(); logging.warning("log")
        warnings.warn("careful")
        np.seterr(all="raise")
        w = np.ones(2)
        def loss():
            print("evaluated")
            np.float64(1e300) * 1e300
            return w @ w
        """,
    )
    status, out, err = run("loud.py", "--loss", "loss()", "--params", "w", "--grads", "2 * w")
    assert (status, err) == (0, "")
    assert out.count("\n") <= 2
    assert np.geterr()["over"] == "warn"


def test_the_process_is_put_back(run, folder):
    write(folder, "layers.py", "SIZE = 2")
    write(
        folder,
        "messy.py",
        """
        import os, random, sys
        import numpy as np
        from layers import SIZE
        assert sys.argv == ["messy.py"], sys.argv
        assert sys.path[0] == os.path.dirname(os.path.abspath(__file__))
        assert __name__ == "messy" and sys.modules["messy"].SIZE == 2
        assert sys.stdin.read() == ""
        os.makedirs("below", exist_ok=True); os.chdir("below")
        sys.path.append("nonsense"); sys.argv.append("more"); sys.setrecursionlimit(5000)
        random.random(); np.random.rand()
        w = np.random.rand(SIZE)
        """,
    )

    def state():
        numpy = np.random.get_state()  # noqa: NPY002
        return (
            sys.path[:], Path.cwd(), dict(os.environ), sys.getrecursionlimit(), random.getstate(),
            numpy[1].tolist(), numpy[2], set(sys.modules), sys.meta_path[:], sys.stdin,
        )  # fmt: skip

    words = ("messy.py", "--loss", "w @ w", "--params", "w", "--grads", "2 * w", "--format", "json")
    first = run(*words)
    assert first[0] == 0, first
    np.random.seed(3)  # noqa: NPY002
    random.seed(3)
    before = state()
    second = run(*words)
    assert state() == before
    one, two = (checks(out)[0]["loss"] for _, out, _ in (first, second))
    assert one == two  # the file is seeded
    assert not list(folder.rglob("*.pyc"))


def test_neighbours_of_the_same_name_do_not_meet(run, folder):
    for name, size in (("one", 2), ("two", 3)):
        write(folder, f"{name}/layers.py", f"SIZE = {size}")
        write(folder, f"{name}/net.py", "import numpy as np, layers\nw = np.ones(layers.SIZE)")
    words = ("--loss", "w @ w", "--params", "w", "--grads", "2 * w")
    status, out, _ = run("one/net.py", "two/net.py", *words, "--format", "json")
    assert status == 0
    assert [check["blocks"][0]["shape"] for check in checks(out)] == [[2], [3]]


@pytest.mark.parametrize("name", ["numpy.py", "cli.py", "nets.py", "report.py", "rich.py"])
def test_a_file_may_have_any_name(run, folder, name):
    write(
        folder,
        name,
        """
        from __future__ import annotations
        from dataclasses import dataclass
        @dataclass
        class Net:
            w: list[float]
        net = Net([1.0, 2.0])
        """,
    )
    words = ("--loss", "sum(v * v for v in net.w)", "--params", "net")
    status, out, err = run(name, *words, "--grads", "[2 * v for v in net.w]")
    assert (status, err) == (0, ""), out


def test_a_file_of_a_package(run, folder):
    write(folder, "pkg/__init__.py", "")
    write(folder, "pkg/ops.py", "def square(v):\n    return v * v")
    write(folder, "pkg/net.py", "import numpy as np\nfrom .ops import square\nw = np.ones(2)")
    words = ("--loss", "square(w).sum()", "--params", "w", "--grads", "2 * w")
    assert run("pkg/net.py", *words)[0] == 0


PLOTS = """
import numpy as np
import matplotlib
matplotlib.use("TkAgg")
import matplotlib.pyplot as plt
from matplotlib import cm
from mpl_toolkits.mplot3d import Axes3D
fig, ax = plt.subplots(figsize=(3, 2))
line, = ax.plot([1, 2], label="loss")
ax.set_title("x"); plt.legend(); plt.grid(True)
counts, edges, patches = plt.hist([1, 2, 2])
for _ in range(200):
    plt.pause(1)
plt.show()
w = np.ones(2)
"""


def test_plots_stay_closed_where_there_is_no_matplotlib(run, folder, monkeypatch):
    write(folder, "plots.py", PLOTS)

    def nowhere(name, *_):
        return None if name.startswith(("matplotlib", "mpl_toolkits")) else find(name, *_)

    find = importlib.machinery.PathFinder.find_spec
    monkeypatch.setattr(importlib.machinery.PathFinder, "find_spec", nowhere)
    for name in [n for n in sys.modules if n.partition(".")[0] in ("matplotlib", "mpl_toolkits")]:
        monkeypatch.delitem(sys.modules, name)
    status, out, err = run("plots.py", "--loss", "w @ w", "--params", "w", "--grads", "2 * w")
    assert (status, err) == (0, "")
    assert "hint   matplotlib is not installed: what the file plots was left out." in out
    assert "matplotlib" not in sys.modules


def test_plots_stay_closed_where_there_is_matplotlib(run, folder):
    pytest.importorskip("matplotlib")
    write(folder, "plots.py", PLOTS)
    status, out, err = run("plots.py", "--loss", "w @ w", "--params", "w", "--grads", "2 * w")
    assert (status, err) == (0, "")
    assert "not installed" not in out  # a hint of how long it ran is another matter
    import matplotlib.pyplot as plt

    assert plt.show.__module__ == "matplotlib.pyplot"


# Several checks, and those of a project

PROJECT = """
[tool.gradcheck]
seed = 4

[[tool.gradcheck.check]]
name = "returned"
file = "net.py"
loss = "loss()"
params = "w, b"
grads = "backward()"

[[tool.gradcheck.check]]
name = "step"
file = "net.py"
setup = ["scale = 2.0", "double = scale * learning_rate"]
loss = "loss()"
params = "w, b"
step = "step()"
lr = "double"
"""


def test_project_file(run, folder, monkeypatch):
    write(folder, "pyproject.toml", PROJECT)
    status, out, _ = run()
    assert status == 1
    assert out.splitlines()[0] == "net.py, returned"
    assert "\nnet.py, step\n" in out
    status, out, _ = run("--format", "json")
    told = json.loads(out)
    assert (told["verdict"], told["status"]) == ("disagrees", 1)
    assert [(c["name"], c["verdict"], c["seed"]) for c in told["checks"]] == [
        ("returned", "agrees", 4),
        ("step", "disagrees", 4),
    ]
    assert run("--check", "returned")[0] == 0
    assert run("net.py", "--check", "returned")[0] == 0
    assert "slope by step" not in run("--check", "returned")[1]
    assert "slope by step" in run("--check", "returned", "--verbose")[1]
    assert run("net.py")[0] == 1
    (folder / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(folder / "deep" / "er")
    assert run("--check", "returned", "--seed", "0")[0] == 0
    assert run("net.py", "--loss", "1", "--check", "returned")[0] == 2  # its own, or these
    assert "which has none of cli.py, got 'returned'." in run("cli.py", "--check", "returned")[2]
    status, _, err = run("--check", "return")
    assert status == 2
    assert err == (
        "gradcheck: --check: expected a check of pyproject.toml (returned, step), got 'return'. "
        "Did you mean 'returned'?\n"
    )


# fmt: off
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[tool.gradcheck]", "pyproject.toml: expected checks, got none."),
        ("[tool.gradcheck]\nsede = 1\n[[tool.gradcheck.check]]",
         "pyproject.toml, [tool.gradcheck]: expected one of setup, select, seed, entries, main, "
         "max-evaluations, check, got 'sede'. Did you mean 'seed'"),
        ('[[tool.gradcheck.check]]\nfile = "net.py"\nloss = "loss()"\nparam = "w"',
         "pyproject.toml, check 1: expected one of file, loss, params"),
        ('[[tool.gradcheck.check]]\nname = "a"\nfile = "net.py"\nloss = 3',
         "pyproject.toml, check a: expected a string for loss, got 3."),
        ('[[tool.gradcheck.check]]\nname = "a"\nfile = "net.py"\nloss = "loss()"',
         "pyproject.toml, check a: expected a string for params, got none."),
        ('[[tool.gradcheck.check]]\nseed = -1',
         "pyproject.toml, check 1: expected a whole number from 0 on for seed, got -1."),
        ('[[tool.gradcheck.check]]\nmain = "yes"',
         "pyproject.toml, check 1: expected true or false for main, got 'yes'."),
        ("[tool.gradcheck", "{folder}/pyproject.toml: expected TOML, got "),
    ],
)  # fmt: skip
def test_project_file_that_is_wrong(run, folder, text, told):
    write(folder, "pyproject.toml", text)
    status, _, err = run()
    assert status == 2
    assert err.startswith(f"gradcheck: {told.format(folder=folder)}")


def test_a_broken_project_file_stops_no_file_that_is_given(run, folder):
    write(folder, "pyproject.toml", "[tool.gradcheck")
    words = ("net.py", "--loss", "loss()", "--params", "w, b", "--grads", "backward")
    assert run(*words)[0] == run("net.py")[0] == 0
    assert run("net.py", "--check", "a")[0] == 2


def test_a_check_of_a_project_may_be_a_file_alone(run, folder):
    write(folder, "pyproject.toml", '[[tool.gradcheck.check]]\nfile = "net.py"\n')
    by_command, by_project = (json.loads(run(*w, "--format", "json")[1]) for w in [("net.py",), ()])
    assert "No options were given" in by_project["checks"][0]["hints"][0]
    assert by_project["checks"][0]["hints"] == by_command["checks"][0]["hints"]


@pytest.mark.parametrize("text", ["", "import numpy as np\n"])
def test_a_file_that_defines_nothing(run, folder, text):
    write(folder, "empty.py", text)
    _, _, err = run("empty.py")
    assert "got a file that defines no function, class, object or array." in err
    assert "something like" not in err


def test_the_files_that_are_there_are_files(run, folder):
    (folder / "d.py").mkdir()
    for name in "abcefgh":
        write(folder, f"{name}.py", "")
    _, _, err = run("zzzzzzzz.py")
    assert err.endswith("There are a.py, b.py, c.py, e.py, f.py, g.py, ...\n")


def test_a_setup_is_no_expression(run):
    assert run("net.py", "--setup", "foo()", "--loss", "1", "--params", "w")[2].startswith(
        "gradcheck: --setup: expected code that runs, got NameError"
    )
    assert run("net.py", "--setup", "#", "--loss", "1", "--params", "w")[2].startswith(
        "gradcheck: --setup: expected code, got nothing."
    )


# fmt: off
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--check", "a"), "--check: expected a check of pyproject.toml, which has none of net.py"),
        (("--until", "2"), "--until: expected --loss, --params, and --grads or --step beside it"),
        (("--lr", "2"), "--lr: expected --loss, --params, and --grads or --step beside it"),
        (("--turns", "2", "--loss", "1"), "--turns: expected --until beside it, got none."),
        (("--until", "999", "--loss", "1"), "--until: expected a line of net.py, 1 to"),
    ],
)  # fmt: skip
def test_options_that_would_mean_nothing(run, words, told):
    status, out, err = run("net.py", *words)
    assert (status, out) == (2, "")
    assert err.startswith(f"gradcheck: {told}")


def test_the_worst_of_several_counts(run, folder):
    write(folder, "good.py", "import numpy as np\nw = np.ones(2); g = 2 * w")
    write(folder, "flat.py", "import numpy as np\nw = np.ones(2) * np.inf; g = w")
    write(folder, "bad.py", "import numpy as np\nw = np.ones(2); g = 3 * w")
    words = ("--loss", "w @ w", "--params", "w", "--grads", "g")
    assert run("good.py", "bad.py", *words)[0] == 1
    status, out, err = run("good.py", "flat.py", "bad.py", *words)
    assert status == 1
    assert err.startswith("gradcheck: flat.py: w: expected finite values, got inf at [0].")
    assert [line for line in out.splitlines() if line.endswith(".py")] == ["good.py", "bad.py"]
    assert run("good.py", "flat.py", *words)[0] == 2
    status, out, err = run("good.py", "flat.py", *words, "--format", "json")
    told = json.loads(out)
    assert (told["verdict"], told["status"]) == (None, 2)
    assert told["checks"][1]["refused"].startswith("w: expected finite values")


def test_output_file(run, folder):
    words = ("net.py", "--loss", "loss()", "--params", "w, b", "--grads", "backward")
    assert run(*words, "--output", "report.txt") == (0, "", "")
    assert "agrees" in (folder / "report.txt").read_text(encoding="utf-8")
    assert run(*words, "--output", "net.py")[0] == 2
    assert (folder / "net.py").read_text() == NET


# In a process of its own


def test_interrupted_in_the_file(run, folder):
    write(folder, "endless.py", "raise KeyboardInterrupt")
    status, out, err = run("endless.py", "--loss", "1", "--params", "w")
    assert (status, out, err) == (130, "", "interrupted\n")


@pytest.mark.skipif(os.name == "nt", reason="POSIX signals")
def test_interrupted_for_real(folder):
    ready = folder / "ready"
    write(
        folder,
        "endless.py",
        """
        import pathlib, time
        pathlib.Path("ready").touch()
        while True:
            time.sleep(0.01)
        """,
    )
    child = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "run", "endless.py", "--loss", "1", "--params", "w"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
    )
    for _ in range(500):
        if ready.exists():
            break
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=30)
    assert (child.returncode, out, err) == (130, b"", b"interrupted\n")


# -- --shrink --------------------------------------------------------------------------------------

SIZED = """
import numpy as np
rng = np.random.default_rng(0)

class Net:
    def __init__(self, n, h):
        self.W, self.b = rng.normal(size=(n, h)), np.zeros(h)

    def loss(self, X):
        return np.mean(np.sum(np.tanh(X @ self.W + self.b) ** 2, axis=1))

    def backward(self, X):
        a = np.tanh(X @ self.W + self.b)
        d = 2 * a * (1 - a**2) / len(X)
        return {"W": X.T @ d, "b": d.mean(axis=0)}
"""
SHRUNK = (
    "--setup", "net = Net(n, h); X = rng.normal(size=(batch, n))", "--loss", "net.loss(X)",
    "--params", "net", "--grads", "net.backward(X)", "--shrink", "n=1..3, h=1..3, batch=1..4",
)  # fmt: skip


def test_shrink_finds_the_smallest_net(run, folder):
    write(folder, "my_net.py", SIZED)
    status, out, _ = run("my_net.py", *SHRUNK)
    assert status == 1
    assert out.startswith("fails first at  n 1, h 1, batch 2; ")
    assert "found: Disagrees exactly where batch > 1." in out
    assert "--shrink 'n=1..3, h=1..3, batch=1..4'" in " ".join(out.split())


def test_shrink_for_a_program(run, folder):
    write(folder, "my_net.py", SIZED)
    _, out, _ = run("my_net.py", *SHRUNK, "--format", "json")
    (check,) = json.loads(out)["checks"]
    assert check["shrink"]["sizes"] == {"n": 1, "h": 1, "batch": 2}
    assert check["findings"][0]["kind"] == "boundary"


def test_shrink_agrees_where_the_gradients_are_right(run, folder):
    words = list(SHRUNK)
    words[-1] = "n=1..2, h=1, batch=1..2"
    write(folder, "my_net.py", SIZED.replace("d.mean", "d.sum"))
    status, out, _ = run("my_net.py", *words)
    assert status == 0
    assert "4 nets agree, the largest n 2, h 1, batch 2." in out


@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ("n=5-1", "--shrink: expected sizes and their ranges, got 'n=5-1'."),
        ("1..4", "--shrink: expected sizes and their ranges, got '1..4'."),
        ("width=1..4", "--shrink: expected names that --setup uses, got 'width'."),
    ],
)
def test_shrink_is_refused_in_words(run, folder, sizes, told):
    write(folder, "my_net.py", SIZED)
    status, _, err = run("my_net.py", *SHRUNK[:-1], sizes)
    assert status == 2
    assert told in err


@pytest.mark.blame
def test_an_update_that_goes_the_other_way_than_its_sibling_is_the_line(run, folder):
    text = """
        V, W = 0.5 * np.random.randn(3, 4), 0.5 * np.random.randn(4, 2)
        for k in range(20):
            h = np.tanh(np.dot(X, V))
            out = np.tanh(np.dot(h, W))
            loss = 0.5 * np.sum((T - out) ** 2)
            out_error = T - out
            out_delta = out_error * (1 - out ** 2)
            h_error = np.dot(out_delta, W.T)
            h_delta = h_error * (1 - h ** 2)
            W += 0.01 * np.dot(h.T, out_delta)
            V -= 0.01 * np.dot(X.T, h_delta)
    """
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    finding = checks(out)[0]["findings"][0]  # the others do as well
    assert status == 1
    right = "V += 0.01 * np.dot(X.T, h_delta)"
    assert finding["diff"] == [f"- {right.replace('+=', '-=')}", f"+ {right}"]


@pytest.mark.parametrize("shown", ["np.sqrt(np.mean(e**2))", "np.mean(e**2)"])
@pytest.mark.parametrize("sign", ["1", "-1"])
def test_a_loss_that_is_shown_without_its_decay_or_under_a_root_accuses_nobody(
    run, folder, shown, sign
):
    """What is printed to watch a training: the root of its loss, or no penalty, zero at first."""
    decay = "" if "sqrt" in shown else " + 0.02 * w"
    text = f"""
        w, b = np.{"ones" if "sqrt" in shown else "zeros"}(3), 0.0
        for epoch in range(60):
            e = X @ w + b - T[:, 0]
            shown = {shown}
            dw = 2 * X.T @ e / 8{decay}
            db = {sign} * 2 * e.mean()
            w -= 0.05 * dw
            b -= 0.05 * db
            if epoch % 20 == 0:
                print(epoch, "RMSE", shown)
        """.replace("shown", "rmse")
    write(folder, "train.py", HEAD + textwrap.dedent(text))
    status, out, _ = run("train.py", "--format", "json")
    (done,) = checks(out)
    assert done["verdict"] == ("agrees" if sign == "1" else "disagrees")
    assert status == (sign == "-1")
