# Gaussian HMM by gradient ascent: Fisher's identity, i.e. posteriors times complete-data scores
import numpy as np


class HMM:
    def __init__(self, seed):
        g = np.random.default_rng(seed)
        self.pi_logits = g.normal(size=3)
        self.A_logits = g.normal(size=(3, 3))
        self.mu = g.normal(size=3) * 2
        self.log_sd = g.normal(size=3) * 0.3

    @staticmethod
    def softmax(z):
        e = np.exp(z - z.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    def emission(self, y):
        sd = np.exp(self.log_sd)
        return np.exp(-0.5 * ((y[:, None] - self.mu) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))

    def forward(self, y):
        B, A = self.emission(y), self.softmax(self.A_logits)
        alpha, scale = np.zeros_like(B), np.zeros(len(y))
        a = self.softmax(self.pi_logits) * B[0]
        for t in range(len(y)):
            if t > 0:
                a = (alpha[t - 1] @ A) * B[t]
            scale[t] = a.sum()
            alpha[t] = a / scale[t]
        return alpha, scale, B, A

    def nll(self, seqs):
        return -sum(np.log(self.forward(y)[1]).sum() for y in seqs)

    def score(self, seqs):
        d_pi, d_A = np.zeros(3), np.zeros((3, 3))
        d_mu, d_log_sd = np.zeros(3), np.zeros(3)
        for y in seqs:
            alpha, scale, B, A = self.forward(y)
            T = len(y)
            beta = np.ones((T, 3))
            for t in range(T - 2, -1, -1):
                beta[t] = A @ (B[t + 1] * beta[t + 1]) / scale[t + 1]
            gamma = alpha * beta
            xi = np.zeros((3, 3))
            for t in range(T - 1):
                xi += np.outer(alpha[t], B[t + 1] * beta[t + 1]) * A / scale[t + 1]
            d_pi -= gamma[0] - self.softmax(self.pi_logits)
            d_A -= xi - xi.sum(axis=1, keepdims=True) * A
            u = (y[:, None] - self.mu) / np.exp(self.log_sd)
            d_mu -= (gamma * u / np.exp(self.log_sd)).sum(axis=0)
            d_log_sd -= (gamma * (u**2 - 1)).sum(axis=0)
        return d_pi, d_A, d_mu, d_log_sd


# ---- problem
def problem():
    hmm = HMM(2)
    g = np.random.default_rng(3)
    seqs = [g.normal(size=n) * 2 for n in (5, 7, 4)]
    return dict(params=(hmm.pi_logits, hmm.A_logits, hmm.mu, hmm.log_sd), loss=lambda: hmm.nll(seqs),
                grads=lambda: hmm.score(seqs))


FAULTS = """
missing-term | d_log_sd -= (gamma * (u**2 - 1)).sum(axis=0) | d_log_sd -= (gamma * u**2).sum(axis=0)
missing-term | d_mu -= (gamma * u / np.exp(self.log_sd)).sum(axis=0) | d_mu -= (gamma * u).sum(axis=0)
transpose | beta[t] = A @ (B[t + 1] * beta[t + 1]) / scale[t + 1] | beta[t] = A.T @ (B[t + 1] * beta[t + 1]) / scale[t + 1]
softmax-jacobian | d_A -= xi - xi.sum(axis=1, keepdims=True) * A | d_A -= xi * (1 - A)
wrong-operand | gamma = alpha * beta | gamma = alpha
indexing | d_pi -= gamma[0] - self.softmax(self.pi_logits) | d_pi -= gamma[1] - self.softmax(self.pi_logits)
"""
