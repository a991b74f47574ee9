# Physics informed fit: solve u' + u = cos(t), u(0)=0 with a small tanh net. All derivatives by hand
import numpy as np

np.random.seed(1)
n = 40
H = 10
t = np.linspace(0, 3, n).reshape(n, 1)
w = np.random.randn(1, H)
b = np.random.randn(1, H) * 0.5
v = np.random.randn(H, 1) * 0.3
c = np.zeros((1, 1))
rhs = np.cos(t)

lr = 0.01
mw = mb = mv = mc = 0.0
sw = sb = sv = sc = 0.0
for k in range(1, 801):
    # network and its time derivative
    a = np.tanh(t * w + b)
    a1 = 1 - a ** 2
    u = a @ v + c
    du = (a1 * w) @ v
    res = du + u - rhs
    a0 = np.tanh(b)
    u0 = a0 @ v + c
    loss = np.mean(res ** 2) + u0.item() ** 2

    # gradients
    q = 2 * res / n
    gv = (a + a1 * w).T @ q + 2 * u0 * a0.T
    gc = q.sum() + 2 * u0
    ga = q @ v.T                                # through u
    gz = ga * a1 + (q @ v.T) * w * (-2 * a * a1)  # u part + du part
    gw = (gz * t).sum(axis=0, keepdims=True) + ((q @ v.T) * a1).sum(axis=0, keepdims=True)
    gb = gz.sum(axis=0, keepdims=True) + 2 * u0 * v.T * (1 - a0 ** 2)

    # Adam, written out
    mw = 0.9 * mw + 0.1 * gw; sw = 0.999 * sw + 0.001 * gw ** 2
    mb = 0.9 * mb + 0.1 * gb; sb = 0.999 * sb + 0.001 * gb ** 2
    mv = 0.9 * mv + 0.1 * gv; sv = 0.999 * sv + 0.001 * gv ** 2
    mc = 0.9 * mc + 0.1 * gc; sc = 0.999 * sc + 0.001 * gc ** 2
    k1, k2 = 1 - 0.9 ** k, 1 - 0.999 ** k
    w = w - lr * (mw / k1) / (np.sqrt(sw / k2) + 1e-8)
    b = b - lr * (mb / k1) / (np.sqrt(sb / k2) + 1e-8)
    v = v - lr * (mv / k1) / (np.sqrt(sv / k2) + 1e-8)
    c = c - lr * (mc / k1) / (np.sqrt(sc / k2) + 1e-8)
    if k % 200 == 0:
        print(k, loss)
exact = 0.5 * (np.cos(t) + np.sin(t) - np.exp(-t))
print("max error", np.abs(u - exact).max())

FAULTS = """
direct-use-of-w-in-du-forgotten | gw = (gz * t).sum(axis=0, keepdims=True) + ((q @ v.T) * a1).sum(axis=0, keepdims=True) | gw = (gz * t).sum(axis=0, keepdims=True)
boundary-condition-term-forgotten | gb = gz.sum(axis=0, keepdims=True) + 2 * u0 * v.T * (1 - a0 ** 2) | gb = gz.sum(axis=0, keepdims=True)
second-derivative-of-tanh-wrong:--2a | gz = ga * a1 + (q @ v.T) * w * (-2 * a * a1)  # u part + du part | gz = ga * a1 + (q @ v.T) * w * (-2 * a)  # u part + du part
du-part-missing-w | gv = (a + a1 * w).T @ q + 2 * u0 * a0.T | gv = (a + a1).T @ q + 2 * u0 * a0.T
factor-2-forgotten | gc = q.sum() + 2 * u0 | gc = q.sum() + u0
"""
