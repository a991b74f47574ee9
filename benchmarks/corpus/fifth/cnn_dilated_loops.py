"""Assignment: convolution layer with padding and dilation, naive loops, average pooling, then a linear SVM head."""
import numpy as np


def pad(x, p):
    return np.pad(x, ((0, 0), (0, 0), (p, p), (p, p)))


def conv_forward(x, w, b, param):
    N, C, H, W = x.shape
    F, _, k, _ = w.shape
    p, dil = param["pad"], param["dilation"]
    span = dil * (k - 1) + 1
    xp = pad(x, p)
    Ho, Wo = H + 2 * p - span + 1, W + 2 * p - span + 1
    out = np.zeros((N, F, Ho, Wo))
    for i in range(Ho):
        for j in range(Wo):
            patch = xp[:, :, i:i + span:dil, j:j + span:dil]
            out[:, :, i, j] = np.tensordot(patch, w, axes=([1, 2, 3], [1, 2, 3])) + b
    return out, (x, w, param)


def conv_backward(dout, cache):
    x, w, param = cache
    k, p, dil = w.shape[-1], param["pad"], param["dilation"]
    span = dil * (k - 1) + 1
    xp = pad(x, p)
    dxp, dw = np.zeros_like(xp), np.zeros_like(w)
    db = dout.sum(axis=(0, 2, 3))
    for i in range(dout.shape[2]):
        for j in range(dout.shape[3]):
            patch = xp[:, :, i:i + span:dil, j:j + span:dil]
            d = dout[:, :, i, j]
            dw += np.einsum("nf,nchw->fchw", d, patch)
            dxp[:, :, i:i + span:dil, j:j + span:dil] += np.einsum("nf,fchw->nchw", d, w)
    return dxp[:, :, p:-p, p:-p], dw, db


def net_loss(params, x, y):
    a, cache1 = conv_forward(x, params["k1"], params["b1"], {"pad": 1, "dilation": 1})
    r = np.maximum(a, 0)
    c, cache2 = conv_forward(r, params["k2"], params["b2"], {"pad": 1, "dilation": 2})
    t = np.tanh(c)
    pooled = t.mean(axis=(2, 3))
    scores = pooled @ params["U"]
    margins = np.maximum(0, scores - scores[np.arange(len(y)), y][:, None] + 1)
    margins[np.arange(len(y)), y] = 0
    loss = (margins**2).sum() / len(y)

    grads = {}
    ds = 2 * margins / len(y)
    ds[np.arange(len(y)), y] -= ds.sum(axis=1)
    grads["U"] = pooled.T @ ds
    dpool = ds @ params["U"].T
    dt = np.ones_like(t) * dpool[:, :, None, None] / (t.shape[2] * t.shape[3])
    dc = dt * (1 - t**2)
    dr, grads["k2"], grads["b2"] = conv_backward(dc, cache2)
    da = dr * (a > 0)
    _, grads["k1"], grads["b1"] = conv_backward(da, cache1)
    return loss, grads


# ---- problem
def problem():
    rng = np.random.default_rng(22)
    params = dict(k1=rng.normal(size=(2, 2, 3, 3)) * 0.4, b1=rng.normal(size=2) * 0.2, k2=rng.normal(size=(3, 2, 2, 2)) * 0.5,
                  b2=rng.normal(size=3) * 0.2, U=rng.normal(size=(3, 4)))
    x, y = rng.normal(size=(3, 2, 5, 4)), np.array([2, 0, 3])
    return dict(params=params, loss=lambda: net_loss(params, x, y)[0], grads=lambda: net_loss(params, x, y)[1])


FAULTS = """
accumulation | dw += np.einsum("nf,nchw->fchw", d, patch) | dw = np.einsum("nf,nchw->fchw", d, patch)
accumulation | dxp[:, :, i:i + span:dil, j:j + span:dil] += np.einsum("nf,fchw->nchw", d, w) | dxp[:, :, i:i + span:dil, j:j + span:dil] = np.einsum("nf,fchw->nchw", d, w)
indexing | return dxp[:, :, p:-p, p:-p], dw, db | return dxp[:, :, :-2 * p, :-2 * p], dw, db
loss-gradient | ds[np.arange(len(y)), y] -= ds.sum(axis=1) |
scale | dt = np.ones_like(t) * dpool[:, :, None, None] / (t.shape[2] * t.shape[3]) | dt = np.ones_like(t) * dpool[:, :, None, None]
loss-gradient | ds = 2 * margins / len(y) | ds = 2.0 * (margins > 0) / len(y)
"""
