import numpy as np

corpus = "the cat sat on the mat the dog sat".split()
vocab = {w: i for i, w in enumerate(dict.fromkeys(corpus))}
ids = np.array([vocab[w] for w in corpus])
WINDOW, NEGATIVES, DIM = 1, 2, 3


def make_pairs(ids, rng):
    centers, contexts, noise = [], [], []
    for pos, c in enumerate(ids):
        for off in range(-WINDOW, WINDOW + 1):
            if off == 0 or not 0 <= pos + off < len(ids):
                continue
            centers.append(c)
            contexts.append(ids[pos + off])
            noise.append(rng.integers(0, len(vocab), NEGATIVES))
    return np.array(centers), np.array(contexts), np.array(noise)


def log_sigmoid(x):
    return -np.log1p(np.exp(-x))


def expit(x):
    return 1 / (1 + np.exp(-x))


def sgns_loss(emb_in, emb_out, centers, contexts, noise):
    v = emb_in[centers]
    pos = np.sum(v * emb_out[contexts], axis=1)
    neg = np.einsum("nd,nkd->nk", v, emb_out[noise])
    return -(log_sigmoid(pos).sum() + log_sigmoid(-neg).sum()) / len(centers)


def sgns_grad(emb_in, emb_out, centers, contexts, noise):
    n = len(centers)
    v, u, w = emb_in[centers], emb_out[contexts], emb_out[noise]
    g_pos = (expit(np.sum(v * u, axis=1)) - 1) / n
    g_neg = expit(np.einsum("nd,nkd->nk", v, w)) / n
    dv = g_pos[:, None] * u
    dv += np.einsum("nk,nkd->nd", g_neg, w)
    d_in, d_out = np.zeros_like(emb_in), np.zeros_like(emb_out)
    np.add.at(d_in, centers, dv)
    np.add.at(d_out, contexts, g_pos[:, None] * v)
    np.add.at(d_out, noise, g_neg[:, :, None] * v[:, None, :])
    return d_in, d_out


# ---- problem
def problem():
    rng = np.random.default_rng(3)
    E, O = rng.normal(0, 0.7, (len(vocab), DIM)), rng.normal(0, 0.7, (len(vocab), DIM))
    batch = make_pairs(ids, rng)
    return dict(
        loss=lambda: sgns_loss(E, O, *batch),
        params=[E, O],
        grads=lambda: sgns_grad(E, O, *batch),
    )


FAULTS = """
scatter | np.add.at(d_in, centers, dv) | d_in[centers] += dv
scatter | np.add.at(d_out, noise, g_neg[:, :, None] * v[:, None, :]) | d_out[noise] += g_neg[:, :, None] * v[:, None, :]
scatter | np.add.at(d_out, contexts, g_pos[:, None] * v) | d_out[contexts] = g_pos[:, None] * v
indexing | np.add.at(d_out, contexts, g_pos[:, None] * v) | np.add.at(d_out, centers, g_pos[:, None] * v)
wrong-operand | np.add.at(d_out, contexts, g_pos[:, None] * v) | np.add.at(d_out, contexts, g_pos[:, None] * u)
missing-term | dv += np.einsum("nk,nkd->nd", g_neg, w) |
accumulation | dv += np.einsum("nk,nkd->nd", g_neg, w) | dv = np.einsum("nk,nkd->nd", g_neg, w)
loss-gradient | g_pos = (expit(np.sum(v * u, axis=1)) - 1) / n | g_pos = expit(np.sum(v * u, axis=1)) / n
sign | g_neg = expit(np.einsum("nd,nkd->nk", v, w)) / n | g_neg = expit(-np.einsum("nd,nkd->nk", v, w)) / n
scale | g_neg = expit(np.einsum("nd,nkd->nk", v, w)) / n | g_neg = expit(np.einsum("nd,nkd->nk", v, w)) / (n * NEGATIVES)
"""
