"""Continuous-time rate network, Euler-discretised, with a trainable time constant for every neuron.

    tau dx/dt = -x + J r + B u,    r = tanh(x),    out = w . r

dale: sign of each neuron's outgoing weights is fixed, J = |M| * sgn. Activity is regularised.
(Used for the working-memory figures; see notebook 03.)
"""
import numpy as np


class RateNetwork:
    dt = 0.1

    def __init__(self, n, n_in, seed):
        rng = np.random.default_rng(seed)
        self.M = rng.normal(size=(n, n)) / np.sqrt(n) * 1.5
        self.sgn = np.where(np.arange(n) < n - 1, 1.0, -1.0)
        self.B = rng.normal(size=(n, n_in))
        self.w = rng.normal(size=n)
        self.log_tau = rng.normal(size=n) * 0.2 - 1.5
        self.x0 = rng.normal(size=n) * 0.3

    @property
    def J(self):
        return np.abs(self.M) * self.sgn

    @property
    def rate(self):
        return self.dt / np.exp(self.log_tau)

    def simulate(self, u):
        xs = [self.x0]
        for t in range(len(u)):
            x = xs[-1]
            xs.append(x + self.rate * (-x + self.J @ np.tanh(x) + self.B @ u[t]))
        return np.array(xs)

    def loss(self, u, target, cost=0.05):
        r = np.tanh(self.simulate(u))[1:]
        return np.mean((r @ self.w - target) ** 2) + cost * np.mean(r ** 2)

    def bptt(self, u, target, cost=0.05):
        xs = self.simulate(u)
        rs = np.tanh(xs)
        T, n = len(u), len(self.x0)
        err = 2 * (rs[1:] @ self.w - target) / T
        dw = rs[1:].T @ err
        dJ = np.zeros_like(self.M)
        dB = np.zeros_like(self.B)
        drate = np.zeros(n)
        lam = np.zeros(n)  # dL/dx[t + 1] of the future
        for t in reversed(range(T)):
            lam = lam + (err[t] * self.w + 2 * cost * rs[t + 1] / (T * n)) * (1 - rs[t + 1] ** 2)
            drive = -xs[t] + self.J @ rs[t] + self.B @ u[t]
            drate += lam * drive
            scaled = lam * self.rate
            dJ += np.outer(scaled, rs[t])
            dB += np.outer(scaled, u[t])
            lam = lam - scaled + (self.J.T @ scaled) * (1 - rs[t] ** 2)
        return {
            "M": dJ * self.sgn * np.sign(self.M),
            "B": dB,
            "w": dw,
            "log_tau": -drate * self.rate,
            "x0": lam,
        }


# ---- problem
def problem():
    net = RateNetwork(4, 2, 33)
    rng = np.random.default_rng(34)
    u, target = rng.normal(size=(7, 2)), rng.normal(size=7)
    params = {name: getattr(net, name) for name in ("M", "B", "w", "log_tau", "x0")}
    return dict(loss=lambda: net.loss(u, target), params=params, grads=lambda: net.bptt(u, target))


FAULTS = """
recurrence | lam = lam - scaled + (self.J.T @ scaled) * (1 - rs[t] ** 2) | lam = lam + (self.J.T @ scaled) * (1 - rs[t] ** 2)
indexing | lam = lam - scaled + (self.J.T @ scaled) * (1 - rs[t] ** 2) | lam = lam - scaled + (self.J.T @ scaled) * (1 - rs[t + 1] ** 2)
indexing | dJ += np.outer(scaled, rs[t]) | dJ += np.outer(scaled, rs[t + 1])
sign | "log_tau": -drate * self.rate, | "log_tau": drate * self.rate,
missing-term | "M": dJ * self.sgn * np.sign(self.M), | "M": dJ * np.sign(self.M),
scale | drate += lam * drive | drate += lam * self.rate * drive
missing-term | drive = -xs[t] + self.J @ rs[t] + self.B @ u[t] | drive = self.J @ rs[t] + self.B @ u[t]
regulariser | 2 * cost * rs[t + 1] / (T * n) | 2 * cost * rs[t + 1] / T
"""
