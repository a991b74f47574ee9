"""network.py, after Nielsen, but the whole mini-batch in one matrix (one column a sample); cross-entropy cost."""
import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


class Network:
    def __init__(self, sizes, seed=3):
        rs = np.random.RandomState(seed)
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [rs.randn(y, 1) for y in sizes[1:]]
        self.weights = [rs.randn(y, x) / np.sqrt(x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def total_cost(self, x, y, lmbda):
        a = self.feedforward(x)
        cost = -np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)) / x.shape[1]
        return cost + 0.5 * (lmbda / x.shape[1]) * sum(np.linalg.norm(w) ** 2 for w in self.weights)

    def backprop(self, x, y, lmbda):
        m = x.shape[1]
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = np.dot(w, activation) + b
            zs.append(z)
            activation = sigmoid(z)
            activations.append(activation)
        delta = activations[-1] - y
        nabla_b[-1] = delta.sum(axis=1, keepdims=True)
        nabla_w[-1] = np.dot(delta, activations[-2].T)
        for l in range(2, self.num_layers):
            sp = sigmoid_prime(zs[-l])
            delta = np.dot(self.weights[-l + 1].T, delta) * sp
            nabla_b[-l] = delta.sum(axis=1, keepdims=True)
            nabla_w[-l] = np.dot(delta, activations[-l - 1].T)
        nabla_w = [(nw + lmbda * w) / m for nw, w in zip(nabla_w, self.weights)]
        return nabla_w, [nb / m for nb in nabla_b]


# ---- problem
def problem():
    rng = np.random.default_rng(9)
    net = Network([4, 5, 3, 2])
    x = rng.random((4, 7))
    y = (rng.random((2, 7)) > 0.5) * 1.0
    return dict(params=(net.weights, net.biases), loss=lambda: net.total_cost(x, y, 0.3),
                grads=lambda: net.backprop(x, y, 0.3))


FAULTS = """
loss-gradient | delta = activations[-1] - y | delta = (activations[-1] - y) * sigmoid_prime(zs[-1])
activation-derivative-at-wrong-value | sp = sigmoid_prime(zs[-l]) | sp = sigmoid_prime(activations[-l])
bias-reduction | nabla_b[-l] = delta.sum(axis=1, keepdims=True) | nabla_b[-l] = delta.mean(axis=1, keepdims=True)
regulariser | nabla_w = [(nw + lmbda * w) / m for nw, w in zip(nabla_w, self.weights)] | nabla_w = [nw / m + lmbda * w for nw, w in zip(nabla_w, self.weights)]
scale | return nabla_w, [nb / m for nb in nabla_b] | return nabla_w, nabla_b
missing-activation-derivative | delta = np.dot(self.weights[-l + 1].T, delta) * sp | delta = np.dot(self.weights[-l + 1].T, delta)
"""
