from numpy import exp, log, array, zeros, c_, ones, linspace
import numpy as np

np.random.seed(1837)
hour = linspace(0, 1, 48)
temp = np.random.randn(48)
counts = np.random.poisson(exp(0.5 + 1.2 * hour - 0.4 * temp))
features = c_[ones(48), hour, temp]

beta = zeros(3)
STEP = 0.05
n_steps = 150


def neg_log_likelihood(beta):
    eta = features @ beta
    return (exp(eta) - counts * eta).mean()


trace = []
for k in range(n_steps):
    mu = exp(features @ beta)
    score = features.T @ (mu - counts) / 48
    beta = beta - STEP * score
    trace.append(neg_log_likelihood(beta))
    if k % 50 == 0:
        print(k, trace[-1], beta)
print("true", array([0.5, 1.2, -0.4]), "fitted", beta)


FAULTS = """
wrong-operand | score = features.T @ (mu - counts) / 48 | score = features.T @ (log(mu) - counts) / 48
scale | score = features.T @ (mu - counts) / 48 | score = features.T @ (mu - counts)
sign | beta = beta - STEP * score | beta = beta + STEP * score
"""
