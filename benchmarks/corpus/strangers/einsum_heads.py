import numpy as np

es = np.einsum
B, T, D, H, K = 2, 4, 6, 2, 3
rng = np.random.default_rng(1517)


def sinusoid(T, D):
    pos = np.arange(T)[:, None]
    i = np.arange(D // 2)[None]
    ang = pos / 100 ** (2 * i / D)
    return np.concatenate([np.sin(ang), np.cos(ang)], 1)


P = dict(
    q=rng.normal(size=(H, D, K)), k=rng.normal(size=(H, D, K)), v=rng.normal(size=(H, D, K)),
    o=rng.normal(size=(H, K, D)), gain=0.7, head=rng.normal(size=D),
)
tokens = rng.normal(size=(B, T, D))
target = rng.normal(size=B)
pe = sinusoid(T, D)


def fwd(P):
    x = tokens + P['gain'] * pe
    q = es('btd,hdk->bhtk', x, P['q'])
    k = es('btd,hdk->bhtk', x, P['k'])
    v = es('btd,hdk->bhtk', x, P['v'])
    s = es('bhik,bhjk->bhij', q, k) / np.sqrt(K)
    w = np.exp(s - s.max(-1, keepdims=True))
    w /= w.sum(-1, keepdims=True)
    c = es('bhij,bhjk->bhik', w, v)
    y = x + es('bhik,hkd->bid', c, P['o'])
    pooled = y.mean(1)
    out = es('bd,d->b', pooled, P['head'])
    return out, (x, q, k, v, w, c, pooled)


def loss():
    return np.sum((fwd(P)[0] - target) ** 2)


def bwd():
    out, (x, q, k, v, w, c, pooled) = fwd(P)
    g = {}
    dout = 2 * (out - target)
    g['head'] = es('b,bd->d', dout, pooled)
    dpooled = es('b,d->bd', dout, P['head'])
    dy = np.repeat(dpooled[:, None] / T, T, axis=1)
    g['o'] = es('bhik,bid->hkd', c, dy)
    dc = es('bid,hkd->bhik', dy, P['o'])
    dw = es('bhik,bhjk->bhij', dc, v)
    dv = es('bhij,bhik->bhjk', w, dc)
    ds = w * (dw - es('bhij,bhij->bhi', dw, w)[..., None])
    ds = ds / np.sqrt(K)
    dq = es('bhij,bhjk->bhik', ds, k)
    dk = es('bhij,bhik->bhjk', ds, q)
    dx = dy.copy()
    for name, d in (('q', dq), ('k', dk), ('v', dv)):
        g[name] = es('btd,bhtk->hdk', x, d)
        dx += es('bhtk,hdk->btd', d, P[name])
    g['gain'] = es('btd,td->', dx, pe)
    return g


# ---- problem
def problem():
    return dict(loss=loss, params=P, grads=bwd)


FAULTS = """
softmax-jacobian | ds = w * (dw - es('bhij,bhij->bhi', dw, w)[..., None]) | ds = dw * w * (1 - w)
scale | ds = ds / np.sqrt(K) |
transpose | dk = es('bhij,bhik->bhjk', ds, q) | dk = es('bhij,bhjk->bhik', ds, q)
wrong-operand | dk = es('bhij,bhik->bhjk', ds, q) | dk = es('bhij,bhik->bhjk', ds, k)
missing-term | dx = dy.copy() | dx = np.zeros_like(dy)
scale | dy = np.repeat(dpooled[:, None] / T, T, axis=1) | dy = np.repeat(dpooled[:, None], T, axis=1)
transpose | dv = es('bhij,bhik->bhjk', w, dc) | dv = es('bhji,bhik->bhjk', w, dc)
accumulation | dx += es('bhtk,hdk->btd', d, P[name]) | dx = es('bhtk,hdk->btd', d, P[name])
"""
