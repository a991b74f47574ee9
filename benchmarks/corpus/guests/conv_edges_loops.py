# convolution layer with four nested loops, then ReLU-ish softplus, average pooling, a dense softmax
import numpy as np


class Conv:
    def __init__(self, n_filters, channels, size, rng):
        self.f = rng.normal(size=(n_filters, channels, size, size)) * 0.5
        self.b = rng.normal(size=n_filters) * 0.1
        self.size = size
        self.df, self.db = np.zeros_like(self.f), np.zeros_like(self.b)

    def forward(self, img):
        self.img = img
        n, _, h, w = img.shape
        oh, ow = h - self.size + 1, w - self.size + 1
        out = np.zeros((n, len(self.f), oh, ow))
        for i in range(oh):
            for j in range(ow):
                patch = img[:, :, i:i + self.size, j:j + self.size]
                for k in range(len(self.f)):
                    out[:, k, i, j] = (patch * self.f[k]).sum(axis=(1, 2, 3)) + self.b[k]
        return out

    def backward(self, dout):
        self.df.fill(0)
        self.db.fill(0)
        dimg = np.zeros_like(self.img)
        _, _, oh, ow = dout.shape
        for i in range(oh):
            for j in range(ow):
                patch = self.img[:, :, i:i + self.size, j:j + self.size]
                for k in range(len(self.f)):
                    d = dout[:, k, i, j][:, None, None, None]
                    self.df[k] += (patch * d).sum(axis=0)
                    self.db[k] += d.sum()
                    dimg[:, :, i:i + self.size, j:j + self.size] += d * self.f[k]
        return dimg


def forward(net, x):
    c1, c2 = net['convs']
    a = c1.forward(x)
    s = np.log1p(np.exp(a))
    q = c2.forward(s)
    pooled = q.mean(axis=(2, 3))
    return a, q, pooled, pooled @ net['V']


def loss(net, x, y):
    scores = forward(net, x)[-1]
    return (np.log(np.exp(scores).sum(1)) - scores[np.arange(len(y)), y]).sum()


def backward(net, x, y):
    a, q, pooled, scores = forward(net, x)
    c1, c2 = net['convs']
    dscores = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    dscores[np.arange(len(y)), y] -= 1
    dV = pooled.T @ dscores
    dpooled = dscores @ net['V'].T
    area = q.shape[2] * q.shape[3]
    dq = np.ones_like(q) * dpooled[:, :, None, None] / area
    ds = c2.backward(dq)
    da = ds / (1 + np.exp(-a))
    c1.backward(da)
    return [c1.df, c1.db, c2.df, c2.db, dV]


# ---- problem
def problem():
    rng = np.random.default_rng(15)
    c1, c2 = Conv(2, 1, 2, rng), Conv(3, 2, 2, rng)
    net = {'convs': (c1, c2), 'V': rng.normal(size=(3, 4))}
    x = rng.normal(size=(3, 1, 5, 4))
    y = np.array([3, 0, 1])
    return dict(loss=lambda: loss(net, x, y), params=[c1.f, c1.b, c2.f, c2.b, net['V']],
                grads=lambda: backward(net, x, y))


FAULTS = """
accumulation | self.df[k] += (patch * d).sum(axis=0) | self.df[k] = (patch * d).sum(axis=0)
accumulation | dimg[:, :, i:i + self.size, j:j + self.size] += d * self.f[k] | dimg[:, :, i:i + self.size, j:j + self.size] = d * self.f[k]
bias-reduction | self.db[k] += d.sum() | self.db[k] += d.mean()
scale | dq = np.ones_like(q) * dpooled[:, :, None, None] / area | dq = np.ones_like(q) * dpooled[:, :, None, None]
missing-activation-derivative | da = ds / (1 + np.exp(-a)) | da = ds
wrong-activation-derivative | da = ds / (1 + np.exp(-a)) | da = ds * (a > 0)
indexing | _, _, oh, ow = dout.shape | oh, ow = dout.shape[2] - 1, dout.shape[3]
transpose | dimg[:, :, i:i + self.size, j:j + self.size] += d * self.f[k] | dimg[:, :, i:i + self.size, j:j + self.size] += d * self.f[k].transpose(0, 2, 1)
indexing | dimg[:, :, i:i + self.size, j:j + self.size] += d * self.f[k] | dimg[:, :, i:i + self.size, j:j + self.size] += d * self.f[k][:, ::-1, ::-1]
accumulation | self.df.fill(0) |
"""
