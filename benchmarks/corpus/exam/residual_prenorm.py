from functools import reduce
from itertools import accumulate

import numpy as np

EPS = 1e-6


def layer_norm(x, gain):
    mu = x.mean(axis=1, keepdims=True)
    inv = 1 / np.sqrt(((x - mu) ** 2).mean(axis=1, keepdims=True) + EPS)
    return (x - mu) * inv * gain, ((x - mu) * inv, inv)


def layer_norm_vjp(dy, saved, gain):
    xhat, inv = saved
    dgain = np.einsum("nd,nd->d", dy, xhat)
    dxhat = dy * gain
    m1 = dxhat.mean(axis=1, keepdims=True)
    m2 = (dxhat * xhat).mean(axis=1, keepdims=True)
    return inv * (dxhat - m1 - xhat * m2), dgain


def residual(x, blk):
    n, saved = layer_norm(x, blk["gain"])
    u = n @ blk["up"] + blk["up_b"]
    r = np.maximum(u, 0) ** 2
    return x + blk["rate"] * (r @ blk["down"]), (n, saved, u, r)


def residual_vjp(dy, blk, cache):
    n, saved, u, r = cache
    branch = r @ blk["down"]
    dbranch = blk["rate"] * dy
    dr = dbranch @ blk["down"].T
    du = dr * 2 * np.maximum(u, 0)
    dn = du @ blk["up"].T
    dx, dgain = layer_norm_vjp(dn, saved, blk["gain"])
    g = {
        "rate": np.sum(dy * branch, axis=0),
        "down": r.T @ dbranch,
        "up": n.T @ du,
        "up_b": du.sum(axis=0),
        "gain": dgain,
    }
    return dx + dy, g


def apply(net, x):
    return reduce(lambda h, blk: residual(h, blk)[0], net, x)


def mse(net, x, y):
    return ((apply(net, x) - y) ** 2).sum(axis=1).mean()


def mse_vjp(net, x, y):
    steps = list(accumulate(net, lambda s, blk: residual(s[0], blk), initial=(x, None)))
    dy = 2 * (steps[-1][0] - y) / len(x)
    grads = []
    for blk, (_, cache) in reversed(list(zip(net, steps[1:]))):
        dy, g = residual_vjp(dy, blk, cache)
        grads.insert(0, g)
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(40)
    net = [
        {
            "gain": 1 + 0.2 * rng.normal(size=4),
            "up": rng.normal(0, 0.6, (4, 4)),
            "up_b": 0.3 * rng.normal(size=4),
            "down": rng.normal(0, 0.6, (4, 4)),
            "rate": rng.uniform(0.3, 1.2, 4),
        }
        for _ in range(2)
    ]
    x, y = rng.normal(size=(3, 4)), rng.normal(size=(3, 4))
    return dict(loss=lambda: mse(net, x, y), params=net, grads=lambda: mse_vjp(net, x, y))


FAULTS = """
missing-term | return dx + dy, g | return dx, g
normalisation | return inv * (dxhat - m1 - xhat * m2), dgain | return inv * (dxhat - m1), dgain
normalisation | return inv * (dxhat - m1 - xhat * m2), dgain | return dxhat - m1 - xhat * m2, dgain
normalisation | m1 = dxhat.mean(axis=1, keepdims=True) | m1 = dxhat.mean(axis=0, keepdims=True)
bias-reduction | "up_b": du.sum(axis=0), | "up_b": du.sum(),
bias-reduction | dgain = np.einsum("nd,nd->d", dy, xhat) | dgain = np.einsum("nd,nd->", dy, xhat)
missing-activation-derivative | du = dr * 2 * np.maximum(u, 0) | du = dr
wrong-activation-derivative | du = dr * 2 * np.maximum(u, 0) | du = dr * (u > 0)
activation-derivative-at-wrong-value | du = dr * 2 * np.maximum(u, 0) | du = dr * 2 * r
raw-error-propagated | dr = dbranch @ blk["down"].T | dr = dy @ blk["down"].T
wrong-operand | "up": n.T @ du, | "up": saved[0].T @ du,
scale | dy = 2 * (steps[-1][0] - y) / len(x) | dy = 2 * (steps[-1][0] - y) / y.size
"""
