"""Wheat seeds with scipy.optimize.minimize(fun, theta, jac=jac): everything in one vector."""
import numpy as np

D, H, K = 3, 4, 3
SHAPES = [(D, H), (H,), (H, K), (K,)]


def unpack(theta):
    out, i = [], 0
    for shape in SHAPES:
        size = int(np.prod(shape))
        out.append(theta[i:i + size].reshape(shape))
        i += size
    return out


def network(theta, X):
    W1, b1, W2, b2 = unpack(theta)
    a = np.sin(X @ W1 + b1)
    logits = a @ W2 + b2
    logits = logits - logits.max(axis=1)[:, None]
    return a, np.exp(logits) / np.exp(logits).sum(axis=1)[:, None]


def fun(theta, X, T, lam):
    W1, _, W2, _ = unpack(theta)
    _, P = network(theta, X)
    return -np.sum(T * np.log(P)) + 0.5 * lam * (np.sum(W1 ** 2) + np.sum(W2 ** 2))


def jac(theta, X, T, lam):
    W1, b1, W2, b2 = unpack(theta)
    a, P = network(theta, X)
    dlogits = P - T
    dW2 = a.T @ dlogits + lam * W2
    db2 = dlogits.sum(axis=0)
    dz = dlogits @ W2.T * np.cos(X @ W1 + b1)
    dW1 = X.T @ dz + lam * W1
    db1 = dz.sum(axis=0)
    return np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2])


# ---- problem
def problem():
    rng = np.random.default_rng(210)
    theta = rng.normal(size=sum(int(np.prod(s)) for s in SHAPES)) * 0.8
    X, T = rng.normal(size=(10, D)), np.eye(K)[rng.integers(0, K, 10)]
    return dict(loss=lambda: fun(theta, X, T, 0.1), params=theta, grads=lambda: jac(theta, X, T, 0.1))


FAULTS = """
sign | dlogits = P - T | dlogits = T - P
regulariser | dW1 = X.T @ dz + lam * W1 | dW1 = X.T @ dz
regulariser | dW2 = a.T @ dlogits + lam * W2 | dW2 = a.T @ dlogits + 2 * lam * W2
wrong-activation-derivative | dz = dlogits @ W2.T * np.cos(X @ W1 + b1) | dz = dlogits @ W2.T * np.sin(X @ W1 + b1)
activation-derivative-at-wrong-value | dz = dlogits @ W2.T * np.cos(X @ W1 + b1) | dz = dlogits @ W2.T * np.cos(a)
bias-reduction | db1 = dz.sum(axis=0) | db1 = dz.mean(axis=0)
transpose | return np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2]) | return np.concatenate([dW1.T.ravel(), db1, dW2.ravel(), db2])
scale | dlogits = P - T | dlogits = (P - T) / len(X)
swapped-gradients | return np.concatenate([dW1.ravel(), db1, dW2.ravel(), db2]) | return np.concatenate([dW2.ravel(), db1, dW1.ravel(), db2])
missing-activation-derivative | dz = dlogits @ W2.T * np.cos(X @ W1 + b1) | dz = dlogits @ W2.T
early-reduction | dW1 = X.T @ dz + lam * W1 | dW1 = np.outer(X.mean(axis=0), dz.sum(axis=0)) + lam * W1
"""
