from functools import reduce

import numpy as np


def dense(n_out):
    def init(key, n_in):
        return n_out, (key.randn(n_in, n_out) / np.sqrt(n_in), 0.2 * key.randn(n_out))

    def apply(params, x):
        w, b = params
        return x @ w + b, (x, w)

    def vjp(saved, ct):
        x, w = saved
        return ct @ w.T, (x.T @ ct, ct.sum(0))

    return init, apply, vjp


def elementwise(f, df):
    def init(key, n_in):
        return n_in, ()

    def apply(params, x):
        return f(x), x

    def vjp(x, ct):
        return ct * df(x), ()

    return init, apply, vjp


def fan_out_sum(*branches):
    """Several branches see the same input; their outputs are added."""

    def init(key, n_in):
        inits = [b[0](key, n_in) for b in branches]
        return inits[0][0], tuple(p for _, p in inits)

    def apply(params, x):
        outs = [b[1](p, x) for b, p in zip(branches, params)]
        return reduce(np.add, [o for o, _ in outs]), tuple(s for _, s in outs)

    def vjp(saved, ct):
        pulled = [b[2](s, ct) for b, s in zip(branches, saved)]
        return reduce(np.add, [x for x, _ in pulled]), tuple(g for _, g in pulled)

    return init, apply, vjp


def serial(*layers):
    def init(key, n_in):
        params = []
        for layer in layers:
            n_in, p = layer[0](key, n_in)
            params.append(p)
        return n_in, tuple(params)

    def apply(params, x):
        saved = []
        for (_, f, _), p in zip(layers, params):
            x, s = f(p, x)
            saved.append(s)
        return x, tuple(saved)

    def vjp(saved, ct):
        grads = ()
        for (_, _, back), s in zip(layers[::-1], saved[::-1]):
            ct, g = back(s, ct)
            grads = (g,) + grads
        return ct, grads

    return init, apply, vjp


def gelu(x):
    return 0.5 * x * (1 + np.tanh(0.8 * x))


def dgelu(x):
    t = np.tanh(0.8 * x)
    return 0.5 * (1 + t) + 0.4 * x * (1 - t * t)


def arctan_grad(x):
    return 1 / (1 + x * x)


def log_cosh(pred, want):
    return np.log(np.cosh(pred - want)).sum(1).mean()


def d_log_cosh(pred, want):
    return np.tanh(pred - want) / pred.shape[0]


net_init, net_apply, net_vjp = serial(
    dense(5),
    elementwise(gelu, dgelu),
    fan_out_sum(dense(4), serial(dense(3), elementwise(np.arctan, arctan_grad), dense(4))),
    dense(2),
)


def objective(params, x, want):
    return log_cosh(net_apply(params, x)[0], want)


def slopes(params, x, want):
    pred, saved = net_apply(params, x)
    _, grads = net_vjp(saved, d_log_cosh(pred, want))
    return grads


# ---- problem
def problem():
    key = np.random.RandomState(77)
    _, params = net_init(key, 3)
    x, want = key.randn(6, 3), key.randn(6, 2)
    return dict(
        loss=lambda: objective(params, x, want),
        params=params,
        grads=lambda: slopes(params, x, want),
    )


FAULTS = """
missing-activation-derivative | return ct * df(x), () | return ct, ()
activation-derivative-at-wrong-value | return f(x), x | y = f(x);;return y, y
wrong-activation-derivative | return 0.5 * (1 + t) + 0.4 * x * (1 - t * t) | return 0.5 * (1 + t) + 0.4 * x * (1 - t)
wrong-activation-derivative | return 0.5 * (1 + t) + 0.4 * x * (1 - t * t) | return 0.5 * (1 + t) + 0.5 * x * (1 - t * t)
wrong-activation-derivative | return 1 / (1 + x * x) | return 1 / np.sqrt(1 + x * x)
loss-gradient | return np.tanh(pred - want) / pred.shape[0] | return np.sinh(pred - want) / pred.shape[0]
scale | return np.tanh(pred - want) / pred.shape[0] | return np.tanh(pred - want) / pred.size
missing-term | return reduce(np.add, [x for x, _ in pulled]), tuple(g for _, g in pulled) | return pulled[0][0], tuple(g for _, g in pulled)
bias-reduction | return ct @ w.T, (x.T @ ct, ct.sum(0)) | return ct @ w.T, (x.T @ ct, ct[0])
sign | return np.tanh(pred - want) / pred.shape[0] | return np.tanh(want - pred) / pred.shape[0]
"""
