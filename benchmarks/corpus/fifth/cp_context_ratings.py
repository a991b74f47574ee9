# CP tensor factorisation of (user, item, daypart) ratings with biases, stochastic loop per rating
import numpy as np


class CPModel:
    def __init__(self, shape, rank, seed=0):
        rng = np.random.default_rng(seed)
        self.U = rng.normal(scale=0.7, size=(shape[0], rank))
        self.I = rng.normal(scale=0.7, size=(shape[1], rank))
        self.C = rng.normal(scale=0.7, size=(shape[2], rank))
        self.bu = rng.normal(scale=0.2, size=shape[0])
        self.bi = rng.normal(scale=0.2, size=shape[1])
        self.mean = 3.0

    def predict(self, u, i, c):
        return self.mean + self.bu[u] + self.bi[i] + np.sum(self.U[u] * self.I[i] * self.C[c])

    def objective(self, ratings, reg):
        total = 0.0
        for u, i, c, r in ratings:
            e = r - self.predict(u, i, c)
            total += 0.5 * e * e
            total += 0.5 * reg * (self.bu[u] ** 2 + self.bi[i] ** 2 + self.U[u] @ self.U[u] + self.I[i] @ self.I[i])
        return total / len(ratings)

    def gradients(self, ratings, reg):
        gU, gI, gC = np.zeros_like(self.U), np.zeros_like(self.I), np.zeros_like(self.C)
        gbu, gbi = np.zeros_like(self.bu), np.zeros_like(self.bi)
        for u, i, c, r in ratings:
            e = r - self.predict(u, i, c)
            gbu[u] += -e + reg * self.bu[u]
            gbi[i] += -e + reg * self.bi[i]
            gU[u] += -e * self.I[i] * self.C[c] + reg * self.U[u]
            gI[i] += -e * self.U[u] * self.C[c] + reg * self.I[i]
            gC[c] += -e * self.U[u] * self.I[i]
        k = len(ratings)
        return [gU / k, gI / k, gC / k, gbu / k, gbi / k]


# ---- problem
def problem():
    model = CPModel((4, 5, 2), 3, seed=1)
    ratings = [(0, 1, 0, 4.0), (0, 2, 1, 2.0), (1, 0, 0, 5.0), (1, 4, 1, 3.0), (2, 3, 0, 1.0), (3, 1, 1, 4.0),
               (3, 3, 0, 2.0), (2, 0, 1, 5.0), (0, 4, 0, 1.0), (1, 2, 0, 4.0)]
    params = [model.U, model.I, model.C, model.bu, model.bi]
    return dict(params=params, loss=lambda: model.objective(ratings, 0.1), grads=lambda: model.gradients(ratings, 0.1))


FAULTS = """
wrong-operand | gI[i] += -e * self.U[u] * self.C[c] + reg * self.I[i] | gI[i] += -e * self.I[i] * self.C[c] + reg * self.I[i]
accumulation | gC[c] += -e * self.U[u] * self.I[i] | gC[c] = -e * self.U[u] * self.I[i]
regulariser | gbu[u] += -e + reg * self.bu[u] | gbu[u] += -e - reg * self.bu[u]
sign | gbi[i] += -e + reg * self.bi[i] | gbi[i] += e + reg * self.bi[i]
missing-term | gU[u] += -e * self.I[i] * self.C[c] + reg * self.U[u] | gU[u] += -e * self.I[i] + reg * self.U[u]
indexing | gI[i] += -e * self.U[u] * self.C[c] + reg * self.I[i] | gI[u] += -e * self.U[u] * self.C[c] + reg * self.I[i]
"""
