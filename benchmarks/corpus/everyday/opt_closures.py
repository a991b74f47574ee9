"""Optimisers as closures (functional style), compared on one small regression net."""
import numpy as np


def sgd(lr):
    def update(p, g):
        return {k: p[k] - lr * g[k] for k in p}
    return update


def momentum(lr, mu=0.9):
    velocity = {}

    def update(p, g):
        for k in p:
            velocity[k] = mu * velocity.get(k, 0.0) + g[k]
        return {k: p[k] - lr * velocity[k] for k in p}
    return update


def adam(lr, b1=0.9, b2=0.99):
    m, v, t = {}, {}, 0

    def update(p, g):
        nonlocal t
        t += 1
        out = {}
        for k in p:
            m[k] = b1 * m.get(k, 0.0) + (1 - b1) * g[k]
            v[k] = b2 * v.get(k, 0.0) + (1 - b2) * g[k] ** 2
            out[k] = p[k] - lr * (m[k] / (1 - b1 ** t)) / (np.sqrt(v[k] / (1 - b2 ** t)) + 1e-8)
        return out
    return update


def make_model(n_in, n_hid, seed):
    g = np.random.default_rng(seed)
    p = {"U": g.normal(0, 0.6, (n_in, n_hid)), "u0": np.zeros(n_hid),
         "V": g.normal(0, 0.6, (n_hid, 1)), "v0": np.zeros(1)}

    def predict(p, x):
        return np.sin(x @ p["U"] + p["u0"]) @ p["V"] + p["v0"]

    def value_and_grad(p, x, y):
        s = x @ p["U"] + p["u0"]
        h = np.sin(s)
        e = h @ p["V"] + p["v0"] - y
        ds = (e @ p["V"].T) * np.cos(s)
        scale = 2 / len(x)
        grads = {"U": scale * x.T @ ds, "u0": scale * ds.sum(0), "V": scale * h.T @ e, "v0": scale * e.sum(0)}
        return np.mean(e ** 2), grads

    return p, predict, value_and_grad


rng = np.random.default_rng(0)
x = rng.uniform(-2, 2, (120, 2))
y = np.cos(x[:, :1]) * x[:, 1:] + 0.05 * rng.normal(size=(120, 1))

results = {}
for name, update in [("sgd", sgd(0.1)), ("momentum", momentum(0.03)), ("adam", adam(0.02))]:
    p, predict, value_and_grad = make_model(2, 12, seed=1)
    for epoch in range(40):
        for batch in np.split(rng.permutation(120), 6):
            value, g = value_and_grad(p, x[batch], y[batch])
            p = update(p, g)
    results[name] = np.mean((predict(p, x) - y) ** 2)
    print(f"{name:10s} final mse {results[name]:.5f}")
print("winner:", min(results, key=results.get))

FAULTS = """
wrong-activation-derivative | ds = (e @ p["V"].T) * np.cos(s) | ds = (e @ p["V"].T) * (1 - h ** 2)
wrong-sign | ds = (e @ p["V"].T) * np.cos(s) | ds = -(e @ p["V"].T) * np.cos(s)
wrong-variable | ds = (e @ p["V"].T) * np.cos(s) | ds = (e @ p["V"].T) * np.cos(h)
missing-factor | grads = {"U": scale * x.T @ ds, "u0": scale * ds.sum(0), "V": scale * h.T @ e, "v0": scale * e.sum(0)} | grads = {"U": scale * x.T @ ds, "u0": ds.sum(0), "V": scale * h.T @ e, "v0": scale * e.sum(0)}
wrong-gradient | return {k: p[k] - lr * g[k] for k in p} | return {k: p[k] + lr * g[k] for k in p}
"""
