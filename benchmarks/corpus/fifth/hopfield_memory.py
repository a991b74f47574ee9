# Modern Hopfield layer: stored patterns are learned, one state is retrieved in two update steps
import numpy as np


def softmax(a):
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


class HopfieldPooling:
    def __init__(self, rng, d, n_patterns, n_out, beta=1.3, steps=2):
        self.beta, self.steps = beta, steps
        self.params = {
            "patterns": rng.normal(size=(n_patterns, d)),
            "Wq": rng.normal(size=(d, d)) / np.sqrt(d),
            "Wv": rng.normal(size=(d, n_out)),
        }

    def forward(self, x):
        P = self.params
        xi = x @ P["Wq"]
        self.trace = []
        for _ in range(self.steps):
            p = softmax(self.beta * xi @ P["patterns"].T)
            self.trace.append((xi, p))
            xi = p @ P["patterns"]
        self.x, self.xi = x, xi
        return xi @ P["Wv"]

    def backward(self, dy):
        P = self.params
        self.grads = {k: np.zeros_like(v) for k, v in P.items()}
        self.grads["Wv"] += self.xi.T @ dy
        dxi = dy @ P["Wv"].T
        for xi, p in self.trace[::-1]:
            dp = dxi @ P["patterns"].T
            self.grads["patterns"] += p.T @ dxi
            da = p * (dp - (dp * p).sum(axis=-1, keepdims=True))
            self.grads["patterns"] += self.beta * da.T @ xi
            dxi = self.beta * da @ P["patterns"]
        self.grads["Wq"] += self.x.T @ dxi


def huber(r, k=1.0):
    return np.where(np.abs(r) < k, 0.5 * r**2, k * (np.abs(r) - 0.5 * k))


# ---- problem
def problem():
    rng = np.random.default_rng(33)
    layer = HopfieldPooling(rng, 3, 5, 2)
    x, t = rng.normal(size=(7, 3)), 2 * rng.normal(size=(7, 2))

    def loss():
        return huber(layer.forward(x) - t).sum() / len(x)

    def grads():
        r = layer.forward(x) - t
        layer.backward(np.clip(r, -1.0, 1.0) / len(x))
        return layer.grads

    return dict(params=layer.params, loss=loss, grads=grads)


FAULTS = """
missing-term | self.grads["patterns"] += p.T @ dxi |
scale | self.grads["patterns"] += self.beta * da.T @ xi | self.grads["patterns"] += da.T @ xi
softmax-jacobian | da = p * (dp - (dp * p).sum(axis=-1, keepdims=True)) | da = p * (1 - p) * dp
accumulation | self.grads["patterns"] += self.beta * da.T @ xi | self.grads["patterns"] = self.beta * da.T @ xi
loss-gradient | layer.backward(np.clip(r, -1.0, 1.0) / len(x)) | layer.backward(r / len(x))
wrong-operand | self.grads["Wv"] += self.xi.T @ dy | self.grads["Wv"] += self.trace[-1][0].T @ dy
"""
