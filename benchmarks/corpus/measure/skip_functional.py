import functools

import numpy as np


def traced(fn):
    @functools.wraps(fn)
    def inner(*args, **kw):
        inner.calls += 1
        return fn(*args, **kw)

    inner.calls = 0
    return inner


class Skip:
    """y = v . (tanh(A x) + swish(B x)) + u . x with squared error; einsum throughout."""

    def __init__(self):
        r = np.random.default_rng(77)
        self._store = {k: 0.7 * r.standard_normal(s) for k, s in dict(A=(4, 3), B=(4, 3), v=(2, 4), u=(2, 3)).items()}

    A = property(lambda self: self._store["A"])
    B = property(lambda self: self._store["B"])
    v = property(lambda self: self._store["v"])
    u = property(lambda self: self._store["u"])

    @staticmethod
    @traced
    def swish(z):
        return z / (1 + np.exp(-z))

    @staticmethod
    @traced
    def d_swish(z):
        s = 1 / (1 + np.exp(-z))
        return s + z * s * (1 - s)

    @traced
    def predict(self, x):
        za, zb = np.einsum("ij,nj->ni", self.A, x), np.einsum("ij,nj->ni", self.B, x)
        ha, hb = np.tanh(za), Skip.swish(zb)
        y = np.einsum("oi,ni->no", self.v, ha + hb) + np.einsum("oj,nj->no", self.u, x)
        return y, (za, zb, ha, hb)

    def loss(self, x, t):
        y, _ = self.predict(x)
        return ((y - t) ** 2).sum(axis=1).mean()

    @traced
    def gradient(self, x, t):
        y, (za, zb, ha, hb) = self.predict(x)
        dy = 2.0 * (y - t) / x.shape[0]
        out = dict(v=np.einsum("no,ni->oi", dy, ha + hb), u=np.einsum("no,nj->oj", dy, x))
        dh = np.einsum("no,oi->ni", dy, self.v)
        dza = dh * (1.0 - ha**2)
        dzb = dh * Skip.d_swish(zb)
        out.update(A=np.einsum("ni,nj->ij", dza, x), B=np.einsum("ni,nj->ij", dzb, x))
        return out


# ---- problem
def problem():
    r = np.random.default_rng(3)
    net = Skip()
    x, t = r.standard_normal((5, 3)), r.standard_normal((5, 2))
    return dict(loss=lambda: net.loss(x, t), params=net._store, grads=lambda: net.gradient(x, t))


FAULTS = """
scale | dy = 2.0 * (y - t) / x.shape[0] | dy = 2.0 * (y - t)
scale | dy = 2.0 * (y - t) / x.shape[0] | dy = (y - t) / y.size
wrong-operand | np.einsum("no,ni->oi", dy, ha + hb) | np.einsum("no,ni->oi", dy, ha)
missing-activation-derivative | dza = dh * (1.0 - ha**2) | dza = dh
activation-derivative-at-wrong-value | dzb = dh * Skip.d_swish(zb) | dzb = dh * Skip.d_swish(hb)
wrong-activation-derivative | dzb = dh * Skip.d_swish(zb) | dzb = dh * Skip.swish(zb)
wrong-activation-derivative | return s + z * s * (1 - s) | return s * (1 - s)
wrong-activation-derivative | return s + z * s * (1 - s) | return s - z * s * (1 - s)
wrong-operand | B=np.einsum("ni,nj->ij", dzb, x)) | B=np.einsum("ni,nj->ij", dza, x))
activation-derivative-at-wrong-value | dza = dh * (1.0 - ha**2) | dza = dh * (1.0 - za**2)
sign | dza = dh * (1.0 - ha**2) | dza = dh * (ha**2 - 1.0)
"""
