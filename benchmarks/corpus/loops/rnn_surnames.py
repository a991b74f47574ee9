# Character RNN that classifies surnames by language. Everything is in globals, as in my notebook.
import numpy as np

np.random.seed(14)

names = [("rossi", 0), ("bianchi", 0), ("ferrari", 0), ("moretti", 0), ("romano", 0),
         ("schmidt", 1), ("becker", 1), ("schulz", 1), ("wagner", 1), ("krause", 1),
         ("ivanov", 2), ("petrov", 2), ("sidorov", 2), ("popov", 2), ("volkov", 2)]
chars = sorted(set("".join(n for n, _ in names)))
char_to_ix = {c: i for i, c in enumerate(chars)}

n_hidden = 8
n_emb = 5
n_class = 3

E = np.random.randn(len(chars), n_emb) * 0.3
Wxh = np.random.randn(n_hidden, n_emb) * 0.3
Whh = np.random.randn(n_hidden, n_hidden) * 0.3
Why = np.random.randn(n_class, n_hidden) * 0.3
bh = np.zeros(n_hidden)
by = np.zeros(n_class)


def lossFun(name, label):
    ix = [char_to_ix[c] for c in name]
    hs = {-1: np.zeros(n_hidden)}
    for t, i in enumerate(ix):
        hs[t] = np.tanh(Wxh @ E[i] + Whh @ hs[t - 1] + bh)
    T = len(ix)
    y = Why @ hs[T - 1] + by
    p = np.exp(y) / np.sum(np.exp(y))
    loss = -np.log(p[label])

    dE, dWxh, dWhh, dWhy = np.zeros_like(E), np.zeros_like(Wxh), np.zeros_like(Whh), np.zeros_like(Why)
    dbh = np.zeros_like(bh)
    dy = p.copy()
    dy[label] -= 1
    dWhy += np.outer(dy, hs[T - 1])
    dby = dy
    dh = Why.T @ dy
    for t in reversed(range(T)):
        draw = (1 - hs[t] ** 2) * dh
        dbh += draw
        dWxh += np.outer(draw, E[ix[t]])
        dWhh += np.outer(draw, hs[t - 1])
        dE[ix[t]] += Wxh.T @ draw
        dh = Whh.T @ draw
    return loss, dE, dWxh, dWhh, dWhy, dbh, dby


lr = 0.05
smooth_loss = np.log(3)
order = list(range(len(names)))
n = 0
while n < 450:
    if n % len(names) == 0:
        np.random.shuffle(order)
    name, label = names[order[n % len(names)]]
    loss, dE, dWxh, dWhh, dWhy, dbh, dby = lossFun(name, label)
    smooth_loss = smooth_loss * 0.98 + loss * 0.02
    if n % 150 == 0:
        print('iter %d, smooth loss %f' % (n, smooth_loss))
    for param, dparam in zip([E, Wxh, Whh, Why, bh, by],
                             [dE, dWxh, dWhh, dWhy, dbh, dby]):
        param -= lr * dparam
    n += 1

FAULTS = """
off-by-one-time | dWhh += np.outer(draw, hs[t - 1]) | dWhh += np.outer(draw, hs[t])
overwritten | dE[ix[t]] += Wxh.T @ draw | dE[ix[t]] = Wxh.T @ draw
transposed-operand | dh = Whh.T @ draw | dh = Whh @ draw
wrong-activation-derivative | draw = (1 - hs[t] ** 2) * dh | draw = (1 - hs[t]) * dh
stale-value | dh = Whh.T @ draw | dh = Whh.T @ dh
wrong-index | dWxh += np.outer(draw, E[ix[t]]) | dWxh += np.outer(draw, E[ix[-1]])
"""
