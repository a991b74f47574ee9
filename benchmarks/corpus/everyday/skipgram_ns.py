# word2vec (skip-gram, negative sampling) on a nursery rhyme, one pair at a time
import random
import numpy as np

random.seed(0)
np.random.seed(0)

text = """the cat sat on the mat the dog sat on the log the cat saw the dog
the dog saw the cat and the mouse ran under the mat while the cat slept"""
tokens = text.split()
vocab = sorted(set(tokens))
w2i = {w: i for i, w in enumerate(vocab)}
ids = [w2i[w] for w in tokens]
V, D, WINDOW, K = len(vocab), 8, 2, 3

freq = np.bincount(ids, minlength=V) ** 0.75
freq = freq / freq.sum()

W_in = (np.random.rand(V, D) - 0.5) / 2
W_out = (np.random.rand(V, D) - 0.5) / 2


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def pairs():
    for pos, center in enumerate(ids):
        for off in range(-WINDOW, WINDOW + 1):
            if off == 0 or not 0 <= pos + off < len(ids):
                continue
            yield center, ids[pos + off]


lr = 0.05
for epoch in range(10):
    total = 0.0
    count = 0
    for center, context in pairs():
        negs = np.random.choice(V, size=K, p=freq)
        v = W_in[center]
        u_pos = W_out[context]
        u_neg = W_out[negs]

        s_pos = sigmoid(v @ u_pos)
        s_neg = sigmoid(u_neg @ v)
        total += -np.log(s_pos) - np.log(1 - s_neg).sum()
        count += 1

        # gradients
        grad_v = (s_pos - 1) * u_pos + s_neg @ u_neg
        grad_pos = (s_pos - 1) * v
        grad_neg = np.outer(s_neg, v)

        W_in[center] -= lr * grad_v
        W_out[context] -= lr * grad_pos
        np.subtract.at(W_out, negs, lr * grad_neg)
    if epoch % 3 == 0:
        print("epoch", epoch, "avg loss", total / count)


def most_similar(word, k=3):
    e = W_in / np.linalg.norm(W_in, axis=1, keepdims=True)
    sims = e @ e[w2i[word]]
    return [vocab[i] for i in np.argsort(-sims)[1:k + 1]]


print("cat ~", most_similar("cat"))

FAULTS = """
wrong-sign | grad_v = (s_pos - 1) * u_pos + s_neg @ u_neg | grad_v = (s_pos - 1) * u_pos - s_neg @ u_neg
missing-term | grad_v = (s_pos - 1) * u_pos + s_neg @ u_neg | grad_v = (s_pos - 1) * u_pos
wrong-variable | grad_pos = (s_pos - 1) * v | grad_pos = (s_pos - 1) * u_pos
missing-term | grad_pos = (s_pos - 1) * v | grad_pos = s_pos * v
duplicate-indices | np.subtract.at(W_out, negs, lr * grad_neg) | W_out[negs] -= lr * grad_neg
wrong-sign | grad_neg = np.outer(s_neg, v) | grad_neg = np.outer(s_neg - 1, v)
"""
