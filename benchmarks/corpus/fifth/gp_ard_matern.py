# GP regression, Matern 3/2 with one length scale a column, noise and a linear mean: -log p(y) and its gradient
import numpy as np


def kernel_parts(log_ell, log_sf, X):
    ell = np.exp(log_ell)
    D2 = ((X[:, None, :] - X[None, :, :]) / ell) ** 2
    r = np.sqrt(3 * D2.sum(axis=-1))
    K = np.exp(2 * log_sf) * (1 + r) * np.exp(-r)
    return K, r, D2


def neg_log_marginal(hyp, X, y):
    K, _, _ = kernel_parts(hyp["log_ell"], hyp["log_sf"][0], X)
    Ky = K + np.exp(2 * hyp["log_sn"][0]) * np.eye(len(y))
    e = y - X @ hyp["w"]
    L = np.linalg.cholesky(Ky)
    alpha = np.linalg.solve(L.T, np.linalg.solve(L, e))
    return 0.5 * e @ alpha + np.log(np.diag(L)).sum() + 0.5 * len(y) * np.log(2 * np.pi)


def neg_log_marginal_grad(hyp, X, y):
    K, r, D2 = kernel_parts(hyp["log_ell"], hyp["log_sf"][0], X)
    sn2 = np.exp(2 * hyp["log_sn"][0])
    Kinv = np.linalg.inv(K + sn2 * np.eye(len(y)))
    alpha = Kinv @ (y - X @ hyp["w"])
    Q = Kinv - np.outer(alpha, alpha)
    g = {"w": -X.T @ alpha}
    g["log_sn"] = np.array([sn2 * np.trace(Q)])
    g["log_sf"] = np.array([np.sum(Q * K)])
    base = 3 * np.exp(2 * hyp["log_sf"][0]) * np.exp(-r)
    g["log_ell"] = np.array([0.5 * np.sum(Q * base * D2[:, :, k]) for k in range(X.shape[1])])
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(50)
    X = rng.uniform(-2, 2, size=(9, 2))
    y = np.sin(X[:, 0]) + 0.4 * X[:, 1] + 0.1 * rng.normal(size=9)
    hyp = {"log_ell": np.array([0.1, 0.5]), "log_sf": np.array([-0.2]), "log_sn": np.array([-1.0]), "w": np.array([0.3, -0.2])}
    return dict(params=hyp, loss=lambda: neg_log_marginal(hyp, X, y), grads=lambda: neg_log_marginal_grad(hyp, X, y))


FAULTS = """
scale | g["log_ell"] = np.array([0.5 * np.sum(Q * base * D2[:, :, k]) for k in range(X.shape[1])]) | g["log_ell"] = np.array([np.sum(Q * base * D2[:, :, k]) for k in range(X.shape[1])])
sign | g = {"w": -X.T @ alpha} | g = {"w": X.T @ alpha}
missing-term | Q = Kinv - np.outer(alpha, alpha) | Q = -np.outer(alpha, alpha)
wrong-operand | g["log_sf"] = np.array([np.sum(Q * K)]) | g["log_sf"] = np.array([np.sum(Kinv * K)])
missing-term | g["log_sn"] = np.array([sn2 * np.trace(Q)]) | g["log_sn"] = np.array([np.trace(Q)])
wrong-operand | g["log_ell"] = np.array([0.5 * np.sum(Q * base * D2[:, :, k]) for k in range(X.shape[1])]) | g["log_ell"] = np.array([0.5 * np.sum(Q * K * D2[:, :, k]) for k in range(X.shape[1])])
"""
