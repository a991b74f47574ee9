# Backprop per training example, in the notation of the book I learned it from:
# delta^L = nabla_a C * sigma'(z^L), delta^l = (w^{l+1})^T delta^{l+1} * sigma'(z^l)
import numpy as np


class Sigma:
    @staticmethod
    def fn(z):
        return 1.0 / (1.0 + np.exp(-z))

    @staticmethod
    def prime(z):
        return Sigma.fn(z) * (1 - Sigma.fn(z))


class QuadraticCost:
    @staticmethod
    def fn(a, y):
        return 0.5 * np.linalg.norm(a - y) ** 2

    @staticmethod
    def delta(z, a, y):
        return (a - y) * Sigma.prime(z)


class Perceptron:
    def __init__(self, width, depth, generator):
        self.weights = [generator.normal(size=(width, width)) for _ in range(depth)]
        self.biases = [generator.normal(size=(width, 1)) for _ in range(depth)]
        self.lmbda = 0.04

    def zs_and_activations(self, a):
        zs, activations = [], [a]
        for w, b in zip(self.weights, self.biases):
            zs.append(w @ activations[-1] + b)
            activations.append(Sigma.fn(zs[-1]))
        return zs, activations

    def total_cost(self, examples):
        cost = sum(QuadraticCost.fn(self.zs_and_activations(x)[1][-1], y) for x, y in examples) / len(examples)
        return cost + 0.5 * self.lmbda * sum(np.linalg.norm(w) ** 2 for w in self.weights)

    def backprop(self, x, y):
        depth = len(self.weights)
        nabla_w = [np.zeros_like(w) for w in self.weights]
        nabla_b = [np.zeros_like(b) for b in self.biases]
        zs, activations = self.zs_and_activations(x)
        delta = QuadraticCost.delta(zs[-1], activations[-1], y)
        nabla_w[-1][:] = delta @ activations[-2].T
        nabla_b[-1][:] = delta
        for l in range(2, depth + 1):
            delta = self.weights[-l + 1].T @ delta * Sigma.prime(zs[-l])
            nabla_w[-l][:] = delta @ activations[-l - 1].T
            nabla_b[-l][:] = delta
        return nabla_w, nabla_b

    def nabla(self, examples):
        total_w = [self.lmbda * w for w in self.weights]
        total_b = [np.zeros_like(b) for b in self.biases]
        for x, y in examples:
            nabla_w, nabla_b = self.backprop(x, y)
            total_w = [t + n / len(examples) for t, n in zip(total_w, nabla_w)]
            total_b = [t + n / len(examples) for t, n in zip(total_b, nabla_b)]
        return total_w, total_b


# ---- problem
def problem():
    generator = np.random.default_rng(1943)
    net = Perceptron(3, 3, generator)
    examples = [(generator.normal(size=(3, 1)), generator.random((3, 1))) for _ in range(6)]
    return dict(loss=lambda: net.total_cost(examples), params=(net.weights, net.biases),
                grads=lambda: net.nabla(examples))


FAULTS = """
aliasing | nabla_w = [np.zeros_like(w) for w in self.weights] | nabla_w = [np.zeros_like(self.weights[0])] * depth
aliasing | nabla_b = [np.zeros_like(b) for b in self.biases] | nabla_b = [np.zeros_like(self.biases[0])] * depth
activation-derivative-at-wrong-value | delta = self.weights[-l + 1].T @ delta * Sigma.prime(zs[-l]) | delta = self.weights[-l + 1].T @ delta * Sigma.prime(activations[-l])
wrong-operand | delta = self.weights[-l + 1].T @ delta * Sigma.prime(zs[-l]) | delta = self.weights[-l].T @ delta * Sigma.prime(zs[-l])
loss-gradient | return (a - y) * Sigma.prime(z) | return a - y
regulariser | total_w = [self.lmbda * w for w in self.weights] | total_w = [self.lmbda / len(examples) * w for w in self.weights]
transpose | delta = self.weights[-l + 1].T @ delta * Sigma.prime(zs[-l]) | delta = self.weights[-l + 1] @ delta * Sigma.prime(zs[-l])
accumulation | total_b = [t + n / len(examples) for t, n in zip(total_b, nabla_b)] | total_b = [n / len(examples) for t, n in zip(total_b, nabla_b)]
"""
