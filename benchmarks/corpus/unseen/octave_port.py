# Programming exercise 4, translated from my Octave solution
import numpy as np
from numpy import c_, log, ones, r_, zeros


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def sigmoidGradient(z):
    g = sigmoid(z)
    return g * (1 - g)


def unroll(nn_params, input_layer_size, hidden_layer_size, num_labels):
    split = hidden_layer_size * (input_layer_size + 1)
    Theta1 = nn_params[:split].reshape((hidden_layer_size, input_layer_size + 1), order='F')
    Theta2 = nn_params[split:].reshape((num_labels, hidden_layer_size + 1), order='F')
    return Theta1, Theta2


def nnCostFunction(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lmbda):
    Theta1, Theta2 = unroll(nn_params, input_layer_size, hidden_layer_size, num_labels)
    m = X.shape[0]
    A1 = c_[ones((m, 1)), X]
    A2 = c_[ones((m, 1)), sigmoid(A1 @ Theta1.T)]
    H = sigmoid(A2 @ Theta2.T)
    Y = (y[:, None] == np.arange(1, num_labels + 1)).astype(float)
    J = -(Y * log(H) + (1 - Y) * log(1 - H)).sum() / m
    J += lmbda / (2 * m) * ((Theta1[:, 1:] ** 2).sum() + (Theta2[:, 1:] ** 2).sum())
    return J


def nnGradient(nn_params, input_layer_size, hidden_layer_size, num_labels, X, y, lmbda):
    Theta1, Theta2 = unroll(nn_params, input_layer_size, hidden_layer_size, num_labels)
    m = X.shape[0]
    Delta1 = zeros(Theta1.shape)
    Delta2 = zeros(Theta2.shape)
    for t in range(m):
        # step 1: feed forward
        a1 = r_[1, X[t]]
        z2 = Theta1 @ a1
        a2 = r_[1, sigmoid(z2)]
        z3 = Theta2 @ a2
        a3 = sigmoid(z3)
        # step 2: error of the output units
        yt = zeros(num_labels)
        yt[y[t] - 1] = 1
        d3 = a3 - yt
        # step 3: hidden layer, without the bias unit
        d2 = (Theta2.T @ d3)[1:] * sigmoidGradient(z2)
        # step 4: accumulate
        Delta1 += np.outer(d2, a1)
        Delta2 += np.outer(d3, a2)
    Theta1_grad = Delta1 / m
    Theta2_grad = Delta2 / m
    Theta1_grad[:, 1:] += lmbda / m * Theta1[:, 1:]
    Theta2_grad[:, 1:] += lmbda / m * Theta2[:, 1:]
    return r_[Theta1_grad.ravel(order='F'), Theta2_grad.ravel(order='F')]


def debugInitializeWeights(fan_out, fan_in):
    W = np.sin(np.arange(1, fan_out * (fan_in + 1) + 1)) / 2
    return W


X = debugInitializeWeights(6, 2).reshape((6, 3), order='F')
y = 1 + np.arange(6) % 3
args = (3, 4, 3, X, y, 2.0)
nn_params = r_[debugInitializeWeights(4, 3), debugInitializeWeights(3, 4)]


# ---- problem
def problem():
    return dict(
        loss=lambda theta: nnCostFunction(theta, *args),
        params=nn_params,
        grads=lambda theta: nnGradient(theta, *args),
    )


FAULTS = """
activation-derivative-at-wrong-value | sigmoidGradient(z2) | sigmoidGradient(a2[1:])
loss-gradient | d3 = a3 - yt | d3 = (a3 - yt) * sigmoidGradient(z3)
accumulation | Delta1 += np.outer(d2, a1) | Delta1 = np.outer(d2, a1)
regulariser | Theta1_grad[:, 1:] += lmbda / m * Theta1[:, 1:] | Theta1_grad += lmbda / m * Theta1
scale | Theta2_grad = Delta2 / m | Theta2_grad = Delta2
wrong-operand | Theta2_grad[:, 1:] += lmbda / m * Theta2[:, 1:] | Theta2_grad[:, 1:] += lmbda / m * Theta2_grad[:, 1:]
transpose | Theta1_grad.ravel(order='F') | Theta1_grad.ravel()
missing-activation-derivative | d2 = (Theta2.T @ d3)[1:] * sigmoidGradient(z2) | d2 = (Theta2.T @ d3)[1:]
"""
