"""A tiny deep learning library, and bit sums modulo three on top of it."""
import numpy as np


class MSE:
    def loss(self, predicted, actual):
        return np.sum((predicted - actual) ** 2)

    def grad(self, predicted, actual):
        return 2 * (predicted - actual)


class Linear:
    def __init__(self, input_size, output_size):
        self.params = {"w": np.random.randn(input_size, output_size),
                       "b": np.random.randn(output_size)}
        self.grads = {}

    def forward(self, inputs):
        self.inputs = inputs
        return inputs @ self.params["w"] + self.params["b"]

    def backward(self, grad):
        self.grads["b"] = np.sum(grad, axis=0)
        self.grads["w"] = self.inputs.T @ grad
        return grad @ self.params["w"].T


class Tanh:
    params, grads = {}, {}

    def forward(self, inputs):
        self.inputs = inputs
        return np.tanh(inputs)

    def backward(self, grad):
        return (1 - np.tanh(self.inputs) ** 2) * grad


class NeuralNet:
    def __init__(self, layers):
        self.layers = layers

    def forward(self, inputs):
        for layer in self.layers:
            inputs = layer.forward(inputs)
        return inputs

    def backward(self, grad):
        for layer in reversed(self.layers):
            grad = layer.backward(grad)
        return grad

    def params_and_grads(self):
        for layer in self.layers:
            for name, param in layer.params.items():
                yield param, layer.grads[name]


class SGD:
    def __init__(self, lr=0.01):
        self.lr = lr

    def step(self, net):
        for param, grad in net.params_and_grads():
            param -= self.lr * grad


def train(net, inputs, targets, num_epochs=100, batch_size=4, loss=MSE(), optimizer=SGD()):
    for epoch in range(num_epochs):
        epoch_loss = 0.0
        for start in range(0, len(inputs), batch_size):
            xb, yb = inputs[start:start + batch_size], targets[start:start + batch_size]
            predicted = net.forward(xb)
            epoch_loss += loss.loss(predicted, yb)
            grad = loss.grad(predicted, yb)
            net.backward(grad)
            optimizer.step(net)
        if epoch % 25 == 0:
            print(epoch, epoch_loss)


np.random.seed(7)
inputs = np.array([[i >> k & 1 for k in range(3)] for i in range(8)])
targets = np.eye(3)[inputs.sum(axis=1) % 3]
net = NeuralNet([Linear(3, 3), Tanh(), Linear(3, 3)])
train(net, inputs, targets)


FAULTS = """
transpose | return grad @ self.params["w"].T | return grad @ self.params["w"]
scale | return 2 * (predicted - actual) | return 2 * (predicted - actual) / len(actual)
wrong-activation-derivative | return (1 - np.tanh(self.inputs) ** 2) * grad | return (1 - np.tanh(self.inputs)) * grad
bias-reduction | self.grads["b"] = np.sum(grad, axis=0) | self.grads["b"] = np.mean(grad, axis=0)
"""
