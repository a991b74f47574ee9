# ゼロから書くニューラルネット: 層クラスを OrderedDict に並べる
from collections import OrderedDict

import numpy as np


class Affine:
    def __init__(self, W, b):
        self.W, self.b = W, b

    def forward(self, x):
        self.x = x
        return np.dot(x, self.W) + self.b

    def backward(self, dout):
        dx = np.dot(dout, self.W.T)
        self.dW = np.dot(self.x.T, dout)
        self.db = np.sum(dout, axis=0)
        return dx


class Swish:
    """x * sigmoid(beta x), beta は学習しない"""

    def __init__(self, beta=1.5):
        self.beta = beta

    def forward(self, x):
        self.x = x
        self.s = 1.0 / (1.0 + np.exp(-self.beta * x))
        return x * self.s

    def backward(self, dout):
        return dout * (self.s + self.beta * self.x * self.s * (1.0 - self.s))


class ReLU:
    def forward(self, x):
        self.mask = x <= 0
        out = x.copy()
        out[self.mask] = 0
        return out

    def backward(self, dout):
        dout[self.mask] = 0
        return dout


class SoftmaxWithLoss:
    def forward(self, x, t):
        self.t = t
        x = x - np.max(x, axis=1, keepdims=True)
        self.y = np.exp(x) / np.sum(np.exp(x), axis=1, keepdims=True)
        return -np.sum(np.log(self.y[np.arange(len(t)), t])) / len(t)

    def backward(self, dout=1):
        dx = self.y.copy()
        dx[np.arange(len(self.t)), self.t] -= 1
        return dout * dx / len(self.t)


class ThreeLayerNet:
    def __init__(self, sizes, weight_decay, seed):
        rng = np.random.RandomState(seed)
        self.params = {}
        self.weight_decay_lambda = weight_decay
        for k in range(1, len(sizes)):
            self.params[f"W{k}"] = rng.randn(sizes[k - 1], sizes[k]) * np.sqrt(2.0 / sizes[k - 1])
            self.params[f"b{k}"] = rng.randn(sizes[k]) * 0.1
        self.layers = OrderedDict()
        self.layers["Affine1"] = Affine(self.params["W1"], self.params["b1"])
        self.layers["Swish1"] = Swish()
        self.layers["Affine2"] = Affine(self.params["W2"], self.params["b2"])
        self.layers["Relu2"] = ReLU()
        self.layers["Affine3"] = Affine(self.params["W3"], self.params["b3"])
        self.last_layer = SoftmaxWithLoss()

    def predict(self, x):
        for layer in self.layers.values():
            x = layer.forward(x)
        return x

    def loss(self, x, t):
        decay = 0
        for k in (1, 2, 3):
            decay += 0.5 * self.weight_decay_lambda * np.sum(self.params[f"W{k}"] ** 2)
        return self.last_layer.forward(self.predict(x), t) + decay

    def gradient(self, x, t):
        self.loss(x, t)
        dout = self.last_layer.backward(1)
        for layer in reversed(self.layers.values()):
            dout = layer.backward(dout)
        grads = {}
        for k in (1, 2, 3):
            layer = self.layers[f"Affine{k}"]
            grads[f"W{k}"] = layer.dW + self.weight_decay_lambda * layer.W
            grads[f"b{k}"] = layer.db
        return grads


# ---- problem
def problem():
    net = ThreeLayerNet([3, 4, 4, 3], 0.05, 8)
    rng = np.random.RandomState(9)
    x, t = rng.randn(6, 3), rng.randint(0, 3, 6)
    return dict(loss=lambda: net.loss(x, t), params=net.params, grads=lambda: net.gradient(x, t))


FAULTS = """
wrong-activation-derivative | return dout * (self.s + self.beta * self.x * self.s * (1.0 - self.s)) | return dout * (self.s + self.x * self.s * (1.0 - self.s))
missing-term | return dout * (self.s + self.beta * self.x * self.s * (1.0 - self.s)) | return dout * self.beta * self.x * self.s * (1.0 - self.s)
missing-activation-derivative | dout[self.mask] = 0 |
regulariser | layer.dW + self.weight_decay_lambda * layer.W | layer.dW + 2 * self.weight_decay_lambda * layer.W
scale | return dout * dx / len(self.t) | return dout * dx
indexing | dx[np.arange(len(self.t)), self.t] -= 1 | dx[:, self.t] -= 1
"""
