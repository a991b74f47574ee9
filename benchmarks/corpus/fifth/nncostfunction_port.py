# Port of my ex4/nnCostFunction.m (Coursera ML) to numpy. Theta unrolled, bias in the first column.
import numpy as np

input_layer_size, hidden_layer_size, num_labels = 3, 4, 3
lambda_ = 0.7


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def reshape_thetas(nn_params):
    cut = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:cut].reshape(hidden_layer_size, input_layer_size + 1, order="F")
    Theta2 = nn_params[cut:].reshape(num_labels, hidden_layer_size + 1, order="F")
    return Theta1, Theta2


def nn_cost_function(nn_params, X, y):
    Theta1, Theta2 = reshape_thetas(nn_params)
    m = X.shape[0]
    Y = np.eye(num_labels)[y - 1]
    # Part 1: feedforward
    a1 = np.c_[np.ones(m), X]
    z2 = a1 @ Theta1.T
    a2 = np.c_[np.ones(m), sigmoid(z2)]
    z3 = a2 @ Theta2.T
    h = sigmoid(z3)
    J = -1 / m * np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h))
    J += lambda_ / (2 * m) * (np.sum(Theta1[:, 1:] ** 2) + np.sum(Theta2[:, 1:] ** 2))
    # Part 2: backpropagation
    Delta1 = np.zeros_like(Theta1)
    Delta2 = np.zeros_like(Theta2)
    for t in range(m):
        d3 = h[t] - Y[t]
        d2 = (Theta2.T @ d3)[1:] * sigmoid(z2[t]) * (1 - sigmoid(z2[t]))
        Delta2 += np.outer(d3, a2[t])
        Delta1 += np.outer(d2, a1[t])
    Theta1_grad = Delta1 / m
    Theta2_grad = Delta2 / m
    # Part 3: regularization, not for the bias
    Theta1_grad[:, 1:] += lambda_ / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lambda_ / m * Theta2[:, 1:]
    grad = np.r_[Theta1_grad.ravel(order="F"), Theta2_grad.ravel(order="F")]
    return J, grad


# ---- problem
def problem():
    rng = np.random.default_rng(4)
    theta = rng.uniform(-1.2, 1.2, hidden_layer_size * 4 + num_labels * 5)
    X = rng.normal(size=(5, 3))
    y = np.array([1, 2, 3, 3, 1])
    return dict(params=theta, loss=lambda: nn_cost_function(theta, X, y)[0],
                grads=lambda: nn_cost_function(theta, X, y)[1])


FAULTS = """
transpose | grad = np.r_[Theta1_grad.ravel(order="F"), Theta2_grad.ravel(order="F")] | grad = np.r_[Theta1_grad.ravel(), Theta2_grad.ravel()]
regulariser | Theta1_grad[:, 1:] += lambda_ / m * Theta1[:, 1:] | Theta1_grad += lambda_ / m * Theta1
indexing | d2 = (Theta2.T @ d3)[1:] * sigmoid(z2[t]) * (1 - sigmoid(z2[t])) | d2 = (Theta2.T @ d3)[:-1] * sigmoid(z2[t]) * (1 - sigmoid(z2[t]))
accumulation | Delta1 += np.outer(d2, a1[t]) | Delta1 = np.outer(d2, a1[t])
sign | d3 = h[t] - Y[t] | d3 = Y[t] - h[t]
scale | Theta2_grad = Delta2 / m | Theta2_grad = Delta2
"""
