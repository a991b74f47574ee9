"""A tiny 'framework': layers with forward/backward, an SGD optimiser with momentum."""
import numpy as np


class Layer:
    params = ()

    def forward(self, x, training=True):
        raise NotImplementedError

    def backward(self, dout):
        raise NotImplementedError


class Dense(Layer):
    def __init__(self, n_in, n_out, rng):
        limit = np.sqrt(6.0 / (n_in + n_out))
        self.W = rng.uniform(-limit, limit, (n_in, n_out))
        self.b = np.zeros(n_out)
        self.vW = np.zeros_like(self.W)
        self.vb = np.zeros_like(self.b)

    def forward(self, x, training=True):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW = self.x.T @ dout
        self.db = dout.sum(axis=0)
        return dout @ self.W.T


class LeakyReLU(Layer):
    def __init__(self, alpha=0.1):
        self.alpha = alpha

    def forward(self, x, training=True):
        self.mask = x > 0
        return np.where(self.mask, x, self.alpha * x)

    def backward(self, dout):
        return np.where(self.mask, dout, self.alpha * dout)


class Tanh(Layer):
    def forward(self, x, training=True):
        self.out = np.tanh(x)
        return self.out

    def backward(self, dout):
        return dout * (1 - self.out ** 2)


class SoftmaxCrossEntropy:
    def forward(self, logits, y):
        z = logits - logits.max(axis=1, keepdims=True)
        e = np.exp(z)
        self.p = e / e.sum(axis=1, keepdims=True)
        self.y = y
        return -np.log(self.p[np.arange(len(y)), y] + 1e-12).mean()

    def backward(self):
        d = self.p.copy()
        d[np.arange(len(self.y)), self.y] -= 1
        return d / len(self.y)


class Momentum:
    def __init__(self, layers, lr=0.05, mu=0.9):
        self.layers, self.lr, self.mu = layers, lr, mu

    def step(self):
        for layer in self.layers:
            if not hasattr(layer, "W"):
                continue
            layer.vW = self.mu * layer.vW - self.lr * layer.dW
            layer.vb = self.mu * layer.vb - self.lr * layer.db
            layer.W += layer.vW
            layer.b += layer.vb


rng = np.random.default_rng(7)
centers = rng.normal(0, 2, (4, 5))
y = rng.integers(0, 4, 240)
X = centers[y] + rng.normal(0, 1.0, (240, 5))

net = [Dense(5, 16, rng), LeakyReLU(), Dense(16, 10, rng), Tanh(), Dense(10, 4, rng)]
criterion = SoftmaxCrossEntropy()
opt = Momentum(net, lr=0.02)

for epoch in range(30):
    order = rng.permutation(len(X))
    running = 0.0
    for start in range(0, len(X), 40):
        batch = order[start:start + 40]
        out = X[batch]
        for layer in net:
            out = layer.forward(out)
        running += criterion.forward(out, y[batch])
        grad = criterion.backward()
        for layer in reversed(net):
            grad = layer.backward(grad)
        opt.step()
    if epoch % 10 == 9:
        print(f"epoch {epoch + 1:3d}  loss {running / 6:.4f}")

FAULTS = """
missing-factor | return np.where(self.mask, dout, self.alpha * dout) | return np.where(self.mask, dout, 0)
activation-derivative | return dout * (1 - self.out ** 2) | return dout * self.out * (1 - self.out)
missing-sum | self.db = dout.sum(axis=0) | self.db = dout.mean(axis=0)
missing-term | d[np.arange(len(self.y)), self.y] -= 1 | pass
wrong-variable | layer.b += layer.vb | layer.b += layer.db
wrong-sign | layer.vb = self.mu * layer.vb - self.lr * layer.db | layer.vb = self.mu * layer.vb + self.lr * layer.db
"""
