# Один блок трансформера (post-LN), две головы. Прямой и обратный проход вручную.
# x: (T, d) -- одно предложение, без батча.
import numpy as np


def layernorm(x, g, b):
    m = x.mean(-1, keepdims=True)
    s = np.sqrt(((x - m) ** 2).mean(-1, keepdims=True) + 1e-5)
    n = (x - m) / s
    return n * g + b, (n, s)


def layernorm_back(dy, g, cache):
    n, s = cache
    dn = dy * g
    dx = (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)) / s
    return dx, (dy * n).sum(0), dy.sum(0)


def softmax(a):
    e = np.exp(a - a.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def gelu(u):
    return 0.5 * u * (1 + np.tanh(0.79788456 * (u + 0.044715 * u ** 3)))


def gelu_proizv(u):
    t = np.tanh(0.79788456 * (u + 0.044715 * u ** 3))
    return 0.5 * (1 + t) + 0.5 * u * (1 - t ** 2) * 0.79788456 * (1 + 3 * 0.044715 * u ** 2)


class Blok:
    def __init__(self, d, golov, skryt, seed):
        r = np.random.RandomState(seed)
        self.h = golov
        self.w = dict(
            qkv=r.randn(d, 3 * d) * 0.7, o=r.randn(d, d) * 0.5,
            g1=1 + 0.2 * r.randn(d), b1=0.1 * r.randn(d),
            f1=r.randn(d, skryt) * 0.6, c1=0.1 * r.randn(skryt),
            f2=r.randn(skryt, d) * 0.5, c2=0.1 * r.randn(d),
            g2=1 + 0.2 * r.randn(d), b2=0.1 * r.randn(d))

    def vpered(self, x):
        w = self.w
        T, d = x.shape
        k = d // self.h
        qkv = x @ w['qkv']
        # (3, h, T, k)
        q, kk, v = qkv.reshape(T, 3, self.h, k).transpose(1, 2, 0, 3)
        a = softmax(q @ kk.transpose(0, 2, 1) / k ** 0.5)
        y = (a @ v).transpose(1, 0, 2).reshape(T, d)
        n1, kesh1 = layernorm(x + y @ w['o'], w['g1'], w['b1'])
        u = n1 @ w['f1'] + w['c1']
        r = gelu(u)
        n2, kesh2 = layernorm(n1 + r @ w['f2'] + w['c2'], w['g2'], w['b2'])
        self.kesh = x, q, kk, v, a, y, n1, kesh1, u, r, kesh2
        return n2

    def poterya(self, x, cel):
        return ((self.vpered(x) - cel) ** 2).mean()

    def nazad(self, x, cel):
        out = self.vpered(x)
        w, G = self.w, {}
        x, q, kk, v, a, y, n1, kesh1, u, r, kesh2 = self.kesh
        T, d = x.shape
        k = d // self.h
        dout = 2 * (out - cel) / out.size
        ds2, G['g2'], G['b2'] = layernorm_back(dout, w['g2'], kesh2)
        G['f2'] = r.T @ ds2
        G['c2'] = ds2.sum(0)
        du = ds2 @ w['f2'].T * gelu_proizv(u)
        G['f1'] = n1.T @ du
        G['c1'] = du.sum(0)
        dn1 = ds2 + du @ w['f1'].T
        ds1, G['g1'], G['b1'] = layernorm_back(dn1, w['g1'], kesh1)
        G['o'] = y.T @ ds1
        dy = (ds1 @ w['o'].T).reshape(T, self.h, k).transpose(1, 0, 2)
        dv = a.transpose(0, 2, 1) @ dy
        da = dy @ v.transpose(0, 2, 1)
        de = a * (da - (da * a).sum(-1, keepdims=True)) / k ** 0.5
        dq = de @ kk
        dk = de.transpose(0, 2, 1) @ q
        dqkv = np.stack([dq, dk, dv]).transpose(2, 0, 1, 3).reshape(T, 3 * d)
        G['qkv'] = x.T @ dqkv
        return G


# ---- problem
def problem():
    blok = Blok(4, 2, 5, 12)
    r = np.random.RandomState(13)
    x, cel = r.randn(4, 4), r.randn(4, 4)
    return dict(loss=lambda: blok.poterya(x, cel), params=blok.w, grads=lambda: blok.nazad(x, cel))


FAULTS = """
missing-term | dn1 = ds2 + du @ w['f1'].T | dn1 = du @ w['f1'].T
transpose | dk = de.transpose(0, 2, 1) @ q | dk = de @ q
swapped-gradients | dqkv = np.stack([dq, dk, dv]).transpose(2, 0, 1, 3).reshape(T, 3 * d) | dqkv = np.stack([dk, dq, dv]).transpose(2, 0, 1, 3).reshape(T, 3 * d)
indexing | dy = (ds1 @ w['o'].T).reshape(T, self.h, k).transpose(1, 0, 2) | dy = (ds1 @ w['o'].T).reshape(self.h, T, k)
wrong-activation-derivative | return 0.5 * (1 + t) + 0.5 * u * (1 - t ** 2) * 0.79788456 * (1 + 3 * 0.044715 * u ** 2) | return 0.5 * (1 + t) + 0.5 * u * (1 - t ** 2) * 0.79788456
normalisation | dx = (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)) / s | dx = (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)) / s ** 2
wrong-operand | ds1, G['g1'], G['b1'] = layernorm_back(dn1, w['g1'], kesh1) | ds1, G['g1'], G['b1'] = layernorm_back(dn1, w['g1'], kesh2)
missing-term | dx = (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True)) / s | dx = (dn - n * (dn * n).mean(-1, keepdims=True)) / s
"""
