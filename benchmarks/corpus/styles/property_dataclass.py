from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

TAUS = np.array([0.1, 0.5, 0.9])


@dataclass
class Linear:
    weight: np.ndarray
    shift: np.ndarray
    seen: np.ndarray | None = None
    grads: dict = field(default_factory=dict)

    @classmethod
    def random(cls, rng, rows, cols):
        return cls(rng.normal(0, 0.6, (rows, cols)), rng.normal(0, 0.2, (rows, 1)))

    @property
    def params(self):
        return {"weight": self.weight, "shift": self.shift}

    def forward(self, x):
        self.seen = x
        return self.weight @ x + self.shift

    def backward(self, delta):
        self.grads["weight"] = delta @ self.seen.T
        self.grads["shift"] = delta.sum(axis=1, keepdims=True)
        return self.weight.T @ delta


@dataclass
class QuantileNet:
    first: Linear
    second: Linear
    head: Linear
    ridge: float = 0.05

    @property
    def layers(self):
        return self.first, self.second, self.head

    @property
    def params(self):
        return [layer.params for layer in self.layers]

    @property
    def grads(self):
        return [layer.grads for layer in self.layers]

    @property
    def penalty(self):
        return 0.5 * self.ridge * sum((layer.weight**2).sum() for layer in self.layers)

    def forward(self, x):
        self.u = self.first.forward(x)
        self.p = np.where(self.u > 0, self.u, 0.2 * self.u)
        self.v = self.second.forward(self.p)
        self.q = self.v / (1 + np.abs(self.v))
        return self.head.forward(np.vstack([self.q, self.p[:2]]))

    def loss(self, x, y):
        gap = y - self.forward(x)
        pinball = np.maximum(TAUS[:, None] * gap, (TAUS[:, None] - 1) * gap)
        return pinball.sum() / y.size + self.penalty

    def backward(self, x, y):
        out = self.forward(x)
        n = y.size
        delta = np.where(y > out, -TAUS[:, None], 1 - TAUS[:, None]) / n
        both = self.head.backward(delta)
        dq, dskip = both[:-2], both[-2:]
        dv = dq / (1 + np.abs(self.v)) ** 2
        dp = self.second.backward(dv)
        dp[:2] += dskip
        du = dp * np.where(self.u > 0, 1, 0.2)
        self.first.backward(du)
        for layer in self.layers:
            layer.grads["weight"] = layer.grads["weight"] + self.ridge * layer.weight
        return self.grads


# ---- problem
def problem():
    rng = np.random.default_rng(8)
    net = QuantileNet(Linear.random(rng, 5, 3), Linear.random(rng, 4, 5), Linear.random(rng, 3, 6))
    x, y = rng.normal(size=(3, 7)), rng.normal(size=(1, 7))
    return dict(loss=lambda: net.loss(x, y), params=net.params, grads=lambda: net.backward(x, y))


FAULTS = """
loss-gradient | delta = np.where(y > out, -TAUS[:, None], 1 - TAUS[:, None]) / n | delta = np.where(y > out, -TAUS[:, None], TAUS[:, None]) / n
sign | delta = np.where(y > out, -TAUS[:, None], 1 - TAUS[:, None]) / n | delta = np.where(y > out, TAUS[:, None], TAUS[:, None] - 1) / n
indexing | dq, dskip = both[:-2], both[-2:] | dq, dskip = both[:-2], both[:2]
wrong-activation-derivative | dv = dq / (1 + np.abs(self.v)) ** 2 | dv = dq / (1 + np.abs(self.v))
activation-derivative-at-wrong-value | dv = dq / (1 + np.abs(self.v)) ** 2 | dv = dq / (1 + np.abs(self.q)) ** 2
missing-term | dp[:2] += dskip |
activation-derivative-at-wrong-value | du = dp * np.where(self.u > 0, 1, 0.2) | du = dp * np.where(dp > 0, 1, 0.2)
wrong-activation-derivative | du = dp * np.where(self.u > 0, 1, 0.2) | du = dp * np.where(self.u > 0, 1, 0)
missing-activation-derivative | self.first.backward(du) | self.first.backward(dp)
regulariser | layer.grads["weight"] = layer.grads["weight"] + self.ridge * layer.weight | layer.grads["weight"] = layer.grads["weight"] + 2 * self.ridge * layer.weight
regulariser | layer.grads["weight"] = layer.grads["weight"] + self.ridge * layer.weight | layer.grads["weight"] = layer.grads["weight"]
"""
