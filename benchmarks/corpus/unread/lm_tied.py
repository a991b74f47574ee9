"""
Word-level language model with *tied* embeddings.

context of 3 words -> concat embeddings -> tanh projection back to d -> logits with the same matrix E.
Companion code to my blog post "Save parameters: tie your embeddings!"
"""
import numpy as np

CONTEXT = 3


class TiedLM(object):
    def __init__(self, vocab, d, seed=0):
        rs = np.random.RandomState(seed)
        self.E = rs.randn(vocab, d) * 0.8
        self.P = rs.randn(CONTEXT * d, d) * 0.5
        self.c = rs.randn(d) * 0.1
        self.bias = np.zeros(vocab)

    def parameters(self):
        return {"E": self.E, "P": self.P, "c": self.c, "bias": self.bias}

    def forward(self, ctx, nxt):
        N = ctx.shape[0]
        x = self.E[ctx].reshape(N, -1)
        q = np.tanh(x.dot(self.P) + self.c)
        logits = q.dot(self.E.T) + self.bias
        logits = logits - logits.max(1)[:, None]
        logp = logits - np.log(np.exp(logits).sum(1))[:, None]
        self.saved = ctx, nxt, x, q, logp
        return -logp[np.arange(N), nxt].mean()

    def backward(self):
        ctx, nxt, x, q, logp = self.saved
        N, d = q.shape
        dlogits = np.exp(logp)
        dlogits[np.arange(N), nxt] -= 1.0
        dlogits /= N
        grads = {"bias": dlogits.sum(0)}
        # role 1 of E: output matrix
        dE = dlogits.T.dot(q)
        dq = dlogits.dot(self.E)
        dpre = dq * (1 - q * q)
        grads["P"] = x.T.dot(dpre)
        grads["c"] = dpre.sum(0)
        # role 2 of E: lookup table
        dx = dpre.dot(self.P.T).reshape(N, CONTEXT, d)
        for n in range(N):
            for k in range(CONTEXT):
                dE[ctx[n, k]] += dx[n, k]
        grads["E"] = dE
        return grads


# ---- problem
def problem():
    lm = TiedLM(5, 3, 1)
    ctx = np.array([[0, 1, 2], [1, 2, 1], [2, 3, 4], [3, 4, 4]])
    nxt = np.array([3, 4, 0, 1])

    def grads():
        lm.forward(ctx, nxt)
        return lm.backward()

    return dict(loss=lambda: lm.forward(ctx, nxt), params=lm.parameters(), grads=grads)


FAULTS = """
scatter | dE[ctx[n, k]] += dx[n, k] | dE[ctx[n, k]] = dx[n, k]
missing-term | dE = dlogits.T.dot(q) | dE = np.zeros_like(self.E)
scatter | for n in range(N):;;for k in range(CONTEXT):;;dE[ctx[n, k]] += dx[n, k] | for k in range(CONTEXT):;;    dE[ctx[:, k]] += dx[:, k]
indexing | dE[ctx[n, k]] += dx[n, k] | dE[nxt[n]] += dx[n, k]
scatter | dE[ctx[n, k]] += dx[n, k] | dE[ctx[n, k]] += dx[n, k] / CONTEXT
indexing | for k in range(CONTEXT): | for k in range(CONTEXT - 1):
wrong-operand | dpre = dq * (1 - q * q) | dpre = dq * (1 - x[:, -d:] * x[:, -d:])
"""
