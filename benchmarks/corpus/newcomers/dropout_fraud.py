"""Fraud detector with inverted dropout. The masks are drawn once per epoch and kept on the layers."""
import numpy as np


class DropoutMLP(object):
    def __init__(self, dims, keep_prob=0.7, seed=0):
        self.keep = keep_prob
        self.rng = np.random.RandomState(seed)
        self.num_layers = len(dims) - 1
        self.params = {}
        self.masks = {}
        for l in range(1, self.num_layers + 1):
            self.params['W%d' % l] = self.rng.randn(dims[l - 1], dims[l]) * np.sqrt(2. / dims[l - 1])
            self.params['b%d' % l] = self.rng.randn(dims[l]) * 0.1

    def new_epoch(self, n, dims):
        for l in range(1, self.num_layers):
            self.masks[l] = self.rng.rand(n, dims[l]) < self.keep

    def forward(self, X):
        self.H = {0: X}
        self.S = {}
        for l in range(1, self.num_layers + 1):
            s = self.H[l - 1] @ self.params['W%d' % l] + self.params['b%d' % l]
            self.S[l] = s
            if l < self.num_layers:
                h = np.where(s > 0, s, 0.0)
                h = h * self.masks[l] / self.keep
                self.H[l] = h
        return s.ravel()

    def loss(self, X, y):
        scores = self.forward(X)
        self.prob = 1 / (1 + np.exp(-scores))
        return -np.sum(y * np.log(self.prob) + (1 - y) * np.log(1 - self.prob))

    def gradients(self, X, y):
        self.loss(X, y)
        grads = {}
        d = (self.prob - y).reshape(-1, 1)
        for l in range(self.num_layers, 0, -1):
            grads['W%d' % l] = self.H[l - 1].T @ d
            grads['b%d' % l] = np.sum(d, axis=0)
            if l > 1:
                d = d @ self.params['W%d' % l].T
                d = d * self.masks[l - 1] / self.keep
                d = d * (self.S[l - 1] > 0)
        return grads


# ---- problem
def problem():
    dims = [4, 6, 5, 1]
    net = DropoutMLP(dims)
    r = np.random.RandomState(12)
    X, y = r.randn(11, 4), (r.rand(11) > 0.6).astype(float)
    net.new_epoch(11, dims)
    return dict(loss=lambda: net.loss(X, y), params=net.params, grads=lambda: net.gradients(X, y))


FAULTS = """
dropout-mask | d = d * self.masks[l - 1] / self.keep |
dropout-mask | d = d * self.masks[l - 1] / self.keep | d = d * self.masks[l - 1]
dropout-mask | d = d * self.masks[l - 1] / self.keep | d = d * (self.rng.rand(*d.shape) < self.keep) / self.keep
missing-activation-derivative | d = d * (self.S[l - 1] > 0) |
scale | d = (self.prob - y).reshape(-1, 1) | d = (self.prob - y).reshape(-1, 1) / len(y)
sign | d = (self.prob - y).reshape(-1, 1) | d = (y - self.prob).reshape(-1, 1)
bias-reduction | grads['b%d' % l] = np.sum(d, axis=0) | grads['b%d' % l] = np.mean(d, axis=0)
wrong-operand | grads['W%d' % l] = self.H[l - 1].T @ d | grads['W%d' % l] = self.S.get(l - 1, X).T @ d
"""
