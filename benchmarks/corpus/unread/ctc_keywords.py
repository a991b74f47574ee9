# keyword spotting toy: one linear layer + context, CTC loss. alpha/beta straight from Graves 2006
# (probability domain, sequences are short).
import numpy as np

BLANK = 0


def extend(label):
    out = [BLANK]
    for l in label:
        out += [l, BLANK]
    return out


def logits_of(theta, x):
    # context window of 1 to the left
    prev = np.vstack([np.zeros((1, x.shape[1])), x[:-1]])
    hid = np.tanh(x @ theta['Wx'] + prev @ theta['Wp'] + theta['bh'])
    return hid @ theta['Wo'] + theta['bo'], hid, prev


def probs(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def alphas(y, ext):
    T, S = len(y), len(ext)
    a = np.zeros((T, S))
    a[0, 0] = y[0, ext[0]]
    a[0, 1] = y[0, ext[1]]
    for t in range(1, T):
        for s in range(S):
            tot = a[t - 1, s]
            if s >= 1:
                tot += a[t - 1, s - 1]
            if s >= 2 and ext[s] != BLANK and ext[s] != ext[s - 2]:
                tot += a[t - 1, s - 2]
            a[t, s] = tot * y[t, ext[s]]
    return a


def betas(y, ext):
    # beta[t, s] does NOT contain y[t, ext[s]]
    T, S = len(y), len(ext)
    b = np.zeros((T, S))
    b[T - 1, S - 1] = 1.
    b[T - 1, S - 2] = 1.
    for t in range(T - 2, -1, -1):
        for s in range(S):
            tot = b[t + 1, s] * y[t + 1, ext[s]]
            if s + 1 < S:
                tot += b[t + 1, s + 1] * y[t + 1, ext[s + 1]]
            if s + 2 < S and ext[s] != BLANK and ext[s] != ext[s + 2]:
                tot += b[t + 1, s + 2] * y[t + 1, ext[s + 2]]
            b[t, s] = tot
    return b


def loss(theta, batch):
    total = 0.
    for x, label in batch:
        y = probs(logits_of(theta, x)[0])
        a = alphas(y, extend(label))
        total -= np.log(a[-1, -1] + a[-1, -2])
    return total / len(batch)


def grad(theta, batch):
    g = {k: np.zeros_like(v) for k, v in theta.items()}
    for x, label in batch:
        z, hid, prev = logits_of(theta, x)
        y = probs(z)
        ext = extend(label)
        a, b = alphas(y, ext), betas(y, ext)
        p = a[-1, -1] + a[-1, -2]
        occ = np.zeros_like(y)
        for s, k in enumerate(ext):
            occ[:, k] += a[:, s] * b[:, s]
        dz = (y - occ / p) / len(batch)
        g['Wo'] += hid.T @ dz
        g['bo'] += dz.sum(0)
        dhid = dz @ theta['Wo'].T * (1 - hid ** 2)
        g['Wx'] += x.T @ dhid
        g['Wp'] += prev.T @ dhid
        g['bh'] += dhid.sum(0)
    return g


# ---- problem
def problem():
    r = np.random.RandomState(6)
    theta = {'Wx': r.randn(2, 3), 'Wp': r.randn(2, 3), 'bh': r.randn(3) * .3, 'Wo': r.randn(3, 4), 'bo': r.randn(4) * .2}
    batch = [(r.randn(6, 2), [1, 3]), (r.randn(5, 2), [2, 2])]
    return dict(loss=lambda: loss(theta, batch), params=theta, grads=lambda: grad(theta, batch))


FAULTS = """
accumulation | occ[:, k] += a[:, s] * b[:, s] | occ[:, k] = a[:, s] * b[:, s]
normalisation | dz = (y - occ / p) / len(batch) | dz = (y - occ) / len(batch)
indexing | tot = b[t + 1, s] * y[t + 1, ext[s]] | tot = b[t + 1, s] * y[t, ext[s]]
indexing | tot += b[t + 1, s + 2] * y[t + 1, ext[s + 2]] | tot += b[t + 1, s + 2] * y[t + 1, ext[s + 1]]
missing-term | b[T - 1, S - 2] = 1. |
wrong-operand | g['Wp'] += prev.T @ dhid | g['Wp'] += x.T @ dhid
loss-gradient | dz = (y - occ / p) / len(batch) | dz = (y - occ / p / y) / len(batch)
"""
