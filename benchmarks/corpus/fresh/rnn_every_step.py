from types import SimpleNamespace

import numpy as np

net = SimpleNamespace()
_r = np.random.default_rng(17)
net.Wx, net.Wh = _r.normal(size=(4, 3)) * 0.5, _r.normal(size=(4, 4)) * 0.5
net.bh, net.Wy, net.by = np.zeros((4, 1)) + 0.1, _r.normal(size=(3, 4)) * 0.7, np.zeros((3, 1)) - 0.1
xs = _r.normal(size=(6, 3, 1))
labels = [0, 2, 1, 1, 0, 2]


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def forward():
    hs, ps = {-1: np.zeros((4, 1))}, {}
    for t in range(len(xs)):
        hs[t] = 1 / (1 + np.exp(-(net.Wx @ xs[t] + net.Wh @ hs[t - 1] + net.bh)))
        ps[t] = softmax(net.Wy @ hs[t] + net.by)
    return hs, ps


def loss():
    _, ps = forward()
    return -sum(np.log(ps[t][labels[t], 0]) for t in range(len(xs))) / len(xs)


def backward():
    hs, ps = forward()
    g = SimpleNamespace(**{k: np.zeros_like(v) for k, v in vars(net).items()})
    carry = np.zeros((4, 1))
    for t in range(len(xs) - 1, -1, -1):
        dy = ps[t].copy()
        dy[labels[t]] -= 1
        dy /= len(xs)
        g.Wy += dy @ hs[t].T
        g.by += dy
        dh = net.Wy.T @ dy + carry
        dz = dh * hs[t] * (1 - hs[t])
        g.Wx += dz @ xs[t].T
        g.Wh += dz @ hs[t - 1].T
        g.bh += dz
        carry = net.Wh.T @ dz
    return g


# ---- problem
def problem():
    return dict(loss=loss, params=net, grads=lambda: vars(backward()))


FAULTS = """
recurrence | dh = net.Wy.T @ dy + carry | dh = net.Wy.T @ dy
recurrence | dh = net.Wy.T @ dy + carry | dh = net.Wy.T @ dy if t == len(xs) - 1 else carry
wrong-activation-derivative | dz = dh * hs[t] * (1 - hs[t]) | dz = dh * (1 - hs[t] ** 2)
missing-activation-derivative | carry = net.Wh.T @ dz | carry = net.Wh.T @ dh
indexing | g.Wh += dz @ hs[t - 1].T | g.Wh += dz @ hs[max(t - 2, -1)].T
scale | dy /= len(xs) | pass
"""
