"""Proportional odds model: fun(theta) and jac(theta), as scipy.optimize.minimize wants them.

theta = [beta (p), first cutpoint, log increments of the other cutpoints]
"""

import numpy as np

rng = np.random.RandomState(11)
n, p, K = 14, 3, 4
X = rng.randn(n, p)
y = np.arange(n) % K
ridge = 0.3


def expit(z):
    return 1.0 / (1.0 + np.exp(-z))


def _unpack(theta):
    beta, first, incr = theta[:p], theta[p], theta[p + 1 :]
    cuts = np.cumsum(np.concatenate([[first], np.exp(incr)]))
    return beta, incr, np.concatenate([[-np.inf], cuts, [np.inf]])


def fun(theta):
    beta, _, c = _unpack(theta)
    eta = X @ beta
    prob = expit(c[y + 1] - eta) - expit(c[y] - eta)
    return -np.mean(np.log(prob)) + 0.5 * ridge * beta @ beta


def jac(theta):
    beta, incr, c = _unpack(theta)
    eta = X @ beta
    upper = expit(c[y + 1] - eta)
    lower = expit(c[y] - eta)
    prob = upper - lower
    f_up = upper * (1 - upper)
    f_lo = lower * (1 - lower)
    d_up = -f_up / prob / n
    d_lo = f_lo / prob / n
    d_eta = -(d_up + d_lo)

    g = np.empty_like(theta)
    g[:p] = X.T @ d_eta + ridge * beta
    d_cuts = np.array([d_up[y == k].sum() + d_lo[y == k + 1].sum() for k in range(K - 1)])
    g[p] = d_cuts.sum()
    for j, inc in enumerate(incr):
        g[p + 1 + j] = np.exp(inc) * d_cuts[j + 1 :].sum()
    return g


# ---- problem
def problem():
    theta = np.array([0.5, -0.8, 0.3, -1.0, 0.1, -0.2])
    return dict(loss=fun, params=theta, grads=jac)


FAULTS = """
wrong-activation-derivative | f_lo = lower * (1 - lower) | f_lo = lower * (1 - lower**2)
missing-term | d_eta = -(d_up + d_lo) | d_eta = -d_up
sign | d_lo = f_lo / prob / n | d_lo = -f_lo / prob / n
regulariser | g[:p] = X.T @ d_eta + ridge * beta | g[:p] = X.T @ d_eta
missing-activation-derivative | np.exp(inc) * d_cuts[j + 1 :].sum() | d_cuts[j + 1 :].sum()
indexing | d_cuts[j + 1 :].sum() | d_cuts[j:].sum()
loss-gradient | d_up = -f_up / prob / n | d_up = -f_up / upper / n
early-reduction | g[:p] = X.T @ d_eta + ridge * beta | g[:p] = X.mean(axis=0) * d_eta.sum() + ridge * beta
"""
