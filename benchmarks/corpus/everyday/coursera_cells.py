# In[1]:
import numpy as np

np.random.seed(42)


def make_spirals(m_per_class=60, K=2):
    """X is (2, m), Y is (1, m) -- examples in columns!"""
    X = np.zeros((2, m_per_class * K))
    Y = np.zeros((1, m_per_class * K))
    for k in range(K):
        idx = slice(m_per_class * k, m_per_class * (k + 1))
        r = np.linspace(0.1, 1, m_per_class)
        t = np.linspace(k * 3.1, (k + 1) * 3.1, m_per_class) + np.random.randn(m_per_class) * 0.15
        X[:, idx] = np.vstack([r * np.sin(t), r * np.cos(t)])
        Y[0, idx] = k
    return X, Y

X, Y = make_spirals()
print(X.shape, Y.shape)

# In[2]:
def initialize_parameters(layer_dims):
    parameters = {}
    for l in range(1, len(layer_dims)):
        parameters['W' + str(l)] = np.random.randn(layer_dims[l], layer_dims[l-1]) * np.sqrt(2. / layer_dims[l-1])
        parameters['b' + str(l)] = np.zeros((layer_dims[l], 1))
    return parameters

def relu(Z):
    return np.maximum(0, Z)

# In[3]:
def forward(X, parameters):
    L = len(parameters) // 2
    caches = []
    A = X
    for l in range(1, L + 1):
        A_prev = A
        Z = parameters['W' + str(l)] @ A_prev + parameters['b' + str(l)]
        A = relu(Z) if l < L else 1 / (1 + np.exp(-Z))
        caches.append((A_prev, Z, l))
    return A, caches

def compute_cost(AL, Y):
    m = Y.shape[1]
    logprobs = Y * np.log(AL) + (1 - Y) * np.log(1 - AL)
    return -np.sum(logprobs) / m

# In[4]:
def backward(AL, Y, caches, parameters):
    grads = {}
    m = Y.shape[1]
    dZ = AL - Y
    for A_prev, Z, l in reversed(caches):
        if l != len(caches):
            dZ = dA * (Z > 0)
        grads['dW' + str(l)] = (1 / m) * dZ @ A_prev.T
        grads['db' + str(l)] = (1 / m) * np.sum(dZ, axis=1, keepdims=True)
        dA = parameters['W' + str(l)].T @ dZ
    return grads

def update_parameters(parameters, grads, learning_rate):
    for l in range(1, len(parameters) // 2 + 1):
        parameters['W' + str(l)] = parameters['W' + str(l)] - learning_rate * grads['dW' + str(l)]
        parameters['b' + str(l)] = parameters['b' + str(l)] - learning_rate * grads['db' + str(l)]
    return parameters

# In[5]:
def random_mini_batches(X, Y, size=32, seed=0):
    rng = np.random.RandomState(seed)
    perm = rng.permutation(X.shape[1])
    Xs, Ys = X[:, perm], Y[:, perm]
    out = []
    for k in range(0, X.shape[1], size):
        out.append((Xs[:, k:k+size], Ys[:, k:k+size]))
    return out

def model(X, Y, layers_dims, learning_rate=0.1, num_epochs=200, print_cost=True):
    costs = []
    parameters = initialize_parameters(layers_dims)
    for i in range(num_epochs):
        cost_total = 0
        for minibatch_X, minibatch_Y in random_mini_batches(X, Y, 32, i):
            AL, caches = forward(minibatch_X, parameters)
            cost_total += compute_cost(AL, minibatch_Y)
            grads = backward(AL, minibatch_Y, caches, parameters)
            parameters = update_parameters(parameters, grads, learning_rate)
        if print_cost and i % 50 == 0:
            print("Cost after epoch %i: %f" % (i, cost_total))
            costs.append(cost_total)
    return parameters, costs

# In[6]:
params, costs = model(X, Y, [2, 12, 6, 1])
preds, _ = forward(X, params)
print("Accuracy: " + str(np.mean((preds > 0.5) == Y)))

FAULTS = """
missing-activation-derivative | dZ = dA * (Z > 0) | dZ = dA
missing-factor | grads['db' + str(l)] = (1 / m) * np.sum(dZ, axis=1, keepdims=True) | grads['db' + str(l)] = np.sum(dZ, axis=1, keepdims=True)
wrong-variable | dZ = dA * (Z > 0) | dZ = dA * (dA > 0)
stale | dA = parameters['W' + str(l)].T @ dZ | dA = parameters['W' + str(l)].T @ (dZ * (1 / m))
wrong-gradient-used | parameters['b' + str(l)] = parameters['b' + str(l)] - learning_rate * grads['db' + str(l)] | parameters['b' + str(l)] = parameters['b' + str(l)] + learning_rate * grads['db' + str(l)]
off-by-one | for l in range(1, len(parameters) // 2 + 1): | for l in range(1, len(parameters) // 2):
"""
