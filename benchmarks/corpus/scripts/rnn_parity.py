# Elman RNN, many to one: is the number of ones odd?
import numpy as np
np.random.seed(99)

T, B, H = 5, 16, 6
seqs = np.random.randint(0, 2, (B, T, 1)).astype(float)
target = seqs.sum(axis=(1, 2)) % 2

Wx = np.random.randn(1, H) * .8
Wh = np.random.randn(H, H) * .4
bh = np.zeros(H)
wy = np.random.randn(H) * .5
by = 0.

def sgd(p, g, lr=0.1):
    return p - lr * g

def forward(x):
    hs = [np.zeros((len(x), H))]
    for t in range(T):
        hs.append(np.tanh(x[:, t] @ Wx + hs[-1] @ Wh + bh))
    return hs, hs[-1] @ wy + by

def loss_fn(logit):
    return np.mean(np.log(1 + np.exp(logit)) - target * logit)

for it in range(80):
    hs, logit = forward(seqs)
    if it % 20 == 0:
        print('loss', loss_fn(logit))
    dlogit = (1 / (1 + np.exp(-logit)) - target) / B
    gwy = hs[-1].T @ dlogit
    gby = dlogit.sum()
    dh = np.outer(dlogit, wy)
    gWx = np.zeros_like(Wx); gWh = np.zeros_like(Wh); gbh = np.zeros_like(bh)
    for t in reversed(range(T)):
        dz = dh * (1 - hs[t + 1] ** 2)
        gWx += seqs[:, t].T @ dz
        gWh += hs[t].T @ dz
        gbh += dz.sum(0)
        dh = dz @ Wh.T
    Wx, Wh, bh, wy, by = [sgd(p, g) for p, g in ((Wx, gWx), (Wh, gWh), (bh, gbh), (wy, gwy), (by, gby))]


FAULTS = """
transpose | dh = dz @ Wh.T | dh = dz @ Wh
indexing | dz = dh * (1 - hs[t + 1] ** 2) | dz = dh * (1 - hs[t] ** 2)
wrong-operand | gWh += hs[t].T @ dz | gWh += hs[t + 1].T @ dz
accumulation | gbh += dz.sum(0) | gbh = dz.sum(0)
"""
