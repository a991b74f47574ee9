"""Gradient accumulation: micro-batches of 8, step every 4 of them (my GPU is a Raspberry Pi)."""
import numpy as np

rng = np.random.default_rng(64)


class Classifier:
    def __init__(self, d, h, k):
        self.p = {
            "W": rng.normal(0, np.sqrt(2 / d), (d, h)), "b": np.full(h, 0.01),
            "V": rng.normal(0, np.sqrt(2 / h), (h, k)), "c": np.zeros(k),
        }
        self.zero_grad()

    def zero_grad(self):
        self.g = {name: np.zeros_like(value) for name, value in self.p.items()}

    def forward(self, x):
        self.x = x
        self.a = x @ self.p["W"] + self.p["b"]
        self.h = np.maximum(self.a, 0.01 * self.a)
        return self.h @ self.p["V"] + self.p["c"]

    def backward(self, dout):
        self.g["V"] += self.h.T @ dout
        self.g["c"] += dout.sum(axis=0)
        da = (dout @ self.p["V"].T) * np.where(self.a > 0, 1.0, 0.01)
        self.g["W"] += self.x.T @ da
        self.g["b"] += da.sum(axis=0)


def cross_entropy(logits, y):
    logits = logits - logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    dlogits = np.exp(logp)
    dlogits[np.arange(len(y)), y] -= 1.0
    return -logp[np.arange(len(y)), y].mean(), dlogits / len(y)


d, k = 8, 4
means = rng.normal(0, 1.5, (k, d))
labels = rng.integers(0, k, 256)
inputs = means[labels] + rng.normal(size=(256, d))

model = Classifier(d, 20, k)
accumulate = 4
lr = 0.3
for epoch in range(12):
    order = rng.permutation(256)
    epoch_loss = 0.0
    model.zero_grad()
    for i in range(256 // 8):
        rows = order[i * 8:(i + 1) * 8]
        loss, dlogits = cross_entropy(model.forward(inputs[rows]), labels[rows])
        model.backward(dlogits / accumulate)
        epoch_loss += loss
        if (i + 1) % accumulate == 0:
            for name in model.p:
                model.p[name] -= lr * model.g[name]
            model.zero_grad()
    if epoch % 4 == 3:
        print(f"epoch {epoch + 1:2d} loss {epoch_loss / 32:.4f}")

FAULTS = """
overwritten | self.g["W"] += self.x.T @ da | self.g["W"] = self.x.T @ da
missing-activation-derivative | da = (dout @ self.p["V"].T) * np.where(self.a > 0, 1.0, 0.01) | da = dout @ self.p["V"].T
wrong-variable | da = (dout @ self.p["V"].T) * np.where(self.a > 0, 1.0, 0.01) | da = (dout @ self.p["V"].T) * np.where(self.a > 0, 1.0, 0.1)
wrong-variable | self.g["b"] += da.sum(axis=0) | self.g["b"] += da.mean(axis=0)
wrong-sign | self.g["c"] += dout.sum(axis=0) | self.g["c"] -= dout.sum(axis=0)
wrong-index | dlogits[np.arange(len(y)), y] -= 1.0 | dlogits[:, y] -= 1.0
"""
