# Elman network for a toy sequence, predictions at every step, namedtuples everywhere
from collections import namedtuple

import numpy as np

Net = namedtuple("Net", "U W V bh by")
Step = namedtuple("Step", "x h_prev h y")


def make(n_in, n_hid, n_out, seed=8):
    r = np.random.RandomState(seed)
    return Net(U=r.randn(n_hid, n_in), W=r.randn(n_hid, n_hid) * 0.5, V=r.randn(n_out, n_hid),
               bh=r.randn(n_hid) * 0.1, by=r.randn(n_out) * 0.1)


def forward(net, xs):
    steps = []
    h = np.zeros(len(net.bh))
    for x in xs:
        h_new = np.tanh(net.U @ x + net.W @ h + net.bh)
        y = net.V @ h_new + net.by
        steps.append(Step(x, h, h_new, y))
        h = h_new
    return steps


def cost(net, xs, ts):
    return sum(0.5 * np.sum((s.y - t) ** 2) for s, t in zip(forward(net, xs), ts))


def bptt(net, xs, ts):
    steps = forward(net, xs)
    g = Net(*(np.zeros_like(p) for p in net))
    carry = np.zeros(len(net.bh))
    for k in range(len(steps) - 1, -1, -1):
        s = steps[k]
        dy = s.y - ts[k]
        g.V[...] += np.outer(dy, s.h)
        g.by[...] += dy
        dh = net.V.T @ dy + carry
        dz = dh * (1 - s.h ** 2)
        g.U[...] += np.outer(dz, s.x)
        g.W[...] += np.outer(dz, s.h_prev)
        g.bh[...] += dz
        carry = net.W.T @ dz
    return g


# ---- problem
def problem():
    net = make(2, 4, 3)
    r = np.random.RandomState(3)
    xs, ts = r.randn(6, 2), r.randn(6, 3)
    return dict(loss=lambda: cost(net, xs, ts), params=net._asdict(),
                grads=lambda: bptt(net, xs, ts)._asdict())


FAULTS = """
recurrence | dh = net.V.T @ dy + carry | dh = net.V.T @ dy
recurrence | carry = net.W.T @ dz |
transpose | carry = net.W.T @ dz | carry = net.W @ dz
indexing | for k in range(len(steps) - 1, -1, -1): | for k in range(len(steps) - 1, 0, -1):
wrong-operand | g.W[...] += np.outer(dz, s.h_prev) | g.W[...] += np.outer(dz, s.h)
accumulation | g.by[...] += dy | g.by[...] = dy
raw-error-propagated | carry = net.W.T @ dz | carry = net.W.T @ dh
recurrence | for k in range(len(steps) - 1, -1, -1): | for k in range(len(steps)):
activation-derivative-at-wrong-value | dz = dh * (1 - s.h ** 2) | dz = dh * (1 - np.tanh(s.h) ** 2)
"""
