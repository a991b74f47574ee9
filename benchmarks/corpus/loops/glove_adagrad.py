"""GloVe on a toy corpus: weighted least squares on log co-occurrence, AdaGrad, one pair at a time."""
import random
from collections import Counter

import numpy as np

text = """the king rules the land and the queen rules the land
the dog chases the cat and the cat chases the mouse
a king and a queen live in the land a dog and a cat live in the house""".split()
vocab = {w: i for i, w in enumerate(sorted(set(text)))}
counts = Counter()
for pos, word in enumerate(text):
    for off in (1, 2):
        if pos + off < len(text):
            counts[vocab[word], vocab[text[pos + off]]] += 1 / off
            counts[vocab[text[pos + off]], vocab[word]] += 1 / off

random.seed(0)
np.random.seed(0)
V, d = len(vocab), 4
W = (np.random.rand(V, d) - 0.5)
Wc = (np.random.rand(V, d) - 0.5)
b = np.zeros(V)
bc = np.zeros(V)
GW, GWc, Gb, Gbc = np.ones((V, d)), np.ones((V, d)), np.ones(V), np.ones(V)

x_max, alpha, eta = 5.0, 0.75, 0.1
pairs = list(counts.items())
for epoch in range(15):
    random.shuffle(pairs)
    J = 0.0
    for (i, j), xij in pairs:
        f = min(1.0, (xij / x_max) ** alpha)
        diff = W[i] @ Wc[j] + b[i] + bc[j] - np.log(xij)
        J += f * diff ** 2
        common = 2 * f * diff
        gw = common * Wc[j]
        gwc = common * W[i]
        W[i] -= eta * gw / np.sqrt(GW[i])
        Wc[j] -= eta * gwc / np.sqrt(GWc[j])
        b[i] -= eta * common / np.sqrt(Gb[i])
        bc[j] -= eta * common / np.sqrt(Gbc[j])
        GW[i] += gw ** 2
        GWc[j] += gwc ** 2
        Gb[i] += common ** 2
        Gbc[j] += common ** 2
    if epoch % 5 == 0:
        print("epoch", epoch, "J", J)

FAULTS = """
wrong-operand | gw = common * Wc[j] | gw = common * W[j]
missing-factor | common = 2 * f * diff | common = 2 * diff
wrong-index | gwc = common * W[i] | gwc = common * Wc[j]
wrong-sign | bc[j] -= eta * common / np.sqrt(Gbc[j]) | bc[j] += eta * common / np.sqrt(Gbc[j])
forgotten-update | b[i] -= eta * common / np.sqrt(Gb[i]) | b[i] -= 0
"""
