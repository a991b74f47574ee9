# TP 4 : deviner la langue d'un prénom (softmax à 4 classes, deux couches cachées)
import numpy as np


def init(tailles, graine=0):
    gen = np.random.default_rng(graine)
    poids = [gen.normal(size=(a, b)) / np.sqrt(a) for a, b in zip(tailles[:-1], tailles[1:])]
    biais = [gen.normal(size=b) * 0.1 for b in tailles[1:]]
    return poids, biais


def relu_douce(z, fuite=0.1):
    return np.where(z > 0, z, fuite * z)


def pente(z, fuite=0.1):
    return np.where(z > 0, 1.0, fuite)


def propager(poids, biais, x):
    entrees, sommes = [x], []
    for w, b in zip(poids[:-1], biais[:-1]):
        sommes.append(entrees[-1] @ w + b)
        entrees.append(relu_douce(sommes[-1]))
    logits = entrees[-1] @ poids[-1] + biais[-1]
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return entrees, sommes, e / e.sum(axis=1, keepdims=True)


def cout(poids, biais, x, cible, lam):
    p = propager(poids, biais, x)[-1]
    entropie = -np.log(p[np.arange(len(cible)), cible]).mean()
    return entropie + lam * sum((w ** 2).sum() for w in poids)


def retropropager(poids, biais, x, cible, lam):
    entrees, sommes, p = propager(poids, biais, x)
    n = len(cible)
    delta = p.copy()
    delta[np.arange(n), cible] -= 1
    delta /= n
    grad_w, grad_b = [None] * len(poids), [None] * len(biais)
    for k in range(len(poids) - 1, -1, -1):
        grad_w[k] = entrees[k].T @ delta + 2 * lam * poids[k]
        grad_b[k] = delta.sum(axis=0)
        if k > 0:
            delta = delta @ poids[k].T * pente(sommes[k - 1])
    return grad_w, grad_b


# ---- problem
def problem():
    gen = np.random.default_rng(12)
    poids, biais = init([3, 5, 5, 4], 5)
    x = gen.normal(size=(8, 3))
    cible = gen.integers(0, 4, size=8)
    return dict(loss=lambda: cout(poids, biais, x, cible, 0.03), params=(poids, biais),
                grads=lambda: retropropager(poids, biais, x, cible, 0.03))


FAULTS = """
regulariser | grad_w[k] = entrees[k].T @ delta + 2 * lam * poids[k] | grad_w[k] = entrees[k].T @ delta
regulariser | grad_w[k] = entrees[k].T @ delta + 2 * lam * poids[k] | grad_w[k] = entrees[k].T @ delta + lam * poids[k]
regulariser | grad_b[k] = delta.sum(axis=0) | grad_b[k] = delta.sum(axis=0) + 2 * lam * biais[k]
scale | delta /= n |
bias-reduction | grad_b[k] = delta.sum(axis=0) | grad_b[k] = delta.mean(axis=0)
missing-activation-derivative | delta = delta @ poids[k].T * pente(sommes[k - 1]) | delta = delta @ poids[k].T
wrong-operand | delta = delta @ poids[k].T * pente(sommes[k - 1]) | delta = delta @ poids[k].T * pente(sommes[0])
indexing | delta[np.arange(n), cible] -= 1 | delta[np.arange(n), cible - 1] -= 1
softmax-jacobian | delta = p.copy();;delta[np.arange(n), cible] -= 1 | delta = np.zeros_like(p);;delta[np.arange(n), cible] = p[np.arange(n), cible] - 1
"""
