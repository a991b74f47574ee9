#!/usr/bin/env python3
# Neural n-gram character model (Bengio 2003 style) on French names; layer norm in the hidden layer
import numpy as np

names = """amelie antoine baptiste camille charlotte claire clement emilie etienne florence
gabriel helene isabelle julien laurent lucie madeleine mathilde nicolas olivier pauline
quentin raphael sebastien sophie thibault valentin veronique yannick zoe""".split()
chars = ['.'] + sorted(set(''.join(names)))
stoi = {c: i for i, c in enumerate(chars)}
V, CTX, EMB, HID = len(chars), 3, 5, 24

xs, ys = [], []
for name in names:
    window = [0] * CTX
    for ch in name + '.':
        xs.append(window)
        ys.append(stoi[ch])
        window = window[1:] + [stoi[ch]]
xs, ys = np.array(xs), np.array(ys)

g = np.random.default_rng(42)
C = g.normal(size=(V, EMB))
W1 = g.normal(size=(CTX * EMB, HID)) * (5 / 3) / (CTX * EMB) ** 0.5
lng, lnb = np.ones(HID), np.zeros(HID)
W2 = g.normal(size=(HID, V)) * 0.1
b2 = np.zeros(V)

max_steps, batch_size = 400, 48
for i in range(max_steps):
    ix = g.integers(0, len(xs), batch_size)
    xb, yb = xs[ix], ys[ix]

    # forward
    emb = C[xb].reshape(batch_size, -1)
    pre = emb @ W1
    mean = pre.mean(1, keepdims=True)
    xc = pre - mean
    var = (xc ** 2).mean(1, keepdims=True)
    inv = 1 / np.sqrt(var + 1e-5)
    norm = xc * inv
    hpre = norm * lng + lnb
    h = np.tanh(hpre)
    logits = h @ W2 + b2
    counts = np.exp(logits - logits.max(1, keepdims=True))
    probs = counts / counts.sum(1, keepdims=True)
    loss = -np.log(probs[range(batch_size), yb]).mean()

    # backward
    dlogits = probs.copy()
    dlogits[range(batch_size), yb] -= 1
    dlogits /= batch_size
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpre = (1 - h ** 2) * dh
    dlng = (norm * dhpre).sum(0)
    dlnb = dhpre.sum(0)
    dnorm = dhpre * lng
    dxc = dnorm * inv
    dinv = (dnorm * xc).sum(1, keepdims=True)
    dvar = -0.5 * inv ** 3 * dinv
    dxc += 2 * xc / HID * dvar
    dpre = dxc - dxc.mean(1, keepdims=True)
    demb = dpre @ W1.T
    dW1 = emb.T @ dpre
    dC = np.zeros_like(C)
    for row in range(batch_size):
        for c in range(CTX):
            dC[xb[row, c]] += demb[row, c * EMB:(c + 1) * EMB]

    lr = 0.3 if i < 250 else 0.05
    C -= lr * dC
    W1 -= lr * dW1
    lng -= lr * dlng
    lnb -= lr * dlnb
    W2 -= lr * dW2
    b2 -= lr * db2
    if i % 100 == 0:
        print(f'{i:5d}/{max_steps:5d}: {loss:.4f}')

FAULTS = """
missing-term | dpre = dxc - dxc.mean(1, keepdims=True) | dpre = dxc
overwritten | dxc += 2 * xc / HID * dvar | dxc = 2 * xc / HID * dvar
missing-factor | dvar = -0.5 * inv ** 3 * dinv | dvar = -inv ** 3 * dinv
overwritten | dC[xb[row, c]] += demb[row, c * EMB:(c + 1) * EMB] | dC[xb[row, c]] = demb[row, c * EMB:(c + 1) * EMB]
wrong-variable | dlng = (norm * dhpre).sum(0) | dlng = (xc * dhpre).sum(0)
wrong-gradient | lnb -= lr * dlnb | lnb -= lr * dlng
"""
