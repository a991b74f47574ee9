import numpy as np


class BN:
    def __init__(self, n):
        self.gamma, self.beta = np.linspace(0.6, 1.4, n)[:, None], np.linspace(-0.3, 0.3, n)[:, None]

    def forward(self, x):
        self.mu, self.var = x.mean(1, keepdims=True), x.var(1, keepdims=True)
        self.inv = 1 / np.sqrt(self.var + 1e-5)
        self.xc = x - self.mu
        self.xhat = self.xc * self.inv
        return self.gamma * self.xhat + self.beta

    def backward(self, d):
        m = d.shape[1]
        self.dgamma = (d * self.xhat).sum(1, keepdims=True)
        self.dbeta = d.sum(1, keepdims=True)
        dxhat = d * self.gamma
        dvar = (dxhat * self.xc * -0.5 * self.inv**3).sum(1, keepdims=True)
        dmu = -(dxhat * self.inv).sum(1, keepdims=True)
        return dxhat * self.inv + dvar * 2 * self.xc / m + dmu / m


class Net:
    def __init__(self):
        r = np.random.default_rng(141)
        self.W1, self.W2 = r.normal(size=(5, 3)), r.normal(size=(2, 5))
        self.b2 = r.normal(size=(2, 1)) * 0.1
        self.bn = BN(5)

    def loss(self, X, T):
        self.a = np.tanh(self.bn.forward(self.W1 @ X))
        self.y = self.W2 @ self.a + self.b2
        return 0.5 * np.sum((self.y - T) ** 2) / X.shape[1]

    def back(self, X, T):
        self.loss(X, T)
        dy = (self.y - T) / X.shape[1]
        self.dW2, self.db2 = dy @ self.a.T, dy.sum(1, keepdims=True)
        dz = self.bn.backward((self.W2.T @ dy) * (1 - self.a**2))
        self.dW1 = dz @ X.T
        return dict(
            W1=self.dW1, gamma=self.bn.dgamma, beta=self.bn.dbeta, W2=self.dW2, b2=self.db2
        )


# ---- problem
def problem():
    r = np.random.default_rng(142)
    net, X, T = Net(), r.normal(size=(3, 9)), r.normal(size=(2, 9))
    params = dict(W1=net.W1, gamma=net.bn.gamma, beta=net.bn.beta, W2=net.W2, b2=net.b2)
    return dict(loss=lambda: net.loss(X, T), params=params, grads=lambda: net.back(X, T))


FAULTS = """
normalisation | return dxhat * self.inv + dvar * 2 * self.xc / m + dmu / m | return dxhat * self.inv + dmu / m
normalisation | self.dgamma = (d * self.xhat).sum(1, keepdims=True) | self.dgamma = (d * self.xc).sum(1, keepdims=True)
normalisation | dxhat = d * self.gamma | dxhat = d
missing-activation-derivative | dz = self.bn.backward((self.W2.T @ dy) * (1 - self.a**2)) | dz = self.bn.backward(self.W2.T @ dy)
"""
