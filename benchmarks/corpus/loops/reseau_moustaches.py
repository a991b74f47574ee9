# Reseau de neurones a une couche cachee ecrit pour le TP de physique numerique
# prediction du diametre d'un arbre a partir de 3 mesures
import numpy as np

np.random.seed(2)
mesures = np.random.randn(3, 50)
diametre = np.sin(mesures[0:1]) + 0.5 * mesures[1:2] * mesures[2:3]


class Couche:
    def __init__(self, entrees, sorties, activation):
        self.poids = np.random.randn(sorties, entrees) / np.sqrt(entrees)
        self.biais = np.zeros((sorties, 1))
        self.activation = activation

    def avant(self, a):
        self.entree = a
        self.z = self.poids @ a + self.biais
        if self.activation == "sigmoide":
            self.sortie = 1 / (1 + np.exp(-self.z))
        elif self.activation == "softplus":
            self.sortie = np.log(1 + np.exp(self.z))
        else:
            self.sortie = self.z
        return self.sortie

    def derivee(self):
        if self.activation == "sigmoide":
            return self.sortie * (1 - self.sortie)
        if self.activation == "softplus":
            return 1 / (1 + np.exp(-self.z))
        return 1.0

    def arriere(self, delta_sortie, pas):
        delta = delta_sortie * self.derivee()
        remonte = self.poids.T @ delta
        self.poids = self.poids - pas * delta @ self.entree.T
        self.biais = self.biais - pas * delta.sum(axis=1, keepdims=True)
        return remonte


reseau = [Couche(3, 7, "softplus"), Couche(7, 5, "sigmoide"), Couche(5, 1, "lineaire")]
N = mesures.shape[1]
erreurs = []
for iteration in range(300):
    a = mesures
    for couche in reseau:
        a = couche.avant(a)
    E = ((a - diametre) ** 2).sum() / (2 * N)
    erreurs.append(E)
    delta = (a - diametre) / N
    for couche in reversed(reseau):
        delta = couche.arriere(delta, 0.3)

print("erreur initiale", erreurs[0], "finale", erreurs[-1])

FAULTS = """
stale-value | remonte = self.poids.T @ delta | remonte = self.poids.T @ delta_sortie
wrong-activation-derivative | return self.sortie * (1 - self.sortie) | return self.z * (1 - self.z)
wrong-activation-derivative | return 1 / (1 + np.exp(-self.z)) | return 1 / (1 + np.exp(-self.sortie))
normalisation | self.biais = self.biais - pas * delta.sum(axis=1, keepdims=True) | self.biais = self.biais - pas * delta.mean(axis=1, keepdims=True)
wrong-axis | self.biais = self.biais - pas * delta.sum(axis=1, keepdims=True) | self.biais = self.biais - pas * delta.sum()
"""
