import numpy as np


def elu(z):
    return np.where(z > 0, z, np.exp(np.minimum(z, 0)) - 1)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def kl(params, x, q):
    h = elu(x @ params["hidden"]["kernel"] + params["hidden"]["bias"])
    p = softmax(h @ params["out"]["kernel"] + params["out"]["bias"])
    return np.sum(q * (np.log(q) - np.log(p))) / x.shape[0]


def kl_grad(params, x, q):
    z = x @ params["hidden"]["kernel"] + params["hidden"]["bias"]
    h = elu(z)
    p = softmax(h @ params["out"]["kernel"] + params["out"]["bias"])
    dlogits = (p - q) / x.shape[0]
    dh = dlogits @ params["out"]["kernel"].T
    dz = dh * np.where(z > 0, 1, h + 1)
    return {
        "hidden": {"kernel": x.T @ dz, "bias": dz.sum(0)},
        "out": {"kernel": h.T @ dlogits, "bias": dlogits.sum(0)},
    }


# ---- problem
def problem():
    r = np.random.default_rng(91)
    params = {
        "hidden": {"kernel": r.normal(size=(4, 6)), "bias": r.normal(size=6) * 0.1},
        "out": {"kernel": r.normal(size=(6, 3)), "bias": r.normal(size=3) * 0.1},
    }
    x, q = r.normal(size=(5, 4)), softmax(r.normal(size=(5, 3)))
    return dict(
        loss=lambda: kl(params, x, q), params=params, grads=lambda: kl_grad(params, x, q)
    )


FAULTS = """
sign | dlogits = (p - q) / x.shape[0] | dlogits = (q - p) / x.shape[0]
wrong-activation-derivative | dz = dh * np.where(z > 0, 1, h + 1) | dz = dh * np.where(z > 0, 1, h)
softmax-jacobian | dlogits = (p - q) / x.shape[0] | dlogits = -q * (1 - p) / x.shape[0]
scale | dlogits = (p - q) / x.shape[0] | dlogits = (p - q) / q.size
wrong-operand | "kernel": h.T @ dlogits | "kernel": z.T @ dlogits
"""
