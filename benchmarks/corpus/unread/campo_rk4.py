"""Ecuación diferencial neuronal: dy/dt = W2 tanh(W1 y + b1 + k t) + A y, integrada con RK4 clásico.

La derivada es la del propio esquema (discretizar y luego derivar), etapa por etapa.
"""
import numpy as np


def campo(th, t, y):
    return th["W2"] @ np.tanh(th["W1"] @ y + th["b1"] + th["k"] * t) + th["A"] @ y


def campo_rev(th, t, y, g, acum):
    """g: adjunto de la salida del campo. Acumula en `acum`, devuelve el adjunto de y."""
    s = np.tanh(th["W1"] @ y + th["b1"] + th["k"] * t)
    acum["W2"] += np.outer(g, s)
    acum["A"] += np.outer(g, y)
    r = (th["W2"].T @ g) * (1 - s * s)
    acum["W1"] += np.outer(r, y)
    acum["b1"] += r
    acum["k"] += r * t
    return th["W1"].T @ r + th["A"].T @ g


def paso(th, t, y, h):
    k1 = campo(th, t, y)
    k2 = campo(th, t + h / 2, y + h / 2 * k1)
    k3 = campo(th, t + h / 2, y + h / 2 * k2)
    k4 = campo(th, t + h, y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def paso_rev(th, t, y, h, lam, acum):
    k1 = campo(th, t, y)
    y2 = y + h / 2 * k1
    k2 = campo(th, t + h / 2, y2)
    y3 = y + h / 2 * k2
    k3 = campo(th, t + h / 2, y3)
    y4 = y + h * k3
    g4 = h / 6 * lam
    a4 = campo_rev(th, t + h, y4, g4, acum)
    g3 = h / 3 * lam + h * a4
    a3 = campo_rev(th, t + h / 2, y3, g3, acum)
    g2 = h / 3 * lam + h / 2 * a3
    a2 = campo_rev(th, t + h / 2, y2, g2, acum)
    g1 = h / 6 * lam + h / 2 * a2
    a1 = campo_rev(th, t, y, g1, acum)
    return lam + a1 + a2 + a3 + a4


def trayectoria(th, y0, n, h):
    ys = [y0]
    for i in range(n):
        ys.append(paso(th, i * h, ys[-1], h))
    return ys


def costo(th, datos, h):
    ys = trayectoria(th, th["y0"], len(datos), h)
    return sum(0.5 * np.sum((y - d) ** 2) for y, d in zip(ys[1:], datos))


def gradiente(th, datos, h):
    ys = trayectoria(th, th["y0"], len(datos), h)
    acum = {c: np.zeros_like(v) for c, v in th.items()}
    lam = np.zeros_like(th["y0"])
    for i in range(len(datos) - 1, -1, -1):
        lam = lam + (ys[i + 1] - datos[i])
        lam = paso_rev(th, i * h, ys[i], h, lam, acum)
    acum["y0"] = lam
    return acum


# ---- problem
def problem():
    g = np.random.default_rng(15)
    th = {"W1": g.normal(size=(3, 2)), "b1": g.normal(size=3), "k": g.normal(size=3), "W2": g.normal(size=(2, 3)),
          "A": np.array([[-0.3, 1.0], [-1.0, -0.3]]), "y0": g.normal(size=2)}
    datos = g.normal(size=(4, 2))
    return dict(loss=lambda: costo(th, datos, 0.4), params=th, grads=lambda: gradiente(th, datos, 0.4))


FAULTS = """
scale | g3 = h / 3 * lam + h * a4 | g3 = h / 6 * lam + h * a4
missing-term | g2 = h / 3 * lam + h / 2 * a3 | g2 = h / 3 * lam
scale | g3 = h / 3 * lam + h * a4 | g3 = h / 3 * lam + h / 2 * a4
missing-term | return lam + a1 + a2 + a3 + a4 | return lam + a1
wrong-operand | a3 = campo_rev(th, t + h / 2, y3, g3, acum) | a3 = campo_rev(th, t + h / 2, y2, g3, acum)
missing-term | return th["W1"].T @ r + th["A"].T @ g | return th["W1"].T @ r
recurrence | lam = lam + (ys[i + 1] - datos[i]) | lam = ys[i + 1] - datos[i]
indexing | lam = paso_rev(th, i * h, ys[i], h, lam, acum) | lam = paso_rev(th, i * h, ys[i + 1], h, lam, acum)
indexing | a4 = campo_rev(th, t + h, y4, g4, acum) | a4 = campo_rev(th, t, y4, g4, acum)
"""
