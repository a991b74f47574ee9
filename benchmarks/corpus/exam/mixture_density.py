"""Mixture density network in one dimension, written with small functions and tuples."""
import math

import numpy as np


def unpack(theta, d, h, k):
    cuts = np.cumsum([d * h, h, h * 3 * k, 3 * k])
    w1, b1, w2, b2 = np.split(theta, cuts[:-1])
    return w1.reshape(d, h), b1, w2.reshape(h, 3 * k), b2


def net(theta, x, dims):
    w1, b1, w2, b2 = unpack(theta, *dims)
    hidden = np.tanh(x @ w1 + b1)
    return hidden, np.hsplit(hidden @ w2 + b2, 3)


def log_components(parts, y):
    alpha, mean, log_sigma = parts
    log_pi = alpha - np.log(np.exp(alpha).sum(axis=1, keepdims=True))
    scaled = (y[:, None] - mean) / np.exp(log_sigma)
    return log_pi, log_pi - 0.5 * scaled**2 - log_sigma - 0.5 * math.log(2 * math.pi), scaled


def nll(theta, x, y, dims):
    _, joint, _ = log_components(net(theta, x, dims)[1], y)
    return -np.log(np.exp(joint).sum(axis=1)).mean()


def nll_gradient(theta, x, y, dims):
    n = len(x)
    _, _, w2, _ = unpack(theta, *dims)
    hidden, parts = net(theta, x, dims)
    log_pi, joint, scaled = log_components(parts, y)
    gamma = np.exp(joint) / np.exp(joint).sum(axis=1, keepdims=True)
    d_alpha = np.exp(log_pi) - gamma
    d_mean = -gamma * scaled / np.exp(parts[2])
    d_log_sigma = gamma * (1 - scaled**2)
    d_out = np.hstack((d_alpha, d_mean, d_log_sigma)) / n
    d_hidden = d_out @ w2.T
    d_pre = d_hidden * (1 - hidden**2)
    return np.concatenate(
        [(x.T @ d_pre).ravel(), d_pre.sum(0), (hidden.T @ d_out).ravel(), d_out.sum(0)]
    )


# ---- problem
def problem():
    r = np.random.RandomState(61)
    dims = (2, 3, 2)
    theta = r.randn(2 * 3 + 3 + 3 * 6 + 6) * 0.6
    x, y = r.randn(5, 2), r.randn(5)
    return dict(
        loss=lambda: nll(theta, x, y, dims),
        params=theta,
        grads=lambda: nll_gradient(theta, x, y, dims),
    )


FAULTS = """
loss-gradient | d_alpha = np.exp(log_pi) - gamma | d_alpha = -gamma
loss-gradient | d_mean = -gamma * scaled / np.exp(parts[2]) | d_mean = -gamma * scaled
loss-gradient | d_log_sigma = gamma * (1 - scaled**2) | d_log_sigma = gamma * (1 - scaled**2) / np.exp(parts[2])
loss-gradient | d_log_sigma = gamma * (1 - scaled**2) | d_log_sigma = -gamma * scaled**2
wrong-operand | d_log_sigma = gamma * (1 - scaled**2) | d_log_sigma = np.exp(log_pi) * (1 - scaled**2)
swapped-gradients | d_out = np.hstack((d_alpha, d_mean, d_log_sigma)) / n | d_out = np.hstack((d_alpha, d_log_sigma, d_mean)) / n
scale | d_out = np.hstack((d_alpha, d_mean, d_log_sigma)) / n | d_out = np.hstack((d_alpha, d_mean, d_log_sigma))
activation-derivative-at-wrong-value | d_pre = d_hidden * (1 - hidden**2) | d_pre = d_hidden * (1 - np.tanh(hidden) ** 2)
missing-activation-derivative | d_pre = d_hidden * (1 - hidden**2) | d_pre = d_hidden
bias-reduction | (hidden.T @ d_out).ravel(), d_out.sum(0)] | (hidden.T @ d_out).ravel(), d_out.mean(0)]
"""
