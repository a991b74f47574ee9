"""Second-order factorisation machine for clicks, gradient by the usual O(k n) identity."""
import numpy as np
from typing import NamedTuple


class FM(NamedTuple):
    w0: np.ndarray
    w: np.ndarray
    V: np.ndarray


class Terms(NamedTuple):
    score: np.ndarray
    xv: np.ndarray


def score(model: FM, X) -> Terms:
    xv = X @ model.V
    pairs = 0.5 * (xv**2 - (X**2) @ (model.V**2)).sum(axis=1)
    return Terms(model.w0[0] + X @ model.w + pairs, xv)


def logloss(model: FM, X, y, weight, l2=0.05):
    s = score(model, X).score
    data = np.sum(weight * (np.logaddexp(0, s) - y * s)) / np.sum(weight)
    return data + 0.5 * l2 * (model.w @ model.w) + 0.5 * l2 * np.sum(model.V**2)


def gradient(model: FM, X, y, weight, l2=0.05) -> FM:
    s, xv = score(model, X)
    p = 1 / (1 + np.exp(-s))
    err = weight * (p - y) / np.sum(weight)
    g_w0 = np.array([err.sum()])
    g_w = X.T @ err + l2 * model.w
    g_V = X.T @ (err[:, None] * xv)
    g_V -= model.V * ((X**2).T @ err)[:, None]
    g_V += l2 * model.V
    return FM(g_w0, g_w, g_V)


r = np.random.RandomState(2010)
X = r.randn(10, 5) * (r.rand(10, 5) > 0.3)
y = (r.rand(10) > 0.5).astype(float)
weight = r.uniform(0.5, 2, size=10)
model = FM(np.array([0.2]), r.randn(5) * 0.5, r.randn(5, 2) * 0.6)


# ---- problem
def problem():
    return dict(
        loss=lambda: logloss(model, X, y, weight),
        params=model,
        grads=lambda: gradient(model, X, y, weight),
    )


FAULTS = """
missing-term | g_V -= model.V * ((X**2).T @ err)[:, None] |
wrong-operand | g_V -= model.V * ((X**2).T @ err)[:, None] | g_V -= model.V * (X.T @ err)[:, None]
loss-gradient | err = weight * (p - y) / np.sum(weight) | err = (p - y) / len(y)
scale | err = weight * (p - y) / np.sum(weight) | err = weight * (p - y)
regulariser | g_V += l2 * model.V |
regulariser | g_w = X.T @ err + l2 * model.w | g_w = X.T @ err + 2 * l2 * model.w
bias-reduction | g_w0 = np.array([err.sum()]) | g_w0 = np.array([err.mean()])
loss-gradient | err = weight * (p - y) / np.sum(weight) | err = weight * (p - y) * p * (1 - p) / np.sum(weight)
"""
