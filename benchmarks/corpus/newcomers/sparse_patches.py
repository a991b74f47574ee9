"""Sparse autoencoder on image patches: columns are samples, weight decay, KL sparsity penalty."""
import numpy as np

visible, hidden = 6, 4
lam, rho, beta = 0.02, 0.15, 0.5


def sigmoid(z):
    return 1.0 / (1.0 + np.exp(-z))


def unroll(theta):
    nw = visible * hidden
    W1 = theta[:nw].reshape(hidden, visible)
    W2 = theta[nw:2 * nw].reshape(visible, hidden)
    b1 = theta[2 * nw:2 * nw + hidden]
    b2 = theta[2 * nw + hidden:]
    return W1, W2, b1, b2


def activate(theta, data):
    W1, W2, b1, b2 = unroll(theta)
    a2 = sigmoid(W1 @ data + b1[:, None])
    a3 = sigmoid(W2 @ a2 + b2[:, None])
    return a2, a3


def sparse_cost(theta, data):
    W1, W2, _, _ = unroll(theta)
    m = data.shape[1]
    a2, a3 = activate(theta, data)
    rho_hat = a2.mean(axis=1)
    fit = 0.5 * np.sum((a3 - data) ** 2) / m
    decay = lam / 2 * (np.sum(W1 ** 2) + np.sum(W2 ** 2))
    kl = np.sum(rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat)))
    return fit + decay + beta * kl


def sparse_grad(theta, data):
    W1, W2, _, _ = unroll(theta)
    m = data.shape[1]
    a2, a3 = activate(theta, data)
    rho_hat = a2.mean(axis=1)
    delta3 = -(data - a3) * a3 * (1 - a3)
    sparsity = beta * (-rho / rho_hat + (1 - rho) / (1 - rho_hat))
    delta2 = (W2.T @ delta3 + sparsity[:, None]) * a2 * (1 - a2)
    W1grad = delta2 @ data.T / m + lam * W1
    W2grad = delta3 @ a2.T / m + lam * W2
    b1grad = delta2.mean(axis=1)
    b2grad = delta3.mean(axis=1)
    return np.concatenate([W1grad.ravel(), W2grad.ravel(), b1grad, b2grad])


# ---- problem
def problem():
    r = np.random.default_rng(294)
    data = r.uniform(0.1, 0.9, size=(visible, 9))
    theta = r.normal(size=2 * visible * hidden + hidden + visible) * 0.7
    return dict(loss=lambda: sparse_cost(theta, data), params=theta,
                grads=lambda: sparse_grad(theta, data))


FAULTS = """
sign | delta3 = -(data - a3) * a3 * (1 - a3) | delta3 = (data - a3) * a3 * (1 - a3)
missing-activation-derivative | delta3 = -(data - a3) * a3 * (1 - a3) | delta3 = -(data - a3)
missing-term | delta2 = (W2.T @ delta3 + sparsity[:, None]) * a2 * (1 - a2) | delta2 = W2.T @ delta3 * a2 * (1 - a2)
regulariser | W1grad = delta2 @ data.T / m + lam * W1 | W1grad = delta2 @ data.T / m + lam * W1 / m
regulariser | W2grad = delta3 @ a2.T / m + lam * W2 | W2grad = delta3 @ a2.T / m
scale | W2grad = delta3 @ a2.T / m + lam * W2 | W2grad = delta3 @ a2.T + lam * W2
wrong-activation-derivative | sparsity[:, None]) * a2 * (1 - a2) | sparsity[:, None]) * (1 - a2 ** 2)
bias-reduction | b1grad = delta2.mean(axis=1) | b1grad = delta2.sum(axis=1)
swapped-gradients | return np.concatenate([W1grad.ravel(), W2grad.ravel(), b1grad, b2grad]) | return np.concatenate([W2grad.ravel(), W1grad.ravel(), b1grad, b2grad])
"""
