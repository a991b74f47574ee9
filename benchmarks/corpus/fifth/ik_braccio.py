# Cinematica inversa di un braccio piano a n giunti: angoli -> posizione; costo per scipy.optimize con jac=
import numpy as np

lunghezze = np.array([1.0, 0.8, 0.6, 0.3])
riposo = np.array([0.3, 0.4, -0.2, 0.1])


def posizioni(q):
    assoluti = np.cumsum(q)
    x = np.cumsum(lunghezze * np.cos(assoluti))
    y = np.cumsum(lunghezze * np.sin(assoluti))
    return assoluti, x, y


def costo(q, bersaglio, ostacolo, mu):
    _, x, y = posizioni(q)
    errore = (x[-1] - bersaglio[0]) ** 2 + (y[-1] - bersaglio[1]) ** 2
    barriera = 0.0
    for j in range(len(q)):
        d2 = (x[j] - ostacolo[0]) ** 2 + (y[j] - ostacolo[1]) ** 2
        barriera += np.exp(-d2)
    return errore + mu * barriera + 0.05 * np.sum((q - riposo) ** 2)


def jacobiano(q, bersaglio, ostacolo, mu):
    n = len(q)
    assoluti, x, y = posizioni(q)
    gx = np.zeros(n)
    gy = np.zeros(n)
    gx[-1] = 2 * (x[-1] - bersaglio[0])
    gy[-1] = 2 * (y[-1] - bersaglio[1])
    for j in range(n):
        d2 = (x[j] - ostacolo[0]) ** 2 + (y[j] - ostacolo[1]) ** 2
        gx[j] += -2 * mu * np.exp(-d2) * (x[j] - ostacolo[0])
        gy[j] += -2 * mu * np.exp(-d2) * (y[j] - ostacolo[1])
    # ogni segmento sposta tutti i giunti che seguono
    Gx = np.cumsum(gx[::-1])[::-1]
    Gy = np.cumsum(gy[::-1])[::-1]
    g_ass = lunghezze * (Gy * np.cos(assoluti) - Gx * np.sin(assoluti))
    g = np.cumsum(g_ass[::-1])[::-1].copy()
    g += 0.1 * (q - riposo)
    return g


# ---- problem
def problem():
    q = np.array([0.5, 0.9, -0.7, 0.4])
    argomenti = (np.array([1.2, 1.0]), np.array([0.9, 1.3]), 0.6)
    return dict(params=q, loss=lambda: costo(q, *argomenti), grads=lambda: jacobiano(q, *argomenti))


FAULTS = """
indexing | g = np.cumsum(g_ass[::-1])[::-1].copy() | g = np.cumsum(g_ass)
accumulation | gx[j] += -2 * mu * np.exp(-d2) * (x[j] - ostacolo[0]) | gx[j] = -2 * mu * np.exp(-d2) * (x[j] - ostacolo[0])
sign | g_ass = lunghezze * (Gy * np.cos(assoluti) - Gx * np.sin(assoluti)) | g_ass = lunghezze * (Gy * np.cos(assoluti) + Gx * np.sin(assoluti))
regulariser | g += 0.1 * (q - riposo) | g += 0.1 * q
missing-term | g = np.cumsum(g_ass[::-1])[::-1].copy() | g = g_ass.copy()
wrong-operand | gy[j] += -2 * mu * np.exp(-d2) * (y[j] - ostacolo[1]) | gy[j] += -2 * mu * np.exp(-d2) * (x[j] - ostacolo[1])
"""
