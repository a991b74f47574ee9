"""im2col CNN with max pooling, cs231n-style function pairs (layer_forward, layer_backward)."""
import numpy as np


def im2col(x, k):
    n, c, h, w = x.shape
    rows = []
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            rows.append(x[:, :, i:i + k, j:j + k].reshape(n, -1))
    return np.stack(rows, axis=1)


def col2im(cols, shape, k):
    n, c, h, w = shape
    x = np.zeros(shape)
    r = 0
    for i in range(h - k + 1):
        for j in range(w - k + 1):
            x[:, :, i:i + k, j:j + k] += cols[:, r].reshape(n, c, k, k)
            r += 1
    return x


def conv_forward(x, w, b):
    f, c, k, _ = w.shape
    cols = im2col(x, k)
    out = cols @ w.reshape(f, -1).T + b
    size = x.shape[2] - k + 1
    return out.transpose(0, 2, 1).reshape(len(x), f, size, -1), (x, w, cols)


def conv_backward(dout, cache):
    x, w, cols = cache
    f, k = w.shape[0], w.shape[2]
    flat = dout.reshape(len(x), f, -1).transpose(0, 2, 1)
    dw = np.einsum('npf,npq->fq', flat, cols).reshape(w.shape)
    db = flat.sum(axis=(0, 1))
    dx = col2im(flat @ w.reshape(f, -1), x.shape, k)
    return dx, dw, db


def pool_forward(x):
    n, c, h, w = x.shape
    blocks = x.reshape(n, c, h // 2, 2, w // 2, 2)
    out = blocks.max(axis=(3, 5))
    return out, (blocks, out)


def pool_backward(dout, cache):
    blocks, out = cache
    mask = blocks == out[:, :, :, None, :, None]
    dx = mask * dout[:, :, :, None, :, None]
    n, c, h, _, w, _ = blocks.shape
    return dx.reshape(n, c, 2 * h, 2 * w)


def model(p, x, y, only_loss=True):
    o1, c1 = conv_forward(x, p['w1'], p['b1'])
    t1 = np.tanh(o1)
    q, cp = pool_forward(t1)
    o2, c2 = conv_forward(q, p['w2'], p['b2'])
    feats = o2.reshape(len(x), -1)
    pred = feats @ p['v']
    loss = np.mean((pred - y) ** 2)
    if only_loss:
        return loss
    g = {}
    dpred = 2 * (pred - y) / len(y)
    g['v'] = feats.T @ dpred
    do2 = np.outer(dpred, p['v']).reshape(o2.shape)
    dq, g['w2'], g['b2'] = conv_backward(do2, c2)
    dt1 = pool_backward(dq, cp)
    do1 = dt1 * (1 - t1 ** 2)
    _, g['w1'], g['b1'] = conv_backward(do1, c1)
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(64)
    p = {'w1': rng.normal(size=(2, 1, 3, 3)) * 0.4, 'b1': rng.normal(size=2) * 0.1,
         'w2': rng.normal(size=(3, 2, 2, 2)) * 0.6, 'b2': rng.normal(size=3) * 0.1, 'v': rng.normal(size=12)}
    x, y = rng.normal(size=(4, 1, 8, 8)), rng.normal(size=4)
    return dict(loss=lambda: model(p, x, y), params=p, grads=lambda: model(p, x, y, only_loss=False))


FAULTS = """
accumulation | x[:, :, i:i + k, j:j + k] += cols[:, r].reshape(n, c, k, k) | x[:, :, i:i + k, j:j + k] = cols[:, r].reshape(n, c, k, k)
bias-reduction | db = flat.sum(axis=(0, 1)) | db = flat.mean(axis=(0, 1))
missing-activation-derivative | do1 = dt1 * (1 - t1 ** 2) | do1 = dt1
activation-derivative-at-wrong-value | do1 = dt1 * (1 - t1 ** 2) | do1 = dt1 * (1 - o1 ** 2)
indexing | r += 1 |
scale | dpred = 2 * (pred - y) / len(y) | dpred = 2 * (pred - y)
transpose | x[:, :, i:i + k, j:j + k] += cols[:, r].reshape(n, c, k, k) | x[:, :, i:i + k, j:j + k] += cols[:, r].reshape(n, c, k, k).transpose(0, 1, 3, 2)
scale | dx = mask * dout[:, :, :, None, :, None] | dx = mask * dout[:, :, :, None, :, None] / 4
"""
