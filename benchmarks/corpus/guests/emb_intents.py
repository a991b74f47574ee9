# intent classifier for a chat bot: word vectors -> mean -> hidden -> softmax
import numpy as np


class IntentModel(object):
    def __init__(self, vocab, dim, hidden, n_intents):
        r = np.random.RandomState(404)
        self.emb = r.normal(0, 1, (vocab, dim))
        self.W_h = r.normal(0, 0.8, (dim, hidden))
        self.b_h = r.normal(0, 0.1, hidden)
        self.W_o = r.normal(0, 0.8, (hidden, n_intents))
        self.b_o = np.zeros(n_intents)

    def encode(self, sentences, lengths):
        vectors = self.emb[sentences]
        keep = np.arange(sentences.shape[1]) < lengths[:, None]
        return (vectors * keep[:, :, None]).sum(1) / lengths[:, None], keep

    def scores(self, sentences, lengths):
        bag, keep = self.encode(sentences, lengths)
        hid = np.arctan(bag @ self.W_h + self.b_h)
        return bag, keep, hid, hid @ self.W_o + self.b_o

    def loss(self, sentences, lengths, intents):
        s = self.scores(sentences, lengths)[-1]
        logp = s - np.log(np.exp(s).sum(1, keepdims=True))
        return -logp[range(len(intents)), intents].mean()

    def grad(self, sentences, lengths, intents):
        bag, keep, hid, s = self.scores(sentences, lengths)
        N = len(intents)
        d_s = np.exp(s) / np.exp(s).sum(1, keepdims=True)
        d_s[range(N), intents] -= 1
        d_s /= N
        d_W_o = hid.T @ d_s
        d_b_o = d_s.sum(0)
        d_hid = d_s @ self.W_o.T
        pre = bag @ self.W_h + self.b_h
        d_pre = d_hid / (1 + pre ** 2)
        d_W_h = bag.T @ d_pre
        d_b_h = d_pre.sum(0)
        d_bag = d_pre @ self.W_h.T
        d_words = (d_bag / lengths[:, None])[:, None, :] * keep[:, :, None]
        d_emb = np.zeros_like(self.emb)
        np.add.at(d_emb, sentences, d_words)
        return d_emb, d_W_h, d_b_h, d_W_o, d_b_o


# ---- problem
def problem():
    r = np.random.RandomState(405)
    m = IntentModel(9, 3, 5, 4)
    sentences = r.randint(0, 9, (6, 5))
    lengths = np.array([5, 3, 2, 4, 5, 1])
    intents = np.array([0, 3, 2, 2, 1, 0])
    return dict(loss=lambda: m.loss(sentences, lengths, intents), params=(m.emb, m.W_h, m.b_h, m.W_o, m.b_o),
                grads=lambda: m.grad(sentences, lengths, intents))


FAULTS = """
scatter | np.add.at(d_emb, sentences, d_words) | d_emb[sentences] += d_words
scatter | np.add.at(d_emb, sentences, d_words) | d_emb[sentences] = d_words
activation-derivative-at-wrong-value | d_pre = d_hid / (1 + pre ** 2) | d_pre = d_hid / (1 + hid ** 2)
wrong-activation-derivative | d_pre = d_hid / (1 + pre ** 2) | d_pre = d_hid * (1 - hid ** 2)
scale | d_s /= N |
missing-activation-derivative | d_pre = d_hid / (1 + pre ** 2) | d_pre = d_hid
bias-reduction | d_b_o = d_s.sum(0) | d_b_o = d_s[0]
missing-gradient | np.add.at(d_emb, sentences, d_words) |
"""
