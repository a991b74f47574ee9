"""A tiny automatic differentiation: every operation remembers how to hand its gradient back.

    gradcheck run tape.py --setup "net = new_parameters()" --loss "loss(net).data" \
                          --params net --grads "backprop(net)"
"""

import numpy as np

from gradcheck import check_gradients


class Tensor:
    def __init__(self, data, parents=()):
        self.data = np.asarray(data, dtype=float)
        self.grad = np.zeros_like(self.data)
        self.parents = parents
        self.hand_back = lambda: None

    def __matmul__(self, other):
        out = Tensor(self.data @ other.data, (self, other))

        def hand_back():
            self.grad += out.grad @ other.data.T
            other.grad += self.data.T @ out.grad

        out.hand_back = hand_back
        return out

    def __add__(self, bias):
        out = Tensor(self.data + bias.data, (self, bias))

        def hand_back():
            self.grad += out.grad
            bias.grad += out.grad.sum(axis=0)

        out.hand_back = hand_back
        return out

    def tanh(self):
        out = Tensor(np.tanh(self.data), (self,))

        def hand_back():
            self.grad += out.grad * (1 - out.data**2)

        out.hand_back = hand_back
        return out

    def mean_square(self):
        out = Tensor(np.mean(self.data**2), (self,))

        def hand_back():
            self.grad += out.grad * 2 * self.data / self.data.size

        out.hand_back = hand_back
        return out

    def backward(self):
        order, seen = [], set()

        def visit(node):
            if id(node) not in seen:
                seen.add(id(node))
                for parent in node.parents:
                    visit(parent)
                order.append(node)

        visit(self)
        self.grad = np.ones_like(self.data)
        for node in reversed(order):
            node.hand_back()


rng = np.random.default_rng(6)
x, y = Tensor(rng.normal(size=(9, 2))), Tensor(-rng.normal(size=1))


def new_parameters():
    sizes = {"w1": (2, 4), "b1": 4, "w2": (4, 1)}
    return {name: Tensor(rng.normal(size=size)) for name, size in sizes.items()}


def loss(p):
    return ((x @ p["w1"] + p["b1"]).tanh() @ p["w2"] + y).mean_square()


def backprop(p):
    for tensor in p.values():
        tensor.grad = np.zeros_like(tensor.data)
    loss(p).backward()


if __name__ == "__main__":
    net = new_parameters()
    report = check_gradients(lambda: loss(net).data, net, lambda: backprop(net))
    print(report)
