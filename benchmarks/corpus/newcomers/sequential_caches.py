"""Mini framework: every layer keeps what it needs in self.cache."""
import numpy as np


class Layer:
    params = ()

    def __init__(self):
        self.cache = None
        self.grads = {}


class Dense(Layer):
    params = ("W", "b")

    def __init__(self, fan_in, fan_out, rng):
        super().__init__()
        self.W = rng.standard_normal((fan_in, fan_out)) / np.sqrt(fan_in)
        self.b = 0.1 * rng.standard_normal(fan_out)

    def forward(self, X):
        self.cache = X
        return X @ self.W + self.b

    def backward(self, dout):
        X = self.cache
        self.grads["W"] = X.T @ dout
        self.grads["b"] = dout.sum(axis=0)
        return dout @ self.W.T


class ReLU(Layer):
    def forward(self, X):
        self.cache = X > 0
        return np.where(self.cache, X, 0)

    def backward(self, dout):
        return dout * self.cache


class Sigmoid(Layer):
    def forward(self, X):
        self.cache = 1 / (1 + np.exp(-X))
        return self.cache

    def backward(self, dout):
        s = self.cache
        return dout * s * (1 - s)


class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        p /= p.sum(axis=1, keepdims=True)
        self.cache = p, labels
        return -np.log(p[range(len(labels)), labels]).mean()

    def backward(self):
        p, labels = self.cache
        grad = p.copy()
        grad[range(len(labels)), labels] -= 1
        return grad / len(labels)


class Sequential:
    def __init__(self, *layers):
        self.layers = layers
        self.criterion = SoftmaxCrossEntropy()

    def loss(self, X, labels):
        for layer in self.layers:
            X = layer.forward(X)
        return self.criterion.forward(X, labels)

    def backward(self):
        dout = self.criterion.backward()
        for layer in reversed(self.layers):
            dout = layer.backward(dout)


# ---- problem
def problem():
    rng = np.random.default_rng(101)
    net = Sequential(Dense(4, 5, rng), Sigmoid(), Dense(5, 5, rng), ReLU(), Dense(5, 3, rng))
    X, labels = rng.standard_normal((9, 4)), rng.integers(0, 3, 9)
    params = [{k: getattr(la, k) for k in la.params} for la in net.layers]

    def grads():
        net.loss(X, labels)
        net.backward()
        return [{k: la.grads[k] for k in la.params} for la in net.layers]

    for _ in range(2):     # a little training first
        for p, g in zip(params, grads()):
            for k in p:
                p[k] -= 0.2 * g[k]

    return dict(loss=lambda: net.loss(X, labels), params=params, grads=grads)


FAULTS = """
transpose | return dout @ self.W.T | return dout @ self.W.reshape(self.W.shape[::-1])
scale | return grad / len(labels) | return grad
bias-reduction | self.grads["b"] = dout.sum(axis=0) | self.grads["b"] = dout.mean(axis=0)
missing-activation-derivative | return dout * self.cache | return dout
wrong-activation-derivative | return dout * s * (1 - s) | return dout * (1 - s * s)
softmax-jacobian | grad[range(len(labels)), labels] -= 1 | grad = -(1 - p) * np.eye(p.shape[1])[labels]
stale-buffer | self.grads["W"] = X.T @ dout | self.grads.setdefault("W", X.T @ dout)
accumulation | self.grads["b"] = dout.sum(axis=0) | self.grads["b"] = self.grads.get("b", 0) + dout.sum(axis=0)
"""
