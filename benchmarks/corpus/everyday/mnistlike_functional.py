"""Three-layer classifier on fake 'digits', gradient clipping by value, warmup, L1 penalty. (Julia refugee)"""
import numpy as np
from functools import partial, reduce

rng = np.random.default_rng(2718)

relu = lambda x: x * (x > 0)
drelu = lambda x: (x > 0) * 1.0
onehot = lambda y, k: (y[:, None] == np.arange(k)).astype(float)


def glorot(m, n):
    return rng.uniform(-1, 1, (m, n)) * np.sqrt(6 / (m + n))


def logsoftmax(z):
    zmax = np.max(z, axis=1, keepdims=True)
    return z - zmax - np.log(np.sum(np.exp(z - zmax), axis=1, keepdims=True))


def loss(ws, bs, x, t, l1=0.0):
    a = [x]
    z = []
    for w, b in zip(ws, bs):
        z.append(a[-1] @ w + b)
        a.append(relu(z[-1]))
    lp = logsoftmax(z[-1])
    nll = -np.mean(np.sum(t * lp, axis=1))
    return nll + l1 * sum(np.abs(w).sum() for w in ws), (a, z, lp)


def gradient(ws, bs, t, tape, l1=0.0):
    a, z, lp = tape
    n = t.shape[0]
    dws, dbs = [], []
    d = (np.exp(lp) - t) / n
    for i in reversed(range(len(ws))):
        dws.insert(0, a[i].T @ d + l1 * np.sign(ws[i]))
        dbs.insert(0, np.sum(d, axis=0))
        if i > 0:
            d = (d @ ws[i].T) * drelu(z[i - 1])
    return dws, dbs


def warmup(step, base, n=20):
    return base * min(1.0, (step + 1) / n)


def batches(x, t, bs):
    while True:
        i = rng.integers(0, x.shape[0], bs)
        yield x[i], t[i]


proto = rng.normal(0, 1, (5, 20))
labels = rng.integers(0, 5, 400)
x = proto[labels] + rng.normal(0, 1.2, (400, 20))
t = onehot(labels, 5)
xtr, ttr, xte, lte = x[:300], t[:300], x[300:], labels[300:]

sizes = (20, 16, 12, 5)
ws = [glorot(m, n) for m, n in zip(sizes[:-1], sizes[1:])]
bs = [0.01 * rng.standard_normal(n) for n in sizes[1:]]
l1 = 1e-4
stream = batches(xtr, ttr, 50)
losses = []
for step in range(250):
    xb, tb = next(stream)
    value, tape = loss(ws, bs, xb, tb, l1)
    dws, dbs = gradient(ws, bs, tb, tape, l1)
    eta = warmup(step, 0.2)
    for w, dw in zip(ws, dws):
        w -= eta * np.clip(dw, -5, 5)
    for b, db in zip(bs, dbs):
        b -= eta * np.clip(db, -5, 5)
    losses.append(value)
    if step % 80 == 0:
        print("step", step, "loss", sum(losses[-20:]) / len(losses[-20:]))

predict = lambda v: reduce(lambda h, wb: relu(h @ wb[0] + wb[1]), zip(ws[:-1], bs[:-1]), v) @ ws[-1] + bs[-1]
print("test accuracy", np.mean(predict(xte).argmax(1) == lte))

FAULTS = """
wrong-mask | d = (d @ ws[i].T) * drelu(z[i - 1]) | d = (d @ ws[i].T) * drelu(d @ ws[i].T)
missing-regulariser | dws.insert(0, a[i].T @ d + l1 * np.sign(ws[i])) | dws.insert(0, a[i].T @ d)
wrong-regulariser | dws.insert(0, a[i].T @ d + l1 * np.sign(ws[i])) | dws.insert(0, a[i].T @ d + 2 * l1 * ws[i])
missing-factor | d = (np.exp(lp) - t) / n | d = np.exp(lp) - t
wrong-function | drelu = lambda x: (x > 0) * 1.0 | drelu = lambda x: x * (x > 0)
wrong-gradient | for b, db in zip(bs, dbs): | for b, db in zip(bs, [dw.sum(0) for dw in dws]):
"""
