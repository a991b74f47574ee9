# Neural ODE (fixed-step Euler), discrete adjoint. Fit a damped spiral.
import numpy as np
from collections import namedtuple

Params = namedtuple("Params", "A b C d")
h = 0.1
steps = 25

def f(u, p):
    return np.tanh(u @ p.A + p.b) @ p.C + p.d

def solve(u0, p):
    traj = [u0]
    for _ in range(steps):
        traj.append(traj[-1] + h * f(traj[-1], p))
    return np.stack(traj)

def adjoint(traj, target, p):
    n = traj.shape[0] * traj.shape[1]
    gA, gb, gC, gd = (np.zeros_like(q) for q in p)
    lam = 2 * (traj[-1] - target[-1]) / n
    for k in range(steps - 1, -1, -1):
        u = traj[k]
        s = np.tanh(u @ p.A + p.b)
        gC += h * s.T @ lam
        gd += h * lam.sum(axis=0)
        back = (lam @ p.C.T) * (1 - s ** 2)
        gA += h * u.T @ back
        gb += h * back.sum(axis=0)
        lam = lam + h * back @ p.A.T + 2 * (traj[k] - target[k]) / n
    return Params(gA, gb, gC, gd)

rng = np.random.default_rng(6)
true = np.array([[-0.1, 1.2], [-1.2, -0.1]])
u0 = rng.normal(size=(6, 2))
target = [u0]
for _ in range(steps):
    target.append(target[-1] + h * target[-1] @ true.T)
target = np.stack(target)

p = Params(0.5 * rng.normal(size=(2, 12)), np.zeros(12), 0.3 * rng.normal(size=(12, 2)), np.zeros(2))
m = Params(*(np.zeros_like(q) for q in p))
for it in range(200):
    traj = solve(u0, p)
    loss = np.sum((traj - target) ** 2) / (traj.shape[0] * traj.shape[1])
    g = adjoint(traj, target, p)
    m = Params(*(0.8 * mi + gi for mi, gi in zip(m, g)))
    p = Params(*(pi - 0.05 * mi for pi, mi in zip(p, m)))
    if it % 40 == 0:
        print(it, loss)
print("final", loss)

FAULTS = """
identity-path-of-Euler-forgotten | lam = lam + h * back @ p.A.T + 2 * (traj[k] - target[k]) / n | lam = h * back @ p.A.T + 2 * (traj[k] - target[k]) / n
step-size-missing | lam = lam + h * back @ p.A.T + 2 * (traj[k] - target[k]) / n | lam = lam + back @ p.A.T + 2 * (traj[k] - target[k]) / n
intermediate-losses-of-the-trajectory-dropped | lam = lam + h * back @ p.A.T + 2 * (traj[k] - target[k]) / n | lam = lam + h * back @ p.A.T
off-by-one-state:-traj[k+1] | u = traj[k] | u = traj[k + 1]
h-forgotten | gd += h * lam.sum(axis=0) | gd += lam.sum(axis=0)
"""
