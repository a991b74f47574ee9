import numpy as np


def patches(images, k=3):
    n, h, w = images.shape
    view = np.lib.stride_tricks.sliding_window_view(images, (k, k), axis=(1, 2))
    return view.reshape(n, (h - k + 1) * (w - k + 1), k * k)


def forward(p, images):
    cols = patches(images)
    z = cols @ p["kernels"].reshape(len(p["kernels"]), -1).T + p["shift"]
    a = np.maximum(z, 0)
    logits = a.reshape(len(images), -1) @ p["V"] + p["c"]
    return cols, z, a, logits


def loss(p, images, labels):
    *_, logits = forward(p, images)
    logits = logits - logits.max(axis=1, keepdims=True)
    logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -logp[np.arange(len(labels)), labels].mean()


def gradient(p, images, labels):
    cols, z, a, logits = forward(p, images)
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    d = e / e.sum(axis=1, keepdims=True)
    d[np.arange(len(labels)), labels] -= 1
    d /= len(labels)
    flat = a.reshape(len(images), -1)
    g = {"V": flat.T @ d, "c": d.sum(axis=0)}
    dz = (d @ p["V"].T).reshape(z.shape) * (z > 0)
    g["kernels"] = np.einsum("npf,npk->fk", dz, cols).reshape(p["kernels"].shape)
    g["shift"] = dz.sum(axis=(0, 1))
    return g


# ---- problem
def problem():
    r = np.random.default_rng(51)
    p = {
        "kernels": r.normal(size=(2, 3, 3)) * 0.5,
        "shift": r.normal(size=2) * 0.3,
        "V": r.normal(size=(18, 3)) * 0.4,
        "c": r.normal(size=3) * 0.1,
    }
    images, labels = r.normal(size=(4, 5, 5)), np.array([0, 2, 1, 2])
    return dict(
        loss=lambda: loss(p, images, labels),
        params=p,
        grads=lambda: gradient(p, images, labels),
    )


FAULTS = """
bias-reduction | g["shift"] = dz.sum(axis=(0, 1)) | g["shift"] = dz.sum(axis=1).mean(axis=0)
missing-activation-derivative | dz = (d @ p["V"].T).reshape(z.shape) * (z > 0) | dz = (d @ p["V"].T).reshape(z.shape)
indexing | np.einsum("npf,npk->fk", dz, cols) | np.einsum("npf,npk->fk", dz[:, :-1], cols[:, :-1])
scale | d /= len(labels) | pass
indexing | np.einsum("npf,npk->fk", dz, cols) | np.einsum("npf,npk->fk", dz, cols[:, :, ::-1])
"""
