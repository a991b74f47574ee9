import numpy as np


class SimpleRNN:
    """h_t = tanh(W x_t + U h_{t-1} + b), one sequence (T, n_in)"""

    def __init__(self, n_in, n_h, rs, reverse=False):
        self.W = rs.uniform(-1, 1, (n_h, n_in))
        self.U = rs.uniform(-1, 1, (n_h, n_h)) * 0.6
        self.b = rs.uniform(-1, 1, n_h) * 0.3
        self.reverse = reverse

    def order(self, T):
        return range(T - 1, -1, -1) if self.reverse else range(T)

    def forward(self, xs):
        self.xs = xs
        T = len(xs)
        self.hs = np.zeros((T, len(self.b)))
        self.prev = np.zeros((T, len(self.b)))
        h = np.zeros(len(self.b))
        for t in self.order(T):
            self.prev[t] = h
            h = np.tanh(self.W @ xs[t] + self.U @ h + self.b)
            self.hs[t] = h
        return self.hs

    def backward(self, dhs):
        self.dW, self.dU, self.db = (np.zeros_like(a) for a in (self.W, self.U, self.b))
        dxs = np.zeros_like(self.xs)
        carry = np.zeros(len(self.b))
        for t in reversed(self.order(len(dhs))):
            dz = (dhs[t] + carry) * (1 - self.hs[t] ** 2)
            self.dW += np.outer(dz, self.xs[t])
            self.dU += np.outer(dz, self.prev[t])
            self.db += dz
            dxs[t] = self.W.T @ dz
            carry = self.U.T @ dz
        return dxs


class BiTagger:
    def __init__(self, n_vocab, n_emb, n_h, n_tags, seed=4):
        rs = np.random.RandomState(seed)
        self.E = rs.randn(n_vocab, n_emb) * 0.8
        self.fwd = SimpleRNN(n_emb, n_h, rs)
        self.bwd = SimpleRNN(n_emb, n_h, rs, reverse=True)
        self.O = rs.randn(n_tags, 2 * n_h) * 0.7

    def loss(self, words, tags):
        xs = self.E[words]
        self.h = np.hstack([self.fwd.forward(xs), self.bwd.forward(xs)])
        s = self.h @ self.O.T
        self.p = np.exp(s) / np.exp(s).sum(1, keepdims=True)
        return -np.sum(np.log(self.p[range(len(tags)), tags]))

    def grads(self, words, tags):
        self.loss(words, tags)
        ds = self.p.copy()
        ds[range(len(tags)), tags] -= 1
        dO = ds.T @ self.h
        dh = ds @ self.O
        k = len(self.fwd.b)
        dxs = self.fwd.backward(dh[:, :k]) + self.bwd.backward(dh[:, k:])
        dE = np.zeros_like(self.E)
        for w, dx in zip(words, dxs):
            dE[w] += dx
        f, b = self.fwd, self.bwd
        return dict(E=dE, O=dO, f=[f.dW, f.dU, f.db], b=[b.dW, b.dU, b.db])


tagger = BiTagger(5, 3, 3, 4)
words, tags = [1, 4, 0, 1, 2], [0, 3, 2, 1, 1]


# ---- problem
def problem():
    f, b = tagger.fwd, tagger.bwd
    return dict(
        loss=lambda: tagger.loss(words, tags),
        params=dict(E=tagger.E, O=tagger.O, f=[f.W, f.U, f.b], b=[b.W, b.U, b.b]),
        grads=lambda: tagger.grads(words, tags),
    )


FAULTS = """
recurrence | for t in reversed(self.order(len(dhs))): | for t in range(len(dhs) - 1, -1, -1):
recurrence | dz = (dhs[t] + carry) * (1 - self.hs[t] ** 2) | dz = dhs[t] * (1 - self.hs[t] ** 2)
recurrence | dz = (dhs[t] + carry) * (1 - self.hs[t] ** 2) | dz = dhs[t] * (1 - self.hs[t] ** 2) + carry
indexing | self.bwd.backward(dh[:, k:]) | self.bwd.backward(dh[:, :k])
missing-term | dxs = self.fwd.backward(dh[:, :k]) + self.bwd.backward(dh[:, k:]) | dxs = self.fwd.backward(dh[:, :k]);;self.bwd.backward(dh[:, k:])
wrong-operand | self.dU += np.outer(dz, self.prev[t]) | self.dU += np.outer(dz, self.hs[t])
accumulation | dE[w] += dx | dE[w] = dx
transpose | carry = self.U.T @ dz | carry = self.U @ dz
swapped-gradients | b=[b.dW, b.dU, b.db]) | b=[b.dU, b.dW, b.db])
"""
