#!/usr/bin/env python3
# Conv -> BatchNorm2d -> PReLU -> global average pooling -> dense. Naive loops. NCHW.
# Seminar "Deep Learning from scratch", exercise 5 (solution of group 12)
import numpy as np


def conv_forward(X, K, b):
    N, C, H, W = X.shape
    F, _, kh, kw = K.shape
    out = np.zeros((N, F, H - kh + 1, W - kw + 1))
    for n in range(N):
        for f in range(F):
            for i in range(out.shape[2]):
                for j in range(out.shape[3]):
                    out[n, f, i, j] = np.sum(X[n, :, i:i + kh, j:j + kw] * K[f]) + b[f]
    return out


def conv_backward(dout, X, K):
    N, C, H, W = X.shape
    F, _, kh, kw = K.shape
    dK, db = np.zeros(K.shape), np.zeros(F)
    dX = np.zeros(X.shape)
    for n in range(N):
        for f in range(F):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dK[f] += dout[n, f, i, j] * X[n, :, i:i + kh, j:j + kw]
                    dX[n, :, i:i + kh, j:j + kw] += dout[n, f, i, j] * K[f]
                    db[f] += dout[n, f, i, j]
    return dX, dK, db


def bn_forward(X, gamma, beta, eps=1e-2):
    mu = X.mean(axis=(0, 2, 3), keepdims=True)
    var = X.var(axis=(0, 2, 3), keepdims=True)
    xhat = (X - mu) / np.sqrt(var + eps)
    return gamma[None, :, None, None] * xhat + beta[None, :, None, None], (xhat, var, eps)


def bn_backward(dout, cache, gamma):
    xhat, var, eps = cache
    m = dout.shape[0] * dout.shape[2] * dout.shape[3]
    dgamma = np.sum(dout * xhat, axis=(0, 2, 3))
    dbeta = np.sum(dout, axis=(0, 2, 3))
    dxhat = dout * gamma[None, :, None, None]
    s1 = dxhat.sum(axis=(0, 2, 3), keepdims=True)
    s2 = (dxhat * xhat).sum(axis=(0, 2, 3), keepdims=True)
    dX = (m * dxhat - s1 - xhat * s2) / (m * np.sqrt(var + eps))
    return dX, dgamma, dbeta


def prelu(X, a):
    return np.where(X > 0, X, a[None, :, None, None] * X)


def prelu_backward(dout, X, a):
    da = np.sum(dout * np.where(X > 0, 0, X), axis=(0, 2, 3))
    return dout * np.where(X > 0, 1, a[None, :, None, None]), da


class Net:
    def __init__(self, seed):
        r = np.random.RandomState(seed)
        self.K1, self.c1 = r.randn(2, 1, 2, 2), r.randn(2) * 0.1
        self.gamma, self.beta = 1 + 0.3 * r.randn(2), r.randn(2) * 0.3
        self.a = np.array([0.25, 0.1])
        self.K2, self.c2 = r.randn(3, 2, 2, 2) * 0.6, r.randn(3) * 0.1
        self.W, self.b = r.randn(3, 2), np.zeros(2)

    def forward(self, X):
        self.X = X
        self.z1 = conv_forward(X, self.K1, self.c1)
        self.n1, self.bn = bn_forward(self.z1, self.gamma, self.beta)
        self.a1 = prelu(self.n1, self.a)
        self.z2 = conv_forward(self.a1, self.K2, self.c2)
        self.pool = self.z2.mean(axis=(2, 3))
        return self.pool.dot(self.W) + self.b

    def loss(self, X, y):
        s = self.forward(X)
        s = s - s.max(axis=1, keepdims=True)
        return np.mean(np.log(np.exp(s).sum(axis=1)) - s[np.arange(len(y)), y])

    def backward(self, X, y):
        s = self.forward(X)
        p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
        p[np.arange(len(y)), y] -= 1
        ds = p / len(y)
        dW, db = self.pool.T.dot(ds), ds.sum(axis=0)
        dpool = ds.dot(self.W.T)
        area = self.z2.shape[2] * self.z2.shape[3]
        dz2 = np.ones_like(self.z2) * dpool[:, :, None, None] / area
        da1, dK2, dc2 = conv_backward(dz2, self.a1, self.K2)
        dn1, da = prelu_backward(da1, self.n1, self.a)
        dz1, dgamma, dbeta = bn_backward(dn1, self.bn, self.gamma)
        _, dK1, dc1 = conv_backward(dz1, self.X, self.K1)
        return [dK1, dgamma, dbeta, da, dK2, dc2, dW, db]


# ---- problem
def problem():
    net = Net(3)
    r = np.random.RandomState(4)
    X, y = r.randn(3, 1, 4, 4), np.array([0, 1, 1])
    params = [net.K1, net.gamma, net.beta, net.a, net.K2, net.c2, net.W, net.b]
    return dict(loss=lambda: net.loss(X, y), params=params, grads=lambda: net.backward(X, y))


FAULTS = """
normalisation | m = dout.shape[0] * dout.shape[2] * dout.shape[3] | m = dout.shape[0]
normalisation | dX = (m * dxhat - s1 - xhat * s2) / (m * np.sqrt(var + eps)) | dX = (m * dxhat - s1) / (m * np.sqrt(var + eps))
scale | dz2 = np.ones_like(self.z2) * dpool[:, :, None, None] / area | dz2 = np.ones_like(self.z2) * dpool[:, :, None, None]
accumulation | dX[n, :, i:i + kh, j:j + kw] += dout[n, f, i, j] * K[f] | dX[n, :, i:i + kh, j:j + kw] = dout[n, f, i, j] * K[f]
activation-derivative-at-wrong-value | dn1, da = prelu_backward(da1, self.n1, self.a) | dn1, da = prelu_backward(da1, self.z1, self.a)
wrong-operand | da = np.sum(dout * np.where(X > 0, 0, X), axis=(0, 2, 3)) | da = np.sum(dout * np.where(X > 0, X, 0), axis=(0, 2, 3))
wrong-operand | da1, dK2, dc2 = conv_backward(dz2, self.a1, self.K2) | da1, dK2, dc2 = conv_backward(dz2, self.n1, self.K2)
"""
