# Neural network video, part 4: column vectors, one sample at a time, layers learn in backward()
import numpy as np


class Layer:
    def __init__(self):
        self.input = None
        self.output = None

    def forward(self, input):
        raise NotImplementedError

    def backward(self, output_gradient, learning_rate):
        raise NotImplementedError


class Dense(Layer):
    def __init__(self, input_size, output_size):
        self.weights = np.random.randn(output_size, input_size)
        self.bias = np.random.randn(output_size, 1)

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * output_gradient
        return input_gradient


class Activation(Layer):
    def __init__(self, activation, activation_prime):
        self.activation = activation
        self.activation_prime = activation_prime

    def forward(self, input):
        self.input = input
        return self.activation(self.input)

    def backward(self, output_gradient, learning_rate):
        return np.multiply(output_gradient, self.activation_prime(self.input))


class Tanh(Activation):
    def __init__(self):
        super().__init__(lambda x: np.tanh(x), lambda x: 1 - np.tanh(x) ** 2)


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


# ---- problem
def problem():
    np.random.seed(99)
    network = [Dense(3, 4), Tanh(), Dense(4, 4), Tanh(), Dense(4, 2)]
    x, y = np.random.randn(3, 1), np.random.randn(2, 1)

    def loss():
        out = x
        for layer in network:
            out = layer.forward(out)
        return mse(y, out)

    def train():
        out = x
        for layer in network:
            out = layer.forward(out)
        grad = mse_prime(y, out)
        for layer in reversed(network):
            grad = layer.backward(grad, 0.1)

    dense = network[::2]
    params = [[d.weights, d.bias] for d in dense]
    return dict(loss=loss, params=params, step=train, lr=0.1)


FAULTS = """
updated-weights-used | input_gradient = np.dot(self.weights.T, output_gradient);;self.weights -= learning_rate * weights_gradient | self.weights -= learning_rate * weights_gradient;;input_gradient = np.dot(self.weights.T, output_gradient)
activation-derivative-at-wrong-value | self.activation_prime(self.input)) | self.activation_prime(self.activation(self.input)))
wrong-activation-derivative | lambda x: 1 - np.tanh(x) ** 2 | lambda x: 1 - np.tanh(x)
missing-activation-derivative | return np.multiply(output_gradient, self.activation_prime(self.input)) | return output_gradient
scale | return 2 * (y_pred - y_true) / np.size(y_true) | return 2 * (y_pred - y_true)
sign | return 2 * (y_pred - y_true) / np.size(y_true) | return 2 * (y_true - y_pred) / np.size(y_true)
missing-gradient | self.bias -= learning_rate * output_gradient |
transpose | weights_gradient = np.dot(output_gradient, self.input.T) | weights_gradient = np.dot(self.input, output_gradient.T).reshape(self.weights.shape)
"""
