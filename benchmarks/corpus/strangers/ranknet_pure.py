"""RankNet: a scorer for documents of several queries, trained on ordered pairs within a query."""
from itertools import combinations

import numpy as np


def score(net, docs):
    """(scores, everything needed on the way back)"""
    z1 = docs @ net["hidden"]["w"] + net["hidden"]["b"]
    a1 = 1.7159 * np.tanh(2 / 3 * z1)
    z2 = a1 @ net["hidden2"]["w"] + net["hidden2"]["b"]
    a2 = np.arctan(z2)
    return a2 @ net["final"]["w"], (docs, z1, a1, z2, a2)


def pairs_of(relevance):
    for i, j in combinations(range(len(relevance)), 2):
        if relevance[i] > relevance[j]:
            yield i, j
        elif relevance[j] > relevance[i]:
            yield j, i


def ranking_loss(net, queries):
    total = 0.0
    for docs, relevance in queries:
        s, _ = score(net, docs)
        pairs = list(pairs_of(relevance))
        total += sum(np.log1p(np.exp(-(s[i] - s[j]))) for i, j in pairs) / len(pairs)
    return total


def lambdas(s, relevance):
    lam = np.zeros_like(s)
    pairs = list(pairs_of(relevance))
    for better, worse in pairs:
        push = 1 / (1 + np.exp(s[better] - s[worse])) / len(pairs)
        lam[better] -= push
        lam[worse] += push
    return lam


def score_vjp(net, residuals, ds):
    docs, z1, a1, z2, a2 = residuals
    d_final = a2.T @ ds
    d2 = np.outer(ds, net["final"]["w"])
    d2 = d2 / (1 + z2 ** 2)
    d1 = d2 @ net["hidden2"]["w"].T
    d1 = d1 * 2 / 3 * (1.7159 - a1 ** 2 / 1.7159)
    return {
        "hidden": {"w": docs.T @ d1, "b": d1.sum(axis=0)},
        "hidden2": {"w": a1.T @ d2, "b": d2.sum(axis=0)},
        "final": {"w": d_final},
    }


def merge(left, right):
    if isinstance(left, dict):
        return {k: merge(left[k], right[k]) for k in left}
    return left + right


def ranking_grad(net, queries):
    grads = None
    for docs, relevance in queries:
        s, residuals = score(net, docs)
        g = score_vjp(net, residuals, lambdas(s, relevance))
        grads = g if grads is None else merge(grads, g)
    return grads


# ---- problem
def problem():
    rng = np.random.default_rng(2005)
    net = {"hidden": {"w": rng.normal(size=(3, 4)) / 2, "b": rng.normal(size=4) / 3},
           "hidden2": {"w": rng.normal(size=(4, 4)), "b": rng.normal(size=4) / 3},
           "final": {"w": rng.normal(size=4)}}
    queries = [(rng.normal(size=(4, 3)), [2, 0, 1, 1]), (rng.normal(size=(3, 3)), [0, 1, 2])]
    return dict(loss=lambda: ranking_loss(net, queries), params=net,
                grads=lambda: ranking_grad(net, queries))


FAULTS = """
sign | lam[worse] += push | lam[worse] -= push
loss-gradient | push = 1 / (1 + np.exp(s[better] - s[worse])) / len(pairs) | push = 1 / (1 + np.exp(s[worse] - s[better])) / len(pairs)
missing-term | lam[worse] += push |
accumulation | grads = g if grads is None else merge(grads, g) | grads = g
accumulation | lam[better] -= push | lam[better] = -push
wrong-activation-derivative | d1 = d1 * 2 / 3 * (1.7159 - a1 ** 2 / 1.7159) | d1 = d1 * (1 - a1 ** 2)
activation-derivative-at-wrong-value | d2 = d2 / (1 + z2 ** 2) | d2 = d2 / (1 + a2 ** 2)
raw-error-propagated | d2 = d2 / (1 + z2 ** 2);;d1 = d2 @ net["hidden2"]["w"].T | d1 = d2 @ net["hidden2"]["w"].T;;d2 = d2 / (1 + z2 ** 2)
"""
