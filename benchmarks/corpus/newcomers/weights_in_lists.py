# class Network from my blog, v3: any number of layers, minibatch as rows, quadratic or log cost
import numpy as np


class Network:
    def __init__(self, sizes, cost='quadratic'):
        self.sizes = sizes
        self.cost = cost
        rng = np.random.default_rng(1986)
        self.biases = [rng.normal(size=(1, n)) * 0.4 for n in sizes[1:]]
        self.weights = [rng.normal(size=(m, n)) for m, n in zip(sizes[:-1], sizes[1:])]

    @staticmethod
    def squash(z):
        return 1 / (1 + np.exp(-z))

    @staticmethod
    def squash_prime(z):
        s = Network.squash(z)
        return s * (1 - s)

    def feed(self, x):
        activations, zs = [x], []
        for w, b in zip(self.weights, self.biases):
            zs.append(activations[-1] @ w + b)
            activations.append(self.squash(zs[-1]))
        return activations, zs

    def total_cost(self, x, y):
        out = self.feed(x)[0][-1]
        if self.cost == 'quadratic':
            return 0.5 * np.sum((out - y) ** 2)
        return -np.sum(y * np.log(out) + (1 - y) * np.log(1 - out))

    def backprop(self, x, y):
        activations, zs = self.feed(x)
        nabla_b = [np.zeros_like(b) for b in self.biases]
        nabla_w = [np.zeros_like(w) for w in self.weights]
        if self.cost == 'quadratic':
            delta = (activations[-1] - y) * self.squash_prime(zs[-1])
        else:
            delta = activations[-1] - y
        nabla_b[-1] = delta.sum(axis=0, keepdims=True)
        nabla_w[-1] = activations[-2].T @ delta
        for i in range(len(self.weights) - 2, -1, -1):
            delta = delta @ self.weights[i + 1].T
            delta *= self.squash_prime(zs[i])
            nabla_b[i][:] = delta.sum(axis=0, keepdims=True)
            nabla_w[i][:] = activations[i].T @ delta
        return nabla_w, nabla_b


# ---- problem
def problem():
    net = Network([3, 4, 4, 4, 2])
    rng = np.random.default_rng(30)
    x, y = rng.normal(size=(8, 3)), rng.uniform(0.1, 0.9, size=(8, 2))
    return dict(loss=lambda: net.total_cost(x, y), params=(net.weights, net.biases),
                grads=lambda: net.backprop(x, y))


FAULTS = """
loss-gradient | if self.cost == 'quadratic':;;delta = | if self.cost != 'quadratic':;;    delta =
indexing | for i in range(len(self.weights) - 2, -1, -1): | for i in range(len(self.weights) - 2, 0, -1):
activation-derivative-at-wrong-value | delta *= self.squash_prime(zs[i]) | delta *= self.squash_prime(activations[i + 1])
wrong-operand | nabla_w[-1] = activations[-2].T @ delta | nabla_w[-1] = zs[-2].T @ delta
missing-activation-derivative | delta *= self.squash_prime(zs[i]) |
aliasing | nabla_b = [np.zeros_like(b) for b in self.biases] | nabla_b = [np.zeros_like(self.biases[0])] * len(self.biases)
bias-reduction | nabla_b[i][:] = delta.sum(axis=0, keepdims=True) | nabla_b[i][:] = delta.mean(axis=0, keepdims=True)
"""
