import numpy as np

GATES = ("f", "i", "c", "o")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def dsigmoid(y):
    return y * (1 - y)


def dtanh(y):
    return 1 - y * y


def init_params(H, X, Z, seed):
    np.random.seed(seed)
    p = {}
    for g in GATES:
        p["W_" + g] = np.random.randn(H, Z) * 0.5
        p["b_" + g] = np.random.randn(H, 1) * 0.2
    p["W_v"] = np.random.randn(X, H) * 0.5
    p["b_v"] = np.random.randn(X, 1) * 0.2
    return p


def forward(x, h_prev, C_prev, p):
    z = np.vstack((h_prev, x))
    f = sigmoid(np.dot(p["W_f"], z) + p["b_f"])
    i = sigmoid(np.dot(p["W_i"], z) + p["b_i"])
    C_bar = np.tanh(np.dot(p["W_c"], z) + p["b_c"])
    C = f * C_prev + i * C_bar
    o = sigmoid(np.dot(p["W_o"], z) + p["b_o"])
    h = o * np.tanh(C)
    v = np.dot(p["W_v"], h) + p["b_v"]
    y = np.exp(v) / np.sum(np.exp(v))
    return z, f, i, C_bar, C, o, h, y


def backward(target, dh_next, dC_next, C_prev, cache, p, d):
    z, f, i, C_bar, C, o, h, y = cache
    H = h.shape[0]
    dv = np.copy(y)
    dv[target] -= 1
    d["W_v"] += np.dot(dv, h.T)
    d["b_v"] += dv

    dh = np.dot(p["W_v"].T, dv)
    dh += dh_next
    do = dh * np.tanh(C)
    do = dsigmoid(o) * do
    d["W_o"] += np.dot(do, z.T)
    d["b_o"] += do

    dC = np.copy(dC_next)
    dC += dh * o * dtanh(np.tanh(C))
    dC_bar = dC * i
    dC_bar = dtanh(C_bar) * dC_bar
    d["W_c"] += np.dot(dC_bar, z.T)
    d["b_c"] += dC_bar

    di = dC * C_bar
    di = dsigmoid(i) * di
    d["W_i"] += np.dot(di, z.T)
    d["b_i"] += di

    df = dC * C_prev
    df = dsigmoid(f) * df
    d["W_f"] += np.dot(df, z.T)
    d["b_f"] += df

    dz = (
        np.dot(p["W_f"].T, df)
        + np.dot(p["W_i"].T, di)
        + np.dot(p["W_c"].T, dC_bar)
        + np.dot(p["W_o"].T, do)
    )
    dh_prev = dz[:H, :]
    dC_prev = f * dC
    return dh_prev, dC_prev


def forward_backward(inputs, targets, h0, C0, p, want_grads=True):
    caches, cells = {}, {-1: C0}
    h, loss = h0, 0.0
    for t, (ix, target) in enumerate(zip(inputs, targets)):
        x = np.zeros((p["b_v"].shape[0], 1))
        x[ix] = 1
        caches[t] = forward(x, h, cells[t - 1], p)
        h, cells[t] = caches[t][6], caches[t][4]
        loss += -np.log(caches[t][7][target, 0])
    if not want_grads:
        return loss
    d = {name: np.zeros_like(value) for name, value in p.items()}
    dh_next, dC_next = np.zeros_like(h0), np.zeros_like(C0)
    for t in reversed(range(len(inputs))):
        dh_next, dC_next = backward(targets[t], dh_next, dC_next, cells[t - 1], caches[t], p, d)
    return d


# ---- problem
def problem():
    p = init_params(3, 3, 6, 1)
    h0, C0 = np.random.randn(3, 1) * 0.3, np.random.randn(3, 1) * 0.3
    inputs, targets = [0, 2, 1, 1], [2, 1, 1, 0]
    return dict(
        loss=lambda: forward_backward(inputs, targets, h0, C0, p, want_grads=False),
        params=p,
        grads=lambda: forward_backward(inputs, targets, h0, C0, p),
    )


FAULTS = """
activation-derivative-at-wrong-value | dC += dh * o * dtanh(np.tanh(C)) | dC += dh * o * dtanh(C)
missing-activation-derivative | dC += dh * o * dtanh(np.tanh(C)) | dC += dh * o
recurrence | dC = np.copy(dC_next) | dC = np.zeros_like(dC_next)
recurrence | dh += dh_next |
recurrence | dC_prev = f * dC | dC_prev = dC
recurrence | + np.dot(p["W_c"].T, dC_bar) |
indexing | dh_prev = dz[:H, :] | dh_prev = dz[-H:, :]
wrong-operand | df = dC * C_prev | df = dC * C
missing-activation-derivative | do = dsigmoid(o) * do |
wrong-activation-derivative | dC_bar = dtanh(C_bar) * dC_bar | dC_bar = dsigmoid(C_bar) * dC_bar
wrong-operand | d["W_i"] += np.dot(di, z.T) | d["W_i"] += np.dot(do, z.T)
accumulation | d["b_f"] += df | d["b_f"] = df
"""
