import numpy as np
# LSTM from scratch: learn to continue a noisy sine. university lab 7, group 12

rng = np.random.default_rng(7)
T, H, D = 20, 8, 1

def sigm(v):
    return 1. / (1. + np.exp(-v))

series = np.sin(np.arange(400) * 0.25) + 0.05 * rng.standard_normal(400)

W = rng.standard_normal((4 * H, H + D)) * 0.2     # i, f, o, g stacked
b = np.zeros(4 * H)
b[H:2 * H] = 1.0
V = rng.standard_normal((1, H)) * 0.2
c0 = np.zeros(1)

def forward(seq, W, b, V, c0):
    h = np.zeros(H)
    c = np.zeros(H)
    cache, preds = [], []
    for x in seq:
        z = np.concatenate([h, [x]])
        a = W @ z + b
        i, f, o = sigm(a[:H]), sigm(a[H:2*H]), sigm(a[2*H:3*H])
        g = np.tanh(a[3*H:])
        c_old = c
        c = f * c_old + i * g
        tc = np.tanh(c)
        h = o * tc
        cache.append((z, i, f, o, g, c_old, c, tc, h))
        preds.append((V @ h + c0)[0])
    return np.array(preds), cache

def backward(err, cache, W, V):
    dW, db, dV, dc0 = np.zeros_like(W), np.zeros(4 * H), np.zeros_like(V), np.zeros(1)
    dh_next, dc_next = np.zeros(H), np.zeros(H)
    for t in range(len(cache) - 1, -1, -1):
        z, i, f, o, g, c_old, c, tc, h = cache[t]
        dV += err[t] * h[None, :]
        dc0 += err[t]
        dh = err[t] * V[0] + dh_next
        do = dh * tc
        dc = dc_next + dh * o * (1 - tc ** 2)
        di, df, dg = dc * g, dc * c_old, dc * i
        da = np.concatenate([di * i * (1 - i), df * f * (1 - f), do * o * (1 - o), dg * (1 - g ** 2)])
        dW += np.outer(da, z)
        db += da
        dz = W.T @ da
        dh_next = dz[:H]
        dc_next = dc * f
    return dW, db, dV, dc0

lr = 0.05
for epoch in range(12):
    total = 0.0
    for s in range(0, 360, T):
        xs, ys = series[s:s + T], series[s + 1:s + T + 1]
        p, cache = forward(xs, W, b, V, c0)
        total += np.mean((p - ys) ** 2)
        e = 2 * (p - ys) / T
        dW, db, dV, dc0 = backward(e, cache, W, V)
        W -= lr * dW
        b -= lr * db
        V -= lr * dV
        c0 -= lr * dc0
    print(f"epoch {epoch:2d}  mse {total / 18:.5f}")

FAULTS = """
cell-gradient-missing-dc_next | dc = dc_next + dh * o * (1 - tc ** 2) | dc = dh * o * (1 - tc ** 2)
tanh-derivative-at-c-rather-than-tanh(c) | dc = dc_next + dh * o * (1 - tc ** 2) | dc = dc_next + dh * o * (1 - c ** 2)
forget-gate-uses-new-cell | di, df, dg = dc * g, dc * c_old, dc * i | di, df, dg = dc * g, dc * c, dc * i
dc_next-multiplied-by-i-instead-of-f | dc_next = dc * f | dc_next = dc * i
wrong-slice-of-dz-(off-by-D) | dh_next = dz[:H] | dh_next = dz[D:]
"""
