"""GRU, cuDNN variant (reset after the matmul). Column batch: x_t is (features, batch)."""
from collections import namedtuple

import numpy as np

Weights = namedtuple("Weights", "W U b c V")
sigma = lambda a: 1.0 / (1.0 + np.exp(-a))


def run(w, X):
    n = w.U.shape[1]
    hs = [np.zeros((n, X.shape[2]))]
    tape = []
    for x in X:
        h = hs[-1]
        gx = w.W @ x + w.b
        gh = w.U @ h + w.c
        r = sigma(gx[:n] + gh[:n])
        z = sigma(gx[n:2 * n] + gh[n:2 * n])
        cand = np.tanh(gx[2 * n:] + r * gh[2 * n:])
        hs.append((1 - z) * cand + z * h)
        tape.append((x, h, r, z, cand, gh[2 * n:]))
    return hs, tape


def logistic_loss(w, X, y):
    hs, _ = run(w, X)
    logit = w.V @ hs[-1]
    return np.mean(np.log1p(np.exp(-y * logit)))


def bptt(w, X, y):
    hs, tape = run(w, X)
    logit = w.V @ hs[-1]
    dlogit = -y * sigma(-y * logit) / logit.size
    dV = dlogit @ hs[-1].T
    dh = w.V.T @ dlogit
    dW, dU, db, dc = (np.zeros_like(q) for q in (w.W, w.U, w.b, w.c))
    for x, h, r, z, cand, m in reversed(tape):
        dcand = dh * (1 - z) * (1 - cand**2)
        dz = dh * (h - cand) * z * (1 - z)
        dr = dcand * m * r * (1 - r)
        dgx = np.vstack([dr, dz, dcand])
        dgh = np.vstack([dr, dz, dcand * r])
        dW += dgx @ x.T
        db += dgx.sum(axis=1, keepdims=True)
        dU += dgh @ h.T
        dc += dgh.sum(axis=1, keepdims=True)
        dh = dh * z + w.U.T @ dgh
    return Weights(dW, dU, db, dc, dV)


# ---- problem
def problem():
    rng = np.random.default_rng(8)
    n, d = 3, 2
    w = Weights(rng.normal(size=(3 * n, d)), rng.normal(size=(3 * n, n)) * 0.6, rng.normal(size=(3 * n, 1)) * 0.2,
                rng.normal(size=(3 * n, 1)) * 0.2, rng.normal(size=(1, n)))
    X = rng.normal(size=(4, d, 5))
    y = np.array([[1, -1, 1, 1, -1.0]])
    return dict(params=w, loss=lambda: logistic_loss(w, X, y), grads=lambda: bptt(w, X, y))


FAULTS = """
wrong-operand | dgh = np.vstack([dr, dz, dcand * r]) | dgh = np.vstack([dr, dz, dcand])
sign | dz = dh * (h - cand) * z * (1 - z) | dz = dh * (cand - h) * z * (1 - z)
missing-term | dh = dh * z + w.U.T @ dgh | dh = w.U.T @ dgh
wrong-operand | dr = dcand * m * r * (1 - r) | dr = dcand * h * r * (1 - r)
wrong-operand | dh = dh * z + w.U.T @ dgh | dh = dh * z + w.U.T @ dgx
wrong-operand | dcand = dh * (1 - z) * (1 - cand**2) | dcand = dh * z * (1 - cand**2)
"""
