import numpy as np

rng = np.random.default_rng(7)


class Dense:
    def __init__(self, n_in, n_out):
        self.weights = rng.normal(0, 0.6, (n_in, n_out))
        self.biases = rng.normal(0, 0.3, n_out)

    def forward(self, x):
        self.x = x
        return x @ self.weights + self.biases

    def backward(self, grad):
        self.dweights = self.x.T @ grad
        self.dbiases = grad.sum(axis=0)
        return grad @ self.weights.T


class ReLU:
    def forward(self, x):
        self.x = x
        self.out = np.maximum(0, x)
        return self.out

    def backward(self, grad):
        dx = grad.copy()
        dx[self.x <= 0] = 0
        return dx


class LeakyReLU:
    def __init__(self, slope=0.1):
        self.slope = slope

    def forward(self, x):
        self.mask = x > 0
        return np.where(self.mask, x, self.slope * x)

    def backward(self, grad):
        return np.where(self.mask, grad, self.slope * grad)


class SoftmaxCrossEntropy:
    def forward(self, logits, labels):
        e = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.probs = e / e.sum(axis=1, keepdims=True)
        self.labels = labels
        n = len(labels)
        return -np.log(self.probs[np.arange(n), labels]).mean()

    def backward(self):
        n = len(self.labels)
        grad = self.probs.copy()
        grad[np.arange(n), self.labels] -= 1
        return grad / n


class Network:
    def __init__(self):
        self.layers = [Dense(4, 6), ReLU(), Dense(6, 5), LeakyReLU(), Dense(5, 3)]
        self.head = SoftmaxCrossEntropy()

    def loss(self, x, labels):
        for layer in self.layers:
            x = layer.forward(x)
        return self.head.forward(x, labels)

    def backward(self):
        grad = self.head.backward()
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad


# ---- problem
def problem():
    r = np.random.default_rng(1)
    net = Network()
    x, labels = r.standard_normal((7, 4)), r.integers(0, 3, 7)

    def grads():
        net.loss(x, labels)
        net.backward()
        dense = [layer for layer in net.layers if isinstance(layer, Dense)]
        return [[d.dweights, d.dbiases] for d in dense]

    dense = [layer for layer in net.layers if isinstance(layer, Dense)]
    params = [[d.weights, d.biases] for d in dense]
    return dict(loss=lambda: net.loss(x, labels), params=params, grads=grads)


FAULTS = """
missing-activation-derivative | dx[self.x <= 0] = 0 |
wrong-activation-derivative | dx[self.x <= 0] = 0 | dx[self.x > 0] = 0
activation-derivative-at-wrong-value | dx[self.x <= 0] = 0 | dx[grad <= 0] = 0
wrong-activation-derivative | np.where(self.mask, grad, self.slope * grad) | np.where(self.mask, grad, 0)
sign | grad[np.arange(n), self.labels] -= 1 | grad[np.arange(n), self.labels] += 1
scale | return grad / n | return grad
scale | return grad @ self.weights.T | return self.dweights.sum() * grad @ self.weights.T
bias-reduction | self.dbiases = grad.sum(axis=0) | self.dbiases = grad.mean(axis=0)
updated-weights-used | return grad @ self.weights.T | self.weights -= 0.1 * self.dweights;;return grad @ self.weights.T
loss-gradient | grad[np.arange(n), self.labels] -= 1 |
"""
