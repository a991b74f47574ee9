import numpy as np

rng = np.random.default_rng(101)
X = rng.normal(size=(8, 3))
t = rng.normal(size=(8, 2))
W1 = rng.normal(size=(3, 5))
B1 = rng.normal(size=5)
W2 = rng.normal(size=(5, 4))
B2 = rng.normal(size=4)
W3 = rng.normal(size=(4, 2))
B3 = rng.normal(size=2)
elu = lambda z: np.where(z > 0, z, np.exp(z) - 1)
sig = lambda z: 1 / (1 + np.exp(-z))


def f():
    z1 = X @ W1 + B1
    a1 = elu(z1)
    z2 = a1 @ W2 + B2
    a2 = z2 * sig(z2)
    return z1, a1, z2, a2, a2 @ W3 + B3


def loss():
    return float(np.sum((f()[-1] - t) ** 2) / (2 * len(X)))


def grads():
    z1, a1, z2, a2, y = f()
    d3 = (y - t) / len(X)
    s = sig(z2)
    d2 = d3 @ W3.T * (s + z2 * s * (1 - s))
    d1 = d2 @ W2.T * np.where(z1 > 0, 1, a1 + 1)
    return {
        "W1": X.T @ d1,
        "B1": d1.sum(0),
        "W2": a1.T @ d2,
        "B2": d2.sum(0),
        "W3": a2.T @ d3,
        "B3": d3.sum(0),
    }


P = dict(W1=W1, B1=B1, W2=W2, B2=B2, W3=W3, B3=B3)


# ---- problem
def problem():
    return dict(loss=loss, params=P, grads=grads)


FAULTS = """
wrong-activation-derivative | d2 = d3 @ W3.T * (s + z2 * s * (1 - s)) | d2 = d3 @ W3.T * s
wrong-activation-derivative | d1 = d2 @ W2.T * np.where(z1 > 0, 1, a1 + 1) | d1 = d2 @ W2.T * np.where(z1 > 0, 1, 0)
wrong-activation-derivative | d1 = d2 @ W2.T * np.where(z1 > 0, 1, a1 + 1) | d1 = d2 @ W2.T * np.where(z1 > 0, 1, a1)
missing-activation-derivative | d1 = d2 @ W2.T * np.where(z1 > 0, 1, a1 + 1) | d1 = d2 @ W2.T
"""
