"""Predict the next value of a series with a vanilla RNN (a StackOverflow question, cleaned up)."""
import numpy as np

np.random.seed(5)
hidden_size = 4
n_features = 2

Wxh = np.random.randn(hidden_size, n_features) * 0.6
Whh = np.random.randn(hidden_size, hidden_size) * 0.4
Why = np.random.randn(1, hidden_size)
bh = np.random.randn(hidden_size, 1) * 0.1
by = np.zeros((1, 1)) + 0.05

inputs = [np.random.randn(n_features, 1) for _ in range(6)]
targets = [np.random.randn(1, 1) for _ in range(6)]


def forward_pass():
    hs, ys = {-1: np.zeros((hidden_size, 1))}, {}
    for t in range(len(inputs)):
        hs[t] = np.tanh(np.dot(Wxh, inputs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        ys[t] = np.dot(Why, hs[t]) + by
    return hs, ys


def loss_fun():
    hs, ys = forward_pass()
    return sum(float((0.5 * (ys[t] - targets[t]) ** 2).sum()) for t in ys)


def bptt():
    hs, ys = forward_pass()
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = ys[t] - targets[t]
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, inputs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return dict(Wxh=dWxh, Whh=dWhh, Why=dWhy, bh=dbh, by=dby)


# ---- problem
def problem():
    return dict(loss=loss_fun, names=['Wxh', 'Whh', 'Why', 'bh', 'by'], grads=bptt)


FAULTS = """
recurrence | dh = np.dot(Why.T, dy) + dhnext | dh = np.dot(Why.T, dy)
wrong-operand | dWhh += np.dot(dhraw, hs[t - 1].T) | dWhh += np.dot(dhraw, hs[t].T)
raw-error-propagated | dhnext = np.dot(Whh.T, dhraw) | dhnext = np.dot(Whh.T, dh)
transpose | dhnext = np.dot(Whh.T, dhraw) | dhnext = np.dot(Whh, dhraw)
missing-activation-derivative | dhraw = (1 - hs[t] * hs[t]) * dh | dhraw = dh
accumulation | dbh += dhraw | dbh = dhraw
sign | dy = ys[t] - targets[t] | dy = targets[t] - ys[t]
wrong-activation-derivative | dhraw = (1 - hs[t] * hs[t]) * dh | dhraw = hs[t] * (1 - hs[t]) * dh
scale | dy = ys[t] - targets[t] | dy = (ys[t] - targets[t]) / len(inputs)
"""
