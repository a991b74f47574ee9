import numpy as np


class Network(object):
    def __init__(self, sizes):
        g = np.random.RandomState(0)
        self.num_layers = len(sizes)
        self.biases = [g.randn(y, 1) for y in sizes[1:]]
        self.weights = [g.randn(y, x) / np.sqrt(x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigmoid(np.dot(w, a) + b)
        return a

    def total_cost(self, data):
        return sum(0.5 * np.linalg.norm(self.feedforward(x) - y) ** 2 for x, y in data) / len(data)

    def gradient(self, data):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in data:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        return [nb / len(data) for nb in nabla_b], [nw / len(data) for nw in nabla_w]

    def backprop(self, x, y):
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
        delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = np.dot(delta, activations[-2].transpose())
        for l in range(2, self.num_layers):
            z = zs[-l]
            sp = sigmoid_prime(z)
            delta = np.dot(self.weights[-l + 1].transpose(), delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = np.dot(delta, activations[-l - 1].transpose())
        return (nabla_b, nabla_w)

    def cost_derivative(self, output, y):
        return output - y


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


# ---- problem
def problem():
    r = np.random.RandomState(6)
    data = [(r.randn(3, 1), r.rand(2, 1)) for _ in range(4)]
    net = Network([3, 5, 4, 2])
    return dict(
        loss=lambda: net.total_cost(data),
        params=(net.biases, net.weights),
        grads=lambda: net.gradient(data),
    )


FAULTS = """
missing-activation-derivative | delta = self.cost_derivative(activations[-1], y) * sigmoid_prime(zs[-1]) | delta = self.cost_derivative(activations[-1], y)
activation-derivative-at-wrong-value | * sigmoid_prime(zs[-1]) | * sigmoid_prime(activations[-1])
activation-derivative-at-wrong-value | sp = sigmoid_prime(z) | sp = sigmoid_prime(activations[-l])
scale | activations[-l - 1].transpose()) | zs[-l].mean() * activations[-l - 1].transpose())
sign | return output - y | return y - output
activation-derivative-at-wrong-value | return sigmoid(z) * (1 - sigmoid(z)) | return z * (1 - z)
wrong-activation-derivative | return sigmoid(z) * (1 - sigmoid(z)) | return sigmoid(z) * (1 + sigmoid(z))
missing-term | nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)] | nabla_b = [dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
scale | [nw / len(data) for nw in nabla_w] | nabla_w
wrong-operand | activations[-2].transpose()) | zs[-2].transpose())
"""
