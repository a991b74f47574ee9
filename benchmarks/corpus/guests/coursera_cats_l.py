# Deep neural network for cat / non-cat, L layers, as in the second assignment
import numpy as np


def relu(Z):
    return np.maximum(0, Z), Z


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu_backward(dA, cache):
    Z = cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def sigmoid_backward(dA, cache):
    s = 1 / (1 + np.exp(-cache))
    return dA * s * (1 - s)


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        A_prev, W, b = A, parameters['W' + str(l)], parameters['b' + str(l)]
        Z = W @ A_prev + b
        A, activation_cache = sigmoid(Z) if l == L else relu(Z)
        caches.append(((A_prev, W, b), activation_cache))
    return A, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m


def linear_backward(dZ, cache):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1 / m * dZ @ A_prev.T
    db = 1 / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = W.T @ dZ
    return dA_prev, dW, db


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    linear_cache, activation_cache = caches[L - 1]
    dZ = sigmoid_backward(dAL, activation_cache)
    dA, grads['W' + str(L)], grads['b' + str(L)] = linear_backward(dZ, linear_cache)
    for l in reversed(range(L - 1)):
        linear_cache, activation_cache = caches[l]
        dZ = relu_backward(dA, activation_cache)
        dA, grads['W' + str(l + 1)], grads['b' + str(l + 1)] = linear_backward(dZ, linear_cache)
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(4)
    dims = [5, 4, 4, 1]
    params = {}
    for l in range(1, 4):
        params['W' + str(l)] = rng.normal(size=(dims[l], dims[l - 1]))
        params['b' + str(l)] = rng.normal(size=(dims[l], 1)) * 0.3 + 0.2
    X = rng.normal(size=(5, 7))
    Y = np.array([[1, 0, 0, 1, 1, 0, 1]])

    def grads():
        AL, caches = L_model_forward(X, params)
        return L_model_backward(AL, Y, caches)

    return dict(loss=lambda: compute_cost(L_model_forward(X, params)[0], Y), params=params, grads=grads)


FAULTS = """
sign | dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) | dAL = np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)
loss-gradient | dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) | dAL = AL - Y
missing-activation-derivative | dZ[Z <= 0] = 0 |
wrong-activation-derivative | return dA * s * (1 - s) | return dA * (1 - s ** 2)
scale | dW = 1 / m * dZ @ A_prev.T | dW = dZ @ A_prev.T
bias-reduction | db = 1 / m * np.sum(dZ, axis=1, keepdims=True) | db = 1 / m * np.sum(dZ)
activation-derivative-at-wrong-value | dZ = sigmoid_backward(dAL, activation_cache) | dZ = sigmoid_backward(dAL, AL)
wrong-operand | dZ = relu_backward(dA, activation_cache) | dZ = relu_backward(dA, caches[1][1])
raw-error-propagated | dA, grads['W' + str(L)], grads['b' + str(L)] = linear_backward(dZ, linear_cache) | _, grads['W' + str(L)], grads['b' + str(L)] = linear_backward(dZ, linear_cache);;dA, _, _ = linear_backward(dAL, linear_cache)
"""
