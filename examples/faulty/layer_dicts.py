"""A list of layers, each a dictionary; the gradients come back in a list of dictionaries.

Sigmoid layers, mean squared error, XOR.

    gradcheck run layer_dicts.py --setup "net = Net([2, 3, 3, 1]); out = net.forward(inputs)" \
                                 --loss "np.mean((net.forward(inputs) - targets)**2)" \
                                 --params net.layers \
                                 --grads "net.forward(inputs); net.backward(inputs, targets)"
"""

import numpy as np

from gradcheck import check_gradients

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
targets = np.array([[0.0], [1.0], [1.0], [0.0]])


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class Net:
    def __init__(self, sizes):
        generator = np.random.default_rng(5)
        self.layers = []
        for fan_in, fan_out in zip(sizes[:-1], sizes[1:]):
            limit = 4 * np.sqrt(6 / (fan_in + fan_out))
            self.layers.append(
                {
                    "W": generator.uniform(-limit, limit, (fan_in, fan_out)),
                    "b": np.zeros((fan_out, 1)),
                    "kind": "dense",
                }
            )

    def forward(self, x):
        for layer in self.layers:
            x = sigmoid(x @ layer["W"] + layer["b"].T)
            layer["output"] = x
        return x

    def backward(self, x, y):
        grads = []
        delta = 2 * (y - self.layers[-1]["output"]) / y.size  # fault: the sign
        for i in reversed(range(len(self.layers))):
            layer = self.layers[i]
            below = self.layers[i - 1]["output"] if i > 0 else x
            delta = delta * layer["output"] * (1 - layer["output"])
            grads.insert(0, {"W": below.T @ delta, "b": delta.sum(axis=0, keepdims=True).T})
            delta = delta @ layer["W"].T
        return grads

    def update(self, grads, lr=0.2):
        for layer, grad in zip(self.layers, grads):
            layer["W"] -= lr * grad["W"]
            layer["b"] -= lr * grad["b"]


if __name__ == "__main__":
    net = Net([2, 3, 3, 1])

    def loss():
        return np.mean((net.forward(inputs) - targets) ** 2)

    def grads():
        net.forward(inputs)
        return net.backward(inputs, targets)

    report = check_gradients(loss, net.layers, grads)
    print(report)

    for _ in range(5000):
        net.update(grads(), lr=2.0)
    print(f"loss after training {loss():.4f}")
