"""@vjp pairs an operation with the rule for its cotangents; chain() runs a pipeline of them."""
import functools

import numpy as np


def vjp(rule):
    def wrap(fun):
        @functools.wraps(fun)
        def op(*args):
            return fun(*args), lambda ct: rule(ct, fun(*args), *args)
        return op
    return wrap


@vjp(lambda ct, out, x, w: (ct @ w.T, x.T @ ct))
def matmul(x, w):
    return x @ w


@vjp(lambda ct, out, x, b: (ct, ct.sum(0)))
def shift(x, b):
    return x + b


@vjp(lambda ct, out, x: (ct * (1 - out * out),))
def tanh(x):
    return np.tanh(x)


@vjp(lambda ct, out, x, s: (ct * s, (ct * x).sum(0)))
def stretch(x, s):
    return x * s


@vjp(lambda ct, out, x: (ct * 2 * x * np.exp(-x ** 2) * -1,))
def bump(x):
    return np.exp(-x ** 2)


@vjp(lambda ct, out, x, onehot: (ct * (np.exp(x) / np.exp(x).sum(1, keepdims=True) - onehot),))
def cross_entropy(x, onehot):
    return np.log(np.exp(x).sum(1)).sum() - (x * onehot).sum()


PIPELINE = [(matmul, 'W'), (shift, 'b'), (tanh, None), (stretch, 's'), (matmul, 'V'), (bump, None),
            (matmul, 'U')]


def chain(theta, x, onehot):
    pulls = []
    for op, key in PIPELINE:
        x, pull = op(x) if key is None else op(x, theta[key])
        pulls.append((pull, key))
    total, pull_loss = cross_entropy(x, onehot)

    def gradient():
        out = {}
        ct, = pull_loss(1.0)
        for pull, key in pulls[::-1]:
            ct, *rest = pull(ct)
            if key:
                out[key] = rest[0]
        return out
    return total, gradient


# ---- problem
def problem():
    r = np.random.default_rng(70)
    shapes = dict(W=(3, 4), b=(4,), s=(4,), V=(4, 5), U=(5, 3))
    theta = {k: r.normal(size=v) * 0.7 for k, v in shapes.items()}
    x, onehot = r.normal(size=(6, 3)), np.eye(3)[[0, 2, 1, 1, 0, 2]]
    return dict(loss=lambda: chain(theta, x, onehot)[0], params=theta,
                grads=lambda: chain(theta, x, onehot)[1]())


FAULTS = """
bias-reduction | (ct, ct.sum(0))) | (ct, ct.mean(0)))
wrong-activation-derivative | (ct * (1 - out * out),)) | (ct * (1 - out),))
activation-derivative-at-wrong-value | (ct * (1 - out * out),)) | (ct * (1 - x * x),))
sign | (ct * 2 * x * np.exp(-x ** 2) * -1,)) | (ct * 2 * x * np.exp(-x ** 2),))
wrong-operand | (ct * s, (ct * x).sum(0))) | (ct * s, (ct * out).sum(0)))
scale | (ct * 2 * x * np.exp(-x ** 2) * -1,)) | (ct * x * np.exp(-x ** 2) * -1,))
missing-activation-derivative | (ct * (1 - out * out),)) | (ct,))
loss-gradient | / np.exp(x).sum(1, keepdims=True) - onehot),)) | - onehot),))
"""
