"""Gradient accumulation: 4 micro-batches of 8 make one step. Trainer object, hooks, history."""
import numpy as np


class Parameter:
    def __init__(self, value):
        self.value = value
        self.grad = np.zeros_like(value)

    def zero_grad(self):
        self.grad.fill(0.0)


class Linear:
    def __init__(self, rng, fan_in, fan_out):
        self.weight = Parameter(rng.normal(0, 1 / np.sqrt(fan_in), (fan_out, fan_in)))
        self.bias = Parameter(np.zeros(fan_out))

    def forward(self, x):
        self.saved = x
        return x @ self.weight.value.T + self.bias.value

    def backward(self, g):
        self.weight.grad += g.T @ self.saved
        self.bias.grad += g.sum(axis=0)
        return g @ self.weight.value

    def parameters(self):
        yield self.weight
        yield self.bias


class Sin:
    def forward(self, x):
        self.saved = x
        return np.sin(x)

    def backward(self, g):
        return g * np.cos(self.saved)

    def parameters(self):
        return ()


class MSE:
    def forward(self, pred, target):
        self.diff = pred - target
        return (self.diff ** 2).mean()

    def backward(self):
        return 2 * self.diff / self.diff.size


class SGD:
    def __init__(self, params, lr, momentum, weight_decay):
        self.params = list(params)
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.buf = [np.zeros_like(p.value) for p in self.params]

    def step(self):
        for p, v in zip(self.params, self.buf):
            g = p.grad + self.weight_decay * p.value
            v *= self.momentum
            v += g
            p.value -= self.lr * v

    def zero_grad(self):
        for p in self.params:
            p.zero_grad()


class Trainer:
    def __init__(self, layers, criterion, optimizer, accumulate):
        self.layers, self.criterion = layers, criterion
        self.optimizer, self.accumulate = optimizer, accumulate
        self.history = []

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def train_step(self, micro_batches):
        self.optimizer.zero_grad()
        total = 0.0
        for x, y in micro_batches:
            total += self.criterion.forward(self.forward(x), y) / self.accumulate
            g = self.criterion.backward() / self.accumulate
            for layer in reversed(self.layers):
                g = layer.backward(g)
        self.optimizer.step()
        self.history.append(total)
        return total

    def fit(self, x, y, steps, size, rng):
        for step in range(steps):
            idx = rng.integers(0, len(x), (self.accumulate, size))
            loss = self.train_step([(x[i], y[i]) for i in idx])
            if step % 25 == 0:
                print("step", step, "loss", round(float(loss), 5))


def main():
    rng = np.random.default_rng(5)
    x = rng.uniform(-2, 2, (200, 2))
    y = np.stack([x[:, 0] * x[:, 1], np.cos(x[:, 0])], axis=1)
    layers = [Linear(rng, 2, 10), Sin(), Linear(rng, 10, 2)]
    params = [p for layer in layers for p in layer.parameters()]
    trainer = Trainer(layers, MSE(), SGD(params, 0.05, 0.9, 0.0), accumulate=4)
    trainer.fit(x, y, steps=100, size=8, rng=rng)


main()

FAULTS = """
overwritten | self.weight.grad += g.T @ self.saved | self.weight.grad = g.T @ self.saved
missing-factor | g = self.criterion.backward() / self.accumulate | g = self.criterion.backward()
wrong-activation-derivative | return g * np.cos(self.saved) | return g * (1 - np.sin(self.saved) ** 2)
normalisation | return 2 * self.diff / self.diff.size | return 2 * self.diff / len(self.diff)
stale-value | self.optimizer.zero_grad() | pass
wrong-axis | self.bias.grad += g.sum(axis=0) | self.bias.grad += g.sum()
"""
