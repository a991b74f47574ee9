import numpy as np

np.random.seed(10)
inputs = np.matrix(np.random.randn(6, 3))
labels = np.matrix(np.random.rand(6, 1))
theta1 = np.matrix(np.random.randn(4, 4) * 0.7)
theta2 = np.matrix(np.random.randn(1, 5) * 0.7)
LAMBDA = 0.4


def activate(z):
    return 1 / (1 + np.exp(-z))


def with_bias(a):
    return np.insert(a, 0, values=np.ones(a.shape[0]), axis=1)


def propagate():
    a1 = with_bias(inputs)
    z2 = a1 * theta1.T
    a2 = with_bias(activate(z2))
    z3 = a2 * theta2.T
    return a1, z2, a2, z3, activate(z3)


def cost():
    m = inputs.shape[0]
    h = propagate()[-1]
    first = np.multiply(-labels, np.log(h))
    second = np.multiply(1 - labels, np.log(1 - h))
    reg = LAMBDA / (2 * m) * (
        np.sum(np.power(theta1[:, 1:], 2)) + np.sum(np.power(theta2[:, 1:], 2))
    )
    return float(np.sum(first - second)) / m + float(reg)


def gradients():
    m = inputs.shape[0]
    a1, z2, a2, z3, h = propagate()
    d3 = h - labels
    slope = np.multiply(activate(z2), 1 - activate(z2))
    d2 = np.multiply((d3 * theta2)[:, 1:], slope)
    delta1 = d2.T * a1 / m
    delta2 = d3.T * a2 / m
    delta1[:, 1:] = delta1[:, 1:] + theta1[:, 1:] * LAMBDA / m
    delta2[:, 1:] = delta2[:, 1:] + theta2[:, 1:] * LAMBDA / m
    return delta1, delta2


# ---- problem
def problem():
    return dict(loss=cost, params=(theta1, theta2), grads=gradients)


FAULTS = """
sign | d3 = h - labels | d3 = labels - h
loss-gradient | d3 = h - labels | d3 = np.multiply(h - labels, np.multiply(h, 1 - h))
activation-derivative-at-wrong-value | slope = np.multiply(activate(z2), 1 - activate(z2)) | slope = np.multiply(z2, 1 - z2)
missing-activation-derivative | d2 = np.multiply((d3 * theta2)[:, 1:], slope) | d2 = (d3 * theta2)[:, 1:]
indexing | d2 = np.multiply((d3 * theta2)[:, 1:], slope) | d2 = np.multiply((d3 * theta2)[:, :-1], slope)
scale | delta2 = d3.T * a2 / m | delta2 = d3.T * a2
regulariser | delta1[:, 1:] = delta1[:, 1:] + theta1[:, 1:] * LAMBDA / m |
regulariser | delta2[:, 1:] = delta2[:, 1:] + theta2[:, 1:] * LAMBDA / m | delta2 = delta2 + theta2 * LAMBDA / m
sign | delta1[:, 1:] = delta1[:, 1:] + theta1[:, 1:] * LAMBDA / m | delta1[:, 1:] = delta1[:, 1:] - theta1[:, 1:] * LAMBDA / m
"""
