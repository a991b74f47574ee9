# tiny autodiff: functions register their vjp with a decorator; the graph is a list of records
import numpy as np

VJPS = {}


def vjp_of(name):
    def register(function):
        VJPS[name] = function
        return function
    return register


@vjp_of('affine')
def affine_vjp(g, out, x, w, b):
    return g @ w.T, x.T @ g, g.sum(0)


@vjp_of('tanh')
def tanh_vjp(g, out, x):
    return (g * (1 - out ** 2),)


@vjp_of('mul')
def mul_vjp(g, out, x, y):
    return g * y, g * x


@vjp_of('sigmoid')
def sigmoid_vjp(g, out, x):
    return (g * out * (1 - out),)


@vjp_of('sqloss')
def sqloss_vjp(g, out, x, t):
    return g * (x - t) / len(x), None


FORWARD = {
    'affine': lambda x, w, b: x @ w + b,
    'tanh': np.tanh,
    'mul': lambda x, y: x * y,
    'sigmoid': lambda x: 1 / (1 + np.exp(-x)),
    'sqloss': lambda x, t: 0.5 * np.sum((x - t) ** 2) / len(x),
}

PROGRAM = [('h', 'tanh', ['a']), ('z', 'affine', ['h', 'Wz', 'bz']), ('s', 'sigmoid', ['z']),
           ('m', 'mul', ['s', 'h']), ('y', 'affine', ['m', 'Wy', 'by']), ('loss', 'sqloss', ['y', 't'])]
PROGRAM.insert(0, ('a', 'affine', ['x', 'Wa', 'ba']))


def evaluate(values):
    env = dict(values)
    for out, op, args in PROGRAM:
        env[out] = FORWARD[op](*(env[a] for a in args))
    return env


def differentiate(values, wanted):
    env = evaluate(values)
    cot = {'loss': 1.0}
    for out, op, args in reversed(PROGRAM):
        pieces = VJPS[op](cot[out], env[out], *(env[a] for a in args))
        for name, piece in zip(args, pieces):
            if piece is not None:
                cot[name] = cot.get(name, 0) + piece
    return {k: cot[k] for k in wanted}


# ---- problem
def problem():
    r = np.random.default_rng(90)
    params = {'Wa': r.normal(size=(3, 4)), 'ba': r.normal(size=4) * 0.2, 'Wz': r.normal(size=(4, 4)),
              'bz': r.normal(size=4) * 0.2, 'Wy': r.normal(size=(4, 2)), 'by': r.normal(size=2) * 0.2}
    data = {'x': r.normal(size=(6, 3)), 't': r.normal(size=(6, 2))}
    return dict(loss=lambda: evaluate({**params, **data})['loss'], params=params,
                grads=lambda: differentiate({**params, **data}, list(params)))


FAULTS = """
accumulation | cot[name] = cot.get(name, 0) + piece | cot[name] = piece
wrong-operand | return g * y, g * x | return g * y, g * y
wrong-activation-derivative | return (g * (1 - out ** 2),) | return (g * (1 - out),)
activation-derivative-at-wrong-value | return (g * (1 - out ** 2),) | return (g * (1 - x ** 2),)
missing-activation-derivative | return (g * out * (1 - out),) | return (g,)
bias-reduction | return g @ w.T, x.T @ g, g.sum(0) | return g @ w.T, x.T @ g, g.mean(0)
scale | return g * (x - t) / len(x), None | return g * (x - t), None
sign | return g * (x - t) / len(x), None | return g * (t - x) / len(x), None
activation-derivative-at-wrong-value | return (g * out * (1 - out),) | return (g * x * (1 - x),)
"""
