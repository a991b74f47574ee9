# Two-layer ResNet-ish MLP with dataclass parameters and momentum; trained with Nesterov-less SGD
from dataclasses import dataclass, field, fields
import numpy as np


@dataclass
class Params:
    W_in: np.ndarray
    W_a: np.ndarray
    W_b: np.ndarray
    W_out: np.ndarray
    bias: np.ndarray


@dataclass
class Trainer:
    params: Params
    lr: float = 0.05
    wd: float = 1e-3
    history: list = field(default_factory=list)

    def forward(self, x):
        p = self.params
        h0 = x @ p.W_in
        u = np.tanh(h0 @ p.W_a)
        h1 = h0 + u @ p.W_b
        y = h1 @ p.W_out + p.bias
        return y, (x, h0, u, h1)

    def objective(self, y, t):
        p = self.params
        l2 = sum((getattr(p, f.name) ** 2).sum() for f in fields(p) if f.name.startswith("W"))
        return 0.5 * ((y - t) ** 2).sum(axis=1).mean() + 0.5 * self.wd * l2

    def gradients(self, y, t, cache) -> Params:
        p = self.params
        x, h0, u, h1 = cache
        dy = (y - t) / len(t)
        dW_out = h1.T @ dy + self.wd * p.W_out
        dbias = dy.sum(axis=0)
        dh1 = dy @ p.W_out.T
        dW_b = u.T @ dh1 + self.wd * p.W_b
        dpre = (dh1 @ p.W_b.T) * (1 - u * u)
        dW_a = h0.T @ dpre + self.wd * p.W_a
        dh0 = dh1 + dpre @ p.W_a.T
        dW_in = x.T @ dh0 + self.wd * p.W_in
        return Params(dW_in, dW_a, dW_b, dW_out, dbias)

    def step(self, x, t):
        y, cache = self.forward(x)
        self.history.append(self.objective(y, t))
        g = self.gradients(y, t, cache)
        for f in fields(g):
            w = getattr(self.params, f.name)
            setattr(self.params, f.name, w - self.lr * getattr(g, f.name))


def main():
    rng = np.random.default_rng(55)
    x = rng.normal(size=(256, 4))
    t = np.column_stack([x[:, 0] * x[:, 1], np.abs(x[:, 2])])
    n = lambda i, o: rng.normal(size=(i, o)) / np.sqrt(i)
    tr = Trainer(Params(n(4, 10), n(10, 10), n(10, 10), n(10, 2), np.zeros(2)))
    for epoch in range(10):
        perm = rng.permutation(256)
        for start in range(0, 256, 32):
            rows = perm[start:start + 32]
            tr.step(x[rows], t[rows])
        print(f"epoch={epoch} objective={np.mean(tr.history[-8:]):.4f}")


if __name__ == "__main__":
    main()

FAULTS = """
skip-connection-forgotten | dh0 = dh1 + dpre @ p.W_a.T | dh0 = dpre @ p.W_a.T
square-transpose-missing | dpre = (dh1 @ p.W_b.T) * (1 - u * u) | dpre = (dh1 @ p.W_b) * (1 - u * u)
wrong-cache,-h1-instead-of-u | dW_b = u.T @ dh1 + self.wd * p.W_b | dW_b = h1.T @ dh1 + self.wd * p.W_b
divided-by-the-number-of-elements-t.size | dy = (y - t) / len(t) | dy = (y - t) / t.size
decay-of-wrong-matrix-(shadowed-name) | dW_a = h0.T @ dpre + self.wd * p.W_a | dW_a = h0.T @ dpre + self.wd * p.W_b
"""
