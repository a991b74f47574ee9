"""Triplets with cosine similarity; the towers keep what they computed for the current weights."""
import numpy as np


class Tower:
    def __init__(self, n_in, n_mid, n_out, generator):
        self.first = generator.normal(size=(n_in, n_mid)) / 1.5
        self.first_shift = generator.normal(size=n_mid) / 3
        self.second = generator.normal(size=(n_mid, n_out)) / 1.5
        self.activity = {}
        self.grads = {}

    def parameters(self):
        return {"first": self.first, "first_shift": self.first_shift, "second": self.second}

    def encode(self, key, items):
        mid = np.tanh(items @ self.first + self.first_shift)
        raw = mid @ self.second
        length = np.linalg.norm(raw, axis=1, keepdims=True)
        unit = raw / length
        self.activity[key] = (items, mid, length, unit)
        return unit

    def clear(self):
        self.grads = {name: np.zeros_like(value) for name, value in self.parameters().items()}

    def pull(self, key, d_unit):
        items, mid, length, unit = self.activity[key]
        radial = (d_unit * unit).sum(axis=1, keepdims=True)
        d_raw = (d_unit - unit * radial) / length
        self.grads["second"] += mid.T @ d_raw
        d_mid = d_raw @ self.second.T
        d_pre = d_mid * (1 - mid ** 2)
        self.grads["first"] += items.T @ d_pre
        self.grads["first_shift"] += d_pre.sum(axis=0)


class Matcher:
    """queries and documents have towers of their own, positives and negatives share one"""

    def __init__(self, generator, sharpness=4.0):
        self.query_tower = Tower(3, 4, 3, generator)
        self.document_tower = Tower(5, 4, 3, generator)
        self.sharpness = sharpness

    def similarities(self, queries, good, bad):
        q = self.query_tower.encode("query", queries)
        g = self.document_tower.encode("good", good)
        b = self.document_tower.encode("bad", bad)
        return q, g, b, (q * g).sum(axis=1), (q * b).sum(axis=1)

    def loss(self, *triplet):
        *_, near, far = self.similarities(*triplet)
        return np.mean(np.logaddexp(0, self.sharpness * (far - near))) / self.sharpness

    def gradients(self, *triplet):
        q, g, b, near, far = self.similarities(*triplet)
        self.query_tower.clear()
        self.document_tower.clear()
        wrongness = 1 / (1 + np.exp(-self.sharpness * (far - near)))
        d_far = (wrongness / len(near))[:, None]
        d_near = -d_far
        self.query_tower.pull("query", d_near * g + d_far * b)
        self.document_tower.pull("good", d_near * q)
        self.document_tower.pull("bad", d_far * q)
        return {"query": self.query_tower.grads, "document": self.document_tower.grads}


# ---- problem
def problem():
    generator = np.random.default_rng(2020)
    matcher = Matcher(generator)
    triplet = [generator.normal(size=(6, n)) for n in (3, 5, 5)]
    params = {"query": matcher.query_tower.parameters(), "document": matcher.document_tower.parameters()}
    return dict(loss=lambda: matcher.loss(*triplet), params=params,
                grads=lambda: matcher.gradients(*triplet))


FAULTS = """
stale-buffer | self.activity[key] = (items, mid, length, unit) | self.activity.setdefault(key, (items, mid, length, unit))
normalisation | d_raw = (d_unit - unit * radial) / length | d_raw = d_unit / length
sign | d_near = -d_far | d_near = d_far
missing-term | self.query_tower.pull("query", d_near * g + d_far * b) | self.query_tower.pull("query", d_near * g)
wrong-operand | self.document_tower.pull("bad", d_far * q) | self.document_tower.pull("bad", d_far * g)
accumulation | self.grads["first"] += items.T @ d_pre | self.grads["first"] = items.T @ d_pre
shape | self.grads["first_shift"] += d_pre.sum(axis=0) | self.grads["first_shift"] = self.grads["first_shift"] + d_pre.sum(axis=0, keepdims=True)
scale | d_far = (wrongness / len(near))[:, None] | d_far = (self.sharpness * wrongness / len(near))[:, None]
"""
