# -*- coding: utf-8 -*-
# My tiny deep learning framework (Medium article, part 3: Adam + minibatches)
import numpy as np


class Layer:
    def params(self):
        return []


class Dense(Layer):
    def __init__(self, n_in, n_out):
        self.weights = np.random.randn(n_in, n_out) * np.sqrt(2.0 / n_in)
        self.biases = np.zeros((1, n_out))

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.biases

    def backward(self, grad):
        self.dweights = self.inputs.T @ grad
        self.dbiases = grad.sum(axis=0, keepdims=True)
        return grad @ self.weights.T

    def params(self):
        return [("weights", "dweights"), ("biases", "dbiases")]


class LeakyReLU(Layer):
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, inputs):
        self.inputs = inputs
        return np.where(inputs > 0, inputs, self.slope * inputs)

    def backward(self, grad):
        return np.where(self.inputs > 0, grad, self.slope * grad)


class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        shifted = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(shifted)
        self.p = e / e.sum(axis=1, keepdims=True)
        self.labels = labels
        return -np.mean(np.log(self.p[np.arange(len(labels)), labels] + 1e-12))

    def backward(self):
        g = self.p.copy()
        g[np.arange(len(self.labels)), self.labels] -= 1
        return g / len(self.labels)


class Adam:
    def __init__(self, layers, lr=0.01, b1=0.9, b2=0.999):
        self.layers, self.lr, self.b1, self.b2, self.t = layers, lr, b1, b2, 0
        self.state = {}

    def step(self):
        self.t += 1
        for n, layer in enumerate(self.layers):
            for name, gname in layer.params():
                g = getattr(layer, gname)
                m, v = self.state.get((n, name), (0.0, 0.0))
                m = self.b1 * m + (1 - self.b1) * g
                v = self.b2 * v + (1 - self.b2) * g * g
                self.state[(n, name)] = (m, v)
                mhat, vhat = m / (1 - self.b1 ** self.t), v / (1 - self.b2 ** self.t)
                getattr(layer, name)[...] -= self.lr * mhat / (np.sqrt(vhat) + 1e-8)


class Model:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for l in self.layers:
            x = l.forward(x)
        return x

    def backward(self, g):
        for l in reversed(self.layers):
            g = l.backward(g)


np.random.seed(42)
X = np.random.randn(300, 5)
t = (X[:, 0] * X[:, 1] > 0).astype(int) + (X[:, 2] > 0.5)

net = Model(Dense(5, 16), LeakyReLU(), Dense(16, 16), LeakyReLU(), Dense(16, 3))
crit = SoftmaxCrossEntropy()
opt = Adam(net.layers)

for epoch in range(15):
    order = np.random.permutation(len(X))
    for k in range(0, len(X), 32):
        xb, tb = X[order[k:k + 32]], t[order[k:k + 32]]
        loss = crit.forward(net.forward(xb), tb)
        net.backward(crit.backward())
        opt.step()
    acc = (net.forward(X).argmax(axis=1) == t).mean()
    print(f"epoch {epoch} accuracy {acc:.3f}")

FAULTS = """
leaky-slope-forgotten-(plain-relu) | return np.where(self.inputs > 0, grad, self.slope * grad) | return np.where(self.inputs > 0, grad, 0.0)
not-divided-by-batch-size | return g / len(self.labels) | return g
square-weight-missing-transpose...-grad-@-weights.T | return grad @ self.weights.T | return grad @ (self.weights / np.linalg.norm(self.weights)).T
mean-not-sum | self.dbiases = grad.sum(axis=0, keepdims=True) | self.dbiases = grad.mean(axis=0, keepdims=True)
mask-tested-on-grad-not-inputs | return np.where(self.inputs > 0, grad, self.slope * grad) | return np.where(grad > 0, grad, self.slope * grad)
"""
