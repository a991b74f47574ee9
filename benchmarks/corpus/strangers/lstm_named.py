from collections import namedtuple

import numpy as np

Params = namedtuple('Params', 'Wf bf Wi bi Wg bg Wo bo Wy by')
Step = namedtuple('Step', 'xh f i g o c_old c h y')


def sigm(v):
    return .5 * (1 + np.tanh(.5 * v))


def make(nx, nh, ny, rng):
    gate = lambda: rng.normal(size=(nx + nh, nh)) * .8
    off = lambda: rng.normal(size=nh) * .2
    return Params(gate(), off(), gate(), off(), gate(), off(), gate(), off(),
                  rng.normal(size=(nh, ny)), rng.normal(size=ny))


def lstm_step(p, x, h, c):
    xh = np.hstack([x, h])
    f = sigm(xh @ p.Wf + p.bf)
    i = sigm(xh @ p.Wi + p.bi)
    g = np.tanh(xh @ p.Wg + p.bg)
    o = sigm(xh @ p.Wo + p.bo)
    c_new = f * c + i * g
    h_new = o * np.tanh(c_new)
    return Step(xh, f, i, g, o, c, c_new, h_new, h_new @ p.Wy + p.by)


def unroll(p, seq):
    nh = p.Wy.shape[0]
    h = c = np.zeros((seq.shape[1], nh))
    steps = []
    for x in seq:
        s = lstm_step(p, x, h, c)
        h, c = s.h, s.c
        steps.append(s)
    return steps


def sequence_loss(p, seq, want):
    return sum(np.mean(np.sum((s.y - w) ** 2, axis=1)) for s, w in zip(unroll(p, seq), want))


def bptt(p, seq, want):
    steps = unroll(p, seq)
    n, nx = seq.shape[1:]
    acc = {k: np.zeros_like(v) for k, v in p._asdict().items()}
    dh_next = np.zeros_like(steps[0].h)
    dc_next = np.zeros_like(steps[0].c)
    for t in reversed(range(len(seq))):
        s = steps[t]
        dy = 2 * (s.y - want[t]) / n
        acc['Wy'] += s.h.T @ dy
        acc['by'] += dy.sum(0)
        dh = dy @ p.Wy.T + dh_next
        tc = np.tanh(s.c)
        dc = dh * s.o * (1 - tc ** 2) + dc_next
        do = dh * tc * s.o * (1 - s.o)
        df = dc * s.c_old * s.f * (1 - s.f)
        di = dc * s.g * s.i * (1 - s.i)
        dg = dc * s.i * (1 - s.g ** 2)
        for name, d in zip('figo', (df, di, dg, do)):
            acc['W' + name] += s.xh.T @ d
            acc['b' + name] += d.sum(0)
        dxh = df @ p.Wf.T + di @ p.Wi.T + dg @ p.Wg.T + do @ p.Wo.T
        dh_next = dxh[:, nx:]
        dc_next = dc * s.f
    return Params(**acc)


# ---- problem
def problem():
    rng = np.random.default_rng(1997)
    p = make(2, 3, 2, rng)
    seq, want = rng.normal(size=(4, 5, 2)), rng.normal(size=(4, 5, 2))
    return dict(loss=lambda: sequence_loss(p, seq, want), params=p, grads=lambda: bptt(p, seq, want))


FAULTS = """
recurrence | dc = dh * s.o * (1 - tc ** 2) + dc_next | dc = dh * s.o * (1 - tc ** 2)
recurrence | dh = dy @ p.Wy.T + dh_next | dh = dy @ p.Wy.T
wrong-operand | df = dc * s.c_old * s.f * (1 - s.f) | df = dc * s.c * s.f * (1 - s.f)
missing-activation-derivative | di = dc * s.g * s.i * (1 - s.i) | di = dc * s.g
wrong-activation-derivative | dg = dc * s.i * (1 - s.g ** 2) | dg = dc * s.i * s.g * (1 - s.g)
scale | dy = 2 * (s.y - want[t]) / n | dy = (s.y - want[t]) / n
accumulation | acc['b' + name] += d.sum(0) | acc['b' + name] = d.sum(0)
activation-derivative-at-wrong-value | dc = dh * s.o * (1 - tc ** 2) + dc_next | dc = dh * s.o * (1 - s.c ** 2) + dc_next
"""
