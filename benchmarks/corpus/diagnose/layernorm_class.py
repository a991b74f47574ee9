import numpy as np


class LN:
    def __init__(self, n, r):
        self.g = r.normal(size=n) + 1
        self.b = r.normal(size=n)
        self.eps = 1e-6

    def __call__(self, x):
        self.mu = x.mean(-1, keepdims=True)
        self.sd = np.sqrt(x.var(-1, keepdims=True) + self.eps)
        self.xh = (x - self.mu) / self.sd
        return self.xh * self.g + self.b

    def back(self, d):
        self.dg = (d * self.xh).sum(0)
        self.db = d.sum(0)
        dx = d * self.g
        return (
            dx - dx.mean(-1, keepdims=True) - self.xh * (dx * self.xh).mean(-1, keepdims=True)
        ) / self.sd


class Model:
    def __init__(self):
        r = np.random.default_rng(61)
        self.W = r.normal(size=(4, 6))
        self.c = r.normal(size=6)
        self.ln = LN(6, r)
        self.V = r.normal(size=(6, 2))
        self.k = r.normal(size=2)

    def f(self, x):
        self.x = x
        self.n = self.ln(x @ self.W + self.c)
        self.h = np.tanh(self.n)
        return self.h @ self.V + self.k


r = np.random.default_rng(62)
X = r.normal(size=(8, 4))
T = r.normal(size=(8, 2))
m = Model()


def loss():
    return np.sum((m.f(X) - T) ** 2) / len(X)


def grads():
    d = 2 * (m.f(X) - T) / len(X)
    dV = m.h.T @ d
    dk = d.sum(0)
    dn = d @ m.V.T * (1 - m.h**2)
    dz = m.ln.back(dn)
    return {"W": X.T @ dz, "c": dz.sum(0), "ln": {"g": m.ln.dg, "b": m.ln.db}, "V": dV, "k": dk}


# ---- problem
def problem():
    return dict(loss=loss, params=m, grads=grads)


FAULTS = """
normalisation | return (;;dx - dx.mean(-1, keepdims=True) - self.xh * (dx * self.xh).mean(-1, keepdims=True);;) / self.sd | return dx / self.sd
normalisation | return (;;dx - dx.mean(-1, keepdims=True) - self.xh * (dx * self.xh).mean(-1, keepdims=True);;) / self.sd | return (dx - dx.mean(-1, keepdims=True)) / self.sd
normalisation | dx = d * self.g | dx = d
normalisation | self.dg = (d * self.xh).sum(0) | self.dg = d.sum(0)
"""
