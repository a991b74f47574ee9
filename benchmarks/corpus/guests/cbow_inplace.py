# CBOW with full softmax, trained pair by pair; embeddings are changed right where the gradient appears
import numpy as np

corpus = 'the cat saw the dog and the dog saw a cat run'.split()
vocab = sorted(set(corpus))
word2id = {w: i for i, w in enumerate(vocab)}
ids = [word2id[w] for w in corpus]
V, N = len(vocab), 3
rng = np.random.RandomState(11)
W_in = rng.randn(V, N) * 0.7
W_out = rng.randn(N, V) * 0.7
bias_out = rng.randn(V) * 0.1

context = np.array([ids[0], ids[1], ids[3], ids[3], ids[4]])
centre = ids[2]


def forward():
    h = W_in[context].mean(axis=0)
    u = W_out.T @ h + bias_out
    y = np.exp(u - u.max())
    return h, u, y / y.sum()


def cost():
    return -np.log(forward()[2][centre])


def update(eta=0.02):
    global W_out, bias_out
    h, _, y = forward()
    e = y.copy()
    e[centre] -= 1
    grad_h = W_out @ e
    W_out = W_out - eta * np.outer(h, e)
    bias_out = bias_out - eta * e
    np.subtract.at(W_in, context, eta * grad_h / len(context))


# ---- problem
def problem():
    return dict(loss=cost, names=['W_in', 'W_out', 'bias_out'], step=update, lr=0.02)


FAULTS = """
updated-weights-used | grad_h = W_out @ e;;W_out = W_out - eta * np.outer(h, e) | W_out = W_out - eta * np.outer(h, e);;grad_h = W_out @ e
scatter | np.subtract.at(W_in, context, eta * grad_h / len(context)) | W_in[context] -= eta * grad_h / len(context)
scale | np.subtract.at(W_in, context, eta * grad_h / len(context)) | np.subtract.at(W_in, context, eta * grad_h)
sign | np.subtract.at(W_in, context, eta * grad_h / len(context)) | np.add.at(W_in, context, eta * grad_h / len(context))
indexing | e[centre] -= 1 | e[centre - 1] -= 1
softmax-jacobian | e = y.copy();;e[centre] -= 1 | e = np.zeros_like(y);;e[centre] = y[centre] - 1
loss-gradient | e[centre] -= 1 | e[centre] -= 1;;e = e * y * (1 - y)
wrong-operand | W_out = W_out - eta * np.outer(h, e) | W_out = W_out - eta * np.outer(W_in[centre], e)
"""
