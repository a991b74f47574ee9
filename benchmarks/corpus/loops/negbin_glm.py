#!/usr/bin/env python3
"""Negative binomial regression with an offset (log exposure), all parameters by gradient descent.

log-likelihood without the terms that need digamma: the dispersion is fixed at k.
"""
import json
import sys

import numpy as np

k = 1.7


def generate(seed):
    rng = np.random.RandomState(seed)
    X = np.c_[np.ones(70), rng.randn(70, 2), rng.randint(0, 2, 70)]
    exposure = rng.uniform(0.5, 3, 70)
    mu = exposure * np.exp(X @ [0.4, 0.5, -0.3, 0.8])
    y = rng.poisson(mu * rng.gamma(k, 1 / k, 70))
    return X, exposure, y


def nll(coef, X, exposure, y):
    mu = exposure * np.exp(X.dot(coef))
    return np.mean((y + k) * np.log(k + mu) - y * np.log(mu))


def gradient(coef, X, exposure, y):
    mu = exposure * np.exp(X.dot(coef))
    return X.T.dot((y + k) * mu / (k + mu) - y) / len(y)


def line_search(coef, g, data, t=1.0):
    """Armijo backtracking."""
    f0 = nll(coef, *data)
    while nll(coef - t * g, *data) > f0 - 1e-4 * t * g.dot(g):
        t /= 2
        if t < 1e-10:
            break
    return t


def descend(data, tol=1e-6, maxiter=300):
    coef = np.zeros(data[0].shape[1])
    for i in range(maxiter):
        g = gradient(coef, *data)
        if np.sqrt(g.dot(g)) < tol:
            break
        t = line_search(coef, g, data)
        coef = coef - t * g
        if i % 20 == 0:
            print(i, nll(coef, *data), file=sys.stderr)
    return coef, i


if __name__ == "__main__":
    data = generate(12)
    coef, i = descend(data)
    json.dump({"coef": coef.round(4).tolist(), "iterations": i, "nll": nll(coef, *data)}, sys.stdout)
    print()

FAULTS = """
missing-term | return X.T.dot((y + k) * mu / (k + mu) - y) / len(y) | return X.T.dot((y + k) * mu / (k + mu)) / len(y)
missing-factor | return X.T.dot((y + k) * mu / (k + mu) - y) / len(y) | return X.T.dot((y + k) / (k + mu) - y) / len(y)
wrong-operand | return X.T.dot((y + k) * mu / (k + mu) - y) / len(y) | return X.T.dot(y * mu / (k + mu) - y) / len(y)
wrong-sign | return X.T.dot((y + k) * mu / (k + mu) - y) / len(y) | return X.T.dot((y - k) * mu / (k + mu) - y) / len(y)
"""
