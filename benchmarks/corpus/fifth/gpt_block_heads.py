"""minGPT in numpy, one block: token + position embeddings, causal heads, MLP with GELU, tied unembedding."""
import numpy as np


def layer_norm(x, g, b):
    mu = x.mean(-1, keepdims=True)
    rstd = 1 / np.sqrt(x.var(-1, keepdims=True) + 1e-5)
    n = (x - mu) * rstd
    return n * g + b, (n, rstd, g)


def layer_norm_back(dout, cache):
    n, rstd, g = cache
    dg = (dout * n).sum((0, 1))
    db = dout.sum((0, 1))
    dn = dout * g
    dx = rstd * (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True))
    return dx, dg, db


def gelu(x):
    return x / (1 + np.exp(-1.702 * x))


def gelu_back(x):
    s = 1 / (1 + np.exp(-1.702 * x))
    return s + 1.702 * x * s * (1 - s)


def split(x, h):
    B, T, C = x.shape
    return x.reshape(B, T, h, C // h).transpose(0, 2, 1, 3)


def merge(x):
    B, h, T, d = x.shape
    return x.transpose(0, 2, 1, 3).reshape(B, T, h * d)


def forward(p, idx, heads):
    B, T = idx.shape
    x0 = p["wte"][idx] + p["wpe"][:T]
    n1, c1 = layer_norm(x0, p["ln1_g"], p["ln1_b"])
    q, k, v = [split(part, heads) for part in np.split(n1 @ p["w_qkv"], 3, axis=-1)]
    scale = 1 / np.sqrt(q.shape[-1])
    att = q @ k.transpose(0, 1, 3, 2) * scale
    att = np.where(np.tril(np.ones((T, T))) == 0, -np.inf, att)
    att = np.exp(att - att.max(-1, keepdims=True))
    att = att / att.sum(-1, keepdims=True)
    y = merge(att @ v)
    x1 = x0 + y @ p["w_proj"]
    n2, c2 = layer_norm(x1, p["ln2_g"], p["ln2_b"])
    u = n2 @ p["w_fc"] + p["b_fc"]
    x2 = x1 + gelu(u) @ p["w_out"]
    logits = x2 @ p["wte"].T
    return logits, (x0, n1, c1, q, k, v, scale, att, y, n2, c2, u, x2)


def loss(p, idx, targets, heads):
    logits, _ = forward(p, idx, heads)
    z = logits - logits.max(-1, keepdims=True)
    logp = z - np.log(np.exp(z).sum(-1, keepdims=True))
    return -np.take_along_axis(logp, targets[..., None], -1).mean()


def backward(p, idx, targets, heads):
    logits, (x0, n1, c1, q, k, v, scale, att, y, n2, c2, u, x2) = forward(p, idx, heads)
    B, T = idx.shape
    C = x0.shape[-1]
    flat = lambda a: a.reshape(-1, a.shape[-1])
    g = {}
    probs = np.exp(logits - logits.max(-1, keepdims=True))
    probs /= probs.sum(-1, keepdims=True)
    dlogits = (probs - np.eye(len(p["wte"]))[targets]) / (B * T)
    g["wte"] = flat(dlogits).T @ flat(x2)
    dx2 = dlogits @ p["wte"]
    g["w_out"] = flat(gelu(u)).T @ flat(dx2)
    du = (dx2 @ p["w_out"].T) * gelu_back(u)
    g["w_fc"] = flat(n2).T @ flat(du)
    g["b_fc"] = du.sum((0, 1))
    dn2, g["ln2_g"], g["ln2_b"] = layer_norm_back(du @ p["w_fc"].T, c2)
    dx1 = dx2 + dn2
    g["w_proj"] = flat(y).T @ flat(dx1)
    dy = split(dx1 @ p["w_proj"].T, heads)
    dv = att.transpose(0, 1, 3, 2) @ dy
    datt = dy @ v.transpose(0, 1, 3, 2)
    ds = att * (datt - (datt * att).sum(-1, keepdims=True)) * scale
    dq = ds @ k
    dk = ds.transpose(0, 1, 3, 2) @ q
    dqkv = np.concatenate([merge(dq), merge(dk), merge(dv)], axis=-1)
    g["w_qkv"] = flat(n1).T @ flat(dqkv)
    dn1, g["ln1_g"], g["ln1_b"] = layer_norm_back(dqkv @ p["w_qkv"].T, c1)
    dx0 = dx1 + dn1
    np.add.at(g["wte"], idx, dx0)
    g["wpe"] = np.zeros_like(p["wpe"])
    g["wpe"][:T] = dx0.sum(axis=0)
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(1337)
    V, C, F = 5, 4, 6
    p = dict(wte=rng.normal(size=(V, C)), wpe=rng.normal(size=(6, C)) * 0.5, ln1_g=rng.uniform(0.6, 1.4, C),
             ln1_b=rng.normal(size=C) * 0.1, w_qkv=rng.normal(size=(C, 3 * C)) * 0.7, w_proj=rng.normal(size=(C, C)) * 0.6,
             ln2_g=rng.uniform(0.6, 1.4, C), ln2_b=rng.normal(size=C) * 0.1, w_fc=rng.normal(size=(C, F)) * 0.6,
             b_fc=rng.normal(size=F) * 0.1, w_out=rng.normal(size=(F, C)) * 0.6)
    idx = np.array([[0, 3, 3, 1, 4], [2, 0, 4, 4, 1]])
    targets = np.array([[3, 3, 1, 4, 2], [0, 4, 4, 1, 1]])
    return dict(params=p, loss=lambda: loss(p, idx, targets, 2), grads=lambda: backward(p, idx, targets, 2))


FAULTS = """
scatter | np.add.at(g["wte"], idx, dx0) | g["wte"][idx] += dx0
missing-term | dx0 = dx1 + dn1 | dx0 = dn1
scale | ds = att * (datt - (datt * att).sum(-1, keepdims=True)) * scale | ds = att * (datt - (datt * att).sum(-1, keepdims=True))
wrong-operand | dk = ds.transpose(0, 1, 3, 2) @ q | dk = ds @ q
swapped-gradients | dqkv = np.concatenate([merge(dq), merge(dk), merge(dv)], axis=-1) | dqkv = np.concatenate([merge(dk), merge(dq), merge(dv)], axis=-1)
missing-term | return s + 1.702 * x * s * (1 - s) | return s + x * s * (1 - s)
"""
