import numpy as np


class Drop:
    def __init__(self, p):
        self.p = p

    def forward(self, x):
        r = np.random.default_rng(77)
        self.m = (r.random(x.shape) >= self.p) / (1 - self.p)
        return x * self.m

    def backward(self, g):
        return g * self.m


class Net:
    def __init__(self):
        r = np.random.default_rng(5)
        self.w1 = r.normal(size=(3, 6))
        self.c1 = r.normal(size=6)
        self.w2 = r.normal(size=(6, 5))
        self.c2 = r.normal(size=5)
        self.w3 = r.normal(size=(5, 1))
        self.c3 = r.normal(size=1)
        self.drop = Drop(0.4)
        self.x = r.normal(size=(11, 3))
        self.t = (r.random((11, 1)) > 0.5) * 1.0

    def out(self):
        self.z1 = self.x @ self.w1 + self.c1
        self.a1 = np.maximum(self.z1, 0)
        self.h1 = self.drop.forward(self.a1)
        self.a2 = 1 / (1 + np.exp(-(self.h1 @ self.w2 + self.c2)))
        return 1 / (1 + np.exp(-(self.a2 @ self.w3 + self.c3)))

    def loss(self):
        p = self.out()
        return float(-np.mean(self.t * np.log(p) + (1 - self.t) * np.log(1 - p)))

    def grads(self):
        p = self.out()
        n = len(self.x)
        d3 = (p - self.t) / n
        d2 = d3 @ self.w3.T * self.a2 * (1 - self.a2)
        d1 = self.drop.backward(d2 @ self.w2.T) * (self.z1 > 0)
        return dict(
            w1=self.x.T @ d1,
            c1=d1.sum(0),
            w2=self.h1.T @ d2,
            c2=d2.sum(0),
            w3=self.a2.T @ d3,
            c3=d3.sum(0),
        )


net = Net()
params = {k: getattr(net, k) for k in ("w1", "c1", "w2", "c2", "w3", "c3")}


# ---- problem
def problem():
    return dict(loss=net.loss, params=params, grads=net.grads)


FAULTS = """
dropout-mask | return g * self.m | return g
dropout-mask | return g * self.m | return g * (self.m > 0)
dropout-mask | return g * self.m | return g * self.m / (1 - self.p)
dropout-mask | w2=self.h1.T @ d2, | w2=self.a1.T @ d2,
missing-activation-derivative | d1 = self.drop.backward(d2 @ self.w2.T) * (self.z1 > 0) | d1 = self.drop.backward(d2 @ self.w2.T)
"""
