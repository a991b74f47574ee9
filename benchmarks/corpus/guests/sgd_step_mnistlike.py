"""Blog post "A neural net in 60 lines", part 2: momentum-free SGD, weights change inside `train_step`."""
import numpy as np


class Net:
    lr = 0.05

    def __init__(self):
        g = np.random.default_rng(60)
        self.w1, self.w2 = g.normal(0, 0.5, (5, 5)), g.normal(0, 0.5, (5, 5))
        self.w3 = g.normal(0, 0.5, (5, 3))
        self.b1, self.b2, self.b3 = np.full(5, 0.1), np.full(5, -0.1), np.zeros(3)

    def predict(self, x):
        self.h1 = 1 / (1 + np.exp(-(x @ self.w1 + self.b1)))
        self.h2 = np.tanh(self.h1 @ self.w2 + self.b2)
        z = self.h2 @ self.w3 + self.b3
        z = z - z.max(1, keepdims=True)
        return np.exp(z) / np.exp(z).sum(1, keepdims=True)

    def nll(self, x, t):
        return -(t * np.log(self.predict(x))).sum() / x.shape[0]

    def train_step(self, x, t):
        p = self.predict(x)
        e3 = (p - t) / x.shape[0]
        e2 = e3 @ self.w3.T
        self.w3 -= self.lr * self.h2.T @ e3
        self.b3 -= self.lr * e3.sum(0)
        e2 = e2 * (1 - self.h2 * self.h2)
        e1 = e2 @ self.w2.T
        self.w2 -= self.lr * self.h1.T @ e2
        self.b2 -= self.lr * e2.sum(0)
        e1 = e1 * self.h1 * (1 - self.h1)
        self.w1 -= self.lr * x.T @ e1
        self.b1 -= self.lr * e1.sum(0)


# ---- problem
def problem():
    g = np.random.default_rng(61)
    net = Net()
    x, t = g.normal(size=(8, 5)), np.eye(3)[g.integers(0, 3, 8)]
    params = {k: getattr(net, k) for k in ('w1', 'b1', 'w2', 'b2', 'w3', 'b3')}
    return dict(loss=lambda: net.nll(x, t), params=params, step=lambda: net.train_step(x, t), lr=net.lr)


FAULTS = """
updated-weights-used | e2 = e3 @ self.w3.T;;self.w3 -= self.lr * self.h2.T @ e3 | self.w3 -= self.lr * self.h2.T @ e3;;e2 = e3 @ self.w3.T
updated-weights-used | e1 = e2 @ self.w2.T;;self.w2 -= self.lr * self.h1.T @ e2;;self.b2 -= self.lr * e2.sum(0) | self.w2 -= self.lr * self.h1.T @ e2;;self.b2 -= self.lr * e2.sum(0);;e1 = e2 @ self.w2.T
sign | self.w2 -= self.lr * self.h1.T @ e2 | self.w2 += self.lr * self.h1.T @ e2
missing-gradient | self.b2 -= self.lr * e2.sum(0) |
missing-activation-derivative | e2 = e2 * (1 - self.h2 * self.h2) |
scale | self.w1 -= self.lr * x.T @ e1 | self.w1 -= self.lr * x.T @ e1 / x.shape[0]
transpose | e1 = e2 @ self.w2.T | e1 = e2 @ self.w2
wrong-operand | self.w1 -= self.lr * x.T @ e1 | self.w1 -= self.lr * x.T @ e2
sign | e3 = (p - t) / x.shape[0] | e3 = (t - p) / x.shape[0]
"""
