"""Matrix factorisation of movie ratings, SGD over the observed ratings (Funk-style, with biases)."""
import numpy as np

rs = np.random.RandomState(77)
n_users, n_items, n_factors = 15, 12, 3

true_u = rs.normal(0, 0.6, (n_users, n_factors))
true_i = rs.normal(0, 0.6, (n_items, n_factors))
ratings = []
for u in range(n_users):
    for i in range(n_items):
        if rs.rand() < 0.6:
            r = 3.2 + true_u[u] @ true_i[i] + rs.normal(0, 0.2)
            ratings.append((u, i, min(5.0, max(1.0, r))))


class Recommender:
    def __init__(self, lr=0.03, reg=0.05):
        self.lr, self.reg = lr, reg
        self.P = rs.normal(0, 0.1, (n_users, n_factors))
        self.Q = rs.normal(0, 0.1, (n_items, n_factors))
        self.bu = np.zeros(n_users)
        self.bi = np.zeros(n_items)
        self.mu = np.mean([r for _, _, r in ratings])

    def predict(self, u, i):
        return self.mu + self.bu[u] + self.bi[i] + self.P[u] @ self.Q[i]

    def objective(self, u, i, r):
        """Half squared error of one rating plus its share of the penalty."""
        err = r - self.predict(u, i)
        penalty = self.bu[u] ** 2 + self.bi[i] ** 2 + self.P[u] @ self.P[u] + self.Q[i] @ self.Q[i]
        return 0.5 * err ** 2 + 0.5 * self.reg * penalty

    def sgd_step(self, u, i, r):
        err = r - self.predict(u, i)
        p_old = self.P[u].copy()
        self.bu[u] += self.lr * (err - self.reg * self.bu[u])
        self.bi[i] += self.lr * (err - self.reg * self.bi[i])
        self.P[u] += self.lr * (err * self.Q[i] - self.reg * self.P[u])
        self.Q[i] += self.lr * (err * p_old - self.reg * self.Q[i])

    def fit(self, data, epochs):
        data = list(data)
        for epoch in range(epochs):
            rs.shuffle(data)
            total = 0.0
            for u, i, r in data:
                u, i = int(u), int(i)
                total += self.objective(u, i, r)
                self.sgd_step(u, i, r)
            if epoch % 10 == 0:
                print("epoch %d objective %.4f rmse %.4f" % (epoch, total / len(data), self.rmse(data)))
        return self

    def rmse(self, data):
        return np.sqrt(np.mean([(r - self.predict(int(u), int(i))) ** 2 for u, i, r in data]))


rec = Recommender().fit(ratings, 31)
print("final rmse", round(rec.rmse(ratings), 4))

FAULTS = """
stale | self.Q[i] += self.lr * (err * p_old - self.reg * self.Q[i]) | self.Q[i] += self.lr * (err * self.P[u] - self.reg * self.Q[i])
wrong-variable | self.P[u] += self.lr * (err * self.Q[i] - self.reg * self.P[u]) | self.P[u] += self.lr * (err * self.P[u] - self.reg * self.P[u])
wrong-sign | self.P[u] += self.lr * (err * self.Q[i] - self.reg * self.P[u]) | self.P[u] += self.lr * (err * self.Q[i] + self.reg * self.P[u])
wrong-sign | self.bi[i] += self.lr * (err - self.reg * self.bi[i]) | self.bi[i] -= self.lr * (err - self.reg * self.bi[i])
wrong-index | self.bi[i] += self.lr * (err - self.reg * self.bi[i]) | self.bi[i] += self.lr * (err - self.reg * self.bi[u % n_items])
never-updated | self.bu[u] += self.lr * (err - self.reg * self.bu[u]) | pass
"""
