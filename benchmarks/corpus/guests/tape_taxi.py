"""A tape of closures. Taxi fares: distance, hour, night flag -> fare, Huber loss."""
import numpy as np

TAPE = []


class Var:
    def __init__(self, data):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)

    def __matmul__(self, other):
        out = Var(self.data @ other.data)

        def backward():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad
        TAPE.append(backward)
        return out

    def __add__(self, other):
        out = Var(self.data + other.data)

        def backward():
            self.grad += out.grad
            other.grad += out.grad.sum(axis=0) if other.data.ndim < out.data.ndim else out.grad
        TAPE.append(backward)
        return out

    def elu(self):
        out = Var(np.where(self.data > 0, self.data, np.exp(self.data) - 1))

        def backward():
            self.grad += out.grad * np.where(self.data > 0, 1, out.data + 1)
        TAPE.append(backward)
        return out

    def square(self):
        out = Var(self.data ** 2)

        def backward():
            self.grad += 2 * self.data * out.grad
        TAPE.append(backward)
        return out

    def huber(self, target, d):
        r = self.data - target
        out = Var(np.where(np.abs(r) < d, r ** 2 / 2, d * (np.abs(r) - d / 2)).mean())

        def backward():
            self.grad += out.grad * np.clip(r, -d, d) / r.size
        TAPE.append(backward)
        return out


def build(p, X, y):
    TAPE.clear()
    v = {k: Var(a) for k, a in p.items()}
    h = (Var(X) @ v['W1'] + v['b1']).elu()
    h2 = (h @ v['W2'] + v['b2']).elu() + h
    h3 = (h2 @ v['W3']).square() + h2
    return v, (h3 @ v['W4'] + v['b4']).huber(y, 1.0)


def grads(p, X, y):
    v, out = build(p, X, y)
    out.grad += 1
    while TAPE:
        TAPE.pop()()
    return {k: v[k].grad for k in p}


# ---- problem
def problem():
    rng = np.random.default_rng(42)
    p = {'W1': rng.normal(size=(3, 4)), 'b1': rng.normal(size=4), 'W2': rng.normal(size=(4, 4)) * 0.5,
         'b2': rng.normal(size=4), 'W3': rng.normal(size=(4, 4)) * 0.3, 'W4': rng.normal(size=(4, 1)),
         'b4': np.array([0.2])}
    X, y = rng.normal(size=(7, 3)), rng.normal(size=(7, 1)) * 2 + 1
    return dict(loss=lambda: build(p, X, y)[1].data, params=p, grads=lambda: grads(p, X, y))


FAULTS = """
accumulation | self.grad += out.grad @ other.data.T | self.grad = out.grad @ other.data.T
activation-derivative-at-wrong-value | np.where(self.data > 0, 1, out.data + 1) | np.where(self.data > 0, 1, self.data + 1)
scale | self.grad += 2 * self.data * out.grad | self.grad += self.data * out.grad
loss-gradient | self.grad += out.grad * np.clip(r, -d, d) / r.size | self.grad += out.grad * r / r.size
scale | self.grad += out.grad * np.clip(r, -d, d) / r.size | self.grad += out.grad * np.clip(r, -d, d)
missing-activation-derivative | self.grad += out.grad * np.where(self.data > 0, 1, out.data + 1) | self.grad += out.grad
bias-reduction | other.grad += out.grad.sum(axis=0) if | other.grad += out.grad.mean(axis=0) if
"""
