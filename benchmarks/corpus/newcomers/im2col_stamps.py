"""Postage stamps: im2col convolution, average pooling, dense layer. Batches of (N, C, H, W)."""
import numpy as np


def im2col(x, k, pad):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    n, c, h, w = x.shape
    oh, ow = h - k + 1, w - k + 1
    cols = np.empty((n, oh, ow, c, k, k))
    for i in range(oh):
        for j in range(ow):
            cols[:, i, j] = x[:, :, i:i + k, j:j + k]
    return cols.reshape(n * oh * ow, c * k * k), (n, c, h, w, oh, ow)


def col2im(dcols, info, k, pad):
    n, c, h, w, oh, ow = info
    dcols = dcols.reshape(n, oh, ow, c, k, k)
    dx = np.zeros((n, c, h, w))
    for i in range(oh):
        for j in range(ow):
            dx[:, :, i:i + k, j:j + k] += dcols[:, i, j]
    return dx[:, :, pad:h - pad, pad:w - pad]


class Conv:
    def __init__(self, c_in, c_out, k, pad, rng):
        self.K = rng.normal(size=(c_in * k * k, c_out)) / k
        self.bias = rng.normal(size=c_out) * 0.1
        self.k, self.pad = k, pad

    def __call__(self, x):
        self.cols, self.info = im2col(x, self.k, self.pad)
        n, oh, ow = self.info[0], *self.info[4:]
        y = self.cols @ self.K + self.bias
        return y.reshape(n, oh, ow, -1).transpose(0, 3, 1, 2)

    def back(self, dy):
        dy = dy.transpose(0, 2, 3, 1).reshape(-1, len(self.bias))
        self.dK = self.cols.T @ dy
        self.dbias = dy.sum(axis=0)
        return col2im(dy @ self.K.T, self.info, self.k, self.pad)


class StampNet:
    def __init__(self, rng):
        self.conv1, self.conv2 = Conv(1, 2, 3, 1, rng), Conv(2, 3, 2, 1, rng)
        self.V = rng.normal(size=(3, 2))

    def loss(self, x, t):
        self.z1 = self.conv1(x)
        self.z2 = self.conv2(np.tanh(self.z1))
        self.a2 = np.tanh(self.z2)
        self.pooled = self.a2.mean(axis=(2, 3))
        self.diff = self.pooled @ self.V - t
        return 0.5 * (self.diff ** 2).sum() / len(x)

    def back(self):
        d = self.diff / len(self.diff)
        self.dV = self.pooled.T @ d
        dpool = d @ self.V.T
        _, _, h, w = self.a2.shape
        da2 = np.ones_like(self.a2) * dpool[:, :, None, None] / (h * w)
        da1 = self.conv2.back(da2 * (1 - self.a2 ** 2))
        self.conv1.back(da1 * (1 - np.tanh(self.z1) ** 2))


# ---- problem
def problem():
    rng = np.random.default_rng(1840)
    net = StampNet(rng)
    x, t = rng.normal(size=(3, 1, 5, 4)), rng.normal(size=(3, 2))
    c1, c2 = net.conv1, net.conv2

    def grads():
        net.loss(x, t)
        net.back()
        return dict(K1=c1.dK, bias1=c1.dbias, K2=c2.dK, bias2=c2.dbias, V=net.dV)

    params = dict(K1=c1.K, bias1=c1.bias, K2=c2.K, bias2=c2.bias, V=net.V)
    return dict(loss=lambda: net.loss(x, t), params=params, grads=grads)


FAULTS = """
accumulation | dx[:, :, i:i + k, j:j + k] += dcols[:, i, j] | dx[:, :, i:i + k, j:j + k] = dcols[:, i, j]
transpose | dy = dy.transpose(0, 2, 3, 1).reshape(-1, len(self.bias)) | dy = dy.reshape(-1, len(self.bias))
scale | dpool[:, :, None, None] / (h * w) | dpool[:, :, None, None]
activation-derivative-at-wrong-value | (1 - np.tanh(self.z1) ** 2) | (1 - self.z1 ** 2)
missing-activation-derivative | da1 = self.conv2.back(da2 * (1 - self.a2 ** 2)) | da1 = self.conv2.back(da2)
scale | d = self.diff / len(self.diff) | d = self.diff
bias-reduction | self.dbias = dy.sum(axis=0) | self.dbias = dy.mean(axis=0)
scale | d = self.diff / len(self.diff) | d = 2 * self.diff / len(self.diff)
indexing | return dx[:, :, pad:h - pad, pad:w - pad] | return dx[:, :, :h - 2 * pad, :w - 2 * pad]
"""
