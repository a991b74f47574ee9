import numpy as np

# linear-chain CRF on a toy tagging task. score = sum emit[x_t, y_t] + trans[y_{t-1}, y_t]

V, K = 9, 3
rng = np.random.RandomState(12)


def toy_sentence():
    tags = [rng.randint(K)]
    for _ in range(rng.randint(3, 7)):
        tags.append((tags[-1] + rng.choice([0, 1], p=[0.2, 0.8])) % K)
    words = [t * 3 + rng.randint(3) if rng.rand() < 0.7 else rng.randint(V) for t in tags]
    return words, tags


def logsumexp(a, axis):
    m = a.max(axis=axis, keepdims=True)
    return np.squeeze(m, axis) + np.log(np.exp(a - m).sum(axis=axis))


def sentence_loss(emit, trans, words, tags):
    n = len(words)
    e = emit[words]                       # n, K
    fwd = np.zeros((n, K))
    bwd = np.zeros((n, K))
    fwd[0] = e[0]
    for t in range(1, n):
        fwd[t] = e[t] + logsumexp(fwd[t - 1][:, None] + trans, axis=0)
    for t in range(n - 2, -1, -1):
        bwd[t] = logsumexp(trans + e[t + 1] + bwd[t + 1], axis=1)
    logz = logsumexp(fwd[-1], axis=0)
    gold = e[np.arange(n), tags].sum() + sum(trans[a, b] for a, b in zip(tags, tags[1:]))

    # expected minus observed counts
    node = np.exp(fwd + bwd - logz)
    node[np.arange(n), tags] -= 1
    d_emit = np.zeros_like(emit)
    np.add.at(d_emit, words, node)
    d_trans = np.zeros_like(trans)
    for t in range(1, n):
        d_trans += np.exp(fwd[t - 1][:, None] + trans + e[t] + bwd[t] - logz)
        d_trans[tags[t - 1], tags[t]] -= 1
    return logz - gold, d_emit, d_trans


corpus = [toy_sentence() for _ in range(15)]
emit = np.zeros((V, K))
trans = np.zeros((K, K))
l2 = 0.01

for epoch in range(15):
    rng.shuffle(corpus)
    running = 0.0
    for words, tags in corpus:
        nll, d_emit, d_trans = sentence_loss(emit, trans, words, tags)
        loss = nll + l2 / 2 * (np.sum(emit ** 2) + np.sum(trans ** 2))
        running += loss
        emit -= 0.1 * (d_emit + l2 * emit)
        trans -= 0.1 * (d_trans + l2 * trans)
    if epoch % 5 == 0:
        print("epoch", epoch, "mean loss", running / len(corpus))

FAULTS = """
transposed-operand | d_trans[tags[t - 1], tags[t]] -= 1 | d_trans[tags[t], tags[t - 1]] -= 1
missing-term | node = np.exp(fwd + bwd - logz) | node = np.exp(fwd - fwd[-1].max())
off-by-one-time | d_trans += np.exp(fwd[t - 1][:, None] + trans + e[t] + bwd[t] - logz) | d_trans += np.exp(fwd[t - 1][:, None] + trans + e[t] + bwd[t - 1] - logz)
missing-term | d_trans += np.exp(fwd[t - 1][:, None] + trans + e[t] + bwd[t] - logz) | d_trans += np.exp(fwd[t - 1][:, None] + trans + bwd[t] - logz)
wrong-sign | node[np.arange(n), tags] -= 1 | node[np.arange(n), tags] += 1
missing-term | trans -= 0.1 * (d_trans + l2 * trans) | trans -= 0.1 * d_trans
"""
