"""Inversion de forme d'onde, 1D : u_tt = c(x)^2 u_xx + s, schéma saute-mouton, bords fixes.
Gradient par la méthode de l'adjoint discret. Le modèle est m = log c^2 sur la grille, plus l'amplitude de la source.
"""
import numpy as np


def laplacien(u):
    d = -2.0 * u
    d[1:] += u[:-1]
    d[:-1] += u[1:]
    return d


def propager(m, amp, ondelette, i_source, r):
    """r = (dt / dx)^2. Renvoie tous les champs u[0], u[1], ..., u[N+1] (u[0] = u[1] = 0)."""
    c2 = np.exp(m)
    u = [np.zeros_like(m), np.zeros_like(m)]
    for n in range(len(ondelette)):
        suivant = 2 * u[-1] - u[-2] + r * c2 * laplacien(u[-1])
        suivant[i_source] += amp[0] * ondelette[n]
        u.append(suivant)
    return u


def misfit(m, amp, donnees, ondelette, i_source, capteurs, r, mu):
    u = propager(m, amp, ondelette, i_source, r)
    J = 0.0
    for n in range(len(ondelette)):
        J += 0.5 * np.sum((u[n + 2][capteurs] - donnees[n]) ** 2)
    return J + 0.5 * mu * np.sum(np.diff(m) ** 2)


def gradient(m, amp, donnees, ondelette, i_source, capteurs, r, mu):
    c2 = np.exp(m)
    u = propager(m, amp, ondelette, i_source, r)
    N = len(ondelette)
    lam = [np.zeros_like(m) for _ in range(N + 4)]   # lam[k] : adjoint de u[k]
    g_m, g_amp = np.zeros_like(m), np.zeros(1)
    for n in range(N - 1, -1, -1):
        k = n + 2
        lam[k] = 2 * lam[k + 1] - lam[k + 2] + laplacien(r * c2 * lam[k + 1])
        lam[k][capteurs] += u[k][capteurs] - donnees[n]
        g_m += lam[k] * r * c2 * laplacien(u[k - 1])
        g_amp += lam[k][i_source] * ondelette[n]
    lissage = np.diff(m)
    g_m[1:] += mu * lissage
    g_m[:-1] -= mu * lissage
    return g_m, g_amp


# ---- problem
def problem():
    alea = np.random.default_rng(2)
    m = alea.normal(size=7) * 0.3
    amp = np.array([1.3])
    temps = np.arange(9)
    ondelette = np.exp(-0.5 * (temps - 2.0) ** 2)
    capteurs = np.array([1, 5])
    donnees = alea.normal(size=(9, 2)) * 0.5
    arguments = (donnees, ondelette, 3, capteurs, 0.45, 0.1)
    return dict(loss=lambda: misfit(m, amp, *arguments), params=(m, amp), grads=lambda: gradient(m, amp, *arguments))


FAULTS = """
indexing | g_m += lam[k] * r * c2 * laplacien(u[k - 1]) | g_m += lam[k] * r * c2 * laplacien(u[k])
wrong-operand | lam[k] = 2 * lam[k + 1] - lam[k + 2] + laplacien(r * c2 * lam[k + 1]) | lam[k] = 2 * lam[k + 1] - lam[k + 2] + r * c2 * laplacien(lam[k + 1])
missing-term | lam[k] = 2 * lam[k + 1] - lam[k + 2] + laplacien(r * c2 * lam[k + 1]) | lam[k] = 2 * lam[k + 1] + laplacien(r * c2 * lam[k + 1])
sign | g_m[:-1] -= mu * lissage | g_m[:-1] += mu * lissage
accumulation | lam[k][capteurs] += u[k][capteurs] - donnees[n] | lam[k][capteurs] = u[k][capteurs] - donnees[n]
missing-term | g_m += lam[k] * r * c2 * laplacien(u[k - 1]) | g_m += lam[k] * r * laplacien(u[k - 1])
indexing | lam[k][capteurs] += u[k][capteurs] - donnees[n] | lam[k][capteurs] += u[k - 1][capteurs] - donnees[n]
accumulation | g_amp += lam[k][i_source] * ondelette[n] | g_amp[:] = lam[k][i_source] * ondelette[n]
"""
