# normalising flow of radial layers, maximum likelihood; parameters: list of (z0, alpha, beta) tuples
import numpy as np

softplus = lambda v: np.log1p(np.exp(v))
expit = lambda v: 1 / (1 + np.exp(-v))


def layer_forward(x, z0, a_raw, b_raw):
    alpha = softplus(a_raw)
    beta = -alpha + softplus(b_raw)
    diff = x - z0
    r = np.sqrt((diff**2).sum(axis=1))
    h = 1 / (alpha + r)
    bh = beta * h
    y = x + bh[:, None] * diff
    D = x.shape[1]
    lin = 1 + bh
    cross = 1 + bh - beta * h**2 * r
    logdet = (D - 1) * np.log(lin) + np.log(cross)
    return y, logdet, (diff, r, h, alpha, beta, lin, cross, a_raw, b_raw)


def layer_backward(dy, dlogdet, cache):
    diff, r, h, alpha, beta, lin, cross, a_raw, b_raw = cache
    D = diff.shape[1]
    dlin = dlogdet * (D - 1) / lin
    dcross = dlogdet / cross
    dbh = (dy * diff).sum(axis=1) + dlin + dcross
    dbeta = (dbh * h).sum() - (dcross * h**2 * r).sum()
    dh = dbh * beta - 2 * dcross * beta * h * r
    dr = -dcross * beta * h**2 - dh * h**2
    ddiff = (beta * h)[:, None] * dy + (dr / r)[:, None] * diff
    dx = dy + ddiff
    dz0 = -ddiff.sum(axis=0)
    dalpha = -(dh * h**2).sum() - dbeta
    return dx, (dz0, dalpha * expit(a_raw), dbeta * expit(b_raw))


def nll(layers, x):
    total = 0
    for z0, a, b in layers:
        x, logdet, _ = layer_forward(x, z0, a[0], b[0])
        total = total + logdet
    return np.mean(0.5 * (x**2).sum(axis=1) + np.log(2 * np.pi) - total)


def nll_backward(layers, x):
    caches = []
    for z0, a, b in layers:
        x, _, cache = layer_forward(x, z0, a[0], b[0])
        caches.append(cache)
    N = len(x)
    dx = x / N
    dlogdet = -np.ones(N) / N
    grads = []
    for cache in caches[::-1]:
        dx, (dz0, da, db) = layer_backward(dx, dlogdet, cache)
        grads.insert(0, (dz0, np.array([da]), np.array([db])))
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(6)
    layers = [(rng.normal(size=2), rng.normal(size=1), rng.normal(size=1) + 0.5) for _ in range(3)]
    x = rng.normal(size=(8, 2)) * [1.0, 0.4] + 0.5
    return dict(params=layers, loss=lambda: nll(layers, x), grads=lambda: nll_backward(layers, x))


FAULTS = """
missing-term | dalpha = -(dh * h**2).sum() - dbeta | dalpha = -(dh * h**2).sum()
missing-term | dx = dy + ddiff | dx = ddiff
scale | dh = dbh * beta - 2 * dcross * beta * h * r | dh = dbh * beta - dcross * beta * h * r
sign | dz0 = -ddiff.sum(axis=0) | dz0 = ddiff.sum(axis=0)
missing-term | ddiff = (beta * h)[:, None] * dy + (dr / r)[:, None] * diff | ddiff = (beta * h)[:, None] * dy
sign | dlogdet = -np.ones(N) / N | dlogdet = np.ones(N) / N
"""
