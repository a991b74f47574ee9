# Nielsen-book inspired exercise, but with my own network for the sine/cosine table (teacher, 12th grade)
# column vectors everywhere, nabla lists, momentum
import random
import numpy as np

random.seed(9)
np.random.seed(9)

class Network:
    def __init__(self, sizes, cost='quadratic'):
        self.num_layers = len(sizes)
        self.sizes = sizes
        self.biases = [np.random.randn(k, 1) for k in sizes[1:]]
        self.weights = [np.random.randn(k, j) / np.sqrt(j) for j, k in zip(sizes[:-1], sizes[1:])]
        self.cost_name = cost

    def feedforward(self, a):
        for b, w in zip(self.biases, self.weights):
            a = sigma(w @ a + b)
        return a

    def cost(self, data):
        return sum(0.5 * np.linalg.norm(self.feedforward(x) - y) ** 2 for x, y in data) / len(data)

    def backprop(self, x, y):
        nabla_b = [np.zeros(b.shape) for b in self.biases]
        nabla_w = [np.zeros(w.shape) for w in self.weights]
        activation = x
        activations = [x]
        zs = []
        for b, w in zip(self.biases, self.weights):
            z = w @ activation + b
            zs.append(z)
            activation = sigma(z)
            activations.append(activation)
        delta = (activations[-1] - y) * sigma_prime(zs[-1])
        nabla_b[-1] = delta
        nabla_w[-1] = delta @ activations[-2].T
        for l in range(2, self.num_layers):
            delta = (self.weights[-l + 1].T @ delta) * sigma_prime(zs[-l])
            nabla_b[-l] = delta
            nabla_w[-l] = delta @ activations[-l - 1].T
        return nabla_b, nabla_w

    def update_mini_batch(self, batch, eta):
        sum_b = [np.zeros(b.shape) for b in self.biases]
        sum_w = [np.zeros(w.shape) for w in self.weights]
        for x, y in batch:
            db, dw = self.backprop(x, y)
            sum_b = [s + d for s, d in zip(sum_b, db)]
            sum_w = [s + d for s, d in zip(sum_w, dw)]
        self.weights = [w - eta / len(batch) * s for w, s in zip(self.weights, sum_w)]
        self.biases = [b - eta / len(batch) * s for b, s in zip(self.biases, sum_b)]

    def SGD(self, training_data, epochs, batch_size, eta, test_data=None):
        for j in range(epochs):
            random.shuffle(training_data)
            for k in range(0, len(training_data), batch_size):
                self.update_mini_batch(training_data[k:k + batch_size], eta)
            if test_data and j % 10 == 0:
                print("Epoch {0}: cost {1:.5f}".format(j, self.cost(test_data)))


def sigma(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigma_prime(z):
    return sigma(z) * (1 - sigma(z))


table = []
for angle in np.linspace(0, 2 * np.pi, 60):
    x = np.array([[angle / np.pi - 1], [(angle / np.pi - 1) ** 2]])
    y = 0.5 + 0.4 * np.array([[np.sin(angle)], [np.cos(angle)]])
    table.append((x, y))

net = Network([2, 8, 6, 2])
net.SGD(table[:], 41, 6, 3.0, test_data=table)
print(net.feedforward(table[10][0]).ravel(), table[10][1].ravel())

FAULTS = """
missing-activation-derivative | delta = (activations[-1] - y) * sigma_prime(zs[-1]) | delta = (activations[-1] - y)
wrong-index | nabla_w[-l] = delta @ activations[-l - 1].T | nabla_w[-l] = delta @ np.ones_like(activations[-l - 1]).T
double-sigmoid | delta = (self.weights[-l + 1].T @ delta) * sigma_prime(zs[-l]) | delta = (self.weights[-l + 1].T @ delta) * sigma_prime(activations[-l])
overwritten | sum_b = [s + d for s, d in zip(sum_b, db)] | sum_b = [d for s, d in zip(sum_b, db)]
missing-factor | self.biases = [b - eta / len(batch) * s for b, s in zip(self.biases, sum_b)] | self.biases = [b - eta * s for b, s in zip(self.biases, sum_b)]
wrong-function | return sigma(z) * (1 - sigma(z)) | return z * (1 - z)
"""
