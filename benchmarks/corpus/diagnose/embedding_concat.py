import numpy as np

rng = np.random.default_rng(9)
V, d, L, H, C, N = 8, 3, 2, 6, 4, 10
ctx = rng.integers(0, 6, (N, L))
tgt = rng.integers(0, C, N)
E = rng.normal(size=(V, d))
W1 = rng.normal(size=(L * d, H))
b1 = rng.normal(size=H) * 0.1
W2 = rng.normal(size=(H, C))
b2 = rng.normal(size=C) * 0.1
params = dict(E=E, W1=W1, b1=b1, W2=W2, b2=b2)


def fwd():
    x = E[ctx].reshape(N, -1)
    h = np.tanh(x @ W1 + b1)
    s = h @ W2 + b2
    s = s - s.max(1, keepdims=True)
    p = np.exp(s)
    p /= p.sum(1, keepdims=True)
    return x, h, p


def loss():
    return float(-np.log(fwd()[-1][np.arange(N), tgt]).mean())


def grads():
    x, h, p = fwd()
    ds = p.copy()
    ds[np.arange(N), tgt] -= 1
    ds /= N
    dh = ds @ W2.T * (1 - h * h)
    dx = (dh @ W1.T).reshape(N, L, d)
    dE = np.zeros_like(E)
    np.add.at(dE, ctx, dx)
    return dict(E=dE, W1=x.T @ dh, b1=dh.sum(0), W2=h.T @ ds, b2=ds.sum(0))


# ---- problem
def problem():
    return dict(loss=loss, params=params, grads=grads)


FAULTS = """
scatter | np.add.at(dE, ctx, dx) | dE[ctx] += dx
scatter | np.add.at(dE, ctx, dx) | dE[ctx] = dx
unknown | dx = (dh @ W1.T).reshape(N, L, d) | dx = (dh @ W1.T).reshape(N, d, L).swapaxes(1, 2)
missing-activation-derivative | dh = ds @ W2.T * (1 - h * h) | dh = ds @ W2.T
"""
