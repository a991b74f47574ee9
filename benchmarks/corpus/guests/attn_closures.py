"""Single-head self-attention and mean readout. Every function returns (value, pullback)."""
import numpy as np


def matmul(a, b):
    def back(g):
        return g @ np.swapaxes(b, -1, -2), np.swapaxes(a, -1, -2) @ g
    return a @ b, back


def project(x, w):
    def back(g):
        return g @ w.T, np.einsum('btd,bte->de', x, g)
    return x @ w, back


def softmax(s):
    e = np.exp(s - s.max(-1, keepdims=True))
    p = e / e.sum(-1, keepdims=True)

    def back(g):
        inner = (g * p).sum(-1, keepdims=True)
        return p * (g - inner)
    return p, back


def attention(x, wq, wk, wv):
    q, back_q = project(x, wq)
    k, back_k = project(x, wk)
    v, back_v = project(x, wv)
    scale = 1 / np.sqrt(q.shape[-1])
    s, back_s = matmul(q, np.swapaxes(k, -1, -2))
    p, back_p = softmax(s * scale)
    o, back_o = matmul(p, v)

    def back(g):
        gp, gv = back_o(g)
        gs = back_p(gp) * scale
        gq, gkt = back_s(gs)
        gk = np.swapaxes(gkt, -1, -2)
        dx1, dwq = back_q(gq)
        dx2, dwk = back_k(gk)
        dx3, dwv = back_v(gv)
        return dx1 + dx2 + dx3, (dwq, dwk, dwv)
    return o, back


def loss_and_back(params, x, y):
    h, back_in = project(x, params['embed'])
    o, back_att = attention(h, *params['attn'])
    r = o + h
    pooled = r.mean(axis=1)
    err = pooled @ params['head'] - y

    def back():
        derr = 2 * err / len(y)
        dhead = pooled.T @ derr
        dpooled = np.outer(derr, params['head'])
        dr = np.repeat(dpooled[:, None, :], r.shape[1], axis=1) / r.shape[1]
        dh, dattn = back_att(dr)
        dh = dh + dr
        _, dembed = back_in(dh)
        return {'embed': dembed, 'attn': dattn, 'head': dhead}
    return np.mean(err ** 2), back


# ---- problem
def problem():
    rng = np.random.default_rng(2017)
    params = {'embed': rng.normal(size=(3, 4)), 'attn': tuple(rng.normal(size=(4, 4)) * 0.6 for _ in range(3)),
              'head': rng.normal(size=4)}
    x, y = rng.normal(size=(3, 5, 3)), rng.normal(size=3)
    return dict(loss=lambda: loss_and_back(params, x, y)[0], params=params,
                grads=lambda: loss_and_back(params, x, y)[1]())


FAULTS = """
missing-term | dh = dh + dr |
missing-term | return dx1 + dx2 + dx3, (dwq, dwk, dwv) | return dx3, (dwq, dwk, dwv)
softmax-jacobian | return p * (g - inner) | return g * p * (1 - p)
scale | gs = back_p(gp) * scale | gs = back_p(gp)
swapped-gradients | return dx1 + dx2 + dx3, (dwq, dwk, dwv) | return dx1 + dx2 + dx3, (dwk, dwq, dwv)
scale | dr = np.repeat(dpooled[:, None, :], r.shape[1], axis=1) / r.shape[1] | dr = np.repeat(dpooled[:, None, :], r.shape[1], axis=1)
transpose | gk = np.swapaxes(gkt, -1, -2) | gk = gkt.reshape(k.shape)
"""
