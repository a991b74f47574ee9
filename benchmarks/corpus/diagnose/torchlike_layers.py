import numpy as np


class Linear:
    def __init__(self, i, o, rng):
        self.weight = rng.normal(size=(o, i)) / np.sqrt(i)
        self.bias = rng.normal(size=o) * 0.1

    def forward(self, x):
        self.x = x
        return x @ self.weight.T + self.bias

    def backward(self, g):
        self.weight_grad = g.T @ self.x
        self.bias_grad = g.sum(axis=0)
        return g @ self.weight


class ReLU:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, g):
        return g * self.mask


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, g):
        return g * (1 - self.out**2)


class MSE:
    def forward(self, p, t):
        self.d = p - t
        return float((self.d**2).mean())

    def backward(self):
        return 2 * self.d / self.d.size


class Sequential:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for l in self.layers:
            x = l.forward(x)
        return x

    def backward(self, g):
        for l in reversed(self.layers):
            g = l.backward(g)


rng = np.random.default_rng(8)
net = Sequential(Linear(3, 6, rng), Tanh(), Linear(6, 5, rng), ReLU(), Linear(5, 2, rng))
crit = MSE()
X = rng.normal(size=(10, 3))
T = rng.normal(size=(10, 2))
loss = lambda: crit.forward(net.forward(X), T)


def grads():
    loss()
    net.backward(crit.backward())


# ---- problem
def problem():
    return dict(loss=loss, params=net, grads=grads)


FAULTS = """
wrong-activation-derivative | return g * (1 - self.out**2) | return g * (1 - self.out) ** 2
missing-activation-derivative | return g * (1 - self.out**2) | return g
activation-derivative-at-wrong-value | return g * self.mask | return g * (g > 0)
scale | return 2 * self.d / self.d.size | return 2 * self.d / len(self.d)
scale | return 2 * self.d / self.d.size | return self.d / self.d.size
bias-reduction | self.bias_grad = g.sum(axis=0) | self.bias_grad = g.mean(axis=0)
accumulation | self.weight_grad = g.T @ self.x | self.weight_grad = getattr(self, "weight_grad", 0) + g.T @ self.x
loss-gradient | return 2 * self.d / self.d.size | return np.sign(self.d) / self.d.size
"""
