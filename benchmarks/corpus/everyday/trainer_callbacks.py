"""Keras-like toy: Sequential, Trainer with callbacks, parameters() yields (param, grad) pairs."""
from __future__ import annotations

import numpy as np


class Module:
    def parameters(self):
        return []


class Linear(Module):
    def __init__(self, fan_in, fan_out, rng):
        self.weight = rng.normal(0, 1 / np.sqrt(fan_in), (fan_out, fan_in))
        self.bias = np.zeros(fan_out)
        self.weight_grad = np.zeros_like(self.weight)
        self.bias_grad = np.zeros_like(self.bias)

    def __call__(self, x):
        self._input = x
        return x @ self.weight.T + self.bias

    def backward(self, grad):
        self.weight_grad += grad.T @ self._input
        self.bias_grad += grad.sum(0)
        return grad @ self.weight

    def parameters(self):
        yield self.weight, self.weight_grad
        yield self.bias, self.bias_grad


class Softplus(Module):
    def __call__(self, x):
        self._x = x
        return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)

    def backward(self, grad):
        return grad / (1 + np.exp(-self._x))


class Sequential(Module):
    def __init__(self, *modules):
        self.modules = modules

    def __call__(self, x):
        for module in self.modules:
            x = module(x)
        return x

    def backward(self, grad):
        for module in self.modules[::-1]:
            grad = module.backward(grad)

    def parameters(self):
        for module in self.modules:
            yield from module.parameters()


class HuberLoss:
    def __init__(self, delta=1.0):
        self.delta = delta

    def __call__(self, pred, target):
        self.r = pred - target
        small = np.abs(self.r) <= self.delta
        self.small = small
        return np.where(small, 0.5 * self.r ** 2, self.delta * (np.abs(self.r) - 0.5 * self.delta)).mean()

    def backward(self):
        return np.where(self.small, self.r, self.delta * np.sign(self.r)) / self.r.size


class Callback:
    def on_epoch_end(self, trainer, epoch, logs):
        pass


class Printer(Callback):
    def __init__(self, every):
        self.every = every

    def on_epoch_end(self, trainer, epoch, logs):
        if epoch % self.every == 0:
            print(f"epoch {epoch}: {logs}")


class LRDrop(Callback):
    def on_epoch_end(self, trainer, epoch, logs):
        if epoch in (20, 30):
            trainer.lr *= 0.5


class Trainer:
    def __init__(self, model, loss, lr, callbacks=()):
        self.model, self.loss, self.lr, self.callbacks = model, loss, lr, callbacks

    def zero_grad(self):
        for _, g in self.model.parameters():
            g.fill(0)

    def train_step(self, xb, yb):
        self.zero_grad()
        value = self.loss(self.model(xb), yb)
        self.model.backward(self.loss.backward())
        for p, g in self.model.parameters():
            p -= self.lr * g
        return value

    def fit(self, x, y, epochs, batch_size, rng):
        for epoch in range(epochs):
            perm = rng.permutation(len(x))
            losses = [self.train_step(x[i], y[i]) for i in np.array_split(perm, len(x) // batch_size)]
            for cb in self.callbacks:
                cb.on_epoch_end(self, epoch, {"loss": round(float(np.mean(losses)), 4)})


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    x = rng.uniform(-2, 2, (200, 2))
    y = (x[:, :1] * x[:, 1:] + 0.5 * x[:, :1]) + 0.1 * rng.standard_t(2, (200, 1))
    model = Sequential(Linear(2, 16, rng), Softplus(), Linear(16, 1, rng))
    Trainer(model, HuberLoss(0.5), lr=0.1, callbacks=[Printer(10), LRDrop()]).fit(x, y, 40, 25, rng)

FAULTS = """
forgotten-zeroing | g.fill(0) | pass
wrong-activation-derivative | return grad / (1 + np.exp(-self._x)) | return grad / (1 + np.exp(self._x))
missing-term | return np.where(self.small, self.r, self.delta * np.sign(self.r)) / self.r.size | return self.r / self.r.size
missing-factor | return np.where(self.small, self.r, self.delta * np.sign(self.r)) / self.r.size | return np.where(self.small, self.r, np.sign(self.r)) / self.r.size
missing-sum | self.bias_grad += grad.sum(0) | self.bias_grad += grad[0]
wrong-sign | p -= self.lr * g | p += self.lr * g
"""
