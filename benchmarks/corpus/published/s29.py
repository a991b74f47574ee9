# LayerNorm + dropout MLP regression, functions with tuples, RMSProp. (github gist)
import numpy as np

R = np.random.RandomState(77)


def fc_fwd(x, W, b):
    return x @ W + b, (x, W)


def fc_bwd(d, cache):
    x, W = cache
    return d @ W.T, x.T @ d, d.sum(0)


def ln_fwd(x, g, b):
    mu = x.mean(-1, keepdims=True)
    sd = np.sqrt(((x - mu) ** 2).mean(-1, keepdims=True) + 1e-5)
    xn = (x - mu) / sd
    return g * xn + b, (xn, sd, g)


def ln_bwd(d, cache):
    xn, sd, g = cache
    dg = (d * xn).sum(0)
    db = d.sum(0)
    dxn = d * g
    dx = (dxn - dxn.mean(-1, keepdims=True) - xn * (dxn * xn).mean(-1, keepdims=True)) / sd
    return dx, dg, db


def drop_fwd(x, keep):
    m = (R.rand(*x.shape) < keep) / keep
    return x * m, m


def drop_bwd(d, m):
    return d * m


X = R.randn(200, 6)
Y = (np.sin(X[:, :1]) + X[:, 1:2] * X[:, 2:3])
P = [R.randn(6, 24) / 6 ** .5, np.zeros(24), np.ones(24), np.zeros(24), R.randn(24, 1) / 24 ** .5, np.zeros(1)]
S2 = [np.zeros_like(q) for q in P]

for it in range(250):
    sel = R.choice(200, 40, replace=False)
    xb, yb = X[sel], Y[sel]
    z1, c1 = fc_fwd(xb, P[0], P[1])
    n1, cn = ln_fwd(z1, P[2], P[3])
    t1 = np.tanh(n1)
    d1, cm = drop_fwd(t1, 0.8)
    out, c2 = fc_fwd(d1, P[4], P[5])
    loss = ((out - yb) ** 2).mean()

    dout = 2 * (out - yb) / yb.size
    dd1, gW2, gb2 = fc_bwd(dout, c2)
    dt1 = drop_bwd(dd1, cm)
    dn1 = dt1 * (1 - t1 ** 2)
    dz1, gg, gb = ln_bwd(dn1, cn)
    _, gW1, gb1 = fc_bwd(dz1, c1)
    G = [gW1, gb1, gg, gb, gW2, gb2]
    for j in range(6):
        S2[j] = 0.95 * S2[j] + 0.05 * G[j] ** 2
        P[j] = P[j] - 0.01 * G[j] / (np.sqrt(S2[j]) + 1e-8)
    if it % 50 == 0:
        print(it, loss)

FAULTS = """
dropout-mask-forgotten-in-backward | return d * m | return d
layer-norm-xn-term-forgotten | dx = (dxn - dxn.mean(-1, keepdims=True) - xn * (dxn * xn).mean(-1, keepdims=True)) / sd | dx = (dxn - dxn.mean(-1, keepdims=True)) / sd
layer-norm-averages-over-the-batch-axis | dx = (dxn - dxn.mean(-1, keepdims=True) - xn * (dxn * xn).mean(-1, keepdims=True)) / sd | dx = (dxn - dxn.mean(0, keepdims=True) - xn * (dxn * xn).mean(-1, keepdims=True)) / sd
tanh-derivative-with-dropped-activation-d1 | dn1 = dt1 * (1 - t1 ** 2) | dn1 = dt1 * (1 - d1 ** 2)
wrong-size:-divides-by-feature-size | dout = 2 * (out - yb) / yb.size | dout = 2 * (out - yb) / xb.size
"""
