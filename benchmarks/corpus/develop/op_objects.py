import numpy as np


class Op:
    def __call__(self, *inputs):
        self.inputs = inputs
        self.out = self.compute(*inputs)
        return self.out


class Affine(Op):
    def __init__(self, w, b):
        self.weight, self.bias = w, b
        self.gw = self.gb = None

    def compute(self, x):
        return x @ self.weight + self.bias

    def back(self, up):
        (x,) = self.inputs
        self.gw = x.T @ up
        self.gb = up.sum(0)
        return up @ self.weight.T


class Relu(Op):
    def compute(self, x):
        return np.maximum(x, 0)

    def back(self, up):
        (x,) = self.inputs
        return up * (x > 0)


class Softplus(Op):
    def compute(self, x):
        return np.log1p(np.exp(x))

    def back(self, up):
        (x,) = self.inputs
        return up / (1 + np.exp(-x))


class CrossEntropy(Op):
    def compute(self, z, labels):
        e = np.exp(z - z.max(1, keepdims=True))
        self.p = e / e.sum(1, keepdims=True)
        return -np.mean(np.log(self.p[np.arange(len(labels)), labels]))

    def back(self):
        _, labels = self.inputs
        d = self.p.copy()
        d[np.arange(len(labels)), labels] -= 1
        return d / len(labels)


class Net:
    def __init__(self, widths, penalty=0.03):
        r = np.random.default_rng(8)
        self.ops, self.penalty = [], penalty
        for k, (i, o) in enumerate(zip(widths, widths[1:])):
            self.ops.append(Affine(r.normal(size=(i, o)), 0.4 * r.normal(size=o)))
            self.ops.append(Relu() if k else Softplus())
        self.ops.pop()
        self.head = CrossEntropy()

    @property
    def affine(self):
        return [op for op in self.ops if isinstance(op, Affine)]

    def loss(self, x, labels):
        for op in self.ops:
            x = op(x)
        l2 = sum(np.sum(a.weight**2) for a in self.affine)
        return self.head(x, labels) + self.penalty * l2

    def gradients(self):
        up = self.head.back()
        for op in self.ops[::-1]:
            up = op.back(up)
        for a in self.affine:
            a.gw = a.gw + 2 * self.penalty * a.weight
        return [(a.gw, a.gb) for a in self.affine]


# ---- problem
def problem():
    r = np.random.default_rng(4)
    net = Net([3, 5, 4, 3])
    x, labels = r.normal(size=(6, 3)), r.integers(0, 3, 6)

    def grads():
        net.loss(x, labels)
        return net.gradients()

    return dict(
        loss=lambda: net.loss(x, labels),
        params=[(a.weight, a.bias) for a in net.affine],
        grads=grads,
    )


FAULTS = """
bias-reduction | self.gb = up.sum(0) | self.gb = up.mean(0)
bias-reduction | self.gb = up.sum(0) | self.gb = up.sum()
bias-reduction | self.gb = up.sum(0) | self.gb = up[0]
wrong-activation-derivative | return up * (x > 0) | return up * (x < 0)
activation-derivative-at-wrong-value | return up * (x > 0) | return up * (up > 0)
wrong-activation-derivative | return up / (1 + np.exp(-x)) | return up / (1 + np.exp(x))
wrong-activation-derivative | return up / (1 + np.exp(-x)) | return up * np.exp(-x) / (1 + np.exp(-x))
missing-activation-derivative | return up / (1 + np.exp(-x)) | return up
scale | return d / len(labels) | return d
scale | return d / len(labels) | return d / d.shape[1]
sign | d[np.arange(len(labels)), labels] -= 1 | d[np.arange(len(labels)), labels] += 1
softmax-jacobian | return d / len(labels) | return d * self.p * (1 - self.p) / len(labels)
regulariser | a.gw = a.gw + 2 * self.penalty * a.weight | pass
regulariser | a.gw = a.gw + 2 * self.penalty * a.weight | a.gw = a.gw + self.penalty * a.weight
regulariser | a.gw = a.gw + 2 * self.penalty * a.weight | a.gw = a.gw - 2 * self.penalty * a.weight
indexing | d[np.arange(len(labels)), labels] -= 1 | d[np.arange(len(labels)), labels - 1] -= 1
"""
