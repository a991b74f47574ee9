import numpy as np


class GraphAttention:
    """One GAT layer with a single head on a dense adjacency matrix, then a linear node classifier.

    e_ij = leaky(s_i + t_j),  s = H a,  t = H b,  alpha = softmax over the neighbours j of i
    """

    def __init__(self, adj, X, target, train, rng):
        self.adj, self.X, self.target, self.train = adj.astype(bool), X, target, train
        f, h, c = X.shape[1], 4, target.shape[1]
        self.params = {
            'W': rng.normal(size=(f, h)), 'a': rng.normal(size=h), 'b': rng.normal(size=h),
            'out': rng.normal(size=(h, c)),
        }

    def forward(self):
        p = self.params
        H = self.X @ p['W']
        s, t = H @ p['a'], H @ p['b']
        raw = s[:, None] + t[None, :]
        e = np.where(raw > 0, raw, 0.2 * raw)
        e = np.where(self.adj, e, -np.inf)
        ex = np.exp(e - e.max(axis=1, keepdims=True))
        alpha = ex / ex.sum(axis=1, keepdims=True)
        M = alpha @ H
        Z = np.tanh(M)
        logits = Z @ p['out']
        logits = logits - logits.max(axis=1, keepdims=True)
        logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
        self.memo = H, raw, alpha, Z, logp
        return -(self.target * logp)[self.train].sum() / self.train.sum()

    def backward(self):
        self.forward()
        p = self.params
        H, raw, alpha, Z, logp = self.memo
        d_logits = np.where(self.train[:, None], np.exp(logp) - self.target, 0) / self.train.sum()
        d_out = Z.T @ d_logits
        d_Z = d_logits @ p['out'].T
        d_M = d_Z * (1 - Z ** 2)
        d_alpha = d_M @ H.T
        d_H = alpha.T @ d_M
        d_e = alpha * (d_alpha - (alpha * d_alpha).sum(axis=1, keepdims=True))
        d_raw = d_e * np.where(raw > 0, 1, 0.2)
        d_s, d_t = d_raw.sum(axis=1), d_raw.sum(axis=0)
        d_a = H.T @ d_s
        d_b = H.T @ d_t
        d_H = d_H + np.outer(d_s, p['a']) + np.outer(d_t, p['b'])
        return {'W': self.X.T @ d_H, 'a': d_a, 'b': d_b, 'out': d_out}


# ---- problem
def problem():
    rng = np.random.default_rng(1710)
    n = 6
    adj = np.eye(n, dtype=int)
    for i, j in [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3)]:
        adj[i, j] = adj[j, i] = 1
    target = np.eye(3)[rng.integers(3, size=n)]
    gat = GraphAttention(adj, rng.normal(size=(n, 3)), target, np.array([1, 1, 0, 1, 0, 1], bool), rng)
    return dict(loss=gat.forward, params=gat.params, grads=gat.backward)


FAULTS = """
softmax-jacobian | d_e = alpha * (d_alpha - (alpha * d_alpha).sum(axis=1, keepdims=True)) | d_e = alpha * (1 - alpha) * d_alpha
missing-term | d_H = d_H + np.outer(d_s, p['a']) + np.outer(d_t, p['b']) | d_H = d_H + np.outer(d_s, p['a'])
transpose | d_H = alpha.T @ d_M | d_H = alpha @ d_M
scale | d_logits = np.where(self.train[:, None], np.exp(logp) - self.target, 0) / self.train.sum() | d_logits = np.where(self.train[:, None], np.exp(logp) - self.target, 0) / len(self.train)
wrong-operand | d_b = H.T @ d_t | d_b = H.T @ d_s
missing-activation-derivative | d_raw = d_e * np.where(raw > 0, 1, 0.2) | d_raw = d_e
activation-derivative-at-wrong-value | d_M = d_Z * (1 - Z ** 2) | d_M = d_Z * (1 - np.tanh(Z) ** 2)
swapped-gradients | return {'W': self.X.T @ d_H, 'a': d_a, 'b': d_b, 'out': d_out} | return {'W': self.X.T @ d_H, 'a': d_b, 'b': d_a, 'out': d_out}
"""
