# Recursive net over binary trees (nested tuples of words); sentiment of the root and of each inner node
import numpy as np

trees = [
    ((("not", "a"), ("good", "film")), -1.0),
    (("good", ("film", "indeed")), 1.0),
    ((("a", "bad"), "film"), -0.5),
]

rng = np.random.default_rng(60)
words = ["a", "bad", "film", "good", "indeed", "not"]
L = {w: rng.normal(size=3) * 0.8 for w in words}
W = rng.normal(size=(3, 6)) * 0.6
bias = rng.normal(size=3) * 0.2
u = rng.normal(size=3)


def compose(node):
    """vector of a node, and the record of what made it"""
    if isinstance(node, str):
        return L[node], (node,)
    left, lrec = compose(node[0])
    right, rrec = compose(node[1])
    pair = np.concatenate([left, right])
    vec = np.tanh(W @ pair + bias)
    return vec, (vec, pair, lrec, rrec)


def inner_cost(rec, label):
    if len(rec) == 1:
        return 0.0
    vec, _, lrec, rrec = rec
    return (u @ vec - label) ** 2 + 0.3 * inner_cost(lrec, label) + 0.3 * inner_cost(rrec, label)


def cost():
    return sum(inner_cost(compose(tree)[1], label) for tree, label in trees)


def gradient():
    G = dict(L={w: np.zeros(3) for w in words}, W=np.zeros_like(W), bias=np.zeros(3), u=np.zeros(3))

    def descend(rec, delta, label, weight):
        if len(rec) == 1:
            G["L"][rec[0]] += delta
            return
        vec, pair, lrec, rrec = rec
        err = 2 * weight * (u @ vec - label)
        G["u"] += err * vec
        delta = delta + err * u
        dz = delta * (1 - vec**2)
        G["W"] += np.outer(dz, pair)
        G["bias"] += dz
        down = W.T @ dz
        descend(lrec, down[:3], label, 0.3 * weight)
        descend(rrec, down[3:], label, 0.3 * weight)

    for tree, label in trees:
        descend(compose(tree)[1], np.zeros(3), label, 1.0)
    return G


# ---- problem
def problem():
    return dict(loss=cost, params=dict(L=L, W=W, bias=bias, u=u), grads=gradient)


FAULTS = """
accumulation | G["L"][rec[0]] += delta | G["L"][rec[0]] = delta
missing-term | delta = delta + err * u | delta = err * u
scale | descend(lrec, down[:3], label, 0.3 * weight) | descend(lrec, down[:3], label, weight)
indexing | descend(rrec, down[3:], label, 0.3 * weight) | descend(rrec, down[:3], label, 0.3 * weight)
missing-activation-derivative | dz = delta * (1 - vec**2) | dz = delta
raw-error-propagated | down = W.T @ dz | down = W.T @ delta
wrong-activation-derivative | dz = delta * (1 - vec**2) | dz = delta * vec * (1 - vec)
missing-gradient | G["u"] += err * vec |
"""
