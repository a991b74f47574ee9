# LSTM mit Gucklochverbindungen (Peepholes), Seminararbeit; ein Schritt nach dem anderen
import numpy as np


def sig(x):
    return 1 / (1 + np.exp(-x))


def vorwaerts(p, xs, ziel):
    h, c = np.zeros(p["bi"].size), np.zeros(p["bi"].size)
    verlauf, verlust = [], 0.0
    for x, z in zip(xs, ziel):
        v = np.concatenate([x, h])
        i = sig(p["Wi"] @ v + p["pi"] * c + p["bi"])
        f = sig(p["Wf"] @ v + p["pf"] * c + p["bf"])
        g = np.tanh(p["Wg"] @ v + p["bg"])
        c_neu = f * c + i * g
        o = sig(p["Wo"] @ v + p["po"] * c_neu + p["bo"])
        h = o * np.tanh(c_neu)
        y = p["Wy"] @ h
        verlust += 0.5 * np.sum((y - z) ** 2)
        verlauf.append((v, i, f, g, o, c, c_neu, h, y))
        c = c_neu
    return verlust, verlauf


def rueckwaerts(p, xs, ziel):
    _, verlauf = vorwaerts(p, xs, ziel)
    d = {k: np.zeros_like(w) for k, w in p.items()}
    n = p["bi"].size
    dh_naechst, dc_naechst = np.zeros(n), np.zeros(n)
    for t in range(len(xs) - 1, -1, -1):
        v, i, f, g, o, c_alt, c, h, y = verlauf[t]
        dy = y - ziel[t]
        d["Wy"] += np.outer(dy, h)
        dh = p["Wy"].T @ dy + dh_naechst
        do = dh * np.tanh(c) * o * (1 - o)
        dc = dh * o * (1 - np.tanh(c) ** 2) + dc_naechst
        dc = dc + p["po"] * do
        di = dc * g * i * (1 - i)
        df = dc * c_alt * f * (1 - f)
        dg = dc * i * (1 - g**2)
        d["pi"] += di * c_alt
        d["pf"] += df * c_alt
        d["po"] += do * c
        for tor, delta in zip("ifgo", (di, df, dg, do)):
            d["W" + tor] += np.outer(delta, v)
            d["b" + tor] += delta
        dv = p["Wi"].T @ di + p["Wf"].T @ df + p["Wg"].T @ dg + p["Wo"].T @ do
        dh_naechst = dv[-n:]
        dc_naechst = dc * f + p["pi"] * di + p["pf"] * df
    return d


# ---- problem
def problem():
    rng = np.random.default_rng(12)
    n, e = 3, 2
    p = {"W" + t: rng.normal(size=(n, e + n)) * 0.7 for t in "ifgo"}
    p |= {"b" + t: rng.normal(size=n) * 0.3 for t in "ifgo"}
    p |= {"p" + t: rng.normal(size=n) * 0.8 for t in "ifo"}
    p["Wy"] = rng.normal(size=(2, n))
    xs, ziel = rng.normal(size=(5, e)), rng.normal(size=(5, 2))
    return dict(params=p, loss=lambda: vorwaerts(p, xs, ziel)[0], grads=lambda: rueckwaerts(p, xs, ziel))


FAULTS = """
missing-term | dc = dc + p["po"] * do |
wrong-operand | d["po"] += do * c | d["po"] += do * c_alt
missing-term | dc_naechst = dc * f + p["pi"] * di + p["pf"] * df | dc_naechst = dc * f
wrong-operand | df = dc * c_alt * f * (1 - f) | df = dc * c * f * (1 - f)
indexing | dh_naechst = dv[-n:] | dh_naechst = dv[:n]
wrong-activation-derivative | dg = dc * i * (1 - g**2) | dg = dc * i * g * (1 - g)
"""
