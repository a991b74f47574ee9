# TP3 : réseau maxout avec lissage d'étiquettes (poids = liste de listes de tableaux)
import numpy as np

alea = np.random.RandomState(1789)


def init_couche(n_entree, n_sortie, pieces):
    return [[alea.randn(n_entree, n_sortie) * .7, alea.randn(n_sortie) * .2] for _ in range(pieces)]


couches = [init_couche(4, 5, 3), init_couche(5, 4, 2), init_couche(4, 3, 1)]
X = alea.randn(7, 4)
etiquettes = alea.randint(0, 3, 7)
epsilon = 0.15


def cibles():
    q = np.full((7, 3), epsilon / 3)
    q[np.arange(7), etiquettes] += 1 - epsilon
    return q


def propager():
    entree = X
    memoire = []
    for couche in couches:
        candidats = np.stack([entree @ W + b for W, b in couche])
        gagnant = candidats.argmax(axis=0)
        memoire.append((entree, gagnant))
        entree = candidats.max(axis=0)
    return entree, memoire


def softmax(scores):
    e = np.exp(scores - scores.max(axis=1)[:, None])
    return e / e.sum(axis=1)[:, None]


def cout():
    scores, _ = propager()
    return -np.sum(cibles() * np.log(softmax(scores))) / len(X)


def retropropager():
    scores, memoire = propager()
    delta = (softmax(scores) - cibles()) / len(X)
    gradients = []
    for couche, (entree, gagnant) in zip(couches[::-1], memoire[::-1]):
        grad_couche = []
        vers_le_bas = np.zeros_like(entree)
        for k, (W, b) in enumerate(couche):
            delta_k = delta * (gagnant == k)
            grad_couche.append([entree.T @ delta_k, delta_k.sum(axis=0)])
            vers_le_bas += delta_k @ W.T
        gradients.append(grad_couche)
        delta = vers_le_bas
    return gradients[::-1]


# ---- problem
def problem():
    return dict(loss=cout, params=couches, grads=retropropager)


FAULTS = """
loss-gradient | delta = (softmax(scores) - cibles()) / len(X) | delta = (softmax(scores) - np.eye(3)[etiquettes]) / len(X)
scale | delta = (softmax(scores) - cibles()) / len(X) | delta = softmax(scores) - cibles()
softmax-jacobian | delta = (softmax(scores) - cibles()) / len(X) | delta = -cibles() * (1 - softmax(scores)) / len(X)
accumulation | vers_le_bas += delta_k @ W.T | vers_le_bas = delta_k @ W.T
missing-activation-derivative | delta_k = delta * (gagnant == k) | delta_k = delta
raw-error-propagated | vers_le_bas += delta_k @ W.T | vers_le_bas += delta @ W.T
bias-reduction | grad_couche.append([entree.T @ delta_k, delta_k.sum(axis=0)]) | grad_couche.append([entree.T @ delta_k, delta_k.mean(axis=0)])
"""
