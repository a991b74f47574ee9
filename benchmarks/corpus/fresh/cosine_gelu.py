import math

import numpy as np

C = math.sqrt(2 / math.pi)


def gelu(z):
    return 0.5 * z * (1 + np.tanh(C * (z + 0.044715 * z**3)))


def gelu_prime(z):
    t = np.tanh(C * (z + 0.044715 * z**3))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t**2) * C * (1 + 3 * 0.044715 * z**2)


def outputs(p, x):
    z = x @ p[0] + p[1]
    a = gelu(z)
    return z, a, a @ p[2] + p[3]


def loss(p, x, t):
    y = outputs(p, x)[-1]
    norms = np.linalg.norm(y, axis=1) * np.linalg.norm(t, axis=1)
    return float(np.mean(1 - (y * t).sum(axis=1) / norms))


def gradients(p, x, t):
    z, a, y = outputs(p, x)
    ny, nt = np.linalg.norm(y, axis=1, keepdims=True), np.linalg.norm(t, axis=1, keepdims=True)
    cos = (y * t).sum(axis=1, keepdims=True) / (ny * nt)
    dy = -(t / (ny * nt) - cos * y / ny**2) / len(x)
    dz = dy @ p[2].T * gelu_prime(z)
    return [x.T @ dz, dz.sum(0), a.T @ dy, dy.sum(0)]


# ---- problem
def problem():
    r = np.random.default_rng(101)
    p = [r.normal(size=s) * 0.6 for s in ((3, 5), (5,), (5, 4), (4,))]
    x, t = r.normal(size=(6, 3)), r.normal(size=(6, 4))
    return dict(loss=lambda: loss(p, x, t), params=p, grads=lambda: gradients(p, x, t))


FAULTS = """
loss-gradient | dy = -(t / (ny * nt) - cos * y / ny**2) / len(x) | dy = -t / (ny * nt) / len(x)
sign | dy = -(t / (ny * nt) - cos * y / ny**2) / len(x) | dy = (t / (ny * nt) - cos * y / ny**2) / len(x)
missing-activation-derivative | dz = dy @ p[2].T * gelu_prime(z) | dz = dy @ p[2].T
activation-derivative-at-wrong-value | dz = dy @ p[2].T * gelu_prime(z) | dz = dy @ p[2].T * gelu_prime(a)
"""
