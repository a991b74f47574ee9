"""The inputs reach the output twice: through two hidden layers, and directly."""
import numpy as np


def init():
    r = np.random.default_rng(151)
    return tuple(r.normal(size=s) * 0.6 for s in ((3, 3), (3,), (3, 3), (3,)))


def model(theta, X):
    W1, b1, W2, b2 = theta
    A1 = np.tanh(X @ W1 + b1)
    return A1, A1 @ W2 + b2 + X


def loss(theta, X, T):
    return np.sum((model(theta, X)[1] - T) ** 2)


def grad(theta, X, T):
    W1, b1, W2, b2 = theta
    A1, Y = model(theta, X)
    D = 2 * (Y - T)
    D1 = D @ W2.T * (1 - A1**2)
    return X.T @ D1, D1.sum(0), A1.T @ D, D.sum(0)


# ---- problem
def problem():
    r = np.random.default_rng(152)
    theta, X, T = init(), r.normal(size=(5, 3)), r.normal(size=(5, 3))
    return dict(loss=lambda: loss(theta, X, T), params=theta, grads=lambda: grad(theta, X, T))


FAULTS = """
scale | D = 2 * (Y - T) | D = Y - T
missing-activation-derivative | D1 = D @ W2.T * (1 - A1**2) | D1 = D @ W2.T
transpose | D1 = D @ W2.T * (1 - A1**2) | D1 = D @ W2 * (1 - A1**2)
activation-derivative-at-wrong-value | D1 = D @ W2.T * (1 - A1**2) | D1 = D @ W2.T * (1 - np.tanh(A1) ** 2)
"""
