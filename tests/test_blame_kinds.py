"""Classes of mistakes in small programs: the line, the kind as the values tell it, a tried fix."""

import pytest
from blamed import examine
from test_blame_search import line_of, program

PENALTY = """
    import numpy as np
    x, t = np.array([0.3, -1.2, 0.8, 1.9]), np.array([0.9, -0.4, 1.1, 2.2])
    p = {"w": np.array([0.7]), "b": np.array([0.2])}
    lam = 0.3
    def loss():
        return np.mean((p["w"] * x + p["b"] - t) ** 2) + lam * np.sum(p["w"] ** 2)
    def grads():
        d = 2 * (p["w"] * x + p["b"] - t) / len(x)
        return [np.sum(d * x, keepdims=True) + 2 * lam * p["w"], np.sum(d, keepdims=True)]
"""

HEADS = """
    import numpy as np
    r = np.random.default_rng(3)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    weights = r.uniform(0.5, 2.0, 6)
    p = {"H": r.standard_normal((3, 4)), "M": r.standard_normal((4, 2)) / 2,
         "S": r.standard_normal((4, 2)) / 3}
    def forward():
        h = np.arctan(X @ p["H"])
        return h, h @ p["M"], h @ p["S"]
    def loss():
        _, m, s = forward()
        return np.sum(weights[:, None] * (s + (m - T) ** 2 * np.exp(-s))) / len(X)
    def grads():
        h, m, s = forward()
        away = m - T
        dm = 2 * weights[:, None] * away * np.exp(-s) / len(X)
        ds = weights[:, None] * (1 - away**2 * np.exp(-s)) / len(X)
        dh = dm @ p["M"].T + ds @ p["S"].T
        dz = dh / (1 + (X @ p["H"]) ** 2)
        return [X.T @ dz, h.T @ dm, h.T @ ds]
"""

IMAGE = """
    import numpy as np
    r = np.random.default_rng(1)
    image, target = r.standard_normal((5, 5)), r.standard_normal((3, 3))
    p = {"K": r.standard_normal((2, 3)), "A": r.standard_normal((5, 5))}
    def loss():
        x = image * p["A"]
        out = [[np.sum(x[i : i + 2, j : j + 3] * p["K"]) for j in range(3)] for i in range(3)]
        return 0.5 * np.sum((np.array(out) - target) ** 2)
    def grads():
        x = image * p["A"]
        dk, dx = np.zeros((2, 3)), np.zeros((5, 5))
        for i in range(3):
            for j in range(3):
                d = np.sum(x[i : i + 2, j : j + 3] * p["K"]) - target[i, j]
                dk += d * x[i : i + 2, j : j + 3]
                for a in range(2):
                    for b in range(3):
                        dx[i + a, j + b] += d * p["K"][a, b]
        return [dk, dx * image]
"""

TIME = """
    import numpy as np
    r = np.random.default_rng(5)
    xs, ts = r.standard_normal((4, 2)), r.standard_normal((4, 3))
    p = {"U": r.standard_normal((3, 2)), "V": r.standard_normal((3, 3)) / 2}
    def states():
        hs = [np.zeros(3)]
        for x in xs:
            hs.append(np.tanh(p["U"] @ x + p["V"] @ hs[-1]))
        return hs
    def loss():
        return 0.5 * sum(np.sum((h - t) ** 2) for h, t in zip(states()[1:], ts))
    def grads():
        hs = states()
        dU, dV, later = np.zeros((3, 2)), np.zeros((3, 3)), np.zeros(3)
        for k in reversed(range(len(xs))):
            dh = hs[k + 1] - ts[k] + later
            da = dh * (1 - hs[k + 1] ** 2)
            before = p["V"].T @ da
            dU += np.outer(da, xs[k])
            later = before
            dV += np.outer(da, hs[k])
        return [dU, dV]
"""

CENTRED = """
    import numpy as np
    r = np.random.default_rng(8)
    X, T = r.standard_normal((7, 3)), r.standard_normal((7, 2))
    p = {"W": r.standard_normal((3, 4)), "C": r.standard_normal((4, 2))}
    def forward():
        z = X @ p["W"]
        q = z - z.mean(axis=0)
        e = np.sqrt((q**2).mean(axis=0) + 0.01)
        return q, e, q / e
    def loss():
        return 0.5 * np.sum((forward()[2] @ p["C"] - T) ** 2)
    def grads():
        q, e, u = forward()
        d = u @ p["C"] - T
        du = d @ p["C"].T
        dz = (du - du.mean(axis=0) - u * (du * u).mean(axis=0)) / e
        return [X.T @ dz, u.T @ d]
"""

CELLS = """
    import numpy as np
    r = np.random.default_rng(4)
    xs, t = r.standard_normal((4, 2)), r.standard_normal(3)
    p = {"G": r.standard_normal((3, 5)), "C": r.standard_normal((3, 5)), "g": r.standard_normal(3)}
    def cell(x, h, c):
        z = np.concatenate((h, x))
        f = 1 / (1 + np.exp(-(p["G"] @ z + p["g"])))
        q = np.tanh(p["C"] @ z)
        c = f * c + (1 - f) * q
        return z, f, q, c, np.tanh(c)
    def run():
        kept, h, c = [], np.zeros(3), np.full(3, 0.4)
        for x in xs:
            kept.append((c, *cell(x, h, c)))
            c, h = kept[-1][-2:]
        return kept
    def loss():
        return sum(0.5 * np.sum((one[-1] - t) ** 2) for one in run())
    def back(one, dh, dc, d):
        before, z, f, q, c, h = one
        dh = dh + h - t
        dc = dc.copy()
        dc += dh * (1 - h**2)
        df = dc * (before - q) * f * (1 - f)
        dq = dc * (1 - f) * (1 - q**2)
        d["G"] += np.outer(df, z)
        d["g"] += df
        d["C"] += np.outer(dq, z)
        dz = p["G"].T @ df + p["C"].T @ dq
        return dz[:3], dc * f
    def grads():
        d = {k: np.zeros_like(v) for k, v in p.items()}
        dh, dc = np.zeros(3), np.zeros(3)
        for one in reversed(run()):
            dh, dc = back(one, dh, dc, d)
        return [d[k] for k in p]
"""

TABLE = """
    import numpy as np
    r = np.random.default_rng(6)
    il, ir, sign = np.array([0, 2, 1]), np.array([1, 1, 3]), np.array([1.0, -1.0, 1.0])
    p = {"E": r.standard_normal((4, 2)), "M": r.standard_normal((2, 3))}
    def encode(ids):
        e = p["E"][ids]
        return e, np.tanh(e @ p["M"])
    def loss():
        gap = np.sum(encode(il)[1] * encode(ir)[1], axis=1)
        return np.sum(np.logaddexp(0, -sign * gap))
    def back(d, ids, kept, found):
        e, a = kept
        dz = d * (1 - a**2)
        found["M"] += e.T @ dz
        np.add.at(found["E"], ids, dz @ p["M"].T)
    def grads():
        found = {k: np.zeros_like(v) for k, v in p.items()}
        ml, mr = encode(il), encode(ir)
        dgap = (-sign / (1 + np.exp(sign * np.sum(ml[1] * mr[1], axis=1))))[:, None]
        dl = dgap * mr[1]
        dr = dgap * ml[1]
        back(dl, il, ml, found)
        back(dr, ir, mr, found)
        return [found[k] for k in p]
"""

PADDED = """
    import numpy as np
    r = np.random.default_rng(9)
    x, t, width = r.standard_normal((5, 4)), r.standard_normal((5, 4)), 1
    p = {"A": r.standard_normal((5, 4)), "K": r.standard_normal((3, 3))}
    def forward():
        inner = np.pad(x * p["A"], width)
        cut = np.lib.stride_tricks.sliding_window_view(inner, (3, 3))
        return cut, np.tensordot(cut, p["K"], axes=2)
    def loss():
        return 0.5 * np.sum((forward()[1] - t) ** 2)
    def grads():
        cut, y = forward()
        d, h, w = y - t, len(x), x.shape[1]
        around = np.zeros((h + 2 * width, w + 2 * width))
        for i in range(3):
            for j in range(3):
                around[i : i + h, j : j + w] += d * p["K"][i, j]
        inner = around[width : h + width, width : w + width]
        return [inner * x, np.tensordot(d, cut, axes=2)]
"""

LAYERS = """
    import numpy as np
    r = np.random.default_rng(2)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    p = {"A": r.standard_normal((3, 5)), "B": r.standard_normal((5, 5)),
         "C": r.standard_normal((5, 2)), "s": np.array([0.7])}
    def squash(z):
        return 1 / (1 + np.exp(-z))
    def slope(z):
        return squash(z) * (1 - squash(z))
    def forward(x):
        z1 = x @ p["A"]
        a1 = squash(z1)
        z2 = a1 @ p["B"]
        a2 = squash(z2)
        return z1, a1, z2, a2, a2 @ p["C"] + p["s"] * x[..., :2]
    def loss():
        return 0.5 * np.sum((forward(X)[-1] - T) ** 2)
    def grads():
        dA, dB, dC, ds = (np.zeros_like(v) for v in p.values())
        for x, t in zip(X, T):
            z1, a1, z2, a2, y = forward(x)
            d = y - t
            ds += np.sum(d * x[:2])
            dC += np.outer(a2, d)
            d2 = p["C"] @ d * slope(z2)
            dB += np.outer(a1, d2)
            d1 = p["B"] @ d2 * slope(z1)
            dA += np.outer(x, d1)
        return [dA, dB, dC, ds]
"""

GATES = """
    import numpy as np
    r = np.random.default_rng(7)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 4))
    p = {"W": r.standard_normal((3, 4)), "V": r.standard_normal((3, 4))}
    def forward():
        e = np.exp(X @ p["W"])
        g = e / e.sum(axis=1, keepdims=True)
        v = X @ p["V"]
        n = np.sqrt((v**2).sum(axis=1, keepdims=True))
        u = v / n
        return g, u, n
    def loss():
        g, u, n = forward()
        return 0.5 * np.sum((np.sin(3 * g) * u - T) ** 2)
    def grads():
        g, u, n = forward()
        d = np.sin(3 * g) * u - T
        dg = d * u * 3 * np.cos(3 * g)
        du = d * np.sin(3 * g)
        dz = g * (dg - np.sum(dg * g, axis=1, keepdims=True))
        dv = (du - u * np.sum(du * u, axis=1, keepdims=True)) / n
        return [X.T @ dz, X.T @ dv]
"""

DILATED = """
    import numpy as np
    r = np.random.default_rng(3)
    x, t = r.standard_normal(9), r.standard_normal(5)
    p = {"k": r.standard_normal(3), "a": r.standard_normal(9)}
    def loss():
        z = np.tanh(x * p["a"])
        return 0.5 * np.sum((sum(p["k"][i] * z[2 * i : 2 * i + 5] for i in range(3)) - t) ** 2)
    def spread(d, k, step):
        out = np.zeros(9)
        for i in range(3):
            out[step * i : step * i + 5] += k[i] * d
        return out
    def grads():
        z = np.tanh(x * p["a"])
        d = sum(p["k"][i] * z[2 * i : 2 * i + 5] for i in range(3)) - t
        dk = np.array([np.sum(d * z[2 * i : 2 * i + 5]) for i in range(3)])
        return [dk, spread(d, p["k"], 2)[:] * (1 - z**2) * x]
"""

POOLED = """
    import numpy as np
    r = np.random.default_rng(3)
    x, t = r.standard_normal((6, 4)), r.standard_normal((3, 2))
    p = {"K": r.standard_normal((6, 4))}
    def pooled(y, size):
        tiles = y.reshape(len(y) // size, size, -1, size)
        top = tiles.max(axis=(1, 3))
        return top, (tiles == top[:, None, :, None]) * 1.0
    def back(d, where, size):
        spread = where * d[:, None, :, None]
        return spread.reshape(size * len(d), -1)
    def loss():
        return 0.5 * np.sum((pooled(np.tanh(x * p["K"]), 2)[0] - t) ** 2)
    def grads():
        y = np.tanh(x * p["K"])
        top, where = pooled(y, 2)
        return [back(top - t, where, 2) * (1 - y**2) * x]
"""

FORMULA = """
    import numpy as np
    r = np.random.default_rng(3)
    X, T = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    p = {"A": r.standard_normal((3, 4)), "B": r.standard_normal((4, 2))}
    def forward():
        z = X @ p["A"]
        a = np.arctan(z)
        return z, a, a @ p["B"] - T
    def loss():
        return 0.5 * np.sum(forward()[2] ** 2)
    def grads():
        z, a, d = forward()
        return [X.T @ (d @ p["B"].T / (1 + z**2)), a.T @ d]
"""

DROPPED = """
    import numpy as np
    r = np.random.default_rng(3)
    X, T = r.standard_normal((8, 3)), r.standard_normal((8, 2))
    p = {"A": r.standard_normal((3, 5)), "B": r.standard_normal((5, 2))}
    class Dropout:
        rate, mask = 0.4, r.random((8, 5)) > 0.4
        def backward(self, up):
            return up * self.mask / (1 - self.rate)
    layer = Dropout()
    def forward():
        a = np.tanh(X @ p["A"])
        return a, a * layer.mask / (1 - layer.rate)
    def loss():
        return 0.5 * np.sum((forward()[1] @ p["B"] - T) ** 2)
    def grads():
        a, kept = forward()
        d = kept @ p["B"] - T
        return [X.T @ (layer.backward(d @ p["B"].T) * (1 - a**2)), kept.T @ d]
"""

HANDED_IN = CELLS.replace("        dc = dc.copy()\n", "").replace("dc += dh *", "dc = dc + dh *")

CLASSES = [
    (PENALTY, "+ 2 * lam * p", "+ lam * p", "regulariser"),
    (HEADS, 'dm @ p["M"].T + ds @ p["S"].T', 'ds @ p["M"].T + dm @ p["S"].T', "swapped-gradients"),
    (HEADS, "weights[:, None] * (1 -", "(1 -", None),
    (HEADS, "(1 - away**2 * np.exp(-s))", "(1 - away * np.exp(-s))", None),
    (HEADS, 'p["H"]) ** 2)', 'p["H"]))', "wrong-activation-derivative"),
    (IMAGE, "dx[i + a, j + b]", "dx[i + a, i + b]", "indexing"),
    (IMAGE, "dk += d * x[i : i + 2, j : j + 3]", "dk += d * x[i : i + 2, i : i + 3]", "indexing"),
    (TIME, "later = before", "pass", "recurrence"),
    (CELLS, "dc * f\n", "dc\n", "recurrence"),
    (CELLS, "dc += dh * (1 - h**2)", "dc += dh * (1 - c**2)", None),
    (CELLS, "(before - q) * f", "(c - q) * f", "wrong-operand"),
    (CELLS, 'p["G"].T @ df + p["C"].T @ dq', 'p["C"].T @ dq', None),
    (
        TABLE,
        'np.add.at(found["E"], ids, dz @ p["M"].T)',
        'found["E"][ids] += dz @ p["M"].T',
        "scatter",
    ),
    (TABLE, "back(dr, ir, mr, found)", "pass", "missing-term"),
    (PADDED, "around[width : h + width, width : w + width]", "around[:h, :w]", "indexing"),
    (CENTRED, "(du * u).mean(axis=0)", "(du * u).mean(axis=1, keepdims=True)", "normalisation"),
    (LAYERS, "slope(z2)", "slope(a2)", "activation-derivative-at-wrong-value"),
    (LAYERS, "slope(z2)", "slope(z1)", "wrong-operand"),
    (LAYERS, "ds += np.sum(", "ds += np.mean(", "bias-reduction"),
    (LAYERS, "np.outer(a1, d2)", "np.outer(z1, d2)", "wrong-operand"),
    (POOLED, "where * d[", "np.full(where.shape, 0.25) * d[", "wrong-operand"),
    (DILATED, 'p["k"], 2)[', 'p["k"], 1)[', "indexing"),
    (FORMULA, "(1 + z**2)", "(1 + a**2)", "activation-derivative-at-wrong-value"),
    (FORMULA, "a.T @ d]", "np.outer(a.mean(axis=0), d.sum(axis=0))]", "early-reduction"),
    (DROPPED, "up * self.mask / (1 - self.rate)", "up * self.mask", "dropout-mask"),
    (HANDED_IN, "dc = dc + dh *", "dc = dh *", "recurrence"),
    (GATES, "(dg - np.sum(dg * g, ", "(dg - np.mean(dg * g, ", "softmax-jacobian"),
]

# no slip makes these lines
UNMENDED = [
    (GATES, "g * (dg - np.sum(dg * g, axis=1, keepdims=True))", "np.sin(dg) + g", None),
    (
        GATES,
        "g * (dg - np.sum(dg * g, axis=1, keepdims=True))",
        "dg * np.sin(g) ** 2 * (2 - np.sqrt(g))",
        "softmax-jacobian",
    ),
    (
        GATES,
        "(du - u * np.sum(du * u, axis=1, keepdims=True)) / n",
        "np.tanh(du) / n**2",
        "normalisation",
    ),
]


@pytest.mark.parametrize(("text", "right", "wrong", "kind"), UNMENDED)
def test_classes_of_formulae_that_no_slip_makes(text, right, wrong, kind):
    module = program(text, (right, wrong))
    found = examine(module).findings[0]
    assert found.lines[0].line == line_of(module, wrong)
    assert kind in (found.kind, None)


@pytest.mark.parametrize(("text", "right", "wrong", "kind"), CLASSES)
def test_classes_of_mistakes(text, right, wrong, kind):
    changed = text.replace(f"        {right}\n", f"        {wrong}\n")
    module = program(changed if wrong == "pass" else text, *[(right, wrong)][: wrong != "pass"])
    found = examine(module).findings[0]
    assert abs(found.lines[0].line - line_of(module, wrong)) <= (wrong == "pass")
    assert kind in (found.kind, None)
    assert found.verified


def test_a_right_value_is_told_up_to_a_factor_that_is_applied_later():
    # no slip makes this line; what it should be is known but for the division further down
    text = HEADS.replace("np.exp(-s)) / len(X)\n        dh", "np.exp(-s))\n        dh")
    text = text.replace("ds = weights", "ds = len(X) * 0 + np.cos(away) * weights", 1)
    text = text.replace("h.T @ ds]", "h.T @ ds / len(X)]").replace("+ ds @ p", "+ ds / len(X) @ p")
    module = program(text)
    found = examine(module, seconds=4).findings[0]
    assert found.lines[0].line == line_of(module, "np.cos(away)")
    assert "6 x dL/d" in found.sentence or found.verified


def test_a_wrapper_that_asks_for_it_is_not_blamed():
    wrapped = (
        TIME
        + """
    plain = grads
    def grads():
        __tracebackhide__ = True
        return [-g for g in plain()]
"""
    )
    found = examine(program(wrapped)).findings
    assert found
    assert all("-g for g" not in f.lines[0].text for f in found)
