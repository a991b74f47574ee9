"""A tiny graph executor: OPS maps a name to (forward, vjp). The model is a list of instructions."""
import numpy as np

OPS = {}


def op(name):
    def register(cls):
        OPS[name] = cls
        return cls
    return register


@op("matmul")
class _:
    fwd = lambda a, b: a @ b
    vjp = lambda ct, out, a, b: (ct @ b.T, a.T @ ct)


@op("add_row")
class _:
    fwd = lambda a, b: a + b
    vjp = lambda ct, out, a, b: (ct, ct.sum(axis=0))


@op("mul")
class _:
    fwd = lambda a, b: a * b
    vjp = lambda ct, out, a, b: (ct * b, ct * a)


@op("softsign")
class _:
    fwd = lambda a: a / (1 + abs(a))
    vjp = lambda ct, out, a: (ct / (1 + abs(a)) ** 2,)


@op("sigmoid")
class _:
    fwd = lambda a: 1 / (1 + np.exp(-a))
    vjp = lambda ct, out, a: (ct * out * (1 - out),)


@op("cube_root_loss")
class _:
    fwd = lambda a, y: np.mean((1 + (a - y) ** 2) ** (1 / 3))
    vjp = lambda ct, out, a, y: (ct * 2 / 3 * (a - y) * (1 + (a - y) ** 2) ** (-2 / 3) / a.size, None)


# gated linear unit with a softsign layer before and a readout behind
PROGRAM = [
    ("z", "matmul", "x", "w_in"),
    ("zb", "add_row", "z", "b_in"),
    ("h", "softsign", "zb"),
    ("l", "matmul", "h", "w_lin"),
    ("gz", "matmul", "h", "w_gate"),
    ("gzb", "add_row", "gz", "b_gate"),
    ("g", "sigmoid", "gzb"),
    ("u", "mul", "l", "g"),
    ("o", "matmul", "u", "w_out"),
    ("L", "cube_root_loss", "o", "y"),
]


class Executor:
    def __init__(self, program, leaves):
        self.program = program
        self.leaves = leaves

    def run(self, feed):
        env = {**feed, **self.leaves}
        for dst, name, *src in self.program:
            env[dst] = OPS[name].fwd(*(env[s] for s in src))
        return env

    def value(self, feed):
        return self.run(feed)["L"]

    def grad(self, feed):
        env = self.run(feed)
        cts = {"L": 1.0}
        for dst, name, *src in reversed(self.program):
            contributions = OPS[name].vjp(cts[dst], env[dst], *(env[s] for s in src))
            for s, c in zip(src, contributions):
                if c is None:
                    continue
                cts[s] = cts[s] + c if s in cts else c
        return {leaf: cts[leaf] for leaf in self.leaves}


# ---- problem
def problem():
    r = np.random.default_rng(2718)
    leaves = dict(w_in=r.normal(size=(3, 4)), b_in=r.normal(size=4), w_lin=r.normal(size=(4, 4)),
                  w_gate=r.normal(size=(4, 4)), b_gate=r.normal(size=4), w_out=r.normal(size=(4, 2)))
    feed = dict(x=r.normal(size=(6, 3)), y=r.normal(size=(6, 2)))
    ex = Executor(PROGRAM, leaves)
    return dict(loss=lambda: ex.value(feed), params=leaves, grads=lambda: ex.grad(feed))


FAULTS = """
transpose | vjp = lambda ct, out, a, b: (ct @ b.T, a.T @ ct) | vjp = lambda ct, out, a, b: (ct @ b.reshape(b.shape[::-1]), a.T @ ct)
activation-derivative-at-wrong-value | vjp = lambda ct, out, a: (ct / (1 + abs(a)) ** 2,) | vjp = lambda ct, out, a: (ct / (1 + abs(out)) ** 2,)
activation-derivative-at-wrong-value | vjp = lambda ct, out, a: (ct * out * (1 - out),) | vjp = lambda ct, out, a: (ct * a * (1 - a),)
accumulation | cts[s] = cts[s] + c if s in cts else c | cts[s] = c
loss-gradient | vjp = lambda ct, out, a, y: (ct * 2 / 3 * (a - y) * (1 + (a - y) ** 2) ** (-2 / 3) / a.size, None) | vjp = lambda ct, out, a, y: (ct * 2 / 3 * (a - y) * (1 + (a - y) ** 2) ** (1 / 3) / a.size, None)
sign | vjp = lambda ct, out, a, y: (ct * 2 / 3 * (a - y) * | vjp = lambda ct, out, a, y: (ct * 2 / 3 * (y - a) *
bias-reduction | vjp = lambda ct, out, a, b: (ct, ct.sum(axis=0)) | vjp = lambda ct, out, a, b: (ct, ct.sum())
scale | vjp = lambda ct, out, a, y: (ct * 2 / 3 * (a - y) * | vjp = lambda ct, out, a, y: (ct * 2 * (a - y) *
"""
