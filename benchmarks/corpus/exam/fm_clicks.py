import numpy as np


class FactorizationMachine:
    """Second order; squared hinge on labels -1 / +1; weighted L2."""

    def __init__(self, n_features, rank, rng):
        self.bias_ = np.zeros(1) + 0.1
        self.linear_ = rng.normal(0, 0.4, n_features)
        self.factors_ = rng.normal(0, 0.5, (n_features, rank))
        self.alpha = 0.05

    def decision(self, X):
        s = X @ self.factors_
        pair = 0.5 * (s**2 - X**2 @ self.factors_**2).sum(axis=1)
        return self.bias_[0] + X @ self.linear_ + pair

    def loss(self, X, y):
        slack = np.maximum(0, 1 - y * self.decision(X))
        return 0.5 * np.mean(slack**2) + 0.5 * self.alpha * np.sum(self.factors_**2)

    def fit_gradient(self, X, y):
        n = X.shape[0]
        slack = np.maximum(0, 1 - y * self.decision(X))
        residual = -y * slack / n
        self.bias_grad_ = residual.sum(keepdims=True)
        self.linear_grad_ = X.T @ residual
        s = X @ self.factors_
        cross = X.T @ (residual[:, None] * s)
        own = (X**2).T @ residual
        self.factors_grad_ = cross - own[:, None] * self.factors_
        self.factors_grad_ += self.alpha * self.factors_
        return self


# ---- problem
def problem():
    rng = np.random.default_rng(66)
    fm = FactorizationMachine(4, 3, rng)
    X, y = rng.normal(size=(6, 4)), np.array([1, -1, -1, 1, 1, -1.0])

    def grads():
        fm.fit_gradient(X, y)
        return fm.bias_grad_, fm.linear_grad_, fm.factors_grad_

    return dict(
        loss=lambda: fm.loss(X, y), params=(fm.bias_, fm.linear_, fm.factors_), grads=grads
    )


FAULTS = """
missing-term | self.factors_grad_ = cross - own[:, None] * self.factors_ | self.factors_grad_ = cross
sign | self.factors_grad_ = cross - own[:, None] * self.factors_ | self.factors_grad_ = cross + own[:, None] * self.factors_
wrong-operand | own = (X**2).T @ residual | own = X.T @ residual
loss-gradient | residual = -y * slack / n | residual = -y * (slack > 0) / n
loss-gradient | residual = -y * slack / n | residual = slack / n
early-reduction | cross = X.T @ (residual[:, None] * s) | cross = np.outer(X.T @ residual, s.mean(axis=0))
bias-reduction | self.bias_grad_ = residual.sum(keepdims=True) | self.bias_grad_ = residual.mean(keepdims=True)
regulariser | self.factors_grad_ += self.alpha * self.factors_ | self.factors_grad_ += self.alpha * self.factors_ / n
scale | self.linear_grad_ = X.T @ residual | self.linear_grad_ = X.T @ residual / n
"""
