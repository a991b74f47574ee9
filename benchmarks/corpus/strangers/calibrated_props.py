import numpy as np


class Calibrated:
    """Small PReLU classifier with a learnable temperature; everything derived is a property."""

    def __init__(self, X, y, seed=8):
        g = np.random.default_rng(seed)
        self.X, self.y = X, y
        self.V = g.normal(size=(X.shape[1], 6))
        self.c = 0.1 * g.normal(size=6)
        self.slope = 0.1 + 0.3 * g.random(6)       # one PReLU slope a unit
        self.U = g.normal(size=(6, y.shape[1]))
        self.log_temp = 0.35

    @property
    def u(self):
        return self.X @ self.V + self.c

    @property
    def a(self):
        return np.where(self.u > 0, self.u, self.slope * self.u)

    @property
    def temp(self):
        return np.exp(self.log_temp)

    @property
    def logits(self):
        return self.a @ self.U

    @property
    def prob(self):
        s = self.logits / self.temp
        s = np.exp(s - s.max(1, keepdims=True))
        return s / s.sum(1, keepdims=True)

    @property
    def loss(self):
        return -np.mean(np.sum(self.y * np.log(self.prob), axis=1))

    # from here on: derivatives of the loss
    @property
    def d_scaled(self):
        return (self.prob - self.y) / len(self.y)

    @property
    def d_log_temp(self):
        return -np.sum(self.d_scaled * self.logits) / self.temp

    @property
    def d_logits(self):
        return self.d_scaled / self.temp

    @property
    def d_U(self):
        return self.a.T @ self.d_logits

    @property
    def d_a(self):
        return self.d_logits @ self.U.T

    @property
    def d_slope(self):
        return np.sum(self.d_a * np.minimum(self.u, 0), axis=0)

    @property
    def d_u(self):
        return self.d_a * np.where(self.u > 0, 1, self.slope)

    @property
    def d_V(self):
        return self.X.T @ self.d_u

    @property
    def d_c(self):
        return self.d_u.sum(axis=0)


# ---- problem
def problem():
    g = np.random.default_rng(80)
    m = Calibrated(g.normal(size=(8, 4)), np.eye(3)[g.integers(3, size=8)])
    names = 'V', 'c', 'slope', 'U', 'log_temp'
    params = {n: getattr(m, n) for n in names}

    def loss(p):
        for n in names:
            setattr(m, n, p[n])
        return m.loss

    def grads(p):
        for n in names:
            setattr(m, n, p[n])
        return {n: getattr(m, 'd_' + n) for n in names}
    return dict(loss=loss, params=params, grads=grads)


FAULTS = """
scale | return self.d_scaled / self.temp | return self.d_scaled
sign | return -np.sum(self.d_scaled * self.logits) / self.temp | return np.sum(self.d_scaled * self.logits) / self.temp
scale | return -np.sum(self.d_scaled * self.logits) / self.temp | return -np.sum(self.d_scaled * self.logits) / self.temp ** 2
bias-reduction | return np.sum(self.d_a * np.minimum(self.u, 0), axis=0) | return np.mean(self.d_a * np.minimum(self.u, 0), axis=0)
wrong-activation-derivative | return self.d_a * np.where(self.u > 0, 1, self.slope) | return self.d_a * (self.u > 0)
missing-activation-derivative | return self.d_a * np.where(self.u > 0, 1, self.slope) | return self.d_a
wrong-operand | return self.a.T @ self.d_logits | return self.u.T @ self.d_logits
softmax-jacobian | return (self.prob - self.y) / len(self.y) | return -self.y * (1 - self.prob) / len(self.y)
"""
