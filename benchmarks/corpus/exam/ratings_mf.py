import numpy as np

# (user, item, stars)
ratings = [(0, 0, 5), (0, 2, 3), (1, 0, 4), (1, 1, 1), (2, 1, 2), (2, 2, 4), (3, 0, 1), (0, 1, 2)]


class BiasedMF:
    def __init__(self, n_users, n_items, k, reg, seed=0):
        rng = np.random.RandomState(seed)
        self.P = rng.normal(0, 0.6, (n_users, k))
        self.Q = rng.normal(0, 0.6, (n_items, k))
        self.bu = rng.normal(0, 0.2, n_users)
        self.bi = rng.normal(0, 0.2, n_items)
        self.mu = np.array([3.0])
        self.reg = reg

    def estimate(self, u, i):
        return self.mu[0] + self.bu[u] + self.bi[i] + self.P[u].dot(self.Q[i])

    def objective(self):
        loss = 0.0
        for u, i, r in ratings:
            loss += (r - self.estimate(u, i)) ** 2
            loss += self.reg * (self.bu[u] ** 2 + self.bi[i] ** 2)
            loss += self.reg * (self.P[u].dot(self.P[u]) + self.Q[i].dot(self.Q[i]))
        return loss

    def full_gradient(self):
        self.gP, self.gQ = np.zeros_like(self.P), np.zeros_like(self.Q)
        self.gbu, self.gbi = np.zeros_like(self.bu), np.zeros_like(self.bi)
        self.gmu = np.zeros(1)
        for u, i, r in ratings:
            e = r - self.estimate(u, i)
            self.gmu[0] -= 2 * e
            self.gbu[u] += -2 * e + 2 * self.reg * self.bu[u]
            self.gbi[i] += -2 * e + 2 * self.reg * self.bi[i]
            self.gP[u] += 2 * (self.reg * self.P[u] - e * self.Q[i])
            self.gQ[i] += 2 * (self.reg * self.Q[i] - e * self.P[u])


# ---- problem
def problem():
    model = BiasedMF(4, 3, 3, 0.15)

    def grads():
        model.full_gradient()
        return {n: getattr(model, "g" + n) for n in ("P", "Q", "bu", "bi", "mu")}

    return dict(
        loss=model.objective,
        params={n: getattr(model, n) for n in ("P", "Q", "bu", "bi", "mu")},
        grads=grads,
    )


FAULTS = """
sign | e = r - self.estimate(u, i) | e = self.estimate(u, i) - r
wrong-operand | self.gQ[i] += 2 * (self.reg * self.Q[i] - e * self.P[u]) | self.gQ[i] += 2 * (self.reg * self.Q[i] - e * self.Q[i])
regulariser | self.gP[u] += 2 * (self.reg * self.P[u] - e * self.Q[i]) | self.gP[u] += -2 * e * self.Q[i]
regulariser | self.gbu[u] += -2 * e + 2 * self.reg * self.bu[u] | self.gbu[u] += -2 * e
accumulation | self.gbi[i] += -2 * e + 2 * self.reg * self.bi[i] | self.gbi[i] = -2 * e + 2 * self.reg * self.bi[i]
accumulation | self.gP[u] += 2 * (self.reg * self.P[u] - e * self.Q[i]) | self.gP[u] = 2 * (self.reg * self.P[u] - e * self.Q[i])
scale | self.gmu[0] -= 2 * e | self.gmu[0] -= e
indexing | self.gbu[u] += -2 * e + 2 * self.reg * self.bu[u] | self.gbu[i] += -2 * e + 2 * self.reg * self.bu[u]
missing-gradient | self.gmu[0] -= 2 * e |
indexing | self.gQ[i] += 2 * (self.reg * self.Q[i] - e * self.P[u]) | self.gQ[i] += 2 * (self.reg * self.Q[i] - e * self.P[i])
"""
