"""Lines that are missing, and lines that stand in the wrong place: found, and told as such."""

import pytest
from blamed import examine, line_of, program

from gradcheck import check_gradients

pytestmark = pytest.mark.blame

PENALISED = """
    import numpy as np
    r = np.random.default_rng(3)
    X, Y = r.standard_normal((12, 3)), r.standard_normal((12, 2))
    p = {"W1": r.standard_normal((3, 5)), "b1": r.standard_normal(5),
         "W2": r.standard_normal((5, 2)), "b2": r.standard_normal(2)}
    reg = 0.3
    def loss():
        h = np.maximum(0, X @ p["W1"] + p["b1"])
        out = h @ p["W2"] + p["b2"]
        data = 0.5 * np.sum((out - Y) ** 2) / len(X)
        return data + 0.5 * reg * (np.sum(p["W1"] ** 2) + np.sum(p["W2"] ** 2))
    def grads():
        W1, W2 = p["W1"], p["W2"]
        h = np.maximum(0, X @ W1 + p["b1"])
        d2 = (h @ W2 + p["b2"] - Y) / len(X)
        dW2 = h.T @ d2
        db2 = d2.sum(axis=0)
        d1 = d2 @ W2.T
        d1[h <= 0] = 0
        dW1 = X.T @ d1
        db1 = d1.sum(axis=0)
        dW1 += reg * W1
        dW2 += reg * W2
        return [dW1, db1, dW2, db2]
"""


def test_a_line_that_its_sibling_has_is_missing():
    module = program(PENALISED, ("    dW1 += reg * W1\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "dW2 += reg * W2")
    assert found.diff == ("  dW2 += reg * W2", "+ dW1 += reg * W1")
    assert found.sentence == "dW1 += reg * W1 is missing after this line"
    assert found.kind == "regulariser"
    assert found.verified


MARGINS = """
    import numpy as np
    r = np.random.default_rng(0)
    X, y = r.standard_normal((9, 4)), r.integers(3, size=9)
    p = {"W": r.standard_normal((4, 3))}
    def both():
        W = p["W"]
        total, dW = 0.0, np.zeros(W.shape)
        for i in range(len(X)):
            scores = X[i] @ W
            for j in range(W.shape[1]):
                margin = scores[j] - scores[y[i]] + 1
                if j != y[i] and margin > 0:
                    total += margin
                    dW[:, j] += X[i]
                    dW[:, y[i]] -= X[i]
        return total / len(X), dW / len(X)
    def loss():
        return both()[0]
    def grads():
        return [both()[1]]
"""


def test_what_one_place_gets_another_one_must_give():
    module = program(MARGINS, ("                dW[:, y[i]] -= X[i]\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "dW[:, j] += X[i]")
    assert found.diff == ("  dW[:, j] += X[i]", "+ dW[:, y[i]] -= X[i]")
    assert found.verified


MOVED = """
    import numpy as np
    r = np.random.default_rng(5)
    X, Y = r.standard_normal((6, 3)), r.standard_normal((6, 4))
    p = {"W1": r.standard_normal((3, 4)), "W2": r.standard_normal((4, 4))}
    def loss():
        return 0.5 * np.sum((np.tanh(X @ p["W1"]) @ p["W2"] - Y) ** 2)
    def grads():
        a = np.tanh(X @ p["W1"])
        d = a @ p["W2"] - Y
        dW2 = a.T @ d
        d = d @ p["W2"].T * (1 - a ** 2)
        dW1 = X.T @ d
        return [dW1, dW2]
"""


def test_a_line_in_the_wrong_place_is_shown_where_it_belongs():
    early = '    dW2 = a.T @ d\n    d = d @ p["W2"].T * (1 - a ** 2)\n'
    late = '    d = d @ p["W2"].T * (1 - a ** 2)\n    dW2 = a.T @ d\n'
    module = program(MOVED, (early, late))
    found = examine(module).findings
    diffs = [finding.diff for finding in found]
    moved = ('- d = d @ p["W2"].T * (1 - a ** 2)', "  dW2 = a.T @ d")
    assert (*moved, '+ d = d @ p["W2"].T * (1 - a ** 2)') in diffs, diffs


NEURONS = """
    import math
    import numpy as np
    r = np.random.default_rng(6)
    samples = [(r.standard_normal(3).tolist(), r.standard_normal(2).tolist()) for _ in range(4)]
    p = {"w": r.standard_normal((2, 3)), "b": r.standard_normal(2)}
    class Neuron:
        def fire(self, inputs):
            total = self.bias
            for i in range(len(inputs)):
                total += self.weights[i] * inputs[i]
            self.output = math.tanh(total)
    neurons = [Neuron(), Neuron()]
    def use():
        for neuron, w, b in zip(neurons, p["w"], p["b"]):
            neuron.weights, neuron.bias = w.tolist(), float(b)
    def loss():
        use()
        total = 0.0
        for inputs, target in samples:
            for neuron, t in zip(neurons, target):
                neuron.fire(inputs)
                total += 0.5 * (neuron.output - t) ** 2
        return total
    def grads():
        use()
        for neuron in neurons:
            neuron.gradients, neuron.gradient = [0.0] * 3, 0.0
        for inputs, target in samples:
            for neuron, t in zip(neurons, target):
                neuron.fire(inputs)
                neuron.delta = (neuron.output - t) * (1 - neuron.output ** 2)
            for neuron in neurons:
                for i in range(3):
                    neuron.gradients[i] += neuron.delta * inputs[i]
                neuron.gradient += neuron.delta
        return [np.array([n.gradients for n in neurons]), np.array([n.gradient for n in neurons])]
"""


def test_a_number_that_nothing_is_added_to_gets_its_line_after_the_loop():
    module = program(NEURONS, ("            neuron.gradient += neuron.delta\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "neuron.gradients[i] += neuron.delta")
    assert found.diff == ("  for i in range(3):", "+ neuron.gradient += neuron.delta")
    assert found.kind == "missing-gradient"
    assert found.verified


LATENT = """
    import numpy as np
    r = np.random.default_rng(7)
    X, eps = r.standard_normal((5, 3)), r.standard_normal((5, 2))
    p = {"M": r.standard_normal((3, 2)), "S": 0.3 * r.standard_normal((3, 2)),
         "D": r.standard_normal((2, 3))}
    def run():
        mean, logvar = X @ p["M"], X @ p["S"]
        return mean, logvar, mean + np.exp(logvar / 2) * eps
    def loss():
        mean, logvar, code = run()
        penalty = 0.5 * np.sum(mean ** 2 + np.exp(logvar) - logvar)
        return 0.5 * np.sum((code @ p["D"] - X) ** 2) + penalty
    def pulled(mean, logvar):
        return mean, 0.5 * (np.exp(logvar) - 1)
    def grads():
        mean, logvar, code = run()
        dout = code @ p["D"] - X
        dmean = dout @ p["D"].T
        dlogvar = 0.5 * dmean * np.exp(logvar / 2) * eps
        kmean, klogvar = pulled(mean, logvar)
        dmean = dmean + kmean
        dlogvar = dlogvar + klogvar
        return [X.T @ dmean, X.T @ dlogvar, code.T @ dout]
"""


def test_what_is_computed_and_left_over_goes_where_its_sibling_goes():
    module = program(LATENT, ("    dmean = dmean + kmean\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "dlogvar = dlogvar + klogvar")
    assert found.diff == ("  dlogvar = dlogvar + klogvar", "+ dmean = dmean + kmean")
    assert found.verified


RESIDUAL = """
    import numpy as np
    r = np.random.default_rng(8)
    X, T = r.standard_normal((5, 3)), r.standard_normal((5, 3))
    p = {"E": r.standard_normal((3, 3)), "A": r.standard_normal((3, 3)), "c": r.standard_normal(3)}
    class Layer:
        def __call__(self, x):
            self.x = x
            self.h = np.tanh(x @ p["A"])
            return self.h @ p["A"] + p["c"]
        def backward(self, dout):
            dz = dout @ p["A"].T * (1 - self.h ** 2)
            dA = self.x.T @ dz + self.h.T @ dout
            dx = dz @ p["A"].T
            return dx, dA, dout.sum(axis=0)
    layer = Layer()
    def run():
        x = X @ p["E"]
        return x + layer(x)
    def loss():
        return 0.5 * np.sum((run() - T) ** 2)
    def grads():
        dy = run() - T
        dx, dA, dc = layer.backward(dy)
        dx = dx + dy
        dE = X.T @ dx
        return [dE, dA, dc]
"""


def test_a_skip_is_added_where_the_forward_pass_has_it():
    module = program(RESIDUAL, ("    dx = dx + dy\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].function == "grads"
    assert found.lines[0].line == line_of(module, "dE = X.T @ dx")
    assert found.verified


def test_the_sibling_may_differ_in_letters_and_be_written_out():
    spelt = [("W1", "enc"), ("W2", "dec")]
    text = PENALISED.replace("dW1 += reg * W1", "dW1 = dW1 + reg * W1")
    text = text.replace("dW2 += reg * W2", "dW2 = dW2 + reg * W2")
    for old, new in spelt:
        text = text.replace(old, new)
    module = program(text, ("    denc = denc + reg * enc\n", ""))
    found = examine(module).findings[0]
    assert found.diff == ("  ddec = ddec + reg * dec", "+ denc = denc + reg * enc")
    assert found.verified


SWEEP = """
    import numpy as np
    r = np.random.default_rng(9)
    obs, dt = r.standard_normal(7), 0.2
    p = {"k": np.array([1.3]), "start": np.array([0.4, -0.7])}
    def run():
        x, v = [p["start"][0]], [p["start"][1]]
        for i in range(6):
            v.append(v[i] - dt * p["k"][0] * np.sin(x[i]))
            x.append(x[i] + dt * v[i + 1])
        return np.array(x), np.array(v)
    def loss():
        return 0.5 * np.sum((run()[0] - obs) ** 2)
    def grads():
        k = float(p["k"][0])
        x, v = (each.tolist() for each in run())
        gk, lv = 0.0, 0.0
        lx = x[6] - float(obs[6])
        for i in range(5, -1, -1):
            lv += dt * lx
            gk -= dt * lv * float(np.sin(x[i]))
            lx -= dt * k * float(np.cos(x[i])) * lv
            lx += x[i] - float(obs[i])
        return [np.array([gk]), np.array([lx, lv])]
"""


def test_two_numbers_that_a_loop_hands_on_lack_their_coupling():
    module = program(SWEEP, ("        lv += dt * lx\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "gk -= dt * lv")
    assert found.diff[0] == "+ lv += dt * lx"
    assert found.verified


GATES = """
    import numpy as np
    r = np.random.default_rng(10)
    x, T = r.standard_normal((5, 3)), r.standard_normal((5, 4))
    p = {"V": r.standard_normal((3, 4)), "Uz": r.standard_normal((4, 4)),
         "Ur": r.standard_normal((4, 4))}
    def run():
        h = np.tanh(x @ p["V"])
        return h, np.tanh(h @ p["Uz"]), np.sin(h @ p["Ur"])
    def loss():
        h, z, s = run()
        return 0.5 * np.sum((z + s - T) ** 2)
    def grads():
        Uz, Ur = p["Uz"], p["Ur"]
        h, z, s = run()
        d = z + s - T
        dz = d * (1 - z ** 2)
        dr = d * np.cos(h @ Ur)
        dh = np.zeros_like(h)
        dh += dz @ Uz.T
        dh += dr @ Ur.T
        return [x.T @ (dh * (1 - h ** 2)), h.T @ dz, h.T @ dr]
"""


def test_the_sibling_may_add_to_the_same_sum():
    module = program(GATES, ("    dh += dr @ Ur.T\n", ""))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "dh += dz @ Uz.T")
    assert found.diff == ("  dh += dz @ Uz.T", "+ dh += dr @ Ur.T")
    assert found.verified


MASKED = """
    import numpy as np
    r = np.random.default_rng(2)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 4))
    p = {"W": r.standard_normal((3, 4)), "b": r.standard_normal(4)}
    def loss():
        return 0.5 * np.sum((X @ p["W"] + p["b"] - T)[:, 1:] ** 2)
    def grads():
        d = X @ p["W"] + p["b"] - T
        d[:, 0] = 0
        return [X.T @ d, -d.sum(axis=0)]
"""


def test_a_column_that_is_cleared_disturbs_no_search():
    module = program(MASKED)
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, "return [X.T @ d")
    assert found.verified


def test_a_line_is_not_said_to_be_missing_beside_itself_in_other_words():
    text = """
        import numpy as np
        r = np.random.default_rng(4)
        X, y = r.standard_normal((9, 2)), r.standard_normal(9)
        p = {"w": r.standard_normal(2), "b": np.zeros(1)}
        def loss():
            return np.mean((y - X @ p["w"] - p["b"]) ** 2)
        def step():
            errors = y - X @ p["w"] - p["b"]
            p["w"] += 0.1 * X.T.dot(errors) / X.shape[0]
            p["b"] += 0.1 * 2.0 * errors.mean()
    """
    module = program(text)
    (found,) = check_gradients(module.loss, module.p, step=module.step, lr=0.1).findings[:1]
    assert found.verified
    assert found.diff[0].startswith('- p["w"] += 0.1 * X.T.dot(errors)')
