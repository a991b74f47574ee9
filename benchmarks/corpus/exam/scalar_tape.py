import math


class Num:
    """A number that remembers where it came from."""

    def __init__(self, data, parents=(), op=""):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.op = op
        self._backward = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        out = Num(self.data + other.data, (self, other), "+")

        def _backward():
            self.grad += out.grad
            other.grad += out.grad

        out._backward = _backward
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Num) else Num(other)
        out = Num(self.data * other.data, (self, other), "*")

        def _backward():
            self.grad += other.data * out.grad
            other.grad += self.data * out.grad

        out._backward = _backward
        return out

    def __pow__(self, k):
        out = Num(self.data**k, (self,), f"**{k}")

        def _backward():
            self.grad += k * self.data ** (k - 1) * out.grad

        out._backward = _backward
        return out

    def tanh(self):
        t = math.tanh(self.data)
        out = Num(t, (self,), "tanh")

        def _backward():
            self.grad += (1 - t**2) * out.grad

        out._backward = _backward
        return out

    def exp(self):
        out = Num(math.exp(self.data), (self,), "exp")

        def _backward():
            self.grad += out.data * out.grad

        out._backward = _backward
        return out

    def log(self):
        out = Num(math.log(self.data), (self,), "log")

        def _backward():
            self.grad += out.grad / self.data

        out._backward = _backward
        return out

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self):
        return self * -1.0

    def __sub__(self, other):
        return self + (-other)

    def __truediv__(self, other):
        return self * other**-1

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if node not in seen:
                seen.add(node)
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = 1.0
        for node in reversed(order):
            node._backward()


class Unit:
    def __init__(self, w, b):
        self.w = [Num(v) for v in w]
        self.b = Num(b)

    def __call__(self, x):
        return sum((wi * xi for wi, xi in zip(self.w, x)), self.b)

    def numbers(self):
        return self.w + [self.b]


def forward(hidden, output, x, label):
    acts = [unit(x).tanh() for unit in hidden]
    scores = [(unit(acts) + 0.1 * acts[0] ** 3).exp() for unit in output]
    total = sum(scores[1:], scores[0])
    return -(scores[label] / total).log()


def build(theta):
    hidden = [Unit(w, b) for w, b in zip(theta["hidden_w"], theta["hidden_b"])]
    output = [Unit(w, b) for w, b in zip(theta["output_w"], theta["output_b"])]
    return hidden, output


def objective(theta, data):
    hidden, output = build(theta)
    total = sum((forward(hidden, output, x, y) for x, y in data), Num(0.0)) * (1 / len(data))
    return total, hidden, output


def slopes(theta, data):
    total, hidden, output = objective(theta, data)
    total.backward()
    return {
        "hidden_w": [[n.grad for n in u.w] for u in hidden],
        "hidden_b": [u.b.grad for u in hidden],
        "output_w": [[n.grad for n in u.w] for u in output],
        "output_b": [u.b.grad for u in output],
    }


# ---- problem
def problem():
    theta = {
        "hidden_w": [[0.6, -0.4], [0.3, 0.9], [-0.7, 0.2]],
        "hidden_b": [0.1, -0.2, 0.05],
        "output_w": [[0.8, -0.5, 0.3], [-0.6, 0.7, 0.4]],
        "output_b": [0.0, 0.15],
    }
    data = [([0.5, -1.1], 0), ([1.3, 0.4], 1), ([-0.8, 0.7], 1)]
    return dict(
        loss=lambda: objective(theta, data)[0].data,
        params=theta,
        grads=lambda: slopes(theta, data),
    )


FAULTS = """
accumulation | self.grad += k * self.data ** (k - 1) * out.grad | self.grad = k * self.data ** (k - 1) * out.grad
accumulation | other.grad += self.data * out.grad | other.grad = self.data * out.grad
missing-activation-derivative | self.grad += out.data * out.grad | self.grad += out.grad
wrong-operand | other.grad += self.data * out.grad | other.grad += other.data * out.grad
wrong-activation-derivative | self.grad += (1 - t**2) * out.grad | self.grad += (1 - t) * out.grad
activation-derivative-at-wrong-value | self.grad += (1 - t**2) * out.grad | self.grad += (1 - math.tanh(t) ** 2) * out.grad
wrong-activation-derivative | self.grad += k * self.data ** (k - 1) * out.grad | self.grad += k * self.data**k * out.grad
scale | self.grad += k * self.data ** (k - 1) * out.grad | self.grad += self.data ** (k - 1) * out.grad
missing-term | other.grad += out.grad |
activation-derivative-at-wrong-value | self.grad += out.grad / self.data | self.grad += out.grad / out.data
"""
