# Betonfestigkeit, Uebung 7.3: zweischichtiges Netz mit np.matrix
import warnings

import numpy as np

warnings.filterwarnings('ignore', category=PendingDeprecationWarning)
zufall = np.random.RandomState(73)
eingabe = np.matrix(zufall.randn(8, 3))
soll = np.matrix(zufall.randn(8, 2))

V = np.matrix(zufall.randn(3, 4))
v0 = np.matrix(zufall.randn(1, 4) * 0.1)
U = np.matrix(zufall.randn(4, 4) * 0.6)
u0 = np.matrix(zufall.randn(1, 4) * 0.1)
A = np.matrix(zufall.randn(4, 2))
a0 = np.matrix(zufall.randn(1, 2) * 0.1)


def softsign(z):
    return z / (1 + np.abs(z))


def softsign_abl(z):
    return 1 / np.square(1 + np.abs(z))


def vorwaerts():
    z1 = eingabe * V + v0
    s1 = softsign(z1)
    z2 = s1 * U + u0
    s2 = np.tanh(z2)
    return z1, s1, z2, s2, s2 * A + a0


def fehler():
    d = vorwaerts()[-1] - soll
    return float(np.sum(np.multiply(d, d))) / (2 * len(d))


def rueckwaerts():
    z1, s1, z2, s2, ist = vorwaerts()
    e = (ist - soll) / len(soll)
    dA = s2.T * e
    da0 = e.sum(axis=0)
    e2 = np.multiply(e * A.T, 1 - np.square(s2))
    dU = s1.T * e2
    du0 = e2.sum(axis=0)
    e1 = np.multiply(e2 * U.T, softsign_abl(z1))
    dV = eingabe.T * e1
    dv0 = e1.sum(axis=0)
    return [dV, dv0, dU, du0, dA, da0]


# ---- problem
def problem():
    return dict(loss=fehler, params=[V, v0, U, u0, A, a0], grads=rueckwaerts)


FAULTS = """
transpose | e1 = np.multiply(e2 * U.T, softsign_abl(z1)) | e1 = np.multiply(e2 * U, softsign_abl(z1))
activation-derivative-at-wrong-value | e1 = np.multiply(e2 * U.T, softsign_abl(z1)) | e1 = np.multiply(e2 * U.T, softsign_abl(s1))
wrong-operand | dU = s1.T * e2 | dU = s2.T * e2
scale | e = (ist - soll) / len(soll) | e = (ist - soll) / (2 * len(soll))
missing-activation-derivative | e2 = np.multiply(e * A.T, 1 - np.square(s2)) | e2 = e * A.T
wrong-activation-derivative | return 1 / np.square(1 + np.abs(z)) | return 1 / (1 + np.abs(z))
swapped-gradients | return [dV, dv0, dU, du0, dA, da0] | return [dV, du0, dU, dv0, dA, da0]
bias-reduction | du0 = e2.sum(axis=0) | du0 = e2.mean(axis=0)
transpose | dU = s1.T * e2 | dU = e2.T * s1
early-reduction | dV = eingabe.T * e1 | dV = eingabe.mean(axis=0).T * e1.sum(axis=0)
missing-gradient | dv0 = e1.sum(axis=0) | dv0 = np.zeros_like(v0)
"""
