"""skip-gram with negative sampling; one epoch is one step here, so the lists are summed first"""
import numpy as np

corpus = 'the cat sat on the mat and the dog sat on the cat'.split()
vocab = sorted(set(corpus))
word2id = {w: i for i, w in enumerate(vocab)}
ids = [word2id[w] for w in corpus]
window, n_neg, dim = 1, 2, 3

prng = np.random.RandomState(77)
pairs = []
for pos, center in enumerate(ids):
    for off in range(-window, window + 1):
        if off != 0 and 0 <= pos + off < len(ids):
            pairs.append((center, ids[pos + off], prng.randint(0, len(vocab), n_neg)))

emb_in = prng.randn(len(vocab), dim) * 0.8
emb_out = prng.randn(len(vocab), dim) * 0.8
learning_rate = 0.01


def sig(s):
    return 1.0 / (1.0 + np.exp(-s))


def nll():
    total = 0.0
    for center, context, negatives in pairs:
        v = emb_in[center]
        total -= np.log(sig(v @ emb_out[context]))
        for neg in negatives:
            total -= np.log(sig(-(v @ emb_out[neg])))
    return total / len(pairs)


def train_epoch():
    global emb_in, emb_out
    g_in = np.zeros_like(emb_in)
    g_out = np.zeros_like(emb_out)
    for center, context, negatives in pairs:
        v = emb_in[center]
        err = sig(v @ emb_out[context]) - 1
        g_out[context] += err * v
        g_v = err * emb_out[context]
        for neg in negatives:
            err_neg = sig(v @ emb_out[neg])
            g_out[neg] += err_neg * v
            g_v += err_neg * emb_out[neg]
        g_in[center] += g_v
    emb_in = emb_in - learning_rate * g_in / len(pairs)
    emb_out = emb_out - learning_rate * g_out / len(pairs)


# ---- problem
def problem():
    return dict(loss=nll, names=['emb_in', 'emb_out'], step=train_epoch, lr=learning_rate)


FAULTS = """
sign | err_neg = sig(v @ emb_out[neg]) | err_neg = -sig(v @ emb_out[neg])
loss-gradient | err_neg = sig(v @ emb_out[neg]) | err_neg = sig(v @ emb_out[neg]) - 1
accumulation | g_in[center] += g_v | g_in[center] = g_v
accumulation | g_v += err_neg * emb_out[neg] | g_v = err_neg * emb_out[neg]
wrong-operand | g_out[neg] += err_neg * v | g_out[neg] += err * v
wrong-operand | g_v = err * emb_out[context] | g_v = err * emb_in[context]
indexing | g_out[neg] += err_neg * v | g_out[context] += err_neg * v
scale | emb_out = emb_out - learning_rate * g_out / len(pairs) | emb_out = emb_out - learning_rate * g_out
"""
