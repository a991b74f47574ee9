# Red neuronal con np.matrix (traducida de un guion de la facultad)
import warnings

import numpy as np

warnings.filterwarnings('ignore', category=PendingDeprecationWarning)  # np.matrix


class Red:
    def __init__(self, tasa=0.2, semilla=5):
        self.tasa = tasa
        azar = np.random.RandomState(semilla)
        self.pesos_oculta = np.matrix(azar.randn(3, 4))
        self.sesgo_oculta = np.matrix(azar.randn(1, 4) * 0.3)
        self.pesos_media = np.matrix(azar.randn(4, 4))
        self.sesgo_media = np.matrix(azar.randn(1, 4) * 0.3)
        self.pesos_salida = np.matrix(azar.randn(4, 1))

    def propagar(self, entrada):
        self.entrada = entrada
        self.neta1 = entrada * self.pesos_oculta + self.sesgo_oculta
        self.oculta = np.tanh(self.neta1)
        self.neta2 = self.oculta * self.pesos_media + self.sesgo_media
        self.media = np.log1p(np.exp(self.neta2))
        self.salida = self.media * self.pesos_salida
        return self.salida

    def costo(self, entrada, objetivo):
        diferencia = self.propagar(entrada) - objetivo
        return float((diferencia.T * diferencia)[0, 0]) / (2 * len(objetivo))

    def retropropagar(self, entrada, objetivo):
        m = entrada.shape[0]
        diferencia = (self.propagar(entrada) - objetivo) / m

        error = diferencia * self.pesos_salida.T
        self.pesos_salida -= self.tasa * self.media.T * diferencia

        delta = np.multiply(error, 1 / (1 + np.exp(-self.neta2)))
        error = delta * self.pesos_media.T
        self.pesos_media -= self.tasa * self.oculta.T * delta
        self.sesgo_media -= self.tasa * delta.sum(axis=0)

        delta = np.multiply(error, 1 - np.power(self.oculta, 2))
        self.pesos_oculta -= self.tasa * self.entrada.T * delta
        self.sesgo_oculta -= self.tasa * delta.sum(axis=0)


# ---- problem
def problem():
    red = Red()
    azar = np.random.RandomState(1)
    X, y = np.matrix(azar.randn(7, 3)), np.matrix(azar.randn(7, 1))
    params = [red.pesos_oculta, red.sesgo_oculta, red.pesos_media, red.sesgo_media,
              red.pesos_salida]
    return dict(loss=lambda: red.costo(X, y), params=params,
                step=lambda: red.retropropagar(X, y), lr=red.tasa)


FAULTS = """
transpose | error = delta * self.pesos_media.T | error = delta * self.pesos_media
updated-weights-used | error = diferencia * self.pesos_salida.T;;self.pesos_salida -= self.tasa * self.media.T * diferencia | self.pesos_salida -= self.tasa * self.media.T * diferencia;;error = diferencia * self.pesos_salida.T
updated-weights-used | error = delta * self.pesos_media.T;;self.pesos_media -= self.tasa * self.oculta.T * delta | self.pesos_media -= self.tasa * self.oculta.T * delta;;error = delta * self.pesos_media.T
activation-derivative-at-wrong-value | 1 / (1 + np.exp(-self.neta2))) | 1 / (1 + np.exp(-self.media)))
raw-error-propagated | error = delta * self.pesos_media.T | error = error * self.pesos_media.T
scale | diferencia = (self.propagar(entrada) - objetivo) / m | diferencia = 2 * (self.propagar(entrada) - objetivo) / m
bias-reduction | self.sesgo_media -= self.tasa * delta.sum(axis=0) | self.sesgo_media -= self.tasa * delta.mean(axis=0)
wrong-operand | self.pesos_media -= self.tasa * self.oculta.T * delta | self.pesos_media -= self.tasa * self.media.T * delta
missing-activation-derivative | delta = np.multiply(error, 1 - np.power(self.oculta, 2)) | delta = error
"""
