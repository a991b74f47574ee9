import numpy as np

IN, HID, OUT, LAM = 3, 4, 3, 0.5


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def roll_back(nn_params):
    theta1 = nn_params[: HID * (IN + 1)].reshape((HID, IN + 1), order="F")
    theta2 = nn_params[HID * (IN + 1) :].reshape((OUT, HID + 1), order="F")
    return theta1, theta2


def cost(nn_params, X, Y):
    theta1, theta2 = roll_back(nn_params)
    m = len(X)
    a1 = np.c_[np.ones(m), X]
    a2 = np.c_[np.ones(m), sigmoid(a1 @ theta1.T)]
    h = sigmoid(a2 @ theta2.T)
    J = -np.sum(Y * np.log(h) + (1 - Y) * np.log(1 - h)) / m
    return J + LAM / (2 * m) * (np.sum(theta1[:, 1:] ** 2) + np.sum(theta2[:, 1:] ** 2))


def gradient(nn_params, X, Y):
    theta1, theta2 = roll_back(nn_params)
    m = len(X)
    grad1, grad2 = np.zeros_like(theta1), np.zeros_like(theta2)
    for t in range(m):
        a1 = np.r_[1, X[t]]
        z2 = theta1 @ a1
        a2 = np.r_[1, sigmoid(z2)]
        h = sigmoid(theta2 @ a2)
        d3 = h - Y[t]
        d2 = (theta2.T @ d3)[1:] * sigmoid(z2) * (1 - sigmoid(z2))
        grad1 += np.outer(d2, a1)
        grad2 += np.outer(d3, a2)
    grad1, grad2 = grad1 / m, grad2 / m
    grad1[:, 1:] += LAM / m * theta1[:, 1:]
    grad2[:, 1:] += LAM / m * theta2[:, 1:]
    return np.r_[grad1.ravel(order="F"), grad2.ravel(order="F")]


# ---- problem
def problem():
    r = np.random.default_rng(12)
    X = r.normal(size=(6, IN))
    Y = np.eye(OUT)[r.integers(0, OUT, 6)]
    nn_params = r.normal(size=HID * (IN + 1) + OUT * (HID + 1)) * 0.7
    return dict(
        loss=lambda: cost(nn_params, X, Y),
        params=nn_params,
        grads=lambda: gradient(nn_params, X, Y),
    )


FAULTS = """
regulariser | grad1[:, 1:] += LAM / m * theta1[:, 1:] | pass
regulariser | grad1[:, 1:] += LAM / m * theta1[:, 1:] | grad1 += LAM / m * theta1
missing-activation-derivative | d2 = (theta2.T @ d3)[1:] * sigmoid(z2) * (1 - sigmoid(z2)) | d2 = (theta2.T @ d3)[1:]
activation-derivative-at-wrong-value | d2 = (theta2.T @ d3)[1:] * sigmoid(z2) * (1 - sigmoid(z2)) | d2 = (theta2.T @ d3)[1:] * z2 * (1 - z2)
scale | grad1, grad2 = grad1 / m, grad2 / m | grad1, grad2 = grad1, grad2 / m
"""
