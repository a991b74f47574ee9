#!/usr/bin/env python3
# Fit sin(x) w/ 1-16-16-1 tanh net + Adam. No autograd for you.
import math
import numpy as np

rng = np.random.default_rng(123)
x = np.linspace(-math.pi, math.pi, 100)[:, None]
t = np.sin(x) + rng.normal(scale=0.05, size=x.shape)

H = 16
P = {
    "w1": rng.standard_normal((1, H)),
    "b1": rng.standard_normal(H) * 0.1,
    "w2": rng.standard_normal((H, H)) / 4,
    "b2": np.zeros(H),
    "w3": rng.standard_normal((H, 1)) / 4,
    "b3": np.zeros(1),
}


def loss_and_grads(P, x, t):
    h1 = np.tanh(x @ P["w1"] + P["b1"])
    h2 = np.tanh(h1 @ P["w2"] + P["b2"])
    y = h2 @ P["w3"] + P["b3"]
    r = y - t
    L = (r**2).mean()

    g = {}
    dy = 2 * r / r.size
    g["w3"] = h2.T @ dy
    g["b3"] = dy.sum(0)
    dz2 = (dy @ P["w3"].T) * (1 - h2**2)
    g["w2"] = h1.T @ dz2
    g["b2"] = dz2.sum(0)
    dz1 = (dz2 @ P["w2"].T) * (1 - h1**2)
    g["w1"] = x.T @ dz1
    g["b1"] = dz1.sum(0)
    return L, g


def adam(P, g, state, lr=3e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    state["t"] += 1
    for k in P:
        m = state["m"].setdefault(k, np.zeros_like(P[k]))
        v = state["v"].setdefault(k, np.zeros_like(P[k]))
        m[...] = beta1 * m + (1 - beta1) * g[k]
        v[...] = beta2 * v + (1 - beta2) * g[k] ** 2
        mhat = m / (1 - beta1 ** state["t"])
        vhat = v / (1 - beta2 ** state["t"])
        P[k] -= lr * mhat / (np.sqrt(vhat) + eps)


state = {"t": 0, "m": {}, "v": {}}
history = []
for step in range(1, 401):
    L, g = loss_and_grads(P, x, t)
    adam(P, g, state)
    history.append(L)
    if step % 100 == 0:
        print(f"{step:5d} {L:.6f}")

# poor man's plot
lo, hi = min(history), max(history)
for v in history[::40]:
    print("#" * int(1 + 50 * (v - lo) / (hi - lo + 1e-12)))

FAULTS = """
missing-transpose | dz1 = (dz2 @ P["w2"].T) * (1 - h1**2) | dz1 = (dz2 @ P["w2"]) * (1 - h1**2)
wrong-layer | dz1 = (dz2 @ P["w2"].T) * (1 - h1**2) | dz1 = (dz2 @ P["w2"].T) * (1 - h2**2)
wrong-factor | dy = 2 * r / r.size | dy = 2 * r / len(r) ** 0.5 / (1 + r**2)
wrong-variable | g["b1"] = dz1.sum(0) | g["b1"] = dz2.sum(0)
wrong-sign | g["b2"] = dz2.sum(0) | g["b2"] = -dz2.sum(0)
wrong-gradient | m[...] = beta1 * m + (1 - beta1) * g[k] | m[...] = beta1 * m - (1 - beta1) * g[k]
"""
