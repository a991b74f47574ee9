# Red RBF (funciones de base radial) para aproximar una funcion. Practica 4
import numpy as np

np.random.seed(15)
entradas = np.linspace(-4, 4, 80)
salidas = np.sin(entradas) * np.exp(-0.1 * entradas ** 2) + 0.02 * np.random.randn(80)

num_neuronas = 7
centros = np.linspace(-3.5, 3.5, num_neuronas)
anchos = 0.7 * np.ones(num_neuronas)
pesos = 0.1 * np.random.randn(num_neuronas)
sesgo = 0.0
tasa = 0.03

for epoca in range(15):
    error_total = 0
    for muestra in np.random.permutation(80):
        x, d = entradas[muestra], salidas[muestra]
        dif = x - centros
        phi = np.exp(-dif ** 2 / (2 * anchos ** 2))
        y = np.sum(pesos * phi) + sesgo
        e = d - y
        error_total += 0.5 * e ** 2
        # retropropagacion
        grad_pesos = -e * phi
        grad_sesgo = -e
        grad_centros = -e * pesos * phi * dif / anchos ** 2
        grad_anchos = -e * pesos * phi * dif ** 2 / anchos ** 3
        pesos = pesos - tasa * grad_pesos
        sesgo = sesgo - tasa * grad_sesgo
        centros = centros - tasa * grad_centros
        anchos = anchos - tasa * grad_anchos
    print("Epoca", epoca + 1, "error", error_total / 80)

FAULTS = """
wrong-power-of-width | grad_anchos = -e * pesos * phi * dif ** 2 / anchos ** 3 | grad_anchos = -e * pesos * phi * dif ** 2 / anchos ** 2
sign | grad_centros = -e * pesos * phi * dif / anchos ** 2 | grad_centros = e * pesos * phi * dif / anchos ** 2
weight-forgotten | grad_centros = -e * pesos * phi * dif / anchos ** 2 | grad_centros = -e * phi * dif / anchos ** 2
extra-factor-2-forgotten-square-of-dif | grad_anchos = -e * pesos * phi * dif ** 2 / anchos ** 3 | grad_anchos = -e * pesos * phi * dif / anchos ** 3
derivative-with-respect-to-the-wrong-thing | grad_pesos = -e * phi | grad_pesos = -e * phi * pesos
"""
