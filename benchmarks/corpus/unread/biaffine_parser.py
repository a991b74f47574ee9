# Deep biaffine dependency parser (Dozat & Manning), arcs only. words are columns of E (d, n); index 0 = ROOT.
import numpy as np


class Parser:
    def __init__(self, vocab, d, k, seed):
        rs = np.random.RandomState(seed)
        self.emb = rs.randn(d, vocab) * 0.8
        self.ctx = rs.randn(d, d) * 0.5      # mixes in the left neighbour
        self.Hd, self.Hh = rs.randn(k, d), rs.randn(k, d)
        self.bd, self.bh = rs.randn(k, 1) * .2, rs.randn(k, 1) * .2
        self.U = rs.randn(k, k) * 0.7
        self.u = rs.randn(k)

    def weights(self):
        return self.emb, self.ctx, self.Hd, self.Hh, self.bd, self.bh, self.U, self.u

    def score(self, words):
        E = self.emb[:, words]
        left = np.roll(E, 1, axis=1)
        left[:, 0] = 0
        X = E + self.ctx @ left
        D = np.tanh(self.Hd @ X + self.bd)
        H = np.tanh(self.Hh @ X + self.bh)
        # S[i, j]: word j has head i
        S = H.T @ self.U @ D + (self.u @ H)[:, None]
        return S, (left, X, D, H)

    def loss(self, corpus):
        total, arcs = 0.0, 0
        for words, heads in corpus:
            S, _ = self.score(words)
            for j in range(1, len(words)):
                total += np.log(np.sum(np.exp(S[:, j]))) - S[heads[j], j]
                arcs += 1
        return total / arcs

    def grads(self, corpus):
        g_emb, g_ctx, g_Hd, g_Hh, g_bd, g_bh, g_U, g_u = (np.zeros_like(w) for w in self.weights())
        arcs = sum(len(words) - 1 for words, _ in corpus)
        for words, heads in corpus:
            S, (left, X, D, H) = self.score(words)
            P = np.exp(S) / np.exp(S).sum(axis=0)
            for j in range(1, len(words)):
                P[heads[j], j] -= 1
            P[:, 0] = 0
            P /= arcs
            g_U += H @ P @ D.T
            g_u += H @ P.sum(axis=1)
            dD = self.U.T @ H @ P
            dH = self.U @ D @ P.T + np.outer(self.u, P.sum(axis=1))
            aD = dD * (1 - D * D)
            aH = dH * (1 - H * H)
            g_Hd += aD @ X.T
            g_Hh += aH @ X.T
            g_bd += aD.sum(axis=1, keepdims=True)
            g_bh += aH.sum(axis=1, keepdims=True)
            dX = self.Hd.T @ aD + self.Hh.T @ aH
            g_ctx += dX @ left.T
            dleft = self.ctx.T @ dX
            dE = dX.copy()
            dE[:, :-1] += dleft[:, 1:]
            for j, w in enumerate(words):
                g_emb[:, w] += dE[:, j]
        return g_emb, g_ctx, g_Hd, g_Hh, g_bd, g_bh, g_U, g_u


# ---- problem
def problem():
    parser = Parser(5, 3, 3, 88)
    corpus = [([0, 2, 3, 2, 1], [None, 2, 0, 2, 3]), ([0, 4, 1], [None, 2, 0])]
    return dict(loss=lambda: parser.loss(corpus), params=parser.weights(), grads=lambda: parser.grads(corpus))


FAULTS = """
transpose | dH = self.U @ D @ P.T + np.outer(self.u, P.sum(axis=1)) | dH = self.U.T @ D @ P.T + np.outer(self.u, P.sum(axis=1))
missing-term | dH = self.U @ D @ P.T + np.outer(self.u, P.sum(axis=1)) | dH = self.U @ D @ P.T
softmax-jacobian | P = np.exp(S) / np.exp(S).sum(axis=0) | P = np.exp(S) / np.exp(S).sum(axis=1, keepdims=True)
missing-term | P[:, 0] = 0 |
indexing | dE[:, :-1] += dleft[:, 1:] | dE[:, 1:] += dleft[:, :-1]
missing-term | dE[:, :-1] += dleft[:, 1:] |
scatter | g_emb[:, w] += dE[:, j] | g_emb[:, w] = dE[:, j]
transpose | g_U += H @ P @ D.T | g_U += D @ P.T @ H.T
indexing | P[heads[j], j] -= 1 | P[j, heads[j]] -= 1
wrong-operand | aD = dD * (1 - D * D) | aD = dD * (1 - H * H)
"""
