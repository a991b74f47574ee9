import numpy as np


def affine_forward(x, w, b):
    return x.dot(w) + b, (x, w)


def affine_backward(dout, cache):
    x, w = cache
    dx = dout.dot(w.T)
    dw = x.T.dot(dout)
    db = np.sum(dout, axis=0)
    return dx, dw, db


def bn_forward(x, gamma, beta, eps=1e-5):
    mu = x.mean(axis=0)
    var = x.var(axis=0)
    ivar = 1.0 / np.sqrt(var + eps)
    xhat = (x - mu) * ivar
    return gamma * xhat + beta, (xhat, gamma, ivar)


def bn_backward(dout, cache):
    xhat, gamma, ivar = cache
    n = dout.shape[0]
    dgamma = np.sum(dout * xhat, axis=0)
    dbeta = np.sum(dout, axis=0)
    dxhat = dout * gamma
    dx = ivar / n * (n * dxhat - np.sum(dxhat, axis=0) - xhat * np.sum(dxhat * xhat, axis=0))
    return dx, dgamma, dbeta


def elu(x):
    return np.where(x > 0, x, np.exp(x) - 1)


def loss_and_grads(p, x, t):
    h, c1 = affine_forward(x, p["w1"], p["b1"])
    g, c2 = bn_forward(h, p["gamma"], p["beta"])
    a = elu(g)
    s, c3 = affine_forward(a, p["w2"], p["b2"])
    n = len(x)
    loss = 0.5 / n * np.sum((s - t) ** 2)
    ds = (s - t) / n
    grads = {}
    da, grads["w2"], grads["b2"] = affine_backward(ds, c3)
    dg = da * np.where(g > 0, 1.0, a + 1)
    dh, grads["gamma"], grads["beta"] = bn_backward(dg, c2)
    _, grads["w1"], grads["b1"] = affine_backward(dh, c1)
    return loss, grads


# ---- problem
def problem():
    r = np.random.default_rng(2)
    p = dict(
        w1=r.standard_normal((3, 4)), b1=r.standard_normal(4), gamma=1 + 0.3 * r.standard_normal(4),
        beta=0.2 * r.standard_normal(4), w2=r.standard_normal((4, 2)), b2=r.standard_normal(2),
    )
    x, t = r.standard_normal((6, 3)), r.standard_normal((6, 2))
    return dict(
        loss=lambda q: loss_and_grads(q, x, t)[0], params=p, grads=lambda q: loss_and_grads(q, x, t)[1]
    )


FAULTS = """
normalisation | dx = ivar / n * (n * dxhat - np.sum(dxhat, axis=0) - xhat * np.sum(dxhat * xhat, axis=0)) | dx = ivar * dxhat
normalisation | (n * dxhat - np.sum(dxhat, axis=0) - xhat * np.sum(dxhat * xhat, axis=0)) | (n * dxhat - xhat * np.sum(dxhat * xhat, axis=0))
normalisation | np.sum(dxhat * xhat, axis=0)) | np.sum(dxhat, axis=0))
normalisation | dxhat = dout * gamma | dxhat = dout
normalisation | dgamma = np.sum(dout * xhat, axis=0) | dgamma = np.sum(dout, axis=0)
swapped-gradients | return dx, dgamma, dbeta | return dx, dbeta, dgamma
wrong-activation-derivative | dg = da * np.where(g > 0, 1.0, a + 1) | dg = da * np.where(g > 0, 1.0, a)
missing-activation-derivative | dg = da * np.where(g > 0, 1.0, a + 1) | dg = da
scale | ds = (s - t) / n | ds = 2 * (s - t) / n
"""
