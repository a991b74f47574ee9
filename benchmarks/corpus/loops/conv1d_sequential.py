"""Layers that update themselves: Conv1D (stride 2), PReLU, global average, Dense. ECG-like beats."""
import numpy as np


class Module:
    def forward(self, x):
        raise NotImplementedError

    def backward(self, grad, lr):
        raise NotImplementedError


class Conv1D(Module):
    def __init__(self, c_in, c_out, k, stride, rng):
        self.k, self.stride = k, stride
        self.kernel = rng.standard_normal((k, c_in, c_out)) / np.sqrt(k * c_in)
        self.bias = np.zeros(c_out)

    def forward(self, x):
        self.x = x
        self.steps = (x.shape[1] - self.k) // self.stride + 1
        out = np.empty((x.shape[0], self.steps, self.kernel.shape[2]))
        for t in range(self.steps):
            window = x[:, t * self.stride:t * self.stride + self.k]
            out[:, t] = np.tensordot(window, self.kernel, axes=([1, 2], [0, 1])) + self.bias
        return out

    def backward(self, grad, lr):
        dx = np.zeros_like(self.x)
        dk = np.zeros_like(self.kernel)
        for t in range(self.steps):
            sl = slice(t * self.stride, t * self.stride + self.k)
            dk += np.tensordot(self.x[:, sl], grad[:, t], axes=([0], [0]))
            dx[:, sl] += np.tensordot(grad[:, t], self.kernel, axes=([1], [2]))
        self.kernel -= lr * dk
        self.bias -= lr * grad.sum(axis=(0, 1))
        return dx


class PReLU(Module):
    def __init__(self):
        self.alpha = np.array(0.25)

    def forward(self, x):
        self.x = x
        return np.where(x > 0, x, self.alpha * x)

    def backward(self, grad, lr):
        dx = grad * np.where(self.x > 0, 1.0, self.alpha)
        dalpha = np.sum(grad * np.where(self.x > 0, 0.0, self.x))
        self.alpha = self.alpha - lr * dalpha
        return dx


class MeanOverTime(Module):
    def forward(self, x):
        self.shape = x.shape
        return x.mean(axis=1)

    def backward(self, grad, lr):
        return np.repeat(grad[:, None, :], self.shape[1], axis=1) / self.shape[1]


class Dense(Module):
    def __init__(self, i, o, rng):
        self.weight = rng.standard_normal((i, o)) / np.sqrt(i)
        self.bias = np.zeros(o)

    def forward(self, x):
        self.x = x
        return x @ self.weight + self.bias

    def backward(self, grad, lr):
        dx = grad @ self.weight.T
        self.weight -= lr * self.x.T @ grad
        self.bias -= lr * grad.sum(axis=0)
        return dx


class Sequential:
    def __init__(self, *modules):
        self.modules = modules

    def train_on_batch(self, x, y, lr):
        for module in self.modules:
            x = module.forward(x)
        loss = np.mean((x - y) ** 2)
        grad = 2 * (x - y) / y.size
        for module in reversed(self.modules):
            grad = module.backward(grad, lr)
        return loss


def make_beats(rng, n=40, length=19):
    t = np.arange(length)
    width = rng.uniform(1, 4, n)
    beats = np.exp(-((t - rng.uniform(7, 12, (n, 1))) / width[:, None]) ** 2)
    return (beats + 0.05 * rng.standard_normal(beats.shape))[..., None], width[:, None] - 2.5


rng = np.random.default_rng(9)
x, y = make_beats(rng)
model = Sequential(Conv1D(1, 4, 5, 2, rng), PReLU(), Conv1D(4, 5, 3, 1, rng), PReLU(),
                   MeanOverTime(), Dense(5, 1, rng))
for epoch in range(40):
    for start in range(0, len(x), 10):
        loss = model.train_on_batch(x[start:start + 10], y[start:start + 10], lr=0.05)
    if (epoch + 1) % 10 == 0:
        print(epoch + 1, loss)

FAULTS = """
overwritten | dx[:, sl] += np.tensordot(grad[:, t], self.kernel, axes=([1], [2])) | dx[:, sl] = np.tensordot(grad[:, t], self.kernel, axes=([1], [2]))
missing-factor | return np.repeat(grad[:, None, :], self.shape[1], axis=1) / self.shape[1] | return np.repeat(grad[:, None, :], self.shape[1], axis=1)
wrong-index | dalpha = np.sum(grad * np.where(self.x > 0, 0.0, self.x)) | dalpha = np.sum(grad * np.where(self.x > 0, self.x, 0.0))
missing-factor | dx = grad * np.where(self.x > 0, 1.0, self.alpha) | dx = grad * (self.x > 0)
off-by-one-time | sl = slice(t * self.stride, t * self.stride + self.k) | sl = slice(t, t + self.k)
normalisation | self.bias -= lr * grad.sum(axis=(0, 1)) | self.bias -= lr * grad.mean(axis=(0, 1))
"""
