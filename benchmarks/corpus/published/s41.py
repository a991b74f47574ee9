# Adaline + L2 (Raschka style), scikit-like API
import numpy as np


class AdalineGD:
    def __init__(self, eta=0.01, n_iter=50, l2=0.0, random_state=1):
        self.eta, self.n_iter, self.l2, self.random_state = eta, n_iter, l2, random_state

    def fit(self, X, y):
        rgen = np.random.RandomState(self.random_state)
        self.w_ = rgen.normal(loc=0.0, scale=0.01, size=1 + X.shape[1])
        self.cost_ = []
        for _ in range(self.n_iter):
            output = self.activation(self.net_input(X))
            errors = y - output
            self.w_[1:] += self.eta * (X.T.dot(errors) - self.l2 * self.w_[1:])
            self.w_[0] += self.eta * errors.sum()
            self.cost_.append((errors ** 2).sum() / 2.0 + 0.5 * self.l2 * np.sum(self.w_[1:] ** 2))
        return self

    def net_input(self, X):
        return np.dot(X, self.w_[1:]) + self.w_[0]

    def activation(self, X):
        return X

    def predict(self, X):
        return np.where(self.activation(self.net_input(X)) >= 0.0, 1, -1)


rs = np.random.RandomState(3)
X = np.vstack([rs.randn(50, 2) + [2, 1], rs.randn(50, 2) - [1, 1]])
y = np.repeat([1, -1], 50)
X = (X - X.mean(axis=0)) / X.std(axis=0)
ada = AdalineGD(eta=0.005, n_iter=30, l2=0.5).fit(X, y)
print('cost', ada.cost_[0], '->', ada.cost_[-1])
print('misclassified', (ada.predict(X) != y).sum())

FAULTS = """
bias-uses-mean-not-sum | self.w_[0] += self.eta * errors.sum() | self.w_[0] += self.eta * errors.mean()
decay-sign | self.w_[1:] += self.eta * (X.T.dot(errors) - self.l2 * self.w_[1:]) | self.w_[1:] += self.eta * (X.T.dot(errors) + self.l2 * self.w_[1:])
errors-sign-with-predictions-thresholded | self.w_[1:] += self.eta * (X.T.dot(errors) - self.l2 * self.w_[1:]) | self.w_[1:] += self.eta * (X.T.dot(np.sign(errors)) - self.l2 * self.w_[1:])
"""
