"""Layers as generators: the first send gives the output, the second takes the gradient."""
import numpy as np


def dense(W, b, x, store):
    dy = yield x @ W + b
    store.append((x.T @ dy, dy.sum(axis=0)))
    yield dy @ W.T


def elu(x, alpha=0.8):
    y = np.where(x > 0, x, alpha * (np.exp(x) - 1))
    dy = yield y
    yield dy * np.where(x > 0, 1.0, y + alpha)


def center(x):
    """Subtracts the mean of each feature over the batch."""
    dy = yield x - x.mean(axis=0)
    yield dy - dy.mean(axis=0)


def logcosh(x, t):
    e = x - t
    scale = yield np.log(np.cosh(e)).sum() / len(e)
    yield scale * np.tanh(e) / len(e)


def play(P, x, t):
    store, running = [], []
    for k in range(3):
        layer = dense(P[k][0], P[k][1], x, store)
        x = next(layer)
        running.append(layer)
        if k < 2:
            layer = elu(x)
            x = next(layer)
            running.append(layer)
        if k == 0:
            layer = center(x)
            x = next(layer)
            running.append(layer)
    end = logcosh(x, t)
    value = next(end)

    def rewind():
        d = end.send(1.0)
        for layer in reversed(running):
            d = layer.send(d)
        return store[::-1]

    return value, rewind


# ---- problem
def problem():
    r = np.random.default_rng(1965)
    dims = [3, 5, 4, 2]
    P = [(r.normal(size=(m, n)), r.normal(size=n) * 0.3) for m, n in zip(dims, dims[1:])]
    x, t = r.normal(size=(7, 3)), r.normal(size=(7, 2))
    return dict(loss=lambda: play(P, x, t)[0], params=P, grads=lambda: play(P, x, t)[1]())


FAULTS = """
normalisation | yield dy - dy.mean(axis=0) | yield dy
normalisation | yield dy - dy.mean(axis=0) | yield dy - dy.mean()
loss-gradient | yield scale * np.tanh(e) / len(e) | yield scale * e / len(e)
scale | yield scale * np.tanh(e) / len(e) | yield scale * np.tanh(e)
wrong-activation-derivative | yield dy * np.where(x > 0, 1.0, y + alpha) | yield dy * np.where(x > 0, 1.0, y + 1)
activation-derivative-at-wrong-value | yield dy * np.where(x > 0, 1.0, y + alpha) | yield dy * np.where(x > 0, 1.0, x + alpha)
bias-reduction | store.append((x.T @ dy, dy.sum(axis=0))) | store.append((x.T @ dy, dy.mean(axis=0)))
missing-activation-derivative | yield dy * np.where(x > 0, 1.0, y + alpha) | yield dy
sign | yield scale * np.tanh(e) / len(e) | yield scale * np.tanh(-e) / len(e)
"""
