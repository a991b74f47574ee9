"""Sentence classifier: forward and backward GRU over padded sentences, both last states, hinge loss."""
import numpy as np


def sg(x):
    return 1.0 / (1.0 + np.exp(-x))


class Gru:
    def __init__(self, n_in, n_h, rng):
        self.Wz, self.Wr, self.Wc = (rng.normal(size=(n_in, n_h)) for _ in range(3))
        self.Uz, self.Ur, self.Uc = (rng.normal(size=(n_h, n_h)) * 0.6 for _ in range(3))
        self.bz, self.br, self.bc = (rng.normal(size=n_h) * 0.1 for _ in range(3))

    def forward(self, xs, mask):
        h = np.zeros((xs.shape[1], len(self.bz)))
        self.cache = []
        for x, m in zip(xs, mask):
            z = sg(x @ self.Wz + h @ self.Uz + self.bz)
            r = sg(x @ self.Wr + h @ self.Ur + self.br)
            c = np.tanh(x @ self.Wc + (r * h) @ self.Uc + self.bc)
            new = z * h + (1 - z) * c
            self.cache.append((x, h, z, r, c, m[:, None]))
            h = m[:, None] * new + (1 - m[:, None]) * h
        return h

    def backward(self, dh):
        g = {k: np.zeros_like(v) for k, v in vars(self).items() if k != 'cache'}
        for x, h, z, r, c, m in reversed(self.cache):
            dnew = m * dh
            dprev = (1 - m) * dh
            dz = dnew * (h - c) * z * (1 - z)
            dc = dnew * (1 - z) * (1 - c ** 2)
            drh = dc @ self.Uc.T
            dr = drh * h * r * (1 - r)
            g['Wz'] += x.T @ dz
            g['Uz'] += h.T @ dz
            g['bz'] += dz.sum(0)
            g['Wr'] += x.T @ dr
            g['Ur'] += h.T @ dr
            g['br'] += dr.sum(0)
            g['Wc'] += x.T @ dc
            g['Uc'] += (r * h).T @ dc
            g['bc'] += dc.sum(0)
            dprev = dprev + dnew * z + drh * r
            dh = dprev + dz @ self.Uz.T + dr @ self.Ur.T
        return g


class BiClassifier:
    def __init__(self, n_in, n_h, rng):
        self.left, self.right = Gru(n_in, n_h, rng), Gru(n_in, n_h, rng)
        self.v = rng.normal(size=2 * n_h)

    def loss(self, xs, mask, y):
        hl = self.left.forward(xs, mask)
        hr = self.right.forward(xs[::-1], mask[::-1])
        self.both = np.hstack([hl, hr])
        self.margin = 1 - y * (self.both @ self.v)
        return np.maximum(0, self.margin).sum()

    def gradients(self, xs, mask, y):
        self.loss(xs, mask, y)
        ds = -y * (self.margin > 0)
        dboth = np.outer(ds, self.v)
        n = dboth.shape[1] // 2
        return {'v': self.both.T @ ds, 'left': self.left.backward(dboth[:, :n]),
                'right': self.right.backward(dboth[:, n:])}


# ---- problem
def problem():
    rng = np.random.default_rng(8086)
    model = BiClassifier(2, 3, rng)
    xs = rng.normal(size=(4, 5, 2))
    mask = (np.arange(4)[:, None] < np.array([4, 2, 3, 4, 1])).astype(float)
    y = np.array([1., -1., -1., 1., 1.])
    params = {'v': model.v, 'left': dict(vars(model.left)), 'right': dict(vars(model.right))}
    return dict(loss=lambda: model.loss(xs, mask, y), params=params,
                grads=lambda: model.gradients(xs, mask, y))


FAULTS = """
missing-gradient | g['bc'] += dc.sum(0) |
bias-reduction | g['br'] += dr.sum(0) | g['br'] += dr.mean(0)
sign | dz = dnew * (h - c) * z * (1 - z) | dz = dnew * (c - h) * z * (1 - z)
wrong-operand | g['Uc'] += (r * h).T @ dc | g['Uc'] += h.T @ dc
wrong-operand | dr = drh * h * r * (1 - r) | dr = drh * h * z * (1 - z)
wrong-activation-derivative | dc = dnew * (1 - z) * (1 - c ** 2) | dc = dnew * (1 - z) * c * (1 - c)
accumulation | g['Uz'] += h.T @ dz | g['Uz'] = h.T @ dz
swapped-gradients | 'left': self.left.backward(dboth[:, :n]),;;'right': self.right.backward(dboth[:, n:])} | 'left': self.right.backward(dboth[:, n:]),;;'right': self.left.backward(dboth[:, :n])}
loss-gradient | ds = -y * (self.margin > 0) | ds = -y * self.margin * (self.margin > 0)
"""
