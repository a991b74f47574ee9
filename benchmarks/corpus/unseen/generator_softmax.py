"""Softmax regression with interactions, no numpy: lists, generators and itertools only."""
from itertools import combinations
from math import exp, log

ROWS = [
    # petal, sepal, stem, colour -> kind
    (0.2, 1.4, -0.3, 'red'),
    (1.2, 0.4, 0.8, 'blue'),
    (-0.7, 0.9, 1.1, 'white'),
    (0.5, -1.2, 0.6, 'blue'),
    (-1.1, -0.4, -0.9, 'red'),
]
KINDS = sorted({row[-1] for row in ROWS})
PENALTY = 0.05


def features(row):
    values = row[:-1]
    yield 1.0
    yield from values
    for a, b in combinations(values, 2):
        yield a * b


def dataset():
    for row in ROWS:
        yield list(features(row)), KINDS.index(row[-1])


def probabilities(x, table):
    scores = [sum(w * v for w, v in zip(weights, x)) for weights in table]
    top = max(scores)
    exps = [exp(s - top) for s in scores]
    total = sum(exps)
    return [e / total for e in exps]


def loss(table):
    nll = -sum(log(probabilities(x, table)[k]) for x, k in dataset())
    return nll / len(ROWS) + PENALTY * sum(w * w for weights in table for w in weights[1:])


def errors(table):
    for x, k in dataset():
        p = probabilities(x, table)
        yield x, [pj - (j == k) for j, pj in enumerate(p)]


def gradient(table):
    grad = [[0.0] * len(weights) for weights in table]
    for x, err in errors(table):
        for j, e in enumerate(err):
            for i, v in enumerate(x):
                grad[j][i] += e * v / len(ROWS)
    for g, weights in zip(grad, table):
        for i in range(1, len(weights)):
            g[i] += 2 * PENALTY * weights[i]
    return grad


TABLE = [[0.3 * ((i * 7 + j * 5) % 11 - 5) / 5 for i in range(7)] for j in range(len(KINDS))]


# ---- problem
def problem():
    return dict(loss=loss, params=TABLE, grads=gradient)


FAULTS = """
loss-gradient | [pj - (j == k) for j, pj in enumerate(p)] | [(pj - (j == k)) * pj * (1 - pj) for j, pj in enumerate(p)]
softmax-jacobian | [pj - (j == k) for j, pj in enumerate(p)] | [-(j == k) * (1 - pj) for j, pj in enumerate(p)]
accumulation | grad[j][i] += e * v / len(ROWS) | grad[j][i] = e * v / len(ROWS)
regulariser | for i in range(1, len(weights)): | for i in range(len(weights)):
regulariser | g[i] += 2 * PENALTY * weights[i] | g[i] += PENALTY * weights[i]
aliasing | grad = [[0.0] * len(weights) for weights in table] | grad = [[0.0] * len(table[0])] * len(table)
scale | grad[j][i] += e * v / len(ROWS) | grad[j][i] += e * v / len(KINDS)
sign | [pj - (j == k) for j, pj in enumerate(p)] | [(j == k) - pj for j, pj in enumerate(p)]
"""
