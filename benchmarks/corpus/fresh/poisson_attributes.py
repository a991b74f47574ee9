import numpy as np


class Linear:
    def __init__(self, n_in, n_out, r):
        self.weight = r.normal(size=(n_out, n_in)) * 0.5
        self.bias = r.normal(size=(n_out,)) * 0.2

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, d):
        self.grad_weight = d.T @ self.x
        self.grad_bias = d.sum(axis=0)
        return d @ self.weight


class Swish:
    def forward(self, x):
        self.x = x
        self.s = 1 / (1 + np.exp(-x))
        return x * self.s

    def backward(self, d):
        return d * (self.s + self.x * self.s * (1 - self.s))


class CountModel:
    """Counts with a Poisson likelihood; the last layer gives the log of the rate."""

    def __init__(self):
        r = np.random.default_rng(81)
        self.fc1, self.act, self.fc2 = Linear(3, 4, r), Swish(), Linear(4, 1, r)

    def log_rate(self, x):
        return self.fc2.forward(self.act.forward(self.fc1.forward(x)))

    def nll(self, x, n):
        eta = self.log_rate(x)
        return np.mean(np.exp(eta) - n * eta)

    def backward(self, x, n):
        eta = self.log_rate(x)
        d = (np.exp(eta) - n) / n.size
        self.fc1.backward(self.act.backward(self.fc2.backward(d)))


# ---- problem
def problem():
    r = np.random.default_rng(82)
    m, x, n = CountModel(), r.normal(size=(8, 3)), r.poisson(2.0, size=(8, 1)).astype(float)
    names = ("weight", "bias")
    params = {f"{k}.{p}": getattr(getattr(m, k), p) for k in ("fc1", "fc2") for p in names}

    def grads():
        m.backward(x, n)
        return {f"{k}.{p}": getattr(getattr(m, k), f"grad_{p}") for k in ("fc1", "fc2") for p in names}

    return dict(loss=lambda: m.nll(x, n), params=params, grads=grads)


FAULTS = """
loss-gradient | d = (np.exp(eta) - n) / n.size | d = (eta - n) / n.size
loss-gradient | d = (np.exp(eta) - n) / n.size | d = (1 - n / np.exp(eta)) / n.size
wrong-activation-derivative | return d * (self.s + self.x * self.s * (1 - self.s)) | return d * self.s * (1 - self.s)
wrong-activation-derivative | return d * (self.s + self.x * self.s * (1 - self.s)) | return d * (self.s + self.x * (1 - self.s))
indexing | self.grad_bias = d.sum(axis=0) | self.grad_bias = d[0]
"""
