"""Survival with a small network: negative log partial likelihood (Breslow), batch sorted by time."""
import numpy as np


class CoxNet:
    def __init__(self, n_in, n_hidden, seed=1972):
        gen = np.random.default_rng(seed)
        self.coefs_ = [gen.normal(size=(n_in, n_hidden)) * 0.6, gen.normal(size=n_hidden) * 0.8]
        self.intercept_ = gen.normal(size=n_hidden) * 0.2
        self.alpha = 0.01

    def _hidden(self, X):
        return np.tanh(X @ self.coefs_[0] + self.intercept_)

    def risk(self, X):
        return self._hidden(X) @ self.coefs_[1]

    def _penalty(self):
        return self.alpha * sum((c**2).sum() for c in self.coefs_)

    def neg_log_pl(self, X, time, event):
        order = np.argsort(-time)
        eta = self.risk(X)[order]
        log_risk = np.log(np.cumsum(np.exp(eta)))
        return -((eta - log_risk) * event[order]).sum() / event.sum() + self._penalty()

    def _deta(self, eta, event, order):
        """d loss / d eta, in the original order of rows"""
        e = np.exp(eta[order])
        at_risk = np.cumsum(e)
        # subject k is at risk in all events at or after its place in the sorted list
        inv = event[order] / at_risk
        tail = np.cumsum(inv[::-1])[::-1]
        d_sorted = (e * tail - event[order]) / event.sum()
        d = np.empty_like(d_sorted)
        d[order] = d_sorted
        return d

    def fit_gradient(self, X, time, event):
        order = np.argsort(-time)
        h = self._hidden(X)
        deta = self._deta(h @ self.coefs_[1], event, order)
        grad_out = h.T @ deta + 2 * self.alpha * self.coefs_[1]
        dh = np.outer(deta, self.coefs_[1]) * (1 - h**2)
        grad_in = X.T @ dh + 2 * self.alpha * self.coefs_[0]
        return [grad_in, grad_out], dh.sum(axis=0)


gen = np.random.default_rng(1958)
X = gen.normal(size=(11, 3))
time = gen.exponential(size=11)
event = np.array([1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1.0])
cox = CoxNet(3, 4)


# ---- problem
def problem():
    return dict(
        loss=lambda: cox.neg_log_pl(X, time, event),
        params=(cox.coefs_, cox.intercept_),
        grads=lambda: cox.fit_gradient(X, time, event),
    )


FAULTS = """
indexing | tail = np.cumsum(inv[::-1])[::-1] | tail = np.cumsum(inv)
indexing | d[order] = d_sorted | d[:] = d_sorted[order]
loss-gradient | inv = event[order] / at_risk | inv = 1 / at_risk
indexing | inv = event[order] / at_risk | inv = event / at_risk
loss-gradient | d_sorted = (e * tail - event[order]) / event.sum() | d_sorted = e * tail / event.sum()
missing-term | d_sorted = (e * tail - event[order]) / event.sum() | d_sorted = (e * inv - event[order]) / event.sum()
regulariser | grad_in = X.T @ dh + 2 * self.alpha * self.coefs_[0] | grad_in = X.T @ dh
scale | d_sorted = (e * tail - event[order]) / event.sum() | d_sorted = (e * tail - event[order]) / len(event)
missing-activation-derivative | dh = np.outer(deta, self.coefs_[1]) * (1 - h**2) | dh = np.outer(deta, self.coefs_[1])
"""
