import numpy as np

# GCN on a small graph, semi-supervised: only some nodes carry labels

edges = [(0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (4, 5), (5, 3), (5, 6)]
n_nodes, n_feat, n_hid, n_cls = 7, 3, 4, 3
A = np.eye(n_nodes)
for i, j in edges:
    A[i, j] = A[j, i] = 1
deg = A.sum(axis=1)
P = A / deg[:, None]                  # random walk, not symmetric

gen = np.random.default_rng(71)
feat = gen.normal(size=(n_nodes, n_feat))
labels = gen.integers(0, n_cls, size=n_nodes)
train = np.array([True, False, True, True, False, True, False])
drop = (gen.random((n_nodes, n_hid)) < 0.7) / 0.7

theta = [gen.normal(size=(n_feat, n_hid)), gen.normal(size=n_hid) * 0.2,
         gen.normal(size=(n_hid, n_cls)), gen.normal(size=n_cls) * 0.2,
         gen.normal(size=(n_feat, n_cls)) * 0.5]


def prelu(x):
    return np.where(x >= 0, x, 0.25 * x)


def forward(theta):
    W0, b0, W1, b1, R = theta
    agg = P @ feat
    pre = agg @ W0 + b0
    act = prelu(pre)
    hid = act * drop
    logits = P @ (hid @ W1) + b1 + feat @ R
    ex = np.exp(logits)
    return agg, pre, act, hid, ex / ex.sum(axis=1, keepdims=True)


def loss(theta):
    prob = forward(theta)[-1]
    picked = prob[np.arange(n_nodes), labels]
    return -np.log(picked[train]).sum() / train.sum()


def grads(theta):
    W0, b0, W1, b1, R = theta
    agg, pre, act, hid, prob = forward(theta)
    d_logits = prob - np.eye(n_cls)[labels]
    d_logits *= train[:, None] / train.sum()
    back = P.T @ d_logits
    d_W1 = hid.T @ back
    d_b1 = d_logits.sum(axis=0)
    d_R = feat.T @ d_logits
    d_hid = back @ W1.T
    d_pre = d_hid * drop * np.where(pre >= 0, 1, 0.25)
    d_W0 = agg.T @ d_pre
    d_b0 = d_pre.sum(axis=0)
    return [d_W0, d_b0, d_W1, d_b1, d_R]


# ---- problem
def problem():
    return dict(loss=loss, params=theta, grads=grads)


FAULTS = """
transpose | back = P.T @ d_logits | back = P @ d_logits
loss-gradient | d_logits *= train[:, None] / train.sum() | d_logits *= 1 / train.sum()
scale | d_logits *= train[:, None] / train.sum() | d_logits *= train[:, None] / n_nodes
dropout-mask | d_pre = d_hid * drop * np.where(pre >= 0, 1, 0.25) | d_pre = d_hid * np.where(pre >= 0, 1, 0.25)
wrong-operand | d_W0 = agg.T @ d_pre | d_W0 = feat.T @ d_pre
wrong-operand | d_W1 = hid.T @ back | d_W1 = act.T @ back
wrong-activation-derivative | np.where(pre >= 0, 1, 0.25) | np.where(pre >= 0, 1, 0)
bias-reduction | d_b0 = d_pre.sum(axis=0) | d_b0 = d_pre[train].sum(axis=0)
"""
