"""Recursive net over bracketed formulas; leaves are looked up, every node is scored."""
import numpy as np


class Node:
    def __init__(self, label, left=None, right=None, word=None):
        self.label, self.left, self.right, self.word = label, left, right, word

    @property
    def is_leaf(self):
        return self.word is not None


def leaf(word, label):
    return Node(label, word=word)


class TreeNet:
    def __init__(self, words, dim, classes):
        r = np.random.default_rng(60)
        self.L = r.normal(size=(words, dim))
        self.A = r.normal(size=(dim, dim)) * 0.7      # left child
        self.B = r.normal(size=(dim, dim)) * 0.7      # right child
        self.b = r.normal(size=dim) * 0.2
        self.S = r.normal(size=(classes, dim))
        self.s = r.normal(size=classes) * 0.2

    def forward(self, node):
        if node.is_leaf:
            cost = 0.0
            node.h = self.L[node.word]
        else:
            cost = self.forward(node.left) + self.forward(node.right)
            node.h = np.tanh(self.A @ node.left.h + self.B @ node.right.h + self.b)
        score = self.S @ node.h + self.s
        node.p = np.exp(score - score.max())
        node.p /= node.p.sum()
        return cost - np.log(node.p[node.label])

    def backward(self, node, from_above, g):
        d_score = node.p.copy()
        d_score[node.label] -= 1
        g['S'] += np.outer(d_score, node.h)
        g['s'] += d_score
        dh = self.S.T @ d_score + from_above
        if node.is_leaf:
            g['L'][node.word] += dh
            return
        dz = dh * (1 - node.h ** 2)
        g['A'] += np.outer(dz, node.left.h)
        g['B'] += np.outer(dz, node.right.h)
        g['b'] += dz
        self.backward(node.left, self.A.T @ dz, g)
        self.backward(node.right, self.B.T @ dz, g)

    def all_gradients(self, tree):
        self.forward(tree)
        g = {k: np.zeros_like(v) for k, v in vars(self).items()}
        self.backward(tree, 0, g)
        return g


# ---- problem
def problem():
    net = TreeNet(4, 3, 2)
    tree = Node(1, Node(0, leaf(0, 1), leaf(2, 0)), Node(1, leaf(1, 0), Node(0, leaf(2, 1), leaf(3, 1))))
    return dict(loss=lambda: net.forward(tree), params=vars(net),
                grads=lambda: net.all_gradients(tree))


FAULTS = """
accumulation | g['L'][node.word] += dh | g['L'][node.word] = dh
missing-term | dh = self.S.T @ d_score + from_above | dh = self.S.T @ d_score
transpose | self.backward(node.left, self.A.T @ dz, g) | self.backward(node.left, self.A @ dz, g)
wrong-operand | self.backward(node.right, self.B.T @ dz, g) | self.backward(node.right, self.A.T @ dz, g)
missing-activation-derivative | dz = dh * (1 - node.h ** 2) | dz = dh
raw-error-propagated | self.backward(node.left, self.A.T @ dz, g) | self.backward(node.left, self.A.T @ dh, g)
transpose | g['A'] += np.outer(dz, node.left.h) | g['A'] += np.outer(node.left.h, dz)
missing-gradient | g['b'] += dz |
accumulation | g['s'] += d_score | g['s'] = d_score
"""
