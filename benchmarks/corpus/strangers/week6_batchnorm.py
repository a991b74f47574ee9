# Week 6 assignment: deep net with batch norm and inverted dropout. Shapes: A[l] is (n[l], m).
import numpy as np

np.random.seed(6)
layer_dims = [3, 5, 4, 1]
m = 8
X = np.random.randn(3, m)
Y = (np.random.rand(1, m) > 0.5).astype(float)
keep_prob = 0.8
D1 = np.random.rand(5, m) < keep_prob


def initialize_parameters():
    parameters = {}
    for l in (1, 2):
        parameters["W" + str(l)] = np.random.randn(layer_dims[l], layer_dims[l - 1]) * 0.8
        parameters["gamma" + str(l)] = np.ones((layer_dims[l], 1)) + 0.2 * np.random.randn(layer_dims[l], 1)
        parameters["beta" + str(l)] = 0.3 * np.random.randn(layer_dims[l], 1)
    parameters["W3"] = np.random.randn(1, 4)
    parameters["b3"] = np.random.randn(1, 1) * 0.2
    return parameters


def batchnorm_forward(Z, gamma, beta, epsilon=0.01):
    mu = np.mean(Z, axis=1, keepdims=True)
    sigma2 = np.var(Z, axis=1, keepdims=True)
    Z_norm = (Z - mu) / np.sqrt(sigma2 + epsilon)
    cache = (Z, Z_norm, mu, sigma2, gamma, epsilon)
    return gamma * Z_norm + beta, cache


def batchnorm_backward(dZ_tilde, cache):
    Z, Z_norm, mu, sigma2, gamma, epsilon = cache
    dgamma = np.sum(dZ_tilde * Z_norm, axis=1, keepdims=True)
    dbeta = np.sum(dZ_tilde, axis=1, keepdims=True)
    dZ_norm = dZ_tilde * gamma
    ivar = 1.0 / np.sqrt(sigma2 + epsilon)
    dsigma2 = np.sum(dZ_norm * (Z - mu), axis=1, keepdims=True) * -0.5 * ivar ** 3
    dmu = np.sum(dZ_norm, axis=1, keepdims=True) * -ivar
    dZ = dZ_norm * ivar + dsigma2 * 2 * (Z - mu) / m + dmu / m
    return dZ, dgamma, dbeta


def L_model_forward(X, parameters):
    caches = []
    A = X
    for l in (1, 2):
        A_prev = A
        Z = np.dot(parameters["W" + str(l)], A_prev)
        Z_tilde, bn_cache = batchnorm_forward(Z, parameters["gamma" + str(l)], parameters["beta" + str(l)])
        A = np.maximum(0, Z_tilde)
        if l == 1:
            A = A * D1 / keep_prob
        caches.append((A_prev, Z_tilde, bn_cache))
    AL = 1 / (1 + np.exp(-(np.dot(parameters["W3"], A) + parameters["b3"])))
    return AL, A, caches


def compute_cost(parameters):
    AL, _, _ = L_model_forward(X, parameters)
    return -np.sum(Y * np.log(AL) + (1 - Y) * np.log(1 - AL)) / m


def L_model_backward(parameters):
    AL, A2, caches = L_model_forward(X, parameters)
    grads = {}
    dZ3 = AL - Y
    grads["W3"] = np.dot(dZ3, A2.T) / m
    grads["b3"] = np.sum(dZ3, axis=1, keepdims=True) / m
    dA = np.dot(parameters["W3"].T, dZ3)
    for l in (2, 1):
        A_prev, Z_tilde, bn_cache = caches[l - 1]
        if l == 1:
            dA = dA * D1
            dA = dA / keep_prob
        dZ_tilde = dA * (Z_tilde > 0)
        dZ, dgamma, dbeta = batchnorm_backward(dZ_tilde, bn_cache)
        grads["W" + str(l)] = np.dot(dZ, A_prev.T) / m
        grads["gamma" + str(l)] = dgamma / m
        grads["beta" + str(l)] = dbeta / m
        dA = np.dot(parameters["W" + str(l)].T, dZ)
    return grads


# ---- problem
def problem():
    parameters = initialize_parameters()
    return dict(loss=lambda: compute_cost(parameters), params=parameters,
                grads=lambda: L_model_backward(parameters))


FAULTS = """
dropout-mask | dA = dA / keep_prob |
dropout-mask | dA = dA * D1 |
normalisation | dZ = dZ_norm * ivar + dsigma2 * 2 * (Z - mu) / m + dmu / m | dZ = dZ_norm * ivar + dmu / m
normalisation | dsigma2 = np.sum(dZ_norm * (Z - mu), axis=1, keepdims=True) * -0.5 * ivar ** 3 | dsigma2 = np.sum(dZ_norm * (Z - mu), axis=1, keepdims=True) * -0.5 * ivar ** 2
scale | grads["gamma" + str(l)] = dgamma / m | grads["gamma" + str(l)] = dgamma
missing-activation-derivative | dZ_tilde = dA * (Z_tilde > 0) | dZ_tilde = dA
wrong-operand | grads["W3"] = np.dot(dZ3, A2.T) / m | grads["W3"] = np.dot(dZ3, caches[1][1].T) / m
swapped-gradients | dZ, dgamma, dbeta = batchnorm_backward(dZ_tilde, bn_cache) | dZ, dbeta, dgamma = batchnorm_backward(dZ_tilde, bn_cache)
missing-gradient | grads["beta" + str(l)] = dbeta / m | grads["beta" + str(l)] = np.zeros_like(dbeta)
"""
