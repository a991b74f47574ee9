"""Layer objects whose backward pass updates the weights at once, with the learning rate.

Dense and sigmoid layers, mean squared error over all outputs. The check runs one step at a rate
and reads the gradient off the change.

    gradcheck run layers_that_update.py --setup "net = make_net()" --loss "mse(net, X, Y)" \
                                        --params net --step "train(net, X, Y, lr)" --lr 0.1
"""

import numpy as np

from gradcheck import check_gradients

np.random.seed(7)
X = np.random.rand(8, 3)
Y = np.stack([X.mean(axis=1), X.max(axis=1)], axis=1)


class FCLayer:
    def __init__(self, input_size, output_size):
        self.weights = np.random.rand(input_size, output_size) - 0.5
        self.bias = np.random.rand(1, output_size) - 0.5

    def forward_propagation(self, input_data):
        self.input = input_data
        return np.dot(self.input, self.weights) + self.bias

    def backward_propagation(self, output_error, learning_rate):
        input_error = np.dot(output_error, self.weights.T)
        weights_error = np.dot(self.input.T, output_error)
        self.weights = self.weights - learning_rate * weights_error
        self.bias = self.bias - learning_rate * output_error.sum(axis=0, keepdims=True)
        return input_error


class SigmoidLayer:
    def forward_propagation(self, input_data):
        self.output = 1 / (1 + np.exp(-input_data))
        return self.output

    def backward_propagation(self, output_error, learning_rate):
        return self.output * (1 - self.output) * output_error


def make_net():
    return [FCLayer(3, 6), SigmoidLayer(), FCLayer(6, 2), SigmoidLayer()]


def predict(net, x):
    for layer in net:
        x = layer.forward_propagation(x)
    return x


def mse(net, x, y):
    return np.mean((predict(net, x) - y) ** 2)


def train(net, x, y, lr):
    error = 2 * (predict(net, x) - y) / y.size
    for layer in reversed(net):
        error = layer.backward_propagation(error, lr)


if __name__ == "__main__":
    net = make_net()
    report = check_gradients(
        lambda: mse(net, X, Y), net, step=lambda lr: train(net, X, Y, lr), lr=0.1
    )
    print(report)

    for _ in range(2000):
        train(net, X, Y, 0.5)
    print(f"loss after training {mse(net, X, Y):.5f}")
