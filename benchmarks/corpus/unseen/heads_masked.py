import numpy as np


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


class MultiHeadSelfAttention:
    """Causal self attention. Input (B, T, D); parameters are D x D, split over `heads`."""

    def __init__(self, D, heads, rng):
        self.heads, self.D = heads, D
        self.Wq, self.Wk, self.Wv, self.Wo = (rng.normal(size=(D, D)) * 0.7 for _ in range(4))
        self.bo = rng.normal(size=D) * 0.1

    def split(self, m):
        B, T, _ = m.shape
        return m.reshape(B, T, self.heads, -1).transpose(0, 2, 1, 3)

    def merge(self, m):
        B, h, T, d = m.shape
        return m.transpose(0, 2, 1, 3).reshape(B, T, h * d)

    def __call__(self, x):
        T = x.shape[1]
        self.x = x
        self.q, self.k, self.v = self.split(x @ self.Wq), self.split(x @ self.Wk), self.split(x @ self.Wv)
        self.scale = 1 / np.sqrt(self.q.shape[-1])
        scores = self.q @ self.k.transpose(0, 1, 3, 2) * self.scale
        self.mask = np.triu(np.ones((T, T), dtype=bool), 1)
        scores[:, :, self.mask] = -1e9
        self.att = softmax(scores)
        self.ctx = self.merge(self.att @ self.v)
        return self.ctx @ self.Wo + self.bo

    def backward(self, dout):
        D = self.D
        flat = lambda m: m.reshape(-1, D)
        grads = {}
        grads['Wo'] = flat(self.ctx).T @ flat(dout)
        grads['bo'] = flat(dout).sum(0)
        dctx = self.split(dout @ self.Wo.T)
        datt = dctx @ self.v.transpose(0, 1, 3, 2)
        dv = self.att.transpose(0, 1, 3, 2) @ dctx
        dscores = self.att * (datt - (datt * self.att).sum(-1, keepdims=True))
        dscores = dscores * self.scale
        dq = self.merge(dscores @ self.k)
        dk = self.merge(dscores.transpose(0, 1, 3, 2) @ self.q)
        dv = self.merge(dv)
        grads['Wq'] = flat(self.x).T @ flat(dq)
        grads['Wk'] = flat(self.x).T @ flat(dk)
        grads['Wv'] = flat(self.x).T @ flat(dv)
        dx = dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T
        return dx, grads


rng = np.random.default_rng(5)
B, T, D, vocab = 2, 4, 4, 5
tok = rng.integers(0, vocab, size=(B, T))
nxt = rng.integers(0, vocab, size=(B, T))
wte = rng.normal(size=(vocab, D))
wpe = rng.normal(size=(T, D)) * 0.5
attn = MultiHeadSelfAttention(D, 2, rng)


def forward():
    x = wte[tok] + wpe
    y = x + attn(x)
    probs = softmax(y @ wte.T)
    return x, y, probs


def loss():
    *_, probs = forward()
    return -np.log(np.take_along_axis(probs, nxt[..., None], -1)).mean()


def backward():
    x, y, probs = forward()
    dlogits = probs.copy()
    np.put_along_axis(dlogits, nxt[..., None], np.take_along_axis(probs, nxt[..., None], -1) - 1, -1)
    dlogits /= B * T
    dy = dlogits @ wte
    dwte = np.einsum('btv,btd->vd', dlogits, y)
    dx, g = attn.backward(dy)
    dx = dx + dy
    np.add.at(dwte, tok, dx)
    g['wte'], g['wpe'] = dwte, dx.sum(0)
    return g


# ---- problem
def problem():
    params = {n: getattr(attn, n) for n in ('Wq', 'Wk', 'Wv', 'Wo', 'bo')}
    params.update(wte=wte, wpe=wpe)
    return dict(loss=loss, params=params, grads=backward)


FAULTS = """
softmax-jacobian | dscores = self.att * (datt - (datt * self.att).sum(-1, keepdims=True)) | dscores = datt * self.att * (1 - self.att)
softmax-jacobian | (datt * self.att).sum(-1, keepdims=True) | (datt * self.att).sum(-2, keepdims=True)
scale | dscores = dscores * self.scale |
missing-term | dx = dx + dy |
missing-term | dwte = np.einsum('btv,btd->vd', dlogits, y) | dwte = np.zeros_like(wte)
scatter | np.add.at(dwte, tok, dx) | dwte[tok] += dx
transpose | dv = self.att.transpose(0, 1, 3, 2) @ dctx | dv = self.att @ dctx
wrong-operand | dk = self.merge(dscores.transpose(0, 1, 3, 2) @ self.q) | dk = self.merge(dscores.transpose(0, 1, 3, 2) @ self.k)
missing-term | dq @ self.Wq.T + dk @ self.Wk.T + dv @ self.Wv.T | dq @ self.Wq.T + dk @ self.Wk.T
wrong-operand | dwte = np.einsum('btv,btd->vd', dlogits, y) | dwte = np.einsum('btv,btd->vd', dlogits, x)
swapped-gradients | grads['Wq'] = flat(self.x).T @ flat(dq);;grads['Wk'] = flat(self.x).T @ flat(dk) | grads['Wk'] = flat(self.x).T @ flat(dq);;grads['Wq'] = flat(self.x).T @ flat(dk)
"""
