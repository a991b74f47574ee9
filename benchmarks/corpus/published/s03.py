import numpy as np

# Building your deep neural network: step by step. L-layer model, my version (with L2)
np.random.seed(2)

def initialize_parameters_deep(layer_dims):
    parameters = {}
    L = len(layer_dims)
    for l in range(1, L):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l-1]) / np.sqrt(layer_dims[l-1])
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters

def relu(Z):
    return np.maximum(0, Z), Z

def sigmoid(Z):
    return 1/(1+np.exp(-Z)), Z

def relu_backward(dA, Z):
    dZ = np.array(dA, copy=True)
    dZ[Z <= 0] = 0
    return dZ

def sigmoid_backward(dA, Z):
    s = 1/(1+np.exp(-Z))
    return dA * s * (1-s)

def linear_activation_forward(A_prev, W, b, activation):
    Z = W.dot(A_prev) + b
    A, activation_cache = relu(Z) if activation == "relu" else sigmoid(Z)
    return A, ((A_prev, W, b), activation_cache)

def L_model_forward(X, parameters):
    caches = []
    A = X
    L = len(parameters) // 2
    for l in range(1, L):
        A, cache = linear_activation_forward(A, parameters['W%d' % l], parameters['b%d' % l], "relu")
        caches.append(cache)
    AL, cache = linear_activation_forward(A, parameters['W%d' % L], parameters['b%d' % L], "sigmoid")
    caches.append(cache)
    return AL, caches

def compute_cost(AL, Y, parameters, lambd):
    m = Y.shape[1]
    ce = -np.sum(Y*np.log(AL) + (1-Y)*np.log(1-AL)) / m
    reg = sum(np.sum(np.square(parameters['W%d' % l])) for l in range(1, len(parameters)//2 + 1))
    return ce + lambd/(2*m) * reg

def linear_backward(dZ, cache, lambd):
    A_prev, W, b = cache
    m = A_prev.shape[1]
    dW = 1./m * np.dot(dZ, A_prev.T) + lambd/m * W
    db = 1./m * np.sum(dZ, axis=1, keepdims=True)
    dA_prev = np.dot(W.T, dZ)
    return dA_prev, dW, db

def L_model_backward(AL, Y, caches, lambd):
    grads = {}
    L = len(caches)
    dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL))
    linear_cache, Z = caches[L-1]
    grads["dA" + str(L-1)], grads["dW" + str(L)], grads["db" + str(L)] = linear_backward(sigmoid_backward(dAL, Z), linear_cache, lambd)
    for l in reversed(range(L-1)):
        linear_cache, Z = caches[l]
        dZ = relu_backward(grads["dA" + str(l+1)], Z)
        grads["dA" + str(l)], grads["dW" + str(l+1)], grads["db" + str(l+1)] = linear_backward(dZ, linear_cache, lambd)
    return grads

def update_parameters(parameters, grads, learning_rate):
    for l in range(len(parameters) // 2):
        parameters["W" + str(l+1)] = parameters["W" + str(l+1)] - learning_rate * grads["dW" + str(l+1)]
        parameters["b" + str(l+1)] = parameters["b" + str(l+1)] - learning_rate * grads["db" + str(l+1)]
    return parameters

X = np.random.randn(4, 90)
Y = ((X[0:1]**2 + X[1:2]*X[2:3]) > 0.6).astype(float)
lambd = 0.7
parameters = initialize_parameters_deep([4, 7, 5, 1])
for i in range(400):
    AL, caches = L_model_forward(X, parameters)
    cost = compute_cost(AL, Y, parameters, lambd)
    grads = L_model_backward(AL, Y, caches, lambd)
    parameters = update_parameters(parameters, grads, 0.075)
    if i % 100 == 0:
        print("Cost after iteration {}: {}".format(i, cost))
p = L_model_forward(X, parameters)[0] > 0.5
print("Accuracy: " + str(np.mean(p == Y)))

FAULTS = """
weight-decay-scaled-by-1/(2m)...-lambda/(2m) | dW = 1./m * np.dot(dZ, A_prev.T) + lambd/m * W | dW = 1./m * np.dot(dZ, A_prev.T) + lambd/(2*m) * W
db-mean-over-wrong-axis-(scalar-broadcast) | db = 1./m * np.sum(dZ, axis=1, keepdims=True) | db = 1./m * np.sum(dZ, axis=0, keepdims=True).sum()
relu-mask-wrong-way-round | dZ[Z <= 0] = 0 | dZ[Z >= 0] = 0
off-by-one-in-the-hidden-loop:-cache-of-next-layer's-Z...-range(L-1)-uses-caches[l]-but-dA-index-fixed-to-L-1 | dZ = relu_backward(grads["dA" + str(l+1)], Z) | dZ = relu_backward(grads["dA" + str(l+1)], np.abs(Z))
second-term-sign-in-dAL | dAL = -(np.divide(Y, AL) - np.divide(1 - Y, 1 - AL)) | dAL = -(np.divide(Y, AL) + np.divide(1 - Y, 1 - AL))
"""
