"""Feed-forward digits network for tuples (x, y) of column vectors, any number of layers."""
import numpy as np

LMBDA = 0.3


class CrossEntropy:
    @staticmethod
    def value(a, y):
        return float(-np.sum(y * np.log(a) + (1 - y) * np.log(1 - a)))

    @staticmethod
    def delta(z, a, y):
        return a - y


class Quadratic:
    @staticmethod
    def value(a, y):
        return 0.5 * float(np.sum((a - y) ** 2))

    @staticmethod
    def delta(z, a, y):
        return (a - y) * squash_prime(z)


def squash(z):
    return 1.0 / (1.0 + np.exp(-z))


def squash_prime(z):
    s = squash(z)
    return s - s * s


class Digits:
    def __init__(self, sizes, cost=Quadratic):
        rng = np.random.default_rng(10)
        self.depth = len(sizes)
        self.cost = cost
        self.shifts = [rng.normal(size=(n, 1)) * 0.5 for n in sizes[1:]]
        self.mats = [rng.normal(size=(n, m)) for m, n in zip(sizes, sizes[1:])]

    def run(self, x):
        for M, s in zip(self.mats, self.shifts):
            x = squash(M @ x + s)
        return x

    def total_cost(self, batch):
        c = sum(self.cost.value(self.run(x), y) for x, y in batch) / len(batch)
        return c + 0.5 * LMBDA * sum(np.sum(M * M) for M in self.mats) / len(batch)

    def backprop(self, x, y):
        acts, zs = [x], []
        for M, s in zip(self.mats, self.shifts):
            zs.append(M @ acts[-1] + s)
            acts.append(squash(zs[-1]))
        d_mats, d_shifts = [None] * (self.depth - 1), [None] * (self.depth - 1)
        delta = self.cost.delta(zs[-1], acts[-1], y)
        d_shifts[-1] = delta
        d_mats[-1] = delta @ acts[-2].T
        for back in range(2, self.depth):
            delta = (self.mats[-back + 1].T @ delta) * squash_prime(zs[-back])
            d_shifts[-back] = delta
            d_mats[-back] = delta @ acts[-back - 1].T
        return d_mats, d_shifts

    def learn(self, batch, eta):
        sum_m = [np.zeros(M.shape) for M in self.mats]
        sum_s = [np.zeros(s.shape) for s in self.shifts]
        for x, y in batch:
            dm, ds = self.backprop(x, y)
            sum_m = [a + b for a, b in zip(sum_m, dm)]
            sum_s = [a + b for a, b in zip(sum_s, ds)]
        n = len(batch)
        self.mats = [(1 - eta * LMBDA / n) * M - eta / n * dM for M, dM in zip(self.mats, sum_m)]
        self.shifts = [s - eta / n * d for s, d in zip(self.shifts, sum_s)]


rng = np.random.default_rng(20)
batch = [(rng.normal(size=(3, 1)), np.eye(4)[:, [k % 4]]) for k in range(5)]
net = Digits([3, 4, 4, 4])


# ---- problem
def problem():
    return dict(
        loss=lambda: net.total_cost(batch),
        params=net,
        step=lambda: net.learn(batch, 0.05),
        lr=0.05,
    )


FAULTS = """
loss-gradient | return (a - y) * squash_prime(z) | return a - y
wrong-operand | d_mats[-1] = delta @ acts[-2].T | d_mats[-1] = delta @ acts[-3].T
transpose | delta = (self.mats[-back + 1].T @ delta) * squash_prime(zs[-back]) | delta = (self.mats[-back + 1] @ delta) * squash_prime(zs[-back])
activation-derivative-at-wrong-value | * squash_prime(zs[-back]) | * squash_prime(acts[-back])
wrong-activation-derivative | return s - s * s | return 1 - s * s
accumulation | sum_s = [a + b for a, b in zip(sum_s, ds)] | sum_s = ds
scale | self.shifts = [s - eta / n * d for s, d in zip(self.shifts, sum_s)] | self.shifts = [s - eta * d for s, d in zip(self.shifts, sum_s)]
regulariser | (1 - eta * LMBDA / n) * M - eta / n * dM | M - eta / n * dM
"""
