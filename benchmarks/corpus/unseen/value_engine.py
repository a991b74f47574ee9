"""A scalar autograd toy: every operation knows how to push its gradient back (closures)."""
import math
import random

import numpy as np


class Scalar:
    def __init__(self, val, parents=()):
        self.val = float(val)
        self.g = 0.0
        self.parents = parents
        self.push = lambda: None

    def __add__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        res = Scalar(self.val + other.val, (self, other))

        def push():
            self.g += res.g
            other.g += res.g

        res.push = push
        return res

    def __sub__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        res = Scalar(self.val - other.val, (self, other))

        def push():
            self.g += res.g
            other.g -= res.g

        res.push = push
        return res

    def __mul__(self, other):
        other = other if isinstance(other, Scalar) else Scalar(other)
        res = Scalar(self.val * other.val, (self, other))

        def push():
            self.g += other.val * res.g
            other.g += self.val * res.g

        res.push = push
        return res

    def __truediv__(self, other):
        res = Scalar(self.val / other.val, (self, other))

        def push():
            self.g += res.g / other.val
            other.g += -self.val / other.val**2 * res.g

        res.push = push
        return res

    def power(self, n):
        res = Scalar(self.val**n, (self,))

        def push():
            self.g += n * self.val ** (n - 1) * res.g

        res.push = push
        return res

    def exp(self):
        res = Scalar(math.exp(self.val), (self,))

        def push():
            self.g += res.val * res.g

        res.push = push
        return res

    def tanh(self):
        res = Scalar(math.tanh(self.val), (self,))

        def push():
            self.g += (1 - res.val**2) * res.g

        res.push = push
        return res

    def backprop(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.g = 1.0
        for node in reversed(order):
            node.push()


rnd = random.Random(1999)
n_in, n_hid = 2, 3
hidden = np.array([[rnd.gauss(0, 1) for _ in range(n_in + 1)] for _ in range(n_hid)])
gate = np.array([rnd.gauss(0, 1) for _ in range(n_hid)])
data = [((0.5, -1.0), 0.3), ((1.5, 0.2), -0.7), ((-0.4, 0.9), 1.1)]


def build():
    H = [[Scalar(w) for w in row] for row in hidden]
    G = [Scalar(w) for w in gate]
    total = Scalar(0)
    for xs, target in data:
        acts = []
        for row in H:
            s = row[-1]
            for w, x in zip(row, xs):
                s = s + w * x
            acts.append(s.tanh())
        weights = [(a * u).exp() for a, u in zip(acts, G)]
        norm, top = Scalar(0), Scalar(0)
        for a, w in zip(acts, weights):
            norm = norm + w
            top = top + a * w
        total = total + (top / norm - target).power(2)
    return total, H, G


def forward():
    return build()[0].val


def gradient():
    total, H, G = build()
    total.backprop()
    return [np.array([[w.g for w in row] for row in H]), np.array([u.g for u in G])]


# ---- problem
def problem():
    return dict(loss=forward, params=[hidden, gate], grads=gradient)


FAULTS = """
accumulation | self.g += other.val * res.g | self.g = other.val * res.g
wrong-activation-derivative | self.g += (1 - res.val**2) * res.g | self.g += (1 - res.val) ** 2 * res.g
activation-derivative-at-wrong-value | self.g += (1 - res.val**2) * res.g | self.g += (1 - self.val**2) * res.g
missing-activation-derivative | self.g += res.val * res.g | self.g += res.g
sign | other.g += -self.val / other.val**2 * res.g | other.g += self.val / other.val**2 * res.g
wrong-operand | other.g += self.val * res.g | other.g += other.val * res.g
scale | self.g += n * self.val ** (n - 1) * res.g | self.g += self.val ** (n - 1) * res.g
wrong-operand | other.g += -self.val / other.val**2 * res.g | other.g += -self.val / self.val**2 * res.g
"""
