"""Jerarquía de regresores lineales: clase base con el bucle, subclases con la penalización."""
from abc import ABC, abstractmethod

import numpy as np


class RegresorBase(ABC):
    def __init__(self, tasa=0.05, iteraciones=150, verbose=False):
        self.tasa = tasa
        self.iteraciones = iteraciones
        self.verbose = verbose
        self.historial_ = []

    @abstractmethod
    def penalizacion(self):
        ...

    @abstractmethod
    def grad_penalizacion(self):
        ...

    def enlace(self, eta):
        return eta

    def perdida(self, y, mu):
        return np.mean((mu - y) ** 2) / 2

    def ajustar(self, X, y):
        n, d = X.shape
        self.coef_ = np.zeros(d)
        self.intercepto_ = 0.0
        for i in range(self.iteraciones):
            mu = self.enlace(X @ self.coef_ + self.intercepto_)
            costo = self.perdida(y, mu) + self.penalizacion()
            self.historial_.append(costo)
            residuo = mu - y
            g_coef = X.T @ residuo / n + self.grad_penalizacion()
            g_int = residuo.sum() / n
            self.coef_ = self.coef_ - self.tasa * g_coef
            self.intercepto_ -= self.tasa * g_int
            if self.verbose and i % 50 == 0:
                print(type(self).__name__, i, costo)
        return self


class Cresta(RegresorBase):
    alfa = 0.3

    def penalizacion(self):
        return self.alfa / 2 * self.coef_ @ self.coef_

    def grad_penalizacion(self):
        return self.alfa * self.coef_


class LogisticaElastica(Cresta):
    """Red elástica suave: |w| se aproxima por sqrt(w^2 + eps)."""
    alfa = 0.1
    l1 = 0.05
    eps = 1e-3

    def enlace(self, eta):
        return 1 / (1 + np.exp(-eta))

    def perdida(self, y, mu):
        return -np.mean(y * np.log(mu) + (1 - y) * np.log(1 - mu))

    def penalizacion(self):
        return super().penalizacion() + self.l1 * np.sqrt(self.coef_ ** 2 + self.eps).sum()

    def grad_penalizacion(self):
        return super().grad_penalizacion() + self.l1 * self.coef_ / np.sqrt(self.coef_ ** 2 + self.eps)


rng = np.random.default_rng(31)
X = rng.normal(size=(50, 4))
y = (X @ np.array([1.5, -2.0, 0.0, 0.3]) + 0.3 * rng.normal(size=50) > 0.2).astype(float)
modelo = LogisticaElastica(tasa=0.5, verbose=True).ajustar(X, y)
print(modelo.coef_.round(3), round(modelo.intercepto_, 3))

FAULTS = """
missing-term | return super().grad_penalizacion() + self.l1 * self.coef_ / np.sqrt(self.coef_ ** 2 + self.eps) | return self.l1 * self.coef_ / np.sqrt(self.coef_ ** 2 + self.eps)
wrong-operand | return super().grad_penalizacion() + self.l1 * self.coef_ / np.sqrt(self.coef_ ** 2 + self.eps) | return super().grad_penalizacion() + self.l1 * np.sqrt(self.coef_ ** 2 + self.eps)
wrong-sign | residuo = mu - y | residuo = y - mu
normalisation | g_coef = X.T @ residuo / n + self.grad_penalizacion() | g_coef = X.T @ residuo + self.grad_penalizacion()
missing-factor | return self.alfa * self.coef_ | return 2 * self.alfa * self.coef_
forgotten-update | self.intercepto_ -= self.tasa * g_int | self.intercepto_ -= 0.0
"""
