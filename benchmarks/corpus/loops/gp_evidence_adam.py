"""Gaussian process hyperparameters by maximising log p(y) with Adam, in log space."""
import numpy as np
from numpy.linalg import cholesky, inv

rng = np.random.default_rng(8)
x = np.sort(rng.uniform(0, 6, 20))
y = np.sin(x) + 0.15 * rng.standard_normal(20)
SQ = (x[:, None] - x[None, :]) ** 2
I = np.eye(len(x))


def neg_log_evidence(theta):
    log_l, log_s, log_n = theta
    K_se = np.exp(2 * log_s) * np.exp(-0.5 * SQ / np.exp(2 * log_l))
    K = K_se + np.exp(2 * log_n) * I
    L = cholesky(K)
    Kinv = inv(K)
    alpha = Kinv @ y
    nll = 0.5 * y @ alpha + np.log(np.diag(L)).sum() + 0.5 * len(y) * np.log(2 * np.pi)

    inner = Kinv - np.outer(alpha, alpha)
    dK_l = K_se * SQ / np.exp(2 * log_l)
    dK_s = 2 * K_se
    dK_n = 2 * np.exp(2 * log_n) * I
    grad = np.array([0.5 * np.sum(inner * dK) for dK in (dK_l, dK_s, dK_n)])
    return nll, grad


theta = np.array([0.0, 0.0, -1.0])
m, v = np.zeros(3), np.zeros(3)
for t in range(1, 121):
    nll, g = neg_log_evidence(theta)
    m = 0.9 * m + 0.1 * g
    v = 0.999 * v + 0.001 * g * g
    theta -= 0.05 * (m / (1 - 0.9 ** t)) / (np.sqrt(v / (1 - 0.999 ** t)) + 1e-8)
    if t % 40 == 0:
        print(f"{t:4d}  {nll:9.4f}  l={np.exp(theta[0]):.3f} s={np.exp(theta[1]):.3f} n={np.exp(theta[2]):.3f}")

FAULTS = """
missing-factor | dK_s = 2 * K_se | dK_s = K_se
missing-term | inner = Kinv - np.outer(alpha, alpha) | inner = Kinv
wrong-sign | inner = Kinv - np.outer(alpha, alpha) | inner = Kinv + np.outer(alpha, alpha)
missing-factor | dK_l = K_se * SQ / np.exp(2 * log_l) | dK_l = K_se * SQ / np.exp(log_l)
missing-factor | grad = np.array([0.5 * np.sum(inner * dK) for dK in (dK_l, dK_s, dK_n)]) | grad = np.array([np.sum(inner * dK) for dK in (dK_l, dK_s, dK_n)])
"""
