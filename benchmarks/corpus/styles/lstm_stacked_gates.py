import numpy as np


def sig(x):
    return 1 / (1 + np.exp(-x))


class CharLSTM:
    """One weight matrix for all gates (input, forget, output, candidate), tied embeddings."""

    def __init__(self, vocab, size, seed=0):
        r = np.random.RandomState(seed)
        self.n = size
        self.E = r.randn(vocab, size) * 0.6
        self.W = r.randn(2 * size, 4 * size) * 0.4
        self.b = r.randn(4 * size) * 0.2
        self.params = {"E": self.E, "W": self.W, "b": self.b}

    def forward(self, text):
        n, self.tape = self.n, []
        h, c = np.zeros(n), np.zeros(n)
        total = 0.0
        for here, there in zip(text, text[1:]):
            xh = np.concatenate([self.E[here], h])
            a = xh @ self.W + self.b
            i, f, o, g = sig(a[:n]), sig(a[n : 2 * n]), sig(a[2 * n : 3 * n]), np.tanh(a[3 * n :])
            before = c
            c = f * before + i * g
            h = o * np.tanh(c)
            s = self.E @ h
            p = np.exp(s - s.max())
            p /= p.sum()
            total -= np.log(p[there])
            self.tape.append((here, there, xh, i, f, o, g, before, c, h, p))
        return total

    def backward(self, text):
        self.forward(text)
        n = self.n
        grads = {k: np.zeros_like(v) for k, v in self.params.items()}
        dh_next, dc_next = np.zeros(n), np.zeros(n)
        for here, there, xh, i, f, o, g, before, c, h, p in reversed(self.tape):
            ds = p.copy()
            ds[there] -= 1
            grads["E"] += np.outer(ds, h)
            dh = self.E.T @ ds + dh_next
            tc = np.tanh(c)
            dc = dh * o * (1 - tc**2) + dc_next
            da = np.empty(4 * n)
            da[:n] = dc * g * i * (1 - i)
            da[n : 2 * n] = dc * before * f * (1 - f)
            da[2 * n : 3 * n] = dh * tc * o * (1 - o)
            da[3 * n :] = dc * i * (1 - g**2)
            grads["W"] += np.outer(xh, da)
            grads["b"] += da
            dxh = self.W @ da
            grads["E"][here] += dxh[:n]
            dh_next = dxh[n:]
            dc_next = dc * f
        return grads


# ---- problem
def problem():
    net = CharLSTM(5, 3, seed=9)
    text = [0, 3, 1, 4, 4, 2]
    return dict(loss=lambda: net.forward(text), params=net.params, grads=lambda: net.backward(text))


FAULTS = """
recurrence | dc_next = dc * f | dc_next = dc
recurrence | dh_next = dxh[n:] |
recurrence | dc = dh * o * (1 - tc**2) + dc_next | dc = dh * o * (1 - tc**2)
indexing | dh_next = dxh[n:] | dh_next = dxh[:n]
wrong-operand | da[n : 2 * n] = dc * before * f * (1 - f) | da[n : 2 * n] = dc * c * f * (1 - f)
wrong-operand | da[:n] = dc * g * i * (1 - i) | da[:n] = dc * f * i * (1 - i)
missing-activation-derivative | da[2 * n : 3 * n] = dh * tc * o * (1 - o) | da[2 * n : 3 * n] = dh * tc
wrong-activation-derivative | da[3 * n :] = dc * i * (1 - g**2) | da[3 * n :] = dc * i * g * (1 - g)
missing-term | grads["E"] += np.outer(ds, h) |
missing-gradient | grads["b"] += da |
accumulation | grads["E"][here] += dxh[:n] | grads["E"][here] = dxh[:n]
indexing | grads["E"][here] += dxh[:n] | grads["E"][there] += dxh[:n]
activation-derivative-at-wrong-value | dc = dh * o * (1 - tc**2) + dc_next | dc = dh * o * (1 - c**2) + dc_next
"""
