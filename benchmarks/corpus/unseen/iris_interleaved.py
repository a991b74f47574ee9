# Iris-like flowers, 3 classes. One pass = one full batch step, weights change as we walk back.
import numpy as np

np.random.seed(1936)
flowers = np.random.randn(9, 4)
species = np.eye(3)[np.arange(9) % 3]

syn0 = 2 * np.random.random((4, 4)) - 1
syn1 = 2 * np.random.random((4, 4)) - 1
syn2 = 2 * np.random.random((4, 3)) - 1
bias0 = np.zeros((1, 4)) + 0.1
bias1 = np.zeros((1, 4)) - 0.2
bias2 = np.zeros((1, 3))
LR = 0.1


def nonlin(x, deriv=False):
    if deriv:
        return x * (1 - x)
    return 1 / (1 + np.exp(-x))


def forward():
    l1 = nonlin(np.dot(flowers, syn0) + bias0)
    l2 = nonlin(np.dot(l1, syn1) + bias1)
    scores = np.dot(l2, syn2) + bias2
    exps = np.exp(scores)
    return l1, l2, exps / np.sum(exps, axis=1, keepdims=True)


def cost():
    return -np.sum(species * np.log(forward()[2])) / len(flowers)


def train_once():
    global syn0, syn1, syn2, bias0, bias1, bias2
    l1, l2, out = forward()

    out_delta = (species - out) / len(flowers)
    l2_error = out_delta.dot(syn2.T)
    syn2 += LR * l2.T.dot(out_delta)
    bias2 += LR * out_delta.sum(axis=0, keepdims=True)

    l2_delta = l2_error * nonlin(l2, deriv=True)
    l1_error = l2_delta.dot(syn1.T)
    syn1 += LR * l1.T.dot(l2_delta)
    bias1 += LR * l2_delta.sum(axis=0, keepdims=True)

    l1_delta = l1_error * nonlin(l1, deriv=True)
    syn0 += LR * flowers.T.dot(l1_delta)
    bias0 += LR * l1_delta.sum(axis=0, keepdims=True)


# ---- problem
def problem():
    names = ['syn0', 'bias0', 'syn1', 'bias1', 'syn2', 'bias2']
    return dict(loss=cost, names=names, step=train_once, lr=LR)


FAULTS = """
updated-weights-used | l2_error = out_delta.dot(syn2.T);;syn2 += LR * l2.T.dot(out_delta) | syn2 += LR * l2.T.dot(out_delta);;l2_error = out_delta.dot(syn2.T)
updated-weights-used | l1_error = l2_delta.dot(syn1.T);;syn1 += LR * l1.T.dot(l2_delta) | syn1 += LR * l1.T.dot(l2_delta);;l1_error = l2_delta.dot(syn1.T)
sign | bias1 += LR * l2_delta.sum(axis=0, keepdims=True) | bias1 -= LR * l2_delta.sum(axis=0, keepdims=True)
raw-error-propagated | l1_error = l2_delta.dot(syn1.T) | l1_error = l2_error.dot(syn1.T)
loss-gradient | out_delta = (species - out) / len(flowers) | out_delta = (species - out) * nonlin(out, deriv=True) / len(flowers)
wrong-operand | l2_delta = l2_error * nonlin(l2, deriv=True) | l2_delta = l2_error * nonlin(l1, deriv=True)
wrong-operand | syn1 += LR * l1.T.dot(l2_delta) | syn1 += LR * l2.T.dot(l2_delta)
bias-reduction | bias0 += LR * l1_delta.sum(axis=0, keepdims=True) | bias0 += LR * l1_delta.sum()
activation-derivative-at-wrong-value | l1_delta = l1_error * nonlin(l1, deriv=True) | l1_delta = l1_error * nonlin(flowers.dot(syn0) + bias0, deriv=True)
scale | out_delta = (species - out) / len(flowers) | out_delta = species - out
"""
