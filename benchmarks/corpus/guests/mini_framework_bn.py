"""minitorch-ish: layers with forward/backward/params/grads, batch normalisation included."""
import numpy as np


class Layer:
    names = ()

    def params(self):
        return {n: getattr(self, n) for n in self.names}

    def grads(self):
        return {n: getattr(self, 'd' + n) for n in self.names}


class Linear(Layer):
    names = ('W', 'b')

    def __init__(self, i, o, rng):
        self.W, self.b = rng.normal(size=(i, o)) / i ** 0.5, rng.normal(size=o) * 0.1

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, grad):
        self.dW = self.x.T @ grad
        self.db = grad.sum(axis=0)
        return grad @ self.W.T


class BatchNorm(Layer):
    names = ('gamma', 'beta')

    def __init__(self, d, rng):
        self.gamma, self.beta = rng.uniform(0.5, 1.5, d), rng.normal(size=d) * 0.3

    def forward(self, x):
        self.inv = 1 / np.sqrt(x.var(axis=0) + 1e-5)
        self.xhat = (x - x.mean(axis=0)) * self.inv
        return self.gamma * self.xhat + self.beta

    def backward(self, grad):
        m = len(grad)
        self.dgamma = np.sum(grad * self.xhat, axis=0)
        self.dbeta = np.sum(grad, axis=0)
        dxhat = grad * self.gamma
        total = dxhat.sum(axis=0)
        dot = (dxhat * self.xhat).sum(axis=0)
        return self.inv / m * (m * dxhat - total - self.xhat * dot)


class Tanh(Layer):
    def forward(self, x):
        self.y = np.tanh(x)
        return self.y

    def backward(self, grad):
        return grad * (1 - self.y ** 2)


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def loss(self, x, t):
        for layer in self.layers:
            x = layer.forward(x)
        self.diff = x - t
        return np.sum(self.diff ** 2) / len(t)

    def backward(self, x, t):
        self.loss(x, t)
        grad = 2 * self.diff / len(t)
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return [layer.grads() for layer in self.layers]


# ---- problem
def problem():
    rng = np.random.default_rng(808)
    net = Sequential(Linear(3, 5, rng), BatchNorm(5, rng), Tanh(), Linear(5, 4, rng), BatchNorm(4, rng), Tanh(),
                     Linear(4, 2, rng))
    x, t = rng.normal(size=(9, 3)), rng.normal(size=(9, 2))
    return dict(loss=lambda: net.loss(x, t), params=[l.params() for l in net.layers],
                grads=lambda: net.backward(x, t))


FAULTS = """
normalisation | return self.inv / m * (m * dxhat - total - self.xhat * dot) | return self.inv * dxhat
normalisation | return self.inv / m * (m * dxhat - total - self.xhat * dot) | return self.inv / m * (m * dxhat - total)
bias-reduction | self.dbeta = np.sum(grad, axis=0) | self.dbeta = np.mean(grad, axis=0)
missing-gradient | self.dbeta = np.sum(grad, axis=0) | self.dbeta = np.zeros_like(self.beta)
wrong-activation-derivative | return grad * (1 - self.y ** 2) | return grad * (1 - self.y)
scale | grad = 2 * self.diff / len(t) | grad = 2 * self.diff / t.size
stale-buffer | self.x = x | self.x = getattr(self, 'x', x)
"""
