"""Diagonal linear state space layer (S4D-real): zero-order hold, then a nonlinear readout."""
import numpy as np


def discretise(p):
    lam = -np.exp(p["log_a"])
    dt = np.exp(p["log_dt"])[:, None]
    abar = np.exp(dt * lam)
    bbar = (abar - 1) / lam * p["B"]
    return lam, dt, abar, bbar


def forward(p, u):
    """u (time, channels) -> y (time, channels)"""
    lam, dt, abar, bbar = discretise(p)
    x = np.zeros_like(abar)
    xs, ys = [x], []
    for ut in u:
        x = abar * x + bbar * ut[:, None]
        xs.append(x)
        ys.append((p["C"] * x).sum(axis=1) + p["D"] * ut)
    pre = np.array(ys)
    y = np.tanh(pre) @ p["mix"]
    return y, (xs, pre)


def loss(p, u, target, mask):
    y, _ = forward(p, u)
    return np.sum(mask[:, None] * (y - target) ** 2) / mask.sum()


def backward(p, u, target, mask):
    y, (xs, pre) = forward(p, u)
    lam, dt, abar, bbar = discretise(p)
    dy = 2 * mask[:, None] * (y - target) / mask.sum()
    g = {"mix": np.tanh(pre).T @ dy}
    dpre = (dy @ p["mix"].T) * (1 - np.tanh(pre) ** 2)
    g["D"] = (dpre * u).sum(axis=0)
    g["C"] = np.zeros_like(p["C"])
    dabar, dbbar, dx = np.zeros_like(abar), np.zeros_like(bbar), np.zeros_like(abar)
    for t in range(len(u))[::-1]:
        g["C"] += dpre[t][:, None] * xs[t + 1]
        dx = dx + dpre[t][:, None] * p["C"]
        dabar += dx * xs[t]
        dbbar += dx * u[t][:, None]
        dx = dx * abar
    g["B"] = dbbar * (abar - 1) / lam
    dabar += dbbar * p["B"] / lam
    dlam = -dbbar * p["B"] * (abar - 1) / lam**2
    dlam += dabar * abar * dt
    ddt = (dabar * abar * lam).sum(axis=1)
    g["log_a"] = dlam * lam
    g["log_dt"] = ddt * dt[:, 0]
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(64)
    c, n, T = 2, 3, 6
    p = {"log_a": rng.normal(size=(c, n)) * 0.5, "log_dt": np.log(rng.uniform(0.2, 0.6, c)), "B": rng.normal(size=(c, n)),
         "C": rng.normal(size=(c, n)), "D": rng.normal(size=c), "mix": rng.normal(size=(c, 3))}
    u, target = rng.normal(size=(T, c)), rng.normal(size=(T, 3))
    mask = np.array([0, 1, 1, 0, 1, 1.0])
    return dict(params=p, loss=lambda: loss(p, u, target, mask), grads=lambda: backward(p, u, target, mask))


FAULTS = """
missing-term | dabar += dbbar * p["B"] / lam |
indexing | dabar += dx * xs[t] | dabar += dx * xs[t + 1]
missing-term | g["log_dt"] = ddt * dt[:, 0] | g["log_dt"] = ddt
sign | dlam = -dbbar * p["B"] * (abar - 1) / lam**2 | dlam = dbbar * p["B"] * (abar - 1) / lam**2
accumulation | dx = dx + dpre[t][:, None] * p["C"] | dx = dpre[t][:, None] * p["C"]
missing-term | dy = 2 * mask[:, None] * (y - target) / mask.sum() | dy = 2 * (y - target) / mask.sum()
"""
