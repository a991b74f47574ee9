import numpy as np


def make_encoder(d, h, e, rng):
    return {
        "A": rng.normal(0, d**-0.5, (d, h)),
        "a": rng.normal(0, 0.1, h),
        "B": rng.normal(0, h**-0.5, (h, e)),
    }


def gelu(u):
    return 0.5 * u * (1 + np.tanh(np.sqrt(2 / np.pi) * (u + 0.044715 * u**3)))


def gelu_slope(u):
    k = np.sqrt(2 / np.pi)
    t = np.tanh(k * (u + 0.044715 * u**3))
    return 0.5 * (1 + t) + 0.5 * u * (1 - t**2) * k * (1 + 3 * 0.044715 * u**2)


def encode(enc, x):
    u = x @ enc["A"] + enc["a"]
    y = gelu(u) @ enc["B"]
    length = np.sqrt((y**2).sum(axis=1, keepdims=True))
    return y / length, (x, u, y, length)


def encode_back(enc, dunit, memory, into):
    x, u, y, length = memory
    unit = y / length
    dy = (dunit - unit * (unit * dunit).sum(axis=1, keepdims=True)) / length
    into["B"] += gelu(u).T @ dy
    du = dy @ enc["B"].T * gelu_slope(u)
    into["A"] += x.T @ du
    into["a"] += du.sum(axis=0)


def soft_triplet(enc, anchor, positive, negative):
    ea, ep, en = (encode(enc, x)[0] for x in (anchor, positive, negative))
    gap = ((ea - ep) ** 2).sum(axis=1) - ((ea - en) ** 2).sum(axis=1)
    return np.logaddexp(0, gap + 0.5).mean()


def soft_triplet_grad(enc, anchor, positive, negative):
    (ea, ma), (ep, mp), (en, mn) = (encode(enc, x) for x in (anchor, positive, negative))
    gap = ((ea - ep) ** 2).sum(axis=1) - ((ea - en) ** 2).sum(axis=1)
    dgap = (1 / (1 + np.exp(-(gap + 0.5))) / len(gap))[:, None]
    grads = {k: np.zeros_like(v) for k, v in enc.items()}
    dea = dgap * 2 * (en - ep)
    dep = -2 * dgap * (ea - ep)
    den = 2 * dgap * (ea - en)
    encode_back(enc, dea, ma, grads)
    encode_back(enc, dep, mp, grads)
    encode_back(enc, den, mn, grads)
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(50)
    enc = make_encoder(3, 4, 3, rng)
    triplets = rng.normal(size=(3, 4, 3))
    return dict(
        loss=lambda: soft_triplet(enc, *triplets),
        params=enc,
        grads=lambda: soft_triplet_grad(enc, *triplets),
    )


FAULTS = """
missing-term | encode_back(enc, den, mn, grads) |
wrong-operand | encode_back(enc, den, mn, grads) | encode_back(enc, den, mp, grads)
scale | dep = -2 * dgap * (ea - ep) | dep = -dgap * (ea - ep)
missing-term | dea = dgap * 2 * (en - ep) | dea = dgap * 2 * (ea - ep)
normalisation | dy = (dunit - unit * (unit * dunit).sum(axis=1, keepdims=True)) / length | dy = dunit / length
wrong-activation-derivative | return 0.5 * (1 + t) + 0.5 * u * (1 - t**2) * k * (1 + 3 * 0.044715 * u**2) | return 0.5 * (1 + t) + 0.5 * u * (1 - t**2)
wrong-activation-derivative | return 0.5 * (1 + t) + 0.5 * u * (1 - t**2) * k * (1 + 3 * 0.044715 * u**2) | return 0.5 * (1 + t)
activation-derivative-at-wrong-value | du = dy @ enc["B"].T * gelu_slope(u) | du = dy @ enc["B"].T * gelu_slope(gelu(u))
accumulation | into["B"] += gelu(u).T @ dy | into["B"] = gelu(u).T @ dy
loss-gradient | dgap = (1 / (1 + np.exp(-(gap + 0.5))) / len(gap))[:, None] | dgap = ((gap + 0.5 > 0) / len(gap))[:, None]
loss-gradient | dgap = (1 / (1 + np.exp(-(gap + 0.5))) / len(gap))[:, None] | dgap = (1 / (1 + np.exp(-gap)) / len(gap))[:, None]
"""
