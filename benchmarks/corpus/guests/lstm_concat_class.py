import numpy as np


def sigm(a):
    return 1 / (1 + np.exp(-a))


class LSTM:
    """One matrix for all four gates, input and state stacked. Order of gates: forget, input, cand, output."""

    def __init__(self, D, H, seed):
        rs = np.random.RandomState(seed)
        self.D, self.H = D, H
        self.W = rs.randn(D + H, 4 * H) * 0.5
        self.b = rs.randn(4 * H) * 0.2
        self.V = rs.randn(H)

    def forward(self, X):
        N, T, _ = X.shape
        h, c = np.zeros((N, self.H)), np.zeros((N, self.H))
        self.steps = []
        H = self.H
        for t in range(T):
            z = np.concatenate([X[:, t], h], axis=1)
            a = z @ self.W + self.b
            f, i, o = sigm(a[:, :H]), sigm(a[:, H:2 * H]), sigm(a[:, 3 * H:])
            g = np.tanh(a[:, 2 * H:3 * H])
            c_old = c
            c = f * c_old + i * g
            h = o * np.tanh(c)
            self.steps.append((z, f, i, g, o, c_old, c))
        self.h = h
        return h @ self.V

    def loss(self, X, y):
        return 0.5 * np.mean((self.forward(X) - y) ** 2)

    def backward(self, X, y):
        out = self.forward(X)
        d_out = (out - y) / len(y)
        gV = self.h.T @ d_out
        gW, gb = np.zeros_like(self.W), np.zeros_like(self.b)
        dh = np.outer(d_out, self.V)
        dc = np.zeros_like(dh)
        for z, f, i, g, o, c_old, c in self.steps[::-1]:
            tc = np.tanh(c)
            do = dh * tc
            dc = dc + dh * o * (1 - tc ** 2)
            df = dc * c_old
            di = dc * g
            dg = dc * i
            da = np.concatenate([df * f * (1 - f), di * i * (1 - i), dg * (1 - g ** 2), do * o * (1 - o)], axis=1)
            gW += z.T @ da
            gb += da.sum(axis=0)
            dh = (da @ self.W.T)[:, self.D:]
            dc = dc * f
        return gW, gb, gV


# ---- problem
def problem():
    net = LSTM(2, 3, 17)
    rs = np.random.RandomState(18)
    X, y = rs.randn(4, 5, 2), rs.randn(4)
    return dict(loss=lambda: net.loss(X, y), params=(net.W, net.b, net.V), grads=lambda: net.backward(X, y))


FAULTS = """
recurrence | dc = dc + dh * o * (1 - tc ** 2) | dc = dh * o * (1 - tc ** 2)
missing-activation-derivative | dc = dc + dh * o * (1 - tc ** 2) | dc = dc + dh * o
wrong-operand | df = dc * c_old | df = dc * c
activation-derivative-at-wrong-value | dc = dc + dh * o * (1 - tc ** 2) | dc = dc + dh * o * (1 - c ** 2)
wrong-operand | dg = dc * i | dg = dc * f
accumulation | gW += z.T @ da | gW = z.T @ da
indexing | dh = (da @ self.W.T)[:, self.D:] | dh = (da @ self.W.T)[:, :self.H]
wrong-activation-derivative | dg * (1 - g ** 2) | dg * g * (1 - g)
bias-reduction | gb += da.sum(axis=0) | gb += da.mean(axis=0)
indexing | for z, f, i, g, o, c_old, c in self.steps[::-1]: | for z, f, i, g, o, c_old, c in self.steps:
"""
