# Fit for scipy.optimize.minimize(fun, x0, jac=jac): one hidden layer, softmax, ridge, one flat vector
import numpy as np

D, H, C = 4, 5, 3
LAMBDA = 0.2
rng = np.random.default_rng(23)
DATA = rng.normal(size=(12, D))
LABEL = rng.integers(0, C, 12)


def unpack(theta):
    i = 0
    W = theta[i:i + D * H].reshape(D, H)
    i += D * H
    b = theta[i:i + H]
    i += H
    V = theta[i:i + H * C].reshape(H, C)
    i += H * C
    c = theta[i:i + C]
    return W, b, V, c


def model(theta):
    W, b, V, c = unpack(theta)
    hid = 1.7159 * np.tanh(2 / 3 * (DATA @ W + b))
    logits = hid @ V + c
    logits = logits - logits.max(1)[:, None]
    logp = logits - np.log(np.exp(logits).sum(1))[:, None]
    return hid, logp


def fun(theta):
    W, _, V, _ = unpack(theta)
    _, logp = model(theta)
    n = len(DATA)
    return -logp[np.arange(n), LABEL].mean() + LAMBDA / (2 * n) * ((W ** 2).sum() + (V ** 2).sum())


def jac(theta):
    W, b, V, c = unpack(theta)
    hid, logp = model(theta)
    n = len(DATA)
    resid = np.exp(logp)
    resid[np.arange(n), LABEL] -= 1
    resid /= n
    gV = hid.T @ resid + LAMBDA / n * V
    gc = resid.sum(0)
    back = resid @ V.T * (2 / 3) * (1.7159 - hid ** 2 / 1.7159)
    gW = DATA.T @ back + LAMBDA / n * W
    gb = back.sum(0)
    return np.concatenate([gW.ravel(), gb, gV.ravel(), gc])


# ---- problem
def problem():
    theta = np.random.default_rng(2).normal(size=D * H + H + H * C + C) * 0.5
    return dict(loss=lambda: fun(theta), params=theta, grads=lambda: jac(theta))


FAULTS = """
scale | resid /= n |
wrong-activation-derivative | (1.7159 - hid ** 2 / 1.7159) | (1 - hid ** 2)
scale | back = resid @ V.T * (2 / 3) * | back = resid @ V.T *
regulariser | gW = DATA.T @ back + LAMBDA / n * W | gW = DATA.T @ back + LAMBDA * W
regulariser | gV = hid.T @ resid + LAMBDA / n * V | gV = hid.T @ resid
swapped-gradients | return np.concatenate([gW.ravel(), gb, gV.ravel(), gc]) | return np.concatenate([gV.ravel(), gb, gW.ravel(), gc])
transpose | return np.concatenate([gW.ravel(), gb, gV.ravel(), gc]) | return np.concatenate([gW.T.ravel(), gb, gV.ravel(), gc])
indexing | resid[np.arange(n), LABEL] -= 1 | resid[np.arange(n - 1), LABEL[:-1]] -= 1
"""
