"""A class with a list of weights and a list of biases; a training step puts new lists there.

Samples are column vectors, one after the other; sigmoid layers, cross-entropy.

    gradcheck run weight_lists.py --setup "net = Network([2, 4, 3, 2])" --loss "net.cost(batch)" \
                                  --params "net.weights, net.biases" \
                                  --step "net.learn(batch, eta=0.5)" --lr 0.5
"""

import numpy as np

from gradcheck import check_gradients

rng = np.random.default_rng(9)
batch = [(rng.normal(size=(2, 1)), np.eye(2)[:, [k % 2]]) for k in range(6)]


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


class Network:
    def __init__(self, sizes):
        self.weights = [rng.normal(size=(n, m)) for m, n in zip(sizes, sizes[1:])]
        self.biases = [rng.normal(size=(n, 1)) for n in sizes[1:]]

    def feedforward(self, a):
        for w, b in zip(self.weights, self.biases):
            a = sigmoid(w @ a + b)
        return a

    def cost(self, batch):
        total = 0.0
        for x, y in batch:
            a = self.feedforward(x)
            total -= np.sum(y * np.log(a) + (1 - y) * np.log(1 - a))
        return total / len(batch)

    def backprop(self, x, y):
        activations = [x]
        for w, b in zip(self.weights, self.biases):
            activations.append(sigmoid(w @ activations[-1] + b))

        delta = activations[-1] - y
        nabla_w, nabla_b = [delta @ activations[-2].T], [delta]
        for i in range(2, len(self.weights) + 1):
            a = activations[-i]
            delta = (self.weights[-i + 1].T @ delta) * a * (1 - a)
            nabla_w.insert(0, delta @ activations[-i - 1].T)
            nabla_b.insert(0, delta)
        return nabla_w, nabla_b

    def gradients(self, batch):
        sum_w = [np.zeros_like(w) for w in self.weights]
        sum_b = [np.zeros_like(b) for b in self.biases]
        for x, y in batch:
            nabla_w, nabla_b = self.backprop(x, y)
            sum_w = [s + n / len(batch) for s, n in zip(sum_w, nabla_w)]
            sum_b = [s + n / len(batch) for s, n in zip(sum_b, nabla_b)]
        return sum_w, sum_b

    def learn(self, batch, eta):
        grad_w, grad_b = self.gradients(batch)
        self.weights = [w - eta * g for w, g in zip(self.weights, grad_w)]
        self.biases = [b - eta * g for b, g in zip(self.biases, grad_b)]


if __name__ == "__main__":
    net = Network([2, 4, 3, 2])

    def grads():
        grad_w, grad_b = net.gradients(batch)
        return {"weights": grad_w, "biases": grad_b}

    report = check_gradients(lambda: net.cost(batch), net, grads)
    print(report)
