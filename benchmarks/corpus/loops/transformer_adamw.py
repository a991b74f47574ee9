"""Residual MLP block with LayerNorm and GELU, AdamW (decoupled decay), cosine schedule."""
import math

import numpy as np

rng = np.random.default_rng(2)
D, F, C, B = 6, 12, 4, 24

P = {
    "embed": rng.normal(0, 0.5, (5, D)),
    "ln.g": np.ones(D), "ln.b": np.zeros(D),
    "fc.w": rng.normal(0, D ** -0.5, (D, F)), "fc.b": np.zeros(F),
    "proj.w": rng.normal(0, F ** -0.5, (F, D)), "proj.b": np.zeros(D),
    "head.w": rng.normal(0, D ** -0.5, (D, C)),
}


def gelu(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def gelu_grad(x):
    k = math.sqrt(2 / math.pi)
    th = np.tanh(k * (x + 0.044715 * x ** 3))
    return 0.5 * (1 + th) + 0.5 * x * (1 - th ** 2) * k * (1 + 3 * 0.044715 * x ** 2)


def layernorm(x, g, b):
    mu = x.mean(-1, keepdims=True)
    inv = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    n = (x - mu) * inv
    return g * n + b, (n, inv)


def layernorm_bwd(dy, g, cache):
    n, inv = cache
    dn = dy * g
    dx = inv * (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True))
    return dx, (dy * n).sum(0), dy.sum(0)


def loss_fn(P, tokens, target):
    # bag of two tokens -> residual block -> class
    x = P["embed"][tokens].sum(1)
    n, ln = layernorm(x, P["ln.g"], P["ln.b"])
    u = n @ P["fc.w"] + P["fc.b"]
    a = gelu(u)
    r = x + a @ P["proj.w"] + P["proj.b"]
    logits = r @ P["head.w"]
    z = logits - logits.max(1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(1, keepdims=True))
    smooth = 0.9 * np.eye(C)[target] + 0.1 / C
    loss = -(smooth * logp).sum(1).mean()

    G = {}
    dlogits = (np.exp(logp) - smooth) / len(tokens)
    G["head.w"] = r.T @ dlogits
    dr = dlogits @ P["head.w"].T
    G["proj.w"], G["proj.b"] = a.T @ dr, dr.sum(0)
    du = dr @ P["proj.w"].T * gelu_grad(u)
    G["fc.w"], G["fc.b"] = n.T @ du, du.sum(0)
    dx, G["ln.g"], G["ln.b"] = layernorm_bwd(du @ P["fc.w"].T, P["ln.g"], ln)
    dx = dx + dr
    G["embed"] = np.zeros_like(P["embed"])
    np.add.at(G["embed"], tokens, dx[:, None, :])
    return loss, G


class AdamW:
    def __init__(self, params, betas=(0.9, 0.99), decay=0.01):
        self.params, self.betas, self.decay = params, betas, decay
        self.t = 0
        self.state = {k: (np.zeros_like(p), np.zeros_like(p)) for k, p in params.items()}

    def step(self, grads, lr):
        self.t += 1
        b1, b2 = self.betas
        for k, p in self.params.items():
            m, v = self.state[k]
            m += (1 - b1) * (grads[k] - m)
            v += (1 - b2) * (grads[k] ** 2 - v)
            update = (m / (1 - b1 ** self.t)) / (np.sqrt(v / (1 - b2 ** self.t)) + 1e-8)
            if p.ndim == 2:
                update = update + self.decay * p
            p -= lr * update


optim = AdamW(P)
steps = 120
for it in range(steps):
    tokens = rng.integers(0, 5, (B, 2))
    target = tokens.sum(1) % C
    loss, grads = loss_fn(P, tokens, target)
    optim.step(grads, lr=0.02 * 0.5 * (1 + math.cos(math.pi * it / steps)))
    if it % 30 == 0:
        print(f"it {it:4d} loss {loss:.4f}")

FAULTS = """
missing-term | dx = dx + dr | dx = dx
wrong-activation-derivative | return 0.5 * (1 + th) + 0.5 * x * (1 - th ** 2) * k * (1 + 3 * 0.044715 * x ** 2) | return 0.5 * (1 + th) + 0.5 * x * (1 - th ** 2) * k * (1 + 0.044715 * x ** 2)
overwritten | np.add.at(G["embed"], tokens, dx[:, None, :]) | G["embed"][tokens] += dx[:, None, :]
missing-term | dx = inv * (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)) | dx = inv * (dn - dn.mean(-1, keepdims=True))
pre-for-post | G["fc.w"], G["fc.b"] = n.T @ du, du.sum(0) | G["fc.w"], G["fc.b"] = x.T @ du, du.sum(0)
missing-term | dlogits = (np.exp(logp) - smooth) / len(tokens) | dlogits = (np.exp(logp) - np.eye(C)[target]) / len(tokens)
"""
