"""Fit of two damped resonances on a sloping background; chi2 and its gradient for minimize(jac=...)."""
import numpy as np

t = np.linspace(0.1, 6.0, 40)
_r = np.random.default_rng(7)
sig = 0.05 + 0.05 * _r.random(t.size)
# amplitude, damping, frequency, phase (twice), offset, slope
p_true = np.array([1.3, 0.25, 2.1, 0.4, 0.7, 0.1, 4.3, -0.8, 0.2, -0.05])
p0 = p_true * (1 + 0.1 * _r.standard_normal(p_true.size))


def resonance(t, A, gam, om, phi):
    return A * np.exp(-gam * t) * np.cos(om * t + phi)


def model(p):
    y = resonance(t, *p[0:4])
    y = y + resonance(t, *p[4:8])
    return y + p[8] + p[9] * t


data = model(p_true) + sig * _r.standard_normal(t.size)


def chi2(p):
    r = (data - model(p)) / sig
    prior = (p[1] / 0.5) ** 2 + (p[5] / 0.5) ** 2
    return 0.5 * np.dot(r, r) + 0.5 * prior


def jacobian(p):
    J = np.empty((t.size, p.size))
    for k in (0, 4):
        A, gam, om, phi = p[k:k + 4]
        damp = np.exp(-gam * t)
        c, s = np.cos(om * t + phi), np.sin(om * t + phi)
        J[:, k] = damp * c
        J[:, k + 1] = -A * t * damp * c
        J[:, k + 2] = -A * t * damp * s
        J[:, k + 3] = -A * damp * s
    J[:, 8] = 1.0
    J[:, 9] = t
    return J


def grad_chi2(p):
    r = (data - model(p)) / sig
    g = -jacobian(p).T @ (r / sig)
    g[1] += p[1] / 0.25
    g[5] += p[5] / 0.25
    return g


# ---- problem
def problem():
    return dict(loss=chi2, params=p0, grads=grad_chi2)


FAULTS = """
sign | g = -jacobian(p).T @ (r / sig) | g = jacobian(p).T @ (r / sig)
loss-gradient | g = -jacobian(p).T @ (r / sig) | g = -jacobian(p).T @ r
sign | J[:, k + 3] = -A * damp * s | J[:, k + 3] = A * damp * s
wrong-operand | J[:, k + 1] = -A * t * damp * c | J[:, k + 1] = -gam * t * damp * c
regulariser | g[5] += p[5] / 0.25 |
scale | g = -jacobian(p).T @ (r / sig) | g = -2 * jacobian(p).T @ (r / sig)
regulariser | g[1] += p[1] / 0.25 | g[1] += p[1] / 0.5
"""
