import numpy as np


class ConvTranspose1d:
    """stride s, kernel (k, c_in, c_out): every input paints k outputs"""

    def __init__(self, c_in, c_out, k, s, rng):
        self.K = rng.standard_normal((k, c_in, c_out)) / np.sqrt(k * c_in)
        self.c = rng.standard_normal(c_out) / 5
        self.s = s

    def weights(self):
        return [self.K, self.c]

    def fwd(self, x):
        self._in = x
        n, t, _ = x.shape
        k = len(self.K)
        y = np.zeros((n, (t - 1) * self.s + k, self.K.shape[2]))
        for i in range(t):
            for j in range(k):
                y[:, i * self.s + j] += x[:, i] @ self.K[j]
        return y + self.c

    def bwd(self, gy):
        x = self._in
        t, k = x.shape[1], len(self.K)
        gx = np.zeros_like(x)
        gK = np.zeros_like(self.K)
        for i in range(t):
            for j in range(k):
                cell = gy[:, i * self.s + j]
                gx[:, i] += cell @ self.K[j].T
                gK[j] += x[:, i].T @ cell
        return gx, [gK, gy.sum(axis=(0, 1))]


class Celu:
    def __init__(self, alpha):
        self.alpha = alpha

    def weights(self):
        return []

    def fwd(self, x):
        self._x = x
        return np.maximum(0, x) + np.minimum(0, self.alpha * np.expm1(x / self.alpha))

    def bwd(self, gy):
        return gy * np.exp(np.minimum(self._x, 0) / self.alpha), []


class Expand:
    """latent vector -> (time, channels)"""

    def __init__(self, nz, t, c, rng):
        self.M = rng.standard_normal((nz, t * c)) / np.sqrt(nz)
        self.t, self.c = t, c

    def weights(self):
        return [self.M]

    def fwd(self, z):
        self._z = z
        return (z @ self.M).reshape(len(z), self.t, self.c)

    def bwd(self, gy):
        flat = gy.reshape(len(gy), -1)
        return flat @ self.M.T, [self._z.T @ flat]


class AutoDecoder:
    """The latent codes are parameters too (one a sample), with a Gaussian prior."""

    def __init__(self, signals, nz, rng):
        self.signals = signals
        self.codes = rng.standard_normal((len(signals), nz))
        self.chain = [Expand(nz, 3, 2, rng), Celu(0.7), ConvTranspose1d(2, 2, 3, 2, rng), Celu(1.3),
                      ConvTranspose1d(2, 1, 2, 1, rng)]

    def everything(self):
        return [self.codes] + [w for layer in self.chain for w in layer.weights()]

    def loss(self):
        v = self.codes
        for layer in self.chain:
            v = layer.fwd(v)
        self.diff = v - self.signals
        return np.mean(self.diff ** 2) + 0.01 * np.sum(self.codes ** 2)

    def grads(self):
        self.loss()
        gy = 2 * self.diff / self.diff.size
        collected = []
        for layer in reversed(self.chain):
            gy, own = layer.bwd(gy)
            collected = own + collected
        return [gy + 0.02 * self.codes] + collected


# ---- problem
def problem():
    rng = np.random.default_rng(1603)
    ad = AutoDecoder(rng.standard_normal((4, 8, 1)), 3, rng)
    return dict(loss=ad.loss, params=ad.everything(), grads=ad.grads)


FAULTS = """
regulariser | return [gy + 0.02 * self.codes] + collected | return [gy] + collected
indexing | cell = gy[:, i * self.s + j] | cell = gy[:, i + j]
accumulation | gx[:, i] += cell @ self.K[j].T | gx[:, i] = cell @ self.K[j].T
wrong-activation-derivative | return gy * np.exp(np.minimum(self._x, 0) / self.alpha), [] | return gy * np.where(self._x > 0, 1, self.alpha * np.exp(self._x / self.alpha)), []
missing-activation-derivative | return gy * np.exp(np.minimum(self._x, 0) / self.alpha), [] | return gy, []
stale-buffer | self._x = x | self._x = getattr(self, '_x', x)
scale | gy = 2 * self.diff / self.diff.size | gy = 2 * self.diff / len(self.diff)
sign | self.diff = v - self.signals | self.diff = self.signals - v
"""
