"""My first neural network: hours studied, hours slept -> passed the exam?

Following the lecture notes, everything as columns of samples in rows.
"""
import numpy as np


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class NeuralNetwork:
    def __init__(self, seed=3):
        rnd = np.random.RandomState(seed)
        self.weights1 = rnd.randn(2, 4)
        self.bias1 = rnd.randn(1, 4) * 0.2
        self.weights2 = rnd.randn(4, 3)
        self.bias2 = rnd.randn(1, 3) * 0.2
        self.weights3 = rnd.randn(3, 1)
        self.bias3 = rnd.randn(1, 1) * 0.2

    def feedforward(self, X):
        self.layer1 = sigmoid(np.dot(X, self.weights1) + self.bias1)
        self.layer2 = np.tanh(np.dot(self.layer1, self.weights2) + self.bias2)
        self.output = sigmoid(np.dot(self.layer2, self.weights3) + self.bias3)
        return self.output

    def error(self, X, y):
        return np.mean((y - self.feedforward(X)) ** 2)

    def backprop(self, X, y):
        self.feedforward(X)
        d_output = -2 * (y - self.output) / y.size
        d_out = d_output * self.output * (1 - self.output)
        self.d_weights3 = np.dot(self.layer2.T, d_out)
        self.d_bias3 = np.sum(d_out, axis=0, keepdims=True)
        d_layer2 = np.dot(d_out, self.weights3.T) * (1 - self.layer2 ** 2)
        self.d_weights2 = np.dot(self.layer1.T, d_layer2)
        self.d_bias2 = np.sum(d_layer2, axis=0, keepdims=True)
        d_layer1 = np.dot(d_layer2, self.weights2.T)
        d_layer1 = d_layer1 * self.layer1 * (1 - self.layer1)
        self.d_weights1 = np.dot(X.T, d_layer1)
        self.d_bias1 = np.sum(d_layer1, axis=0, keepdims=True)


# ---- problem
def problem():
    rnd = np.random.RandomState(77)
    X = rnd.rand(7, 2) * 3 - 1.5
    y = (X.sum(axis=1, keepdims=True) > 0).astype(float)
    net = NeuralNetwork()
    names = ['weights1', 'bias1', 'weights2', 'bias2', 'weights3', 'bias3']

    def grads():
        net.backprop(X, y)
        return {n: getattr(net, 'd_' + n) for n in names}

    return dict(loss=lambda: net.error(X, y), params={n: getattr(net, n) for n in names}, grads=grads)


FAULTS = """
sign | d_output = -2 * (y - self.output) / y.size | d_output = 2 * (y - self.output) / y.size
scale | d_output = -2 * (y - self.output) / y.size | d_output = -(y - self.output) / y.size
missing-activation-derivative | d_out = d_output * self.output * (1 - self.output) | d_out = d_output
wrong-activation-derivative | d_layer2 = np.dot(d_out, self.weights3.T) * (1 - self.layer2 ** 2) | d_layer2 = np.dot(d_out, self.weights3.T) * self.layer2 * (1 - self.layer2)
raw-error-propagated | d_layer2 = np.dot(d_out, self.weights3.T) * (1 - self.layer2 ** 2) | d_layer2 = np.dot(d_output, self.weights3.T) * (1 - self.layer2 ** 2)
missing-activation-derivative | d_layer1 = d_layer1 * self.layer1 * (1 - self.layer1) |
bias-reduction | self.d_bias2 = np.sum(d_layer2, axis=0, keepdims=True) | self.d_bias2 = np.mean(d_layer2, axis=0, keepdims=True)
bias-reduction | self.d_bias1 = np.sum(d_layer1, axis=0, keepdims=True) | self.d_bias1 = np.sum(d_layer1, keepdims=True) * np.ones((1, 4))
activation-derivative-at-wrong-value | d_layer1 = d_layer1 * self.layer1 * (1 - self.layer1) | d_layer1 = d_layer1 * sigmoid(self.layer1) * (1 - sigmoid(self.layer1))
early-reduction | self.d_weights2 = np.dot(self.layer1.T, d_layer2) | self.d_weights2 = np.outer(self.layer1.mean(axis=0), d_layer2.sum(axis=0))
"""
