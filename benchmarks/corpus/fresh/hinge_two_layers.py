import numpy as np


class Svm:
    reg = 0.01

    def __init__(self):
        r = np.random.default_rng(61)
        self.W1, self.b1 = r.normal(size=(4, 5)), r.normal(size=5) * 0.1
        self.W2, self.b2 = r.normal(size=(5, 3)), r.normal(size=3) * 0.1

    def scores(self, X):
        self.h = np.maximum(0, X @ self.W1 + self.b1)
        return self.h @ self.W2 + self.b2

    def loss(self, X, y):
        s = self.scores(X)
        rows = np.arange(len(y))
        margin = np.maximum(0, s - s[rows, y][:, None] + 1.0)
        margin[rows, y] = 0
        return margin.sum() / len(y) + self.reg * (np.sum(self.W1**2) + np.sum(self.W2**2))

    def grads(self, X, y):
        s = self.scores(X)
        rows = np.arange(len(y))
        d = (s - s[rows, y][:, None] + 1.0 > 0) * 1.0
        d[rows, y] = 0
        d[rows, y] = -d.sum(axis=1)
        d /= len(y)
        dW2 = self.h.T @ d + 2 * self.reg * self.W2
        dh = d @ self.W2.T
        dh[self.h <= 0] = 0
        dW1 = X.T @ dh + 2 * self.reg * self.W1
        return {"W1": dW1, "b1": dh.sum(0), "W2": dW2, "b2": d.sum(0)}


# ---- problem
def problem():
    r = np.random.default_rng(62)
    m, X, y = Svm(), r.normal(size=(9, 4)), r.integers(0, 3, 9)
    params = {k: getattr(m, k) for k in ("W1", "b1", "W2", "b2")}
    return dict(loss=lambda: m.loss(X, y), params=params, grads=lambda: m.grads(X, y))


FAULTS = """
loss-gradient | d[rows, y] = -d.sum(axis=1) | d[rows, y] = -1
loss-gradient | d[rows, y] = -d.sum(axis=1) | pass
missing-activation-derivative | dh[self.h <= 0] = 0 | pass
regulariser | dW1 = X.T @ dh + 2 * self.reg * self.W1 | dW1 = X.T @ dh
scale | d /= len(y) | d /= d.size
"""
