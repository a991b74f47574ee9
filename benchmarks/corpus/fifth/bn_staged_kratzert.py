# batchnorm_backward, one node of the graph at a time; net: affine - bn - relu - affine - softmax
import numpy as np


def bn_forward(x, gamma, beta, eps=1e-5):
    N, D = x.shape
    mu = 1.0 / N * np.sum(x, axis=0)
    xmu = x - mu
    sq = xmu**2
    var = 1.0 / N * np.sum(sq, axis=0)
    sqrtvar = np.sqrt(var + eps)
    ivar = 1.0 / sqrtvar
    xhat = xmu * ivar
    out = gamma * xhat + beta
    return out, (xhat, gamma, xmu, ivar, sqrtvar, var, eps)


def bn_backward(dout, cache):
    xhat, gamma, xmu, ivar, sqrtvar, var, eps = cache
    N, D = dout.shape
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(dout * xhat, axis=0)
    dxhat = dout * gamma
    divar = np.sum(dxhat * xmu, axis=0)
    dxmu1 = dxhat * ivar
    dsqrtvar = -1.0 / (sqrtvar**2) * divar
    dvar = 0.5 * 1.0 / np.sqrt(var + eps) * dsqrtvar
    dsq = 1.0 / N * np.ones((N, D)) * dvar
    dxmu2 = 2 * xmu * dsq
    dx1 = dxmu1 + dxmu2
    dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0)
    dx2 = 1.0 / N * np.ones((N, D)) * dmu
    return dx1 + dx2, dgamma, dbeta


def loss_fn(model, X, y):
    z = X @ model["W1"]
    o, bn = bn_forward(z, model["gamma"], model["beta"])
    h = np.maximum(0, o)
    s = h @ model["W2"] + model["b2"]
    s = s - s.max(1, keepdims=True)
    p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
    return -np.log(p[range(len(y)), y]).mean(), (bn, h, o, p)


def grad_fn(model, X, y):
    _, (bn, h, o, p) = loss_fn(model, X, y)
    ds = p.copy()
    ds[range(len(y)), y] -= 1
    ds /= len(y)
    g = {}
    g["W2"], g["b2"] = h.T @ ds, ds.sum(0)
    do = ds @ model["W2"].T
    do[o <= 0] = 0
    dz, g["gamma"], g["beta"] = bn_backward(do, bn)
    g["W1"] = X.T @ dz
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(77)
    X, y = rng.normal(size=(8, 3)) * 2 + 1, rng.integers(0, 3, 8)
    model = dict(W1=rng.normal(size=(3, 5)), gamma=rng.uniform(0.5, 1.5, 5), beta=rng.normal(size=5) * 0.3,
                 W2=rng.normal(size=(5, 3)), b2=rng.normal(size=3) * 0.2)
    return dict(params=model, loss=lambda: loss_fn(model, X, y)[0], grads=lambda: grad_fn(model, X, y))


FAULTS = """
normalisation | dsqrtvar = -1.0 / (sqrtvar**2) * divar | dsqrtvar = -1.0 / sqrtvar * divar
missing-term | dmu = -1 * np.sum(dxmu1 + dxmu2, axis=0) | dmu = np.zeros(D)
missing-term | dx1 = dxmu1 + dxmu2 | dx1 = dxmu1
wrong-operand | dgamma = np.sum(dout * xhat, axis=0) | dgamma = np.sum(dout * xmu, axis=0)
scale | dxmu2 = 2 * xmu * dsq | dxmu2 = xmu * dsq
missing-activation-derivative | do[o <= 0] = 0 |
"""
