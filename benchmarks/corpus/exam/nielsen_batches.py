import numpy as np


class Network(object):
    """Sizes like [4, 4, 4, 2]: lists of biases and weights, samples are columns, one by one."""

    def __init__(self, sizes, seed):
        rs = np.random.RandomState(seed)
        self.num_layers = len(sizes)
        self.biases = [0.5 * rs.randn(y, 1) for y in sizes[1:]]
        self.weights = [rs.randn(y, x) / np.sqrt(x) for x, y in zip(sizes[:-1], sizes[1:])]

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = self.sigmoid(w.dot(a) + b)
        return a

    def total_cost(self, batch, lmbda):
        cost = 0.0
        for x, y in batch:
            a = self.feedforward(x)
            cost += 0.5 * np.linalg.norm(a - y) ** 2 / len(batch)
        cost += 0.5 * (lmbda / len(batch)) * sum(np.linalg.norm(w) ** 2 for w in self.weights)
        return cost

    def update_mini_batch(self, mini_batch, eta, lmbda):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in mini_batch:
            delta_nabla_b, delta_nabla_w = self.backprop(x, y)
            nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
            nabla_w = [nw + dnw for nw, dnw in zip(nabla_w, delta_nabla_w)]
        m = len(mini_batch)
        self.weights = [
            (1 - eta * lmbda / m) * w - (eta / m) * nw for w, nw in zip(self.weights, nabla_w)
        ]
        self.biases = [b - (eta / m) * nb for b, nb in zip(self.biases, nabla_b)]

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = w.dot(activation) + b
            zs.append(z)
            activation = self.sigmoid(z)
            activations.append(activation)
        delta = self.cost_derivative(activations[-1], y) * self.sigmoid_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = delta.dot(activations[-2].T)
        for l in range(2, self.num_layers):
            sp = self.sigmoid_prime(zs[-l])
            delta = self.weights[-l + 1].T.dot(delta) * sp
            nabla_b[-l] = delta
            nabla_w[-l] = delta.dot(activations[-l - 1].T)
        return nabla_b, nabla_w

    @staticmethod
    def cost_derivative(output, y):
        return output - y

    @staticmethod
    def sigmoid(z):
        return 1.0 / (1.0 + np.exp(-z))

    @staticmethod
    def sigmoid_prime(z):
        return Network.sigmoid(z) * (1 - Network.sigmoid(z))


# ---- problem
def problem():
    net = Network([4, 4, 4, 2], 8)
    rs = np.random.RandomState(0)
    batch = [(rs.randn(4, 1), rs.rand(2, 1)) for _ in range(4)]
    return dict(
        loss=lambda: net.total_cost(batch, 0.3),
        params=net,
        step=lambda: net.update_mini_batch(batch, 0.5, 0.3),
        lr=0.5,
    )


FAULTS = """
activation-derivative-at-wrong-value | sp = self.sigmoid_prime(zs[-l]) | sp = self.sigmoid_prime(activations[-l])
activation-derivative-at-wrong-value | delta = self.cost_derivative(activations[-1], y) * self.sigmoid_prime(zs[-1]) | delta = self.cost_derivative(activations[-1], y) * self.sigmoid_prime(activations[-1])
missing-activation-derivative | delta = self.cost_derivative(activations[-1], y) * self.sigmoid_prime(zs[-1]) | delta = self.cost_derivative(activations[-1], y)
missing-activation-derivative | delta = self.weights[-l + 1].T.dot(delta) * sp | delta = self.weights[-l + 1].T.dot(delta)
wrong-operand | nabla_w[-l] = delta.dot(activations[-l - 1].T) | nabla_w[-l] = delta.dot(activations[-l].T)
sign | return output - y | return y - output
accumulation | nabla_b = [nb + dnb for nb, dnb in zip(nabla_b, delta_nabla_b)] | nabla_b = [dnb for nb, dnb in zip(nabla_b, delta_nabla_b)]
regulariser | (1 - eta * lmbda / m) * w - (eta / m) * nw for w, nw in zip(self.weights, nabla_w) | (1 - eta * lmbda) * w - (eta / m) * nw for w, nw in zip(self.weights, nabla_w)
scale | self.biases = [b - (eta / m) * nb for b, nb in zip(self.biases, nabla_b)] | self.biases = [b - eta * nb for b, nb in zip(self.biases, nabla_b)]
wrong-activation-derivative | return Network.sigmoid(z) * (1 - Network.sigmoid(z)) | return Network.sigmoid(z) * Network.sigmoid(1 - z)
"""
