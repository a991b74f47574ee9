"""Neural ODE, unrolled with Heun's method; the state at several times is compared with a trajectory."""
import numpy as np


def field(theta, x):
    A, b, C = theta
    s = np.tanh(x @ A + b)
    return s @ C, s


def field_vjp(theta, x, s, ct):
    """Cotangents of theta and of x for the cotangent ct of the slope"""
    A, b, C = theta
    ds = ct @ C.T
    du = ds * (1 - s ** 2)
    return (x.T @ du, du.sum(axis=0), s.T @ ct), du @ A.T


def integrate(theta, x0, h, n):
    path, tape = [x0], []
    x = x0
    for _ in range(n):
        k1, s1 = field(theta, x)
        mid = x + h * k1
        k2, s2 = field(theta, mid)
        tape.append((x, s1, mid, s2))
        x = x + h / 2 * (k1 + k2)
        path.append(x)
    return path, tape


def misfit(theta, x0, observed, h):
    path, _ = integrate(theta, x0, h, len(observed))
    return sum(((x - o) ** 2).sum() for x, o in zip(path[1:], observed)) / len(x0)


def plus(a, b):
    return tuple(p + q for p, q in zip(a, b))


def misfit_grad(theta, x0, observed, h):
    path, tape = integrate(theta, x0, h, len(observed))
    total = tuple(np.zeros_like(p) for p in theta)
    lam = np.zeros_like(x0)
    for n in range(len(observed) - 1, -1, -1):
        x, s1, mid, s2 = tape[n]
        lam = lam + 2 * (path[n + 1] - observed[n]) / len(x0)
        ck2 = h / 2 * lam
        g2, c_mid = field_vjp(theta, mid, s2, ck2)
        ck1 = h / 2 * lam + h * c_mid
        g1, c_x = field_vjp(theta, x, s1, ck1)
        total = plus(total, plus(g1, g2))
        lam = lam + c_mid + c_x
    return total


# ---- problem
def problem():
    g = np.random.default_rng(1900)
    theta = (g.normal(size=(3, 3)), g.normal(size=3) / 2, g.normal(size=(3, 3)))
    x0 = g.normal(size=(4, 3))
    observed = g.normal(size=(5, 4, 3))
    h = 0.3
    return dict(loss=lambda: misfit(theta, x0, observed, h), params=theta,
                grads=lambda: misfit_grad(theta, x0, observed, h))


FAULTS = """
recurrence | lam = lam + 2 * (path[n + 1] - observed[n]) / len(x0) | lam = 2 * (path[n + 1] - observed[n]) / len(x0)
wrong-operand | g2, c_mid = field_vjp(theta, mid, s2, ck2) | g2, c_mid = field_vjp(theta, x, s2, ck2)
accumulation | total = plus(total, plus(g1, g2)) | total = plus(g1, g2)
wrong-operand | g1, c_x = field_vjp(theta, x, s1, ck1) | g1, c_x = field_vjp(theta, x, s2, ck1)
transpose | return (x.T @ du, du.sum(axis=0), s.T @ ct), du @ A.T | return (x.T @ du, du.sum(axis=0), ct.T @ s), du @ A.T
swapped-gradients | return (x.T @ du, du.sum(axis=0), s.T @ ct), du @ A.T | return (s.T @ ct, du.sum(axis=0), x.T @ du), du @ A.T
missing-activation-derivative | du = ds * (1 - s ** 2) | du = ds
"""
