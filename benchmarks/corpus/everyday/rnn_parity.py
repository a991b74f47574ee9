# vanilla RNN, many-to-one: is the running sum of a +-1 sequence positive at the end?
# BPTT by hand -- physics PhD procrastination
import numpy as np

N_STEPS, N_HID, BATCH = 8, 12, 20
rng = np.random.RandomState(5)


def make_batch():
    seq = rng.choice([-1.0, 1.0], size=(BATCH, N_STEPS, 1))
    target = (seq.sum(axis=(1, 2)) > 0).astype(float)[:, None]
    return seq, target


Wx = rng.randn(1, N_HID) * 0.5
Wh = rng.randn(N_HID, N_HID) * 0.3
bh = np.zeros(N_HID)
Wy = rng.randn(N_HID, 1) * 0.5
by = np.zeros(1)
lr, clip = 0.1, 5.0


def forward(seq):
    h = [np.zeros((len(seq), N_HID))]
    for t in range(N_STEPS):
        h.append(np.tanh(seq[:, t] @ Wx + h[t] @ Wh + bh))
    p = 1 / (1 + np.exp(-(h[-1] @ Wy + by)))
    return h, p


def bptt(seq, target, h, p):
    dWx, dWh, dbh = np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(bh)
    dlogit = (p - target) / len(seq)
    dWy = h[-1].T @ dlogit
    dby = dlogit.sum(axis=0)
    dh = dlogit @ Wy.T
    for t in range(N_STEPS - 1, -1, -1):
        da = dh * (1 - h[t + 1] ** 2)
        dWx += seq[:, t].T @ da
        dWh += h[t].T @ da
        dbh += da.sum(axis=0)
        dh = da @ Wh.T
    return dWx, dWh, dbh, dWy, dby


smooth = None
for it in range(300):
    seq, target = make_batch()
    h, p = forward(seq)
    loss = -np.mean(target * np.log(p + 1e-10) + (1 - target) * np.log(1 - p + 1e-10))
    smooth = loss if smooth is None else 0.95 * smooth + 0.05 * loss
    grads = bptt(seq, target, h, p)
    for g in grads:
        np.clip(g, -clip, clip, out=g)
    for param, g in zip((Wx, Wh, bh, Wy, by), grads):
        param -= lr * g
    if it % 100 == 0:
        print("iter", it, "loss", smooth, "acc", ((p > 0.5) == target).mean())

FAULTS = """
missing-transpose | dh = da @ Wh.T | dh = da @ Wh
off-by-one | da = dh * (1 - h[t + 1] ** 2) | da = dh * (1 - h[t] ** 2)
overwritten | dWh += h[t].T @ da | dWh = h[t].T @ da
off-by-one | dWh += h[t].T @ da | dWh += h[t + 1].T @ da
off-by-one | for t in range(N_STEPS - 1, -1, -1): | for t in range(N_STEPS - 1, 0, -1):
forgotten-derivative | dh = da @ Wh.T | dh = dh @ Wh.T
"""
