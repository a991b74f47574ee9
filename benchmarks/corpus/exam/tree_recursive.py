import numpy as np

# Recursive net over binary trees: one matrix composes two children into a parent.
# A tree is a word (int) or a pair of trees; every node is asked for its sentiment.

rng = np.random.RandomState(19)
dim, classes = 3, 2
L = rng.randn(5, dim) * 0.7
W = rng.randn(dim, 2 * dim) * 0.5
b = rng.randn(dim) * 0.2
Ws = rng.randn(classes, dim) * 0.8
bs = rng.randn(classes) * 0.1
stack = {"L": L, "W": W, "b": b, "Ws": Ws, "bs": bs}
rho = 0.01


class Node:
    def __init__(self, tree, label):
        self.label = label
        self.word = tree if isinstance(tree, int) else None
        if self.word is None:
            self.left, self.right = Node(tree[0], label), Node(tree[1], 1 - label)

    def forward(self):
        if self.word is not None:
            self.h = L[self.word]
            loss = 0.0
        else:
            loss = self.left.forward() + self.right.forward()
            self.pair = np.hstack([self.left.h, self.right.h])
            self.h = np.tanh(W.dot(self.pair) + b)
        score = Ws.dot(self.h) + bs
        e = np.exp(score - score.max())
        self.prob = e / e.sum()
        return loss - np.log(self.prob[self.label])

    def backward(self, grad, error=None):
        delta = self.prob.copy()
        delta[self.label] -= 1.0
        grad["Ws"] += np.outer(delta, self.h)
        grad["bs"] += delta
        delta = Ws.T.dot(delta)
        if error is not None:
            delta += error
        if self.word is not None:
            grad["L"][self.word] += delta
            return
        delta = delta * (1 - self.h**2)
        grad["W"] += np.outer(delta, self.pair)
        grad["b"] += delta
        down = W.T.dot(delta)
        self.left.backward(grad, down[:dim])
        self.right.backward(grad, down[dim:])


trees = [Node(((0, 1), (2, 1)), 1), Node((3, (1, (4, 3))), 0)]


def cost():
    penalty = 0.5 * rho * (np.sum(W**2) + np.sum(Ws**2))
    return sum(tree.forward() for tree in trees) / len(trees) + penalty


def cost_and_grad():
    total = cost()
    grad = {name: np.zeros(value.shape) for name, value in stack.items()}
    for tree in trees:
        tree.backward(grad)
    grad = {name: g / len(trees) for name, g in grad.items()}
    grad["W"] += rho * W
    grad["Ws"] += rho * Ws
    return total, grad


# ---- problem
def problem():
    return dict(loss=cost, params=stack, grads=lambda: cost_and_grad()[1])


FAULTS = """
accumulation | delta += error | delta = error
swapped-gradients | self.left.backward(grad, down[:dim]);;self.right.backward(grad, down[dim:]) | self.left.backward(grad, down[dim:]);;self.right.backward(grad, down[:dim])
indexing | self.right.backward(grad, down[dim:]) | self.right.backward(grad, down[:dim])
missing-activation-derivative | delta = delta * (1 - self.h**2) |
wrong-activation-derivative | delta = delta * (1 - self.h**2) | delta = delta * (1 - self.h)
scatter | grad["L"][self.word] += delta | grad["L"][self.word] = delta
loss-gradient | delta[self.label] -= 1.0 |
accumulation | grad["b"] += delta | grad["b"] = delta
accumulation | grad["Ws"] += np.outer(delta, self.h) | grad["Ws"] = np.outer(delta, self.h)
regulariser | grad["Ws"] += rho * Ws |
scale | grad = {name: g / len(trees) for name, g in grad.items()} |
wrong-operand | down = W.T.dot(delta) | down = W.T.dot(self.h)
"""
