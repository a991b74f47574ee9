import numpy as np


class NeuralNetwork:
    def __init__(self, layer_sizes, learning_rate=0.3):
        self.learning_rate = learning_rate
        self.weights = []
        self.biases = []
        rng = np.random.RandomState(31)
        for i in range(len(layer_sizes) - 1):
            self.weights.append(rng.uniform(-1, 1, (layer_sizes[i], layer_sizes[i + 1])))
            self.biases.append(rng.uniform(-0.5, 0.5, (1, layer_sizes[i + 1])))

    def sigmoid(self, x):
        return 1 / (1 + np.exp(-x))

    def sigmoid_derivative(self, x):
        return x * (1 - x)

    def forward_pass(self, inputs):
        self.activations = [inputs]
        for weight, bias in zip(self.weights, self.biases):
            inputs = self.sigmoid(np.dot(inputs, weight) + bias)
            self.activations.append(inputs)
        return self.activations[-1]

    def loss(self, inputs, target):
        return np.mean(np.square(self.forward_pass(inputs) - target))

    def backward_pass(self, inputs, target):
        output = self.forward_pass(inputs)
        error = 2 * (output - target) / output.size
        delta = error * self.sigmoid_derivative(output)
        for i in range(len(self.weights) - 1, -1, -1):
            weight_gradient = self.activations[i].T.dot(delta)
            bias_gradient = delta.sum(axis=0, keepdims=True)
            error = delta.dot(self.weights[i].T)
            self.weights[i] -= self.learning_rate * weight_gradient
            self.biases[i] -= self.learning_rate * bias_gradient
            delta = error * self.sigmoid_derivative(self.activations[i])


# ---- problem
def problem():
    net = NeuralNetwork([2, 3, 3, 2, 1])
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    T = np.array([[0.0], [1.0], [1.0], [0.0]])
    return dict(
        loss=lambda: net.loss(X, T),
        params={"weights": net.weights, "biases": net.biases},
        step=lambda: net.backward_pass(X, T),
        lr=0.3,
    )


FAULTS = """
updated-weights-used | error = delta.dot(self.weights[i].T);;self.weights[i] -= self.learning_rate * weight_gradient | self.weights[i] -= self.learning_rate * weight_gradient;;error = delta.dot(self.weights[i].T)
missing-activation-derivative | delta = error * self.sigmoid_derivative(output) | delta = error
raw-error-propagated | error = delta.dot(self.weights[i].T) | error = error.dot(self.weights[i].T)
activation-derivative-at-wrong-value | delta = error * self.sigmoid_derivative(self.activations[i]) | delta = error * self.sigmoid_derivative(self.sigmoid(self.activations[i]))
activation-derivative-at-wrong-value | return x * (1 - x) | return self.sigmoid(x) * (1 - self.sigmoid(x))
scale | error = 2 * (output - target) / output.size | error = output - target
sign | error = 2 * (output - target) / output.size | error = 2 * (target - output) / output.size
bias-reduction | bias_gradient = delta.sum(axis=0, keepdims=True) | bias_gradient = delta.mean(axis=0, keepdims=True)
bias-reduction | bias_gradient = delta.sum(axis=0, keepdims=True) | bias_gradient = np.sum(delta)
early-reduction | weight_gradient = self.activations[i].T.dot(delta) | weight_gradient = np.outer(self.activations[i].mean(axis=0), delta.sum(axis=0))
"""
