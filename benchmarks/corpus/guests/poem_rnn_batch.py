"""Batched char RNN, mean cross-entropy over all positions, initial state learned as well."""
import numpy as np

rng = np.random.default_rng(1798)
TEXT = ['tyger ', 'burnin', 'bright', 'forest']
chars = sorted(set(''.join(TEXT)))[:7]
data = np.array([[(ord(c) * 7) % 5 for c in line] for line in TEXT])
VOCAB, HID = 5, 4

E = rng.normal(size=(VOCAB, 3))
U = rng.normal(size=(3, HID)) * 0.7
W = rng.normal(size=(HID, HID)) * 0.5
b = rng.normal(size=HID) * 0.1
V = rng.normal(size=(HID, VOCAB))
c = rng.normal(size=VOCAB) * 0.1
h0 = rng.normal(size=HID) * 0.5


def forward():
    x, y = data[:, :-1], data[:, 1:]
    h = np.tile(h0, (len(x), 1))
    states, probs = [h], []
    for t in range(x.shape[1]):
        h = np.tanh(E[x[:, t]] @ U + h @ W + b)
        o = np.exp(h @ V + c)
        states.append(h)
        probs.append(o / o.sum(axis=1, keepdims=True))
    return x, y, states, probs


def nll():
    x, y, _, probs = forward()
    return -np.mean([np.log(p[np.arange(len(x)), y[:, t]]) for t, p in enumerate(probs)])


def grads():
    x, y, states, probs = forward()
    n, T = x.shape
    dE, dU, dW, db, dV, dc = [np.zeros_like(a) for a in (E, U, W, b, V, c)]
    dh = np.zeros((n, HID))
    for t in range(T - 1, -1, -1):
        do = probs[t].copy()
        do[np.arange(n), y[:, t]] -= 1
        do /= n * T
        dV += states[t + 1].T @ do
        dc += do.sum(axis=0)
        dh += do @ V.T
        da = dh * (1 - states[t + 1] ** 2)
        dU += E[x[:, t]].T @ da
        dW += states[t].T @ da
        db += da.sum(axis=0)
        np.add.at(dE, x[:, t], da @ U.T)
        dh = da @ W.T
    dh0 = dh.sum(axis=0)
    return [dE, dU, dW, db, dV, dc, dh0]


# ---- problem
def problem():
    return dict(loss=nll, params=[E, U, W, b, V, c, h0], grads=grads)


FAULTS = """
recurrence | dh += do @ V.T | dh = do @ V.T
scatter | np.add.at(dE, x[:, t], da @ U.T) | dE[x[:, t]] += da @ U.T
scale | do /= n * T | do /= n
missing-gradient | dh0 = dh.sum(axis=0) | dh0 = np.zeros_like(h0)
bias-reduction | dc += do.sum(axis=0) | dc += do.mean(axis=0)
transpose | dh = da @ W.T | dh = da @ W
wrong-operand | dW += states[t].T @ da | dW += states[t + 1].T @ da
missing-activation-derivative | da = dh * (1 - states[t + 1] ** 2) | da = dh
raw-error-propagated | dh = da @ W.T | dh = dh @ W.T
"""
