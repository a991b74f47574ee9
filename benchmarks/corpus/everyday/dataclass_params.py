"""Ranking of chess openings from pairwise features... ok it's a small MLP with dataclasses."""
from dataclasses import dataclass, field
from typing import Callable

import numpy as np


@dataclass
class Config:
    seed: int = 17
    hidden: int = 14
    epochs: int = 25
    batch: int = 16
    lr: float = 0.08
    wd: float = 1e-3


@dataclass
class Param:
    value: np.ndarray
    grad: np.ndarray = field(init=False)
    decay: bool = True

    def __post_init__(self):
        self.grad = np.zeros_like(self.value)

    @property
    def size(self) -> int:
        return self.value.size


@dataclass
class Activation:
    f: Callable
    df: Callable   # derivative as a function of the *input*


SWISH = Activation(
    f=lambda z: z / (1 + np.exp(-z)),
    df=lambda z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2,
)


class MLP:
    def __init__(self, cfg: Config, n_in: int, n_out: int, act: Activation = SWISH):
        rng = np.random.default_rng(cfg.seed)
        self.cfg, self.act = cfg, act
        self.w1 = Param(rng.normal(size=(n_in, cfg.hidden)) / np.sqrt(n_in))
        self.b1 = Param(np.zeros(cfg.hidden), decay=False)
        self.w2 = Param(rng.normal(size=(cfg.hidden, n_out)) / np.sqrt(cfg.hidden))
        self.b2 = Param(np.zeros(n_out), decay=False)

    @property
    def params(self):
        return [self.w1, self.b1, self.w2, self.b2]

    @property
    def n_params(self):
        return sum(p.size for p in self.params)

    def loss(self, x, y):
        self.x, self.y = x, y
        self.z1 = x @ self.w1.value + self.b1.value
        self.h1 = self.act.f(self.z1)
        self.out = self.h1 @ self.w2.value + self.b2.value
        mse = np.mean(np.sum((self.out - y) ** 2, axis=1))
        return mse + self.cfg.wd * sum((p.value ** 2).sum() for p in self.params if p.decay)

    def backward(self):
        dout = 2 * (self.out - self.y) / self.x.shape[0]
        self.w2.grad = self.h1.T @ dout
        self.b2.grad = dout.sum(axis=0)
        dz1 = (dout @ self.w2.value.T) * self.act.df(self.z1)
        self.w1.grad = self.x.T @ dz1
        self.b1.grad = dz1.sum(axis=0)
        for p in self.params:
            if p.decay:
                p.grad += 2 * self.cfg.wd * p.value


def run(cfg: Config):
    rng = np.random.default_rng(cfg.seed + 1)
    x = rng.uniform(-1, 1, (128, 3))
    y = np.c_[np.sin(3 * x[:, 0]) * x[:, 1], x[:, 2] ** 2 - x[:, 0]]
    model = MLP(cfg, 3, 2)
    print("parameters:", model.n_params)
    for epoch in range(cfg.epochs):
        total = 0.0
        order = rng.permutation(len(x))
        for idx in order.reshape(-1, cfg.batch):
            total += model.loss(x[idx], y[idx])
            model.backward()
            for p in model.params:
                p.value -= cfg.lr * p.grad
        if epoch % 8 == 0:
            print(f"{epoch=:2d} loss={total / (len(x) / cfg.batch):.4f}")
    return model


if __name__ == "__main__":
    run(Config())

FAULTS = """
missing-regulariser | p.grad += 2 * self.cfg.wd * p.value | p.grad += self.cfg.wd * p.value
overwritten | p.grad += 2 * self.cfg.wd * p.value | p.grad = 2 * self.cfg.wd * p.value
wrong-variable | dz1 = (dout @ self.w2.value.T) * self.act.df(self.z1) | dz1 = (dout @ self.w2.value.T) * self.act.df(self.h1)
wrong-activation-derivative | df=lambda z: (1 + np.exp(-z) + z * np.exp(-z)) / (1 + np.exp(-z)) ** 2, | df=lambda z: np.exp(-z) / (1 + np.exp(-z)) ** 2,
wrong-factor | dout = 2 * (self.out - self.y) / self.x.shape[0] | dout = (self.out - self.y) / self.x.shape[0]
wrong-variable | self.b1.grad = dz1.sum(axis=0) | self.b1.grad = self.z1.sum(axis=0)
"""
