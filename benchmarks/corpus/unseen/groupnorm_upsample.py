"""Little decoder: nearest-neighbour upsampling, 1x1 convolution, group norm, depthwise 3x3, sum of squares"""
import numpy as np

EPS = 1e-4


def upsample(x):
    return x.repeat(2, axis=2).repeat(2, axis=3)


def upsample_grad(dy):
    n, c, h, w = dy.shape
    return dy.reshape(n, c, h // 2, 2, w // 2, 2).sum(axis=(3, 5))


def pointwise(x, K):
    return np.einsum("nchw,dc->ndhw", x, K)


def groupnorm(x, groups, scale, shift):
    n, c, h, w = x.shape
    xg = x.reshape(n, groups, -1)
    mean = xg.mean(axis=-1, keepdims=True)
    rstd = 1.0 / np.sqrt(xg.var(axis=-1, keepdims=True) + EPS)
    xh = ((xg - mean) * rstd).reshape(x.shape)
    return xh * scale[:, None, None] + shift[:, None, None], (xh, rstd, groups, scale)


def groupnorm_grad(dy, saved):
    xh, rstd, groups, scale = saved
    n, c, h, w = dy.shape
    dscale = np.einsum("nchw,nchw->c", dy, xh)
    dshift = np.einsum("nchw->c", dy)
    dxh = (dy * scale[:, None, None]).reshape(n, groups, -1)
    xg = xh.reshape(n, groups, -1)
    m = dxh.shape[-1]
    dx = rstd / m * (m * dxh - dxh.sum(-1, keepdims=True) - xg * (dxh * xg).sum(-1, keepdims=True))
    return dx.reshape(dy.shape), dscale, dshift


def depthwise(x, F):
    n, c, h, w = x.shape
    xp = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    y = np.zeros_like(x)
    for i in range(3):
        for j in range(3):
            y += F[:, i, j][:, None, None] * xp[:, :, i : i + h, j : j + w]
    return y, xp


def depthwise_grad(dy, xp, F):
    n, c, h, w = dy.shape
    dF, dxp = np.zeros_like(F), np.zeros_like(xp)
    for i in range(3):
        for j in range(3):
            dF[:, i, j] = (dy * xp[:, :, i : i + h, j : j + w]).sum(axis=(0, 2, 3))
            dxp[:, :, i : i + h, j : j + w] += F[:, i, j][:, None, None] * dy
    return dxp[:, :, 1:-1, 1:-1], dF


def run(P, code, image, want_grad=False):
    up = upsample(code)
    pw = pointwise(up, P["K"])
    gn, saved = groupnorm(pw, 2, P["scale"], P["shift"])
    act = np.sin(gn)
    dw, xp = depthwise(act, P["F"])
    pic = np.tanh(upsample(dw).sum(axis=1))
    value = 0.5 * ((pic - image) ** 2).sum()
    if not want_grad:
        return value
    dpic = (pic - image) * (1 - pic**2)
    dup = np.repeat(dpic[:, None], P["F"].shape[0], axis=1)
    dact, dF = depthwise_grad(upsample_grad(dup), xp, P["F"])
    dgn = dact * np.cos(gn)
    dpw, dscale, dshift = groupnorm_grad(dgn, saved)
    dK = np.einsum("ndhw,nchw->dc", dpw, up)
    dcode = upsample_grad(np.einsum("ndhw,dc->nchw", dpw, P["K"]))
    return {"K": dK, "scale": dscale, "shift": dshift, "F": dF, "code": dcode}


rng = np.random.default_rng(6)
P = {
    "K": rng.normal(size=(4, 4)), "scale": rng.normal(1, 0.2, size=4), "shift": rng.normal(0, 0.3, size=4),
    "F": rng.normal(size=(4, 3, 3)) * 0.3, "code": rng.normal(size=(2, 4, 2, 2)),
}
image = rng.uniform(-1, 1, size=(2, 8, 8))


# ---- problem
def problem():
    return dict(
        loss=lambda: run(P, P["code"], image), params=P, grads=lambda: run(P, P["code"], image, True)
    )


FAULTS = """
normalisation | dx = rstd / m * (m * dxh - dxh.sum(-1, keepdims=True) - xg * (dxh * xg).sum(-1, keepdims=True)) | dx = rstd / m * (m * dxh - dxh.sum(-1, keepdims=True))
normalisation | m = dxh.shape[-1] | m = h * w
scale | .sum(axis=(3, 5)) | .mean(axis=(3, 5))
transpose | dcode = upsample_grad(np.einsum("ndhw,dc->nchw", dpw, P["K"])) | dcode = upsample_grad(np.einsum("ndhw,cd->nchw", dpw, P["K"]))
indexing | return dxp[:, :, 1:-1, 1:-1], dF | return dxp[:, :, :-2, :-2], dF
wrong-activation-derivative | dpic = (pic - image) * (1 - pic**2) | dpic = (pic - image) * (1 - pic)
wrong-operand | dscale = np.einsum("nchw,nchw->c", dy, xh) | dscale = np.einsum("nchw,nchw->c", dy * scale[:, None, None], xh)
wrong-operand | dK = np.einsum("ndhw,nchw->dc", dpw, up) | dK = np.einsum("ndhw,nchw->dc", dpw, pw)
activation-derivative-at-wrong-value | dgn = dact * np.cos(gn) | dgn = dact * np.cos(act)
"""
