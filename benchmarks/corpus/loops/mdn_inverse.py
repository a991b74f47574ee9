"""Mixture density network for the inverse of y = x + 0.3 sin(2 pi x) (Bishop 1994)."""
import numpy as np

rng = np.random.RandomState(1994)
x = rng.uniform(0, 1, (60, 1))
t = x + 0.3 * np.sin(2 * np.pi * x) + rng.uniform(-0.1, 0.1, x.shape)
inputs, outputs = t.astype(np.float32), x.astype(np.float32)      # inverse problem

H, M = 8, 3
W1 = (rng.randn(1, H) * 1.0).astype(np.float32)
b1 = np.zeros(H, np.float32)
W2 = (rng.randn(H, 3 * M) * 0.4).astype(np.float32)
b2 = np.concatenate([np.zeros(M), [0.2, 0.5, 0.8], np.full(M, -1.0)]).astype(np.float32)


def mdn(X, Y):
    h = np.tanh(X @ W1 + b1)
    o = h @ W2 + b2
    a, mu, ls = o[:, :M], o[:, M:2 * M], o[:, 2 * M:]
    pi = np.exp(a - a.max(1, keepdims=True))
    pi /= pi.sum(1, keepdims=True)
    sig = np.exp(ls)
    dens = pi * np.exp(-0.5 * ((Y - mu) / sig) ** 2) / (np.sqrt(2 * np.pi) * sig)
    p = dens.sum(1, keepdims=True)
    E = -np.log(p).mean()
    gamma = dens / p
    do = np.hstack([pi - gamma, gamma * (mu - Y) / sig ** 2, gamma * (1 - ((Y - mu) / sig) ** 2)])
    do = (do / len(X)).astype(np.float32)
    gW2, gb2 = h.T @ do, do.sum(0)
    dh = do @ W2.T * (1 - h * h)
    return E, X.T @ dh, dh.sum(0), gW2, gb2


rate = 0.05
for i in range(300):
    E, gW1, gb1, gW2, gb2 = mdn(inputs, outputs)
    W1 -= rate * gW1
    b1 -= rate * gb1
    W2 -= rate * gW2
    b2 -= rate * gb2
    if not i % 100:
        print("iter", i, "E", E)

FAULTS = """
wrong-sign | do = np.hstack([pi - gamma, gamma * (mu - Y) / sig ** 2, gamma * (1 - ((Y - mu) / sig) ** 2)]) | do = np.hstack([gamma - pi, gamma * (mu - Y) / sig ** 2, gamma * (1 - ((Y - mu) / sig) ** 2)])
missing-factor | do = np.hstack([pi - gamma, gamma * (mu - Y) / sig ** 2, gamma * (1 - ((Y - mu) / sig) ** 2)]) | do = np.hstack([pi - gamma, gamma * (mu - Y) / sig, gamma * (1 - ((Y - mu) / sig) ** 2)])
wrong-operand | gamma = dens / p | gamma = pi
wrong-activation-derivative | dh = do @ W2.T * (1 - h * h) | dh = do @ W2.T * (1 - h)
normalisation | do = (do / len(X)).astype(np.float32) | do = (do / M).astype(np.float32)
"""
