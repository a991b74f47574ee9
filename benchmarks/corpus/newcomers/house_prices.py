# House prices: notebook, ridge penalty on the weights, leaky ReLU
import numpy as np

rng = np.random.default_rng(2016)
features = rng.normal(size=(10, 4))
log_price = rng.normal(size=(10, 1)) + 1.5

alpha = 0.1       # slope of leaky relu
lam = 0.03        # ridge

w_in = rng.normal(size=(4, 6)) * 0.6
b_in = rng.normal(size=(6,)) * 0.2
w_mid = rng.normal(size=(6, 5)) * 0.6
b_mid = rng.normal(size=(5,)) * 0.2
w_out = rng.normal(size=(5, 1)) * 0.6
b_out = rng.normal(size=(1,))


def leaky(z):
    return np.where(z > 0, z, alpha * z)


def dleaky(z):
    return np.where(z > 0, 1.0, alpha)


def predict():
    global z_in, h_in, z_mid, h_mid, yhat
    z_in = features @ w_in + b_in
    h_in = leaky(z_in)
    z_mid = h_in @ w_mid + b_mid
    h_mid = leaky(z_mid)
    yhat = h_mid @ w_out + b_out
    return yhat


def objective():
    mse = np.mean((predict() - log_price) ** 2)
    return mse + lam * (np.sum(w_in ** 2) + np.sum(w_mid ** 2) + np.sum(w_out ** 2))


def gradient():
    predict()
    n = len(features)
    g = {}
    d = 2 / n * (yhat - log_price)
    g["w_out"] = h_mid.T @ d + 2 * lam * w_out
    g["b_out"] = d.sum(0)
    d = d @ w_out.T
    d = d * dleaky(z_mid)
    g["w_mid"] = h_in.T @ d + 2 * lam * w_mid
    g["b_mid"] = d.sum(0)
    d = d @ w_mid.T
    d = d * dleaky(z_in)
    g["w_in"] = features.T @ d + 2 * lam * w_in
    g["b_in"] = d.sum(0)
    return g


# ---- problem
def problem():
    p = dict(w_in=w_in, b_in=b_in, w_mid=w_mid, b_mid=b_mid, w_out=w_out, b_out=b_out)
    return dict(loss=objective, params=p, grads=gradient)


FAULTS = """
regulariser | g["w_mid"] = h_in.T @ d + 2 * lam * w_mid | g["w_mid"] = h_in.T @ d
regulariser | g["w_out"] = h_mid.T @ d + 2 * lam * w_out | g["w_out"] = h_mid.T @ d + lam * w_out
regulariser | g["w_in"] = features.T @ d + 2 * lam * w_in | g["w_in"] = features.T @ d + 2 * lam * w_in / n
missing-activation-derivative | d = d * dleaky(z_mid) |
wrong-activation-derivative | d = d * dleaky(z_in) | d = d * (z_in > 0)
scale | d = 2 / n * (yhat - log_price) | d = 1 / n * (yhat - log_price)
loss-gradient | d = 2 / n * (yhat - log_price) | d = np.sign(yhat - log_price) / n
bias-reduction | g["b_in"] = d.sum(0) | g["b_in"] = d.mean(0)
regulariser | g["b_mid"] = d.sum(0) | g["b_mid"] = d.sum(0) + 2 * lam * b_mid
"""
