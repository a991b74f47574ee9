import numpy as np


class Dense:
    def __init__(self, r, i, o):
        self.params = {"W": r.normal(size=(i, o)) / np.sqrt(i), "b": r.normal(size=o) * 0.1}
        self.grads = {}

    def fprop(self, x):
        self.inp = x
        return x @ self.params["W"] + self.params["b"]

    def bprop(self, d):
        self.grads = {"W": self.inp.T @ d, "b": d.sum(0)}
        return d @ self.params["W"].T


class Tanh:
    params, grads = {}, {}

    def fprop(self, x):
        self.out = np.tanh(x)
        return self.out

    def bprop(self, d):
        return d * (1 - self.out**2)


class Drop:
    params, grads = {}, {}

    def __init__(self, keep, shape, seed):
        self.keep = keep
        self.mask = np.random.default_rng(seed).random(shape) < keep

    def fprop(self, x):
        return x * self.mask / self.keep

    def bprop(self, d):
        return d * self.mask / self.keep


class Stack:
    def __init__(self, n=8):
        r = np.random.default_rng(121)
        self.layers = [Dense(r, 4, 6), Tanh(), Drop(0.75, (n, 6), 1), Dense(r, 6, 5), Tanh()]
        self.layers += [Drop(0.75, (n, 5), 2), Dense(r, 5, 2)]

    def loss(self, x, t):
        for layer in self.layers:
            x = layer.fprop(x)
        self.error = x - t
        return 0.5 * np.sum(self.error**2) / len(t)

    def backward(self, x, t):
        self.loss(x, t)
        d = self.error / len(t)
        for layer in reversed(self.layers):
            d = layer.bprop(d)
        return [layer.grads for layer in self.layers]


# ---- problem
def problem():
    r = np.random.default_rng(122)
    s, x, t = Stack(), r.normal(size=(8, 4)), r.normal(size=(8, 2))
    params = [layer.params for layer in s.layers]
    return dict(loss=lambda: s.loss(x, t), params=params, grads=lambda: s.backward(x, t))


FAULTS = """
dropout-mask | return d * self.mask / self.keep | return d * self.mask
dropout-mask | return d * self.mask / self.keep | return d / self.keep
dropout-mask | return d * self.mask / self.keep | return d
missing-activation-derivative | return d * (1 - self.out**2) | return d
wrong-activation-derivative | return d * (1 - self.out**2) | return d * (1 - self.out)
"""
