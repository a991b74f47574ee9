"""Fit a damped pendulum (stiffness, damping, drive) to data: leapfrog-like Euler, adjoint by hand."""
import numpy as np


def simulate(par, n, dt):
    k, c, f, x0, v0 = par
    x, v = np.empty(n + 1), np.empty(n + 1)
    x[0], v[0] = x0, v0
    for i in range(n):
        acc = -k * np.sin(x[i]) - c * v[i] * abs(v[i]) + f * np.cos(0.8 * i * dt)
        v[i + 1] = v[i] + dt * acc
        x[i + 1] = x[i] + dt * v[i + 1]
    return x, v


def misfit(par, obs, dt):
    x, _ = simulate(par, len(obs) - 1, dt)
    return 0.5 * dt * np.sum((x - obs) ** 2)


def misfit_adjoint(par, obs, dt):
    k, c, f, x0, v0 = par
    n = len(obs) - 1
    x, v = simulate(par, n, dt)
    gk = gc = gf = 0.0
    lx = dt * (x[n] - obs[n])       # adjoint of x[i+1]
    lv = 0.0                        # adjoint of v[i+1]
    for i in range(n - 1, -1, -1):
        lv += dt * lx
        gk -= dt * lv * np.sin(x[i])
        gc -= dt * lv * v[i] * abs(v[i])
        gf += dt * lv * np.cos(0.8 * i * dt)
        lx -= dt * k * np.cos(x[i]) * lv
        lv -= dt * 2 * c * abs(v[i]) * lv
        lx += dt * (x[i] - obs[i])
    return np.array([gk, gc, gf, lx, lv])


dt = 0.15
truth = np.array([2.0, 0.3, 0.5, 1.0, 0.4])
guess = np.array([1.6, 0.2, 0.7, 0.8, 0.9])
obs, _ = simulate(truth, 16, dt)
obs = obs + 0.02 * np.sin(np.arange(17) ** 2)


# ---- problem
def problem():
    return dict(
        loss=lambda par: misfit(par, obs, dt),
        params=guess,
        grads=lambda par: misfit_adjoint(par, obs, dt),
    )


FAULTS = """
missing-term | lv += dt * lx |
wrong-activation-derivative | lx -= dt * k * np.cos(x[i]) * lv | lx -= dt * k * np.sin(x[i]) * lv
recurrence | lx -= dt * k * np.cos(x[i]) * lv | lx = -dt * k * np.cos(x[i]) * lv
scale | lv -= dt * 2 * c * abs(v[i]) * lv | lv -= dt * c * abs(v[i]) * lv
indexing | gc -= dt * lv * v[i] * abs(v[i]) | gc -= dt * lv * v[i + 1] * abs(v[i + 1])
missing-term | lx += dt * (x[i] - obs[i]) |
sign | lv -= dt * 2 * c * abs(v[i]) * lv | lv += dt * 2 * c * abs(v[i]) * lv
indexing | gf += dt * lv * np.cos(0.8 * i * dt) | gf += dt * lv * np.cos(0.8 * (i + 1) * dt)
accumulation | gk -= dt * lv * np.sin(x[i]) | gk = -dt * lv * np.sin(x[i])
"""
