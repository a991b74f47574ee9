import numpy as np


def conv_forward(image, kernels, bias, stride):
    h, w, _ = image.shape
    f, kh, kw, _ = kernels.shape
    oh, ow = (h - kh) // stride + 1, (w - kw) // stride + 1
    out = np.zeros((oh, ow, f))
    for i in range(oh):
        for j in range(ow):
            patch = image[i * stride : i * stride + kh, j * stride : j * stride + kw]
            for m in range(f):
                out[i, j, m] = np.sum(patch * kernels[m]) + bias[m]
    return out


def conv_backward(dout, image, kernels, stride):
    dimage, dkernels = np.zeros(image.shape), np.zeros(kernels.shape)
    f, kh, kw, _ = kernels.shape
    oh, ow, _ = dout.shape
    for i in range(oh):
        for j in range(ow):
            top, left = i * stride, j * stride
            for m in range(f):
                dkernels[m] += dout[i, j, m] * image[top : top + kh, left : left + kw]
                dimage[top : top + kh, left : left + kw] += dout[i, j, m] * kernels[m]
    return dimage, dkernels, dout.sum(axis=(0, 1))


def pool_forward(a, size):
    h, w, f = a.shape
    out = np.zeros((h // size, w // size, f))
    where = {}
    for i in range(h // size):
        for j in range(w // size):
            for m in range(f):
                window = a[i * size : (i + 1) * size, j * size : (j + 1) * size, m]
                p = int(np.argmax(window))
                where[i, j, m] = (i * size + p // size, j * size + p % size)
                out[i, j, m] = window.flat[p]
    return out, where


def pool_backward(dout, shape, where):
    da = np.zeros(shape)
    for (i, j, m), (y, x) in where.items():
        da[y, x, m] = dout[i, j, m]
    return da


class Net:
    def __init__(self, seed):
        r = np.random.RandomState(seed)
        self.k1, self.b1 = r.randn(2, 2, 2, 1) * 0.7, r.randn(2) * 0.2
        self.k2, self.b2 = r.randn(3, 2, 2, 2) * 0.5, r.randn(3) * 0.2
        self.w, self.b = r.randn(3, 3) * 0.6, r.randn(3) * 0.2

    def scores(self, image):
        self.image = image
        self.c1 = conv_forward(image, self.k1, self.b1, 1)
        self.a1 = np.maximum(self.c1, 0)
        self.p1, self.where = pool_forward(self.a1, 2)
        self.c2 = conv_forward(self.p1, self.k2, self.b2, 1)
        self.a2 = np.tanh(self.c2)
        self.flat = self.a2.mean(axis=(0, 1))
        return self.w.dot(self.flat) + self.b

    def loss(self, image, label):
        s = self.scores(image)
        return np.log(np.exp(s).sum()) - s[label]

    def backward(self, image, label):
        s = self.scores(image)
        ds = np.exp(s) / np.exp(s).sum()
        ds[label] -= 1
        g = {"w": np.outer(ds, self.flat), "b": ds}
        dflat = self.w.T.dot(ds)
        da2 = np.ones(self.a2.shape) * dflat / (self.a2.shape[0] * self.a2.shape[1])
        dc2 = da2 * (1 - self.a2**2)
        dp1, g["k2"], g["b2"] = conv_backward(dc2, self.p1, self.k2, 1)
        da1 = pool_backward(dp1, self.a1.shape, self.where)
        dc1 = da1 * (self.c1 > 0)
        _, g["k1"], g["b1"] = conv_backward(dc1, self.image, self.k1, 1)
        return g


# ---- problem
def problem():
    net, r = Net(6), np.random.RandomState(3)
    image = r.randn(7, 7, 1)
    names = ["k1", "b1", "k2", "b2", "w", "b"]
    return dict(
        loss=lambda: net.loss(image, 1),
        params={n: getattr(net, n) for n in names},
        grads=lambda: net.backward(image, 1),
    )


FAULTS = """
accumulation | dimage[top : top + kh, left : left + kw] += dout[i, j, m] * kernels[m] | dimage[top : top + kh, left : left + kw] = dout[i, j, m] * kernels[m]
indexing | dimage[top : top + kh, left : left + kw] += dout[i, j, m] * kernels[m] | dimage[top : top + kh, left : left + kw] += dout[i, j, m] * kernels[m][::-1, ::-1]
indexing | dkernels[m] += dout[i, j, m] * image[top : top + kh, left : left + kw] | dkernels[m] += dout[i, j, m] * image[i : i + kh, i : i + kw]
wrong-operand | dp1, g["k2"], g["b2"] = conv_backward(dc2, self.p1, self.k2, 1) | dp1, g["k2"], g["b2"] = conv_backward(da2, self.p1, self.k2, 1)
scale | da2 = np.ones(self.a2.shape) * dflat / (self.a2.shape[0] * self.a2.shape[1]) | da2 = np.ones(self.a2.shape) * dflat
bias-reduction | return dimage, dkernels, dout.sum(axis=(0, 1)) | return dimage, dkernels, dout.mean(axis=(0, 1))
transpose | dflat = self.w.T.dot(ds) | dflat = self.w.dot(ds)
indexing | da[y, x, m] = dout[i, j, m] | da[x, y, m] = dout[i, j, m]
transpose | g = {"w": np.outer(ds, self.flat), "b": ds} | g = {"w": np.outer(self.flat, ds), "b": ds}
"""
