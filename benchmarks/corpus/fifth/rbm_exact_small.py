# Restricted Boltzmann machine small enough for the exact log likelihood (all hidden states summed out,
# all visible states enumerated for Z)
import itertools

import numpy as np

R = np.random.RandomState(20)
nv, nh = 4, 3
W = R.randn(nv, nh) * 0.6
a = R.randn(nv) * 0.2
b = R.randn(nh) * 0.2
data = np.array([[1, 1, 0, 0], [1, 0, 0, 1], [1, 1, 1, 0], [0, 0, 1, 1], [1, 1, 0, 1.0]])
states = np.array(list(itertools.product([0.0, 1.0], repeat=nv)))


def free_energy(v):
    return -v @ a - np.logaddexp(0, v @ W + b).sum(axis=1)


def nll():
    f = -free_energy(states)
    logZ = f.max() + np.log(np.exp(f - f.max()).sum())
    return free_energy(data).mean() + logZ


def ph(v):
    return 1 / (1 + np.exp(-(v @ W + b)))


def gradient():
    f = -free_energy(states)
    p = np.exp(f - f.max())
    p /= p.sum()
    pos_h = ph(data)
    neg_h = ph(states)
    n = len(data)
    pos_W = data.T @ pos_h / n
    neg_W = (states * p[:, None]).T @ neg_h
    dW = neg_W - pos_W
    da = p @ states - data.mean(axis=0)
    db = p @ neg_h - pos_h.mean(axis=0)
    return {"W": dW, "a": da, "b": db}


# ---- problem
def problem():
    return dict(names=["W", "a", "b"], loss=nll, grads=gradient)


FAULTS = """
sign | dW = neg_W - pos_W | dW = pos_W - neg_W
scale | pos_W = data.T @ pos_h / n | pos_W = data.T @ pos_h
wrong-operand | db = p @ neg_h - pos_h.mean(axis=0) | db = neg_h.mean(axis=0) - pos_h.mean(axis=0)
missing-term | da = p @ states - data.mean(axis=0) | da = -data.mean(axis=0)
normalisation | p /= p.sum() | p /= len(p)
wrong-operand | neg_h = ph(states) | neg_h = (ph(states) > 0.5) * 1.0
"""
