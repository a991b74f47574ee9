import numpy as np

rng = np.random.default_rng(51)
N, D, H, C = 12, 4, 5, 3
X = rng.normal(size=(N, D))
y = rng.integers(0, C, N)
eps = 1e-5
P = {
    "W1": rng.normal(size=(D, H)),
    "b1": rng.normal(size=H),
    "gamma1": rng.normal(size=H) + 1,
    "beta1": rng.normal(size=H),
    "W2": rng.normal(size=(H, C)),
    "b2": rng.normal(size=C),
}


def fw():
    z = X @ P["W1"] + P["b1"]
    mu = z.mean(0)
    var = z.var(0)
    xhat = (z - mu) / np.sqrt(var + eps)
    n = P["gamma1"] * xhat + P["beta1"]
    h = np.maximum(n, 0)
    s = h @ P["W2"] + P["b2"]
    e = np.exp(s - s.max(1, keepdims=True))
    p = e / e.sum(1, keepdims=True)
    return z, mu, var, xhat, n, h, p


def loss():
    return float(-np.log(fw()[-1][np.arange(N), y]).mean())


def grads():
    z, mu, var, xhat, n, h, p = fw()
    ds = p.copy()
    ds[np.arange(N), y] -= 1
    ds /= N
    dh = ds @ P["W2"].T
    dn = dh * (n > 0)
    g = {"W2": h.T @ ds, "b2": ds.sum(0), "gamma1": (dn * xhat).sum(0), "beta1": dn.sum(0)}
    dx = dn * P["gamma1"]
    dz = (dx - dx.mean(0) - xhat * (dx * xhat).mean(0)) / np.sqrt(var + eps)
    g["W1"] = X.T @ dz
    g["b1"] = dz.sum(0)
    return g


# ---- problem
def problem():
    return dict(loss=loss, params=P, grads=grads)


FAULTS = """
normalisation | dz = (dx - dx.mean(0) - xhat * (dx * xhat).mean(0)) / np.sqrt(var + eps) | dz = dx / np.sqrt(var + eps)
normalisation | dz = (dx - dx.mean(0) - xhat * (dx * xhat).mean(0)) / np.sqrt(var + eps) | dz = (dx - dx.mean(0)) / np.sqrt(var + eps)
normalisation | dz = (dx - dx.mean(0) - xhat * (dx * xhat).mean(0)) / np.sqrt(var + eps) | dz = (dx - xhat * (dx * xhat).mean(0)) / np.sqrt(var + eps)
normalisation | dx = dn * P["gamma1"] | dx = dn
normalisation | g = {"W2": h.T @ ds, "b2": ds.sum(0), "gamma1": (dn * xhat).sum(0), "beta1": dn.sum(0)} | g = {"W2": h.T @ ds, "b2": ds.sum(0), "gamma1": (dn * z).sum(0), "beta1": dn.sum(0)}
bias-reduction | g = {"W2": h.T @ ds, "b2": ds.sum(0), "gamma1": (dn * xhat).sum(0), "beta1": dn.sum(0)} | g = {"W2": h.T @ ds, "b2": ds.sum(0), "gamma1": (dn * xhat).sum(0), "beta1": dn.mean(0)}
missing-activation-derivative | dn = dh * (n > 0) | dn = dh
"""
