"""Sensor model for a small board: all arrays are allocated once, NumPy writes with out=."""
import numpy as np


class SensorNet:
    def __init__(self, batch, n_in, n_hid, n_out):
        rng = np.random.default_rng(430)
        self.w1 = rng.normal(size=(n_in, n_hid)) * 0.8
        self.b1 = rng.normal(size=n_hid) * 0.2
        self.w2 = rng.normal(size=(n_hid, n_hid)) * 0.8
        self.b2 = rng.normal(size=n_hid) * 0.2
        self.w3 = rng.normal(size=(n_hid, n_out)) * 0.8
        self.h1 = np.empty((batch, n_hid))
        self.h2 = np.empty((batch, n_hid))
        self.y = np.empty((batch, n_out))
        self.d1 = np.empty((batch, n_hid))
        self.d2 = np.empty((batch, n_hid))
        self.tmp = np.empty((batch, n_hid))
        self.w2t = self.w2.T.copy()        # contiguous, for speed
        self.w3t = self.w3.T.copy()
        self.gw1, self.gb1 = np.empty_like(self.w1), np.empty_like(self.b1)
        self.gw2, self.gb2 = np.empty_like(self.w2), np.empty_like(self.b2)
        self.gw3 = np.empty_like(self.w3)

    def infer(self, x):
        np.matmul(x, self.w1, out=self.h1)
        self.h1 += self.b1
        np.tanh(self.h1, out=self.h1)
        np.matmul(self.h1, self.w2, out=self.h2)
        self.h2 += self.b2
        np.tanh(self.h2, out=self.h2)
        np.matmul(self.h2, self.w3, out=self.y)
        return self.y

    def loss(self, x, t):
        return 0.5 * np.square(self.infer(x) - t).sum() / len(x)

    def differentiate(self, x, t):
        self.infer(x)
        np.copyto(self.w2t, self.w2.T)
        np.copyto(self.w3t, self.w3.T)
        np.subtract(self.y, t, out=self.y)
        self.y /= len(x)
        np.matmul(self.h2.T, self.y, out=self.gw3)
        np.matmul(self.y, self.w3t, out=self.d2)
        np.square(self.h2, out=self.tmp)
        np.subtract(1, self.tmp, out=self.tmp)
        self.d2 *= self.tmp
        np.matmul(self.h1.T, self.d2, out=self.gw2)
        np.sum(self.d2, axis=0, out=self.gb2)
        np.matmul(self.d2, self.w2t, out=self.d1)
        np.multiply(self.h1, self.h1, out=self.tmp)
        np.subtract(1.0, self.tmp, out=self.tmp)
        np.multiply(self.d1, self.tmp, out=self.d1)
        np.matmul(x.T, self.d1, out=self.gw1)
        np.sum(self.d1, axis=0, out=self.gb1)
        return [self.gw1, self.gb1, self.gw2, self.gb2, self.gw3]


# ---- problem
def problem():
    net = SensorNet(6, 3, 4, 2)
    rng = np.random.default_rng(12)
    x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    params = [net.w1, net.b1, net.w2, net.b2, net.w3]
    for _ in range(3):
        for p, g in zip(params, net.differentiate(x, t)):
            p -= 0.1 * g
    return dict(loss=lambda: net.loss(x, t), params=params,
                grads=lambda: net.differentiate(x, t))


FAULTS = """
missing-gradient | np.sum(self.d1, axis=0, out=self.gb1) | self.gb1.fill(0)
scale | self.y /= len(x) |
missing-activation-derivative | self.d2 *= self.tmp |
wrong-operand | np.multiply(self.h1, self.h1, out=self.tmp) | np.multiply(self.h2, self.h2, out=self.tmp)
sign | np.subtract(self.y, t, out=self.y) | np.subtract(t, self.y, out=self.y)
transpose | np.matmul(self.d2, self.w2t, out=self.d1) | np.matmul(self.d2, self.w2, out=self.d1)
aliasing | self.gw2, self.gb2 = np.empty_like(self.w2), np.empty_like(self.b2) | self.gw2, self.gb2 = np.empty_like(self.w2), self.gb1
wrong-activation-derivative | np.subtract(1.0, self.tmp, out=self.tmp) | np.subtract(self.h1, self.tmp, out=self.tmp)
stale-buffer | np.copyto(self.w2t, self.w2.T) |
stale-buffer | np.copyto(self.w3t, self.w3.T) |
"""
