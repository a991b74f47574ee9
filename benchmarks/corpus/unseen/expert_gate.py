import numpy as np

# Mixture of experts for regression; gate is a softmax over linear scores.
# The loss is the negative log likelihood of a Gaussian mixture with fixed width.


class Expert:
    instances = 0

    def __init__(self, n_in, rng):
        self.w = rng.normal(size=n_in)
        self.b = rng.normal(size=1) * 0.3
        Expert.instances += 1

    def __call__(self, X):
        self.X = X
        self.a = np.sin(X @ self.w + self.b)
        return self.a

    def backward(self, da):
        pre = self.X @ self.w + self.b
        dpre = da * np.cos(pre)
        self.dw = dpre @ self.X
        self.db = dpre.sum(keepdims=True)


class Gate:
    def __init__(self, n_in, n_experts, rng):
        self.V = rng.normal(size=(n_in, n_experts)) * 0.5

    def __call__(self, X):
        self.X = X
        s = X @ self.V
        self.logpi = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
        return self.logpi

    def backward(self, dlogpi):
        pi = np.exp(self.logpi)
        ds = dlogpi - pi * dlogpi.sum(axis=1, keepdims=True)
        self.dV = self.X.T @ ds


class Mixture:
    def __init__(self, n_in, n_experts, sigma=0.6, seed=12):
        rng = np.random.default_rng(seed)
        self.experts = [Expert(n_in, rng) for _ in range(n_experts)]
        self.gate = Gate(n_in, n_experts, rng)
        self.sigma = sigma

    def joint(self, X, t):
        mu = np.stack([ex(X) for ex in self.experts], axis=1)
        logp = self.gate(X) - 0.5 * ((t[:, None] - mu) / self.sigma) ** 2
        return mu, logp

    def loss(self, X, t):
        _, logp = self.joint(X, t)
        return -np.log(np.exp(logp).sum(axis=1)).mean()

    def gradients(self, X, t):
        mu, logp = self.joint(X, t)
        resp = np.exp(logp)
        resp /= resp.sum(axis=1, keepdims=True)
        dlogp = -resp / len(t)
        dmu = dlogp * (t[:, None] - mu) / self.sigma**2
        self.gate.backward(dlogp)
        for j, ex in enumerate(self.experts):
            ex.backward(dmu[:, j])
        return [self.gate.dV] + [g for ex in self.experts for g in (ex.dw, ex.db)]


rng = np.random.default_rng(3)
X, t = rng.normal(size=(8, 3)), rng.normal(size=8)
moe = Mixture(3, 3)


# ---- problem
def problem():
    params = [moe.gate.V] + [v for ex in moe.experts for v in (ex.w, ex.b)]
    return dict(
        loss=lambda: moe.loss(X, t), params=params, grads=lambda: moe.gradients(X, t)
    )


FAULTS = """
softmax-jacobian | ds = dlogpi - pi * dlogpi.sum(axis=1, keepdims=True) | ds = dlogpi * pi * (1 - pi)
activation-derivative-at-wrong-value | dpre = da * np.cos(pre) | dpre = da * np.cos(self.a)
wrong-activation-derivative | dpre = da * np.cos(pre) | dpre = -da * np.sin(pre)
scale | dmu = dlogp * (t[:, None] - mu) / self.sigma**2 | dmu = dlogp * (t[:, None] - mu) / self.sigma
loss-gradient | resp /= resp.sum(axis=1, keepdims=True) |
wrong-operand | ex.backward(dmu[:, j]) | ex.backward(dlogp[:, j])
bias-reduction | self.db = dpre.sum(keepdims=True) | self.db = dpre.mean(keepdims=True)
"""
