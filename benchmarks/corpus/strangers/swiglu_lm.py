"""One block of a small language model: tied embedding, learned positions, RMSNorm, SwiGLU, next-token loss."""
import numpy as np


class Leaf:
    """weight with its gradient beside it"""

    def __init__(self, w):
        self.w = w
        self.g = np.zeros_like(w)


class TinyLM:
    def __init__(self, vocab, ctx, dim, inner, rng):
        self.emb = Leaf(rng.normal(size=(vocab, dim)) * 0.6)
        self.pos = Leaf(rng.normal(size=(ctx, dim)) * 0.3)
        self.scale = Leaf(1 + rng.normal(size=dim) * 0.2)
        self.w1 = Leaf(rng.normal(size=(dim, inner)) / np.sqrt(dim))
        self.w3 = Leaf(rng.normal(size=(dim, inner)) / np.sqrt(dim))
        self.w2 = Leaf(rng.normal(size=(inner, dim)) / np.sqrt(inner))

    def leaves(self):
        return {k: v for k, v in vars(self).items() if isinstance(v, Leaf)}

    def forward(self, idx, targets):
        B, T = idx.shape
        h = self.emb.w[idx] + self.pos.w[:T]
        inv = 1 / np.sqrt((h * h).mean(-1, keepdims=True) + 1e-3)
        n = h * inv
        x = n * self.scale.w
        up, lin = x @ self.w1.w, x @ self.w3.w
        s = 1 / (1 + np.exp(-up))
        gated = up * s * lin
        out = h + gated @ self.w2.w
        logits = out @ self.emb.w.T
        logits = logits - logits.max(-1, keepdims=True)
        probs = np.exp(logits)
        probs /= probs.sum(-1, keepdims=True)
        self.saved = (h, inv, n, x, up, lin, s, gated, out, probs)
        picked = np.take_along_axis(probs, targets[..., None], -1)
        return -np.log(picked).mean()

    def backward(self, idx, targets):
        h, inv, n, x, up, lin, s, gated, out, probs = self.saved
        B, T = idx.shape
        for leaf in self.leaves().values():
            leaf.g[:] = 0
        dlogits = probs.copy()
        dlogits[np.arange(B)[:, None], np.arange(T), targets] -= 1
        dlogits /= B * T
        self.emb.g += np.einsum('btv,btd->vd', dlogits, out)
        dout = dlogits @ self.emb.w
        self.w2.g += np.einsum('bti,btd->id', gated, dout)
        dgated = dout @ self.w2.w.T
        dlin = dgated * up * s
        dup = dgated * lin * (s + up * s * (1 - s))
        self.w1.g += np.einsum('btd,bti->di', x, dup)
        self.w3.g += np.einsum('btd,bti->di', x, dlin)
        dx = dup @ self.w1.w.T + dlin @ self.w3.w.T
        self.scale.g += (dx * n).sum((0, 1))
        dn = dx * self.scale.w
        dh = dout + inv * (dn - n * (dn * n).mean(-1, keepdims=True))
        self.pos.g[:T] += dh.sum(0)
        np.add.at(self.emb.g, idx, dh)


# ---- problem
def problem():
    rng = np.random.default_rng(512)
    lm = TinyLM(6, 4, 4, 5, rng)
    text = rng.integers(0, 6, size=(3, 5))
    idx, targets = text[:, :-1], text[:, 1:]

    def grads():
        lm.forward(idx, targets)
        lm.backward(idx, targets)
        return {k: leaf.g for k, leaf in lm.leaves().items()}
    return dict(loss=lambda: lm.forward(idx, targets),
                params={k: leaf.w for k, leaf in lm.leaves().items()}, grads=grads)


FAULTS = """
scatter | np.add.at(self.emb.g, idx, dh) | self.emb.g[idx] += dh
missing-term | self.emb.g += np.einsum('btv,btd->vd', dlogits, out) |
normalisation | dh = dout + inv * (dn - n * (dn * n).mean(-1, keepdims=True)) | dh = dout + inv * dn
accumulation | leaf.g[:] = 0 | pass
missing-term | dh = dout + inv * (dn - n * (dn * n).mean(-1, keepdims=True)) | dh = inv * (dn - n * (dn * n).mean(-1, keepdims=True))
wrong-activation-derivative | dup = dgated * lin * (s + up * s * (1 - s)) | dup = dgated * lin * s * (1 - s)
wrong-operand | self.w3.g += np.einsum('btd,bti->di', x, dlin) | self.w3.g += np.einsum('btd,bti->di', x, dup)
wrong-operand | self.scale.g += (dx * n).sum((0, 1)) | self.scale.g += (dx * h).sum((0, 1))
softmax-jacobian | dlogits[np.arange(B)[:, None], np.arange(T), targets] -= 1 | dlogits = (probs - 1) * np.eye(probs.shape[-1])[targets]
"""
