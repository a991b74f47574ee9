import numpy as np

# highway layers with maxout transform, gate carried; one class per idea, gradients as attributes


class Maxout:
    def __init__(self, n_in, n_out, pieces, g):
        self.W = g.normal(size=(pieces, n_in, n_out)) * 0.6
        self.B = g.normal(size=(pieces, n_out)) * 0.3

    def f(self, x):
        self.x = x
        z = np.tensordot(x, self.W, axes=(1, 1)) + self.B       # batch, pieces, out
        self.win = z.argmax(axis=1)
        return np.take_along_axis(z, self.win[:, None, :], axis=1)[:, 0]

    def b(self, up):
        hot = np.arange(len(self.W))[None, :, None] == self.win[:, None, :]
        dz = hot * up[:, None, :]
        self.gW = np.einsum('nd,npo->pdo', self.x, dz)
        self.gB = dz.sum(axis=0)
        return np.einsum('npo,pdo->nd', dz, self.W)


class Gate:
    def __init__(self, n, g):
        self.W = g.normal(size=(n, n)) * 0.6
        self.B = g.normal(size=n) * 0.2 - 0.5

    def f(self, x):
        self.x = x
        self.t = 1 / (1 + np.exp(-(x @ self.W + self.B)))
        return self.t

    def b(self, up):
        d = up * self.t * (1 - self.t)
        self.gW, self.gB = self.x.T @ d, d.sum(0)
        return d @ self.W.T


class Highway:
    def __init__(self, n, g):
        self.transform, self.gate = Maxout(n, n, 3, g), Gate(n, g)

    def f(self, x):
        self.x, self.h, self.t = x, self.transform.f(x), self.gate.f(x)
        return self.t * self.h + (1 - self.t) * self.x

    def b(self, up):
        dx = self.transform.b(up * self.t)
        dx += self.gate.b(up * (self.h - self.x))
        dx += up * (1 - self.t)
        return dx

    def weights(self):
        return [self.transform.W, self.transform.B, self.gate.W, self.gate.B]

    def gradients(self):
        return [self.transform.gW, self.transform.gB, self.gate.gW, self.gate.gB]


g = np.random.default_rng(1505)
stack = [Highway(4, g) for _ in range(2)]
top = g.normal(size=4)
x = g.normal(size=(6, 4))
counts = np.array([0, 2, 1, 0, 3, 1])


def output():
    a = x
    for layer in stack:
        a = layer.f(a)
    return a


def poisson_loss():
    rate = output() @ top
    return np.mean(np.exp(rate) - counts * rate)


def poisson_grads():
    a = output()
    d = (np.exp(a @ top) - counts) / len(counts)
    g_top = a.T @ d
    up = np.outer(d, top)
    for layer in stack[::-1]:
        up = layer.b(up)
    return [layer.gradients() for layer in stack] + [g_top]


# ---- problem
def problem():
    return dict(
        loss=poisson_loss, params=[layer.weights() for layer in stack] + [top], grads=poisson_grads
    )


FAULTS = """
missing-term | dx += up * (1 - self.t) |
missing-term | dx += self.gate.b(up * (self.h - self.x)) | dx += self.gate.b(up * self.h)
missing-term | dx += self.gate.b(up * (self.h - self.x)) | self.gate.b(up * (self.h - self.x))
wrong-operand | dx = self.transform.b(up * self.t) | dx = self.transform.b(up * (1 - self.t))
missing-activation-derivative | dz = hot * up[:, None, :] | dz = np.ones(hot.shape) * up[:, None, :]
loss-gradient | d = (np.exp(a @ top) - counts) / len(counts) | d = (a @ top - counts) / len(counts)
missing-activation-derivative | d = up * self.t * (1 - self.t) | d = up
wrong-operand | d = up * self.t * (1 - self.t) | d = up * self.x * (1 - self.x)
bias-reduction | self.gB = dz.sum(axis=0) | self.gB = dz.mean(axis=0)
"""
