# translated from my R code: columns are observations, theta is c(W1, b1, W2, b2), column-major
import numpy as np

rs = np.random.RandomState(3)
nobs, nin, nhid, ncls = 9, 3, 4, 3
x = rs.normal(size=(nin, nobs))
labels = rs.randint(ncls, size=nobs)
y = np.zeros((ncls, nobs))
y[labels, np.arange(nobs)] = 1
lam = 0.05
theta = rs.normal(scale=.6, size=nhid * nin + nhid + ncls * nhid + ncls)


def unpack(th):
    e1 = nhid * nin
    e2 = e1 + nhid
    e3 = e2 + ncls * nhid
    W1 = th[:e1].reshape((nhid, nin), order='F')
    b1 = th[e1:e2].reshape(-1, 1)
    W2 = th[e2:e3].reshape((ncls, nhid), order='F')
    b2 = th[e3:].reshape(-1, 1)
    return W1, b1, W2, b2


def pack(*mats):
    return np.concatenate([m.ravel(order='F') for m in mats])


def predict(th):
    W1, b1, W2, b2 = unpack(th)
    u = W1 @ x + b1
    h = np.log1p(np.exp(u))
    o = W2 @ h + b2
    o = o - o.max(axis=0)
    q = np.exp(o) / np.exp(o).sum(axis=0)
    return u, h, q


def nll(th):
    q = predict(th)[2]
    W1, _, W2, _ = unpack(th)
    fit = -np.log(q[labels, np.arange(nobs)]).sum() / nobs
    return fit + lam * (np.sum(W1 ** 2) + np.sum(W2 ** 2)) / 2


def score(th):
    u, h, q = predict(th)
    W1, b1, W2, b2 = unpack(th)
    e2 = (q - y) / nobs
    gW2 = e2 @ h.T + lam * W2
    gb2 = e2.sum(axis=1, keepdims=True)
    e1 = (W2.T @ e2) / (1 + np.exp(-u))
    gW1 = e1 @ x.T + lam * W1
    gb1 = e1.sum(axis=1, keepdims=True)
    return pack(gW1, gb1, gW2, gb2)


# ---- problem
def problem():
    return dict(loss=nll, params=theta, grads=score)


FAULTS = """
transpose | return np.concatenate([m.ravel(order='F') for m in mats]) | return np.concatenate([m.ravel() for m in mats])
softmax-jacobian | e2 = (q - y) / nobs | e2 = -y * (1 - q) / nobs
activation-derivative-at-wrong-value | e1 = (W2.T @ e2) / (1 + np.exp(-u)) | e1 = (W2.T @ e2) / (1 + np.exp(-h))
wrong-activation-derivative | e1 = (W2.T @ e2) / (1 + np.exp(-u)) | e1 = (W2.T @ e2) * h * (1 - h)
bias-reduction | gb1 = e1.sum(axis=1, keepdims=True) | gb1 = e1.mean(axis=1, keepdims=True)
regulariser | gW1 = e1 @ x.T + lam * W1 | gW1 = e1 @ x.T
regulariser | gW2 = e2 @ h.T + lam * W2 | gW2 = e2 @ h.T + lam / nobs * W2
loss-gradient | e2 = (q - y) / nobs | e2 = (q - y) * q * (1 - q) / nobs
"""
