"""Pre-norm residual MLP blocks with RMSNorm and GELU-ish gates, written as one class per block."""
import numpy as np


class RMSNorm:
    def __init__(self, d, rng):
        self.scale = 1 + 0.2 * rng.standard_normal(d)

    def __call__(self, x):
        self.x = x
        self.rms = np.sqrt((x ** 2).mean(-1, keepdims=True) + 1e-5)
        self.unit = x / self.rms
        return self.unit * self.scale

    def backward(self, g):
        self.g_scale = (g * self.unit).sum(0)
        gu = g * self.scale
        return (gu - self.unit * (gu * self.unit).mean(-1, keepdims=True)) / self.rms


class Block:
    def __init__(self, d, hidden, rng):
        self.norm = RMSNorm(d, rng)
        self.up = rng.standard_normal((d, hidden)) * 0.6
        self.down = rng.standard_normal((hidden, d)) * 0.6

    def __call__(self, x):
        self.n = self.norm(x)
        self.pre = self.n @ self.up
        self.sig = 1 / (1 + np.exp(-1.702 * self.pre))
        self.act = self.pre * self.sig
        return x + self.act @ self.down

    def backward(self, g):
        self.g_down = self.act.T @ g
        g_act = g @ self.down.T
        g_pre = g_act * (self.sig + 1.702 * self.pre * self.sig * (1 - self.sig))
        self.g_up = self.n.T @ g_pre
        return g + self.norm.backward(g_pre @ self.up.T)


class Model:
    def __init__(self, rng):
        self.embed = rng.standard_normal((3, 4))
        self.blocks = [Block(4, 5, rng), Block(4, 3, rng)]
        self.read = rng.standard_normal(4)

    def loss(self, x, y):
        h = self.x = x
        h = h @ self.embed
        for block in self.blocks:
            h = block(h)
        self.h = h
        self.gap = h @ self.read - y
        return np.log(np.cosh(self.gap)).sum()

    def backward(self):
        g = np.tanh(self.gap)
        out = {"read": self.h.T @ g}
        g = g[:, None] * self.read
        for i in (1, 0):
            block = self.blocks[i]
            g = block.backward(g)
            out[f"block{i}"] = [block.norm.g_scale, block.g_up, block.g_down]
        out["embed"] = self.x.T @ g
        return out


# ---- problem
def problem():
    rng = np.random.default_rng(2019)
    model = Model(rng)
    x, y = rng.standard_normal((6, 3)), rng.standard_normal(6)
    params = {"embed": model.embed, "read": model.read}
    for i, b in enumerate(model.blocks):
        params[f"block{i}"] = [b.norm.scale, b.up, b.down]

    def grads():
        model.loss(x, y)
        return model.backward()

    return dict(loss=lambda: model.loss(x, y), params=params, grads=grads)


FAULTS = """
missing-term | return g + self.norm.backward(g_pre @ self.up.T) | return self.norm.backward(g_pre @ self.up.T)
missing-term | return g + self.norm.backward(g_pre @ self.up.T) | self.norm.backward(g_pre @ self.up.T);;return g
normalisation | return (gu - self.unit * (gu * self.unit).mean(-1, keepdims=True)) / self.rms | return gu / self.rms
normalisation | (gu * self.unit).mean(-1, keepdims=True) | (gu * self.unit).sum(-1, keepdims=True)
wrong-activation-derivative | (self.sig + 1.702 * self.pre * self.sig * (1 - self.sig)) | self.sig * (1 - self.sig)
wrong-operand | self.g_up = self.n.T @ g_pre | self.g_up = self.norm.x.T @ g_pre
wrong-operand | self.g_scale = (g * self.unit).sum(0) | self.g_scale = (g * self.x).sum(0)
loss-gradient | g = np.tanh(self.gap) | g = self.gap
missing-activation-derivative | g_pre = g_act * (self.sig + 1.702 * self.pre * self.sig * (1 - self.sig)) | g_pre = g_act
"""
