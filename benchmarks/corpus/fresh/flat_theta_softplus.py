import numpy as np

SIZES = [(3, 4), (4,), (4, 2), (2,)]


def unpack(theta):
    out, at = [], 0
    for shape in SIZES:
        n = int(np.prod(shape))
        out.append(theta[at : at + n].reshape(shape))
        at += n
    return out


def pack(*arrays):
    return np.concatenate([np.ravel(a) for a in arrays])


def fun(theta, X, T):
    W1, b1, W2, b2 = unpack(theta)
    h = np.log1p(np.exp(X @ W1 + b1))
    return np.sum((h @ W2 + b2 - T) ** 2) / (2 * len(X))


def jac(theta, X, T):
    W1, b1, W2, b2 = unpack(theta)
    z = X @ W1 + b1
    h = np.log1p(np.exp(z))
    dy = (h @ W2 + b2 - T) / len(X)
    dz = dy @ W2.T / (1 + np.exp(-z))
    return pack(X.T @ dz, dz.sum(0), h.T @ dy, dy.sum(0))


# ---- problem
def problem():
    r = np.random.default_rng(7)
    theta = r.normal(size=26) * 0.6
    X, T = r.normal(size=(8, 3)), r.normal(size=(8, 2))
    return dict(loss=lambda: fun(theta, X, T), params=theta, grads=lambda: jac(theta, X, T))


FAULTS = """
missing-activation-derivative | dz = dy @ W2.T / (1 + np.exp(-z)) | dz = dy @ W2.T
activation-derivative-at-wrong-value | dz = dy @ W2.T / (1 + np.exp(-z)) | dz = dy @ W2.T / (1 + np.exp(-h))
bias-reduction | pack(X.T @ dz, dz.sum(0), h.T @ dy, dy.sum(0)) | pack(X.T @ dz, dz.mean(0), h.T @ dy, dy.sum(0))
scale | dy = (h @ W2 + b2 - T) / len(X) | dy = h @ W2 + b2 - T
wrong-operand | h.T @ dy | z.T @ dy
sign | pack(X.T @ dz, dz.sum(0), h.T @ dy, dy.sum(0)) | pack(X.T @ dz, dz.sum(0), h.T @ dy, -dy.sum(0))
"""
