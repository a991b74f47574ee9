import numpy as np

# next letter from the last two letters; every intermediate is differentiated by hand
words = ["ada", "eda", "abe", "dee"]
letters = ["."] + sorted(set("".join(words)))
stoi = {s: i for i, s in enumerate(letters)}
block = 2

Xs, Ys = [], []
for w in words[:3]:
    context = [0] * block
    for ch in w + ".":
        Xs.append(context)
        Ys.append(stoi[ch])
        context = context[1:] + [stoi[ch]]
Xb, Yb = np.array(Xs)[:6], np.array(Ys)[:6]

g = np.random.default_rng(2147)
n_emb, n_hidden, V, n = 2, 4, len(letters), len(Xb)
C = g.normal(size=(V, n_emb))
W1 = g.normal(size=(n_emb * block, n_hidden)) * 0.6
bngain = 1 + 0.1 * g.normal(size=(1, n_hidden))
bnbias = 0.1 * g.normal(size=(1, n_hidden))
W2 = g.normal(size=(n_hidden, V)) * 0.5
b2 = g.normal(size=V) * 0.1
parameters = dict(C=C, W1=W1, bngain=bngain, bnbias=bnbias, W2=W2, b2=b2)


def forward():
    emb = C[Xb]
    embcat = emb.reshape(n, -1)
    hprebn = embcat @ W1
    bnmeani = hprebn.sum(0, keepdims=True) / n
    bndiff = hprebn - bnmeani
    bndiff2 = bndiff**2
    bnvar = bndiff2.sum(0, keepdims=True) / (n - 1)
    bnvar_inv = (bnvar + 1e-5) ** -0.5
    bnraw = bndiff * bnvar_inv
    hpreact = bngain * bnraw + bnbias
    h = np.tanh(hpreact)
    logits = h @ W2 + b2
    counts = np.exp(logits - logits.max(1, keepdims=True))
    counts_sum = counts.sum(1, keepdims=True)
    counts_sum_inv = counts_sum**-1
    probs = counts * counts_sum_inv
    logprobs = np.log(probs)
    loss = -logprobs[range(n), Yb].mean()
    return loss, locals()


def backward():
    _, v = forward()
    probs, counts, counts_sum, counts_sum_inv = (
        v[k] for k in ("probs", "counts", "counts_sum", "counts_sum_inv")
    )
    h, bnraw, bnvar, bnvar_inv, bndiff = (
        v[k] for k in ("h", "bnraw", "bnvar", "bnvar_inv", "bndiff")
    )
    dlogprobs = np.zeros_like(probs)
    dlogprobs[range(n), Yb] = -1.0 / n
    dprobs = (1.0 / probs) * dlogprobs
    dcounts_sum_inv = (counts * dprobs).sum(1, keepdims=True)
    dcounts = counts_sum_inv * dprobs
    dcounts_sum = (-(counts_sum**-2)) * dcounts_sum_inv
    dcounts += np.ones_like(counts) * dcounts_sum
    dlogits = counts * dcounts
    dh = dlogits @ W2.T
    dW2 = h.T @ dlogits
    db2 = dlogits.sum(0)
    dhpreact = (1.0 - h**2) * dh
    dbngain = (bnraw * dhpreact).sum(0, keepdims=True)
    dbnbias = dhpreact.sum(0, keepdims=True)
    dbnraw = bngain * dhpreact
    dbndiff = bnvar_inv * dbnraw
    dbnvar_inv = (bndiff * dbnraw).sum(0, keepdims=True)
    dbnvar = (-0.5 * (bnvar + 1e-5) ** -1.5) * dbnvar_inv
    dbndiff2 = (1.0 / (n - 1)) * np.ones_like(bndiff) * dbnvar
    dbndiff += (2 * bndiff) * dbndiff2
    dhprebn = dbndiff.copy()
    dbnmeani = (-dbndiff).sum(0)
    dhprebn += 1.0 / n * (np.ones_like(dhprebn) * dbnmeani)
    dembcat = dhprebn @ W1.T
    dW1 = v["embcat"].T @ dhprebn
    demb = dembcat.reshape(n, block, n_emb)
    dC = np.zeros_like(C)
    for k in range(Xb.shape[0]):
        for j in range(Xb.shape[1]):
            dC[Xb[k, j]] += demb[k, j]
    return dict(C=dC, W1=dW1, bngain=dbngain, bnbias=dbnbias, W2=dW2, b2=db2)


# ---- problem
def problem():
    return dict(loss=lambda: forward()[0], params=parameters, grads=backward)


FAULTS = """
softmax-jacobian | dcounts += np.ones_like(counts) * dcounts_sum |
wrong-activation-derivative | dcounts_sum = (-(counts_sum**-2)) * dcounts_sum_inv | dcounts_sum = (-(counts_sum**-1)) * dcounts_sum_inv
missing-activation-derivative | dlogits = counts * dcounts | dlogits = dcounts
loss-gradient | dprobs = (1.0 / probs) * dlogprobs | dprobs = (probs - np.eye(V)[Yb]) / n
scale | dlogprobs[range(n), Yb] = -1.0 / n | dlogprobs[range(n), Yb] = -1.0
normalisation | dhprebn += 1.0 / n * (np.ones_like(dhprebn) * dbnmeani) |
normalisation | dbndiff += (2 * bndiff) * dbndiff2 |
normalisation | dbndiff2 = (1.0 / (n - 1)) * np.ones_like(bndiff) * dbnvar | dbndiff2 = (1.0 / n) * np.ones_like(bndiff) * dbnvar
scatter | dC[Xb[k, j]] += demb[k, j] | dC[Xb[k, j]] = demb[k, j]
activation-derivative-at-wrong-value | dhpreact = (1.0 - h**2) * dh | dhpreact = (1.0 - np.tanh(h) ** 2) * dh
bias-reduction | db2 = dlogits.sum(0) | db2 = dlogits.sum()
"""
