# Réseau GRU pour classer de courtes suites (projet de master), une suite à la fois
import numpy as np


class CelluleGRU:
    def __init__(self, entree, etat, classes, graine=1789):
        alea = np.random.default_rng(graine)
        self.poids = {
            nom: alea.normal(0, 0.6, (etat, etat + entree)) for nom in ('maj', 'oubli', 'cand')
        }
        self.biais = {nom: alea.normal(0, 0.2, etat) for nom in ('maj', 'oubli', 'cand')}
        self.sortie = alea.normal(0, 0.6, (classes, etat))
        self.etat = etat

    def avant(self, suite):
        h = np.zeros(self.etat)
        self.memoire = []
        for x in suite:
            hx = np.concatenate((h, x))
            z = 1 / (1 + np.exp(-(self.poids['maj'] @ hx + self.biais['maj'])))
            r = 1 / (1 + np.exp(-(self.poids['oubli'] @ hx + self.biais['oubli'])))
            rhx = np.concatenate((r * h, x))
            c = np.tanh(self.poids['cand'] @ rhx + self.biais['cand'])
            self.memoire.append((h, hx, rhx, z, r, c))
            h = (1 - z) * h + z * c
        self.h = h
        e = np.exp(self.sortie @ h)
        return e / e.sum()

    def cout(self, suite, classe):
        return -np.log(self.avant(suite)[classe])

    def arriere(self, suite, classe):
        p = self.avant(suite)
        p[classe] -= 1.0
        g_poids = {nom: np.zeros_like(w) for nom, w in self.poids.items()}
        g_biais = {nom: np.zeros_like(b) for nom, b in self.biais.items()}
        g_sortie = np.outer(p, self.h)
        dh = self.sortie.T @ p
        while self.memoire:
            h, hx, rhx, z, r, c = self.memoire.pop()
            dc = dh * z * (1 - c ** 2)
            dz = dh * (c - h) * z * (1 - z)
            drh = (self.poids['cand'].T @ dc)[:self.etat]
            dr = drh * h * r * (1 - r)
            for nom, d, v in (('maj', dz, hx), ('oubli', dr, hx), ('cand', dc, rhx)):
                g_poids[nom] += np.outer(d, v)
                g_biais[nom] += d
            dh = dh * (1 - z) + drh * r
            dh += (self.poids['maj'].T @ dz)[:self.etat]
            dh += (self.poids['oubli'].T @ dr)[:self.etat]
        return {'poids': g_poids, 'biais': g_biais, 'sortie': g_sortie}


# ---- problem
def problem():
    cellule = CelluleGRU(2, 3, 4)
    suite = np.random.default_rng(14).normal(size=(5, 2))
    params = {'poids': cellule.poids, 'biais': cellule.biais, 'sortie': cellule.sortie}
    return dict(loss=lambda: cellule.cout(suite, 2), params=params,
                grads=lambda: cellule.arriere(suite, 2))


FAULTS = """
missing-term | dh += (self.poids['oubli'].T @ dr)[:self.etat] |
missing-term | dh = dh * (1 - z) + drh * r | dh = drh * r
wrong-operand | ('cand', dc, rhx)): | ('cand', dc, hx)):
sign | dz = dh * (c - h) * z * (1 - z) | dz = dh * (h - c) * z * (1 - z)
missing-term | dz = dh * (c - h) * z * (1 - z) | dz = dh * c * z * (1 - z)
wrong-activation-derivative | dc = dh * z * (1 - c ** 2) | dc = dh * z * (1 - c)
accumulation | g_biais[nom] += d | g_biais[nom] = d
missing-gradient | (('maj', dz, hx), ('oubli', dr, hx), ('cand', dc, rhx)): | (('maj', dz, hx), ('cand', dc, rhx)):
recurrence | self.memoire.pop() | self.memoire.pop(0)
"""
