"""Heartbeats: Conv1D -> LeakyReLU -> MaxPool -> Dense with a logistic output, one class per layer."""
import numpy as np


class Module:
    def parameters(self):
        return {}


class Conv1D(Module):
    def __init__(self, cin, cout, width, rng):
        self.weight = rng.normal(scale=0.5, size=(cout, cin, width))
        self.bias = rng.normal(scale=0.2, size=cout)

    def parameters(self):
        return {"weight": self.weight, "bias": self.bias}

    def forward(self, x):
        self.x = x
        k = self.weight.shape[2]
        steps = x.shape[2] - k + 1
        out = np.zeros((len(x), len(self.bias), steps))
        for t in range(steps):
            out[:, :, t] = np.tensordot(x[:, :, t:t + k], self.weight, ([1, 2], [1, 2])) + self.bias
        return out

    def backward(self, g):
        k = self.weight.shape[2]
        self.grad = {"weight": np.zeros_like(self.weight), "bias": g.sum(axis=(0, 2))}
        gx = np.zeros_like(self.x)
        for t in range(g.shape[2]):
            self.grad["weight"] += np.tensordot(g[:, :, t], self.x[:, :, t:t + k], (0, 0))
            gx[:, :, t:t + k] += np.tensordot(g[:, :, t], self.weight, (1, 0))
        return gx


class LeakyReLU(Module):
    def __init__(self, slope=0.2):
        self.slope = slope

    def forward(self, x):
        self.factor = np.where(x > 0, 1.0, self.slope)
        return x * self.factor

    def backward(self, g):
        return g * self.factor


class MaxPool1D(Module):
    def __init__(self, size):
        self.size = size

    def forward(self, x):
        n, c, t = x.shape
        self.shape = x.shape
        blocks = x.reshape(n, c, t // self.size, self.size)
        self.winner = blocks.argmax(axis=3)
        return blocks.max(axis=3)

    def backward(self, g):
        n, c, t = self.shape
        gx = np.zeros((n, c, t // self.size, self.size))
        np.put_along_axis(gx, self.winner[..., None], g[..., None], axis=3)
        return gx.reshape(n, c, t)


class Head(Module):
    def __init__(self, n, rng):
        self.w = rng.normal(size=n)
        self.c = np.array([0.1])

    def parameters(self):
        return {"w": self.w, "c": self.c}

    def forward(self, x):
        self.shape = x.shape
        self.flat = x.reshape(len(x), -1)
        return self.flat @ self.w + self.c[0]

    def backward(self, g):
        self.grad = {"w": self.flat.T @ g, "c": np.array([g.sum()])}
        return np.outer(g, self.w).reshape(self.shape)


def bce_with_logits(z, y):
    loss = np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z)))
    return loss.mean(), (1 / (1 + np.exp(-z)) - y) / len(y)


# ---- problem
def problem():
    rng = np.random.default_rng(72)
    layers = [Conv1D(2, 3, 3, rng), LeakyReLU(), Conv1D(3, 4, 2, rng), LeakyReLU(), MaxPool1D(2),
              Head(12, rng)]
    beats, sick = rng.normal(size=(6, 2, 9)), np.array([0., 1, 1, 0, 1, 0])

    def run():
        x = beats
        for layer in layers:
            x = layer.forward(x)
        return bce_with_logits(x, sick)

    def grads():
        g = run()[1]
        for layer in layers[::-1]:
            g = layer.backward(g)
        return [layer.grad for layer in layers if layer.parameters()]

    params = [layer.parameters() for layer in layers if layer.parameters()]
    return dict(loss=lambda: run()[0], params=params, grads=grads)


FAULTS = """
accumulation | self.grad["weight"] += np.tensordot( | self.grad["weight"] = np.tensordot(
indexing | for t in range(g.shape[2]): | for t in range(g.shape[2] - 1):
indexing | np.put_along_axis(gx, self.winner[..., None], g[..., None], axis=3) | gx[...] = g[..., None]
missing-activation-derivative | return g * self.factor | return g
bias-reduction | "bias": g.sum(axis=(0, 2))} | "bias": g.sum(axis=2).mean(axis=0)}
indexing | gx[:, :, t:t + k] += np.tensordot(g[:, :, t], self.weight, (1, 0)) | gx[:, :, t:t + k] += np.tensordot(g[:, :, t], self.weight[:, :, ::-1], (1, 0))
loss-gradient | (1 / (1 + np.exp(-z)) - y) / len(y) | (z - y) / len(y)
sign | (1 / (1 + np.exp(-z)) - y) / len(y) | (y - 1 / (1 + np.exp(-z))) / len(y)
wrong-activation-derivative | return g * self.factor | return g * (self.factor == 1)
"""
