import numpy as np
from functools import partial

rng = np.random.default_rng(100)
DIM, DEPTH = 4, 3
x = rng.normal(size=(32, DIM))
y = np.sin(x.sum(axis=1, keepdims=True))


class ResBlock:
    def __init__(self, dim):
        self.w = rng.normal(scale=0.4, size=(dim, dim))
        self.b = np.zeros(dim)

    def forward(self, h):
        self.h = h
        self.t = np.tanh(h @ self.w + self.b)
        return h + self.t

    def backward(self, dout):
        dt = dout * (1 - self.t ** 2)
        self.dw = self.h.T @ dt
        self.db = dt.sum(axis=0)
        return dout + dt @ self.w.T


class Head:
    def __init__(self, dim):
        self.w = rng.normal(scale=0.4, size=(dim, 1))
        self.b = np.zeros(1)

    def forward(self, h):
        self.h = h
        return h @ self.w + self.b

    def backward(self, dout):
        self.dw = self.h.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.w.T


def descend(layer, name, rate):
    value = getattr(layer, name)
    setattr(layer, name, value - rate * getattr(layer, "d" + name))


model = [*(ResBlock(DIM) for _ in range(DEPTH)), Head(DIM)]
step = partial(descend, rate=0.02)

for epoch in range(1, 101):
    out = x
    for layer in model:
        out = layer.forward(out)
    loss = np.mean(np.square(out - y))
    grad = 2 * (out - y) / out.size
    for layer in reversed(model):
        grad = layer.backward(grad)
    for layer in model:
        step(layer, "w")
        step(layer, "b")
    if not epoch % 25:
        print(f"epoch {epoch:3d} | loss {loss:.5f}")


FAULTS = """
missing-term | return dout + dt @ self.w.T | return dt @ self.w.T
transpose | return dout + dt @ self.w.T | return dout + dt @ self.w
wrong-operand | self.dw = self.h.T @ dt | self.dw = self.t.T @ dt
missing-gradient | step(layer, "b") |
"""
