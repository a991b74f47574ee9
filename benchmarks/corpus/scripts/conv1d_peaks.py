# 1-D convolution that learns to detect a bump in a signal
import numpy as np

np.random.seed(21)
n_signals, length, ksize = 24, 12, 3
signals = np.random.randn(n_signals, length) * 0.3
has_peak = np.arange(n_signals) % 2
for s in range(n_signals):
    if has_peak[s]:
        at = np.random.randint(2, length - 3)
        signals[s, at:at + 3] += [1, 2, 1]

kernel = np.random.randn(ksize) * 0.5
kbias = 0.0
v = np.random.randn(length - ksize + 1) * 0.3
c = 0.0
lr = 0.2

losses = []
for epoch in range(60):
    conv = np.zeros((n_signals, length - ksize + 1))
    for i in range(length - ksize + 1):
        conv[:, i] = signals[:, i:i + ksize] @ kernel + kbias
    act = np.tanh(conv)
    prob = 1 / (1 + np.exp(-(act @ v + c)))
    loss = -np.mean(has_peak * np.log(prob) + (1 - has_peak) * np.log(1 - prob))
    losses.append(loss)

    dlogit = (prob - has_peak) / n_signals
    dv = act.T @ dlogit
    dc = dlogit.sum()
    dact = np.outer(dlogit, v)
    dconv = dact * (1 - act ** 2)
    dkernel = np.zeros(ksize)
    for i in range(length - ksize + 1):
        dkernel += signals[:, i:i + ksize].T @ dconv[:, i]
    dkbias = dconv.sum()

    kernel -= lr * dkernel
    kbias -= lr * dkbias
    v -= lr * dv
    c -= lr * dc

print("loss went from", losses[0], "to", losses[-1])


FAULTS = """
accumulation | dkernel += signals[:, i:i + ksize].T @ dconv[:, i] | dkernel = signals[:, i:i + ksize].T @ dconv[:, i]
missing-activation-derivative | dconv = dact * (1 - act ** 2) | dconv = dact
bias-reduction | dkbias = dconv.sum() | dkbias = dconv.mean()
missing-gradient | c -= lr * dc |
"""
