"""Layer objects: forward keeps what backward needs, backward keeps its gradients in the layer.

Dense and tanh layers, softmax cross-entropy.

    gradcheck run layer_objects.py --setup "net = build()" --loss "run(net, x, y)" \
                                   --params net --grads "run(net, x, y); backprop(net, y)"
"""

import numpy as np

from gradcheck import check_gradients

rng = np.random.default_rng(11)
x = rng.standard_normal((10, 3))
y = rng.integers(0, 4, 10)


class Dense:
    def __init__(self, n_inputs, n_neurons):
        self.weights = 0.7 * rng.standard_normal((n_inputs, n_neurons))
        self.biases = 0.1 * rng.standard_normal((1, n_neurons))

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.weights + self.biases

    def backward(self, dvalues):
        self.dweights = self.inputs.T @ dvalues
        self.dbiases = dvalues.mean(axis=0, keepdims=True)  # fault: a mean for the sum
        return dvalues @ self.weights.T


class Tanh:
    def forward(self, inputs):
        self.output = np.tanh(inputs)
        return self.output

    def backward(self, dvalues):
        return dvalues * (1 - self.output**2)


class SoftmaxCrossEntropy:
    def forward(self, logits, y):
        shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
        self.probabilities = shifted / shifted.sum(axis=1, keepdims=True)
        return -np.log(self.probabilities[range(len(y)), y]).mean()

    def backward(self, y):
        dlogits = self.probabilities.copy()
        dlogits[range(len(y)), y] -= 1
        return dlogits / len(y)


def build():
    return [Dense(3, 7), Tanh(), Dense(7, 5), Tanh(), Dense(5, 4), SoftmaxCrossEntropy()]


def run(net, x, y):
    for layer in net[:-1]:
        x = layer.forward(x)
    return net[-1].forward(x, y)


def backprop(net, y):
    dvalues = net[-1].backward(y)
    for layer in reversed(net[:-1]):
        dvalues = layer.backward(dvalues)


if __name__ == "__main__":
    net = build()

    def loss():
        return run(net, x, y)

    def backward():
        run(net, x, y)
        backprop(net, y)

    report = check_gradients(loss, net, backward)
    print(report)
