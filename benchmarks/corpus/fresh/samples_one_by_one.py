"""A list of layers, one sample at a time, sums of gradients divided at the end."""
import numpy as np


def make(sizes, seed=111):
    r = np.random.default_rng(seed)
    return [[r.normal(size=(o, i)) * 0.7, r.normal(size=o) * 0.2] for i, o in zip(sizes, sizes[1:])]


def leaky(v):
    return np.where(v > 0, v, 0.2 * v)


def run(layers, x):
    steps = []
    for n, (w, b) in enumerate(layers):
        v = w.dot(x) + b
        steps.append((x, v))
        x = leaky(v) if n < len(layers) - 1 else np.tanh(v)
    return steps, x


def total(layers, data):
    return sum(np.sum(np.abs(run(layers, x)[1] - t)) for x, t in data) / len(data)


def total_gradient(layers, data):
    acc = [[np.zeros_like(w), np.zeros_like(b)] for w, b in layers]
    for x, t in data:
        steps, y = run(layers, x)
        d = np.sign(y - t) * (1 - y * y)
        for n in reversed(range(len(layers))):
            inp, v = steps[n]
            if n < len(layers) - 1:
                d = d * np.where(v > 0, 1.0, 0.2)
            acc[n][0] += np.outer(d, inp)
            acc[n][1] += d
            d = layers[n][0].T.dot(d)
    return [[gw / len(data), gb / len(data)] for gw, gb in acc]


# ---- problem
def problem():
    r = np.random.default_rng(112)
    layers = make([3, 5, 4, 2])
    data = [(r.normal(size=3), r.uniform(-1, 1, size=2)) for _ in range(6)]
    return dict(
        loss=lambda: total(layers, data), params=layers, grads=lambda: total_gradient(layers, data)
    )


FAULTS = """
loss-gradient | d = np.sign(y - t) * (1 - y * y) | d = (y - t) * (1 - y * y)
missing-activation-derivative | d = np.sign(y - t) * (1 - y * y) | d = np.sign(y - t)
accumulation | acc[n][0] += np.outer(d, inp) | acc[n][0] = np.outer(d, inp)
wrong-activation-derivative | d = d * np.where(v > 0, 1.0, 0.2) | d = d * np.where(v > 0, 0.2, 1.0)
scale | [gw / len(data), gb / len(data)] | [gw / len(data), gb]
"""
