# fit of a damped oscillation  A exp(-g t) cos(w t + phi) + c  to lab data (Praktikum, Versuch 4)
import numpy as np

np.random.seed(4)
t = np.linspace(0, 4, 60)
daten = 2.0 * np.exp(-0.5 * t) * np.cos(4.0 * t + 0.4) + 0.3 + 0.05 * np.random.randn(60)

A, g, w, phi, c = 1.5, 0.3, 3.9, 0.2, 0.0
vA = vg = vw = vphi = vc = 0.0
eta = 0.02
mom = 0.8

for k in range(500):
    huelle = np.exp(-g * t)
    co = np.cos(w * t + phi)
    si = np.sin(w * t + phi)
    modell = A * huelle * co + c
    rest = modell - daten
    chi2 = np.sum(rest ** 2) / len(t)

    dA = 2 * np.sum(rest * huelle * co) / len(t)
    dg = -2 * np.sum(rest * A * t * huelle * co) / len(t)
    dw = -2 * np.sum(rest * A * huelle * si * t) / len(t)
    dphi = -2 * np.sum(rest * A * huelle * si) / len(t)
    dc = 2 * np.sum(rest) / len(t)

    vA = mom * vA - eta * dA
    vg = mom * vg - eta * dg
    vw = mom * vw - eta * dw
    vphi = mom * vphi - eta * dphi
    vc = mom * vc - eta * dc
    A += vA
    g += vg
    w += vw
    phi += vphi
    c += vc
    if k % 100 == 0:
        print(k, "chi2 =", chi2)

print("A=%.3f g=%.3f w=%.3f phi=%.3f c=%.3f" % (A, g, w, phi, c))

FAULTS = """
missing-factor | dw = -2 * np.sum(rest * A * huelle * si * t) / len(t) | dw = -2 * np.sum(rest * A * huelle * si) / len(t)
wrong-sign | dphi = -2 * np.sum(rest * A * huelle * si) / len(t) | dphi = 2 * np.sum(rest * A * huelle * si) / len(t)
wrong-operand | dg = -2 * np.sum(rest * A * t * huelle * co) / len(t) | dg = -2 * np.sum(rest * A * g * huelle * co) / len(t)
normalisation | dc = 2 * np.sum(rest) / len(t) | dc = 2 * np.sum(rest)
missing-factor | dA = 2 * np.sum(rest * huelle * co) / len(t) | dA = 2 * np.sum(rest * co) / len(t)
"""
