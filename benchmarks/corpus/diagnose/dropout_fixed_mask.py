import numpy as np

rng = np.random.default_rng(21)
N, D, H, K = 9, 4, 8, 2
X = rng.normal(size=(N, D))
T = rng.normal(size=(N, K))
keep = 0.7
mask = rng.random((N, H)) < keep
P = {
    "W1": rng.normal(size=(D, H)),
    "b1": rng.normal(size=H),
    "W2": rng.normal(size=(H, K)),
    "b2": rng.normal(size=K),
}


def fw():
    z = X @ P["W1"] + P["b1"]
    a = np.tanh(z)
    h = a * mask / keep
    return z, a, h, h @ P["W2"] + P["b2"]


def loss():
    return np.mean((fw()[-1] - T) ** 2)


def grads():
    z, a, h, y = fw()
    dy = 2 * (y - T) / T.size
    dh = dy @ P["W2"].T
    da = dh * mask / keep
    dz = da * (1 - a**2)
    return {"W1": X.T @ dz, "b1": dz.sum(0), "W2": h.T @ dy, "b2": dy.sum(0)}


# ---- problem
def problem():
    return dict(loss=loss, params=P, grads=grads)


FAULTS = """
dropout-mask | da = dh * mask / keep | da = dh
dropout-mask | da = dh * mask / keep | da = dh * mask
dropout-mask | da = dh * mask / keep | da = dh / keep
dropout-mask | dz = da * (1 - a**2) | dz = da * (1 - h**2)
missing-activation-derivative | dz = da * (1 - a**2) | dz = da
dropout-mask | return {"W1": X.T @ dz, "b1": dz.sum(0), "W2": h.T @ dy, "b2": dy.sum(0)} | return {"W1": X.T @ dz, "b1": dz.sum(0), "W2": a.T @ dy, "b2": dy.sum(0)}
"""
