# Poisson GLM by gradient ascent (translated from my R code: glm(y ~ x1 + x2, family = poisson))
import numpy as np

np.random.seed(123)
n = 200
x1 = np.random.normal(size=n)
x2 = np.random.uniform(-1, 1, size=n)
expo = np.random.uniform(0.5, 2.0, size=n)          # exposure (offset)
X = np.column_stack((np.ones(n), x1, x2))
beta_true = np.array([0.3, 0.6, -0.8])
y = np.random.poisson(expo * np.exp(X @ beta_true))

beta = np.zeros(3)
step = 0.1
ll_old = -np.inf
for i in range(500):
    eta = X @ beta + np.log(expo)
    mu = np.exp(eta)
    loglik = np.mean(y * eta - mu)
    score = X.T @ (y - mu) / n
    beta = beta + step * score
    if abs(loglik - ll_old) < 1e-10:
        break
    ll_old = loglik

fisher = (X * mu[:, None]).T @ X
se = np.sqrt(np.diag(np.linalg.inv(fisher)))
print("iterations:", i)
for name, b_, s_ in zip(["(Intercept)", "x1", "x2"], beta, se):
    print(f"{name:12s} {b_:8.4f} {s_:8.4f}  z = {b_ / s_:6.2f}")
print("log-likelihood:", loglik)

FAULTS = """
residual-on-linear-predictor-scale | score = X.T @ (y - mu) / n | score = X.T @ (y - eta) / n
offset-dropped-from-the-mean-in-score | score = X.T @ (y - mu) / n | score = X.T @ (y - np.exp(X @ beta)) / n
divided-by-number-of-columns | score = X.T @ (y - mu) / n | score = X.T @ (y - mu) / len(beta)
canonical-link-derivative-applied-twice | score = X.T @ (y - mu) / n | score = X.T @ ((y - mu) * mu) / n
wrong-divisor:-relative-residual | score = X.T @ (y - mu) / n | score = X.T @ ((y - mu) / mu) / n
"""
