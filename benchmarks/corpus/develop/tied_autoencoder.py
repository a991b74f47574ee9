import numpy as np


class TiedAutoencoder:
    """x -> sigmoid(x W + b) -> (.) W' + c, dropout on the code, weight decay."""

    decay = 0.05

    def __init__(self, n, k, keep=0.8):
        self.r = np.random.default_rng(21)
        self.W = self.r.normal(size=(n, k)) * 0.6
        self.b, self.c = self.r.normal(size=k) * 0.2, self.r.normal(size=n) * 0.2
        self.keep = keep

    @property
    def penalty(self):
        return 0.5 * self.decay * np.sum(self.W**2)

    def encode(self, x):
        self.x = x
        self.code = 1 / (1 + np.exp(-(x @ self.W + self.b)))
        self.mask = (np.random.default_rng(5).random(self.code.shape) < self.keep) / self.keep
        self.dropped = self.code * self.mask
        return self.dropped

    def loss(self, x):
        self.error = self.encode(x) @ self.W.T + self.c - x
        return np.sum(self.error**2) / (2 * len(x)) + self.penalty

    def grad(self, x):
        self.loss(x)
        dout = self.error / len(x)
        dW_dec = dout.T @ self.dropped
        dc = dout.sum(0)
        dcode = dout @ self.W
        dcode *= self.mask
        dz = dcode * self.code * (1 - self.code)
        dW_enc = x.T @ dz
        db = dz.sum(0)
        dW = dW_enc + dW_dec + self.decay * self.W
        return {"W": dW, "b": db, "c": dc}


# ---- problem
def problem():
    ae = TiedAutoencoder(5, 3)
    x = np.random.default_rng(3).standard_normal((6, 5))
    return dict(
        loss=lambda: ae.loss(x), params={"W": ae.W, "b": ae.b, "c": ae.c}, grads=lambda: ae.grad(x)
    )


FAULTS = """
missing-term | dW = dW_enc + dW_dec + self.decay * self.W | dW = dW_enc + self.decay * self.W
missing-term | dW = dW_enc + dW_dec + self.decay * self.W | dW = dW_dec + self.decay * self.W
regulariser | dW = dW_enc + dW_dec + self.decay * self.W | dW = dW_enc + dW_dec
scale | dW = dW_enc + dW_dec + self.decay * self.W | dW = dW_enc + dW_dec + 2 * self.decay * self.W
dropout-mask | dcode *= self.mask |
scale | dout = self.error / len(x) | dout = self.error
activation-derivative-at-wrong-value | dz = dcode * self.code * (1 - self.code) | dz = dcode * self.dropped * (1 - self.dropped)
wrong-operand | dW_dec = dout.T @ self.dropped | dW_dec = dout.T @ self.code
bias-reduction | db = dz.sum(0) | db = dz.mean(0)
"""
