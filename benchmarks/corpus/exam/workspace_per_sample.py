import numpy as np

# Equal width layers, one sample after the other, buffers allocated once for speed.
# Labels of several classes, some of them unknown (nan).


class Workspace:
    __slots__ = ("delta", "gW", "gb", "gV", "gc")

    def __init__(self, depth, width, classes):
        self.delta = np.zeros(width)
        self.gW = [np.zeros((width, width)) for _ in range(depth)]
        self.gb = [np.zeros(width) for _ in range(depth)]
        self.gV = np.zeros((classes, width))
        self.gc = np.zeros(classes)


class Tower:
    def __init__(self, depth, width, classes, rng):
        self.W = [rng.normal(0, width**-0.5, (width, width)) for _ in range(depth)]
        self.b = [rng.normal(0, 0.2, width) for _ in range(depth)]
        self.V = rng.normal(0, width**-0.5, (classes, width))
        self.c = rng.normal(0, 0.2, classes)
        self.weight = np.array([1.0, 2.5, 0.5])[:classes]

    def climb(self, x):
        hs = [x]
        for W, b in zip(self.W, self.b):
            hs.append(np.arctan(W @ hs[-1] + b))
        return hs

    def sample_loss(self, x, y):
        s = self.V @ self.climb(x)[-1] + self.c
        known = ~np.isnan(y)
        t = np.where(known, y, 0)
        each = self.weight * (np.logaddexp(0, s) - t * s)
        return each[known].sum() / known.sum()

    def loss(self, X, Y):
        return sum(self.sample_loss(x, y) for x, y in zip(X, Y)) / len(X)

    def gradient(self, X, Y):
        ws = Workspace(len(self.W), X.shape[1], len(self.c))
        for x, y in zip(X, Y):
            hs = self.climb(x)
            s = self.V @ hs[-1] + self.c
            known = ~np.isnan(y)
            t = np.where(known, y, 0)
            ds = self.weight * (1 / (1 + np.exp(-s)) - t)
            ds[~known] = 0
            ds /= known.sum() * len(X)
            ws.gV += np.outer(ds, hs[-1])
            ws.gc += ds
            ws.delta.fill(0)
            ws.delta += self.V.T @ ds
            for l in range(len(self.W) - 1, -1, -1):
                ws.delta *= np.cos(hs[l + 1]) ** 2
                ws.gW[l] += np.outer(ws.delta, hs[l])
                ws.gb[l] += ws.delta
                ws.delta = self.W[l].T @ ws.delta
        return {"W": ws.gW, "b": ws.gb, "V": ws.gV, "c": ws.gc}


# ---- problem
def problem():
    rng = np.random.default_rng(91)
    net = Tower(3, 3, 3, rng)
    X = rng.normal(size=(4, 3))
    Y = np.array([[1, 0, np.nan], [0, 1, 1], [np.nan, np.nan, 0], [1, 1, 0]])
    return dict(
        loss=lambda: net.loss(X, Y),
        params={"W": net.W, "b": net.b, "V": net.V, "c": net.c},
        grads=lambda: net.gradient(X, Y),
    )


FAULTS = """
aliasing | self.gW = [np.zeros((width, width)) for _ in range(depth)] | self.gW = [np.zeros((width, width))] * depth
aliasing | self.gb = [np.zeros(width) for _ in range(depth)] | self.gb = [np.zeros(width)] * depth
stale-buffer | ws.delta.fill(0) |
missing-activation-derivative | ws.delta *= np.cos(hs[l + 1]) ** 2 |
activation-derivative-at-wrong-value | ws.delta *= np.cos(hs[l + 1]) ** 2 | ws.delta *= 1 / (1 + hs[l + 1] ** 2)
wrong-operand | ws.delta *= np.cos(hs[l + 1]) ** 2 | ws.delta *= np.cos(hs[l]) ** 2
loss-gradient | ds[~known] = 0 |
scale | ds /= known.sum() * len(X) | ds /= len(y) * len(X)
loss-gradient | ds = self.weight * (1 / (1 + np.exp(-s)) - t) | ds = self.weight * (s - t)
loss-gradient | ds = self.weight * (1 / (1 + np.exp(-s)) - t) | ds = 1 / (1 + np.exp(-s)) - t
missing-gradient | ws.gb[l] += ws.delta |
accumulation | ws.gW[l] += np.outer(ws.delta, hs[l]) | ws.gW[l] = np.outer(ws.delta, hs[l])
transpose | ws.delta = self.W[l].T @ ws.delta | ws.delta = self.W[l] @ ws.delta
wrong-operand | ws.gW[l] += np.outer(ws.delta, hs[l]) | ws.gW[l] += np.outer(ws.delta, hs[l + 1])
"""
