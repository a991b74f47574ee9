"""Pre-norm residual blocks with GELU (tanh approximation); dataclasses hold weights and gradients alike."""
from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

C = np.sqrt(2 / np.pi)


@dataclass
class Block:
    gain: np.ndarray
    shift: np.ndarray
    up: np.ndarray
    up_bias: np.ndarray
    down: np.ndarray

    @classmethod
    def random(cls, d: int, h: int, rng) -> Block:
        return cls(rng.uniform(0.6, 1.4, d), rng.normal(size=d) * 0.1, rng.normal(size=(d, h)) * 0.5,
                   rng.normal(size=h) * 0.1, rng.normal(size=(h, d)) * 0.5)

    def as_dict(self):
        return {f.name: getattr(self, f.name) for f in fields(self)}


def gelu(u):
    return 0.5 * u * (1 + np.tanh(C * (u + 0.044715 * u ** 3)))


def gelu_prime(u):
    th = np.tanh(C * (u + 0.044715 * u ** 3))
    return 0.5 * (1 + th) + 0.5 * u * (1 - th ** 2) * C * (1 + 3 * 0.044715 * u ** 2)


def block_forward(p: Block, x):
    mu = x.mean(-1, keepdims=True)
    std = np.sqrt(((x - mu) ** 2).mean(-1, keepdims=True) + 1e-6)
    xn = (x - mu) / std
    y = p.gain * xn + p.shift
    u = y @ p.up + p.up_bias
    return x + gelu(u) @ p.down, (xn, std, y, u)


def block_backward(p: Block, cache, dout):
    xn, std, y, u = cache
    d_down = gelu(u).T @ dout
    du = dout @ p.down.T * gelu_prime(u)
    d_up = y.T @ du
    d_up_bias = du.sum(0)
    dy = du @ p.up.T
    d_gain = (dy * xn).sum(0)
    d_shift = dy.sum(0)
    dxn = dy * p.gain
    centred = dxn - dxn.mean(-1, keepdims=True)
    dx = (centred - xn * (dxn * xn).mean(-1, keepdims=True)) / std
    dx = dx + dout
    return dx, Block(d_gain, d_shift, d_up, d_up_bias, d_down)


def run(blocks, x):
    caches = []
    for b in blocks:
        x, cache = block_forward(b, x)
        caches.append(cache)
    return x, caches


def loss(blocks, x, target):
    out, _ = run(blocks, x)
    return np.sqrt(1 + (out - target) ** 2).sum()


def gradient(blocks, x, target):
    out, caches = run(blocks, x)
    d = (out - target) / np.sqrt(1 + (out - target) ** 2)
    grads = []
    for b, cache in zip(blocks[::-1], caches[::-1]):
        d, g = block_backward(b, cache, d)
        grads.insert(0, g.as_dict())
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(512)
    blocks = [Block.random(4, 5, rng) for _ in range(2)]
    x, target = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    return dict(loss=lambda: loss(blocks, x, target), params=[b.as_dict() for b in blocks],
                grads=lambda: gradient(blocks, x, target))


FAULTS = """
normalisation | dx = (centred - xn * (dxn * xn).mean(-1, keepdims=True)) / std | dx = dxn / std
normalisation | centred = dxn - dxn.mean(-1, keepdims=True) | centred = dxn - dxn.mean(0, keepdims=True)
normalisation | dx = (centred - xn * (dxn * xn).mean(-1, keepdims=True)) / std | dx = centred / std
missing-term | dx = dx + dout |
wrong-activation-derivative | return 0.5 * (1 + th) + 0.5 * u * (1 - th ** 2) * C * (1 + 3 * 0.044715 * u ** 2) | return 0.5 * (1 + th)
missing-activation-derivative | du = dout @ p.down.T * gelu_prime(u) | du = dout @ p.down.T
wrong-operand | d_up = y.T @ du | d_up = xn.T @ du
wrong-operand | d_down = gelu(u).T @ dout | d_down = u.T @ dout
loss-gradient | d = (out - target) / np.sqrt(1 + (out - target) ** 2) | d = out - target
bias-reduction | d_shift = dy.sum(0) | d_shift = dy.mean(0)
swapped-gradients | grads.insert(0, g.as_dict()) | grads.append(g.as_dict())
"""
