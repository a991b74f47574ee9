from __future__ import annotations

from dataclasses import dataclass, field, fields

import numpy as np


@dataclass
class Weights:
    trunk: np.ndarray
    trunk_bias: np.ndarray
    mean_head: np.ndarray
    mean_bias: np.ndarray
    quant_head: np.ndarray
    quant_bias: np.ndarray


@dataclass(frozen=True)
class Batch:
    features: np.ndarray
    target: np.ndarray


@dataclass
class Forecast:
    batch: Batch
    pre: np.ndarray
    hidden: np.ndarray
    mean: np.ndarray
    quantiles: np.ndarray


@dataclass
class Trainer:
    """Robust mean plus three quantiles of electricity demand"""
    weights: Weights
    delta: float = 0.8
    taus: np.ndarray = field(default_factory=lambda: np.array([0.1, 0.5, 0.9]))
    mix: float = 0.4

    def predict(self, batch: Batch) -> Forecast:
        w = self.weights
        pre = batch.features @ w.trunk + w.trunk_bias
        hidden = pre / (1 + np.abs(pre))
        mean = (hidden @ w.mean_head + w.mean_bias)[:, 0]
        quantiles = hidden @ w.quant_head + w.quant_bias
        return Forecast(batch, pre, hidden, mean, quantiles)

    def objective(self, batch: Batch) -> float:
        f = self.predict(batch)
        e = f.mean - batch.target
        small = np.abs(e) <= self.delta
        huber = np.where(small, 0.5 * e ** 2, self.delta * (np.abs(e) - 0.5 * self.delta))
        miss = batch.target[:, None] - f.quantiles
        pinball = np.maximum(self.taus * miss, (self.taus - 1) * miss)
        return huber.mean() + self.mix * pinball.sum(axis=1).mean()

    def gradient(self, batch: Batch) -> Weights:
        w, f, n = self.weights, self.predict(batch), len(batch.target)
        e = f.mean - batch.target
        d_mean = np.clip(e, -self.delta, self.delta)[:, None] / n
        miss = batch.target[:, None] - f.quantiles
        d_quant = self.mix * np.where(miss > 0, -self.taus, 1 - self.taus) / n
        d_hidden = d_mean @ w.mean_head.T + d_quant @ w.quant_head.T
        d_pre = d_hidden / (1 + np.abs(f.pre)) ** 2
        return Weights(
            trunk=batch.features.T @ d_pre,
            trunk_bias=d_pre.sum(axis=0),
            mean_head=f.hidden.T @ d_mean,
            mean_bias=d_mean.sum(axis=0),
            quant_head=f.hidden.T @ d_quant,
            quant_bias=d_quant.sum(axis=0),
        )


# ---- problem
def problem():
    r = np.random.default_rng(1848)
    w = Weights(r.normal(size=(4, 5)), r.normal(size=5) / 2, r.normal(size=(5, 1)), r.normal(size=1),
                r.normal(size=(5, 3)), r.normal(size=3))
    batch = Batch(r.normal(size=(10, 4)), r.normal(size=10) * 2)
    trainer = Trainer(w)

    def grads():
        g = trainer.gradient(batch)
        return {f.name: getattr(g, f.name) for f in fields(g)}
    return dict(loss=lambda: trainer.objective(batch), params=w, grads=grads)


FAULTS = """
loss-gradient | d_mean = np.clip(e, -self.delta, self.delta)[:, None] / n | d_mean = e[:, None] / n
loss-gradient | d_quant = self.mix * np.where(miss > 0, -self.taus, 1 - self.taus) / n | d_quant = self.mix * np.where(miss > 0, self.taus - 1, self.taus) / n
missing-term | d_hidden = d_mean @ w.mean_head.T + d_quant @ w.quant_head.T | d_hidden = d_mean @ w.mean_head.T
activation-derivative-at-wrong-value | d_pre = d_hidden / (1 + np.abs(f.pre)) ** 2 | d_pre = d_hidden / (1 + np.abs(f.hidden)) ** 2
wrong-activation-derivative | d_pre = d_hidden / (1 + np.abs(f.pre)) ** 2 | d_pre = d_hidden / (1 + np.abs(f.pre))
scale | d_quant = self.mix * np.where(miss > 0, -self.taus, 1 - self.taus) / n | d_quant = np.where(miss > 0, -self.taus, 1 - self.taus) / n
wrong-operand | mean_head=f.hidden.T @ d_mean, | mean_head=f.pre.T @ d_mean,
bias-reduction | trunk_bias=d_pre.sum(axis=0), | trunk_bias=d_pre[0],
sign | d_quant = self.mix * np.where(miss > 0, -self.taus, 1 - self.taus) / n | d_quant = self.mix * np.where(miss > 0, self.taus, self.taus - 1) / n
"""
