import numpy as np
from numpy.random import RandomState

class SGNS:
    """skip-gram with negative sampling"""

    def __init__(self, vocab_size, dim, lr=0.1, k=3, seed=0):
        self.rs = RandomState(seed)
        self.U = self.rs.normal(0, 0.3, (vocab_size, dim))
        self.V = self.rs.normal(0, 0.3, (vocab_size, dim))
        self.lr, self.k, self.n = lr, k, vocab_size

    def train_pair(self, w, c):
        ids = [c] + list(self.rs.choice([i for i in range(self.n) if i != c], self.k, replace=False))
        labels = np.array([1] + [0] * self.k)
        u = self.U[w].copy()
        vs = self.V[ids]
        probs = 1 / (1 + np.exp(-vs @ u))
        loss = -np.log(np.where(labels == 1, probs, 1 - probs)).sum()
        err = probs - labels
        grad_u = err @ vs
        self.V[ids] -= self.lr * np.outer(err, u)
        self.U[w] -= self.lr * grad_u
        return loss

    def fit(self, pairs, epochs=5):
        for ep in range(epochs):
            total = 0.0
            for w, c in pairs:
                total += self.train_pair(w, c)
            print("epoch", ep, "loss", total / len(pairs))


sentence = [0, 1, 2, 3, 1, 4, 5, 0, 2, 6]
pairs = [(sentence[i], sentence[j]) for i in range(len(sentence))
         for j in (i - 1, i + 1) if 0 <= j < len(sentence)]
model = SGNS(vocab_size=7, dim=4)
model.fit(pairs)


FAULTS = """
sign | err = probs - labels | err = labels - probs
wrong-operand | self.V[ids] -= self.lr * np.outer(err, u) | self.V[ids] -= self.lr * np.outer(err, self.V[c])
scale | grad_u = err @ vs | grad_u = err @ vs / len(ids)
wrong-activation-derivative | grad_u = err @ vs | grad_u = (err * probs * (1 - probs)) @ vs
"""
