"""scipy.optimize with jac=: check the gradient before the optimizer stumbles over it.

Logistic regression with weight decay, all parameters in one vector, as scipy wants them.

    pip install scipy
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from gradcheck import check_gradients

rng = np.random.default_rng(0)
X = rng.normal(size=(40, 3))
y = (X @ [1.0, -2.0, 0.5] + rng.normal(size=40) > 0).astype(float)


def loss(theta, decay=0.1):
    z = X @ theta[:-1] + theta[-1]
    return np.mean(np.logaddexp(0, z) - y * z) + decay / 2 * theta[:-1] @ theta[:-1]


def jac(theta, decay=0.1):
    error = expit(X @ theta[:-1] + theta[-1]) - y
    return np.append(X.T @ error / len(y) + decay * theta[:-1], error.mean())


theta = rng.normal(size=4)
report = check_gradients(loss, theta, jac)
print(report)
if report:
    print(minimize(loss, theta, jac=jac).message)
