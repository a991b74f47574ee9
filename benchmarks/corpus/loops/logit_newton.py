# Logistic regression by Newton-Raphson (IRLS) with a ridge, as in the statistics lecture
import numpy as np

rng = np.random.default_rng(55)
n = 80
X = np.column_stack([np.ones(n), rng.normal(size=(n, 3))])
beta_true = np.array([-0.3, 1.0, -1.5, 0.0])
y = rng.binomial(1, 1 / (1 + np.exp(-X @ beta_true)))
lam = 1.0
R = lam * np.diag([0.0, 1, 1, 1])      # the intercept is not penalised


def deviance(beta):
    eta = X @ beta
    return np.sum(np.logaddexp(0, eta) - y * eta) + 0.5 * beta @ R @ beta


beta = np.zeros(4)
for it in range(12):
    mu = 1 / (1 + np.exp(-X @ beta))
    grad = X.T @ (mu - y) + R @ beta
    W = mu * (1 - mu)
    hess = X.T @ (W[:, None] * X) + R
    beta = beta - np.linalg.solve(hess, grad)
    print(it, "penalised nll", deviance(beta), "|g|", np.abs(grad).max())

se = np.sqrt(np.diag(np.linalg.inv(hess)))
for b, s in zip(beta, se):
    print(f"{b:8.3f} ({s:.3f})")

FAULTS = """
missing-term | grad = X.T @ (mu - y) + R @ beta | grad = X.T @ (mu - y)
wrong-operand | grad = X.T @ (mu - y) + R @ beta | grad = X.T @ (mu - y) + lam * beta
wrong-sign | grad = X.T @ (mu - y) + R @ beta | grad = X.T @ (mu - y) - R @ beta
missing-factor | grad = X.T @ (mu - y) + R @ beta | grad = X.T @ ((mu - y) * mu * (1 - mu)) + R @ beta
"""
