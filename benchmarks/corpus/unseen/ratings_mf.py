# Matrix factorisation for ratings: mu + bu[u] + bi[i] + <P[u], Q[i]>, batch gradient descent
import numpy as np

RATINGS = [
    # user, item, stars
    (0, 0, 5.0), (0, 1, 3.0), (0, 3, 1.0),
    (1, 0, 4.0), (1, 3, 1.0),
    (2, 0, 1.0), (2, 1, 1.0), (2, 3, 5.0),
    (3, 1, 1.5), (3, 2, 4.0), (0, 2, 2.5),
]


class Recommender:
    def __init__(self, n_users, n_items, k=2, lam=0.1, alpha=0.02):
        r = np.random.default_rng(14)
        self.P = r.normal(size=(n_users, k))
        self.Q = r.normal(size=(n_items, k))
        self.bu = r.normal(size=n_users) * 0.2
        self.bi = r.normal(size=n_items) * 0.2
        self.mu = np.mean([s for _, _, s in RATINGS])
        self.lam = lam
        self.alpha = alpha

    def predict(self, u, i):
        return self.mu + self.bu[u] + self.bi[i] + self.P[u] @ self.Q[i]

    def cost(self):
        c = sum((s - self.predict(u, i)) ** 2 for u, i, s in RATINGS)
        for M in (self.P, self.Q, self.bu, self.bi):
            c += self.lam * np.sum(M**2)
        return c

    def epoch(self):
        dP, dQ = np.zeros_like(self.P), np.zeros_like(self.Q)
        dbu, dbi = np.zeros_like(self.bu), np.zeros_like(self.bi)
        for u, i, s in RATINGS:
            e = s - self.predict(u, i)
            dP[u] += e * self.Q[i]
            dQ[i] += e * self.P[u]
            dbu[u] += e
            dbi[i] += e
        self.P += self.alpha * 2 * (dP - self.lam * self.P)
        self.Q += self.alpha * 2 * (dQ - self.lam * self.Q)
        self.bu += self.alpha * 2 * (dbu - self.lam * self.bu)
        self.bi += self.alpha * 2 * (dbi - self.lam * self.bi)


rec = Recommender(4, 4)


# ---- problem
def problem():
    params = dict(P=rec.P, Q=rec.Q, bu=rec.bu, bi=rec.bi)
    return dict(loss=rec.cost, params=params, step=rec.epoch, lr=rec.alpha)


FAULTS = """
sign | e = s - self.predict(u, i) | e = self.predict(u, i) - s
regulariser | self.P += self.alpha * 2 * (dP - self.lam * self.P) | self.P += self.alpha * 2 * (dP + self.lam * self.P)
regulariser | self.bu += self.alpha * 2 * (dbu - self.lam * self.bu) | self.bu += self.alpha * 2 * dbu
wrong-operand | dQ[i] += e * self.P[u] | dQ[i] += e * self.P[i]
scale | self.Q += self.alpha * 2 * (dQ - self.lam * self.Q) | self.Q += self.alpha * (dQ - self.lam * self.Q)
accumulation | dP[u] += e * self.Q[i] | dP[u] = e * self.Q[i]
indexing | dbi[i] += e | dbi[u] += e
"""
