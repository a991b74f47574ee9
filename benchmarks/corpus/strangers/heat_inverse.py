"""Inverse problem: conductivity of a rod from temperatures at three sensors (explicit Euler, discrete adjoint)."""
import numpy as np

nx, nt = 9, 12
dx, dt = 1.0 / (nx - 1), 2.0e-3
sensors = [2, 5, 6]
gen = np.random.default_rng(1822)
log_kappa = 0.3 * gen.standard_normal(nx - 1)       # on the faces
source = gen.standard_normal(nx)
initial = np.sin(np.pi * np.linspace(0, 1, nx)) + 0.3 * gen.standard_normal(nx)
unknowns = {"log_kappa": log_kappa, "source": source, "initial": initial, "leak": 0.8}
measured = gen.standard_normal((nt, len(sensors)))
GAMMA = 1e-2


def flux_divergence(kappa, u):
    flux = kappa * np.diff(u) / dx
    out = np.zeros(nx)
    out[:-1] += flux / dx
    out[1:] -= flux / dx
    return out


def simulate(q):
    kappa = np.exp(q["log_kappa"])
    u = q["initial"].copy()
    history = [u]
    for _ in range(nt):
        u = u + dt * (flux_divergence(kappa, u) + q["source"] - q["leak"] * u ** 3)
        history.append(u)
    return history


def objective():
    history = simulate(unknowns)
    fit = sum(np.sum((u[sensors] - m) ** 2) for u, m in zip(history[1:], measured))
    rough = np.sum(np.diff(unknowns["log_kappa"]) ** 2)
    return 0.5 * fit + 0.5 * GAMMA * rough


def adjoint_gradient():
    q = unknowns
    kappa = np.exp(q["log_kappa"])
    history = simulate(q)
    adj = np.zeros(nx)
    g_kappa, g_source, g_leak = np.zeros(nx - 1), np.zeros(nx), 0.0
    for n in range(nt, 0, -1):
        u = history[n - 1]
        adj[sensors] += history[n][sensors] - measured[n - 1]
        jump = -np.diff(adj) / dx
        g_kappa += dt * jump * np.diff(u) / dx
        g_source += dt * adj
        g_leak -= dt * np.dot(adj, u ** 3)
        adj = adj + dt * (flux_divergence(kappa, adj) - 3 * q["leak"] * u ** 2 * adj)
    g_log = g_kappa * kappa
    bend = np.diff(q["log_kappa"])
    g_log[1:] += GAMMA * bend
    g_log[:-1] -= GAMMA * bend
    return {"log_kappa": g_log, "source": g_source, "initial": adj, "leak": g_leak}


# ---- problem
def problem():
    return dict(loss=objective, params=unknowns, grads=adjoint_gradient)


FAULTS = """
missing-gradient | g_source += dt * adj |
sign | jump = -np.diff(adj) / dx | jump = np.diff(adj) / dx
missing-term | adj = adj + dt * (flux_divergence(kappa, adj) - 3 * q["leak"] * u ** 2 * adj) | adj = adj + dt * flux_divergence(kappa, adj)
regulariser | g_log[:-1] -= GAMMA * bend |
scale | g_source += dt * adj | g_source += adj
accumulation | g_kappa += dt * jump * np.diff(u) / dx | g_kappa = dt * jump * np.diff(u) / dx
"""
