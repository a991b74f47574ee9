from dataclasses import dataclass, field

import numpy as np

rng = np.random.default_rng(31)


@dataclass
class Dense:
    n_in: int
    n_out: int
    W: np.ndarray = field(init=False)
    b: np.ndarray = field(init=False)

    def __post_init__(self):
        self.W = rng.standard_normal((self.n_in, self.n_out)) / np.sqrt(self.n_in)
        self.b = np.zeros(self.n_out)


@dataclass
class Model:
    hidden: Dense
    output: Dense
    lr: float = 0.2


@dataclass
class Metrics:
    epoch: int
    loss: float


def softplus(z):
    return np.log1p(np.exp(z))


def forward(model, x):
    z = x @ model.hidden.W + model.hidden.b
    a = softplus(z)
    return z, a, a @ model.output.W + model.output.b


def train_epoch(model, x, y, epoch):
    z, a, out = forward(model, x)
    diff = out - y
    loss = 0.5 * float(np.mean(np.sum(diff ** 2, axis=1)))
    delta = diff / len(x)
    delta_hidden = delta @ model.output.W.T / (1 + np.exp(-z))
    model.output.W -= model.lr * a.T @ delta
    model.output.b -= model.lr * delta.sum(axis=0)
    model.hidden.W -= model.lr * x.T @ delta_hidden
    model.hidden.b -= model.lr * delta_hidden.sum(axis=0)
    return Metrics(epoch, loss)


x = rng.uniform(-1, 1, (40, 2))
y = np.stack([x[:, 0] * x[:, 1], np.abs(x[:, 0])], axis=1)
model = Model(Dense(2, 6), Dense(6, 2))
log = [train_epoch(model, x, y, e) for e in range(5)]
for epoch in range(5, 200):
    log.append(train_epoch(model, x, y, epoch))
print(log[0], log[-1])


FAULTS = """
wrong-activation-derivative | delta_hidden = delta @ model.output.W.T / (1 + np.exp(-z)) | delta_hidden = delta @ model.output.W.T / (1 + np.exp(z))
bias-reduction | model.hidden.b -= model.lr * delta_hidden.sum(axis=0) | model.hidden.b -= model.lr * delta_hidden.mean(axis=0)
wrong-operand | model.output.W -= model.lr * a.T @ delta | model.output.W -= model.lr * z.T @ delta
missing-gradient | model.output.b -= model.lr * delta.sum(axis=0) |
"""
