import numpy as np


def conv_valid(image, kernels):
    n, h, w = image.shape
    f, _, k, _ = kernels.shape
    out = np.zeros((f, h - k + 1, w - k + 1))
    for p in range(h - k + 1):
        for q in range(w - k + 1):
            out[:, p, q] = np.sum(kernels * image[None, :, p : p + k, q : q + k], axis=(1, 2, 3))
    return out


def conv_valid_back(grad, image, kernels):
    k = kernels.shape[2]
    d_kernels, d_image = np.zeros(kernels.shape), np.zeros(image.shape)
    for p in range(grad.shape[1]):
        for q in range(grad.shape[2]):
            for f in range(len(kernels)):
                d_kernels[f] += grad[f, p, q] * image[:, p : p + k, q : q + k]
                d_image[:, p : p + k, q : q + k] += grad[f, p, q] * kernels[f]
    return d_kernels, d_image


def pool(maps, s):
    c, h, w = maps.shape
    out = np.zeros((c, h // s, w // s))
    where = np.zeros(maps.shape, dtype=bool)
    for p in range(h // s):
        for q in range(w // s):
            block = maps[:, p * s : p * s + s, q * s : q * s + s].reshape(c, -1)
            out[:, p, q] = block.max(axis=1)
            for ch in range(c):
                best = block[ch].argmax()
                where[ch, p * s + best // s, q * s + best % s] = True
    return out, where


def pool_back(grad, where, s):
    wide = grad.repeat(s, axis=1).repeat(s, axis=2)
    return wide * where


def objective(w, image, target, want_grads=False):
    z1 = conv_valid(image, w["k1"]) + w["b1"][:, None, None]
    a1 = np.maximum(z1, 0.05 * z1)
    p1, where = pool(a1, 2)
    z2 = conv_valid(p1, w["k2"]) + w["b2"][:, None, None]
    score = w["v"] @ z2.ravel()
    prob = 1 / (1 + np.exp(-score))
    loss = -(target * np.log(prob) + (1 - target) * np.log(1 - prob))
    if not want_grads:
        return loss
    d_score = prob - target
    grads = {"v": d_score * z2.ravel()}
    d_z2 = (d_score * w["v"]).reshape(z2.shape)
    grads["b2"] = d_z2.sum(axis=(1, 2))
    grads["k2"], d_p1 = conv_valid_back(d_z2, p1, w["k2"])
    d_a1 = pool_back(d_p1, where, 2)
    d_z1 = d_a1 * np.where(z1 > 0, 1, 0.05)
    grads["b1"] = d_z1.sum(axis=(1, 2))
    grads["k1"], _ = conv_valid_back(d_z1, image, w["k1"])
    return grads


# ---- problem
def problem():
    r = np.random.default_rng(33)
    w = {
        "k1": r.normal(size=(2, 1, 3, 3)) * 0.5, "b1": r.normal(size=2) * 0.2,
        "k2": r.normal(size=(3, 2, 2, 2)) * 0.5, "b2": r.normal(size=3) * 0.2,
        "v": r.normal(size=12) * 0.5,
    }
    image = r.normal(size=(1, 8, 8))
    return dict(
        loss=lambda: objective(w, image, 1.0), params=w, grads=lambda: objective(w, image, 1.0, True)
    )


FAULTS = """
accumulation | d_image[:, p : p + k, q : q + k] += grad[f, p, q] * kernels[f] | d_image[:, p : p + k, q : q + k] = grad[f, p, q] * kernels[f]
indexing | d_kernels[f] += grad[f, p, q] * image[:, p : p + k, q : q + k] | d_kernels[f] += grad[f, q, p] * image[:, p : p + k, q : q + k]
wrong-operand | return wide * where | return wide
wrong-activation-derivative | d_z1 = d_a1 * np.where(z1 > 0, 1, 0.05) | d_z1 = d_a1 * np.where(z1 > 0, 0.05, 1)
activation-derivative-at-wrong-value | d_z1 = d_a1 * np.where(z1 > 0, 1, 0.05) | d_z1 = d_a1 * np.where(d_a1 > 0, 1, 0.05)
bias-reduction | grads["b2"] = d_z2.sum(axis=(1, 2)) | grads["b2"] = d_z2.mean(axis=(1, 2))
loss-gradient | d_score = prob - target | d_score = (prob - target) * prob * (1 - prob)
wrong-operand | grads["k2"], d_p1 = conv_valid_back(d_z2, p1, w["k2"]) | grads["k2"], d_p1 = conv_valid_back(d_z2, p1, w["k2"][::-1])
indexing | for q in range(grad.shape[2]): | for q in range(grad.shape[2] - 1):
"""
