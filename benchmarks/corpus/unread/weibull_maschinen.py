"""Predictive maintenance: Weibull time-to-failure with right censoring (WTTE idea), MLP gives log-scale and log-shape."""
import numpy as np


class WeibullNet:
    def __init__(self, rng, n_in, n_hidden):
        self.theta = {
            "in.weight": rng.normal(size=(n_hidden, n_in)),
            "in.bias": rng.normal(size=n_hidden) * 0.1,
            "scale.weight": rng.normal(size=n_hidden) * 0.5,
            "scale.bias": np.array([0.3]),
            "shape.weight": rng.normal(size=n_hidden) * 0.3,
            "shape.bias": np.array([0.1]),
        }

    def heads(self, X):
        p = self.theta
        pre = X @ p["in.weight"].T + p["in.bias"]
        feat = np.arctan(pre)
        log_scale = feat @ p["scale.weight"] + p["scale.bias"]
        log_shape = feat @ p["shape.weight"] + p["shape.bias"]
        return pre, feat, log_scale, log_shape

    def nll(self, X, time, failed):
        _, _, log_scale, log_shape = self.heads(X)
        k = np.exp(log_shape)
        z = np.log(time) - log_scale
        cumulative_hazard = np.exp(k * z)
        log_hazard = log_shape + (k - 1) * z - log_scale
        return np.mean(cumulative_hazard - failed * log_hazard)

    def nll_grad(self, X, time, failed):
        p = self.theta
        n = X.shape[0]
        pre, feat, log_scale, log_shape = self.heads(X)
        k = np.exp(log_shape)
        z = np.log(time) - log_scale
        H = np.exp(k * z)
        # log_hazard depends on log_scale by -(k - 1) and by -1: together -k
        d_log_scale = (-k * H + failed * k) / n
        d_log_shape = (H * k * z - failed * (1 + k * z)) / n
        d_feat = np.outer(d_log_scale, p["scale.weight"]) + np.outer(d_log_shape, p["shape.weight"])
        d_pre = d_feat / (1 + pre ** 2)
        return {
            "in.weight": d_pre.T @ X,
            "in.bias": d_pre.sum(axis=0),
            "scale.weight": feat.T @ d_log_scale,
            "scale.bias": np.array([d_log_scale.sum()]),
            "shape.weight": feat.T @ d_log_shape,
            "shape.bias": np.array([d_log_shape.sum()]),
        }


# ---- problem
def problem():
    rng = np.random.default_rng(17)
    net = WeibullNet(rng, 3, 4)
    X, time = rng.normal(size=(9, 3)), rng.uniform(0.3, 3.0, 9)
    failed = np.array([1, 1, 0, 1, 0, 1, 1, 0, 1.0])
    return dict(loss=lambda: net.nll(X, time, failed), params=net.theta, grads=lambda: net.nll_grad(X, time, failed))


FAULTS = """
missing-term | d_log_shape = (H * k * z - failed * (1 + k * z)) / n | d_log_shape = (H * k * z - failed * (1 + z)) / n
loss-gradient | d_log_scale = (-k * H + failed * k) / n | d_log_scale = (-k * H + failed * (k - 1)) / n
missing-term | d_log_shape = (H * k * z - failed * (1 + k * z)) / n | d_log_shape = (H * z - failed * (1 / k + z)) / n
loss-gradient | d_log_scale = (-k * H + failed * k) / n | d_log_scale = (-k * H + k) / n
activation-derivative-at-wrong-value | d_pre = d_feat / (1 + pre ** 2) | d_pre = d_feat / (1 + feat ** 2)
missing-term | d_feat = np.outer(d_log_scale, p["scale.weight"]) + np.outer(d_log_shape, p["shape.weight"]) | d_feat = np.outer(d_log_scale, p["scale.weight"])
swapped-gradients | d_feat = np.outer(d_log_scale, p["scale.weight"]) + np.outer(d_log_shape, p["shape.weight"]) | d_feat = np.outer(d_log_shape, p["scale.weight"]) + np.outer(d_log_scale, p["shape.weight"])
"""
