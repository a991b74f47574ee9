"""A tape for arrays in forty lines; a net with a skip connection is recorded on it."""
import numpy as np

TAPE = []


class Var:
    def __init__(self, data):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)

    def __matmul__(self, other):
        out = Var(self.data @ other.data)

        def back():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad
        TAPE.append(back)
        return out

    def __add__(self, other):
        out = Var(self.data + other.data)

        def back():
            self.grad += out.grad
            other.grad += out.grad if other.data.ndim == 2 else out.grad.sum(axis=0)
        TAPE.append(back)
        return out

    def __mul__(self, other):
        out = Var(self.data * other.data)

        def back():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad
        TAPE.append(back)
        return out

    def sigmoid(self):
        out = Var(1 / (1 + np.exp(-self.data)))

        def back():
            self.grad += out.data * (1 - out.data) * out.grad
        TAPE.append(back)
        return out

    def sine(self):
        out = Var(np.sin(self.data))

        def back():
            self.grad += np.cos(self.data) * out.grad
        TAPE.append(back)
        return out


def model(p, x):
    h = (x @ p["win"] + p["bin"]).sine()
    gate = (h @ p["wgate"]).sigmoid()
    h = h * gate + x @ p["wskip"]
    return h @ p["wout"]


def run(p, x, t, backward=False):
    TAPE.clear()
    for v in p.values():
        v.grad = np.zeros_like(v.data)
    out = model(p, Var(x))
    r = out.data - t
    if backward:
        out.grad = 2 * r / r.size
        for back in reversed(TAPE):
            back()
        return {k: v.grad for k, v in p.items()}
    return (r ** 2).mean()


# ---- problem
def problem():
    rng = np.random.default_rng(44)
    shapes = dict(win=(3, 4), bin=(4,), wgate=(4, 4), wskip=(3, 4), wout=(4, 2))
    p = {k: Var(rng.normal(size=s)) for k, s in shapes.items()}
    x, t = rng.normal(size=(6, 3)), rng.normal(size=(6, 2))
    return dict(loss=lambda: run(p, x, t), params={k: v.data for k, v in p.items()},
                grads=lambda: run(p, x, t, backward=True))


FAULTS = """
accumulation | TAPE.clear();;for v in p.values():;;v.grad = np.zeros_like(v.data) | TAPE.clear()
accumulation | self.grad += out.grad @ other.data.T | self.grad = out.grad @ other.data.T
wrong-activation-derivative | self.grad += out.data * (1 - out.data) * out.grad | self.grad += (1 - out.data) * out.grad
sign | self.grad += np.cos(self.data) * out.grad | self.grad -= np.cos(self.data) * out.grad
activation-derivative-at-wrong-value | self.grad += np.cos(self.data) * out.grad | self.grad += np.cos(out.data) * out.grad
wrong-operand | other.grad += self.data * out.grad | other.grad += other.data * out.grad
missing-term | other.grad += self.data * out.grad |
bias-reduction | else out.grad.sum(axis=0) | else out.grad.mean(axis=0)
scale | out.grad = 2 * r / r.size | out.grad = 2 * r / len(r)
"""
