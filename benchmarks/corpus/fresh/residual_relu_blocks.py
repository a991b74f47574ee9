import numpy as np


class Block:
    def __init__(self, n, r):
        self.W, self.b = r.normal(size=(n, n)) * 0.5, r.normal(size=n) * 0.2

    def __call__(self, x):
        self.x = x
        self.z = x @ self.W + self.b
        return x + np.maximum(0, self.z)

    def back(self, d):
        dz = d * (self.z > 0)
        self.dW, self.db = self.x.T @ dz, dz.sum(axis=0)
        return d + dz @ self.W.T


class Head:
    def __init__(self, n, k, r):
        self.W, self.b = r.normal(size=(n, k)) * 0.5, r.normal(size=k) * 0.2

    def __call__(self, x):
        self.x = x
        return x @ self.W + self.b

    def back(self, d):
        self.dW, self.db = self.x.T @ d, d.sum(axis=0)
        return d @ self.W.T


class Model:
    def __init__(self):
        r = np.random.default_rng(31)
        self.layers = [Block(4, r), Block(4, r), Head(4, 2, r)]

    def predict(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def loss(self, x, t):
        return 0.5 * np.mean((self.predict(x) - t) ** 2)

    def backward(self, x, t):
        d = (self.predict(x) - t) / t.size
        for layer in self.layers[::-1]:
            d = layer.back(d)
        return [{"W": layer.dW, "b": layer.db} for layer in self.layers]


# ---- problem
def problem():
    r = np.random.default_rng(32)
    m, x, t = Model(), r.normal(size=(6, 4)), r.normal(size=(6, 2))
    return dict(loss=lambda: m.loss(x, t), params=m.layers, grads=lambda: m.backward(x, t))


FAULTS = """
missing-term | return d + dz @ self.W.T | return dz @ self.W.T
missing-term | return d + dz @ self.W.T | return d
missing-activation-derivative | dz = d * (self.z > 0) | dz = d
sign | d = (self.predict(x) - t) / t.size | d = (t - self.predict(x)) / t.size
transpose | return d + dz @ self.W.T | return d + dz @ self.W
"""
