import numpy as np


def sigmoid(Z):
    A = 1 / (1 + np.exp(-Z))
    cache = Z
    return A, cache


def relu(Z):
    A = np.maximum(0, Z)
    cache = Z
    return A, cache


def relu_backward(dA, activation_cache):
    Z = activation_cache
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ


def sigmoid_backward(dA, activation_cache):
    Z = activation_cache
    s = 1 / (1 + np.exp(-Z))
    dZ = dA * s * (1 - s)
    return dZ


def initialize_parameters(layer_dims, seed):
    np.random.seed(seed)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) / np.sqrt(
            layer_dims[l - 1]
        )
        parameters["b" + str(l)] = 0.1 * np.random.randn(layer_dims[l], 1)
    return parameters


def linear_activation_forward(A_prev, W, b, activation):
    Z = np.dot(W, A_prev) + b
    linear_cache = (A_prev, W, b)
    if activation == "sigmoid":
        A, activation_cache = sigmoid(Z)
    else:
        A, activation_cache = relu(Z)
    return A, (linear_cache, activation_cache)


def model_forward(X, parameters, masks, keep_prob):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(
            A, parameters["W" + str(l)], parameters["b" + str(l)], "relu"
        )
        A = A * masks[l - 1]
        A = A / keep_prob
        caches.append(cache)
    AL, cache = linear_activation_forward(
        A, parameters["W" + str(L)], parameters["b" + str(L)], "sigmoid"
    )
    caches.append(cache)
    return AL, caches


def compute_cost(AL, Y, parameters, lambd):
    m = Y.shape[1]
    cross_entropy = -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m
    l2 = sum(np.sum(np.square(parameters["W" + str(l + 1)])) for l in range(len(parameters) // 2))
    return cross_entropy + lambd / (2 * m) * l2


def linear_backward(dZ, linear_cache, lambd):
    A_prev, W, b = linear_cache
    m = A_prev.shape[1]
    dW = 1.0 / m * np.dot(dZ, A_prev.T) + lambd / m * W
    db = 1.0 / m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db


def linear_activation_backward(dA, cache, activation, lambd):
    linear_cache, activation_cache = cache
    if activation == "relu":
        dZ = relu_backward(dA, activation_cache)
    elif activation == "sigmoid":
        dZ = sigmoid_backward(dA, activation_cache)
    return linear_backward(dZ, linear_cache, lambd)


def model_backward(AL, Y, caches, masks, keep_prob, lambd):
    grads = {}
    L = len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    dA, grads["dW" + str(L)], grads["db" + str(L)] = linear_activation_backward(
        dAL, caches[L - 1], "sigmoid", lambd
    )
    for l in reversed(range(L - 1)):
        dA = dA * masks[l]
        dA = dA / keep_prob
        dA, dW_temp, db_temp = linear_activation_backward(dA, caches[l], "relu", lambd)
        grads["dW" + str(l + 1)] = dW_temp
        grads["db" + str(l + 1)] = db_temp
    return grads


# ---- problem
def problem():
    parameters = initialize_parameters([3, 4, 4, 1], 3)
    rng = np.random.RandomState(1)
    X = rng.randn(3, 5)
    Y = np.array([[0, 1, 1, 0, 1]])
    masks = [(rng.rand(4, 5) < 0.8).astype(float) for _ in range(2)]
    keep_prob, lambd = 0.8, 0.7

    def cost():
        AL, _ = model_forward(X, parameters, masks, keep_prob)
        return compute_cost(AL, Y, parameters, lambd)

    def gradients():
        AL, caches = model_forward(X, parameters, masks, keep_prob)
        return model_backward(AL, Y, caches, masks, keep_prob, lambd)

    return dict(loss=cost, params=parameters, grads=gradients)


FAULTS = """
scale | db = 1.0 / m * np.sum(dZ, axis=1, keepdims=True) | db = np.sum(dZ, axis=1, keepdims=True)
bias-reduction | db = 1.0 / m * np.sum(dZ, axis=1, keepdims=True) | db = 1.0 / m * np.sum(dZ)
regulariser | dW = 1.0 / m * np.dot(dZ, A_prev.T) + lambd / m * W | dW = 1.0 / m * np.dot(dZ, A_prev.T)
regulariser | dW = 1.0 / m * np.dot(dZ, A_prev.T) + lambd / m * W | dW = 1.0 / m * np.dot(dZ, A_prev.T) + lambd * W
activation-derivative-at-wrong-value | dZ[Z <= 0] = 0 | dZ[dA <= 0] = 0
loss-gradient | dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) | dAL = AL - Y
sign | dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) | dAL = np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)
dropout-mask | dA = dA * masks[l] |
scale | dA = dA / keep_prob |
activation-derivative-at-wrong-value | dZ = sigmoid_backward(dA, activation_cache) | dZ = sigmoid_backward(dA, sigmoid(activation_cache)[0])
"""
