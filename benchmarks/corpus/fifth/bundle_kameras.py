"""Bündelausgleichung, klein: Kameras (Drehwinkel, Ort, Brennweite) und Punkte in der Ebene, Zeilenbilder."""
import numpy as np


def rueckprojektion(kamera, punkt):
    phi, tx, ty, f = kamera
    c, s = np.cos(phi), np.sin(phi)
    dx, dy = punkt[0] - tx, punkt[1] - ty
    X = c * dx + s * dy
    Y = -s * dx + c * dy
    return f * X / Y, (X, Y, c, s, dx, dy)


def cauchy(r, sigma=0.5):
    return sigma**2 * np.log1p((r / sigma) ** 2)


def cauchy_abl(r, sigma=0.5):
    return 2 * r / (1 + (r / sigma) ** 2)


def kosten(kameras, punkte, beob):
    summe = 0.0
    for k, p, u in beob:
        v, _ = rueckprojektion(kameras[k], punkte[p])
        summe += cauchy(v - u)
    return summe


def gradient(kameras, punkte, beob):
    gk = np.zeros_like(kameras)
    gp = np.zeros_like(punkte)
    for k, p, u in beob:
        v, (X, Y, c, s, dx, dy) = rueckprojektion(kameras[k], punkte[p])
        f = kameras[k, 3]
        w = cauchy_abl(v - u)
        wX = w * f / Y
        wY = -w * f * X / Y**2
        gk[k, 0] += wX * (-s * dx + c * dy) + wY * (-c * dx - s * dy)
        ddx = wX * c - wY * s
        ddy = wX * s + wY * c
        gk[k, 1] -= ddx
        gk[k, 2] -= ddy
        gk[k, 3] += w * X / Y
        gp[p] += np.array([ddx, ddy])
    return gk, gp


# ---- problem
def problem():
    rng = np.random.default_rng(18)
    kameras = np.array([[0.1, 0.0, -3.0, 1.2], [-0.2, 1.0, -2.5, 0.9], [0.3, -1.1, -2.8, 1.1]])
    punkte = rng.uniform(-1, 1, size=(5, 2)) + [0, 1]
    beob = [(k, p, rueckprojektion(kameras[k], punkte[p])[0] + rng.normal() * 0.4)
            for k in range(3) for p in range(5) if (k + p) % 4]
    return dict(params=(kameras, punkte), loss=lambda: kosten(kameras, punkte, beob),
                grads=lambda: gradient(kameras, punkte, beob))


FAULTS = """
sign | ddx = wX * c - wY * s | ddx = wX * c + wY * s
accumulation | gp[p] += np.array([ddx, ddy]) | gp[p] = np.array([ddx, ddy])
indexing | gp[p] += np.array([ddx, ddy]) | gp[k] += np.array([ddx, ddy])
missing-term | wY = -w * f * X / Y**2 | wY = -w * f * X / Y
missing-term | gk[k, 3] += w * X / Y | gk[k, 3] += w * v
wrong-activation-derivative | return 2 * r / (1 + (r / sigma) ** 2) | return 2 * r / (1 + r ** 2)
"""
