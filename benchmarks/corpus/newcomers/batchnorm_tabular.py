# tabular data, BN after each linear layer, nothing but functions and caches
import numpy as np

EPS = 1e-3


def linear_fwd(x, w):
    return x @ w, (x, w)


def linear_bwd(dy, cache):
    x, w = cache
    return dy @ w.T, x.T @ dy


def bn_fwd(x, gamma, beta):
    mu = x.mean(axis=0)
    xc = x - mu
    var = (xc ** 2).mean(axis=0)
    istd = 1 / np.sqrt(var + EPS)
    xn = xc * istd
    return gamma * xn + beta, (xn, xc, istd, gamma)


def bn_bwd(dy, cache):
    xn, xc, istd, gamma = cache
    n = len(dy)
    dbeta = dy.sum(axis=0)
    dgamma = (dy * xn).sum(axis=0)
    dxn = dy * gamma
    distd = (dxn * xc).sum(axis=0)
    dvar = -0.5 * distd * istd ** 3
    dxc = dxn * istd + 2 * xc * dvar / n
    dx = dxc - dxc.sum(axis=0) / n
    return dx, dgamma, dbeta


def relu_fwd(x):
    return np.maximum(0, x), x


def relu_bwd(dy, x):
    dx = dy.copy()
    dx[x <= 0] = 0
    return dx


def forward(p, x, y):
    caches = {}
    h, caches['l1'] = linear_fwd(x, p['w1'])
    h, caches['n1'] = bn_fwd(h, p['g1'], p['s1'])
    h, caches['r1'] = relu_fwd(h)
    h, caches['l2'] = linear_fwd(h, p['w2'])
    h, caches['n2'] = bn_fwd(h, p['g2'], p['s2'])
    h, caches['r2'] = relu_fwd(h)
    h, caches['l3'] = linear_fwd(h, p['w3'])
    caches['diff'] = h[:, 0] - y
    return np.mean(caches['diff'] ** 2), caches


def backward(p, x, y):
    _, c = forward(p, x, y)
    g = {}
    dh = 2 * c['diff'][:, None] / len(y)
    dh, g['w3'] = linear_bwd(dh, c['l3'])
    dh = relu_bwd(dh, c['r2'])
    dh, g['g2'], g['s2'] = bn_bwd(dh, c['n2'])
    dh, g['w2'] = linear_bwd(dh, c['l2'])
    dh = relu_bwd(dh, c['r1'])
    dh, g['g1'], g['s1'] = bn_bwd(dh, c['n1'])
    dh, g['w1'] = linear_bwd(dh, c['l1'])
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(63)
    p = dict(w1=rng.normal(size=(4, 5)), g1=rng.uniform(0.5, 1.5, 5), s1=rng.normal(size=5) * 0.5,
             w2=rng.normal(size=(5, 3)), g2=rng.uniform(0.5, 1.5, 3), s2=rng.normal(size=3) * 0.5,
             w3=rng.normal(size=(3, 1)))
    x, y = rng.normal(size=(9, 4)), rng.normal(size=9)
    return dict(loss=lambda: forward(p, x, y)[0], params=p, grads=lambda: backward(p, x, y))


FAULTS = """
normalisation | dx = dxc - dxc.sum(axis=0) / n | dx = dxc
normalisation | dxc = dxn * istd + 2 * xc * dvar / n | dxc = dxn * istd
normalisation | dvar = -0.5 * distd * istd ** 3 | dvar = -0.5 * distd * istd
wrong-operand | dgamma = (dy * xn).sum(axis=0) | dgamma = (dy * xc).sum(axis=0)
wrong-operand | distd = (dxn * xc).sum(axis=0) | distd = (dxn * xn).sum(axis=0)
missing-activation-derivative | dh = relu_bwd(dh, c['r1']) |
swapped-gradients | dh, g['g2'], g['s2'] = bn_bwd(dh, c['n2']) | dh, g['s2'], g['g2'] = bn_bwd(dh, c['n2'])
scale | dh = 2 * c['diff'][:, None] / len(y) | dh = c['diff'][:, None] / len(y)
bias-reduction | dbeta = dy.sum(axis=0) | dbeta = dy.mean(axis=0)
"""
