"""ARMA(1, 2) with drift by conditional sum of squares; gradient by recursion over residuals."""
import numpy as np


def residuals(c, phi, th1, th2, y):
    e = np.zeros(len(y))
    for t in range(2, len(y)):
        e[t] = y[t] - c - phi * y[t - 1] - th1 * e[t - 1] - th2 * e[t - 2]
    return e


def objective(q, y):
    e = residuals(q['c'], q['phi'], q['th1'], q['th2'], y)
    n = len(y) - 2
    return q['logs'] + 0.5 * e @ e / (n * np.exp(2 * q['logs']))


def score(q, y):
    e = residuals(q['c'], q['phi'], q['th1'], q['th2'], y)
    n = len(y) - 2
    # forward sensitivities of the residuals
    dc, dphi, dth1, dth2 = np.zeros((4, len(y)))
    for t in range(2, len(y)):
        dc[t] = -1 - q['th1'] * dc[t - 1] - q['th2'] * dc[t - 2]
        dphi[t] = -y[t - 1] - q['th1'] * dphi[t - 1] - q['th2'] * dphi[t - 2]
        dth1[t] = -e[t - 1] - q['th1'] * dth1[t - 1] - q['th2'] * dth1[t - 2]
        dth2[t] = -e[t - 2] - q['th1'] * dth2[t - 1] - q['th2'] * dth2[t - 2]
    s2 = np.exp(2 * q['logs'])
    return {
        'c': e @ dc / (n * s2),
        'phi': e @ dphi / (n * s2),
        'th1': e @ dth1 / (n * s2),
        'th2': e @ dth2 / (n * s2),
        'logs': 1 - e @ e / (n * s2),
    }


gen = np.random.default_rng(1976)
y = np.cumsum(gen.normal(size=20)) * 0.4 + gen.normal(size=20)
start = dict(c=0.1, phi=0.5, th1=0.3, th2=-0.2, logs=0.1)


# ---- problem
def problem():
    return dict(loss=lambda q: objective(q, y), params=start, grads=lambda q: score(q, y))


FAULTS = """
recurrence | dc[t] = -1 - q['th1'] * dc[t - 1] - q['th2'] * dc[t - 2] | dc[t] = -1
recurrence | dth1[t] = -e[t - 1] - q['th1'] * dth1[t - 1] - q['th2'] * dth1[t - 2] | dth1[t] = -e[t - 1] - q['th1'] * dth1[t - 1]
wrong-operand | dth2[t] = -e[t - 2] - q['th1'] * dth2[t - 1] - q['th2'] * dth2[t - 2] | dth2[t] = -e[t - 2] - q['th1'] * dth1[t - 1] - q['th2'] * dth1[t - 2]
sign | dphi[t] = -y[t - 1] - | dphi[t] = y[t - 1] -
indexing | dth2[t] = -e[t - 2] - q | dth2[t] = -e[t - 1] - q
scale | 'logs': 1 - e @ e / (n * s2), | 'logs': 1 - 0.5 * e @ e / (n * s2),
scale | 'th1': e @ dth1 / (n * s2), | 'th1': e @ dth1 / s2,
"""
