"""Character level RNN, one sequence at a time, all weights are globals."""
import numpy as np

data = "hello help"
chars = sorted(set(data))
vocab_size = len(chars)
char_to_ix = {ch: i for i, ch in enumerate(chars)}
hidden_size = 4
learning_rate = 0.1

rng = np.random.RandomState(5)
Wxh = rng.randn(hidden_size, vocab_size) * 0.5
Whh = rng.randn(hidden_size, hidden_size) * 0.5
Why = rng.randn(vocab_size, hidden_size) * 0.5
bh = rng.randn(hidden_size, 1) * 0.1
by = rng.randn(vocab_size, 1) * 0.1


def forward(inputs, targets, hprev):
    xs, hs, ps = {}, {}, {}
    hs[-1] = np.copy(hprev)
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((vocab_size, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(np.dot(Wxh, xs[t]) + np.dot(Whh, hs[t - 1]) + bh)
        y = np.dot(Why, hs[t]) + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][targets[t], 0])
    return loss, xs, hs, ps


def backward(inputs, targets, xs, hs, ps):
    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += np.dot(dy, hs[t].T)
        dby += dy
        dh = np.dot(Why.T, dy) + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += np.dot(dhraw, xs[t].T)
        dWhh += np.dot(dhraw, hs[t - 1].T)
        dhnext = np.dot(Whh.T, dhraw)
    return dWxh, dWhh, dWhy, dbh, dby


inputs = [char_to_ix[ch] for ch in data[:-1]]
targets = [char_to_ix[ch] for ch in data[1:]]
h0 = 0.3 * rng.randn(hidden_size, 1)


def total_loss():
    return forward(inputs, targets, h0)[0]


def update():
    _, xs, hs, ps = forward(inputs, targets, h0)
    grads = backward(inputs, targets, xs, hs, ps)
    for param, dparam in zip([Wxh, Whh, Why, bh, by], grads):
        param -= learning_rate * dparam


# ---- problem
def problem():
    return dict(
        names=["Wxh", "Whh", "Why", "bh", "by"], loss=total_loss, step=update, lr=learning_rate
    )


FAULTS = """
recurrence | dh = np.dot(Why.T, dy) + dhnext | dh = np.dot(Why.T, dy)
missing-activation-derivative | dhnext = np.dot(Whh.T, dhraw) | dhnext = np.dot(Whh.T, dh)
transpose | dhnext = np.dot(Whh.T, dhraw) | dhnext = np.dot(Whh, dhraw)
accumulation | dWhh += np.dot(dhraw, hs[t - 1].T) | dWhh = np.dot(dhraw, hs[t - 1].T)
wrong-operand | dWhh += np.dot(dhraw, hs[t - 1].T) | dWhh += np.dot(dhraw, hs[t].T)
indexing | dy[targets[t]] -= 1 | dy[inputs[t]] -= 1
wrong-activation-derivative | dhraw = (1 - hs[t] * hs[t]) * dh | dhraw = hs[t] * (1 - hs[t]) * dh
missing-activation-derivative | dbh += dhraw | dbh += dh
missing-gradient | dby += dy |
indexing | for t in reversed(range(len(inputs))): | for t in reversed(range(1, len(inputs))):
"""
