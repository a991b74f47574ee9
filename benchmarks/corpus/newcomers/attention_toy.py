"""Scaled dot-product self-attention, single head, causal, with an output projection. No batches."""
import numpy as np


def softmax_rows(s):
    s = np.exp(s - s.max(-1, keepdims=True))
    return s / s.sum(-1, keepdims=True)


class SelfAttention:
    def __init__(self, d_model, d_head, seed):
        init = np.random.default_rng(seed).normal
        self.Wq = init(size=(d_model, d_head))
        self.Wk = init(size=(d_model, d_head))
        self.Wv = init(size=(d_model, d_head))
        self.Wo = init(size=(d_head, d_model))
        self.bo = init(size=d_model) * 0.1

    def forward(self, X):
        T = len(X)
        self.X = X
        self.Q, self.K, self.V = X @ self.Wq, X @ self.Wk, X @ self.Wv
        self.scale = 1 / np.sqrt(self.Q.shape[1])
        scores = self.Q @ self.K.T * self.scale
        scores[np.triu_indices(T, 1)] = -1e9
        self.A = softmax_rows(scores)
        self.ctx = self.A @ self.V
        return X + self.ctx @ self.Wo + self.bo

    def backward(self, dY):
        g = {}
        g["Wo"] = self.ctx.T @ dY
        g["bo"] = dY.sum(0)
        dctx = dY @ self.Wo.T
        dA = dctx @ self.V.T
        dV = self.A.T @ dctx
        dS = self.A * (dA - np.sum(dA * self.A, axis=-1, keepdims=True))
        dS = dS * self.scale
        dQ = dS @ self.K
        dK = dS.T @ self.Q
        g["Wq"] = self.X.T @ dQ
        g["Wk"] = self.X.T @ dK
        g["Wv"] = self.X.T @ dV
        dX = dY + dQ @ self.Wq.T + dK @ self.Wk.T + dV @ self.Wv.T
        return g, dX


# ---- problem
def problem():
    d, T = 3, 5
    rng = np.random.default_rng(1706)
    first, second = SelfAttention(d, 4, 1), SelfAttention(d, 2, 2)
    X, goal = rng.normal(size=(T, d)), rng.normal(size=(T, d))

    def loss():
        return np.mean((second.forward(first.forward(X)) - goal) ** 2)

    def grads():
        out = second.forward(first.forward(X))
        g2, d_mid = second.backward(2 * (out - goal) / goal.size)
        g1, _ = first.backward(d_mid)
        return [g1, g2]

    names = ["Wq", "Wk", "Wv", "Wo", "bo"]
    params = [{n: getattr(layer, n) for n in names} for layer in (first, second)]
    return dict(loss=loss, params=params, grads=grads)


FAULTS = """
scale | dS = dS * self.scale |
softmax-jacobian | dS = self.A * (dA - np.sum(dA * self.A, axis=-1, keepdims=True)) | dS = dA * self.A * (1 - self.A)
transpose | dK = dS.T @ self.Q | dK = dS @ self.Q
transpose | dV = self.A.T @ dctx | dV = self.A @ dctx
missing-term | dX = dY + dQ @ self.Wq.T | dX = dQ @ self.Wq.T
missing-term | + dK @ self.Wk.T + dV @ self.Wv.T | + dK @ self.Wk.T
wrong-operand | dQ = dS @ self.K | dQ = dS @ self.V
swapped-gradients | g["Wq"] = self.X.T @ dQ;;g["Wk"] = self.X.T @ dK | g["Wq"] = self.X.T @ dK;;g["Wk"] = self.X.T @ dQ
wrong-operand | dK @ self.Wk.T + dV @ self.Wv.T | dK @ self.Wq.T + dV @ self.Wv.T
"""
