"""02_fully_connected: gradients live in .g, as in the lesson 'from the foundations' (but numpy)."""
import numpy as np


class T:
    """array with a place for its gradient"""

    def __init__(self, data):
        self.data = np.asarray(data, float)
        self.g = None


def lin_grad(inp, out, w, b):
    inp.g = out.g @ w.data.T
    w.g = np.einsum("bi,bj->ij", inp.data, out.g)
    b.g = out.g.sum(0)


def mse(output, targ):
    return np.mean((output.data[:, 0] - targ) ** 2)


def mse_grad(inp, targ):
    inp.g = 2.0 * (inp.data[:, 0] - targ)[:, None] / inp.data.shape[0]


def relu_grad(inp, out):
    inp.g = (inp.data > 0) * out.g


class Model:
    def __init__(self, rng, m, nh):
        self.w1, self.b1 = T(rng.normal(size=(m, nh)) * np.sqrt(2 / m)), T(rng.normal(size=nh) * 0.1)
        self.w2, self.b2 = T(rng.normal(size=(nh, nh)) * np.sqrt(2 / nh)), T(rng.normal(size=nh) * 0.1)
        self.w3, self.b3 = T(rng.normal(size=(nh, 1))), T(np.zeros(1))

    def lin(self, x, w, b):
        return T(x.data @ w.data + b.data)

    def forward(self, x, targ):
        self.inp = T(x)
        self.l1 = self.lin(self.inp, self.w1, self.b1)
        self.l2 = T(np.maximum(self.l1.data, 0.0) - 0.5)
        self.l3 = self.lin(self.l2, self.w2, self.b2)
        self.l4 = T(np.maximum(self.l3.data, 0.0) - 0.5 + self.l2.data)
        self.out = self.lin(self.l4, self.w3, self.b3)
        return mse(self.out, targ)

    def backward(self, targ):
        mse_grad(self.out, targ)
        lin_grad(self.l4, self.out, self.w3, self.b3)
        relu_grad(self.l3, self.l4)
        lin_grad(self.l2, self.l3, self.w2, self.b2)
        self.l2.g += self.l4.g
        relu_grad(self.l1, self.l2)
        lin_grad(self.inp, self.l1, self.w1, self.b1)


# ---- problem
def problem():
    rng = np.random.default_rng(19)
    x, targ = rng.normal(size=(9, 4)), rng.normal(size=9)
    model = Model(rng, 4, 6)
    names = ["w1", "b1", "w2", "b2", "w3", "b3"]

    def grads():
        model.forward(x, targ)
        model.backward(targ)
        return [getattr(model, n).g for n in names]

    return dict(params=[getattr(model, n).data for n in names], loss=lambda: model.forward(x, targ), grads=grads)


FAULTS = """
missing-term | self.l2.g += self.l4.g |
accumulation | self.l2.g += self.l4.g | self.l2.g = self.l4.g
activation-derivative-at-wrong-value | inp.g = (inp.data > 0) * out.g | inp.g = (out.data > 0) * out.g
scale | inp.g = 2.0 * (inp.data[:, 0] - targ)[:, None] / inp.data.shape[0] | inp.g = 2.0 * (inp.data[:, 0] - targ)[:, None]
scale | w.g = np.einsum("bi,bj->ij", inp.data, out.g) | w.g = np.einsum("bi,bj->ij", inp.data, out.g) / len(inp.data)
bias-reduction | b.g = out.g.sum(0) | b.g = out.g[0]
"""
