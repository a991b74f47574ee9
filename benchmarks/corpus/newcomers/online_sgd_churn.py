"""Online learning: each customer is shown once, the weights move while the error walks back."""
import numpy as np


class ChurnNet:
    def __init__(self, n_features, n_hidden1, n_hidden2, eta=0.05, weight_decay=0.01):
        gen = np.random.default_rng(77)
        self.W1 = gen.normal(0, 0.7, (n_hidden1, n_features))
        self.b1 = gen.normal(0, 0.2, n_hidden1)
        self.W2 = gen.normal(0, 0.7, (n_hidden2, n_hidden1))
        self.b2 = gen.normal(0, 0.2, n_hidden2)
        self.w3 = gen.normal(0, 0.7, n_hidden2)
        self.b3 = np.zeros(1)
        self.eta = eta
        self.decay = weight_decay

    def predict(self, x):
        self.x = x
        self.u1 = self.W1.dot(x) + self.b1
        self.h1 = np.tanh(self.u1)
        self.u2 = self.W2.dot(self.h1) + self.b2
        self.h2 = np.where(self.u2 > 0, self.u2, np.exp(np.minimum(self.u2, 0)) - 1)
        self.logit = self.w3.dot(self.h2) + self.b3[0]
        return 1 / (1 + np.exp(-self.logit))

    def loss(self, x, churned):
        p = self.predict(x)
        nll = -churned * np.log(p) - (1 - churned) * np.log(1 - p)
        norms = (self.W1 ** 2).sum() + (self.W2 ** 2).sum() + (self.w3 ** 2).sum()
        return nll + 0.5 * self.decay * norms

    def learn(self, x, churned):
        p = self.predict(x)
        e = p - churned

        g3 = e * self.h2 + self.decay * self.w3
        back2 = e * self.w3
        self.w3 -= self.eta * g3
        self.b3 -= self.eta * e

        e2 = back2 * np.where(self.u2 > 0, 1, self.h2 + 1)
        g2 = np.outer(e2, self.h1) + self.decay * self.W2
        back1 = self.W2.T.dot(e2)
        self.W2 -= self.eta * g2
        self.b2 -= self.eta * e2

        e1 = back1 * (1 - self.h1 * self.h1)
        self.W1 -= self.eta * (np.outer(e1, self.x) + self.decay * self.W1)
        self.b1 -= self.eta * e1


# ---- problem
def problem():
    net = ChurnNet(4, 5, 3)
    x = np.random.default_rng(3).normal(size=4)
    params = dict(W1=net.W1, b1=net.b1, W2=net.W2, b2=net.b2, w3=net.w3, b3=net.b3)
    return dict(loss=lambda: net.loss(x, 1.0), params=params,
                step=lambda: net.learn(x, 1.0), lr=net.eta)


FAULTS = """
updated-weights-used | back2 = e * self.w3;;self.w3 -= self.eta * g3;;self.b3 -= self.eta * e | self.w3 -= self.eta * g3;;self.b3 -= self.eta * e;;back2 = e * self.w3
updated-weights-used | back1 = self.W2.T.dot(e2);;self.W2 -= self.eta * g2 | self.W2 -= self.eta * g2;;back1 = self.W2.T.dot(e2)
regulariser | g2 = np.outer(e2, self.h1) + self.decay * self.W2 | g2 = np.outer(e2, self.h1)
regulariser | g3 = e * self.h2 + self.decay * self.w3 | g3 = e * self.h2 - self.decay * self.w3
wrong-activation-derivative | e2 = back2 * np.where(self.u2 > 0, 1, self.h2 + 1) | e2 = back2 * (self.u2 > 0)
activation-derivative-at-wrong-value | np.where(self.u2 > 0, 1, self.h2 + 1) | np.where(self.u2 > 0, 1, self.u2 + 1)
loss-gradient | e = p - churned | e = (p - churned) * p * (1 - p)
missing-gradient | self.b2 -= self.eta * e2 |
sign | self.b1 -= self.eta * e1 | self.b1 += self.eta * e1
"""
