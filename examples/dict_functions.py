"""Free functions over a dictionary of parameters; backward returns a dictionary of gradients.

Two ReLU layers and a softmax, cross-entropy with weight decay.

    gradcheck run dict_functions.py --setup "params = init_params(4, 8, 6, 3)" \
                                    --loss "compute_loss(params, X, labels)" --params params \
                                    --grads "backward(params, X, labels)"
"""

import numpy as np

from gradcheck import check_gradients

rng = np.random.default_rng(3)
X = rng.normal(size=(15, 4))
labels = rng.integers(0, 3, size=15)


def init_params(n_in, n_hidden1, n_hidden2, n_out):
    rng = np.random.default_rng(0)
    sizes = [n_in, n_hidden1, n_hidden2, n_out]
    params = {}
    for i in range(1, 4):
        scale = np.sqrt(2 / sizes[i - 1])
        params[f"W{i}"] = rng.normal(0, scale, (sizes[i - 1], sizes[i]))
        params[f"b{i}"] = rng.normal(0, 0.1, sizes[i])
    return params


def forward(params, X):
    z1 = X @ params["W1"] + params["b1"]
    a1 = np.maximum(z1, 0)
    z2 = a1 @ params["W2"] + params["b2"]
    a2 = np.maximum(z2, 0)
    z3 = a2 @ params["W3"] + params["b3"]
    e = np.exp(z3 - z3.max(axis=1, keepdims=True))
    probs = e / e.sum(axis=1, keepdims=True)
    return probs, (z1, a1, z2, a2)


def compute_loss(params, X, labels, decay=1e-2):
    probs, _ = forward(params, X)
    data = -np.log(probs[np.arange(len(X)), labels]).mean()
    return data + 0.5 * decay * sum(np.sum(params[f"W{i}"] ** 2) for i in (1, 2, 3))


def backward(params, X, labels, decay=1e-2):
    n = len(X)
    probs, (z1, a1, z2, a2) = forward(params, X)
    grads = {}

    d3 = probs.copy()
    d3[np.arange(n), labels] -= 1
    d3 /= n
    grads["dW3"] = a2.T @ d3 + decay * params["W3"]
    grads["db3"] = d3.sum(axis=0)

    d2 = (d3 @ params["W3"].T) * (z2 > 0)
    grads["dW2"] = a1.T @ d2 + decay * params["W2"]
    grads["db2"] = d2.sum(axis=0)

    d1 = (d2 @ params["W2"].T) * (z1 > 0)
    grads["dW1"] = X.T @ d1 + decay * params["W1"]
    grads["db1"] = d1.sum(axis=0)
    return grads


if __name__ == "__main__":
    params = init_params(4, 8, 6, 3)
    report = check_gradients(
        lambda: compute_loss(params, X, labels), params, lambda: backward(params, X, labels)
    )
    print(report)
