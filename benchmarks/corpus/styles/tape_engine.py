import numpy as np


class Tensor:
    def __init__(self, data, parents=(), op=""):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self._parents, self._op = parents, op
        self._backward = lambda: None

    def __add__(self, other):
        out = Tensor(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += unbroadcast(out.grad, self.data.shape)
            other.grad += unbroadcast(out.grad, other.data.shape)

        out._backward = _backward
        return out

    def __mul__(self, other):
        out = Tensor(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += unbroadcast(other.data * out.grad, self.data.shape)
            other.grad += unbroadcast(self.data * out.grad, other.data.shape)

        out._backward = _backward
        return out

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other), "@")

        def _backward():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad

        out._backward = _backward
        return out

    def tanh(self):
        out = Tensor(np.tanh(self.data), (self,), "tanh")

        def _backward():
            self.grad += (1 - out.data**2) * out.grad

        out._backward = _backward
        return out

    def log_softmax(self):
        top = self.data.max(axis=1, keepdims=True)
        lse = top + np.log(np.exp(self.data - top).sum(axis=1, keepdims=True))
        out = Tensor(self.data - lse, (self,), "log_softmax")

        def _backward():
            total = out.grad.sum(axis=1, keepdims=True)
            self.grad += out.grad - np.exp(out.data) * total

        out._backward = _backward
        return out

    def pick(self, columns):
        rows = np.arange(len(columns))
        out = Tensor(self.data[rows, columns], (self,), "pick")

        def _backward():
            self.grad[rows, columns] += out.grad

        out._backward = _backward
        return out

    def mean(self):
        out = Tensor(self.data.mean(), (self,), "mean")

        def _backward():
            self.grad += out.grad / self.data.size

        out._backward = _backward
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node._parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            node._backward()


def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    for axis, size in enumerate(shape):
        if size == 1 and grad.shape[axis] != 1:
            grad = grad.sum(axis=axis, keepdims=True)
    return grad


def build(weights, x, labels):
    leaves = {name: Tensor(value) for name, value in weights.items()}
    hidden = (Tensor(x) @ leaves["w1"] + leaves["b1"]).tanh()
    hidden = hidden * leaves["gain"] + hidden
    scores = hidden @ leaves["w2"] + leaves["b2"]
    nll = scores.log_softmax().pick(labels).mean() * Tensor(-1.0)
    return nll, leaves


def gradients(weights, x, labels):
    nll, leaves = build(weights, x, labels)
    nll.backward()
    return {name: leaf.grad for name, leaf in leaves.items()}


# ---- problem
def problem():
    rng = np.random.RandomState(5)
    weights = {
        "w1": rng.randn(3, 5) * 0.7,
        "b1": rng.randn(1, 5) * 0.3,
        "gain": rng.rand(1, 5) + 0.5,
        "w2": rng.randn(5, 4) * 0.8,
        "b2": rng.randn(4) * 0.3,
    }
    x, labels = rng.randn(6, 3), np.array([0, 3, 1, 2, 2, 0])
    return dict(
        loss=lambda: float(build(weights, x, labels)[0].data),
        params=weights,
        grads=lambda: gradients(weights, x, labels),
    )


FAULTS = """
accumulation | self.grad += unbroadcast(other.data * out.grad, self.data.shape) | self.grad = unbroadcast(other.data * out.grad, self.data.shape)
wrong-operand | other.grad += unbroadcast(self.data * out.grad, other.data.shape) | other.grad += unbroadcast(other.data * out.grad, other.data.shape)
wrong-activation-derivative | self.grad += (1 - out.data**2) * out.grad | self.grad += out.data * (1 - out.data) * out.grad
activation-derivative-at-wrong-value | self.grad += (1 - out.data**2) * out.grad | self.grad += (1 - self.data**2) * out.grad
softmax-jacobian | self.grad += out.grad - np.exp(out.data) * total | self.grad += out.grad
softmax-jacobian | self.grad += out.grad - np.exp(out.data) * total | self.grad += out.grad - np.exp(out.data) * out.grad
scale | self.grad += out.grad / self.data.size | self.grad += out.grad / len(self._parents)
sign | self.grad[rows, columns] += out.grad | self.grad[rows, columns] -= out.grad
bias-reduction | grad = grad.sum(axis=axis, keepdims=True) | grad = grad.mean(axis=axis, keepdims=True)
missing-gradient | other.grad += unbroadcast(out.grad, other.data.shape) |
"""
