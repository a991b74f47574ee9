"""ECG beats: 1-d convolution (stride 2, zero padding), leaky ReLU, global max, dense, binary cross-entropy."""
import numpy as np


class Conv1D:
    def __init__(self, out_ch, in_ch, width, stride, pad, rng):
        self.k = rng.normal(size=(out_ch, in_ch, width)) * 0.6
        self.bias = rng.normal(size=out_ch) * 0.1
        self.stride, self.pad = stride, pad

    def __call__(self, x):
        self.xp = np.pad(x, ((0, 0), (0, 0), (self.pad, self.pad)))
        width = self.k.shape[2]
        self.starts = range(0, self.xp.shape[2] - width + 1, self.stride)
        cols = [np.tensordot(self.xp[:, :, s:s + width], self.k, ([1, 2], [1, 2])) for s in self.starts]
        return np.stack(cols, axis=2) + self.bias[:, None]

    def backward(self, dy):
        width = self.k.shape[2]
        self.dk = np.zeros_like(self.k)
        dxp = np.zeros_like(self.xp)
        for t, s in enumerate(self.starts):
            d = dy[:, :, t]
            self.dk += np.tensordot(d, self.xp[:, :, s:s + width], (0, 0))
            dxp[:, :, s:s + width] += np.tensordot(d, self.k, (1, 0))
        self.dbias = dy.sum(axis=(0, 2))
        return dxp[:, :, self.pad:dxp.shape[2] - self.pad]


class BeatNet:
    def __init__(self, rng):
        self.c1 = Conv1D(3, 1, 3, 2, 1, rng)
        self.c2 = Conv1D(4, 3, 2, 1, 1, rng)
        self.w, self.w0 = rng.normal(size=4), np.array([0.2])

    def forward(self, x):
        self.z1 = self.c1(x)
        self.a1 = np.where(self.z1 > 0, self.z1, 0.3 * self.z1)
        self.z2 = self.c2(self.a1)
        self.where = self.z2.argmax(axis=2)
        self.feat = self.z2.max(axis=2)
        return self.feat @ self.w + self.w0

    def loss(self, x, y):
        s = self.forward(x)
        return np.mean(np.logaddexp(0, s) - y * s)

    def backward(self, x, y):
        s = self.forward(x)
        ds = (1 / (1 + np.exp(-s)) - y) / len(y)
        dw, dw0 = self.feat.T @ ds, ds.sum(keepdims=True)
        dfeat = ds[:, None] * self.w
        dz2 = np.zeros_like(self.z2)
        np.put_along_axis(dz2, self.where[:, :, None], dfeat[:, :, None], axis=2)
        da1 = self.c2.backward(dz2)
        dz1 = da1 * np.where(self.z1 > 0, 1, 0.3)
        self.c1.backward(dz1)
        return [self.c1.dk, self.c1.dbias, self.c2.dk, self.c2.dbias, dw, dw0]


# ---- problem
def problem():
    rng = np.random.default_rng(500)
    net = BeatNet(rng)
    x, y = rng.normal(size=(5, 1, 10)), np.array([1., 0., 0., 1., 1.])
    return dict(loss=lambda: net.loss(x, y),
                params=[net.c1.k, net.c1.bias, net.c2.k, net.c2.bias, net.w, net.w0],
                grads=lambda: net.backward(x, y))


FAULTS = """
indexing | return dxp[:, :, self.pad:dxp.shape[2] - self.pad] | return dxp[:, :, :dxp.shape[2] - 2 * self.pad]
accumulation | dxp[:, :, s:s + width] += np.tensordot(d, self.k, (1, 0)) | dxp[:, :, s:s + width] = np.tensordot(d, self.k, (1, 0))
accumulation | self.dk += np.tensordot(d, self.xp[:, :, s:s + width], (0, 0)) | self.dk = np.tensordot(d, self.xp[:, :, s:s + width], (0, 0))
bias-reduction | self.dbias = dy.sum(axis=(0, 2)) | self.dbias = dy.mean(axis=2).sum(axis=0)
missing-activation-derivative | dz1 = da1 * np.where(self.z1 > 0, 1, 0.3) | dz1 = da1
wrong-activation-derivative | dz1 = da1 * np.where(self.z1 > 0, 1, 0.3) | dz1 = da1 * (self.z1 > 0)
indexing | for t, s in enumerate(self.starts): | for t, s in enumerate(self.starts[:-1]):
scale | ds = (1 / (1 + np.exp(-s)) - y) / len(y) | ds = 1 / (1 + np.exp(-s)) - y
indexing | self.dk += np.tensordot(d, self.xp[:, :, s:s + width], (0, 0)) | self.dk += np.tensordot(d, self.xp[:, :, t:t + width], (0, 0))
"""
