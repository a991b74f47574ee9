"""One self-attention head, mean-pooled, classifies which token type is in the majority. Backward by hand!"""
import numpy as np


def softmax(x, axis=-1):
    x = x - x.max(axis=axis, keepdims=True)
    e = np.exp(x)
    return e / e.sum(axis=axis, keepdims=True)


class AttentionClassifier:
    def __init__(self, vocab, d, n_classes, rng):
        s = 1 / np.sqrt(d)
        self.E = rng.normal(0, 1, (vocab, d))
        self.Wq, self.Wk, self.Wv = (rng.normal(0, s, (d, d)) for _ in range(3))
        self.Wo = rng.normal(0, s, (d, n_classes))
        self.d = d

    def forward(self, tokens, labels):
        B, T = tokens.shape
        x = self.E[tokens]                                 # B T d
        q, k, v = x @ self.Wq, x @ self.Wk, x @ self.Wv
        att = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(self.d))
        ctx = att @ v                                      # B T d
        pooled = ctx.mean(axis=1)
        probs = softmax(pooled @ self.Wo)
        loss = -np.log(probs[np.arange(B), labels]).mean()
        return loss, (tokens, labels, x, q, k, v, att, pooled, probs)

    def backward(self, cache):
        tokens, labels, x, q, k, v, att, pooled, probs = cache
        B, T = tokens.shape
        dlogits = probs.copy()
        dlogits[np.arange(B), labels] -= 1
        dlogits /= B
        dWo = pooled.T @ dlogits
        dpooled = dlogits @ self.Wo.T
        dctx = np.repeat(dpooled[:, None, :], T, axis=1) / T
        datt = dctx @ v.transpose(0, 2, 1)
        dv = att.transpose(0, 2, 1) @ dctx
        dscore = att * (datt - (datt * att).sum(axis=-1, keepdims=True))
        dscore = dscore / np.sqrt(self.d)
        dq = dscore @ k
        dk = dscore.transpose(0, 2, 1) @ q
        dWq = np.einsum('btd,bte->de', x, dq)
        dWk = np.einsum('btd,bte->de', x, dk)
        dWv = np.einsum('btd,bte->de', x, dv)
        dx = dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T
        dE = np.zeros_like(self.E)
        np.add.at(dE, tokens, dx)
        return {'E': dE, 'Wq': dWq, 'Wk': dWk, 'Wv': dWv, 'Wo': dWo}

    def apply(self, grads, lr):
        for name, g in grads.items():
            setattr(self, name, getattr(self, name) - lr * g)


def main(steps=150, lr=0.5):
    rng = np.random.default_rng(2)
    model = AttentionClassifier(vocab=5, d=6, n_classes=5, rng=rng)
    ema = None
    for step in range(steps):
        tokens = rng.integers(0, 5, (16, 7))
        labels = np.array([np.bincount(row, minlength=5).argmax() for row in tokens])
        loss, cache = model.forward(tokens, labels)
        model.apply(model.backward(cache), lr)
        ema = loss if ema is None else 0.95 * ema + 0.05 * loss
        if step % 50 == 0:
            print(f"step {step:4d} ema loss {ema:.3f}")


main()

FAULTS = """
missing-term | dscore = att * (datt - (datt * att).sum(axis=-1, keepdims=True)) | dscore = att * (1 - att) * datt
missing-factor | dscore = dscore / np.sqrt(self.d) | pass
missing-transpose | dk = dscore.transpose(0, 2, 1) @ q | dk = dscore @ q
missing-factor | dctx = np.repeat(dpooled[:, None, :], T, axis=1) / T | dctx = np.repeat(dpooled[:, None, :], T, axis=1)
missing-transpose | dx = dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T | dx = dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv
duplicate-indices | np.add.at(dE, tokens, dx) | dE[tokens] += dx
"""
