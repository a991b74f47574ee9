import numpy as np


class Dense:
    def __init__(self, n, m, rng):
        self.w = rng.normal(size=(n, m)) / np.sqrt(n)
        self.b = rng.normal(size=m) / 6
        self.dw = np.zeros_like(self.w)
        self.db = np.zeros_like(self.b)

    def forward(self, x):
        self.x = x
        return x.dot(self.w) + self.b

    def backward(self, g):
        self.dw[...] = self.x.T.dot(g)
        self.db[...] = g.sum(axis=0)
        return g.dot(self.w.T)


class LeakyReLU:
    def __init__(self, leak):
        self.leak = leak

    def forward(self, x):
        self.factor = np.where(x > 0, 1.0, self.leak)
        return x * self.factor

    def backward(self, g):
        return g * self.factor


class Tanh:
    def forward(self, x):
        self.out = np.tanh(x)
        return self.out

    def backward(self, g):
        return g * (1 - self.out ** 2)


class Stack:
    def __init__(self, *layers):
        self.layers = layers

    def forward(self, x):
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def backward(self, g):
        for layer in self.layers[::-1]:
            g = layer.backward(g)
        return g

    def dense(self):
        return [layer for layer in self.layers if isinstance(layer, Dense)]


class LSGAN:
    """The generator is trained through a critic that is held fixed; feature matching helps it."""

    def __init__(self, rng):
        self.generator = Stack(Dense(2, 5, rng), LeakyReLU(0.2), Dense(5, 5, rng), Tanh(), Dense(5, 3, rng))
        self.body = Stack(Dense(3, 4, rng), LeakyReLU(0.1))
        self.top = Dense(4, 1, rng)
        self.z = rng.normal(size=(8, 2))
        self.real = rng.normal(size=(6, 3)) + 0.7
        self.alpha = 0.5

    def forward(self):
        self.goal = self.body.forward(self.real).mean(axis=0)
        self.fake = self.generator.forward(self.z)
        self.feat = self.body.forward(self.fake)
        self.score = self.top.forward(self.feat)
        self.match = self.feat.mean(axis=0) - self.goal
        return 0.5 * np.mean((self.score - 1) ** 2) + self.alpha * np.sum(self.match ** 2)

    def backward(self):
        self.forward()
        n = len(self.z)
        dscore = (self.score - 1) / n
        dfeat = self.top.backward(dscore)
        dfeat = dfeat + 2 * self.alpha * self.match / n
        dfake = self.body.backward(dfeat)
        self.generator.backward(dfake)
        return [(layer.dw, layer.db) for layer in self.generator.dense()]


# ---- problem
def problem():
    gan = LSGAN(np.random.default_rng(1611))
    params = [(layer.w, layer.b) for layer in gan.generator.dense()]
    return dict(loss=gan.forward, params=params, grads=gan.backward)


FAULTS = """
missing-term | dfeat = dfeat + 2 * self.alpha * self.match / n |
wrong-activation-derivative | return g * (1 - self.out ** 2) | return g * self.out * (1 - self.out)
missing-activation-derivative | return g * self.factor | return g
stale-buffer | self.out = np.tanh(x);;return self.out | if not hasattr(self, 'out'):;;    self.out = np.tanh(x);;return np.tanh(x)
accumulation | self.dw[...] = self.x.T.dot(g) | self.dw[...] += self.x.T.dot(g)
bias-reduction | self.db[...] = g.sum(axis=0) | self.db[...] = g.sum()
"""
