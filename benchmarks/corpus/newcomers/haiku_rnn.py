"""Character RNN on a haiku, in the spirit of many a blog post. Column vectors, dicts by time step."""
import numpy as np

text = "an old pond a frog"
chars = sorted(set(text))
ix = {ch: i for i, ch in enumerate(chars)}
V, H = len(chars), 4

rs = np.random.RandomState(17)
Wxh = rs.randn(H, V) * 0.5
Whh = rs.randn(H, H) * 0.5
Why = rs.randn(V, H) * 0.5
bh = rs.randn(H, 1) * 0.1
by = rs.randn(V, 1) * 0.1

inputs = [ix[c] for c in text[:8]]
targets = [ix[c] for c in text[1:9]]


def loss_fun(inputs, targets, hprev):
    xs, hs, ps = {}, {-1: hprev}, {}
    loss = 0
    for t in range(len(inputs)):
        xs[t] = np.zeros((V, 1))
        xs[t][inputs[t]] = 1
        hs[t] = np.tanh(Wxh @ xs[t] + Whh @ hs[t - 1] + bh)
        y = Why @ hs[t] + by
        ps[t] = np.exp(y) / np.sum(np.exp(y))
        loss += -np.log(ps[t][targets[t], 0])

    dWxh, dWhh, dWhy = np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh, dby = np.zeros_like(bh), np.zeros_like(by)
    dhnext = np.zeros_like(hs[0])
    for t in reversed(range(len(inputs))):
        dy = np.copy(ps[t])
        dy[targets[t]] -= 1
        dWhy += dy @ hs[t].T
        dby += dy
        dh = Why.T @ dy + dhnext
        dhraw = (1 - hs[t] * hs[t]) * dh
        dbh += dhraw
        dWxh += dhraw @ xs[t].T
        dWhh += dhraw @ hs[t - 1].T
        dhnext = Whh.T @ dhraw
    return loss, dWxh, dWhh, dWhy, dbh, dby


# ---- problem
def problem():
    h0 = np.random.RandomState(4).randn(H, 1) * 0.3
    names = ["Wxh", "Whh", "Why", "bh", "by"]
    return dict(loss=lambda: loss_fun(inputs, targets, h0)[0],
                params={n: globals()[n] for n in names},
                grads=lambda: dict(zip(names, loss_fun(inputs, targets, h0)[1:])))


FAULTS = """
recurrence | dh = Why.T @ dy + dhnext | dh = Why.T @ dy
transpose | dhnext = Whh.T @ dhraw | dhnext = Whh @ dhraw
raw-error-propagated | dhnext = Whh.T @ dhraw | dhnext = Whh.T @ dh
wrong-operand | dWhh += dhraw @ hs[t - 1].T | dWhh += dhraw @ hs[t].T
accumulation | dbh += dhraw | dbh = dhraw
transpose | dWhh += dhraw @ hs[t - 1].T | dWhh += hs[t - 1] @ dhraw.T
missing-activation-derivative | dhraw = (1 - hs[t] * hs[t]) * dh | dhraw = dh
recurrence | for t in reversed(range(len(inputs))): | for t in range(len(inputs)):
indexing | for t in reversed(range(len(inputs))): | for t in reversed(range(1, len(inputs))):
"""
