"""Credit scoring: logistic regression class with @property, timing decorator, class weights & learning curve."""
import time
from functools import wraps

import numpy as np


def timed(func):
    @wraps(func)
    def wrapper(*args, **kwargs):
        t0 = time.perf_counter()
        result = func(*args, **kwargs)
        wrapper.total += time.perf_counter() - t0
        return result
    wrapper.total = 0.0
    return wrapper


class LogisticRegression:
    def __init__(self, n_features, l2=0.01, pos_weight=3.0):
        self._coef = np.zeros(n_features)
        self._intercept = 0.0
        self.l2 = l2
        self.pos_weight = pos_weight

    @property
    def coef(self):
        return self._coef

    @coef.setter
    def coef(self, value):
        self._coef = np.asarray(value, dtype=float)

    @property
    def intercept(self):
        return self._intercept

    def decision(self, X):
        return X @ self.coef + self.intercept

    def prob(self, X):
        return 1 / (1 + np.exp(-self.decision(X)))

    def sample_weight(self, y):
        return np.where(y == 1, self.pos_weight, 1.0)

    @timed
    def loss(self, X, y):
        z = self.decision(X)
        w = self.sample_weight(y)
        return np.sum(w * (np.logaddexp(0, z) - y * z)) / np.sum(w) + 0.5 * self.l2 * self.coef @ self.coef

    @timed
    def gradient(self, X, y):
        w = self.sample_weight(y)
        residual = w * (self.prob(X) - y) / w.sum()
        return X.T @ residual + self.l2 * self.coef, residual.sum()

    def step(self, X, y, lr):
        g, g0 = self.gradient(X, y)
        self.coef = self.coef - lr * g
        self._intercept -= lr * g0
        return float(np.sqrt(g @ g + g0 ** 2))


def main():
    rng = np.random.default_rng(6)
    income = rng.lognormal(10, 0.4, 300)
    debts = rng.poisson(2, 300)
    years = rng.uniform(0, 20, 300)
    default = rng.random(300) < 1 / (1 + np.exp(3 + 0.15 * years - 0.9 * debts))
    X = np.c_[np.log(income), debts, years]
    X = (X - X.mean(0)) / X.std(0)
    y = default.astype(float)

    model = LogisticRegression(3)
    curve = []
    norm = np.inf
    it = 0
    while norm > 1e-3 and it < 400:
        curve.append(model.loss(X, y))
        norm = model.step(X, y, lr=1.0)
        it += 1
    print(f"stopped after {it} steps, loss {curve[-1]:.4f}, |g| = {norm:.1e}")
    print("coef", model.coef.round(3), "intercept", round(model.intercept, 3))


if __name__ == "__main__":
    main()

FAULTS = """
missing-factor | residual = w * (self.prob(X) - y) / w.sum() | residual = w * (self.prob(X) - y) / len(y)
missing-term | residual = w * (self.prob(X) - y) / w.sum() | residual = (self.prob(X) - y) / w.sum()
wrong-factor | return X.T @ residual + self.l2 * self.coef, residual.sum() | return X.T @ residual + 2 * self.l2 * self.coef, residual.sum()
mean-for-sum | return X.T @ residual + self.l2 * self.coef, residual.sum() | return X.T @ residual + self.l2 * self.coef, residual.mean()
wrong-sign | self._intercept -= lr * g0 | self._intercept += lr * g0
"""
