import numpy as np


def get_indices(channels, height, width, k, pad, stride):
    oh = (height + 2 * pad - k) // stride + 1
    ow = (width + 2 * pad - k) // stride + 1
    i0 = np.tile(np.repeat(np.arange(k), k), channels)
    j0 = np.tile(np.arange(k), k * channels)
    i = i0[:, None] + stride * np.repeat(np.arange(oh), ow)[None]
    j = j0[:, None] + stride * np.tile(np.arange(ow), oh)[None]
    c = np.repeat(np.arange(channels), k * k)[:, None]
    return c, i, j, oh, ow


class Conv:
    def __init__(self, cin, cout, k, pad=1, stride=1, rng=None):
        self.k, self.pad, self.stride = k, pad, stride
        self.W = rng.normal(0, 0.5, (cout, cin, k, k))
        self.b = rng.normal(0, 0.2, cout)

    def forward(self, x):
        n, c, h, w = x.shape
        self.shape = x.shape
        padded = np.pad(x, ((0, 0), (0, 0), (self.pad, self.pad), (self.pad, self.pad)))
        self.at = get_indices(c, h, w, self.k, self.pad, self.stride)
        ci, i, j, oh, ow = self.at
        self.cols = padded[:, ci, i, j]
        out = self.W.reshape(len(self.b), -1) @ self.cols + self.b[:, None]
        return out.reshape(n, -1, oh, ow)

    def backward(self, d):
        n, c, h, w = self.shape
        ci, i, j, _, _ = self.at
        d = d.reshape(n, len(self.b), -1)
        self.db = d.sum(axis=(0, 2))
        self.dW = np.einsum("nfp,nqp->fq", d, self.cols).reshape(self.W.shape)
        dcols = self.W.reshape(len(self.b), -1).T @ d
        dpad = np.zeros((n, c, h + 2 * self.pad, w + 2 * self.pad))
        np.add.at(dpad, (slice(None), ci, i, j), dcols)
        return dpad[:, :, self.pad : h + self.pad, self.pad : w + self.pad]


class AvgPool:
    def __init__(self, size):
        self.size = size

    def forward(self, x):
        n, c, h, w = x.shape
        s = self.size
        return x.reshape(n, c, h // s, s, w // s, s).mean(axis=(3, 5))

    def backward(self, d):
        s = self.size
        return d.repeat(s, axis=2).repeat(s, axis=3) / (s * s)


class Tanh:
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, d):
        return d * (1.0 - np.square(self.y))


class Dense:
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(0, n_in**-0.5, (n_in, n_out))
        self.b = rng.normal(0, 0.1, n_out)

    def forward(self, x):
        self.shape = x.shape
        self.x = x.reshape(len(x), -1)
        return self.x @ self.W + self.b

    def backward(self, d):
        self.dW = self.x.T @ d
        self.db = np.ones(len(d)) @ d
        return (d @ self.W.T).reshape(self.shape)


class Net:
    def __init__(self, rng):
        self.layers = [
            Conv(1, 2, 3, 1, 2, rng),
            Tanh(),
            Conv(2, 2, 3, 1, 1, rng),
            Tanh(),
            AvgPool(2),
            Dense(8, 1, rng),
        ]

    def logits(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x[:, 0]

    def bce(self, x, y):
        s = self.logits(x)
        return np.mean(np.logaddexp(0, s) - y * s)

    def backprop(self, x, y):
        s = self.logits(x)
        d = (1 / (1 + np.exp(-s)) - y)[:, None] / len(y)
        for layer in reversed(self.layers):
            d = layer.backward(d)

    def collect(self, prefix):
        return {
            f"{type(layer).__name__}{i}.{n}": getattr(layer, prefix + n)
            for i, layer in enumerate(self.layers)
            for n in ("W", "b")
            if hasattr(layer, n)
        }


# ---- problem
def problem():
    rng = np.random.default_rng(14)
    net = Net(rng)
    x, y = rng.normal(size=(3, 1, 7, 7)), np.array([1.0, 0.0, 1.0])

    def grads():
        net.backprop(x, y)
        return net.collect("d")

    return dict(loss=lambda: net.bce(x, y), params=net.collect(""), grads=grads)


FAULTS = """
scatter | np.add.at(dpad, (slice(None), ci, i, j), dcols) | dpad[:, ci, i, j] += dcols
indexing | return dpad[:, :, self.pad : h + self.pad, self.pad : w + self.pad] | return dpad[:, :, :h, :w]
indexing | np.add.at(dpad, (slice(None), ci, i, j), dcols) | np.add.at(dpad, (slice(None), ci, j, i), dcols)
scale | return d.repeat(s, axis=2).repeat(s, axis=3) / (s * s) | return d.repeat(s, axis=2).repeat(s, axis=3)
scale | return d.repeat(s, axis=2).repeat(s, axis=3) / (s * s) | return d.repeat(s, axis=2).repeat(s, axis=3) / s
bias-reduction | self.db = d.sum(axis=(0, 2)) | self.db = d.sum(axis=0).mean(axis=1)
bias-reduction | self.db = d.sum(axis=(0, 2)) | self.db = d[0].sum(axis=1)
activation-derivative-at-wrong-value | return d * (1.0 - np.square(self.y)) | return d * (1.0 - np.square(np.tanh(self.y)))
wrong-activation-derivative | return d * (1.0 - np.square(self.y)) | return d * (1.0 - self.y)
loss-gradient | d = (1 / (1 + np.exp(-s)) - y)[:, None] / len(y) | d = (s - y)[:, None] / len(y)
missing-gradient | self.dW = self.x.T @ d | self.dW = np.zeros_like(self.W)
"""
