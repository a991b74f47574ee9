import numpy as np


def upsample(x, r):
    """(channels, length) -> (channels, r * length), each value r times."""
    return np.repeat(x, r, axis=1)


def upsample_grad(dy, r):
    c, n = dy.shape
    return dy.reshape(c, n // r, r).sum(axis=2)


def conv_same(x, k, b):
    pad = k.shape[2] // 2
    xp = np.pad(x, ((0, 0), (pad, pad)))
    out = np.empty((k.shape[0], x.shape[1]))
    for t in range(x.shape[1]):
        out[:, t] = np.tensordot(k, xp[:, t : t + k.shape[2]], axes=([1, 2], [0, 1])) + b
    return out


def conv_same_grad(dy, x, k):
    pad = k.shape[2] // 2
    xp = np.pad(x, ((0, 0), (pad, pad)))
    dxp = np.zeros_like(xp)
    dk = np.zeros_like(k)
    for t in range(x.shape[1]):
        window = slice(t, t + k.shape[2])
        dk += dy[:, t, None, None] * xp[None, :, window]
        dxp[:, window] += np.tensordot(dy[:, t], k, axes=1)
    return dxp[:, pad:-pad], dk, dy.sum(axis=1)


def prelu(x, slope):
    return np.where(x >= 0, x, slope[:, None] * x)


def prelu_grad(dy, x, slope):
    dx = np.where(x >= 0, dy, slope[:, None] * dy)
    dslope = np.sum(np.where(x >= 0, 0, dy * x), axis=1)
    return dx, dslope


def decode(P, code, target=None):
    start = (P["expand"] @ code).reshape(2, -1)
    z1 = conv_same(upsample(start, 2), P["k1"], P["b1"])
    a1 = prelu(z1, P["slope"])
    z2 = conv_same(upsample(a1, 2), P["k2"], P["b2"])
    signal = np.tanh(z2)
    if target is None:
        return signal
    smooth = np.diff(signal, axis=1)
    return start, z1, a1, signal, smooth


def cost(P, codes, targets, tv=0.1):
    total = 0.0
    for code, target in zip(codes, targets):
        signal = decode(P, code)
        total += 0.5 * np.sum((signal - target) ** 2)
        total += 0.5 * tv * np.sum(np.diff(signal, axis=1) ** 2)
    return total / len(codes)


def gradient(P, codes, targets, tv=0.1):
    G = {name: np.zeros(value.shape) for name, value in P.items()}

    def add(**parts):
        for name, value in parts.items():
            G[name] += value / len(codes)

    for code, target in zip(codes, targets):
        start, z1, a1, signal, smooth = decode(P, code, target)
        dsignal = signal - target
        dsignal[:, 1:] += tv * smooth
        dsignal[:, :-1] -= tv * smooth
        dz2 = dsignal * (1 - signal**2)
        dup, dk2, db2 = conv_same_grad(dz2, upsample(a1, 2), P["k2"])
        da1 = upsample_grad(dup, 2)
        dz1, dslope = prelu_grad(da1, z1, P["slope"])
        dup, dk1, db1 = conv_same_grad(dz1, upsample(start, 2), P["k1"])
        dstart = upsample_grad(dup, 2)
        add(k1=dk1, b1=db1, k2=dk2, b2=db2, slope=dslope)
        add(expand=np.outer(dstart.ravel(), code))
    return G


# ---- problem
def problem():
    r = np.random.RandomState(27)
    P = {
        "expand": r.randn(4, 3) * 0.7,
        "k1": r.randn(2, 2, 3) * 0.5,
        "b1": r.randn(2) * 0.2,
        "slope": np.array([0.25, 0.4]),
        "k2": r.randn(1, 2, 3) * 0.5,
        "b2": r.randn(1) * 0.2,
    }
    codes, targets = r.randn(2, 3), r.randn(2, 1, 8)
    return dict(
        loss=lambda: cost(P, codes, targets), params=P, grads=lambda: gradient(P, codes, targets)
    )


FAULTS = """
indexing | return dxp[:, pad:-pad], dk, dy.sum(axis=1) | return dxp[:, : x.shape[1]], dk, dy.sum(axis=1)
accumulation | dxp[:, window] += np.tensordot(dy[:, t], k, axes=1) | dxp[:, window] = np.tensordot(dy[:, t], k, axes=1)
indexing | dxp[:, window] += np.tensordot(dy[:, t], k, axes=1) | dxp[:, window] += np.tensordot(dy[:, t], k[:, :, ::-1], axes=1)
indexing | for t in range(x.shape[1]):;;window = slice(t, t + k.shape[2]) | for t in range(x.shape[1] - 1):;;    window = slice(t, t + k.shape[2])
bias-reduction | return dxp[:, pad:-pad], dk, dy.sum(axis=1) | return dxp[:, pad:-pad], dk, dy.mean(axis=1)
bias-reduction | return dxp[:, pad:-pad], dk, dy.sum(axis=1) | return dxp[:, pad:-pad], dk, dy.sum()
scale | return dy.reshape(c, n // r, r).sum(axis=2) | return dy.reshape(c, n // r, r).mean(axis=2)
indexing | return dy.reshape(c, n // r, r).sum(axis=2) | return dy.reshape(c, r, n // r).sum(axis=1)
wrong-activation-derivative | dx = np.where(x >= 0, dy, slope[:, None] * dy) | dx = np.where(x >= 0, dy, 0)
missing-activation-derivative | dz2 = dsignal * (1 - signal**2) | dz2 = dsignal
sign | dsignal[:, :-1] -= tv * smooth | dsignal[:, :-1] += tv * smooth
"""
