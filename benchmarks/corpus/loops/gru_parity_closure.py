"""GRU that tells the parity of a bit string; everything in closures, the state kept by nonlocal."""
import numpy as np


def make_gru(n_in, n_h, rng):
    s = 1 / np.sqrt(n_h)
    W = [rng.uniform(-s, s, (n_in, n_h)) for _ in range(3)]      # update, reset, candidate
    U = [rng.uniform(-s, s, (n_h, n_h)) for _ in range(3)]
    b = [np.zeros(n_h) for _ in range(3)]
    v = rng.uniform(-s, s, n_h)
    c = 0.0
    tape = []
    logits = None

    def sig(x):
        return 1 / (1 + np.exp(-x))

    def forward(X):
        nonlocal tape, logits
        tape = []
        h = np.zeros((X.shape[0], n_h))
        for t in range(X.shape[1]):
            x = X[:, t]
            z = sig(x @ W[0] + h @ U[0] + b[0])
            r = sig(x @ W[1] + h @ U[1] + b[1])
            n = np.tanh(x @ W[2] + (r * h) @ U[2] + b[2])
            tape.append((x, h, z, r, n))
            h = (1 - z) * n + z * h
        logits = h @ v + c
        tape.append(h)
        return logits

    def loss(y):
        return np.mean(np.logaddexp(0, logits) - y * logits)

    def backward(y):
        gW, gU, gb = ([np.zeros_like(a) for a in group] for group in (W, U, b))
        dl = (sig(logits) - y) / len(y)
        gv, gc = tape[-1].T @ dl, dl.sum()
        dh = np.outer(dl, v)
        for x, h, z, r, n in reversed(tape[:-1]):
            dz = dh * (h - n) * z * (1 - z)
            dn = dh * (1 - z) * (1 - n ** 2)
            drh = dn @ U[2].T
            dr = drh * h * r * (1 - r)
            for k, d, hh in ((0, dz, h), (1, dr, h), (2, dn, r * h)):
                gW[k] += x.T @ d
                gU[k] += hh.T @ d
                gb[k] += d.sum(axis=0)
            dh = dh * z + drh * r + dz @ U[0].T + dr @ U[1].T
        return gW, gU, gb, gv, gc

    def update(grads, lr):
        nonlocal v, c
        gW, gU, gb, gv, gc = grads
        for k in range(3):
            W[k] -= lr * gW[k]
            U[k] -= lr * gU[k]
            b[k] -= lr * gb[k]
        v = v - lr * gv
        c = c - lr * gc

    return forward, loss, backward, update


rng = np.random.default_rng(99)
forward, loss, backward, update = make_gru(1, 6, rng)
losses = []
for it in range(150):
    bits = rng.integers(0, 2, (16, 5))
    X, y = bits[:, :, None] * 2.0 - 1.0, bits.sum(axis=1) % 2
    forward(X)
    losses.append(loss(y))
    update(backward(y), lr=0.3)
print("mean of the last 50:", np.mean(losses[-50:]))

FAULTS = """
wrong-sign | dz = dh * (h - n) * z * (1 - z) | dz = dh * (n - h) * z * (1 - z)
missing-term | dh = dh * z + drh * r + dz @ U[0].T + dr @ U[1].T | dh = dh * z + dz @ U[0].T + dr @ U[1].T
missing-factor | dh = dh * z + drh * r + dz @ U[0].T + dr @ U[1].T | dh = dh * z + drh + dz @ U[0].T + dr @ U[1].T
transposed-operand | drh = dn @ U[2].T | drh = dn @ U[2]
overwritten | gW[k] += x.T @ d | gW[k] = x.T @ d
wrong-operand | for k, d, hh in ((0, dz, h), (1, dr, h), (2, dn, r * h)): | for k, d, hh in ((0, dz, h), (1, dr, h), (2, dn, h)):
"""
