import numpy as np

np.random.seed(4)
sizes = [3, 4, 2]
weights = [np.random.randn(y, x) for x, y in zip(sizes[:-1], sizes[1:])]
biases = [np.random.randn(y, 1) for y in sizes[1:]]
data = [(np.random.randn(3, 1), np.eye(2)[:, [i % 2]]) for i in range(5)]
np.random.seed(None)


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def sigmoid_prime(z):
    return sigmoid(z) * (1 - sigmoid(z))


def feed(a):
    for b, w in zip(biases, weights):
        a = sigmoid(w @ a + b)
    return a


def loss():
    return sum(0.5 * np.sum((feed(x) - y) ** 2) for x, y in data) / len(data)


def backprop(x, y):
    nb = [np.zeros(b.shape) for b in biases]
    nw = [np.zeros(w.shape) for w in weights]
    a = x
    acts = [x]
    zs = []
    for b, w in zip(biases, weights):
        z = w @ a + b
        zs.append(z)
        a = sigmoid(z)
        acts.append(a)
    delta = (acts[-1] - y) * sigmoid_prime(zs[-1])
    nb[-1] = delta
    nw[-1] = delta @ acts[-2].T
    for l in range(2, len(sizes)):
        delta = (weights[-l + 1].T @ delta) * sigmoid_prime(zs[-l])
        nb[-l] = delta
        nw[-l] = delta @ acts[-l - 1].T
    return nb, nw


def grads():
    gb = [np.zeros(b.shape) for b in biases]
    gw = [np.zeros(w.shape) for w in weights]
    for x, y in data:
        nb, nw = backprop(x, y)
        gb = [g + n for g, n in zip(gb, nb)]
        gw = [g + n for g, n in zip(gw, nw)]
    return {"weights": [g / len(data) for g in gw], "biases": [g / len(data) for g in gb]}


params = {"weights": weights, "biases": biases}


# ---- problem
def problem():
    return dict(loss=loss, params=params, grads=grads)


FAULTS = """
loss-gradient | delta = (acts[-1] - y) * sigmoid_prime(zs[-1]) | delta = acts[-1] - y
activation-derivative-at-wrong-value | delta = (weights[-l + 1].T @ delta) * sigmoid_prime(zs[-l]) | delta = (weights[-l + 1].T @ delta) * sigmoid_prime(acts[-l])
activation-derivative-at-wrong-value | delta = (weights[-l + 1].T @ delta) * sigmoid_prime(zs[-l]) | delta = (weights[-l + 1].T @ delta) * zs[-l] * (1 - zs[-l])
missing-activation-derivative | delta = (weights[-l + 1].T @ delta) * sigmoid_prime(zs[-l]) | delta = weights[-l + 1].T @ delta
bias-reduction | gb = [g + n for g, n in zip(gb, nb)] | gb = nb
scale | return {"weights": [g / len(data) for g in gw], "biases": [g / len(data) for g in gb]} | return {"weights": [g for g in gw], "biases": [g / len(data) for g in gb]}
scale | nw[-l] = delta @ acts[-l - 1].T | nw[-l] = delta @ acts[-l - 1].T * 0.5
"""
