# Red neuronal con np.matrix (traducida de un guion de la facultad)
import numpy as np


class Red:
    def __init__(self, semilla=5):
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
        self.g_salida = self.media.T * diferencia
        error = diferencia * self.pesos_salida.T
        error = np.multiply(error, 1 / (1 + np.exp(-self.neta2)))
        self.g_media = self.oculta.T * error
        self.gs_media = error.sum(axis=0)
        error = error * self.pesos_media.T
        error = np.multiply(error, 1 - np.power(self.oculta, 2))
        self.g_oculta = self.entrada.T * error
        self.gs_oculta = error.sum(axis=0)


# ---- problem
def problem():
    red = Red()
    azar = np.random.RandomState(1)
    X, y = np.matrix(azar.randn(7, 3)), np.matrix(azar.randn(7, 1))
    params = [red.pesos_oculta, red.sesgo_oculta, red.pesos_media, red.sesgo_media,
              red.pesos_salida]

    def grads():
        red.retropropagar(X, y)
        return [red.g_oculta, red.gs_oculta, red.g_media, red.gs_media, red.g_salida]

    return dict(loss=lambda: red.costo(X, y), params=params, grads=grads)


FAULTS = """
transpose | error = error * self.pesos_media.T | error = error * self.pesos_media
transpose | self.g_media = self.oculta.T * error | self.g_media = error.T * self.oculta
activation-derivative-at-wrong-value | 1 / (1 + np.exp(-self.neta2))) | 1 / (1 + np.exp(-self.media)))
activation-derivative-at-wrong-value | 1 - np.power(self.oculta, 2)) | 1 - np.power(self.neta1, 2))
scale | diferencia = (self.propagar(entrada) - objetivo) / m | diferencia = 2 * (self.propagar(entrada) - objetivo) / m
missing-activation-derivative | error = np.multiply(error, 1 - np.power(self.oculta, 2)) |
bias-reduction | self.gs_media = error.sum(axis=0) | self.gs_media = error.mean(axis=0)
wrong-operand | self.g_media = self.oculta.T * error | self.g_media = self.media.T * error
swapped-gradients | return [red.g_oculta, red.gs_oculta, red.g_media, red.gs_media, red.g_salida] | return [red.g_oculta, red.gs_media, red.g_media, red.gs_oculta, red.g_salida]
"""
