# Red neuronal para semillas de trigo. Ejercicio de la asignatura, funciones de activacion en un diccionario.
import numpy as np

ACTIVACIONES = {
    'sigmoide': (lambda z: 1 / (1 + np.exp(-z)), lambda a: a * (1 - a)),
    'tanh': (np.tanh, lambda a: 1 - a ** 2),
    'lineal': (lambda z: z, lambda a: np.ones_like(a)),
}


def crear_red(capas, semilla):
    azar = np.random.default_rng(semilla)
    red, anterior = [], capas[0]
    for neuronas, nombre in capas[1:]:
        red.append(dict(pesos=azar.normal(size=(neuronas, anterior)), sesgo=azar.normal(size=(neuronas, 1)) * 0.2,
                        activacion=nombre))
        anterior = neuronas
    return red


def adelante(red, entrada):
    salidas = [entrada]
    for capa in red:
        f, _ = ACTIVACIONES[capa['activacion']]
        salidas.append(f(capa['pesos'] @ salidas[-1] + capa['sesgo']))
    return salidas


def coste(red, entrada, objetivo):
    salida = adelante(red, entrada)[-1]
    return ((salida - objetivo) ** 2).sum() / objetivo.shape[1]


def entrenar(red, entrada, objetivo, tasa):
    salidas = adelante(red, entrada)
    ejemplos = objetivo.shape[1]
    error = 2 * (salidas[-1] - objetivo) / ejemplos
    for i in range(len(red))[::-1]:
        _, derivada = ACTIVACIONES[red[i]['activacion']]
        delta = error * derivada(salidas[i + 1])
        error = red[i]['pesos'].T @ delta
        red[i]['pesos'] -= tasa * delta @ salidas[i].T
        red[i]['sesgo'] -= tasa * delta.sum(axis=1, keepdims=True)


# ---- problem
def problem():
    azar = np.random.default_rng(55)
    red = crear_red([4, (4, 'tanh'), (4, 'sigmoide'), (4, 'tanh'), (2, 'lineal')], 56)
    entrada, objetivo = azar.normal(size=(4, 6)), azar.normal(size=(2, 6))
    params = [{k: capa[k] for k in ('pesos', 'sesgo')} for capa in red]
    return dict(loss=lambda: coste(red, entrada, objetivo), params=params,
                step=lambda: entrenar(red, entrada, objetivo, 0.05), lr=0.05)


FAULTS = """
missing-activation-derivative | delta = error * derivada(salidas[i + 1]) | delta = error
raw-error-propagated | error = red[i]['pesos'].T @ delta | error = red[i]['pesos'].T @ error
sign | error = 2 * (salidas[-1] - objetivo) / ejemplos | error = 2 * (objetivo - salidas[-1]) / ejemplos
scale | error = 2 * (salidas[-1] - objetivo) / ejemplos | error = (salidas[-1] - objetivo) / ejemplos
scale | error = 2 * (salidas[-1] - objetivo) / ejemplos | error = 2 * (salidas[-1] - objetivo) / objetivo.size
bias-reduction | delta.sum(axis=1, keepdims=True) | delta.mean(axis=1, keepdims=True)
bias-reduction | delta.sum(axis=1, keepdims=True) | delta[:, :1]
wrong-activation-derivative | 'tanh': (np.tanh, lambda a: 1 - a ** 2), | 'tanh': (np.tanh, lambda a: 1 - a),
activation-derivative-at-wrong-value | delta = error * derivada(salidas[i + 1]) | delta = error * derivada(red[i]['pesos'] @ salidas[i] + red[i]['sesgo'])
updated-weights-used | error = red[i]['pesos'].T @ delta;;red[i]['pesos'] -= tasa * delta @ salidas[i].T | red[i]['pesos'] -= tasa * delta @ salidas[i].T;;error = red[i]['pesos'].T @ delta
sign | red[i]['sesgo'] -= tasa * delta.sum(axis=1, keepdims=True) | red[i]['sesgo'] += tasa * delta.sum(axis=1, keepdims=True)
"""
