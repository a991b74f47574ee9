"""Discrete HMM trained by gradient instead of Baum-Welch: softmax-parametrised rows, scaled forward-backward."""
import numpy as np


def rows_softmax(L):
    E = np.exp(L - L.max(axis=-1, keepdims=True))
    return E / E.sum(axis=-1, keepdims=True)


class HMM:
    def __init__(self, n_states, n_symbols, seed):
        rs = np.random.RandomState(seed)
        self.start = rs.normal(size=n_states)
        self.trans = rs.normal(size=(n_states, n_states))
        self.emit = rs.normal(size=(n_states, n_symbols))

    def filter(self, obs):
        pi, A, B = rows_softmax(self.start), rows_softmax(self.trans), rows_softmax(self.emit)
        alpha = np.zeros((len(obs), len(pi)))
        c = np.zeros(len(obs))
        a = pi * B[:, obs[0]]
        c[0] = a.sum()
        alpha[0] = a / c[0]
        for t in range(1, len(obs)):
            a = (alpha[t - 1] @ A) * B[:, obs[t]]
            c[t] = a.sum()
            alpha[t] = a / c[t]
        return alpha, c, pi, A, B

    def neg_log_lik(self, sequences):
        return -sum(np.log(self.filter(obs)[1]).sum() for obs in sequences)

    def smooth(self, obs, c, A, B):
        beta = np.ones((len(obs), len(A)))
        for t in range(len(obs) - 2, -1, -1):
            beta[t] = A @ (B[:, obs[t + 1]] * beta[t + 1]) / c[t + 1]
        return beta

    def gradients(self, sequences):
        g_start = np.zeros_like(self.start)
        g_trans = np.zeros_like(self.trans)
        g_emit = np.zeros_like(self.emit)
        for obs in sequences:
            alpha, c, pi, A, B = self.filter(obs)
            beta = self.smooth(obs, c, A, B)
            gamma = alpha * beta
            counts = np.zeros_like(A)
            for t in range(len(obs) - 1):
                counts += np.outer(alpha[t], B[:, obs[t + 1]] * beta[t + 1]) * A / c[t + 1]
            seen = np.zeros_like(B)
            for t, symbol in enumerate(obs):
                seen[:, symbol] += gamma[t]
            g_start += pi - gamma[0]
            g_trans += A * counts.sum(axis=1, keepdims=True) - counts
            g_emit += B * gamma.sum(axis=0)[:, None] - seen
        return g_start, g_trans, g_emit


# ---- problem
def problem():
    model = HMM(3, 4, 10)
    sequences = [[0, 1, 3, 3, 2, 0], [2, 2, 1, 0]]
    return dict(loss=lambda: model.neg_log_lik(sequences), params=(model.start, model.trans, model.emit),
                grads=lambda: model.gradients(sequences))


FAULTS = """
indexing | beta[t] = A @ (B[:, obs[t + 1]] * beta[t + 1]) / c[t + 1] | beta[t] = A @ (B[:, obs[t + 1]] * beta[t + 1]) / c[t]
transpose | beta[t] = A @ (B[:, obs[t + 1]] * beta[t + 1]) / c[t + 1] | beta[t] = A.T @ (B[:, obs[t + 1]] * beta[t + 1]) / c[t + 1]
missing-term | counts += np.outer(alpha[t], B[:, obs[t + 1]] * beta[t + 1]) * A / c[t + 1] | counts += np.outer(alpha[t], beta[t + 1]) * A / c[t + 1]
scatter | seen[:, symbol] += gamma[t] | seen[:, symbol] = gamma[t]
softmax-jacobian | g_trans += A * counts.sum(axis=1, keepdims=True) - counts | g_trans += A * counts.sum(axis=0, keepdims=True) - counts
indexing | g_start += pi - gamma[0] | g_start += pi - gamma[-1]
wrong-operand | gamma = alpha * beta | gamma = alpha
"""
