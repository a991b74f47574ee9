"""A tiny autograd over numpy arrays (micrograd, but with tensors) and an MLP on it."""
import numpy as np


def unbroadcast(g, shape):
    while g.ndim > len(shape):
        g = g.sum(axis=0)
    for ax, n in enumerate(shape):
        if n == 1 and g.shape[ax] != 1:
            g = g.sum(axis=ax, keepdims=True)
    return g


class Tensor:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self._back = lambda: None
        self._parents = parents

    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other))

        def back():
            self.grad += unbroadcast(out.grad, self.data.shape)
            other.grad += unbroadcast(out.grad, other.data.shape)
        out._back = back
        return out

    def __mul__(self, other):
        out = Tensor(self.data * other.data, (self, other))

        def back():
            self.grad += unbroadcast(out.grad * other.data, self.data.shape)
            other.grad += unbroadcast(out.grad * self.data, other.data.shape)
        out._back = back
        return out

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))

        def back():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad
        out._back = back
        return out

    def silu(self):
        s = 1 / (1 + np.exp(-self.data))
        out = Tensor(self.data * s, (self,))

        def back():
            self.grad += out.grad * (s + self.data * s * (1 - s))
        out._back = back
        return out

    def cross_entropy(self, target):
        z = self.data - self.data.max(axis=1, keepdims=True)
        p = np.exp(z)
        p /= p.sum(axis=1, keepdims=True)
        n = len(target)
        out = Tensor(-np.log(p[np.arange(n), target]).mean(), (self,))

        def back():
            d = p.copy()
            d[np.arange(n), target] -= 1
            self.grad += out.grad * d / n
        out._back = back
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for q in node._parents:
                    visit(q)
                order.append(node)
        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            node._back()


class MLP:
    def __init__(self, sizes, rng):
        self.weights = [Tensor(rng.normal(size=(i, o)) / np.sqrt(i)) for i, o in zip(sizes, sizes[1:])]
        self.biases = [Tensor(np.zeros(o)) for o in sizes[1:]]
        self.gain = Tensor(np.ones((1, sizes[1])))

    def __call__(self, x):
        for k, (w, b) in enumerate(zip(self.weights, self.biases)):
            x = x @ w + b
            if k < len(self.weights) - 1:
                x = x.silu()
            if k == 0:
                x = x * self.gain
        return x

    def parameters(self):
        return [*self.weights, *self.biases, self.gain]


rng = np.random.default_rng(17)
centres = rng.normal(size=(3, 4)) * 1.5
target = rng.integers(0, 3, 45)
wine = Tensor(centres[target] + rng.normal(size=(45, 4)))
net = MLP([4, 7, 6, 3], rng)

for step in range(60):
    for p in net.parameters():
        p.grad[...] = 0
    loss = net(wine).cross_entropy(target)
    loss.backward()
    for p in net.parameters():
        p.data -= 0.3 * p.grad
    if step % 20 == 0:
        print(step, loss.data)

FAULTS = """
wrong-activation-derivative | self.grad += out.grad * (s + self.data * s * (1 - s)) | self.grad += out.grad * s * (1 - s)
missing-factor | self.grad += out.grad * d / n | self.grad += out.grad * d
wrong-operand | other.grad += unbroadcast(out.grad * self.data, other.data.shape) | other.grad += unbroadcast(out.grad * other.data, other.data.shape)
missing-term | self.grad += out.grad * (s + self.data * s * (1 - s)) | self.grad += out.grad * s
wrong-axis | g = g.sum(axis=0) | g = g.mean(axis=0)
stale-value | p.grad[...] = 0 | p.grad *= 0.9
"""
