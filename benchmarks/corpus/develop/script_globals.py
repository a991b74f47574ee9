import numpy as np

np.random.seed(4)
X = np.random.randn(6, 3)
y = np.random.randn(6, 2)
w1 = np.random.randn(3, 5) * 0.6
b1 = np.random.randn(5) * 0.1
w2 = np.random.randn(5, 2) * 0.6
b2 = np.random.randn(2) * 0.1
lr = 0.05


def train_step():
    global w1, b1, w2, b2
    h = X @ w1 + b1
    a = 1 / (1 + np.exp(-h))
    out = a @ w2 + b2
    err = out - y
    d_out = 2 * err / y.size
    d_a = d_out @ w2.T
    d_h = d_a * a * (1 - a)
    w2 = w2 - lr * (a.T @ d_out)
    b2 = b2 - lr * d_out.sum(axis=0)
    w1 = w1 - lr * (X.T @ d_h)
    b1 = b1 - lr * d_h.sum(axis=0)


def mse():
    a = 1 / (1 + np.exp(-(X @ w1 + b1)))
    return ((a @ w2 + b2 - y) ** 2).mean()


# ---- problem
class Globals:
    def __init__(self, names):
        object.__setattr__(self, "__dict__", globals())


def problem():
    return dict(loss=mse, names=["w1", "b1", "w2", "b2"], step=train_step, lr=lr)


FAULTS = """
sign | err = out - y | err = y - out
sign | w2 = w2 - lr * (a.T @ d_out) | w2 = w2 + lr * (a.T @ d_out)
scale | d_out = 2 * err / y.size | d_out = err
scale | d_out = 2 * err / y.size | d_out = 2 * err / len(y)
missing-activation-derivative | d_h = d_a * a * (1 - a) | d_h = d_a
activation-derivative-at-wrong-value | d_h = d_a * a * (1 - a) | d_h = d_a * h * (1 - h)
raw-error-propagated | d_a = d_out @ w2.T | d_a = err @ w2.T
wrong-operand | w1 = w1 - lr * (X.T @ d_h) | w1 = w1 - lr * (X.T @ d_a)
bias-reduction | b1 = b1 - lr * d_h.sum(axis=0) | b1 = b1 - lr * d_h.sum()
updated-weights-used | d_a = d_out @ w2.T;;d_h = d_a * a * (1 - a);;w2 = w2 - lr * (a.T @ d_out) | w2 = w2 - lr * (a.T @ d_out);;d_a = d_out @ w2.T;;d_h = d_a * a * (1 - a)
"""
