"""GRU with weights in a dict; the state of every hour predicts the temperature of the next one."""
from collections import namedtuple

import numpy as np

Memory = namedtuple('Memory', 'x h_prev update reset cand h')


def logistic(u):
    return 1 / (1 + np.exp(-u))


def gru_step(p, x, h):
    u = logistic(p['Wu'] @ x + p['Uu'] @ h + p['bu'])
    r = logistic(p['Wr'] @ x + p['Ur'] @ h + p['br'])
    n = np.tanh(p['Wn'] @ x + r * (p['Un'] @ h) + p['bn'])
    return Memory(x, h, u, r, n, (1 - u) * n + u * h)


def unroll(p, series):
    h, memories = np.zeros(len(p['bu'])), []
    for x in series[:-1]:
        memories.append(gru_step(p, x, h))
        h = memories[-1].h
    return memories


def loss(p, series):
    memories = unroll(p, series)
    diffs = [p['out'] @ m.h - x[0] for m, x in zip(memories, series[1:])]
    return np.sum(np.square(diffs)) / len(diffs)


def backward(p, series):
    memories = unroll(p, series)
    g = {name: np.zeros_like(value) for name, value in p.items()}
    carry = np.zeros(len(p['bu']))
    for t in range(len(memories) - 1, -1, -1):
        x, h_prev, u, r, n, h = memories[t]
        diff = 2 * (p['out'] @ h - series[t + 1][0]) / len(memories)
        g['out'] += diff * h
        dh = carry + diff * p['out']
        dn = dh * (1 - u) * (1 - n ** 2)
        du = dh * (h_prev - n) * u * (1 - u)
        dr = dn * (p['Un'] @ h_prev) * r * (1 - r)
        g['Wn'] += np.outer(dn, x)
        g['Un'] += np.outer(dn * r, h_prev)
        g['bn'] += dn
        g['Wu'] += np.outer(du, x)
        g['Uu'] += np.outer(du, h_prev)
        g['bu'] += du
        g['Wr'] += np.outer(dr, x)
        g['Ur'] += np.outer(dr, h_prev)
        g['br'] += dr
        carry = dh * u
        carry = carry + p['Un'].T @ (dn * r)
        carry = carry + p['Uu'].T @ du + p['Ur'].T @ dr
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(31)
    p = {}
    for k in 'urn':
        p['W' + k], p['U' + k] = rng.normal(size=(3, 2)), rng.normal(size=(3, 3)) * 0.7
        p['b' + k] = rng.normal(size=3) * 0.2
    p['out'] = rng.normal(size=3)
    series = rng.normal(size=(6, 2))
    return dict(loss=lambda: loss(p, series), params=p, grads=lambda: backward(p, series))


FAULTS = """
missing-term | carry = dh * u | carry = np.zeros_like(dh)
missing-term | carry = carry + p['Un'].T @ (dn * r) |
missing-term | carry = carry + p['Uu'].T @ du + p['Ur'].T @ dr | carry = carry + p['Uu'].T @ du
recurrence | dh = carry + diff * p['out'] | dh = diff * p['out']
wrong-operand | g['Un'] += np.outer(dn * r, h_prev) | g['Un'] += np.outer(dn, h_prev)
sign | du = dh * (h_prev - n) * u * (1 - u) | du = dh * (n - h_prev) * u * (1 - u)
wrong-operand | g['Ur'] += np.outer(dr, h_prev) | g['Ur'] += np.outer(dr, h)
missing-gradient | g['br'] += dr |
swapped-gradients | g['Wu'] += np.outer(du, x);;g['Uu'] += np.outer(du, h_prev);;g['bu'] += du;;g['Wr'] += np.outer(dr, x);;g['Ur'] += np.outer(dr, h_prev);;g['br'] += dr | g['Wr'] += np.outer(du, x);;g['Ur'] += np.outer(du, h_prev);;g['br'] += du;;g['Wu'] += np.outer(dr, x);;g['Uu'] += np.outer(dr, h_prev);;g['bu'] += dr
scale | diff = 2 * (p['out'] @ h - series[t + 1][0]) / len(memories) | diff = (p['out'] @ h - series[t + 1][0]) / len(memories)
"""
