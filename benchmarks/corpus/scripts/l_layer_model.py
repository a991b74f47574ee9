import numpy as np


def sigmoid(Z):
    return 1 / (1 + np.exp(-Z)), Z


def relu(Z):
    return np.maximum(0, Z), Z


def initialize_parameters_deep(layer_dims):
    np.random.seed(3)
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) / np.sqrt(layer_dims[l - 1])
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1)) + 0.01
    return parameters


def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L + 1):
        W, b = parameters['W' + str(l)], parameters['b' + str(l)]
        A_prev = A
        A, Z = (relu if l < L else sigmoid)(np.dot(W, A_prev) + b)
        caches.append((A_prev, W, Z))
    return A, caches


def compute_cost(AL, Y):
    m = Y.shape[1]
    cost = -1 / m * (np.dot(Y, np.log(AL).T) + np.dot(1 - Y, np.log(1 - AL).T))
    return np.squeeze(cost)


def L_model_backward(AL, Y, caches):
    grads = {}
    L = len(caches)
    m = AL.shape[1]
    dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    for l in reversed(range(L)):
        A_prev, W, Z = caches[l]
        if l == L - 1:
            s = 1 / (1 + np.exp(-Z))
            dZ = dA * s * (1 - s)
        else:
            dZ = np.array(dA, copy=True)
            dZ[Z <= 0] = 0
        grads['dW' + str(l + 1)] = 1 / m * np.dot(dZ, A_prev.T)
        grads['db' + str(l + 1)] = 1 / m * np.sum(dZ, axis=1, keepdims=True)
        dA = np.dot(W.T, dZ)
    return grads


def L_layer_model(X, Y, layers_dims, learning_rate=0.075, num_iterations=200, print_cost=False):
    costs = []
    parameters = initialize_parameters_deep(layers_dims)
    for i in range(0, num_iterations):
        AL, caches = L_model_forward(X, parameters)
        cost = compute_cost(AL, Y)
        grads = L_model_backward(AL, Y, caches)
        for l in range(len(parameters) // 2):
            parameters["W" + str(l + 1)] -= learning_rate * grads["dW" + str(l + 1)]
            parameters["b" + str(l + 1)] -= learning_rate * grads["db" + str(l + 1)]
        if print_cost and i % 100 == 0:
            print("Cost after iteration {}: {}".format(i, cost))
            costs.append(cost)
    return parameters, costs


np.random.seed(1)
train_x = np.random.rand(8, 30)
train_y = (train_x[:4].sum(axis=0, keepdims=True) > 2).astype(int)
parameters, costs = L_layer_model(train_x, train_y, [8, 6, 5, 1], print_cost=True)


FAULTS = """
sign | dA = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) | dA = -(np.divide(Y, AL) + np.divide(1 - Y, 1 - AL))
missing-activation-derivative | dZ[Z <= 0] = 0 |
missing-gradient | parameters["b" + str(l + 1)] -= learning_rate * grads["db" + str(l + 1)] |
bias-reduction | grads['db' + str(l + 1)] = 1 / m * np.sum(dZ, axis=1, keepdims=True) | grads['db' + str(l + 1)] = 1 / m * np.sum(dZ)
"""
