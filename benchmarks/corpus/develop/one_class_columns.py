import numpy as np


class NeuralNet:
    """Samples in columns, one class, weights as attributes."""

    def __init__(self, nx, nh, ny):
        np.random.seed(2)
        self.W1 = np.random.randn(nh, nx) * 0.8
        self.b1 = np.random.randn(nh, 1) * 0.2
        self.W2 = np.random.randn(ny, nh) * 0.8
        self.b2 = np.random.randn(ny, 1) * 0.2

    @staticmethod
    def relu(z):
        return np.maximum(z, 0)

    @staticmethod
    def relu_prime(z):
        return (z > 0).astype(float)

    @staticmethod
    def softmax(z):
        e = np.exp(z - np.max(z, axis=0, keepdims=True))
        return e / np.sum(e, axis=0, keepdims=True)

    def forward(self, X):
        self.X = X
        self.Z1 = np.dot(self.W1, X) + self.b1
        self.A1 = self.relu(self.Z1)
        self.Z2 = np.dot(self.W2, self.A1) + self.b2
        self.A2 = self.softmax(self.Z2)
        return self.A2

    def cost(self, X, Y, lam=0.3):
        m = X.shape[1]
        A2 = self.forward(X)
        penalty = lam / (2 * m) * (np.sum(self.W1**2) + np.sum(self.W2**2))
        return -np.sum(Y * np.log(A2 + 1e-12)) / m + penalty

    def backprop(self, Y, lam=0.3):
        m = Y.shape[1]
        dZ2 = self.A2 - Y
        self.dW2 = np.dot(dZ2, self.A1.T) / m + lam / m * self.W2
        self.db2 = np.sum(dZ2, axis=1, keepdims=True) / m
        dA1 = np.dot(self.W2.T, dZ2)
        dZ1 = dA1 * self.relu_prime(self.Z1)
        self.dW1 = np.dot(dZ1, self.X.T) / m + lam / m * self.W1
        self.db1 = np.sum(dZ1, axis=1, keepdims=True) / m


# ---- problem
def problem():
    r = np.random.default_rng(5)
    X = r.standard_normal((3, 8))
    Y = np.eye(4)[:, r.integers(0, 4, 8)]
    net = NeuralNet(3, 5, 4)

    def grads():
        net.forward(X)
        net.backprop(Y)
        return dict(W1=net.dW1, b1=net.db1, W2=net.dW2, b2=net.db2)

    params = dict(W1=net.W1, b1=net.b1, W2=net.W2, b2=net.b2)
    return dict(loss=lambda: net.cost(X, Y), params=params, grads=grads)


FAULTS = """
regulariser | np.dot(dZ2, self.A1.T) / m + lam / m * self.W2 | np.dot(dZ2, self.A1.T) / m
regulariser | np.dot(dZ1, self.X.T) / m + lam / m * self.W1 | np.dot(dZ1, self.X.T) / m + lam / m * np.abs(self.W1)
scale | np.dot(dZ2, self.A1.T) / m + lam / m * self.W2 | np.dot(dZ2, self.A1.T) / m + lam * self.W2
activation-derivative-at-wrong-value | self.relu_prime(self.Z1) | self.relu_prime(dA1)
missing-activation-derivative | dZ1 = dA1 * self.relu_prime(self.Z1) | dZ1 = dA1
bias-reduction | np.sum(dZ1, axis=1, keepdims=True) / m | np.sum(dZ1) / m
sign | dA1 = np.dot(self.W2.T, dZ2) | dA1 = np.dot(self.W2.T, Y - self.A2)
wrong-activation-derivative | return (z > 0).astype(float) | return z * (1 - z)
scale | dZ2 = self.A2 - Y | dZ2 = 2 * (self.A2 - Y)
"""
