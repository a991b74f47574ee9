# Movie reviews -> stars. Mean of word vectors (padding = 0), a hidden layer, softmax over 4 stars.
import numpy as np

VOCAB, DIM, HID, STARS = 9, 3, 5, 4
PAD = 0

gen = np.random.default_rng(1994)
reviews = gen.integers(1, VOCAB, size=(6, 5))
for row, length in enumerate([5, 3, 4, 2, 5, 4]):
    reviews[row, length:] = PAD
reviews[0, :3] = 7        # "very very very"
stars = gen.integers(0, STARS, 6)

weights = {
    'emb': gen.normal(size=(VOCAB, DIM)),
    'W': gen.normal(size=(DIM, HID)),
    'b': gen.normal(size=HID) * 0.3,
    'U': gen.normal(size=(HID, STARS)),
    'c': gen.normal(size=STARS) * 0.3,
}


def fwd():
    mask = (reviews != PAD)[:, :, None]
    vecs = weights['emb'][reviews] * mask
    lengths = mask.sum(axis=1)
    bag = vecs.sum(axis=1) / lengths
    hidden = np.tanh(bag @ weights['W'] + weights['b'])
    logits = hidden @ weights['U'] + weights['c']
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return mask, lengths, bag, hidden, e / e.sum(axis=1, keepdims=True)


def nll():
    probs = fwd()[-1]
    return -np.log(probs[np.arange(len(stars)), stars]).mean()


def bwd():
    mask, lengths, bag, hidden, probs = fwd()
    n = len(stars)
    delta = (probs - np.eye(STARS)[stars]) / n
    grad = {'U': hidden.T @ delta, 'c': delta.sum(axis=0)}
    delta = delta @ weights['U'].T * (1 - hidden ** 2)
    grad['W'] = bag.T @ delta
    grad['b'] = delta.sum(axis=0)
    d_bag = delta @ weights['W'].T
    d_vecs = np.repeat((d_bag / lengths)[:, None, :], reviews.shape[1], axis=1) * mask
    grad['emb'] = np.zeros_like(weights['emb'])
    np.add.at(grad['emb'], reviews, d_vecs)
    return grad


# ---- problem
def problem():
    return dict(loss=nll, params=weights, grads=bwd)


FAULTS = """
scatter | np.add.at(grad['emb'], reviews, d_vecs) | grad['emb'][reviews] += d_vecs
scatter | np.add.at(grad['emb'], reviews, d_vecs) | grad['emb'][reviews] = d_vecs
scale | d_vecs = np.repeat((d_bag / lengths)[:, None, :], | d_vecs = np.repeat(d_bag[:, None, :],
indexing | np.repeat((d_bag / lengths)[:, None, :], reviews.shape[1], axis=1) * mask | np.repeat((d_bag / lengths)[:, None, :], reviews.shape[1], axis=1)
missing-activation-derivative | delta = delta @ weights['U'].T * (1 - hidden ** 2) | delta = delta @ weights['U'].T
softmax-jacobian | delta = (probs - np.eye(STARS)[stars]) / n | delta = -np.eye(STARS)[stars] * (1 - probs) / n
missing-gradient | np.add.at(grad['emb'], reviews, d_vecs) |
bias-reduction | grad['b'] = delta.sum(axis=0) | grad['b'] = delta.mean(axis=0)
early-reduction | grad['W'] = bag.T @ delta | grad['W'] = np.outer(bag.mean(axis=0), delta.sum(axis=0))
"""
