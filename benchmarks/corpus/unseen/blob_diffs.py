import numpy as np


class Blob:
    """data and diff of the same shape, allocated once and written in place"""

    def __init__(self, shape, fill=None):
        self.data = np.zeros(shape)
        self.diff = np.zeros(shape)
        if fill is not None:
            self.data[...] = fill


class InnerProduct:
    def __init__(self, bottom, n_out, gen):
        n, n_in = bottom.data.shape
        self.bottom = bottom
        self.top = Blob((n, n_out))
        self.weight = Blob((n_out, n_in), gen.normal(size=(n_out, n_in)) / np.sqrt(n_in))
        self.bias = Blob((n_out,), 0.1 * gen.normal(size=n_out))

    def forward(self):
        np.dot(self.bottom.data, self.weight.data.T, out=self.top.data)
        self.top.data += self.bias.data

    def backward(self):
        self.weight.diff += self.top.diff.T.dot(self.bottom.data)
        self.bias.diff += self.top.diff.sum(axis=0)
        np.dot(self.top.diff, self.weight.data, out=self.bottom.diff)


class Sigmoid:
    def __init__(self, bottom):
        self.bottom = bottom
        self.top = Blob(bottom.data.shape)

    def forward(self):
        np.divide(1.0, 1.0 + np.exp(-self.bottom.data), out=self.top.data)

    def backward(self):
        s = self.top.data
        np.multiply(self.top.diff, s * (1 - s), out=self.bottom.diff)


class Eltwise:
    """sum of two blobs, with coefficients"""

    def __init__(self, first, second, coeff):
        self.first, self.second, self.coeff = first, second, coeff
        self.top = Blob(first.data.shape)

    def forward(self):
        self.top.data[:] = self.coeff[0] * self.first.data + self.coeff[1] * self.second.data

    def backward(self):
        self.first.diff[:] = self.coeff[0] * self.top.diff
        self.second.diff[:] = self.coeff[1] * self.top.diff


class Euclidean:
    def __init__(self, bottom, target):
        self.bottom, self.target = bottom, target

    def forward(self):
        self.gap = self.bottom.data - self.target
        self.value = 0.5 * np.vdot(self.gap, self.gap) / len(self.gap)

    def backward(self):
        self.bottom.diff[:] = self.gap / len(self.gap)


gen = np.random.default_rng(2013)
data = Blob((6, 3), gen.normal(size=(6, 3)))
ip1 = InnerProduct(data, 4, gen)
act1 = Sigmoid(ip1.top)
side = InnerProduct(data, 4, gen)
act2 = Sigmoid(side.top)
mix = Eltwise(act1.top, act2.top, (1.5, -0.8))
ip2 = InnerProduct(mix.top, 2, gen)
cost = Euclidean(ip2.top, gen.normal(size=(6, 2)))
layers = [ip1, act1, side, act2, mix, ip2, cost]
learned = {'ip1': ip1, 'side': side, 'ip2': ip2}


def forward():
    for layer in layers:
        layer.forward()
    return cost.value


def backward():
    forward()
    for layer in learned.values():
        layer.weight.diff[:] = 0
        layer.bias.diff[:] = 0
    for layer in layers[::-1]:
        layer.backward()
    return {k: (v.weight.diff, v.bias.diff) for k, v in learned.items()}


# ---- problem
def problem():
    params = {k: (v.weight.data, v.bias.data) for k, v in learned.items()}
    return dict(loss=forward, params=params, grads=backward)


FAULTS = """
accumulation | layer.bias.diff[:] = 0 |
activation-derivative-at-wrong-value | s = self.top.data;;np.multiply | s = self.bottom.data;;np.multiply
missing-activation-derivative | np.multiply(self.top.diff, s * (1 - s), out=self.bottom.diff) | self.bottom.diff[:] = self.top.diff
wrong-operand | self.second.diff[:] = self.coeff[1] * self.top.diff | self.second.diff[:] = self.coeff[0] * self.top.diff
scale | self.first.diff[:] = self.coeff[0] * self.top.diff | self.first.diff[:] = self.top.diff
bias-reduction | self.bias.diff += self.top.diff.sum(axis=0) | self.bias.diff += self.top.diff.mean(axis=0)
sign | self.bottom.diff[:] = self.gap / len(self.gap) | self.bottom.diff[:] = -self.gap / len(self.gap)
loss-gradient | self.bottom.diff[:] = self.gap / len(self.gap) | self.bottom.diff[:] = np.sign(self.gap) / len(self.gap)
"""
