"""Small CNN with im2col: conv(3x3) -> relu -> maxpool(2) -> fc -> softmax.
Horizontal vs vertical vs diagonal bars, 10x10 images."""
import numpy as np

np.random.seed(11)


def make_data(n):
    imgs = 0.2 * np.random.randn(n, 1, 10, 10)
    lab = np.random.randint(0, 3, n)
    for k in range(n):
        p = np.random.randint(1, 9)
        if lab[k] == 0:
            imgs[k, 0, p, :] += 1
        elif lab[k] == 1:
            imgs[k, 0, :, p] += 1
        else:
            imgs[k, 0, np.arange(10), np.arange(10)] += 1
    return imgs, lab


def im2col(x, kh, kw):
    N, C, H, W = x.shape
    oh, ow = H - kh + 1, W - kw + 1
    col = np.zeros((N, C, kh, kw, oh, ow))
    for i in range(kh):
        for j in range(kw):
            col[:, :, i, j] = x[:, :, i:i + oh, j:j + ow]
    return col.transpose(0, 4, 5, 1, 2, 3).reshape(N * oh * ow, -1)


X, y = make_data(64)
F = 4
K = np.random.randn(F, 1, 3, 3) * 0.3
kb = np.zeros(F)
Wfc = np.random.randn(F * 16, 3) * 0.1
bfc = np.zeros(3)
lr = 0.3

for step in range(30):
    idx = np.random.permutation(64)[:16]
    xb, yb = X[idx], y[idx]
    N = 16
    # forward
    col = im2col(xb, 3, 3)
    z = (col @ K.reshape(F, -1).T + kb).reshape(N, 8, 8, F).transpose(0, 3, 1, 2)
    a = np.maximum(z, 0)
    win = a.reshape(N, F, 4, 2, 4, 2)
    pool = win.max(axis=(3, 5))
    flat = pool.reshape(N, -1)
    s = flat @ Wfc + bfc
    e = np.exp(s - s.max(1, keepdims=True))
    prob = e / e.sum(1, keepdims=True)
    loss = -np.log(prob[range(N), yb]).mean()
    # backward
    ds = prob.copy()
    ds[range(N), yb] -= 1
    ds /= N
    dWfc = flat.T @ ds
    dbfc = ds.sum(0)
    dpool = (ds @ Wfc.T).reshape(N, F, 4, 4)
    mask = win == pool[:, :, :, None, :, None]
    da = (mask * dpool[:, :, :, None, :, None]).reshape(N, F, 8, 8)
    dz = da * (z > 0)
    dzc = dz.transpose(0, 2, 3, 1).reshape(-1, F)
    dK = (dzc.T @ col).reshape(K.shape)
    dkb = dzc.sum(0)
    # SGD
    K -= lr * dK
    kb -= lr * dkb
    Wfc -= lr * dWfc
    bfc -= lr * dbfc
    if step % 5 == 0:
        print(step, 'loss', round(loss, 4))

FAULTS = """
transposed-order-lost-in-reshape | dzc = dz.transpose(0, 2, 3, 1).reshape(-1, F) | dzc = dz.reshape(-1, F)
relu-derivative-missing | dz = da * (z > 0) | dz = da * (z < np.inf)
no-max-mask-(spread-everywhere) | mask = win == pool[:, :, :, None, :, None] | mask = np.ones_like(win) / 4
mean-instead-of-sum | dkb = dzc.sum(0) | dkb = dzc.mean(0)
wrong-label-index | ds[range(N), yb] -= 1 | ds[:, yb] -= 1
"""
