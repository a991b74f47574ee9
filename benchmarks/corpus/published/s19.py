# Single-head self-attention classifier: does the sequence contain the pattern "same first and last token"?
import numpy as np

np.random.seed(0)
B, T, D, V = 32, 6, 8, 5

emb = np.random.randn(V, D) * 0.5
pos = np.random.randn(T, D) * 0.1
Wq = np.random.randn(D, D) / np.sqrt(D)
Wk = np.random.randn(D, D) / np.sqrt(D)
Wv = np.random.randn(D, D) / np.sqrt(D)
Wo = np.random.randn(D, 2) / np.sqrt(D)
bo = np.zeros(2)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def get_batch():
    tok = np.random.randint(0, V, (B, T))
    half = B // 2
    tok[:half, -1] = tok[:half, 0]
    return tok, (tok[:, 0] == tok[:, -1]).astype(int)


lr = 0.3
for step in range(60):
    tok, lab = get_batch()
    # forward
    x = emb[tok] + pos
    q, k, v = x @ Wq, x @ Wk, x @ Wv
    att = softmax(q @ k.transpose(0, 2, 1) / np.sqrt(D))
    ctx = att @ v + x
    feat = ctx.mean(axis=1)
    probs = softmax(feat @ Wo + bo)
    loss = -np.log(probs[np.arange(B), lab]).mean()

    # backward
    dlog = probs.copy()
    dlog[np.arange(B), lab] -= 1
    dlog /= B
    dWo = feat.T @ dlog
    dbo = dlog.sum(axis=0)
    dfeat = dlog @ Wo.T
    dctx = np.repeat(dfeat[:, None, :], T, axis=1) / T
    datt = dctx @ v.transpose(0, 2, 1)
    dv = att.transpose(0, 2, 1) @ dctx
    dsc = att * (datt - (datt * att).sum(axis=-1, keepdims=True)) / np.sqrt(D)
    dq = dsc @ k
    dk = dsc.transpose(0, 2, 1) @ q
    dWq = np.einsum('btd,bte->de', x, dq)
    dWk = np.einsum('btd,bte->de', x, dk)
    dWv = np.einsum('btd,bte->de', x, dv)
    dx = dctx + dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
    dpos = dx.sum(axis=0)
    demb = np.zeros_like(emb)
    np.add.at(demb, tok, dx)

    for w, g in ((emb, demb), (pos, dpos), (Wq, dWq), (Wk, dWk), (Wv, dWv), (Wo, dWo), (bo, dbo)):
        w -= lr * g
    if step % 10 == 0:
        print(f"{step:4d} loss {loss:.4f} acc {(probs.argmax(1) == lab).mean():.2f}")

FAULTS = """
skip-connection-forgotten | dx = dctx + dq @ Wq.T + dk @ Wk.T + dv @ Wv.T | dx = dq @ Wq.T + dk @ Wk.T + dv @ Wv.T
fancy-index-+=-loses-repeated-tokens | np.add.at(demb, tok, dx) | demb[tok] += dx
transpose-missing-on-dsc-(square) | dk = dsc.transpose(0, 2, 1) @ q | dk = dsc @ q
softmax-jacobian-sum-over-the-wrong-axis | dsc = att * (datt - (datt * att).sum(axis=-1, keepdims=True)) / np.sqrt(D) | dsc = att * (datt - (datt * att).sum(axis=1, keepdims=True)) / np.sqrt(D)
scale-1/sqrt(D)-forgotten | dsc = att * (datt - (datt * att).sum(axis=-1, keepdims=True)) / np.sqrt(D) | dsc = att * (datt - (datt * att).sum(axis=-1, keepdims=True))
"""
