"""Inverse problem: -(k u')' + c u^3 = f on (0, 1), u = 0 at the ends. Find log k and c from readings of u.
Newton for the state, one transposed solve for the adjoint."""
import numpy as np

N = 8
h = 1.0 / N
xs = np.linspace(0, 1, N + 1)[1:-1]
f = 10 * np.sin(np.pi * xs) + 3
sensors = np.array([1, 3, 4, 6])


def stiffness(k):
    A = np.zeros((N - 1, N - 1))
    for e in range(N):
        for i, si in ((e - 1, 1.0), (e, -1.0)):
            for j, sj in ((e - 1, 1.0), (e, -1.0)):
                if 0 <= i < N - 1 and 0 <= j < N - 1:
                    A[i, j] += k[e] * si * sj / h**2
    return A


def solve_state(logk, c):
    A = stiffness(np.exp(logk))
    u = np.linalg.solve(A, f)
    for _ in range(30):
        res = A @ u + c * u**3 - f
        u = u - np.linalg.solve(A + np.diag(3 * c * u**2), res)
    return A, u


def misfit(theta, data, alpha):
    logk, c = theta[:N], theta[N]
    _, u = solve_state(logk, c)
    return 0.5 * np.sum((u[sensors] - data) ** 2) + 0.5 * alpha * np.sum(np.diff(logk) ** 2)


def misfit_gradient(theta, data, alpha):
    logk, c = theta[:N], theta[N]
    A, u = solve_state(logk, c)
    rhs = np.zeros(N - 1)
    rhs[sensors] = u[sensors] - data
    J = A + np.diag(3 * c * u**2)
    lam = np.linalg.solve(J.T, rhs)
    du = np.diff(np.concatenate([[0.0], u, [0.0]])) / h
    dlam = np.diff(np.concatenate([[0.0], lam, [0.0]])) / h
    g_logk = -np.exp(logk) * du * dlam
    g_c = -np.sum(lam * u**3)
    jump = np.diff(logk)
    g_logk[1:] += alpha * jump
    g_logk[:-1] -= alpha * jump
    return np.append(g_logk, g_c)


# ---- problem
def problem():
    rng = np.random.default_rng(2)
    theta = np.append(rng.normal(size=N) * 0.4, 0.8)
    data = solve_state(rng.normal(size=N) * 0.4, 1.5)[1][sensors]
    return dict(params=theta, loss=lambda: misfit(theta, data, 0.01), grads=lambda: misfit_gradient(theta, data, 0.01))


FAULTS = """
missing-term | g_logk = -np.exp(logk) * du * dlam | g_logk = -du * dlam
missing-term | J = A + np.diag(3 * c * u**2) | J = A
sign | g_c = -np.sum(lam * u**3) | g_c = np.sum(lam * u**3)
regulariser | g_logk[:-1] -= alpha * jump |
wrong-operand | g_c = -np.sum(lam * u**3) | g_c = -np.sum(lam * u**2)
regulariser | g_logk[1:] += alpha * jump | g_logk[1:] -= alpha * jump
"""
