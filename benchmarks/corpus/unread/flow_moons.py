import numpy as np


class Coupling:
    """Affine coupling layer. `flip` chooses which half conditions the other."""

    def __init__(self, dim, hidden, flip, rng):
        half = dim // 2
        self.half, self.flip = half, flip
        self.p = {
            "W1": rng.standard_normal((half, hidden)) * 0.7,
            "b1": rng.standard_normal(hidden) * 0.2,
            "Ws": rng.standard_normal((hidden, half)) * 0.5,
            "bs": rng.standard_normal(half) * 0.1,
            "Wt": rng.standard_normal((hidden, half)) * 0.5,
            "bt": rng.standard_normal(half) * 0.1,
        }
        self.g = {k: np.zeros_like(v) for k, v in self.p.items()}

    def split(self, x):
        a, b = x[:, :self.half], x[:, self.half:]
        return (b, a) if self.flip else (a, b)

    def join(self, a, b):
        return np.hstack((b, a) if self.flip else (a, b))

    def forward(self, x):
        a, b = self.split(x)
        h = np.tanh(a @ self.p["W1"] + self.p["b1"])
        s = np.tanh(h @ self.p["Ws"] + self.p["bs"])  # bounded log scale
        t = h @ self.p["Wt"] + self.p["bt"]
        y = b * np.exp(s) + t
        self.cache = (a, b, h, s)
        return self.join(a, y), s.sum(axis=1)

    def backward(self, dz, dlogdet):
        a, b, h, s = self.cache
        da, dy = self.split(dz)
        p, g = self.p, self.g
        db = dy * np.exp(s)
        dt = dy
        ds = dy * b * np.exp(s) + dlogdet[:, None]
        du = ds * (1 - s ** 2)
        dh = du @ p["Ws"].T + dt @ p["Wt"].T
        dpre = dh * (1 - h ** 2)
        g["Ws"], g["bs"] = h.T @ du, du.sum(0)
        g["Wt"], g["bt"] = h.T @ dt, dt.sum(0)
        g["W1"], g["b1"] = a.T @ dpre, dpre.sum(0)
        da = da + dpre @ p["W1"].T
        return self.join(da, db)


class Flow:
    def __init__(self, dim, hidden, depth, seed):
        rng = np.random.default_rng(seed)
        self.layers = [Coupling(dim, hidden, k % 2 == 1, rng) for k in range(depth)]

    def nll(self, x):
        logdet = np.zeros(len(x))
        for layer in self.layers:
            x, ld = layer.forward(x)
            logdet += ld
        self.z = x
        logp = -0.5 * (x ** 2).sum(1) - 0.5 * x.shape[1] * np.log(2 * np.pi)
        return -(logp + logdet).mean()

    def backprop(self):
        n = len(self.z)
        dz = self.z / n
        dlogdet = -np.ones(n) / n
        for layer in self.layers[::-1]:
            dz = layer.backward(dz, dlogdet)
        return [layer.g for layer in self.layers]


# ---- problem
def problem():
    flow = Flow(2, 3, 3, 21)
    x = np.random.default_rng(22).standard_normal((6, 2)) * 1.3

    def grads():
        flow.nll(x)
        return flow.backprop()

    return dict(loss=lambda: flow.nll(x), params=[layer.p for layer in flow.layers], grads=grads)


FAULTS = """
missing-term | ds = dy * b * np.exp(s) + dlogdet[:, None] | ds = dy * b * np.exp(s)
sign | dlogdet = -np.ones(n) / n | dlogdet = np.ones(n) / n
missing-term | da = da + dpre @ p["W1"].T | da = dpre @ p["W1"].T
missing-term | dh = du @ p["Ws"].T + dt @ p["Wt"].T | dh = du @ p["Ws"].T
missing-activation-derivative | du = ds * (1 - s ** 2) | du = ds
wrong-operand | ds = dy * b * np.exp(s) + dlogdet[:, None] | ds = dy * b * s + dlogdet[:, None]
"""
