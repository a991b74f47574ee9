import numpy as np

delta = 1.0
rng = np.random.default_rng(71)
W = [rng.normal(size=(5, 3)), rng.normal(size=(1, 5))]
b = [rng.normal(size=(5, 1)) * 0.3, rng.normal(size=(1, 1)) * 0.3]
X = rng.normal(size=(3, 10))
Y = 3 * rng.normal(size=(1, 10))


def forward():
    z = W[0] @ X + b[0]
    a = np.where(z > 0, z, 0.01 * z)
    return z, a, W[1] @ a + b[1]


def loss():
    r = forward()[-1] - Y
    return np.where(np.abs(r) <= delta, 0.5 * r**2, delta * (np.abs(r) - 0.5 * delta)).mean()


def grads():
    z, a, out = forward()
    r = out - Y
    d2 = np.where(np.abs(r) <= delta, r, delta * np.sign(r)) / r.size
    d1 = (W[1].T @ d2) * np.where(z > 0, 1, 0.01)
    dW = [d1 @ X.T, d2 @ a.T]
    db = [d1.sum(axis=1, keepdims=True), d2.sum(axis=1, keepdims=True)]
    return dW + db


# ---- problem
def problem():
    return dict(loss=loss, params=W + b, grads=grads)


FAULTS = """
loss-gradient | d2 = np.where(np.abs(r) <= delta, r, delta * np.sign(r)) / r.size | d2 = r / r.size
loss-gradient | d2 = np.where(np.abs(r) <= delta, r, delta * np.sign(r)) / r.size | d2 = np.sign(r) / r.size
wrong-activation-derivative | d1 = (W[1].T @ d2) * np.where(z > 0, 1, 0.01) | d1 = (W[1].T @ d2) * (z > 0)
scale | d2 = np.where(np.abs(r) <= delta, r, delta * np.sign(r)) / r.size | d2 = 2 * np.where(np.abs(r) <= delta, r, delta * np.sign(r)) / r.size
bias-reduction | db = [d1.sum(axis=1, keepdims=True) | db = [d1.mean(axis=1, keepdims=True)
"""
