"""Weight normalisation and group normalisation in one regression net; gradient buffers in one flat array."""
import math

import numpy as np


class Flat:
    """One vector for all parameters and one for all gradients; the pieces are views"""

    def __init__(self, **shapes):
        sizes = [math.prod(s) for s in shapes.values()]
        self.vector, self.gradient = np.zeros(sum(sizes)), np.zeros(sum(sizes))
        ends = np.cumsum(sizes)
        self.p, self.g = {}, {}
        for (name, shape), size, end in zip(shapes.items(), sizes, ends):
            self.p[name] = self.vector[end - size:end].reshape(shape)
            self.g[name] = self.gradient[end - size:end].reshape(shape)


def weightnorm(v, g):
    norm = np.sqrt((v ** 2).sum(axis=0))
    return g * v / norm, norm


def weightnorm_back(dw, v, g, norm):
    direction = v / norm
    dg = (dw * direction).sum(axis=0)
    dv = g / norm * (dw - direction * dg)
    return dv, dg


def groupnorm(x, groups):
    n, c = x.shape
    xg = x.reshape(n, groups, c // groups)
    mean = xg.mean(axis=2, keepdims=True)
    std = np.sqrt(xg.var(axis=2, keepdims=True) + 1e-2)
    xhat = (xg - mean) / std
    return xhat.reshape(n, c), (xhat, std)


def groupnorm_back(dy, cache):
    xhat, std = cache
    d = dy.reshape(xhat.shape)
    dx = (d - d.mean(axis=2, keepdims=True) - xhat * (d * xhat).mean(axis=2, keepdims=True)) / std
    return dx.reshape(dy.shape)


class Net:
    def __init__(self, rng):
        self.flat = Flat(v1=(3, 6), g1=(6,), b1=(6,), gain=(6,), v2=(6, 6), g2=(6,), b2=(6,), out=(6,))
        for name, p in self.flat.p.items():
            p[...] = rng.normal(size=p.shape) * 0.7 + (1.0 if name in ('g1', 'g2', 'gain') else 0.0)
        self.x, self.y = rng.normal(size=(7, 3)), rng.normal(size=7)

    def forward(self):
        p = self.flat.p
        self.w1, self.n1 = weightnorm(p['v1'], p['g1'])
        self.a = self.x @ self.w1 + p['b1']
        self.hat, self.gn = groupnorm(self.a, 2)
        self.s = np.tanh(p['gain'] * self.hat)
        self.w2, self.n2 = weightnorm(p['v2'], p['g2'])
        self.u = self.s @ self.w2 + p['b2']
        self.r = np.where(self.u > 0, self.u, 0.3 * self.u)
        return self.r @ p['out']

    def cost(self):
        return 0.5 * np.mean((self.forward() - self.y) ** 2)

    def jac(self):
        p, g = self.flat.p, self.flat.g
        e = (self.forward() - self.y) / len(self.y)
        g['out'][:] = self.r.T @ e
        du = np.outer(e, p['out']) * np.where(self.u > 0, 1.0, 0.3)
        g['v2'][:], g['g2'][:] = weightnorm_back(self.s.T @ du, p['v2'], p['g2'], self.n2)
        g['b2'][:] = du.sum(axis=0)
        ds = du @ self.w2.T * (1 - self.s ** 2)
        g['gain'][:] = (ds * self.hat).sum(axis=0)
        da = groupnorm_back(ds * p['gain'], self.gn)
        g['v1'][:], g['g1'][:] = weightnorm_back(self.x.T @ da, p['v1'], p['g1'], self.n1)
        g['b1'][:] = da.sum(axis=0)
        return self.flat.gradient


# ---- problem
def problem():
    net = Net(np.random.default_rng(1602))
    return dict(loss=net.cost, params=net.flat.vector, grads=net.jac)


FAULTS = """
normalisation | dv = g / norm * (dw - direction * dg) | dv = g / norm * dw
normalisation | dx = (d - d.mean(axis=2, keepdims=True) - xhat * (d * xhat).mean(axis=2, keepdims=True)) / std | dx = (d - d.mean(axis=2, keepdims=True)) / std
wrong-operand | ds = du @ self.w2.T * (1 - self.s ** 2) | ds = du @ p['v2'].T * (1 - self.s ** 2)
transpose | ds = du @ self.w2.T * (1 - self.s ** 2) | ds = du @ self.w2 * (1 - self.s ** 2)
missing-gradient | g['b2'][:] = du.sum(axis=0) |
missing-activation-derivative | ds = du @ self.w2.T * (1 - self.s ** 2) | ds = du @ self.w2.T
activation-derivative-at-wrong-value | ds = du @ self.w2.T * (1 - self.s ** 2) | ds = du @ self.w2.T * (1 - np.tanh(self.s) ** 2)
bias-reduction | g['b1'][:] = da.sum(axis=0) | g['b1'][:] = da.sum()
"""
