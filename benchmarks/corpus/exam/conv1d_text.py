from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Sample:
    tokens: tuple
    positive: bool


class TextCNN:
    """Embedding, one dilated convolution over time, max over time, fixed dropout, logistic."""

    filters = 3
    width = 2
    dilation = 2
    keep = 0.5

    def __init__(self, vocab, dim, mask, seed):
        rng = np.random.default_rng(seed)
        self.E = rng.normal(0, 1, (vocab, dim))
        self.K = rng.normal(0, 0.6, (self.filters, self.width, dim))
        self.c = rng.normal(0, 0.2, self.filters)
        self.v = rng.normal(0, 0.8, self.filters)
        self.b = np.array([0.1])
        self.mask = mask

    @classmethod
    def softplus(cls, z):
        return np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0)

    def positions(self, length):
        return range(length - self.dilation * (self.width - 1))

    def score(self, sample):
        emb = self.E[list(sample.tokens)]
        maps = np.array(
            [
                [
                    sum(
                        emb[t + k * self.dilation] @ self.K[f, k] for k in range(self.width)
                    )
                    + self.c[f]
                    for f in range(self.filters)
                ]
                for t in self.positions(len(emb))
            ]
        )
        best = maps.argmax(axis=0)
        top = maps[best, range(self.filters)]
        hidden = np.tanh(top) * self.mask / self.keep
        return hidden @ self.v + self.b[0], (emb, best, top, hidden)

    def nll(self, samples):
        margins = [(1 if s.positive else -1) * self.score(s)[0] for s in samples]
        return float(np.mean([self.softplus(-m) for m in margins]))

    def gradients(self, samples):
        dE, dK = np.zeros_like(self.E), np.zeros_like(self.K)
        dc, dv, db = np.zeros_like(self.c), np.zeros_like(self.v), np.zeros(1)
        for s in samples:
            out, (emb, best, top, hidden) = self.score(s)
            sign = 1 if s.positive else -1
            dout = -sign / (1 + np.exp(sign * out)) / len(samples)
            dv += dout * hidden
            db += dout
            dhidden = dout * self.v
            dact = dhidden * self.mask / self.keep
            dtop = dact * (1 - np.tanh(top) ** 2)
            dc += dtop
            for f in range(self.filters):
                for k in range(self.width):
                    t = best[f] + k * self.dilation
                    dK[f, k] += dtop[f] * emb[t]
                    dE[s.tokens[t]] += dtop[f] * self.K[f, k]
        return dict(E=dE, K=dK, c=dc, v=dv, b=db)


# ---- problem
def problem():
    model = TextCNN(6, 3, np.array([1.0, 0.0, 1.0]), seed=5)
    samples = [
        Sample((0, 3, 1, 1, 4), True),
        Sample((2, 2, 0, 3), False),
        Sample((4, 1, 2, 3, 0, 2), True),
    ]
    names = ("E", "K", "c", "v", "b")
    return dict(
        loss=lambda: model.nll(samples),
        params={n: getattr(model, n) for n in names},
        grads=lambda: model.gradients(samples),
    )


FAULTS = """
indexing | t = best[f] + k * self.dilation | t = best[f] + k
indexing | dE[s.tokens[t]] += dtop[f] * self.K[f, k] | dE[t] += dtop[f] * self.K[f, k]
indexing | dK[f, k] += dtop[f] * emb[t] | dK[f, self.width - 1 - k] += dtop[f] * emb[t]
indexing | dK[f, k] += dtop[f] * emb[t] | dK[f, k] += dtop[f] * emb[best[f]]
scatter | dE[s.tokens[t]] += dtop[f] * self.K[f, k] | dE[s.tokens[t]] = dtop[f] * self.K[f, k]
dropout-mask | dact = dhidden * self.mask / self.keep | dact = dhidden / self.keep
dropout-mask | dact = dhidden * self.mask / self.keep | dact = dhidden * (1 - self.mask) / self.keep
activation-derivative-at-wrong-value | dtop = dact * (1 - np.tanh(top) ** 2) | dtop = dact * (1 - top**2)
activation-derivative-at-wrong-value | dtop = dact * (1 - np.tanh(top) ** 2) | dtop = dact * (1 - hidden**2)
loss-gradient | dout = -sign / (1 + np.exp(sign * out)) / len(samples) | dout = (out - sign) / len(samples)
sign | dout = -sign / (1 + np.exp(sign * out)) / len(samples) | dout = -sign / (1 + np.exp(-sign * out)) / len(samples)
accumulation | db += dout | db = np.array([dout])
missing-gradient | dc += dtop |
"""
