"""Why does my network only predict 0.5? (from a question, after the answers)"""
import numpy as np


class NeuralNetwork:
    def __init__(self, x, y):
        np.random.seed(7)
        self.input = x
        self.y = y
        self.weights1 = np.random.uniform(-1, 1, (self.input.shape[1], 4))
        self.weights2 = np.random.uniform(-1, 1, (4, 4))
        self.weights3 = np.random.uniform(-1, 1, (4, 2))
        self.lr = 0.5

    @staticmethod
    def sigmoid(t):
        return 1.0 / (1.0 + np.exp(-t))

    @staticmethod
    def sigmoid_derivative(p):
        return p * (1 - p)

    def feedforward(self):
        self.layer1 = self.sigmoid(np.dot(self.input, self.weights1))
        self.layer2 = self.sigmoid(np.dot(self.layer1, self.weights2))
        self.output = self.sigmoid(np.dot(self.layer2, self.weights3))
        return self.output

    def error(self):
        return np.sum((self.y - self.feedforward()) ** 2)

    def backprop(self):
        self.feedforward()
        delta3 = 2 * (self.y - self.output) * self.sigmoid_derivative(self.output)
        delta2 = np.dot(delta3, self.weights3.T) * self.sigmoid_derivative(self.layer2)
        delta1 = np.dot(delta2, self.weights2.T) * self.sigmoid_derivative(self.layer1)

        d_weights3 = np.dot(self.layer2.T, delta3)
        d_weights2 = np.dot(self.layer1.T, delta2)
        d_weights1 = np.dot(self.input.T, delta1)

        # update the weights with the derivative of the loss function
        self.weights1 += self.lr * d_weights1
        self.weights2 += self.lr * d_weights2
        self.weights3 += self.lr * d_weights3


# ---- problem
def problem():
    X = np.array([[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1], [0.5, 0.2, -1]])
    y = np.array([[0, 1], [1, 0], [1, 1], [0, 0], [0.3, 0.9]])
    nn = NeuralNetwork(X, y)
    return dict(loss=nn.error, params=[nn.weights1, nn.weights2, nn.weights3],
                step=nn.backprop, lr=nn.lr)


FAULTS = """
missing-activation-derivative | delta3 = 2 * (self.y - self.output) * self.sigmoid_derivative(self.output) | delta3 = 2 * (self.y - self.output)
scale | delta3 = 2 * (self.y - self.output) * | delta3 = (self.y - self.output) *
transpose | delta1 = np.dot(delta2, self.weights2.T) | delta1 = np.dot(delta2, self.weights2)
missing-activation-derivative | np.dot(delta2, self.weights2.T) * self.sigmoid_derivative(self.layer1) | np.dot(delta2, self.weights2.T)
activation-derivative-at-wrong-value | self.sigmoid_derivative(self.layer2) | self.sigmoid_derivative(np.dot(self.layer1, self.weights2))
wrong-operand | d_weights2 = np.dot(self.layer1.T, delta2) | d_weights2 = np.dot(self.layer2.T, delta2)
sign | self.weights3 += self.lr * d_weights3 | self.weights3 -= self.lr * d_weights3
missing-gradient | self.weights1 += self.lr * d_weights1 |
wrong-operand | * self.sigmoid_derivative(self.layer1) | * self.sigmoid_derivative(self.layer2)
"""
