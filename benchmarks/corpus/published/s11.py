import numpy as np
import random

# word2vec (skip-gram, negative sampling) -- one pair at a time, no vectorisation
random.seed(0)
np.random.seed(0)

corpus = """the king rules the land the queen rules the land
the man works the field the woman works the field
a king is a man a queen is a woman""".split()
vocab = sorted(set(corpus))
w2i = {w: i for i, w in enumerate(vocab)}
V = len(vocab)
dim = 8
window = 2
K = 3
alpha = 0.05

emb_in = (np.random.rand(V, dim) - 0.5) / 2
emb_out = (np.random.rand(V, dim) - 0.5) / 2


def sig(x):
    return 1.0 / (1.0 + np.exp(-x))


pairs = []
for pos, word in enumerate(corpus):
    for off in range(-window, window + 1):
        if off == 0 or pos + off < 0 or pos + off >= len(corpus):
            continue
        pairs.append((w2i[word], w2i[corpus[pos + off]]))

for epoch in range(5):
    random.shuffle(pairs)
    total = 0.0
    for center, context in pairs:
        negs = []
        while len(negs) < K:
            q = random.randrange(V)
            if q != context and q not in negs:
                negs.append(q)
        v = emb_in[center]
        u_pos = emb_out[context]
        u_neg = emb_out[negs]

        p_pos = sig(np.dot(u_pos, v))
        p_neg = sig(np.dot(u_neg, v))
        total -= np.log(p_pos) + np.sum(np.log(1 - p_neg))

        grad_v = (p_pos - 1) * u_pos + np.dot(p_neg, u_neg)
        grad_pos = (p_pos - 1) * v
        grad_neg = np.outer(p_neg, v)

        emb_in[center] -= alpha * grad_v
        emb_out[context] -= alpha * grad_pos
        emb_out[negs] -= alpha * grad_neg
    print("epoch", epoch, "loss", total / len(pairs))

def most_similar(w):
    e = emb_in / np.linalg.norm(emb_in, axis=1, keepdims=True)
    s = e @ e[w2i[w]]
    return [vocab[i] for i in np.argsort(-s)[1:4]]

print("king ->", most_similar("king"))

FAULTS = """
sign-of-negative-gradient | grad_neg = np.outer(p_neg, v) | grad_neg = np.outer(p_neg - 1, v)
negatives-forgotten-in-grad-of-centre | grad_v = (p_pos - 1) * u_pos + np.dot(p_neg, u_neg) | grad_v = (p_pos - 1) * u_pos
uses-wrong-matrix:-v-instead-of-u_pos | grad_v = (p_pos - 1) * u_pos + np.dot(p_neg, u_neg) | grad_v = (p_pos - 1) * v + np.dot(p_neg, u_neg)
missing--1-in-positive | grad_pos = (p_pos - 1) * v | grad_pos = p_pos * v
"""
