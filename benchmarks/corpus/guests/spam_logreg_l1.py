'''Spam filter: logistic regression with an L1 and an L2 penalty (elastic net), gradient descent by hand.'''
import numpy as np


def predict_proba(X, beta, intercept):
    return 1.0 / (1.0 + np.exp(-(X @ beta + intercept)))


def objective(model, X, y, weights):
    p = predict_proba(X, model['beta'], model['intercept'])
    ll = y * np.log(p) + (1 - y) * np.log(1 - p)
    data = -np.sum(weights * ll) / np.sum(weights)
    l2 = 0.5 * model['lam2'] * np.dot(model['beta'], model['beta'])
    l1 = model['lam1'] * np.abs(model['beta']).sum()
    return data + l1 + l2


def gradient(model, X, y, weights):
    p = predict_proba(X, model['beta'], model['intercept'])
    residual = weights * (p - y) / np.sum(weights)
    g_beta = X.T @ residual
    g_beta += model['lam2'] * model['beta']
    g_beta += model['lam1'] * np.sign(model['beta'])
    g_intercept = np.array([residual.sum()])
    return {'beta': g_beta, 'intercept': g_intercept}


# ---- problem
def problem():
    rng = np.random.default_rng(99)
    X = rng.normal(size=(12, 6))
    y = (rng.random(12) > 0.4).astype(float)
    w = rng.uniform(0.5, 2.0, size=12)
    model = {'beta': rng.normal(size=6) + 0.3, 'intercept': np.array([0.4]), 'lam1': 0.07, 'lam2': 0.11}
    params = {'beta': model['beta'], 'intercept': model['intercept']}
    return dict(loss=lambda: objective(model, X, y, w), params=params,
                grads=lambda: gradient(model, X, y, w))


FAULTS = """
regulariser | g_beta += model['lam1'] * np.sign(model['beta']) |
regulariser | g_beta += model['lam2'] * model['beta'] | g_beta += 2 * model['lam2'] * model['beta']
regulariser | g_beta += model['lam1'] * np.sign(model['beta']) | g_beta += model['lam1'] * np.abs(model['beta'])
regulariser | g_beta += model['lam2'] * model['beta'] | g_beta += model['lam1'] * model['beta']
scale | residual = weights * (p - y) / np.sum(weights) | residual = weights * (p - y) / len(y)
sign | residual = weights * (p - y) / np.sum(weights) | residual = weights * (y - p) / np.sum(weights)
loss-gradient | residual = weights * (p - y) / np.sum(weights) | residual = weights * (p - y) * p * (1 - p) / np.sum(weights)
bias-reduction | g_intercept = np.array([residual.sum()]) | g_intercept = np.array([residual.mean()])
loss-gradient | residual = weights * (p - y) / np.sum(weights) | residual = (p - y) / np.sum(weights)
"""
