# ListNet: Ranking von Treffern pro Suchanfrage. Ein Scoring-Netz, Kreuzentropie zwischen Top-1-Verteilungen.
# Spalten = Dokumente (wie in der Vorlesung)
import numpy as np


def selu(z, lam=1.0507, alpha=1.67326):
    return lam * np.where(z > 0, z, alpha * (np.exp(np.minimum(z, 0)) - 1))


def selu_abl(z, lam=1.0507, alpha=1.67326):
    return lam * np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0)))


def top1(s):
    e = np.exp(s - s.max())
    return e / e.sum()


def scores(par, D):
    Z1 = par[0] @ D + par[1]
    H1 = selu(Z1)
    Z2 = par[2] @ H1 + par[3]
    H2 = selu(Z2)
    return (par[4] @ H2).ravel(), (Z1, H1, Z2, H2)


def verlust(par, anfragen):
    summe = 0
    for D, rel in anfragen:
        s, _ = scores(par, D)
        summe -= top1(rel) @ np.log(top1(s))
    return summe / len(anfragen)


def gradienten(par, anfragen):
    g = [0 * p for p in par]
    for D, rel in anfragen:
        s, (Z1, H1, Z2, H2) = scores(par, D)
        ds = (top1(s) - top1(rel)) / len(anfragen)
        ds = ds.reshape(1, -1)
        g[4] += ds @ H2.T
        dZ2 = (par[4].T @ ds) * selu_abl(Z2)
        g[2] += dZ2 @ H1.T
        g[3] += dZ2.sum(1, keepdims=True)
        dZ1 = (par[2].T @ dZ2) * selu_abl(Z1)
        g[0] += dZ1 @ D.T
        g[1] += dZ1.sum(1, keepdims=True)
    return g


# ---- problem
def problem():
    r = np.random.RandomState(42)
    par = [r.randn(4, 3), r.randn(4, 1) * .2, r.randn(4, 4) * .6, r.randn(4, 1) * .2, r.randn(1, 4)]
    anfragen = [(r.randn(3, n), r.randint(0, 4, n) * 1.0) for n in (4, 2, 5)]
    return dict(loss=lambda: verlust(par, anfragen), params=par, grads=lambda: gradienten(par, anfragen))


FAULTS = """
loss-gradient | ds = (top1(s) - top1(rel)) / len(anfragen) | ds = (top1(s) - rel) / len(anfragen)
scale | ds = (top1(s) - top1(rel)) / len(anfragen) | ds = (top1(s) - top1(rel)) / D.shape[1]
transpose | dZ1 = (par[2].T @ dZ2) * selu_abl(Z1) | dZ1 = (par[2] @ dZ2) * selu_abl(Z1)
accumulation | g[3] += dZ2.sum(1, keepdims=True) | g[3] = dZ2.sum(1, keepdims=True)
wrong-activation-derivative | return lam * np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0))) | return np.where(z > 0, 1, alpha * np.exp(np.minimum(z, 0)))
activation-derivative-at-wrong-value | dZ1 = (par[2].T @ dZ2) * selu_abl(Z1) | dZ1 = (par[2].T @ dZ2) * selu_abl(H1)
bias-reduction | g[1] += dZ1.sum(1, keepdims=True) | g[1] += dZ1.sum()
"""
