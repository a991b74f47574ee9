import numpy as np


def im2col(x, k, stride):
    n, c, h, w = x.shape
    oh, ow = (h - k) // stride + 1, (w - k) // stride + 1
    cols = np.zeros((n, c, k, k, oh, ow))
    for i in range(k):
        for j in range(k):
            cols[:, :, i, j] = x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride]
    return cols.transpose(0, 4, 5, 1, 2, 3).reshape(n * oh * ow, -1)


def col2im(cols, shape, k, stride):
    n, c, h, w = shape
    oh, ow = (h - k) // stride + 1, (w - k) // stride + 1
    cols = cols.reshape(n, oh, ow, c, k, k).transpose(0, 3, 4, 5, 1, 2)
    x = np.zeros(shape)
    for i in range(k):
        for j in range(k):
            x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride] += cols[:, :, i, j]
    return x


class Conv:
    def __init__(self, c_in, c_out, k, stride, r):
        self.k, self.stride = k, stride
        self.params = {"w": r.standard_normal((c_out, c_in, k, k)) * 0.4,
                       "b": r.standard_normal(c_out) * 0.1}
        self.grads = {}

    def __call__(self, x):
        n, _, h, w = x.shape
        f = self.params["w"].shape[0]
        oh, ow = (h - self.k) // self.stride + 1, (w - self.k) // self.stride + 1
        self.shape = x.shape
        self.cols = im2col(x, self.k, self.stride)
        out = self.cols @ self.params["w"].reshape(f, -1).T + self.params["b"]
        return out.reshape(n, oh, ow, f).transpose(0, 3, 1, 2)

    def backward(self, dout):
        f = self.params["w"].shape[0]
        flat = dout.transpose(0, 2, 3, 1).reshape(-1, f)
        self.grads["w"] = (flat.T @ self.cols).reshape(self.params["w"].shape)
        self.grads["b"] = flat.sum(axis=0)
        dcols = flat @ self.params["w"].reshape(f, -1)
        return col2im(dcols, self.shape, self.k, self.stride)


class Model:
    def __init__(self, seed=0):
        r = np.random.default_rng(seed)
        self.c1 = Conv(2, 3, 3, 1, r)
        self.c2 = Conv(3, 2, 2, 2, r)
        self.fc = {"w": r.standard_normal((8, 3)) * 0.5}
        self.fc_grads = {}

    def loss(self, x, t):
        self.h1 = self.c1(x)
        self.r1 = self.h1 * (self.h1 > 0)
        self.h2 = np.tanh(self.c2(self.r1))
        self.flat = self.h2.reshape(len(x), -1)
        self.out = self.flat @ self.fc["w"]
        self.t = t
        return 0.5 * np.sum((self.out - t) ** 2)

    def backward(self):
        d = self.out - self.t
        self.fc_grads["w"] = self.flat.T @ d
        d = (d @ self.fc["w"].T).reshape(self.h2.shape)
        d = d * (1 - self.h2**2)
        d = self.c2.backward(d)
        d[self.h1 <= 0] = 0
        self.c1.backward(d)


# ---- problem
def problem():
    r = np.random.default_rng(9)
    m = Model()
    x, t = r.standard_normal((2, 2, 6, 6)), r.standard_normal((2, 3))

    def grads():
        m.loss(x, t)
        m.backward()
        return dict(c1=m.c1.grads, c2=m.c2.grads, fc=m.fc_grads)

    params = dict(c1=m.c1.params, c2=m.c2.params, fc=m.fc)
    return dict(loss=lambda: m.loss(x, t), params=params, grads=grads)


FAULTS = """
indexing | x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride] += cols[:, :, i, j] | x[:, :, i : i + stride * oh : stride, j : j + stride * ow : stride] += cols[:, :, j, i]
transpose | flat = dout.transpose(0, 2, 3, 1).reshape(-1, f) | flat = dout.transpose(0, 3, 2, 1).reshape(-1, f)
bias-reduction | self.grads["b"] = flat.sum(axis=0) | self.grads["b"] = flat.mean(axis=0)
missing-activation-derivative | d = d * (1 - self.h2**2) |
wrong-activation-derivative | d[self.h1 <= 0] = 0 | d[self.r1 < 0] = 0
indexing | cols = cols.reshape(n, oh, ow, c, k, k).transpose(0, 3, 4, 5, 1, 2) | cols = cols.reshape(n, oh, ow, c, k, k).transpose(0, 3, 5, 4, 1, 2)
scale | d = self.out - self.t | d = (self.out - self.t) / len(self.t)
"""
