"""Concrete strength: MLP with Nesterov momentum, early stopping on a validation set."""
from dataclasses import dataclass
from copy import deepcopy

import numpy as np


@dataclass
class Layer:
    w: np.ndarray
    b: np.ndarray
    vw: np.ndarray
    vb: np.ndarray

    @staticmethod
    def make(rng, i, o):
        return Layer(rng.normal(0, np.sqrt(1 / i), (i, o)), np.zeros((1, o)), np.zeros((i, o)), np.zeros((1, o)))


def relu6ish(x):
    """smooth: x * sigmoid(1.7 x)"""
    return x / (1 + np.exp(-1.7 * x))


def relu6ish_prime(x):
    s = 1 / (1 + np.exp(-1.7 * x))
    return s + 1.7 * x * s * (1 - s)


class Model:
    def __init__(self, rng, sizes):
        self.layers = [Layer.make(rng, i, o) for i, o in zip(sizes[:-1], sizes[1:])]

    def forward(self, x):
        zs, acts = [], [x]
        for n, layer in enumerate(self.layers):
            z = acts[-1] @ layer.w + layer.b
            zs.append(z)
            acts.append(z if n == len(self.layers) - 1 else relu6ish(z))
        return zs, acts

    def loss(self, x, y):
        return np.mean(np.log(np.cosh(self.forward(x)[1][-1] - y)))

    def gradients(self, x, y):
        zs, acts = self.forward(x)
        delta = np.tanh(acts[-1] - y) / len(y)
        out = []
        for n in reversed(range(len(self.layers))):
            out.append((acts[n].T @ delta, delta.sum(axis=0, keepdims=True)))
            if n > 0:
                delta = (delta @ self.layers[n].w.T) * relu6ish_prime(zs[n - 1])
        return out[::-1]

    def nesterov_step(self, x, y, lr, mu):
        for layer in self.layers:          # look ahead
            layer.w += mu * layer.vw
            layer.b += mu * layer.vb
        grads = self.gradients(x, y)
        for layer, (gw, gb) in zip(self.layers, grads):
            layer.w -= mu * layer.vw       # back
            layer.b -= mu * layer.vb
            layer.vw = mu * layer.vw - lr * gw
            layer.vb = mu * layer.vb - lr * gb
            layer.w += layer.vw
            layer.b += layer.vb


def fit(model, train, valid, rng, max_epochs=60, patience=6):
    best, best_layers, bad = np.inf, None, 0
    x, y = train
    for epoch in range(max_epochs):
        order = rng.permutation(len(x))
        for part in np.array_split(order, 4):
            model.nesterov_step(x[part], y[part], lr=0.05, mu=0.8)
        current = model.loss(*valid)
        if current < best:
            best, best_layers, bad = current, deepcopy(model.layers), 0
        else:
            bad += 1
            if bad > patience:
                break
        if epoch % 10 == 0:
            print(f"epoch {epoch:3d} train {model.loss(x, y):.4f} valid {current:.4f}")
    model.layers = best_layers
    return best


rng = np.random.default_rng(64)
X = rng.normal(size=(100, 4))
Y = (X[:, :1] * X[:, 1:2] + np.sin(2 * X[:, 2:3])) + 0.1 * rng.normal(size=(100, 1))
model = Model(rng, [4, 9, 6, 1])
print("best", fit(model, (X[:75], Y[:75]), (X[75:], Y[75:]), rng))

FAULTS = """
wrong-activation-derivative | return s + 1.7 * x * s * (1 - s) | return s + x * s * (1 - s)
stale-value | delta = (delta @ self.layers[n].w.T) * relu6ish_prime(zs[n - 1]) | delta = (delta @ self.layers[n].w.T) * relu6ish_prime(acts[n])
wrong-activation-derivative | delta = np.tanh(acts[-1] - y) / len(y) | delta = np.sign(acts[-1] - y) / len(y)
normalisation | out.append((acts[n].T @ delta, delta.sum(axis=0, keepdims=True))) | out.append((acts[n].T @ delta, delta.mean(axis=0, keepdims=True)))
forgotten-update | layer.b += layer.vb | layer.b += 0
"""
