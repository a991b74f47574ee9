"""Deep Sets: phi on every element, pooled by sum and by max, rho on the set. scikit-learn-like estimator."""
import numpy as np


class DeepSetRegressor:
    def __init__(self, hidden=4, random_state=0):
        self.hidden = hidden
        self.random_state = random_state
        self._buffers = {}

    def initialize(self, n_features):
        rng = np.random.RandomState(self.random_state)
        self.coef_phi_ = rng.randn(n_features, self.hidden)
        self.bias_phi_ = rng.randn(self.hidden) * 0.2
        self.coef_rho_ = rng.randn(2 * self.hidden, self.hidden) / 2
        self.bias_rho_ = rng.randn(self.hidden) * 0.2
        self.coef_out_ = rng.randn(self.hidden)
        return self

    def _phi(self, X):
        return np.tanh(X @ self.coef_phi_ + self.bias_phi_)

    def _pool(self, E):
        self._buffers['argmax'] = E.argmax(axis=0)
        return np.concatenate([E.sum(axis=0), E.max(axis=0)])

    def _represent(self, sets):
        pooled, elements, winners = [], [], []
        for X in sets:
            E = self._phi(X)
            pooled.append(self._pool(E))
            elements.append(E)
            winners.append(self._buffers['argmax'])
        return np.array(pooled), elements, winners

    def predict(self, sets):
        P, _, _ = self._represent(sets)
        return np.tanh(P @ self.coef_rho_ + self.bias_rho_) @ self.coef_out_

    def loss(self, sets, y):
        return np.mean(np.sqrt(1 + (self.predict(sets) - y) ** 2) - 1)

    def loss_grad(self, sets, y):
        P, elements, winners = self._represent(sets)
        R = np.tanh(P @ self.coef_rho_ + self.bias_rho_)
        resid = R @ self.coef_out_ - y
        d_pred = resid / np.sqrt(1 + resid ** 2) / len(y)
        grad = {'coef_out_': R.T @ d_pred}
        d_R = np.outer(d_pred, self.coef_out_) * (1 - R ** 2)
        grad['coef_rho_'] = P.T @ d_R
        grad['bias_rho_'] = d_R.sum(axis=0)
        d_P = d_R @ self.coef_rho_.T
        grad['coef_phi_'] = np.zeros_like(self.coef_phi_)
        grad['bias_phi_'] = np.zeros_like(self.bias_phi_)
        h = self.hidden
        for X, E, top, d in zip(sets, elements, winners, d_P):
            d_E = np.tile(d[:h], (len(X), 1))
            d_E[top, np.arange(h)] += d[h:]
            d_Z = d_E * (1 - E ** 2)
            grad['coef_phi_'] += X.T @ d_Z
            grad['bias_phi_'] += d_Z.sum(axis=0)
        return grad


# ---- problem
def problem():
    rng = np.random.RandomState(1703)
    sets = [rng.randn(k, 3) for k in (2, 4, 3, 5, 1)]
    y = rng.randn(5) * 2
    est = DeepSetRegressor(random_state=6).initialize(3)
    params = {k: v for k, v in vars(est).items() if k.endswith('_')}
    return dict(loss=lambda: est.loss(sets, y), params=params, grads=lambda: est.loss_grad(sets, y))


FAULTS = """
accumulation | d_E[top, np.arange(h)] += d[h:] | d_E[top, np.arange(h)] = d[h:]
missing-term | d_E[top, np.arange(h)] += d[h:] |
indexing | d_E[top, np.arange(h)] += d[h:] | d_E[top, np.arange(h)] += d[:h]
loss-gradient | d_pred = resid / np.sqrt(1 + resid ** 2) / len(y) | d_pred = resid / len(y)
missing-activation-derivative | d_Z = d_E * (1 - E ** 2) | d_Z = d_E
activation-derivative-at-wrong-value | d_Z = d_E * (1 - E ** 2) | d_Z = d_E * (1 - np.tanh(E) ** 2)
accumulation | grad['bias_phi_'] += d_Z.sum(axis=0) | grad['bias_phi_'] = d_Z.sum(axis=0)
bias-reduction | grad['bias_rho_'] = d_R.sum(axis=0) | grad['bias_rho_'] = d_R.sum()
early-reduction | grad['coef_phi_'] += X.T @ d_Z | grad['coef_phi_'] += np.outer(X.mean(axis=0), d_Z.sum(axis=0))
"""
