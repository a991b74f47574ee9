# Deep kernel learning: GP marginal likelihood on top of a small feature net. ARD RBF + noise, Cholesky.
# scipy is not installed on the cluster, so np.linalg.solve it is.
import numpy as np


def features(th, X):
    Z = X @ th["W"] + th["c"]
    return np.tanh(Z)


def kernel(th, F):
    ell = np.exp(th["log_ell"])
    S = F / ell
    D = np.sum(S**2, 1)[:, None] + np.sum(S**2, 1)[None, :] - 2 * S @ S.T
    return np.exp(th["log_sf"]) * np.exp(-0.5 * D), S


def nlml(th, X, y):
    K, _ = kernel(th, features(th, X))
    Ky = K + np.exp(th["log_sn"]) * np.eye(len(y))
    L = np.linalg.cholesky(Ky)
    r = y - th["mean"]
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, r))
    return 0.5 * r @ alpha + np.sum(np.log(np.diag(L))) + 0.5 * len(y) * np.log(2 * np.pi)


def nlml_grad(th, X, y):
    F = features(th, X)
    K, S = kernel(th, F)
    Ky = K + np.exp(th["log_sn"]) * np.eye(len(y))
    Kinv = np.linalg.inv(Ky)
    alpha = Kinv @ (y - th["mean"])
    dK = 0.5 * (Kinv - np.outer(alpha, alpha))
    g = {}
    g["mean"] = -np.sum(alpha)
    g["log_sn"] = np.exp(th["log_sn"]) * np.trace(dK)
    g["log_sf"] = np.sum(dK * K)
    G = dK * K
    # K_ij = sf exp(-|s_i - s_j|^2 / 2): dS_i = -2 sum_j G_ij (s_i - s_j), G symmetric
    dS = -2 * (G.sum(axis=1)[:, None] * S - G @ S)
    g["log_ell"] = -np.sum(dS * S, axis=0)
    dF = dS / np.exp(th["log_ell"])
    dZ = dF * (1 - F**2)
    g["W"] = X.T @ dZ
    g["c"] = dZ.sum(axis=0)
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(29)
    th = {"W": rng.normal(size=(2, 3)), "c": rng.normal(size=3) * 0.3, "log_ell": rng.normal(size=3) * 0.3 - 0.3,
          "log_sf": np.array(0.2), "log_sn": np.array(-1.5), "mean": np.array(0.1)}
    X, y = rng.normal(size=(7, 2)), rng.normal(size=7)
    return dict(loss=lambda: nlml(th, X, y), params=th, grads=lambda: nlml_grad(th, X, y))


FAULTS = """
sign | dK = 0.5 * (Kinv - np.outer(alpha, alpha)) | dK = 0.5 * (Kinv + np.outer(alpha, alpha))
missing-term | dS = -2 * (G.sum(axis=1)[:, None] * S - G @ S) | dS = -2 * (G.sum(axis=1)[:, None] * S)
scale | dS = -2 * (G.sum(axis=1)[:, None] * S - G @ S) | dS = -(G.sum(axis=1)[:, None] * S - G @ S)
missing-term | g["log_sn"] = np.exp(th["log_sn"]) * np.trace(dK) | g["log_sn"] = np.trace(dK)
wrong-operand | g["log_sf"] = np.sum(dK * K) | g["log_sf"] = np.sum(dK * Ky)
missing-term | dF = dS / np.exp(th["log_ell"]) | dF = dS
wrong-operand | g["log_ell"] = -np.sum(dS * S, axis=0) | g["log_ell"] = -np.sum(dS * F, axis=0)
missing-term | dK = 0.5 * (Kinv - np.outer(alpha, alpha)) | dK = -0.5 * np.outer(alpha, alpha)
"""
