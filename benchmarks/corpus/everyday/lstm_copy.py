"""LSTM that echoes the first symbol of a sequence (long-range memory demo for my seminar)."""
import numpy as np

rng = np.random.default_rng(8)
K, T, H, B = 3, 6, 10, 24


def sample_batch():
    s = rng.integers(0, K, size=(B, T))
    x = np.zeros((T, B, K))
    for t in range(T):
        x[t, np.arange(B), s[:, t]] = 1.0
    return x, s[:, 0]


def sig(a):
    return 1.0 / (1.0 + np.exp(-a))


Wf, Wi, Wo, Wg = (rng.normal(0, 0.4, (K + H, H)) for _ in range(4))
bf, bi, bo, bg = np.ones(H), np.zeros(H), np.zeros(H), np.zeros(H)
Wy, by = rng.normal(0, 0.4, (H, K)), np.zeros(K)
params = [Wf, Wi, Wo, Wg, bf, bi, bo, bg, Wy, by]


def lstm_forward(x):
    h = np.zeros((B, H))
    c = np.zeros((B, H))
    store = []
    for t in range(T):
        xh = np.concatenate([x[t], h], axis=1)
        f = sig(xh @ Wf + bf)
        i = sig(xh @ Wi + bi)
        o = sig(xh @ Wo + bo)
        g = np.tanh(xh @ Wg + bg)
        c_prev = c
        c = f * c_prev + i * g
        tc = np.tanh(c)
        h = o * tc
        store.append((xh, f, i, o, g, c_prev, tc))
    logits = h @ Wy + by
    return h, logits, store


def lstm_backward(h, dlogits, store):
    dWf, dWi, dWo, dWg, dbf, dbi, dbo, dbg, dWy, dby = [np.zeros_like(p) for p in params]
    dWy += h.T @ dlogits
    dby += dlogits.sum(0)
    dh = dlogits @ Wy.T
    dc = np.zeros_like(dh)
    for xh, f, i, o, g, c_prev, tc in store[::-1]:
        do = dh * tc * o * (1 - o)
        dc = dc + dh * o * (1 - tc ** 2)
        df = dc * c_prev * f * (1 - f)
        di = dc * g * i * (1 - i)
        dg = dc * i * (1 - g ** 2)
        dWf += xh.T @ df; dbf += df.sum(0)
        dWi += xh.T @ di; dbi += di.sum(0)
        dWo += xh.T @ do; dbo += do.sum(0)
        dWg += xh.T @ dg; dbg += dg.sum(0)
        dxh = df @ Wf.T + di @ Wi.T + do @ Wo.T + dg @ Wg.T
        dh = dxh[:, K:]
        dc = dc * f
    return [dWf, dWi, dWo, dWg, dbf, dbi, dbo, dbg, dWy, dby]


lr = 0.5
running_loss = np.log(K)
for it in range(200):
    x, label = sample_batch()
    h, logits, store = lstm_forward(x)
    m = logits.max(1, keepdims=True)
    logp = logits - m - np.log(np.exp(logits - m).sum(1, keepdims=True))
    loss = -logp[np.arange(B), label].mean()
    running_loss = 0.9 * running_loss + 0.1 * loss
    dlogits = np.exp(logp)
    dlogits[np.arange(B), label] -= 1
    dlogits /= B
    for p, dp in zip(params, lstm_backward(h, dlogits, store)):
        p -= lr * np.clip(dp, -1, 1)
    if it % 50 == 49:
        print(it + 1, "loss", round(running_loss, 4))

FAULTS = """
missing-term | dc = dc + dh * o * (1 - tc ** 2) | dc = dh * o * (1 - tc ** 2)
forgotten-carry | dc = dc * f | pass
wrong-variable | di = dc * g * i * (1 - i) | di = dc * g * g * (1 - i)
wrong-activation-derivative | dg = dc * i * (1 - g ** 2) | dg = dc * i * g * (1 - g)
missing-term | dxh = df @ Wf.T + di @ Wi.T + do @ Wo.T + dg @ Wg.T | dxh = df @ Wf.T + di @ Wi.T + do @ Wo.T
wrong-variable | dWo += xh.T @ do; dbo += do.sum(0) | dWo += xh.T @ do; dbo += dg.sum(0)
"""
