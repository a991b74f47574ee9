"""One flat vector of all parameters, as optimisers want it: scipy.optimize.minimize and the like.

`objective` returns the loss and its gradient together: minimize(objective, theta, jac=True).

    gradcheck run flat_theta.py --loss "objective(theta)[0]" --params theta \
                                --grads "objective(theta)[1]"
"""

import numpy as np

from gradcheck import check_gradients

rng = np.random.default_rng(8)
X = rng.normal(size=(20, 3))
t = np.eye(3)[np.argmax(X + 0.3 * rng.normal(size=X.shape), axis=1)]
n_in, n_hidden, n_out, lam = 3, 5, 3, 0.05


def unroll(theta):
    cut = n_hidden * (n_in + 1)
    theta1 = theta[:cut].reshape(n_hidden, n_in + 1)
    theta2 = theta[cut:].reshape(n_out, n_hidden + 1)
    return theta1, theta2


def with_ones(a):
    return np.column_stack([np.ones(len(a)), a])


def objective(theta):
    theta1, theta2 = unroll(theta)
    m = len(X)

    a1 = with_ones(X)
    a2 = with_ones(1 / (1 + np.exp(-a1 @ theta1.T)))
    h = 1 / (1 + np.exp(-a2 @ theta2.T))

    J = -np.sum(t * np.log(h) + (1 - t) * np.log(1 - h)) / m
    J += lam / (2 * m) * (np.sum(theta1[:, 1:] ** 2) + np.sum(theta2[:, 1:] ** 2))

    d3 = h - t
    d2 = (d3 @ theta2)[:, 1:] * a2[:, 1:] * (1 - a2[:, 1:])
    grad1 = d2.T @ a1 / m
    grad2 = d3.T @ a2 / m
    grad1 += lam / m * theta1  # fault: the biases are not decayed in J
    grad2[:, 1:] += lam / m * theta2[:, 1:]
    return J, np.concatenate([grad1.ravel(), grad2.ravel()])


theta = rng.uniform(-0.8, 0.8, n_hidden * (n_in + 1) + n_out * (n_hidden + 1))

if __name__ == "__main__":
    report = check_gradients(
        lambda theta: objective(theta)[0], theta, lambda theta: objective(theta)[1]
    )
    print(report)
