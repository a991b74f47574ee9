# Encoder-decoder with teacher forcing: the decoder starts in the encoder's last state
import numpy as np


def one_hot(ids, n):
    return np.eye(n)[ids]


class RnnHalf:
    def __init__(self, vocab, hidden, rng):
        self.emb = rng.normal(0, .7, (vocab, hidden))
        self.rec = rng.normal(0, .7, (hidden, hidden))
        self.bias = rng.normal(0, .2, hidden)

    def zero(self):
        self.d_emb, self.d_rec, self.d_bias = (np.zeros_like(w) for w in (self.emb, self.rec, self.bias))

    def roll(self, ids, h):
        self.ids, self.hs = ids, [h]
        for t in range(ids.shape[1]):
            h = np.tanh(self.emb[ids[:, t]] + h @ self.rec + self.bias)
            self.hs.append(h)
        return self.hs[1:]

    def unroll(self, dhs, d_last):
        """dhs: cotangent of each state from above; returns that of the initial state"""
        dh = d_last
        for t in range(self.ids.shape[1] - 1, -1, -1):
            dh = dh + dhs[t]
            da = dh * (1 - self.hs[t + 1] ** 2)
            np.add.at(self.d_emb, self.ids[:, t], da)
            self.d_rec += self.hs[t].T @ da
            self.d_bias += da.sum(axis=0)
            dh = da @ self.rec.T
        return dh


class Seq2Seq:
    BOS = 0

    def __init__(self, vocab, hidden, rng):
        self.encoder = RnnHalf(vocab, hidden, rng)
        self.decoder = RnnHalf(vocab, hidden, rng)
        self.project = rng.normal(0, 1, (hidden, vocab))
        self.vocab, self.hidden = vocab, hidden

    def loss(self, source, target):
        first = np.full((len(target), 1), self.BOS)
        last = self.encoder.roll(source, np.zeros((len(source), self.hidden)))[-1]
        states = self.decoder.roll(np.hstack([first, target[:, :-1]]), last)
        self.deltas, cost = [], 0.0
        for t, h in enumerate(states):
            logits = h @ self.project
            logits -= logits.max(axis=1, keepdims=True)
            logp = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            gold = one_hot(target[:, t], self.vocab)
            cost -= (gold * logp).sum()
            self.deltas.append((np.exp(logp) - gold) / target.size)
        return cost / target.size

    def backward(self, source, target):
        self.loss(source, target)
        self.encoder.zero()
        self.decoder.zero()
        self.d_project = np.zeros_like(self.project)
        dhs = []
        for t, delta in enumerate(self.deltas):
            self.d_project += self.decoder.hs[t + 1].T @ delta
            dhs.append(delta @ self.project.T)
        nothing = np.zeros_like(dhs[0])
        d_context = self.decoder.unroll(dhs, nothing)
        self.encoder.unroll([nothing] * source.shape[1], d_context)


# ---- problem
def problem():
    rng = np.random.default_rng(1409)
    model = Seq2Seq(5, 4, rng)
    source = rng.integers(1, 5, size=(4, 4))
    target = source[:, ::-1][:, :3]
    halves = {'enc': model.encoder, 'dec': model.decoder}
    params = {k: {n: getattr(half, n) for n in ('emb', 'rec', 'bias')} for k, half in halves.items()}
    params['project'] = model.project

    def grads():
        model.backward(source, target)
        g = {k: {n: getattr(half, 'd_' + n) for n in ('emb', 'rec', 'bias')} for k, half in halves.items()}
        g['project'] = model.d_project
        return g
    return dict(loss=lambda: model.loss(source, target), params=params, grads=grads)


FAULTS = """
recurrence | dh = dh + dhs[t] | dh = dhs[t]
scatter | np.add.at(self.d_emb, self.ids[:, t], da) | self.d_emb[self.ids[:, t]] += da
missing-gradient | self.encoder.unroll([nothing] * source.shape[1], d_context) |
wrong-operand | self.d_project += self.decoder.hs[t + 1].T @ delta | self.d_project += self.encoder.hs[t + 1].T @ delta
activation-derivative-at-wrong-value | da = dh * (1 - self.hs[t + 1] ** 2) | da = dh * (1 - np.tanh(self.hs[t + 1]) ** 2)
scale | self.deltas.append((np.exp(logp) - gold) / target.size) | self.deltas.append((np.exp(logp) - gold) / len(target))
accumulation | self.d_bias += da.sum(axis=0) | self.d_bias = da.sum(axis=0)
transpose | dh = da @ self.rec.T | dh = da @ self.rec
"""
