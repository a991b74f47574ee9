"""Recursive net on parse trees, nested tuples of word numbers; recursion down and up again."""
import numpy as np


def compose(p, node, memo):
    """The vector of a node; memo keeps what the way back needs."""
    if isinstance(node, int):
        vec = p['L'][:, node]
        memo.append((node, vec))
        return vec
    left, right = node
    both = np.concatenate([compose(p, left, memo), compose(p, right, memo)])
    vec = np.tanh(p['W'] @ both + p['b'])
    memo.append((both, vec))
    return vec


def tree_loss(p, tree, y, memo):
    vec = compose(p, tree, memo)
    s = p['u'] @ vec
    return 0.5 * (s - y) ** 2, s, vec


def total(p, bank):
    return sum(tree_loss(p, tree, y, [])[0] for tree, y in bank)


def down(p, g, memo, d):
    what, vec = memo.pop()
    if isinstance(what, int):
        g['L'][:, what] += d
        return
    dz = d * (1 - vec ** 2)
    g['W'] += np.outer(dz, what)
    g['b'] += dz
    dboth = p['W'].T @ dz
    half = len(vec)
    down(p, g, memo, dboth[half:])
    down(p, g, memo, dboth[:half])


def gradients(p, bank):
    g = {k: np.zeros_like(v) for k, v in p.items()}
    for tree, y in bank:
        memo = []
        _, s, vec = tree_loss(p, tree, y, memo)
        ds = s - y
        g['u'] += ds * vec
        down(p, g, memo, ds * p['u'])
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(2013)
    p = {'L': rng.normal(size=(3, 6)), 'W': rng.normal(size=(3, 6)) * 0.7, 'b': rng.normal(size=3) * 0.2,
         'u': rng.normal(size=3)}
    bank = [(((0, 1), (2, 1)), 1.2), ((3, (4, 5)), -0.7), ((((1, 2), 2), 5), 0.4)]
    return dict(loss=lambda: total(p, bank), params=p, grads=lambda: gradients(p, bank))


FAULTS = """
indexing | down(p, g, memo, dboth[half:]);;down(p, g, memo, dboth[:half]) | down(p, g, memo, dboth[:half]);;down(p, g, memo, dboth[half:])
raw-error-propagated | dboth = p['W'].T @ dz | dboth = p['W'].T @ d
missing-activation-derivative | dz = d * (1 - vec ** 2) | dz = d
accumulation | g['L'][:, what] += d | g['L'][:, what] = d
accumulation | g['W'] += np.outer(dz, what) | g['W'] = np.outer(dz, what)
sign | ds = s - y | ds = y - s
accumulation | g['u'] += ds * vec | g['u'] = ds * vec
missing-gradient | g['b'] += dz |
scale | ds = s - y | ds = 2 * (s - y)
"""
