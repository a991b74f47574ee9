"""Discrete-time survival: hazard per interval from a net, censoring handled by a mask. Keras-less port."""
import numpy as np


def expit(z):
    return 1.0 / (1.0 + np.exp(-z))


class Dense:
    def __init__(self, rng, i, o):
        self.kernel = rng.normal(size=(i, o)) * np.sqrt(2.0 / (i + o))
        self.bias = rng.normal(size=o) * 0.1

    def __call__(self, x):
        self.x = x
        return x @ self.kernel + self.bias

    def pull(self, g):
        self.d_kernel = self.x.T @ g
        self.d_bias = g.sum(0)
        return g @ self.kernel.T


class Elu:
    def __call__(self, x):
        self.x = x
        return np.where(x > 0, x, np.expm1(x))

    def pull(self, g):
        return g * np.where(self.x > 0, 1.0, np.exp(self.x))


class SurvivalNet:
    def __init__(self, rng, d, h, intervals, l2):
        self.layers = [Dense(rng, d, h), Elu(), Dense(rng, h, h), Elu(), Dense(rng, h, intervals)]
        self.l2 = l2

    def dense(self):
        return [l for l in self.layers if isinstance(l, Dense)]

    def logits(self, x):
        for l in self.layers:
            x = l(x)
        return x

    def loss(self, x, at_risk, event):
        z = self.logits(x)
        ll = event * z - at_risk * np.logaddexp(0, z)
        penalty = sum((l.kernel**2).sum() for l in self.dense())
        return -ll.sum() / len(x) + 0.5 * self.l2 * penalty

    def backward(self, x, at_risk, event):
        z = self.logits(x)
        g = (at_risk * expit(z) - event) / len(x)
        for l in reversed(self.layers):
            g = l.pull(g)
        for l in self.dense():
            l.d_kernel += self.l2 * l.kernel
        return [[l.d_kernel, l.d_bias] for l in self.dense()]


# ---- problem
def problem():
    rng = np.random.default_rng(27)
    net = SurvivalNet(rng, 3, 5, 4, 0.1)
    x = rng.normal(size=(8, 3))
    last = np.array([0, 3, 2, 1, 3, 0, 2, 3])
    died = np.array([1, 0, 1, 1, 1, 0, 0, 1])
    at_risk = (np.arange(4) <= last[:, None]) * 1.0
    event = (np.arange(4) == last[:, None]) * died[:, None]
    return dict(params=[[l.kernel, l.bias] for l in net.dense()], loss=lambda: net.loss(x, at_risk, event),
                grads=lambda: net.backward(x, at_risk, event))


FAULTS = """
missing-term | g = (at_risk * expit(z) - event) / len(x) | g = (expit(z) - event) / len(x)
regulariser | l.d_kernel += self.l2 * l.kernel | l.d_kernel += 2 * self.l2 * l.kernel
regulariser | l.d_kernel += self.l2 * l.kernel | l.d_kernel = self.l2 * l.kernel
wrong-activation-derivative | return g * np.where(self.x > 0, 1.0, np.exp(self.x)) | return g * np.where(self.x > 0, 1.0, np.expm1(self.x))
bias-reduction | self.d_bias = g.sum(0) | self.d_bias = g.mean(0)
sign | g = (at_risk * expit(z) - event) / len(x) | g = (event - at_risk * expit(z)) / len(x)
"""
