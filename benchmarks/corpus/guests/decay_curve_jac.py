"""Fit of a damped oscillation with a smooth background; Jacobian of the residuals by hand (lab course)."""
from types import SimpleNamespace as NS

import numpy as np


def signal(q, t):
    env = np.exp(-q['gamma'] * t)
    phase = q['omega'] * t + q['phi']
    osc = q['A'] * env * np.cos(phase)
    bg = q['B'] / (1 + (t / q['tau']) ** 2)
    return NS(env=env, phase=phase, osc=osc, bg=bg, f=osc + bg)


def chi2(q, t, y, sigma):
    return float(np.sum(((y - signal(q, t).f) / sigma) ** 2))


def dchi2(q, t, y, sigma):
    s = signal(q, t)
    J = {}
    J['A'] = s.env * np.cos(s.phase)
    J['gamma'] = -t * s.osc
    J['omega'] = -q['A'] * s.env * np.sin(s.phase) * t
    J['phi'] = -q['A'] * s.env * np.sin(s.phase)
    u = 1 + (t / q['tau']) ** 2
    J['B'] = 1 / u
    J['tau'] = 2 * q['B'] * t ** 2 / (q['tau'] ** 3 * u ** 2)
    r = (s.f - y) / sigma ** 2
    return {k: np.array(2 * np.dot(r, J[k])) for k in J}


# ---- problem
def problem():
    rng = np.random.default_rng(1905)
    t = np.linspace(0.1, 4, 25)
    q = {k: np.array(v) for k, v in dict(A=1.7, gamma=0.4, omega=2.2, phi=0.6, B=0.8, tau=1.5).items()}
    sigma = rng.uniform(0.2, 0.6, 25)
    y = signal(q, t).f + rng.normal(size=25) * sigma + 0.3
    return dict(loss=lambda: chi2(q, t, y, sigma), params=q, grads=lambda: dchi2(q, t, y, sigma))


FAULTS = """
sign | J['gamma'] = -t * s.osc | J['gamma'] = t * s.osc
scale | J['tau'] = 2 * q['B'] * t ** 2 / (q['tau'] ** 3 * u ** 2) | J['tau'] = q['B'] * t ** 2 / (q['tau'] ** 3 * u ** 2)
sign | J['phi'] = -q['A'] * s.env * np.sin(s.phase) | J['phi'] = q['A'] * s.env * np.sin(s.phase)
scale | return {k: np.array(2 * np.dot(r, J[k])) for k in J} | return {k: np.array(np.dot(r, J[k])) for k in J}
wrong-operand | J['gamma'] = -t * s.osc | J['gamma'] = -t * s.f
sign | r = (s.f - y) / sigma ** 2 | r = (y - s.f) / sigma ** 2
loss-gradient | r = (s.f - y) / sigma ** 2 | r = (s.f - y) / sigma
"""
