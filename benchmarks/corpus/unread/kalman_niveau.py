"""Filtre de Kalman (niveau + pente) : moins log-vraisemblance et son gradient par propagation des sensibilités.

theta = log-variances (niveau, pente, mesure) et phi, amortissement de la pente.
"""
import numpy as np

H = np.array([1.0, 0.0])


def systeme(theta):
    q1, q2, r = np.exp(theta[:3])
    F = np.array([[1.0, 1.0], [0.0, theta[3]]])
    return F, np.diag([q1, q2]), r


def vraisemblance(theta, y, P0):
    F, Q, r = systeme(theta)
    m, P = np.zeros(2), P0.copy()
    nll = 0.0
    for obs in y:
        m = F @ m
        P = F @ P @ F.T + Q
        e = obs - m[0]
        S = P[0, 0] + r
        K = P[:, 0] / S
        nll += 0.5 * (np.log(2 * np.pi * S) + e * e / S)
        m = m + K * e
        P = P - np.outer(K, P[0])
    return nll


def derivees_systeme(theta):
    q1, q2, r = np.exp(theta[:3])
    dF = np.zeros((4, 2, 2))
    dF[3, 1, 1] = 1.0
    dQ = np.zeros((4, 2, 2))
    dQ[0, 0, 0] = q1
    dQ[1, 1, 1] = q2
    dr = np.array([0.0, 0.0, r, 0.0])
    return dF, dQ, dr


def gradient(theta, y, P0):
    F, Q, r = systeme(theta)
    dF, dQ, dr = derivees_systeme(theta)
    m, P = np.zeros(2), P0.copy()
    dm, dP = np.zeros((4, 2)), np.zeros((4, 2, 2))
    g = np.zeros(4)
    for obs in y:
        for k in range(4):
            dm[k] = dF[k] @ m + F @ dm[k]
            dP[k] = dF[k] @ P @ F.T + F @ dP[k] @ F.T + F @ P @ dF[k].T + dQ[k]
        m = F @ m
        P = F @ P @ F.T + Q
        e = obs - m[0]
        S = P[0, 0] + r
        K = P[:, 0] / S
        for k in range(4):
            de = -dm[k, 0]
            dS = dP[k, 0, 0] + dr[k]
            g[k] += 0.5 * (dS / S + 2 * e * de / S - e * e * dS / S ** 2)
            dK = dP[k][:, 0] / S - P[:, 0] * dS / S ** 2
            dm[k] = dm[k] + dK * e + K * de
            dP[k] = dP[k] - np.outer(dK, P[0]) - np.outer(K, dP[k][0])
        m = m + K * e
        P = P - np.outer(K, P[0])
    return g


# ---- problem
def problem():
    alea = np.random.default_rng(1871)
    theta = np.array([-0.4, -1.2, 0.3, 0.85])
    y = np.cumsum(alea.normal(size=9)) + alea.normal(size=9)
    P0 = np.array([[1.5, 0.2], [0.2, 0.8]])
    return dict(loss=lambda: vraisemblance(theta, y, P0), params=theta, grads=lambda: gradient(theta, y, P0))


FAULTS = """
missing-term | dm[k] = dm[k] + dK * e + K * de | dm[k] = dm[k] + dK * e
sign | de = -dm[k, 0] | de = dm[k, 0]
missing-term | dP[k] = dF[k] @ P @ F.T + F @ dP[k] @ F.T + F @ P @ dF[k].T + dQ[k] | dP[k] = dF[k] @ P @ F.T + F @ dP[k] @ F.T + dQ[k]
scale | dQ[0, 0, 0] = q1 | dQ[0, 0, 0] = 1.0
missing-term | dK = dP[k][:, 0] / S - P[:, 0] * dS / S ** 2 | dK = dP[k][:, 0] / S
scale | g[k] += 0.5 * (dS / S + 2 * e * de / S - e * e * dS / S ** 2) | g[k] += 0.5 * (dS / S + e * de / S - e * e * dS / S ** 2)
missing-term | dP[k] = dP[k] - np.outer(dK, P[0]) - np.outer(K, dP[k][0]) | dP[k] = dP[k] - np.outer(dK, P[0])
"""
