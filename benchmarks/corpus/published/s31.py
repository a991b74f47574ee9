# GRU, batch first, adding problem. One-letter names as in the paper
import numpy as np
np.random.seed(0)
B, T, I, H = 20, 8, 2, 10
s = lambda a: 1 / (1 + np.exp(-a))
def r_(*d): return np.random.randn(*d) * 0.4
Wz, Uz, bz = r_(I, H), r_(H, H), np.zeros(H)
Wr, Ur, br = r_(I, H), r_(H, H), np.zeros(H)
Wh, Uh, bh = r_(I, H), r_(H, H), np.zeros(H)
Wy, by = r_(H, 1), np.zeros(1)
names = ['Wz', 'Uz', 'bz', 'Wr', 'Ur', 'br', 'Wh', 'Uh', 'bh', 'Wy', 'by']
lr = 0.1

for it in range(120):
    x = np.random.rand(B, T, I)
    x[:, :, 1] = 0
    for k in range(B):
        i, j = np.random.choice(T, 2, replace=False)
        x[k, i, 1] = x[k, j, 1] = 1
    y = (x[:, :, 0] * x[:, :, 1]).sum(1, keepdims=True)
    # forward
    h = [np.zeros((B, H))]
    z, r, g = [], [], []
    for t in range(T):
        z.append(s(x[:, t] @ Wz + h[t] @ Uz + bz))
        r.append(s(x[:, t] @ Wr + h[t] @ Ur + br))
        g.append(np.tanh(x[:, t] @ Wh + (r[t] * h[t]) @ Uh + bh))
        h.append((1 - z[t]) * h[t] + z[t] * g[t])
    yh = h[T] @ Wy + by
    loss = ((yh - y) ** 2).mean()
    # backward
    d = {n: np.zeros_like(globals()[n]) for n in names}
    dy = 2 * (yh - y) / B
    d['Wy'] += h[T].T @ dy
    d['by'] += dy.sum(0)
    dh = dy @ Wy.T
    for t in range(T - 1, -1, -1):
        dz = dh * (g[t] - h[t]) * z[t] * (1 - z[t])
        dg = dh * z[t] * (1 - g[t] ** 2)
        drh = dg @ Uh.T
        dr = drh * h[t] * r[t] * (1 - r[t])
        for n, q, u in (('z', dz, h[t]), ('r', dr, h[t]), ('h', dg, r[t] * h[t])):
            d['W' + n] += x[:, t].T @ q
            d['U' + n] += u.T @ q
            d['b' + n] += q.sum(0)
        dh = dh * (1 - z[t]) + drh * r[t] + dz @ Uz.T + dr @ Ur.T
    for n in names:
        globals()[n] -= lr * d[n]
    if it % 30 == 0: print(it, loss)
print('final', loss)

FAULTS = """
path-through-reset-gate-state-(drh*r)-forgotten | dh = dh * (1 - z[t]) + drh * r[t] + dz @ Uz.T + dr @ Ur.T | dh = dh * (1 - z[t]) + dz @ Uz.T + dr @ Ur.T
update-gate-difference-with-wrong-h-(next) | dz = dh * (g[t] - h[t]) * z[t] * (1 - z[t]) | dz = dh * (g[t] - h[t + 1]) * z[t] * (1 - z[t])
reset-gated-input-forgotten | for n, q, u in (('z', dz, h[t]), ('r', dr, h[t]), ('h', dg, r[t] * h[t])): | for n, q, u in (('z', dz, h[t]), ('r', dr, h[t]), ('h', dg, h[t])):
z-instead-of-1-z | dh = dh * (1 - z[t]) + drh * r[t] + dz @ Uz.T + dr @ Ur.T | dh = dh * z[t] + drh * r[t] + dz @ Uz.T + dr @ Ur.T
sigmoid-derivative-of-r-missing | dr = drh * h[t] * r[t] * (1 - r[t]) | dr = drh * h[t]
"""
