"""Samples stand in columns, weights are (outputs, inputs), biases (outputs, 1).

A deep net of ReLU layers with a sigmoid at the end, binary cross-entropy; caches are handed on.

    gradcheck run columns.py --loss "cost(parameters, X, Y)" --params parameters \
                             --grads "gradients(parameters, X, Y)"
"""

import numpy as np

from gradcheck import check_gradients

np.random.seed(2)
X = np.random.randn(3, 9)  # 9 samples
Y = (X[:1] * X[1:2] > 0).astype(float)


def initialize(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        fan_in = layer_dims[l - 1]
        parameters["W" + str(l)] = np.random.randn(layer_dims[l], fan_in) / np.sqrt(fan_in)
        parameters["b" + str(l)] = np.random.randn(layer_dims[l], 1) * 0.1
    return parameters


def forward(parameters, X):
    A, caches, L = X, [], len(parameters) // 2
    for l in range(1, L + 1):
        Z = parameters["W" + str(l)] @ A + parameters["b" + str(l)]
        caches.append((A, Z))
        A = np.maximum(0, Z) if l < L else 1 / (1 + np.exp(-Z))
    return A, caches


def cost(parameters, X, Y):
    AL, _ = forward(parameters, X)
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m


def gradients(parameters, X, Y):
    AL, caches = forward(parameters, X)
    m, grads = Y.shape[1], {}
    dZ = AL - Y
    for l in range(len(caches), 0, -1):
        A_prev, _ = caches[l - 1]
        grads["dW" + str(l)] = dZ @ A_prev.T / m
        grads["db" + str(l)] = np.sum(dZ, axis=1, keepdims=True) / m
        if l > 1:
            dA_prev = parameters["W" + str(l)].T @ dZ
            dZ = dA_prev * (caches[l - 2][1] > 0)
    return grads


parameters = initialize([3, 5, 4, 1])

if __name__ == "__main__":
    report = check_gradients(
        lambda: cost(parameters, X, Y), parameters, lambda: gradients(parameters, X, Y)
    )
    print(report)
