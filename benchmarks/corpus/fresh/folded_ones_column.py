import numpy as np


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def with_ones(A):
    return np.hstack([np.ones((A.shape[0], 1)), A])


class Net:
    def __init__(self, n, h, k):
        r = np.random.RandomState(3)
        self.W = [r.randn(n + 1, h) * 0.8, r.randn(h + 1, k) * 0.8]

    def forward(self, X):
        self.a0 = with_ones(X)
        self.a1 = with_ones(np.tanh(self.a0.dot(self.W[0])))
        self.y = sigmoid(self.a1.dot(self.W[1]))
        return self.y

    def cost(self, X, T):
        y = self.forward(X)
        return -np.mean(np.sum(T * np.log(y) + (1 - T) * np.log(1 - y), axis=1))

    def gradient(self, X, T):
        d2 = (self.forward(X) - T) / X.shape[0]
        g2 = self.a1.T.dot(d2)
        d1 = d2.dot(self.W[1].T)[:, 1:] * (1 - self.a1[:, 1:] ** 2)
        g1 = self.a0.T.dot(d1)
        return [g1, g2]


# ---- problem
def problem():
    r = np.random.RandomState(4)
    net = Net(3, 4, 2)
    X, T = r.randn(7, 3), (r.rand(7, 2) > 0.5) * 1.0
    return dict(loss=lambda: net.cost(X, T), params=net.W, grads=lambda: net.gradient(X, T))


FAULTS = """
indexing | d2.dot(self.W[1].T)[:, 1:] | d2.dot(self.W[1].T)[:, :-1]
wrong-activation-derivative | (1 - self.a1[:, 1:] ** 2) | (1 - self.a1[:, 1:])
scale | d2 = (self.forward(X) - T) / X.shape[0] | d2 = (self.forward(X) - T) / T.size
missing-activation-derivative | d1 = d2.dot(self.W[1].T)[:, 1:] * (1 - self.a1[:, 1:] ** 2) | d1 = d2.dot(self.W[1].T)[:, 1:]
loss-gradient | d2 = (self.forward(X) - T) / X.shape[0] | d2 = (self.forward(X) - T) * self.y * (1 - self.y) / X.shape[0]
"""
