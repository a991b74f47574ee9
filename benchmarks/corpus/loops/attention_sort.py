# One head of self-attention that learns where the maximum is. Written for the reading group.
import numpy as np
from types import SimpleNamespace


def softmax(s):
    s = s - s.max(-1, keepdims=True)
    e = np.exp(s)
    return e / e.sum(-1, keepdims=True)


def forward(p, X):
    Q, K, V = X @ p.Wq, X @ p.Wk, X @ p.Wv
    S = Q @ K.transpose(0, 2, 1) / np.sqrt(Q.shape[-1])
    A = softmax(S)
    C = A @ V
    R = C + X                      # residual
    H = np.maximum(R @ p.W1 + p.b1, 0)
    logits = (H @ p.w2)[..., 0]
    return logits, (X, Q, K, V, A, R, H)


def backward(p, dlogits, cache):
    X, Q, K, V, A, R, H = cache
    g = SimpleNamespace()
    d = dlogits[..., None]
    g.w2 = np.einsum('bth,bto->ho', H, d)
    dH = d @ p.w2.T
    dH = dH * (H > 0)
    g.W1 = np.einsum('btd,bth->dh', R, dH)
    g.b1 = dH.sum((0, 1))
    dC = dH @ p.W1.T
    dA = dC @ V.transpose(0, 2, 1)
    dV = A.transpose(0, 2, 1) @ dC
    dS = A * (dA - (dA * A).sum(-1, keepdims=True))
    dS = dS / np.sqrt(Q.shape[-1])
    dQ = dS @ K
    dK = dS.transpose(0, 2, 1) @ Q
    g.Wq = np.einsum('btd,bte->de', X, dQ)
    g.Wk = np.einsum('btd,bte->de', X, dK)
    g.Wv = np.einsum('btd,bte->de', X, dV)
    return g


rs = np.random.RandomState(3)
D = 4
p = SimpleNamespace(
    Wq=rs.randn(D, D) * .5, Wk=rs.randn(D, D) * .5, Wv=rs.randn(D, D) * .5,
    W1=rs.randn(D, 8) * .5, b1=np.zeros(8), w2=rs.randn(8, 1) * .5)

for step in range(1, 201):
    X = rs.randn(16, 5, D)
    target = X[:, :, 0].argmax(1)
    logits, cache = forward(p, X)
    prob = softmax(logits)
    loss = -np.log(prob[range(16), target]).mean()
    dlogits = (prob - np.eye(5)[target]) / 16
    g = backward(p, dlogits, cache)
    norm = np.sqrt(sum((v ** 2).sum() for v in vars(g).values()))
    for name, v in vars(g).items():
        setattr(p, name, getattr(p, name) - 0.2 * v / max(1, norm))
    if step % 50 == 0:
        print(step, loss, (logits.argmax(1) == target).mean())

FAULTS = """
missing-factor | dS = dS / np.sqrt(Q.shape[-1]) | dS = dS * 1
wrong-axis | dS = A * (dA - (dA * A).sum(-1, keepdims=True)) | dS = A * (dA - (dA * A).sum(-2, keepdims=True))
transposed-operand | dV = A.transpose(0, 2, 1) @ dC | dV = A @ dC
transposed-operand | dK = dS.transpose(0, 2, 1) @ Q | dK = dS @ Q
missing-term | dS = A * (dA - (dA * A).sum(-1, keepdims=True)) | dS = A * (1 - A) * dA
missing-factor | dH = dH * (H > 0) | dH = dH * 1
"""
