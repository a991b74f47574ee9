"""Classes of slips that whole corpora taught: the line first, its kind, and a fix that holds."""

import pytest
from blamed import examine, line_of, program

from gradcheck.blame import gather

pytestmark = pytest.mark.blame

# a leaky unit that writes its product twice, a dropout with masks by layer, a penalty of sizes
LAYERED = """
    import numpy as np
    r = np.random.default_rng(21)
    X, T, keep, lam = r.standard_normal((9, 3)), r.standard_normal((9, 2)), 0.6, 0.03
    p = {"W1": r.standard_normal((3, 5)), "W2": r.standard_normal((5, 2)), "c": np.zeros(2)}
    masks = {1: r.random((9, 5)) < keep}
    H = {0: X}
    def forward():
        H[1] = np.maximum(0.05 * (X @ p["W1"]), X @ p["W1"])
        H[2] = H[1] * masks[1] / keep
        return H[2] @ p["W2"] + p["c"]
    def loss():
        return 0.5 * np.sum((forward() - T) ** 2) + lam * np.abs(p["W1"]).sum()
    def grads():
        d = forward() - T
        found = {"W2": H[2].T @ d, "c": d.sum(axis=0)}
        for l in range(1, 0, -1):
            d = d @ p["W%d" % (l + 1)].T
            d = d * masks[l] / keep
            d = d * np.where(H[l] > 0, 1, 0.05)
            found["W%d" % l] = H[l - 1].T @ d
        return [found["W1"] + lam * np.sign(p["W1"]), found["W2"], found["c"]]
"""

# one function for loss and gradients, the labels taken off in place, a step that updates in place
STEPPED = """
    import numpy as np
    r = np.random.default_rng(22)
    X, y, rate = r.standard_normal((8, 4)), r.integers(3, size=8), 0.1
    p = {"W": r.standard_normal((4, 5)), "b": r.standard_normal(5), "V": r.standard_normal((5, 3))}
    def both(p, lam=0.02):
        n = len(X)
        pre = X @ p["W"] + p["b"]
        hid = np.maximum(pre, 0.1 * pre)
        scores = hid @ p["V"]
        q = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        loss = -np.log(q[np.arange(n), y]).mean()
        resid = q.copy()
        resid[np.arange(n), y] -= 1
        resid /= n
        dV = hid.T @ resid
        delta = resid @ p["V"].T * np.where(pre > 0, 1, 0.1)
        dW = X.T @ delta
        db = delta.sum(axis=0)
        loss += lam * np.sum(p["V"] ** 2)
        dV += 2 * lam * p["V"]
        return loss, dW, db, dV
    def loss():
        return both(p)[0]
    def step():
        _, dW, db, dV = both(p)
        p["W"] -= rate * dW
        p["b"] -= rate * db
        p["V"] -= rate * dV
    def grads():
        before = {k: v.copy() for k, v in p.items()}
        step()
        found = [(v - p[k]) / rate for k, v in before.items()]
        for k, v in before.items():
            p[k][...] = v
        return found
"""

# layers that hand the gradient back by a second yield, and two losses weighed against each other
HANDED = """
    import numpy as np
    r = np.random.default_rng(23)
    X, T, S = r.standard_normal((7, 3)), r.standard_normal((7, 4)), r.standard_normal((7, 4))
    mix = 0.3
    p = {"A": r.standard_normal((3, 4)), "c": r.standard_normal(4)}
    def dense(x, found):
        d = yield x @ p["A"] + p["c"]
        found.append(x.T @ d)
        found.append(d.sum(axis=0))
    def center(x):
        d = yield x - x.mean(axis=0)
        yield d - d.mean(axis=0)
    def squash(x):
        y = np.tanh(x)
        d = yield y
        yield d * (1 - y ** 2)
    def forward(found):
        x, layers = X, []
        for make in (lambda x: dense(x, found), center, squash):
            layers.append(make(x))
            x = next(layers[-1])
        return x, layers
    def loss():
        x, _ = forward([])
        return mix * np.sum((x - S) ** 2) + (1 - mix) * np.sum(np.abs(x - T) ** 3)
    def grads():
        found = []
        x, layers = forward(found)
        d_soft = 2 * (x - S)
        d_hard = 3 * (x - T) * np.abs(x - T)
        d = mix * d_soft + (1 - mix) * d_hard
        for layer in reversed(layers[1:]):
            d = layer.send(d)
        try:
            layers[0].send(d)
        except StopIteration:
            pass
        return found
"""

# element by element, in lists
LISTS = """
    import math
    import numpy as np
    r = np.random.default_rng(24)
    samples = [(r.standard_normal(3).tolist(), r.random(2).tolist()) for _ in range(5)]
    p = {"w": r.standard_normal((4, 3)), "v": r.standard_normal((2, 4))}
    def sig(s):
        return 1 / (1 + math.exp(-s))
    def forward(x):
        mid = [sig(sum(w * a for w, a in zip(row, x))) for row in p["w"]]
        return mid, [sig(sum(v * m for v, m in zip(row, mid))) for row in p["v"]]
    def loss():
        return sum(0.5 * (o - t) ** 2 for x, ts in samples for o, t in zip(forward(x)[1], ts))
    def grads():
        gw, gv = np.zeros((4, 3)), np.zeros((2, 4))
        for x, ts in samples:
            mid, out = forward(x)
            delta = [(out[k] - ts[k]) * out[k] * (1 - out[k]) for k in range(2)]
            inner = []
            for j in range(4):
                back = 0.0
                for k in range(2):
                    back += p["v"][k, j] * delta[k]
                inner.append(back * mid[j] * (1 - mid[j]))
            for k in range(2):
                for j in range(4):
                    gv[k, j] += delta[k] * mid[j]
            for j in range(4):
                for i in range(3):
                    gw[j, i] += inner[j] * x[i]
        return [gw, gv]
"""

# a residual that is kept for the backward pass, two ways back from a gate, a prior on one number
GATED = """
    import numpy as np
    from types import SimpleNamespace
    r = np.random.default_rng(25)
    X, T = r.standard_normal((8, 3)), r.standard_normal((8, 3))
    p = {"A": r.standard_normal((3, 3)), "G": r.standard_normal((3, 3)), "c": np.array([0.7, 0.4])}
    kept = SimpleNamespace()
    def forward():
        kept.x = X * p["c"][0] + p["c"][1]
        kept.a = np.tanh(kept.x @ p["A"])
        kept.g = 1 / (1 + np.exp(-(kept.x @ p["G"])))
        return kept.x + kept.a * kept.g
    def loss():
        y = forward()
        kept.error = y - T
        return np.sum(kept.error ** 2) / len(X) + 0.5 * (p["c"][1] - 0.1) ** 2
    def grads():
        loss()
        d = 2 * kept.error / len(X)
        da = d * kept.g * (1 - kept.a ** 2)
        dg = d * kept.a * kept.g * (1 - kept.g)
        dx = d + da @ p["A"].T + dg @ p["G"].T
        dc = np.array([np.sum(dx * X), np.sum(dx)])
        dc[1] += p["c"][1] - 0.1
        return [kept.x.T @ da, kept.x.T @ dg, dc]
"""

# rules that stand in decorators, and others in closures of a tape
RULES = """
    import numpy as np
    r = np.random.default_rng(26)
    X, T = r.standard_normal((7, 3)), r.standard_normal((7, 2))
    p = {"A": r.standard_normal((3, 2)), "b": r.standard_normal(2), "s": r.standard_normal(2)}
    def rule(back):
        def wrap(f):
            return lambda *args: (f(*args), lambda d: back(d, f(*args), *args))
        return wrap
    @rule(lambda d, y, x, A: (d @ A.T, x.T @ d))
    def times(x, A):
        return x @ A
    @rule(lambda d, y, x, b: (d, d.sum(axis=0)))
    def plus(x, b):
        return x + b
    @rule(lambda d, y, x: (d * (1 - y ** 2),))
    def squash(x):
        return np.tanh(x)
    class Scaled:
        def __init__(self, x, s):
            self.data, self.todo = x * s, []
            def back(d):
                self.ds = (d * x).sum(axis=0)
                return d * s
            self.todo.append(back)
    def forward():
        z, back_times = times(X, p["A"])
        c, back_plus = plus(z, p["b"])
        h, back_squash = squash(c)
        return Scaled(h, p["s"]), [back_times, back_plus, back_squash]
    def loss():
        return 0.5 * np.sum((forward()[0].data - T) ** 2)
    def grads():
        out, backs = forward()
        d = out.todo[0](out.data - T)
        (d,) = backs[2](d)
        d, db = backs[1](d)
        _, dA = backs[0](d)
        return [dA, db, out.ds]
"""

CASES = {
    "a product that is written twice": (
        LAYERED,
        "d = d * np.where(H[l] > 0, 1, 0.05)",
        "d = d * (1 - H[l] ** 2)",
        "",
        "wrong-activation-derivative",
    ),
    "a mask that is left out": (
        LAYERED,
        "        d = d * masks[l] / keep\n",
        "",
        "d = d * np.where",
        "dropout-mask",
    ),
    "what a mask keeps": (LAYERED, "d * masks[l] / keep", "d * masks[l]", "", "dropout-mask"),
    "signs of a penalty": (
        LAYERED,
        ' + lam * np.sign(p["W1"])',
        "",
        'found["W%d" % l] =',
        "regulariser",
    ),
    "a mean of a bias": (
        LAYERED,
        '"c": d.sum(axis=0)',
        '"c": d.sum(axis=0) / len(d)',
        "found = {",
        "bias-reduction",
    ),
    "an average taken after a change in place": (
        STEPPED,
        "    resid /= n\n",
        "",
        "dV = hid.T",
        "scale",
    ),
    "another count": (STEPPED, "resid /= n", "resid /= resid.shape[1]", "", "scale"),
    "only the class of the label": (
        STEPPED,
        "resid = q.copy()\n    resid[np.arange(n), y] -= 1",
        "resid = np.zeros_like(q)\n    resid[np.arange(n), y] = q[np.arange(n), y] - 1",
        "resid = np.zeros",
        "softmax-jacobian",
    ),
    "one function for loss and gradients": (
        STEPPED,
        "dV = hid.T @ resid",
        "dV = pre.T @ resid",
        "",
        "wrong-operand",
    ),
    "a forgotten update": (
        STEPPED,
        '    p["b"] -= rate * db\n',
        "",
        'p["W"] -= rate',
        "missing-gradient",
    ),
    "a mean that is taken off": (
        HANDED,
        "yield d - d.mean(axis=0)",
        "yield d",
        "",
        "normalisation",
    ),
    "a mean over everything": (HANDED, "d.mean(axis=0)", "d.mean()", "", "normalisation"),
    "a sign inside a generator": (
        HANDED,
        "yield d * (1 - y ** 2)",
        "yield -d * (1 - y ** 2)",
        "",
        "sign",
    ),
    "a term that is computed and left out": (
        HANDED,
        "d = mix * d_soft + (1 - mix) * d_hard",
        "d = (1 - mix) * d_hard",
        "",
        "missing-term",
    ),
    "another way back": (GATED, ' + dg @ p["G"].T', "", "dx = d +", "missing-term"),
    "the value of another gate": (
        GATED,
        "d * kept.a * kept.g * (1 - kept.g)",
        "d * kept.x * kept.g * (1 - kept.g)",
        "",
        "wrong-operand",
    ),
    "a rule in a decorator": (RULES, "d.sum(axis=0)))", "d.mean(axis=0)))", "", "bias-reduction"),
    "a rule in a closure": (RULES, "(d * x).sum", "(d * self.data).sum", "", "wrong-operand"),
    "the sign of an update": (STEPPED, 'p["V"] -= rate', 'p["V"] += rate', "", "sign"),
    "an error for a delta": (
        LISTS,
        'p["v"][k, j] * delta[k]',
        'p["v"][k, j] * (out[k] - ts[k])',
        "",
        "raw-error-propagated",
    ),
    "after the inner loop rather than in it": (
        LISTS,
        "inner.append(back * mid[j] * (1 - mid[j]))",
        "inner.append(back)",
        "",
        "missing-activation-derivative",
    ),
}


@pytest.mark.parametrize(("text", "right", "wrong", "at", "kind"), CASES.values(), ids=CASES)
def test_the_line_the_kind_and_a_fix(text, right, wrong, at, kind, monkeypatch):
    monkeypatch.setattr(gather, "RAISE", True)
    module = program(text, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, at or wrong.strip())
    assert found.kind == kind
    assert found.verified


def test_a_residual_of_the_forward_pass_the_wrong_way_round_is_among_the_lines():
    module = program(GATED, ("kept.error = y - T", "kept.error = T - y"))
    found = examine(module).findings
    lines = [finding.lines[0].line for finding in found[:3]]
    assert all(finding.kind == "sign" and finding.verified for finding in found[:2])
    assert line_of(module, "kept.error = T - y") in lines
    assert line_of(module, "d = 2 * kept.error") in lines


def test_two_edits_of_one_line_are_the_mistake_that_its_value_shows():
    module = program(STEPPED, ("np.where(pre > 0, 1, 0.1)", "(pre > 0)"))
    found = examine(module).findings
    line = line_of(module, "delta = resid")
    assert found[0].lines[0].line == line
    assert {f.kind for f in found if f.lines[0].line == line} == {"wrong-activation-derivative"}
