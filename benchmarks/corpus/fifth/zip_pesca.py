# Poisson inflado en ceros: cuantos peces por visita; dos cabezas (pi y mu) sobre una capa oculta
import numpy as np

gen = np.random.RandomState(7)
n, d, k = 10, 3, 4
datos = gen.randn(n, d)
peces = np.array([0, 0, 3, 1, 0, 5, 0, 2, 0, 1])
log_fact = np.array([0, 0, np.log(6), 0, 0, np.log(120), 0, np.log(2), 0, 0])

pesos = {"oculta": gen.randn(d, k) * 0.7, "sesgo": gen.randn(k) * 0.2,
         "cero": gen.randn(k) * 0.8, "cero0": np.array([-0.3]),
         "tasa": gen.randn(k) * 0.5, "tasa0": np.array([0.2])}


def adelante():
    h = np.tanh(datos @ pesos["oculta"] + pesos["sesgo"])
    pi = 1 / (1 + np.exp(-(h @ pesos["cero"] + pesos["cero0"])))
    mu = np.exp(h @ pesos["tasa"] + pesos["tasa0"])
    return h, pi, mu


def perdida():
    h, pi, mu = adelante()
    ll_cero = np.log(pi + (1 - pi) * np.exp(-mu))
    ll_pos = np.log(1 - pi) + peces * np.log(mu) - mu - log_fact
    return -np.mean(np.where(peces == 0, ll_cero, ll_pos))


def atras():
    h, pi, mu = adelante()
    es_cero = peces == 0
    total = pi + (1 - pi) * np.exp(-mu)
    d_pi = np.where(es_cero, (1 - np.exp(-mu)) / total, -1 / (1 - pi))
    d_mu = np.where(es_cero, -(1 - pi) * np.exp(-mu) / total, peces / mu - 1)
    d_pi = -d_pi / n
    d_mu = -d_mu / n
    d_a = d_pi * pi * (1 - pi)
    d_b = d_mu * mu
    grad = {"cero": h.T @ d_a, "cero0": np.array([d_a.sum()]), "tasa": h.T @ d_b, "tasa0": np.array([d_b.sum()])}
    d_h = d_a[:, None] * pesos["cero"] + d_b[:, None] * pesos["tasa"]
    d_z = d_h * (1 - h**2)
    grad["oculta"] = datos.T @ d_z
    grad["sesgo"] = d_z.sum(axis=0)
    return grad


# ---- problem
def problem():
    return dict(params=pesos, loss=perdida, grads=atras)


FAULTS = """
missing-term | d_b = d_mu * mu | d_b = d_mu
missing-activation-derivative | d_a = d_pi * pi * (1 - pi) | d_a = d_pi
wrong-operand | d_mu = np.where(es_cero, -(1 - pi) * np.exp(-mu) / total, peces / mu - 1) | d_mu = peces / mu - 1
scale | d_mu = -d_mu / n | d_mu = -d_mu
swapped-gradients | d_h = d_a[:, None] * pesos["cero"] + d_b[:, None] * pesos["tasa"] | d_h = d_a[:, None] * pesos["tasa"] + d_b[:, None] * pesos["cero"]
sign | d_pi = np.where(es_cero, (1 - np.exp(-mu)) / total, -1 / (1 - pi)) | d_pi = np.where(es_cero, (1 - np.exp(-mu)) / total, 1 / (1 - pi))
"""
