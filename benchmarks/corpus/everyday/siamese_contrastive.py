"""Siamese embedding with contrastive loss: do two noisy signatures belong to the same person?"""
import numpy as np

rng = np.random.RandomState(101)
PEOPLE, DIM, MARGIN = 6, 10, 1.5
base = rng.randn(PEOPLE, DIM)


def sample_pairs(n):
    i = rng.randint(0, PEOPLE, n)
    same = rng.rand(n) < 0.5
    j = np.where(same, i, (i + rng.randint(1, PEOPLE, n)) % PEOPLE)
    xa = base[i] + 0.4 * rng.randn(n, DIM)
    xb = base[j] + 0.4 * rng.randn(n, DIM)
    return xa, xb, same.astype(float)


class Tower:
    """Shared weights for both branches; forward returns its own cache."""

    def __init__(self):
        self.A = rng.randn(DIM, 12) / np.sqrt(DIM)
        self.a = np.zeros(12)
        self.B = rng.randn(12, 3) / np.sqrt(12)

    def forward(self, x):
        h = np.tanh(x @ self.A + self.a)
        return h @ self.B, (x, h)

    def backward(self, de, cache):
        x, h = cache
        dB = h.T @ de
        dz = (de @ self.B.T) * (1 - h * h)
        return x.T @ dz, dz.sum(axis=0), dB


def contrastive(ea, eb, same):
    diff = ea - eb
    dist = np.sqrt(np.sum(diff ** 2, axis=1) + 1e-9)
    hinge = np.maximum(0, MARGIN - dist)
    loss = np.mean(same * dist ** 2 + (1 - same) * hinge ** 2)
    ddist = (2 * same * dist - 2 * (1 - same) * hinge) / len(same)
    dea = (ddist / dist)[:, None] * diff
    return loss, dea, -dea


tower = Tower()
lr = 0.1
curve = []
for step in range(300):
    xa, xb, same = sample_pairs(32)
    ea, cache_a = tower.forward(xa)
    eb, cache_b = tower.forward(xb)
    loss, dea, deb = contrastive(ea, eb, same)
    ga = tower.backward(dea, cache_a)
    gb = tower.backward(deb, cache_b)
    for p, da, db in zip((tower.A, tower.a, tower.B), ga, gb):
        p -= lr * (da + db)
    curve.append(loss)
    if step % 100 == 99:
        print("step", step + 1, "loss", np.mean(curve[-50:]))

FAULTS = """
wrong-sign | return loss, dea, -dea | return loss, dea, dea
stale | gb = tower.backward(deb, cache_b) | gb = tower.backward(deb, cache_a)
missing-term | p -= lr * (da + db) | p -= lr * da
wrong-sign | ddist = (2 * same * dist - 2 * (1 - same) * hinge) / len(same) | ddist = (2 * same * dist + 2 * (1 - same) * hinge) / len(same)
missing-factor | dea = (ddist / dist)[:, None] * diff | dea = ddist[:, None] * diff
wrong-activation-derivative | dz = (de @ self.B.T) * (1 - h * h) | dz = (de @ self.B.T) * h * (1 - h)
"""
