import numpy as np

class AutoEncoder:
    LEARNING_RATE = 0.5
    HIDDEN = 3

    def __init__(self, n_features, seed=1234):
        r = np.random.RandomState(seed)
        a = 1. / n_features
        self.W = r.uniform(-a, a, (n_features, self.HIDDEN))
        self.V = r.uniform(-a, a, (self.HIDDEN, n_features))
        self.hbias = np.zeros(self.HIDDEN)
        self.vbias = np.zeros(n_features)

    @staticmethod
    def sigmoid(x):
        return 1. / (1 + np.exp(-x))

    def encode(self, x):
        return self.sigmoid(x @ self.W + self.hbias)

    def decode(self, h):
        return self.sigmoid(h @ self.V + self.vbias)

    def step(self, x):
        h = self.encode(x)
        z = self.decode(h)
        L_v = (z - x) * z * (1 - z)
        L_h = L_v @ self.V.T * h * (1 - h)
        n = x.shape[0]
        self.V -= self.LEARNING_RATE * h.T @ L_v / n
        self.W -= self.LEARNING_RATE * x.T @ L_h / n
        self.vbias -= self.LEARNING_RATE * np.mean(L_v, axis=0)
        self.hbias -= self.LEARNING_RATE * np.mean(L_h, axis=0)

    def reconstruction_error(self, x):
        z = self.decode(self.encode(x))
        return 0.5 * ((z - x) ** 2).sum(axis=1).mean()


data = np.array([[1, 1, 1, 0, 0, 0, 0],
                 [1, 0, 1, 0, 0, 0, 1],
                 [1, 1, 1, 0, 0, 0, 0],
                 [0, 0, 1, 1, 1, 0, 0],
                 [0, 0, 1, 1, 0, 1, 0],
                 [0, 0, 1, 1, 1, 1, 0]])
ae = AutoEncoder(data.shape[1])
for epoch in range(100):
    ae.step(data)
    if epoch % 20 == 0:
        cost = ae.reconstruction_error(data)
        print("epoch", epoch, "cost", cost)


FAULTS = """
missing-activation-derivative | L_v = (z - x) * z * (1 - z) | L_v = (z - x)
wrong-operand | L_h = L_v @ self.V.T * h * (1 - h) | L_h = L_v @ self.W * h * (1 - h)
bias-reduction | self.hbias -= self.LEARNING_RATE * np.mean(L_h, axis=0) | self.hbias -= self.LEARNING_RATE * np.mean(L_h)
scale | self.W -= self.LEARNING_RATE * x.T @ L_h / n | self.W -= self.LEARNING_RATE * x.T @ L_h
"""
