import numpy as np


def unfold(x, k, stride, pad):
    n, c, h, w = x.shape
    oh, ow = (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1
    xp = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    cols = np.zeros((n, oh, ow, c, k, k))
    for a in range(k):
        for b in range(k):
            patch = xp[:, :, a:a + stride * oh:stride, b:b + stride * ow:stride]
            cols[:, :, :, :, a, b] = patch.transpose(0, 2, 3, 1)
    return cols.reshape(n * oh * ow, -1), oh, ow


def fold(cols, shape, k, stride, pad):
    n, c, h, w = shape
    oh, ow = (h + 2 * pad - k) // stride + 1, (w + 2 * pad - k) // stride + 1
    cols = cols.reshape(n, oh, ow, c, k, k)
    xp = np.zeros((n, c, h + 2 * pad, w + 2 * pad))
    for a in range(k):
        for b in range(k):
            piece = cols[:, :, :, :, a, b].transpose(0, 3, 1, 2)
            xp[:, :, a:a + stride * oh:stride, b:b + stride * ow:stride] += piece
    return xp[:, :, pad:pad + h, pad:pad + w]


class Module:
    params = ()

    def __call__(self, x):
        return self.forward(x)


class Conv2d(Module):
    params = 'weight', 'bias'

    def __init__(self, cin, cout, k, stride, pad, rng):
        self.weight = rng.normal(size=(cout, cin, k, k)) / np.sqrt(cin * k * k)
        self.bias = rng.normal(size=cout) / 5
        self.k, self.stride, self.pad = k, stride, pad

    def forward(self, x):
        self.shape = x.shape
        self.cols, oh, ow = unfold(x, self.k, self.stride, self.pad)
        out = self.cols @ self.weight.reshape(len(self.weight), -1).T + self.bias
        return out.reshape(len(x), oh, ow, -1).transpose(0, 3, 1, 2)

    def backward(self, grad):
        g = grad.transpose(0, 2, 3, 1).reshape(-1, len(self.weight))
        self.grad_weight = (g.T @ self.cols).reshape(self.weight.shape)
        self.grad_bias = g.sum(0)
        dcols = g @ self.weight.reshape(len(self.weight), -1)
        return fold(dcols, self.shape, self.k, self.stride, self.pad)


class BatchNorm2d(Module):
    params = 'gamma', 'beta'

    def __init__(self, c, rng, eps=1e-3):
        self.gamma, self.beta = 1 + rng.normal(size=c) / 4, rng.normal(size=c) / 4
        self.eps = eps

    def forward(self, x):
        mu = x.mean(axis=(0, 2, 3), keepdims=True)
        self.std = np.sqrt(x.var(axis=(0, 2, 3), keepdims=True) + self.eps)
        self.xhat = (x - mu) / self.std
        return self.gamma[:, None, None] * self.xhat + self.beta[:, None, None]

    def backward(self, grad):
        ax = (0, 2, 3)
        self.grad_gamma = (grad * self.xhat).sum(ax)
        self.grad_beta = grad.sum(ax)
        dx = grad * self.gamma[:, None, None]
        m1 = dx.mean(ax, keepdims=True)
        m2 = (dx * self.xhat).mean(ax, keepdims=True)
        return (dx - m1 - self.xhat * m2) / self.std


class HardTanh(Module):
    def forward(self, x):
        self.inside = np.abs(x) < 1
        return np.clip(x, -1, 1)

    def backward(self, grad):
        return grad * self.inside


class GlobalAvgPool(Module):
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=(2, 3))

    def backward(self, grad):
        n, c, h, w = self.shape
        return np.broadcast_to(grad[:, :, None, None] / (h * w), self.shape)


class Model:
    def __init__(self, rng):
        self.layers = [Conv2d(2, 3, 3, 1, 1, rng), BatchNorm2d(3, rng), HardTanh(),
                       Conv2d(3, 2, 3, 2, 1, rng), GlobalAvgPool()]

    def loss(self, x, y):
        for layer in self.layers:
            x = layer(x)
        self.diff = x - y
        return (self.diff ** 2).sum() / len(y)

    def gradients(self, x, y):
        self.loss(x, y)
        g = 2 * self.diff / len(y)
        for layer in self.layers[::-1]:
            g = layer.backward(g)
        return [{p: getattr(m, 'grad_' + p) for p in m.params} for m in self.layers]


# ---- problem
def problem():
    rng = np.random.default_rng(224)
    model = Model(rng)
    x, y = rng.normal(size=(3, 2, 5, 5)), rng.normal(size=(3, 2))
    params = [{p: getattr(m, p) for p in m.params} for m in model.layers]
    return dict(loss=lambda: model.loss(x, y), params=params, grads=lambda: model.gradients(x, y))


FAULTS = """
normalisation | return (dx - m1 - self.xhat * m2) / self.std | return (dx - m1) / self.std
normalisation | return (dx - m1 - self.xhat * m2) / self.std | return dx / self.std
wrong-operand | self.grad_gamma = (grad * self.xhat).sum(ax) | self.grad_gamma = (grad * self.std).sum(ax)
indexing | xp[:, :, a:a + stride * oh:stride, b:b + stride * ow:stride] += piece | xp[:, :, a:a + oh, b:b + ow] += piece
accumulation | xp[:, :, a:a + stride * oh:stride, b:b + stride * ow:stride] += piece | xp[:, :, a:a + stride * oh:stride, b:b + stride * ow:stride] = piece
missing-activation-derivative | return grad * self.inside | return grad
scale | return np.broadcast_to(grad[:, :, None, None] / (h * w), self.shape) | return np.broadcast_to(grad[:, :, None, None], self.shape)
indexing | return xp[:, :, pad:pad + h, pad:pad + w] | return xp[:, :, :h, :w]
bias-reduction | self.grad_bias = g.sum(0) | self.grad_bias = g.mean(0)
"""
