"""Texture tiles (N, C, L): 1x1 convolution, instance norm, tanh, channel attention, KL-free L2 loss."""
from types import SimpleNamespace

import numpy as np


def instance_norm(x, gain, shift, eps=1e-4):
    m = x.mean(axis=2, keepdims=True)
    v = x.var(axis=2, keepdims=True)
    s = np.sqrt(v + eps)
    n = (x - m) / s
    return gain[:, None] * n + shift[:, None], n, s


def instance_norm_grad(dy, n, s, gain):
    dgain = np.sum(dy * n, axis=(0, 2))
    dshift = np.sum(dy, axis=(0, 2))
    dn = dy * gain[:, None]
    L = dy.shape[2]
    dx = (L * dn - dn.sum(axis=2, keepdims=True) - n * (dn * n).sum(axis=2, keepdims=True)) / (L * s)
    return dx, dgain, dshift


def compute(P, tiles, target):
    v = SimpleNamespace()
    v.mix = np.einsum('oc,ncl->nol', P['mix'], tiles)
    v.y, v.n, v.s = instance_norm(v.mix, P['gain'], P['shift'])
    v.act = np.tanh(v.y)
    v.squeeze = np.abs(v.act).mean(axis=2)
    v.gate = 1 / (1 + np.exp(-(v.squeeze @ P['att'])))
    v.gated = v.act * v.gate[:, :, None]
    v.pred = np.einsum('ncl,c->nl', v.gated, P['out'])
    v.res = v.pred - target
    v.loss = 0.5 * np.sum(v.res ** 2) / v.res.size
    return v


def derive(P, tiles, target):
    v = compute(P, tiles, target)
    dpred = v.res / v.res.size
    dout = np.einsum('ncl,nl->c', v.gated, dpred)
    dgated = dpred[:, None, :] * P['out'][:, None]
    dgate = (dgated * v.act).sum(axis=2)
    dpre = dgate * v.gate * (1 - v.gate)
    datt = v.squeeze.T @ dpre
    dsq = dpre @ P['att'].T
    dact = dgated * v.gate[:, :, None]
    dact += dsq[:, :, None] * np.sign(v.act) / v.act.shape[2]
    dy = dact * (1 - v.act ** 2)
    dmix_out, dgain, dshift = instance_norm_grad(dy, v.n, v.s, P['gain'])
    dmix = np.einsum('nol,ncl->oc', dmix_out, tiles)
    return {'mix': dmix, 'gain': dgain, 'shift': dshift, 'att': datt, 'out': dout}


# ---- problem
def problem():
    r = np.random.default_rng(404)
    P = {'mix': r.normal(size=(3, 2)), 'gain': r.uniform(.6, 1.4, 3), 'shift': r.normal(size=3) * .4,
         'att': r.normal(size=(3, 3)), 'out': r.normal(size=3)}
    tiles, target = r.normal(size=(4, 2, 5)), r.normal(size=(4, 5))
    return dict(loss=lambda: compute(P, tiles, target).loss, params=P,
                grads=lambda: derive(P, tiles, target))


FAULTS = """
normalisation | (L * dn - dn.sum(axis=2, keepdims=True) - n * (dn * n).sum(axis=2, keepdims=True)) / (L * s) | dn / s
normalisation | - n * (dn * n).sum(axis=2, keepdims=True)) / (L * s) | ) / (L * s)
normalisation | dx = (L * dn - dn.sum(axis=2, keepdims=True) - n * (dn * n).sum(axis=2, keepdims=True)) / (L * s) | L = len(dy);;dx = (L * dn - dn.sum(axis=0) - n * (dn * n).sum(axis=0)) / (L * s)
missing-term | dact += dsq[:, :, None] * np.sign(v.act) / v.act.shape[2] |
accumulation | dact += dsq[:, :, None] * | dact = dsq[:, :, None] *
transpose | dsq = dpre @ P['att'].T | dsq = dpre @ P['att']
transpose | datt = v.squeeze.T @ dpre | datt = dpre.T @ v.squeeze
missing-activation-derivative | dpre = dgate * v.gate * (1 - v.gate) | dpre = dgate
"""
