"""nanotensor: a 70-line reverse mode engine on arrays, with broadcasting. Used below for a tiny attention pooler."""
import numpy as np


def unbroadcast(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for ax, n in enumerate(shape):
        if n == 1 and g.shape[ax] != 1:
            g = g.sum(axis=ax, keepdims=True)
    return g


class Tensor:
    def __init__(self, data, parents=(), backward=None):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self.parents = parents
        self._backward = backward or (lambda g: None)

    def __add__(self, other):
        def bw(g):
            self.grad += unbroadcast(g, self.data.shape)
            other.grad += unbroadcast(g, other.data.shape)
        return Tensor(self.data + other.data, (self, other), bw)

    def __mul__(self, other):
        def bw(g):
            self.grad += unbroadcast(g * other.data, self.data.shape)
            other.grad += unbroadcast(g * self.data, other.data.shape)
        return Tensor(self.data * other.data, (self, other), bw)

    def __truediv__(self, other):
        def bw(g):
            self.grad += unbroadcast(g / other.data, self.data.shape)
            other.grad += unbroadcast(-g * self.data / other.data ** 2, other.data.shape)
        return Tensor(self.data / other.data, (self, other), bw)

    def __matmul__(self, other):
        def bw(g):
            self.grad += g @ other.data.T
            other.grad += self.data.T @ g
        return Tensor(self.data @ other.data, (self, other), bw)

    def exp(self):
        out = Tensor(np.exp(self.data), (self,))

        def bw(g):
            self.grad += g * out.data
        out._backward = bw
        return out

    def log(self):
        def bw(g):
            self.grad += g / self.data
        return Tensor(np.log(self.data), (self,), bw)

    def tanh(self):
        t = np.tanh(self.data)

        def bw(g):
            self.grad += g * (1 - t * t)
        return Tensor(t, (self,), bw)

    def sum(self, axis):
        def bw(g):
            self.grad += np.ones_like(self.data) * g
        return Tensor(self.data.sum(axis=axis, keepdims=True), (self,), bw)

    def backprop(self):
        order, seen = [], set()

        def visit(t):
            if id(t) not in seen:
                seen.add(id(t))
                for p in t.parents:
                    visit(p)
                order.append(t)
        visit(self)
        self.grad = np.ones_like(self.data)
        for t in reversed(order):
            t._backward(t.grad)


def model(ws, X, Y):
    Wk, q, V, b = (Tensor(w) for w in ws)
    total = Tensor(0.0)
    for x, y in zip(X, Y):
        x = Tensor(x)
        keys = (x @ Wk + b).tanh()
        e = (keys * q).sum(axis=1).exp()
        attention = e / e.sum(axis=0)
        pooled = (attention * keys).sum(axis=0)
        o = (pooled @ V).exp()
        p = o / o.sum(axis=1)
        total = total + (p.log() * Tensor(-y / len(X))).sum(axis=1)
    return total, (Wk, q, V, b)


# ---- problem
def problem():
    rng = np.random.default_rng(40)
    ws = [rng.normal(size=s) for s in [(2, 3), (1, 3), (3, 3), (1, 3)]]
    X, Y = rng.normal(size=(3, 4, 2)), np.eye(3)[[0, 2, 1]][:, None, :]

    def grads():
        total, leaves = model(ws, X, Y)
        total.backprop()
        return [leaf.grad for leaf in leaves]

    return dict(loss=lambda: model(ws, X, Y)[0].data.item(), params=ws, grads=grads)


FAULTS = """
sign | other.grad += unbroadcast(-g * self.data / other.data ** 2, other.data.shape) | other.grad += unbroadcast(g * self.data / other.data ** 2, other.data.shape)
accumulation | other.grad += self.data.T @ g | other.grad = self.data.T @ g
accumulation | self.grad += unbroadcast(g * other.data, self.data.shape) | self.grad = unbroadcast(g * other.data, self.data.shape)
wrong-activation-derivative | self.grad += g * out.data | self.grad += g * self.data
wrong-operand | self.grad += unbroadcast(g / other.data, self.data.shape) | self.grad += unbroadcast(g / self.data, self.data.shape)
bias-reduction | g = g.sum(axis=ax, keepdims=True) | g = g.mean(axis=ax, keepdims=True)
wrong-activation-derivative | self.grad += g / self.data | self.grad += g * self.data
"""
