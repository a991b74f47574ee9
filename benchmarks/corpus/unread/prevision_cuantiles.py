"""Demand forecast in several quantiles at once (pinball loss), monotone by construction:
   q_1 = z_1,  q_k = q_{k-1} + softplus(z_k)
Copied from our production repo and simplified. pandas removed.
"""
from dataclasses import dataclass, field

import numpy as np


def softplus(z):
    return np.logaddexp(0.0, z)


@dataclass
class Weights:
    hidden: np.ndarray
    hidden_bias: np.ndarray
    skip: np.ndarray
    out: np.ndarray
    out_bias: np.ndarray


@dataclass
class Forecaster:
    weights: Weights
    levels: np.ndarray
    l2: float = 0.01
    tape: dict = field(default_factory=dict)

    def predict(self, features):
        w = self.weights
        pre = features @ w.hidden + w.hidden_bias
        act = softplus(pre)
        raw = act @ w.out + features @ w.skip + w.out_bias
        steps = np.concatenate([raw[:, :1], softplus(raw[:, 1:])], axis=1)
        quantiles = np.cumsum(steps, axis=1)
        self.tape.update(features=features, pre=pre, act=act, raw=raw, quantiles=quantiles)
        return quantiles

    def loss(self, features, demand, weight):
        err = demand[:, None] - self.predict(features)
        pinball = np.maximum(self.levels * err, (self.levels - 1) * err)
        data = np.sum(weight[:, None] * pinball) / np.sum(weight)
        return data + self.l2 * (np.sum(self.weights.hidden ** 2) + np.sum(self.weights.out ** 2))

    def gradient(self, features, demand, weight):
        quantiles = self.predict(features)
        w, t = self.weights, self.tape
        err = demand[:, None] - quantiles
        d_quantiles = np.where(err > 0, -self.levels, 1 - self.levels)
        d_quantiles = d_quantiles * weight[:, None] / weight.sum()
        # the cumulative sum sends each quantile's gradient to all earlier steps
        d_steps = np.cumsum(d_quantiles[:, ::-1], axis=1)[:, ::-1]
        d_raw = d_steps.copy()
        d_raw[:, 1:] *= 1 / (1 + np.exp(-t["raw"][:, 1:]))
        d_pre = d_raw @ w.out.T / (1 + np.exp(-t["pre"]))
        return Weights(
            hidden=features.T @ d_pre + 2 * self.l2 * w.hidden,
            hidden_bias=d_pre.sum(axis=0),
            skip=features.T @ d_raw,
            out=t["act"].T @ d_raw + 2 * self.l2 * w.out,
            out_bias=d_raw.sum(axis=0),
        )


# ---- problem
def problem():
    rng = np.random.default_rng(15)
    weights = Weights(rng.normal(size=(3, 4)), rng.normal(size=4) * 0.2, rng.normal(size=(3, 3)) * 0.3,
                      rng.normal(size=(4, 3)) * 0.5, rng.normal(size=3) * 0.3)
    model = Forecaster(weights, np.array([0.1, 0.5, 0.9]))
    features, demand, weight = rng.normal(size=(8, 3)), rng.normal(size=8) * 2, rng.uniform(0.5, 2, 8)
    return dict(loss=lambda: model.loss(features, demand, weight), params=weights,
                grads=lambda: model.gradient(features, demand, weight))


FAULTS = """
missing-term | d_steps = np.cumsum(d_quantiles[:, ::-1], axis=1)[:, ::-1] | d_steps = d_quantiles
indexing | d_steps = np.cumsum(d_quantiles[:, ::-1], axis=1)[:, ::-1] | d_steps = np.cumsum(d_quantiles, axis=1)
missing-activation-derivative | d_raw[:, 1:] *= 1 / (1 + np.exp(-t["raw"][:, 1:])) |
loss-gradient | d_quantiles = np.where(err > 0, -self.levels, 1 - self.levels) | d_quantiles = np.where(err > 0, self.levels - 1, self.levels)
scale | d_quantiles = d_quantiles * weight[:, None] / weight.sum() | d_quantiles = d_quantiles * weight[:, None] / len(weight)
regulariser | skip=features.T @ d_raw, | skip=features.T @ d_raw + 2 * self.l2 * w.skip,
"""
