"""Multi-label tagging of short documents, class weights for rare tags, numerically stable BCE.

Run: python multilabel_tags.py
"""
from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Iterator

import numpy as np

logging.basicConfig(level=logging.INFO, format="%(message)s")
log = logging.getLogger("tags")


@dataclass
class Config:
    vocab: int = 14
    hidden: int = 6
    tags: int = 4
    lr: float = 0.3
    decay: float = 1e-3
    epochs: int = 25
    batch: int = 16
    seed: int = 123


@dataclass
class Params:
    W1: np.ndarray
    b1: np.ndarray
    W2: np.ndarray
    b2: np.ndarray
    velocity: dict = field(default_factory=dict)

    NAMES = ("W1", "b1", "W2", "b2")

    @classmethod
    def init(cls, cfg: Config, rng: np.random.Generator) -> "Params":
        return cls(
            W1=rng.normal(0, cfg.vocab ** -0.5, (cfg.vocab, cfg.hidden)),
            b1=np.zeros(cfg.hidden),
            W2=rng.normal(0, cfg.hidden ** -0.5, (cfg.hidden, cfg.tags)),
            b2=np.zeros(cfg.tags),
        )


def softplus(x):
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def loss_and_grads(p: Params, X: np.ndarray, Y: np.ndarray, weight: np.ndarray, decay: float):
    a1 = X @ p.W1 + p.b1
    h1 = np.where(a1 > 0, a1, np.expm1(a1))               # ELU
    logits = h1 @ p.W2 + p.b2
    # weighted BCE:  w y softplus(-z) + (1 - y) softplus(z)
    bce = weight * Y * softplus(-logits) + (1 - Y) * softplus(logits)
    loss = bce.mean() + 0.5 * decay * ((p.W1 ** 2).sum() + (p.W2 ** 2).sum())

    prob = 1 / (1 + np.exp(-logits))
    dlogits = ((1 - Y) * prob - weight * Y * (1 - prob)) / Y.size
    grads = {}
    grads["W2"] = h1.T @ dlogits + decay * p.W2
    grads["b2"] = dlogits.sum(axis=0)
    da1 = (dlogits @ p.W2.T) * np.where(a1 > 0, 1.0, np.exp(a1))
    grads["W1"] = X.T @ da1 + decay * p.W1
    grads["b1"] = da1.sum(axis=0)
    return loss, grads


def batches(X, Y, size, rng) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    idx = rng.permutation(len(X))
    for s in range(0, len(X), size):
        yield X[idx[s:s + size]], Y[idx[s:s + size]]


def train(cfg: Config) -> Params:
    rng = np.random.default_rng(cfg.seed)
    M = rng.normal(size=(cfg.vocab, cfg.tags))
    X = rng.poisson(0.6, size=(96, cfg.vocab)).astype(float)
    Y = (X @ M - 1.0 > rng.normal(size=(96, cfg.tags))).astype(float)
    weight = (1 - Y.mean(axis=0)) / np.maximum(Y.mean(axis=0), 0.05)
    params = Params.init(cfg, rng)
    for epoch in range(cfg.epochs):
        lr = cfg.lr / (1 + 0.05 * epoch)
        seen = []
        for xb, yb in batches(X, Y, cfg.batch, rng):
            loss, grads = loss_and_grads(params, xb, yb, weight, cfg.decay)
            seen.append(loss)
            for name in Params.NAMES:
                v = params.velocity.get(name, 0.0)
                v = 0.9 * v + grads[name]
                params.velocity[name] = v
                setattr(params, name, getattr(params, name) - lr * v)
        if epoch % 8 == 0:
            log.info("epoch %02d  loss %.4f", epoch, np.mean(seen))
    return params


if __name__ == "__main__":
    train(Config())

FAULTS = """
missing-factor | dlogits = ((1 - Y) * prob - weight * Y * (1 - prob)) / Y.size | dlogits = (prob - Y) / Y.size
normalisation | dlogits = ((1 - Y) * prob - weight * Y * (1 - prob)) / Y.size | dlogits = ((1 - Y) * prob - weight * Y * (1 - prob)) / len(Y)
wrong-activation-derivative | da1 = (dlogits @ p.W2.T) * np.where(a1 > 0, 1.0, np.exp(a1)) | da1 = (dlogits @ p.W2.T) * np.where(a1 > 0, 1.0, h1)
missing-term | grads["W1"] = X.T @ da1 + decay * p.W1 | grads["W1"] = X.T @ da1
pre-for-post | grads["W2"] = h1.T @ dlogits + decay * p.W2 | grads["W2"] = a1.T @ dlogits + decay * p.W2
wrong-axis | grads["b1"] = da1.sum(axis=0) | grads["b1"] = da1.sum(axis=1)[:6]
"""
