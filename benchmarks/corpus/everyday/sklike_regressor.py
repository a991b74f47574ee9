import numpy as np
from copy import deepcopy


class MyMLPRegressor:
    """sklearn-like API because I want to drop it into my old pipeline."""

    def __init__(self, hidden=(20, 10), lr=0.05, max_iter=150, alpha=1e-2, patience=15, random_state=None):
        self.hidden = hidden
        self.lr = lr
        self.max_iter = max_iter
        self.alpha = alpha
        self.patience = patience
        self.random_state = random_state

    def _init(self, n_features):
        self._rng = np.random.RandomState(self.random_state)
        sizes = [n_features, *self.hidden, 1]
        self.coefs_ = [self._rng.randn(a, b) / np.sqrt(a) for a, b in zip(sizes[:-1], sizes[1:])]
        self.intercepts_ = [np.zeros((1, b)) for b in sizes[1:]]
        self.loss_curve_ = []

    def _forward(self, X):
        acts = [X]
        for i, (W, b) in enumerate(zip(self.coefs_, self.intercepts_)):
            z = acts[-1].dot(W) + b
            acts.append(np.tanh(z) if i < len(self.coefs_) - 1 else z)
        return acts

    def _loss(self, y_hat, y):
        data = 0.5 * np.mean((y_hat - y) ** 2)
        reg = 0.5 * self.alpha * sum(np.sum(W ** 2) for W in self.coefs_)
        return data + reg

    def _backward(self, acts, y):
        n = y.shape[0]
        gW = [None] * len(self.coefs_)
        gb = [None] * len(self.coefs_)
        delta = (acts[-1] - y) / n
        for i in range(len(self.coefs_) - 1, -1, -1):
            gW[i] = acts[i].T.dot(delta) + self.alpha * self.coefs_[i]
            gb[i] = delta.sum(axis=0, keepdims=True)
            if i > 0:
                delta = delta.dot(self.coefs_[i].T) * (1.0 - acts[i] ** 2)
        return gW, gb

    def fit(self, X, y):
        y = y.reshape(-1, 1)
        self._init(X.shape[1])
        n_val = max(1, int(0.15 * len(X)))
        Xv, yv, Xt, yt = X[:n_val], y[:n_val], X[n_val:], y[n_val:]
        best, wait = np.inf, 0
        for it in range(self.max_iter):
            acts = self._forward(Xt)
            self.loss_curve_.append(self._loss(acts[-1], yt))
            gW, gb = self._backward(acts, yt)
            for i in range(len(self.coefs_)):
                self.coefs_[i] -= self.lr * gW[i]
                self.intercepts_[i] -= self.lr * gb[i]
            val = np.mean((self._forward(Xv)[-1] - yv) ** 2)
            if val < best - 1e-5:
                best, wait = val, 0
                self._best = deepcopy((self.coefs_, self.intercepts_))
            else:
                wait += 1
                if wait >= self.patience:
                    print("early stop at", it)
                    break
        self.coefs_, self.intercepts_ = self._best
        return self

    def predict(self, X):
        return self._forward(X)[-1].ravel()

    def score(self, X, y):
        return 1 - np.sum((y - self.predict(X)) ** 2) / np.sum((y - y.mean()) ** 2)


if __name__ == "__main__":
    rs = np.random.RandomState(0)
    X = rs.uniform(-1, 1, (200, 3))
    y = np.sin(2 * X[:, 0]) + X[:, 1] * X[:, 2] + 0.1 * rs.randn(200)
    reg = MyMLPRegressor(random_state=3).fit(X, y)
    print("R2 =", round(reg.score(X, y), 3))

FAULTS = """
missing-regulariser | gW[i] = acts[i].T.dot(delta) + self.alpha * self.coefs_[i] | gW[i] = acts[i].T.dot(delta)
wrong-factor | gW[i] = acts[i].T.dot(delta) + self.alpha * self.coefs_[i] | gW[i] = acts[i].T.dot(delta) + 2 * self.alpha * self.coefs_[i]
activation-derivative | delta = delta.dot(self.coefs_[i].T) * (1.0 - acts[i] ** 2) | delta = delta.dot(self.coefs_[i].T) * acts[i] * (1.0 - acts[i])
wrong-sign | delta = (acts[-1] - y) / n | delta = (y - acts[-1]) / n
wrong-gradient | self.intercepts_[i] -= self.lr * gb[i] | self.intercepts_[i] -= self.lr * gb[i].mean()
off-by-one | for i in range(len(self.coefs_)): | for i in range(1, len(self.coefs_)):
"""
