# Attention-based MIL (Ilse et al.), gated variant. Bags of different size in one flat array + offsets.
import numpy as np


class GatedAttentionMIL:
    def __init__(self, dim, emb, att, rng):
        g = lambda *s: rng.standard_normal(s) * 0.7
        self._theta = [g(dim, emb), g(emb), g(emb, att), g(emb, att), g(att), g(emb), g(1)]

    theta = property(lambda self: self._theta)

    def _bag_forward(self, X):
        We, be, V, U, w, c, c0 = self._theta
        h = np.maximum(X @ We + be, 0)
        t = np.tanh(h @ V)
        s = 1 / (1 + np.exp(-(h @ U)))
        e = (t * s) @ w
        a = np.exp(e - e.max())
        a /= a.sum()
        bag = a @ h
        return h, t, s, a, bag, bag @ c + c0[0]

    def loss(self, X, offsets, labels):
        out = 0.0
        for b, y in enumerate(labels):
            z = self._bag_forward(X[offsets[b]:offsets[b + 1]])[-1]
            out += np.logaddexp(0, -z) if y else np.logaddexp(0, z)
        return out / len(labels)

    def grad(self, X, offsets, labels):
        We, be, V, U, w, c, c0 = self._theta
        G = [np.zeros_like(p) for p in self._theta]
        for b, y in enumerate(labels):
            x = X[offsets[b]:offsets[b + 1]]
            h, t, s, a, bag, z = self._bag_forward(x)
            dz = (1 / (1 + np.exp(-z)) - y) / len(labels)
            G[5] += dz * bag
            G[6] += dz
            dbag = dz * c
            da = h @ dbag
            dh = np.outer(a, dbag)
            de = a * (da - a @ da)
            G[4] += (t * s).T @ de
            dts = np.outer(de, w)
            dt = dts * s * (1 - t ** 2)
            ds = dts * t * s * (1 - s)
            G[2] += h.T @ dt
            G[3] += h.T @ ds
            dh += dt @ V.T + ds @ U.T
            dh[h <= 0] = 0
            G[0] += x.T @ dh
            G[1] += dh.sum(axis=0)
        return G


# ---- problem
def problem():
    rng = np.random.default_rng(123)
    mil = GatedAttentionMIL(3, 4, 2, rng)
    X, offsets, labels = rng.standard_normal((10, 3)), [0, 3, 7, 10], [1, 0, 1]
    return dict(loss=lambda: mil.loss(X, offsets, labels), params=mil.theta, grads=lambda: mil.grad(X, offsets, labels))


FAULTS = """
missing-term | dh += dt @ V.T + ds @ U.T | dh = dt @ V.T + ds @ U.T
missing-term | dh += dt @ V.T + ds @ U.T | dh += dt @ V.T
wrong-operand | dt = dts * s * (1 - t ** 2) | dt = dts * (1 - t ** 2)
wrong-activation-derivative | ds = dts * t * s * (1 - s) | ds = dts * t * (1 - s ** 2)
softmax-jacobian | de = a * (da - a @ da) | de = a * da
sign | dz = (1 / (1 + np.exp(-z)) - y) / len(labels) | dz = (y - 1 / (1 + np.exp(-z))) / len(labels)
swapped-gradients | G[2] += h.T @ dt;;G[3] += h.T @ ds | G[2] += h.T @ ds;;G[3] += h.T @ dt
accumulation | G[1] += dh.sum(axis=0) | G[1] = dh.sum(axis=0)
"""
