import functools

import numpy as np


def checked(function):
    @functools.wraps(function)
    def inside(*args, **kwargs):
        result = function(*args, **kwargs)
        assert result is not None
        return result

    return inside


class Standardise:
    @staticmethod
    @checked
    def forward(x, gain, shift, eps=1e-3):
        mu = x.mean(axis=0)
        var = ((x - mu) ** 2).mean(axis=0)
        istd = 1 / np.sqrt(var + eps)
        xhat = (x - mu) * istd
        return gain * xhat + shift, (xhat, istd, gain)

    @staticmethod
    @checked
    def backward(dy, cache):
        xhat, istd, gain = cache
        dgain = (dy * xhat).sum(axis=0)
        dshift = dy.sum(axis=0)
        dxhat = dy * gain
        dx = istd * (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0))
        return dx, dgain, dshift


def stages(p, h):
    for k in (1, 2):
        z = h @ p[f"W{k}"]
        y, cache = Standardise.forward(z, p[f"g{k}"], p[f"s{k}"])
        a = 1 / (1 + np.exp(-y))
        yield h, cache, a
        h = a


@checked
def predict(p, x):
    *_, (_, _, last) = stages(p, x)
    return last @ p["out"]


def loss_of(p, x, t):
    return np.sum((predict(p, x) - t) ** 2) / len(x)


@checked
def backward_of(p, x, t):
    found = {}
    tape = list(stages(p, x))
    last = tape[-1][2]
    d = 2 * (last @ p["out"] - t) / len(x)
    found["out"] = last.T @ d
    d = d @ p["out"].T
    for k, (h, cache, a) in reversed(list(enumerate(tape, 1))):
        d = d * a * (1 - a)
        d, found[f"g{k}"], found[f"s{k}"] = Standardise.backward(d, cache)
        found[f"W{k}"] = h.T @ d
        d = d @ p[f"W{k}"].T
    return found


# ---- problem
def problem():
    r = np.random.default_rng(12)
    p = dict(W1=r.normal(size=(3, 4)), W2=r.normal(size=(4, 5)), out=r.normal(size=(5, 2)))
    for k, n in ((1, 4), (2, 5)):
        p[f"g{k}"], p[f"s{k}"] = r.normal(size=n), r.normal(size=n)
    x, t = r.normal(size=(7, 3)), r.normal(size=(7, 2))
    return dict(
        loss=lambda: loss_of(p, x, t), params=p, grads=lambda: backward_of(p, x, t)
    )


FAULTS = """
normalisation | dx = istd * (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) | dx = istd * (dxhat - dxhat.mean(axis=0))
normalisation | dx = istd * (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) | dx = istd * dxhat
normalisation | dx = istd * (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) | dx = dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)
normalisation | dx = istd * (dxhat - dxhat.mean(axis=0) - xhat * (dxhat * xhat).mean(axis=0)) | dx = istd * (dxhat - dxhat.mean(axis=0) + xhat * (dxhat * xhat).mean(axis=0))
normalisation | dxhat = dy * gain | dxhat = dy
normalisation | dgain = (dy * xhat).sum(axis=0) | dgain = (dy * gain * xhat).sum(axis=0)
bias-reduction | dshift = dy.sum(axis=0) | dshift = dy.mean(axis=0)
missing-activation-derivative | d = d * a * (1 - a) | pass
wrong-activation-derivative | d = d * a * (1 - a) | d = d * (1 - a)
wrong-activation-derivative | d = d * a * (1 - a) | d = d * (1 - a ** 2)
scale | d = 2 * (last @ p["out"] - t) / len(x) | d = (last @ p["out"] - t) / len(x)
sign | d = 2 * (last @ p["out"] - t) / len(x) | d = -2 * (last @ p["out"] - t) / len(x)
scale | d = 2 * (last @ p["out"] - t) / len(x) | d = 2 * (last @ p["out"] - t) / t.size
"""
