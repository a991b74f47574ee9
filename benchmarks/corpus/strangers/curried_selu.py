from functools import partial, reduce

import numpy as np

ALPHA, SCALE = 1.6732632423543772, 1.0507009873554805


def differentiable(forward):
    """A function of (theta, x) that returns (value, residue) gets its pullback attached with .pullback"""
    def with_pullback(pullback):
        forward.pullback = pullback
        return forward
    forward.defpull = with_pullback
    return forward


@differentiable
def affine(theta, x):
    w, b = theta
    return x @ w + b, x


@affine.defpull
def affine_pull(theta, x, ct):
    w, _ = theta
    return (x.T @ ct, ct.sum(0)), ct @ w.T


@differentiable
def selu(_theta, x):
    return SCALE * np.where(x > 0, x, ALPHA * np.expm1(x)), x


@selu.defpull
def selu_pull(_theta, x, ct):
    return (), ct * SCALE * np.where(x > 0, 1.0, ALPHA * np.exp(x))


@differentiable
def mish(_theta, x):
    sp = np.logaddexp(0, x)
    return x * np.tanh(sp), (x, np.tanh(sp))


@mish.defpull
def mish_pull(_theta, res, ct):
    x, t = res
    sig = 1 / (1 + np.exp(-x))
    return (), ct * (t + x * (1 - t ** 2) * sig)


NET = (affine, selu, affine, mish, affine)


def unroll(thetas, x):
    def one(state, layer):
        value, tape = state
        f, theta = layer
        out, residue = f(theta, value)
        return out, tape + ((f, theta, residue),)
    return reduce(one, zip(NET, thetas), (x, ()))


def log_cosh(thetas, x, y):
    out, _ = unroll(thetas, x)
    return np.log(np.cosh(out - y)).mean()


def grad_log_cosh(thetas, x, y):
    out, tape = unroll(thetas, x)

    def back(state, entry):
        ct, collected = state
        f, theta, residue = entry
        dtheta, ct = f.pullback(theta, residue, ct)
        return ct, (dtheta,) + collected
    _, grads = reduce(back, reversed(tape), (np.tanh(out - y) / y.size, ()))
    return grads


# ---- problem
def problem():
    key = np.random.default_rng(314)
    dense = lambda m, n: (key.normal(size=(m, n)) / np.sqrt(m), key.normal(size=n) / 4)
    thetas = (dense(3, 5), (), dense(5, 5), (), dense(5, 2))
    x, y = key.normal(size=(7, 3)), key.normal(size=(7, 2))
    return dict(loss=partial(log_cosh, thetas, x, y), params=thetas,
                grads=partial(grad_log_cosh, thetas, x, y))


FAULTS = """
wrong-activation-derivative | return (), ct * SCALE * np.where(x > 0, 1.0, ALPHA * np.exp(x)) | return (), ct * SCALE * np.where(x > 0, 1.0, ALPHA * np.expm1(x))
wrong-activation-derivative | return (), ct * (t + x * (1 - t ** 2) * sig) | return (), ct * (t + x * (1 - t ** 2))
missing-activation-derivative | return (), ct * (t + x * (1 - t ** 2) * sig) | return (), ct
loss-gradient | reversed(tape), (np.tanh(out - y) / y.size, ())) | reversed(tape), ((out - y) / y.size, ()))
scale | reversed(tape), (np.tanh(out - y) / y.size, ())) | reversed(tape), (np.tanh(out - y) / len(y), ()))
bias-reduction | return (x.T @ ct, ct.sum(0)), ct @ w.T | return (x.T @ ct, ct.mean(0)), ct @ w.T
sign | reversed(tape), (np.tanh(out - y) / y.size, ())) | reversed(tape), (np.tanh(y - out) / y.size, ()))
"""
