import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


class Module:
    """Parameters live in self.p, their gradients in self.g."""

    def __init__(self, **p):
        self.p = p
        self.g = {k: np.zeros_like(v) for k, v in p.items()}

    def zero(self):
        for v in self.g.values():
            v.fill(0)


class Conv2d(Module):
    def __init__(self, rng, cin, cout, k, stride):
        super().__init__(
            kernel=rng.normal(0, 0.5, (cout, cin, k, k)), shift=rng.normal(0, 0.2, cout)
        )
        self.k, self.stride = k, stride

    def __call__(self, x):
        self.x = x
        s = self.stride
        self.views = sliding_window_view(x, (self.k, self.k), axis=(2, 3))[:, :, ::s, ::s]
        out = np.einsum("nchwij,fcij->nfhw", self.views, self.p["kernel"])
        if "shift" in self.p:
            out = out + self.p["shift"].reshape(1, -1, 1, 1)
        return out

    def back(self, d):
        s, k = self.stride, self.k
        self.g["kernel"] += np.einsum("nchwij,nfhw->fcij", self.views, d)
        if "shift" in self.p:
            self.g["shift"] += np.einsum("nfhw->f", d)
        dx = np.zeros_like(self.x)
        height, width = d.shape[2:]
        for i in range(k):
            for j in range(k):
                part = np.einsum("nfhw,fc->nchw", d, self.p["kernel"][:, :, i, j])
                dx[:, :, i : i + s * height : s, j : j + s * width : s] += part
        return dx


class ChannelNorm(Module):
    """Batch norm over samples and positions."""

    def __init__(self, rng, c):
        super().__init__(scale=rng.uniform(0.5, 1.5, c), shift=rng.normal(0, 0.3, c))

    def __call__(self, x):
        axes = (0, 2, 3)
        self.mean = x.mean(axes, keepdims=True)
        self.std = np.sqrt(x.var(axes, keepdims=True) + 1e-5)
        self.n = (x - self.mean) / self.std
        scale, shift = (self.p[k][None, :, None, None] for k in ("scale", "shift"))
        return scale * self.n + shift

    def back(self, d):
        axes = (0, 2, 3)
        count = d.size / d.shape[1]
        self.g["shift"] += d.sum(axes)
        self.g["scale"] += (d * self.n).sum(axes)
        dn = d * self.p["scale"][None, :, None, None]
        s1 = dn.sum(axes, keepdims=True)
        s2 = (dn * self.n).sum(axes, keepdims=True)
        return (dn - s1 / count - self.n * s2 / count) / self.std


class Mish(Module):
    def __call__(self, x):
        self.x = x
        self.t = np.tanh(np.log1p(np.exp(x)))
        return x * self.t

    def back(self, d):
        inner = (1 - self.t**2) / (1 + np.exp(-self.x))
        return d * (self.t + self.x * inner)


class GlobalAverage(Module):
    def __call__(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def back(self, d):
        n, c, h, w = self.shape
        return np.broadcast_to(d[:, :, None, None], self.shape) / (h * w)


class Linear(Module):
    def __init__(self, rng, i, o):
        super().__init__(weight=rng.normal(0, 1 / np.sqrt(i), (o, i)), bias=rng.normal(0, 0.2, o))

    def __call__(self, x):
        self.x = x
        return x @ self.p["weight"].T + self.p["bias"]

    def back(self, d):
        self.g["weight"] += d.T @ self.x
        self.g["bias"] += d.sum(0)
        return d @ self.p["weight"]


def forward(modules, x):
    for m in modules:
        x = m(x)
    return x


def loss(modules, x, y):
    return float(np.abs(forward(modules, x) - y).mean())


def gradients(modules, x, y):
    for m in modules:
        m.zero()
    d = np.sign(forward(modules, x) - y) / y.size
    for m in modules[::-1]:
        d = m.back(d)
    return [m.g for m in modules]


# ---- problem
def problem():
    rng = np.random.default_rng(23)
    net = [
        Conv2d(rng, 2, 2, 2, 1),
        ChannelNorm(rng, 2),
        Mish(),
        Conv2d(rng, 2, 2, 3, 2),
        Mish(),
        GlobalAverage(),
        Linear(rng, 2, 2),
    ]
    x, y = rng.normal(size=(2, 2, 6, 6)), rng.normal(size=(2, 2))
    del net[0].p["shift"], net[0].g["shift"]  # has no say in front of a norm
    named = {f"{type(m).__name__}{i}": m.p for i, m in enumerate(net) if m.p}
    return dict(
        loss=lambda: loss(net, x, y),
        params=named,
        grads=lambda: dict(zip(named, [g for g in gradients(net, x, y) if g])),
    )


FAULTS = """
indexing | dx[:, :, i : i + s * height : s, j : j + s * width : s] += part | dx[:, :, i : i + height, j : j + width] += part
indexing | part = np.einsum("nfhw,fc->nchw", d, self.p["kernel"][:, :, i, j]) | part = np.einsum("nfhw,fc->nchw", d, self.p["kernel"][:, :, j, i])
transpose | part = np.einsum("nfhw,fc->nchw", d, self.p["kernel"][:, :, i, j]) | part = np.einsum("nfhw,cf->nchw", d, self.p["kernel"][:, :, i, j])
accumulation | dx[:, :, i : i + s * height : s, j : j + s * width : s] += part | dx[:, :, i : i + s * height : s, j : j + s * width : s] = part
normalisation | return (dn - s1 / count - self.n * s2 / count) / self.std | return (dn - s1 / count) / self.std
normalisation | count = d.size / d.shape[1] | count = d.shape[0]
normalisation | return (dn - s1 / count - self.n * s2 / count) / self.std | return dn - s1 / count - self.n * s2 / count
wrong-activation-derivative | return d * (self.t + self.x * inner) | return d * (self.t + inner)
wrong-activation-derivative | inner = (1 - self.t**2) / (1 + np.exp(-self.x)) | inner = 1 - self.t**2
scale | return np.broadcast_to(d[:, :, None, None], self.shape) / (h * w) | return np.broadcast_to(d[:, :, None, None], self.shape)
bias-reduction | self.g["bias"] += d.sum(0) | self.g["bias"] += d.sum()
bias-reduction | self.g["shift"] += d.sum(axes) | self.g["shift"] += d.mean(axes)
loss-gradient | d = np.sign(forward(modules, x) - y) / y.size | d = 2 * (forward(modules, x) - y) / y.size
"""
