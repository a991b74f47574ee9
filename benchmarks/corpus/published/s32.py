# Regresión polinómica con descenso de gradiente y momento -- ejercicio resuelto
import numpy as np

np.random.seed(0)
puntos = np.random.uniform(-1, 1, 50)
valores = 2 * puntos ** 3 - puntos + 0.5 + np.random.normal(0, 0.1, 50)

grado = 4
theta = np.zeros(grado + 1)
velocidad = np.zeros(grado + 1)
alfa = 0.1          # tasa de aprendizaje
momento = 0.8
lam = 0.01          # penalización (no se penaliza el término independiente)


def hipotesis(theta, x):
    total = 0
    for j in range(len(theta)):
        total = total + theta[j] * x ** j
    return total


def costo(theta, x, y):
    m = len(x)
    return np.sum((hipotesis(theta, x) - y) ** 2) / (2 * m) + lam / (2 * m) * np.sum(theta[1:] ** 2)


for iteracion in range(1000):
    m = len(puntos)
    diferencia = hipotesis(theta, puntos) - valores
    gradiente = np.zeros(grado + 1)
    for j in range(grado + 1):
        gradiente[j] = np.sum(diferencia * puntos ** j) / m
        if j > 0:
            gradiente[j] += lam / m * theta[j]
    velocidad = momento * velocidad + alfa * gradiente
    theta = theta - velocidad
    if iteracion % 200 == 0:
        print('iteración', iteracion, 'costo', costo(theta, puntos, valores))

print('coeficientes:', np.round(theta, 3))

FAULTS = """
exponent-off-by-one | gradiente[j] = np.sum(diferencia * puntos ** j) / m | gradiente[j] = np.sum(diferencia * puntos ** (j + 1)) / m
abs-of-the-residual...-derivative-of-power-j*x^(j-1) | gradiente[j] = np.sum(diferencia * puntos ** j) / m | gradiente[j] = np.sum(diferencia * j * puntos ** max(j - 1, 0)) / m
sign-of-the-difference | diferencia = hipotesis(theta, puntos) - valores | diferencia = valores - hipotesis(theta, puntos)
not-divided-by-m | gradiente[j] = np.sum(diferencia * puntos ** j) / m | gradiente[j] = np.sum(diferencia * puntos ** j)
loop-stops-one-early | for j in range(grado + 1): | for j in range(grado):
"""
