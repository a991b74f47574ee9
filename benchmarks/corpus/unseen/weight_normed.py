import numpy as np
import functools

# weight normalisation: w = g * v / |v| row by row, decorated layers


def remember(f):
    """keep the last arguments and result on the function's owner"""

    @functools.wraps(f)
    def wrapper(self, *args):
        result = f(self, *args)
        self.seen = args
        self.result = result
        return result

    return wrapper


class WNDense:
    def __init__(self, n_out, n_in, rng):
        self.v = rng.normal(size=(n_out, n_in))
        self.g = rng.uniform(0.5, 1.5, size=n_out)
        self.b = rng.normal(size=n_out) * 0.1

    @property
    def norm(self):
        return np.linalg.norm(self.v, axis=1)

    @property
    def w(self):
        return (self.g / self.norm)[:, None] * self.v

    @remember
    def fwd(self, x):
        return x @ self.w.T + self.b

    def bwd(self, dy):
        (x,) = self.seen
        dw = dy.T @ x
        unit = self.v / self.norm[:, None]
        dg = np.sum(dw * unit, axis=1)
        dv = (self.g / self.norm)[:, None] * (dw - dg[:, None] * unit)
        self.gradient = dict(v=dv, g=dg, b=dy.sum(axis=0))
        return dy @ self.w


class Softplus:
    @remember
    def fwd(self, x):
        return np.logaddexp(0, x)

    def bwd(self, dy):
        return dy * (1 - np.exp(-self.result))


class LogCosh:
    @remember
    def fwd(self, y, t):
        return np.log(np.cosh(y - t)).mean()

    def bwd(self):
        y, t = self.seen
        return np.tanh(y - t) / y.size


rng = np.random.default_rng(55)
x, t = rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
layers = [WNDense(4, 3, rng), Softplus(), WNDense(4, 4, rng), Softplus(), WNDense(2, 4, rng)]
dense = layers[::2]
cost = LogCosh()


def objective():
    return cost.fwd(functools.reduce(lambda a, layer: layer.fwd(a), layers, x), t)


def differentiate():
    objective()
    functools.reduce(lambda d, layer: layer.bwd(d), layers[::-1], cost.bwd())
    return [d.gradient for d in dense]


# ---- problem
def problem():
    return dict(
        loss=objective,
        params=[dict(v=d.v, g=d.g, b=d.b) for d in dense],
        grads=differentiate,
    )


FAULTS = """
normalisation | dv = (self.g / self.norm)[:, None] * (dw - dg[:, None] * unit) | dv = (self.g / self.norm)[:, None] * dw
wrong-operand | dg = np.sum(dw * unit, axis=1) | dg = np.sum(dw * self.v, axis=1)
wrong-operand | return dy @ self.w | return dy @ self.v
wrong-activation-derivative | return dy * (1 - np.exp(-self.result)) | return dy * np.exp(-self.result)
activation-derivative-at-wrong-value | return dy * (1 - np.exp(-self.result)) | return dy / (1 + np.exp(-self.result))
loss-gradient | return np.tanh(y - t) / y.size | return (y - t) / y.size
scale | return np.tanh(y - t) / y.size | return np.tanh(y - t) / len(y)
missing-activation-derivative | return dy * (1 - np.exp(-self.result)) | return dy
"""
