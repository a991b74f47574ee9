import numpy as np

np.random.seed(1)
X = np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]])
y = np.array([[0], [1], [1], [0.0]])
syn0 = 2 * np.random.random((2, 4)) - 1
syn1 = 2 * np.random.random((4, 1)) - 1
bh = np.random.randn(4)
bo = np.random.randn(1)


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


lr = 0.5


def loss():
    return float(0.5 * np.sum((y - nonlin(nonlin(X @ syn0 + bh) @ syn1 + bo)) ** 2))


def step():
    global syn0, syn1, bh, bo
    l1 = nonlin(X @ syn0 + bh)
    l2 = nonlin(l1 @ syn1 + bo)
    l2_error = y - l2
    l2_delta = l2_error * nonlin(l2, True)
    l1_error = l2_delta @ syn1.T
    l1_delta = l1_error * nonlin(l1, True)
    syn1 += lr * l1.T @ l2_delta
    syn0 += lr * X.T @ l1_delta
    bo += lr * l2_delta.sum(0)
    bh += lr * l1_delta.sum(0)


# ---- problem
def problem():
    return dict(loss=loss, names=["syn0", "bh", "syn1", "bo"], step=step, lr=lr)


FAULTS = """
sign | l2_error = y - l2 | l2_error = l2 - y
loss-gradient | l2_delta = l2_error * nonlin(l2, True) | l2_delta = l2_error
raw-error-propagated | l1_error = l2_delta @ syn1.T | l1_error = l2_error @ syn1.T
updated-weights-used | l1_error = l2_delta @ syn1.T | syn1 = syn1 + lr * l1.T @ l2_delta;;l1_error = l2_delta @ syn1.T;;syn1 = syn1 - lr * l1.T @ l2_delta
activation-derivative-at-wrong-value | l1_delta = l1_error * nonlin(l1, True) | l1_delta = l1_error * nonlin(nonlin(l1), True)
bias-reduction | bo += lr * l2_delta.sum(0) | bo += lr * l2_delta.mean(0)
sign | syn0 += lr * X.T @ l1_delta | syn0 -= lr * X.T @ l1_delta
"""
