"""Batched LSTM classifier, four gates in one matrix (order: input, forget, output, candidate)."""
import numpy as np
from collections import namedtuple

Cache = namedtuple("Cache", "x h_prev c_prev i f o g c tanh_c")


def sigmoid(a):
    return np.exp(-np.logaddexp(0, -a))


def lstm_step(x, h_prev, c_prev, Wx, Wh, b):
    H = h_prev.shape[1]
    a = x @ Wx + h_prev @ Wh + b
    i, f, o = (sigmoid(a[:, k * H : (k + 1) * H]) for k in range(3))
    g = np.tanh(a[:, 3 * H :])
    c = f * c_prev + i * g
    tanh_c = np.tanh(c)
    return o * tanh_c, c, Cache(x, h_prev, c_prev, i, f, o, g, c, tanh_c)


def lstm_step_backward(dh, dc, cache, Wx, Wh):
    do = dh * cache.tanh_c
    dc = dc + dh * cache.o * (1 - cache.tanh_c**2)
    di = dc * cache.g
    df = dc * cache.c_prev
    dg = dc * cache.i
    da = np.hstack([
        di * cache.i * (1 - cache.i),
        df * cache.f * (1 - cache.f),
        do * cache.o * (1 - cache.o),
        dg * (1 - cache.g**2),
    ])
    dx = da @ Wx.T
    dh_prev = da @ Wh.T
    dc_prev = dc * cache.f
    return dx, dh_prev, dc_prev, cache.x.T @ da, cache.h_prev.T @ da, da.sum(axis=0)


def forward(P, tokens, labels):
    N, T = tokens.shape
    H = P["Wh"].shape[0]
    h, c, caches = np.zeros((N, H)), np.zeros((N, H)), []
    for t in range(T):
        h, c, cache = lstm_step(P["emb"][tokens[:, t]], h, c, P["Wx"], P["Wh"], P["b"])
        caches.append(cache)
    logits = h @ P["Wy"] + P["by"]
    shifted = logits - logits.max(axis=1, keepdims=True)
    logp = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logp[np.arange(N), labels].mean(), (caches, h, logp)


def backward(P, tokens, labels):
    _, (caches, h, logp) = forward(P, tokens, labels)
    N, T = tokens.shape
    G = {k: np.zeros_like(v) for k, v in P.items()}
    dlogits = np.exp(logp)
    dlogits[np.arange(N), labels] -= 1
    dlogits /= N
    G["Wy"] = h.T @ dlogits
    G["by"] = dlogits.sum(axis=0)
    dh, dc = dlogits @ P["Wy"].T, np.zeros_like(h)
    for t in reversed(range(T)):
        dx, dh, dc, dWx, dWh, db = lstm_step_backward(dh, dc, caches[t], P["Wx"], P["Wh"])
        G["Wx"] += dWx
        G["Wh"] += dWh
        G["b"] += db
        np.add.at(G["emb"], tokens[:, t], dx)
    return G


rng = np.random.default_rng(99)
tokens = np.array([[0, 2, 2, 1], [3, 1, 0, 0], [2, 2, 3, 1]])
labels = np.array([1, 0, 1])
E, H, V, C = 3, 3, 4, 2
P = {
    "emb": rng.normal(size=(V, E)),
    "Wx": rng.normal(size=(E, 4 * H)) * 0.7,
    "Wh": rng.normal(size=(H, 4 * H)) * 0.7,
    "b": rng.normal(size=4 * H) * 0.3,
    "Wy": rng.normal(size=(H, C)),
    "by": rng.normal(size=C) * 0.1,
}


# ---- problem
def problem():
    return dict(
        loss=lambda: forward(P, tokens, labels)[0],
        params=P,
        grads=lambda: backward(P, tokens, labels),
    )


FAULTS = """
scatter | np.add.at(G["emb"], tokens[:, t], dx) | G["emb"][tokens[:, t]] += dx
recurrence | dc = dc + dh * cache.o * (1 - cache.tanh_c**2) | dc = dh * cache.o * (1 - cache.tanh_c**2)
wrong-activation-derivative | dg * (1 - cache.g**2) | dg * cache.g * (1 - cache.g)
wrong-operand | df = dc * cache.c_prev | df = dc * cache.c
activation-derivative-at-wrong-value | dh * cache.o * (1 - cache.tanh_c**2) | dh * cache.o * (1 - cache.c**2)
wrong-operand | dg = dc * cache.i | dg = dc * cache.f
scale | dlogits /= N |
recurrence | dc_prev = dc * cache.f | dc_prev = np.zeros_like(dc)
accumulation | G["Wh"] += dWh | G["Wh"] = dWh
"""
