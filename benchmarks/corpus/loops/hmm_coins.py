"""Two-state HMM with Bernoulli emissions, fitted by gradient on the exact log-likelihood.

Parameters are unconstrained: logits of the start, of the rows of the transition matrix, and of
the emission probability. The gradient is that of Fisher's identity: expected counts under the
posterior (forward-backward), minus what the model would give.
"""
import numpy as np


def softmax(v):
    w = np.exp(v - v.max(axis=-1, keepdims=True))
    return w / w.sum(axis=-1, keepdims=True)


class CoinHMM:
    def __init__(self, seed=1):
        rng = np.random.default_rng(seed)
        self.start = rng.normal(size=2) * 0.1
        self.trans = np.array([[1.0, -0.5], [-0.2, 0.8]])
        self.emit = np.array([-0.5, 0.7])

    def posterior(self, obs):
        pi, A = softmax(self.start), softmax(self.trans)
        q = 1 / (1 + np.exp(-self.emit))
        B = np.where(obs[:, None] == 1, q, 1 - q)
        T = len(obs)
        alpha, beta, scale = np.zeros((T, 2)), np.ones((T, 2)), np.zeros(T)
        alpha[0] = pi * B[0]
        scale[0] = alpha[0].sum()
        alpha[0] /= scale[0]
        for t in range(1, T):
            alpha[t] = (alpha[t - 1] @ A) * B[t]
            scale[t] = alpha[t].sum()
            alpha[t] /= scale[t]
        for t in range(T - 2, -1, -1):
            beta[t] = A @ (B[t + 1] * beta[t + 1]) / scale[t + 1]
        gamma = alpha * beta
        xi = np.zeros((2, 2))
        for t in range(T - 1):
            xi += np.outer(alpha[t], B[t + 1] * beta[t + 1]) * A / scale[t + 1]
        return np.log(scale).sum(), gamma, xi

    def nll_and_gradient(self, obs):
        loglik, gamma, xi = self.posterior(obs)
        q = 1 / (1 + np.exp(-self.emit))
        g_start = softmax(self.start) - gamma[0]
        g_trans = xi.sum(axis=1, keepdims=True) * softmax(self.trans) - xi
        g_emit = (gamma * (q - obs[:, None])).sum(axis=0)
        return -loglik, (g_start, g_trans, g_emit)

    def fit(self, obs, epochs=60, lr=0.02):
        for epoch in range(epochs):
            nll, (gs, gt, ge) = self.nll_and_gradient(obs)
            self.start -= lr * gs
            self.trans -= lr * gt
            self.emit -= lr * ge
            if epoch % 20 == 0:
                print(epoch, round(nll, 4))
        return self


def simulate(T=80, seed=4):
    rng = np.random.default_rng(seed)
    state, obs = 0, []
    for _ in range(T):
        obs.append(int(rng.random() < (0.2, 0.85)[state]))
        if rng.random() < 0.1:
            state = 1 - state
    return np.array(obs)


hmm = CoinHMM().fit(simulate())
print(softmax(hmm.trans).round(3))

FAULTS = """
wrong-axis | g_trans = xi.sum(axis=1, keepdims=True) * softmax(self.trans) - xi | g_trans = xi.sum(axis=0, keepdims=True) * softmax(self.trans) - xi
transposed-operand | g_trans = xi.sum(axis=1, keepdims=True) * softmax(self.trans) - xi | g_trans = xi.sum(axis=1, keepdims=True) * softmax(self.trans) - xi.T
off-by-one-time | g_start = softmax(self.start) - gamma[0] | g_start = softmax(self.start) - gamma[1]
missing-factor | xi += np.outer(alpha[t], B[t + 1] * beta[t + 1]) * A / scale[t + 1] | xi += np.outer(alpha[t], beta[t + 1]) * A / scale[t + 1]
overwritten | xi += np.outer(alpha[t], B[t + 1] * beta[t + 1]) * A / scale[t + 1] | xi = np.outer(alpha[t], B[t + 1] * beta[t + 1]) * A / scale[t + 1]
transposed-operand | beta[t] = A @ (B[t + 1] * beta[t + 1]) / scale[t + 1] | beta[t] = A.T @ (B[t + 1] * beta[t + 1]) / scale[t + 1]
"""
