import numpy as np


class Elman:
    """Many to one: batches first, the last state is read out."""

    def __init__(self, n, h, k):
        r = np.random.default_rng(5)
        self.p = {
            "U": r.normal(size=(n, h)) * 0.6,
            "R": r.normal(size=(h, h)) * 0.5,
            "b": r.normal(size=h) * 0.2,
            "V": r.normal(size=(h, k)) * 0.6,
            "c": r.normal(size=k) * 0.2,
        }

    def run(self, x):
        p, hs = self.p, [np.zeros((len(x), len(self.p["b"])))]
        for t in range(x.shape[1]):
            hs.append(np.tanh(x[:, t] @ p["U"] + hs[-1] @ p["R"] + p["b"]))
        return hs, hs[-1] @ p["V"] + p["c"]

    def loss(self, x, y):
        return float(((self.run(x)[1] - y) ** 2).mean())

    def grads(self, x, y):
        p, (hs, out) = self.p, self.run(x)
        g = {k: np.zeros_like(v) for k, v in p.items()}
        dout = 2 * (out - y) / y.size
        g["V"], g["c"] = hs[-1].T @ dout, dout.sum(0)
        dh = dout @ p["V"].T
        for t in reversed(range(x.shape[1])):
            dz = dh * (1 - hs[t + 1] ** 2)
            g["U"] += x[:, t].T @ dz
            g["R"] += hs[t].T @ dz
            g["b"] += dz.sum(0)
            dh = dz @ p["R"].T
        return g


# ---- problem
def problem():
    r = np.random.default_rng(6)
    net, x, y = Elman(3, 4, 2), r.normal(size=(5, 4, 3)), r.normal(size=(5, 2))
    return dict(loss=lambda: net.loss(x, y), params=net.p, grads=lambda: net.grads(x, y))


FAULTS = """
recurrence | for t in reversed(range(x.shape[1])): | for t in reversed(range(x.shape[1] - 1, x.shape[1])):
transpose | dh = dz @ p["R"].T | dh = dz @ p["R"]
wrong-operand | g["R"] += hs[t].T @ dz | g["R"] += hs[t + 1].T @ dz
accumulation | g["b"] += dz.sum(0) | g["b"] = dz.sum(0)
raw-error-propagated | dh = dz @ p["R"].T | dh = dh @ p["R"].T
recurrence | for t in reversed(range(x.shape[1])): | for t in reversed(range(1, x.shape[1])):
"""
