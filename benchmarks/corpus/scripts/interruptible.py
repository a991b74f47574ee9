#!/usr/bin/env python3
import sys
import numpy as np

np.random.seed(55)


class Layer:
    def __init__(self, n, m, act):
        self.w = np.random.randn(n, m) * np.sqrt(1 / n)
        self.b = np.zeros((1, m))
        self.act = act

    def __call__(self, x):
        self.x = x
        self.z = x @ self.w + self.b
        self.y = np.tanh(self.z) if self.act == "tanh" else self.z
        return self.y

    def back(self, g):
        if self.act == "tanh":
            g = g * (1 - self.y ** 2)
        self.gw = self.x.T @ g
        self.gb = g.sum(axis=0, keepdims=True)
        return g @ self.w.T

    def update(self, lr):
        self.w -= lr * self.gw
        self.b -= lr * self.gb


net = [Layer(1, 8, "tanh"), Layer(8, 8, "tanh"), Layer(8, 1, None)]
x = np.linspace(-2, 3, 30).reshape(-1, 1)
y = np.sin(x) + 0.3 * x + 0.5

try:
    it = 0
    while True:
        out = x
        for layer in net:
            out = layer(out)
        loss = ((out - y) ** 2).mean()
        g = 2 * (out - y) / len(x)
        for layer in net[::-1]:
            g = layer.back(g)
        for layer in net:
            layer.update(0.05)
        it += 1
        if it % 100 == 0:
            print("iter", it, "loss", loss, file=sys.stderr)
        if it >= 300 or loss < 1e-3:
            break
except KeyboardInterrupt:
    print("stopped by user")
print("done, loss =", loss)


FAULTS = """
bias-reduction | self.gb = g.sum(axis=0, keepdims=True) | self.gb = g.sum(keepdims=True)
wrong-activation-derivative | g = g * (1 - self.y ** 2) | g = g * (1 - self.z ** 2)
missing-gradient | self.b -= lr * self.gb |
scale | g = 2 * (out - y) / len(x) | g = (out - y) / len(x)
"""
