"""Triplet loss embedding, self-study."""
import numpy as np

rng = np.random.RandomState(99)
margin = 0.5


def init(sizes):
    return [[rng.randn(i, o) * np.sqrt(1.0 / i), np.zeros(o)] for i, o in zip(sizes[:-1], sizes[1:])]


def embed(net, x):
    (W1, b1), (W2, b2) = net
    a = np.tanh(x @ W1 + b1)
    return a, a @ W2 + b2


def embed_back(net, x, a, de):
    (W1, b1), (W2, b2) = net
    dW2 = a.T @ de
    db2 = de.sum(axis=0)
    da = (de @ W2.T) * (1 - a * a)
    dW1 = x.T @ da
    db1 = da.sum(axis=0)
    return [[dW1, db1], [dW2, db2]]


def triplet(net, xa, xp, xn):
    ha, ea = embed(net, xa)
    hp, ep = embed(net, xp)
    hn, en = embed(net, xn)
    dp = ((ea - ep) ** 2).sum(axis=1)
    dn = ((ea - en) ** 2).sum(axis=1)
    viol = dp - dn + margin
    loss = np.maximum(viol, 0).mean()

    act = (viol > 0)[:, None] / len(xa)
    dea = 2 * act * (en - ep)
    dep = -2 * act * (ea - ep)
    den = 2 * act * (ea - en)

    ga = embed_back(net, xa, ha, dea)
    gp = embed_back(net, xp, hp, dep)
    gn = embed_back(net, xn, hn, den)
    grads = [[ga[l][k] + gp[l][k] + gn[l][k] for k in range(2)] for l in range(2)]
    return loss, grads


cent = rng.randn(5, 6) * 1.5
net = init([6, 10, 3])
for it in range(250):
    c = rng.randint(0, 5, 24)
    other = (c + rng.randint(1, 5, 24)) % 5
    xa = cent[c] + rng.randn(24, 6)
    xp = cent[c] + rng.randn(24, 6)
    xn = cent[other] + rng.randn(24, 6)
    loss, grads = triplet(net, xa, xp, xn)
    for layer, g in zip(net, grads):
        layer[0] -= 0.1 * g[0]
        layer[1] -= 0.1 * g[1]
    if it % 50 == 0:
        print(it, round(loss, 4))

FAULTS = """
sign-of-anchor-gradient | dea = 2 * act * (en - ep) | dea = 2 * act * (ep - en)
mask-forgotten | act = (viol > 0)[:, None] / len(xa) | act = np.ones((len(xa), 1)) / len(xa)
negatives-not-added | grads = [[ga[l][k] + gp[l][k] + gn[l][k] for k in range(2)] for l in range(2)] | grads = [[ga[l][k] + gp[l][k] for k in range(2)] for l in range(2)]
wrong-cache-hp-used-for-negative | gn = embed_back(net, xn, hn, den) | gn = embed_back(net, xn, hp, den)
factor-2-missing-on-one | dep = -2 * act * (ea - ep) | dep = -act * (ea - ep)
"""
