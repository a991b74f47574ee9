import numpy as np


def make_model(lam):
    w = np.array([0.4, -0.3, 0.8, 0.1])
    c = np.array([0.2])

    def hypothesis(X):
        return 1 / (1 + np.exp(-(X.dot(w) + c)))

    def cost(X, y):
        h = hypothesis(X)
        return -(y * np.log(h) + (1 - y) * np.log(1 - h)).mean() + lam * (w**2).sum()

    def gradient(X, y):
        error = hypothesis(X) - y
        grad_w = X.T.dot(error) / len(y) + 2 * lam * w
        grad_c = np.array([error.mean()])
        return grad_w, grad_c

    return (w, c), cost, gradient


# ---- problem
def problem():
    r = np.random.default_rng(50)
    X, y = r.standard_normal((9, 4)), r.integers(0, 2, 9).astype(float)
    params, cost, gradient = make_model(0.07)
    return dict(loss=lambda: cost(X, y), params=params, grads=lambda: gradient(X, y))


FAULTS = """
sign | error = hypothesis(X) - y | error = y - hypothesis(X)
scale | X.T.dot(error) / len(y) + 2 * lam * w | X.T.dot(error) + 2 * lam * w
scale | + 2 * lam * w | + lam * w
regulariser | X.T.dot(error) / len(y) + 2 * lam * w | X.T.dot(error) / len(y)
sign | X.T.dot(error) / len(y) + 2 * lam * w | X.T.dot(error) / len(y) - 2 * lam * w
bias-reduction | grad_c = np.array([error.mean()]) | grad_c = np.array([error.sum()])
loss-gradient | error = hypothesis(X) - y | error = (hypothesis(X) - y) * hypothesis(X) * (1 - hypothesis(X))
"""
