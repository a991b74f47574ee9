# Assignment 3: planar data classification with one hidden layer
import numpy as np


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def layer_sizes(X, Y):
    return X.shape[0], 4, Y.shape[0]


def initialize_parameters(n_x, n_h, n_y):
    np.random.seed(2)
    W1 = np.random.randn(n_h, n_x) * 0.8
    b1 = np.random.randn(n_h, 1) * 0.1
    W2 = np.random.randn(n_y, n_h) * 0.8
    b2 = np.zeros((n_y, 1))
    return {"W1": W1, "b1": b1, "W2": W2, "b2": b2}


def forward_propagation(X, parameters):
    Z1 = np.dot(parameters["W1"], X) + parameters["b1"]
    A1 = np.tanh(Z1)
    Z2 = np.dot(parameters["W2"], A1) + parameters["b2"]
    A2 = sigmoid(Z2)
    cache = {"Z1": Z1, "A1": A1, "Z2": Z2, "A2": A2}
    return A2, cache


def compute_cost(A2, Y):
    m = Y.shape[1]
    logprobs = np.multiply(np.log(A2), Y) + np.multiply(np.log(1 - A2), 1 - Y)
    return float(np.squeeze(-np.sum(logprobs) / m))


def backward_propagation(parameters, cache, X, Y):
    m = X.shape[1]

    W2 = parameters["W2"]

    A1 = cache["A1"]
    A2 = cache["A2"]

    dZ2 = A2 - Y
    dW2 = (1 / m) * np.dot(dZ2, A1.T)
    db2 = (1 / m) * np.sum(dZ2, axis=1, keepdims=True)
    dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2))
    dW1 = (1 / m) * np.dot(dZ1, X.T)
    db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True)

    return {"dW1": dW1, "db1": db1, "dW2": dW2, "db2": db2}


# ---- problem
def problem():
    rng = np.random.RandomState(1)
    X = rng.randn(2, 11)
    Y = (rng.rand(1, 11) > 0.5) * 1.0
    parameters = initialize_parameters(*layer_sizes(X, Y))

    def loss():
        return compute_cost(forward_propagation(X, parameters)[0], Y)

    def grads():
        _, cache = forward_propagation(X, parameters)
        g = backward_propagation(parameters, cache, X, Y)
        return {k: g["d" + k] for k in parameters}

    return dict(loss=loss, params=parameters, grads=grads)


FAULTS = """
wrong-activation-derivative | 1 - np.power(A1, 2)) | 1 - A1)
missing-activation-derivative | dZ1 = np.multiply(np.dot(W2.T, dZ2), 1 - np.power(A1, 2)) | dZ1 = np.dot(W2.T, dZ2)
activation-derivative-at-wrong-value | 1 - np.power(A1, 2)) | 1 - np.power(cache["Z1"], 2))
scale | dW1 = (1 / m) * np.dot(dZ1, X.T) | dW1 = np.dot(dZ1, X.T)
loss-gradient | dZ2 = A2 - Y | dZ2 = (A2 - Y) * A2 * (1 - A2)
sign | dZ2 = A2 - Y | dZ2 = Y - A2
shape | db1 = (1 / m) * np.sum(dZ1, axis=1, keepdims=True) | db1 = (1 / m) * np.sum(dZ1, axis=1)
wrong-operand | dW2 = (1 / m) * np.dot(dZ2, A1.T) | dW2 = (1 / m) * np.dot(dZ2, cache["Z1"].T)
"""
