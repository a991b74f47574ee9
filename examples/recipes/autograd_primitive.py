"""A primitive of HIPS autograd with a vjp of your own.

pip install autograd
"""

import autograd.numpy as np
from autograd import grad
from autograd.extend import defvjp, primitive

from gradcheck import check_gradients


@primitive
def softplus(x):
    return np.logaddexp(0.0, x)


defvjp(softplus, lambda _, x: lambda cotangent: cotangent / (1 + np.exp(-x)))

rng = np.random.RandomState(0)
X, target = rng.randn(8, 3), rng.randn(8, 2)
params = {"W1": rng.randn(3, 5), "b1": np.zeros(5), "W2": rng.randn(5, 2), "b2": np.zeros(2)}


def loss(params):
    hidden = softplus(X @ params["W1"] + params["b1"])
    return np.mean((hidden @ params["W2"] + params["b2"] - target) ** 2)


report = check_gradients(loss, params, grad(loss))
print(report)
