# iris-like 3 classes, C-style port: arrays of doubles, explicit loops, no matrix products
import numpy as np

NIN, NHID, NOUT = 4, 5, 3
np.random.seed(2024)
centre = np.array([[5.0, 3.4, 1.5, 0.2], [5.9, 2.8, 4.3, 1.3], [6.6, 3.0, 5.5, 2.0]])
cls = np.arange(90) % 3
feat = centre[cls] + 0.25 * np.random.randn(90, 4)
feat = (feat - feat.mean(0)) / feat.std(0)

wih = np.random.uniform(-0.5, 0.5, (NIN + 1, NHID))
who = np.random.uniform(-0.5, 0.5, (NHID + 1, NOUT))
hid = np.zeros(NHID)
out = np.zeros(NOUT)
errh = np.zeros(NHID)
erro = np.zeros(NOUT)
LEARN = 0.2


def feed_forward(inp):
    for h in range(NHID):
        total = wih[NIN, h]
        for i in range(NIN):
            total += inp[i] * wih[i, h]
        hid[h] = 1.0 / (1.0 + np.exp(-total))
    for o in range(NOUT):
        total = who[NHID, o]
        for h in range(NHID):
            total += hid[h] * who[h, o]
        out[o] = 1.0 / (1.0 + np.exp(-total))


def back_propagate(inp, target):
    # output errors
    for o in range(NOUT):
        erro[o] = (target[o] - out[o]) * out[o] * (1.0 - out[o])
    # hidden errors
    for h in range(NHID):
        errh[h] = 0.0
        for o in range(NOUT):
            errh[h] += erro[o] * who[h, o]
        errh[h] *= hid[h] * (1.0 - hid[h])
    # update the weights
    for o in range(NOUT):
        for h in range(NHID):
            who[h, o] += LEARN * erro[o] * hid[h]
        who[NHID, o] += LEARN * erro[o]
    for h in range(NHID):
        for i in range(NIN):
            wih[i, h] += LEARN * errh[h] * inp[i]
        wih[NIN, h] += LEARN * errh[h]


for epoch in range(15):
    sse = 0.0
    hits = 0
    for n in np.random.permutation(90):
        target = np.zeros(NOUT)
        target[cls[n]] = 1.0
        feed_forward(feat[n])
        sse += 0.5 * np.sum((target - out) ** 2)
        hits += int(np.argmax(out) == cls[n])
        back_propagate(feat[n], target)
    print("epoch %d sse %.3f correct %d/90" % (epoch, sse, hits))

FAULTS = """
hidden-derivative-missing | errh[h] *= hid[h] * (1.0 - hid[h]) | errh[h] *= 1.0 - hid[h]
accumulated-error-never-reset-(stale) | errh[h] = 0.0 | errh[h] = errh[h]
bias-row-index-off-by-one | who[NHID, o] += LEARN * erro[o] | who[NHID - 1, o] += LEARN * erro[o]
wrong:-errh-of-input-index-(i-instead-of-h) | wih[i, h] += LEARN * errh[h] * inp[i] | wih[i, h] += LEARN * errh[i] * inp[i]
out-derivative-missing | erro[o] = (target[o] - out[o]) * out[o] * (1.0 - out[o]) | erro[o] = target[o] - out[o]
"""
