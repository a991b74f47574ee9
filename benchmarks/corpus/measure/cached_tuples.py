import numpy as np


def linear(x, layer):
    return x @ layer["W"].T + layer["b"], x


def linear_grad(d, x, layer):
    return d @ layer["W"], {"W": d.T @ x, "b": d.sum(axis=0)}


def dropout(x, rate, seed):
    keep = np.random.RandomState(seed).rand(*x.shape) >= rate
    return x * keep / (1 - rate), keep


def run(layers, x, rate=0.25):
    caches, h = [], x
    for n, layer in enumerate(layers):
        z, inp = linear(h, layer)
        if n == len(layers) - 1:
            caches.append((inp, z, None))
            h = z
        else:
            a = np.log(1 + np.exp(z))
            h, keep = dropout(a, rate, n)
            caches.append((inp, z, keep))
    return h, caches


def softmax_loss(z, y):
    z = z - z.max(axis=1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    return -(y * logp).sum() / len(y), (np.exp(logp) - y) / len(y)


def gradients(layers, x, y, rate=0.25):
    out, caches = run(layers, x, rate)
    _, d = softmax_loss(out, y)
    found = [None] * len(layers)
    for n in range(len(layers) - 1, -1, -1):
        inp, z, keep = caches[n]
        if keep is not None:
            d = d * keep / (1 - rate)
            d = d / (1 + np.exp(-z))
        d, found[n] = linear_grad(d, inp, layers[n])
    return found


# ---- problem
def problem():
    r = np.random.default_rng(6)
    shapes = [(5, 3), (4, 5), (3, 4)]
    layers = [{"W": 0.7 * r.normal(size=s), "b": 0.2 * r.normal(size=s[0])} for s in shapes]
    x, y = r.normal(size=(6, 3)), np.eye(3)[r.integers(0, 3, 6)]
    return dict(
        loss=lambda: softmax_loss(run(layers, x)[0], y)[0],
        params=layers,
        grads=lambda: gradients(layers, x, y),
    )


FAULTS = """
dropout-mask | d = d * keep / (1 - rate) |
scale | d = d * keep / (1 - rate) | d = d * keep
missing-activation-derivative | d = d / (1 + np.exp(-z)) |
sign | d = d / (1 + np.exp(-z)) | d = d / (1 + np.exp(z))
wrong-activation-derivative | d = d / (1 + np.exp(-z)) | d = d * z * (1 - z)
scale | (np.exp(logp) - y) / len(y) | np.exp(logp) - y
sign | (np.exp(logp) - y) / len(y) | (y - np.exp(logp)) / len(y)
bias-reduction | "b": d.sum(axis=0) | "b": d.mean(axis=0)
loss-gradient | (np.exp(logp) - y) / len(y) | (logp - y) / len(y)
"""
