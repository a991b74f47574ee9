import numpy as np


class Layer:
    def __init__(self):
        self.input = None
        self.output = None


class Dense(Layer):
    def __init__(self, input_size, output_size):
        super().__init__()
        self.weights = np.random.randn(output_size, input_size) * 0.7
        self.bias = np.random.randn(output_size, 1) * 0.3

    def forward(self, input):
        self.input = input
        return np.dot(self.weights, self.input) + self.bias

    def backward(self, output_gradient, learning_rate):
        weights_gradient = np.dot(output_gradient, self.input.T)
        input_gradient = np.dot(self.weights.T, output_gradient)
        self.weights -= learning_rate * weights_gradient
        self.bias -= learning_rate * np.sum(output_gradient, axis=1, keepdims=True)
        return input_gradient


class Activation(Layer):
    def __init__(self, activation, activation_prime):
        super().__init__()
        self.activation = activation
        self.activation_prime = activation_prime

    def forward(self, input):
        self.input = input
        return self.activation(self.input)

    def backward(self, output_gradient, learning_rate):
        return np.multiply(output_gradient, self.activation_prime(self.input))


class Tanh(Activation):
    def __init__(self):
        def tanh(x):
            return np.tanh(x)

        def tanh_prime(x):
            return 1 - np.tanh(x) ** 2

        super().__init__(tanh, tanh_prime)


class Softplus(Activation):
    def __init__(self):
        super().__init__(lambda x: np.log(1 + np.exp(x)), lambda x: 1 / (1 + np.exp(-x)))


class Softmax(Layer):
    def forward(self, input):
        tmp = np.exp(input)
        self.output = tmp / np.sum(tmp, axis=0)
        return self.output

    def backward(self, output_gradient, learning_rate):
        result = np.zeros_like(output_gradient)
        for k in range(output_gradient.shape[1]):
            s = self.output[:, k : k + 1]
            jacobian = np.diagflat(s) - np.dot(s, s.T)
            result[:, k] = np.dot(jacobian, output_gradient[:, k])
        return result


def mse(y_true, y_pred):
    return np.mean(np.power(y_true - y_pred, 2))


def mse_prime(y_true, y_pred):
    return 2 * (y_pred - y_true) / np.size(y_true)


def predict(network, input):
    output = input
    for layer in network:
        output = layer.forward(output)
    return output


def train_on_batch(network, loss_prime, x, y, learning_rate):
    output = predict(network, x)
    grad = loss_prime(y, output)
    for layer in reversed(network):
        grad = layer.backward(grad, learning_rate)


# ---- problem
def problem():
    np.random.seed(4)
    network = [Dense(3, 3), Tanh(), Dense(3, 4), Softplus(), Dense(4, 3), Softmax()]
    x, y = np.random.randn(3, 5), np.random.dirichlet(np.ones(3), 5).T
    return dict(
        loss=lambda: mse(y, predict(network, x)),
        params={f"{n}{i}": getattr(network[i], n) for i in (0, 2, 4) for n in ("weights", "bias")},
        step=lambda: train_on_batch(network, mse_prime, x, y, 0.5),
        lr=0.5,
    )


FAULTS = """
updated-weights-used | input_gradient = np.dot(self.weights.T, output_gradient);;self.weights -= learning_rate * weights_gradient | self.weights -= learning_rate * weights_gradient;;input_gradient = np.dot(self.weights.T, output_gradient)
bias-reduction | self.bias -= learning_rate * np.sum(output_gradient, axis=1, keepdims=True) | self.bias -= learning_rate * np.sum(output_gradient)
bias-reduction | self.bias -= learning_rate * np.sum(output_gradient, axis=1, keepdims=True) | self.bias -= learning_rate * np.mean(output_gradient, axis=1, keepdims=True)
softmax-jacobian | jacobian = np.diagflat(s) - np.dot(s, s.T) | jacobian = np.diagflat(s * (1 - s))
softmax-jacobian | result[:, k] = np.dot(jacobian, output_gradient[:, k]) | result[:, k] = s[:, 0] * output_gradient[:, k]
activation-derivative-at-wrong-value | return self.activation(self.input) | self.input = self.activation(self.input);;return self.input
missing-activation-derivative | return np.multiply(output_gradient, self.activation_prime(self.input)) | return output_gradient
scale | return 2 * (y_pred - y_true) / np.size(y_true) | return 2 * (y_pred - y_true) / y_true.shape[1]
wrong-activation-derivative | lambda x: 1 / (1 + np.exp(-x))) | lambda x: np.exp(-x) / (1 + np.exp(-x)))
"""
