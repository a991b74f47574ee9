# Neighbourhood components analysis (leave-one-out soft kNN), written the slow way from the paper
import numpy as np


def nca_value(A, X, labels):
    n = len(X)
    total = 0.0
    for i in range(n):
        diffs = (X[i] - X) @ A.T
        e = np.exp(-np.sum(diffs**2, axis=1))
        e[i] = 0.0
        p = e / e.sum()
        total -= np.log(p[labels == labels[i]].sum())
    return total


def nca_gradient(A, X, labels):
    n, d = X.shape
    G = np.zeros((d, d))
    for i in range(n):
        xij = X[i] - X
        diffs = xij @ A.T
        e = np.exp(-np.sum(diffs**2, axis=1))
        e[i] = 0.0
        p = e / e.sum()
        same = labels == labels[i]
        p_i = p[same].sum()
        everyone = np.zeros((d, d))
        mates = np.zeros((d, d))
        for k in range(n):
            outer = np.outer(xij[k], xij[k])
            everyone += p[k] * outer
            if same[k]:
                mates += p[k] * outer
        G += everyone - mates / p_i
    return -2 * A @ G


# ---- problem
def problem():
    rng = np.random.default_rng(10)
    X = rng.normal(size=(9, 3))
    labels = np.array([0, 1, 0, 1, 2, 2, 0, 1, 2])
    A = rng.normal(size=(2, 3)) * 0.7
    return dict(params={"A": A}, loss=lambda: nca_value(A, X, labels), grads=lambda: {"A": nca_gradient(A, X, labels)})


FAULTS = """
sign | return -2 * A @ G | return 2 * A @ G
scale | return -2 * A @ G | return -A @ G
missing-term | G += everyone - mates / p_i | G += everyone - mates
accumulation | mates += p[k] * outer | mates = p[k] * outer
missing-term | e[i] = 0.0;;p = e / e.sum();;same = labels == labels[i] | p = e / e.sum();;same = labels == labels[i]
missing-term | everyone += p[k] * outer | everyone += outer
"""
