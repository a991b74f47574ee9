"""One class with W1, b1, W2, b2; backward keeps its gradients in dW1, db1, dW2, db2.

Tanh hidden layer, sigmoid output, binary cross-entropy.

    gradcheck run one_class.py --setup "net = NeuralNetwork(2, 5)" --loss "net.loss(X, y)" \
                               --params net --grads "net.forward(X); net.backward(X, y)"
"""

import numpy as np

from gradcheck import check_gradients

X = np.array([[0.1, 0.9], [0.8, 0.3], [0.4, 0.4], [0.9, 0.7], [0.2, 0.1], [0.6, 0.8]])
y = (X.sum(axis=1, keepdims=True) > 1).astype(float)


class NeuralNetwork:
    def __init__(self, n_input, n_hidden):
        rng = np.random.RandomState(42)
        self.W1 = rng.randn(n_input, n_hidden)
        self.b1 = rng.randn(1, n_hidden) * 0.1
        self.W2 = rng.randn(n_hidden, 1)
        self.b2 = rng.randn(1, 1) * 0.1

    def forward(self, X):
        self.z1 = np.dot(X, self.W1) + self.b1
        self.a1 = np.tanh(self.z1)
        self.z2 = np.dot(self.a1, self.W2) + self.b2
        self.a2 = 1 / (1 + np.exp(-self.z2))
        return self.a2

    def loss(self, X, y):
        p = self.forward(X)
        return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p))

    def backward(self, X, y):
        m = X.shape[0]
        dz2 = self.a2 - y
        self.dW2 = np.dot(self.a1.T, dz2) / m
        self.db2 = np.sum(dz2, axis=0, keepdims=True) / m
        dz1 = np.dot(dz2, self.W2.T) * (1 - self.a1**2)
        self.dW1 = np.dot(X.T, dz1) / m
        self.db1 = np.sum(dz1, axis=0, keepdims=True) / m

    def fit(self, X, y, epochs, lr):
        for _ in range(epochs):
            self.forward(X)
            self.backward(X, y)
            self.W1 -= lr * self.dW1
            self.b1 -= lr * self.db1
            self.W2 -= lr * self.dW2
            self.b2 -= lr * self.db2


if __name__ == "__main__":
    net = NeuralNetwork(2, 5)

    def backward():
        net.forward(X)
        net.backward(X, y)

    report = check_gradients(lambda: net.loss(X, y), net, backward)
    print(report)

    net.fit(X, y, epochs=1000, lr=0.1)
    print(f"loss after training {net.loss(X, y):.4f}")
