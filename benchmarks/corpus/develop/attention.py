import numpy as np


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


class Attention:
    def __init__(self, d, dk, seed=1):
        r = np.random.RandomState(seed)
        self.Wq, self.Wk, self.Wv = (r.randn(d, dk) * 0.5 for _ in range(3))
        self.Wo = r.randn(dk, d) * 0.5

    def forward(self, X):
        self.X = X
        self.Q, self.K, self.V = X @ self.Wq, X @ self.Wk, X @ self.Wv
        self.scale = 1 / np.sqrt(self.K.shape[1])
        self.P = softmax(self.Q @ self.K.T * self.scale)
        self.H = self.P @ self.V
        return self.H @ self.Wo + X

    def backward(self, dY):
        g = {}
        g["Wo"] = self.H.T @ dY
        dH = dY @ self.Wo.T
        dV = self.P.T @ dH
        dP = dH @ self.V.T
        dS = self.P * (dP - (dP * self.P).sum(axis=-1, keepdims=True))
        dS = dS * self.scale
        dQ = dS @ self.K
        dK = dS.T @ self.Q
        g["Wq"] = self.X.T @ dQ
        g["Wk"] = self.X.T @ dK
        g["Wv"] = self.X.T @ dV
        dX = dQ @ self.Wq.T + dK @ self.Wk.T + dV @ self.Wv.T + dY
        return g, dX


class Block:
    def __init__(self):
        self.embed = np.random.RandomState(3).randn(6, 4) * 0.7
        self.att = Attention(4, 3)

    def run(self, tokens, target):
        self.tokens = tokens
        self.y = self.att.forward(self.embed[tokens])
        self.diff = self.y - target
        return 0.5 * (self.diff**2).sum()

    def gradients(self):
        g, dX = self.att.backward(self.diff)
        demb = np.zeros_like(self.embed)
        np.add.at(demb, self.tokens, dX)
        return {**g, "embed": demb}


# ---- problem
def problem():
    block = Block()
    tokens = np.array([1, 4, 1, 0, 5])
    target = np.random.RandomState(8).randn(5, 4)

    def grads():
        block.run(tokens, target)
        return block.gradients()

    params = {k: getattr(block.att, k) for k in ("Wq", "Wk", "Wv", "Wo")}
    params["embed"] = block.embed
    return dict(loss=lambda: block.run(tokens, target), params=params, grads=grads)


FAULTS = """
softmax-jacobian | dS = self.P * (dP - (dP * self.P).sum(axis=-1, keepdims=True)) | dS = self.P * (1 - self.P) * dP
softmax-jacobian | (dP * self.P).sum(axis=-1, keepdims=True) | (dP * self.P).sum(axis=0, keepdims=True)
scale | dS = dS * self.scale |
transpose | dK = dS.T @ self.Q | dK = dS @ self.Q
wrong-operand | dQ = dS @ self.K | dQ = dS @ self.Q
missing-term | dK @ self.Wk.T + dV @ self.Wv.T + dY | dK @ self.Wk.T + dV @ self.Wv.T
wrong-operand | g["Wv"] = self.X.T @ dV | g["Wv"] = self.X.T @ dK
scatter | np.add.at(demb, self.tokens, dX) | demb[self.tokens] += dX
wrong-operand | dP = dH @ self.V.T | dP = dH @ self.K.T
"""
