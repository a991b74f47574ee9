"""Job titles to skills: two towers, cosine similarity, squared error against a rating."""
import numpy as np


class Tower:
    def __init__(self, n_in, n_out, rng):
        self.M = rng.normal(size=(n_in, n_out))
        self.m = rng.normal(size=n_out) * 0.3

    def up(self, x):
        self.x = x
        self.raw = np.tanh(x @ self.M + self.m)
        self.length = np.linalg.norm(self.raw, axis=1, keepdims=True)
        self.unit = self.raw / self.length
        return self.unit

    def down(self, d_unit):
        along = (d_unit * self.unit).sum(axis=1, keepdims=True)
        d_raw = (d_unit - along * self.unit) / self.length
        d_pre = d_raw * (1 - self.raw ** 2)
        self.dM = self.x.T @ d_pre
        self.dm = d_pre.sum(axis=0)


class TwoTowers:
    def __init__(self):
        rng = np.random.default_rng(808)
        self.title, self.skill = Tower(4, 3, rng), Tower(5, 3, rng)
        self.slope = np.array([1.7])

    def error(self, titles, skills, rating):
        self.u = self.title.up(titles)
        self.v = self.skill.up(skills)
        self.cos = (self.u * self.v).sum(axis=1)
        self.miss = self.slope[0] * self.cos - rating
        return np.mean(self.miss ** 2)

    def gradients(self, titles, skills, rating):
        self.error(titles, skills, rating)
        d_out = 2 * self.miss / len(rating)
        d_slope = np.array([np.dot(d_out, self.cos)])
        d_cos = self.slope * d_out
        self.title.down(d_cos[:, None] * self.v)
        self.skill.down(d_cos[:, None] * self.u)
        return [self.title.dM, self.title.dm, self.skill.dM, self.skill.dm, d_slope]


# ---- problem
def problem():
    tt = TwoTowers()
    rng = np.random.default_rng(9)
    data = rng.normal(size=(7, 4)), rng.normal(size=(7, 5)), rng.uniform(-1, 1, 7)
    return dict(loss=lambda: tt.error(*data),
                params=[tt.title.M, tt.title.m, tt.skill.M, tt.skill.m, tt.slope],
                grads=lambda: tt.gradients(*data))


FAULTS = """
normalisation | d_raw = (d_unit - along * self.unit) / self.length | d_raw = d_unit / self.length
wrong-operand | d_raw = (d_unit - along * self.unit) / self.length | d_raw = (d_unit - along * self.raw) / self.length
wrong-operand | self.title.down(d_cos[:, None] * self.v) | self.title.down(d_cos[:, None] * self.u)
missing-activation-derivative | d_pre = d_raw * (1 - self.raw ** 2) | d_pre = d_raw
wrong-operand | d_pre = d_raw * (1 - self.raw ** 2) | d_pre = d_raw * (1 - self.unit ** 2)
scale | d_out = 2 * self.miss / len(rating) | d_out = self.miss / len(rating)
missing-gradient | d_slope = np.array([np.dot(d_out, self.cos)]) | d_slope = np.zeros_like(self.slope)
bias-reduction | self.dm = d_pre.sum(axis=0) | self.dm = d_pre.mean(axis=0)
swapped-gradients | return [self.title.dM, self.title.dm, self.skill.dM, self.skill.dm, d_slope] | return [self.title.dM, self.skill.dm, self.skill.dM, self.title.dm, d_slope]
"""
