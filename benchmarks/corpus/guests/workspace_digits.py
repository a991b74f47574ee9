"""No allocations in the loop: all buffers are made once, NumPy writes with out=."""
import numpy as np


class Workspace:
    def __init__(self, batch, sizes, seed):
        rng = np.random.default_rng(seed)
        pairs = list(zip(sizes, sizes[1:]))
        self.W = [rng.standard_normal(p) / np.sqrt(p[0]) for p in pairs]
        self.b = [rng.standard_normal(p[1]) * 0.1 for p in pairs]
        self.act = [np.empty((batch, s)) for s in sizes]
        self.delta = [np.empty((batch, s)) for s in sizes]
        self.tmp = [np.empty((batch, s)) for s in sizes]
        self.gW = [np.empty(p) for p in pairs]
        self.gb = [np.empty(p[1]) for p in pairs]

    def forward(self, x):
        self.act[0][:] = x
        last = len(self.W) - 1
        for k, (W, b) in enumerate(zip(self.W, self.b)):
            out = self.act[k + 1]
            np.matmul(self.act[k], W, out=out)
            np.add(out, b, out=out)
            if k < last:
                np.tanh(out, out=out)
        return self.act[-1]

    def loss(self, x, t):
        s = self.forward(x)
        top = s.max(axis=1)
        lse = top + np.log(np.exp(s - top[:, None]).sum(axis=1))
        return float((lse - (s * t).sum(axis=1)).mean())

    def backward(self, x, t):
        s = self.forward(x)
        d = self.delta[-1]
        np.subtract(s, s.max(axis=1, keepdims=True), out=d)
        np.exp(d, out=d)
        np.divide(d, d.sum(axis=1, keepdims=True), out=d)
        np.subtract(d, t, out=d)
        np.divide(d, len(x), out=d)
        for k in range(len(self.W) - 1, -1, -1):
            np.matmul(self.act[k].T, self.delta[k + 1], out=self.gW[k])
            np.sum(self.delta[k + 1], axis=0, out=self.gb[k])
            if k:
                np.matmul(self.delta[k + 1], self.W[k].T, out=self.delta[k])
                np.square(self.act[k], out=self.tmp[k])
                np.subtract(1, self.tmp[k], out=self.tmp[k])
                np.multiply(self.delta[k], self.tmp[k], out=self.delta[k])
        return self.gW, self.gb


# ---- problem
def problem():
    rng = np.random.default_rng(300)
    ws = Workspace(7, (3, 4, 4, 3), 301)
    x, t = rng.normal(size=(7, 3)), np.eye(3)[rng.integers(0, 3, 7)]
    return dict(loss=lambda: ws.loss(x, t), params=(ws.W, ws.b), grads=lambda: ws.backward(x, t))


FAULTS = """
missing-activation-derivative | np.multiply(self.delta[k], self.tmp[k], out=self.delta[k]) |
wrong-activation-derivative | np.square(self.act[k], out=self.tmp[k]) | np.copyto(self.tmp[k], self.act[k])
aliasing | self.gb = [np.empty(p[1]) for p in pairs] | self.gb = [np.empty(4)] * 2 + [np.empty(3)]
scale | np.divide(d, len(x), out=d) |
sign | np.subtract(d, t, out=d) | np.subtract(t, d, out=d)
bias-reduction | np.sum(self.delta[k + 1], axis=0, out=self.gb[k]) | np.mean(self.delta[k + 1], axis=0, out=self.gb[k])
softmax-jacobian | np.subtract(d, t, out=d) | np.multiply(d - 1, t, out=d)
"""
