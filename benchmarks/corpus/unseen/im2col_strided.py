import numpy as np

# stride 2, padding 1 convolution by gathered columns; average pooling; softmax


def column_index(C, H, W, k, stride, pad):
    oh = (H + 2 * pad - k) // stride + 1
    ow = (W + 2 * pad - k) // stride + 1
    row = np.tile(np.repeat(np.arange(k), k), C)[:, None] + stride * np.repeat(np.arange(oh), ow)[None]
    col = np.tile(np.arange(k), k * C)[:, None] + stride * np.tile(np.arange(ow), oh)[None]
    chan = np.repeat(np.arange(C), k * k)[:, None]
    return chan, row, col, oh, ow


class ConvLayer:
    def __init__(self, in_ch, out_ch, k=3, stride=2, pad=1, seed=0):
        gen = np.random.default_rng(seed)
        self.W = gen.normal(scale=0.4, size=(out_ch, in_ch, k, k))
        self.b = gen.normal(scale=0.2, size=(out_ch, 1))
        self.k, self.stride, self.pad = k, stride, pad

    def forward(self, x):
        N, C, H, W = x.shape
        p = self.pad
        self.idx = column_index(C, H, W, self.k, self.stride, p)
        chan, row, col, oh, ow = self.idx
        padded = np.pad(x, [(0, 0), (0, 0), (p, p), (p, p)])
        self.x_shape = x.shape
        self.cols = padded[:, chan, row, col]                     # N, C*k*k, oh*ow
        self.out = self.W.reshape(len(self.W), -1) @ self.cols + self.b
        return self.out.reshape(N, -1, oh, ow)

    def backward(self, dout):
        N, C, H, W = self.x_shape
        p = self.pad
        chan, row, col, oh, ow = self.idx
        d = dout.reshape(N, len(self.W), oh * ow)
        self.dW = np.einsum('nfl,ncl->fc', d, self.cols).reshape(self.W.shape)
        self.db = d.sum(axis=(0, 2)).reshape(-1, 1)
        dcols = self.W.reshape(len(self.W), -1).T @ d
        dpad = np.zeros((N, C, H + 2 * p, W + 2 * p))
        np.add.at(dpad, (slice(None), chan, row, col), dcols)
        return dpad[:, :, p:-p, p:-p]


conv1 = ConvLayer(1, 3, seed=1)
conv2 = ConvLayer(3, 4, seed=2)
readout = np.random.default_rng(3).normal(size=(4, 3))
pics = np.random.default_rng(4).normal(size=(3, 1, 7, 7))
digit = np.array([2, 0, 1])


def forward():
    a1 = np.tanh(conv1.forward(pics))
    a2 = np.maximum(conv2.forward(a1), 0)
    pooled = a2.mean(axis=(2, 3))
    s = pooled @ readout
    s = np.exp(s - s.max(axis=1, keepdims=True))
    return a1, a2, pooled, s / s.sum(axis=1, keepdims=True)


def loss():
    p = forward()[-1]
    return -np.log(p[np.arange(3), digit]).mean()


def backward():
    a1, a2, pooled, p = forward()
    p[np.arange(3), digit] -= 1
    p /= 3
    dreadout = pooled.T @ p
    dpooled = p @ readout.T
    area = a2.shape[2] * a2.shape[3]
    da2 = np.ones_like(a2) * dpooled[:, :, None, None] / area
    dz2 = da2 * (a2 > 0)
    dz1 = conv2.backward(dz2) * (1 - a1**2)
    conv1.backward(dz1)
    return {'W1': conv1.dW, 'b1': conv1.db, 'W2': conv2.dW, 'b2': conv2.db, 'out': dreadout}


# ---- problem
def problem():
    params = {'W1': conv1.W, 'b1': conv1.b, 'W2': conv2.W, 'b2': conv2.b, 'out': readout}
    return dict(loss=loss, params=params, grads=backward)


FAULTS = """
scatter | np.add.at(dpad, (slice(None), chan, row, col), dcols) | dpad[:, chan, row, col] += dcols
indexing | return dpad[:, :, p:-p, p:-p] | return dpad[:, :, 2 * p :, 2 * p :]
scale | da2 = np.ones_like(a2) * dpooled[:, :, None, None] / area | da2 = np.ones_like(a2) * dpooled[:, :, None, None]
bias-reduction | self.db = d.sum(axis=(0, 2)).reshape(-1, 1) | self.db = d.mean(axis=2).sum(axis=0).reshape(-1, 1)
missing-activation-derivative | dz2 = da2 * (a2 > 0) | dz2 = da2
indexing | np.add.at(dpad, (slice(None), chan, row, col), dcols) | np.add.at(dpad, (slice(None), chan, col, row), dcols)
"""
