# Temporal convolutional network: dilated causal convs with weight standardization, residual, 1x1 head
# layout (channels, time) -- a single series. numpy only, no im2col, one matmul per tap.
import numpy as np


def shift(x, lag):
    """x delayed by lag steps, zeros in front"""
    if lag == 0:
        return x
    return np.concatenate([np.zeros((x.shape[0], lag)), x[:, :-lag]], axis=1)


def unshift(g, lag):
    if lag == 0:
        return g
    return np.concatenate([g[:, lag:], np.zeros((g.shape[0], lag))], axis=1)


def standardise(V):
    """V: (taps, out, in); zero mean and unit scale per output channel"""
    mu = V.mean(axis=(0, 2), keepdims=True)
    sd = np.sqrt(((V - mu) ** 2).mean(axis=(0, 2), keepdims=True) + 1e-4)
    return (V - mu) / sd, sd


def standardise_back(dW, W, sd):
    mean = lambda a: a.mean(axis=(0, 2), keepdims=True)
    return (dW - mean(dW) - W * mean(dW * W)) / sd


class Block:
    def __init__(self, ch, taps, dilation, rng):
        self.V = rng.randn(taps, ch, ch)
        self.gain = np.ones(ch) * 0.7 + 0.1 * rng.randn(ch)
        self.bias = rng.randn(ch) * 0.2
        self.dilation = dilation

    def fwd(self, x):
        self.x = x
        self.W, self.sd = standardise(self.V)
        conv = 0
        for k in range(len(self.V)):
            conv = conv + self.W[k] @ shift(x, k * self.dilation)
        self.conv = conv
        z = self.gain[:, None] * conv + self.bias[:, None]
        self.a = np.where(z > 0, z, 0.2 * z)
        self.slope = np.where(z > 0, 1.0, 0.2)
        return x + self.a

    def bwd(self, dy):
        dz = dy * self.slope
        self.dgain = (dz * self.conv).sum(axis=1)
        self.dbias = dz.sum(axis=1)
        dconv = dz * self.gain[:, None]
        dW = np.zeros_like(self.V)
        dx = dy.copy()
        for k in range(len(self.V)):
            lag = k * self.dilation
            dW[k] = dconv @ shift(self.x, lag).T
            dx += unshift(self.W[k].T @ dconv, lag)
        self.dV = standardise_back(dW, self.W, self.sd)
        return dx


class TCN:
    def __init__(self, seed):
        rng = np.random.RandomState(seed)
        self.inp = rng.randn(2, 1)
        self.blocks = [Block(2, 3, d, rng) for d in (1, 2)]
        self.head = rng.randn(1, 2)

    def loss(self, series):
        x = self.inp @ series[None, :-1]
        for b in self.blocks:
            x = b.fwd(x)
        self.top = x
        self.err = (self.head @ x)[0] - series[1:]
        return np.log(np.cosh(self.err)).mean()

    def gradients(self, series):
        self.loss(series)
        dout = np.tanh(self.err)[None] / self.err.size
        dhead = dout @ self.top.T
        dx = self.head.T @ dout
        for b in reversed(self.blocks):
            dx = b.bwd(dx)
        dinp = dx @ series[None, :-1].T
        return [dinp] + [[b.dV, b.dgain, b.dbias] for b in self.blocks] + [dhead]


# ---- problem
def problem():
    net = TCN(9)
    series = np.sin(np.arange(11) * 0.9) + 0.3 * np.random.RandomState(10).randn(11)
    params = [net.inp] + [[b.V, b.gain, b.bias] for b in net.blocks] + [net.head]
    return dict(loss=lambda: net.loss(series), params=params, grads=lambda: net.gradients(series))


FAULTS = """
indexing | dx += unshift(self.W[k].T @ dconv, lag) | dx += shift(self.W[k].T @ dconv, lag)
indexing | dx += unshift(self.W[k].T @ dconv, lag) | dx += unshift(self.W[k].T @ dconv, k)
missing-term | self.dV = standardise_back(dW, self.W, self.sd) | self.dV = dW / self.sd
transpose | dx += unshift(self.W[k].T @ dconv, lag) | dx += unshift(self.W[k] @ dconv, lag)
wrong-operand | dx += unshift(self.W[k].T @ dconv, lag) | dx += unshift(self.V[k].T @ dconv, lag)
missing-term | dx = dy.copy() | dx = np.zeros_like(dy)
missing-term | dconv = dz * self.gain[:, None] | dconv = dz
normalisation | mean = lambda a: a.mean(axis=(0, 2), keepdims=True) | mean = lambda a: a.mean(axis=0, keepdims=True)
"""
