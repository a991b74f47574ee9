from dataclasses import dataclass, field

import numpy as np


@dataclass
class Param:
    value: np.ndarray
    grad: np.ndarray = field(default=None)

    def __post_init__(self):
        self.grad = np.zeros_like(self.value)


class Module:
    def zero(self):
        for p in vars(self).values():
            if isinstance(p, Param):
                p.grad[...] = 0.0


class Affine(Module):
    def __init__(self, i, o, r):
        self.w = Param(r.normal(size=(i, o)) * 0.6)
        self.b = Param(r.normal(size=(1, o)) * 0.2)

    def __call__(self, x):
        self.inp = x
        return np.matmul(x, self.w.value) + self.b.value

    def back(self, g):
        self.w.grad += np.matmul(self.inp.T, g)
        self.b.grad += g.sum(axis=0, keepdims=True)
        return np.matmul(g, self.w.value.T)


class LayerNorm(Module):
    def __init__(self, n, r, eps=1e-6):
        self.gain = Param(1 + 0.2 * r.normal(size=n))
        self.shift = Param(0.2 * r.normal(size=n))
        self.eps = eps

    def __call__(self, x):
        m = x.mean(axis=1, keepdims=True)
        self.std = np.sqrt(((x - m) ** 2).mean(axis=1, keepdims=True) + self.eps)
        self.unit = (x - m) / self.std
        return self.gain.value * self.unit + self.shift.value

    def back(self, g):
        self.gain.grad += (g * self.unit).sum(axis=0)
        self.shift.grad += g.sum(axis=0)
        gu = g * self.gain.value
        mean_gu = gu.mean(axis=1, keepdims=True)
        mean_guu = (gu * self.unit).mean(axis=1, keepdims=True)
        return (gu - mean_gu - self.unit * mean_guu) / self.std


class Gelu(Module):
    def __call__(self, x):
        self.s = 1 / (1 + np.exp(-1.702 * x))
        self.x = x
        return x * self.s

    def back(self, g):
        return g * (self.s + 1.702 * self.x * self.s * (1 - self.s))


class Net:
    def __init__(self):
        r = np.random.default_rng(8)
        self.first, self.norm, self.act, self.second = (
            Affine(3, 5, r), LayerNorm(5, r), Gelu(), Affine(5, 2, r)
        )

    def modules(self):
        yield from (self.first, self.norm, self.act, self.second)

    def run(self, x):
        for module in self.modules():
            x = module(x)
        return x

    def huber(self, x, t, d=1.0):
        e = self.run(x) - t
        small = np.abs(e) <= d
        self.delta = np.where(small, e, d * np.sign(e)) / e.size
        return np.where(small, 0.5 * e * e, d * (np.abs(e) - 0.5 * d)).mean()

    def learn(self, x, t):
        for module in self.modules():
            module.zero()
        self.huber(x, t)
        g = self.delta
        for module in list(self.modules())[::-1]:
            g = module.back(g)


# ---- problem
def problem():
    r = np.random.default_rng(14)
    net = Net()
    x, t = r.standard_normal((4, 3)), 1.5 * r.standard_normal((4, 2))
    found = [net.first.w, net.first.b, net.norm.gain, net.norm.shift, net.second.w, net.second.b]

    def grads():
        net.learn(x, t)
        return [p.grad for p in found]

    return dict(loss=lambda: net.huber(x, t), params=[p.value for p in found], grads=grads)


FAULTS = """
normalisation | return (gu - mean_gu - self.unit * mean_guu) / self.std | return (gu - mean_gu) / self.std
normalisation | return (gu - mean_gu - self.unit * mean_guu) / self.std | return gu - mean_gu - self.unit * mean_guu
normalisation | mean_guu = (gu * self.unit).mean(axis=1, keepdims=True) | mean_guu = (gu * self.unit).mean(axis=0, keepdims=True)
normalisation | gu = g * self.gain.value | gu = g
wrong-activation-derivative | return g * (self.s + 1.702 * self.x * self.s * (1 - self.s)) | return g * (self.s + self.x * self.s * (1 - self.s))
wrong-activation-derivative | return g * (self.s + 1.702 * self.x * self.s * (1 - self.s)) | return g * self.s
scale | self.delta = np.where(small, e, d * np.sign(e)) / e.size | self.delta = np.where(small, e, d * np.sign(e)) / len(e)
loss-gradient | np.where(small, e, d * np.sign(e)) / e.size | np.where(small, e, np.sign(e) * e) / e.size
bias-reduction | self.b.grad += g.sum(axis=0, keepdims=True) | self.b.grad += g.sum()
"""
