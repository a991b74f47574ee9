import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

"""
Tiny image classifier: conv 2x2 -> tanh -> 2x2 max pool -> dense -> logistic loss.
Images come as (batch, channel, height, width).
"""


class Conv:
    def __init__(self, cin, cout, k, rng):
        self.kernel = rng.normal(0, 0.5, (cout, cin, k, k))
        self.offset = rng.normal(0, 0.2, cout)

    def forward(self, img):
        k = self.kernel.shape[-1]
        self.windows = sliding_window_view(img, (k, k), axis=(2, 3))
        self.img_shape = img.shape
        out = np.einsum('bchwij,ocij->bohw', self.windows, self.kernel)
        return out + self.offset[None, :, None, None]

    def backward(self, grad):
        self.g_kernel = np.einsum('bchwij,bohw->ocij', self.windows, grad)
        self.g_offset = grad.sum(axis=(0, 2, 3))
        k = self.kernel.shape[-1]
        padded = np.pad(grad, ((0, 0), (0, 0), (k - 1, k - 1), (k - 1, k - 1)))
        wins = sliding_window_view(padded, (k, k), axis=(2, 3))
        flipped = self.kernel[:, :, ::-1, ::-1]
        return np.einsum('bohwij,ocij->bchw', wins, flipped)


class Tanh:
    def forward(self, a):
        self.out = np.tanh(a)
        return self.out

    def backward(self, grad):
        return grad * (1 - np.square(self.out))


class MaxPool:
    def forward(self, a):
        b, c, h, w = a.shape
        self.blocks = a.reshape(b, c, h // 2, 2, w // 2, 2)
        self.best = self.blocks.max(axis=(3, 5), keepdims=True)
        return self.best[:, :, :, 0, :, 0]

    def backward(self, grad):
        mask = self.blocks == self.best
        spread = mask * grad[:, :, :, None, :, None]
        b, c, h, _, w, _ = self.blocks.shape
        return spread.reshape(b, c, 2 * h, 2 * w)


class Dense:
    def __init__(self, n, rng):
        self.kernel = rng.normal(0, 0.5, n)
        self.offset = rng.normal(0, 0.1, 1)

    def forward(self, a):
        self.shape = a.shape
        self.flat = a.reshape(len(a), -1)
        return self.flat @ self.kernel + self.offset

    def backward(self, grad):
        self.g_kernel = self.flat.T @ grad
        self.g_offset = np.array([grad.sum()])
        return np.outer(grad, self.kernel).reshape(self.shape)


rng = np.random.default_rng(404)
imgs = rng.normal(size=(4, 2, 6, 6))
label = np.array([1.0, -1.0, -1.0, 1.0])
net = [Conv(2, 2, 2, rng), Tanh(), Conv(2, 3, 2, rng), Tanh(), MaxPool(), Dense(12, rng)]


def score():
    a = imgs
    for layer in net:
        a = layer.forward(a)
    return a


def loss():
    return np.log1p(np.exp(-label * score())).sum()


def grads():
    s = score()
    g = -label / (1 + np.exp(label * s))
    for layer in net[::-1]:
        g = layer.backward(g)
    return {n: (layer.g_kernel, layer.g_offset) for n, layer in weighted.items()}


weighted = {'c1': net[0], 'c2': net[2], 'fc': net[5]}


# ---- problem
def problem():
    params = {n: (layer.kernel, layer.offset) for n, layer in weighted.items()}
    return dict(loss=loss, params=params, grads=grads)


FAULTS = """
indexing | flipped = self.kernel[:, :, ::-1, ::-1] | flipped = self.kernel
indexing | flipped = self.kernel[:, :, ::-1, ::-1] | flipped = self.kernel[:, :, ::-1]
bias-reduction | self.g_offset = grad.sum(axis=(0, 2, 3)) | self.g_offset = grad.sum(axis=0).mean(axis=(1, 2))
loss-gradient | g = -label / (1 + np.exp(label * s)) | g = -label / (1 + np.exp(-label * s))
missing-activation-derivative | return grad * (1 - np.square(self.out)) | return grad
wrong-activation-derivative | spread = mask * grad[:, :, :, None, :, None] | spread = np.full(mask.shape, 0.25) * grad[:, :, :, None, :, None]
bias-reduction | self.g_offset = np.array([grad.sum()]) | self.g_offset = np.array([grad.mean()])
"""
