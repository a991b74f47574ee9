"""Single-head causal attention with rotary position embeddings and per-head query/key RMS scaling.

Shapes: B batch, T time, D model, E head. Everything is einsum so that it can be read off the paper.
"""
import numpy as np


def rotary_tables(T, E, base=100.0):
    freq = base ** (-np.arange(0, E, 2) / E)
    angle = np.arange(T)[:, None] * freq[None, :]
    return np.cos(angle), np.sin(angle)


def rotate(x, cos, sin):
    x1, x2 = x[..., 0::2], x[..., 1::2]
    out = np.empty_like(x)
    out[..., 0::2] = x1 * cos - x2 * sin
    out[..., 1::2] = x1 * sin + x2 * cos
    return out


def unrotate(g, cos, sin):
    """Pullback of `rotate`: a rotation by the opposite angle."""
    g1, g2 = g[..., 0::2], g[..., 1::2]
    out = np.empty_like(g)
    out[..., 0::2] = g1 * cos + g2 * sin
    out[..., 1::2] = g2 * cos - g1 * sin
    return out


def rms_scale(x, gain, eps=1e-3):
    inv = 1.0 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    return x * inv * gain, (x, inv)


def rms_scale_vjp(g, gain, saved):
    x, inv = saved
    dgain = np.einsum("bte,bte->e", g, x * inv)
    gx = g * gain
    dot = np.mean(gx * x, axis=-1, keepdims=True)
    return inv * gx - x * inv**3 * dot, dgain


def forward(w, X):
    T, E = X.shape[1], w["Q"].shape[1]
    cos, sin = rotary_tables(T, E)
    q, sq = rms_scale(np.einsum("btd,de->bte", X, w["Q"]), w["gq"])
    k, sk = rms_scale(np.einsum("btd,de->bte", X, w["K"]), w["gk"])
    v = np.einsum("btd,de->bte", X, w["V"])
    qr, kr = rotate(q, cos, sin), rotate(k, cos, sin)
    s = np.einsum("bte,bse->bts", qr, kr) / np.sqrt(E)
    s = np.where(np.tril(np.ones((T, T), dtype=bool)), s, -1e30)
    a = np.exp(s - s.max(axis=-1, keepdims=True))
    a /= a.sum(axis=-1, keepdims=True)
    y = np.einsum("bts,bse->bte", a, v)
    out = np.einsum("bte,ed->btd", y, w["O"]) + X
    return out, (cos, sin, sq, sk, v, qr, kr, a, y)


def loss_and_grad(w, X, Y):
    out, (cos, sin, sq, sk, v, qr, kr, a, y) = forward(w, X)
    E = w["Q"].shape[1]
    r = out - Y
    loss = 0.5 * np.mean(np.sum(r * r, axis=-1))
    g = r / (r.shape[0] * r.shape[1])
    gO = np.einsum("bte,btd->ed", y, g)
    gy = np.einsum("btd,ed->bte", g, w["O"])
    ga = np.einsum("bte,bse->bts", gy, v)
    gv = np.einsum("bts,bte->bse", a, gy)
    gs = a * (ga - np.sum(a * ga, axis=-1, keepdims=True)) / np.sqrt(E)
    gqr = np.einsum("bts,bse->bte", gs, kr)
    gkr = np.einsum("bts,bte->bse", gs, qr)
    gq, ggq = rms_scale_vjp(unrotate(gqr, cos, sin), w["gq"], sq)
    gk, ggk = rms_scale_vjp(unrotate(gkr, cos, sin), w["gk"], sk)
    return loss, {
        "Q": np.einsum("btd,bte->de", X, gq),
        "K": np.einsum("btd,bte->de", X, gk),
        "V": np.einsum("btd,bte->de", X, gv),
        "O": gO,
        "gq": ggq,
        "gk": ggk,
    }


# ---- problem
def problem():
    rng = np.random.default_rng(77)
    D, E = 3, 6
    w = {n: rng.normal(size=(D, E)) for n in "QKV"}
    w["O"] = rng.normal(size=(E, D)) * 0.6
    w["gq"], w["gk"] = rng.uniform(0.7, 1.5, E), rng.uniform(0.7, 1.5, E)
    X, Y = rng.normal(size=(2, 4, D)), rng.normal(size=(2, 4, D))
    return dict(loss=lambda: loss_and_grad(w, X, Y)[0], params=w, grads=lambda: loss_and_grad(w, X, Y)[1])


FAULTS = """
sign | out[..., 1::2] = g2 * cos - g1 * sin | out[..., 1::2] = g2 * cos + g1 * sin
missing-term | gk, ggk = rms_scale_vjp(unrotate(gkr, cos, sin), w["gk"], sk) | gk, ggk = rms_scale_vjp(gkr, w["gk"], sk)
transpose | gkr = np.einsum("bts,bte->bse", gs, qr) | gkr = np.einsum("bts,bse->bte", gs, qr)
normalisation | return inv * gx - x * inv**3 * dot, dgain | return inv * gx - x * inv**2 * dot, dgain
normalisation | dot = np.mean(gx * x, axis=-1, keepdims=True) | dot = np.sum(gx * x, axis=-1, keepdims=True)
softmax-jacobian | gs = a * (ga - np.sum(a * ga, axis=-1, keepdims=True)) / np.sqrt(E) | gs = a * (ga - np.sum(a * ga, axis=1, keepdims=True)) / np.sqrt(E)
scale | gs = a * (ga - np.sum(a * ga, axis=-1, keepdims=True)) / np.sqrt(E) | gs = a * (ga - np.sum(a * ga, axis=-1, keepdims=True))
"""
