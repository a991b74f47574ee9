# Two-tower retrieval model. In-batch sampled softmax with logQ correction. Users = id embedding + mean of history items;
# the history uses the SAME item table as the item tower.
import numpy as np


def init_model(n_users, n_items, d, rng):
    return dict(user_table=rng.normal(0, .6, (n_users, d)), item_table=rng.normal(0, .6, (n_items, d)),
                item_bias=rng.normal(0, .2, n_items), mix=rng.normal(0, .6, (d, d)), log_tau=np.array(0.2))


def encode_users(m, users, history):
    hist = np.zeros((len(users), m['mix'].shape[0]))
    for row, items in enumerate(history):
        hist[row] = m['item_table'][items].mean(axis=0)
    pre = (m['user_table'][users] + hist) @ m['mix']
    return np.tanh(pre), hist


def batch_loss(m, users, history, items, logq):
    u, _ = encode_users(m, users, history)
    v = m['item_table'][items]
    scores = (u @ v.T + m['item_bias'][items]) * np.exp(m['log_tau']) - logq[items]
    top = scores.max(axis=1, keepdims=True)
    lse = np.log(np.exp(scores - top).sum(axis=1)) + top[:, 0]
    return (lse - np.diag(scores)).mean()


def batch_grads(m, users, history, items, logq):
    B = len(users)
    u, hist = encode_users(m, users, history)
    v = m['item_table'][items]
    raw = u @ v.T + m['item_bias'][items]
    tau = np.exp(m['log_tau'])
    scores = raw * tau - logq[items]
    e = np.exp(scores - scores.max(axis=1, keepdims=True))
    d_scores = (e / e.sum(axis=1, keepdims=True) - np.eye(B)) / B
    g = {name: np.zeros_like(value) for name, value in m.items()}
    g['log_tau'] = np.sum(d_scores * raw) * tau
    d_raw = d_scores * tau
    d_u = d_raw @ v
    d_v = d_raw.T @ u
    np.add.at(g['item_table'], items, d_v)
    np.add.at(g['item_bias'], items, d_raw.sum(axis=0))
    d_pre = d_u * (1 - u ** 2)
    g['mix'] = (m['user_table'][users] + hist).T @ d_pre
    d_in = d_pre @ m['mix'].T
    np.add.at(g['user_table'], users, d_in)
    for row, past in enumerate(history):
        for i in past:
            g['item_table'][i] += d_in[row] / len(past)
    return g


# ---- problem
def problem():
    rng = np.random.default_rng(808)
    m = init_model(3, 6, 3, rng)
    users, items = np.array([0, 2, 0, 1]), np.array([1, 5, 3, 1])
    history = [[0, 2], [4, 4, 1], [3], [5, 0]]
    logq = np.log(rng.dirichlet(np.ones(6)))
    return dict(loss=lambda: batch_loss(m, users, history, items, logq), params=m,
                grads=lambda: batch_grads(m, users, history, items, logq))


FAULTS = """
scatter | np.add.at(g['item_table'], items, d_v) | g['item_table'][items] += d_v
scatter | np.add.at(g['user_table'], users, d_in) | g['user_table'][users] += d_in
scatter | g['item_table'][i] += d_in[row] / len(past) | g['item_table'][i] = d_in[row] / len(past)
scale | g['item_table'][i] += d_in[row] / len(past) | g['item_table'][i] += d_in[row]
wrong-operand | g['log_tau'] = np.sum(d_scores * raw) * tau | g['log_tau'] = np.sum(d_scores * scores) * tau
missing-term | g['mix'] = (m['user_table'][users] + hist).T @ d_pre | g['mix'] = m['user_table'][users].T @ d_pre
indexing | np.add.at(g['item_bias'], items, d_raw.sum(axis=0)) | np.add.at(g['item_bias'], items, d_raw.sum(axis=1))
missing-term | d_raw = d_scores * tau | d_raw = d_scores
"""
